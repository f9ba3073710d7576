package instance

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Change is one field of an object, or of a Presentation, in other words. The fields are
// those of ProposedFields, as people fill them in.
type Change struct {
	Field string `json:"field"`
	Was   string `json:"was,omitempty"` // when it was proposed
	Now   string `json:"now"`           // what is proposed; "" empties the field
}

// The groups of fields that are read together.
var (
	whenFields  = []string{"date", "time", "end_date", "end_time", "when"}
	placeFields = []string{"place", "street", "postal_code", "locality"}
)

// ProposedFields lists the fields of a kind of object or Presentation that people may
// propose, in the order of a form. Dates are 2027-03-14 and times 14:00, in the event's
// zone; when is a date in words, for want of a day; content is Markdown.
func ProposedFields(kind Kind) []string {
	switch kind {
	case KindEvent:
		return slices.Concat([]string{"name", "summary", "status"}, whenFields, placeFields, []string{"organiser", "link", "content"})
	case KindPartner:
		return slices.Concat([]string{"name", "summary", "actor_kind"}, placeFields, []string{"website", "content"})
	case KindRecipe:
		return []string{"name", "summary", "content"}
	case KindAnnouncement:
		return []string{"content"}
	case KindOrganisation:
		return slices.Concat([]string{"name", "content", "website"}, placeFields)
	case KindTerritory:
		return []string{"name", "content", "website"}
	}
	return nil
}

// maxProposed bounds each field, in runes; 200 when it is not here.
var maxProposed = map[string]int{"summary": 500, "content": 40_000, "link": 1000, "website": 1000, "date": 10, "end_date": 10, "time": 5, "end_time": 5}

// MaxProposed is how long a proposed field may be, in characters.
func MaxProposed(field string) int {
	if most := maxProposed[field]; most > 0 {
		return most
	}
	return 200
}

// ProposedValues are an object's proposed fields as they are. The content of an object
// that has no Markdown is left out: another text would lose its form.
func ProposedValues(o Object) map[string]string {
	b := o.Common()
	values := map[string]string{"name": b.Name, "summary": b.Summary, "content": b.Source}
	place := b.Place
	if place == nil {
		place = &Place{}
	}
	values["place"], values["street"], values["postal_code"], values["locality"] = place.Name, place.Street, place.PostalCode, place.Locality
	switch o := o.(type) {
	case *Event:
		whenValues(o.When, values)
		values["status"], values["link"], values["organiser"] = string(o.Status), o.ParticipationURL, ""
		names := make([]string, len(o.Organisers))
		for i, ref := range o.Organisers {
			names[i] = ref.Name
		}
		values["organiser"] = strings.Join(names, ", ")
	case *Partner:
		values["actor_kind"], values["website"] = o.ActorKind, o.Website
	case *presentation:
		values["website"] = o.Website
	}
	offered := map[string]string{}
	for _, field := range ProposedFields(b.Kind) {
		if field != "content" || b.Source != "" || b.Content == "" {
			offered[field] = values[field]
		}
	}
	return offered
}

func whenValues(w When, values map[string]string) {
	if w.Vague() {
		values["when"] = w.Text
		return
	}
	start, end := w.Start.In(w.Location()), w.End.In(w.Location())
	values["date"] = start.Format(time.DateOnly)
	if !w.AllDay {
		values["time"] = start.Format("15:04")
	}
	if w.End.IsZero() {
		return
	}
	if day := end.Format(time.DateOnly); day != values["date"] {
		values["end_date"] = day
	}
	if !w.AllDay {
		values["end_time"] = end.Format("15:04")
	}
}

