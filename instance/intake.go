package instance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// IntakeOptions say how to take a harvest in. Source is required.
type IntakeOptions struct {
	// Source names the file or feed, always by the same words: its address, or its
	// file name. What it gave before is updated.
	Source      string   `json:"source"`
	DryRun      bool     `json:"-"`                     // say what would be done, and do nothing
	Licence     string   `json:"licence,omitempty"`     // when the source does not say; "inconnue" when empty
	Themes      []string `json:"themes,omitempty"`      // added to each thing
	Territories []Ref    `json:"territories,omitempty"` // added to each thing
	EventKind   string   `json:"event_kind,omitempty"`  // of events that have none
	ActorKind   string   `json:"actor_kind,omitempty"`  // of sheets that have none
	// KeepContacts leaves e-mail addresses and telephone numbers in texts. Otherwise
	// those of people are masked; those of a function (contact@, mairie@) stay.
	KeepContacts bool           `json:"keep_contacts,omitempty"`
	Announce     IntakeAnnounce `json:"announce,omitempty"`
	Via          IntakeVia      `json:"-"` // for its record
	Account      string         `json:"-"` // who imports, for its record; "" for nobody in particular
}

// IntakeAnnounce says whether followers are told of what an import creates. It is on the
// map, in the agenda and in the outboxes of this node and of the nodes that follow it in
// any case; sheets and events that are over never go to anyone's timeline.
type IntakeAnnounce string

// The choices.
const (
	AnnounceFew  IntakeAnnounce = "" // when there are few of them
	AnnounceAll  IntakeAnnounce = "all"
	AnnounceNone IntakeAnnounce = "none"
)

// MostAnnounced is how many things an import tells followers of unless it is asked to
// tell of all, and how many changes of date or place: more of them drown what people
// follow for.
const MostAnnounced = 10

// Verdict is what became of a row.
type Verdict string

// The verdicts.
const (
	IntakeCreated   Verdict = "created"
	IntakeUpdated   Verdict = "updated"
	IntakeUnchanged Verdict = "unchanged"
	IntakeDuplicate Verdict = "duplicate" // known already, from elsewhere: left alone
	IntakeRefused   Verdict = "refused"
)

// IntakeOutcome is what became of one row.
type IntakeOutcome struct {
	Line    int             `json:"line"`
	Key     string          `json:"key,omitempty"`
	Kind    Kind            `json:"kind,omitempty"`
	Name    string          `json:"name,omitempty"`
	Verdict Verdict         `json:"verdict"`
	ID      string          `json:"id,omitempty"`      // its IRI; of a duplicate, the IRI of what was known
	Reasons []IntakeProblem `json:"reasons,omitempty"` // why it was refused, what was left out of it
	Kept    []string        `json:"kept,omitempty"`    // fields that differ there and that an author changed here
}

// IntakeReport says what an intake did, or would do.
type IntakeReport struct {
	Batch   string          `json:"batch,omitempty"` // names the import and its record; "" when there is none
	DryRun  bool            `json:"dry_run,omitempty"`
	Counts  map[Verdict]int `json:"counts"`
	News    int             `json:"news,omitempty"`  // of those created, what is no sheet
	Quiet   bool            `json:"quiet,omitempty"` // followers are not told of them
	Rows    []IntakeOutcome `json:"rows"`
	Columns []IntakeColumn  `json:"columns,omitempty"`
	// Missing is what this source gave before and gives no more: sheets, and events
	// to come. Nothing was done to it.
	Missing []Ref    `json:"missing,omitempty"`
	Notices []string `json:"notices,omitempty"`
}

// intakeBatch is how many rows share a transaction: one flush to disk for all of
// them, and little to do again when an import is interrupted.
const intakeBatch = 200

// Intake publishes what was harvested elsewhere in the name of an organisation of
// ours. What the same source gave before is updated where it changed there and no
// author changed it here; what is known already from elsewhere is left alone. A
// row that cannot be taken is reported and does not stop the others.
//
// It stops when ctx ends, between two batches: the report then says what was done,
// and running it again does the rest. A record of it is kept from its beginning, also of
// what is killed half-way (see IntakeRecord). progress, when not nil, is told the number
// of rows done.
//
// ErrForbidden: by is not ours; ErrInvalid: the options.
func (n *Node) Intake(ctx context.Context, by string, h *Harvest, o IntakeOptions, progress func(done int)) (IntakeReport, error) {
	in, err := n.newIntake(ctx, by, h, o)
	if err != nil {
		return IntakeReport{}, err
	}
	return in.run(ctx, func() error {
		for rows := range slices.Chunk(h.Rows, intakeBatch) {
			if err := ctx.Err(); err != nil {
				return err
			}
			steps := make([]step, len(rows))
			for i, row := range rows {
				steps[i] = in.prepare(row)
			}
			if err := in.take(ctx, steps); err != nil {
				return err
			}
			if progress != nil {
				progress(len(in.report.Rows))
			}
		}
		in.report.Missing = in.missing()
		return nil
	})
}

