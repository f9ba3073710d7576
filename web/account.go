package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/maillage/maillage/instance"
)

// accountView is what the pages of « Mon compte » share.
type accountView struct {
	Tabs    []menuItem
	Account *instance.Account
	Form    form
}

// accountTabs are the pages of one's account, in order.
var accountTabs = []struct{ path, key string }{
	{"/compte", "account.tab.me"},
	{"/compte/connexion", "account.tab.doors"},
	{"/compte/fiche", "account.tab.person"},
	{"/compte/jetons", "account.tab.tokens"},
	{"/compte/donnees", "account.tab.data"},
}

func (r *request) accountView(current string, f form) accountView {
	v := accountView{Account: r.account, Form: f}
	for _, tab := range accountTabs {
		v.Tabs = append(v.Tabs, menuItem{tab.path, r.T(tab.key), tab.path == current})
	}
	return v
}

type profileView struct {
	accountView
	Role          string
	Organisations []*instance.Actor
	Languages     []languageVersion
	Host          bool
	Invites       bool
}

// accountPage is how somebody is called here, and what they may do.
func (s *Server) accountPage(r *request) error {
	return r.showProfile(http.StatusOK, form{values: url.Values{"name": {r.account.Name}}})
}

// editAccount changes one's name and language.
func (s *Server) editAccount(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	err = s.node.EditAccount(r.ctx(), r.account.ID, posted.Get("name"), posted.Get("language"))
	if errors.Is(err, instance.ErrInvalid) {
		return r.showProfile(http.StatusUnprocessableEntity, r.refusedForm("", posted, err))
	}
	if err != nil {
		return err
	}
	r.speak(posted.Get("language"))
	r.flash("done.account")
	return r.Redirect(http.StatusSeeOther, "/compte")
}

func (r *request) showProfile(status int, f form) error {
	v := profileView{accountView: r.accountView("/compte", f), Role: r.T("account.role." + string(r.account.Role)), Host: r.account.Hosts()}
	actors, err := r.s.node.Editor(r.account).Actors(r.ctx())
	if err != nil {
		return err
	}
	for _, a := range actors {
		if a.Kind == instance.KindOrganisation {
			v.Organisations = append(v.Organisations, a)
		}
	}
	v.Invites = v.Host || len(v.Organisations) > 0
	for _, lang := range languages {
		current := r.account.Language == lang || r.account.Language == "" && r.lang == lang
		v.Languages = append(v.Languages, languageVersion{Lang: lang, Name: r.s.locales[lang].T("language.name"), Current: current})
	}
	return r.render(status, "account", &page{Title: r.T("account.title"), NoIndex: true, View: v})
}

type doorsView struct {
	accountView
	EmailForm form
	KeyForm   form
	Mails     bool
	Passkeys  []passkeyLine
	CanKey    bool // passkeys work here
	Sessions  []sessionLine
	Others    bool // somebody is signed in elsewhere
}

type passkeyLine struct{ ID, Label, Created, Used string }

type sessionLine struct {
	Hash, Agent, Opened, Seen string
	Here                      bool
}

// doorsPage is how one signs in: e-mail, password, passkeys, and where one is.
func (s *Server) doorsPage(r *request) error { return r.showDoors(http.StatusOK, doorsView{}) }

// changePassword replaces the password, and signs out everywhere else.
func (s *Server) changePassword(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	limits := r.guesses("account " + r.account.ID)
	if wait := r.tries(limits...); wait > 0 {
		return r.tooMany(wait)
	}
	err = s.node.ChangePassword(r.ctx(), r.account.ID, posted.Get("current"), posted.Get("password"), r.session.Hash)
	if errors.Is(err, instance.ErrInvalid) {
		return r.showDoors(http.StatusUnprocessableEntity, doorsView{accountView: accountView{Form: r.refusedForm("password", posted, err)}})
	}
	if err != nil {
		return err
	}
	r.succeed(limits)
	r.flash("done.password")
	return r.Redirect(http.StatusSeeOther, "/compte/connexion")
}

