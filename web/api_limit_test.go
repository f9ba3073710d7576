package web

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

func TestATokenAsksSoMuchInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := newTokenLimits(time.Now)
		take := func(token string, n int) (taken int) {
			for range n {
				if l.take(token) == 0 {
					taken++
				}
			}
			return taken
		}
		if got := take("a", 2*requestsAMinute); got != requestsAMinute {
			t.Errorf("%d at once", got)
		}
		if got := take("b", 1); got != 1 {
			t.Error("another token waits too")
		}
		wait := l.take("a")
		time.Sleep(wait)
		if got := take("a", 2); got != 1 {
			t.Errorf("%d after %v", got, wait)
		}
		time.Sleep(30 * time.Second)
		if got := take("a", requestsAMinute); got != requestsAMinute/2 {
			t.Errorf("%d after half a minute", got)
		}
		for i := range 1000 {
			l.take(fmt.Sprint("c", i))
		}
		time.Sleep(2 * time.Minute)
		if l.take("b"); len(l.rests) != 1 {
			t.Errorf("%d tokens are remembered", len(l.rests))
		}
	})
}

func TestAPISaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	w := setupAPI(t)
	limits := newTokenLimits(w.node.Now)
	api := &apiV1{node: w.node, log: nil, limits: limits}
	e := echo.New()
	e.GET("/drafts", api.drafts, api.shield)
	w.echo = e
	for range requestsAMinute {
		limits.take(instance.HashSecret(testToken))
	}
	got := w.do(http.MethodGet, "/drafts", "", "Authorization", "Bearer "+testToken)
	w.refused(got, http.StatusTooManyRequests)
	if got.Header().Get("Retry-After") != "1" {
		t.Errorf("Retry-After: %q", got.Header().Get("Retry-After"))
	}
	w.refused(w.do(http.MethodGet, "/drafts", ""), http.StatusUnauthorized)

	// What its scope forbids counts too.
	reads := w.holder("lou@exemple.org", instance.RoleContributor, instance.Token{Scope: instance.TokenReads})
	for range requestsAMinute - 1 {
		limits.take(instance.HashSecret(reads))
	}
	w.refused(w.by(reads, http.MethodGet, "/drafts", ""), http.StatusForbidden)
	w.refused(w.by(reads, http.MethodGet, "/drafts", ""), http.StatusTooManyRequests)
}
