package instance

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// ImportArchive publishes here what another node published: under new addresses, with the
// licence and the day of each thing, and derived from what it was there. What names
// something else of the archive names it here. Territories that this node has are used,
// the others opened.
//
// All of it is in the name of an organisation of ours; when by is empty, each thing is in
// the name of its own organisation, which is opened here, and what people published in
// their own names is left out: it is theirs to take along. Accounts, people, followers,
// keys and histories are not taken over.
//
// Imported again, what changed there and not here is updated, nothing is duplicated, and
// what was withdrawn here stays so. The record of it is the organisation's, or else the
// node's own. Of the options, Source and those of tables are of no use. progress, when
// not nil, is told the number of things done.
//
// ErrForbidden: by is not ours. ErrConflict: the archive is this node's own.
func (n *Node) ImportArchive(ctx context.Context, by string, a *Archive, o IntakeOptions, progress func(done int)) (IntakeReport, error) {
	owner, err := n.localActor(ctx, cmp.Or(by, n.self.ID))
	if err != nil {
		return IntakeReport{}, err
	}
	if a.urls.Base() == n.urls.Base() {
		return IntakeReport{}, fmt.Errorf("%w : cette archive est celle de ce nœud même ; pour l’y remettre, faites-la avec --with-keys", ErrConflict)
	}
	o.Source, o.Licence = a.urls.Base(), unknownLicence
	if err := o.validate(); err != nil {
		return IntakeReport{}, err
	}
	im := &archiveImport{
		node: n, archive: a, progress: progress, in: n.openIntake(owner, &Harvest{Format: FormatArchive, Title: a.Manifest.Name}, o),
		here: map[string]string{}, owners: map[string]*Actor{}, left: map[string]map[string]string{},
	}
	if by != "" {
		im.all = owner
	}
	news := 0
	for _, kind := range newsKinds {
		news += a.Manifest.Counts[kind]
	}
	im.in.report.Quiet = o.quiet(news)
	return im.in.run(ctx, func() error {
		for _, part := range []func(context.Context) error{im.before, im.territories, im.organisations, im.plan, im.objects} {
			if err := part(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// FormatArchive is the format of the records that archives leave.
const FormatArchive = "archive"

// archiveImport is one run of ImportArchive.
type archiveImport struct {
	node     *Node
	archive  *Archive
	in       *intake
	all      *Actor                       // in whose name everything is published; nil: each in its own
	owners   map[string]*Actor            // IRI of an organisation there -> who it is here
	here     map[string]string            // IRI there -> IRI here, of all that is or will be here
	left     map[string]map[string]string // what an earlier import left: owner -> IRI there -> IRI here
	done     int
	progress func(int)
}

func (im *archiveImport) step() {
	if im.done++; im.progress != nil {
		im.progress(im.done)
	}
}

// say adds one line to the report.
func (im *archiveImport) say(kind Kind, name string, verdict Verdict, reason error) {
	im.in.report = im.in.report.with(outcomeOf(kind, name, verdict, reason))
}

func outcomeOf(kind Kind, name string, verdict Verdict, reason error) IntakeOutcome {
	o := IntakeOutcome{Kind: kind, Name: strings.TrimSuffix(path.Base(name), ".json"), Verdict: verdict}
	if reason != nil {
		o.Reasons = problemsOf(reason)
	}
	return o
}

// before finds what an earlier import of a node's archive left here, tombstones too.
func (im *archiveImport) before(ctx context.Context) error {
	remember := func(o Object) {
		b := o.Common()
		p := b.Provenance
		if p == nil || p.Source != im.in.options.Source || p.Key == "" {
			return
		}
		if im.left[b.Owner] == nil {
			im.left[b.Owner] = map[string]string{}
		}
		im.left[b.Owner][p.Key] = b.ID
	}
	if err := im.node.eachObject(ctx, ObjectFilter{Scope: ScopeLocal}, remember); err != nil {
		return err
	}
	return im.node.eachTombstone(ctx, remember)
}

// territories opens those that this node does not have.
func (im *archiveImport) territories(ctx context.Context) error {
	return im.archive.things([]Kind{KindTerritory}, func(kind Kind, name string) error {
		there, err := im.archive.actor(kind, name)
		if err != nil {
			return err
		}
		if t := there.Territory; t != nil && t.Parent != nil {
			t.Parent.ID, t.Parent.URL = im.node.urls.Of(KindTerritory, t.Parent.Slug), ""
		}
		return im.settle(ctx, there, name, func(here *Actor) error {
			if otherPlace(here, there) {
				return errors.New("un autre territoire porte ce nom ici")
			}
			return nil
		})
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

// organisations opens those that this node does not have, when each thing is to be in the
// name of its own. One that is here is the same only if it came with this archive before,
// or has published nothing yet: nobody else's name is used.
func (im *archiveImport) organisations(ctx context.Context) error {
	if im.all != nil {
		return nil
	}
	return im.archive.things([]Kind{KindOrganisation}, func(kind Kind, name string) error {
		there, err := im.archive.actor(kind, name)
		if err != nil {
			return err
		}
		return im.settle(ctx, there, name, func(here *Actor) error {
			_, published, err := im.node.Objects(ctx, ObjectFilter{Owner: here.ID, Limit: 1})
			if err == nil && published > 0 && len(im.left[here.ID]) == 0 {
				err = fmt.Errorf("une organisation « %s » publie déjà ici : donnez --as pour dire au nom de qui publier", here.Slug)
			}
			return err
		})
	})
}

// settle finds an actor of the archive here by its short name, or opens it. refuse says
// why one that is here is another.
func (im *archiveImport) settle(ctx context.Context, there *Actor, name string, refuse func(here *Actor) error) error {
	defer im.step()
	here, err := im.node.ActorBySlug(ctx, there.Kind, there.Slug)
	switch {
	case errors.Is(err, ErrNotFound):
		here, err = im.open(ctx, there, nil)
	case err == nil && !here.Gone.IsZero(): // closed when an import was undone
		here, err = im.open(ctx, there, here)
	case err == nil:
		if err := refuse(here); err != nil {
			im.say(there.Kind, name, IntakeRefused, err)
			return nil
		}
		im.say(there.Kind, name, IntakeUnchanged, nil)
	}
	if errors.Is(err, ErrInvalid) || errors.Is(err, ErrConflict) {
		im.say(there.Kind, name, IntakeRefused, err)
		return nil
	}
	if err == nil {
		im.here[there.ID], im.owners[there.ID] = here.ID, here
	}
	return err
}

// open opens an actor with what it says of itself there, or opens one again that is gone.
func (im *archiveImport) open(ctx context.Context, there, gone *Actor) (*Actor, error) {
	draft := Actor{Kind: there.Kind, Slug: there.Slug, Name: CleanName(there.Name, maxName), Summary: there.Summary, Website: there.Website, Place: there.Place, Territory: there.Territory}
	draft.Place.clean()
	draft.Themes = slices.DeleteFunc(there.Themes, func(t string) bool { return !Vocabularies().Has("themes", t) })
	report := im.in.report.with(outcomeOf(there.Kind, there.Slug, IntakeCreated, nil))
	if im.in.options.DryRun {
		im.in.report = report
		draft.ID = im.node.urls.Of(draft.Kind, draft.Slug)
		return &draft, nil
	}
	var err error
	if draft.Image, err = im.image(ctx, there.Image); err != nil {
		return nil, err
	}
	note := func(tx Tx, a *Actor) error {
		return im.in.journal.note(ctx, tx, report, []IntakeChange{{ID: a.ID}})
	}
	here := gone
	if gone == nil {
		here, err = im.node.openActor(ctx, draft, note)
	} else {
		err = im.node.reopen(ctx, here, draft, note)
	}
	if err == nil {
		im.in.report = report
	}
	return here, err
}

// owner is in whose name a thing of the archive is published here; nil: in nobody's.
func (im *archiveImport) owner(there Object) *Actor {
	if im.all != nil {
		return im.all
	}
	return im.owners[there.Common().Owner]
}

// plan finds where each object is here, or will be: they name each other.
func (im *archiveImport) plan(context.Context) error {
	return im.archive.things(archivedKinds, func(kind Kind, name string) error {
		o, err := im.archive.object(kind, name)
		if err != nil {
			return err
		}
		owner := im.owner(o)
		if owner == nil {
			return nil
		}
		id := o.Common().ID
		im.here[id] = cmp.Or(im.left[owner.ID][id], im.in.iri(owner, IntakeRow{Key: id, Object: o}, ""))
		return nil
	})
}

// archiveBatch is how many things of an archive share a transaction.
const archiveBatch = 50

// objects publishes, updates or leaves each thing.
func (im *archiveImport) objects(ctx context.Context) error {
	var steps []step
	take := func() error {
		if err := ctx.Err(); err != nil || len(steps) == 0 {
			return err
		}
		defer func() { steps = nil }()
		for range steps {
			defer im.step()
		}
		return im.in.take(ctx, steps)
	}
	err := im.archive.things(archivedKinds, func(kind Kind, name string) error {
		s, err := im.prepare(ctx, kind, name)
		if err != nil {
			return err
		}
		if steps = append(steps, s); len(steps) == archiveBatch {
			return take()
		}
		return nil
	})
	return cmp.Or(err, take())
}

// prepare makes a step of an object of the archive.
func (im *archiveImport) prepare(ctx context.Context, kind Kind, name string) (s step, err error) {
	o, err := im.archive.object(kind, name)
	if err != nil {
		return s, err
	}
	if s.raw, err = im.archive.read(strings.TrimSuffix(name, ".json") + ".jsonld"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	b := o.Common()
	key := b.ID
	s.owner, s.row = im.owner(o), IntakeRow{Key: key, Object: o}
	s.outcome = IntakeOutcome{Key: key, Kind: kind, Name: cmp.Or(CleanName(b.Name, maxName), strings.TrimSuffix(path.Base(name), ".json"))}
	if s.owner == nil {
		return s.refuse(errors.New("publié là-bas par une personne, ou par une organisation qui n’est pas reprise : donnez --as pour dire au nom de qui le publier")), nil
	}
	if err := im.adopt(ctx, o); err != nil {
		return s, err
	}
	if err := im.node.prepare(o); err != nil {
		return s.refuse(err), nil
	}
	s.match = &match{id: im.here[key], fresh: im.left[s.owner.ID][key] == ""}
	return s, nil
}

// adopt makes of an object of the archive a draft of ours: what it names is named by
// where it is here, its picture is kept here, and it says what it derives from.
func (im *archiveImport) adopt(ctx context.Context, o Object) (err error) {
	b := o.Common()
	b.DerivedFrom = cmp.Or(im.translate(b.DerivedFrom), b.ID)
	im.translateRefs(b.Territories)
	switch o := o.(type) {
	case *Event:
		im.organisers(o.Organisers)
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
	b.Place.clean()
	b.Image, err = im.image(ctx, b.Image)
	return err
}

// organisers names those of the archive by where they are here. The others have not been
// asked about this event: of them, a name and a page elsewhere are left.
func (im *archiveImport) organisers(refs []Ref) {
	for i, ref := range refs {
		if im.here[ref.ID] != "" {
			continue
		}
		refs[i] = Ref{Name: ref.Name}
		if page := cmp.Or(ref.URL, ref.ID); !im.node.urls.Local(page) {
			refs[i].URL = page
		}
	}
	im.translateRefs(refs)
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

// image keeps a picture of the archive here, where this node keeps pictures. One that
// was elsewhere stays there; one that is none is left out.
func (im *archiveImport) image(ctx context.Context, image *Image) (*Image, error) {
	if image == nil {
		return nil, nil // no picture, and no error
	}
	name, theirs := strings.CutPrefix(image.URL, im.archive.urls.IRI(mediaPath))
	if !theirs || im.node.media == nil {
		return image, nil
	}
	data, err := im.archive.read(archiveMedia + name)
	if errors.Is(err, fs.ErrNotExist) {
		return image, nil
	}
	if err != nil {
		return nil, err
	}
	add := im.node.AddPicture
	if im.in.options.DryRun {
		add = im.node.trialPicture
	}
	picture, err := add(ctx, data)
	if errors.Is(err, ErrInvalid) {
		return nil, nil // what is no picture is left out
	}
	if err != nil {
		return nil, err
	}
	picture.Alt = image.Alt
	return picture, nil
}

// trialPicture is what AddPicture returns, without keeping anything.
func (n *Node) trialPicture(ctx context.Context, data []byte) (*Image, error) {
	p, err := newPicture(ctx, data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(p.data)
	return n.image(hex.EncodeToString(sum[:16])+p.extension, p), nil
}
