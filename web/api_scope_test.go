package web

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// Every operation says which scopes it accepts, and accepts these alone. Whoever may
// host may do all but publish.
func TestEveryOperationKeepsToItsScopes(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	host, err := w.node.NewAccount(t.Context(), instance.Account{Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleHost}, "")
	w.must(err)
	tokens := map[instance.TokenScope]string{}
	for _, scope := range []instance.TokenScope{
		instance.TokenReads, instance.TokenPublishes, instance.TokenSelf, instance.TokenModerates, instance.TokenHosts,
	} {
		token := instance.Token{Scope: scope, Label: "essai"}
		if scope == instance.TokenPublishes {
			token.Actor = w.org.ID
		}
		tokens[scope], err = w.node.CreateToken(t.Context(), host, token)
		w.must(err)
	}
	d := describeAPI(t)
	for path, operations := range d.Paths {
		at := strings.NewReplacer("{", "", "}", "").Replace(path)
		for method := range operations {
			if method == "parameters" {
				continue
			}
			o := d.operation(t, method, path)
			if len(o.Security) == 0 {
				continue
			}
			method = strings.ToUpper(method)
			w.refused(w.do(method, at, ""), http.StatusUnauthorized)
			var accepted []instance.TokenScope
			for _, one := range o.Security {
				for _, scope := range one["token"] {
					accepted = append(accepted, instance.TokenScope(scope))
				}
			}
			if !slices.Equal(accepted, []instance.TokenScope{instance.TokenPublishes}) {
				accepted = append(accepted, instance.TokenHosts)
			}
			for scope, token := range tokens {
				got := w.do(method, at, "{}", "Authorization", "Bearer "+token, "Content-Type", "application/json")
				refused := got.Code == http.StatusForbidden && strings.Contains(got.Body.String(), "Ce jeton permet")
				if refused == slices.Contains(accepted, scope) {
					t.Errorf("%s %s with %q: %d %s", method, path, scope, got.Code, got.Body)
				}
			}
		}
	}
}
