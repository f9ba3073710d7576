package source

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// icalFields says where each property of an event goes.
var icalFields = map[string]string{
	"UID": "key", "SUMMARY": "name", "DESCRIPTION": "content", "X-ALT-DESC": "content", "STYLED-DESCRIPTION": "content", "LOCATION": "place", "GEO": "place",
	"X-APPLE-STRUCTURED-LOCATION": "place", "DTSTART": "when", "DTEND": "when", "DURATION": "when",
	"RRULE": "when", "RDATE": "when", "EXDATE": "when", "RECURRENCE-ID": "when", "STATUS": "status", "CATEGORIES": "themes",
	"URL": "participation_url", "CONFERENCE": "online_url", "X-GOOGLE-CONFERENCE": "online_url", "IMAGE": "image", "ATTACH": "image",
}

// icalNotes says why some properties are not imported; others are of no use here.
var icalNotes = map[string]string{
	"ORGANIZER": "personne : non importée", "ATTENDEE": "personnes : non importées", "CONTACT": "personne : non importée",
	"COMMENT": "échanges privés : non importés",
}

// readICal reads the events of a calendar. A repeated event becomes its occurrences
// within the window of the options, each with its own key: what federates knows no
// repetition.
func readICal(r *reading) error {
	calendars, skipped := parseCalendar(decode(r.data))
	found := false
	for _, c := range calendars {
		if c.name == "VCALENDAR" {
			found = true
			newCalendar(r, c).read()
		}
	}
	if !found {
		return invalid("ce n’est pas un calendrier iCalendar : il ne contient pas BEGIN:VCALENDAR")
	}
	if skipped > 0 {
		r.notice("%d ligne(s) illisible(s) du calendrier ont été sautées.", skipped)
	}
	return nil
}

// calendar is one VCALENDAR being read.
type calendar struct {
	*reading
	zones     *zones
	component *component
	cancelled bool          // METHOD:CANCEL: all of it is
	spent     time.Duration // on rules
	outside   int           // repeated events without any date in the window
}

func newCalendar(r *reading, c *component) *calendar {
	if r.harvest.Title == "" {
		r.harvest.Title = instance.CleanName(c.text("X-WR-CALNAME"), 200)
	}
	if r.harvest.Title == "" {
		r.harvest.Title = instance.CleanName(c.text("NAME"), 200)
	}
	return &calendar{reading: r, zones: newZones(c, r.zone), component: c, cancelled: strings.EqualFold(c.text("METHOD"), "CANCEL")}
}

func (c *calendar) read() {
	others := map[string]int{}
	var order []string
	all := map[string]*series{}
	for _, part := range c.component.parts {
		if part.name != "VEVENT" {
			others[part.name]++
			continue
		}
		for _, p := range part.props {
			if p.name == "DTSTAMP" { // when the file was made: every event has one, and it says nothing of it
				continue
			}
			field, note := icalFields[p.name], icalNotes[p.name]
			if field == "" && note == "" {
				note = "sans usage ici"
			}
			c.column(p.name, field, note)
		}
		uid := part.text("UID")
		group := uid
		if uid == "" {
			group = "line " + strconv.Itoa(part.line)
		}
		if all[group] == nil {
			all[group] = &series{uid: uid}
			order = append(order, group)
		}
		all[group].add(part)
	}
	for _, group := range order {
		c.series(all[group])
	}
	if c.outside > 0 {
		c.notice("%d événement(s) répété(s) sans aucune date du %s au %s : rien à reprendre.", c.outside, c.options.From.Format("02/01/2006"), c.options.To.Format("02/01/2006"))
	}
	for _, name := range []string{"VTODO", "VJOURNAL", "VFREEBUSY"} {
		if others[name] > 0 {
			c.notice("%d élément(s) %s laissé(s) de côté : ce ne sont pas des événements.", others[name], name)
		}
	}
	for id := range c.zones.lost {
		c.notice("Fuseau horaire inconnu « %s » : %s a été pris à la place.", instance.CleanName(id, 60), c.zones.local)
	}
}

// series is what a calendar says under one UID: an event or several revisions of it,
// and the occurrences that differ.
type series struct {
	uid     string
	masters []*component
	changed []*component // those with a RECURRENCE-ID
}

func (s *series) add(c *component) {
	if _, ok := c.first("RECURRENCE-ID"); ok {
		s.changed = append(s.changed, c)
		return
	}
	s.masters = append(s.masters, c)
}

