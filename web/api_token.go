package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// bearerToken is the request's token; "" when it has none.
func bearerToken(c echo.Context) string {
	scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// bearer is the hash of the request's token; "" when it has none.
func bearer(c echo.Context) string {
	token := bearerToken(c)
	if token == "" {
		return ""
	}
	return instance.HashSecret(token)
}

// worker is who a token works for, with what its scope allows, however much more the
// token's account may do.
type worker struct {
	instance.Editor
	actor string // IRI of who it publishes for; "" when its scope is another
	token *instance.Token
	as    *instance.Account
}

// worker is who the request's token works for, if it has one of the scopes; whoever may
// host may do all but publish. A missing token and an unknown one get the same answer:
// nothing can be learnt by trying. Tokens are looked up by their hash, so how long that
// takes says nothing of them either.
func (a *apiV1) worker(c echo.Context, scopes ...instance.TokenScope) (*worker, error) {
	token, as, err := (*instance.Token)(nil), (*instance.Account)(nil), instance.ErrNotFound
	if hash := bearer(c); hash != "" {
		token, as, err = a.node.TokenHolder(c.Request().Context(), hash)
	}
	if errors.Is(err, instance.ErrNotFound) {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="maillage"`)
		return nil, newProblem(http.StatusUnauthorized,
			"Envoyez un jeton valable dans l’en-tête « Authorization: Bearer … ». Il se crée sur la page « Jetons » de votre compte, ou par qui tient ce nœud.")
	}
	if err != nil {
		return nil, err
	}
	if wait := a.limits.take(token.Hash); wait > 0 { // also of what is refused
		return nil, tooManyRequests(c, wait)
	}
	hosts := token.Scope == instance.TokenHosts && !slices.Equal(scopes, []instance.TokenScope{instance.TokenPublishes})
	if !hosts && !slices.Contains(scopes, token.Scope) {
		return nil, newProblem(http.StatusForbidden, fmt.Sprintf("Ce jeton permet « %s » ; il faut ici : %s.", token.Scope, scopeWords(scopes)))
	}
	if a.under != nil {
		if err := a.under.check(c, a.node, token.Hash); err != nil {
			return nil, err
		}
	}
	return &worker{Editor: a.node.Editor(as), actor: token.Actor, token: token, as: as}, nil
}

// tooManyRequests says when to try again.
func tooManyRequests(c echo.Context, wait time.Duration) *problem {
	seconds := int(math.Ceil(wait.Seconds()))
	c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(seconds))
	return newProblem(http.StatusTooManyRequests, fmt.Sprintf("Réessayez dans %d s.", seconds))
}

// publisher is who the request's token publishes for.
func (a *apiV1) publisher(c echo.Context) (*worker, error) {
	return a.worker(c, instance.TokenPublishes)
}

func scopeWords(scopes []instance.TokenScope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = "« " + string(s) + " »"
	}
	return strings.Join(words, " ou ")
}
