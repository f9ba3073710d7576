package web

import (
	"fmt"
	"net/http"

	"github.com/maillage/maillage/instance"
)

// repliesView is what others answered to a thing of ours, under it.
type repliesView struct {
	Likes, Shares int
	Total         int // shown
	Replies       []replyView
	Waiting       int // to be read, for those who may
}

// replyView is one answer; it stays on its author's server.
type replyView struct {
	ID      string
	Author  string
	Address string
	URL     string // where it lives
	Content string // HTML, sanitised by the template
	When    string
	About   *link // in the list of those to read
	Shown   bool
	Quoted  bool        // only to be read: it is being answered
	Answer  string      // where to answer it; "" for who may not
	Own     []ownAnswer // what we said to it
}

// repliesTo is what others say of an object of ours; nil when nobody does, and of a
// copy of a peer's thing.
func (r *request) repliesTo(o instance.Object) (*repliesView, error) {
	b := o.Common()
	if !b.Local() || b.ID == "" {
		return nil, nil
	}
	v := &repliesView{}
	var err error
	if v.Likes, err = r.s.node.Reactions(r.ctx(), b.ID, instance.ReactionLike); err != nil {
		return nil, err
	}
	if v.Shares, err = r.s.node.Reactions(r.ctx(), b.ID, instance.ReactionShare); err != nil {
		return nil, err
	}
	replies, total, err := r.s.node.Replies(r.ctx(), instance.ReplyFilter{Object: b.ID, State: instance.ReplyShown, Limit: 200})
	if err != nil {
		return nil, err
	}
	v.Total = total
	moderates := r.account != nil && r.s.node.Editor(r.account).MayModerate(o)
	var own map[string][]ownAnswer
	if total > 0 {
		if own, err = r.ownAnswers(b.Owner); err != nil {
			return nil, err
		}
	}
	answers := r.mayAnswer(o)
	for _, reply := range replies {
		view := r.replyView(reply)
		view.Shown, view.Own = moderates, own[reply.ID]
		if answers {
			view.Answer = answerLink(reply.ID)
		}
		v.Replies = append(v.Replies, view)
	}
	if moderates {
		if _, v.Waiting, err = r.s.node.Replies(r.ctx(), instance.ReplyFilter{Object: b.ID, State: instance.ReplyWaiting, Limit: 1}); err != nil {
			return nil, err
		}
	}
	if v.Likes+v.Shares+v.Total+v.Waiting == 0 {
		return nil, nil
	}
	return v, nil
}

func (r *request) replyView(reply instance.Reply) replyView {
	v := replyView{ID: reply.ID, URL: webURL(reply.URL), Content: reply.Content, When: r.published(reply.Published), Author: instance.Origin(reply.Actor)}
	if a, err := r.s.node.Actor(r.ctx(), reply.Actor); err == nil {
		v.Address = a.Address(r.s.node.Domain())
		if v.Author = a.Name; v.Author == "" {
			v.Author = v.Address
		}
	}
	return v
}

// repliesWaiting counts the answers that the reader is to read.
func (r *request) repliesWaiting() int {
	if r.account == nil {
		return 0
	}
	_, count, err := r.s.node.Editor(r.account).Replies(r.ctx(), instance.ReplyWaiting, 0, 1)
	if err != nil {
		r.s.log.ErrorContext(r.ctx(), "count replies", "err", err)
	}
	return count
}

// maxRepliesRead is how many of those that wait are on the page.
const maxRepliesRead = 100

type waitingView struct {
	Total   int
	Replies []replyView
}

// waitingReplies lists the answers to be read before they are shown.
func (s *Server) waitingReplies(r *request) error {
	replies, total, err := s.node.Editor(r.account).Replies(r.ctx(), instance.ReplyWaiting, 0, maxRepliesRead)
	if err != nil {
		return err
	}
	v := waitingView{Total: total}
	for _, reply := range replies {
		view := r.replyView(reply)
		if o, err := s.node.Object(r.ctx(), reply.Object); err == nil {
			about := r.link(instance.Ref{ID: reply.Object, Name: r.objectCard(o).Name}, o.Common().Kind)
			view.About = &about
			if r.mayAnswer(o) {
				view.Answer = answerLink(reply.ID)
			}
		}
		v.Replies = append(v.Replies, view)
	}
	return r.show("replies", &page{Title: r.T("reply.waiting.title"), NoIndex: true, View: v})
}

// answerReply shows an answer, or hides it.
func (s *Server) answerReply(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	show := posted.Get("geste") == "montrer"
	if !show && posted.Get("geste") != "masquer" {
		return fmt.Errorf("reply: %q: %w", posted.Get("geste"), instance.ErrNotFound)
	}
	if err := s.node.Editor(r.account).AnswerReply(r.ctx(), posted.Get("reponse"), show); err != nil {
		return err
	}
	r.flash(map[bool]string{true: "done.reply.shown", false: "done.reply.hidden"}[show])
	return r.Redirect(http.StatusSeeOther, back(posted.Get("retour")))
}
