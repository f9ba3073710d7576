package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
)

// loadedDemo is one node of the demonstration with Brest for all facts.
func loadedDemo(t *testing.T) (*runningNode, *demoNode) {
	t.Helper()
	n := startNode(t, "Tiriad", "")
	d := &demoNode{slug: "tiriad", name: "Tiriad", commune: "brest", exampleIn: 10, app: n.app}
	loadDemo(t, d)
	return n, d
}

func loadDemo(t *testing.T, d *demoNode) {
	t.Helper()
	data, err := instance.ReadDataset(demoFiles, "demo")
	if err != nil {
		t.Fatal(err)
	}
	data.Communes = onlyBrest(data.Communes)
	data.Organisations, data.Events, data.Recipes = nil, nil, nil
	if err := d.load(t.Context(), data); err != nil {
		t.Fatal(err)
	}
}

func onlyBrest(communes []instance.DatasetCommune) []instance.DatasetCommune {
	for _, c := range communes {
		if c.Slug == "brest" {
			return []instance.DatasetCommune{c}
		}
	}
	return nil
}

func theExample(t *testing.T, n *runningNode) *instance.Event {
	t.Helper()
	events, total, err := n.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindEvent}})
	if err != nil || total != 1 {
		t.Fatalf("%d events, %v", total, err)
	}
	return events[0].(*instance.Event)
}

// The demonstration has something to come, which says that it is made up.
func TestDemoExample(t *testing.T) {
	t.Parallel()
	n, d := loadedDemo(t)
	e := theExample(t, n)
	if !strings.HasPrefix(e.Name, "Exemple") || !strings.Contains(e.Summary, "n’aura pas lieu") {
		t.Errorf("it does not say what it is: %s: %s", e.Name, e.Summary)
	}
	if in := time.Until(e.When.Start); in < 9*24*time.Hour || in > 11*24*time.Hour {
		t.Errorf("it takes place in %s", in)
	}
	if len(e.Territories) != 1 || e.Territories[0].Slug != "brest" {
		t.Errorf("it belongs to %v", e.Territories)
	}
	if ids := featuredBy(t, n, "/organisations/tiriad"); len(ids) != 1 || ids[0] != e.ID {
		t.Errorf("Tiriad features %v", ids)
	}
	loadDemo(t, d) // started again on the same folder
	if again := theExample(t, n); !again.Updated.Equal(e.Updated) {
		t.Error("it changed and need not have")
	}
}

func TestDemoExampleIsRenewedWhenPast(t *testing.T) {
	t.Parallel()
	n, d := loadedDemo(t)
	e := theExample(t, n)
	e.When = instance.When{Start: time.Now().AddDate(0, 0, -2).UTC().Truncate(time.Second)}
	if _, err := n.node.Edit(t.Context(), e.Owner, e.ID, e); err != nil {
		t.Fatal(err)
	}
	loadDemo(t, d)
	if renewed := theExample(t, n); renewed.Over(time.Now()) || renewed.ID != e.ID {
		t.Errorf("%s is on %s", renewed.ID, renewed.When.Start)
	}
}

func TestDemoExampleStaysWithdrawn(t *testing.T) {
	t.Parallel()
	n, d := loadedDemo(t)
	e := theExample(t, n)
	if err := n.node.Withdraw(t.Context(), e.Owner, e.ID); err != nil {
		t.Fatal(err)
	}
	loadDemo(t, d)
	if _, total, err := n.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindEvent}}); err != nil || total != 0 {
		t.Errorf("%d events, %v", total, err)
	}
}

// featuredBy reads what an actor shows first to its followers.
func featuredBy(t *testing.T, n *runningNode, actor string) []string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.base+actor+"/featured", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/activity+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var collection struct {
		OrderedItems []string `json:"orderedItems"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&collection); err != nil {
		t.Fatal(err)
	}
	return collection.OrderedItems
}

// A kept folder is that of its ports, and the advice is one that the demonstration takes.
func TestDemoOnOtherPorts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open := func() error {
		l, err := listen(t.Context(), "localhost:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		n := &demoNode{slug: "tiriad", name: "Tiriad", listener: l}
		err = demoCommand{Dir: dir}.open(t.Context(), n, dir)
		if n.app != nil {
			n.app.closeLogged()
		}
		return err
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	err := open()
	if err == nil || !strings.Contains(err.Error(), "--ports") || strings.Contains(err.Error(), "base_url") {
		t.Errorf("other ports: %v", err)
	}
}
