package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

// answersOurs says whether an activity carries an answer to a thing of ours, whoever
// wrote it, or to another such answer.
func (f *Federation) answersOurs(ctx context.Context, a *as2.Activity) (bool, error) {
	if a.ObjectRaw == nil || a.ObjectType == "Event" {
		return false, nil
	}
	to := as2.InReplyTo(a.ObjectRaw)
	if to == "" {
		return false, nil
	}
	return f.node.Answers(ctx, a.ObjectID, to)
}

// onReply keeps an answer to something of ours. Its author must have sent it: one
// that somebody forwards is heard from its author, or not at all.
func (f *Federation) onReply(ctx context.Context, in incoming) error {
	o, err := as2.ParseCarried(in.Activity)
	if err != nil {
		return err
	}
	date(o.Common(), f.changed(in))
	reply, ok := replyOf(o)
	if !ok {
		return fmt.Errorf("reply %s: %w: nothing is said in it", in.ObjectID, instance.ErrInvalid)
	}
	return f.node.ReceiveReply(ctx, in.from, reply)
}

// replyOf reads an object as an answer. A vote in a poll looks like one, without words.
func replyOf(o instance.Object) (instance.Reply, bool) {
	note, ok := o.(*instance.Announcement)
	if !ok || note.InReplyTo == "" || instance.PlainText(note.Content) == "" {
		return instance.Reply{}, false
	}
	return instance.Reply{
		ID: note.ID, InReplyTo: note.InReplyTo, Actor: note.Owner, URL: note.URL, Content: note.Content, Language: note.Language,
		Published: note.Published, Updated: note.Updated,
	}, true
}

// keep hands an object read at its origin to the node: an answer to ours, as groups
// of the threadiverse announce them, or something published.
func (f *Federation) keep(ctx context.Context, by string, from *instance.Actor, o instance.Object, raw []byte) error {
	if reply, ok := replyOf(o); ok {
		answers, err := f.node.Answers(ctx, reply.ID, reply.InReplyTo)
		if err != nil || answers {
			return errors.Join(err, f.node.ReceiveReply(ctx, from, reply))
		}
	}
	return f.node.ReceiveAnnounced(ctx, by, from, o, raw)
}

// replies serves the answers to a thing of ours that are shown under it, by their IRIs:
// what they say is read where they live.
func (f *Federation) replies(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := f.node.Object(ctx, f.node.URLs().IRI(path.Dir(c.Request().URL.Path)))
	switch {
	case err != nil:
		return f.refuse(c, err)
	case !o.Common().Deleted.IsZero():
		return f.refuse(c, instance.ErrGone)
	}
	id := o.Common().ID
	return f.collection(c, id+"/replies", collectionPage, func(ctx context.Context, offset, limit int) ([]json.RawMessage, int, error) {
		replies, total, err := f.node.Replies(ctx, instance.ReplyFilter{Object: id, State: instance.ReplyShown, Offset: offset, Limit: limit})
		if err != nil {
			return nil, 0, err
		}
		items := make([]json.RawMessage, len(replies))
		for i, r := range replies {
			if items[i], err = json.Marshal(r.ID); err != nil {
				return nil, 0, err
			}
		}
		return items, total, nil
	})
}

// mentions adds to env whom an announcement of ours answers: Mastodon tells people only
// of what they are tagged in.
func (f *Federation) mentions(ctx context.Context, env *as2.Env, note *instance.Announcement) error {
	author, err := f.answered(ctx, note)
	if err != nil || author == nil {
		return err
	}
	if env.Mentions == nil {
		env.Mentions = map[string][]as2.Mention{}
	}
	env.Mentions[note.ID] = []as2.Mention{{Actor: author.ID, Address: author.Address(f.node.Domain())}}
	return nil
}

// answered is the remote author of what an announcement of ours answers to, nil when
// there is none that wants to hear of it.
func (f *Federation) answered(ctx context.Context, note *instance.Announcement) (*instance.Actor, error) {
	if note.InReplyTo == "" || f.node.URLs().Local(note.InReplyTo) {
		return nil, nil
	}
	reply, err := f.node.Reply(ctx, note.InReplyTo)
	if errors.Is(err, instance.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if blocked, err := f.node.BlockedBy(ctx, reply.Actor, note.Owner); err != nil || blocked {
		return nil, err
	}
	author, err := f.node.Actor(ctx, reply.Actor)
	if errors.Is(err, instance.ErrNotFound) || err == nil && !author.Gone.IsZero() {
		return nil, nil
	}
	return author, err
}
