package instance_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

// world is one node with one organisation, and a peer node it follows.
type world struct {
	*testing.T
	node  *instance.Node
	store instance.Store
	org   *instance.Actor
	peer  *instance.Actor // a node; followed
	asso  *instance.Actor // an organisation of the peer
	now   time.Time
}

func setup(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, store: storetest.Open(t), now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	var err error
	w.node, err = instance.New(t.Context(), instance.Options{
		BaseURL: "https://a.example", Name: "A", Store: w.store, Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return w.now },
	})
	w.must(err)
	w.org, err = w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
	w.must(err)
	w.peer = w.remote(instance.KindNode, "https://b.example/actor")
	w.asso = w.remote(instance.KindOrganisation, "https://b.example/organisations/asso")
	w.must(w.node.RequestFollow(t.Context(), w.node.Self().ID, w.peer.ID))
	w.must(w.node.ReceiveAnswer(t.Context(), w.peer, w.node.Self().ID, true))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) wants(err, want error) {
	w.Helper()
	if !errors.Is(err, want) {
		w.Errorf("error %v, want %v", err, want)
	}
}

// remote makes an actor of another server known.
func (w *world) remote(kind instance.Kind, id string) *instance.Actor {
	w.Helper()
	a := &instance.Actor{ID: id, Kind: kind, Handle: "x", Name: "X", Inbox: id + "/inbox"}
	w.must(w.node.ReceiveActor(w.Context(), a))
	return a
}

// jobs counts what waits, by kind.
func (w *world) jobs() map[string]int {
	w.Helper()
	pending, err := w.store.Pending(w.Context())
	w.must(err)
	return pending
}

func event(name string) *instance.Event {
	return &instance.Event{
		Base: instance.Base{Kind: instance.KindEvent, Name: name},
		When: instance.When{Start: time.Date(2027, 3, 14, 13, 0, 0, 0, time.UTC)},
	}
}

// theirs is an event as the peer's association would send it.
func (w *world) theirs(id string, updated time.Duration) *instance.Event {
	e := event("Rencontre")
	e.ID, e.Owner = id, w.asso.ID
	e.Published, e.Updated = w.now.Add(-time.Hour), w.now.Add(updated-time.Hour)
	return e
}

