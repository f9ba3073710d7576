package instance

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What a stranger's row may weigh.
const (
	maxName    = 200    // runes
	maxSummary = 500    // runes
	maxSource  = 40_000 // bytes
)

// clean makes a row fit to be published: harmless, within limits, without people's
// contacts, completed by the options. What is wrong with a field that can be done
// without is reported and left out; the error says what cannot.
func (in *intake) clean(o Object) (problems []IntakeProblem, err error) {
	b := o.Common()
	b.Source = strings.ToValidUTF8(b.Source, "�")
	if !in.options.KeepContacts {
		problems = maskContacts(b)
	}
	b.Name, b.Summary = CleanName(b.Name, maxName), CleanName(b.Summary, maxSummary)
	if len(b.Source) > maxSource {
		b.Source = cutBytes(b.Source, maxSource)
		problems = append(problems, NewIntakeProblem("cut", "content", "texte trop long, coupé à 40 000 caractères"))
	}
	b.Place.clean()
	in.complete(o)
	b.ID, b.Slug, b.URL, b.Owner, b.Origin, b.Provenance, b.Published = "", "", "", "", "", nil, time.Time{}
	for {
		err := in.node.prepare(o)
		var invalid *ValidationError
		if !errors.As(err, &invalid) {
			return problems, err
		}
		shed := false
		for _, f := range invalid.Fields {
			if drop(o, f.Field) {
				shed = true
				problems = append(problems, NewIntakeProblem(ProblemLeftOut, f.Field, "laissé de côté : %s", f.Message))
			}
		}
		if !shed {
			return problems, err
		}
	}
}

// complete adds what the options say.
func (in *intake) complete(o Object) {
	b, opt := o.Common(), in.options
	if b.Licence == "" {
		b.Licence = in.harvest.Licence
	}
	if b.Licence == "" {
		b.Licence = opt.Licence
	}
	for _, theme := range opt.Themes {
		if !slices.Contains(b.Themes, theme) {
			b.Themes = append(b.Themes, theme)
		}
	}
	in.locate(b.Place)
	for _, ref := range slices.Concat(in.belongs(b.Place), opt.Territories) {
		if !slices.ContainsFunc(b.Territories, func(r Ref) bool { return r.ID == ref.ID && r.Slug == ref.Slug }) {
			b.Territories = append(b.Territories, ref)
		}
	}
	switch o := o.(type) {
	case *Event:
		if o.EventKind == "" {
			o.EventKind = opt.EventKind
		}
	case *Partner:
		if o.ActorKind == "" {
			o.ActorKind = opt.ActorKind
		}
	}
}

// locate recognises the commune in the words of a place that names none apart:
// "Médiathèque, Rezé" when this node has the territory Rezé.
func (in *intake) locate(p *Place) {
	if p == nil || p.Locality != "" || p.Name == "" {
		return
	}
	head, last := "", p.Name
	if i := strings.LastIndex(p.Name, ","); i >= 0 {
		head, last = strings.TrimSpace(p.Name[:i]), strings.TrimSpace(p.Name[i+1:])
	}
	if len(in.belongs(&Place{Locality: last})) > 0 {
		p.Name, p.Locality = head, last
	}
}

// drop empties a field that a row can do without; false for any other, and for one
// that is empty already.
func drop(o Object, field string) bool {
	b := o.Common()
	switch field {
	case "licence":
		return empty(&b.Licence)
	case "derived_from":
		return empty(&b.DerivedFrom)
	case "themes":
		b.Themes = slices.DeleteFunc(b.Themes, func(t string) bool { return !Vocabularies().Has("themes", t) })
		return true
	case "image":
		return emptyPointer(&b.Image)
	case "place":
		return b.Place != nil && emptyPointer(&b.Place.Point)
	}
	switch o := o.(type) {
	case *Event:
		return dropOfEvent(o, field)
	case *Partner:
		return dropOfPartner(o, field)
	}
	return false
}

