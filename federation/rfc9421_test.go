package federation

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const testBase = "https://" + testDomain

// The public keys of RFC 9421, appendices B.1.1 and B.1.4.
const (
	rfcKeyRSA = `-----BEGIN RSA PUBLIC KEY-----
MIIBCgKCAQEAhAKYdtoeoy8zcAcR874L8cnZxKzAGwd7v36APp7Pv6Q2jdsPBRrw
WEBnez6d0UDKDwGbc6nxfEXAy5mbhgajzrw3MOEt8uA5txSKobBpKDeBLOsdJKFq
MGmXCQvEG7YemcxDTRPxAleIAgYYRjTSd/QBwVW9OwNFhekro3RtlinV0a75jfZg
kne/YiktSvLG34lw2zqXBDTC5NHROUqGTlML4PlNZS5Ri2U4aCNx2rUPRcKIlE0P
uKxI4T+HIaFpv8+rdV6eUgOrB2xeI1dSFFn/nnv5OoZJEIB+VmuKn3DCUcCZSFlQ
PSXSfBDiUGhwOw76WuSSsf1D4b/vLoJ10wIDAQAB
-----END RSA PUBLIC KEY-----`
	rfcKeyEd25519 = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----`
	rfcDigest = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
)

// The requests that RFC 9421 publishes with a deterministic signature by a public key.
func TestRFC9421Vectors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		host, date, input, value, key string
	}{
		"B.2.6, ed25519": {
			"example.com", "Tue, 20 Apr 2021 02:07:55 GMT",
			`sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"`,
			"sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:",
			rfcKeyEd25519,
		},
		"4.3, rsa-v1_5-sha256 of a proxy": {
			"origin.host.internal.example", "Tue, 20 Apr 2021 02:07:56 GMT",
			`proxy_sig=("@method" "@authority" "@path" "content-digest" "content-type" "content-length" "forwarded");created=1618884480;keyid="test-key-rsa";alg="rsa-v1_5-sha256";expires=1618884540`,
			"proxy_sig=:S6ZzPXSdAMOPjN/6KXfXWNO/f7V6cHm7BXYUh3YD/fRad4BCaRZxP+JH+8XY1I6+8Cy+CM5g92iHgxtRPz+MjniOaYmdkDcnL9cCpXJleXsOckpURl49GwiyUpZ10KHgOEe11sx3G2gxI8S0jnxQB+Pu68U9vVcasqOWAEObtNKKZd8tSFu7LB5YAv0RAGhB8tmpv7sFnIm9y+7X5kXQfi8NMaZaA8i2ZHwpBdg7a6CMfwnnrtflzvZdXAsD3LH2TwevU+/PBPv0B6NMNk93wUs/vfJvye+YuI87HU38lZHowtznbLVdp770I6VHR6WfgS9ddzirrswsE1w5o0LV/g==:",
			rfcKeyRSA,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lists, err := parseDictionary("Signature-Input", []string{c.input}, (*sfReader).innerList)
			if err != nil || len(lists) != 1 {
				t.Fatal(lists, err)
			}
			if got := lists[0].key + "=" + lists[0].value.String(); got != c.input {
				t.Errorf("written again: %s", got)
			}
			values, err := parseDictionary("Signature", []string{c.value}, (*sfReader).bytes)
			if err != nil {
				t.Fatal(err)
			}
			s, err := newRFC9421(lists[0].value, values[0].value)
			if err != nil {
				t.Fatal(err)
			}
			header := http.Header{}
			for name, value := range map[string]string{
				"Date": c.date, "Content-Type": "application/json", "Content-Digest": rfcDigest, "Content-Length": "18",
				"Forwarded": "for=192.0.2.123;host=example.com;proto=https",
			} {
				header.Set(name, value)
			}
			m := message{header: header, method: "POST", host: c.host, base: "https://" + c.host, path: "/foo?param=Value&Pet=dog"}
			text, err := m.signatureBase(s.names, s.params)
			if err != nil {
				t.Fatal(err)
			}
			s.texts = [][]byte{text}
			key, err := parsePublicKey(c.key)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.verify(key); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
			s.texts[0] = bytes.Replace(text, []byte("POST"), []byte("GET"), 1)
			if err := s.verify(key); !errors.Is(err, errSignature) {
				t.Errorf("another method: %v", err)
			}
		})
	}
}

