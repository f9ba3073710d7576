package source

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/maillage/maillage/instance"
)

// readHTML reads the events and places that a page describes for machines:
// schema.org in JSON-LD and, when there is none, h-event or hCalendar.
func readHTML(r *reading) error {
	doc, err := xhtml.Parse(strings.NewReader(decode(r.data)))
	if err != nil {
		return invalid("cette page ne peut pas être lue")
	}
	p := &page{reading: r, seen: map[string]bool{}}
	p.find(doc)
	for _, script := range p.scripts {
		p.script(script)
	}
	if len(r.harvest.Rows) == 0 {
		for _, n := range p.events {
			p.hevent(n)
		}
	}
	if r.harvest.Title == "" {
		r.harvest.Title = instance.CleanName(p.title, 200)
	}
	if len(r.harvest.Rows) == 0 {
		return invalid("cette page ne décrit aucun événement pour les machines (ni schema.org, ni h-event) ; cherchez-y un lien iCal ou « exporter »")
	}
	return nil
}

// page is an HTML page being read.
type page struct {
	*reading
	title   string
	scripts []string
	events  []*xhtml.Node
	seen    map[string]bool
}

// maxNodes bounds the walk of a page: its tree can be far deeper than any real one.
const maxNodes = 500_000

func (p *page) find(root *xhtml.Node) {
	count := 0
	for n := range root.Descendants() {
		if count++; count > maxNodes {
			return
		}
		switch {
		case n.DataAtom == atom.Title && p.title == "":
			p.title = textInside(n)
		case n.DataAtom == atom.Script && strings.Contains(strings.ToLower(attr(n, "type")), "ld+json") && n.FirstChild != nil:
			p.scripts = append(p.scripts, n.FirstChild.Data)
		case hasClass(n, "h-event") || hasClass(n, "vevent"):
			p.events = append(p.events, n)
		}
	}
}

// script reads the things of one JSON-LD script. Pages write line breaks inside
// strings, which JSON forbids: they are forgiven.
func (p *page) script(text string) {
	text = strings.Map(func(c rune) rune {
		if c < ' ' {
			return ' '
		}
		return c
	}, text)
	var v any
	if readJSON([]byte(text), &v) != nil {
		p.notice("Un bloc schema.org de la page n’est pas du JSON correct : il a été sauté.")
		return
	}
	p.things(v, 0)
}

// things walks JSON-LD down to what we know: lists, graphs, items of lists.
func (p *page) things(v any, depth int) {
	if depth > 8 || p.full() {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			p.things(item, depth+1)
		}
	case map[string]any:
		switch kind := schemaKind(v); kind {
		case instance.KindEvent, instance.KindPartner:
			p.thing(v, kind)
		default:
			for _, name := range []string{"@graph", "itemListElement", "item", "mainEntity", "event", "events", "subEvent"} {
				p.things(v[name], depth+1)
			}
		}
	}
}

// schemaPartners are the types of schema.org that are sheets here; any …Event is an event.
var schemaPartners = map[string]string{
	"Organization": "", "NGO": "association", "LocalBusiness": "entreprise", "Place": "", "CivicStructure": "", "GovernmentOrganization": "collectivite",
	"Library": "institution", "Museum": "institution", "School": "education-recherche", "CollegeOrUniversity": "education-recherche",
	"EducationalOrganization": "education-recherche", "CityHall": "collectivite", "GovernmentOffice": "collectivite",
}

func schemaKind(v map[string]any) instance.Kind {
	for _, name := range typesOf(v) {
		if _, ok := schemaPartners[name]; ok {
			return instance.KindPartner
		}
		if strings.HasSuffix(name, "Event") || name == "Festival" || name == "Hackathon" {
			return instance.KindEvent
		}
	}
	return ""
}

func typesOf(v map[string]any) []string {
	var names []string
	for name := range strings.SplitSeq(textOf(v["@type"]), "|") {
		names = append(names, name[strings.LastIndexAny(name, "/:#")+1:])
	}
	return names
}

// thing makes a row of an event or place of schema.org. The publisher of the page,
// an organisation without address nor position, is no sheet.
func (p *page) thing(v map[string]any, kind instance.Kind) {
	rec := record{line: len(p.harvest.Rows) + 1, kind: kind, fields: map[string]string{}}
	f := rec.fields
	f["key"] = firstOf(p.webAddress(textOf(v["@id"])), p.webAddress(textOf(v["url"])))
	rec.global = f["key"] != ""
	f["name"], f["content"] = textOf(v["name"]), textOf(v["description"])
	f["image"] = p.webAddress(firstOf(first(textOf(v["image"])), textOf(member(v["image"], "url"))))
	f["themes"] = textOf(v["keywords"])
	f["licence"] = textOf(v["license"])
	if kind == instance.KindEvent {
		p.schemaEvent(&rec, v)
	} else {
		f["website"] = textOf(v["url"])
		f["hours"] = strings.ReplaceAll(textOf(v["openingHours"]), "|", " ; ")
		for _, name := range typesOf(v) {
			f["kind"] = firstOf(f["kind"], schemaPartners[name])
		}
		p.where(&rec, v)
		if rec.point == nil && f["street"] == "" && f["locality"] == "" && f["address"] == "" {
			return
		}
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		if field := schemaFields[name]; field != "" {
			p.column(name, field, "")
		}
	}
	if once := f["key"] + "|" + f["name"] + "|" + f["start"]; !p.seen[once] {
		p.seen[once] = true
		p.addRecord(rec)
	}
}