// changeEmail asks for another address, or takes it at once where no mail is sent.
func (s *Server) changeEmail(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	wait, err := r.confirms(posted.Get("current"))
	if wait == 0 && err == nil {
		wait = r.tries(r.letters("changed by " + r.account.ID)...)
	}
	if wait > 0 {
		return r.tooMany(wait)
	}
	if err == nil {
		err = s.node.ChangeEmail(r.ctx(), r.account.ID, posted.Get("email"))
	}
	if refused, err := r.refusal(err); refused {
		return r.showDoors(http.StatusUnprocessableEntity, doorsView{EmailForm: r.refusedForm("email", posted, err)})
	}
	if err != nil {
		return err
	}
	r.flash(map[bool]string{true: "done.email-asked", false: "done.email"}[s.node.Mails()])
	return r.Redirect(http.StatusSeeOther, "/compte/connexion")
}

// confirmPage is where the letter to a new address leads: a button, since some mail
// programs visit the links of what they show.
func (s *Server) confirmPage(r *request) error {
	secret := r.secretPage()
	t, err := s.node.TicketFor(r.ctx(), secret, instance.PurposeEmail)
	if errors.Is(err, instance.ErrNotFound) {
		return r.linkOver("/compte/connexion", "account.link-over.email")
	}
	if err != nil {
		return err
	}
	return r.show("account-confirm", &page{Title: r.T("account.confirm.title"), NoIndex: true, View: secretView{Secret: secret, Email: t.Email}})
}

// confirmEmail makes the new address the account's. It signs nobody in.
func (s *Server) confirmEmail(r *request) error {
	r.secretPage()
	posted, err := r.form()
	if err != nil {
		return err
	}
	_, err = s.node.ConfirmEmail(r.ctx(), posted.Get("cle"))
	if errors.Is(err, instance.ErrNotFound) || errors.Is(err, instance.ErrConflict) {
		return r.linkOver("/compte/connexion", "account.link-over.email")
	}
	if err != nil {
		return err
	}
	r.flash("done.email")
	return r.Redirect(http.StatusSeeOther, "/compte/connexion")
}

// closeSession signs out one browser of one's own, or all the others.
func (s *Server) closeSession(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	if hash := posted.Get("session"); hash != "" {
		err = s.node.CloseOwnSession(r.ctx(), r.account, hash)
	} else {
		err = s.node.CloseOtherSessions(r.ctx(), r.account.ID, r.session.Hash)
	}
	if err != nil {
		return err
	}
	r.flash("done.session-closed")
	return r.Redirect(http.StatusSeeOther, "/compte/connexion")
}

func (r *request) showDoors(status int, v doorsView) error {
	v.accountView = r.accountView("/compte/connexion", v.Form)
	v.Form.name, v.EmailForm.name, v.KeyForm.name = "password", "email", "key"
	v.Mails, v.CanKey = r.s.node.Mails(), r.s.passkeys != nil
	for _, p := range r.account.Passkeys {
		v.Passkeys = append(v.Passkeys, passkeyLine{p.ID, p.Label, r.seen(p.Created), r.seen(p.Used)})
	}
	sessions, err := r.s.node.OpenSessions(r.ctx(), r.account.ID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		line := sessionLine{Hash: s.Hash, Agent: r.agent(s.Agent), Opened: r.seen(s.Created), Seen: r.seen(s.Seen), Here: s.Hash == r.session.Hash}
		v.Others = v.Others || !line.Here
		v.Sessions = append(v.Sessions, line)
	}
	p := &page{Title: r.T("account.tab.doors"), NoIndex: true, View: v}
	if v.CanKey {
		p.Scripts = []string{"js/passkey.js"}
	}
	return r.render(status, "account-doors", p)
}

// agent says which browser on which system a User-Agent is, as far as people need it
// to recognise their own. The first that is found counts: each pretends to be those after it.
func (r *request) agent(userAgent string) string {
	find := func(names ...string) string {
		for _, pair := range names {
			word, name, _ := strings.Cut(pair, "=")
			if strings.Contains(userAgent, word) {
				return name
			}
		}
		return ""
	}
	browser := find("Edg/=Edge", "OPR/=Opera", "Firefox/=Firefox", "FxiOS/=Firefox", "Chromium/=Chromium", "Chrome/=Chrome", "CriOS/=Chrome", "Safari/=Safari")
	system := find("Android=Android", "iPhone=iPhone", "iPad=iPad", "Windows=Windows", "Mac OS X=macOS", "Linux=Linux")
	switch {
	case browser != "" && system != "":
		return r.T("account.agent", browser, system)
	case browser+system != "":
		return browser + system
	}
	return r.T("account.agent.unknown")
}
