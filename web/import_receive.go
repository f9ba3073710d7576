package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// uploadPatience is how long a file may take to come, and how long its answer.
const uploadPatience = 5 * time.Minute

// patient gives a request the time that a file takes over a slow line. Where it cannot be
// set, the usual holds.
func (im *importer) patient(c echo.Context) {
	control := http.NewResponseController(c.Response())
	_ = control.SetReadDeadline(time.Now().Add(uploadPatience))
	_ = control.SetWriteDeadline(time.Now().Add(uploadPatience))
}

// fetched keeps what is at an address. ErrInvalid, on "url", without a word of what is
// behind it.
func (im *importer) fetched(ctx context.Context, holder, address string) (*upload, error) {
	var wrong mistakes
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(address) > 2000 {
		wrong.fail("url", "écrivez l’adresse entière, avec https://")
		return nil, wrong.err()
	}
	body, _, err := im.Fetch(ctx, address, "")
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		im.log.InfoContext(ctx, "cannot read an address to import", "address", address, "err", err)
	}
	switch {
	case errors.Is(err, instance.ErrNotFound), errors.Is(err, instance.ErrGone):
		wrong.fail("url", "il n’y a rien à cette adresse : ouvrez-la dans votre navigateur, et recopiez-la")
	case errors.Is(err, instance.ErrForbidden):
		wrong.fail("url", "cette adresse n’est pas publique : téléchargez le fichier, et envoyez-le ici")
	case err != nil:
		wrong.fail("url", "cette adresse ne se laisse pas lire : vérifiez-la, ou téléchargez le fichier et envoyez-le ici")
	default:
		return im.uploads.keep(upload{Account: holder, Name: address, Address: address}, strings.NewReader(string(body)))
	}
	return nil, wrong.err()
}

// recognise keeps the format of a file: the one that is given, else the one that it shows.
// ErrInvalid, on "file" or "url" and "format": it is none.
func (im *importer) recognise(up *upload, format string) error {
	field := "file"
	if up.Address != "" {
		field = "url"
	}
	data, err := im.uploads.data(up.ID)
	if err != nil {
		return err
	}
	var wrong mistakes
	wrong.refuseBinary(field, data)
	if wrong.err() == nil {
		if format == "" {
			format = im.Reader.Detect(up.Name, data)
		}
		if !slices.Contains(im.Reader.Formats(), format) {
			wrong.fail("format", "ce format n’est pas reconnu : choisissez-le dans la liste, puis redonnez le fichier")
		}
	}
	if err := wrong.err(); err != nil {
		return err
	}
	up.Settings.Format, up.Settings.Source, up.Settings.Mapping = format, up.Name, map[string]string{}
	return im.uploads.save(up)
}

// refuseBinary refuses a file that holds no text.
func (m *mistakes) refuseBinary(field string, data []byte) {
	kind, _, _ := strings.Cut(http.DetectContentType(data), ";")
	family, _, _ := strings.Cut(kind, "/")
	switch {
	case len(data) == 0:
		m.fail(field, "ce fichier est vide")
	case slices.Contains([]string{"application/zip", "application/x-gzip", "application/x-rar-compressed"}, kind):
		m.fail(field, "c’est un classeur ou une archive : enregistrez le tableau en CSV, ou ouvrez l’archive, et envoyez le fichier lui-même")
	case kind == "application/pdf", slices.Contains([]string{"image", "video", "audio", "font"}, family):
		m.fail(field, "ce n’est ni un agenda, ni une carte, ni un tableau")
	}
}
