package instance_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/maillage/maillage/instance"
)

// houses makes a node of two organisations, with a picture, and a person.
func houses(t *testing.T) *world {
	t.Helper()
	w := setup(t)
	w.furnish()
	other, err := w.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "fabrique", Name: "La Fabrique", Summary: "<p>Un atelier</p>", Website: "https://fab.example/", Themes: []string{"communs"}})
	w.must(err)
	_, err = w.node.Publish(t.Context(), other.ID, event("Repair café"))
	w.must(err)
	_, err = w.node.Publish(t.Context(), w.org.ID, &instance.Partner{Base: instance.Base{Kind: instance.KindPartner, Name: "La Fabrique"}, Actor: other.ID})
	w.must(err)
	return w
}

// take imports an archive, each thing in the name of its own organisation.
func (w *world) take(a *instance.Archive, o instance.IntakeOptions) instance.IntakeReport {
	w.Helper()
	report, err := w.node.ImportArchive(w.Context(), "", a, o, nil)
	w.must(err)
	return report
}

func (w *world) organisation(slug string) *instance.Actor {
	w.Helper()
	a, err := w.node.ActorBySlug(w.Context(), instance.KindOrganisation, slug)
	w.must(err)
	return a
}

// owned are the names of what an actor has published.
func (w *world) owned(by string) (names []string) {
	w.Helper()
	objects, _, err := w.node.Objects(w.Context(), instance.ObjectFilter{Owner: by, Sort: instance.ByName, Limit: 100})
	w.must(err)
	for _, o := range objects {
		names = append(names, o.Common().Name+string(o.Common().Kind[:1]))
	}
	return names
}

// A whole node is opened again elsewhere, organisation by organisation, and taken back.
func TestArchiveOpensOrganisations(t *testing.T) {
	t.Parallel()
	from := houses(t)
	archive, _ := from.archive(false)
	to := elsewhere(t, "https://z.example")

	dry := to.take(archive, instance.IntakeOptions{DryRun: true})
	to.counts(dry, 10, 0, 0, 0, 0) // a territory, two organisations, seven things
	if _, err := to.node.ActorBySlug(t.Context(), instance.KindOrganisation, "fabrique"); err == nil {
		t.Fatal("a trial opened an organisation")
	}
	report := to.take(archive, instance.IntakeOptions{})
	to.counts(report, 10, 0, 0, 0, 0)
	fabrique, tiriad := to.organisation("fabrique"), to.organisation("tiriad")
	if fabrique.Summary != "<p>Un atelier</p>" || fabrique.Website != "https://fab.example/" || len(fabrique.Themes) != 1 {
		t.Errorf("%+v", fabrique)
	}
	if got := to.owned(fabrique.ID); !slices.Equal(got, []string{"Repair cafée"}) {
		t.Errorf("la Fabrique publishes %v", got)
	}
	if got := to.owned(tiriad.ID); len(got) != 6 {
		t.Errorf("Tiriad publishes %v", got)
	}
	if got := to.owned(to.org.ID); len(got) != 0 {
		t.Errorf("another publishes %v", got)
	}
	sheets, _, err := to.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}})
	to.must(err)
	if p := sheets[0].(*instance.Partner); p.Actor != fabrique.ID || !p.Published.Before(to.now) {
		t.Errorf("the sheet is of %s, published %s", p.Actor, p.Published)
	}
	key, err := to.node.PrivateKey(t.Context(), fabrique.ID)
	to.must(err)
	if there, err := from.node.PrivateKey(t.Context(), "https://a.example/organisations/fabrique"); err != nil || key == there {
		t.Errorf("it speaks with the key it had: %v", err)
	}

	to.counts(to.take(archive, instance.IntakeOptions{}), 0, 0, 10, 0, 0)
	to.counts(to.take(archive, instance.IntakeOptions{DryRun: true}), 0, 0, 10, 0, 0)

	r, err := to.store.IntakeRecord(t.Context(), report.Batch)
	to.must(err)
	if r.Owner != to.node.Self().ID || r.Format != instance.FormatArchive || r.Source != "https://a.example" {
		t.Errorf("recorded as %+v", r)
	}
	done, err := to.node.UndoIntake(t.Context(), r.Owner, r.ID)
	to.must(err)
	if done.Withdrawn != 10 || len(done.Kept) != 0 {
		t.Errorf("undone: %+v", done)
	}
	if a := to.organisation("fabrique"); a.Gone.IsZero() || len(to.owned(a.ID)) != 0 {
		t.Errorf("left after undoing: %+v", a)
	}
	to.now = to.now.Add(time.Hour)
	to.counts(to.take(archive, instance.IntakeOptions{}), 10, 0, 0, 0, 0)
	if a := to.organisation("fabrique"); !a.Gone.IsZero() || len(to.owned(a.ID)) != 1 {
		t.Errorf("opened again: %+v", a)
	}
}

