package federation

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// This file is the syntax of RFC 9421, HTTP Message Signatures, with the digest of
// RFC 9530. Mastodon from 4.5 on, WordPress and the Fedify family read it; Fedify
// sends it first.

// maxLabels bounds the signatures of one request. Peers make one; a proxy may add its own.
const maxLabels = 4

// parseRFC9421 reads the headers Signature-Input and Signature. A signature whose
// keyid is not the address of a key is nobody's here (a proxy's), and left out.
func parseRFC9421(inputs, values []string) ([]*signature, error) {
	lists, err := parseDictionary("Signature-Input", inputs, (*sfReader).innerList)
	if err != nil {
		return nil, err
	}
	proofs, err := parseDictionary("Signature", values, (*sfReader).bytes)
	if err != nil {
		return nil, err
	}
	if len(lists) != len(proofs) || len(lists) > maxLabels {
		return nil, badSignature("Signature and Signature-Input have the same labels, at most %d", maxLabels)
	}
	var out []*signature
	for _, list := range lists {
		i := slices.IndexFunc(proofs, func(m sfMember[[]byte]) bool { return m.key == list.key })
		if i < 0 {
			return nil, badSignature("label %s is not in both headers", list.key)
		}
		s, err := newRFC9421(list.value, proofs[i].value)
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(s.keyID, "https://") || strings.HasPrefix(s.keyID, "http://") {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, badSignature("keyid must be the address of the actor's key")
	}
	return out, nil
}

// newRFC9421 reads the parameters of a signature. Those we do not know are signed,
// and mean nothing here.
func newRFC9421(list innerList, value []byte) (*signature, error) {
	s := &signature{scheme: rfc9421, names: list.items, params: list.String(), value: value}
	if doubled(s.names) {
		return nil, badSignature("a component is listed twice")
	}
	for _, p := range list.params {
		var err error
		switch p.key {
		case "keyid":
			s.keyID, err = textParam(p)
		case "alg":
			s.algorithm, err = textParam(p)
		case "created":
			s.created, err = timeParam(p)
		case "expires":
			s.expires, err = timeParam(p)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func textParam(p sfMember[any]) (string, error) {
	text, ok := p.value.(string)
	if !ok {
		return "", badSignature("%s is a string", p.key)
	}
	return text, nil
}

func timeParam(p sfMember[any]) (time.Time, error) {
	seconds, ok := p.value.(int64)
	if !ok || seconds <= 0 {
		return time.Time{}, badSignature("%s is a Unix time", p.key)
	}
	return time.Unix(seconds, 0), nil
}

// checkRFC9421 requires that the signature protects where, when and what, and that
// the digest is that of the body. base is our own address: a proxy may have received
// the request over another scheme and host than it passes on.
func (s *signature) checkRFC9421(r *http.Request, body []byte, base string) error {
	signs := func(name string) bool { return slices.Contains(s.names, name) }
	host := signs("@authority") || signs("host")
	switch {
	case s.created.IsZero():
		return badSignature("created is required")
	case !signs("@method"):
		return badSignature("@method must be signed")
	case !signs("@target-uri") && !(host && (signs("@request-target") || signs("@path") && signs("@query"))):
		return badSignature("@target-uri must be signed, or else @authority, @path and @query")
	case r.Method == http.MethodPost && !signs("content-digest"):
		return badSignature("content-digest must be signed")
	}
	s.times = []time.Time{s.created}
	if r.Method == http.MethodPost {
		if err := checkContentDigest(r.Header.Values("Content-Digest"), body); err != nil {
			return err
		}
	}
	targets := []string{base + r.RequestURI}
	if r.Method == http.MethodGet { // Fedify signs the address of a key, fragment and all
		targets = append(targets, base+r.RequestURI+"#main-key")
	}
	for _, target := range targets {
		m := message{header: r.Header, method: r.Method, host: r.Host, base: base, path: r.RequestURI, target: target, length: len(body)}
		text, err := m.signatureBase(s.names, s.params)
		if err != nil {
			return err
		}
		s.texts = append(s.texts, text)
	}
	return nil
}

// message is what the components of a signature are taken from.
type message struct {
	header http.Header
	method string
	host   string // the Host header
	base   string // scheme and host, without a slash
	path   string // with its query, as it travels
	target string // the whole address
	length int    // of the body, in bytes
}

// signatureBase is the text that is signed (RFC 9421 §2.5).
func (m message) signatureBase(names []string, params string) ([]byte, error) {
	var b bytes.Buffer
	for _, name := range names {
		value, err := m.component(name)
		if err != nil {
			return nil, err
		}
		b.WriteString(sfQuote(name) + ": " + value + "\n")
	}
	b.WriteString(`"@signature-params": ` + params)
	return b.Bytes(), nil
}

// component is the value of a component: derived from the request (RFC 9421 §2.2),
// or of a header, which must be there once.
func (m message) component(name string) (string, error) {
	scheme, authority, _ := strings.Cut(m.base, "://")
	path, query, _ := strings.Cut(m.path, "?")
	switch name {
	case "@method":
		return m.method, nil
	case "@target-uri":
		return m.target, nil
	case "@request-target":
		return m.path, nil
	case "@scheme":
		return scheme, nil
	case "@authority":
		return authority, nil
	case "@path":
		return path, nil
	case "@query":
		return "?" + query, nil
	case "host":
		return m.host, nil
	}
	values := m.header.Values(name)
	switch {
	case strings.HasPrefix(name, "@") || strings.ToLower(name) != name:
		return "", badSignature("component %q is not supported", name)
	case name == "content-length" && len(values) == 0: // a proxy may drop it
		return strconv.Itoa(m.length), nil
	case len(values) != 1:
		return "", badSignature("%s is signed and must be there once", name)
	}
	return strings.TrimSpace(values[0]), nil
}

// checkContentDigest compares the SHA-256 and SHA-512 of a Content-Digest header
// with the body's. There must be one of them, and those that are there must be right.
func checkContentDigest(lines []string, body []byte) error {
	digests, err := parseDictionary("Content-Digest", lines, (*sfReader).bytes)
	if err != nil {
		return err
	}
	sum256, sum512 := sha256.Sum256(body), sha512.Sum512(body)
	wanted := map[string][]byte{"sha-256": sum256[:], "sha-512": sum512[:]}
	found := false
	for _, d := range digests {
		want, known := wanted[d.key]
		if known && subtle.ConstantTimeCompare(d.value, want) != 1 {
			return badSignature("the %s is not that of the body", d.key)
		}
		found = found || known
	}
	if !found {
		return badSignature("the content-digest must be sha-256 or sha-512")
	}
	return nil
}

// contentDigestOf is the Content-Digest header of a body (RFC 9530).
func contentDigestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}
