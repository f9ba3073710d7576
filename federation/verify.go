package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ap/httpsig"
)

// How far a signature's time may be from ours. Peers sign again at every attempt,
// so an hour covers their clocks; GoToSocial and Mastodon allow as much.
const (
	maxSignatureAge   = time.Hour
	maxSignatureAhead = time.Hour
)

// maxSignatureHeader bounds the Signature header, in bytes.
const maxSignatureHeader = 8 << 10

// errSignature is why a request is refused with 401. Its text goes to the peer's
// operator, in English as that is what their logs are.
var errSignature = errors.New("signature refused")

func badSignature(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errSignature, fmt.Sprintf(format, args...))
}

// signature is a parsed Signature header (draft-cavage-12 §2.1).
type signature struct {
	keyID     string
	algorithm string   // lower case, "" when absent
	names     []string // what was signed, lower case
	created   time.Time
	expires   time.Time
	value     []byte
}

// parseSignature reads a Signature header. Anything unusual is refused: doubled
// parameters or names, no list of names (the draft's default, the date alone,
// protects nothing). RFC 9421's header of the same name has no keyId and is
// refused too.
func parseSignature(header string) (*signature, error) {
	if len(header) > maxSignatureHeader {
		return nil, badSignature("header too long")
	}
	params, err := parseParams(header)
	if err != nil {
		return nil, err
	}
	s := &signature{keyID: params["keyid"], algorithm: strings.ToLower(params["algorithm"])}
	if s.keyID == "" || params["signature"] == "" || params["headers"] == "" {
		return nil, badSignature("keyId, headers and signature are required (draft-cavage-12)")
	}
	if s.value, err = base64.StdEncoding.DecodeString(params["signature"]); err != nil {
		return nil, badSignature("signature is not base64")
	}
	s.names = strings.Fields(strings.ToLower(params["headers"]))
	sorted := slices.Sorted(slices.Values(s.names))
	if len(slices.Compact(sorted)) != len(s.names) {
		return nil, badSignature("a header is listed twice")
	}
	if s.created, err = unixParam(params["created"]); err != nil {
		return nil, err
	}
	s.expires, err = unixParam(params["expires"])
	return s, err
}

// parseParams splits name="value" pairs; a value may be bare, as numbers are.
func parseParams(header string) (map[string]string, error) {
	params := map[string]string{}
	for rest := strings.TrimSpace(header); rest != ""; {
		name, after, found := strings.Cut(rest, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := params[name]; !found || name == "" || twice {
			return nil, badSignature("malformed header")
		}
		var value string
		if quoted, ok := strings.CutPrefix(after, `"`); ok {
			if value, rest, found = strings.Cut(quoted, `"`); !found {
				return nil, badSignature("unclosed quote")
			}
			rest = strings.TrimSpace(rest)
			if rest != "" && rest[0] != ',' {
				return nil, badSignature("malformed header")
			}
			rest = strings.TrimPrefix(rest, ",")
		} else {
			value, rest, _ = strings.Cut(after, ",")
			value = strings.TrimSpace(value)
		}
		params[name], rest = value, strings.TrimSpace(rest)
	}
	return params, nil
}

func unixParam(value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	whole, _, _ := strings.Cut(value, ".") // (expires) may have decimals
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds <= 0 {
		return time.Time{}, badSignature("created and expires are Unix times")
	}
	return time.Unix(seconds, 0), nil
}

// signedRequest is a request whose form is right: it covers what it must, is
// fresh, meant for us, and its digest is that of its body. Only the key is missing.
type signedRequest struct {
	*signature
	texts [][]byte // what may have been signed; one of them must match
}

// checkRequest verifies all that can be without a key, so that no key is fetched
// for a request that would be refused anyway. domain is ours.
func checkRequest(r *http.Request, body []byte, domain string, now time.Time) (*signedRequest, error) {
	header := r.Header.Values("Signature")
	if len(header) != 1 {
		return nil, badSignature("one Signature header is required")
	}
	s, err := parseSignature(header[0])
	if err != nil {
		return nil, err
	}
	if !sameHost(r.Host, domain) {
		return nil, badSignature("%s is not this server", r.Host)
	}
	if err := s.checkCoverage(r.Method); err != nil {
		return nil, err
	}
	if err := s.checkTime(r, now); err != nil {
		return nil, err
	}
	if r.Method == http.MethodPost {
		if err := checkDigest(r, body); err != nil {
			return nil, err
		}
	}
	texts, err := s.signedTexts(r, len(body))
	if err != nil {
		return nil, err
	}
	return &signedRequest{s, texts}, nil
}

func sameHost(host, domain string) bool {
	trim := func(h string) string {
		return strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(h), ":443"), ":80")
	}
	return trim(host) == trim(domain)
}

