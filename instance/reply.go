package instance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ReplyState is where the moderation of a reply stands.
type ReplyState string

// The states of a reply.
const (
	ReplyWaiting ReplyState = "waiting" // for an editor to read it
	ReplyShown   ReplyState = "shown"
	ReplyHidden  ReplyState = "hidden"
	ReplyDeleted ReplyState = "deleted" // by its author: a late copy does not bring it back
)

// Reply is what somebody elsewhere answered to a thing of ours. It stays theirs: it
// is shown with their name and a link to where it lives, once an editor has read it.
type Reply struct {
	ID        string     `json:"id"`          // IRI
	Object    string     `json:"object"`      // IRI of the thing of ours, at the root of the thread
	InReplyTo string     `json:"in_reply_to"` // the thing itself, or another reply
	Actor     string     `json:"actor"`       // IRI of its author
	URL       string     `json:"url,omitempty"`
	Content   string     `json:"content,omitempty"` // sanitised HTML
	Language  string     `json:"language,omitempty"`
	State     ReplyState `json:"state"`
	Published time.Time  `json:"published"`
	Updated   time.Time  `json:"updated,omitzero"`
	Received  time.Time  `json:"received"`
	Answered  string     `json:"answered,omitempty"` // ID of the account that decided
}

// ReplyFilter selects replies. Zero values do not filter.
type ReplyFilter struct {
	Object string
	Owners []string // any of them owns the object
	Actor  string
	Origin string // scheme and host[:port] of the actor: "https://a.example"
	State  ReplyState
	Newest bool // first; the oldest first otherwise
	Offset int
	Limit  int // 0 = 50
}

// ReplyReader reads replies.
type ReplyReader interface {
	Reply(ctx context.Context, id string) (*Reply, error)
	Replies(ctx context.Context, f ReplyFilter) ([]Reply, int, error)
}

// ReplyTx keeps them.
type ReplyTx interface {
	SaveReply(ctx context.Context, r Reply) error // inserts or replaces
}

// The limits of replies: a page is read by people, and a queue by few.
const (
	maxReply        = 10_000 // runes
	maxRepliesByOne = 20     // that wait for one thing of ours, of one author
	maxRepliesByAll = 1000   // that wait, of all the authors of one server
)

// ReceiveReply keeps what a remote actor answered to a thing of ours, or to another
// reply to one. It waits to be read by an editor; an actor that the owner of the
// thing follows is trusted and shown at once, and so is not what they changed of a
// reply that was hidden. An older version than ours changes nothing.
//
// ErrNotFound: it answers to nothing of ours; ErrGone: that was, or the reply was,
// deleted; ErrForbidden: it is not from's; ErrDuplicate: not newer; ErrInvalid: too
// many of theirs wait already.
func (n *Node) ReceiveReply(ctx context.Context, from *Actor, r Reply) error {
	if n.urls.Local(r.ID) || r.Actor != from.ID || !SameOrigin(r.ID, from.ID) {
		return fmt.Errorf("reply %s: %w: it is not %s's", r.ID, ErrForbidden, from.ID)
	}
	n.cleanReply(&r)
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, r.ID); err != nil {
			return err
		}
		if late, err := wasUndone(ctx, tx, from.ID, r.ID); late || err != nil {
			return err
		}
		root, err := n.rootOf(ctx, tx, r.InReplyTo)
		if err != nil {
			return err
		}
		r.Object = root.ID
		old, err := tx.Reply(ctx, r.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			if err := n.roomForReply(ctx, tx, r); err != nil {
				return err
			}
			old = &Reply{State: ReplyWaiting}
		case err != nil:
			return err
		case old.State == ReplyDeleted:
			return fmt.Errorf("reply %s: %w", r.ID, ErrGone)
		case old.Actor != from.ID:
			return fmt.Errorf("reply %s: %w: it is not %s's", r.ID, ErrForbidden, from.ID)
		case !r.Updated.After(old.Updated):
			return fmt.Errorf("reply %s: %w", r.ID, ErrDuplicate)
		}
		if r.State = old.State; r.State != ReplyHidden {
			if r.State, err = n.trusted(ctx, tx, root, from); err != nil {
				return err
			}
		}
		return tx.SaveReply(ctx, r)
	})
}

