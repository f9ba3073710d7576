package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// feedJSON is a source that is read again and again.
type feedJSON struct {
	ID       string            `json:"id"`
	URL      string            `json:"url"`
	Format   string            `json:"format,omitempty"` // "" = recognised each time
	Hours    int               `json:"interval_hours"`
	Licence  string            `json:"licence"`
	Created  time.Time         `json:"created"`
	LastRun  time.Time         `json:"last_run,omitzero"`
	LastOK   time.Time         `json:"last_ok,omitzero"` // read, or not changed
	NextRun  time.Time         `json:"next_run,omitzero"`
	Failures int               `json:"failures"`         // in a row
	Error    string            `json:"error,omitempty"`  // of the last reading, in technical words
	Counts   *importCountsJSON `json:"counts,omitempty"` // of the last reading that changed something
}

func newFeed(f *instance.Feed) feedJSON {
	j := feedJSON{
		ID: f.ID, URL: f.URL, Format: f.Format, Hours: int(f.Interval / time.Hour), Licence: f.Options.Licence, Created: f.Created,
		LastRun: f.LastRun, LastOK: f.LastOK, NextRun: f.NextRun, Failures: f.Failures, Error: f.LastError,
	}
	if f.LastReport != nil {
		j.Counts = newImportCounts(f.LastReport)
	}
	return j
}

// feedBody is a source to follow.
type feedBody struct {
	URL     string `json:"url"`
	Format  string `json:"format"`
	Hours   int    `json:"interval_hours"` // 0 = a day
	Licence string `json:"licence"`
}

// feeds lists the sources that the token's organisation follows.
func (a *apiV1) feeds(c echo.Context) error {
	w, err := a.imports(c, instance.TokenPublishes)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	feeds, err := w.Feeder.List(c.Request().Context(), w.owner)
	if err != nil {
		return err
	}
	first := min((page-1)*perPage, len(feeds))
	var items []feedJSON
	for i := range feeds[first:min(first+perPage, len(feeds))] {
		items = append(items, newFeed(&feeds[first+i]))
	}
	a.linkPages(c, len(feeds), page, perPage)
	return private(c, http.StatusOK, newPage(len(feeds), page, perPage, items))
}

// feed is one of those, by the ID in the address.
func (a *apiV1) feed(c echo.Context) (*importWorker, *instance.Feed, error) {
	w, err := a.imports(c, instance.TokenPublishes)
	if err != nil {
		return nil, nil, err
	}
	f, err := w.feed(c.Request().Context(), c.Param("id"))
	return w, f, err
}

func (w *importWorker) feed(ctx context.Context, id string) (*instance.Feed, error) {
	feeds, err := w.Feeder.List(ctx, w.owner)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(feeds, func(f instance.Feed) bool { return f.ID == id })
	if i < 0 {
		return nil, fmt.Errorf("feed %q: %w", id, instance.ErrNotFound)
	}
	return &feeds[i], nil
}

// follow begins to follow a source.
func (a *apiV1) follow(c echo.Context) error {
	w, err := a.imports(c, instance.TokenPublishes)
	if err != nil {
		return err
	}
	var body feedBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	if err := body.check(w.Reader.Formats()); err != nil {
		return err
	}
	made, err := w.Feeder.Add(c.Request().Context(), w.owner, instance.Feed{
		URL: body.URL, Format: body.Format, Interval: time.Duration(body.Hours) * time.Hour, Options: instance.IntakeOptions{Licence: body.Licence},
	})
	if errors.Is(err, instance.ErrConflict) {
		return newProblem(http.StatusConflict, "Cette organisation suit déjà cette adresse.")
	}
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderLocation, a.node.URLs().IRI("/api/v1/feeds/"+made.ID))
	return private(c, http.StatusCreated, newFeed(made))
}

// check refuses what the domain does not look at, or not by the names of the API.
func (b feedBody) check(formats []string) error {
	var wrong mistakes
	if b.Format != "" && !slices.Contains(formats, b.Format) {
		wrong.fail("format", "choisissez dans la liste")
	}
	if b.Hours < 0 || b.Hours > 30*24 {
		wrong.fail("interval_hours", "entre une heure et trente jours")
	}
	if len(b.URL) > 2000 {
		wrong.fail("url", "écrivez l’adresse entière, avec https://")
	}
	return wrong.err()
}

// feedRead shows a source that is followed.
func (a *apiV1) feedRead(c echo.Context) error {
	_, f, err := a.feed(c)
	if err != nil {
		return err
	}
	return private(c, http.StatusOK, newFeed(f))
}

// feedReport tells what the last reading of a source did, that changed something.
func (a *apiV1) feedReport(c echo.Context) error {
	w, f, err := a.feed(c)
	if err != nil {
		return err
	}
	return a.sendImportReport(c, w.importer, f.LastReport, 0)
}

// refresh has a source read now.
func (a *apiV1) refresh(c echo.Context) error {
	w, f, err := a.feed(c)
	if err != nil {
		return err
	}
	if err := w.Feeder.Refresh(c.Request().Context(), f.Owner, f.ID); err != nil {
		return err
	}
	if f, err = w.feed(c.Request().Context(), f.ID); err != nil {
		return err
	}
	return private(c, http.StatusAccepted, newFeed(f))
}

// unfollow stops following a source. What it gave stays.
func (a *apiV1) unfollow(c echo.Context) error {
	w, f, err := a.feed(c)
	if err != nil {
		return err
	}
	if err := w.Feeder.Remove(c.Request().Context(), f.Owner, f.ID); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
