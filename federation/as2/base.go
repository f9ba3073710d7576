package as2

import (
	"html"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-fed/activity/streams/vocab"

	"github.com/maillage/maillage/instance"
)

const (
	maxTags = 100
	// maxContentMap is the length up to which the content is said again in contentMap:
	// twice a long one would not fit in Misskey's 64 KiB, and nameMap tells the language.
	maxContentMap = 12 << 10
)

// base is what every object of ours has on the wire.
type base struct {
	Context      any               `json:"@context,omitempty"`
	ID           string            `json:"id"`
	Type         string            `json:"type"`
	Name         string            `json:"name,omitempty"`
	NameMap      map[string]string `json:"nameMap,omitempty"`
	Summary      string            `json:"summary,omitempty"`
	Content      string            `json:"content"` // even empty: Gancio fails on an Update without
	ContentMap   map[string]string `json:"contentMap,omitempty"`
	MediaType    string            `json:"mediaType"`
	InLanguage   string            `json:"inLanguage,omitempty"`
	URL          string            `json:"url,omitempty"`
	AttributedTo string            `json:"attributedTo"`
	Published    *time.Time        `json:"published,omitempty"`
	Updated      *time.Time        `json:"updated,omitempty"`
	To           []string          `json:"to"`
	Cc           []string          `json:"cc"`
	Audience     string            `json:"audience,omitempty"`
	Location     *place            `json:"location,omitempty"`
	Image        *image            `json:"image,omitempty"`
	Attachment   []any             `json:"attachment"`
	Tag          []hashtag         `json:"tag"`
	Theme        []string          `json:"theme,omitempty"`
	License      string            `json:"license,omitempty"`
	BasedOn      string            `json:"basedOn,omitempty"`
	Replies      string            `json:"replies,omitempty"`

	OwnName     string  `json:"maillage:name,omitempty"`
	OwnSummary  *string `json:"maillage:summary,omitempty"`
	Text        []int   `json:"maillage:text,omitempty"`
	Territories []ref   `json:"maillage:territories,omitempty"`
}

type hashtag struct {
	Type string `json:"type"` // Hashtag
	Name string `json:"name"`
	Href string `json:"href"`
}

// wireBase writes the common part. Content is framed by before and after, for peers
// that show nothing but content; maillage:text says where the author's own words
// begin and end in it, in bytes of UTF-8.
func wireBase(b *instance.Base, e Env, context any, before, after string) base {
	w := base{
		Context: context, ID: b.ID, Type: wireTypes[b.Kind], Name: b.Name, Summary: b.Summary,
		Content: before + b.Content + after, MediaType: "text/html", InLanguage: b.Language, URL: b.URL, AttributedTo: b.Owner,
		Published: when(b.Published), Updated: when(b.Updated),
		To: []string{Public}, Cc: append([]string{b.Owner + "/followers"}, territoryIRIs(b)...),
		Location: wirePlace(b.Place), Image: wireImage(b.Image, b.Name), Attachment: []any{},
		Tag: hashtags(b.Themes, e), Theme: uris("themes", b.Themes),
		License: instance.Vocabularies().URI("licences", b.Licence), BasedOn: b.DerivedFrom,
		Territories: wireRefs(b.Territories),
	}
	if e.Replies {
		w.Replies = b.ID + "/replies"
	}
	if territories := territoryIRIs(b); len(territories) > 0 {
		w.Audience = territories[0]
	}
	if before != "" || after != "" {
		w.Text = []int{len(before), len(before) + len(b.Content)}
	}
	if w.Image != nil {
		w.Attachment = append(w.Attachment, w.Image.attached())
	}
	if b.Language != "" {
		w.NameMap = map[string]string{b.Language: b.Name}
		if len(w.Content) <= maxContentMap {
			w.ContentMap = map[string]string{b.Language: w.Content}
		}
	}
	return w
}

// baseOf reads the common part of a stranger's object, or of one of ours.
func baseOf(m fields, t vocab.Type) instance.Base {
	b := instance.Base{
		Owner: m.iri("attributedTo"), URL: pageOf(m["url"]),
		Name: m.natural("name"), Summary: m.natural("summary"), Content: ownText(m), Language: m.language(),
		Licence: m.slug("licences", "license"), DerivedFrom: m.iri("basedOn"),
		Themes: themesOf(m), Territories: refsOf(m, "maillage:territories"), Place: placeOf(m, t),
		Published: published(t), Updated: updated(t),
	}
	if b.Owner == "" {
		b.Owner = m.iri("actor") // Mobilizon writes both
	}
	if own, ok := m["maillage:summary"].(string); ok {
		b.Summary = own
	}
	if own, ok := m["maillage:name"].(string); ok {
		b.Name = own
	}
	b.Image = imageOf(m, b.Name)
	return b
}

