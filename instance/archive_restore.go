package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// RestoreArchive puts the archive of a node, made with its keys, back under the same
// address: its actors with their keys, what they published at the addresses it had,
// what they withdrew, who follows them, whom they follow, and who was asked to organise
// what. Nobody is told: for peers
// the node never left. What is newer here stays; restored again, nothing changes.
//
// ErrForbidden: it is the archive of another address, or holds no keys. ErrConflict:
// this node has published something already and is not the one of the archive.
func (n *Node) RestoreArchive(ctx context.Context, a *Archive, progress func(done int)) (ImportReport, error) {
	switch {
	case a.urls.Base() != n.urls.Base():
		return ImportReport{}, fmt.Errorf("%w : cette archive est celle de %s ; mettez base_url = %q", ErrForbidden, a.urls.Base(), a.urls.Base())
	case !a.Manifest.Keys:
		return ImportReport{}, fmt.Errorf("%w : cette archive n’a pas les clés du nœud ; faites-la avec --with-keys", ErrForbidden)
	}
	if err := n.sameNode(ctx, a); err != nil {
		return ImportReport{}, err
	}
	r := &archiveRestore{node: n, archive: a, progress: progress}
	kinds := []Kind{KindNode, KindOrganisation, KindTerritory, KindPerson}
	if err := a.things(kinds, func(kind Kind, name string) error { return r.actor(ctx, kind, name) }); err != nil {
		return r.report, err
	}
	if err := a.things(archivedKinds, func(kind Kind, name string) error { return r.object(ctx, kind, name) }); err != nil {
		return r.report, err
	}
	for _, part := range []func(context.Context) error{r.tombstones, r.follows, r.organisers, r.peers, r.media} {
		if err := part(ctx); err != nil {
			return r.report, err
		}
	}
	self, err := n.Actor(ctx, n.self.ID)
	if err == nil {
		n.self = self
	}
	return r.report, err
}

// sameNode refuses an archive on a node that has a life of its own.
func (n *Node) sameNode(ctx context.Context, a *Archive) error {
	self, err := a.actor(KindNode, n.archivePath(n.self.ID)+".json")
	if err != nil || self.Created.Equal(n.self.Created) {
		return err
	}
	_, published, err := n.Objects(ctx, ObjectFilter{Scope: ScopeLocal, Limit: 1})
	if err == nil && published > 0 {
		err = fmt.Errorf("%w : ce nœud a déjà publié, sous la même adresse et avec d’autres clés ; restaurez l’archive dans un dossier de données neuf", ErrConflict)
	}
	return err
}

type archiveRestore struct {
	node     *Node
	archive  *Archive
	report   ImportReport
	done     int
	progress func(int)
}

func (r *archiveRestore) step() {
	if r.done++; r.progress != nil {
		r.progress(r.done)
	}
}

func (r *archiveRestore) actor(ctx context.Context, kind Kind, name string) error {
	actor, err := r.archive.actor(kind, name)
	if err != nil {
		return err
	}
	private, err := r.archive.read(archiveKeys + strings.TrimSuffix(name, ".json") + ".pem")
	if err != nil {
		return err
	}
	keys, err := ParseKeys(string(private))
	if err != nil {
		return fmt.Errorf("%s : %w : %w", name, ErrInvalid, err)
	}
	if actor.KeyPEM, actor.Ed25519, err = keys.public(); err != nil {
		return err
	}
	if kind == KindTerritory {
		r.step()
	}
	return r.node.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, actor.ID); err != nil {
			return err
		}
		here, err := tx.Actor(ctx, actor.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			r.report.Created++
		case err != nil:
			return err
		case here.Created.Equal(actor.Created) && !here.Updated.Before(actor.Updated):
			r.report.Unchanged++
			return nil
		default:
			r.report.Updated++
		}
		if err := errors.Join(tx.SaveActor(ctx, actor), tx.SavePrivateKey(ctx, actor.ID, string(private))); err != nil {
			return err
		}
		return tx.Enqueue(ctx, IndexJob(actor.ID))
	})
}

func (r *archiveRestore) object(ctx context.Context, kind Kind, name string) error {
	defer r.step()
	o, err := r.archive.object(kind, name)
	if err != nil {
		return err
	}
	b := o.Common()
	b.Origin, b.Content = "", SanitiseHTML(b.Content)
	if err := o.Validate(); err != nil {
		r.report.Refused = append(r.report.Refused, RefusedRow{Kind: kind, Slug: b.Slug, Reason: err.Error()})
		return nil
	}
	document, err := r.archive.read(strings.TrimSuffix(name, ".json") + ".jsonld")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return r.save(ctx, o, document)
}

// save keeps an object unless what is here is as new.
func (r *archiveRestore) save(ctx context.Context, o Object, document []byte) error {
	b := o.Common()
	return r.node.store.Write(ctx, func(tx Tx) error {
		if err := tx.Lock(ctx, b.ID); err != nil {
			return err
		}
		here, err := tx.Object(ctx, b.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			r.report.Created++
		case err != nil:
			return err
		case !here.Common().Updated.Before(b.Updated) && here.Common().Deleted.Equal(b.Deleted), !here.Common().Deleted.IsZero():
			r.report.Unchanged++
			return nil
		default:
			r.report.Updated++
		}
		if err := tx.SaveObject(ctx, o, document); err != nil {
			return err
		}
		return tx.Enqueue(ctx, IndexJob(b.ID))
	})
}

