package instance

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Profile is what a person who chose to appear says of what they do, and how they
// may be reached. All of it is theirs to leave empty.
type Profile struct {
	Likes     []string `json:"likes,omitempty"`     // what they like to do, in their words
	Teaches   []string `json:"teaches,omitempty"`   // what they can teach
	Helps     []string `json:"helps,omitempty"`     // « je peux aider à… »
	Languages []string `json:"languages,omitempty"` // ISO 639 codes, see Languages
	// Relay lets visitors write through a form of this node, which passes the letter on
	// and shows nobody's address.
	Relay bool `json:"relay,omitempty"`
}

// The limits of a profile: it is a card, not a page.
const (
	maxLines    = 12
	maxLineRune = 100
)

// Languages are those a person may say that they speak, by ISO 639 code, each by its
// own name: the regional and the overseas ones as well as the large ones.
func Languages() []Language { return slices.Clone(languages) }

// Language is a code and its name in itself.
type Language struct{ Code, Name string }

var languages = []Language{
	{"fr", "français"},
	{"en", "English"},
	{"br", "brezhoneg"},
	{"oc", "occitan"},
	{"eu", "euskara"},
	{"ca", "català"},
	{"co", "corsu"},
	{"gsw", "Elsässisch"},
	{"rcf", "kréol rényoné"},
	{"gcf", "kréyòl"},
	{"gcr", "kréyòl gwiyanè"},
	{"swb", "shimaore"},
	{"ty", "reo tahiti"},
	{"fsl", "langue des signes française"},
	{"ar", "العربية"},
	{"de", "Deutsch"},
	{"es", "español"},
	{"it", "italiano"},
	{"ku", "kurdî"},
	{"nl", "Nederlands"},
	{"pl", "polski"},
	{"pt", "português"},
	{"ro", "română"},
	{"ru", "русский"},
	{"tr", "Türkçe"},
	{"uk", "українська"},
	{"wo", "wolof"},
	{"kab", "taqbaylit"},
	{"zh", "中文"},
	{"eo", "esperanto"},
}

// LanguageName is a language's name in itself; its code when it is not listed.
func LanguageName(code string) string {
	for _, l := range languages {
		if l.Code == code {
			return l.Name
		}
	}
	return code
}

func (p *Profile) validate(c *checks) {
	if p == nil {
		return
	}
	for field, lines := range map[string][]string{"likes": p.Likes, "teaches": p.Teaches, "helps": p.Helps} {
		c.require(len(lines) <= maxLines, field, "gardez au plus 12 lignes")
		for _, line := range lines {
			c.require(len([]rune(line)) <= maxLineRune, field, "raccourcissez chaque ligne à 100 caractères")
		}
	}
	for _, code := range p.Languages {
		c.require(slices.ContainsFunc(languages, func(l Language) bool { return l.Code == code }), "languages", "« %s » n’est pas une langue de la liste", code)
	}
}

// clean makes a stranger's profile fit to show: of people only, as short as those of
// ours, in languages that are known. Letters go to the person's own node, not through us.
func (p *Profile) clean(kind Kind) *Profile {
	if p == nil || kind != KindPerson {
		return nil
	}
	out := &Profile{Likes: cleanLines(p.Likes), Teaches: cleanLines(p.Teaches), Helps: cleanLines(p.Helps)}
	for _, l := range languages {
		if slices.Contains(p.Languages, l.Code) {
			out.Languages = append(out.Languages, l.Code)
		}
	}
	if out.Empty() {
		return nil
	}
	return out
}