func TestPublish(t *testing.T) {
	t.Parallel()
	w := setup(t)
	before := w.jobs()
	draft := event("Cartopartie à Saint-Marc")
	draft.Source = "On **cartographie** <script>alert(1)</script>"
	o, err := w.node.Publish(t.Context(), w.org.ID, draft)
	w.must(err)
	b := o.Common()
	if !strings.HasPrefix(b.ID, "https://a.example/evenements/cartopartie-a-saint-marc-") || b.Owner != w.org.ID || b.Origin != "" || !b.Published.Equal(w.now) {
		t.Errorf("published as %+v", b)
	}
	if b.Content != "<p>On <strong>cartographie</strong> alert(1)</p>" && strings.Contains(b.Content, "<script") {
		t.Errorf("content %s", b.Content)
	}
	if draft.ID != "" {
		t.Error("the draft was changed")
	}
	after := w.jobs()
	if after[instance.JobIndex] != before[instance.JobIndex]+1 || after[instance.JobAnnounce] != before[instance.JobAnnounce]+1 {
		t.Errorf("jobs %v, then %v", before, after)
	}
	kept, err := w.node.Object(t.Context(), b.ID)
	w.must(err)
	if kept.Common().Name != draft.Name {
		t.Errorf("kept %+v", kept)
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, err := w.node.Publish(t.Context(), "https://a.example/organisations/nobody", event("Rencontre"))
	w.wants(err, instance.ErrForbidden)
	_, err = w.node.Publish(t.Context(), w.asso.ID, event("Rencontre"))
	w.wants(err, instance.ErrForbidden)

	bad := event("x")
	bad.Themes, bad.Licence, bad.Status = []string{"magie"}, "tous-droits-reserves", "peut-etre"
	_, err = w.node.Publish(t.Context(), w.org.ID, bad)
	w.wants(err, instance.ErrInvalid)
	var invalid *instance.ValidationError
	if !errors.As(err, &invalid) || len(invalid.Fields) != 4 {
		t.Errorf("every field at once: %v", err)
	}

	named := event("Rencontre")
	named.Slug = "rencontre"
	_, err = w.node.Publish(t.Context(), w.org.ID, named)
	w.must(err)
	_, err = w.node.Publish(t.Context(), w.org.ID, named)
	w.wants(err, instance.ErrConflict)
	named.Slug = "../actor"
	_, err = w.node.Publish(t.Context(), w.org.ID, named)
	w.wants(err, instance.ErrInvalid)
}

func TestEditAndWithdraw(t *testing.T) {
	t.Parallel()
	w := setup(t)
	o, err := w.node.Publish(t.Context(), w.org.ID, event("Rencontre"))
	w.must(err)
	id := o.Common().ID
	other, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"})
	w.must(err)

	_, err = w.node.Edit(t.Context(), other.ID, id, event("Pirate"))
	w.wants(err, instance.ErrForbidden)
	w.wants(w.node.Withdraw(t.Context(), other.ID, id), instance.ErrForbidden)

	edited, err := w.node.Edit(t.Context(), w.org.ID, id, event("Rencontre reportée"))
	w.must(err)
	if b := edited.Common(); b.ID != id || !b.Updated.After(o.Common().Updated) || !b.Published.Equal(o.Common().Published) {
		t.Errorf("edited within the same second: %+v", b)
	}
	w.must(w.node.Withdraw(t.Context(), w.org.ID, id))
	_, err = w.node.Edit(t.Context(), w.org.ID, id, event("Encore"))
	w.wants(err, instance.ErrGone)
	gone, err := w.node.Object(t.Context(), id)
	w.must(err)
	if gone.Common().Deleted.IsZero() {
		t.Error("no tombstone")
	}
	_, total, err := w.node.Objects(t.Context(), instance.ObjectFilter{})
	w.must(err)
	if total != 0 {
		t.Errorf("%d objects still listed", total)
	}
}

func TestReceiveObject(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const id = "https://b.example/evenements/1"
	receive := func(from *instance.Actor, o instance.Object) error {
		return w.node.ReceiveObject(t.Context(), from, o, []byte("{}"))
	}

	e := w.theirs(id, 0)
	e.Name, e.Summary = "Café <b>libre</b>\u202E", "<script>x</script>Bonjour"
	e.Content, e.URL = `<p onclick="x">a</p>`, "https://evil.example/"
	e.Themes = []string{"cartographie", "magie"}
	w.must(receive(w.asso, e))
	kept, err := w.node.Object(t.Context(), id)
	w.must(err)
	b := kept.Common()
	if b.Name != "Café libre" || b.Summary != "Bonjour" || b.Content != "<p>a</p>" || b.URL != id || b.Origin != "b.example" || len(b.Themes) != 1 {
		t.Errorf("kept %+v", b)
	}
	w.wants(receive(w.asso, w.theirs(id, 0)), instance.ErrDuplicate)
	w.must(receive(w.asso, w.theirs(id, time.Minute)))
	w.wants(receive(w.asso, w.theirs(id, -time.Minute)), instance.ErrDuplicate)

	t.Run("not theirs", func(t *testing.T) {
		thief := w.remote(instance.KindOrganisation, "https://b.example/organisations/voleur")
		stolen := w.theirs(id, time.Hour)
		w.wants(receive(thief, stolen), instance.ErrForbidden)
		stolen.Owner = thief.ID // claims what another stored owner has
		w.wants(receive(thief, stolen), instance.ErrForbidden)
		w.wants(receive(w.asso, w.theirs("https://c.example/1", 0)), instance.ErrForbidden)
		w.wants(receive(w.asso, w.theirs("https://a.example/evenements/1", 0)), instance.ErrForbidden)
		w.wants(receive(w.asso, w.theirs("http://b.example/1", 0)), instance.ErrForbidden)
	})
	t.Run("nobody follows them", func(t *testing.T) {
		stranger := w.remote(instance.KindPerson, "https://c.example/users/a")
		e := w.theirs("https://c.example/1", 0)
		e.Owner = stranger.ID
		w.wants(receive(stranger, e), instance.ErrNotFound)
	})
	t.Run("dates from the future", func(t *testing.T) {
		e := w.theirs("https://b.example/evenements/2", 48*time.Hour*365)
		w.must(receive(w.asso, e))
		w.must(receive(w.asso, w.theirs("https://b.example/evenements/2", time.Minute)))
	})
}

func TestReceiveDelete(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const id = "https://b.example/evenements/1"
	w.must(w.node.ReceiveObject(t.Context(), w.asso, w.theirs(id, 0), nil))

	thief := w.remote(instance.KindOrganisation, "https://b.example/organisations/voleur")
	w.wants(w.node.ReceiveDelete(t.Context(), thief, id), instance.ErrForbidden)
	elsewhere := w.remote(instance.KindOrganisation, "https://c.example/a")
	w.wants(w.node.ReceiveDelete(t.Context(), elsewhere, id), instance.ErrForbidden)
	w.wants(w.node.ReceiveDelete(t.Context(), w.asso, w.org.ID), instance.ErrForbidden)

	w.must(w.node.ReceiveDelete(t.Context(), w.asso, id))
	w.must(w.node.ReceiveDelete(t.Context(), w.asso, id))
	gone, err := w.node.Object(t.Context(), id)
	w.must(err)
	if gone.Common().Deleted.IsZero() || gone.Common().Name != "" {
		t.Errorf("tombstone %+v keeps something", gone.Common())
	}
	w.wants(w.node.ReceiveObject(t.Context(), w.asso, w.theirs(id, time.Hour), nil), instance.ErrGone)

	// A Delete that overtakes its Create.
	const late = "https://b.example/evenements/2"
	w.must(w.node.ReceiveDelete(t.Context(), w.asso, late))
	w.wants(w.node.ReceiveObject(t.Context(), w.asso, w.theirs(late, 0), nil), instance.ErrGone)
}

func TestFollowers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lea := w.remote(instance.KindPerson, "https://m.example/users/lea")
	follow := instance.Follow{ID: "https://m.example/f/1", Object: w.org.ID, Raw: []byte("{}")}
	w.must(w.node.ReceiveFollow(t.Context(), lea, follow))
	w.must(w.node.ReceiveFollow(t.Context(), lea, follow)) // peers repeat themselves: a second answer, one follower
	if n := w.jobs()[instance.JobAnswer]; n != 2 {
		t.Errorf("%d answers", n)
	}
	inboxes, err := w.node.FollowerInboxes(t.Context(), w.org.ID)
	w.must(err)
	if len(inboxes) != 1 || inboxes[0] != lea.Inbox {
		t.Errorf("inboxes %v", inboxes)
	}
	follow.Object = "https://a.example/organisations/nobody"
	w.wants(w.node.ReceiveFollow(t.Context(), lea, follow), instance.ErrNotFound)
	follow.Object = w.asso.ID
	w.wants(w.node.ReceiveFollow(t.Context(), lea, follow), instance.ErrNotFound)

	w.must(w.node.ReceiveUndoFollow(t.Context(), lea, w.org.ID, ""))
	w.must(w.node.ReceiveUndoFollow(t.Context(), lea, w.org.ID, ""))
	if inboxes, err = w.node.FollowerInboxes(t.Context(), w.org.ID); err != nil || len(inboxes) != 0 {
		t.Errorf("inboxes %v, %v", inboxes, err)
	}
}

