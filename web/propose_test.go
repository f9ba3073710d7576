package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/costtest"
)

// sealed visits the form at an address and returns what its hidden fields hold.
func (s *site) sealed(target string) url.Values {
	s.Helper()
	v, form := s.get(target), url.Values{}
	for _, input := range v.all("input", "type", "hidden") {
		form.Set(attribute(input, "name"), attribute(input, "value"))
	}
	if form.Get("sceau") == "" {
		s.Fatalf("%s hands out no seal", target)
	}
	return form
}

// later moves the clock of the forms.
func (s *site) later(d time.Duration) { s.pages.seals.now = func() time.Time { return today.Add(d) } }

// fill is a form that was visited and filled in, a minute later.
func (s *site) fill(target string, pairs ...string) url.Values {
	s.Helper()
	form := s.sealed(target)
	s.later(time.Minute)
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func (s *site) waitingProposals() []instance.Proposal {
	s.Helper()
	all, _, err := s.node.Proposals(s.Context(), instance.ProposalFilter{States: []instance.ProposalState{instance.ProposalWaiting}})
	s.must(err)
	return all
}

// What anybody can do is at most two clicks away, from wherever they come in.
func TestAVisitorFindsHowToHelp(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	e := s.event("atelier", "Atelier", instance.When{Start: today.AddDate(0, 0, 7)}, func(e *instance.Event) { e.JoinMode = instance.JoinFree })
	for _, page := range []string{"/", "/agenda", "/annuaire", "/carte", "/recherche?q=rien", "/evenements/atelier"} {
		s.get(page).links("/proposer")
	}
	s.get("/proposer").links("/proposer/evenement", "/proposer/structure")
	s.get("/agenda").links("/proposer/evenement", "/evenements/atelier")
	key := instance.Key(e.ID)
	s.get("/evenements/atelier").links("/evenements/atelier/inscription", "/corriger/"+key, "/signaler/"+key)
}

func TestAnybodyProposesAnEvent(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.get("/agenda").links("/proposer/evenement")
	s.get("/annuaire").links("/proposer/structure")
	s.get("/proposer").links("/proposer/evenement", "/proposer/structure")
	form := s.fill("/proposer/evenement", "name", "Cartopartie du port", "date", "2027-03-14", "locality", "Brest", "message", "Affiche vue au port")
	to := s.do(http.MethodPost, "/proposer/evenement", form).went("/proposition?cle=")
	v := s.get(to)
	v.shows("En attente", "Cartopartie du port", "Affiche vue au port", "Gardez cette adresse")
	if v.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a secret page is cached: %s", v.Header().Get("Cache-Control"))
	}
	s.get("/agenda").lacks("Cartopartie du port")

	cookie, _ := s.writerOf("h@a.example", instance.RoleHost)
	s.as(cookie, http.MethodGet, "/", nil).shows("Modération (1)")
	p := s.waitingProposals()[0]
	one := "/moderation/" + p.ID
	s.as(cookie, http.MethodGet, "/moderation", nil).links(one)
	s.as(cookie, http.MethodGet, one, nil).shows("Nouvel événement", "Affiche vue au port", "Publier au nom de")
	s.as(cookie, http.MethodPost, one+"/accepter", url.Values{"by": {s.org.ID}, "name": {"C"}, "date": {"2027-03-14"}}).shows("titre d’au moins 3 caractères")
	s.as(cookie, http.MethodPost, one+"/accepter", url.Values{
		"by": {s.org.ID}, "name": {"Cartopartie du port de Brest"}, "date": {"2027-03-14"}, "answer": {"Merci !"},
	}).went("/moderation")
	s.get("/agenda").shows("Cartopartie du port de Brest")
	s.get(to).shows("Traitée", "Merci", "Voir la page publiée")
	if v := s.as(cookie, http.MethodPost, one+"/refuser", url.Values{"answer": {"Non"}}); v.Header().Get("Location") != one {
		t.Errorf("answered twice: %d %s", v.Code, v.Header().Get("Location"))
	}
}

