package instance

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The domain's errors. Each edge maps them once: HTTP status in web and
// federation, exit text in cmd. Anything else is an internal error and its text
// is never shown to a stranger.
var (
	ErrNotFound  = errors.New("introuvable")
	ErrGone      = errors.New("supprimé")
	ErrForbidden = errors.New("interdit")
	ErrConflict  = errors.New("existe déjà")
	ErrInvalid   = errors.New("invalide")
	// ErrAddress says that a store is that of a node at another address.
	ErrAddress = errors.New("l’adresse d’un nœud est définitive")
	// ErrDuplicate says that this activity was accepted before: answer 202, do nothing.
	ErrDuplicate = errors.New("déjà reçu")
	// ErrReplay says that this very signed request was seen before: answer 401.
	ErrReplay = errors.New("requête rejouée")
)

// A FieldError names one field and how to mend it, in French, for a person.
type FieldError struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// ValidationError lists everything wrong with a draft at once.
// errors.Is(err, ErrInvalid) holds.
type ValidationError struct {
	Fields []FieldError `json:"errors"`
}

func (e *ValidationError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + " : " + f.Message
	}
	return strings.Join(parts, " ; ")
}

// Is makes errors.Is(err, ErrInvalid) true.
func (e *ValidationError) Is(target error) bool { return target == ErrInvalid }

// checks collects field errors while a draft is validated.
type checks struct{ fields []FieldError }

func (c *checks) require(ok bool, field, format string, args ...any) {
	if !ok {
		c.fields = append(c.fields, FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// address checks a web address: anything else in its place could run in a reader's page.
func (c *checks) address(field, value string, schemes ...string) {
	if value == "" {
		return
	}
	u, err := url.Parse(value)
	web := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	c.require(web || err == nil && slices.Contains(schemes, u.Scheme), field, "écrivez l’adresse entière, avec https://")
}

func (c *checks) addresses(field string, refs ...Ref) {
	for _, ref := range refs {
		c.address(field, ref.ID)
		c.address(field, ref.URL)
	}
}

func (c *checks) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &ValidationError{Fields: c.fields}
}
