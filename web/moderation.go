package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/maillage/maillage/instance"
)

// queueView is the list of what waits for a moderator or an editor.
type queueView struct {
	Tabs      []menuItem
	Lines     []queueLine
	Pages     pagination
	Moderates bool
	Sweep     bool // so much waits that it may be advertising
}

// queueLine is one proposal in the list.
type queueLine struct {
	Path, Kind, Name, Extract, Sent, StateIs string
	State                                    instance.ProposalState
	From                                     string // domain of the peer it came from
}

// openStates and closedStates are the two lists.
var (
	openStates   = []instance.ProposalState{instance.ProposalWaiting}
	closedStates = []instance.ProposalState{instance.ProposalSent, instance.ProposalAccepted, instance.ProposalRefused}
)

// waiting counts what waits for whoever is signed in: shown beside their name.
func (r *request) waiting() int {
	if r.account == nil {
		return 0
	}
	_, count, err := r.s.node.Editor(r.account).Proposals(r.ctx(), false, 0, 1, instance.ProposalWaiting)
	if err != nil {
		r.s.log.ErrorContext(r.ctx(), "count proposals", "err", err)
	}
	return count
}

// moderationTabs are the pages of moderators and editors.
func (r *request) moderationTabs(current string) []menuItem {
	tabs := []menuItem{
		{"/moderation", r.T("moderation.open"), current == "/moderation"},
		{"/moderation/reponses", r.T("moderation.closed"), current == "/moderation/reponses"},
	}
	if r.account.Moderates() {
		tabs = append(tabs, menuItem{"/moderation/caches", r.T("moderation.hidden"), current == "/moderation/caches"})
	}
	return tabs
}

// queue lists what waits, the oldest first.
func (s *Server) queue(r *request) error {
	return r.showQueue("/moderation", false, openStates)
}

// answered lists what was answered, the newest first.
func (s *Server) answered(r *request) error {
	return r.showQueue("/moderation/reponses", true, closedStates)
}

func (r *request) showQueue(path string, newest bool, states []instance.ProposalState) error {
	const perPage = 30
	number := r.pageNumber()
	proposals, total, err := r.s.node.Editor(r.account).Proposals(r.ctx(), newest, (number-1)*perPage, perPage, states...)
	if err != nil {
		return err
	}
	v := queueView{Tabs: r.moderationTabs(path), Pages: r.paginate(number, perPage, total), Moderates: r.account.Moderates()}
	v.Sweep = slices.Equal(states, openStates) && total >= worthSweeping
	for i := range proposals {
		line, err := r.queueLine(&proposals[i])
		if err != nil {
			return err
		}
		v.Lines = append(v.Lines, line)
	}
	return r.show("moderation", &page{Title: r.T("moderation.title"), NoIndex: true, View: v})
}

func (r *request) queueLine(p *instance.Proposal) (queueLine, error) {
	line := queueLine{
		Path: "/moderation/" + p.ID, Kind: r.proposalKind(p), Extract: instance.Truncate(p.Message, 160),
		Sent: r.published(p.Created), StateIs: r.T(proposalStates[p.State]), State: p.State, From: p.Origin,
	}
	about, err := r.aboutProposal(p.Object)
	if err != nil {
		return line, err
	}
	if about != nil {
		line.Name = about.Name
	}
	for _, c := range p.Changes {
		if p.Kind == instance.ProposeCreate && c.Field == "name" {
			line.Name = c.Now
		}
	}
	if line.Name == "" {
		line.Name = r.T("proposal.unnamed")
	}
	return line, nil
}

// decisionView is the page on which a proposal is answered.
type decisionView struct {
	Tabs      []menuItem
	Proposal  *instance.Proposal
	ID        string
	Name      string
	Kind      string
	StateIs   string
	Sent      string
	Reason    string
	About     *link
	Also      []link
	From      string // domain of the peer it came from
	Elsewhere string // domain of the node that the object is of; "" = ours
	Waits     bool   // for an answer of ours
	Create    bool
	Report    bool
	Emailed   bool
	Changes   []changeView
	Groups    []proposeGroup // of something new
	By        editField
	Nobody    bool // whoever reads this may publish in no name
	Remedies  []editOption
	Answer    editField
	Refusal   editField
	Wrongs    []wrong
	Answered  string
	Result    *link
	MayBlock  bool
}