func TestARobotIsNotHeard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const target = "/proposer/evenement"
	other := s.sealed("/proposer/structure")
	for name, test := range map[string]struct {
		after  time.Duration
		change func(url.Values)
		shows  string
	}{
		"too fast":         {time.Second, func(url.Values) {}, "très rapide"},
		"too late":         {13 * time.Hour, func(url.Values) {}, "ouverte depuis longtemps"},
		"a trap":           {time.Minute, func(f url.Values) { f.Set("sujet", "x") }, "laissez ce champ vide"},
		"no seal":          {time.Minute, func(f url.Values) { f.Del("sceau") }, "ouverte depuis longtemps"},
		"another's seal":   {time.Minute, func(f url.Values) { f.Set("sceau", other.Get("sceau")) }, "ouverte depuis longtemps"},
		"a forged seal":    {time.Minute, func(f url.Values) { f.Set("sceau", strings.Repeat("A", 21)+f.Get("sceau")[21:]) }, "ouverte depuis longtemps"},
		"no seal but junk": {time.Minute, func(f url.Values) { f.Set("sceau", "%%%") }, "ouverte depuis longtemps"},
		"many links":       {time.Minute, func(f url.Values) { f.Set("message", strings.Repeat("http://spam.example ", 4)) }, "trois liens"},
	} {
		s.later(0)
		form := s.sealed(target)
		form.Set("name", "Cartopartie du port")
		form.Set("date", "2027-03-14")
		test.change(form)
		s.later(test.after)
		v := s.do(http.MethodPost, target, form)
		if v.Code != http.StatusUnprocessableEntity || !strings.Contains(strings.ToLower(v.text()), test.shows) {
			t.Errorf("%s: %d\n%s", name, v.Code, v.text())
		}
		if got := attribute(v.one("input", "name", "name"), "value"); got != "Cartopartie du port" {
			t.Errorf("%s: what was typed is lost: %q", name, got)
		}
	}
	if left := s.waitingProposals(); len(left) != 0 {
		t.Errorf("heard: %+v", left)
	}
}

func TestTwoClicksProposeOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	form := s.fill("/proposer/structure", "name", "Le fablab du port")
	s.do(http.MethodPost, "/proposer/structure", form).went("/proposition?")
	if v := s.do(http.MethodPost, "/proposer/structure", form); v.Code != http.StatusConflict {
		t.Errorf("again: %d", v.Code)
	}
	if n := len(s.waitingProposals()); n != 1 {
		t.Errorf("%d proposals", n)
	}
}

// A field to mend asks nobody to wait again, or to fetch another form.
func TestARefusedFormIsSentAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	form := s.fill("/proposer/evenement", "name", "Cartopartie")
	v := s.do(http.MethodPost, "/proposer/evenement", form)
	if v.Code != http.StatusUnprocessableEntity {
		t.Fatalf("without a date: %d", v.Code)
	}
	v.links("#p-date")
	field := v.one("input", "id", "p-date")
	if attribute(field, "aria-invalid") != "true" || !strings.Contains(attribute(field, "aria-describedby"), "p-date-erreur") {
		t.Errorf("the field is not said to be wrong: %v", field.Attr)
	}
	form.Set("sceau", attribute(v.one("input", "name", "sceau"), "value"))
	form.Set("date", "2027-03-14")
	s.do(http.MethodPost, "/proposer/evenement", form).went("/proposition?")
}

func TestOneAddressSendsSoMuch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for range postsByPlace {
		s.do(http.MethodPost, "/proposer/structure", url.Values{"name": {"x"}})
	}
	v := s.do(http.MethodPost, "/proposer/structure", url.Values{"name": {"Le fablab"}})
	if v.Code != http.StatusTooManyRequests || v.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", v.Code, v.Header())
	}
	if got := attribute(v.one("input", "name", "name"), "value"); got != "Le fablab" {
		t.Errorf("what was typed is lost: %q", got)
	}
	s.get("/proposer/structure") // reading stays free
}

func TestAVisitorCorrectsAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.partner("fablab", "Les Fabriques du Ponant", func(p *instance.Partner) {
		p.Place = &instance.Place{Locality: "Brest", Street: "2 rue de la Paix"}
	})
	p, err := s.node.ObjectBySlug(t.Context(), instance.KindPartner, "fablab")
	s.must(err)
	target := "/corriger/" + instance.Key(p.Common().ID)
	s.get("/annuaire/fablab").links(target, "/signaler/"+instance.Key(p.Common().ID))
	v := s.get(target)
	if got := attribute(v.one("input", "name", "street"), "value"); got != "2 rue de la Paix" {
		t.Errorf("the form begins with %q", got)
	}
	form := s.fill(target, "name", "Les Fabriques du Ponant", "locality", "Brest", "street", "20 rue de la Paix", "message", "Déménagé")
	to := s.do(http.MethodPost, target, form).went("/proposition?")
	s.get(to).shows("2 rue de la Paix", "20 rue de la Paix", "Correction")
	s.get("/annuaire/fablab").shows("Une correction est proposée")
	s.get("/annuaire/fablab").lacks("20 rue de la Paix")

	cookie, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	s.as(cookie, http.MethodGet, "/", nil).shows("Modération (1)")
	one := "/moderation/" + s.waitingProposals()[0].ID
	page := s.as(cookie, http.MethodGet, one, nil)
	page.shows("Avant", "Proposé", "Déménagé")
	if ins := page.all("ins", "", ""); len(ins) != 1 || textOf(ins[0]) != "20" {
		t.Errorf("the difference is not shown: %v", ins)
	}
	s.as(cookie, http.MethodPost, one+"/accepter", url.Values{"street": {"20 rue de la Paix"}}).shows("au moins un changement")
	s.as(cookie, http.MethodPost, one+"/accepter", url.Values{"prendre": {"street", "name"}, "street": {"20, rue de la Paix"}, "name": {"Volé"}}).went("/moderation")
	after, err := s.node.Object(t.Context(), p.Common().ID)
	s.must(err)
	if b := after.Common(); b.Place.Street != "20, rue de la Paix" || b.Name != "Les Fabriques du Ponant" {
		t.Errorf("corrected to %+v, %+v", b, b.Place)
	}
}

func TestACorrectionOfAnOldPageIsShownAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	o := s.partner("fablab", "Le fablab", nil)
	target := "/corriger/" + instance.Key(o.ID)
	form := s.fill(target, "name", "Le fablab du port", "website", "https://fablab.example")
	newer := instance.CloneObject(o)
	newer.Common().Summary = "Ouvert le samedi."
	_, err := s.node.Edit(t.Context(), s.org.ID, o.ID, newer)
	s.must(err)
	v := s.do(http.MethodPost, target, form)
	if v.Code != http.StatusConflict {
		t.Fatalf("%d", v.Code)
	}
	v.shows("vient de changer")
	form.Set("sceau", attribute(v.one("input", "name", "sceau"), "value"))
	form.Set("vu", attribute(v.one("input", "name", "vu"), "value"))
	s.do(http.MethodPost, target, form).went("/proposition?")
}

func TestACorrectionOfAPeersPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	peer := s.peer("LiberTIC")
	theirs := &instance.Event{Base: instance.Base{ID: "https://b.example/evenements/1", Kind: instance.KindEvent, Owner: peer.ID, Name: "Rencontre", URL: "https://b.example/evenements/1"}, When: instance.When{Text: "2027"}}
	s.receive(theirs)
	key := instance.Key(theirs.ID)
	s.get("/reseau/" + key).links("/corriger/" + key)
	form := s.fill("/corriger/"+key, "name", "Rencontre au port")
	s.do(http.MethodPost, "/corriger/"+key, form).went("/proposition?")
	cookie, _ := s.writerOf("mo@a.example", instance.RoleModerator)
	one := "/moderation/" + s.waitingProposals()[0].ID
	s.as(cookie, http.MethodGet, one, nil).shows("Transmettre à b.example")
	s.as(cookie, http.MethodPost, one+"/transmettre", url.Values{}).went("/moderation")
	s.get("/reseau/" + key).shows("attend la réponse de son nœud")

	// Software that cannot take one: its own page is shown instead.
	s.must(s.store.Write(t.Context(), func(tx instance.Tx) error {
		return tx.SaveHost(t.Context(), instance.Host{Domain: peerDomain, Software: "mobilizon 5.0"})
	}))
	v := s.get("/corriger/" + key)
	v.links("https://b.example/evenements/1", "/signaler/"+key)
	if len(v.all("form", "class", "propose")) != 0 {
		t.Error("a form is offered all the same")
	}
}

