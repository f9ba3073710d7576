package instance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// ImportReport says what an import did, row by row where something is wrong.
type ImportReport struct {
	Created, Updated, Unchanged int
	Refused                     []RefusedRow
}

// RefusedRow is a row that was left out, and why, in French.
type RefusedRow struct {
	Kind   Kind
	Slug   string
	Reason string
}

// Import publishes a dataset in the name of an organisation of ours: territories
// become actors of their own, the rest objects that the organisation answers for.
// What was imported before is updated when it changed and never duplicated. A row
// that cannot be imported is reported and does not stop the others. progress, when
// not nil, is told the number of rows done.
func (n *Node) Import(ctx context.Context, by string, d *Dataset, progress func(done int)) (ImportReport, error) {
	report, _, err := n.ImportDataset(ctx, by, d, IntakeOptions{Announce: AnnounceAll}, progress)
	return report, err
}

// FormatDataset is the format of the records that datasets leave.
const FormatDataset = "maillage-json"

// ImportDataset is Import, with a record under the name of its source, when the options
// give one, and their say in what followers are told. id names the record.
func (n *Node) ImportDataset(ctx context.Context, by string, d *Dataset, o IntakeOptions, progress func(done int)) (report ImportReport, id string, err error) {
	owner, err := n.localActor(ctx, by)
	if err != nil {
		return ImportReport{}, "", err
	}
	im := &importer{node: n, data: d, owner: owner, progress: progress, in: n.openIntake(owner, &Harvest{Format: FormatDataset}, o)}
	im.in.journal.mute = o.Source == ""
	im.in.report.Quiet = o.quiet(len(d.Events) + len(d.Recipes))
	done, err := im.in.run(ctx, func() error { return im.all(ctx) })
	return im.report, done.Batch, err
}

func (im *importer) all(ctx context.Context) error {
	if err := errors.Join(im.territories(ctx), im.address(ctx)); err != nil {
		return err
	}
	for _, row := range im.data.Organisations {
		if err := im.object(ctx, im.partner(row), row.Slug); err != nil {
			return err
		}
	}
	for _, row := range im.data.Events {
		if err := im.object(ctx, im.event(row), row.Slug); err != nil {
			return err
		}
	}
	for _, row := range im.data.Recipes {
		if err := im.object(ctx, im.recipe(row), row.Slug); err != nil {
			return err
		}
	}
	im.node.analyze(ctx)
	return nil
}

// analyze has lists planned for what a bulk load has just brought.
func (n *Node) analyze(ctx context.Context) {
	if err := n.store.Analyze(ctx); err != nil {
		n.log.WarnContext(ctx, "import: statistics not brought up to date", "err", err)
	}
}

type importer struct {
	node     *Node
	data     *Dataset
	owner    *Actor
	in       *intake // its record
	progress func(int)
	done     int
	report   ImportReport
	places   []*Actor // the territories of this node, to find where a thing belongs
	moved    map[slugged]string
}

// slugged is how a row is named in its folder.
type slugged struct {
	kind Kind
	slug string
}

// address finds the rows whose address was that of something withdrawn when an import was
// undone: it is never used again, and they get another.
func (im *importer) address(ctx context.Context) error {
	im.moved = map[slugged]string{}
	for _, row := range im.data.Organisations {
		if err := im.move(ctx, slugged{KindPartner, row.Slug}); err != nil {
			return err
		}
	}
	for _, row := range im.data.Events {
		if err := im.move(ctx, slugged{KindEvent, row.Slug}); err != nil {
			return err
		}
	}
	for _, row := range im.data.Recipes {
		if err := im.move(ctx, slugged{KindRecipe, row.Slug}); err != nil {
			return err
		}
	}
	return nil
}

