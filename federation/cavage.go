package federation

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ap/httpsig"
)

// This file is the syntax of draft-cavage-http-signatures-12, which all of the
// fediverse reads and most of it sends.

// parseCavage reads a Signature header. Anything unusual is refused: doubled
// parameters or names, no list of names (the draft's default, the date alone,
// protects nothing).
func parseCavage(header string) (*signature, error) {
	if len(header) > maxSignatureHeader {
		return nil, badSignature("header too long")
	}
	params, err := parseParams(header)
	if err != nil {
		return nil, err
	}
	s := &signature{scheme: cavage, keyID: params["keyid"], algorithm: strings.ToLower(params["algorithm"])}
	if s.keyID == "" || params["signature"] == "" || params["headers"] == "" {
		return nil, badSignature("keyId, headers and signature are required (draft-cavage-12)")
	}
	if s.value, err = base64.StdEncoding.DecodeString(params["signature"]); err != nil {
		return nil, badSignature("signature is not base64")
	}
	s.names = strings.Fields(strings.ToLower(params["headers"]))
	if doubled(s.names) {
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

// checkCavage requires that the signature protects where, when and what, and that
// the digest is that of the body.
func (s *signature) checkCavage(r *http.Request, body []byte) error {
	err := s.checkCoverage(r.Method)
	if err != nil {
		return err
	}
	if s.times, err = s.cavageTimes(r); err != nil {
		return err
	}
	if r.Method == http.MethodPost {
		if err := checkDigest(r, body); err != nil {
			return err
		}
	}
	s.texts, err = s.cavageTexts(r, len(body))
	return err
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

// cavageTimes are the times that are signed. The Date is parsed here: httpsig
// invents one when there is none.
func (s *signature) cavageTimes(r *http.Request) ([]time.Time, error) {
	var times []time.Time
	if slices.Contains(s.names, "date") {
		date, err := http.ParseTime(r.Header.Get("Date"))
		if err != nil {
			return nil, badSignature("Date is not an HTTP date")
		}
		times = append(times, date)
	}
	if slices.Contains(s.names, "(created)") {
		times = append(times, s.created)
	}
	return times, nil
}

// checkDigest compares the SHA-256 and SHA-512 of the Digest header with the body's.
// There must be one of them, and those that are there must be right.
func checkDigest(r *http.Request, body []byte) error {
	header := r.Header.Values("Digest")
	if len(header) != 1 {
		return badSignature("one Digest header is required")
	}
	found := false
	for entry := range strings.SplitSeq(header[0], ",") {
		algorithm, value, _ := strings.Cut(strings.TrimSpace(entry), "=")
		var want []byte
		switch strings.ToLower(algorithm) {
		case "sha-256":
			sum := sha256.Sum256(body)
			want = sum[:]
		case "sha-512":
			sum := sha512.Sum512(body)
			want = sum[:]
		default:
			continue
		}
		if subtle.ConstantTimeCompare([]byte(value), []byte(base64.StdEncoding.EncodeToString(want))) != 1 {
			return badSignature("the digest is not that of the body")
		}
		found = true
	}
	if !found {
		return badSignature("the digest must be SHA-256 or SHA-512")
	}
	return nil
}

// cavageTexts builds the candidates for what was signed: the request as it came; for a
// GET, also without its query, which several peers do not sign; of a server on a port of
// its own, also without the port, which Mobilizon does not sign.
func (s *signature) cavageTexts(r *http.Request, length int) ([][]byte, error) {
	for _, name := range s.names {
		switch count := len(r.Header.Values(name)); {
		case strings.HasPrefix(name, "("), name == "host": // taken from the request itself
		case name == "content-length" && count == 0: // a proxy may drop it
			r.Header.Set("Content-Length", strconv.Itoa(length))
		case count != 1:
			return nil, badSignature("%s is signed and must be there once", name)
		}
	}
	targets := []string{r.RequestURI}
	if path, _, found := strings.Cut(r.RequestURI, "?"); found && r.Method == http.MethodGet {
		targets = append(targets, path)
	}
	hosts := []string{r.Host}
	if name := hostname(r.Host); name != r.Host {
		hosts = append(hosts, name)
	}
	var texts [][]byte
	for _, target := range targets {
		for _, host := range hosts {
			text, err := signingString(r, host, target, s.names, s.created, s.expires)
			if err != nil {
				return nil, badSignature("%v", err)
			}
			texts = append(texts, text)
		}
	}
	return texts, nil
}

// signingString is what is signed. It is built on a clone whose path is the
// request target as it travels, for httpsig would use the decoded path.
func signingString(r *http.Request, host, target string, names []string, created, expires time.Time) ([]byte, error) {
	clone := &http.Request{Method: r.Method, Host: host, Header: r.Header, URL: &url.URL{Path: target}}
	return httpsig.BuildSignatureData(clone, names, created, expires)
}
