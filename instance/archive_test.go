package instance_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store/storetest"
)

// archive makes a node's archive and opens it.
func (w *world) archive(keys bool) (*instance.Archive, *zip.Reader) {
	w.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	_, err := w.node.Archive(w.Context(), z, instance.ArchiveOptions{
		Keys: keys,
		Document: func(_ context.Context, id string) ([]byte, error) {
			return []byte(`{"id":"` + id + `","x:unknown":1}`), nil
		},
	})
	w.must(err)
	w.must(z.Close())
	r, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	w.must(err)
	a, err := instance.OpenArchive(r)
	w.must(err)
	return a, r
}

// elsewhere is an empty node at an address, with one organisation.
func elsewhere(t *testing.T, base string) *world {
	t.Helper()
	w := &world{T: t, store: storetest.Open(t), now: time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)}
	var err error
	w.node, err = instance.New(t.Context(), instance.Options{
		BaseURL: base, Name: "Z", Store: w.store, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now },
	})
	w.must(err)
	w.org, err = w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "accueil", Name: "Accueil"})
	w.must(err)
	return w
}

// furnish publishes one of each, naming each other.
func (w *world) furnish() (event, part *instance.Event) {
	w.Helper()
	_, err := w.node.CreateActor(w.Context(), instance.Actor{
		Kind: instance.KindTerritory, Slug: "brest", Name: "Brest",
		Territory: &instance.Territory{Kind: "commune", Codes: []instance.Code{{Type: "insee", Value: "29019"}}},
	})
	w.must(err)
	publish := func(o instance.Object) instance.Object {
		w.Helper()
		o, err := w.node.Publish(w.Context(), w.org.ID, o)
		w.must(err)
		return o
	}
	event = eventNamed("Opération Libre")
	event.Licence = "ODbL-1.0"
	event.Territories = []instance.Ref{{ID: "https://a.example/territoires/brest", Slug: "brest", Name: "Brest"}}
	event = publish(event).(*instance.Event)
	part = eventNamed("Cartopartie")
	part.PartOf = &instance.Ref{ID: event.ID, Slug: event.Slug, Name: event.Name}
	part = publish(part).(*instance.Event)
	publish(&instance.Recipe{Base: instance.Base{Kind: instance.KindRecipe, Name: "Recette", Licence: "CC-BY-SA-4.0"}})
	for _, text := range []string{"Bonjour", "Au revoir"} { // neither has a title
		publish(&instance.Announcement{Base: instance.Base{Kind: instance.KindAnnouncement, Source: text}})
	}
	return event, part
}

func eventNamed(name string) *instance.Event {
	e := event(name)
	e.Status = instance.StatusConfirmed
	return e
}

