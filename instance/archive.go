package instance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ArchiveReader is what an archive needs besides what pages read.
type ArchiveReader interface {
	// Raw is an object as another program wrote it (see Tx.SaveObject); nil when it was
	// written here. ErrNotFound.
	Raw(ctx context.Context, id string) ([]byte, error)
	// Tombstones walks what is ours and was withdrawn, in IRI order, after the given one.
	Tombstones(ctx context.Context, after string, limit int) ([]Object, error)
}

// ArchiveFormat names the form of archives: the manifest says it, and a reader
// refuses any other.
const ArchiveFormat = "maillage-archive/1"

// The files of an archive that describe no single thing. Things are at the path of
// their page: evenements/ol-brest.json, and .jsonld beside it.
const (
	archiveManifest   = "manifest.json"
	archiveReadme     = "LISEZMOI.txt"
	archiveFollows    = "follows.json"
	archivePeers      = "peers.json"
	archiveTombstones = "tombstones.json"
	archiveOrganisers = "organisers.json"
	archiveMedia      = "media/"
	archiveKeys       = "keys/"
)

// ArchiveManifest says what an archive holds.
type ArchiveManifest struct {
	Format  string                 `json:"format"`   // ArchiveFormat
	BaseURL string                 `json:"base_url"` // of the node it was made of
	Name    string                 `json:"name"`
	Created time.Time              `json:"created"`
	Keys    bool                   `json:"keys"` // it holds private keys
	Counts  map[Kind]int           `json:"counts"`
	Files   map[string]ArchiveFile `json:"files"` // by path; all but the manifest
}

// ArchiveFile is how a file of an archive is checked.
type ArchiveFile struct {
	SHA256 string `json:"sha256"` // hexadecimal
	Size   int64  `json:"size"`   // bytes
}

// ArchiveWriter is where an archive is written, file after file; *zip.Writer is one.
type ArchiveWriter interface {
	// Create begins a file, which ends when the next one begins.
	Create(name string) (io.Writer, error)
}

// ArchiveOptions configure an archive.
type ArchiveOptions struct {
	// Keys adds the private keys of our actors, our people, and who was asked to organise
	// what: all that it takes to go on elsewhere under the same address. Whoever has the
	// archive can then speak in the name of all of them.
	Keys bool
	// Document writes a thing of ours, by its IRI, as ActivityStreams.
	Document func(ctx context.Context, id string) ([]byte, error)
}

// Archive writes everything that this node publishes: each thing as our JSON and as
// ActivityStreams, the pictures, who follows whom, the servers known, and a manifest
// by which all of it is checked. Accounts, sessions, drafts, participants and letters
// are in no archive, and people only in one with keys.
func (n *Node) Archive(ctx context.Context, out ArchiveWriter, o ArchiveOptions) (ArchiveManifest, error) {
	a := &archiver{node: n, out: out, options: o, manifest: ArchiveManifest{
		Format: ArchiveFormat, BaseURL: n.urls.Base(), Name: n.self.Name, Created: n.clock(), Keys: o.Keys,
		Counts: map[Kind]int{}, Files: map[string]ArchiveFile{},
	}}
	for _, part := range []func(context.Context) error{a.readme, a.actors, a.objects, a.tombstones, a.follows, a.organisers, a.peers} {
		if err := part(ctx); err != nil {
			return a.manifest, err
		}
	}
	w, err := out.Create(archiveManifest)
	if err != nil {
		return a.manifest, err
	}
	return a.manifest, writeJSON(w, a.manifest)
}

type archiver struct {
	node     *Node
	out      ArchiveWriter
	options  ArchiveOptions
	manifest ArchiveManifest
}

func writeJSON(w io.Writer, value any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(value)
}

// file writes one file and notes how it is checked.
func (a *archiver) file(name string, fill func(io.Writer) error) error {
	if _, there := a.manifest.Files[name]; there {
		return nil // the list it came from moved while it was read
	}
	w, err := a.out.Create(name)
	if err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	sum := &summing{w: w, hash: sha256.New()}
	if err := fill(sum); err != nil {
		return fmt.Errorf("archive %s: %w", name, err)
	}
	a.manifest.Files[name] = ArchiveFile{SHA256: hex.EncodeToString(sum.hash.Sum(nil)), Size: sum.size}
	return nil
}

func (a *archiver) json(name string, value any) error {
	return a.file(name, func(w io.Writer) error { return writeJSON(w, value) })
}