func (r *archiveRestore) tombstones(ctx context.Context) error {
	var list []Base
	if err := r.archive.decode(archiveTombstones, &list); err != nil {
		return err
	}
	for _, was := range list {
		if kind, _, ours := r.node.urls.Parse(was.ID); !ours || kind != was.Kind || was.Deleted.IsZero() {
			return fmt.Errorf("%s : %w : %s", archiveTombstones, ErrInvalid, was.ID)
		}
		o, err := NewObject(was.Kind)
		if err != nil {
			return err
		}
		*o.Common() = was
		if err := r.save(ctx, o, nil); err != nil {
			return err
		}
	}
	return nil
}

// strangers restores actors on the other side that are not known here. Only peers' are
// taken; they are read again at their origin when they are needed.
func (r *archiveRestore) strangers(ctx context.Context, tx Tx, actors []*Actor) error {
	for _, actor := range actors {
		if r.node.urls.Local(actor.ID) || actor.Origin != Origin(actor.ID) {
			return fmt.Errorf("%w : %s n’est pas d’un autre serveur", ErrInvalid, actor.ID)
		}
		switch _, err := tx.Actor(ctx, actor.ID); {
		case err == nil:
			continue
		case !errors.Is(err, ErrNotFound):
			return err
		}
		if err := tx.SaveActor(ctx, actor); err != nil {
			return err
		}
	}
	return nil
}

// follows restores who follows whom.
func (r *archiveRestore) follows(ctx context.Context) error {
	var in archivedFollows
	if err := r.archive.decode(archiveFollows, &in); err != nil {
		return err
	}
	return r.node.store.Write(ctx, func(tx Tx) error {
		if err := r.strangers(ctx, tx, in.Actors); err != nil {
			return err
		}
		for _, f := range in.Follows {
			if _, err := tx.Follow(ctx, f.Actor, f.Object); !errors.Is(err, ErrNotFound) {
				if err != nil {
					return err
				}
				continue
			}
			if err := tx.SaveFollow(ctx, Follow{ID: f.ID, Actor: f.Actor, Object: f.Object, State: f.State, Raw: compact(f.Raw), Created: f.Created, Updated: f.Updated}); err != nil {
				return err
			}
		}
		return nil
	})
}

// compact undoes the indentation of the file around a value.
func compact(raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return nil
	}
	data, err := json.Marshal(raw)
	if err != nil {
		return nil // it was read from JSON a moment ago
	}
	return data
}

// organisers restores who was asked to organise what, by ours or of ours. What has been
// asked or answered here since stays.
func (r *archiveRestore) organisers(ctx context.Context) error {
	var in archivedOrganisers
	if err := r.archive.decode(archiveOrganisers, &in); err != nil {
		return err
	}
	return r.node.store.Write(ctx, func(tx Tx) error {
		if err := r.strangers(ctx, tx, in.Actors); err != nil {
			return err
		}
		for _, o := range in.Organisers {
			if err := r.node.archivedOrganiser(&o); err != nil {
				return err
			}
			if _, err := tx.Organiser(ctx, o.Event, o.Actor); !errors.Is(err, ErrNotFound) {
				if err != nil {
					return err
				}
				continue
			}
			if err := tx.SaveOrganiser(ctx, o); err != nil {
				return err
			}
		}
		return nil
	})
}

// archivedOrganiser checks that a question is one of ours, and that the copy that came with
// it is of the event that it is about. ErrInvalid.
func (n *Node) archivedOrganiser(o *Organiser) error {
	ours := n.urls.Local(o.Event) || n.urls.Local(o.Actor)
	copied := o.Copy == nil || o.Copy.ID == o.Event && o.Copy.Origin == Origin(o.Event) && o.Copy.Kind == KindEvent
	if !ours || !copied || !SameOrigin(o.Owner, o.Event) {
		return fmt.Errorf("%s : %w : %s", archiveOrganisers, ErrInvalid, o.Event)
	}
	if o.Copy != nil {
		o.Copy.Content = SanitiseHTML(o.Copy.Content)
	}
	return nil
}

func (r *archiveRestore) peers(ctx context.Context) error {
	var list []archivedPeer
	if err := r.archive.decode(archivePeers, &list); err != nil {
		return err
	}
	return r.node.store.Write(ctx, func(tx Tx) error {
		for _, p := range list {
			if _, err := tx.Host(ctx, p.Domain); !errors.Is(err, ErrNotFound) {
				if err != nil {
					return err
				}
				continue
			}
			if err := tx.SaveHost(ctx, Host{Domain: p.Domain, Software: p.Software, Blocked: p.Blocked}); err != nil {
				return err
			}
		}
		return nil
	})
}

// media keeps the pictures, each under the name that its bytes had.
func (r *archiveRestore) media(ctx context.Context) error {
	if r.node.media == nil {
		return nil
	}
	for name := range r.archive.Manifest.Files {
		if path.Dir(name)+"/" != archiveMedia {
			continue
		}
		data, err := r.archive.read(name)
		if err != nil {
			return err
		}
		if _, err := describePicture(data); err != nil {
			return fmt.Errorf("%s : %w : ce n’est pas une image", name, ErrInvalid)
		}
		if err := r.node.media.Save(ctx, path.Base(name), data); err != nil {
			return err
		}
	}
	return nil
}
