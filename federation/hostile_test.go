package federation

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/costtest"
)

// hostile is one request by somebody who has a good key and a document of their own.
type hostile struct {
	name   string
	body   string
	header map[string]string // after signing; "" takes one away
}

// hostileRequests are bodies and headers made to cost more than they do to send.
func hostileRequests(actor, us string) []hostile {
	activity := func(members string) string {
		return fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":"%s/h","actor":%q,%s}`, actor, actor, members)
	}
	repeat := func(s string, n int) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	numbered := func(format string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format+",", i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	const event = `"type":"Create","object":{"type":"Event","id":"https://x.example/e","name":"x",`
	const proof = `"proof":{"type":"DataIntegrityProof","cryptosuite":"eddsa-jcs-2022","proofPurpose":"assertionMethod","verificationMethod":"https://x.example/u#k","proofValue":"z1111"}`
	var list []hostile
	for name, members := range map[string]string{
		"deep objects":         `"type":"Create","object":` + strings.Repeat(`{"object":`, 20_000) + "1" + strings.Repeat("}", 20_000),
		"deep arrays":          `"type":"Create","object":` + strings.Repeat("[", 400_000) + strings.Repeat("]", 400_000),
		"wide array":           `"type":"Create","to":[` + repeat(`"a"`, 200_000) + `],"object":"x"`,
		"wide object":          `"type":"Create","object":{` + numbered(`"k%d":1`, 70_000) + "}",
		"empty objects":        `"type":"Create","object":[` + repeat("{}", 300_000) + "]",
		"arrays of arrays":     `"type":"Create","object":[` + repeat("["+repeat("[]", 300)+"]", 900) + "]",
		"long text":            event + `"content":"` + strings.Repeat("x", 900_000) + `"}`,
		"escapes":              event + `"content":"` + strings.Repeat(`\u003c`, 150_000) + `"}`,
		"markup":               event + `"content":"` + strings.Repeat("<b><i>", 150_000) + `"}`,
		"broken markup":        event + `"content":"` + strings.Repeat("<", 900_000) + `"}`,
		"entities":             event + `"content":"` + strings.Repeat("&amp;", 180_000) + `"}`,
		"long names":           `"type":"Create","object":{` + fmt.Sprintf("%q:1", strings.Repeat("k", 900_000)) + "}",
		"long numbers":         `"type":"Create","n":` + strings.Repeat("9", 900_000) + `,"object":"x"`,
		"huge exponent":        `"type":"Create","n":1e999999999,"object":"x"`,
		"many numbers":         `"type":"Create","n":[` + repeat("1.7976931348623157e308", 40_000) + `],"object":"x"`,
		"doubled keys":         `"type":"Create","type":"Delete","object":"x"`,
		"keys alike but case":  `"type":"Create","Actor":"x","object":"x"`,
		"many recipients":      `"type":"Create","to":[` + numbered(`"https://x.example/u%d"`, 30_000) + `],"object":"x"`,
		"many tags":            event + `"tag":[` + repeat(`{"type":"Hashtag","name":"#x"}`, 900) + "]}",
		"many attachments":     event + `"attachment":[` + repeat(`{"type":"Image","url":"https://x.example/i"}`, 900) + "]}",
		"many contexts":        `"type":"Create","@context":[` + repeat(`{"a":"b"}`, 90_000) + `],"object":"x"`,
		"nested contexts":      event + strings.Repeat(`"@context":{"a":{"@id":"b",`, 9) + `"c":1` + strings.Repeat("}}", 9) + "}",
		"aliases of aliases":   event + `"@context":{` + numbered(`"a%d":"a1:x"`, 5_000) + "}}",
		"a context that loops": event + `"@context":{"a":"b:x","b":"a:x"},"a:y":1}`,
		"remote context":       event + `"@context":"https://x.example/never-read"}`,
		"graph":                `"type":"Create","@graph":[` + repeat(`{"id":"https://x.example/1"}`, 900) + `],"object":"x"`,
		"an address of 1 MB":   `"type":"Create","object":"https://` + strings.Repeat("a", 900_000) + `.example/"`,
		"Punycode":             `"type":"Create","object":"https://` + strings.Repeat("é", 60_000) + `.example/"`,
		"a date of 1 MB":       event + `"startTime":"` + strings.Repeat("2", 900_000) + `"}`,
		"dates far away":       event + `"startTime":"999999999-01-01T00:00:00Z","endTime":"-1"}`,
		"bidirectional marks":  event + `"content":"` + strings.Repeat("\u202e", 200_000) + `"}`,
		"combining marks":      event + `"name":"` + strings.Repeat("e\u0301\u0302", 150_000) + `"}`,
		"spaces":               `"type":"Create","object":` + strings.Repeat(" ", 900_000) + `"x"`,
		"not UTF-8":            "\"type\":\"Create\",\"object\":\"\xff\xfe\"",
		"lone surrogates":      event + `"content":"` + strings.Repeat(`\ud800`, 150_000) + `"}`,
		"null everywhere":      `"type":null,"object":[` + repeat("null", 200_000) + "]",
		"type is a list":       `"type":["Create","Delete"],"object":"x"`,
		"type is an object":    `"type":{"type":"Create"},"object":"x"`,
		"object is a list":     `"type":"Flag","object":[` + numbered(`"https://x.example/%d"`, 990) + "]",
		"proof, wide":          event + `"k":[` + repeat("1", 990) + `]},` + proof,
		"proof, many":          event + `"k":1},"proof":[` + repeat(strings.TrimPrefix(proof, `"proof":`), 200) + "]",
		"proof, large":         event + `"k":"` + strings.Repeat("x", 60_000) + `"},` + proof,
		"proof, 1 MB":          event + `"k":"` + strings.Repeat("x", 900_000) + `"},` + proof,
		"proof, many keys":     event + numbered(`"k%d":1.5e3`, 3_000) + `},` + proof,
		"proof, long value":    event + `"k":1},` + strings.Replace(proof, "z1111", "z"+strings.Repeat("2", 40_000), 1),
		"a Follow of 1 MB":     fmt.Sprintf(`"type":"Follow","object":%q,"x":"%s"`, us, strings.Repeat("x", 900_000)),
	} {
		list = append(list, hostile{name: name, body: activity(members)})
	}
	small := activity(`"type":"Like","object":"` + us + `"`)
	for name, header := range map[string]map[string]string{
		"no signature":            {"Signature": ""},
		"many parameters":         {"Signature": numbered(`p%d="x"`, 600)},
		"many names":              {"Signature": `keyId="` + actor + `#main-key",signature="c2ln",headers="` + strings.TrimSpace(strings.Repeat("(request-target) ", 450)) + `"`},
		"many other names":        {"Signature": `keyId="` + actor + `#main-key",signature="c2ln",headers="(request-target) host date digest ` + strings.ReplaceAll(numbered("x-%d", 900), ",", " ") + `"`},
		"a signature of 1 MB":     {"Signature": `keyId="` + actor + `#main-key",headers="(request-target) host date digest",signature="` + strings.Repeat("A", 1<<20) + `"`},
		"quotes":                  {"Signature": strings.Repeat(`a="`, 2_000)},
		"RFC 9421, many labels":   {"Signature-Input": numbered(`s%d=("@method")`, 400), "Signature": numbered("s%d=:YQ==:", 400)},
		"RFC 9421, many items":    {"Signature-Input": "s=(" + strings.ReplaceAll(numbered(`"x-%d"`, 900), ",", " ") + `);created=1;keyid="` + actor + `"`, "Signature": "s=:YQ==:"},
		"RFC 9421, same item":     {"Signature-Input": "s=(" + strings.TrimSpace(strings.Repeat(`"@method" `, 800)) + `);created=1;keyid="` + actor + `"`, "Signature": "s=:YQ==:"},
		"RFC 9421, parameters":    {"Signature-Input": `s=("@method")` + strings.ReplaceAll(numbered(";p%d=1", 900), ",", ""), "Signature": "s=:YQ==:"},
		"RFC 9421, backslashes":   {"Signature-Input": `s=("` + strings.Repeat(`\\`, 4_000) + `")`, "Signature": "s=:YQ==:"},
		"RFC 9421, no end":        {"Signature-Input": "s=" + strings.Repeat("(", 8_000), "Signature": "s=:YQ==:"},
		"a digest of many":        {"Digest": numbered("a%d=b", 20_000)},
		"a content digest":        {"Content-Digest": numbered("a%d=:YQ==:", 900), "Signature-Input": `s=("@method" "@target-uri" "content-digest");created=1;keyid="` + actor + `"`, "Signature": "s=:YQ==:"},
		"a date of 1 MB":          {"Date": strings.Repeat("S", 1<<20)},
		"a key on another server": {"Signature": `keyId="https://127.0.0.1:1/u#k",headers="(request-target) host date digest",signature="c2ln"`},
		"a key of 8 kB":           {"Signature": `keyId="https://` + strings.Repeat("a", 7_000) + `/u#k",headers="(request-target) host date digest",signature="c2ln"`},
		"a key that is no URL":    {"Signature": `keyId="%%%",headers="(request-target) host date digest",signature="c2ln"`},
		"expires in a thousand y": {"Signature": `keyId="` + actor + `#main-key",expires=99999999999999999999,headers="(request-target) host date digest",signature="c2ln"`},
		"created before Christ":   {"Signature": `keyId="` + actor + `#main-key",created=-99999999999,headers="(request-target) (created) host digest",signature="c2ln"`},
		"HMAC with the PEM":       {"Signature": `keyId="` + actor + `#main-key",algorithm="hmac-sha256",headers="(request-target) host date digest",signature="c2ln"`},
		"a type of 1 MB":          {"Content-Type": "application/activity+json;" + strings.Repeat("a=b;", 200_000)},
		"gzip":                    {"Content-Encoding": "gzip"},
		"another host":            {"Host": "victim.example"},
	} {
		list = append(list, hostile{name: "header: " + name, body: small, header: header})
	}
	for i := range 30 { // good but for one byte
		forged := []byte(small)
		forged[len(forged)*i/30] ^= 1
		list = append(list, hostile{name: fmt.Sprint("a byte changed: ", i), body: string(forged), header: map[string]string{"Digest": digestOf([]byte(small))}})
	}
	return list
}

// request signs a hostile request, then spoils it.
func (h hostile) request(tb testing.TB, to, from *peer, as *instance.Actor) *http.Request {
	tb.Helper()
	r := httptest.NewRequest(http.MethodPost, to.base+"/inbox", strings.NewReader(h.body))
	r.Header.Set("Content-Type", typeActivity)
	if err := sign(r, as.KeyID, from.privateKey(as), []byte(h.body), time.Now()); err != nil {
		tb.Fatal(err)
	}
	r.RequestURI = "/inbox"
	for name, value := range h.header {
		switch {
		case name == "Host":
			r.Host = value
		case value == "":
			r.Header.Del(name)
		default:
			r.Header.Set(name, value)
		}
	}
	return r
}

// hostilePeers are a node and somebody whom it follows, so that nothing is refused for
// being a stranger's.
func hostilePeers(tb testing.TB) (to, from *peer, mallory *instance.Actor, e *echo.Echo) {
	tb.Helper()
	to, from = newPeer(tb), newPeer(tb)
	mallory = from.organisation("mallory")
	to.follow("mallory@" + from.domain())
	settleAll(tb, to, from)
	e = echo.New()
	to.Register(e)
	return to, from, mallory, e
}

// run answers a hostile request and acts upon it.
func (p *peer) run(e *echo.Echo, r *http.Request) int {
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Code == http.StatusAccepted {
		_, _ = p.work()
	}
	return w.Code
}

// A hundred hostile requests: none crashes, none puts anything on our map, none costs
// more than 10 MB. Their time is measured by BenchmarkHostile, on a quiet machine; here
// only what is far too long is told. Not parallel: it measures.
func TestHostile(t *testing.T) {
	to, from, mallory, e := hostilePeers(t)
	requests := hostileRequests(mallory.ID, to.base+"/actor")
	if len(requests) < 100 {
		t.Errorf("only %d requests", len(requests))
	}
	for _, h := range requests {
		r := h.request(t, to, from, mallory)
		status := 0
		cost := costtest.Of(t, func() { status = to.run(e, r) })
		if cost.Memory > costtest.MostMemory || cost.Time > 3*costtest.MostTime { // once: garbage may be swept meanwhile
			t.Errorf("%s: %s, status %d", h.name, cost, status)
		}
		if status >= 500 && status != http.StatusServiceUnavailable {
			t.Errorf("%s: status %d", h.name, status)
		}
	}
	if stats, err := to.node.Stats(t.Context()); err != nil || len(stats.Remote) > 0 && stats.Remote[instance.KindEvent] > 0 {
		t.Errorf("something was kept: %v, %v", stats.Remote, err)
	}
}

// BenchmarkHostile tells the dearest of a hundred hostile requests.
func BenchmarkHostile(b *testing.B) {
	to, from, mallory, e := hostilePeers(b)
	requests := hostileRequests(mallory.ID, to.base+"/actor")
	var slowest, largest string
	var longest time.Duration
	var most uint64
	for b.Loop() {
		for _, h := range requests {
			r := h.request(b, to, from, mallory)
			cost := costtest.Of(b, func() { to.run(e, r) })
			if cost.Time > longest {
				longest, slowest = cost.Time, h.name
			}
			if cost.Memory > most {
				most, largest = cost.Memory, h.name
			}
		}
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-worst")
	b.ReportMetric(float64(most)/(1<<20), "MB-worst")
	b.Logf("slowest: %s; largest: %s", slowest, largest)
	if longest > costtest.MostTime || most > costtest.MostMemory {
		b.Errorf("%s takes %s, %s %d MB", slowest, longest, largest, most>>20)
	}
}
