package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/maillage/maillage/instance"
)

// reportReasons are the words for why something is reported.
var reportReasons = map[instance.Reason]string{
	instance.ReasonError: "report.error", instance.ReasonSpam: "report.spam", instance.ReasonPrivacy: "report.privacy",
	instance.ReasonIllegal: "report.illegal", instance.ReasonOther: "report.other",
}

// reported is what a report is about.
type reported struct {
	id, name, origin string
	kind             instance.Kind
}

// reportable finds the object or the actor whose key is in the address.
func (r *request) reportable() (*reported, error) {
	key := r.Param("key")
	o, err := r.s.node.ObjectByKey(r.ctx(), key)
	if err == nil {
		b := o.Common()
		if !b.Deleted.IsZero() {
			return nil, instance.ErrGone
		}
		return &reported{b.ID, r.objectCard(o).Name, b.Origin, b.Kind}, nil
	}
	if !errors.Is(err, instance.ErrNotFound) {
		return nil, err
	}
	a, err := r.s.node.ActorByKey(r.ctx(), key)
	if err != nil {
		return nil, err
	}
	if !a.Gone.IsZero() {
		return nil, instance.ErrGone
	}
	if !a.Local() {
		if err := r.s.shown(r, a); err != nil {
			return nil, err
		}
	}
	return &reported{a.ID, a.Name, a.Origin, a.Kind}, nil
}

// reportPage asks what is wrong with something.
func (s *Server) reportPage(r *request) error {
	about, err := r.reportable()
	if err != nil {
		return err
	}
	return r.showReport(http.StatusOK, about, url.Values{}, nil)
}

// report has somebody look at it.
func (s *Server) report(r *request) error {
	about, err := r.reportable()
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	p := instance.Proposal{Kind: instance.ProposeReport, Object: about.id, Reason: instance.Reason(posted.Get("reason"))}
	return r.send(posted, p, func(status int, err error) error { return r.showReport(status, about, posted, err) })
}

func (r *request) showReport(status int, about *reported, values url.Values, err error) error {
	f := &proposeForm{r: r, kind: about.kind, values: values, wrongs: r.problems(err)}
	v := r.proposeView(f)
	to := r.link(instance.Ref{ID: about.id, Name: about.name}, about.kind)
	v.Title, v.Lead, v.About, v.AboutKind, v.SignIn = r.T("report.title"), r.T("report.lead"), &to, about.kind, false
	options := make([]editOption, 0, len(instance.Reasons))
	for _, reason := range instance.Reasons {
		options = append(options, editOption{Value: string(reason), Label: r.T(reportReasons[reason])})
	}
	reason := f.with("reason", options)
	v.Reason, v.Message.Label, v.Message.Hint = &reason, r.T("report.message"), r.T("report.message.hint")
	return r.renderPropose(status, v)
}
