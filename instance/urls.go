package instance

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// URLs mints and reads the node's own IRIs. HTML and JSON share them.
type URLs struct {
	base   string // "https://opl.tiriad.example", no trailing slash
	domain string // "opl.tiriad.example" or "localhost:8080"
}

// NewURLs checks the public address of the node: a scheme and a host, no path.
func NewURLs(base string) (URLs, error) {
	u, err := url.Parse(strings.TrimRight(base, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.Path != "" || u.User != nil {
		return URLs{}, fmt.Errorf("« %s » : adresse %w ; écrivez-la comme https://opl.exemple.org, sans chemin", base, ErrInvalid)
	}
	domain := strings.ToLower(u.Host)
	return URLs{base: u.Scheme + "://" + domain, domain: domain}, nil
}

// The path of each kind of thing, and back.
var kindPaths = map[Kind]string{
	KindEvent:        "/evenements/",
	KindRecipe:       "/recettes/",
	KindPartner:      "/annuaire/",
	KindAnnouncement: "/annonces/",
	KindTerritory:    "/territoires/",
	KindOrganisation: "/organisations/",
	KindPerson:       "/personnes/",
}

// Base is the public address, without a trailing slash.
func (u URLs) Base() string { return u.base }

// Domain is the host, with its port when it is not the default one.
func (u URLs) Domain() string { return u.domain }

// IRI makes an absolute address of a path.
func (u URLs) IRI(path string) string { return u.base + path }

// Of is the IRI of one of our things.
func (u URLs) Of(kind Kind, slug string) string {
	if kind == KindNode {
		return u.base + "/actor"
	}
	return u.base + kindPaths[kind] + slug
}

// Activity is the IRI of an activity of ours.
func (u URLs) Activity(id string) string { return u.base + "/activites/" + id }

// SharedInbox is where peers post to any of our actors.
func (u URLs) SharedInbox() string { return u.base + "/inbox" }

// Local says that the IRI is one of ours.
func (u URLs) Local(iri string) bool { return iri == u.base || strings.HasPrefix(iri, u.base+"/") }

// Parse reads one of our IRIs back into kind and slug.
func (u URLs) Parse(iri string) (kind Kind, slug string, ok bool) {
	path, found := strings.CutPrefix(iri, u.base)
	if !found {
		return "", "", false
	}
	if path == "/actor" {
		return KindNode, "", true
	}
	for kind, prefix := range kindPaths {
		if slug, found := strings.CutPrefix(path, prefix); found && slugPattern.MatchString(slug) {
			return kind, slug, true
		}
	}
	return "", "", false
}

// Path is where this node shows a thing: its own path when it is ours, a page
// under /reseau/ when it came from a peer.
func (u URLs) Path(iri string) string {
	if path, found := strings.CutPrefix(iri, u.base); found && strings.HasPrefix(path, "/") {
		return path
	}
	return "/reseau/" + Key(iri)
}

// Origin returns the host[:port] of an IRI, lower case; "" when it has none.
func Origin(iri string) string {
	u, err := url.Parse(iri)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// SameOrigin says whether two IRIs have the same scheme, host and port (FEP-fe34).
func SameOrigin(a, b string) bool {
	ua, errA := url.Parse(a)
	ub, errB := url.Parse(b)
	return errA == nil && errB == nil && ua.Host != "" && ua.Scheme == ub.Scheme && strings.EqualFold(ua.Host, ub.Host)
}

// ligatures are the letters of Latin alphabets that have no accent to take off.
var ligatures = strings.NewReplacer("œ", "oe", "Œ", "oe", "æ", "ae", "Æ", "ae", "ß", "ss", "ø", "o", "Ø", "o")

// Slugify makes a path part of a title: "Opération Libre à Brest" -> "operation-libre-a-brest".
func Slugify(s string) string {
	s = ligatures.Replace(s)
	var out strings.Builder
	dash := false
	for _, r := range norm.NFD.String(strings.ToLower(s)) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLower(r) || unicode.IsDigit(r)):
			if dash && out.Len() > 0 {
				out.WriteByte('-')
			}
			dash = false
			out.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent: its letter was kept
		default:
			dash = true
		}
		if out.Len() >= 60 {
			break
		}
	}
	return out.String()
}

// newID is 10 letters and digits that nobody can guess.
func newID() string {
	var b [7]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails (Go 1.24)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))[:10]
}
