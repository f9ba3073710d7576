package instance

import (
	"context"
	"errors"
	"fmt"
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
	KeepContacts bool `json:"keep_contacts,omitempty"`
}

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
	Batch   string          `json:"batch,omitempty"` // names the import, to undo it; "" when nothing was created
	DryRun  bool            `json:"dry_run,omitempty"`
	Counts  map[Verdict]int `json:"counts"`
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
// and running it again does the rest. progress, when not nil, is told the number of
// rows done.
//
// ErrForbidden: by is not ours; ErrInvalid: the options.
func (n *Node) Intake(ctx context.Context, by string, h *Harvest, o IntakeOptions, progress func(done int)) (IntakeReport, error) {
	in, err := n.newIntake(ctx, by, h, o)
	if err != nil {
		return IntakeReport{}, err
	}
	for rows := range slices.Chunk(h.Rows, intakeBatch) {
		if err := ctx.Err(); err != nil {
			return in.report, err
		}
		if err := in.take(ctx, rows); err != nil {
			return in.report, err
		}
		if progress != nil {
			progress(len(in.report.Rows))
		}
	}
	in.report.Missing = in.missing()
	return in.report, nil
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
	report  IntakeReport
}

func (n *Node) newIntake(ctx context.Context, by string, h *Harvest, o IntakeOptions) (*intake, error) {
	owner, err := n.localActor(ctx, by)
	if err != nil {
		return nil, err
	}
	if o.Licence == "" {
		o.Licence = "inconnue"
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	known, err := n.knownTo(ctx, owner.ID, o.Source, h)
	if err != nil {
		return nil, err
	}
	territories, _, err := n.Actors(ctx, ActorFilter{Kinds: []Kind{KindTerritory}, Scope: ScopeLocal, Limit: 50_000})
	if err != nil {
		return nil, err
	}
	in := &intake{
		node: n, owner: owner, harvest: h, options: o, batch: newID(), known: known, belongs: belonging(territories),
		report: IntakeReport{DryRun: o.DryRun, Counts: map[Verdict]int{}, Columns: h.Columns, Notices: slices.Clone(h.Notices)},
	}
	if h.Licence == "" && o.Licence == "inconnue" {
		in.report.Notices = append(in.report.Notices, "La source ne dit pas sa licence : tout est marqué « Licence à préciser ». Demandez-la, puis indiquez-la à l’import suivant.")
	}
	return in, nil
}

func (o IntakeOptions) validate() error {
	var c checks
	v := Vocabularies()
	c.require(o.Source != "", "source", "dites d’où viennent les données : une adresse ou un nom de fichier")
	c.require(v.Has("licences", o.Licence), "licence", "choisissez une licence de la liste (« %s » n’y est pas)", o.Licence)
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
}

// take brings one batch in, in one transaction.
func (in *intake) take(ctx context.Context, rows []IntakeRow) error {
	steps := make([]step, len(rows))
	for i, row := range rows {
		steps[i] = in.prepare(row)
	}
	var outcomes []IntakeOutcome
	settle := func(r Reader, keep keeper) error {
		outcomes = make([]IntakeOutcome, len(steps)) // anew: a transaction may run again
		for i, s := range steps {
			var err error
			if outcomes[i], err = in.settle(ctx, r, s, keep); err != nil {
				return fmt.Errorf("import of row %d (%s): %w", s.row.Line, s.outcome.Name, err)
			}
		}
		return nil
	}
	var err error
	if in.options.DryRun {
		err = settle(in.node.Reader, func(Object, Object, Verb) error { return nil })
	} else {
		err = in.node.store.Write(ctx, func(tx Tx) error {
			return settle(tx, func(o, old Object, verb Verb) error { return in.keep(ctx, tx, o, old, verb) })
		})
	}
	if err != nil {
		return err
	}
	for _, outcome := range outcomes {
		in.report.Counts[outcome.Verdict]++
		if outcome.Verdict == IntakeCreated {
			in.report.Batch = in.batch
		}
	}
	in.report.Rows = append(in.report.Rows, outcomes...)
	return nil
}

// keeper makes an outcome last: the object as it becomes, and as it was (nil when it
// is new). An empty verb: only what is remembered of the source changed.
type keeper func(o, old Object, verb Verb) error

func (in *intake) keep(ctx context.Context, tx Tx, o, old Object, verb Verb) error {
	if verb == "" {
		return tx.SaveObject(ctx, o, nil)
	}
	if err := in.node.remember(ctx, tx, author{actor: in.owner.ID}, verb, o, old); err != nil {
		return err
	}
	if err := save(ctx, tx, o, verb); err != nil || old == nil {
		return err
	}
	return in.node.notify(ctx, tx, old, o)
}

// prepare cleans a row, completes it by the options and looks for what it is here.
func (in *intake) prepare(row IntakeRow) step {
	s := step{row: row, outcome: IntakeOutcome{Line: row.Line, Key: row.Key, Reasons: slices.Clone(row.Problems)}}
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
	m, duplicate := in.known.find(s.row, in.options.Source, in.iri)
	if duplicate != "" {
		s.outcome.Verdict, s.outcome.ID = IntakeDuplicate, duplicate
		return s
	}
	s.match, s.outcome.ID = m, m.id
	return s
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
	case b.Owner != in.owner.ID || b.Kind != s.outcome.Kind:
		s.outcome.Verdict = IntakeDuplicate
		return s.outcome, nil
	}
	return in.update(s, old, keep)
}

// current is what stands at the address of a row, locked until commit. Addresses that
// the undoing of an import withdrew are never used again: the next one is looked at.
func (in *intake) current(ctx context.Context, r Reader, s step) (old Object, id string, err error) {
	for id = s.match.id; ; id = in.iriAfter(s.row, id) {
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
	o := CloneObject(s.row.Object)
	b := o.Common()
	_, b.Slug, _ = in.node.urls.Parse(id)
	b.ID, b.URL, b.Owner, b.Origin = id, id, in.owner.ID, ""
	b.Published = in.node.clock()
	b.Updated = b.Published
	b.Provenance = in.provenance(s.row, in.batch)
	b.Provenance.Read = digests(o)
	s.outcome.Verdict, s.outcome.ID = IntakeCreated, id
	return s.outcome, keep(o, nil, VerbCreate)
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
		return s.outcome, keep(merged, old, "")
	}
	s.outcome.Verdict = IntakeUpdated
	return s.outcome, keep(merged, old, VerbUpdate)
}

func (in *intake) provenance(row IntakeRow, batch string) *Provenance {
	return &Provenance{
		Source: in.options.Source, Key: row.Key, Batch: batch,
		Licence: row.Object.Common().Licence, Imported: in.node.clock(),
	}
}

// iri is the address of a row that is not here yet: its title, and a digest of its
// source and key.
func (in *intake) iri(row IntakeRow) string { return in.iriAfter(row, "") }

// iriAfter is the address of a row whose former address was withdrawn.
func (in *intake) iriAfter(row IntakeRow, former string) string {
	b := row.Object.Common()
	slug := Key(in.owner.ID + "\n" + in.options.Source + "\n" + row.Key + "\n" + former)[:10]
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
