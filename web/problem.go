package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// problem is an RFC 9457 problem document: what every error of the API looks like.
type problem struct {
	Type   string                `json:"type"`             // always "about:blank": the status says it all
	Title  string                `json:"title"`            // the status in words
	Status int                   `json:"status"`           //
	Detail string                `json:"detail,omitempty"` // what happened and what to do about it
	Errors []instance.FieldError `json:"errors,omitempty"` // each parameter or field to mend
}

// Error lets a handler return a problem.
func (p *problem) Error() string { return p.Title + ": " + p.Detail }

// problemTitles are the statuses the API answers with, in words.
var problemTitles = map[int]string{
	http.StatusBadRequest:            "Requête incorrecte",
	http.StatusUnauthorized:          "Jeton d’accès nécessaire",
	http.StatusForbidden:             "Interdit",
	http.StatusNotFound:              "Introuvable",
	http.StatusMethodNotAllowed:      "Méthode impossible ici",
	http.StatusConflict:              "Existe déjà",
	http.StatusGone:                  "Supprimé",
	http.StatusPreconditionFailed:    "Modifié entre-temps",
	http.StatusRequestEntityTooLarge: "Trop volumineux",
	http.StatusUnsupportedMediaType:  "Format non accepté",
	http.StatusUnprocessableEntity:   "Contenu à corriger",
	http.StatusTooManyRequests:       "Trop de requêtes",
	http.StatusInternalServerError:   "Erreur du serveur",
	http.StatusServiceUnavailable:    "Trop à faire",
}

func newProblem(status int, detail string) *problem {
	title, ok := problemTitles[status]
	if !ok {
		title = http.StatusText(status)
	}
	return &problem{Type: "about:blank", Title: typographic.Replace(title), Status: status, Detail: typographic.Replace(detail)}
}

// problemOf maps an error to what a stranger may read of it. The text of an
// internal error is never shown.
func problemOf(err error) *problem {
	var (
		known   *problem
		httpErr *echo.HTTPError
	)
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, instance.ErrGone):
		return newProblem(http.StatusGone, "Cette publication a été supprimée par ses auteurs.")
	case errors.Is(err, instance.ErrNotFound):
		return newProblem(http.StatusNotFound, "Rien ne porte cet identifiant ici.")
	case errors.Is(err, instance.ErrForbidden):
		return newProblem(http.StatusForbidden, "Ce jeton agit pour une organisation qui ne répond pas de cette publication.")
	case errors.Is(err, instance.ErrConflict):
		return newProblem(http.StatusConflict, "Une publication porte déjà cet identifiant : choisissez un autre slug ou laissez-le vide.")
	case errors.Is(err, instance.ErrReused):
		return newProblem(http.StatusUnprocessableEntity, "Cette Idempotency-Key a servi à une autre requête : prenez-en une nouvelle pour chaque requête.")
	case errors.Is(err, instance.ErrInvalid):
		return invalid(http.StatusUnprocessableEntity, err)
	case errors.As(err, &httpErr):
		return newProblem(httpErr.Code, "")
	}
	return newProblem(http.StatusInternalServerError, "Une erreur est survenue de notre côté. Réessayez dans un instant.")
}

// invalid describes each parameter or field to mend.
func invalid(status int, err error) *problem {
	p := newProblem(status, "")
	var v *instance.ValidationError
	if !errors.As(err, &v) {
		p.Detail = "Le contenu ne correspond pas à ce qui est attendu ici."
		return p
	}
	names := make([]string, len(v.Fields))
	for i, f := range v.Fields {
		names[i] = f.Field
		p.Errors = append(p.Errors, instance.FieldError{Field: f.Field, Message: typographic.Replace(f.Message)})
	}
	p.Detail = "À corriger : " + strings.Join(names, ", ") + "."
	return p
}