func TestAVisitorReports(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	peer := s.peer("LiberTIC")
	theirs := &instance.Event{Base: instance.Base{ID: "https://b.example/evenements/1", Kind: instance.KindEvent, Owner: peer.ID, Name: "Rencontre douteuse"}, When: instance.When{Text: "2027"}}
	s.receive(theirs)
	s.reindex()
	key := instance.Key(theirs.ID)
	v := s.do(http.MethodPost, "/signaler/"+key, s.fill("/signaler/"+key))
	if v.Code != http.StatusUnprocessableEntity {
		t.Fatalf("without a reason: %d", v.Code)
	}
	v.links("#p-reason")
	form := s.fill("/signaler/"+key, "reason", "illegal", "message", "Insultes")
	s.later(2 * time.Minute)
	s.do(http.MethodPost, "/signaler/"+key, form).went("/proposition?")
	lou, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	one := "/moderation/" + s.waitingProposals()[0].ID
	if v := s.as(lou, http.MethodGet, one, nil); v.Code != http.StatusForbidden {
		t.Errorf("a contributor reads it: %d", v.Code)
	}
	if v := s.as(lou, http.MethodGet, "/moderation/caches", nil); v.Code != http.StatusForbidden {
		t.Errorf("a contributor reads what is hidden: %d", v.Code)
	}
	mo, _ := s.writerOf("mo@a.example", instance.RoleModerator)
	s.as(mo, http.MethodGet, one, nil).shows("Haineux", "Insultes", "Cacher ici", "Bloquer tout le serveur b.example")
	s.as(mo, http.MethodPost, one+"/regler", url.Values{"suite": {"hide"}}).went("/moderation")
	if v := s.do(http.MethodGet, "/reseau/"+key, nil); v.Code != http.StatusGone {
		t.Errorf("it is still shown: %d", v.Code)
	}
	s.as(mo, http.MethodGet, "/moderation/caches", nil).shows(theirs.ID)
	s.as(mo, http.MethodPost, "/moderation/caches", url.Values{"id": {theirs.ID}}).went("/moderation/caches")
	s.get("/organisations/tiriad").links("/signaler/" + instance.Key(s.org.ID))
	s.get("/signaler/" + instance.Key(s.org.ID)).shows("Tiriad")
}

