package web

import (
	"net/http"
	"net/url"

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

// answerPage shows the form.
func (s *Server) answerPage(r *request) error {
	reply, o, err := s.node.Editor(r.account).Answerable(r.ctx(), r.QueryParam("reponse"))
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

// sendAnswer publishes the answer.
func (s *Server) sendAnswer(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	editor := s.node.Editor(r.account)
	reply, o, err := editor.Answerable(r.ctx(), posted.Get("reponse"))
	if err != nil {
		return err
	}
	_, err = editor.WriteBack(r.ctx(), reply.ID, posted.Get("content"))
	if refused, err := r.refusal(err); refused {
		return r.showAnswer(http.StatusUnprocessableEntity, reply, o, r.refusedForm("", posted, err))
	}
	if err != nil {
		return err
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
