// Package rank is what the search engines share of relevance, beyond finding the
// words: how near words stand to each other, whether a name is what was typed, and
// what a date, a distance and an age are worth.
//
//	order = (words + Closeness) × Prior
//
// An engine gives each document found a score between 0 and about 1 for its words
// and their fields. Prior can be computed of every one; Closeness reads the
// document, so it is for the first CloseLook of them.
//
// docs/guide/recherche.md explains the order to the people who are searching.
package rank

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/search/complete"
	"github.com/maillage/maillage/search/french"
)

// CloseLook is how many of the best documents are read and looked at closely.
const CloseLook = 64

// textRead is how much of a text is looked at, in bytes: a few sentences.
const textRead = 600

// Facts are what a document's worth depends on, whatever is searched for. Times are
// in Unix seconds, 0 when unknown.
type Facts struct {
	Kind                 instance.Kind
	Start, Stop, Updated int64
	Km                   float64 // from who asks; negative when the document has no place
	Placed               bool    // someone asks from somewhere: Km counts
}

// FactsOf reads them in a document. near may be nil.
func FactsOf(d *instance.Document, near *instance.Near) Facts {
	f := Facts{Kind: d.Kind, Start: seconds(d.Start), Stop: seconds(d.End), Updated: seconds(d.Updated), Km: -1, Placed: near != nil}
	if near != nil && d.Point != nil {
		f.Km = near.Point.DistanceKm(*d.Point)
	}
	return f
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// Prior is what a document is worth among others that match as well: about 1, more
// for what comes soon, less for what is past, old news or far away.
func Prior(f Facts, now int64) float64 {
	return timely(f, now) * nearby(f)
}

func timely(f Facts, now int64) float64 {
	switch {
	case f.Kind == instance.KindEvent && f.Start != 0 && (f.Stop > now || f.Start >= now):
		return 1 + 0.3*fading(max(f.Start-now, 0), 45)
	case f.Kind == instance.KindEvent && f.Start != 0:
		return 0.7 + 0.1*fading(now-f.Start, 365)
	case f.Kind == instance.KindAnnouncement:
		return 0.75 + 0.25*fading(now-f.Updated, 90)
	}
	return 0.97 + 0.03*fading(now-f.Updated, 365)
}

// fading goes from 1 to 0: by two thirds in a number of days.
func fading(seconds int64, days float64) float64 {
	return math.Exp(-float64(max(seconds, 0)) / (days * 86_400))
}

// nearby: half as much at 50 km. What has no place serves everywhere, less than what
// is here.
func nearby(f Facts) float64 {
	switch {
	case !f.Placed:
		return 1
	case f.Km < 0:
		return 0.5
	}
	return 0.25 + 0.75*math.Exp(-f.Km/40)
}

// Closeness adds to the score of a document whose name is what was asked, or where
// the words stand together: 0 when they are scattered.
func Closeness(q french.Query, d *instance.Document) float64 {
	bonus := named(q, d)
	if len(q.All) < 2 {
		return bonus
	}
	together := 0.0
	for _, part := range [...]struct {
		text  string
		worth float64
	}{
		{d.Name, 0.4}, {d.Name + ", " + d.Locality, 0.3}, {d.Summary, 0.25}, {d.Text[:min(len(d.Text), textRead)], 0.1},
	} {
		if clauses, near := q.Nearness(part.text); clauses == len(q.All) {
			together = max(together, part.worth*near)
		}
	}
	return bonus + together
}

// What a word is worth by where it stands.
const (
	WorthName    = 1.0
	WorthPlace   = 0.5 // keywords; a commune counts like in the name, since one asks for what is there
	WorthSummary = 0.4
	WorthText    = 0.25
)

// Words is the worth of the query's words in a document, between 0 and 1: for
// engines whose own score does not say.
func Words(q french.Query, d *instance.Document) float64 {
	if len(q.All) == 0 {
		return 0
	}
	worth := make([]float64, len(q.All))
	for _, field := range [...]struct {
		text  string
		worth float64
	}{
		{d.Name, WorthName},
		{d.Locality, WorthName},
		{complete.PlaceText(d), WorthPlace},
		{d.Summary, WorthSummary},
		{d.Text, WorthText},
	} {
		for _, clause := range q.Found(field.text) {
			worth[clause] = max(worth[clause], field.worth)
		}
	}
	sum := 0.0
	for _, w := range worth {
		sum += w
	}
	return sum / float64(len(worth))
}

// named is for a name that is what was asked, or begins so. Little words do not
// count: "fablab rennes" names the Fablab de Rennes. A postal or INSEE code names its
// territory.
func named(q french.Query, d *instance.Document) float64 {
	var asked []string
	for _, clause := range q.All {
		if len(clause.Any) > 0 {
			asked = append(asked, clause.Any[0]...)
		}
	}
	name, want := french.Phrase(d.Name), strings.Join(asked, " ")
	switch {
	case want != "" && slices.ContainsFunc(complete.Codes(d), func(code string) bool { return french.Fold(code) == want }):
		return 0.8 // of a territory
	case want == "" || !strings.HasPrefix(name, want):
		return 0
	case len(name) > len(want):
		return 0.15
	case d.Kind == instance.KindTerritory:
		return 0.8
	}
	return 0.6
}