// ownText is the content without what was put around it for other peers.
func ownText(m fields) string {
	content := m.natural("content")
	span, _ := m["maillage:text"].([]any)
	if len(span) != 2 {
		return content
	}
	from, to := count(span[0]), count(span[1])
	if from > to || to > len(content) || !boundary(content, from) || !boundary(content, to) {
		return content
	}
	return content[from:to]
}

func boundary(s string, i int) bool { return i == len(s) || utf8.RuneStart(s[i]) }

// ref names another thing on the wire.
type ref struct {
	ID   string `json:"id,omitempty"`
	Slug string `json:"maillage:slug,omitempty"`
	Name string `json:"name,omitempty"`
	URL  string `json:"url,omitempty"`
}

func wireRefs(refs []instance.Ref) []ref {
	var out []ref
	for _, r := range refs {
		out = append(out, ref(r))
	}
	return out
}

func wireRef(r *instance.Ref) *ref {
	if r == nil {
		return nil
	}
	out := ref(*r)
	return &out
}

func refOf(m fields) *instance.Ref {
	r := instance.Ref{ID: m.iri("id"), Slug: m.line("maillage:slug"), Name: m.line("name"), URL: pageOf(m["url"])}
	if r == (instance.Ref{}) {
		return nil
	}
	return &r
}

func refsOf(m fields, key string) []instance.Ref {
	var out []instance.Ref
	for _, entry := range m.objects(key, maxTags) {
		if r := refOf(entry); r != nil {
			out = append(out, *r)
		}
	}
	return out
}

func territoryIRIs(b *instance.Base) []string {
	var out []string
	for _, t := range b.Territories {
		if t.ID != "" {
			out = append(out, t.ID)
		}
	}
	return out
}

// uris are the IRIs of terms of a vocabulary.
func uris(list string, slugs []string) []string {
	var out []string
	for _, slug := range slugs {
		out = append(out, instance.Vocabularies().URI(list, slug))
	}
	return out
}

// hashtags have no hyphen: GoToSocial drops the ones that do.
func hashtags(themes []string, e Env) []hashtag {
	tags := []hashtag{}
	for _, theme := range themes {
		tags = append(tags, hashtag{Type: "Hashtag", Name: "#" + bare(theme), Href: e.URLs.IRI("/recherche?theme=" + theme)})
	}
	return tags
}

func bare(slug string) string { return strings.ReplaceAll(slug, "-", "") }

// themesOf reads the themes by their IRIs, else from the hashtags that spell one:
// #DonneesOuvertes, #données_ouvertes.
func themesOf(m fields) []string {
	if themes := m.slugs("themes", "theme"); len(themes) > 0 {
		return themes
	}
	var out []string
	for _, tag := range m.objects("tag", maxTags) {
		name := strings.TrimPrefix(tag.line("name"), "#")
		if typeOf(tag) != "Hashtag" || name == "" {
			continue
		}
		theme, ok := themesByTag()[bare(instance.Slugify(name))]
		if ok && !slices.Contains(out, theme) {
			out = append(out, theme)
		}
	}
	return out
}

// themesByTag finds a theme by its slug without hyphens.
var themesByTag = sync.OnceValue(func() map[string]string {
	byTag := map[string]string{}
	for _, term := range instance.Vocabularies().Terms("themes") {
		byTag[bare(term.Slug)] = term.Slug
	}
	return byTag
})

// markup builds the HTML that frames the author's text. Its words are escaped.
type markup struct{ strings.Builder }

// add writes an element around text, unless there is none.
func (h *markup) add(tag, text string) {
	if text != "" {
		h.WriteString("<" + tag + ">" + html.EscapeString(text) + "</" + tag + ">")
	}
}

// paragraph writes a title in bold, then lines, leaving out the empty ones.
func (h *markup) paragraph(title string, lines ...string) {
	parts := []string{}
	if title != "" {
		parts = append(parts, "<strong>"+html.EscapeString(title)+"</strong>")
	}
	for _, line := range lines {
		if line != "" {
			parts = append(parts, html.EscapeString(line))
		}
	}
	if len(parts) > 0 {
		h.WriteString("<p>" + strings.Join(parts, "<br>") + "</p>")
	}
}

// link writes a paragraph with a link, unless there is none.
func (h *markup) link(words, href string) {
	if href != "" {
		h.WriteString(`<p>` + html.EscapeString(words) + colon + `<a href="` + html.EscapeString(href) + `">` + html.EscapeString(href) + `</a></p>`)
	}
}

// list writes a heading and a list, unless it is empty. Items are HTML already.
func (h *markup) list(tag, heading string, items []string) {
	if len(items) == 0 {
		return
	}
	h.add("h2", heading)
	h.WriteString("<" + tag + ">")
	for _, item := range items {
		h.WriteString("<li>" + item + "</li>")
	}
	h.WriteString("</" + tag + ">")
}
