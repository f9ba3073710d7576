package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

type suggestAnswer struct {
	Suggestions []suggestion `json:"suggestions"`
}

// suggestion completes what someone types: a thing, a commune, a person who appears,
// or a theme to search for.
type suggestion struct {
	Text   string        `json:"text"`
	Kind   instance.Kind `json:"kind,omitempty"`  // "" for a theme
	Theme  string        `json:"theme,omitempty"` // slug
	ID     string        `json:"id,omitempty"`    // IRI
	Path   string        `json:"path"`            // page on this node
	Detail string        `json:"detail,omitempty"`
}

// How many communes and people are offered beside what was published. A text of
// digits, which nothing published begins with, is completed by communes only.
const (
	communesOffered = 3
	peopleOffered   = 2
	peopleFrom      = 2 // letters
)

func (a *apiV1) suggest(c echo.Context) error {
	p := newParams(c.QueryParams())
	text, limit := p.suggestQuery()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	out := suggestAnswer{Suggestions: []suggestion{}}
	if text != "" {
		var err error
		if out.Suggestions, err = a.suggestions(c.Request().Context(), text, limit); err != nil {
			return err
		}
	}
	return answer(c, echo.MIMEApplicationJSON, out)
}

func (p *params) suggestQuery() (text string, limit int) {
	return p.text("q"), p.integer("limit", 1, 20, 8)
}

// suggestions are what the index offers, its last ones giving way to people and
// communes.
func (a *apiV1) suggestions(ctx context.Context, text string, limit int) ([]suggestion, error) {
	found, err := a.node.Index().Suggest(ctx, text, limit)
	if err != nil {
		return nil, err
	}
	offered := make([]suggestion, len(found), limit)
	for i, s := range found {
		offered[i] = newSuggestion(s)
	}
	if strings.Trim(text, "0123456789") == "" {
		offered = append(a.communesNamed(offered, text, limit), offered...)
		return offered[:min(len(offered), limit)], nil
	}
	more, err := a.peopleNamed(ctx, text)
	if err != nil {
		return nil, err
	}
	more = append(more, a.communesNamed(offered, text, communesOffered)...)
	more = more[:min(len(more), limit)]
	return append(offered[:min(len(offered), limit-len(more))], more...), nil
}

// peopleNamed are those who chose to appear whose name the text begins, with no more
// of where they are than they show. They are read from the database each time.
func (a *apiV1) peopleNamed(ctx context.Context, text string) ([]suggestion, error) {
	if utf8.RuneCountInString(text) < peopleFrom {
		return nil, nil
	}
	people, err := a.node.PeopleNamed(ctx, text, peopleOffered)
	if err != nil {
		return nil, err
	}
	var out []suggestion
	for _, person := range people {
		out = append(out, suggestion{
			Text: person.Name, Kind: instance.KindPerson, ID: person.ID, Path: a.node.URLs().Path(person.ID),
			Detail: strings.TrimSuffix("personne, "+whereabouts(person.Place), ", "),
		})
	}
	return out, nil
}

// whereabouts is where somebody is, in a few words; "" when they do not say.
func whereabouts(p *instance.Place) string {
	if p == nil {
		return ""
	}
	name := cmp.Or(p.Locality, p.Region)
	if name != "" && p.Precision != instance.PrecisionCommune {
		return "vers " + name // the commune of the middle of a square
	}
	return name
}

// communesNamed are the communes that a text begins, but those that are offered as
// territories: whoever types a postal code where nobody published yet is led to what
// is near.
func (a *apiV1) communesNamed(offered []suggestion, text string, most int) []suggestion {
	var communes []suggestion
	for _, c := range a.node.Gazetteer().Suggest(text, most) {
		known := func(s suggestion) bool { return s.Kind == instance.KindTerritory && s.Text == c.Name }
		if !slices.ContainsFunc(offered, known) {
			communes = append(communes, communeSuggestion(c))
		}
	}
	return communes
}

func communeSuggestion(c instance.Commune) suggestion {
	return suggestion{
		Text: c.Name, Kind: instance.KindTerritory, Path: nearCommune(c),
		Detail: strings.TrimSpace(strings.Join(c.PostalCodes[:min(len(c.PostalCodes), 1)], "") + " (" + c.Departement + ")"),
	}
}

func newSuggestion(s instance.Suggestion) suggestion {
	out := suggestion{Text: s.Text, Kind: s.Kind, Theme: s.Theme, ID: s.ID, Path: s.Path, Detail: s.Detail}
	if out.Path == "" {
		q := url.Values{"q": {s.Text}}
		if s.Theme != "" {
			q = url.Values{"theme": {s.Theme}}
		}
		out.Path = searchPath + "?" + q.Encode()
	}
	return out
}
