package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/maillage/maillage/instance"
)

// ownAnswer is what we said to a reply, under it.
type ownAnswer struct {
	By, When, Path string
	Content        string // HTML, sanitised by the template
}

// answerView is the form that answers a reply.
type answerView struct {
	Reply replyView
	Form  form
	By    string
}

// mayAnswer says whether the reader may answer what others say of an object: in its
// owner's name, so whoever writes in that name.
func (r *request) mayAnswer(o instance.Object) bool {
	return r.account != nil && r.s.node.Editor(r.account).MayEdit(o)
}

// answering loads the reply that is answered, and the thing of ours that it is about.
func (r *request) answering(id string) (*instance.Reply, instance.Object, error) {
	reply, err := r.s.node.Reply(r.ctx(), id)
	if err != nil {
		return nil, nil, err
	}
	if reply.State == instance.ReplyDeleted {
		return nil, nil, fmt.Errorf("reply %s: %w", id, instance.ErrGone)
	}
	o, err := r.s.node.Object(r.ctx(), reply.Object)
	if err != nil {
		return nil, nil, err
	}
	if !r.mayAnswer(o) {
		return nil, nil, fmt.Errorf("reply %s: %w", id, instance.ErrForbidden)
	}
	return reply, o, nil
}

// answerPage shows the form.
func (s *Server) answerPage(r *request) error {
	reply, o, err := r.answering(r.QueryParam("reponse"))
	if err != nil {
		return err
	}
	return r.showAnswer(http.StatusOK, reply, o, form{})
}

func (r *request) showAnswer(status int, reply *instance.Reply, o instance.Object, f form) error {
	v := answerView{Reply: r.replyView(*reply), Form: f, By: r.link(instance.Ref{ID: o.Common().Owner}, instance.KindOrganisation).Name}
	about := r.link(instance.Ref{ID: reply.Object, Name: r.objectCard(o).Name}, o.Common().Kind)
	v.Reply.About, v.Reply.Quoted = &about, true
	return r.render(status, "reply-answer", &page{Title: r.T("reply.answer.title", v.Reply.Author), NoIndex: true, View: v})
}

// maxAnswerText bounds an answer, in runes.
const maxAnswerText = 2000

// sendAnswer publishes the answer: a note of its own, which reaches who is answered. What
// is answered has been read, so it shows.
func (s *Server) sendAnswer(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	reply, o, err := r.answering(posted.Get("reponse"))
	if err != nil {
		return err
	}
	text := strings.TrimSpace(strings.ReplaceAll(posted.Get("content"), "\r\n", "\n"))
	switch {
	case text == "":
		err = r.fail("content", "écrivez votre réponse")
	case len([]rune(text)) > maxAnswerText:
		err = r.fail("content", "raccourcissez le message à 2000 caractères")
	default:
		note := &instance.Announcement{Base: instance.Base{Kind: instance.KindAnnouncement, Source: text}, InReplyTo: reply.ID}
		_, err = s.node.Editor(r.account).Publish(r.ctx(), o.Common().Owner, note)
	}
	if refused, err := r.refusal(err); refused {
		return r.showAnswer(http.StatusUnprocessableEntity, reply, o, r.refusedForm("", posted, err))
	}
	if err != nil {
		return err
	}
	if reply.State != instance.ReplyShown {
		if err := s.node.Editor(r.account).AnswerReply(r.ctx(), reply.ID, true); err != nil {
			return err
		}
	}
	r.flash("done.reply.answered")
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(o.Common().ID)+"#reponses")
}

// ownAnswers are the answers of an owner to replies, by the IRI of what each answers:
// among its latest announcements.
func (r *request) ownAnswers(owner string) (map[string][]ownAnswer, error) {
	notes, _, err := r.s.node.Objects(r.ctx(), instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindAnnouncement}, Owner: owner, Limit: 300,
	})
	answers := map[string][]ownAnswer{}
	for _, o := range notes {
		note, ok := o.(*instance.Announcement)
		if !ok || note.InReplyTo == "" || r.s.node.URLs().Local(note.InReplyTo) {
			continue
		}
		answers[note.InReplyTo] = append([]ownAnswer{{
			By: r.link(instance.Ref{ID: note.Owner}, instance.KindOrganisation).Name, When: r.published(note.Published),
			Path: r.s.node.URLs().Path(note.ID), Content: note.Content,
		}}, answers[note.InReplyTo]...)
	}
	return answers, err
}

// answerLink leads to the form that answers a reply.
func answerLink(reply string) string {
	return "/reponses/repondre?" + url.Values{"reponse": {reply}}.Encode()
}
