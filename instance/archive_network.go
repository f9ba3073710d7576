package instance

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// archivedFollow is a follow as an archive says it.
type archivedFollow struct {
	ID      string          `json:"id"`
	Actor   string          `json:"actor"`
	Object  string          `json:"object"`
	State   FollowState     `json:"state"`
	Created time.Time       `json:"created,omitzero"`
	Updated time.Time       `json:"updated,omitzero"`
	Raw     json.RawMessage `json:"raw,omitempty"`
}

// archivedFollows are the follows on both sides, and who is on the other.
type archivedFollows struct {
	Follows []archivedFollow `json:"follows"`
	Actors  []*Actor         `json:"actors"`
}

func (a *archiver) follows(ctx context.Context) error {
	out, others := archivedFollows{Follows: []archivedFollow{}}, newStrangers(a.node)
	f := FollowFilter{Limit: 1000}
	for ; ; f.Offset += f.Limit {
		page, _, err := a.node.Follows(ctx, f)
		if err != nil {
			return err
		}
		for _, follow := range page {
			out.Follows = append(out.Follows, follow.archived())
			if err := others.add(ctx, follow.Actor, follow.Object); err != nil {
				return err
			}
		}
		if len(page) < f.Limit {
			out.Actors = others.actors
			return a.json(archiveFollows, out)
		}
	}
}

// strangers are the actors of other servers that a file of an archive names, each once.
type strangers struct {
	node   *Node
	seen   map[string]bool
	actors []*Actor
}

func newStrangers(n *Node) *strangers {
	return &strangers{node: n, seen: map[string]bool{}, actors: []*Actor{}}
}

func (s *strangers) add(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if s.seen[id] || s.node.urls.Local(id) {
			continue
		}
		s.seen[id] = true
		actor, err := s.node.Actor(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		s.actors = append(s.actors, actor)
	}
	return nil
}

func (f Follow) archived() archivedFollow {
	out := archivedFollow{ID: f.ID, Actor: f.Actor, Object: f.Object, State: f.State, Created: f.Created, Updated: f.Updated}
	if json.Valid(f.Raw) {
		out.Raw = f.Raw
	}
	return out
}

// archivedOrganisers are the questions to organise events, and who is on the other side.
type archivedOrganisers struct {
	Organisers []Organiser `json:"organisers"`
	Actors     []*Actor    `json:"actors"`
}

// organisers writes who was asked to organise what, and what they said: questions that
// wait are known to nobody but the two nodes.
func (a *archiver) organisers(ctx context.Context) error {
	if !a.options.Keys {
		return nil
	}
	out, others := archivedOrganisers{Organisers: []Organiser{}}, newStrangers(a.node)
	for f := (OrganiserFilter{Limit: 500}); ; f.Offset += f.Limit {
		page, _, err := a.node.Organisers(ctx, f)
		if err != nil {
			return err
		}
		out.Organisers = append(out.Organisers, page...)
		for _, o := range page {
			if err := others.add(ctx, o.Actor, o.Owner); err != nil {
				return err
			}
		}
		if len(page) < f.Limit {
			out.Actors = others.actors
			return a.json(archiveOrganisers, out)
		}
	}
}

// archivedPeer is a server as an archive says it.
type archivedPeer struct {
	Domain   string `json:"domain"`
	Software string `json:"software,omitempty"`
	Blocked  bool   `json:"blocked,omitempty"`
}

func (a *archiver) peers(ctx context.Context) error {
	hosts, err := a.node.Hosts(ctx)
	if err != nil {
		return err
	}
	list := make([]archivedPeer, len(hosts))
	for i, h := range hosts {
		list[i] = archivedPeer{h.Domain, h.Software, h.Blocked}
	}
	slices.SortFunc(list, func(a, b archivedPeer) int { return strings.Compare(a.Domain, b.Domain) })
	return a.json(archivePeers, list)
}
