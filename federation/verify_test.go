package federation

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const testDomain = "opl.tiriad.example"

var now = time.Date(2027, 3, 14, 12, 0, 0, 0, time.UTC)

func newRSA(t testing.TB, bits int) *rsa.PrivateKey {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0")
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// testKey is one RSA key for all tests that need any.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// wire is a request as a server receives it, with the headers of the peer.
func wire(method, target string, body []byte, headers map[string]string) *http.Request {
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	r.Host = testDomain
	r.Header.Set("Date", now.Format(http.TimeFormat))
	r.Header.Set("Digest", digestOf(body))
	r.Header.Del("Content-Length")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return r
}

// The signing strings are written out by hand from draft-cavage-12 §2.3 and what
// peers send, not built by the code under test.
func TestVerifyWhatPeersSend(t *testing.T) {
	key := newRSA(t, 2048)
	edPublic, edKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"type":"Follow"}`)
	sum := sha256.Sum256(body)
	digest := "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
	date := "Sun, 14 Mar 2027 12:00:00 GMT"
	sha2 := func(text string) []byte {
		h := sha256.Sum256([]byte(text))
		out, _ := rsa.SignPKCS1v15(nil, key, crypto.SHA256, h[:])
		return out
	}
	cases := map[string]struct {
		method, target, params string
		headers                map[string]string
		signature              []byte
		public                 crypto.PublicKey
	}{
		"Mastodon": {
			"POST", "/inbox", `algorithm="rsa-sha256",headers="host date digest content-type (request-target)"`,
			map[string]string{"Content-Type": "application/activity+json"},
			sha2("host: " + testDomain + "\ndate: " + date + "\ndigest: " + digest + "\ncontent-type: application/activity+json\n(request-target): post /inbox"),
			&key.PublicKey,
		},
		"GoToSocial": {
			"POST", "/inbox", `algorithm="hs2019",headers="(request-target) host date digest"`, nil,
			sha2("(request-target): post /inbox\nhost: " + testDomain + "\ndate: " + date + "\ndigest: " + digest),
			&key.PublicKey,
		},
		"Mobilizon, whose content-length the proxy dropped": {
			"POST", "/inbox", `algorithm="rsa-sha256",headers="(request-target) content-length date digest host"`, nil,
			sha2("(request-target): post /inbox\ncontent-length: 17\ndate: " + date + "\ndigest: " + digest + "\nhost: " + testDomain),
			&key.PublicKey,
		},
		"(created) with hs2019": {
			"POST", "/inbox", fmt.Sprintf(`algorithm="hs2019",created=%d,expires="%d",headers="(request-target) (created) (expires) host digest"`, now.Unix(), now.Unix()+300), nil,
			sha2(fmt.Sprintf("(request-target): post /inbox\n(created): %d\n(expires): %d\nhost: %s\ndigest: %s", now.Unix(), now.Unix()+300, testDomain, digest)),
			&key.PublicKey,
		},
		"GET without its query": {
			"GET", "/organisations/libertic/outbox?page=1", `algorithm="rsa-sha256",headers="(request-target) host date"`, nil,
			sha2("(request-target): get /organisations/libertic/outbox\nhost: " + testDomain + "\ndate: " + date),
			&key.PublicKey,
		},
		"escaped path": {
			"GET", "/l%C3%A0?q=%20", `headers="(request-target) host date"`, nil,
			sha2("(request-target): get /l%C3%A0?q=%20\nhost: " + testDomain + "\ndate: " + date),
			&key.PublicKey,
		},
		"RSA with SHA-512": {
			"GET", "/actor", `algorithm="rsa-sha512",headers="(request-target) host date"`, nil,
			func() []byte {
				h := sha512.Sum512([]byte("(request-target): get /actor\nhost: " + testDomain + "\ndate: " + date))
				out, _ := rsa.SignPKCS1v15(nil, key, crypto.SHA512, h[:])
				return out
			}(),
			&key.PublicKey,
		},
		"Ed25519": {
			"GET", "/actor", `algorithm="hs2019",headers="(request-target) host date"`, nil,
			ed25519.Sign(edKey, []byte("(request-target): get /actor\nhost: "+testDomain+"\ndate: "+date)),
			edPublic,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := wire(c.method, c.target, body, c.headers)
			r.Header.Set("Signature", `keyId="https://peer.example/actor#main-key",`+c.params+`,signature="`+base64.StdEncoding.EncodeToString(c.signature)+`"`)
			signed, err := checkRequest(r, body, "https://"+testDomain, now)
			if err != nil {
				t.Fatal(err)
			}
			if err := signed.verify("https://peer.example/actor#main-key", c.public); err != nil {
				t.Error(err)
			}
			other := newRSA(t, 2048)
			if err := signed.verify("https://peer.example/actor#main-key", &other.PublicKey); !errors.Is(err, errSignature) {
				t.Errorf("another key: %v", err)
			}
		})
	}
}

// A server on a port of its own: Gancio leaves the port out of the Host header, Mobilizon
// out of what it signs.
func TestVerifyWithoutThePort(t *testing.T) {
	t.Parallel()
	const ours, name = testDomain + ":8443", testDomain
	date := now.Format(http.TimeFormat)
	for title, c := range map[string]struct {
		host, signed string
		fine         bool
	}{
		"as it is":         {ours, ours, true},
		"signed without":   {ours, name, true},
		"sent without":     {name, name, true},
		"another port":     {testDomain + ":9000", testDomain + ":9000", false},
		"another name":     {"a.example", "a.example", false},
		"signed elsewhere": {ours, "a.example", false},
	} {
		r := wire("GET", "/actor", nil, nil)
		r.Host = c.host
		sum := sha256.Sum256([]byte("(request-target): get /actor\nhost: " + c.signed + "\ndate: " + date))
		value, err := rsa.SignPKCS1v15(nil, testKey(), crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Signature", `keyId="https://peer.example/actor#main-key",headers="(request-target) host date",signature="`+base64.StdEncoding.EncodeToString(value)+`"`)
		signed, err := checkRequest(r, nil, "https://"+ours, now)
		if err == nil {
			err = signed.verify("https://peer.example/actor#main-key", &testKey().PublicKey)
		}
		if (err == nil) != c.fine || err != nil && !errors.Is(err, errSignature) {
			t.Errorf("%s: %v", title, err)
		}
	}
}

// The draft lets a signature travel as an Authorization, and a digest be a SHA-512.
func TestVerifyOtherFormsOfTheDraft(t *testing.T) {
	t.Parallel()
	body := []byte(`{"type":"Follow"}`)
	sum := sha512.Sum512(body)
	for title, c := range map[string]struct {
		header, digest string
		fine           bool
	}{
		"SHA-512":                 {"Signature", "SHA-512=" + base64.StdEncoding.EncodeToString(sum[:]), true},
		"both":                    {"Signature", digestOf(body) + ",sha-512=" + base64.StdEncoding.EncodeToString(sum[:]), true},
		"one of both is wrong":    {"Signature", digestOf(body) + ",SHA-512=" + base64.StdEncoding.EncodeToString(sum[1:]), false},
		"SHA-512 of another body": {"Signature", "SHA-512=" + base64.StdEncoding.EncodeToString(sum[1:]), false},
		"MD5":                     {"Signature", "MD5=rL0Y20zC+Fzt72VPzMSk2A==", false},
		"an Authorization":        {"Authorization", digestOf(body), true},
	} {
		r := wire("POST", "/inbox", body, map[string]string{"Digest": c.digest})
		text := sha256.Sum256([]byte("(request-target): post /inbox\nhost: " + testDomain + "\ndate: " + now.Format(http.TimeFormat) + "\ndigest: " + c.digest))
		value, err := rsa.SignPKCS1v15(nil, testKey(), crypto.SHA256, text[:])
		if err != nil {
			t.Fatal(err)
		}
		params := `keyId="https://peer.example/actor",algorithm="rsa-sha256",headers="(Request-Target) Host Date Digest",signature="` + base64.StdEncoding.EncodeToString(value) + `"`
		if c.header == "Authorization" {
			params = "Signature " + params
		}
		r.Header.Set(c.header, params)
		signed, err := checkRequest(r, body, testBase, now)
		if err == nil {
			err = signed.verify("https://peer.example/actor", &testKey().PublicKey)
		}
		if (err == nil) != c.fine || err != nil && !errors.Is(err, errSignature) {
			t.Errorf("%s: %v", title, err)
		}
	}
}

// Our own header, read back byte for byte.
func TestSignHeader(t *testing.T) {
	key := newRSA(t, 2048)
	body := []byte(`{}`)
	r, err := http.NewRequest(http.MethodPost, "https://peer.example:443/users/h%C3%A9/inbox?x=1", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := sign(r, "https://opl.tiriad.example/actor#main-key", key, body, now); err != nil {
		t.Fatal(err)
	}
	text := "(request-target): post /users/h%C3%A9/inbox?x=1\nhost: peer.example\ndate: Sun, 14 Mar 2027 12:00:00 GMT\n" +
		"digest: SHA-256=RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o="
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	want := `keyId="https://opl.tiriad.example/actor#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="` +
		base64.StdEncoding.EncodeToString(signature) + `"`
	if got := r.Header.Get("Signature"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if r.Host != "peer.example" {
		t.Errorf("Host %q", r.Host)
	}
}

// Each request is right but for one thing.
func TestCheckRequestRefuses(t *testing.T) {
	t.Parallel()
	body := []byte(`{"type":"Follow"}`)
	const id = `keyId="https://peer.example/actor#main-key",signature="c2ln",`
	const all = `headers="(request-target) host date digest"`
	cases := map[string]struct {
		signature string
		change    func(*http.Request)
	}{
		"unsigned":              {"", func(r *http.Request) { r.Header.Del("Signature") }},
		"two signatures":        {id + all, func(r *http.Request) { r.Header.Add("Signature", "x") }},
		"RFC 9421, no input":    {`sig1=:c2ln:`, nil},
		"no list of headers":    {id + `algorithm="rsa-sha256"`, nil},
		"doubled parameter":     {id + all + `,keyId="https://peer.example/other"`, nil},
		"doubled header name":   {id + `headers="(request-target) host date date digest"`, nil},
		"not base64":            {`keyId="k",signature="!",` + all, nil},
		"unclosed quote":        {id + `headers="host`, nil},
		"huge":                  {id + all + `,x="` + strings.Repeat("a", maxSignatureHeader) + `"`, nil},
		"date only":             {id + `headers="date"`, nil},
		"target not signed":     {id + `headers="host date digest"`, nil},
		"host not signed":       {id + `headers="(request-target) date digest"`, nil},
		"digest not signed":     {id + `headers="(request-target) host date"`, nil},
		"no time signed":        {id + `headers="(request-target) host digest"`, nil},
		"created with rsa":      {id + fmt.Sprintf(`algorithm="rsa-sha256",created=%d,headers="(request-target) (created) host digest"`, now.Unix()), nil},
		"created absent":        {id + `algorithm="hs2019",headers="(request-target) (created) host digest"`, nil},
		"created long ago":      {id + fmt.Sprintf(`algorithm="hs2019",created=%d,headers="(request-target) (created) host digest"`, now.Add(-2*time.Hour).Unix()), nil},
		"expired":               {id + fmt.Sprintf(`expires=%d,`, now.Unix()-1) + all, nil},
		"no date":               {id + all, func(r *http.Request) { r.Header.Del("Date") }},
		"two dates":             {id + all, func(r *http.Request) { r.Header.Add("Date", r.Header.Get("Date")) }},
		"stale":                 {id + all, func(r *http.Request) { r.Header.Set("Date", now.Add(-61*time.Minute).Format(http.TimeFormat)) }},
		"from the future":       {id + all, func(r *http.Request) { r.Header.Set("Date", now.Add(61*time.Minute).Format(http.TimeFormat)) }},
		"another host":          {id + all, func(r *http.Request) { r.Host = "victim.example" }},
		"no digest":             {id + all, func(r *http.Request) { r.Header.Del("Digest") }},
		"two digests":           {id + all, func(r *http.Request) { r.Header.Add("Digest", digestOf(body)) }},
		"digest of something":   {id + all, func(r *http.Request) { r.Header.Set("Digest", digestOf([]byte("else"))) }},
		"weak digest":           {id + all, func(r *http.Request) { r.Header.Set("Digest", "MD5=rL0Y20zC+Fzt72VPzMSk2A==") }},
		"signed header missing": {id + `headers="(request-target) host date digest x-custom"`, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := wire(http.MethodPost, "/inbox", body, nil)
			r.Header.Set("Signature", c.signature)
			if c.change != nil {
				c.change(r)
			}
			if _, err := checkRequest(r, body, "https://"+testDomain, now); !errors.Is(err, errSignature) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The algorithm comes from the key: what the header claims may only agree.
func TestVerifyRefusesKeyConfusion(t *testing.T) {
	key := newRSA(t, 2048)
	edPublic, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		algorithm string
		key       crypto.PublicKey
	}{
		{"hmac-sha256", &key.PublicKey},
		{"hmac-sha256", []byte("public PEM")},
		{"rsa-sha1", &key.PublicKey},
		{"rsa-sha256", edPublic},
		{"ed25519", &key.PublicKey},
		{"none", &key.PublicKey},
		{"", nil},
	} {
		s := &signature{algorithm: c.algorithm, texts: [][]byte{[]byte("text")}}
		if err := s.verify(c.key); !errors.Is(err, errSignature) {
			t.Errorf("%s with %T: %v", c.algorithm, c.key, err)
		}
	}
}

func TestParsePublicKey(t *testing.T) {
	spki := func(key any) string {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	good, small := newRSA(t, 2048), newRSA(t, 1024)
	pkcs1 := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&good.PublicKey)}))
	for name, c := range map[string]struct {
		pem string
		ok  bool
	}{
		"SPKI": {spki(&good.PublicKey), true}, "PKCS#1": {pkcs1, true},
		"1024 bits": {spki(&small.PublicKey), false}, "no PEM": {"hello", false}, "empty": {"", false},
	} {
		if _, err := parsePublicKey(c.pem); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseCavage(f *testing.F) {
	f.Add(`keyId="https://peer.example/actor#main-key",algorithm="hs2019",headers="(request-target) host date digest",signature="c2ln"`)
	f.Add(`keyId="k",created=1700000000,expires=1700000300.5,headers="(created)",signature=""`)
	f.Add(`sig1=:c2ln:`)
	f.Add(`a="b" , c = d,,="`)
	f.Fuzz(func(t *testing.T, header string) {
		s, err := parseCavage(header)
		if err != nil {
			if !errors.Is(err, errSignature) {
				t.Errorf("not a refusal: %v", err)
			}
			return
		}
		if s.keyID == "" || len(s.names) == 0 || len(s.value) == 0 {
			t.Errorf("accepted without what is required: %+v", s)
		}
		seen := map[string]bool{}
		for _, name := range s.names {
			if seen[name] || name != strings.ToLower(name) {
				t.Errorf("names %q", s.names)
			}
			seen[name] = true
		}
	})
}