// cleanLines keeps the first lines that say something, each on one line.
func cleanLines(lines []string) []string {
	var out []string
	for _, line := range lines[:min(len(lines), 2*maxLines)] {
		line = CleanName(Truncate(line, maxReceivedLine), maxLineRune)
		if line != "" && len(out) < maxLines && !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// Empty says that the profile holds nothing to show.
func (p *Profile) Empty() bool {
	return p == nil || len(p.Likes)+len(p.Teaches)+len(p.Helps)+len(p.Languages) == 0 && !p.Relay
}

// Says tells whether a word of the profile holds the text, whatever its capitals and
// accents.
func (p *Profile) Says(text string) bool {
	if p == nil {
		return false
	}
	wanted := Slugify(text)
	return wanted == "" || strings.Contains(Slugify(strings.Join(slices.Concat(p.Likes, p.Teaches, p.Helps), " ")), wanted)
}

// Person is someone who chose to appear, as they are found by where they are.
type Person struct {
	*Actor
	DistanceKm *float64 // from the centre asked for
}

// PeopleFilter chooses among the people who appear; zero values do not filter.
type PeopleFilter struct {
	Text     string // in their name, presentation or profile
	Language string
	Theme    string
	Near     *Near // those without a position are left out; the nearest come first
}

// maxPeople bounds how many people are looked through: they are read from the
// database each time, since no index keeps them.
const maxPeople = 5000

// People lists who chose to appear on this node, by name, or the nearest first. They
// are in no index: what somebody takes back is nowhere else.
func (n *Node) People(ctx context.Context, f PeopleFilter) ([]Person, error) {
	actors, _, err := n.Actors(ctx, ActorFilter{Kinds: []Kind{KindPerson}, Scope: ScopeLocal, Limit: maxPeople})
	if err != nil {
		return nil, err
	}
	var people []Person
	for _, a := range actors {
		if p, ok := f.accepts(a); ok {
			people = append(people, p)
		}
	}
	if f.Near != nil {
		slices.SortStableFunc(people, func(a, b Person) int { return compareKm(a.DistanceKm, b.DistanceKm) })
	}
	return people, nil
}

// PeopleNamed lists at most limit of those who chose to appear on this node, by name,
// whose name has a word that the text begins. Like People it reads the database: who
// has just taken their name back is not suggested.
func (n *Node) PeopleNamed(ctx context.Context, text string, limit int) ([]*Actor, error) {
	people, _, err := n.Actors(ctx, ActorFilter{Kinds: []Kind{KindPerson}, Scope: ScopeLocal, Named: text, Limit: limit})
	return people, err
}

func compareKm(a, b *float64) int {
	switch {
	case *a < *b:
		return -1
	case *a > *b:
		return 1
	}
	return 0
}

func (f PeopleFilter) accepts(a *Actor) (Person, bool) {
	p := Person{Actor: a}
	text := Slugify(f.Text)
	words := Slugify(a.Name + " " + PlainText(a.Summary))
	if text != "" && !strings.Contains(words, text) && !a.Profile.Says(f.Text) ||
		f.Language != "" && (a.Profile == nil || !slices.Contains(a.Profile.Languages, f.Language)) ||
		f.Theme != "" && !slices.Contains(a.Themes, f.Theme) {
		return p, false
	}
	if f.Near == nil {
		return p, true
	}
	if a.Place == nil || a.Place.Point == nil {
		return p, false
	}
	km := f.Near.Point.DistanceKm(*a.Place.Point)
	p.DistanceKm = &km
	return p, f.Near.RadiusKm <= 0 || km <= f.Near.RadiusKm+a.Place.Precision.blurKm()
}

// Letter is what a visitor writes to a person through the relay.
type Letter struct {
	From  string // who writes, as they call themselves
	Email string // where the person may answer
	Text  string
}

// maxLetter bounds a relayed letter, in runes.
const maxLetter = 5000

// LetterRelay is a visitor's letter, passed on.
const LetterRelay = "relay"

// Relay passes a visitor's letter on to a person who accepts them, by e-mail, at
// once: it is kept nowhere, and the visitor never learns the address.
//
// ErrNotFound: there is nobody of that id; ErrForbidden: they take no letters, or
// this node sends no e-mail; ErrInvalid. Any other error: it was not sent.
func (n *Node) Relay(ctx context.Context, person string, l Letter) error {
	l.From, l.Email, l.Text = CleanName(l.From, 100), strings.TrimSpace(l.Email), strings.TrimSpace(strings.ReplaceAll(l.Text, "\r\n", "\n"))
	var c checks
	c.require(l.From != "", "name", "dites qui vous êtes, d’un nom ou d’un pseudonyme")
	c.email(l.Email)
	c.require(l.Text != "", "text", "écrivez votre message")
	c.require(len([]rune(l.Text)) <= maxLetter, "text", "raccourcissez le message à 5 000 caractères")
	if err := c.err(); err != nil {
		return err
	}
	to, err := n.correspondent(ctx, person)
	if err != nil {
		return err
	}
	message, err := n.message(LetterRelay, letter{
		To: to.Email, Language: to.Language, Name: to.Name, By: l.From, What: l.Text, Page: l.Email, Link: n.urls.IRI("/compte/fiche"),
	})
	if err != nil {
		return err
	}
	return n.mailer.Send(ctx, message)
}

// TakesLetters says whether a person may be written to through this node.
func (n *Node) TakesLetters(a *Actor) bool {
	return n.Mails() && a.Local() && a.Kind == KindPerson && a.Gone.IsZero() && a.Profile != nil && a.Profile.Relay
}

// correspondent is the account of a person who takes letters.
func (n *Node) correspondent(ctx context.Context, person string) (*Account, error) {
	a, err := n.Actor(ctx, person)
	if err != nil {
		return nil, err
	}
	if !n.TakesLetters(a) {
		return nil, fmt.Errorf("%s takes no letters: %w", person, ErrForbidden)
	}
	accounts, err := n.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	for _, account := range accounts {
		if account.Person == person && account.Closed.IsZero() && account.Email != "" {
			return account, nil
		}
	}
	return nil, fmt.Errorf("%s has no account: %w", person, ErrForbidden)
}