// schemaFields says where the properties of schema.org go.
var schemaFields = map[string]string{
	"@id": "key", "url": "participation_url", "name": "name", "description": "content", "image": "image", "keywords": "themes",
	"startDate": "start", "endDate": "end", "eventStatus": "status", "location": "place", "geo": "place", "address": "place",
	"organizer": "organisers", "maximumAttendeeCapacity": "capacity", "offers": "participation_url", "openingHours": "hours", "license": "licence",
}

func (p *page) schemaEvent(rec *record, v map[string]any) {
	f := rec.fields
	f["start"], f["end"] = first(textOf(v["startDate"])), first(textOf(v["endDate"]))
	if door := textOf(v["doorTime"]); f["start"] == "" {
		f["start"] = door
	}
	status := textOf(v["eventStatus"])
	f["status"] = status[strings.LastIndexByte(status, '/')+1:]
	f["kind"] = strings.Join(typesOf(v), "")
	f["participation_url"] = firstOf(textOf(v["url"]), textOf(member(v["offers"], "url")))
	f["capacity"] = textOf(v["maximumAttendeeCapacity"])
	for _, organiser := range list(v["organizer"]) {
		if o, ok := organiser.(map[string]any); ok && !strings.Contains(strings.Join(typesOf(o), " "), "Person") {
			f["organisers"] = strings.Trim(f["organisers"]+"|"+strings.ReplaceAll(textOf(o["name"]), "|", " "), "|")
		}
	}
	for _, location := range list(v["location"]) {
		switch l := location.(type) {
		case string:
			f["address"] = firstOf(f["address"], l)
		case map[string]any:
			if strings.Contains(strings.Join(typesOf(l), " "), "VirtualLocation") {
				f["online_url"] = p.webAddress(textOf(l["url"]))
				continue
			}
			f["venue"] = textOf(l["name"])
			p.where(rec, l)
		}
	}
}

// where reads the address and position of a place of schema.org.
func (p *page) where(rec *record, v map[string]any) {
	f := rec.fields
	switch address := v["address"].(type) {
	case string:
		f["address"] = address
	case map[string]any:
		gogoAddress(f, address)
	}
	if geo, ok := v["geo"].(map[string]any); ok {
		rec.point = pointOf(textOf(geo["latitude"]), textOf(geo["longitude"]))
	}
}

// list is a value of JSON-LD as the list that it may stand for.
func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l[:min(len(l), 50)]
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// member is a property of an object, or of the first of a list.
func member(v any, name string) any {
	for _, item := range list(v) {
		if m, ok := item.(map[string]any); ok {
			return m[name]
		}
	}
	return nil
}

func first(s string) string {
	s, _, _ = strings.Cut(s, "|")
	return s
}

// hevent makes a row of an h-event, or of an hCalendar event, its elder.
func (p *page) hevent(n *xhtml.Node) {
	if p.full() {
		return
	}
	rec := record{line: len(p.harvest.Rows) + 1, kind: instance.KindEvent, fields: map[string]string{}}
	f := rec.fields
	for _, c := range []struct {
		field   string
		classes []string
	}{
		{"name", []string{"p-name", "summary"}},
		{"start", []string{"dt-start", "dtstart"}},
		{"end", []string{"dt-end", "dtend"}},
		{"summary", []string{"p-summary"}},
		{"participation_url", []string{"u-url", "url"}},
		{"image", []string{"u-photo", "u-featured"}},
	} {
		if f[c.field] = p.class(n, c.classes); f[c.field] != "" {
			p.column(c.classes[0], c.field, "")
		}
	}
	f["end"] = endOf(f["start"], f["end"])
	f["content"] = htmlInside(n, "e-content", "description", "p-description")
	f["participation_url"] = p.webAddress(f["participation_url"])
	f["key"] = f["participation_url"]
	rec.global = f["key"] != ""
	f["themes"] = strings.Join(p.classes(n, "p-category", "category"), "|")
	p.hplace(&rec, n)
	p.addRecord(rec)
}

// hplace reads the p-location of an event: words, or an h-card, h-adr or h-geo.
func (p *page) hplace(rec *record, n *xhtml.Node) {
	l := nodeOf(n, "p-location", "location")
	if l == nil {
		return
	}
	p.column("p-location", "place", "")
	f := rec.fields
	for name, classes := range map[string][]string{
		"venue": {"p-name", "fn", "org"}, "street": {"p-street-address", "street-address"}, "postal_code": {"p-postal-code", "postal-code"},
		"locality": {"p-locality", "locality"}, "lat": {"p-latitude", "latitude"}, "lon": {"p-longitude", "longitude"},
	} {
		f[name] = p.class(l, classes)
	}
	if f["venue"] == "" && f["locality"] == "" && f["street"] == "" {
		f["address"] = spaced(textInside(l))
	}
}