// run does the work of an import, from the opening of its record to its end.
func (in *intake) run(ctx context.Context, work func() error) (IntakeReport, error) {
	if in.options.DryRun {
		return in.report, work()
	}
	if err := in.journal.begin(ctx); err != nil {
		return in.report, err
	}
	err := work()
	if in.unsaid > 0 {
		in.report.Notices = append(in.report.Notices, fmt.Sprintf("Les changements de date ou de lieu ont été annoncés pour %d événements, et pas pour les autres : il y en avait trop.", MostAnnounced))
	}
	err = errors.Join(err, in.journal.end(ctx, in.report, err != nil))
	if in.journal.kept {
		in.report.Batch = in.batch
		in.node.analyze(ctx)
	}
	return in.report, err
}

// intake is one run of Intake.
type intake struct {
	node    *Node
	owner   *Actor
	harvest *Harvest
	options IntakeOptions
	batch   string
	known   *known
	belongs func(*Place) []Ref
	journal *journal
	report  IntakeReport
	said    int            // changes of date or place that followers were told of
	unsaid  int            // and that they were not
	changes []IntakeChange // of the batch under way
}

func (n *Node) newIntake(ctx context.Context, by string, h *Harvest, o IntakeOptions) (*intake, error) {
	owner, err := n.localActor(ctx, by)
	if err != nil {
		return nil, err
	}
	if o.Licence == "" {
		o.Licence = unknownLicence
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	known, err := n.knownTo(ctx, owner.ID, h)
	if err != nil {
		return nil, err
	}
	territories, _, err := n.Actors(ctx, ActorFilter{Kinds: []Kind{KindTerritory}, Scope: ScopeLocal, Limit: 50_000})
	if err != nil {
		return nil, err
	}
	in := n.openIntake(owner, h, o)
	in.known, in.belongs = known, belonging(territories)
	keys := in.keys()
	known.keep(h, keys, o.Source)
	in.report.Quiet = o.quiet(known.news(h, keys, o.Source))
	if h.Licence == "" && o.Licence == unknownLicence {
		in.report.Notices = append(in.report.Notices, "La source ne dit pas sa licence : tout est marqué « Licence à préciser ». Demandez-la, puis indiquez-la à l’import suivant.")
	}
	return in, nil
}

// keys are what names each row in its source: its key or, where it has none, what it is
// once it is clean.
func (in *intake) keys() []string {
	keys := make([]string, len(in.harvest.Rows))
	for i, row := range in.harvest.Rows {
		if keys[i] = row.Key; row.Key == "" && !row.fatal() {
			o := CloneObject(row.Object)
			_, _ = in.clean(o) // what is wrong with it is said when it is its turn
			keys[i] = keyOf(o)
		}
	}
	return keys
}

// openIntake is an import with its record, and nothing known yet.
func (n *Node) openIntake(owner *Actor, h *Harvest, o IntakeOptions) *intake {
	batch := newID()
	return &intake{
		node: n, owner: owner, harvest: h, options: o, batch: batch,
		journal: &journal{
			node: n, lazy: o.Via == ViaFeed,
			record: IntakeRecord{ID: batch, Account: o.Account, Via: o.Via, Owner: owner.ID, Source: o.Source, Format: h.Format},
		},
		report: IntakeReport{DryRun: o.DryRun, Counts: map[Verdict]int{}, Columns: h.Columns, Notices: slices.Clone(h.Notices)},
	}
}

// quiet says that an import of that many new things tells no follower of them.
func (o IntakeOptions) quiet(news int) bool {
	return o.Announce == AnnounceNone || o.Announce == AnnounceFew && news > MostAnnounced
}

func (o IntakeOptions) validate() error {
	var c checks
	v := Vocabularies()
	c.require(o.Source != "", "source", "dites d’où viennent les données : une adresse ou un nom de fichier")
	c.require(v.Has("licences", o.Licence), "licence", "choisissez une licence de la liste (« %s » n’y est pas)", o.Licence)
	c.require(o.Announce == AnnounceFew || o.Announce == AnnounceAll || o.Announce == AnnounceNone, "announce", "annoncez tout, rien, ou ce qui est peu nombreux")
	c.require(o.EventKind == "" || v.Has("event_kinds", o.EventKind), "event_kind", "« %s » n’est pas un type d’événement de la liste", o.EventKind)
	c.require(o.ActorKind == "" || v.Has("actor_kinds", o.ActorKind), "actor_kind", "« %s » n’est pas une forme d’acteur de la liste", o.ActorKind)
	for _, theme := range o.Themes {
		c.require(v.Has("themes", theme), "themes", "« %s » n’est pas un thème de la liste", theme)
	}
	return c.err()
}

// belonging finds the territories of places, each place once.
func belonging(territories []*Actor) func(*Place) []Ref {
	type where struct{ locality, departement string }
	im, byName, byCode := &importer{places: territories}, map[where][]Ref{}, map[string]*Actor{}
	for _, t := range territories {
		if code := t.Territory.Code("insee"); code != "" && t.Territory.Kind == "commune" {
			byCode[code] = t
		}
	}
	return func(p *Place) []Ref {
		switch {
		case p == nil:
			return nil
		case p.INSEE != "" && byCode[p.INSEE] != nil:
			t := byCode[p.INSEE]
			return []Ref{{ID: t.ID, Slug: t.Slug, Name: t.Name}}
		}
		key := where{p.Locality, p.Departement}
		refs, ok := byName[key]
		if !ok {
			refs = im.belongs(&Place{Locality: p.Locality, Departement: p.Departement})
			byName[key] = refs
		}
		return slices.Clone(refs)
	}
}

// step is a row made ready, and what it was found to be.
type step struct {
	outcome IntakeOutcome
	row     IntakeRow
	match   *match // nil when it is refused already, or a duplicate
	owner   *Actor // in whose name it is published
	raw     []byte // see Tx.SaveObject
}

// take brings one batch in, in one transaction, with what the record of the import says
// of it.
func (in *intake) take(ctx context.Context, steps []step) error {
	if in.options.DryRun {
		report, err := in.settleAll(ctx, in.node.Reader, steps, func(step, Object, Object, Verb) error { return nil })
		if err == nil {
			in.report = report
		}
		return err
	}
	said, unsaid := in.said, in.unsaid
	var report IntakeReport
	err := in.node.store.Write(ctx, func(tx Tx) (err error) {
		in.said, in.unsaid, in.changes = said, unsaid, in.changes[:0] // anew: a transaction may run again
		report, err = in.settleAll(ctx, tx, steps, func(s step, o, old Object, verb Verb) error { return in.keep(ctx, tx, s, o, old, verb) })
		if err != nil {
			return err
		}
		return in.journal.note(ctx, tx, report, in.changes)
	})
	if err == nil {
		in.report = report
	}
	return err
}

// settleAll settles a batch, and returns the report with what became of it.
func (in *intake) settleAll(ctx context.Context, r Reader, steps []step, keep keeper) (IntakeReport, error) {
	outcomes := make([]IntakeOutcome, len(steps))
	for i, s := range steps {
		var err error
		if outcomes[i], err = in.settle(ctx, r, s, keep); err != nil {
			return in.report, fmt.Errorf("import of row %d (%s): %w", s.row.Line, s.outcome.Name, err)
		}
	}
	return in.report.with(outcomes...), nil
}

// with is the report with more rows.
func (r IntakeReport) with(outcomes ...IntakeOutcome) IntakeReport {
	r.Counts = maps.Clone(r.Counts)
	for _, o := range outcomes {
		r.Counts[o.Verdict]++
		if o.Verdict == IntakeCreated && slices.Contains(newsKinds, o.Kind) {
			r.News++
		}
	}
	r.Rows = append(r.Rows, outcomes...)
	return r
}

// newsKinds are what goes to timelines.
var newsKinds = []Kind{KindEvent, KindRecipe, KindAnnouncement}

// keeper makes an outcome last: the object as it becomes, and as it was (nil when it
// is new). An empty verb: only what is remembered of the source changed.
type keeper func(s step, o, old Object, verb Verb) error

func (in *intake) keep(ctx context.Context, tx Tx, s step, o, old Object, verb Verb) error {
	if verb == "" {
		return tx.SaveObject(ctx, o, s.raw)
	}
	id := o.Common().ID
	if err := in.node.remember(ctx, tx, author{actor: s.owner.ID}, verb, o, old); err != nil {
		return err
	}
	if err := tx.SaveObject(ctx, o, s.raw); err != nil {
		return err
	}
	args := AnnounceArgs{Verb: verb, ID: id, Quiet: in.report.Quiet && verb == VerbCreate}
	if err := tx.Enqueue(ctx, IndexJob(id), NewJob(JobAnnounce, args)); err != nil {
		return err
	}
	change := IntakeChange{ID: id}
	if old != nil {
		var err error
		if change.Revision, err = lastRevision(ctx, tx, id); err != nil {
			return err
		}
		if err := in.say(ctx, tx, old, o); err != nil {
			return err
		}
	}
	in.changes = append(in.changes, change)
	return nil
}

// lastRevision is the version of an object that was kept last.
func lastRevision(ctx context.Context, tx Tx, id string) (int64, error) {
	versions, err := tx.Revisions(ctx, id)
	if err != nil || len(versions) == 0 {
		return 0, err
	}
	return versions[0].Seq, nil
}

// say tells followers, and those who come, what changed for them. Followers are told of a
// few such changes, or of all when they are to be.
func (in *intake) say(ctx context.Context, tx Tx, old, o Object) error {
	was, wasEvent := old.(*Event)
	e, isEvent := o.(*Event)
	var telling Telling
	if wasEvent && isEvent && notice(was, e) != "" && !was.Over(in.node.clock()) {
		telling.Silent = in.options.Announce == AnnounceNone || in.options.Announce == AnnounceFew && in.said == MostAnnounced
		if telling.Silent {
			in.unsaid++
		} else {
			in.said++
		}
	}
	if err := in.node.tell(ctx, tx, old, o, telling); err != nil {
		return err
	}
	return in.node.reseat(ctx, tx, old, o)
}

// prepare cleans a row, completes it by the options and looks for what it is here.
func (in *intake) prepare(row IntakeRow) step {
	s := step{row: row, owner: in.owner, outcome: IntakeOutcome{Line: row.Line, Key: row.Key, Reasons: slices.Clone(row.Problems)}}
	if row.fatal() {
		s.outcome.Verdict = IntakeRefused
		if row.Object != nil {
			s.outcome.Name, s.outcome.Kind = CleanName(row.Object.Common().Name, maxName), row.Object.Common().Kind
		}
		return s
	}
	o := CloneObject(row.Object)
	problems, err := in.clean(o)
	s.outcome.Name, s.outcome.Kind = o.Common().Name, o.Common().Kind
	s.outcome.Reasons = append(s.outcome.Reasons, problems...)
	if err != nil {
		return s.refuse(err)
	}
	s.row.Object = o
	if s.row.Key == "" {
		s.row.Key = keyOf(o)
	}
	m, duplicate := in.known.find(s.row, in.options.Source, func(row IntakeRow) string { return in.iri(in.owner, row, "") })
	if duplicate != nil {
		s.outcome.Verdict, s.outcome.ID = IntakeDuplicate, duplicate.id
		s.outcome.Reasons = append(s.outcome.Reasons, conflicting(o, duplicate.terms, "connu sous « %s », annoncé par cette source sous « %s » : rien n’a été repris d’elle")...)
		return s
	}
	s.match, s.outcome.ID = m, m.id
	if m.adopt {
		s.outcome.Reasons = append(s.outcome.Reasons, conflicting(o, m.terms, "écrit ici sous « %s », complété par une source sous « %s » : vérifiez que les deux vont ensemble")...)
	}
	return s
}

// conflicting says that what is here and its row are under different terms.
func conflicting(row Object, here, words string) []IntakeProblem {
	there := row.Common().Licence
	if here == there || slices.Contains([]string{"", unknownLicence}, here) || slices.Contains([]string{"", unknownLicence}, there) {
		return nil
	}
	return []IntakeProblem{{Field: "licence", Message: fmt.Sprintf(words, licenceName(here), licenceName(there))}}
}

// unknownLicence is the term of what does not say.
const unknownLicence = "inconnue"

func licenceName(slug string) string {
	for _, term := range Vocabularies().Terms("licences") {
		if term.Slug == slug {
			return term.FR
		}
	}
	return slug
}

func (s step) refuse(err error) step {
	s.outcome.Verdict = IntakeRefused
	s.outcome.Reasons = append(s.outcome.Reasons, problemsOf(err)...)
	return s
}

func problemsOf(err error) []IntakeProblem {
	var invalid *ValidationError
	if !errors.As(err, &invalid) {
		return []IntakeProblem{{Message: err.Error(), Fatal: true}}
	}
	problems := make([]IntakeProblem, len(invalid.Fields))
	for i, f := range invalid.Fields {
		problems[i] = IntakeProblem{Field: f.Field, Message: f.Message, Fatal: true}
	}
	return problems
}

// settle decides about a row by what is stored at this moment, and keeps it.
func (in *intake) settle(ctx context.Context, r Reader, s step, keep keeper) (IntakeOutcome, error) {
	if s.match == nil {
		return s.outcome, nil
	}
	old, id, err := in.current(ctx, r, s)
	switch {
	case errors.Is(err, ErrNotFound) && s.match.fresh:
		return in.create(s, id, keep)
	case errors.Is(err, ErrNotFound): // withdrawn since this run began
		return s.refuse(fmt.Errorf("supprimé ici pendant l’import : %w", ErrGone)).outcome, nil
	case err != nil:
		return s.outcome, err
	}
	s.outcome.ID = id
	switch b := old.Common(); {
	case !b.Deleted.IsZero():
		return s.refuse(fmt.Errorf("supprimé ici le %s, pas rétabli : %w", b.Deleted.Format("02/01/2006"), ErrGone)).outcome, nil
	case b.Owner != s.owner.ID || b.Kind != s.outcome.Kind:
		s.outcome.Verdict = IntakeDuplicate
		return s.outcome, nil
	}
	return in.update(s, old, keep)
}

// current is what stands at the address of a row, locked until commit. Addresses that
// the undoing of an import withdrew are never used again: the next one is looked at.
func (in *intake) current(ctx context.Context, r Reader, s step) (old Object, id string, err error) {
	for id = s.match.id; ; id = in.iri(s.owner, s.row, id) {
		if tx, ok := r.(Tx); ok {
			if err := tx.Lock(ctx, id); err != nil {
				return nil, id, err
			}
		}
		old, err = r.Object(ctx, id)
		if err != nil || !s.match.fresh || old.Common().Deleted.IsZero() || !old.Common().Provenance.undone() {
			return old, id, err
		}
	}
}

// create publishes a row under an IRI that follows from its source and key: two
// runs at once cannot both create it.
func (in *intake) create(s step, id string, keep keeper) (IntakeOutcome, error) {
	if err := s.owner.stays(); err != nil {
		return s.refuse(err).outcome, nil
	}
	o := CloneObject(s.row.Object)
	b := o.Common()
	_, b.Slug, _ = in.node.urls.Parse(id)
	b.ID, b.URL, b.Owner, b.Origin = id, id, s.owner.ID, ""
	b.Updated = in.node.clock()
	if b.Published.IsZero() || b.Published.After(b.Updated) {
		b.Published = b.Updated
	}
	b.Provenance = in.provenance(s.row, in.batch)
	b.Provenance.Read = digests(o)
	s.outcome.Verdict, s.outcome.ID = IntakeCreated, id
	return s.outcome, keep(s, o, nil, VerbCreate)
}

// update brings what is here up to date with its row.
func (in *intake) update(s step, old Object, keep keeper) (IntakeOutcome, error) {
	was := old.Common().Provenance
	merged, kept, changed := mergeRow(old, s.row.Object, was, s.match.adopt)
	s.outcome.Kept = kept
	b := merged.Common()
	if changed {
		if err := in.node.prepare(merged); err != nil {
			return s.refuse(err).outcome, nil
		}
		b.Updated = later(in.node.clock(), b.Updated)
	}
	batch := ""
	if was != nil {
		batch = was.Batch
	}
	b.Provenance = in.provenance(s.row, batch)
	b.Provenance.Read = digests(s.row.Object)
	if was != nil && !changed && b.Provenance.says(was) {
		s.outcome.Verdict = IntakeUnchanged
		return s.outcome, nil
	}
	if !changed {
		s.outcome.Verdict = IntakeUnchanged
		return s.outcome, keep(s, merged, old, "")
	}
	s.outcome.Verdict = IntakeUpdated
	return s.outcome, keep(s, merged, old, VerbUpdate)
}

func (in *intake) provenance(row IntakeRow, batch string) *Provenance {
	return &Provenance{
		Source: in.options.Source, Key: row.Key, Batch: batch,
		Licence: row.Object.Common().Licence, Imported: in.node.clock(),
	}
}

// iri is the address of a row that is not here yet: its title, and a digest of its
// source and key; and of the address that it had, when that was withdrawn.
func (in *intake) iri(owner *Actor, row IntakeRow, former string) string {
	b := row.Object.Common()
	slug := Key(owner.ID + "\n" + in.options.Source + "\n" + row.Key + "\n" + former)[:10]
	if title := Slugify(b.Name); title != "" {
		slug = title + "-" + slug
	}
	return in.node.urls.Of(b.Kind, slug)
}

// missing lists what the source gave before and gives no more.
func (in *intake) missing() []Ref {
	if in.harvest.Partial {
		return nil
	}
	return in.known.unseen(in.options.Source, in.node.clock())
}
