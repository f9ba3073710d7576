package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/maillage/maillage/instance"
)

type peopleView struct {
	Text      string
	Place     string
	Radius    string
	Radii     []string
	Here      bool
	Lat, Lon  string
	Around    string
	NoPlace   bool
	Problems  []instance.FieldError
	Languages []option
	Active    bool
	Total     int
	Cards     []personCard
	Pages     pagination
	Counts    []areaCount
}

// personCard is somebody who chose to appear, in a list.
type personCard struct {
	card
	Helps     []string
	Teaches   []string
	Likes     []string
	Languages []string
	Precise   string // what their position stands for
}

type areaCount struct {
	Name  string
	Area  string
	Count int
}

// people lists who chose to appear, the nearest first when a place is asked for.
func (s *Server) people(r *request) error {
	const perPage = 60
	values, known := r.located()
	p := newParams(values)
	f := instance.PeopleFilter{Text: p.text("q"), Language: p.text("langue"), Near: p.near()}
	number, _ := p.paging()
	everybody, err := s.node.People(r.ctx(), instance.PeopleFilter{})
	if err != nil {
		return err
	}
	found, err := s.node.People(r.ctx(), f)
	if err != nil {
		return err
	}
	v := peopleView{
		Text: f.Text, Place: strings.TrimSpace(values.Get("pres")), NoPlace: !known, Problems: r.problems(p.err()),
		Radii: []string{"5", "10", "25", "50", "100"}, Radius: "25", Total: len(found), Active: f != (instance.PeopleFilter{}),
		Languages: spokenBy(everybody, f.Language),
	}
	if f.Near != nil {
		v.Here, v.Around = v.Place == "", r.understood(v.Place)
		v.Radius = strconv.FormatFloat(f.Near.RadiusKm, 'f', -1, 64)
		if v.Here {
			v.Lat, v.Lon = values.Get("lat"), values.Get("lon")
		}
	}
	first := min((number-1)*perPage, len(found))
	for _, person := range found[first:min(first+perPage, len(found))] {
		v.Cards = append(v.Cards, r.personCard(person))
	}
	v.Pages = r.paginate(number, perPage, len(found))
	for _, c := range s.node.CountPeople(everybody) {
		v.Counts = append(v.Counts, areaCount{c.Name, r.T("people.area." + string(c.Area)), c.Count})
	}
	return r.show("people", &page{Title: r.T("people.title"), Description: r.T("people.lead"), NoIndex: true, View: v})
}

// spokenBy lists the languages that people say they speak.
func spokenBy(people []instance.Person, selected string) []option {
	var codes []string
	for _, p := range people {
		if p.Profile != nil {
			codes = append(codes, p.Profile.Languages...)
		}
	}
	slices.Sort(codes)
	var options []option
	for _, code := range slices.Compact(codes) {
		options = append(options, option{code, instance.LanguageName(code), code == selected})
	}
	return options
}

func (r *request) personCard(p instance.Person) personCard {
	c := personCard{card: r.actorCard(p.Actor)}
	c.Where = ""
	if place := r.placeView(p.Place); place != nil {
		c.Where = r.personWhere(p.Place)
	}
	if p.DistanceKm != nil {
		c.Distance = r.distance(*p.DistanceKm)
	}
	if p.Profile != nil {
		c.Helps, c.Teaches, c.Likes = p.Profile.Helps, p.Profile.Teaches, p.Profile.Likes
		c.Languages = languageNames(p.Profile.Languages)
	}
	return c
}

// personWhere is where somebody is, in words no more precise than they chose.
func (r *request) personWhere(p *instance.Place) string {
	name := cmp.Or(p.Locality, p.Region, p.Departement)
	switch p.Precision {
	case instance.Precision1Km:
		return r.T("person.where.1-km", name)
	case instance.Precision5Km:
		return r.T("person.where.5-km", name)
	}
	return name
}

func languageNames(codes []string) []string {
	names := make([]string, len(codes))
	for i, code := range codes {
		names[i] = instance.LanguageName(code)
	}
	return names
}