func TestAnAnswerWeDidNotAskFor(t *testing.T) {
	t.Parallel()
	w := setup(t)
	stranger := w.remote(instance.KindNode, "https://c.example/actor")
	w.wants(w.node.ReceiveAnswer(t.Context(), stranger, w.node.Self().ID, true), instance.ErrNotFound)
}

func TestActorGone(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.must(w.node.ReceiveFollow(t.Context(), w.asso, instance.Follow{ID: "https://b.example/f", Object: w.org.ID}))
	const id = "https://b.example/evenements/1"
	w.must(w.node.ReceiveObject(t.Context(), w.asso, w.theirs(id, 0), nil))
	w.must(w.node.ReceiveActorGone(t.Context(), w.asso.ID))
	if o, err := w.node.Object(t.Context(), id); err != nil || o.Common().Deleted.IsZero() || o.Common().Name != "" {
		t.Errorf("what it published outlives it: %+v, %v", o, err)
	}
	_, total, err := w.node.Follows(t.Context(), instance.FollowFilter{Actor: w.asso.ID})
	w.must(err)
	if total != 0 {
		t.Errorf("%d follows outlive their actor", total)
	}
	w.wants(w.node.ReceiveActorGone(t.Context(), w.org.ID), instance.ErrForbidden)
	w.wants(w.node.ReceiveActorGone(t.Context(), "https://b.example/unknown"), instance.ErrNotFound)
}

func TestAnAddressIsForGood(t *testing.T) {
	t.Parallel()
	w := setup(t)
	_, err := instance.New(t.Context(), instance.Options{BaseURL: "https://autre.example", Store: w.store})
	w.wants(err, instance.ErrAddress)
	if err != nil && !strings.Contains(err.Error(), "https://a.example") {
		t.Errorf("the error does not say which address to put back: %v", err)
	}
	_, err = instance.New(t.Context(), instance.Options{BaseURL: "https://a.example/", Store: w.store})
	w.must(err)
}

