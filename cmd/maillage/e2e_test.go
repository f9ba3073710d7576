package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

// runningNode is a whole node on loopback, as wire.go builds it.
type runningNode struct {
	*app
	base, token string
}

// startNode runs a node until the test ends, on a database or, when dsn is empty, on
// a SQLite file of its own.
func startNode(t *testing.T, name, dsn string) *runningNode {
	t.Helper()
	l, err := listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := defaults()
	c.BaseURL, c.Name, c.Data, c.Database = "http://"+l.Addr().String(), name, t.TempDir(), dsn
	c.Federation.AllowPrivate = true
	return serveNode(t, c, l)
}

func serveNode(t *testing.T, c config, l net.Listener) *runningNode {
	t.Helper()
	a, err := openApp(t.Context(), c, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.mount(); err != nil {
		t.Fatal(err)
	}
	a.ready.Store(true)
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- a.serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil && !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("%s stopped with %v", c.Name, err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("close %s: %v", c.Name, err)
		}
	})
	return &runningNode{app: a, base: c.BaseURL}
}

// open gives the node an organisation and a token that publishes for it.
func (n *runningNode) open(t *testing.T, slug string) *instance.Actor {
	t.Helper()
	org, err := n.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: slug, Name: slug})
	if err != nil {
		t.Fatal(err)
	}
	if n.token, err = n.node.CreateToken(t.Context(), instance.Operator(), publisher(org.ID, "test")); err != nil {
		t.Fatal(err)
	}
	return org
}

// follow makes the node follow a peer and read its past.
func (n *runningNode) follow(t *testing.T, peer *runningNode) {
	t.Helper()
	actor, err := askPeer(t.Context(), n.app, peer.node.Domain(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	if err := awaitPeer(t.Context(), n.app, actor, 20*time.Second, t.Logf); err != nil {
		t.Fatal(err)
	}
	f, err := n.node.Follow(t.Context(), n.node.Self().ID, actor.ID)
	if err != nil || f.State != instance.FollowAccepted {
		t.Fatalf("follow %+v, %v", f, err)
	}
}

// call sends JSON with the node's token and decodes the answer.
func (n *runningNode) call(t *testing.T, method, path string, body, answer any) *http.Response {
	t.Helper()
	var data bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&data).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, n.base+path, &data)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+n.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer != nil && resp.StatusCode < 300 {
		if err := json.Unmarshal(content, answer); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, content)
		}
	}
	if resp.StatusCode >= 400 {
		t.Logf("%s %s: %d %s", method, path, resp.StatusCode, content)
	}
	return resp
}

type searchAnswer struct {
	Total int `json:"total"`
	Hits  []struct {
		ID         string   `json:"id"`
		Name       string   `json:"name"`
		Kind       string   `json:"kind"`
		Origin     string   `json:"origin"`
		Status     string   `json:"status"`
		DistanceKm *float64 `json:"distance_km"`
	} `json:"hits"`
}

// eventually asks until the answer suits or ten seconds have passed.
func (n *runningNode) eventually(t *testing.T, path string, suits func(searchAnswer) bool) searchAnswer {
	t.Helper()
	var got searchAnswer
	deadline := time.Now().Add(10 * time.Second)
	for time.Now().Before(deadline) {
		got = searchAnswer{}
		if resp := n.call(t, http.MethodGet, path, nil, &got); resp.StatusCode == http.StatusOK && suits(got) {
			return got
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s never answered as expected; last: %+v", path, got)
	return got
}

// TestAnEventTravels publishes on one node and follows the event on the other:
// found by search and on the map, edited, then gone.
func TestAnEventTravels(t *testing.T) {
	t.Parallel()
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		anEventTravels(t, startNode(t, "A", dsn), startNode(t, "B", ""))
	})
}

