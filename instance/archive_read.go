package instance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// What strangers' archives may cost. A node of fifty thousand things, with a picture
// each, is well within.
const (
	maxArchivedFiles = 200_000
	maxArchivedThing = 1 << 20  // bytes of what describes one thing
	maxArchivedMedia = 16 << 20 // of a picture
	maxArchivedList  = 64 << 20 // of the manifest, and of what lists many things
	maxArchivedTotal = 16 << 30
)

// archivedLimit is how large a file of an archive may be, in bytes.
func archivedLimit(name string) int64 {
	switch {
	case name == archiveManifest, name == archiveFollows, name == archivePeers, name == archiveTombstones, name == archiveOrganisers:
		return maxArchivedList
	case strings.HasPrefix(name, archiveMedia):
		return maxArchivedMedia
	}
	return maxArchivedThing
}

// Archive is an archive opened for reading: a folder, or a *zip.Reader.
type Archive struct {
	Manifest ArchiveManifest
	files    fs.FS
	urls     URLs // of the node it was made of
}

// OpenArchive reads the manifest of an archive and checks every file against it.
// ErrNotFound: it has no manifest; ErrInvalid: it is of another form, or was damaged
// or changed, or is larger than any node.
func OpenArchive(files fs.FS) (*Archive, error) {
	a := &Archive{files: files}
	data, err := readBounded(files, archiveManifest, maxArchivedList)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w : pas de %s : ce n’est pas une archive de maillage", ErrNotFound, archiveManifest)
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &a.Manifest); err != nil || a.Manifest.Format != ArchiveFormat {
		return nil, fmt.Errorf("%w : cette archive n’est pas de la forme %s : il faut une autre version de maillage", ErrInvalid, ArchiveFormat)
	}
	if a.urls, err = NewURLs(a.Manifest.BaseURL); err != nil {
		return nil, err
	}
	if err := a.Manifest.bounded(); err != nil {
		return nil, err
	}
	for name := range a.Manifest.Files {
		if _, err := a.read(name); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// bounded refuses what no node would write, before any file is read.
func (m *ArchiveManifest) bounded() error {
	if len(m.Files) > maxArchivedFiles {
		return fmt.Errorf("%w : %d fichiers, plus que les %d qu’une archive peut avoir", ErrInvalid, len(m.Files), maxArchivedFiles)
	}
	total := int64(0)
	for name, file := range m.Files {
		if !fs.ValidPath(name) {
			return fmt.Errorf("%w : « %s » n’est pas un nom de fichier d’une archive", ErrInvalid, name)
		}
		if file.Size < 0 || file.Size > archivedLimit(name) {
			return fmt.Errorf("%s : %w : %d octets, plus que les %d qu’il peut avoir", name, ErrInvalid, file.Size, archivedLimit(name))
		}
		if total += file.Size; total > maxArchivedTotal {
			return fmt.Errorf("%w : plus de %d Go", ErrInvalid, maxArchivedTotal>>30)
		}
	}
	return nil
}

// readBounded reads a regular file: what waits behind a pipe or a device is not read.
func readBounded(files fs.FS, name string, limit int64) ([]byte, error) {
	info, err := fs.Stat(files, name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s : %w : ce n’est pas un fichier", name, ErrInvalid)
	}
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("%s : %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s : %w : plus de %d octets", name, ErrInvalid, limit)
	}
	return data, nil
}

// read returns a file as the manifest says it is.
func (a *Archive) read(name string) ([]byte, error) {
	want, listed := a.Manifest.Files[name]
	if !listed {
		return nil, fmt.Errorf("%s : %w", name, fs.ErrNotExist)
	}
	data, err := readBounded(a.files, name, want.Size)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s manque : l’archive est incomplète (%w)", name, ErrInvalid)
	}
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want.SHA256 {
		return nil, fmt.Errorf("%s a changé depuis que l’archive a été faite (%w) : reprenez-la à sa source", name, ErrInvalid)
	}
	return data, nil
}

// decode reads a JSON file; one that is not there leaves the value as it is.
func (a *Archive) decode(name string, into any) error {
	data, err := a.read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s : %w : %w", name, ErrInvalid, err)
	}
	return nil
}

// things walks the files that describe things of a kind, in order.
func (a *Archive) things(kinds []Kind, visit func(kind Kind, name string) error) error {
	for _, name := range slices.Sorted(maps.Keys(a.Manifest.Files)) {
		if path.Ext(name) != ".json" {
			continue
		}
		kind, _, ours := a.urls.Parse(a.urls.IRI("/" + strings.TrimSuffix(name, ".json")))
		if !ours || !slices.Contains(kinds, kind) {
			continue
		}
		if err := visit(kind, name); err != nil {
			return err
		}
	}
	return nil
}

// archivedKinds are the objects of an archive.
var archivedKinds = []Kind{KindPartner, KindEvent, KindRecipe, KindAnnouncement}

// Len is the number of things in the archive.
func (a *Archive) Len() int {
	total := 0
	for _, kind := range append(slices.Clone(archivedKinds), KindTerritory) {
		total += a.Manifest.Counts[kind]
	}
	return total
}

// object reads one object, checked to be at its own path.
func (a *Archive) object(kind Kind, name string) (Object, error) {
	o, err := NewObject(kind)
	if err != nil {
		return nil, err
	}
	if err := a.decode(name, o); err != nil {
		return nil, err
	}
	if b := o.Common(); b.Kind != kind || b.ID != a.urls.IRI("/"+strings.TrimSuffix(name, ".json")) {
		return nil, fmt.Errorf("%s : %w : ce fichier parle d’autre chose", name, ErrInvalid)
	}
	return o, nil
}

func (a *Archive) actor(kind Kind, name string) (*Actor, error) {
	var actor Actor
	if err := a.decode(name, &actor); err != nil {
		return nil, err
	}
	if actor.Kind != kind || actor.ID != a.urls.IRI("/"+strings.TrimSuffix(name, ".json")) {
		return nil, fmt.Errorf("%s : %w : ce fichier parle d’autre chose", name, ErrInvalid)
	}
	return &actor, nil
}
