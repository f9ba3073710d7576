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
	KeepContacts bool           `json:"keep_contacts,omitempty"`
	Announce     IntakeAnnounce `json:"announce,omitempty"`
	Via          IntakeVia      `json:"-"` // for its record
	Account      string         `json:"-"` // who imports, for its record; "" for nobody in particular
	// ID names its record; "" = a new name. Under the ID of an import that was stopped, it
	// goes on with it: there is one record, of the whole.
	ID string `json:"-"`
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
// ErrForbidden: by is not ours; ErrInvalid: the options; ErrConflict: their ID is that of
// an import from elsewhere, or of one that was undone.
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
		in.notice("Les changements de date ou de lieu ont été annoncés pour %d événements, et pas pour les autres : il y en avait trop.", MostAnnounced)
	}
	err = errors.Join(err, in.journal.end(ctx, in.report, err != nil))
	if in.journal.kept {
		in.report.Batch = in.batch
		in.node.analyze(ctx)
	}
	return in.report, err
}

// notice says in the report what concerns the whole import, in French.
func (in *intake) notice(format string, args ...any) {
	in.report.Notices = append(in.report.Notices, fmt.Sprintf(format, args...))
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
	before  map[string]IntakeChange // what it did before it was stopped, by IRI
	said    int                     // changes of date or place that followers were told of
	unsaid  int                     // and that they were not
	changes []IntakeChange          // of the batch under way
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
	if err := in.resume(ctx); err != nil {
		return nil, err
	}
	in.known, in.belongs = known, belonging(territories)
	keys := in.keys()
	known.keep(h, keys, o.Source)
	in.report.Quiet = o.quiet(known.news(h, keys, o.Source) + in.journal.record.Report.News)
	if h.Licence == "" && o.Licence == unknownLicence {
		in.notice("La source ne dit pas sa licence : tout est marqué « Licence à préciser ». Demandez-la, puis indiquez-la à l’import suivant.")
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

// resume goes on with the record of an import that was stopped, when the options name one.
func (in *intake) resume(ctx context.Context) error {
	if in.options.ID == "" || in.options.DryRun {
		return nil
	}
	record, err := in.node.IntakeRecord(ctx, in.options.ID)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if record.Owner != in.owner.ID || record.Source != in.options.Source || !record.Undone.IsZero() {
		return fmt.Errorf("import %s: %w", record.ID, ErrConflict)
	}
	changes, err := in.node.IntakeChanges(ctx, in.batch)
	in.before = make(map[string]IntakeChange, len(changes))
	for _, c := range changes {
		in.before[c.ID] = c
	}
	in.journal.record = *record
	return err
}

// openIntake is an import with its record, and nothing known yet.
func (n *Node) openIntake(owner *Actor, h *Harvest, o IntakeOptions) *intake {
	batch := o.ID
	if batch == "" {
		batch = newID()
	}
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
	c.require(o.Source != "", "source", "dites d’où viennent les données : une adresse ou un nom de fichier")
	c.require(o.Licence != "", "licence", "choisissez une licence de la liste")
	c.listed("licences", "licence", o.Licence)
	c.require(o.Announce == AnnounceFew || o.Announce == AnnounceAll || o.Announce == AnnounceNone, "announce", "annoncez tout, rien, ou ce qui est peu nombreux")
	c.listed("event_kinds", "event_kind", o.EventKind)
	c.listed("actor_kinds", "actor_kind", o.ActorKind)
	c.listed("themes", "themes", o.Themes...)
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

// missing lists what the source gave before and gives no more.
func (in *intake) missing() []Ref {
	if in.harvest.Partial {
		return nil
	}
	return in.known.unseen(in.options.Source, in.node.clock())
}
