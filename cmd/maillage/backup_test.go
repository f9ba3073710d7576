package main

import (
	"archive/zip"
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/store"
	"github.com/maillage/maillage/instance/store/storetest"
)

// publishing keeps publishing until stop, which says how many things were published.
func publishing(t *testing.T, a *app) (stop func() int) {
	t.Helper()
	org, err := a.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiriad", Name: "Tiriad"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	go func() {
		count := 0
		for ; ctx.Err() == nil; count++ {
			note := &instance.Announcement{Base: instance.Base{Kind: instance.KindAnnouncement, Slug: fmt.Sprintf("note-%d", count), Source: strings.Repeat("Bonjour. ", 100)}}
			if _, err := a.node.Publish(t.Context(), org.ID, note); err != nil {
				t.Error(err)
				break
			}
		}
		done <- count
	}()
	return func() int { cancel(); return <-done }
}

func notes(t *testing.T, node *instance.Node) (all []string) {
	t.Helper()
	objects, _, err := node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindAnnouncement}, Sort: instance.ByID, Limit: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		all = append(all, o.Common().ID+" "+o.Common().Content)
	}
	return all
}

// What is backed up while the node is written to, and restored, is a moment of it: of
// notes published one after the other, the first ones, whole.
func TestBackupUnderLoadAndRestore(t *testing.T) {
	t.Parallel()
	a, _ := builtNode(t)
	picture := filepath.Join(a.config.Data, mediaFolder, "ab", "abcd.jpg")
	if err := errors.Join(os.MkdirAll(filepath.Dir(picture), 0o750), os.WriteFile(picture, []byte("picture"), 0o600)); err != nil {
		t.Fatal(err)
	}
	stop := publishing(t, a)
	time.Sleep(300 * time.Millisecond)
	file := filepath.Join(t.TempDir(), "sauvegarde.zip")
	if _, err := backUp(t.Context(), a.config, file); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	published := stop()
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup: %v, %v", info, err)
	}

	c := a.config
	c.Data = filepath.Join(t.TempDir(), "data")
	if _, aside, err := restore(t.Context(), c, file, false); err != nil || aside != "" {
		t.Fatal(aside, err)
	}
	back, err := openApp(t.Context(), c, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer back.closeLogged()
	if back.node.Self().KeyPEM != a.node.Self().KeyPEM {
		t.Error("the restored node has other keys")
	}
	if data, err := os.ReadFile(filepath.Join(c.Data, mediaFolder, "ab", "abcd.jpg")); err != nil || string(data) != "picture" {
		t.Errorf("the picture: %q, %v", data, err)
	}
	kept := notes(t, back.node)
	if len(kept) == 0 || len(kept) >= published {
		t.Errorf("%d notes of %d were backed up: nothing was written meanwhile", len(kept), published)
	}
	all := map[string]bool{}
	for _, note := range notes(t, a.node) {
		all[note] = true
	}
	for i, note := range kept {
		if !all[note] {
			t.Fatalf("note %d is not what was published: %.100s", i, note)
		}
	}
	for i := range kept {
		if _, err := back.node.ObjectBySlug(t.Context(), instance.KindAnnouncement, fmt.Sprintf("note-%d", i)); err != nil {
			t.Fatalf("%d notes, and not the one of rank %d: %v", len(kept), i, err)
		}
	}
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	a, _ := builtNode(t)
	file := filepath.Join(t.TempDir(), "sauvegarde.zip")
	if _, err := backUp(t.Context(), a.config, file); err != nil {
		t.Fatal(err)
	}
	elsewhere := func(t *testing.T) config {
		t.Helper()
		c := a.config
		c.Data = t.TempDir()
		return c
	}
	refused := func(t *testing.T, c config, file, says string) {
		t.Helper()
		if _, _, err := restore(t.Context(), c, file, false); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("restored, or refused with %v", err)
		}
		left, _ := filepath.Glob(filepath.Join(c.Data, "*"))
		for _, name := range left {
			if strings.Contains(name, "restauration") {
				t.Errorf("%s is left", name)
			}
		}
	}
	t.Run("to overwrite", func(t *testing.T) {
		t.Parallel()
		c := elsewhere(t)
		if err := os.WriteFile(c.dsn(), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, c, file, "--force")
		_, aside, err := restore(t.Context(), c, file, true)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(filepath.Join(aside, "maillage.db")); err != nil || string(data) != "mine" {
			t.Errorf("what was there: %q, %v", data, err)
		}
	})
	t.Run("a backup of another node", func(t *testing.T) {
		t.Parallel()
		c := elsewhere(t)
		c.BaseURL = "https://autre.example"
		refused(t, c, file, "base_url")
	})
	t.Run("a file that changed", func(t *testing.T) {
		t.Parallel()
		refused(t, elsewhere(t), rewritten(t, file, func(name string, data []byte) []byte {
			if name == backupDatabase {
				data[len(data)/2] ^= 1
			}
			return data
		}), "abîmé")
	})
	t.Run("a file that is cut", func(t *testing.T) {
		t.Parallel()
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cut := filepath.Join(t.TempDir(), "coupe.zip")
		if err := os.WriteFile(cut, data[:len(data)-100], 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, elsewhere(t), cut, "pas un fichier .zip entier")
	})
	t.Run("a file that escapes", func(t *testing.T) {
		t.Parallel()
		refused(t, elsewhere(t), rewritten(t, file, func(name string, data []byte) []byte {
			if name == backupManifestName {
				data = bytes.Replace(data, []byte(`"maillage.db": {`), []byte(`"media/../../x": {"sha256":"","size":0},"maillage.db": {`), 1)
			}
			return data
		}), "n’a rien à faire")
	})
	t.Run("a later version", func(t *testing.T) {
		t.Parallel()
		later := filepath.Join(t.TempDir(), "later.db")
		if err := store.BackUp(t.Context(), a.config.dsn(), later); err != nil {
			t.Fatal(err)
		}
		if err := store.CheckFile(t.Context(), later); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", later)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ExecContext(t.Context(), "INSERT INTO schema_migrations (version, name, checksum, applied) VALUES (9999, 'later', '', 0)")
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		if err := store.CheckFile(t.Context(), later); !errors.Is(err, store.ErrNewerSchema) {
			t.Errorf("a later schema: %v", err)
		}
	})
}

