package web

import (
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// filterForm is the form above a list or beside the map: a text and some choices,
// sent with GET.
type filterForm struct {
	Action  string
	Text    string
	Selects []selectField
	Active  bool // something is filtered
}

type selectField struct {
	Name, Label, All string
	Options          []option
}

// chosen says that a value other than "all" is selected.
func (f selectField) chosen() bool {
	return slices.ContainsFunc(f.Options, func(o option) bool { return o.Selected })
}

type option struct {
	Value, Label string
	Selected     bool
}

// filters builds a form from every value that base finds, so that a choice can
// always be changed for another.
func (r *request) filters(base instance.Query, names ...string) (filterForm, error) {
	base.PerPage = 1
	all, err := r.s.node.Index().Search(r.ctx(), base)
	if err != nil {
		return filterForm{}, err
	}
	p := newParams(r.QueryParams())
	form := filterForm{Action: r.Request().URL.Path, Text: p.text("q")}
	form.Active = form.Text != ""
	for _, name := range names {
		label, err := r.facetLabels(name, all.Facets[name])
		if err != nil {
			return form, err
		}
		selected := p.many(name)
		field := selectField{Name: name, Label: r.T("filter." + name), All: r.T("filter.all")}
		for _, value := range all.Facets[name] {
			field.Options = append(field.Options, option{value.Value, label(value.Value), slices.Contains(selected, value.Value)})
		}
		slices.SortStableFunc(field.Options, func(a, b option) int {
			return strings.Compare(instance.Slugify(a.Label), instance.Slugify(b.Label))
		})
		form.Active = form.Active || len(selected) > 0
		if len(field.Options) > 0 {
			form.Selects = append(form.Selects, field)
		}
	}
	return form, nil
}

// listView is a filtered list of one kind of thing.
type listView struct {
	Kind     instance.Kind
	Filters  filterForm
	Problems []instance.FieldError
	Total    int
	Cards    []card
	Pages    pagination
	MapURL   string
}

// listing finds the things of one kind that the page's filters want, by name
// unless a text was typed.
func (r *request) listing(kind instance.Kind) (listView, error) {
	base := instance.Query{Kinds: []instance.Kind{kind}}
	names := []string{"theme", "origin"}
	if kind == instance.KindPartner {
		names = []string{"theme", "subkind", "role", "territory", "origin"}
	}
	v := listView{Kind: kind, MapURL: r.sameFilters("/carte")}
	var err error
	if v.Filters, err = r.filters(base, names...); err != nil {
		return v, err
	}
	q, err := parseQuery(r.QueryParams())
	v.Problems = r.problems(err)
	q.Kinds, q.PerPage = base.Kinds, 30
	if q.Text == "" && q.Sort == instance.SortDefault {
		q.Sort = instance.SortName
	}
	result, err := r.s.node.Index().Search(r.ctx(), q)
	if err != nil {
		return v, err
	}
	v.Total, v.Pages = result.Total, r.paginate(q.Page, q.PerPage, result.Total)
	for _, hit := range result.Hits {
		v.Cards = append(v.Cards, r.hitCard(hit).amongAlike())
	}
	return v, nil
}
