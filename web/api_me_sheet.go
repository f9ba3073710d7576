package web

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// sheetBody is what somebody says of themselves; the place is made as coarse as its
// precision says before it is kept.
type sheetBody struct {
	Slug      string          `json:"slug"` // the first time; it does not change
	Name      string          `json:"name"`
	Summary   string          `json:"summary"` // HTML
	Website   string          `json:"website"`
	Themes    []string        `json:"themes"`
	Place     *instance.Place `json:"place"`
	Likes     []string        `json:"likes"`
	Teaches   []string        `json:"teaches"`
	Helps     []string        `json:"helps"`
	Languages []string        `json:"languages"`
	Letters   bool            `json:"letters"` // visitors may write through this node
}

// mySheet is the public sheet of the token's holder.
func (a *apiV1) mySheet(c echo.Context) error {
	_, of, err := a.self(c)
	if err != nil {
		return err
	}
	sheet, err := a.sheetOf(c, of)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, sheet)
}

func (a *apiV1) sheetOf(c echo.Context, of *instance.Account) (any, error) {
	if of.Person == "" {
		return nil, newProblem(http.StatusNotFound, "Vous n’apparaissez pas sur ce nœud.")
	}
	person, err := a.node.Actor(c.Request().Context(), of.Person)
	if err != nil {
		return nil, err
	}
	return a.newPerson(instance.Person{Actor: person}), nil
}

// appear has the token's holder appear among the people, or changes what they say of
// themselves.
func (a *apiV1) appear(c echo.Context) error {
	_, of, err := a.self(c)
	if err != nil {
		return err
	}
	var body sheetBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	var person *instance.Actor
	err = a.ifAsRead(c, of.Lock(), func(a *apiV1) (any, error) { return a.sheetOf(c, of) }, func(a *apiV1) (err error) {
		draft, err := a.sheetDraft(c, of, body)
		if err == nil {
			person, err = a.node.Editor(of).Appear(c.Request().Context(), draft)
		}
		return err
	})
	if errors.Is(err, instance.ErrConflict) {
		return newProblem(http.StatusConflict, "Ce slug est pris sur ce nœud : choisissez-en un autre.")
	}
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, a.newPerson(instance.Person{Actor: person}))
}

// sheetDraft is the body, upon what is not asked here.
func (a *apiV1) sheetDraft(c echo.Context, of *instance.Account, body sheetBody) (instance.Actor, error) {
	draft := instance.Actor{Slug: body.Slug}
	if of.Person != "" {
		person, err := a.node.Actor(c.Request().Context(), of.Person)
		if err != nil {
			return draft, err
		}
		draft = *person
	}
	draft.Name, draft.Summary, draft.Website = instance.CleanName(body.Name, 200), body.Summary, body.Website
	draft.Themes, draft.Place = body.Themes, body.Place
	draft.Profile = &instance.Profile{Likes: body.Likes, Teaches: body.Teaches, Helps: body.Helps, Languages: body.Languages, Relay: body.Letters}
	if draft.Profile.Empty() {
		draft.Profile = nil
	}
	return draft, nil
}

// disappear takes the sheet away, here and from peers.
func (a *apiV1) disappear(c echo.Context) error {
	_, of, err := a.self(c)
	if err != nil {
		return err
	}
	err = a.ifAsRead(c, of.Lock(), func(a *apiV1) (any, error) { return a.sheetOf(c, of) }, func(a *apiV1) error {
		return a.node.Disappear(c.Request().Context(), of.ID)
	})
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