// rewritten is a copy of a .zip file with other contents.
func rewritten(t *testing.T, file string, change func(name string, data []byte) []byte) string {
	t.Helper()
	in, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	path := filepath.Join(t.TempDir(), "autre.zip")
	err = writeZip(path, func(out *zip.Writer) error {
		for _, f := range in.File {
			r, err := f.Open()
			if err != nil {
				return err
			}
			data, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			w, err := out.Create(f.Name)
			if err != nil {
				return err
			}
			if _, err := w.Write(change(f.Name, data)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// An archive made by the program is taken in by another node, from a file or a folder.
func TestExportAndImport(t *testing.T) {
	t.Parallel()
	a, _ := builtNode(t)
	stop := publishing(t, a)
	time.Sleep(50 * time.Millisecond)
	stop()
	b, _ := builtNode(t)
	owner, err := b.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "accueil", Name: "Accueil"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"archive.zip", "archive"} {
		path := filepath.Join(t.TempDir(), name)
		if _, err := writeArchive(t.Context(), a, path, false); err != nil {
			t.Fatal(err)
		}
		if _, err := writeArchive(t.Context(), a, path, false); err == nil || !strings.Contains(err.Error(), "existe déjà") {
			t.Errorf("%s is overwritten: %v", name, err)
		}
		files, closeFiles, err := openFiles(path)
		if err != nil {
			t.Fatal(err)
		}
		archive, err := instance.OpenArchive(files)
		if err != nil {
			t.Fatal(err)
		}
		report, err := b.node.ImportArchive(t.Context(), owner.ID, archive, instance.IntakeOptions{}, nil)
		if err := errors.Join(err, closeFiles()); err != nil {
			t.Fatal(err)
		}
		if want := len(notes(t, a.node)); report.Counts[instance.IntakeCreated]+report.Counts[instance.IntakeUnchanged] != want {
			t.Errorf("%s: %+v, want %d notes", name, report, want)
		}
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	a, l := builtNode(t)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- a.serve(ctx, l) }()
	defer func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Errorf("stopping: %v", err)
		}
	}()
	if _, err := a.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindTerritory, Slug: "brest", Name: "Brest", Territory: &instance.Territory{Kind: "commune"}}); err != nil {
		t.Fatal(err)
	}
	if err := a.node.Store().Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveHost(t.Context(), instance.Host{Domain: "parti.example", Failures: 9})
	}); err != nil {
		t.Fatal(err)
	}
	levels := map[string]level{}
	for _, f := range append(checkReach(t.Context(), a), checkAddress(a.config), checkDisk(a.config), checkDatabase(t.Context(), a), checkQueue(t.Context(), a), checkFailed(t.Context(), a), checkPeers(t.Context(), a)) {
		levels[f.Check] = f.Level
		if f.Level != levelOK && f.Remedy == "" {
			t.Errorf("%s (%s) says not what to do", f.Check, f.Says)
		}
	}
	for check, want := range map[string]level{
		"joignable": levelOK, "horloge": levelOK, "base de données": levelOK, "file des tâches": levelOK, "tâches abandonnées": levelOK,
		"adresse publique": levelWarn, "autres serveurs": levelWarn,
	} {
		if levels[check] != want {
			t.Errorf("%s: %q, want %q", check, levels[check], want)
		}
	}
	for range 50 { // until it is indexed
		if f := checkIndex(t.Context(), a); f.Level == levelOK && strings.HasPrefix(f.Says, "1 ") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("the index: %+v", checkIndex(t.Context(), a))
}