func anEventTravels(t *testing.T, a, b *runningNode) {
	a.open(t, "tiriad")
	b.open(t, "libertic")
	b.follow(t, a)

	draft := map[string]any{
		"name": "Cartopartie du vallon", "summary": "On cartographie les fontaines.",
		"when":   map[string]any{"start": "2027-03-14T13:00:00Z", "end": "2027-03-14T17:00:00Z"},
		"place":  map[string]any{"name": "Maison pour tous", "locality": "Brest", "point": map[string]any{"lat": 48.3953, "lon": -4.4557}},
		"themes": []string{"cartographie"}, "status": "confirme", "licence": "CC-BY-SA-4.0",
	}
	var created struct {
		ID   string `json:"id"`
		Slug string `json:"slug"`
	}
	if resp := a.call(t, http.MethodPost, "/api/v1/events", draft, &created); resp.StatusCode != http.StatusCreated {
		t.Fatalf("publishing answered %s", resp.Status)
	}

	for _, n := range []*runningNode{a, b} {
		found := n.eventually(t, "/api/v1/search?q=fontaine", func(s searchAnswer) bool { return s.Total == 1 })
		want := "local"
		if n == b {
			want = a.node.Domain()
		}
		if hit := found.Hits[0]; hit.ID != created.ID || hit.Origin != want || hit.Status != "confirme" {
			t.Errorf("on %s: %+v", n.config.Name, hit)
		}
	}
	var geo struct {
		Features []struct {
			Geometry struct {
				Coordinates []float64 `json:"coordinates"`
			} `json:"geometry"`
		} `json:"features"`
	}
	b.call(t, http.MethodGet, "/api/v1/map?bbox=-5,48,-4,49&zoom=12", nil, &geo)
	if len(geo.Features) != 1 || len(geo.Features[0].Geometry.Coordinates) != 2 || geo.Features[0].Geometry.Coordinates[1] != 48.3953 {
		t.Errorf("on B's map: %+v", geo)
	}
	near := b.eventually(t, "/api/v1/search?lat=48.39&lon=-4.48&radius_km=20&kind=event", func(s searchAnswer) bool { return s.Total == 1 })
	if d := near.Hits[0].DistanceKm; d == nil || *d > 5 {
		t.Errorf("distance %v km", d)
	}

	draft["name"], draft["status"] = "Cartopartie reportée", "annule"
	if resp := a.call(t, http.MethodPut, "/api/v1/events/"+created.Slug, draft, nil); resp.StatusCode != http.StatusOK {
		t.Fatalf("editing answered %s", resp.Status)
	}
	b.eventually(t, "/api/v1/search?kind=event&q="+url.QueryEscape("reportée"), func(s searchAnswer) bool {
		return s.Total == 1 && s.Hits[0].Status == "annule"
	})

	if resp := a.call(t, http.MethodDelete, "/api/v1/events/"+created.Slug, nil, nil); resp.StatusCode != http.StatusNoContent {
		t.Fatalf("withdrawing answered %s", resp.Status)
	}
	b.eventually(t, "/api/v1/search?q=fontaine", func(s searchAnswer) bool { return s.Total == 0 })
	if resp := a.call(t, http.MethodGet, "/evenements/"+created.Slug, nil, nil); resp.StatusCode != http.StatusGone {
		t.Errorf("a withdrawn event answers %s", resp.Status)
	}
}