func dropOfEvent(e *Event, field string) bool {
	switch field {
	case "end":
		was := !e.When.End.IsZero()
		e.When.End = e.When.Start
		return was
	case "zone":
		return empty(&e.When.Zone)
	case "approx":
		return empty(&e.When.Approx)
	case "event_kind":
		return empty(&e.EventKind)
	case "status":
		return empty((*string)(&e.Status))
	case "participation_url":
		return empty(&e.ParticipationURL)
	case "online_url":
		return empty(&e.OnlineURL)
	case "organisers":
		was := len(e.Organisers) > 0
		e.Organisers = nil
		return was
	}
	return false
}

func dropOfPartner(p *Partner, field string) bool {
	switch field {
	case "website":
		return empty(&p.Website)
	case "actor":
		return empty(&p.Actor)
	case "actor_kind":
		return empty(&p.ActorKind)
	case "typology":
		return empty(&p.Typology)
	case "roles":
		was := len(p.Roles) > 0
		p.Roles = nil
		return was
	}
	return false
}

func empty(s *string) bool {
	was := *s != ""
	*s = ""
	return was
}

func emptyPointer[T any](p **T) bool {
	was := *p != nil
	*p = nil
	return was
}

// cutBytes cuts between two runes.
func cutBytes(s string, limit int) string {
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

var (
	// Addresses, also as Markdown escapes them.
	emailPattern = regexp.MustCompile(`(?i)(?:mailto:)?[a-z0-9._%+\\-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}`)
	// French numbers, national or international: 02 98 00 00 00, +33 (0)2.98.00.00.00, +262…
	phonePattern = regexp.MustCompile(`(?:\+\s?(?:33|262|590|594|596|687|689)[\s.-]?(?:\(0\)\s?)?[1-9]|\b0[1-9])(?:[\s.\x{00a0}\x{202f}-]?\d{2}){4}\b`)
	// functions are mailboxes that no one person owns.
	functions = regexp.MustCompile(`(?i)^(?:mailto:)?(?:contact|info|infos|information|accueil|bonjour|hello|asso|association|mairie|secretariat|bureau|mediatheque|bibliotheque|inscription|inscriptions|reservation|reservations|communication|presse|fablab|agenda|evenements)(?:[._+-][a-z0-9._+-]*)?@`)
)

// maskContacts hides the e-mail addresses and telephone numbers of people in the
// texts of an object, and says so. Addresses of a web page (fediverse handles in a
// URL) are no e-mail addresses: a slash stands before them.
func maskContacts(b *Base) []IntakeProblem {
	emails, phones := 0, 0
	for _, text := range []*string{&b.Name, &b.Summary, &b.Source, &b.Content} {
		*text = maskEmails(*text, &emails)
		*text = phonePattern.ReplaceAllStringFunc(*text, func(string) string {
			phones++
			return "[numéro de téléphone masqué]"
		})
	}
	var problems []IntakeProblem
	if emails > 0 {
		problems = append(problems, NewIntakeProblem("masked-emails", "content", "donnée personnelle : %d adresse(s) électronique(s) masquée(s) dans le texte", emails))
	}
	if phones > 0 {
		problems = append(problems, NewIntakeProblem("masked-phones", "content", "donnée personnelle : %d numéro(s) de téléphone masqué(s) dans le texte", phones))
	}
	return problems
}

func maskEmails(text string, count *int) string {
	var out strings.Builder
	last := 0
	for _, at := range emailPattern.FindAllStringIndex(text, -1) {
		found := text[at[0]:at[1]]
		inURL := at[0] > 0 && (text[at[0]-1] == '/' || text[at[0]-1] == '@')
		if inURL || functions.MatchString(found) {
			continue
		}
		*count++
		out.WriteString(text[last:at[0]] + "[adresse électronique masquée]")
		last = at[1]
	}
	return out.String() + text[last:]
}