func TestDoctorOfANodeThatIsDown(t *testing.T) {
	t.Parallel()
	a, l := builtNode(t)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if f := checkReach(t.Context(), a)[0]; f.Level != levelFail || f.Remedy == "" {
		t.Errorf("%+v", f)
	}
}

func TestLocalActor(t *testing.T) {
	t.Parallel()
	a, _ := builtNode(t)
	org, err := a.node.CreateActor(t.Context(), instance.Actor{Kind: instance.KindOrganisation, Slug: "tiers-lieu", Name: "Le tiers-lieu"})
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{org.ID, "tiers_lieu", "@tiers_lieu@" + a.node.Domain(), "tiers-lieu"} {
		if got, err := localActor(t.Context(), a.node, address); err != nil || got.ID != org.ID {
			t.Errorf("%s: %v, %v", address, got, err)
		}
	}
	for _, address := range []string{"@tiers_lieu@ailleurs.example", "@tiers-lieu@" + a.node.Domain(), "personne", "https://ailleurs.example/actor"} {
		if got, err := localActor(t.Context(), a.node, address); err == nil {
			t.Errorf("%s is %s", address, got.ID)
		}
	}
}

// bomb is a .zip file of empty entries, whose end announces fewer than there are.
func bomb(t *testing.T, entries int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "piege.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for i := range entries {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%070d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// Archives that would exhaust a small machine are refused before they are read.
func TestArchiveBombs(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, path, says string) {
		t.Helper()
		files, closeFiles, err := openFiles(path)
		if err == nil {
			_, err = instance.OpenArchive(files)
			_ = closeFiles()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("opened, or refused with %v", err)
		}
	}
	t.Run("entries by the hundred thousand", func(t *testing.T) {
		t.Parallel()
		path := bomb(t, 300_000)
		refused(t, path, "plus de fichiers")
		short := strings.TrimSuffix(path, ".zip") + "-court.zip"
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		i := bytes.LastIndex(data, []byte("PK\x05\x06")) // the end, without the record of zip64, lies about how many there are
		copy(data[i-20:], make([]byte, 4))
		binary.LittleEndian.PutUint16(data[i+10:], 7)
		binary.LittleEndian.PutUint32(data[i+12:], 500)
		binary.LittleEndian.PutUint32(data[i+16:], 64<<20)
		if err := os.WriteFile(short, data, 0o600); err != nil {
			t.Fatal(err)
		}
		size, err := zipDirectory(short)
		if err != nil || size < int64(len(data))-64<<20 {
			t.Errorf("a directory of %d bytes, %v", size, err)
		}
	})
	t.Run("what archive/zip does not read hides nothing", func(t *testing.T) {
		t.Parallel()
		path := bomb(t, 300_000)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		i := bytes.LastIndex(data, []byte("PK\x05\x06"))
		start := binary.LittleEndian.Uint64(data[i-20-56+48:])
		end := slices.Clone(data[i:])
		binary.LittleEndian.PutUint16(end[8:], 7)
		binary.LittleEndian.PutUint16(end[10:], 7)
		binary.LittleEndian.PutUint32(end[12:], uint32(i-20-56)-uint32(start))
		binary.LittleEndian.PutUint32(end[16:], uint32(start))
		for name, tail := range map[string][]byte{
			"a locator that leads nowhere": slices.Concat([]byte("PK\x06\x07\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x00\x00\x00"), end),
			"an end within the comment":    slices.Concat(end[:20], []byte{4, 0}, []byte("PK\x05\x06")),
		} {
			if err := os.WriteFile(path, slices.Concat(data[:i-20-56], tail), 0o600); err != nil {
				t.Fatal(err)
			}
			if size, err := zipDirectory(path); err != nil || size < maxZipDirectory {
				t.Errorf("%s: a directory of %d bytes, %v", name, size, err)
			}
		}
	})
	t.Run("zeros by the gigabyte", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "zeros.zip")
		err := writeZip(path, func(z *zip.Writer) error {
			w, err := z.Create("manifest.json")
			if err != nil {
				return err
			}
			_, err = io.CopyN(w, zeros{}, 256<<20)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		refused(t, path, "grossirait")
	})
	t.Run("no .zip file", func(t *testing.T) {
		t.Parallel()
		for name, data := range map[string]string{"vide.zip": "", "mots.zip": "bonjour", "fin.zip": "PK\x05\x06"} {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(t, path, "pas un fichier .zip entier")
		}
	})
}