// Answers says whether something answers to a thing of ours, or to a reply to one, or
// is such an answer that we have: whoever wrote it, it is worth reading.
func (n *Node) Answers(ctx context.Context, id, inReplyTo string) (bool, error) {
	if n.urls.Local(inReplyTo) {
		return true, nil
	}
	for _, known := range []string{id, inReplyTo} {
		if known == "" {
			continue
		}
		if _, err := n.Reply(ctx, known); !errors.Is(err, ErrNotFound) {
			return err == nil, err
		}
	}
	return false, nil
}

// rootOf is the thing of ours that a reply answers to, itself or through other replies.
func (n *Node) rootOf(ctx context.Context, tx Tx, id string) (*Base, error) {
	if !n.urls.Local(id) {
		parent, err := tx.Reply(ctx, id)
		if err != nil {
			return nil, err
		}
		id = parent.Object
	}
	o, err := tx.Object(ctx, id)
	if err != nil {
		return nil, err
	}
	if b := o.Common(); b.Deleted.IsZero() {
		return b, nil
	}
	return nil, fmt.Errorf("%s: %w", id, ErrGone)
}

// roomForReply bounds what one author has waiting for one thing of ours, and what its
// server has, on which authors cost nothing.
func (n *Node) roomForReply(ctx context.Context, tx Tx, r Reply) error {
	for _, limit := range []struct {
		of   ReplyFilter
		most int
	}{
		{ReplyFilter{Object: r.Object, Actor: r.Actor}, maxRepliesByOne},
		{ReplyFilter{Origin: originOf(r.Actor)}, maxRepliesByAll},
	} {
		limit.of.State, limit.of.Limit = ReplyWaiting, 1
		_, waiting, err := tx.Replies(ctx, limit.of)
		if err == nil && waiting >= limit.most {
			err = fmt.Errorf("reply %s: %w: too many of theirs wait", r.ID, ErrInvalid)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// originOf is the beginning of an IRI that all of its server share: "https://a.example".
func originOf(iri string) string {
	scheme, rest, _ := strings.Cut(iri, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// trusted is the state of a reply that no editor has read: the owner of what it
// answers to, or the node, follows its author, or not.
func (n *Node) trusted(ctx context.Context, tx Tx, root *Base, from *Actor) (ReplyState, error) {
	for _, ours := range []string{root.Owner, n.self.ID} {
		switch follow, err := tx.Follow(ctx, ours, from.ID); {
		case err == nil && follow.State == FollowAccepted:
			return ReplyShown, nil
		case err != nil && !errors.Is(err, ErrNotFound):
			return "", err
		}
	}
	return ReplyWaiting, nil
}

func (n *Node) cleanReply(r *Reply) {
	r.Content = SanitiseHTML(withoutHidden(Truncate(r.Content, maxReply)))
	r.Language = CleanName(r.Language, 35)
	if !SameOrigin(r.URL, r.ID) {
		r.URL = r.ID
	}
	now := n.clock()
	if r.Published.IsZero() || r.Published.After(now.Add(maxSkew)) {
		r.Published = now
	}
	if r.Updated.Before(r.Published) || r.Updated.After(now.Add(maxSkew)) {
		r.Updated = r.Published
	}
	r.Received, r.Answered = now, ""
}

// ReceiveReplyDelete erases a reply that its author deleted. One that we do not have
// is remembered for a while: its Create may come late. ErrForbidden: it is not from's.
func (n *Node) ReceiveReplyDelete(ctx context.Context, from *Actor, id string) error {
	return n.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		r, err := tx.Reply(ctx, id)
		switch {
		case errors.Is(err, ErrNotFound) && SameOrigin(id, from.ID):
			return n.rememberUndone(ctx, tx, from.ID, id)
		case err != nil:
			return err
		case r.Actor != from.ID:
			return fmt.Errorf("reply %s: %w: it is not %s's", id, ErrForbidden, from.ID)
		}
		return tx.SaveReply(ctx, Reply{
			ID: r.ID, Object: r.Object, InReplyTo: r.InReplyTo, Actor: r.Actor, State: ReplyDeleted,
			Published: r.Published, Updated: r.Updated, Received: r.Received,
		})
	})
}

// MayModerate says whether the editor may decide what is shown under an object of
// ours: they write for its owner, or moderate the node.
func (e Editor) MayModerate(o Object) bool {
	b := o.Common()
	return b.Local() && e.account.Closed.IsZero() && (e.account.Moderates() || e.account.WritesFor(b.Owner))
}

// AnswerReply shows a reply under what it answers to, or hides it. ErrNotFound;
// ErrGone: its author deleted it; ErrForbidden: not the editor's to decide.
func (e Editor) AnswerReply(ctx context.Context, id string, show bool) error {
	return e.node.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, id); err != nil {
			return err
		}
		r, err := tx.Reply(ctx, id)
		if err != nil {
			return err
		}
		o, err := tx.Object(ctx, r.Object)
		switch {
		case err != nil:
			return err
		case !e.MayModerate(o):
			return fmt.Errorf("reply %s: %w", id, ErrForbidden)
		case r.State == ReplyDeleted:
			return fmt.Errorf("reply %s: %w", id, ErrGone)
		}
		if r.State = ReplyHidden; show {
			r.State = ReplyShown
		}
		r.Answered = e.account.ID
		return tx.SaveReply(ctx, *r)
	})
}