// What an import opened and somebody uses since stays open when it is undone.
func TestArchiveUndoKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	from := houses(t)
	archive, _ := from.archive(false)
	to := elsewhere(t, "https://z.example")
	report := to.take(archive, instance.IntakeOptions{})
	tiriad := to.organisation("tiriad")
	_, err := to.node.Publish(t.Context(), tiriad.ID, event("Publié ici"))
	to.must(err)
	follower := to.remote(instance.KindPerson, "https://m.example/users/x")
	to.must(to.node.ReceiveFollow(t.Context(), follower, instance.Follow{ID: "https://m.example/f/1", Object: to.organisation("fabrique").ID}))
	done, err := to.node.UndoIntake(t.Context(), to.node.Self().ID, report.Batch)
	to.must(err)
	if done.Withdrawn != 8 || len(done.Kept) != 2 || !to.organisation("tiriad").Gone.IsZero() || !to.organisation("fabrique").Gone.IsZero() {
		t.Errorf("%+v", done)
	}
}

// Nobody's name is taken: an organisation that publishes here already is another, one
// that has not yet is the same, and what people said in their own names is left to them.
func TestArchiveTakesNobodysName(t *testing.T) {
	t.Parallel()
	from := houses(t)
	o, err := from.node.Publish(t.Context(), from.node.Self().ID, event("Du nœud même"))
	from.must(err)
	archive, _ := from.archive(false)
	to := elsewhere(t, "https://z.example")
	mine, err := to.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "fabrique", Name: "Une autre Fabrique"})
	to.must(err)
	_, err = to.node.Publish(t.Context(), mine.ID, event("Chez nous"))
	to.must(err)
	_, err = to.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad, ici"})
	to.must(err)

	report := to.take(archive, instance.IntakeOptions{})
	to.counts(report, 7, 0, 1, 0, 3)
	if got := to.owned(mine.ID); len(got) != 1 {
		t.Errorf("in another's name: %v", got)
	}
	if a := to.organisation("tiriad"); a.Name != "Tiriad, ici" || len(to.owned(a.ID)) != 6 {
		t.Errorf("%s publishes %v", a.Name, to.owned(a.ID))
	}
	for _, row := range report.Rows {
		if row.Verdict == instance.IntakeRefused && !strings.Contains(row.Reasons[0].Message, "--as") {
			t.Errorf("refused without a way out: %+v", row)
		}
	}
	to.counts(to.take(archive, instance.IntakeOptions{}), 0, 0, 8, 0, 3)
	all, err := to.node.ImportArchive(t.Context(), mine.ID, archive, instance.IntakeOptions{}, nil)
	to.must(err)
	if all.Counts[instance.IntakeRefused] != 0 || len(to.owned(mine.ID)) != 9 {
		t.Errorf("with a name: %v, %v, %s", all.Counts, to.owned(mine.ID), o.Common().ID)
	}
}

