package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/federation/as2"
	"github.com/maillage/maillage/instance"
)

const (
	outboxPage     = 20 // what Mobilizon and Gancio read of the past
	collectionPage = 50
	featuredMax    = 5
)

// lister returns one page of a collection, from an offset, and how many items it
// has in all.
type lister func(ctx context.Context, offset, limit int) (items []json.RawMessage, total int, err error)

// collection serves a collection: its size and first page, or the page asked for.
func (f *Federation) collection(c echo.Context, id string, size int, list lister) error {
	page := 0
	if asked := c.QueryParam("page"); asked != "" {
		var err error
		if page, err = strconv.Atoi(asked); err != nil || page < 1 || page > 1_000_000 {
			return plain(c, http.StatusBadRequest, "pages count from 1")
		}
	}
	limit := size
	if page == 0 {
		limit = 1
	}
	items, total, err := list(c.Request().Context(), max(page-1, 0)*size, limit)
	if err != nil {
		return err
	}
	if page == 0 {
		return f.answer(c, http.StatusOK, contentTypeAS, as2.MarshalCollection(id, pageOf(id, 1), total))
	}
	next := ""
	if page*size < total {
		next = pageOf(id, page+1)
	}
	body, err := as2.MarshalPage(pageOf(id, page), id, next, items)
	if err != nil {
		return err
	}
	return f.answer(c, http.StatusOK, contentTypeAS, body)
}

func pageOf(id string, page int) string { return id + "?page=" + strconv.Itoa(page) }

// collectionOwner is the actor of ours whose collection is asked for.
func (f *Federation) collectionOwner(c echo.Context) (*instance.Actor, error) {
	return f.localActor(c.Request().Context(), f.node.URLs().IRI(path.Dir(c.Request().URL.Path)))
}

// outbox serves what an actor publishes, newest first: whole, as Mobilizon and
// Gancio read nothing else, and as it is now, so that an old version or something
// deleted never leaves by this door. The node's outbox holds what all of its
// organisations publish; a territory's, what it pointed at.
func (f *Federation) outbox(c echo.Context) error {
	actor, err := f.collectionOwner(c)
	if err != nil {
		return f.refuse(c, err)
	}
	filter := instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent, instance.KindRecipe, instance.KindAnnouncement},
		Scope: instance.ScopeLocal, Owner: actor.ID,
	}
	switch actor.Kind {
	case instance.KindTerritory:
		return f.announces(c, actor)
	case instance.KindNode:
		filter.Owner = ""
	}
	return f.collection(c, actor.ID+"/outbox", outboxPage, f.creates(filter))
}

// creates lists objects, each in the Create of its owner.
func (f *Federation) creates(filter instance.ObjectFilter) lister {
	return func(ctx context.Context, offset, limit int) ([]json.RawMessage, int, error) {
		filter.Offset, filter.Limit = offset, limit
		objects, total, err := f.node.Objects(ctx, filter)
		if err != nil {
			return nil, 0, err
		}
		env, err := f.envOf(ctx, objects...)
		if err != nil {
			return nil, 0, err
		}
		owners := map[string]*instance.Actor{}
		var items []json.RawMessage
		for _, o := range objects {
			b := o.Common()
			if owners[b.Owner] == nil {
				if owners[b.Owner], err = f.node.Actor(ctx, b.Owner); err != nil {
					return nil, 0, fmt.Errorf("owner of %s: %w", b.ID, err)
				}
			}
			id := f.activityID(string(instance.VerbCreate), b.ID)
			item, err := as2.MarshalActivity(instance.VerbCreate, id, owners[b.Owner], o, env)
			if errors.Is(err, as2.ErrTooLarge) {
				item, err = json.Marshal(b.ID) // to be fetched
			}
			if err != nil {
				return nil, 0, err
			}
			items = append(items, item)
		}
		return items, total, nil
	}
}

// announces serves a territory's outbox, page by page along the store's cursor.
func (f *Federation) announces(c echo.Context, actor *instance.Actor) error {
	id := actor.ID + "/outbox"
	cursor := c.QueryParam("cursor")
	activities, next, total, err := f.node.Outbox(c.Request().Context(), actor.ID, cursor, outboxPage)
	if err != nil {
		return f.refuse(c, err)
	}
	if c.QueryParam("page") == "" {
		return f.answer(c, http.StatusOK, contentTypeAS, as2.MarshalCollection(id, pageOf(id, 1), total))
	}
	items := make([]json.RawMessage, len(activities))
	for i, a := range activities {
		items[i] = a.Payload
	}
	pageWith := func(cursor string) string {
		if cursor == "" {
			return pageOf(id, 1)
		}
		return pageOf(id, 1) + "&cursor=" + url.QueryEscape(cursor)
	}
	if next != "" {
		next = pageWith(next)
	}
	body, err := as2.MarshalPage(pageWith(cursor), id, next, items)
	if err != nil {
		return err
	}
	return f.answer(c, http.StatusOK, contentTypeAS, body)
}

// objects pages through what a filter selects, each thing whole.
func (f *Federation) objects(filter instance.ObjectFilter) func(context.Context, int, int) ([]json.RawMessage, int, error) {
	return func(ctx context.Context, offset, limit int) ([]json.RawMessage, int, error) {
		filter.Offset, filter.Limit = offset, limit
		objects, total, err := f.node.Objects(ctx, filter)
		if err != nil {
			return nil, 0, err
		}
		env, err := f.envOf(ctx, objects...)
		if err != nil {
			return nil, 0, err
		}
		items := make([]json.RawMessage, len(objects))
		for i, o := range objects {
			if items[i], err = as2.MarshalObject(o, env); err != nil {
				return nil, 0, err
			}
		}
		return items, total, nil
	}
}

