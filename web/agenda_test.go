package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// walk reads every page of a list and returns the paths that its cards lead to, in
// order. No page may be empty.
func (s *site) walk(target string) []string {
	s.Helper()
	var all []string
	for target != "" {
		v := s.get(target)
		shown := 0
		for _, card := range v.all("h3", "", "") {
			for n := range card.Descendants() {
				if n.Data == "a" {
					all = append(all, attribute(n, "href"))
					shown++
				}
			}
		}
		if shown == 0 {
			s.Errorf("%s is an empty page", target)
		}
		target = ""
		if next := v.all("a", "rel", "next"); len(next) == 1 {
			target = attribute(next[0], "href")
		}
	}
	return all
}

// tabs are the numbers beside the two periods of the agenda.
func (v visited) tabs() string {
	var counts string
	for _, n := range v.all("span", "class", "count") {
		counts += textOf(n) + " "
	}
	return counts
}

// Each event is on one page of one period, and the totals say so: whatever its
// author calls it, with a date or without, going on or not.
func TestAgendaShowsEachEventOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var coming, past []string
	add := func(to *[]string, slug string, w instance.When, status instance.EventStatus) {
		s.event(slug, "Événement "+slug, w, func(e *instance.Event) { e.Status = status })
		*to = append(*to, "/evenements/"+slug)
	}
	add(&coming, "sans-date-prevu", instance.When{Text: "bientôt"}, instance.StatusPlanned)
	add(&coming, "sans-date-annule", instance.When{Text: "un jour"}, instance.StatusCancelled)
	add(&coming, "cette-annee", instance.When{Text: "2026", Approx: "2026"}, "")
	add(&coming, "longtemps", instance.When{Start: day(t, "2010-01-01"), End: day(t, "2030-01-01"), AllDay: true}, "")
	add(&coming, "commence", instance.When{Start: today}, "")
	add(&coming, "finit", instance.When{Start: today.Add(-time.Hour), End: today}, "")
	for i := range 61 {
		add(&coming, fmt.Sprint("futur-", i), instance.When{Start: today.Add(time.Duration(i+1) * time.Hour)}, "")
	}
	add(&past, "cette-annee-passe", instance.When{Text: "été 2026", Approx: "2026"}, instance.StatusPast)
	add(&past, "tres-vieux", instance.When{Start: day(t, "2001-01-01"), AllDay: true}, "")
	for i := range 62 {
		add(&past, fmt.Sprint("passe-", i), instance.When{Start: day(t, "2020-01-01").AddDate(0, 0, i/3), AllDay: true}, "")
		add(&past, fmt.Sprint("oublie-", i), instance.When{Text: "date inconnue"}, instance.StatusPast)
	}

	for target, want := range map[string][]string{"/agenda": coming, "/agenda?periode=passes": past} {
		got := s.walk(target)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s shows %d, want %d\n got %v\nwant %v", target, len(got), len(want), got, want)
		}
		if tabs, want := s.get(target).tabs(), fmt.Sprintf("%d %d ", len(coming), len(past)); tabs != want {
			t.Errorf("%s counts %s, want %s", target, tabs, want)
		}
	}
	if got := s.walk("/agenda?periode=passes"); !slices.Equal(got[:3], []string{"/evenements/passe-60", "/evenements/passe-61", "/evenements/passe-57"}) {
		t.Errorf("the past begins with %v", got[:3])
	}
}

// The same event is over, or not, wherever it is spoken of.
func TestAnEventIsOverEverywhereOrNowhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.territory("brest", "Brest", atBrest)
	in := func(status instance.EventStatus) func(*instance.Event) {
		return func(e *instance.Event) {
			e.Status, e.Territories = status, []instance.Ref{{Slug: "brest", Name: "Brest"}}
		}
	}
	s.event("dit-passe", "Atelier de cette année", instance.When{Text: "2026", Approx: "2026"}, in(instance.StatusPast))
	s.event("va-venir", "Rencontre sans date", instance.When{Text: "bientôt"}, in(""))
	s.reindex()

	s.get("/agenda").links("/evenements/va-venir")
	s.get("/agenda").lacks("Atelier de cette année")
	s.get("/agenda?periode=passes").links("/evenements/dit-passe")
	s.get("/agenda?periode=passes").lacks("Rencontre sans date")
	for period, want := range map[string]string{"a-venir": "va-venir", "passes": "dit-passe"} {
		if body := s.do(http.MethodGet, "/agenda.csv?periode="+period, nil).Body.String(); !containsOnly(body, want, "va-venir", "dit-passe") {
			t.Errorf("agenda.csv?periode=%s: %s", period, body)
		}
	}
	v := s.get("/territoires/brest")
	v.shows("Ce qui s’y prépare", "Les événements précédents")
	if got := s.walk("/territoires/brest"); !slices.Equal(got, []string{"/evenements/va-venir", "/evenements/dit-passe"}) {
		t.Errorf("the territory shows %v", got)
	}
}

// containsOnly says that of the words, text has that one alone.
func containsOnly(text, word string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(text, w) != (w == word) {
			return false
		}
	}
	return true
}

func TestNothingToComeShowsWhatWas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/").shows("Aucun événement n’est encore annoncé ici.")
	for i := range 8 {
		s.event(fmt.Sprint("passe-", i), fmt.Sprint("Cartopartie ", i), instance.When{Start: day(t, "2025-03-14").AddDate(0, 0, i), AllDay: true}, nil)
	}
	s.reindex()
	v := s.get("/")
	v.shows("Aucun événement n’est annoncé pour l’instant\u00a0: voici les derniers connus.", "Dernières opérations", "Voir les 8 événements passés", "Cartopartie 7")
	v.links("/agenda?periode=passes", "/evenements/passe-7")
	v.lacks("Prochains événements", "Cartopartie 1")
	v = s.get("/agenda")
	v.shows("Aucun événement à venir n’est annoncé pour l’instant.", "Voir les 8 événements passés")
	v.links("/agenda?periode=passes")
	if tabs := v.tabs(); tabs != "0 8 " {
		t.Errorf("tabs %q", tabs)
	}
}