// The values are those of RFC 9421, sections 2.1 and 2.2.
func TestRFC9421Components(t *testing.T) {
	t.Parallel()
	m := message{
		method: "POST", base: "https://www.example.com", host: "www.example.com",
		path: "/path?param=value&foo=bar&baz=bat%2Dman", target: "https://www.example.com/path?param=value",
		header: http.Header{"X-Ows-Header": {"  leading and trailing whitespace.   "}, "X-Twice": {"a", "b"}, "X-Empty": {""}},
	}
	for name, want := range map[string]string{
		"@method": "POST", "@target-uri": "https://www.example.com/path?param=value", "@authority": "www.example.com",
		"@scheme": "https", "@request-target": "/path?param=value&foo=bar&baz=bat%2Dman", "@path": "/path",
		"@query": "?param=value&foo=bar&baz=bat%2Dman", "x-ows-header": "leading and trailing whitespace.", "x-empty": "", "host": "www.example.com",
	} {
		if got, err := m.component(name); err != nil || got != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"@status", "@query-param", "@other", "@", "", "x-twice", "x-missing", "X-Empty"} {
		if got, err := m.component(name); !errors.Is(err, errSignature) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	m.path = "/path"
	if got, _ := m.component("@query"); got != "?" {
		t.Errorf("no query: %q", got)
	}
}

func TestContentDigest(t *testing.T) {
	t.Parallel()
	body := []byte(`{"hello": "world"}`)
	const right = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
	if got := contentDigestOf(body); got != right {
		t.Errorf("ours: %s", got)
	}
	for name, c := range map[string]struct {
		lines []string
		ok    bool
	}{
		"sha-256":               {[]string{right}, true},
		"sha-512":               {[]string{rfcDigest}, true},
		"both":                  {[]string{right + " , " + rfcDigest}, true},
		"on two lines":          {[]string{right, rfcDigest}, true},
		"beside one we ignore":  {[]string{"md5=:AAAA:, " + right}, true},
		"none":                  {nil, false},
		"empty":                 {[]string{""}, false},
		"only one we ignore":    {[]string{"md5=:AAAA:"}, false},
		"wrong":                 {[]string{"sha-256=:AAAA:"}, false},
		"one right, one wrong":  {[]string{right + ", sha-512=:AAAA:"}, false},
		"twice":                 {[]string{right + ", " + right}, false},
		"of draft-cavage":       {[]string{digestOf(body)}, false},
		"not base64":            {[]string{"sha-256=:!:"}, false},
		"no colon":              {[]string{strings.TrimSuffix(right, ":")}, false},
		"trailing comma":        {[]string{right + ","}, false},
		"no comma":              {[]string{right + " " + rfcDigest}, false},
		"upper case":            {[]string{strings.ToUpper(right[:7]) + right[7:]}, false},
		"with a parameter":      {[]string{right + ";q=1"}, false},
		"too long":              {[]string{right + ", x=:" + strings.Repeat("AAAA", maxSignatureHeader/4) + ":"}, false},
		"of another body":       {[]string{contentDigestOf([]byte("x"))}, false},
		"unused bits, not zero": {[]string{strings.Replace(right, "BPE=", "BPF=", 1)}, false},
	} {
		if err := checkContentDigest(c.lines, body); (err == nil) != c.ok || err != nil && !errors.Is(err, errSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

const (
	peerKey  = "https://peer.example/users/a#main-key"
	mastodon = `("@method" "@target-uri" "content-digest")`
)

// handmade is a signature over a base that is written by hand.
type handmade struct {
	covered string // the inner list, as in the header
	params  string // from ";created=" on
	lines   []string
	signed  string // covered + params in canonical form; "" when they are so
}

func (h handmade) value(sign func([]byte) []byte) string {
	if h.signed == "" {
		h.signed = h.covered + h.params
	}
	text := strings.Join(append(slices.Clone(h.lines), `"@signature-params": `+h.signed), "\n")
	return base64.StdEncoding.EncodeToString(sign([]byte(text)))
}

func rsaWith(hash crypto.Hash) func([]byte) []byte {
	return func(text []byte) []byte {
		h := hash.New()
		h.Write(text)
		value, err := rsa.SignPKCS1v15(nil, testKey(), hash, h.Sum(nil))
		if err != nil {
			panic(err)
		}
		return value
	}
}

// What peers send, with signature bases written out by hand.
func TestVerifyRFC9421(t *testing.T) {
	t.Parallel()
	edPublic, edKey, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"type":"Follow"}`)
	sum := sha256.Sum256(body)
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
	long := sha512.Sum512(body)
	digest512 := "sha-512=:" + base64.StdEncoding.EncodeToString(long[:]) + ":"
	created := fmt.Sprintf(`;created=%d;keyid=%q`, now.Unix(), peerKey)
	threeLines := []string{`"@method": POST`, `"@target-uri": https://` + testDomain + "/inbox", `"content-digest": ` + digest}
	rsaKey := &testKey().PublicKey
	sha2 := rsaWith(crypto.SHA256)
	cases := map[string]struct {
		handmade
		method, target, digest string
		sign                   func([]byte) []byte
		key                    crypto.PublicKey
	}{
		"Mastodon": {handmade{mastodon, created, threeLines, ""}, "POST", "/inbox", digest, sha2, rsaKey},
		"Fedify": {
			handmade{
				`("@method" "@target-uri" "@authority" "host" "date" "content-digest")`,
				fmt.Sprintf(`;alg="rsa-v1_5-sha256";keyid=%q;created=%d`, peerKey, now.Unix()),
				[]string{
					threeLines[0], threeLines[1], `"@authority": ` + testDomain, `"host": ` + testDomain,
					`"date": Sun, 14 Mar 2027 12:00:00 GMT`, threeLines[2],
				},
				"",
			}, "POST", "/inbox", digest, sha2, rsaKey,
		},
		"Fedify, fetching a key": {
			handmade{`("@method" "@target-uri")`, created, []string{`"@method": GET`, `"@target-uri": https://` + testDomain + "/actor#main-key"}, ""},
			"GET", "/actor", "", sha2, rsaKey,
		},
		"path, query and authority": {
			handmade{`("@method" "@path" "@query" "@authority" "content-digest")`, created, []string{
				`"@method": POST`, `"@path": /inbox`, `"@query": ?x=%20`, `"@authority": ` + testDomain, threeLines[2],
			}, ""}, "POST", "/inbox?x=%20", digest, sha2, rsaKey,
		},
		"request-target and host": {
			handmade{`("@method" "@request-target" "host" "content-digest")`, created, []string{
				`"@method": POST`, `"@request-target": /inbox?x=1`, `"host": ` + testDomain, threeLines[2],
			}, ""}, "POST", "/inbox?x=1", digest, sha2, rsaKey,
		},
		"SHA-512 everywhere": {
			handmade{mastodon, created + `;alg="rsa-v1_5-sha512"`, []string{threeLines[0], threeLines[1], `"content-digest": ` + digest512}, ""},
			"POST", "/inbox", digest512, rsaWith(crypto.SHA512), rsaKey,
		},
		"Ed25519": {
			handmade{mastodon, created + `;alg="ed25519"`, threeLines, ""},
			"POST", "/inbox", digest,
			func(text []byte) []byte { return ed25519.Sign(edKey, text) }, edPublic,
		},
		"expires, nonce, tag and one we do not know": {
			handmade{mastodon, created + fmt.Sprintf(`;expires=%d;nonce="a\"b\\c";tag="x";other=7`, now.Unix()+300), threeLines, ""},
			"POST", "/inbox", digest, sha2, rsaKey,
		},
		"spaces where they are allowed": {
			handmade{
				`(  "@method"   "@target-uri" "content-digest" )`, fmt.Sprintf(`; created=%d;  keyid=%q`, now.Unix(), peerKey),
				threeLines, mastodon + created,
			}, "POST", "/inbox", digest, sha2, rsaKey,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := wire(c.method, c.target, body, nil)
			r.Header.Del("Digest")
			r.Header.Set("Content-Digest", c.digest)
			r.Header.Set("Signature-Input", "sig1="+c.covered+c.params)
			r.Header.Set("Signature", "sig1=:"+c.value(c.sign)+":")
			signed, err := checkRequest(r, body, testBase, now)
			if err != nil {
				t.Fatal(err)
			}
			if err := signed.verify(peerKey, c.key); err != nil {
				t.Error(err)
			}
			if err := signed.verify("https://peer.example/users/b#main-key", c.key); !errors.Is(err, errSignature) {
				t.Errorf("another key id: %v", err)
			}
			key, err := parsePublicKey(rfcKeyRSA)
			if err != nil {
				t.Fatal(err)
			}
			if err := signed.verify(peerKey, key); !errors.Is(err, errSignature) {
				t.Errorf("another key: %v", err)
			}
		})
	}
}

// Each request has the right form but for one thing.
func TestRFC9421Refuses(t *testing.T) {
	t.Parallel()
	body := []byte(`{"type":"Follow"}`)
	at := func(d time.Duration) string {
		return fmt.Sprintf(`;created=%d;keyid=%q`, now.Add(d).Unix(), peerKey)
	}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	cases := map[string]struct {
		input  string // "" = what Mastodon sends
		change func(*http.Request)
	}{
		"no input":                     {"", func(r *http.Request) { r.Header.Del("Signature-Input") }},
		"no signature":                 {"", func(r *http.Request) { r.Header.Del("Signature") }},
		"another label":                {"", set("Signature", "sig2=:c2ln:")},
		"a label too many":             {"", set("Signature", "sig1=:c2ln:, sig2=:c2ln:")},
		"label twice":                  {"sig1=" + mastodon + at(0) + ", sig1=" + mastodon + at(0), nil},
		"label twice, on two lines":    {"", func(r *http.Request) { r.Header.Add("Signature-Input", r.Header.Get("Signature-Input")) }},
		"signature twice":              {"", set("Signature", "sig1=:c2ln:, sig1=:c2ln:")},
		"no created":                   {fmt.Sprintf(`sig1=%s;keyid=%q`, mastodon, peerKey), nil},
		"created is text":              {fmt.Sprintf(`sig1=%s;created="%d";keyid=%q`, mastodon, now.Unix(), peerKey), nil},
		"created has decimals":         {fmt.Sprintf(`sig1=%s;created=%d.5;keyid=%q`, mastodon, now.Unix(), peerKey), nil},
		"created is negative":          {fmt.Sprintf(`sig1=%s;created=-%d;keyid=%q`, mastodon, now.Unix(), peerKey), nil},
		"created is huge":              {fmt.Sprintf(`sig1=%s;created=99999999999999999999;keyid=%q`, mastodon, peerKey), nil},
		"created twice":                {"sig1=" + mastodon + at(0) + ";created=1", nil},
		"stale":                        {"sig1=" + mastodon + at(-61*time.Minute), nil},
		"from the future":              {"sig1=" + mastodon + at(61*time.Minute), nil},
		"expired":                      {fmt.Sprintf("sig1=%s%s;expires=%d", mastodon, at(0), now.Unix()-1), nil},
		"expires is text":              {"sig1=" + mastodon + at(0) + `;expires="never"`, nil},
		"no keyid":                     {fmt.Sprintf(`sig1=%s;created=%d`, mastodon, now.Unix()), nil},
		"keyid is no address":          {fmt.Sprintf(`sig1=%s;created=%d;keyid="proxy"`, mastodon, now.Unix()), nil},
		"keyid is a number":            {fmt.Sprintf(`sig1=%s;created=%d;keyid=1`, mastodon, now.Unix()), nil},
		"method not signed":            {`sig1=("@target-uri" "content-digest")` + at(0), nil},
		"target not signed":            {`sig1=("@method" "content-digest")` + at(0), nil},
		"path without query":           {`sig1=("@method" "@path" "@authority" "content-digest")` + at(0), nil},
		"path without authority":       {`sig1=("@method" "@path" "@query" "content-digest")` + at(0), nil},
		"request-target without host":  {`sig1=("@method" "@request-target" "content-digest")` + at(0), nil},
		"digest not signed":            {`sig1=("@method" "@target-uri")` + at(0), nil},
		"nothing signed":               {`sig1=()` + at(0), nil},
		"no digest":                    {"", func(r *http.Request) { r.Header.Del("Content-Digest") }},
		"wrong digest":                 {"", set("Content-Digest", contentDigestOf([]byte("else")))},
		"two digests":                  {"", func(r *http.Request) { r.Header.Add("Content-Digest", rfcDigest) }},
		"component twice":              {`sig1=("@method" "@method" "@target-uri" "content-digest")` + at(0), nil},
		"component unknown":            {`sig1=("@method" "@target-uri" "content-digest" "@vibes")` + at(0), nil},
		"component of answers":         {`sig1=("@method" "@target-uri" "content-digest" "@status")` + at(0), nil},
		"component with a parameter":   {`sig1=("@method" "@target-uri" "content-digest";sf)` + at(0), nil},
		"header missing":               {`sig1=("@method" "@target-uri" "content-digest" "x-custom")` + at(0), nil},
		"header in capitals":           {`sig1=("@method" "@target-uri" "content-digest" "Date")` + at(0), nil},
		"not a list":                   {`sig1="@method"` + at(0), nil},
		"list of tokens":               {`sig1=(@method @target-uri content-digest)` + at(0), nil},
		"list without spaces":          {`sig1=("@method""@target-uri""content-digest")` + at(0), nil},
		"list with commas":             {`sig1=("@method", "@target-uri", "content-digest")` + at(0), nil},
		"list with tabs":               {"sig1=(\"@method\"\t\"@target-uri\" \"content-digest\")" + at(0), nil},
		"list not closed":              {`sig1=("@method" "@target-uri" "content-digest"`, nil},
		"list in a list":               {`sig1=(("@method") "@target-uri" "content-digest")` + at(0), nil},
		"string not closed":            {`sig1=("@method" "@target-uri" "content-digest)` + at(0), nil},
		"bad escape":                   {`sig1=("@method" "@target-uri" "content\-digest")` + at(0), nil},
		"not ASCII":                    {`sig1=("@method" "@target-uri" "content-digest" "é")` + at(0), nil},
		"space before a parameter":     {`sig1=` + mastodon + " " + at(0), nil},
		"parameter without value":      {`sig1=` + mastodon + at(0) + ";x", nil},
		"parameter that is a token":    {`sig1=` + mastodon + at(0) + ";x=y", nil},
		"no label":                     {mastodon + at(0), nil},
		"label in capitals":            {"Sig1=" + mastodon + at(0), nil},
		"spaces around the equal sign": {"sig1 = " + mastodon + at(0), nil},
		"trailing comma":               {"sig1=" + mastodon + at(0) + ",", nil},
		"something after":              {"sig1=" + mastodon + at(0) + " x", nil},
		"huge":                         {"sig1=" + mastodon + at(0) + `;x="` + strings.Repeat("a", maxSignatureHeader) + `"`, nil},
		"empty":                        {" ", nil},
		"another host":                 {"", func(r *http.Request) { r.Host = "victim.example" }},
		"whole address as the target":  {"", func(r *http.Request) { r.RequestURI = testBase + "/inbox" }},
		"draft of another actor": {"", func(r *http.Request) {
			r.Header.Add("Signature", `keyId="https://peer.example/users/b#main-key",headers="(request-target) host date digest",signature="c2ln"`)
		}},
		"two drafts": {"", func(r *http.Request) {
			for range 2 {
				r.Header.Add("Signature", `keyId="`+peerKey+`",headers="(request-target) host date digest",signature="c2ln"`)
			}
		}},
		"labels of two actors": {
			"sig1=" + mastodon + at(0) + ", sig2=" + mastodon + fmt.Sprintf(`;created=%d;keyid="https://other.example/u#main-key"`, now.Unix()),
			set("Signature", "sig1=:c2ln:, sig2=:c2ln:"),
		},
		"many labels": {
			strings.Join([]string{"a=" + mastodon + at(0), "b=" + mastodon + at(0), "c=" + mastodon + at(0), "d=" + mastodon + at(0), "e=" + mastodon + at(0)}, ", "),
			set("Signature", "a=:c2ln:, b=:c2ln:, c=:c2ln:, d=:c2ln:, e=:c2ln:"),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := wire(http.MethodPost, "/inbox", body, nil)
			r.Header.Set("Content-Digest", contentDigestOf(body))
			r.Header.Set("Signature-Input", c.input)
			r.Header.Set("Signature", "sig1=:c2ln:")
			if c.input == "" {
				r.Header.Set("Signature-Input", "sig1="+mastodon+at(0))
				if _, err := checkRequest(r, body, testBase, now); err != nil {
					t.Fatalf("before it is changed: %v", err)
				}
			}
			if c.change != nil {
				c.change(r)
			}
			if _, err := checkRequest(r, body, testBase, now); !errors.Is(err, errSignature) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A signature holds for one method, target, host, digest and time.
func TestRFC9421SignsWhatItCovers(t *testing.T) {
	t.Parallel()
	body, other := []byte(`{"type":"Follow"}`), []byte(`{"type":"Delete"}`)
	for name, c := range map[string]struct {
		body   []byte
		change func(*http.Request)
	}{
		"nothing changed": {body, nil},
		"method":          {body, func(r *http.Request) { r.Method = http.MethodPut }},
		"path":            {body, func(r *http.Request) { r.RequestURI = "/actor/inbox" }},
		"query":           {body, func(r *http.Request) { r.RequestURI = "/inbox?x" }},
		"body and digest": {other, func(r *http.Request) { r.Header.Set("Content-Digest", contentDigestOf(other)) }},
		"time": {body, func(r *http.Request) {
			r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), fmt.Sprint(now.Unix()), fmt.Sprint(now.Unix()+1), 1))
		}},
	} {
		r := wire(http.MethodPost, testBase+"/inbox", body, nil)
		if err := signRFC9421(r, peerKey, testKey(), body, now); err != nil {
			t.Fatal(err)
		}
		r.RequestURI = "/inbox"
		if c.change != nil {
			c.change(r)
		}
		signed, err := checkRequest(r, c.body, testBase, now)
		if err == nil {
			err = signed.verify(peerKey, &testKey().PublicKey)
		}
		if (c.change == nil) != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of several signatures, one that is good is enough, if no other says it is somebody
// else's.
func TestVerifySeveralSignatures(t *testing.T) {
	t.Parallel()
	body := []byte(`{"type":"Follow"}`)
	key := &testKey().PublicKey
	good := func() *http.Request {
		r := wire(http.MethodPost, testBase+"/inbox", body, nil)
		if err := signRFC9421(r, peerKey, testKey(), body, now); err != nil {
			t.Fatal(err)
		}
		r.RequestURI = "/inbox"
		return r
	}
	draft := func(r *http.Request, keyID string) {
		labelled := r.Header.Get("Signature")
		if err := sign(r, keyID, testKey(), body, now); err != nil {
			t.Fatal(err)
		}
		r.Header.Add("Signature", labelled)
	}
	add := func(r *http.Request, label, params, value string) {
		r.Header.Set("Signature-Input", label+"="+params+", "+r.Header.Get("Signature-Input"))
		r.Header.Set("Signature", label+"="+value+", "+r.Header.Get("Signature"))
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		scheme scheme
		ok     bool
	}{
		"both schemes":             {func(r *http.Request) { draft(r, peerKey) }, rfc9421, true},
		"both schemes, two actors": {func(r *http.Request) { draft(r, "https://peer.example/users/b#main-key") }, 0, false},
		"both schemes, RFC 9421 is stale": {func(r *http.Request) {
			draft(r, peerKey)
			r.Header.Set("Signature-Input", strings.Replace(r.Header.Get("Signature-Input"), fmt.Sprint(now.Unix()), "17", 1))
		}, cavage, true},
		"both schemes, RFC 9421 is wrong": {func(r *http.Request) {
			r.Header.Set("Signature", "sig1=:c2ln:")
			draft(r, peerKey)
		}, cavage, true},
		"both schemes, the draft is wrong": {func(r *http.Request) {
			draft(r, peerKey)
			r.Header.Set("Date", now.Add(time.Second).Format(http.TimeFormat))
		}, rfc9421, true},
		"beside a proxy's": {func(r *http.Request) { add(r, "proxy", `("@status");created=1;keyid="proxy-key"`, ":c2ln:") }, rfc9421, true},
		"beside another key's": {func(r *http.Request) {
			add(r, "ed", mastodon+fmt.Sprintf(`;created=%d;keyid="https://peer.example/users/a#ed25519-key"`, now.Unix()), ":c2ln:")
		}, rfc9421, true},
		"beside one that covers less": {func(r *http.Request) {
			add(r, "less", fmt.Sprintf(`("@method");created=%d;keyid=%q`, now.Unix(), peerKey), ":c2ln:")
		}, rfc9421, true},
		"beside another actor's": {func(r *http.Request) {
			add(r, "b", `("@method");created=1;keyid="https://peer.example/users/b#main-key"`, ":c2ln:")
		}, 0, false},
		"beside nonsense": {func(r *http.Request) { add(r, "x", `(;`, ":c2ln:") }, 0, false},
	} {
		r := good()
		c.change(r)
		signed, err := checkRequest(r, body, testBase, now)
		if err == nil {
			err = signed.verify(peerKey, key)
		}
		switch {
		case c.ok && (err != nil || signed.proof.scheme != c.scheme):
			t.Errorf("%s: %v", name, err)
		case !c.ok && !errors.Is(err, errSignature):
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRFC9421RefusesKeyConfusion(t *testing.T) {
	t.Parallel()
	edPublic, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		algorithm string
		key       crypto.PublicKey
	}{
		{"hmac-sha256", &testKey().PublicKey},
		{"rsa-pss-sha512", &testKey().PublicKey},
		{"ecdsa-p256-sha256", &testKey().PublicKey},
		{"ed25519", &testKey().PublicKey},
		{"rsa-v1_5-sha256", edPublic},
		{"RSA-V1_5-SHA256", &testKey().PublicKey},
	} {
		s := &signature{scheme: rfc9421, algorithm: c.algorithm, texts: [][]byte{[]byte("text")}}
		if err := s.verify(c.key); !errors.Is(err, errSignature) || !strings.Contains(err.Error(), "does not go with") {
			t.Errorf("%s with %T: %v", c.algorithm, c.key, err)
		}
	}
}

// Our own headers, read back byte for byte.
func TestSignRFC9421Header(t *testing.T) {
	t.Parallel()
	body := []byte(`{}`)
	r, err := http.NewRequest(http.MethodPost, "https://peer.example:443/users/h%C3%A9/inbox?x=1", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := signRFC9421(r, testBase+"/actor#main-key", testKey(), body, now); err != nil {
		t.Fatal(err)
	}
	params := mastodon + fmt.Sprintf(`;created=%d;keyid="%s/actor#main-key";alg="rsa-v1_5-sha256"`, now.Unix(), testBase)
	if got := r.Header.Get("Signature-Input"); got != "sig1="+params {
		t.Errorf("Signature-Input: %s", got)
	}
	const digest = "sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:"
	if got := r.Header.Get("Content-Digest"); got != digest {
		t.Errorf("Content-Digest: %s", got)
	}
	text := "\"@method\": POST\n\"@target-uri\": https://peer.example/users/h%C3%A9/inbox?x=1\n\"content-digest\": " + digest + "\n\"@signature-params\": " + params
	if got, want := r.Header.Get("Signature"), "sig1=:"+base64.StdEncoding.EncodeToString(rsaWith(crypto.SHA256)([]byte(text)))+":"; got != want {
		t.Errorf("Signature\ngot  %s\nwant %s", got, want)
	}
	if r.Host != "peer.example" || r.Header.Get("Digest") != "" {
		t.Errorf("Host %q, Digest %q", r.Host, r.Header.Get("Digest"))
	}
}

// Whatever strangers write, nothing but a refusal comes of it, and what is read is
// written again as it was understood.
func FuzzParseRFC9421(f *testing.F) {
	f.Add(`sig1=("@method" "@target-uri");created=1700000000;keyid="https://peer.example/u#main-key"`, "sig1=:c2ln:", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:")
	f.Add(`a=( "x\"y\\" );created=007;nonce="",b=();keyid="https://p.example/"`, "b=::,\ta=:YQ==:", "sha-512=:AA==:, sha-256=:=:")
	f.Add(`a=(";`, "a=:", "a")
	f.Add(`*._-=("a" "b";sf)`, `keyId="k",signature="c2ln"`, ",")
	f.Fuzz(func(t *testing.T, input, value, digest string) {
		refusal := func(err error) bool {
			if err != nil && !errors.Is(err, errSignature) {
				t.Errorf("not a refusal: %v", err)
			}
			return err != nil
		}
		if !refusal(checkContentDigest([]string{digest}, []byte(`{"hello": "world"}`))) && !strings.Contains(digest, "=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:") &&
			!strings.Contains(digest, "=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:") {
			t.Errorf("digest %q passes", digest)
		}
		if lists, err := parseDictionary("Signature-Input", []string{input}, (*sfReader).innerList); !refusal(err) {
			for _, l := range lists {
				written := l.key + "=" + l.value.String()
				again, err := parseDictionary("Signature-Input", []string{written}, (*sfReader).innerList)
				if err != nil || len(again) != 1 || again[0].key+"="+again[0].value.String() != written {
					t.Errorf("%q becomes %q, %v", input, written, err)
				}
				if strings.ContainsAny(written, "\r\n") {
					t.Errorf("%q has several lines", written)
				}
			}
		}
		signatures, err := parseRFC9421([]string{input}, []string{value})
		if refusal(err) {
			return
		}
		for _, s := range signatures {
			if !strings.HasPrefix(s.keyID, "http") || doubled(s.names) {
				t.Errorf("accepted: %+v", s)
			}
		}
	})
}
