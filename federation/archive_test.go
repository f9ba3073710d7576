package federation

import (
	"encoding/json"
	"testing"

	"github.com/maillage/maillage/instance"
)

// What another program said of a thing of ours, in terms that mean nothing here, is
// said again: where the thing is served, in what is sent of it, and after an edit.
func TestUnknownTermsSurviveRepublication(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	org := b.organisation("libertic")
	o := b.publish(org, event("Opération Libre"))
	id := o.Common().ID
	raw := []byte(`{"@context":["https://www.w3.org/ns/activitystreams",{"ex":"https://ex.example/ns#"}],"id":"https://old.example/e","type":"Event","name":"Ancien nom","ex:ribbon":"bleu"}`)
	if err := b.node.Store().Write(t.Context(), func(tx instance.Tx) error { return tx.SaveObject(t.Context(), o, raw) }); err != nil {
		t.Fatal(err)
	}
	a.follow(b.domain())
	settleAll(t, a, b)

	draft := instance.CloneObject(o)
	draft.Common().Name = "Nouveau nom"
	if _, err := b.node.Edit(t.Context(), org.ID, id, draft); err != nil {
		t.Fatal(err)
	}
	settleAll(t, b, a)
	body, err := b.Document(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	says := func(where string, body []byte) {
		t.Helper()
		var doc map[string]any
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatalf("%s: %v: %s", where, err, body)
		}
		if doc["ex:ribbon"] != "bleu" || doc["name"] != "Nouveau nom" || doc["id"] != id {
			t.Errorf("%s: %s", where, body)
		}
	}
	says("served", body)
	kept, err := a.node.Raw(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	says("received by a peer", kept)
	if _, err := b.Document(t.Context(), "https://elsewhere.example/evenements/x"); err == nil {
		t.Error("a thing of another server is written as ours")
	}
}
