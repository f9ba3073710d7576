package federation

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-ap/httpsig"
)

// A scheme is one of the ways to sign a request.
type scheme int

const (
	cavage     scheme = iota // draft-cavage-http-signatures-12: cavage.go
	rfc9421                  // RFC 9421: rfc9421.go
	cavageBare               // the draft, without the query of a GET: Mobilizon and Pleroma check it so
)

var schemeNames = []string{"cavage", "rfc9421", "cavage-path"}

// String is how the store names a scheme.
func (s scheme) String() string { return schemeNames[s] }

// schemeNamed is the scheme of that name; the draft if there is none.
func schemeNamed(name string) scheme { return scheme(max(0, slices.Index(schemeNames, name))) }

// sign signs a request that is about to leave.
func (s scheme) sign(r *http.Request, keyID string, key *rsa.PrivateKey, body []byte, now time.Time) error {
	switch s {
	case rfc9421:
		return signRFC9421(r, keyID, key, body, now)
	case cavageBare:
		return signTarget(r, r.URL.EscapedPath(), keyID, key, body, now)
	}
	return sign(r, keyID, key, body, now)
}

// signRFC9421 adds Content-Digest (when there is a body), Signature-Input and
// Signature to a request: what Mastodon requires, and no more.
func signRFC9421(r *http.Request, keyID string, key *rsa.PrivateKey, body []byte, now time.Time) error {
	r.Host = hostWithoutDefaultPort(r.URL)
	list := innerList{
		items:  []string{"@method", "@target-uri"},
		params: []sfMember[any]{{"created", now.Unix()}, {"keyid", keyID}, {"alg", "rsa-v1_5-sha256"}},
	}
	if body != nil {
		r.Header.Set("Content-Digest", contentDigestOf(body))
		list.items = append(list.items, "content-digest")
	}
	if r.Header.Get(headerSync) != "" {
		list.items = append(list.items, strings.ToLower(headerSync))
	}
	m := message{header: r.Header, method: r.Method, target: r.URL.Scheme + "://" + r.Host + r.URL.RequestURI()}
	text, err := m.signatureBase(list.items, list.String())
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	value, err := httpsig.RSASign(key, crypto.SHA256, text)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	r.Header.Set("Signature-Input", "sig1="+list.String())
	r.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(value)+":")
	return nil
}

// sign adds Date, Digest (when there is a body) and Signature to a request:
// draft-cavage-http-signatures-12 with algorithm rsa-sha256, which every peer
// reads. WordPress takes hs2019 for SHA-512, and httpsig's own Signer always adds
// created and expires, which rsa-sha256 forbids; so the header is written here and
// only the primitives are httpsig's.
func sign(r *http.Request, keyID string, key *rsa.PrivateKey, body []byte, now time.Time) error {
	return signTarget(r, r.URL.RequestURI(), keyID, key, body, now)
}

// signTarget is sign for a request target as it is to be signed.
func signTarget(r *http.Request, target, keyID string, key *rsa.PrivateKey, body []byte, now time.Time) error {
	r.Host = hostWithoutDefaultPort(r.URL)
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	names := []string{"(request-target)", "host", "date"}
	if body != nil {
		r.Header.Set("Digest", digestOf(body))
		names = append(names, "digest")
	}
	if r.Header.Get(headerSync) != "" {
		names = append(names, strings.ToLower(headerSync))
	}
	data, err := signingString(r, r.Host, target, names, time.Time{}, time.Time{})
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	signature, err := httpsig.RSASign(key, crypto.SHA256, data)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="rsa-sha256",headers="%s",signature="%s"`,
		keyID, strings.Join(names, " "), base64.StdEncoding.EncodeToString(signature)))
	return nil
}

// digestOf is the Digest header of a body (RFC 3230).
func digestOf(body []byte) string {
	sum := sha256.Sum256(body)
	return "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
}

func hostWithoutDefaultPort(u *url.URL) string {
	if port := u.Port(); (u.Scheme == "https" && port == "443") || (u.Scheme == "http" && port == "80") {
		return strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Host
}

// The sizes of RSA keys we believe, in bits: smaller ones are forgeable, larger
// ones make us work.
const minRSABits, maxRSABits = 2048, 8192

// parsePublicKey reads a peer's key: SPKI, or PKCS#1 as some old servers write it.
func parsePublicKey(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("public key: no PEM block")
	}
	var key any
	var err error
	if block.Type == "RSA PUBLIC KEY" {
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	} else {
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	}
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return nil, fmt.Errorf("public key: RSA of %d bits", bits)
		}
	case ed25519.PublicKey:
	default:
		return nil, fmt.Errorf("public key: %T is not supported", key)
	}
	return key, nil
}