func TestArchiveIsPublishedElsewhereOnce(t *testing.T) {
	t.Parallel()
	from := setup(t)
	event, part := from.furnish()
	archive, _ := from.archive(false)
	to := elsewhere(t, "https://z.example")
	// It followed the node it takes over from: what it knows of it is no obstacle.
	there := to.remote(instance.KindOrganisation, from.org.ID)
	to.must(to.node.RequestFollow(t.Context(), to.org.ID, there.ID))
	to.must(to.node.ReceiveAnswer(t.Context(), there, to.org.ID, true))
	to.must(to.node.ReceiveObject(t.Context(), there, instance.CloneObject(event), nil))

	report, err := to.node.ImportArchive(t.Context(), to.org.ID, archive, instance.IntakeOptions{}, nil)
	to.must(err)
	to.counts(report, 6, 0, 0, 0, 0)
	find := func(old string) *instance.Event {
		t.Helper()
		objects, _, err := to.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindEvent}, DerivedFrom: old, Scope: instance.ScopeLocal})
		to.must(err)
		if len(objects) != 1 {
			t.Fatalf("%d events derive from %s", len(objects), old)
		}
		return objects[0].(*instance.Event)
	}
	copied := find(event.ID)
	if copied.Owner != to.org.ID || copied.Licence != "ODbL-1.0" || copied.Territories[0].ID != "https://z.example/territoires/brest" {
		t.Errorf("the copy is %+v", copied.Base)
	}
	if got := find(part.ID).PartOf.ID; got != copied.ID {
		t.Errorf("the part belongs to %s, not to the copy", got)
	}
	if raw, err := to.store.Raw(t.Context(), copied.ID); err != nil || !strings.Contains(string(raw), "x:unknown") {
		t.Errorf("what the other node said is kept as %q, %v", raw, err)
	}

	report, err = to.node.ImportArchive(t.Context(), to.org.ID, archive, instance.IntakeOptions{}, nil)
	to.must(err)
	to.counts(report, 0, 0, 6, 0, 0)

	// What changed there follows; what an author changed here, and what was withdrawn, stays.
	to.now = to.now.Add(time.Hour)
	draft := instance.CloneObject(copied).(*instance.Event)
	draft.Summary = "Écrit ici."
	_, err = to.node.Edit(t.Context(), to.org.ID, copied.ID, draft)
	to.must(err)
	if raw, err := to.store.Raw(t.Context(), copied.ID); err != nil || raw == nil {
		t.Errorf("an edit forgets what the other node said: %v", err)
	}
	to.must(to.node.Withdraw(t.Context(), to.org.ID, find(part.ID).ID))
	if raw, err := to.store.Raw(t.Context(), "https://z.example/evenements/"+draft.Slug); err != nil || raw == nil {
		t.Error(err)
	}
	changed := instance.CloneObject(event)
	changed.Common().Name = "Opération Libre, le retour"
	_, err = from.node.Edit(t.Context(), from.org.ID, event.ID, changed)
	from.must(err)
	archive, _ = from.archive(false)
	report, err = to.node.ImportArchive(t.Context(), to.org.ID, archive, instance.IntakeOptions{}, nil)
	to.must(err)
	if got := find(event.ID); got.Name != "Opération Libre, le retour" || got.Summary != "Écrit ici." {
		t.Errorf("after both changed: %q, %q", got.Name, got.Summary)
	}
	to.counts(report, 0, 1, 4, 0, 1)
}

func TestArchiveRestoresTheIdentity(t *testing.T) {
	t.Parallel()
	from := setup(t)
	event, part := from.furnish()
	from.must(from.node.Withdraw(t.Context(), from.org.ID, part.ID))
	from.must(from.node.ReceiveFollow(t.Context(), from.asso, instance.Follow{ID: "https://b.example/f/1", Object: from.org.ID, Raw: []byte(`{"id":"https://b.example/f/1"}`)}))
	archive, _ := from.archive(true)

	back := elsewhere(t, "https://a.example")
	report, err := back.node.RestoreArchive(t.Context(), archive, nil)
	back.must(err)
	if len(report.Refused) > 0 {
		t.Fatalf("%+v", report)
	}
	before, beforeKeys, err := from.node.Keys(t.Context(), from.org.ID)
	from.must(err)
	after, afterKeys, err := back.node.Keys(t.Context(), from.org.ID)
	back.must(err)
	if before.KeyPEM != after.KeyPEM || !beforeKeys.RSA.Equal(afterKeys.RSA) || !beforeKeys.Ed25519.Equal(afterKeys.Ed25519) {
		t.Error("the keys are others")
	}
	if back.node.Self().KeyPEM != from.node.Self().KeyPEM {
		t.Error("the node speaks with another key")
	}
	if got := back.object(event.ID); !got.Published.Equal(event.Published) || got.Name != event.Name {
		t.Errorf("the event is %+v", got)
	}
	if got := back.object(part.ID); got.Deleted.IsZero() {
		t.Error("what was withdrawn is back")
	}
	inboxes, err := back.node.FollowerInboxes(t.Context(), from.org.ID)
	back.must(err)
	if len(inboxes) != 1 || inboxes[0] != from.asso.Inbox {
		t.Errorf("followers: %v", inboxes)
	}
	if n := back.jobs()[instance.JobAnnounce]; n > 0 {
		t.Errorf("%d things are announced again", n)
	}
	report, err = back.node.RestoreArchive(t.Context(), archive, nil)
	back.must(err)
	if report.Created+report.Updated > 0 {
		t.Errorf("again: %+v", report)
	}
}