// decide shows one proposal, and how to answer it.
func (s *Server) decide(r *request) error {
	p, err := s.node.Editor(r.account).Proposal(r.ctx(), r.Param("id"))
	if err != nil {
		return err
	}
	return r.showDecision(http.StatusOK, p, nil, nil)
}

func (r *request) showDecision(status int, p *instance.Proposal, posted url.Values, wrongs error) error {
	v := decisionView{
		Tabs: r.moderationTabs(""), Proposal: p, ID: p.ID, Kind: r.proposalKind(p), StateIs: r.T(proposalStates[p.State]), Sent: r.published(p.Created),
		From: p.Origin, Waits: p.State == instance.ProposalWaiting, Create: p.Kind == instance.ProposeCreate, Report: p.Kind == instance.ProposeReport,
		Emailed: p.Email != "", Answered: r.published(p.Answered), MayBlock: r.account.Moderates(),
	}
	line, err := r.queueLine(p)
	if err != nil {
		return err
	}
	v.Name = line.Name
	if p.Reason != "" {
		v.Reason = r.T(reportReasons[p.Reason])
	}
	if p.Object != "" && !r.s.node.URLs().Local(p.Object) {
		v.Elsewhere = instance.Origin(p.Object)
	}
	if err := r.decisionLinks(p, &v); err != nil {
		return err
	}
	stale, err := r.s.node.Stale(r.ctx(), p)
	if err != nil && !errors.Is(err, instance.ErrNotFound) {
		return err
	}
	if posted == nil {
		posted = url.Values{}
		for _, c := range p.Changes {
			posted.Set(c.Field, c.Now)
			if _, changed := stale[c.Field]; !changed {
				posted.Add("prendre", c.Field)
			}
		}
	}
	f := &proposeForm{r: r, kind: p.ObjectKind, values: posted, wrongs: r.problems(wrongs), open: true, create: v.Create}
	v.Wrongs = f.summary()
	v.Changes = r.changeViews(p, stale)
	for i := range v.Changes {
		v.Changes[i].Input, v.Changes[i].Taken = f.field(v.Changes[i].Field), slices.Contains(posted["prendre"], v.Changes[i].Field)
		v.Changes[i].Input.Required = false
	}
	v.Answer, v.Refusal = f.field("answer"), f.field("answer")
	v.Answer.ID, v.Answer.Mistake = fieldID("words"), ""
	v.Refusal.Label, v.Refusal.Hint, v.Refusal.Required = r.T("moderation.refusal"), r.T("moderation.refusal.hint"), true
	if v.Create {
		if err := r.offerNames(f, &v); err != nil {
			return err
		}
	}
	if v.Report {
		v.Remedies = r.remedies(p)
	}
	return r.render(status, "moderation-one", &page{Title: v.Kind + " · " + v.Name, NoIndex: true, View: v})
}

func (r *request) decisionLinks(p *instance.Proposal, v *decisionView) (err error) {
	if v.About, err = r.aboutProposal(p.Object); err != nil {
		return err
	}
	if p.Result != p.Object {
		if v.Result, err = r.aboutProposal(p.Result); err != nil {
			return err
		}
	}
	for _, id := range p.Also {
		l, err := r.aboutProposal(id)
		if err != nil {
			return err
		}
		v.Also = append(v.Also, *l)
	}
	return nil
}

// offerNames lists in whose names something new may be published.
func (r *request) offerNames(f *proposeForm, v *decisionView) error {
	v.Groups = f.groups(func(field string) bool { return field != "status" || f.values.Get("status") != "" })
	actors, err := r.s.node.Editor(r.account).Actors(r.ctx())
	if err != nil {
		return err
	}
	options := make([]editOption, 0, len(actors))
	for _, a := range actors {
		options = append(options, editOption{Value: a.ID, Label: a.Name})
	}
	v.By, v.Nobody = f.with("by", options), len(options) == 0
	return nil
}

// remedies are what can be done about a report.
func (r *request) remedies(p *instance.Proposal) []editOption {
	options := []editOption{{Value: string(instance.RemedyNone), Label: r.T("moderation.remedy.none"), Chosen: true}}
	add := func(remedy instance.Remedy, label, note string) {
		options = append(options, editOption{Value: string(remedy), Label: r.T(label), Note: r.T(note)})
	}
	switch domain := instance.Origin(p.Object); {
	case r.s.node.URLs().Local(p.Object) && slices.Contains(publishedKinds, p.ObjectKind):
		add(instance.RemedyWithdraw, "moderation.remedy.withdraw", "moderation.remedy.withdraw.note")
	case !r.s.node.URLs().Local(p.Object):
		add(instance.RemedyForward, "moderation.remedy.forward", "moderation.remedy.forward.note")
		if r.account.Moderates() {
			add(instance.RemedyHide, "moderation.remedy.hide", "moderation.remedy.hide.note")
			options = append(options, editOption{Value: string(instance.RemedyBlock), Label: r.T("moderation.remedy.block", domain), Note: r.T("moderation.remedy.block.note")})
		}
	}
	return options
}

