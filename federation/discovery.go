package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"github.com/maillage/maillage/instance"
)

// relApplication marks, among NodeInfo's links, the actor to follow to follow the
// whole server (FEP-2677).
const relApplication = "https://www.w3.org/ns/activitystreams#Application"

// A DiscoveryError says to a person, in French, why somebody was not found.
type DiscoveryError struct {
	Message string
	Err     error // for the log
}

func (e *DiscoveryError) Error() string { return e.Message }
func (e *DiscoveryError) Unwrap() error { return e.Err }

func undiscovered(err error, format string, args ...any) error {
	return &DiscoveryError{Message: fmt.Sprintf(format, args...), Err: err}
}

// jrd is a WebFinger answer (RFC 7033), and NodeInfo's list of links.
type jrd struct {
	Subject string    `json:"subject,omitempty"`
	Aliases []string  `json:"aliases,omitempty"`
	Links   []jrdLink `json:"links"`
}

type jrdLink struct {
	Rel  string `json:"rel"`
	Type string `json:"type,omitempty"`
	Href string `json:"href,omitempty"`
}

// Discover finds a remote actor from what a person typed, and keeps it: a server's
// name (its node actor), @name@server, or the address of a profile. The server of
// the handle and the actor must vouch for each other. Errors are *DiscoveryError.
func (f *Federation) Discover(ctx context.Context, what string) (*instance.Actor, error) {
	what = strings.TrimSpace(what)
	var iri string
	var err error
	address, parseErr := url.Parse(what)
	isURL := parseErr == nil && (address.Scheme == "https" || address.Scheme == "http")
	name, host, isHandle := cutHandle(what)
	switch {
	case isURL && strings.Trim(address.Path, "/") == "":
		iri, err = f.nodeActor(ctx, asciiHost(address.Host))
	case isURL:
		iri = what
	case isHandle:
		iri, err = f.finger(ctx, name, host)
	case validHost(asciiHost(what)):
		iri, err = f.nodeActor(ctx, asciiHost(what))
	default:
		return nil, undiscovered(nil, "« %s » n’est ni une adresse de serveur, ni un identifiant comme @nom@serveur, ni l’adresse d’un profil.", what)
	}
	if err != nil {
		return nil, err
	}
	return f.discoverActor(ctx, iri)
}

// cutHandle splits "@nom@serveur", "nom@serveur" or "acct:nom@serveur". The name
// of a node may itself hold a colon: @localhost:8080@localhost:8080.
func cutHandle(s string) (name, host string, ok bool) {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "acct:"), "@")
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || strings.ContainsAny(s, "/ ") {
		return "", "", false
	}
	name, host = s[:at], asciiHost(s[at+1:])
	return name, host, validHost(host) && !strings.Contains(name, "@")
}

// maxHost bounds a host as people write it, in bytes.
const maxHost = 512

// asciiHost writes a host as it travels: lower case, accents in Punycode.
func asciiHost(host string) string {
	if len(host) > maxHost { // Punycode takes a time that is the square of the length
		return ""
	}
	name, port, hasPort := strings.Cut(strings.ToLower(host), ":")
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		name = ascii
	}
	if hasPort {
		name += ":" + port
	}
	return name
}

func validHost(host string) bool {
	u, err := url.Parse("https://" + host)
	return err == nil && u.Host == host && host != "" && u.Hostname() != "" && !strings.ContainsAny(host, " @/")
}

// origin is where a server's well-known documents are. Peers on this machine are
// reached over http, when they may be reached at all.
func (f *Federation) origin(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	if ip := net.ParseIP(name); f.client.allowPrivate && (name == "localhost" || ip != nil && ip.IsLoopback()) {
		return "http://" + host
	}
	return "https://" + host
}

// nodeActor finds the actor of a whole server: NodeInfo says which, else it has the
// server's name (@server@server), as Mastodon's has.
func (f *Federation) nodeActor(ctx context.Context, host string) (string, error) {
	if strings.EqualFold(host, f.node.Domain()) {
		return "", undiscovered(instance.ErrConflict, "%s est ce serveur-ci.", host)
	}
	links, err := f.wellKnown(ctx, f.origin(host)+"/.well-known/nodeinfo")
	if silence := unanswered(host, err); silence != nil {
		return "", silence
	}
	for _, link := range links.Links {
		if link.Rel == relApplication && instance.Origin(link.Href) == host {
			return link.Href, nil
		}
	}
	iri, err := f.finger(ctx, host, host)
	if err != nil && unanswered(host, err) == nil {
		return "", undiscovered(err, "%s répond, mais n’est pas un serveur du fédivers que l’on peut suivre en entier. Essayez avec un identifiant : @nom@%s.", host, host)
	}
	return iri, err
}

// finger asks a server who a name is.
func (f *Federation) finger(ctx context.Context, name, host string) (string, error) {
	if strings.EqualFold(host, f.node.Domain()) {
		return "", undiscovered(instance.ErrConflict, "@%s@%s est sur ce serveur-ci.", name, host)
	}
	iri, err := f.webfingerOf(ctx, name, host)
	switch {
	case err == nil:
		return iri, nil
	case errors.Is(err, instance.ErrNotFound), errors.Is(err, instance.ErrGone):
		return "", undiscovered(err, "Personne ne s’appelle @%s sur %s.", name, host)
	}
	if silence := unanswered(host, err); silence != nil {
		return "", silence
	}
	return "", undiscovered(err, "%s n’est pas un serveur du fédivers, ou ne dit pas qui est @%s.", host, name)
}

