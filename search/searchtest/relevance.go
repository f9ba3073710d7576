package searchtest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// Judged is a query with what someone who types it would want to find, from 3
// (just that) to 1 (of some use). What is not named is of no use.
type Judged struct {
	Set  string    // "demo": the facts of the demonstration; "synthetic": Synthetic(10000)
	Text string    // what is typed
	Near []float64 // latitude and longitude of who asks, when known
	Held bool      // held out: written after the ranking was tuned, and not to be tuned for

	Want  map[string]int // of "demo": grade by path, "annuaire/tiriad"
	Where []Rule         // of "synthetic": the first rule that holds gives the grade
}

// Rule grades the synthetic documents about something. Empty fields do not count.
type Rule struct {
	Grade   int
	Kind    instance.Kind
	Topic   string
	Commune string
	When    string  // of events: "soon" (within 30 days), "later", "past"
	Within  float64 // km from Near
}

// ReadJudged reads a file of judged queries.
func ReadJudged(path string) ([]Judged, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []Judged
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return all, nil
}

// Query is the query as the pages make it.
func (j *Judged) Query() instance.Query {
	q := instance.Query{Text: j.Text, PerPage: judgedHits}
	if j.Near != nil {
		q.Near = &instance.Near{Point: instance.Point{Lat: j.Near[0], Lon: j.Near[1]}}
		q.Sort = instance.SortRelevance
	}
	return q
}

// Grades are the grades of documents by ID. facts stand beside the documents of a
// synthetic set, and are nil for the other.
func (j *Judged) Grades(docs []instance.Document, facts []Fact) map[string]int {
	grades := map[string]int{}
	for i := range docs {
		d := &docs[i]
		for suffix, grade := range j.Want {
			if strings.HasSuffix(d.ID, "/"+suffix) {
				grades[d.ID] = grade
			}
		}
		if at := slices.IndexFunc(j.Where, func(r Rule) bool { return facts != nil && r.holds(j, d, facts[i]) }); at >= 0 {
			grades[d.ID] = j.Where[at].Grade
		}
	}
	return grades
}

func (r *Rule) holds(j *Judged, d *instance.Document, f Fact) bool {
	return r.Kind == f.Kind && r.Topic == f.Topic &&
		(r.Commune == "" || r.Commune == f.Commune) &&
		(r.When == "" || r.When == when(d)) &&
		(r.Within == 0 || d.Point != nil && j.Query().Near.Point.DistanceKm(*d.Point) <= r.Within)
}

func when(d *instance.Document) string {
	switch {
	case d.End.Before(Now()):
		return "past"
	case d.Start.Before(Now().Add(30 * 24 * time.Hour)):
		return "soon"
	}
	return "later"
}

// judgedHits is how many hits are looked at: what one sees without scrolling far.
const judgedHits = 10

// NDCG is the normalised discounted cumulative gain of the first ten hits: 1 when
// no order would be better, 0 when none of them is wanted.
func NDCG(hits []instance.Hit, grades map[string]int) float64 {
	gain := func(grade, rank int) float64 { return (math.Exp2(float64(grade)) - 1) / math.Log2(float64(rank)+2) }
	got, best := 0.0, 0.0
	for i, h := range hits[:min(len(hits), judgedHits)] {
		got += gain(grades[h.ID], i)
	}
	all := []int{}
	for _, g := range grades {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b int) int { return cmp.Compare(b, a) })
	for i, g := range all[:min(len(all), judgedHits)] {
		best += gain(g, i)
	}
	if best == 0 {
		return 0
	}
	return got / best
}

// Score is the NDCG of one query.
type Score struct {
	Judged
	NDCG  float64
	First []string // names of the first hits, with their grades
}

// Measure asks an index that holds docs the judged queries of a set.
func Measure(ctx context.Context, x instance.Index, all []Judged, set string, docs []instance.Document, facts []Fact) ([]Score, error) {
	var scores []Score
	for _, j := range all {
		if j.Set != set {
			continue
		}
		grades := j.Grades(docs, facts)
		if len(grades) == 0 {
			return nil, fmt.Errorf("%q: no document is wanted", j.Text)
		}
		r, err := x.Search(ctx, j.Query())
		if err != nil {
			return nil, fmt.Errorf("%q: %w", j.Text, err)
		}
		score := Score{Judged: j, NDCG: NDCG(r.Hits, grades)}
		for _, h := range r.Hits[:min(len(r.Hits), judgedHits)] {
			score.First = append(score.First, fmt.Sprintf("%d %s (%s)", grades[h.ID], h.Name, h.Kind))
		}
		scores = append(scores, score)
	}
	return scores, nil
}

// HeldOut are the scores of the queries that no ranking was tuned for.
func HeldOut(scores []Score) []Score {
	var held []Score
	for _, s := range scores {
		if s.Held {
			held = append(held, s)
		}
	}
	return held
}

// Mean is the average NDCG of scores.
func Mean(scores []Score) float64 {
	sum := 0.0
	for _, s := range scores {
		sum += s.NDCG
	}
	return sum / float64(max(len(scores), 1))
}
