package web

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/maillage/maillage/instance"
)

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
		options[i] = editOption{Value: zone, Label: f.r.T("zone." + zone)}
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
		f.fail("vague", "effacez ces mots, ou la date : un événement n’a que l’une ou l’autre")
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
			f.fail("last", "ce jour vient avant la date du début : changez l’un des deux")
			last = first
		}
	}
	from, hasFrom := f.hour("from")
	to, hasTo := f.hour("to")
	switch {
	case hasTo && !hasFrom:
		f.fail("from", "donnez aussi l’heure du début")
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
			f.fail("to", "donnez aussi l’heure de la fin")
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
	switch {
	case f.text("from") != "" || f.text("to") != "" || f.text("last") != "":
		f.fail("date", "donnez aussi la date du premier jour")
	case w.Text == "":
		f.fail("date", "donnez une date ; si elle n’est pas fixée, dites-la avec vos mots dans « Date encore vague »")
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
		f.fail(name, "écrivez l’heure comme 14:30")
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
