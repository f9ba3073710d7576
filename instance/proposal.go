package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// ProposalKind is what a proposal asks for.
type ProposalKind string

// The kinds of proposals.
const (
	ProposeCreate  ProposalKind = "create"  // something new
	ProposeCorrect ProposalKind = "correct" // other words in some fields
	ProposeReport  ProposalKind = "report"  // somebody should look at it
)

// ProposalState is where a proposal stands.
type ProposalState string

// The states of a proposal.
const (
	ProposalWaiting   ProposalState = "waiting"   // for a moderator or an editor
	ProposalSent      ProposalState = "sent"      // to the node that the object is of, which decides
	ProposalAccepted  ProposalState = "accepted"  // done
	ProposalRefused   ProposalState = "refused"   // not done, and why is said
	ProposalWithdrawn ProposalState = "withdrawn" // by whoever made it
)

// Reason is why something is reported.
type Reason string

// Reasons are all of them. Those who write for the object's owner answer an error;
// everything else is for moderators alone, who may have to decide against them.
var Reasons = []Reason{ReasonError, ReasonSpam, ReasonPrivacy, ReasonIllegal, ReasonOther}

// The reasons.
const (
	ReasonError   Reason = "error"   // something in it is wrong
	ReasonSpam    Reason = "spam"    // advertising, or nothing to do here
	ReasonPrivacy Reason = "privacy" // it says something of somebody
	ReasonIllegal Reason = "illegal" // hateful, or against the law
	ReasonOther   Reason = "other"
)

// ErrBusy says that too much waits already: try again later.
var ErrBusy = errors.New("trop de propositions attendent")

// Proposal is what somebody suggests who does not write here: a visitor, or another
// node. Nothing of it is public until somebody who may has accepted it.
type Proposal struct {
	ID         string       `json:"id"`
	Kind       ProposalKind `json:"kind"`
	Object     string       `json:"object,omitempty"`      // IRI of what it is about; "" of something new
	ObjectKind Kind         `json:"object_kind,omitempty"` //
	Also       []string     `json:"also,omitempty"`        // IRIs of what else a report is about
	// Owner is the IRI of the actor whose editors may answer, beside the moderators;
	// "" when only these may.
	Owner    string        `json:"owner,omitempty"`
	Changes  []Change      `json:"changes,omitempty"`
	Reason   Reason        `json:"reason,omitempty"`  // of a report
	Message  string        `json:"message,omitempty"` // plain text, several lines
	Language string        `json:"language,omitempty"`
	State    ProposalState `json:"state"`
	Email    string        `json:"-"`                  // where the answer goes; kept only until then
	Secret   string        `json:"-"`                  // hash of the secret of its follow-up page
	Account  string        `json:"account,omitempty"`  // ID of whoever was signed in to make it; "" = a visitor, or a peer
	Origin   string        `json:"origin,omitempty"`   // host[:port] of the peer it came from; "" = a page of ours
	From     string        `json:"from,omitempty"`     // IRI of the peer's actor that sent it
	Activity string        `json:"activity,omitempty"` // IRI of the Offer or Flag that carries it between nodes
	// Sender is the same for what came from one place, and says nothing of it: by it a
	// wave of advertising is dismissed at once. Kept only while the proposal waits.
	Sender string `json:"-"`

	Created    time.Time `json:"created"`
	Answered   time.Time `json:"answered,omitzero"`
	AnsweredBy string    `json:"answered_by,omitempty"` // ID of the account; "" = another node
	Answer     string    `json:"answer,omitempty"`      // plain text
	Result     string    `json:"result,omitempty"`      // IRI of what was published
}

// Open says that nothing is decided yet, here or there.
func (p *Proposal) Open() bool { return p.State == ProposalWaiting || p.State == ProposalSent }

// ProposalFilter selects proposals. Zero values do not filter.
type ProposalFilter struct {
	States []ProposalState
	Object string
	Owners []string // any of them
	Origin Scope    // ScopeLocal: of our own pages; ScopeNetwork: of peers; or a domain
	Sender string
	Newest bool // first; the oldest first otherwise
	Offset int
	Limit  int // 0 = 50
}

// ProposalReader reads proposals.
type ProposalReader interface {
	Proposal(ctx context.Context, id string) (*Proposal, error)
	ProposalBySecret(ctx context.Context, hash string) (*Proposal, error)
	ProposalByActivity(ctx context.Context, iri string) (*Proposal, error)
	// Proposals lists them; the int counts all that match.
	Proposals(ctx context.Context, f ProposalFilter) ([]Proposal, int, error)
}

// ProposalTx keeps them. Store.Purge forgets those answered thirty days ago.
type ProposalTx interface {
	SaveProposal(ctx context.Context, p Proposal) error // inserts or replaces; ErrConflict: another has the activity
	DeleteProposal(ctx context.Context, id string) error
}

