package web

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// printedAtMost is how many things a printed sheet lists.
const printedAtMost = 300

type printView struct {
	Title    string
	Groups   []printGroup
	Total    int
	Left     int // how many more there are than the sheet lists
	Address  string
	QR       *qrView // nil when the address is too long for one
	MapURL   string
	Day      string
	Problems []instance.FieldError
}

// printGroup is what is in one commune.
type printGroup struct {
	Commune string
	Entries []printEntry
}

type printEntry struct {
	Kind      instance.Kind
	KindLabel string
	Name      string
	Summary   string
	When      string
	Address   string
	Phones    []string // that the structure published
	Website   string
	Distance  string
}

// printSheet lists by commune what the map shows, on paper: for whoever tells people
// where to go.
func (s *Server) printSheet(r *request) error {
	values, _ := r.located()
	q, err := parseQuery(values)
	if len(q.Kinds) == 0 {
		q.Kinds = []instance.Kind{instance.KindPartner, instance.KindEvent}
	}
	q.Undated, q.PerPage = true, maxPerPage
	if q.Near == nil {
		q.Sort = instance.SortName
	}
	v := printView{
		Problems: r.problems(err), MapURL: localURL("/carte", r.listQuery()), Day: r.day(s.node.Now()),
	}
	v.Address = s.node.URLs().IRI(v.MapURL)
	v.QR = newQR(v.Address)
	groups := map[string][]printEntry{}
	for q.Page = 1; q.Page*q.PerPage <= printedAtMost; q.Page++ {
		result, err := s.node.Index().Search(r.ctx(), q)
		if err != nil {
			return err
		}
		for _, h := range result.Hits {
			groups[h.Locality] = append(groups[h.Locality], r.printEntry(h))
		}
		v.Total, v.Left = result.Total, max(result.Total-printedAtMost, 0)
		if q.Page*q.PerPage >= result.Total {
			break
		}
	}
	for commune, entries := range groups {
		v.Groups = append(v.Groups, printGroup{cmp.Or(commune, r.T("print.no-commune")), entries})
	}
	slices.SortFunc(v.Groups, func(a, b printGroup) int {
		return strings.Compare(instance.Slugify(a.Commune), instance.Slugify(b.Commune))
	})
	return r.show("map-print", &page{Title: r.T("print.title"), Section: "/carte", NoIndex: true, View: v})
}

// day is a date in words.
func (r *request) day(at time.Time) string { return r.published(at) }

// printEntry adds to a hit what only the thing itself says.
func (r *request) printEntry(h instance.Hit) printEntry {
	c := r.hitCard(h)
	e := printEntry{
		Kind: c.Kind, KindLabel: c.KindLabel, Name: c.Name, Summary: instance.Truncate(c.Summary, 200), When: c.When, Distance: c.Distance,
	}
	o, err := r.s.node.Object(r.ctx(), h.ID)
	if err != nil {
		return e // a territory, or withdrawn meanwhile
	}
	if place := r.placeView(o.Common().Place); place != nil {
		if e.Address = cmp.Or(place.Address, place.Label); e.Address == h.Locality {
			e.Address = "" // the heading says it
		}
	}
	if partner, ok := o.(*instance.Partner); ok {
		e.Website = webURL(partner.Website)
		e.Phones = phonesIn(instance.PlainText(partner.Content) + " " + partner.Summary)
	}
	return e
}

// phoneNumber is a French number as structures write theirs, overseas included.
var phoneNumber = regexp.MustCompile(`(?:\+\d{2,3}[\s.]?(?:\(0\)\s?)?[1-9]|\b0[1-9])(?:[\s.\x{00a0}\x{202f}-]?\d{2}){4}\b`)

// phonesIn finds the telephone numbers that a text gives, each once, at most three.
func phonesIn(text string) []string {
	var found []string
	for _, number := range phoneNumber.FindAllString(text, -1) {
		if number = strings.TrimSpace(number); !slices.Contains(found, number) && len(found) < 3 {
			found = append(found, number)
		}
	}
	return found
}