// zeros is an endless file of nothing.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// A node with its keys goes from a SQLite file to PostgreSQL: what it publishes, its
// identity, its followers.
func TestArchiveCarriesANodeToPostgreSQL(t *testing.T) {
	t.Parallel()
	a, _ := builtNode(t)
	stop := publishing(t, a)
	time.Sleep(50 * time.Millisecond)
	stop()
	path := filepath.Join(t.TempDir(), "archive.zip")
	if _, err := writeArchive(t.Context(), a, path, true); err != nil {
		t.Fatal(err)
	}
	files, closeFiles, err := openFiles(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = closeFiles() }()
	archive, err := instance.OpenArchive(files)
	if err != nil {
		t.Fatal(err)
	}
	c := a.config
	c.Data, c.Database = t.TempDir(), storetest.Postgres(t)
	b, err := openApp(t.Context(), c, false, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer b.closeLogged()
	if _, err := b.node.RestoreArchive(t.Context(), archive, nil); err != nil {
		t.Fatal(err)
	}
	if before, after := notes(t, a.node), notes(t, b.node); len(before) == 0 || !slices.Equal(before, after) {
		t.Errorf("%d notes, then %d", len(before), len(after))
	}
	if b.node.Self().KeyPEM != a.node.Self().KeyPEM {
		t.Error("it has other keys")
	}
}