// A question to organise an event waits on the restored node as it did, on both sides.
func TestArchiveRestoresWhatWasAsked(t *testing.T) {
	t.Parallel()
	from := setup(t)
	other, _ := neighbours(from)
	o, err := from.node.Publish(t.Context(), from.org.ID, together(from, from.org, other))
	from.must(err)
	theirs := from.theirs("https://b.example/evenements/1", 0)
	from.must(from.node.ReceiveOffer(t.Context(), from.asso, instance.Organiser{Event: theirs.ID, Actor: from.org.ID, Offer: theirs.ID + "/offer", Copy: theirs, Raw: []byte("{}")}))
	archive, _ := from.archive(true)

	back := elsewhere(t, "https://a.example")
	_, err = back.node.RestoreArchive(t.Context(), archive, nil)
	back.must(err)
	editor := back.node.Editor(back.member("lou@exemple.org", instance.RoleContributor, from.org.ID, other.ID))
	asked, n, err := editor.Asked(t.Context(), instance.OrganiserAsked, 0, 10)
	back.must(err)
	if n != 2 || len(asked) != 2 {
		t.Fatalf("%d wait: %+v", n, asked)
	}
	back.must(editor.AnswerAsked(t.Context(), o.Common().ID, other.ID, true))
	back.must(editor.AnswerAsked(t.Context(), theirs.ID, from.org.ID, true))
	if got := back.object(theirs.ID); got.Name != theirs.Name {
		t.Errorf("agreed, it is published as %+v", got)
	}
	_, err = back.node.RestoreArchive(t.Context(), archive, nil)
	back.must(err)
	if row, err := back.node.Organiser(t.Context(), theirs.ID, from.org.ID); err != nil || row.State != instance.OrganiserConfirmed {
		t.Errorf("restored again, it is asked again: %+v, %v", row, err)
	}
}

func TestArchiveRefuses(t *testing.T) {
	t.Parallel()
	from := setup(t)
	from.furnish()
	bare, files := from.archive(false)
	t.Run("its own node", func(t *testing.T) {
		t.Parallel()
		_, err := from.node.ImportArchive(t.Context(), from.org.ID, bare, instance.IntakeOptions{}, nil)
		from.wants(err, instance.ErrConflict)
	})
	t.Run("an identity without its keys", func(t *testing.T) {
		t.Parallel()
		_, err := elsewhere(t, "https://a.example").node.RestoreArchive(t.Context(), bare, nil)
		from.wants(err, instance.ErrForbidden)
	})
	t.Run("another address", func(t *testing.T) {
		t.Parallel()
		_, err := elsewhere(t, "https://z.example").node.RestoreArchive(t.Context(), bare, nil)
		from.wants(err, instance.ErrForbidden)
	})
	t.Run("a node with a life of its own", func(t *testing.T) {
		t.Parallel()
		keyed, _ := from.archive(true)
		other := elsewhere(t, "https://a.example")
		_, err := other.node.Publish(t.Context(), other.org.ID, event("Autre chose"))
		other.must(err)
		_, err = other.node.RestoreArchive(t.Context(), keyed, nil)
		from.wants(err, instance.ErrConflict)
	})
	t.Run("a file that changed", func(t *testing.T) {
		t.Parallel()
		copied := copyOf(t, files)
		copied["peers.json"] = &fstest.MapFile{Data: []byte("[]")}
		_, err := instance.OpenArchive(copied)
		from.wants(err, instance.ErrInvalid)
	})
	t.Run("a file that is missing", func(t *testing.T) {
		t.Parallel()
		copied := copyOf(t, files)
		delete(copied, "organisations/tiriad.json")
		_, err := instance.OpenArchive(copied)
		from.wants(err, instance.ErrInvalid)
	})
	t.Run("no archive", func(t *testing.T) {
		t.Parallel()
		_, err := instance.OpenArchive(fstest.MapFS{})
		from.wants(err, instance.ErrNotFound)
	})
}

// An archive that can be given away holds no secret.
func TestArchiveWithoutKeysHoldsNoSecret(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.furnish()
	_, files := w.archive(false)
	for name, file := range copyOf(t, files) {
		if bytes.Contains(file.Data, []byte("PRIVATE KEY")) || strings.HasPrefix(name, "keys/") || strings.HasPrefix(name, "personnes/") || name == "organisers.json" {
			t.Errorf("%s is in it", name)
		}
	}
}

func copyOf(t *testing.T, files *zip.Reader) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := files.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		data, err := io.ReadAll(f)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