// class is what the first element of a class says: the address of a link or picture,
// the machine-readable date of a time, else its words.
func (p *page) class(n *xhtml.Node, classes []string) string {
	e := nodeOf(n, classes...)
	if e == nil {
		return ""
	}
	link := strings.HasPrefix(classes[0], "u-")
	date := strings.HasPrefix(classes[0], "dt-")
	if date {
		if v := valuesOf(e); v != "" {
			return v
		}
	}
	for _, name := range []string{"datetime", "title", "value", "content", "href", "src"} {
		v := attr(e, name)
		if v != "" && (date && (name == "datetime" || name == "title" || name == "content") || link && (name == "href" || name == "src") || name == "value" && e.DataAtom == atom.Data) {
			return v
		}
	}
	return strings.TrimSpace(spaced(textInside(e)))
}

// valuesOf is a date that a page writes in parts for people, each of the class "value"
// (microformats' value class pattern): "2027-03-14T19:00", or "19:00" when it leaves the
// day out; "" when it does not.
func valuesOf(n *xhtml.Node) string {
	var day, clock, offset string
	for e := range n.Descendants() {
		var v string
		switch {
		case hasClass(e, "value-title"):
			v = attr(e, "title")
		case hasClass(e, "value"):
			v = firstOf(attr(e, "datetime"), attr(e, "title"), strings.TrimSpace(textInside(e)))
		}
		switch {
		case v == "":
		case isoDay.MatchString(v):
			day = firstOf(day, v)
		case v[0] == '+' || v[0] == '-' || v == "Z":
			offset = firstOf(offset, v)
		default:
			clock = firstOf(clock, v)
		}
	}
	switch {
	case clock == "":
		return day
	case day == "":
		return clock24(clock) + offset
	}
	return day + "T" + clock24(clock) + offset
}

var (
	clockAlone = regexp.MustCompile(`^\d{2}:\d{2}`)
	offsetAt   = regexp.MustCompile(`(?:z|Z|[+-]\d{2}:?\d{2})$`)
)

// endOf is the end of an event that may leave out what its start says: the day, the offset.
func endOf(start, end string) string {
	day, clock, timed := strings.Cut(start, "T")
	if !timed || !clockAlone.MatchString(end) {
		return end
	}
	if !offsetAt.MatchString(end) {
		end += offsetAt.FindString(clock)
	}
	return day + "T" + end
}

// clock24 is a time of day as dates have it: "7:30pm" is "19:30".
func clock24(s string) string {
	s = strings.ToLower(strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), " ", ""))
	digits, offset := s, ""
	if i := strings.IndexAny(s, "+-z"); i > 0 {
		digits, offset = s[:i], s[i:]
	}
	shift := 0
	if hour, ok := strings.CutSuffix(digits, "pm"); ok {
		digits, shift = hour, 12
	}
	digits = strings.TrimSuffix(digits, "am")
	hour, rest, _ := strings.Cut(digits, ":")
	h, err := strconv.Atoi(hour)
	if err != nil || h > 24 {
		return s
	}
	if h == 12 && strings.ContainsAny(s, "m") { // 12am is midnight, 12pm noon
		h = 0
	}
	return fmt.Sprintf("%02d:%s%s", h+shift, firstOf(rest, "00"), offset)
}

func (p *page) classes(n *xhtml.Node, classes ...string) []string {
	var out []string
	for e := range n.Descendants() {
		for _, class := range classes {
			if hasClass(e, class) && len(out) < 50 {
				out = append(out, strings.TrimSpace(spaced(textInside(e))))
				break
			}
		}
	}
	return out
}

// nodeOf is the first descendant that has one of the classes.
func nodeOf(n *xhtml.Node, classes ...string) *xhtml.Node {
	for e := range n.Descendants() {
		for _, class := range classes {
			if hasClass(e, class) {
				return e
			}
		}
	}
	return nil
}

func hasClass(n *xhtml.Node, class string) bool {
	if n.Type != xhtml.ElementNode {
		return false
	}
	value := attr(n, "class")
	if !strings.Contains(value, class) {
		return false
	}
	for word := range strings.FieldsSeq(value) {
		if word == class {
			return true
		}
	}
	return false
}

func textInside(n *xhtml.Node) string {
	var out strings.Builder
	for e := range n.Descendants() {
		if e.Type == xhtml.TextNode && out.Len() < maxField {
			out.WriteString(e.Data)
		}
	}
	return out.String()
}

// htmlInside is the HTML inside the first element of the classes.
func htmlInside(n *xhtml.Node, classes ...string) string {
	e := nodeOf(n, classes...)
	if e == nil {
		return ""
	}
	var out strings.Builder
	for c := range e.ChildNodes() {
		if xhtml.Render(&out, c) != nil {
			return textInside(e)
		}
	}
	return out.String()
}