func (im *importer) move(ctx context.Context, row slugged) error {
	for slug := row.slug; ; slug = row.slug + "-" + Key(slug)[:6] {
		old, err := im.node.ObjectBySlug(ctx, row.kind, slug)
		if errors.Is(err, ErrNotFound) || err == nil && (old.Common().Deleted.IsZero() || !old.Common().Provenance.undone()) {
			im.moved[row] = slug
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// here is the short name that a row has on this node.
func (im *importer) here(kind Kind, slug string) string {
	return cmp.Or(im.moved[slugged{kind, slug}], slug)
}

func (im *importer) step() {
	im.done++
	if im.progress != nil {
		im.progress(im.done)
	}
}

// territories creates the actors that are missing and updates those that changed.
func (im *importer) territories(ctx context.Context) error {
	bySlug := map[string]DatasetCommune{}
	for _, row := range im.data.Communes {
		bySlug[row.Slug] = row
	}
	for _, row := range im.data.Communes {
		a, err := im.actor(ctx, im.territory(row, bySlug))
		if err != nil {
			return err
		}
		if a != nil {
			im.places = append(im.places, a)
		}
		im.step()
	}
	others, _, err := im.node.Actors(ctx, ActorFilter{Kinds: []Kind{KindTerritory}, Scope: ScopeLocal, Limit: 50_000})
	im.places = append(im.places, others...)
	return err
}

// actor creates, updates or leaves one territory; nil when it was refused.
func (im *importer) actor(ctx context.Context, draft Actor) (*Actor, error) {
	opened := func(tx Tx, a *Actor) error {
		return im.note(ctx, tx, draft.Kind, draft.Slug, IntakeCreated, IntakeChange{ID: a.ID})
	}
	old, err := im.node.ActorBySlug(ctx, draft.Kind, draft.Slug)
	switch {
	case errors.Is(err, ErrNotFound):
		created, err := im.node.openActor(ctx, draft, opened)
		return created, im.count(err, draft.Kind, draft.Slug, IntakeCreated)
	case err != nil:
		return nil, err
	case !old.Gone.IsZero(): // closed when an import was undone
		return old, im.count(im.node.reopen(ctx, old, draft, opened), draft.Kind, draft.Slug, IntakeCreated)
	case old.Name == draft.Name && reflect.DeepEqual(old.Place, draft.Place) && reflect.DeepEqual(old.Territory, draft.Territory):
		return old, im.count(nil, draft.Kind, draft.Slug, IntakeUnchanged)
	}
	// What a dataset does not speak of stays as people wrote it here.
	draft.Summary, draft.Website, draft.Image, draft.Themes = old.Summary, old.Website, old.Image, old.Themes
	edited, err := im.editActor(ctx, old, draft)
	return edited, im.count(err, draft.Kind, draft.Slug, IntakeUpdated)
}

// editActor is Node.EditActor, with what was there before in the record of the import.
func (im *importer) editActor(ctx context.Context, old *Actor, draft Actor) (a *Actor, err error) {
	record := &im.in.journal.record
	edits := record.Edits
	err = im.node.store.Write(ctx, func(tx Tx) error {
		if a, err = im.node.editActor(ctx, tx, old.ID, draft); err != nil {
			return err
		}
		record.Edits = edits // anew: a transaction may run again
		if len(edits) < mostRecorded {
			record.Edits = append(slices.Clip(edits), newActorEdit(old, a))
		}
		return im.note(ctx, tx, draft.Kind, draft.Slug, IntakeUpdated)
	})
	return a, err
}

func (im *importer) territory(row DatasetCommune, bySlug map[string]DatasetCommune) Actor {
	t := &Territory{Kind: row.Kind, Departements: row.Departements, Note: row.Note}
	if len(t.Departements) == 0 && row.Departement != "" {
		t.Departements = []string{row.Departement}
	}
	for _, code := range []Code{{"insee", row.INSEE}, {"insee-actuel", row.INSEECurrent}, {"insee-commune", row.INSEECommune}} {
		if code.Value != "" {
			t.Codes = append(t.Codes, code)
		}
	}
	place := row.place()
	if place == nil {
		place = &Place{}
	}
	place.Name, place.Locality = row.Name, row.Name
	place.Precision = Precision(row.Kind)
	if parent, ok := bySlug[row.Commune]; ok {
		t.Parent = &Ref{ID: im.node.urls.Of(KindTerritory, parent.Slug), Slug: parent.Slug, Name: parent.Name}
		place.Locality = parent.Name
	}
	return Actor{Kind: KindTerritory, Slug: row.Slug, Name: row.Name, Place: place, Territory: t}
}

// object publishes, updates or leaves one row.
func (im *importer) object(ctx context.Context, draft Object, slug string) error {
	defer im.step()
	b := draft.Common()
	b.Slug = im.here(b.Kind, slug)
	old, err := im.node.ObjectBySlug(ctx, b.Kind, b.Slug)
	switch {
	case errors.Is(err, ErrNotFound):
		return im.count(im.publish(ctx, draft), b.Kind, slug, IntakeCreated)
	case err != nil:
		return err
	case !old.Common().Deleted.IsZero():
		return im.count(fmt.Errorf("supprimé ici le %s, pas rétabli : %w", old.Common().Deleted.Format("02/01/2006"), ErrGone), b.Kind, slug, IntakeRefused)
	case im.same(old, draft):
		return im.count(nil, b.Kind, slug, IntakeUnchanged)
	}
	return im.count(im.edit(ctx, old.Common().ID, draft), b.Kind, slug, IntakeUpdated)
}

// publish is Node.Publish, with its line in the record of the import.
func (im *importer) publish(ctx context.Context, draft Object) error {
	o, err := im.node.mint(im.owner, draft)
	if err != nil {
		return err
	}
	b := o.Common()
	return im.node.store.Write(ctx, func(tx Tx) error {
		im.in.changes = nil // anew: a transaction may run again
		if err := reserve(ctx, tx, b.ID); err != nil {
			return err
		}
		if err := im.in.keep(ctx, tx, step{owner: im.owner}, o, nil, VerbCreate); err != nil {
			return err
		}
		return im.note(ctx, tx, b.Kind, b.Slug, IntakeCreated, im.in.changes...)
	})
}

// edit is Node.Edit, with its line in the record of the import.
func (im *importer) edit(ctx context.Context, id string, draft Object) error {
	o := CloneObject(draft)
	if err := im.node.prepare(o); err != nil {
		return err
	}
	return im.node.store.Write(ctx, func(tx Tx) error {
		if err := im.node.replace(ctx, tx, author{actor: im.owner.ID}, id, o, Telling{}); err != nil {
			return err
		}
		revision, err := lastRevision(ctx, tx, id)
		if err != nil {
			return err
		}
		b := o.Common()
		return im.note(ctx, tx, b.Kind, b.Slug, IntakeUpdated, IntakeChange{ID: id, Revision: revision})
	})
}

// note puts a row into the record of the import, in the transaction of what it tells.
func (im *importer) note(ctx context.Context, tx Tx, kind Kind, slug string, verdict Verdict, changes ...IntakeChange) error {
	return im.in.journal.note(ctx, tx, im.in.report.with(outcomeOf(kind, slug, verdict, nil)), changes)
}

// count files the outcome of a row: done, refused with its reason, or an error
// that stops the import (the store's).
func (im *importer) count(err error, kind Kind, slug string, verdict Verdict) error {
	switch {
	case errors.Is(err, ErrInvalid), errors.Is(err, ErrConflict), errors.Is(err, ErrForbidden), errors.Is(err, ErrGone):
		im.report.Refused = append(im.report.Refused, RefusedRow{Kind: kind, Slug: slug, Reason: err.Error()})
		verdict = IntakeRefused
	case err != nil:
		return fmt.Errorf("import %s %s: %w", kind, slug, err)
	case verdict == IntakeCreated:
		im.report.Created++
	case verdict == IntakeUpdated:
		im.report.Updated++
	default:
		im.report.Unchanged++
	}
	im.in.report = im.in.report.with(outcomeOf(kind, slug, verdict, err))
	return nil
}

// same says whether an object already says all that the draft does.
func (im *importer) same(old, draft Object) bool {
	o, d := CloneObject(old), CloneObject(draft)
	if im.node.prepare(d) != nil {
		return false
	}
	b, was := d.Common(), o.Common()
	b.ID, b.URL, b.Owner, b.Published, b.Updated = was.ID, was.URL, was.Owner, was.Published, was.Updated
	return reflect.DeepEqual(plain(o), plain(d))
}

// plain is an object as its JSON says it: dates in different zones compare equal.
func plain(o Object) (v map[string]any) {
	data, _ := json.Marshal(o)
	_ = json.Unmarshal(data, &v)
	return v
}

func (p DatasetPlace) place() *Place {
	place := Place{
		Locality: p.Locality, INSEE: p.INSEE, Departement: p.Departement,
		Country: p.Country, Precision: Precision(p.Precision),
	}
	if p.Lat != nil && p.Lon != nil {
		place.Point = &Point{Lat: *p.Lat, Lon: *p.Lon}
	}
	if place == (Place{}) {
		return nil
	}
	return &place
}

// belongs finds the territories of a place, most precise first: the one at the same
// point and of the same precision, the commune of that name, what they are part of.
func (im *importer) belongs(p *Place) []Ref {
	if p == nil {
		return nil
	}
	var refs []Ref
	add := func(r Ref) {
		if !slices.ContainsFunc(refs, func(known Ref) bool { return known.ID == r.ID }) {
			refs = append(refs, r)
		}
	}
	for _, matches := range []func(*Actor) bool{p.isAt, p.isIn} {
		i := slices.IndexFunc(im.places, matches)
		if i < 0 {
			continue
		}
		a := im.places[i]
		add(Ref{ID: a.ID, Slug: a.Slug, Name: a.Name})
		if a.Territory.Parent != nil {
			add(*a.Territory.Parent)
		}
	}
	return refs
}

// isAt says whether a territory is what the place's point stands for.
func (p *Place) isAt(a *Actor) bool {
	return p.Point != nil && a.Place != nil && a.Place.Point != nil && *a.Place.Point == *p.Point && a.Territory.Kind == string(p.Precision)
}

// isIn says whether a territory is the commune that the place names.
func (p *Place) isIn(a *Actor) bool {
	return a.Territory.Kind == "commune" && a.Name == p.Locality &&
		(p.Departement == "" || slices.Contains(a.Territory.Departements, p.Departement))
}

func (im *importer) partner(row DatasetOrganisation) *Partner {
	p := &Partner{
		Base:      Base{Kind: KindPartner, Name: row.Name, Summary: row.Summary, Themes: row.Themes, Place: row.place()},
		ActorKind: row.Kind, Typology: row.Typology, Roles: row.Roles,
		Website: row.Website, WebsiteBy: row.WebsiteOrigin, ToVerify: row.ToVerify,
	}
	p.Territories = im.belongs(p.Place)
	if row.Slug == im.owner.Slug {
		p.Actor = im.owner.ID
	}
	return p
}

func (im *importer) event(row DatasetEvent) *Event {
	e := &Event{
		Base:      Base{Kind: KindEvent, Name: row.Name, Summary: row.Summary, Themes: row.Themes, Place: row.place()},
		When:      row.when(),
		EventKind: row.Kind, Status: EventStatus(row.Status), StatusAsOf: row.StatusAsOf, Participants: row.Participants,
	}
	e.Territories = im.belongs(e.Place)
	for _, slug := range row.Organisers {
		e.Organisers = append(e.Organisers, im.ref(KindPartner, slug, slices.ContainsFunc(im.data.Organisations, func(o DatasetOrganisation) bool { return o.Slug == slug })))
	}
	if row.PartOf != "" {
		parent := im.ref(KindEvent, row.PartOf, slices.ContainsFunc(im.data.Events, func(e DatasetEvent) bool { return e.Slug == row.PartOf }))
		e.PartOf = &parent
	}
	if row.OrganisersInferred {
		e.Inferred = append(e.Inferred, "organisers")
	}
	if row.LocalityInferred {
		e.Inferred = append(e.Inferred, "locality")
	}
	for _, out := range row.Outputs {
		e.Contributions = append(e.Contributions, Contribution{Type: out.Type, Name: out.Name, URL: out.URL, Count: out.Count, Source: row.OutputsSource})
	}
	return e
}

func (row DatasetEvent) when() When {
	w := When{AllDay: row.Start != "", Text: row.DateText, Approx: row.DateApprox, Source: row.DateSource}
	w.Start, _ = ParseDay(row.Start, "") // a day that cannot be read leaves the event vague: Validate asks for words
	w.End, _ = ParseDay(row.End, "")
	if w.Start.IsZero() && row.Start != "" && w.Text == "" {
		w.AllDay, w.Text = false, row.Start
	}
	return w
}

func (im *importer) recipe(row DatasetRecipe) *Recipe {
	r := &Recipe{
		Base:     Base{Kind: KindRecipe, Name: row.Title, Summary: row.Summary, Themes: row.Themes, Licence: row.Licence},
		Audience: row.Audience, Duration: row.Duration, Ingredients: row.Ingredients, Steps: row.Steps, Programme: row.Programme,
		Roles: row.Roles, Outputs: row.Outputs, Aftercare: row.Aftercare, ToVerify: row.ToVerify,
	}
	for _, a := range row.Arguments {
		r.Arguments = append(r.Arguments, Argument(a))
	}
	if row.SourceLicence != "" {
		r.Original = &OriginalSource{Licence: row.SourceLicence}
	}
	if row.DerivedFrom != "" {
		r.DerivedFrom = im.node.urls.Of(KindRecipe, im.here(KindRecipe, row.DerivedFrom))
	}
	return r
}

// ref names another row: with its IRI when it is imported here too, else by name alone.
func (im *importer) ref(kind Kind, slug string, here bool) Ref {
	r := Ref{Slug: slug, Name: im.data.names[slug]}
	if r.Name == "" {
		r.Name = slug
	}
	if here {
		r.Slug = im.here(kind, slug)
		r.ID = im.node.urls.Of(kind, r.Slug)
		r.URL = r.ID
	}
	return r
}