// latest drops earlier revisions. Some software gives one UID to everything: events
// of one revision and different dates are all kept.
func (s *series) latest() []*component {
	sequence := func(c *component) int {
		n, _ := strconv.Atoi(c.text("SEQUENCE"))
		return n
	}
	if len(s.masters) < 2 {
		return s.masters
	}
	last := slices.MaxFunc(s.masters, func(a, b *component) int { return sequence(a) - sequence(b) })
	if first := slices.MinFunc(s.masters, func(a, b *component) int { return sequence(a) - sequence(b) }); sequence(first) != sequence(last) {
		return []*component{last}
	}
	return s.masters
}

func (c *calendar) series(s *series) {
	changed := map[int64]*component{}
	for _, part := range s.changed {
		p, _ := part.first("RECURRENCE-ID")
		if m, ok := c.zones.of(p); ok {
			changed[m.Unix()] = part
		}
	}
	masters := s.latest()
	for _, master := range masters {
		if c.full() {
			return
		}
		_, rule := master.first("RRULE")
		_, dates := master.first("RDATE")
		if rule || dates {
			c.repeated(s, master, changed)
			continue
		}
		key := s.uid
		if start := master.text("DTSTART"); len(masters) > 1 && key != "" {
			key += "/" + start
		}
		c.row(master, key, nil)
	}
	for _, at := range slices.Sorted(maps.Keys(changed)) { // of no master, or moved into the window
		part := changed[at]
		if start, ok := c.start(part); len(masters) > 0 && ok && (start.Before(c.options.From) || !start.Before(c.options.To)) {
			continue
		}
		if !c.full() {
			c.row(part, occurrenceKey(s.uid, time.Unix(at, 0)), nil)
		}
	}
}

// repeated adds the occurrences of an event; those that are in changed are taken
// from there.
func (c *calendar) repeated(s *series, master *component, changed map[int64]*component) {
	start, ok := c.start(master)
	if !ok {
		c.row(master, s.uid, nil) // which says what is wrong
		return
	}
	times, cut, err := c.expand(master, start)
	if err != nil {
		c.row(master, s.uid, &moment{Time: start.Time, allDay: start.allDay}, warning("first-date-only", "when", "%s : seule la première date est reprise", err))
		return
	}
	if cut {
		c.notice("« %s » se répète plus de %d fois d’ici un an : les premières dates sont reprises.", instance.CleanName(master.text("SUMMARY"), 80), maxOccurrences)
	}
	for _, t := range times {
		if c.full() {
			return
		}
		part, key := master, occurrenceKey(s.uid, t)
		if other := changed[t.Unix()]; other != nil {
			delete(changed, t.Unix())
			c.row(other, key, nil)
			continue
		}
		c.row(part, key, &moment{Time: t, allDay: start.allDay})
	}
}

// expand follows the rules of an event, as long as the file has not cost too much.
func (c *calendar) expand(master *component, start moment) (times []time.Time, cut bool, err error) {
	if c.spent > maxRuleTime {
		return nil, false, errors.New("les répétitions de ce calendrier sont trop longues à calculer")
	}
	began := time.Now()
	times, cut, err = c.zones.expand(master, start, c.options.From, c.options.To)
	c.spent += time.Since(began)
	if err == nil && len(times) == 0 {
		c.outside++
	}
	return times, cut, err
}

func occurrenceKey(uid string, t time.Time) string {
	if uid == "" {
		return ""
	}
	return uid + "/" + t.UTC().Format("20060102T150405Z")
}

func (c *calendar) start(part *component) (moment, bool) {
	p, _ := part.first("DTSTART")
	return c.zones.of(p)
}

// row adds one event; at is when, for an occurrence of a repeated one.
func (c *calendar) row(part *component, key string, at *moment, problems ...instance.IntakeProblem) {
	row := instance.IntakeRow{Line: part.line, Key: key, Global: len(key) >= 12, Problems: problems}
	e := &instance.Event{Base: instance.Base{Kind: instance.KindEvent, Name: instance.CleanName(part.text("SUMMARY"), 200)}}
	row.Object = e
	defer func() { c.add(row) }()
	if class := strings.ToUpper(part.text("CLASS")); class == "PRIVATE" || class == "CONFIDENTIAL" {
		e.Name = ""
		row.Problems = append(row.Problems, fatal("private", "class", "événement privé dans sa source : laissé de côté"))
		return
	}
	when, problem := c.when(part, at)
	if problem != nil {
		row.Problems = append(row.Problems, *problem)
		return
	}
	e.When = when
	c.describe(e, part)
	e.Place = icalPlace(part)
	if c.cancelled {
		e.Status = instance.StatusCancelled
	} else {
		e.Status = instance.EventStatus(termOf("event_status", part.text("STATUS")))
	}
	if location := part.text("LOCATION"); strings.HasPrefix(location, "http") && c.webAddress(location) != "" {
		e.Place, e.OnlineURL = nil, c.webAddress(location)
	}
}

