package web

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

var eventForm = &editable{
	kind: instance.KindEvent, path: "evenement", fill: fillEvent, read: readEvent,
	fields: withFields(commonFields, placeFields, map[string]fieldSpec{
		"name":          {label: "edit.event.name", hint: "edit.event.name.hint", required: true},
		"summary":       {label: "edit.event.summary", hint: "edit.event.summary.hint", kind: "area", max: 500},
		"activities":    {label: "edit.activities", kind: "checks", list: "activity_types", more: true},
		"date":          {label: "edit.date", kind: "date"},
		"from":          {label: "edit.from", kind: "time"},
		"to":            {label: "edit.to", kind: "time"},
		"last":          {label: "edit.last", hint: "edit.last.hint", kind: "date"},
		"vague":         {label: "edit.vague", hint: "edit.vague.hint"},
		"zone":          {label: "edit.zone", hint: "edit.zone.hint", kind: "select", blank: "edit.zone.auto", more: true},
		"rhythm":        {label: "edit.rhythm", kind: "select", blank: "edit.rhythm.once"},
		"until":         {label: "edit.until", hint: "edit.until.hint", kind: "date"},
		"event-kind":    {label: "edit.event-kind", kind: "select", list: "event_kinds", blank: "edit.unsaid", more: true},
		"status":        {label: "edit.status", hint: "edit.status.hint", kind: "radios", more: true},
		"organisers":    {label: "edit.organisers", kind: "checks", more: true},
		"others-name":   {label: "edit.others.name"},
		"others-url":    {label: "edit.others.url", kind: "url"},
		"accessibility": {label: "edit.accessibility", kind: "checks", list: "accessibility", more: true},
		"access":        {label: "edit.access", hint: "edit.access.hint", kind: "area", max: 500, more: true},
		"transport":     {label: "edit.transport", hint: "edit.transport.hint", kind: "area", max: 500, more: true},
		"meals":         {label: "edit.meals", hint: "edit.meals.hint", kind: "area", max: 500, more: true},
		"housing":       {label: "edit.housing", hint: "edit.housing.hint", kind: "area", max: 500, more: true},
		"toilets":       {label: "edit.toilets", hint: "edit.toilets.hint", kind: "area", max: 500, more: true},
		"join":          {label: "join.mode.label", kind: "select", blank: "join.mode.", more: true},
		"capacity":      {label: "edit.capacity", hint: "edit.capacity.hint", kind: "number", more: true},
		"sign-up":       {label: "edit.sign-up", hint: "edit.sign-up.hint", kind: "text", max: 1000, more: true},
		"online":        {label: "edit.online", hint: "edit.online.hint", kind: "url", max: 1000, more: true},
	}),
	rows: map[string]rowsSpec{
		"others": {legend: "edit.others", hint: "edit.others.hint", one: "edit.others.one", add: "edit.others.add", columns: []string{"name", "url"}},
	},
	domain: withNames(map[string]string{
		"start": "date", "end": "to", "approx": "vague", "event_kind": "event-kind", "join_mode": "join", "participation_url": "sign-up",
		"online_url": "online", "organisers": "others", "place": "lat", "source": "content",
		"practical.access": "access", "practical.transport": "transport", "practical.meals": "meals",
		"practical.housing": "housing", "practical.toilets": "toilets",
	}),
}

// overseas are the zones to choose from where the commune does not tell.
var overseas = []string{
	"Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion", "America/Miquelon",
	"Indian/Mayotte", "America/St_Barthelemy", "America/Marigot", "Pacific/Wallis", "Pacific/Tahiti", "Pacific/Noumea",
	"Pacific/Marquesas", "Pacific/Gambier",
}

// Zones are the time zones to choose from.
func (f *editForm) Zones() editField {
	options := make([]editOption, len(overseas))
	for i, zone := range overseas {
		_, city, _ := strings.Cut(zone, "/")
		options[i] = editOption{Value: zone, Label: strings.ReplaceAll(city, "_", " ")}
	}
	if zone := f.Get("zone"); zone != "" && !slices.Contains(overseas, zone) {
		options = append(options, editOption{Value: zone, Label: zone})
	}
	return f.With("zone", options)
}