// The limits of what may wait: a queue is read by few people.
const (
	maxWaiting        = 300 // of our own pages
	maxWaitingNetwork = 300 // of all peers
	maxWaitingByPeer  = 30  // of one registered domain
	maxWaitingByPlace = 40  // of one sender: nobody fills the queue for the others
	maxWaitingByThing = 20
	maxMessage        = 2000 // runes
	maxLinks          = 3    // that a text adds
)

// Propose keeps what somebody suggests on a page of ours, and returns the secret with
// which they can see what becomes of it. Of p, the kind, the object (or the kind of a
// new one), the changes, the reason, the message, the language, the e-mail and the
// sender count.
// by is who is signed in, nil for a visitor: a correction of theirs to another node's
// object goes there at once, those of visitors once a moderator has read them.
//
// ErrInvalid: a *ValidationError that names fields of the proposal; ErrNotFound,
// ErrGone: the object; ErrBusy: too much waits.
func (n *Node) Propose(ctx context.Context, by *Account, p Proposal) (secret string, err error) {
	if err := n.checkProposal(&p); err != nil {
		return "", err
	}
	switch p.Kind {
	case ProposeCreate:
		err = n.proposeNew(&p)
	case ProposeCorrect:
		err = n.proposeCorrection(ctx, &p)
	case ProposeReport:
		err = n.proposeReport(ctx, &p)
	default:
		err = fmt.Errorf("%w: %q is no kind of proposal", ErrInvalid, p.Kind)
	}
	if err == nil {
		err = p.fewLinks()
	}
	if err != nil {
		return "", err
	}
	secret, p.Secret = Secret()
	p.ID, p.State, p.Created = newID(), ProposalWaiting, n.clock()
	p.Origin, p.From, p.Activity, p.Answered, p.AnsweredBy, p.Answer, p.Result = "", "", "", time.Time{}, "", "", ""
	p.Account = ""
	if by != nil {
		p.Account = by.ID
	}
	return secret, n.store.Write(ctx, func(tx Tx) error {
		if err := room(ctx, tx, &p, maxWaiting, ScopeLocal); err != nil {
			return err
		}
		if p.Kind == ProposeCorrect && !n.urls.Local(p.Object) && by != nil && by.Closed.IsZero() {
			return n.passOn(ctx, tx, &p)
		}
		return tx.SaveProposal(ctx, p)
	})
}

// room says whether one more proposal may wait: ErrBusy when it may not.
func room(ctx context.Context, tx Tx, p *Proposal, most int, origin Scope) error {
	type limit struct {
		filter ProposalFilter
		most   int
	}
	limits := []limit{{ProposalFilter{Origin: origin}, most}}
	if p.Object != "" {
		limits = append(limits, limit{ProposalFilter{Object: p.Object}, maxWaitingByThing})
	}
	if p.Sender != "" {
		limits = append(limits, limit{ProposalFilter{Sender: p.Sender}, maxWaitingByPlace})
	}
	if err := tx.Lock(ctx, "proposals"); err != nil {
		return err
	}
	for _, l := range limits {
		l.filter.States, l.filter.Limit = []ProposalState{ProposalWaiting}, 1
		_, waiting, err := tx.Proposals(ctx, l.filter)
		if err != nil {
			return err
		}
		if waiting >= l.most {
			return ErrBusy
		}
	}
	return nil
}

// checkProposal cleans what somebody typed beside the fields of an object.
func (n *Node) checkProposal(p *Proposal) error {
	p.Message = plainLines(p.Message)
	p.Email = typedEmail(p.Email)
	if !n.Mails() {
		p.Email = "" // nothing would be done with it
	}
	if p.Language != "en" {
		p.Language = "fr"
	}
	for i := range p.Changes {
		p.Changes[i].Now = plainLines(p.Changes[i].Now)
	}
	var c checks
	if p.Email != "" {
		c.email(p.Email)
	}
	c.require(len([]rune(p.Message)) <= maxMessage, "message", "raccourcissez le message à 2000 caractères")
	return c.err()
}

// fewLinks refuses what only advertising has: more links than a message needs.
func (p *Proposal) fewLinks() error {
	var c checks
	c.require(links(p.Message) <= maxLinks, "message", "gardez au plus trois liens")
	for _, change := range p.Changes {
		added := links(change.Now) - links(change.Was)
		if change.Field == "name" || change.Field == "summary" {
			added += maxLinks // it is no place for any
		}
		c.require(added <= maxLinks, change.Field, "gardez au plus trois liens, et aucun dans le nom ni le résumé")
	}
	return c.err()
}

// links counts the addresses that a text leads to.
func links(text string) int {
	text = strings.ToLower(text)
	return max(strings.Count(text, "://"), strings.Count(text, "www.")) + strings.Count(text, "[url")
}

func (n *Node) proposeNew(p *Proposal) error {
	p.Object, p.Owner, p.Reason = "", "", ""
	if p.ObjectKind != KindEvent && p.ObjectKind != KindPartner {
		return fmt.Errorf("%w: a visitor proposes no %q", ErrInvalid, p.ObjectKind)
	}
	empty, err := NewObject(p.ObjectKind)
	if err != nil {
		return err
	}
	p.Changes = slices.DeleteFunc(p.Changes, func(c Change) bool { return c.Now == "" })
	for i := range p.Changes {
		p.Changes[i].Was = ""
	}
	_, err = n.Amended(empty, p.Changes)
	return err
}