func (a *archiver) bytes(name string, data []byte) error {
	return a.file(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// summing counts and digests what passes.
type summing struct {
	w    io.Writer
	hash interface {
		io.Writer
		Sum(b []byte) []byte
	}
	size int64
}

func (s *summing) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	_, _ = s.hash.Write(p[:n]) // never fails (hash.Hash)
	s.size += int64(n)
	return n, err
}

// archivePath is where a thing of ours is in an archive, without the extension.
func (n *Node) archivePath(id string) string { return strings.TrimPrefix(n.urls.Path(id), "/") }

// thing writes what one thing is in our words and in everybody's.
func (a *archiver) thing(ctx context.Context, id string, kind Kind, value any, image *Image) error {
	path := a.node.archivePath(id)
	if err := a.json(path+".json", value); err != nil {
		return err
	}
	document, err := a.options.Document(ctx, id)
	if err != nil {
		return fmt.Errorf("archive %s: %w", id, err)
	}
	if err := a.bytes(path+".jsonld", document); err != nil {
		return err
	}
	a.manifest.Counts[kind]++
	return a.picture(ctx, image)
}

// picture writes a picture of ours, once.
func (a *archiver) picture(ctx context.Context, image *Image) error {
	name := a.node.PictureName(image)
	if name == "" || a.node.media == nil {
		return nil
	}
	path := archiveMedia + name
	if _, there := a.manifest.Files[path]; there {
		return nil
	}
	data, err := a.node.media.Load(ctx, name)
	if errors.Is(err, ErrNotFound) {
		a.node.log.WarnContext(ctx, "archive: a picture is missing", "name", name)
		return nil
	}
	if err != nil {
		return err
	}
	return a.bytes(path, data)
}

// actors writes who is ours: the node, organisations and territories; with keys,
// people too.
func (a *archiver) actors(ctx context.Context) error {
	kinds := []Kind{KindNode, KindOrganisation, KindTerritory}
	if a.options.Keys {
		kinds = append(kinds, KindPerson)
	}
	return a.node.eachActor(ctx, ActorFilter{Kinds: kinds, Scope: ScopeLocal}, func(actor *Actor) error {
		if err := a.thing(ctx, actor.ID, actor.Kind, actor, actor.Image); err != nil || !a.options.Keys {
			return err
		}
		key, err := a.node.PrivateKey(ctx, actor.ID)
		if err != nil {
			return err
		}
		return a.bytes(archiveKeys+a.node.archivePath(actor.ID)+".pem", []byte(key))
	})
}

// eachActor visits all actors that a filter selects.
func (n *Node) eachActor(ctx context.Context, f ActorFilter, visit func(*Actor) error) error {
	f.Limit = 500
	for f.Offset = 0; ; f.Offset += f.Limit {
		page, _, err := n.Actors(ctx, f)
		if err != nil {
			return err
		}
		for _, actor := range page {
			if err := visit(actor); err != nil {
				return err
			}
		}
		if len(page) < f.Limit {
			return nil
		}
	}
}

func (a *archiver) objects(ctx context.Context) error {
	f := ObjectFilter{Scope: ScopeLocal, Sort: ByID, Limit: 500}
	for ; ; f.Offset += f.Limit {
		page, _, err := a.node.Objects(ctx, f)
		if err != nil {
			return err
		}
		for _, o := range page {
			b := o.Common()
			if err := a.thing(ctx, b.ID, b.Kind, o, b.Image); err != nil {
				return err
			}
		}
		if len(page) < f.Limit {
			return nil
		}
	}
}

// tombstones writes what was withdrawn: that it was, and nothing of what it said.
func (a *archiver) tombstones(ctx context.Context) error {
	list := []Base{}
	err := a.node.eachTombstone(ctx, func(o Object) {
		b := o.Common()
		list = append(list, Base{ID: b.ID, Kind: b.Kind, Slug: b.Slug, Owner: b.Owner, Published: b.Published, Updated: b.Updated, Deleted: b.Deleted})
	})
	if err != nil {
		return err
	}
	return a.json(archiveTombstones, list)
}

// eachTombstone visits all that is ours and was withdrawn.
func (n *Node) eachTombstone(ctx context.Context, visit func(Object)) error {
	for after := ""; ; {
		page, err := n.Tombstones(ctx, after, 500)
		if err != nil {
			return err
		}
		for _, o := range page {
			visit(o)
			after = o.Common().ID
		}
		if len(page) < 500 {
			return nil
		}
	}
}

// readme tells whoever opens an archive in ten years what it is.
func (a *archiver) readme(context.Context) error {
	keys := "Elle ne contient ni clé privée, ni compte, ni mot de passe, ni participant. Elle dit qui suit ce nœud (follows.json) :\nretirez ce fichier avant de la publier."
	if a.options.Keys {
		keys = "ATTENTION : elle contient les clés privées (keys/) : qui l’a peut publier au nom de ce nœud. Gardez-la comme un mot de passe."
	}
	text := fmt.Sprintf(`Archive de « %s » (%s), faite le %s.

Tout ce que ce nœud publie, dans des formats ouverts :
- evenements/, recettes/, annuaire/, annonces/, territoires/, organisations/ : chaque chose deux fois, à l’adresse de sa page :
  .json, avec tous ses champs ; .jsonld, en ActivityStreams (https://www.w3.org/TR/activitystreams-core/), comme le fédivers la lit ;
- media/ : les images ;
- follows.json, peers.json, tombstones.json : qui suit qui, les serveurs connus, ce qui a été retiré ;
- manifest.json : la liste des fichiers et leurs empreintes SHA-256.

%s
Chaque chose garde sa licence (champ « licence »), qui reste due à qui la reprend.

La reprendre sur un autre nœud : maillage import --format archive --as ORGANISATION FICHIER
`, a.manifest.Name, a.manifest.BaseURL, a.manifest.Created.Format("02/01/2006"), keys)
	return a.bytes(archiveReadme, []byte(text))
}