// Amended is an object with the changes made: what of it they do not name stays as
// it is. ErrInvalid: a *ValidationError that names proposed fields.
func (n *Node) Amended(o Object, changes []Change) (Object, error) {
	o = CloneObject(o)
	values := ProposedValues(o)
	changed := func(fields ...string) bool {
		return slices.ContainsFunc(changes, func(c Change) bool { return slices.Contains(fields, c.Field) })
	}
	var c checks
	for _, change := range changes {
		if _, offered := values[change.Field]; !offered {
			return nil, fmt.Errorf("%w: %q is no field that is proposed", ErrInvalid, change.Field)
		}
		most := MaxProposed(change.Field)
		c.require(len([]rune(change.Now)) <= most, change.Field, "raccourcissez à %d caractères", most)
		values[change.Field] = plainLines(change.Now)
		if change.Field != "content" && change.Field != "summary" {
			values[change.Field] = strings.ReplaceAll(values[change.Field], "\n", " ")
		}
	}
	if c.err() != nil {
		return nil, c.err()
	}
	b := o.Common()
	if changed("name") {
		b.Name = CleanName(values["name"], 200)
	}
	if changed("summary") {
		b.Summary = CleanName(values["summary"], 500)
	}
	if changed("content") {
		b.Source, b.Content = values["content"], ""
	}
	if changed(placeFields...) {
		n.movePlace(b, values, changed("postal_code", "locality"))
	}
	switch o := o.(type) {
	case *Event:
		amendEvent(o, values, changed, &c)
	case *Partner:
		if changed("actor_kind") {
			o.ActorKind = values["actor_kind"]
		}
		if changed("website") {
			o.Website, o.WebsiteBy = values["website"], ""
		}
	case *presentation:
		if changed("website") {
			o.Website = values["website"]
		}
	}
	if c.err() != nil {
		return nil, c.err()
	}
	return o, asProposed(o.Validate())
}

func amendEvent(e *Event, values map[string]string, changed func(...string) bool, c *checks) {
	if changed("status") {
		e.Status, e.StatusAsOf = EventStatus(values["status"]), ""
	}
	if changed("link") {
		e.ParticipationURL = values["link"]
	}
	if changed("organiser") {
		e.Organisers = renamed(e.Organisers, values["organiser"])
	}
	if e.When.Zone == "" && e.Place != nil {
		if zone := Zone(e.Place.INSEE); zone != "Europe/Paris" {
			e.When.Zone = zone
		}
	}
	if changed(whenFields...) {
		e.When = amendWhen(e.When, values, c)
	}
}

// renamed reads names between commas; those that are known keep their addresses.
func renamed(refs []Ref, names string) []Ref {
	var out []Ref
	for name := range strings.SplitSeq(names, ",") {
		if name = CleanName(name, 200); name == "" {
			continue
		}
		if i := slices.IndexFunc(refs, func(ref Ref) bool { return ref.Name == name }); i >= 0 {
			out = append(out, refs[i])
		} else {
			out = append(out, Ref{Name: name})
		}
	}
	return out
}

// amendWhen reads a date as a form has it.
func amendWhen(was When, values map[string]string, c *checks) When {
	w := When{Zone: was.Zone}
	date, hour, endDate, endHour := values["date"], values["time"], values["end_date"], values["end_time"]
	if date == "" {
		c.require(hour == "" && endDate == "" && endHour == "", "date", "donnez aussi le jour")
		if w.Text = CleanName(values["when"], 200); w.Text == was.Text {
			w.Approx = was.Approx
		} else {
			w.Approx = approximate(w.Text)
		}
		return w
	}
	w.AllDay = hour == ""
	w.Start = c.moment("date", date, "time", hour, w.Location())
	if endDate == "" && endHour == "" {
		return w
	}
	if endDate == "" {
		endDate = date
	}
	c.require(!w.AllDay || endHour == "", "time", "donnez aussi l’heure du début")
	c.require(w.AllDay || endHour != "", "end_time", "donnez aussi l’heure de la fin")
	w.End = c.moment("end_date", endDate, "end_time", endHour, w.Location())
	return w
}

var hourPattern = regexp.MustCompile(`^([01]?\d|2[0-3])(?:[:hH]([0-5]\d)?)?$`)

