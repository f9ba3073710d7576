package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// picture serves one that the node keeps. Its name stands for its bytes: it never
// changes. It is never taken for a page.
func (s *Server) picture(c echo.Context) error {
	h := c.Response().Header()
	secure(h)
	name := c.Param("name")
	missing := s.page(func(*request) error { return instance.ErrNotFound })
	media := s.node.Media()
	if media == nil {
		return missing(c)
	}
	data, err := media.Load(c.Request().Context(), name)
	if errors.Is(err, instance.ErrNotFound) {
		return missing(c)
	}
	if err != nil {
		return s.page(func(*request) error { return err })(c)
	}
	h.Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	h.Set(echo.HeaderCacheControl, "public, max-age=31536000, immutable")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // peers and their readers show it
	h.Set(echo.HeaderAccessControlAllowOrigin, "*")
	h.Set("ETag", `"`+name+`"`)
	h.Set(echo.HeaderContentType, mime.TypeByExtension(path.Ext(name)))
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(data))
	return nil
}

// maxUpload bounds a form with a picture: the picture, and the fields.
const maxUpload = instance.MaxPicture + maxForm

// picturesRead are the pictures that are being sent: each is held in memory.
var picturesRead = make(chan struct{}, 4)

// readPicture waits for a turn to read a picture; done gives it back.
func readPicture(ctx context.Context) (done func(), err error) {
	select {
	case picturesRead <- struct{}{}:
		return func() { <-picturesRead }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// filledIn reads a posted form that may come with a picture, in its field "fichier".
// Nothing is written to the disk meanwhile, and nothing beyond the limits is kept.
func (r *request) filledIn() (values url.Values, file []byte, err error) {
	mediaType, _, err := mime.ParseMediaType(r.Request().Header.Get(echo.HeaderContentType))
	if err != nil || mediaType != "multipart/form-data" {
		values, err = r.form()
		return values, nil, err
	}
	req := r.Request()
	done, err := readPicture(req.Context())
	if err != nil {
		return nil, nil, err
	}
	defer done()
	req.Body = http.MaxBytesReader(r.Response(), req.Body, maxUpload)
	parts, err := req.MultipartReader()
	if err != nil {
		return nil, nil, badForm(err)
	}
	values = url.Values{}
	left := int64(maxForm)
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return values, file, nil
		}
		if err != nil {
			return nil, nil, badForm(err)
		}
		limit := left
		if part.FileName() != "" {
			limit = instance.MaxPicture + 1
		}
		data, err := io.ReadAll(io.LimitReader(part, limit+1))
		switch {
		case err != nil:
			return nil, nil, badForm(err)
		case part.FileName() != "" && part.FormName() == "fichier":
			file = data // one byte too many is refused with a word on the field
		case part.FileName() != "" || part.FormName() == "":
		case int64(len(data)) > limit || len(values) > 500:
			return nil, nil, echo.NewHTTPError(http.StatusRequestEntityTooLarge)
		default:
			left -= int64(len(data) + len(part.FormName()))
			values.Add(part.FormName(), string(data))
		}
		if left < 0 {
			return nil, nil, echo.NewHTTPError(http.StatusRequestEntityTooLarge)
		}
	}
}

func badForm(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return echo.NewHTTPError(http.StatusRequestEntityTooLarge).SetInternal(err)
	}
	return echo.NewHTTPError(http.StatusBadRequest).SetInternal(err)
}

// asInvalid is what the domain finds wrong with a draft.
func asInvalid(err error) (*instance.ValidationError, bool) {
	var invalid *instance.ValidationError
	return invalid, errors.As(err, &invalid)
}
