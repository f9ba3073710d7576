package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

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
		s.outcome.Reasons = append(s.outcome.Reasons, conflicting(o, duplicate.terms, "other-licence", "connu sous « %s », annoncé par cette source sous « %s » : rien n’a été repris d’elle")...)
		return s
	}
	s.match, s.outcome.ID = m, m.id
	if m.adopt {
		s.outcome.Reasons = append(s.outcome.Reasons, conflicting(o, m.terms, "mixed-licences", "écrit ici sous « %s », complété par une source sous « %s » : vérifiez que les deux vont ensemble")...)
	}
	return s
}

// conflicting says that what is here and its row are under different terms.
func conflicting(row Object, here, code, words string) []IntakeProblem {
	there := row.Common().Licence
	if here == there || slices.Contains([]string{"", unknownLicence}, here) || slices.Contains([]string{"", unknownLicence}, there) {
		return nil
	}
	return []IntakeProblem{NewIntakeProblem(code, "licence", words, licenceName(here), licenceName(there))}
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
		return []IntakeProblem{{Code: refusalOf(err), Message: err.Error(), Fatal: true}}
	}
	problems := make([]IntakeProblem, len(invalid.Fields))
	for i, f := range invalid.Fields {
		problems[i] = IntakeProblem{Code: "invalid", Field: f.Field, Message: f.Message, Fatal: true}
	}
	return problems
}

// refusalOf is the word for programs of an error of the domain.
func refusalOf(err error) string {
	switch {
	case errors.Is(err, ErrGone):
		return "deleted"
	case errors.Is(err, ErrConflict):
		return "taken"
	case errors.Is(err, ErrForbidden):
		return "forbidden"
	}
	return "invalid"
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
	if !changed {
		s.outcome.Verdict = in.unchanged(b.ID)
		if was != nil && b.Provenance.says(was) {
			return s.outcome, nil
		}
		return s.outcome, keep(s, merged, old, "")
	}
	s.outcome.Verdict = IntakeUpdated
	return s.outcome, keep(s, merged, old, VerbUpdate)
}

// unchanged is the verdict on a row that says what is here: what this import made of it
// before it was stopped, if it did.
func (in *intake) unchanged(id string) Verdict {
	change, done := in.before[id]
	switch {
	case !done:
		return IntakeUnchanged
	case change.Revision == 0:
		return IntakeCreated
	}
	return IntakeUpdated
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
