package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// maxForm bounds what a form without files may hold, in bytes.
const maxForm = 512 << 10

// flashCookie carries the key of a message to show once, on the next page.
const flashCookie = "flash"

// sessionCookie is the name of the cookie that signs a browser in. Over https it
// has the prefix that binds it to this very host.
func (s *Server) sessionCookie() string {
	if s.secure() {
		return "__Host-session"
	}
	return "session"
}

func (s *Server) secure() bool { return strings.HasPrefix(s.node.URLs().Base(), "https://") }

// identify finds out who is asking, from their cookie. A cookie that is no longer
// good is that of a visitor.
func (r *request) identify() error {
	cookie, err := r.Cookie(r.s.sessionCookie())
	if err != nil || cookie.Value == "" {
		return nil
	}
	r.account, r.session, err = r.s.node.SignedIn(r.ctx(), cookie.Value)
	if errors.Is(err, instance.ErrNotFound) {
		return nil
	}
	return err
}

// signIn opens a session for the account in this browser: always a new one, and the
// one before it, if any, ends. The pages speak the account's language from then on.
func (r *request) signIn(a *instance.Account) error {
	if r.session != nil {
		if err := r.s.node.CloseSession(r.ctx(), r.session.Hash); err != nil {
			return err
		}
	}
	secret, err := r.s.node.OpenSession(r.ctx(), a.ID, r.Request().UserAgent())
	if err != nil {
		return err
	}
	r.s.attempts.remember("known "+r.place(a.Email), knownFor)
	r.setCookie(r.s.sessionCookie(), secret, 365*24*time.Hour)
	r.speak(a.Language)
	r.account = a
	return nil
}

// signOut ends this browser's session.
func (r *request) signOut() error {
	if r.session != nil {
		if err := r.s.node.CloseSession(r.ctx(), r.session.Hash); err != nil {
			return err
		}
	}
	r.setCookie(r.s.sessionCookie(), "", -time.Second)
	r.account, r.session = nil, nil
	return nil
}

// speak has the pages that follow speak a language, if there is one of that name.
func (r *request) speak(lang string) {
	if r.s.locales[lang] != nil {
		r.setCookie(languageCookie, lang, 365*24*time.Hour)
	}
}

func (r *request) setCookie(name, value string, age time.Duration) {
	r.SetCookie(&http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: r.s.secure(), SameSite: http.SameSiteLaxMode,
	})
}

// flash has a message shown once, at the top of the next page.
func (r *request) flash(key string) { r.setCookie(flashCookie, key, time.Minute) }

// flashed takes the message left by the page before: "" for none, or for a key that
// is no message of ours.
func (r *request) flashed() string {
	cookie, err := r.Cookie(flashCookie)
	if err != nil || r.messages[cookie.Value] == "" || !strings.HasPrefix(cookie.Value, "done.") {
		return ""
	}
	r.setCookie(flashCookie, "", -time.Second)
	return r.T(cookie.Value)
}

// form reads a posted form of a bounded size. Not FormValue, which would read files
// too, of any size.
func (r *request) form() (url.Values, error) {
	req := r.Request()
	req.Body = http.MaxBytesReader(r.Response(), req.Body, maxForm)
	if err := req.ParseForm(); err != nil {
		return nil, echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	return req.PostForm, nil
}

// member keeps a page for those who are signed in; others sign in first and come back,
// with the form that they sent.
func (s *Server) member(h handler) handler {
	return func(r *request) error {
		switch {
		case r.account == nil && r.Request().Method == http.MethodPost:
			return r.carry()
		case r.account == nil:
			return r.toSignIn()
		}
		r.private()
		return h(r)
	}
}

// here is the page somebody is on: the one asked for, or the one whose form they sent.
func (r *request) here() string {
	if r.Request().Method == http.MethodGet {
		return r.Request().URL.RequestURI()
	}
	from, err := url.Parse(r.Request().Referer())
	if err != nil || from.Host != r.Request().Host {
		return "/"
	}
	return back(from.RequestURI())
}

// moderator keeps a page for moderators and hosts.
func (s *Server) moderator(h handler) handler {
	return s.role(h, (*instance.Account).Moderates)
}

// host keeps a page for hosts.
func (s *Server) host(h handler) handler { return s.role(h, (*instance.Account).Hosts) }

func (s *Server) role(h handler, allowed func(*instance.Account) bool) handler {
	return s.member(func(r *request) error {
		if !allowed(r.account) {
			return fmt.Errorf("%s: %w", r.Request().URL.Path, instance.ErrForbidden)
		}
		return h(r)
	})
}

// private keeps a page out of every cache.
func (r *request) private() { r.noStore = true }

// back is where to go after signing in: a path of this site, never another one.
func back(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
