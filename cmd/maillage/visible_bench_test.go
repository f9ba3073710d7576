package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// BenchmarkVisible changes the name of an event through the API of a whole node, and
// searches over HTTP until the new name is found: what somebody waits for between
// "save" and finding it. The node holds 1,000 other events.
func BenchmarkVisible(b *testing.B) {
	l, err := listen(b.Context(), "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	c := defaults()
	c.BaseURL, c.Data = "http://"+l.Addr().String(), b.TempDir()
	a := serving(b, c, l)
	org, err := a.node.CreateActor(b.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "asso", Name: "Asso"})
	if err != nil {
		b.Fatal(err)
	}
	token := ""
	another := func() { // each may only ask so much
		if token, err = a.node.CreateToken(b.Context(), instance.Operator(), publisher(org.ID, "bench")); err != nil {
			b.Fatal(err)
		}
	}
	ask := func(method, path, body string) string {
		req, err := http.NewRequestWithContext(b.Context(), method, c.BaseURL+path, strings.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode >= 300 {
			b.Fatalf("%s %s: %d %v %s", method, path, resp.StatusCode, err, answer)
		}
		return string(answer)
	}
	event := func(name string) string {
		return fmt.Sprintf(`{"name":%q,"when":{"start":"2027-03-14T13:00:00Z"},"place":{"locality":"Brest","point":{"lat":48.39,"lon":-4.48}}}`, name)
	}
	for i := range 1000 {
		if i%500 == 0 {
			another()
		}
		ask(http.MethodPost, "/api/v1/events", event(fmt.Sprintf("Cartopartie %d", i)))
	}
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(ask(http.MethodPost, "/api/v1/events", event("Atelier"))), &made); err != nil {
		b.Fatal(err)
	}
	at := "/api/v1/events/" + made.ID[strings.LastIndexByte(made.ID, '/')+1:]

	var waited []time.Duration
	for n := 0; b.Loop(); n++ {
		if n%500 == 0 {
			another()
		}
		word := fmt.Sprintf("visible%dx", n)
		start := time.Now()
		ask(http.MethodPut, at, event("Atelier "+word))
		for !strings.Contains(ask(http.MethodGet, "/api/v1/search?q=%22"+word+"%22", ""), `"total":1,`) {
			time.Sleep(time.Millisecond)
		}
		waited = append(waited, time.Since(start))
	}
	slices.Sort(waited)
	for _, p := range []int{50, 99} {
		b.ReportMetric(float64(waited[(len(waited)-1)*p/100].Microseconds())/1000, fmt.Sprintf("p%d-ms", p))
	}
}