// checkCoverage requires that the signature protects where, when and what.
func (s *signature) checkCoverage(method string) error {
	required := []string{"(request-target)", "host"}
	if method == http.MethodPost {
		required = append(required, "digest")
	}
	for _, name := range required {
		if !slices.Contains(s.names, name) {
			return badSignature("%s must be signed", name)
		}
	}
	if !slices.Contains(s.names, "date") && !slices.Contains(s.names, "(created)") {
		return badSignature("date or (created) must be signed")
	}
	for name, value := range map[string]time.Time{"(created)": s.created, "(expires)": s.expires} {
		switch {
		case !slices.Contains(s.names, name):
		case strings.HasPrefix(s.algorithm, "rsa"): // draft-cavage-12 §2.3
			return badSignature("%s cannot be used with %s", name, s.algorithm)
		case value.IsZero():
			return badSignature("%s is signed but absent", name)
		}
	}
	return nil
}

// checkTime refuses what is old, and what claims to come from the future. The
// Date is parsed here first: httpsig invents one when there is none.
func (s *signature) checkTime(r *http.Request, now time.Time) error {
	times := []time.Time{}
	if slices.Contains(s.names, "date") {
		date, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil {
			return badSignature("Date is not an HTTP date")
		}
		times = append(times, date)
	}
	if slices.Contains(s.names, "(created)") {
		times = append(times, s.created)
	}
	for _, t := range times {
		if age := now.Sub(t); age > maxSignatureAge || age < -maxSignatureAhead {
			return badSignature("signed at %s, it is %s", t.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))
		}
	}
	if !s.expires.IsZero() && now.After(s.expires) {
		return badSignature("expired")
	}
	return nil
}

// checkDigest compares the SHA-256 of the Digest header with the body's.
func checkDigest(r *http.Request, body []byte) error {
	header := r.Header.Values("Digest")
	if len(header) != 1 {
		return badSignature("one Digest header is required")
	}
	want := digestOf(body)
	found := false
	for entry := range strings.SplitSeq(header[0], ",") {
		algorithm, value, _ := strings.Cut(strings.TrimSpace(entry), "=")
		if !strings.EqualFold(algorithm, "sha-256") {
			continue
		}
		if subtle.ConstantTimeCompare([]byte("SHA-256="+value), []byte(want)) != 1 {
			return badSignature("the digest is not that of the body")
		}
		found = true
	}
	if !found {
		return badSignature("the digest must be SHA-256")
	}
	return nil
}

// signedTexts builds the candidates for what was signed: the request as it came
// and, for a GET, also without its query, which several peers do not sign.
func (s *signature) signedTexts(r *http.Request, length int) ([][]byte, error) {
	for _, name := range s.names {
		switch count := len(r.Header.Values(name)); {
		case strings.HasPrefix(name, "("), name == "host": // taken from the request itself
		case name == "content-length" && count == 0: // a proxy may drop it
			r.Header.Set("Content-Length", strconv.Itoa(length))
		case count != 1:
			return nil, badSignature("%s is signed and must be there once", name)
		}
	}
	if !strings.HasPrefix(r.RequestURI, "/") {
		return nil, badSignature("unusual request target")
	}
	targets := []string{r.RequestURI}
	if path, _, found := strings.Cut(r.RequestURI, "?"); found && r.Method == http.MethodGet {
		targets = append(targets, path)
	}
	var texts [][]byte
	for _, target := range targets {
		text, err := signingString(r, target, s.names, s.created, s.expires)
		if err != nil {
			return nil, badSignature("%v", err)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// verify checks the signature with the key. The key's type chooses the algorithm;
// the algorithm parameter may only agree with it, so that no peer can have an RSA
// key used as an HMAC secret. hs2019 hides what was used: SHA-256 with RSA for
// every peer that sends it (GoToSocial, Lemmy).
func (s *signedRequest) verify(key crypto.PublicKey) error {
	for _, text := range s.texts {
		var err error
		switch key := key.(type) {
		case *rsa.PublicKey:
			switch s.algorithm {
			case "", "hs2019", "rsa-sha256":
				err = httpsig.RSAVerify(key, crypto.SHA256, text, s.value)
			case "rsa-sha512":
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

// fingerprint names what was signed: a second request with the same one is a replay.
func (s *signedRequest) fingerprint() string {
	sum := sha256.Sum256(append([]byte(s.keyID+"\n"), s.texts[0]...))
	return hex.EncodeToString(sum[:])
}