// Archives made to harm are refused before much is read.
func TestArchiveRefusesBombs(t *testing.T) {
	t.Parallel()
	from := setup(t)
	from.furnish()
	_, files := from.archive(false)
	manifest := func(t *testing.T, change func(m *instance.ArchiveManifest)) fstest.MapFS {
		t.Helper()
		out := copyOf(t, files)
		var m instance.ArchiveManifest
		from.must(json.Unmarshal(out["manifest.json"].Data, &m))
		change(&m)
		data, err := json.Marshal(m)
		from.must(err)
		out["manifest.json"] = &fstest.MapFile{Data: data}
		return out
	}
	refused := func(t *testing.T, files fs.FS) {
		t.Helper()
		_, err := instance.OpenArchive(files)
		from.wants(err, instance.ErrInvalid)
	}
	for name, change := range map[string]func(*instance.ArchiveManifest){
		"a file outside":          func(m *instance.ArchiveManifest) { m.Files["../../etc/passwd"] = instance.ArchiveFile{} },
		"an absolute file":        func(m *instance.ArchiveManifest) { m.Files["/etc/passwd"] = instance.ArchiveFile{} },
		"a huge thing":            func(m *instance.ArchiveManifest) { m.Files["evenements/x.json"] = instance.ArchiveFile{Size: 1 << 40} },
		"a size below nothing":    func(m *instance.ArchiveManifest) { m.Files["evenements/x.json"] = instance.ArchiveFile{Size: -1} },
		"a picture of a gigabyte": func(m *instance.ArchiveManifest) { m.Files["media/x.png"] = instance.ArchiveFile{Size: 1 << 30} },
		"pictures without end": func(m *instance.ArchiveManifest) {
			for i := range 1100 {
				m.Files["media/"+strings.Repeat("x", i+1)] = instance.ArchiveFile{Size: 16 << 20}
			}
		},
		"less than it holds": func(m *instance.ArchiveManifest) {
			f := m.Files["peers.json"]
			f.Size--
			m.Files["peers.json"] = f
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, manifest(t, change))
		})
	}
	t.Run("a million files", func(t *testing.T) {
		t.Parallel()
		var out strings.Builder
		out.WriteString(`{"format":"maillage-archive/1","base_url":"https://a.example","files":{`)
		for i := range 300_000 {
			if i > 0 {
				out.WriteByte(',')
			}
			out.WriteString(`"e/` + strings.Repeat("0", i%7) + string(rune('a'+i%26)) + time.Duration(i).String() + `":{}`)
		}
		out.WriteString("}}")
		refused(t, fstest.MapFS{"manifest.json": {Data: []byte(out.String())}})
	})
	t.Run("a manifest without end", func(t *testing.T) {
		t.Parallel()
		refused(t, fstest.MapFS{"manifest.json": {Data: []byte(strings.Repeat(" ", 65<<20))}})
	})
	t.Run("JSON without end in a line", func(t *testing.T) {
		t.Parallel()
		refused(t, fstest.MapFS{"manifest.json": {Data: []byte(strings.Repeat("[", 1<<20))}})
	})
	t.Run("a pipe, which would be waited on", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		from.must(syscall.Mkfifo(dir+"/manifest.json", 0o600))
		root, err := os.OpenRoot(dir)
		from.must(err)
		defer func() { _ = root.Close() }()
		refused(t, root.FS())
	})
	t.Run("a link that leads outside", func(t *testing.T) {
		t.Parallel()
		dir, outside := t.TempDir(), t.TempDir()
		from.must(os.WriteFile(outside+"/manifest.json", []byte(`{"format":"maillage-archive/1","base_url":"https://a.example"}`), 0o600))
		from.must(os.Symlink(outside+"/manifest.json", dir+"/manifest.json"))
		root, err := os.OpenRoot(dir)
		from.must(err)
		defer func() { _ = root.Close() }()
		if _, err := instance.OpenArchive(root.FS()); err == nil {
			t.Error("it was followed")
		}
	})
}

// Who organised an event there did not agree to organise its copy: only those of the
// archive are named as actors.
func TestArchiveMakesNobodyOrganise(t *testing.T) {
	t.Parallel()
	from := houses(t)
	fabrique := from.organisation("fabrique")
	e := event("À plusieurs")
	e.Organisers = []instance.Ref{
		{ID: fabrique.ID, Name: "La Fabrique"},
		{Name: "Les voisins", URL: "https://voisins.example/"},
		{ID: "https://z.example/organisations/accueil", Name: "Accueil", URL: "https://z.example/organisations/accueil"},
		{ID: "https://c.example/users/lointaine", Name: "Lointaine"},
	}
	from.must(from.store.Write(t.Context(), func(tx instance.Tx) error {
		e.ID, e.Slug, e.Owner = from.node.URLs().Of(instance.KindEvent, "a-plusieurs"), "a-plusieurs", fabrique.ID
		e.URL = e.ID
		return tx.SaveObject(t.Context(), e, nil)
	}))
	archive, _ := from.archive(false)
	to := elsewhere(t, "https://z.example")
	to.take(archive, instance.IntakeOptions{})
	events, _, err := to.node.Objects(t.Context(), instance.ObjectFilter{Owner: to.organisation("fabrique").ID, Sort: instance.ByName})
	to.must(err)
	want := []instance.Ref{
		{ID: "https://z.example/organisations/fabrique", Slug: "fabrique", Name: "La Fabrique", URL: "https://z.example/organisations/fabrique"},
		{Name: "Les voisins", URL: "https://voisins.example/"},
		{Name: "Accueil"},
		{Name: "Lointaine", URL: "https://c.example/users/lointaine"},
	}
	for _, o := range events {
		if e := o.(*instance.Event); e.Name == "À plusieurs" {
			if !slices.Equal(e.Organisers, want) {
				t.Errorf("organisers: %+v", e.Organisers)
			}
			return
		}
	}
	t.Errorf("it did not arrive among %d", len(events))
}