// proposeCorrection keeps of the changes those that are some, against the object as
// it is now.
func (n *Node) proposeCorrection(ctx context.Context, p *Proposal) error {
	o, err := n.correctable(ctx, p.Object)
	if err != nil {
		return err
	}
	b := o.Common()
	if !b.Deleted.IsZero() {
		return fmt.Errorf("%s: %w", b.ID, ErrGone)
	}
	p.Also, p.Reason, p.ObjectKind, p.Owner = nil, "", b.Kind, ""
	if b.Local() {
		p.Owner = b.Owner
	}
	now := ProposedValues(o)
	p.Changes = slices.DeleteFunc(p.Changes, func(c Change) bool { return c.Now == now[c.Field] })
	for i, change := range p.Changes {
		p.Changes[i].Was = now[change.Field]
	}
	var c checks
	c.require(len(p.Changes) > 0 || p.Message != "", "message", "changez un champ, ou dites ce qui est à corriger")
	if c.err() != nil {
		return c.err()
	}
	_, err = n.Amended(o, p.Changes)
	return touching(err, p.Changes)
}

// touching keeps of what is wrong what the changes brought about: an object that was
// imported may have been wrong before.
func touching(err error, changes []Change) error {
	var invalid *ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	theirs := &ValidationError{}
	for _, f := range invalid.Fields {
		if slices.ContainsFunc(changes, func(c Change) bool { return c.Field == f.Field || related(c.Field, f.Field) }) {
			theirs.Fields = append(theirs.Fields, f)
		}
	}
	if len(theirs.Fields) == 0 {
		return nil
	}
	return theirs
}

func (n *Node) proposeReport(ctx context.Context, p *Proposal) error {
	var c checks
	c.require(slices.Contains(Reasons, p.Reason), "reason", "choisissez une raison de la liste")
	c.require(p.Message != "" || p.Reason == ReasonSpam, "message", "dites en une phrase ce qui ne va pas")
	if err := c.err(); err != nil {
		return err
	}
	p.Also, p.Changes = nil, nil
	return n.aim(ctx, p)
}

// aim fills in what is known of the object or actor that a report is about.
func (n *Node) aim(ctx context.Context, p *Proposal) error {
	owner := ""
	switch o, err := n.Object(ctx, p.Object); {
	case err == nil && !o.Common().Deleted.IsZero():
		return fmt.Errorf("%s: %w", p.Object, ErrGone)
	case err == nil:
		p.ObjectKind, owner = o.Common().Kind, o.Common().Owner
	case !errors.Is(err, ErrNotFound):
		return err
	default:
		a, err := n.Actor(ctx, p.Object)
		if err != nil {
			return err
		}
		if !a.Gone.IsZero() {
			return fmt.Errorf("%s: %w", p.Object, ErrGone)
		}
		p.ObjectKind, owner = a.Kind, a.ID
	}
	if p.Owner = ""; p.Reason == ReasonError && n.urls.Local(p.Object) {
		p.Owner = owner
	}
	return nil
}

// FollowUp is the proposal that a follow-up page's secret opens. ErrNotFound.
func (n *Node) FollowUp(ctx context.Context, secret string) (*Proposal, error) {
	if secret == "" {
		return nil, fmt.Errorf("follow up: %w", ErrNotFound)
	}
	return n.ProposalBySecret(ctx, HashSecret(secret))
}

// WithdrawProposal takes back what its author no longer wants, and erases what they
// wrote. ErrNotFound; ErrConflict: it was answered, or has left.
func (n *Node) WithdrawProposal(ctx context.Context, secret string) error {
	p, err := n.FollowUp(ctx, secret)
	if err != nil {
		return err
	}
	return n.changeProposal(ctx, p.ID, func(_ Tx, p *Proposal) error {
		if p.State != ProposalWaiting {
			return fmt.Errorf("proposal %s is %s: %w", p.ID, p.State, ErrConflict)
		}
		p.State, p.Answered, p.Email, p.Sender, p.Message, p.Changes = ProposalWithdrawn, n.clock(), "", "", "", nil
		return nil
	})
}

// changeProposal loads a proposal, lets change alter it, and saves it.
func (n *Node) changeProposal(ctx context.Context, id string, change func(Tx, *Proposal) error) error {
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, "proposal "+id); err != nil {
			return err
		}
		p, err := tx.Proposal(ctx, id)
		if err != nil {
			return err
		}
		if err := change(tx, p); err != nil {
			return err
		}
		return tx.SaveProposal(ctx, *p)
	})
}

// plainLines is a stranger's text of several lines: no hidden characters, NFC, one
// kind of line end, and no space around.
func plainLines(s string) string {
	s = withoutHidden(norm.NFC.String(strings.ReplaceAll(s, "\r\n", "\n")))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