func TestCreateActor(t *testing.T) {
	t.Parallel()
	w := setup(t)
	if w.org.Handle != "tiriad" || w.org.KeyID != w.org.ID+"#main-key" || w.org.Address("a.example") != "@tiriad@a.example" {
		t.Errorf("%+v", w.org)
	}
	pem, err := w.node.PrivateKey(t.Context(), w.org.ID)
	w.must(err)
	if !strings.Contains(pem, "PRIVATE KEY") || strings.Contains(w.org.KeyPEM, "PRIVATE") {
		t.Error("the keys are mixed up")
	}
	_, err = w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindTerritory, Slug: "tiriad", Name: "T", Territory: &instance.Territory{Kind: "commune"}})
	w.wants(err, instance.ErrConflict) // one handle, whatever the kind
	for _, slug := range []string{"", "É", "a b", "../x", "-a"} {
		_, err = w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: slug, Name: "X"})
		w.wants(err, instance.ErrInvalid)
	}
}

func TestImportUpdatesATerritory(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lat, lon := 48.39, -4.49
	brest := instance.DatasetCommune{Slug: "brest", Name: "Brest", Kind: "commune", DatasetPlace: instance.DatasetPlace{Lat: &lat, Lon: &lon}}
	data := &instance.Dataset{Communes: []instance.DatasetCommune{brest}}
	report, err := w.node.Import(t.Context(), w.org.ID, data, nil)
	w.must(err)
	if report.Created != 1 {
		t.Fatalf("first import: %+v", report)
	}
	if report, err = w.node.Import(t.Context(), w.org.ID, data, nil); err != nil || report.Unchanged != 1 {
		t.Fatalf("same import: %+v, %v", report, err)
	}

	data.Communes[0].Note = "Ville portuaire"
	announced := w.jobs()[instance.JobAnnounce]
	if report, err = w.node.Import(t.Context(), w.org.ID, data, nil); err != nil || report.Updated != 1 {
		t.Fatalf("changed import: %+v, %v", report, err)
	}
	a, err := w.node.ActorBySlug(t.Context(), instance.KindTerritory, "brest")
	w.must(err)
	if a.Territory.Note != "Ville portuaire" {
		t.Errorf("note %q", a.Territory.Note)
	}
	if got := w.jobs()[instance.JobAnnounce]; got != announced+1 {
		t.Errorf("%d announcements wait, want %d: followers are told", got, announced+1)
	}
}

func TestAFailingStoreIsNoAnswer(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.must(w.store.Close())
	if err := w.node.Wants(t.Context(), w.asso.ID); err == nil || errors.Is(err, instance.ErrNotFound) {
		t.Errorf("Wants says %v: what cannot be read is not what nobody follows", err)
	}
	if _, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "autre", Name: "Autre"}); err == nil || errors.Is(err, instance.ErrConflict) {
		t.Errorf("CreateActor says %v: what cannot be read is not taken", err)
	}
	if _, err := w.node.Publish(t.Context(), w.org.ID, event("Cartopartie")); err == nil || errors.Is(err, instance.ErrConflict) {
		t.Errorf("Publish says %v", err)
	}
}

func TestATerritoryLeavesTheMapWithItsNode(t *testing.T) {
	t.Parallel()
	w := setup(t)
	brest := &instance.Actor{ID: "https://b.example/territoires/brest", Kind: instance.KindTerritory, Handle: "brest", Name: "Brest", Territory: &instance.Territory{Kind: "commune"}}
	w.must(w.node.ReceiveActor(t.Context(), brest))
	w.must(w.node.Unfollow(t.Context(), w.node.Self().ID, w.peer.ID))
	indexed := w.jobs()[instance.JobIndex]
	claimed, err := w.store.Claim(t.Context(), []string{instance.JobIndex}, 10, 0, time.Minute)
	w.must(err)
	for _, job := range claimed {
		w.must(w.store.Finish(t.Context(), job.ID))
	}
	again := *brest
	again.Kind = instance.KindTerritory
	w.must(w.node.ReceiveActor(t.Context(), &again))
	if again.Kind != instance.KindOrganisation || w.jobs()[instance.JobIndex] != 1 {
		t.Errorf("kind %s, %d index jobs (%d before): it must leave the index", again.Kind, w.jobs()[instance.JobIndex], indexed)
	}
}
