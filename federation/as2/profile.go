package as2

import (
	"html"
	"strings"

	"github.com/maillage/maillage/instance"
)

// profile is what a person who chose to appear says of what they do. Whether they take
// letters is between them and their own node.
type profile struct {
	Likes     []string `json:"maillage:likes,omitempty"`
	Teaches   []string `json:"maillage:teaches,omitempty"`
	Helps     []string `json:"maillage:helps,omitempty"`
	Languages []string `json:"knowsLanguage,omitempty"`
}

// setProfile writes the profile of a person, also as the lines that Mastodon shows.
func (w *actor) setProfile(p *instance.Profile) {
	if p == nil {
		return
	}
	w.profile = profile{p.Likes, p.Teaches, p.Helps, p.Languages}
	names := make([]string, len(p.Languages))
	for i, code := range p.Languages {
		names[i] = instance.LanguageName(code)
	}
	for _, line := range []struct {
		name  string
		words []string
	}{{"J’aime faire", p.Likes}, {"J’aime transmettre", p.Teaches}, {"Je peux aider à", p.Helps}, {"Langues", names}} {
		if len(line.words) > 0 {
			value := html.EscapeString(strings.Join(line.words, ", "))
			w.Attachment = append(w.Attachment, propertyValue{Type: "PropertyValue", Name: line.name, Value: value})
		}
	}
}

// profileOf reads a person's profile, nil when it holds nothing.
func profileOf(m fields) *instance.Profile {
	p := &instance.Profile{
		Likes: m.lines("maillage:likes"), Teaches: m.lines("maillage:teaches"), Helps: m.lines("maillage:helps"),
		Languages: m.lines("knowsLanguage"),
	}
	if p.Empty() {
		return nil
	}
	return p
}