// TestDemoData loads the facts that ship with the demonstration on two nodes and
// asks of each what only the other published.
func TestDemoData(t *testing.T) {
	t.Parallel()
	data, err := instance.ReadDataset(demoFiles, "demo")
	if err != nil {
		t.Fatal(err)
	}
	first := &demoNode{departements: brittany, recipes: tiriadsRecipes}
	parts := split(data, first)
	if parts[0].Len()+parts[1].Len() != data.Len() {
		t.Fatalf("split %d + %d of %d rows", parts[0].Len(), parts[1].Len(), data.Len())
	}
	nodes := []*runningNode{startNode(t, "Tiriad", ""), startNode(t, "LiberTIC", "")}
	for i, n := range nodes {
		org := n.open(t, []string{"tiriad", "libertic"}[i])
		report, err := n.node.Import(t.Context(), org.ID, parts[i], nil)
		if err != nil || len(report.Refused) > 0 || report.Created != parts[i].Len() {
			t.Fatalf("import: %+v, %v", report, err)
		}
		again, err := n.node.Import(t.Context(), org.ID, parts[i], nil)
		if err != nil || again.Unchanged != parts[i].Len() {
			t.Fatalf("importing again: %+v, %v", again, err)
		}
		if err := awaitPublished(t.Context(), n.app); err != nil {
			t.Fatal(err)
		}
	}
	tiriad, libertic := nodes[0], nodes[1]
	tiriad.follow(t, libertic)
	libertic.follow(t, tiriad)

	both := tiriad.eventually(t, "/api/v1/search?q=cartographie&per_page=100", func(s searchAnswer) bool { return s.Total > 0 })
	origins := map[string]int{}
	for _, hit := range both.Hits {
		origins[hit.Origin]++
	}
	if origins["local"] == 0 || origins[libertic.node.Domain()] == 0 {
		t.Errorf("cartographie on Tiriad comes from %v", origins)
	}
	nantes := tiriad.eventually(t, "/api/v1/search?lat=47.218&lon=-1.554&radius_km=20&kind=partner&per_page=100", func(s searchAnswer) bool { return s.Total >= 35 })
	for _, hit := range nantes.Hits {
		if hit.Origin != libertic.node.Domain() {
			t.Errorf("%s near Nantes comes from %s", hit.Name, hit.Origin)
		}
	}
	libertic.eventually(t, "/api/v1/search?lat=48.39&lon=-4.486&radius_km=20&kind=partner", func(s searchAnswer) bool {
		return s.Total >= 12 && s.Hits[0].Origin == tiriad.node.Domain()
	})
	for kind, rows := range map[string]int{"event": len(data.Events), "recipe": len(data.Recipes), "partner": len(data.Organisations), "territory": len(data.Communes)} {
		for _, n := range nodes {
			n.eventually(t, "/api/v1/search?per_page=1&kind="+kind, func(s searchAnswer) bool { return s.Total == rows })
		}
	}
	// What travelled says exactly what was written.
	for _, o := range everything(t, libertic.node, instance.ScopeLocal) {
		remote, err := tiriad.node.Object(t.Context(), o.Common().ID)
		if err != nil {
			t.Fatal(err)
		}
		if want, got := travelled(t, o), travelled(t, remote); want != got {
			t.Fatalf("%s changed on the way\nwant %s\n got %s", o.Common().ID, want, got)
		}
	}
}

func everything(t *testing.T, node *instance.Node, scope instance.Scope) []instance.Object {
	t.Helper()
	all, _, err := node.Objects(t.Context(), instance.ObjectFilter{Scope: scope, Limit: 10_000, Sort: instance.ByID})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d objects, %v", len(all), err)
	}
	return all
}

// travelled is an object without what each node keeps for itself.
func travelled(t *testing.T, o instance.Object) string {
	t.Helper()
	o = instance.CloneObject(o)
	b := o.Common()
	b.Origin, b.Slug, b.Source, b.Content = "", "", "", ""
	data, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A node that cannot open says why, and leaves nothing open behind it.
func TestOpenAppFails(t *testing.T) {
	t.Parallel()
	c := defaults()
	c.Data = t.TempDir()
	open := func() error {
		a, err := openApp(t.Context(), c, true, slog.New(slog.DiscardHandler))
		if a != nil {
			defer a.closeLogged()
		}
		return err
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	c.BaseURL = "https://autre.example"
	if err := open(); !errors.Is(err, instance.ErrAddress) {
		t.Errorf("another address on the same data: %v", err)
	}
	c.Data = "/dev/null/x"
	if err := open(); err == nil {
		t.Error("a folder that cannot be made is accepted")
	}
}

func TestBusyPort(t *testing.T) {
	t.Parallel()
	l, err := listen(t.Context(), "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	err = demoCommand{Ports: port + ",1"}.Run(t.Context())
	if err == nil || !bytes.Contains([]byte(err.Error()), []byte("déjà pris")) {
		t.Errorf("a busy port says %v", err)
	}
	for _, ports := range []string{"8080", "8080,8080", "8080, 8080", "8080,08080", "a,b", "1,2,3", fmt.Sprint(1<<17, ",1")} {
		if err := (demoCommand{Ports: ports}).Run(t.Context()); err == nil {
			t.Errorf("--ports %s is accepted", ports)
		}
	}
}