// moment reads a day and perhaps an hour: 14:00, 14h30, 14h, 14.
func (c *checks) moment(dayField, day, hourField, hour string, zone *time.Location) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	c.require(err == nil && t.Year() >= 1900 && t.Year() < 2200, dayField, "écrivez le jour comme ceci : 2027-03-14")
	if hour == "" {
		return t.UTC()
	}
	m := hourPattern.FindStringSubmatch(strings.ReplaceAll(hour, " ", ""))
	c.require(m != nil, hourField, "écrivez l’heure comme ceci : 14:30")
	if m == nil {
		return t.UTC()
	}
	h, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	return time.Date(t.Year(), t.Month(), t.Day(), h, minute, 0, 0, zone).UTC()
}

var yearPattern = regexp.MustCompile(`\b(19|20|21)\d\d\b`)

// approximate finds the year, and perhaps the month, in a date in French words: ""
// when it names none.
func approximate(words string) string {
	year := yearPattern.FindString(words)
	if year == "" {
		return ""
	}
	found := ""
	for i, month := range frenchMonths {
		if strings.Contains(strings.ToLower(words), month) {
			if found != "" {
				return year // « mars ou avril 2027 »
			}
			found = fmt.Sprintf("%s-%02d", year, i+1)
		}
	}
	if found == "" {
		return year
	}
	return found
}

// movePlace changes an address. One in another commune is no longer where the point
// was: what the gazetteer knows of the commune replaces it.
func (n *Node) movePlace(b *Base, values map[string]string, elsewhere bool) {
	p := Place{}
	if b.Place != nil {
		p = *b.Place
	}
	p.Name, p.Street = CleanName(values["place"], 200), CleanName(values["street"], 200)
	p.PostalCode, p.Locality = CleanName(values["postal_code"], 20), CleanName(values["locality"], 200)
	if elsewhere {
		p.ID, p.INSEE, p.Departement, p.Region, p.Country, p.Point, p.Precision = "", "", "", "", "", nil, ""
		if c, ok := n.commune(p.Locality, p.PostalCode); ok {
			p.Locality, p.INSEE, p.Departement, p.Region = c.Name, c.INSEE, c.Departement, c.Region
			if p.PostalCode == "" && len(c.PostalCodes) == 1 {
				p.PostalCode = c.PostalCodes[0]
			}
			if p.Point = c.Point; p.Point != nil {
				p.Precision = PrecisionCommune
			}
		}
	}
	if b.Place = &p; p == (Place{}) {
		b.Place = nil
	}
}

// commune is the one commune that a name and a postal code say, if there is only one.
func (n *Node) commune(name, postal string) (Commune, bool) {
	var found []Commune
	switch {
	case name == "" && postal != "":
		found = n.gazetteer.ByPostalCode(postal)
	case name != "":
		found = slices.Clone(n.gazetteer.ByName(name, ""))
		if postal != "" {
			found = slices.DeleteFunc(found, func(c Commune) bool { return !slices.Contains(c.PostalCodes, postal) })
		}
	}
	if len(found) == 0 || len(found) > 1 && found[0].Kind == found[1].Kind {
		return Commune{}, false
	}
	return found[0], true
}

// asProposed says what is wrong in the names of the proposed fields.
func asProposed(err error) error {
	invalid, ok := errors.AsType[*ValidationError](err)
	if !ok {
		return err
	}
	renamed := &ValidationError{Fields: slices.Clone(invalid.Fields)}
	for i, f := range renamed.Fields {
		if own, ok := map[string]string{"start": "date", "end": "end_date", "participation_url": "link", "organisers": "organiser"}[f.Field]; ok {
			renamed.Fields[i].Field = own
		}
	}
	return renamed
}

// related says that a change of one field can make another wrong.
func related(changed, wrong string) bool {
	return slices.Contains(whenFields, changed) && slices.Contains(whenFields, wrong)
}

// Stale lists the fields that say something else now than when the proposal was
// made, with what they say.
func (n *Node) Stale(ctx context.Context, p *Proposal) (map[string]string, error) {
	if p.Kind != ProposeCorrect {
		return nil, nil // nothing is stale: an empty list
	}
	o, err := n.correctable(ctx, p.Object)
	if err != nil {
		return nil, err
	}
	now, stale := ProposedValues(o), map[string]string{}
	for _, c := range p.Changes {
		if now[c.Field] != c.Was {
			stale[c.Field] = now[c.Field]
		}
	}
	return stale, nil
}