// directory serves the sheets of the partner directory, whole, in a stable order.
func (f *Federation) directory(c echo.Context) error {
	filter := instance.ObjectFilter{Kinds: []instance.Kind{instance.KindPartner}, Scope: instance.ScopeLocal, Sort: instance.ByID}
	return f.collection(c, f.node.URLs().IRI("/annuaire"), collectionPage, f.objects(filter))
}

// territories serves the territories, whole.
func (f *Federation) territories(c echo.Context) error {
	filter := instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Scope: instance.ScopeLocal}
	return f.collection(c, f.node.URLs().IRI("/territoires"), collectionPage, func(ctx context.Context, offset, limit int) ([]json.RawMessage, int, error) {
		filter.Offset, filter.Limit = offset, limit
		actors, total, err := f.node.Actors(ctx, filter)
		if err != nil {
			return nil, 0, err
		}
		items := make([]json.RawMessage, len(actors))
		for i, a := range actors {
			if items[i], err = as2.MarshalActor(a, f.env()); err != nil {
				return nil, 0, err
			}
		}
		return items, total, nil
	})
}

// followers tells how many follow an actor, and not who.
func (f *Federation) followers(c echo.Context) error {
	return f.followCount(c, "/followers", func(id string) instance.FollowFilter { return instance.FollowFilter{Object: id} })
}

// following tells how many an actor follows.
func (f *Federation) following(c echo.Context) error {
	return f.followCount(c, "/following", func(id string) instance.FollowFilter { return instance.FollowFilter{Actor: id} })
}

func (f *Federation) followCount(c echo.Context, suffix string, of func(string) instance.FollowFilter) error {
	actor, err := f.collectionOwner(c)
	if err != nil {
		return f.refuse(c, err)
	}
	filter := of(actor.ID)
	filter.State, filter.Limit = instance.FollowAccepted, 1
	_, total, err := f.node.Follows(c.Request().Context(), filter)
	if err != nil {
		return err
	}
	return f.answer(c, http.StatusOK, contentTypeAS, as2.MarshalCollection(actor.ID+suffix, "", total))
}

// featured lists what an actor puts forward, then its own next events: Mastodon shows
// them first on its profile, even to who has just found it. A territory's is empty, for
// Mastodon and GoToSocial show there only what the actor itself wrote: see upcoming.
func (f *Federation) featured(c echo.Context) error {
	actor, err := f.collectionOwner(c)
	if err != nil {
		return f.refuse(c, err)
	}
	ctx := c.Request().Context()
	chosen, err := f.node.Featured(ctx, actor)
	if err != nil {
		return err
	}
	next, _, err := f.node.Objects(ctx, instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent}, Scope: instance.ScopeLocal, Owner: actor.ID,
		From: f.node.Now(), Sort: instance.ByStart, Limit: featuredMax,
	})
	if err != nil {
		return err
	}
	ids := []string{}
	for _, o := range append(chosen, next...) {
		if id := o.Common().ID; len(ids) < featuredMax && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	body, err := json.Marshal(struct {
		Context    string   `json:"@context"`
		ID         string   `json:"id"`
		Type       string   `json:"type"`
		TotalItems int      `json:"totalItems"`
		Items      []string `json:"orderedItems"`
	}{"https://www.w3.org/ns/activitystreams", actor.ID + "/featured", "OrderedCollection", len(ids), ids})
	if err != nil {
		return err
	}
	return f.answer(c, http.StatusOK, contentTypeAS, body)
}

// upcoming lists the events to come of an actor (FEP-8a8e), soonest first: of the node,
// all of ours; of a territory, those that take place there.
func (f *Federation) upcoming(c echo.Context) error {
	actor, err := f.collectionOwner(c)
	if err != nil {
		return f.refuse(c, err)
	}
	filter := instance.ObjectFilter{
		Kinds: []instance.Kind{instance.KindEvent}, Scope: instance.ScopeLocal, From: f.node.Now(), Sort: instance.ByStart,
	}
	switch actor.Kind {
	case instance.KindNode:
	case instance.KindTerritory:
		filter.Territory = actor.ID
	default:
		filter.Owner = actor.ID
	}
	return f.collection(c, actor.ID+"/upcoming", outboxPage, f.objects(filter))
}

// activity serves a public activity of ours, unless what it is about was deleted.
func (f *Federation) activity(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := f.node.Activity(ctx, f.node.URLs().Activity(c.Param("id")))
	switch {
	case err != nil:
		return f.refuse(c, err)
	case !a.Public:
		return f.refuse(c, instance.ErrNotFound)
	}
	withdrawn, err := f.withdrawn(ctx, a)
	if err != nil {
		return err
	}
	if withdrawn {
		return f.refuse(c, instance.ErrGone)
	}
	return f.answer(c, http.StatusOK, contentTypeAS, a.Payload)
}

// context serves the JSON-LD context of our terms; a version never changes.
func (f *Federation) context(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=86400")
	return f.answer(c, http.StatusOK, "application/ld+json", as2.Context())
}