// unanswered says why nobody answered for a host; nil when somebody did.
func unanswered(host string, err error) error {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return undiscovered(err, "%s n’existe pas. Vérifiez l’adresse.", host)
	case errors.Is(err, errUnsafeURL):
		return undiscovered(err, "L’adresse %s n’est pas celle d’un serveur public en https.", host)
	case err != nil && temporary(err):
		return undiscovered(err, "%s ne répond pas. Vérifiez l’adresse, ou réessayez plus tard.", host)
	}
	return nil
}

// webfingerOf returns the IRI that a server gives for a name.
func (f *Federation) webfingerOf(ctx context.Context, name, host string) (string, error) {
	answer, err := f.wellKnown(ctx, f.origin(host)+"/.well-known/webfinger?resource="+url.QueryEscape("acct:"+name+"@"+host))
	if err != nil {
		return "", err
	}
	for _, link := range answer.Links {
		if link.Rel == "self" && isActivityStreams(link.Type) {
			return link.Href, nil
		}
	}
	return "", fmt.Errorf("acct:%s@%s: %w: no self link", name, host, instance.ErrNotFound)
}

func (f *Federation) wellKnown(ctx context.Context, address string) (jrd, error) {
	var answer jrd
	body, err := f.client.small(ctx, address)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return answer, fmt.Errorf("%s: %w: %w", address, errNotAS, err)
	}
	return answer, nil
}

// discoverActor reads an actor, checks that its own server knows it by the handle
// it gives itself, and keeps it.
func (f *Federation) discoverActor(ctx context.Context, iri string) (*instance.Actor, error) {
	host := instance.Origin(iri)
	if f.node.URLs().Local(iri) {
		return nil, undiscovered(instance.ErrConflict, "%s est sur ce serveur-ci.", iri)
	}
	if blocked, err := f.blocked(ctx, iri); err != nil || blocked {
		return nil, undiscovered(errors.Join(err, instance.ErrForbidden), "%s est bloqué par ce serveur.", host)
	}
	doc, err := f.fetchOnce(ctx, iri)
	if err != nil {
		return nil, f.unread(iri, err)
	}
	actor, err := parseActor(doc.body, doc.id)
	if err != nil {
		return nil, undiscovered(err, "%s n’est pas un profil que l’on peut suivre.", iri)
	}
	host = instance.Origin(actor.ID)
	self, err := f.webfingerOf(ctx, actor.Handle, host)
	if err != nil || self != actor.ID {
		return nil, undiscovered(err, "%s ne reconnaît pas @%s : le profil et son serveur ne se correspondent pas.", host, actor.Handle)
	}
	if err := f.node.ReceiveActor(ctx, actor); err != nil {
		return nil, undiscovered(err, "Ce profil n’a pas pu être enregistré.")
	}
	f.learnHost(ctx, host)
	return actor, nil
}

func (f *Federation) unread(iri string, err error) error {
	host := instance.Origin(iri)
	if silence := unanswered(host, err); silence != nil {
		return silence
	}
	switch {
	case errors.Is(err, errNotAS):
		return undiscovered(err, "%s est une page ordinaire, pas un profil du fédivers.", iri)
	case errors.Is(err, instance.ErrGone):
		return undiscovered(err, "%s a été supprimé.", iri)
	case errors.Is(err, instance.ErrNotFound):
		return undiscovered(err, "Il n’y a rien à l’adresse %s.", iri)
	}
	return undiscovered(err, "%s refuse de montrer ce profil.", host)
}

// learnHost notes what software a server runs, for people to see; once a day, and
// never an error.
func (f *Federation) learnHost(ctx context.Context, host string) {
	if _, lately := f.learned.get(host, time.Now()); lately || host == "" {
		return
	}
	f.learned.put(host, struct{}{}, time.Now().Add(hostLearnedFor))
	ctx, cancel := context.WithTimeout(ctx, learnHostWithin)
	defer cancel()
	software, err := f.softwareOf(ctx, host)
	if err == nil && software != "" {
		err = f.changeHost(ctx, host, func(h *instance.Host) bool {
			changed := h.Software != software
			h.Software = software
			return changed
		})
	}
	if err != nil {
		f.log.DebugContext(ctx, "nodeinfo not read", "host", host, "error", err)
	}
}

// softwareOf reads a server's NodeInfo: "mastodon 4.5.0".
func (f *Federation) softwareOf(ctx context.Context, host string) (string, error) {
	links, err := f.wellKnown(ctx, f.origin(host)+"/.well-known/nodeinfo")
	if err != nil {
		return "", err
	}
	for _, link := range links.Links {
		if !strings.HasPrefix(link.Rel, "http://nodeinfo.diaspora.software/ns/schema/") || instance.Origin(link.Href) != host {
			continue
		}
		body, err := f.client.small(ctx, link.Href)
		if err != nil {
			return "", err
		}
		var info struct {
			Software struct{ Name, Version string } `json:"software"`
		}
		if err := json.Unmarshal(body, &info); err != nil {
			return "", err
		}
		return instance.CleanName(info.Software.Name+" "+info.Software.Version, 100), nil
	}
	return "", nil
}

// changeHost changes what we know of a server, if change says that it did.
func (f *Federation) changeHost(ctx context.Context, domain string, change func(*instance.Host) bool) error {
	return f.store.Write(ctx, func(tx instance.Tx) error {
		if err := tx.Lock(ctx, "host "+domain); err != nil {
			return err
		}
		host, err := tx.Host(ctx, domain)
		switch {
		case errors.Is(err, instance.ErrNotFound):
			host = &instance.Host{Domain: domain}
		case err != nil:
			return err
		}
		if !change(host) {
			return nil
		}
		return tx.SaveHost(ctx, *host)
	})
}