func TestTheModerationIsForThoseWhoMay(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.do(http.MethodPost, "/proposer/structure", s.fill("/proposer/structure", "name", "Le fablab")).went("/proposition?")
	one := "/moderation/" + s.waitingProposals()[0].ID
	lou, _ := s.writerOf("lou@a.example", instance.RoleContributor, s.org.ID)
	for _, path := range []string{"/accepter", "/refuser", "/ecarter", "/transmettre", "/regler"} {
		if v := s.do(http.MethodPost, one+path, url.Values{"answer": {"x"}}); v.Code != http.StatusUnauthorized {
			t.Errorf("a visitor at %s: %d", path, v.Code)
		}
		if v := s.as(lou, http.MethodPost, one+path, url.Values{"answer": {"x"}, "by": {s.org.ID}}); v.Code != http.StatusForbidden {
			t.Errorf("a contributor at %s: %d", path, v.Code)
		}
	}
	if v := s.as(lou, http.MethodPost, "/moderation/caches", url.Values{"serveur": {"b.example"}}); v.Code != http.StatusForbidden {
		t.Errorf("a contributor unblocks: %d", v.Code)
	}
	mo, _ := s.writerOf("mo@a.example", instance.RoleModerator)
	if v := s.as(mo, http.MethodPost, one+"/accepter", url.Values{"by": {s.org.ID}, "name": {"Le fablab"}}); v.Code != http.StatusForbidden {
		t.Errorf("a moderator publishes for an organisation that is not theirs: %d", v.Code)
	}
	v := s.do(http.MethodPost, "/proposer/structure", s.fill("/proposer/structure", "name", "Le fablab"), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	if v.Code != http.StatusForbidden {
		t.Errorf("from another site: %d", v.Code)
	}
}

func TestWhatAVisitorTypesIsOnlyText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	const evil = `"><script>alert(1)</script>`
	form := s.fill("/proposer/structure", "name", "Le fablab "+evil, "summary", evil, "message", evil+"\u202e", "street", evil)
	to := s.do(http.MethodPost, "/proposer/structure", form).went("/proposition?")
	mo, _ := s.writerOf("h@a.example", instance.RoleHost)
	one := "/moderation/" + s.waitingProposals()[0].ID
	for _, v := range []visited{s.get(to), s.as(mo, http.MethodGet, "/moderation", nil), s.as(mo, http.MethodGet, one, nil)} {
		if body := v.Body.String(); strings.Contains(body, "<script>alert") || strings.Contains(body, "\u202e") {
			t.Errorf("a stranger's markup is in the page")
		}
	}
	s.as(mo, http.MethodPost, one+"/accepter", url.Values{"by": {s.org.ID}, "name": {"Le fablab " + evil}, "summary": {evil}}).went("/moderation")
	if body := s.get("/annuaire").Body.String(); strings.Contains(body, "<script>alert") {
		t.Error("a stranger's markup is published")
	}
	if v := s.do(http.MethodPost, "/proposer/structure", url.Values{"name": {strings.Repeat("a", maxForm)}}); v.Code != http.StatusBadRequest {
		t.Errorf("a huge form: %d", v.Code)
	}
	for _, target := range []string{"/proposition", "/proposition?cle=", "/proposition?cle=x", "/corriger/x", "/signaler/x", "/proposer/recette"} {
		if v := s.do(http.MethodGet, target, nil); v.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, v.Code)
		}
	}
}

func TestTheAuthorTakesAProposalBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	to := s.do(http.MethodPost, "/proposer/structure", s.fill("/proposer/structure", "name", "Le fablab")).went("/proposition?")
	link, err := url.Parse(to)
	s.must(err)
	s.do(http.MethodPost, "/proposition/retirer", url.Values{"cle": {link.Query().Get("cle")}}).went("/proposition?")
	s.get(to).shows("Retirée")
	if v := s.do(http.MethodPost, "/proposition/retirer", url.Values{"cle": {"x"}}); v.Code != http.StatusNotFound {
		t.Errorf("with another's secret: %d", v.Code)
	}
}

func TestDiffWords(t *testing.T) {
	t.Parallel()
	mark := func(parts []diffPart) (out string) {
		for _, p := range parts {
			if p.Differs {
				out += "[" + p.Text + "]"
			} else {
				out += p.Text
			}
		}
		return out
	}
	for _, test := range []struct{ was, now, before, after string }{
		{"", "", "", ""},
		{"", "neuf", "", "[neuf]"},
		{"rien", "", "[rien]", ""},
		{"2 rue de la Paix", "20 rue de la Paix", "[2] rue de la Paix", "[20] rue de la Paix"},
		{"a b c d", "a x c y", "a [b] c [d]", "a [x] c [y]"},
		{"même texte", "même texte", "même texte", "même texte"},
	} {
		before, after := diffWords(test.was, test.now)
		if mark(before) != test.before || mark(after) != test.after {
			t.Errorf("%q, %q: %q and %q", test.was, test.now, mark(before), mark(after))
		}
	}
}

func TestLongTextsAreComparedCheaply(t *testing.T) {
	long := func(word string) string {
		var out strings.Builder
		for i := range 4000 {
			fmt.Fprintf(&out, "%s%d ", word, i)
		}
		return out.String()
	}
	one, other := long("a"), long("b")
	costtest.Cheap(t, "comparing two long texts", func() { diffWords(one, other) })
	costtest.Cheap(t, "comparing a word with a long text", func() { diffWords("x", one) })
}
