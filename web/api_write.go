package web

import (
	"crypto/sha256"
	"encoding/hex"
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

// maxBody is the most that a request may send, in bytes.
const maxBody = 256 << 10

func (a *apiV1) create(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		by, err := a.actor(c)
		if err != nil {
			return err
		}
		draft, err := readDraft(c, kind)
		if err != nil {
			return err
		}
		o, err := a.publish(c, by, draft)
		if err != nil {
			return inBody(err)
		}
		c.Response().Header().Set(echo.HeaderLocation, c.Request().URL.Path+"/"+o.Common().Slug)
		return a.written(c, http.StatusCreated, o)
	}
}

func (a *apiV1) replace(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		by, err := a.actor(c)
		if err != nil {
			return err
		}
		draft, err := readDraft(c, kind)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		old, err := a.find(ctx, kind, c.Param("id"))
		if err != nil {
			return err
		}
		draft.Common().Provenance = old.Common().Provenance // the import that brought it goes on updating it
		var o instance.Object
		if current := asRead(c); current != nil {
			o, err = a.node.EditIf(ctx, by, old.Common().ID, draft, current)
		} else {
			o, err = a.node.Edit(ctx, by, old.Common().ID, draft)
		}
		if err != nil {
			return inBody(err)
		}
		return a.written(c, http.StatusOK, o)
	}
}

func (a *apiV1) remove(kind instance.Kind) echo.HandlerFunc {
	return func(c echo.Context) error {
		by, err := a.actor(c)
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		old, err := a.find(ctx, kind, c.Param("id"))
		if err != nil {
			return err
		}
		if current := asRead(c); current != nil {
			err = a.node.WithdrawIf(ctx, by, old.Common().ID, current)
		} else {
			err = a.node.Withdraw(ctx, by, old.Common().ID)
		}
		if err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	}
}

func (a *apiV1) written(c echo.Context, status int, o instance.Object) error {
	presentObject(o)
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	c.Response().Header().Set("ETag", etagOf(body)) // for the If-Match of the next change
	return c.JSONBlob(status, body)
}

// actor is the IRI of who the request's token acts for. A missing token and an
// unknown one get the same answer: nothing can be learnt by trying. Tokens are
// looked up by their hash, so how long that takes says nothing of them either.
func (a *apiV1) actor(c echo.Context) (string, error) {
	refused := newProblem(http.StatusUnauthorized,
		"Pour publier, envoyez un jeton valable dans l'en-tête « Authorization: Bearer … ». Qui tient ce nœud peut en créer un.")
	scheme, token, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " ")
	token = strings.TrimSpace(token)
	err := instance.ErrNotFound
	var by string
	if strings.EqualFold(scheme, "Bearer") && token != "" {
		sum := sha256.Sum256([]byte(token))
		by, err = a.node.TokenOwner(c.Request().Context(), hex.EncodeToString(sum[:]))
	}
	if errors.Is(err, instance.ErrNotFound) {
		c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="maillage"`)
		return "", refused
	}
	return by, err
}

// readDraft reads the body as an object of the kind. What the node decides (id,
// owner, dates...) may be there, so that what was read can be sent back, and is
// ignored; a field that does not exist is refused, since it is a typing error
// that would lose what was written.
func readDraft(c echo.Context, kind instance.Kind) (instance.Object, error) {
	if mediaType, _, err := mime.ParseMediaType(c.Request().Header.Get(echo.HeaderContentType)); err != nil || mediaType != echo.MIMEApplicationJSON {
		return nil, newProblem(http.StatusUnsupportedMediaType, "Envoyez du JSON, avec l'en-tête « Content-Type: application/json ».")
	}
	o, err := instance.NewObject(kind)
	if err != nil {
		return nil, err
	}
	var into any = o
	if e, ok := o.(*instance.Event); ok {
		into = &eventDraft{Event: e}
	}
	decoder := json.NewDecoder(http.MaxBytesReader(c.Response(), c.Request().Body, maxBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return nil, bodyProblem(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, bodyProblem(errors.Join(err, errors.New("more than one value")))
	}
	if draft, ok := into.(*eventDraft); ok {
		if draft.Event.When, err = draft.When.when(); err != nil {
			return nil, err
		}
	}
	b := o.Common()
	if b.Kind != kind && b.Kind != "" {
		return nil, fieldProblem("kind", fmt.Sprintf("cette adresse reçoit « %s » ; laissez ce champ vide", kind))
	}
	b.Kind, b.ID, b.Origin, b.Owner, b.URL, b.Provenance = kind, "", "", "", "", nil
	b.Published, b.Updated, b.Deleted = time.Time{}, time.Time{}, time.Time{}
	return o, nil
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
		return fieldProblem(strings.Trim(field, `"`), "ce champ n'existe pas ; la liste est dans /api/v1/openapi.json")
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return fieldProblem(bodyPath(wrongType.Field), fmt.Sprintf("cette valeur n'est pas du type attendu (reçu : %s)", wrongType.Value))
	case errors.As(err, &badTime):
		return newProblem(http.StatusUnprocessableEntity, "Écrivez published, updated et deleted comme 2027-03-14T09:00:00Z, ou laissez-les vides.")
	}
	return newProblem(http.StatusBadRequest, "Le contenu n'est pas un objet JSON bien formé.")
}

func fieldProblem(field, message string) *problem {
	return invalid(http.StatusUnprocessableEntity, &instance.ValidationError{
		Fields: []instance.FieldError{{Field: field, Message: message}},
	})
}