func (c *calendar) when(part *component, at *moment) (instance.When, *instance.IntakeProblem) {
	start, ok := c.start(part)
	if !ok {
		problem := fatal("unreadable-date", "when", "pas de date de début lisible (DTSTART « %s »)", shorten(part.text("DTSTART")))
		return instance.When{}, &problem
	}
	end := c.end(part, start)
	if at != nil {
		end = at.Add(end.Sub(start.Time))
		if start.allDay { // days, not hours: a change of clock may lie between
			y, m, d := at.Date()
			end = time.Date(y, m, d+c.days(part, start), 0, 0, 0, 0, at.Location())
		}
		start = *at
	}
	w := instance.When{Start: start.UTC(), AllDay: start.allDay}
	if zone := start.Location().String(); zone != "Europe/Paris" && zone != "UTC" && zone != "Local" {
		w.Zone = zone
	}
	if end.After(start.Time) {
		w.End = end.UTC()
	}
	return w, nil
}

// days is how many days an all-day event lasts beyond the first.
func (c *calendar) days(part *component, start moment) int {
	return int(c.end(part, start).Sub(start.Time).Hours()/24 + 0.5)
}

// end is when an event ends, as When has it: of an all-day one, the last day, where
// iCalendar gives the day after. Without any, the start.
func (c *calendar) end(part *component, start moment) time.Time {
	end := start.Time
	if p, ok := part.first("DTEND"); ok {
		if m, ok := c.zones.of(p); ok {
			end = m.Time
		}
	} else if days, rest, ok := duration(part.text("DURATION")); ok {
		end = start.AddDate(0, 0, days).Add(rest)
	}
	if start.allDay && end.After(start.Time) {
		end = end.AddDate(0, 0, -1)
	}
	if end.Before(start.Time) {
		return start.Time
	}
	return end
}

// describe fills in the texts, themes and addresses of an event.
func (c *calendar) describe(e *instance.Event, part *component) {
	plain, rich := part.text("DESCRIPTION"), ""
	for _, name := range []string{"X-ALT-DESC", "STYLED-DESCRIPTION"} {
		if p, ok := part.first(name); ok && strings.EqualFold(p.params["FMTTYPE"], "text/html") {
			rich = p.text()
		}
	}
	if rich == "" {
		rich = plain
	}
	e.Source = markdownOf(rich)
	e.Summary = lead(rich)
	var words []string
	for _, p := range part.all("CATEGORIES") {
		words = append(words, p.list()...)
	}
	e.Themes, _ = termsOf("themes", words)
	for _, word := range words {
		if e.EventKind == "" {
			e.EventKind = termOf("event_kinds", word)
		}
	}
	e.ParticipationURL = c.webAddress(part.text("URL"))
	for _, name := range []string{"CONFERENCE", "X-GOOGLE-CONFERENCE"} {
		if e.OnlineURL == "" {
			e.OnlineURL = c.webAddress(part.text(name))
		}
	}
	for _, name := range []string{"IMAGE", "ATTACH"} {
		for _, p := range part.all(name) {
			if kind := p.params["FMTTYPE"]; e.Image == nil && strings.HasPrefix(kind, "image/") {
				if address := c.webAddress(p.value); address != "" {
					e.Image = &instance.Image{URL: address, MediaType: kind}
				}
			}
		}
	}
}

// icalPlace reads LOCATION, and its position from GEO or Apple's property.
func icalPlace(part *component) *instance.Place {
	p := addressOf(part.text("LOCATION"))
	if p == nil {
		p = &instance.Place{}
	}
	if lat, lon, ok := strings.Cut(part.text("GEO"), ";"); ok {
		p.Point = pointOf(lat, lon)
	}
	if apple := part.text("X-APPLE-STRUCTURED-LOCATION"); p.Point == nil && strings.HasPrefix(apple, "geo:") {
		lat, lon, _ := strings.Cut(strings.TrimPrefix(apple, "geo:"), ",")
		p.Point = pointOf(lat, lon)
	}
	return place(*p)
}