// Replies lists the replies in a state that are this editor's to decide, the oldest
// first, and says how many there are.
func (e Editor) Replies(ctx context.Context, state ReplyState, offset, limit int) ([]Reply, int, error) {
	f := ReplyFilter{State: state, Offset: offset, Limit: limit}
	if !e.account.Moderates() {
		if f.Owners = slices.Clone(e.account.Organisations); e.account.Person != "" {
			f.Owners = append(f.Owners, e.account.Person)
		}
		if len(f.Owners) == 0 {
			return nil, 0, nil
		}
	}
	return e.node.Replies(ctx, f)
}

// WriteBack publishes what the owner of a thing of ours says to a reply to it: a note of
// its own, in Markdown, which reaches who is answered. A reply that is answered has been
// read, so it shows.
//
// ErrNotFound; ErrGone: its author deleted it, or the thing was; ErrForbidden: the editor
// does not speak for the owner; ErrInvalid.
func (e Editor) WriteBack(ctx context.Context, id, text string) (Object, error) {
	text = plainLines(text)
	var c checks
	c.require(text != "", "content", "écrivez votre réponse")
	c.require(len([]rune(text)) <= maxMessage, "content", "raccourcissez le message à 2000 caractères")
	if err := c.err(); err != nil {
		return nil, err
	}
	var note Object
	err := e.node.Together(ctx, func(n *Node) error {
		within := n.Editor(e.account)
		r, about, err := within.Answerable(ctx, id)
		if err != nil {
			return err
		}
		draft := &Announcement{Base: Base{Kind: KindAnnouncement, Source: text}, InReplyTo: id}
		if note, err = within.Publish(ctx, about.Common().Owner, draft); err != nil || r.State == ReplyShown {
			return err
		}
		return within.AnswerReply(ctx, id, true)
	}, id)
	return note, err
}

// Answerable is a reply that the editor may write back to, and the thing of ours that it
// is about. The errors are those of WriteBack.
func (e Editor) Answerable(ctx context.Context, id string) (*Reply, Object, error) {
	r, err := e.node.Reply(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	about, err := e.node.Object(ctx, r.Object)
	switch {
	case err != nil:
		return nil, nil, err
	case !e.speaksAs(about.Common().Owner):
		return nil, nil, fmt.Errorf("reply %s: %w", id, ErrForbidden)
	case r.State == ReplyDeleted:
		return nil, nil, fmt.Errorf("reply %s: %w", id, ErrGone)
	case !about.Common().Deleted.IsZero():
		return nil, nil, fmt.Errorf("%s: %w", r.Object, ErrGone)
	}
	return r, about, nil
}
