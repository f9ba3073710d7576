package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// bearer is the hash of the request's token; "" when it has none.
func bearer(c echo.Context) string {
	scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// actor is the IRI of who the request's token acts for. A missing token and an
// unknown one get the same answer: nothing can be learnt by trying. Tokens are
// looked up by their hash, so how long that takes says nothing of them either.
func (a *apiV1) actor(c echo.Context) (by string, err error) {
	err = instance.ErrNotFound
	if hash := bearer(c); hash != "" {
		by, err = a.node.TokenOwner(c.Request().Context(), hash)
	}
	if errors.Is(err, instance.ErrNotFound) {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="maillage"`)
		return "", newProblem(http.StatusUnauthorized,
			"Pour publier, envoyez un jeton valable dans l'en-tête « Authorization: Bearer … ». Qui tient ce nœud peut en créer un.")
	}
	return by, err
}

// worker is who a token works for: an editor of that actor alone, however much more
// the token's account may do.
type worker struct {
	instance.Editor
	actor string // IRI
	token *instance.Token
	as    *instance.Account // with what the token may do, and no more
}

func (a *apiV1) worker(c echo.Context) (*worker, error) {
	by, err := a.actor(c)
	if err != nil {
		return nil, err
	}
	token, err := a.node.Token(c.Request().Context(), bearer(c))
	if err != nil {
		return nil, err
	}
	as := &instance.Account{ID: token.Account, Role: instance.RoleContributor, Organisations: []string{by}}
	if kind, _, _ := a.node.URLs().Parse(by); kind == instance.KindPerson {
		as.Organisations, as.Person = nil, by
	}
	return &worker{Editor: a.node.Editor(as), actor: by, token: token, as: as}, nil
}

// private answers what is for the token's holder alone.
func private(c echo.Context, status int, value any) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(status, value)
}
