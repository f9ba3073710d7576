package web

import (
	"net/url"
	"slices"

	"github.com/maillage/maillage/instance"
)

// proposeSpecs say how each field that visitors may propose is asked for; those of one
// kind of object alone begin with it.
var proposeSpecs = map[string]fieldSpec{
	"event.name":    {label: "propose.event.name", hint: "propose.event.name.hint", required: true},
	"partner.name":  {label: "propose.partner.name", required: true},
	"name":          {label: "propose.name", required: true},
	"event.summary": {label: "propose.event.summary", kind: "area"},
	"summary":       {label: "propose.summary", hint: "propose.summary.hint", kind: "area"},
	"status":        {label: "propose.status", kind: "select", list: "event_status", blank: "propose.unsaid"},
	"date":          {label: "propose.date", kind: "date"},
	"time":          {label: "propose.time", kind: "time"},
	"end_date":      {label: "propose.end-date", hint: "propose.end-date.hint", kind: "date"},
	"end_time":      {label: "propose.end-time", kind: "time"},
	"when":          {label: "propose.when", hint: "propose.when.hint"},
	"place":         {label: "propose.place", hint: "propose.place.hint"},
	"street":        {label: "propose.street"},
	"postal_code":   {label: "propose.postal-code"},
	"locality":      {label: "propose.locality"},
	"organiser":     {label: "propose.organiser", hint: "propose.organiser.hint"},
	"link":          {label: "propose.link", kind: "url", hint: "propose.link.hint"},
	"website":       {label: "propose.website", kind: "url", hint: "propose.link.hint"},
	"actor_kind":    {label: "propose.actor-kind", kind: "select", list: "actor_kinds", blank: "propose.unsaid"},
	"content":       {label: "propose.content", hint: "propose.content.hint", kind: "area"},

	"organisation.name":    {label: "propose.name", required: true, max: 100},
	"organisation.content": {label: "actor.summary", hint: "propose.content.hint", kind: "area", max: 5000},
	"territory.name":       {label: "propose.name", required: true, max: 100},
	"territory.content":    {label: "actor.summary", hint: "propose.content.hint", kind: "area", max: 5000},

	"message": {label: "propose.message", hint: "propose.message.hint", kind: "area", max: 2000},
	"email":   {label: "propose.email", hint: "propose.email.hint", kind: "email"},
	"answer":  {label: "moderation.answer", kind: "area", max: 500},
	"by":      {label: "moderation.by", kind: "select", required: true},
	"reason":  {label: "report.reason", kind: "radios", required: true},
}

// proposeGroup is a part of a form.
type proposeGroup struct {
	Legend string
	Folded bool
	Fields []editField
}

// proposeLayouts are the parts of the forms, in order: what is asked of something new
// is short.
var proposeLayouts = map[instance.Kind][]struct {
	legend string // key
	folded bool
	fields []string
}{
	instance.KindEvent: {
		{"propose.what", false, []string{"name", "summary"}},
		{"propose.when.legend", false, []string{"date", "time", "end_time", "when"}},
		{"propose.where", false, []string{"place", "locality"}},
		{"propose.who", false, []string{"organiser", "link"}},
		{"propose.more", true, []string{"status", "end_date", "street", "postal_code", "content"}},
	},
	instance.KindPartner: {
		{"propose.what", false, []string{"name", "actor_kind", "summary"}},
		{"propose.where", false, []string{"street", "postal_code", "locality"}},
		{"propose.more", true, []string{"website", "place", "content"}},
	},
	instance.KindRecipe:       {{"propose.what", false, []string{"name", "summary", "content"}}},
	instance.KindAnnouncement: {{"propose.what", false, []string{"content"}}},
	instance.KindOrganisation: {
		{"propose.what", false, []string{"name", "content", "website"}},
		{"propose.where", false, []string{"place", "street", "postal_code", "locality"}},
	},
	instance.KindTerritory: {{"propose.what", false, []string{"name", "content", "website"}}},
}

