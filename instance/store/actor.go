package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/maillage/maillage/instance"
)

type actorRow struct {
	bun.BaseModel `bun:"table:actors"`

	ID        string `bun:"id,pk"`
	Key       string `bun:"key"`
	Kind      string `bun:"kind"`
	Origin    string `bun:"origin"`
	Slug      string `bun:"slug"`
	Handle    string `bun:"handle"`
	SortName  string `bun:"sort_name"`
	Inbox     string `bun:"inbox"`
	InboxHost string `bun:"inbox_host"`
	Gone      int64  `bun:"gone"`
	Data      string `bun:"data"`
}

func newActorRow(a *instance.Actor) (*actorRow, error) {
	data, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode actor %s: %w", a.ID, err)
	}
	inbox := a.DeliveryInbox()
	return &actorRow{
		ID: a.ID, Key: instance.Key(a.ID), Kind: string(a.Kind), Origin: a.Origin, Slug: a.Slug, Handle: a.Handle,
		SortName: fold(a.Name), Inbox: inbox, InboxHost: instance.Origin(inbox), Gone: micros(a.Gone), Data: string(data),
	}, nil
}

func decodeActor(data string) (*instance.Actor, error) {
	a := &instance.Actor{}
	if err := json.Unmarshal([]byte(data), a); err != nil {
		return nil, fmt.Errorf("decode actor: %w", err)
	}
	return a, nil
}

// Actor implements instance.Reader.
func (r reader) Actor(ctx context.Context, id string) (*instance.Actor, error) {
	return r.actor(ctx, id, "id = ?", id)
}

// ActorByKey implements instance.Reader.
func (r reader) ActorByKey(ctx context.Context, key string) (*instance.Actor, error) {
	return r.actor(ctx, key, "key = ?", key)
}

// ActorByHandle implements instance.Reader.
func (r reader) ActorByHandle(ctx context.Context, handle string) (*instance.Actor, error) {
	return r.actor(ctx, "@"+handle, "origin = '' AND handle = ?", handle)
}

// ActorBySlug implements instance.Reader.
func (r reader) ActorBySlug(ctx context.Context, kind instance.Kind, slug string) (*instance.Actor, error) {
	return r.actor(ctx, string(kind)+"/"+slug, "origin = '' AND kind = ? AND slug = ?", kind, slug)
}

func (r reader) actor(ctx context.Context, what, where string, args ...any) (*instance.Actor, error) {
	var data string
	err := r.db.NewSelect().Table("actors").Column("data").Where(where, args...).Scan(ctx, &data)
	if err != nil {
		return nil, missing(err, "actor", what)
	}
	return decodeActor(data)
}

// Actors implements instance.Reader. Actors that are gone are left out.
func (r reader) Actors(ctx context.Context, f instance.ActorFilter) ([]*instance.Actor, int, error) {
	var rows []string
	q := r.db.NewSelect().Table("actors").Column("data").Where("gone = 0").
		OrderExpr("sort_name, id")
	if len(f.Kinds) > 0 {
		q.Where("kind IN (?)", bun.List(f.Kinds))
	}
	inScope(q, f.Scope)
	if f.Named != "" {
		begins := fold(f.Named) // letters, digits and spaces: nothing that LIKE reads
		if begins == "" {
			return nil, 0, nil
		}
		q.Where("(sort_name LIKE ? OR sort_name LIKE ?)", begins+"%", "% "+begins+"%")
	}
	total, err := page(ctx, q, &rows, f.Offset, f.Limit)
	if err != nil {
		return nil, 0, fmt.Errorf("list actors: %w", err)
	}
	actors := make([]*instance.Actor, len(rows))
	for i, data := range rows {
		if actors[i], err = decodeActor(data); err != nil {
			return nil, 0, err
		}
	}
	return actors, total, nil
}

// inScope keeps what is ours, what is not, or what came from one domain.
func inScope(q *bun.SelectQuery, scope instance.Scope) {
	switch scope {
	case instance.ScopeAll:
	case instance.ScopeLocal:
		q.Where("origin = ''")
	case instance.ScopeNetwork:
		q.Where("origin <> ''")
	default:
		q.Where("origin = ?", scope)
	}
}

// PrivateKey implements instance.Reader.
func (r reader) PrivateKey(ctx context.Context, actorID string) (string, error) {
	var pem string
	err := r.db.NewSelect().Table("private_keys").Column("pem").Where("actor = ?", actorID).Scan(ctx, &pem)
	return pem, missing(err, "private key of", actorID)
}

// SaveActor implements instance.Tx. ErrConflict: another actor of ours has the
// kind and slug, or the handle.
func (t *transaction) SaveActor(ctx context.Context, a *instance.Actor) error {
	row, err := newActorRow(a)
	if err != nil {
		return err
	}
	_, err = t.db.NewInsert().Model(row).On("CONFLICT (id) DO UPDATE").
		Set("kind = EXCLUDED.kind, origin = EXCLUDED.origin, slug = EXCLUDED.slug, handle = EXCLUDED.handle").
		Set("sort_name = EXCLUDED.sort_name, inbox = EXCLUDED.inbox, inbox_host = EXCLUDED.inbox_host").
		Set("gone = EXCLUDED.gone, data = EXCLUDED.data").
		Exec(ctx)
	return conflict(err, "actor", a.ID)
}

// SavePrivateKey implements instance.Tx. The actor must be saved first.
func (t *transaction) SavePrivateKey(ctx context.Context, actorID, pem string) error {
	_, err := t.db.NewRaw("INSERT INTO private_keys (actor, pem) VALUES (?, ?) ON CONFLICT (actor) DO UPDATE SET pem = EXCLUDED.pem", actorID, pem).Exec(ctx)
	return conflict(err, "private key of", actorID)
}
