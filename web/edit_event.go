package web

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

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
		"invites-who":   {label: "edit.invites.who", max: 1000},
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
		"invites": {legend: "edit.invites", hint: "edit.invites.hint", one: "edit.invites.one", add: "edit.invites.add", columns: []string{"who"}},
		"others":  {legend: "edit.others", hint: "edit.others.hint", one: "edit.others.one", add: "edit.others.add", columns: []string{"name", "url"}},
	},
	domain: withNames(map[string]string{
		"start": "date", "end": "to", "approx": "vague", "event_kind": "event-kind", "join_mode": "join", "participation_url": "sign-up",
		"online_url": "online", "organisers": "others", "place": "lat", "source": "content",
		"practical.access": "access", "practical.transport": "transport", "practical.meals": "meals",
		"practical.housing": "housing", "practical.toilets": "toilets",
	}),
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
	f.fillOrganisers(e)
}

func readEvent(f *editForm, o instance.Object) {
	e, ok := o.(*instance.Event)
	if !ok {
		return
	}
	e.Place = f.readPlace(e.Place)
	was, stood := e.When, e.Status
	e.When = f.readWhen(was, e.Place)
	e.Activities, e.Accessibility = f.chosen("activities"), f.chosen("accessibility")
	e.EventKind, e.Status = f.Get("event-kind"), instance.EventStatus(f.Get("status"))
	if stood == instance.StatusPostponed && e.Status == stood && (!e.When.Start.Equal(was.Start) || e.When.Text != was.Text) {
		e.Status = instance.StatusPlanned // its new date is known
	}
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
