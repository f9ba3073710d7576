package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-ap/httpsig"

	"github.com/maillage/maillage/instance"
)

// How far a signature's time may be from ours. Peers sign again at every attempt,
// so an hour covers their clocks; GoToSocial and Mastodon allow as much.
const (
	maxSignatureAge   = time.Hour
	maxSignatureAhead = time.Hour
)

// maxSignatureHeader bounds each header of a signature, in bytes.
const maxSignatureHeader = 8 << 10

// errSignature is why a request is refused with 401. Its text goes to the peer's
// operator, in English as that is what their logs are.
var errSignature = errors.New("signature refused")

func badSignature(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errSignature, fmt.Sprintf(format, args...))
}

// signature is one signature of a request, in either syntax. It is read by
// parseCavage or parseRFC9421; check fills in times and texts from the request.
type signature struct {
	scheme    scheme
	keyID     string
	algorithm string   // as claimed, "" when absent
	names     []string // what was signed, lower case
	created   time.Time
	expires   time.Time
	params    string // RFC 9421: the value of @signature-params
	value     []byte

	times []time.Time // when it was made, as signed
	texts [][]byte    // what may have been signed; one of them must match
}

// signer is the document that holds the key: the actor, for a key with a fragment.
func (s *signature) signer() string {
	id, _, _ := strings.Cut(s.keyID, "#")
	return id
}

// parseSignatures reads the signatures of a request, RFC 9421's first: they say more.
// Both syntaxes have a header Signature; values of RFC 9421 are between colons.
func parseSignatures(h http.Header) ([]*signature, error) {
	var drafts, labelled []string
	for _, line := range h.Values("Signature") {
		if _, value, _ := strings.Cut(line, "="); strings.HasPrefix(value, ":") {
			labelled = append(labelled, line)
		} else {
			drafts = append(drafts, line)
		}
	}
	inputs := h.Values("Signature-Input")
	if header, ok := strings.CutPrefix(h.Get("Authorization"), "Signature "); ok && len(drafts)+len(labelled)+len(inputs) == 0 {
		drafts = []string{header} // draft-cavage-12 §3
	}
	if len(drafts) > 1 || len(drafts)+len(labelled)+len(inputs) == 0 {
		return nil, badSignature("one Signature header is required")
	}
	var all []*signature
	if len(labelled)+len(inputs) > 0 {
		var err error
		if all, err = parseRFC9421(inputs, labelled); err != nil {
			return nil, err
		}
	}
	if len(drafts) > 0 {
		s, err := parseCavage(drafts[0])
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

func doubled(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) != len(names)
}

// signedRequest is a request whose form is right: at least one signature covers what
// it must, is fresh, meant for us, and its digest is that of the body. Only the key
// is missing.
type signedRequest struct {
	signer     string       // whom all the signatures are of: see signature.signer
	signatures []*signature // those whose form is right
	proof      *signature   // the one that was verified
	network    string       // where the request came from: see networkOf
}

// checkRequest verifies all that can be without a key, so that no key is fetched
// for a request that would be refused anyway. base is our address ("https://host").
func checkRequest(r *http.Request, body []byte, base string, now time.Time) (*signedRequest, error) {
	all, err := parseSignatures(r.Header)
	if err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(base, "://")
	if name := hostname(domain); !sameHost(r.Host, domain) && !strings.EqualFold(r.Host, name) { // Gancio leaves the port out
		return nil, badSignature("%s is not this server", r.Host)
	}
	if !strings.HasPrefix(r.RequestURI, "/") {
		return nil, badSignature("unusual request target")
	}
	signed := &signedRequest{signer: all[0].signer(), network: networkOf(r)}
	for _, s := range all {
		if s.signer() != signed.signer { // right or wrong: nobody has reason to send this
			return nil, badSignature("signed by both %s and %s", signed.signer, s.signer())
		}
		if failed := s.check(r, body, base, now); failed == nil {
			signed.signatures = append(signed.signatures, s)
		} else if err == nil {
			err = failed
		}
	}
	if len(signed.signatures) == 0 {
		return nil, err
	}
	return signed, nil
}

func sameHost(host, domain string) bool {
	trim := func(h string) string {
		return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(h), ":443"), ":80")
	}
	return trim(host) == trim(domain)
}

// hostname is a host without its port.
func hostname(host string) string {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		return host
	}
	return name
}

// check verifies all of a signature but its value, and prepares what was signed.
func (s *signature) check(r *http.Request, body []byte, base string, now time.Time) error {
	var err error
	switch s.scheme {
	case cavage:
		err = s.checkCavage(r, body)
	case rfc9421:
		err = s.checkRFC9421(r, body, base)
	}
	if err != nil {
		return err
	}
	return s.checkTime(now)
}

// checkTime refuses what is old, and what claims to come from the future.
func (s *signature) checkTime(now time.Time) error {
	for _, t := range s.times {
		if age := now.Sub(t); age > maxSignatureAge || age < -maxSignatureAhead {
			return badSignature("signed at %s, it is %s", t.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		}
	}
	if !s.expires.IsZero() && now.After(s.expires) {
		return badSignature("expired")
	}
	return nil
}

// madeWithKeyOf says that one of the signatures claims to be made with a key of the actor.
func (s *signedRequest) madeWithKeyOf(a *instance.Actor) bool {
	return slices.ContainsFunc(s.signatures, func(c *signature) bool { return holds(a, c.keyID) })
}

// verify checks the request with a key: one of the signatures made with it must match.
func (s *signedRequest) verify(keyID string, key crypto.PublicKey) error {
	err := badSignature("not signed with %s", keyID)
	for _, candidate := range s.signatures {
		if candidate.keyID != keyID {
			continue
		}
		if err = candidate.verify(key); err == nil {
			s.proof = candidate
			return nil
		}
	}
	return err
}

// verify checks the signature with the key. The key's type chooses the algorithm;
// the algorithm parameter may only agree with it, so that no peer can have an RSA
// key used as an HMAC secret. hs2019 hides what was used: SHA-256 with RSA for
// every peer that sends it (GoToSocial, Lemmy).
func (s *signature) verify(key crypto.PublicKey) error {
	for _, text := range s.texts {
		var err error
		switch key := key.(type) {
		case *rsa.PublicKey:
			switch s.algorithm {
			case "", "hs2019", "rsa-sha256", "rsa-v1_5-sha256":
				err = httpsig.RSAVerify(key, crypto.SHA256, text, s.value)
			case "rsa-sha512", "rsa-v1_5-sha512":
				err = httpsig.RSAVerify(key, crypto.SHA512, text, s.value)
			default:
				return badSignature("%s does not go with an RSA key", s.algorithm)
			}
		case ed25519.PublicKey:
			if s.algorithm != "" && s.algorithm != "hs2019" && s.algorithm != "ed25519" {
				return badSignature("%s does not go with an Ed25519 key", s.algorithm)
			}
			err = httpsig.Ed25519Verify(key, text, s.value)
		default:
			return badSignature("unsupported key")
		}
		if err == nil {
			return nil
		}
	}
	return badSignature("it does not match the key %s", s.keyID)
}

// fingerprint names what was signed, once it is verified: a second request with the
// same one is a replay.
func (s *signedRequest) fingerprint() string {
	sum := sha256.Sum256(append([]byte(s.proof.keyID+"\n"), s.proof.texts[0]...))
	return hex.EncodeToString(sum[:])
}