// Rhythms are how often an event may come back.
func (f *editForm) Rhythms() editField {
	return f.With("rhythm", []editOption{
		{Value: string(instance.RhythmWeekly), Label: f.r.T("edit.rhythm.week")},
		{Value: string(instance.RhythmFortnightly), Label: f.r.T("edit.rhythm.fortnight")},
		{Value: string(instance.RhythmMonthlyWeekday), Label: f.r.T("edit.rhythm.month-weekday")},
		{Value: string(instance.RhythmMonthly), Label: f.r.T("edit.rhythm.month")},
		{Value: string(instance.RhythmDaily), Label: f.r.T("edit.rhythm.day")},
	})
}

// JoinModes are who may sign up here; nobody when none is chosen.
func (f *editForm) JoinModes() editField {
	var options []editOption
	for _, mode := range []instance.JoinMode{instance.JoinFree, instance.JoinRestricted} {
		options = append(options, editOption{Value: string(mode), Label: f.r.T("join.mode." + string(mode))})
	}
	return f.With("join", options)
}

// Statuses are those of an event that is announced: to cancel it or put it off has a
// page of its own.
func (f *editForm) Statuses() editField {
	var options []editOption
	for _, status := range []instance.EventStatus{instance.StatusConfirmed, instance.StatusPlanned, instance.StatusProposed} {
		options = append(options, editOption{
			Value: string(status), Label: f.r.label("event_status", string(status)), Note: f.r.T("edit.status." + string(status)),
		})
	}
	if now := f.Get("status"); now != "" && !slices.ContainsFunc(options, func(o editOption) bool { return o.Value == now }) {
		options = append(options, editOption{Value: now, Label: f.r.label("event_status", now)})
	}
	return f.With("status", options)
}

func fillEvent(f *editForm, o instance.Object) {
	e, ok := o.(*instance.Event)
	if !ok {
		return
	}
	f.fillPlace(e.Place)
	f.fillWhen(e.When)
	f.Values["activities"], f.Values["accessibility"] = slices.Clone(e.Activities), slices.Clone(e.Accessibility)
	f.Set("event-kind", e.EventKind)
	f.Set("status", string(e.Status))
	if e.ID == "" && e.Status == "" {
		f.Set("status", string(instance.StatusPlanned))
	}
	if e.Capacity > 0 {
		f.Set("capacity", strconv.Itoa(e.Capacity))
	}
	f.Set("join", string(e.JoinMode))
	f.Set("sign-up", e.ParticipationURL)
	f.Set("online", e.OnlineURL)
	if p := e.Practical; p != nil {
		for name, text := range map[string]string{"access": p.Access, "transport": p.Transport, "meals": p.Meals, "housing": p.Housing, "toilets": p.Toilets} {
			f.Set(name, text)
		}
	}
	var others [][]string
	for _, ref := range e.Organisers {
		if f.r.writesAs(ref.ID) {
			f.Add("organisers", ref.ID)
		} else {
			others = append(others, []string{ref.Name, cmp.Or(ref.URL, ref.ID)})
		}
	}
	f.setCells("others", others)
}

// writesAs says that the actor is one of ours that whoever is signed in writes for.
func (r *request) writesAs(actor string) bool {
	return r.account != nil && actor != "" && r.s.node.URLs().Local(actor) && r.account.WritesFor(actor)
}

func readEvent(f *editForm, o instance.Object) {
	e, ok := o.(*instance.Event)
	if !ok {
		return
	}
	e.Place = f.readPlace(e.Place)
	e.When = f.readWhen(e.When, e.Place)
	e.Activities, e.Accessibility = f.chosen("activities"), f.chosen("accessibility")
	e.EventKind, e.Status = f.Get("event-kind"), instance.EventStatus(f.Get("status"))
	e.JoinMode, e.Capacity = instance.JoinMode(f.Get("join")), f.count("capacity")
	e.ParticipationURL, e.OnlineURL = f.contact("sign-up"), f.webAddress("online")
	e.Practical = f.practical()
	e.Organisers = f.readOrganisers(e.Organisers)
	e.Inferred = slices.DeleteFunc(e.Inferred, func(string) bool { return f.Get("vu") != "" }) // an author read it
}