// kept are the changes that a moderator takes, as they amended them.
func kept(p *instance.Proposal, posted url.Values) []instance.Change {
	if p.Kind == instance.ProposeCreate {
		return slices.DeleteFunc(changesIn(p.ObjectKind, posted), func(c instance.Change) bool { return c.Now == "" })
	}
	var changes []instance.Change
	for _, c := range p.Changes {
		if slices.Contains(posted["prendre"], c.Field) {
			changes = append(changes, instance.Change{Field: c.Field, Now: posted.Get(c.Field)})
		}
	}
	return changes
}

// deciding loads what is being answered and the form that answers it.
func (r *request) deciding() (editor instance.Editor, p *instance.Proposal, posted url.Values, err error) {
	editor = r.s.node.Editor(r.account)
	if p, err = editor.Proposal(r.ctx(), r.Param("id")); err != nil {
		return editor, nil, nil, err
	}
	posted, err = r.form()
	return editor, p, posted, err
}

// decided leads back to the list, or shows again what is to be mended. What somebody
// else answered meanwhile is shown as it is.
func (r *request) decided(p *instance.Proposal, posted url.Values, done string, err error) error {
	switch {
	case err == nil:
		r.flash(done)
		return r.Redirect(http.StatusSeeOther, "/moderation")
	case errors.Is(err, instance.ErrConflict):
		r.flash("done.answered-already")
		return r.Redirect(http.StatusSeeOther, "/moderation/"+p.ID)
	}
	var invalid *instance.ValidationError
	if errors.As(err, &invalid) {
		return r.showDecision(http.StatusUnprocessableEntity, p, posted, err)
	}
	return err
}

// accept does what is proposed.
func (s *Server) accept(r *request) error {
	editor, p, posted, err := r.deciding()
	if err != nil {
		return err
	}
	changes := kept(p, posted)
	if p.Kind == instance.ProposeCorrect && len(changes) == 0 && len(p.Changes) > 0 {
		return r.decided(p, posted, "", r.fail("accepter", "prenez au moins un changement, ou refusez la proposition"))
	}
	_, err = editor.AcceptProposal(r.ctx(), p.ID, posted.Get("by"), changes, posted.Get("answer"))
	switch notTheirs := errors.Is(err, instance.ErrForbidden) && p.Kind == instance.ProposeCorrect && len(changes) > 0; {
	case notTheirs && p.ObjectKind == instance.KindTerritory:
		err = r.fail("accepter", "seul l’hôte du nœud peut changer un territoire : il voit aussi cette proposition")
	case notTheirs:
		err = r.fail("accepter", "seule la personne qui l’a écrit peut en changer les mots : elle voit aussi cette proposition")
	}
	return r.decided(p, posted, "done.accepted", err)
}

// refuse says no, and why.
func (s *Server) refuse(r *request) error {
	editor, p, posted, err := r.deciding()
	if err != nil {
		return err
	}
	err = editor.RefuseProposal(r.ctx(), p.ID, posted.Get("answer"))
	return r.decided(p, nil, "done.refused", err)
}

// discard deletes advertising.
func (s *Server) discard(r *request) error {
	editor, p, _, err := r.deciding()
	if err != nil {
		return err
	}
	return r.decided(p, nil, "done.discarded", editor.DiscardProposal(r.ctx(), p.ID))
}

// forward sends a correction to the node that its object is of.
func (s *Server) forward(r *request) error {
	editor, p, _, err := r.deciding()
	if err != nil {
		return err
	}
	return r.decided(p, nil, "done.forwarded", editor.ForwardProposal(r.ctx(), p.ID))
}

// settle ends a report.
func (s *Server) settle(r *request) error {
	editor, p, posted, err := r.deciding()
	if err != nil {
		return err
	}
	err = editor.SettleReport(r.ctx(), p.ID, instance.Remedy(posted.Get("suite")), posted.Get("answer"))
	return r.decided(p, posted, "done.settled", err)
}
