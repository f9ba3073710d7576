package web

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// personJSON is somebody who chose to appear, with no more than they chose to show.
type personJSON struct {
	actorJSON
	Likes      []string `json:"likes,omitempty"`
	Teaches    []string `json:"teaches,omitempty"`
	Helps      []string `json:"helps,omitempty"`
	Languages  []string `json:"languages,omitempty"` // ISO 639
	Letters    bool     `json:"letters"`             // they may be written to through this node
	DistanceKm *float64 `json:"distance_km,omitempty"`
}

func (a *apiV1) newPerson(p instance.Person) personJSON {
	out := personJSON{
		actorJSON: a.newActor(p.Actor), Letters: a.node.TakesLetters(p.Actor), DistanceKm: p.DistanceKm,
	}
	if said := p.Profile; said != nil {
		out.Likes, out.Teaches, out.Helps, out.Languages = said.Likes, said.Teaches, said.Helps, said.Languages
	}
	return out
}

// peopleFilter reads who is looked for.
func (p *params) peopleFilter() (f instance.PeopleFilter, page, perPage int) {
	f = instance.PeopleFilter{Text: p.text("q"), Language: p.text("language"), Near: p.near()}
	if themes := p.terms("theme", "themes"); len(themes) > 1 {
		p.fail("theme", "donnez un seul thème ; /api/v1/search en accepte plusieurs")
	} else if len(themes) == 1 {
		f.Theme = themes[0]
	}
	page, perPage = p.paging()
	return f, page, perPage
}

// people lists who chose to appear on this node.
func (a *apiV1) people(c echo.Context) error {
	p := newParams(c.QueryParams())
	filter, page, perPage := p.peopleFilter()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	found, err := a.node.People(c.Request().Context(), filter)
	if err != nil {
		return err
	}
	var items []personJSON
	first := min((page-1)*perPage, len(found))
	for _, person := range found[first:min(first+perPage, len(found))] {
		items = append(items, a.newPerson(person))
	}
	a.linkPages(c, len(found), page, perPage)
	unlisted(c)
	return answer(c, echo.MIMEApplicationJSON, newPage(len(found), page, perPage, items))
}

// unlisted asks search engines to leave people alone, as their pages do.
func unlisted(c echo.Context) { c.Response().Header().Set("X-Robots-Tag", "noindex") }

// person is somebody of this node: those of others are shown there.
func (a *apiV1) person(c echo.Context) (*instance.Actor, error) {
	person, err := a.node.ActorBySlug(c.Request().Context(), instance.KindPerson, c.Param("id"))
	if err == nil && !person.Gone.IsZero() {
		err = fmt.Errorf("%s: %w", person.ID, instance.ErrGone)
	}
	return person, err
}

func (a *apiV1) readPerson(c echo.Context) error {
	person, err := a.person(c)
	if err != nil {
		return err
	}
	unlisted(c)
	return answer(c, echo.MIMEApplicationJSON, a.newPerson(instance.Person{Actor: person}))
}

// letterBody is a letter to somebody whose address is not known.
type letterBody struct {
	Text string `json:"text"`
}

// sendLetter passes a letter on, signed by the token's holder, who may be answered at
// their own address: nobody is written to in the name of somebody else.
func (a *apiV1) sendLetter(c echo.Context) error {
	_, of, err := a.self(c)
	if err != nil {
		return err
	}
	person, err := a.person(c)
	if err != nil {
		return err
	}
	var body letterBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	return a.afterwards(c, func(a *apiV1) error {
		limits := []tryLimit{{"relay by " + of.ID, lettersFrom}, {"relay " + person.ID, lettersTo}}
		if wait := a.attempts.takeEach(limits); wait > 0 {
			return tooManyRequests(c, wait)
		}
		err := a.relay(c, person, instance.Letter{From: of.Name, Email: of.Email, Text: body.Text})
		if errors.Is(err, instance.ErrInvalid) { // nothing was sent
			for _, l := range limits {
				a.attempts.giveBack(l.key)
			}
		}
		return err
	})
}

func (a *apiV1) relay(c echo.Context, to *instance.Actor, l instance.Letter) error {
	err := a.node.Relay(c.Request().Context(), to.ID, l)
	switch {
	case errors.Is(err, instance.ErrForbidden):
		return newProblem(http.StatusForbidden, "Cette personne ne reçoit pas de lettres par ce nœud.")
	case err == nil || errors.Is(err, instance.ErrInvalid) || errors.Is(err, instance.ErrNotFound):
		return err
	}
	a.log.WarnContext(c.Request().Context(), "letter", "err", err)
	return newProblem(http.StatusServiceUnavailable, "La lettre n’a pas pu partir : réessayez plus tard.")
}