func (f *editForm) practical() *instance.Practical {
	p := instance.Practical{
		Access: f.prose("access"), Transport: f.prose("transport"), Meals: f.prose("meals"),
		Housing: f.prose("housing"), Toilets: f.prose("toilets"),
	}
	if p == (instance.Practical{}) {
		return nil
	}
	return &p
}

// count is a number of people; 0 when nothing was typed.
func (f *editForm) count(name string) int {
	s := f.text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1_000_000 {
		f.fail(name, "écrivez un nombre entier, comme 25")
		return 0
	}
	return n
}

var bareHost = regexp.MustCompile(`^[\w-]+(\.[\w-]+)+(/|$)`)

// webAddress completes an address that lacks its beginning, as people type them.
func (f *editForm) webAddress(name string) string {
	s := f.text(name)
	if bareHost.MatchString(s) {
		return "https://" + s
	}
	return s
}

// contact is where to sign up: a page, an e-mail address, a telephone number.
func (f *editForm) contact(name string) string {
	s := f.text(name)
	switch {
	case strings.Contains(s, "@") && !strings.ContainsAny(s, ":/ "):
		return "mailto:" + s
	case regexp.MustCompile(`^\+?[0-9][0-9 .]{8,}$`).MatchString(s):
		return "tel:" + strings.NewReplacer(" ", "", ".", "").Replace(s)
	}
	return f.webAddress(name)
}

// readOrganisers are ours that were ticked, then the others by name and address. Those
// that were there already keep what is known of them.
func (f *editForm) readOrganisers(was []instance.Ref) []instance.Ref {
	var refs []instance.Ref
	for _, id := range f.chosen("organisers") {
		if i := slices.IndexFunc(was, func(ref instance.Ref) bool { return ref.ID == id }); i >= 0 {
			refs = append(refs, was[i])
		} else if a, err := f.r.s.node.Actor(f.r.ctx(), id); err == nil && f.r.writesAs(a.ID) {
			refs = append(refs, refTo(a))
		}
	}
	for _, line := range f.cells("others") {
		name, address := line[0], line[1]
		if bareHost.MatchString(address) {
			address = "https://" + address
		}
		if i := slices.IndexFunc(was, func(ref instance.Ref) bool { return ref.Name == name && cmp.Or(ref.URL, ref.ID) == address }); i >= 0 {
			refs = append(refs, was[i])
			continue
		}
		ref := instance.Ref{Name: instance.CleanName(name, 200), URL: address}
		if a, err := f.r.s.node.Actor(f.r.ctx(), address); address != "" && err == nil {
			ref.ID = a.ID
		}
		if ref.Name == "" {
			ref.Name = hostOf(address)
		}
		refs = append(refs, ref)
	}
	return refs
}

func (f *editForm) fillWhen(w instance.When) {
	if w.Zone != "" && !slices.Contains([]string{"", "Europe/Paris"}, w.Zone) {
		f.Set("zone", w.Zone)
	}
	if w.Vague() {
		f.Set("vague", w.Text)
		return
	}
	start, end := w.Start.In(w.Location()), w.End.In(w.Location())
	f.Set("date", start.Format(time.DateOnly))
	if !w.AllDay {
		f.Set("from", start.Format("15:04"))
	}
	if w.End.IsZero() {
		return
	}
	if !w.AllDay {
		f.Set("to", end.Format("15:04"))
	}
	if !sameDay(start, end) {
		f.Set("last", end.Format(time.DateOnly))
	}
}

