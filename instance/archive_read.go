package instance

import (
	"cmp"
	"context"
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

// maxArchived bounds a file of an archive, in bytes; the manifest, which names them
// all, may be larger.
const (
	maxArchived         = 16 << 20
	maxArchivedManifest = 256 << 20
)

// Archive is an archive opened for reading: a folder, or a *zip.Reader.
type Archive struct {
	Manifest ArchiveManifest
	files    fs.FS
	urls     URLs // of the node it was made of
}

// OpenArchive reads the manifest of an archive and checks every file against it.
// ErrNotFound: it has no manifest; ErrInvalid: it is of another form, or was damaged
// or changed.
func OpenArchive(files fs.FS) (*Archive, error) {
	a := &Archive{files: files}
	data, err := readBounded(files, archiveManifest, maxArchivedManifest)
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
	for name := range a.Manifest.Files {
		if _, err := a.read(name); err != nil {
			return nil, err
		}
	}
	return a, nil
}

func readBounded(files fs.FS, name string, limit int64) ([]byte, error) {
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
	data, err := readBounded(a.files, name, maxArchived)
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

// ImportArchive publishes what another node published in the name of an organisation
// of ours: under new addresses, with the licence each thing has, and derived from what
// it was there. What names something else of the archive names it here. Territories
// that this node has are used, the others opened; organisations are not ours to open,
// and people even less. Imported again, what changed there and not here is updated,
// nothing is duplicated, and what was withdrawn here stays so. progress, when not
// nil, is told the number of things done.
//
// ErrForbidden: by is not ours. ErrConflict: the archive is this node's own.
func (n *Node) ImportArchive(ctx context.Context, by string, a *Archive, progress func(done int)) (ImportReport, error) {
	owner, err := n.localActor(ctx, by)
	if err != nil {
		return ImportReport{}, err
	}
	if a.urls.Base() == n.urls.Base() {
		return ImportReport{}, fmt.Errorf("%w : cette archive est celle de ce nœud même ; pour l’y remettre, faites-la avec --with-keys", ErrConflict)
	}
	im := &archiveImport{
		node: n, archive: a, here: map[string]string{}, known: map[string]string{}, progress: progress,
		rows: &intake{node: n, owner: owner, batch: newID(), options: IntakeOptions{Source: a.urls.Base(), Licence: "inconnue"}},
	}
	if err := im.territories(ctx); err != nil {
		return im.report, err
	}
	if err := im.plan(ctx); err != nil {
		return im.report, err
	}
	return im.report, a.things(archivedKinds, func(kind Kind, name string) error { return im.object(ctx, kind, name) })
}

// archiveImport is one run of ImportArchive.
type archiveImport struct {
	node     *Node
	archive  *Archive
	rows     *intake
	here     map[string]string // IRI there -> IRI here, of all that is or will be here
	known    map[string]string // the part of it that an earlier import left
	report   ImportReport
	done     int
	progress func(int)
}

func (im *archiveImport) step() {
	if im.done++; im.progress != nil {
		im.progress(im.done)
	}
}

func (im *archiveImport) refuse(kind Kind, name string, err error) {
	im.report.Refused = append(im.report.Refused, RefusedRow{Kind: kind, Slug: strings.TrimSuffix(path.Base(name), ".json"), Reason: err.Error()})
}

// territories opens those that this node does not have.
func (im *archiveImport) territories(ctx context.Context) error {
	return im.archive.things([]Kind{KindTerritory}, func(kind Kind, name string) error {
		defer im.step()
		there, err := im.archive.actor(kind, name)
		if err != nil {
			return err
		}
		here, err := im.node.ActorBySlug(ctx, kind, there.Slug)
		switch {
		case errors.Is(err, ErrNotFound):
			draft := Actor{Kind: kind, Slug: there.Slug, Name: there.Name, Summary: there.Summary, Website: there.Website, Place: there.Place, Themes: there.Themes, Territory: there.Territory}
			if t := draft.Territory; t != nil && t.Parent != nil {
				t.Parent.ID, t.Parent.URL = im.node.urls.Of(KindTerritory, t.Parent.Slug), ""
			}
			here, err = im.node.CreateActor(ctx, draft)
			if errors.Is(err, ErrInvalid) || errors.Is(err, ErrConflict) {
				im.refuse(kind, name, err)
				return nil
			}
			im.report.Created++
		case err == nil && otherPlace(here, there):
			im.refuse(kind, name, errors.New("un autre territoire porte ce nom ici"))
			return nil
		case err == nil:
			im.report.Unchanged++
		}
		if err == nil {
			im.here[there.ID] = here.ID
		}
		return err
	})
}

// otherPlace says that two territories have different codes.
func otherPlace(a, b *Actor) bool {
	if a.Territory == nil || b.Territory == nil {
		return true
	}
	one, other := a.Territory.Code("insee"), b.Territory.Code("insee")
	return one != "" && other != "" && one != other
}

// plan finds where each object is here, or will be: they name each other.
func (im *archiveImport) plan(ctx context.Context) error {
	remember := func(o Object) {
		b := o.Common()
		if p := b.Provenance; p != nil && p.Source == im.rows.options.Source && b.Owner == im.rows.owner.ID {
			im.known[p.Key] = b.ID
		}
	}
	if err := im.node.eachObject(ctx, ObjectFilter{Scope: ScopeLocal, Owner: im.rows.owner.ID}, remember); err != nil {
		return err
	}
	for after := ""; ; {
		page, err := im.node.Tombstones(ctx, after, 500)
		if err != nil {
			return err
		}
		for _, o := range page {
			remember(o)
			after = o.Common().ID
		}
		if len(page) < 500 {
			break
		}
	}
	maps.Copy(im.here, im.known)
	return im.archive.things(archivedKinds, func(kind Kind, name string) error {
		o, err := im.archive.object(kind, name)
		if err != nil {
			return err
		}
		if id := o.Common().ID; im.here[id] == "" {
			im.here[id] = im.rows.iri(IntakeRow{Key: id, Object: o})
		}
		return nil
	})
}

// object publishes, updates or leaves one thing.
func (im *archiveImport) object(ctx context.Context, kind Kind, name string) error {
	defer im.step()
	o, err := im.archive.object(kind, name)
	if err != nil {
		return err
	}
	document, err := im.archive.read(strings.TrimSuffix(name, ".json") + ".jsonld")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key := o.Common().ID
	if err := im.adopt(ctx, o); err != nil {
		return err
	}
	if err := im.node.prepare(o); err != nil {
		im.refuse(kind, name, err)
		return nil
	}
	s := step{
		row:     IntakeRow{Key: key, Object: o},
		outcome: IntakeOutcome{Key: key, Kind: kind, Name: o.Common().Name},
		match:   &match{id: im.here[key], fresh: im.known[key] == ""},
	}
	var outcome IntakeOutcome
	err = im.node.store.Write(ctx, func(tx Tx) (err error) {
		outcome, err = im.rows.settle(ctx, tx, s, func(o, old Object, verb Verb) error {
			if err := im.rows.keep(ctx, tx, o, old, verb); err != nil {
				return err
			}
			return tx.SaveObject(ctx, o, document) // what it says in terms unknown here is said again
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("%s : %w", name, err)
	}
	im.count(kind, name, outcome)
	return nil
}

func (im *archiveImport) count(kind Kind, name string, outcome IntakeOutcome) {
	switch outcome.Verdict {
	case IntakeCreated:
		im.report.Created++
	case IntakeUpdated:
		im.report.Updated++
	case IntakeUnchanged:
		im.report.Unchanged++
	default:
		reason := errors.New("cette adresse est prise ici par une autre chose")
		if len(outcome.Reasons) > 0 {
			reason = errors.New(outcome.Reasons[0].Message)
		}
		im.refuse(kind, name, reason)
	}
}

// adopt makes of an object of the archive a draft of ours: what it names is named by
// where it is here, its picture is kept here, and it says what it derives from.
func (im *archiveImport) adopt(ctx context.Context, o Object) error {
	b := o.Common()
	b.DerivedFrom = cmp.Or(im.translate(b.DerivedFrom), b.ID)
	im.translateRefs(b.Territories)
	switch o := o.(type) {
	case *Event:
		im.translateRefs(o.Organisers)
		if o.PartOf != nil {
			refs := []Ref{*o.PartOf}
			im.translateRefs(refs)
			o.PartOf = &refs[0]
		}
		o.Series = im.translate(o.Series)
	case *Partner:
		o.Actor = im.translate(o.Actor)
	case *Announcement:
		o.InReplyTo = im.translate(o.InReplyTo)
	}
	b.ID, b.Slug, b.URL, b.Owner, b.Origin, b.Provenance = "", "", "", "", "", nil
	return im.image(ctx, b)
}

func (im *archiveImport) translate(id string) string { return cmp.Or(im.here[id], id) }

func (im *archiveImport) translateRefs(refs []Ref) {
	for i, ref := range refs {
		here, ok := im.here[ref.ID]
		if !ok {
			continue
		}
		_, slug, _ := im.node.urls.Parse(here)
		refs[i] = Ref{ID: here, Slug: slug, Name: ref.Name, URL: here}
	}
}

// image keeps the picture of an object here, where this node keeps pictures.
func (im *archiveImport) image(ctx context.Context, b *Base) error {
	if b.Image == nil {
		return nil
	}
	name, theirs := strings.CutPrefix(b.Image.URL, im.archive.urls.IRI(mediaPath))
	if !theirs || im.node.media == nil {
		return nil
	}
	data, err := im.archive.read(archiveMedia + name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	picture, err := im.node.AddPicture(ctx, data)
	if errors.Is(err, ErrInvalid) {
		b.Image = nil
		return nil
	}
	if err != nil {
		return err
	}
	picture.Alt = b.Image.Alt
	b.Image = picture
	return nil
}
