package web

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// communeJSON is a commune, as it is suggested and written back: "Redon (35)".
type communeJSON struct {
	Label       string          `json:"label"`
	Name        string          `json:"name"`
	INSEE       string          `json:"insee,omitempty"`
	PostalCodes []string        `json:"postal_codes,omitempty"`
	Departement string          `json:"departement,omitempty"`
	Point       *instance.Point `json:"point,omitempty"` // its centre, when it is known
}

func newCommune(c instance.Commune) communeJSON {
	return communeJSON{communeLabel(c.Name, c.Departement), c.Name, c.INSEE, c.PostalCodes, c.Departement, c.Point}
}

// communesAnswer completes what somebody types.
type communesAnswer struct {
	Items []communeJSON `json:"items"`
}

func (p *params) communesQuery() (text string, limit int) {
	return p.text("q"), p.integer("limit", 1, 20, 8)
}

// communes completes the name or the code of a commune.
func (a *apiV1) communes(c echo.Context) error {
	p := newParams(c.QueryParams())
	text, limit := p.communesQuery()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	out := communesAnswer{Items: []communeJSON{}}
	for _, commune := range suggestedCommunes(a.node, text, limit) {
		out.Items = append(out.Items, newCommune(commune))
	}
	return answer(c, echo.MIMEApplicationJSON, out)
}

// suggestedCommunes are those that a text begins, without what is no commune.
func suggestedCommunes(n *instance.Node, text string, limit int) []instance.Commune {
	return slices.DeleteFunc(slices.Clone(n.Gazetteer().Suggest(text, limit)), func(c instance.Commune) bool {
		return c.Kind == instance.CommunePays || c.Kind == instance.CommuneQuartier
	})
}

func (p *params) communeQuery() string { return p.text("commune") }

// commune is the one that somebody means by what they typed.
func (a *apiV1) commune(c echo.Context) error {
	p := newParams(c.QueryParams())
	typed := p.communeQuery()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	name, departement, postal := splitCommune(typed)
	meant := communesMeant(c.Request().Context(), a.node, name, departement, postal)
	switch {
	case len(meant) == 0:
		return newProblem(http.StatusNotFound, "Aucune commune connue ici ne porte ce nom.")
	case len(meant) > 1 && departement == "" && postal == "":
		return newProblem(http.StatusNotFound, "Plusieurs communes portent ce nom ; ajoutez le code postal ou le département : "+labelsOf(meant)+".")
	}
	return answer(c, echo.MIMEApplicationJSON, newCommune(meant[0]))
}