// readWhen is the time that the form says, by the clocks of the place.
func (f *editForm) readWhen(was instance.When, place *instance.Place) instance.When {
	w := instance.When{Zone: f.zone(place), Source: was.Source}
	if f.text("date") == "" {
		return f.readVague(w, was)
	}
	if f.text("vague") != "" {
		f.fail("vague", "effacez ces mots, ou la date : un événement n'a que l'une ou l'autre")
	}
	loc := w.Location()
	first, ok := f.day("date", loc)
	if !ok {
		return w
	}
	last := first
	if f.text("last") != "" {
		if last, ok = f.day("last", loc); !ok {
			return w
		}
		if last.Before(first) {
			f.fail("last", "la fin précède le début")
			return w
		}
	}
	from, hasFrom := f.hour("from")
	to, hasTo := f.hour("to")
	switch {
	case hasTo && !hasFrom:
		f.fail("from", "donnez aussi l'heure du début")
	case !hasFrom:
		w.AllDay, w.Start = true, first.UTC()
		if last.After(first) {
			w.End = last.UTC()
		}
	default:
		w.Start = atHour(first, from).UTC()
		if hasTo {
			if sameDay(first, last) && to <= from { // until two in the morning
				last = last.AddDate(0, 0, 1)
			}
			w.End = atHour(last, to).UTC()
		} else if last.After(first) {
			f.fail("to", "donnez aussi l'heure de la fin")
		}
	}
	return w
}

func (f *editForm) readVague(w, was instance.When) instance.When {
	w.Text = f.text("vague")
	w.Approx = approximately(w.Text)
	if w.Text == was.Text {
		w.Approx = was.Approx
	}
	if len([]rune(w.Text)) > 200 {
		f.fail("vague", "raccourcissez à 200 caractères")
	}
	if f.text("from") != "" || f.text("to") != "" || f.text("last") != "" {
		f.fail("date", "donnez aussi la date du premier jour")
	}
	return w
}

func (f *editForm) day(name string, loc *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2.1.2006", "2-1-2006"} { // a browser without date fields
		if t, err := time.ParseInLocation(layout, f.text(name), loc); err == nil && t.Year() >= 1900 && t.Year() < 2200 {
			return t, true
		}
	}
	f.fail(name, "écrivez la date comme 14/03/2027")
	return time.Time{}, false
}

var hourPattern = regexp.MustCompile(`^([01]?[0-9]|2[0-3]) ?(?:[:hH]) ?([0-5][0-9])?(?::[0-9]{2})?$`)

// hour is a time of day in minutes: "14:30", and also "14h", "14 h 30".
func (f *editForm) hour(name string) (minutes int, ok bool) {
	s := f.text(name)
	if s == "" {
		return 0, false
	}
	m := hourPattern.FindStringSubmatch(s)
	if m == nil {
		f.fail(name, "écrivez l'heure comme 14:30")
		return 0, false
	}
	hours, _ := strconv.Atoi(m[1])
	minutes, _ = strconv.Atoi(m[2]) // 0 when it was not written
	return hours*60 + minutes, true
}

func atHour(day time.Time, minutes int) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, minutes/60, minutes%60, 0, 0, day.Location())
}

// zone is the one that was chosen, else that of the place; "" in metropolitan France.
func (f *editForm) zone(place *instance.Place) string {
	if zone := f.Get("zone"); zone != "" {
		return zone
	}
	if place == nil {
		return ""
	}
	code := place.INSEE
	if code == "" {
		code = place.Departement
	}
	if zone := instance.Zone(code); zone != "Europe/Paris" {
		return zone
	}
	return ""
}

var (
	yearPattern  = regexp.MustCompile(`\b(19|20|21)[0-9]{2}\b`)
	monthPattern = regexp.MustCompile(`(?i)(janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre)`)
)

// approximately finds the year, and the month when only one is named, in the words of
// a vague date: to sort it, never to show it.
func approximately(text string) string {
	years := yearPattern.FindAllString(text, 2)
	if len(years) != 1 {
		return ""
	}
	named := monthPattern.FindAllString(text, 2)
	if len(named) != 1 {
		return years[0]
	}
	plain := instance.Slugify(named[0])
	for i, month := range months["fr"] {
		if instance.Slugify(month) == plain {
			return fmt.Sprintf("%s-%02d", years[0], i+1)
		}
	}
	return years[0]
}

// occurrences lists the dates of an event that comes back.
func (f *editForm) occurrences(e *instance.Event) ([]instance.When, error) {
	rule := instance.Recurrence{Rhythm: instance.Rhythm(f.Get("rhythm"))}
	if f.text("until") != "" {
		until, ok := f.day("until", e.When.Location())
		if !ok {
			return nil, &instance.ValidationError{}
		}
		rule.Until = until
	}
	return rule.Occurrences(e.When)
}
