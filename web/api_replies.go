package web

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// replyJSON is what somebody elsewhere answered to a thing of ours, as those who decide
// whether it shows see it.
type replyJSON struct {
	ID        string              `json:"id"`     // names it in addresses
	IRI       string              `json:"iri"`    //
	Object    string              `json:"object"` // IRI of the thing of ours
	InReplyTo string              `json:"in_reply_to"`
	Author    string              `json:"author"` // IRI
	URL       string              `json:"url,omitempty"`
	Content   string              `json:"content"` // HTML, safe to show
	Language  string              `json:"language,omitempty"`
	State     instance.ReplyState `json:"state"`
	Published time.Time           `json:"published"`
	Received  time.Time           `json:"received"`
}

func newReply(r *instance.Reply) replyJSON {
	return replyJSON{
		ID: pathID(r.ID), IRI: r.ID, Object: r.Object, InReplyTo: r.InReplyTo, Author: r.Actor, URL: webURL(r.URL),
		Content: instance.SanitiseHTML(r.Content), Language: r.Language, State: r.State, Published: r.Published, Received: r.Received,
	}
}

// writeBackBody is what is said to a reply, in Markdown.
type writeBackBody struct {
	Content string `json:"content"`
}

// pathID stands in a path for a name that another server chose, and pathName is that name.
func pathID(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }

func pathName(id string) (string, error) {
	name, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || !utf8.Valid(name) || bytes.ContainsRune(name, 0) {
		return "", fmt.Errorf("%q: %w", id, instance.ErrNotFound)
	}
	return string(name), nil
}

// replyState reads which replies are wanted.
func (p *params) replyState() instance.ReplyState {
	if state := choice(p, "state", instance.ReplyWaiting, instance.ReplyShown, instance.ReplyHidden); state != "" {
		return state
	}
	return instance.ReplyWaiting
}

// replies lists those to be read before they are shown, or those that were.
func (a *apiV1) replies(c echo.Context) error {
	w, err := a.answerer(c)
	if err != nil {
		return err
	}
	p := newParams(c.QueryParams())
	state := p.replyState()
	page, perPage := p.paging()
	if err := p.err(); err != nil {
		return invalid(http.StatusBadRequest, err)
	}
	found, total, err := w.Replies(c.Request().Context(), state, (page-1)*perPage, perPage)
	if err != nil {
		return err
	}
	items := make([]replyJSON, len(found))
	for i := range found {
		items[i] = newReply(&found[i])
	}
	a.linkPages(c, total, page, perPage)
	return private(c, http.StatusOK, newPage(total, page, perPage, items))
}

// decideReply shows a reply under what it answers to, or hides it.
func (a *apiV1) decideReply(show bool) echo.HandlerFunc {
	return func(c echo.Context) error {
		w, err := a.answerer(c)
		if err != nil {
			return err
		}
		id, err := pathName(c.Param("id"))
		if err != nil {
			return err
		}
		ctx := c.Request().Context()
		if err := w.AnswerReply(ctx, id, show); err != nil {
			return unseen(err)
		}
		r, err := a.node.Reply(ctx, id)
		if err != nil {
			return err
		}
		return private(c, http.StatusOK, newReply(r))
	}
}

// writeBack publishes what the owner of a thing says to a reply to it.
func (a *apiV1) writeBack(c echo.Context) error {
	w, err := a.publisher(c)
	if err != nil {
		return err
	}
	var body writeBackBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	id, err := pathName(c.Param("id"))
	if err != nil {
		return err
	}
	note, err := w.WriteBack(c.Request().Context(), id, body.Content)
	if err != nil {
		return unseen(err)
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/v1/announcements/"+note.Common().Slug)
	return a.written(c, http.StatusCreated, note)
}

// unseen says of a reply that is not the token's to read the same as of one that was
// never received: who waits to be read is nobody else's business.
func unseen(err error) error {
	if errors.Is(err, instance.ErrForbidden) {
		return fmt.Errorf("%w: %w", instance.ErrNotFound, err)
	}
	return err
}
