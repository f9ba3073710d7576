package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// readBody reads the JSON body of a request. A field that does not exist is refused,
// since it is a typing error that would lose what was written.
func readBody(c echo.Context, into any) error {
	if mediaType, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType)); err != nil || mediaType != echo.MIMEApplicationJSON {
		return newProblem(http.StatusUnsupportedMediaType, "Envoyez du JSON, avec l’en-tête « Content-Type: application/json ».")
	}
	return decodeStrictly(http.MaxBytesReader(c.Response(), c.Request().Body, maxBody), into)
}

func decodeStrictly(body io.Reader, into any) error {
	decoder := json.NewDecoder(body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return bodyProblem(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return bodyProblem(errors.Join(err, errors.New("more than one value")))
	}
	return nil
}

// readDraft reads the body as an object of the kind. What the node decides (id,
// owner, dates...) may be there, so that what was read can be sent back, and is
// ignored.
func readDraft(c echo.Context, kind instance.Kind) (instance.Object, error) {
	return readObject(kind, func(into any) error { return readBody(c, into) })
}

// decodeObject is readDraft of a part of a body.
func decodeObject(data []byte, kind instance.Kind) (instance.Object, error) {
	return readObject(kind, func(into any) error { return decodeStrictly(bytes.NewReader(data), into) })
}

func readObject(kind instance.Kind, read func(into any) error) (instance.Object, error) {
	o, err := instance.NewObject(kind)
	if err != nil {
		return nil, err
	}
	if e, ok := o.(*instance.Event); ok {
		draft := &eventDraft{Event: e}
		if err := read(draft); err != nil {
			return nil, err
		}
		err = draft.finish()
	} else {
		err = read(o)
	}
	if err != nil {
		return nil, err
	}
	return o, asDraft(o, kind)
}

// finish understands the dates of an event.
func (d *eventDraft) finish() (err error) {
	d.Event.When, err = d.When.when()
	return err
}

// asDraft takes out of a body what the node decides.
func asDraft(o instance.Object, kind instance.Kind) error {
	b := o.Common()
	if b.Kind != kind && b.Kind != "" {
		return fieldProblem("kind", fmt.Sprintf("cette adresse reçoit « %s » ; laissez ce champ vide", kind))
	}
	b.Kind, b.ID, b.Origin, b.Owner, b.URL, b.Provenance = kind, "", "", "", "", nil
	b.Published, b.Updated, b.Deleted = time.Time{}, time.Time{}, time.Time{}
	return nil
}

// bodyProblem explains why a body could not be read. encoding/json has no type
// for an unknown field, only this text.
func bodyProblem(err error) *problem {
	var (
		tooLarge  *http.MaxBytesError
		wrongType *json.UnmarshalTypeError
		badTime   *time.ParseError
	)
	field, unknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case errors.As(err, &tooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("Envoyez au plus %d Kio.", maxBody>>10))
	case unknown:
		return fieldProblem(strings.Trim(field, `"`), "ce champ n’existe pas ; la liste est dans /api/v1/openapi.json")
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return fieldProblem(bodyPath(wrongType.Field), fmt.Sprintf("cette valeur n’est pas du type attendu (reçu : %s)", wrongType.Value))
	case errors.As(err, &badTime):
		return newProblem(http.StatusUnprocessableEntity, "Écrivez published, updated et deleted comme 2027-03-14T09:00:00Z, ou laissez-les vides.")
	}
	return newProblem(http.StatusBadRequest, "Le contenu n’est pas un objet JSON bien formé.")
}

func fieldProblem(field, message string) *problem {
	return invalid(http.StatusUnprocessableEntity, &instance.ValidationError{
		Fields: []instance.FieldError{{Field: field, Message: message}},
	})
}
