package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// carried is a form that somebody sent after their session had ended: the page to sign
// in takes it along, field by field, and gives it back to them to be sent again. Nothing
// of it is kept here, so nobody else can find it.
type carried struct {
	To     string // path it was sent to
	Fields []carriedField
	Parts  bool // it was sent as multipart/form-data, and is to be again
	File   bool // a file came with it, which no page can give back
}

type carriedField struct{ Name, Value string }

// The names of what is carried, in the form to sign in.
const (
	carriedTo     = "vers"
	carriedParts  = "en-parties"
	carriedFile   = "fichier-perdu"
	carriedPrefix = "envoi."
)

// maxCarried bounds the form to sign in with what it carries, in bytes, and how many
// fields that may be.
const (
	maxCarried       = maxForm + 64<<10
	maxCarriedFields = 2000
)

// notCarried are the beginnings of paths whose forms are sent anew: they hold passwords,
// or act on other people, or hold nothing but a file.
var notCarried = []string{"/compte", "/importer", "/invitations", "/premiers-pas"}

// carry answers a form sent without a session: with the page to sign in, which takes it
// along. A script learns that it must wait.
func (r *request) carry() error {
	if strings.Contains(r.Request().Header.Get("Accept"), "application/json") {
		return r.JSON(http.StatusUnauthorized, map[string]string{"message": r.T("carry.signed-out")})
	}
	path := r.Request().URL.RequestURI()
	if slices.ContainsFunc(notCarried, func(prefix string) bool { return strings.HasPrefix(path, prefix) }) {
		return r.toSignIn()
	}
	values, parts, file, err := r.typed(maxForm)
	if err != nil {
		return err
	}
	c := &carried{To: back(path), Parts: parts, File: file}
	for _, name := range orderOf(values) {
		for _, value := range values[name] {
			c.Fields = append(c.Fields, carriedField{name, value})
		}
	}
	if len(c.Fields) > maxCarriedFields {
		return echo.NewHTTPError(http.StatusRequestEntityTooLarge)
	}
	return r.showSignIn(http.StatusUnauthorized, signInView{Back: r.here(), Carried: c})
}

// orderOf names the fields, always in the same order.
func orderOf(values url.Values) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// typed reads what was typed in a form of so many bytes at most, whichever way it was
// sent, and says whether that was in parts and whether a file was chosen. Files are not
// kept: this is nobody yet.
func (r *request) typed(limit int64) (values url.Values, inParts, file bool, err error) {
	mediaType, params, err := mime.ParseMediaType(r.Request().Header.Get(echo.HeaderContentType))
	if err != nil || mediaType != "multipart/form-data" || params["boundary"] == "" {
		values, err = r.form()
		return values, false, false, err
	}
	req := r.Request()
	req.Body = http.MaxBytesReader(r.Response(), req.Body, maxUpload)
	parts, err := req.MultipartReader()
	if err != nil {
		return nil, true, file, badForm(err)
	}
	values = url.Values{}
	for left := limit; ; {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return values, true, file, nil
		case err != nil:
			return nil, true, file, badForm(err)
		case part.FileName() != "":
			file = true
			continue
		}
		data, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, true, file, badForm(err)
		}
		if left -= int64(len(data) + len(part.FormName())); left < 0 {
			return nil, true, file, echo.NewHTTPError(http.StatusRequestEntityTooLarge)
		}
		values.Add(part.FormName(), string(data))
	}
}

// carriedIn is what a form to sign in takes along; nil for nothing.
func carriedIn(posted url.Values) *carried {
	if posted.Get(carriedTo) == "" {
		return nil
	}
	c := &carried{To: back(posted.Get(carriedTo)), Parts: posted.Get(carriedParts) != "", File: posted.Get(carriedFile) != ""}
	for _, key := range orderOf(posted) {
		name, ok := strings.CutPrefix(key, carriedPrefix)
		for _, value := range posted[key] {
			if ok {
				c.Fields = append(c.Fields, carriedField{name, value})
			}
		}
	}
	return c
}

// resume gives back what was carried, once its author is here again: they send it, with a
// click of theirs.
func (r *request) resume(c *carried) error {
	r.private()
	return r.show("signin-resume", &page{Title: r.T("carry.title"), NoIndex: true, View: struct {
		*carried
		Account *instance.Account
	}{c, r.account}})
}

// toSignIn sends a visitor to sign in, and back.
func (r *request) toSignIn() error {
	return r.Redirect(http.StatusSeeOther, "/connexion?"+url.Values{"retour": {r.here()}}.Encode())
}
