package web

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/idna"

	"github.com/maillage/maillage/instance"
)

type followView struct {
	Account *followable // who to follow; nil: choose below
	Asked   string      // the account asked for
	Unknown bool        // nobody here is called so
	Server  string      // what was typed
	Invalid bool        // it is no server
	Silent  string      // a server that says no page to follow from
	Node    *followable
	Lists   []followList
}

// followList is the actors of one kind that can be followed.
type followList struct {
	Kind     instance.Kind
	Accounts []followable
}

// follow explains how to follow one of our actors from elsewhere.
func (s *Server) follow(r *request) error {
	v, _, err := s.followView(r, r.QueryParam("compte"))
	if err != nil {
		return err
	}
	return r.showFollow(http.StatusOK, v)
}

// followFrom sends the reader to the follow page of their own server.
func (s *Server) followFrom(r *request) error {
	// Not FormValue, which would read files too, of any size.
	req := r.Request()
	req.Body = http.MaxBytesReader(r.Response(), req.Body, maxForm)
	if err := req.ParseForm(); err != nil {
		return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
	}
	v, actor, err := s.followView(r, req.PostForm.Get("compte"))
	if err != nil {
		return err
	}
	if actor == nil {
		return r.showFollow(http.StatusUnprocessableEntity, v)
	}
	v.Server = strings.TrimSpace(req.PostForm.Get("serveur"))
	host, ok := serverHost(v.Server)
	if !ok {
		v.Invalid = true
		return r.showFollow(http.StatusUnprocessableEntity, v)
	}
	target, err := s.followPage(r, v.Server, host, actor.ID)
	if err != nil {
		v.Silent = host
		return r.showFollow(http.StatusUnprocessableEntity, v)
	}
	return r.Redirect(http.StatusSeeOther, target)
}

// How many servers may be asked within tryWindow for one visitor.
const intentsFrom = 20

// followPage is the page of the reader's server that follows an actor. A server that
// is named by an account says where it is (FEP-3b86, or as Mastodon does); else it is
// where most have it. An error: the server has none, or did not answer.
func (s *Server) followPage(r *request, typed, host, actor string) (string, error) {
	usual := url.URL{
		Scheme: "https", Host: host, Path: "/authorize_interaction",
		RawQuery: url.Values{"uri": {actor}}.Encode(),
	}
	name, _, isAccount := strings.Cut(strings.TrimPrefix(typed, "@"), "@")
	if s.intent == nil || !isAccount || name == "" || strings.ContainsAny(name, "/: ") {
		return usual.String(), nil
	}
	if s.attempts.take("intent from "+clientAddress(r.Request()), intentsFrom) > 0 {
		return usual.String(), nil
	}
	target, err := s.intent(r.ctx(), "@"+name+"@"+host, actor)
	if err != nil {
		s.log.DebugContext(r.ctx(), "no page to follow from", "host", host, "err", err)
	}
	return target, err
}

func (r *request) showFollow(status int, v followView) error {
	// The form is answered by a redirect to the reader's server, which browsers
	// check against form-action too.
	r.Response().Header().Set("Content-Security-Policy", csp("'self' https:"))
	title := r.T("follow.title")
	if v.Account != nil {
		title = r.T("follow.title.one", v.Account.Name)
	}
	return r.render(status, "follow", &page{Title: title, Description: r.T("follow.lead"), View: v, NoIndex: v.Account != nil})
}

// followView finds who is asked for among our actors, and everyone else.
func (s *Server) followView(r *request, account string) (followView, *instance.Actor, error) {
	v := followView{Asked: strings.TrimSpace(account), Node: r.followable(s.node.Self())}
	if v.Asked != "" {
		actor, err := s.findAccount(r, v.Asked)
		if err != nil {
			return v, nil, err
		}
		if actor != nil {
			v.Account = r.followable(actor)
			return v, actor, nil
		}
		v.Unknown = true
	}
	for _, kind := range []instance.Kind{instance.KindTerritory, instance.KindOrganisation} {
		actors, _, err := s.node.Actors(r.ctx(), instance.ActorFilter{Kinds: []instance.Kind{kind}, Scope: instance.ScopeLocal, Limit: 1000})
		if err != nil {
			return v, nil, err
		}
		list := followList{Kind: kind}
		for _, a := range actors {
			if f := r.followable(a); f != nil && a.Gone.IsZero() {
				list.Accounts = append(list.Accounts, *f)
			}
		}
		if len(list.Accounts) > 0 {
			v.Lists = append(v.Lists, list)
		}
	}
	return v, nil, nil
}

// findAccount finds an actor, ours or a peer's, by @handle@domain; nil when there
// is none.
func (s *Server) findAccount(r *request, account string) (*instance.Actor, error) {
	handle, domain, _ := strings.Cut(strings.TrimPrefix(account, "@"), "@")
	domain = strings.ToLower(domain)
	if domain != "" && domain != s.node.Domain() {
		return s.findPeer(r, handle, domain)
	}
	a, err := s.node.ActorByHandle(r.ctx(), handle)
	if errors.Is(err, instance.ErrNotFound) || err == nil && !a.Gone.IsZero() {
		return nil, nil
	}
	return a, err
}

// maxPeerAccounts is how many accounts of one server are looked through, by name.
const maxPeerAccounts = 300

// findPeer finds an actor of another server, if it has a page here.
func (s *Server) findPeer(r *request, handle, domain string) (*instance.Actor, error) {
	if scope := instance.Scope(domain); scope == instance.ScopeLocal || scope == instance.ScopeNetwork {
		return nil, nil // words of ours, not names of a server
	}
	actors, _, err := s.node.Actors(r.ctx(), instance.ActorFilter{Scope: instance.Scope(domain), Limit: maxPeerAccounts})
	if err != nil {
		return nil, err
	}
	for _, a := range actors {
		if a.Handle != handle {
			continue
		}
		err := s.shown(r, a)
		if errors.Is(err, instance.ErrNotFound) {
			return nil, nil
		}
		return a, err
	}
	return nil, nil
}

// The limits of the form, in bytes.
const (
	maxServer = 512
)

var hostname = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})$`)

// serverHost reads the name of a fediverse server out of what people type:
// mastodon.example, https://mastodon.example/, @me@mastodon.example. Addresses,
// ports and local names are refused: nobody's account lives there.
func serverHost(typed string) (host string, ok bool) {
	typed = strings.TrimSpace(typed)
	if len(typed) > maxServer { // Punycode takes a time that is the square of the length
		return "", false
	}
	if _, rest, found := strings.Cut(typed, "://"); found {
		typed = rest
		typed, _, _ = strings.Cut(typed, "/")
		if strings.Contains(typed, "@") {
			return "", false
		}
	}
	if i := strings.LastIndex(typed, "@"); i >= 0 {
		typed = typed[i+1:]
	}
	host, err := idna.Lookup.ToASCII(strings.ToLower(typed))
	if err != nil || len(host) > 253 || net.ParseIP(host) != nil || !hostname.MatchString(host) {
		return "", false
	}
	return host, true
}