// proposeForm is a form of proposed fields being filled in.
type proposeForm struct {
	r      *request
	kind   instance.Kind
	values url.Values
	wrongs []instance.FieldError
	open   bool // nothing is folded: what is there is to be compared
	create bool
}

// groups are the fields that are offered, to draw.
func (f *proposeForm) groups(offered func(field string) bool) []proposeGroup {
	var groups []proposeGroup
	for _, part := range proposeLayouts[f.kind] {
		g := proposeGroup{Legend: f.r.T(part.legend), Folded: part.folded && !f.open}
		for _, name := range part.fields {
			if offered(name) {
				g.Fields = append(g.Fields, f.field(name))
			}
		}
		if len(g.Fields) == 0 {
			continue
		}
		if slices.ContainsFunc(g.Fields, func(field editField) bool { return field.Mistake != "" }) {
			g.Folded = false
		}
		groups = append(groups, g)
	}
	return groups
}

// field is one field, to draw.
func (f *proposeForm) field(name string) editField {
	spec, ok := proposeSpecs[string(f.kind)+"."+name]
	if !ok {
		spec = proposeSpecs[name]
	}
	field := editField{
		Name: name, ID: fieldID(name), Kind: spec.kind, Label: f.r.T(spec.label), Value: f.values.Get(name),
		Max: spec.max, Required: spec.required, Mistake: f.mistake(name),
	}
	if field.Kind == "" {
		field.Kind = "text"
	}
	if field.Max == 0 {
		field.Max = instance.MaxProposed(name)
	}
	if spec.hint != "" {
		field.Hint = f.r.T(spec.hint)
	}
	if spec.blank != "" {
		field.Blank = f.r.T(spec.blank)
	}
	for _, term := range instance.Vocabularies().Terms(spec.list) {
		field.Options = append(field.Options, editOption{Value: term.Slug, Label: term.Label(f.r.lang), Chosen: term.Slug == field.Value})
	}
	return field
}

// with is a field whose choices are given.
func (f *proposeForm) with(name string, options []editOption) editField {
	field := f.field(name)
	for _, o := range options {
		o.Chosen = o.Value == field.Value
		field.Options = append(field.Options, o)
	}
	return field
}

func fieldID(name string) string { return "p-" + name }

func (f *proposeForm) mistake(name string) string {
	for _, w := range f.wrongs {
		if w.Field == name {
			return capitalise(w.Message)
		}
	}
	return ""
}

// summary lists what is to be mended, each with the id of its field.
func (f *proposeForm) summary() []wrong {
	out := make([]wrong, len(f.wrongs))
	for i, w := range f.wrongs {
		out[i] = wrong{fieldID(w.Field), capitalise(w.Message)}
	}
	return out
}

// changesIn reads the fields of a kind that a form holds.
func changesIn(kind instance.Kind, posted url.Values) []instance.Change {
	var changes []instance.Change
	for _, field := range instance.ProposedFields(kind) {
		if posted.Has(field) {
			changes = append(changes, instance.Change{Field: field, Now: posted.Get(field)})
		}
	}
	return changes
}

// changeLabels name the fields that a form asks for with a question.
var changeLabels = map[string]string{"name": "propose.name", "summary": "change.summary", "when": "change.when"}

// proposedLabel names a proposed field in a list of changes.
func (r *request) proposedLabel(kind instance.Kind, field string) string {
	if key, ok := changeLabels[field]; ok {
		return r.T(key)
	}
	if spec, ok := proposeSpecs[string(kind)+"."+field]; ok {
		return r.T(spec.label)
	}
	return r.T(proposeSpecs[field].label)
}

// proposedWords is a proposed value as people read it.
func (r *request) proposedWords(field, value string) string {
	if list := proposeSpecs[field].list; list != "" && value != "" {
		return r.label(list, value)
	}
	return value
}
