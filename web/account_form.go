package web

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// form is what was typed and what is wrong with it: what the partials of
// templates/_account.html draw fields from.
type form struct {
	name   string     // begins the ids of its fields, when a page has several forms
	values url.Values // never the passwords
	wrongs []instance.FieldError
}

// refusedForm is a form that the domain refuses; passwords are to be typed again.
func (r *request) refusedForm(name string, values url.Values, err error) form {
	f := form{name: name, values: url.Values{}, wrongs: r.problems(err)}
	for key, value := range values {
		if key != "password" && key != "current" {
			f.values[key] = value
		}
	}
	return f
}

// fail is an error about one field.
func (r *request) fail(field, message string) error {
	return &instance.ValidationError{Fields: []instance.FieldError{{Field: field, Message: message}}}
}

// refusal says whether an error is about what was typed; an e-mail that another
// account has is.
func (r *request) refusal(err error) (refused bool, as error) {
	if errors.Is(err, instance.ErrConflict) {
		return true, r.fail("email", "un compte de ce nœud a déjà cette adresse : connectez-vous, ou prenez-en une autre")
	}
	return errors.Is(err, instance.ErrInvalid), err
}

// wrong is one line of the summary of errors, which leads to its field.
type wrong struct{ ID, Message string }

// Wrongs lists what is to be mended.
func (f form) Wrongs() []wrong {
	out := make([]wrong, len(f.wrongs))
	for i, w := range f.wrongs {
		out[i] = wrong{f.id(w.Field), capitalise(w.Message)}
	}
	return out
}

func (f form) id(field string) string {
	if f.name == "" {
		return field
	}
	return f.name + "-" + field
}

// Value is what was typed in a field.
func (f form) Value(field string) string { return f.values.Get(field) }

// Has says whether a box with a value was ticked.
func (f form) Has(field, value string) bool { return slices.Contains(f.values[field], value) }

// Error is what is wrong with a field; "" when nothing is.
func (f form) Error(field string) string {
	for _, w := range f.wrongs {
		if w.Field == field {
			return capitalise(w.Message)
		}
	}
	return ""
}

// input is one field of a form.
type input struct {
	ID, Name, Type, Value string
	Label                 string // key of its words
	Hint                  string // key; "" for none
	Autocomplete          string
	Error                 string
	Required              bool
}

// DescribedBy lists the ids of what explains the field.
func (i input) DescribedBy() string {
	var ids []string
	if i.Hint != "" {
		ids = append(ids, i.ID+"-hint")
	}
	if i.Error != "" {
		ids = append(ids, i.ID+"-error")
	}
	return strings.Join(ids, " ")
}

// Input is a required field: its name, type and autocomplete token.
func (f form) Input(name, kind, autocomplete string) input {
	i := input{
		ID: f.id(name), Name: name, Type: kind, Label: "account.field." + name, Autocomplete: autocomplete,
		Error: f.Error(name), Required: true,
	}
	if kind != "password" {
		i.Value = f.values.Get(name)
	}
	return i
}

// Optional is a field that may stay empty.
func (f form) Optional(name, kind, autocomplete string) input {
	i := f.Input(name, kind, autocomplete)
	i.Required = false
	return i
}

// Labelled is the field with other words and a hint; "" leaves those it has.
func (i input) Labelled(label, hint string) input {
	i.Label, i.Hint = cmp.Or(label, i.Label), hint
	return i
}
