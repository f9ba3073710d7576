package web

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// meJSON is who a token works for.
type meJSON struct {
	Name          string        `json:"name"`
	Language      string        `json:"language,omitempty"` // of pages and letters; "" = as the browser says
	Role          instance.Role `json:"role"`
	Organisations []string      `json:"organisations"`    // IRIs of those it writes for
	Person        string        `json:"person,omitempty"` // IRI of their public sheet
	Token         tokenJSON     `json:"token"`
}

// tokenJSON is a token as its holder sees it; what opens doors is not here.
type tokenJSON struct {
	Scope   string    `json:"scope"` // "self" or "publish:tiriad"
	Label   string    `json:"label"`
	Created time.Time `json:"created"`
}

// meBody is what somebody changes of their account.
type meBody struct {
	Name     string `json:"name"`
	Language string `json:"language"`
}

func (a *apiV1) newMe(w *worker, of *instance.Account) meJSON {
	me := meJSON{
		Name: of.Name, Language: of.Language, Role: of.Role, Organisations: of.Organisations, Person: of.Person,
		Token: tokenJSON{w.token.Words(a.node.URLs()), w.token.Label, w.token.Created},
	}
	if me.Organisations == nil {
		me.Organisations = []string{}
	}
	return me
}

// me says who the token works for: the whole account when it is theirs to manage, else
// what is left of it within the token's scope.
func (a *apiV1) me(c echo.Context) error {
	w, err := a.worker(c, instance.TokenPublishes, instance.TokenSelf, instance.TokenModerates)
	if err != nil {
		return err
	}
	of := w.as
	if w.token.Account != "" && (w.token.Scope == instance.TokenSelf || w.token.Scope == instance.TokenHosts) {
		if of, err = a.node.Account(c.Request().Context(), w.token.Account); err != nil {
			return err
		}
	}
	return private(c, http.StatusOK, a.newMe(w, of))
}

// editMe changes how the account is called and spoken to.
func (a *apiV1) editMe(c echo.Context) error {
	w, of, err := a.self(c)
	if err != nil {
		return err
	}
	var body meBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	ctx := c.Request().Context()
	read := func(a *apiV1) (any, error) {
		of, err := a.node.Account(ctx, of.ID)
		if err != nil {
			return nil, err
		}
		return a.newMe(w, of), nil
	}
	err = a.ifAsRead(c, of.Lock(), read, func(a *apiV1) error {
		return a.node.EditAccount(ctx, of.ID, body.Name, body.Language)
	})
	if err != nil {
		return err
	}
	me, err := read(a)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, me)
}

// self is the account that the token manages, whole: only for what concerns nobody else.
func (a *apiV1) self(c echo.Context) (*worker, *instance.Account, error) {
	w, err := a.worker(c, instance.TokenSelf)
	if err != nil {
		return nil, nil, err
	}
	if w.token.Account == "" {
		return nil, nil, newProblem(http.StatusForbidden, "Ce jeton, fait sur la machine du nœud, n’est celui d’aucun compte : prenez-en un sur la page « Jetons » du vôtre.")
	}
	of, err := a.node.Account(c.Request().Context(), w.token.Account)
	return w, of, err
}
