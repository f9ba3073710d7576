package web

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"

	"github.com/maillage/maillage/instance"
)

type personFormView struct {
	accountView
	Person  *instance.Actor // nil while they do not appear
	Address string
	Path    string
	Themes  []themeChoice
	Profile profileChoices
	Domain  string
}

type themeChoice struct {
	Value, Label string
	Selected     bool
}

// personPage is where somebody chooses to appear among the people, or no more.
func (s *Server) personPage(r *request) error {
	f := form{values: url.Values{"name": {r.account.Name}, "slug": {instance.Slugify(r.account.Name)}}}
	if r.account.Person != "" {
		person, err := s.node.Actor(r.ctx(), r.account.Person)
		if err != nil {
			return err
		}
		f.values = url.Values{
			"name": {person.Name}, "bio": {plainParagraphs(person.Summary)}, "website": {person.Website}, "theme": person.Themes,
		}
		if person.Place != nil {
			f.values.Set("commune", person.Place.Locality)
		}
		profileValues(person, f.values)
	}
	return r.showPersonForm(http.StatusOK, f)
}

// appear creates or changes one's Person.
func (s *Server) appear(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	draft, err := s.personDraft(r, posted)
	if err == nil {
		_, err = s.node.Editor(r.account).Appear(r.ctx(), draft)
	}
	if errors.Is(err, instance.ErrConflict) {
		err = r.fail("slug", "cet identifiant est pris sur ce nœud : choisissez-en un autre")
	}
	if errors.Is(err, instance.ErrInvalid) {
		return r.showPersonForm(http.StatusUnprocessableEntity, r.refusedForm("", posted, err))
	}
	if err != nil {
		return err
	}
	r.flash("done.person")
	return r.Redirect(http.StatusSeeOther, "/compte/fiche")
}

// personDraft reads what one says of oneself. What this form does not ask is kept.
func (s *Server) personDraft(r *request, posted url.Values) (instance.Actor, error) {
	draft := instance.Actor{Slug: posted.Get("slug")}
	if r.account.Person != "" {
		person, err := s.node.Actor(r.ctx(), r.account.Person)
		if err != nil {
			return draft, err
		}
		draft = *person
	}
	draft.Name = instance.CleanName(posted.Get("name"), 100)
	draft.Website = posted.Get("website")
	draft.Summary = htmlParagraphs(instance.Truncate(posted.Get("bio"), 2000))
	draft.Themes = nil
	for _, theme := range posted["theme"] {
		if instance.Vocabularies().Has("themes", theme) {
			draft.Themes = append(draft.Themes, theme)
		}
	}
	commune := instance.CleanName(posted.Get("commune"), 100)
	switch {
	case commune == "":
		draft.Place = nil
	case draft.Place == nil || draft.Place.Locality != commune:
		draft.Place = &instance.Place{Locality: commune}
	}
	readProfile(posted, &draft)
	return draft, nil
}

// disappear takes one's Person away, here and from peers.
func (s *Server) disappear(r *request) error {
	if err := s.node.Disappear(r.ctx(), r.account.ID); err != nil {
		return err
	}
	r.flash("done.person-gone")
	return r.Redirect(http.StatusSeeOther, "/compte/fiche")
}

func (r *request) showPersonForm(status int, f form) error {
	v := personFormView{accountView: r.accountView("/compte/fiche", f), Domain: r.s.node.Domain()}
	v.Profile = r.profileChoices(f)
	if r.account.Person != "" {
		var err error
		if v.Person, err = r.s.node.Actor(r.ctx(), r.account.Person); err != nil {
			return err
		}
		v.Address, v.Path = v.Person.Address(v.Domain), r.s.node.URLs().Path(v.Person.ID)
	}
	for _, theme := range instance.Vocabularies().Terms("themes") {
		v.Themes = append(v.Themes, themeChoice{theme.Slug, theme.Label(r.lang), f.Has("theme", theme.Slug)})
	}
	return r.render(status, "account-person", &page{Title: r.T("account.tab.person"), NoIndex: true, View: v, Scripts: []string{"js/position.js"}})
}

// htmlParagraphs makes paragraphs of what was typed, blank lines between them.
func htmlParagraphs(text string) string {
	var out strings.Builder
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			out.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(paragraph), "\n", "<br>") + "</p>")
		}
	}
	return out.String()
}

// plainParagraphs is what was typed, from its paragraphs.
func plainParagraphs(summary string) string {
	var paragraphs []string
	for paragraph := range strings.SplitSeq(summary, "</p>") {
		var lines []string
		for line := range strings.SplitSeq(strings.ReplaceAll(paragraph, "<br/>", "<br>"), "<br>") {
			lines = append(lines, instance.PlainText(line))
		}
		if text := strings.Join(lines, "\n"); strings.TrimSpace(text) != "" {
			paragraphs = append(paragraphs, text)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}
