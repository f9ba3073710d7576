package instance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// IndexBatch runs JobIndex jobs: each named thing is put in the index as it stands
// now, or taken out when it is gone. The same code serves ours and the peers'.
func (n *Node) IndexBatch(ctx context.Context, jobs []Job) error {
	var put []Document
	var remove []string
	for _, job := range jobs {
		var args IndexArgs
		if err := json.Unmarshal(job.Args, &args); err != nil {
			return Cancel(fmt.Errorf("job %d: %w", job.ID, err))
		}
		switch doc, err := n.document(ctx, args.ID); {
		case errors.Is(err, ErrNotFound):
			remove = append(remove, args.ID)
		case err != nil:
			return err
		default:
			put = append(put, doc)
		}
	}
	return errors.Join(n.index.Put(ctx, put...), n.index.Remove(ctx, remove...))
}

// Reindex rebuilds the whole index from the store. progress, when not nil, is told
// the number of documents done so far.
func (n *Node) Reindex(ctx context.Context, progress func(done int)) error {
	const batch = 500
	after, done := "", 0
	return n.index.Rebuild(ctx, func(ctx context.Context) ([]Document, error) {
		for {
			ids, err := n.Indexable(ctx, after, batch)
			if err != nil || len(ids) == 0 {
				return nil, err
			}
			after = ids[len(ids)-1]
			docs := make([]Document, 0, len(ids))
			for _, id := range ids {
				doc, err := n.document(ctx, id)
				if errors.Is(err, ErrNotFound) {
					continue // withdrawn meanwhile
				}
				if err != nil {
					return nil, err
				}
				docs = append(docs, doc)
			}
			done += len(docs)
			if progress != nil {
				progress(done)
			}
			if len(docs) > 0 { // an empty batch would end the rebuild
				return docs, nil
			}
		}
	})
}

// document describes a thing for the index; ErrNotFound when it must not be there.
func (n *Node) document(ctx context.Context, id string) (Document, error) {
	o, err := n.Object(ctx, id)
	switch {
	case err == nil && o.Common().Deleted.IsZero():
		doc := n.objectDocument(o)
		return doc, n.placeWhereUsed(ctx, &doc, o.Common())
	case err == nil:
		return Document{}, fmt.Errorf("%s: %w", id, ErrNotFound)
	case !errors.Is(err, ErrNotFound):
		return Document{}, err
	}
	a, err := n.Actor(ctx, id)
	if err != nil {
		return Document{}, err
	}
	if a.Kind != KindTerritory || !a.Gone.IsZero() {
		return Document{}, fmt.Errorf("%s is not searched: %w", id, ErrNotFound)
	}
	return n.territoryDocument(a), nil
}

// placeWhereUsed puts a recipe without a place of its own in the middle of the first
// territory it names that has a position: that is where it was used.
func (n *Node) placeWhereUsed(ctx context.Context, doc *Document, b *Base) error {
	if doc.Kind != KindRecipe || doc.Point != nil {
		return nil
	}
	for _, t := range b.Territories {
		a, err := n.Actor(ctx, cmp.Or(t.ID, n.urls.Of(KindTerritory, t.Slug)))
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if a.Place != nil && a.Place.Point != nil {
			doc.Point, doc.Precision, doc.Locality = a.Place.Point, a.Place.Precision, cmp.Or(a.Place.Locality, a.Name)
			return nil
		}
	}
	return nil
}

func (n *Node) objectDocument(o Object) Document {
	b := o.Common()
	doc := Document{
		ID: b.ID, Kind: b.Kind, URL: b.URL, Path: n.urls.Path(b.ID), Origin: b.Origin,
		Name: b.Name, Summary: b.Summary, Themes: b.Themes, Updated: b.Updated,
	}
	text := words{PlainText(b.Content)}
	keywords := words{}
	keywords.labels("themes", b.Themes...)
	for _, t := range b.Territories {
		doc.Territories = append(doc.Territories, t.Slug, t.ID)
		keywords.add(t.Name)
	}
	doc.place(b.Place, &keywords)
	switch o := o.(type) {
	case *Event:
		doc.Subkind, doc.Status = o.EventKind, string(o.Status)
		doc.When = o.When
		doc.Start, doc.End = o.When.Bounds()
		keywords.labels("event_kinds", o.EventKind)
		for _, organiser := range o.Organisers {
			keywords.add(organiser.Name)
		}
		if o.PartOf != nil {
			text.add(o.PartOf.Name)
		}
	case *Recipe:
		text.recipe(o)
	case *Partner:
		doc.Subkind, doc.Roles = o.ActorKind, o.Roles
		keywords.labels("actor_kinds", o.ActorKind)
		keywords.labels("typologies", o.Typology)
		keywords.labels("ecosystem_roles", o.Roles...)
	case *Announcement:
		if doc.Name == "" {
			doc.Name = Truncate(PlainText(b.Content), 80)
		}
	}
	doc.Text, doc.Keywords = strings.Join(text, " "), keywords
	return doc
}

func (n *Node) territoryDocument(a *Actor) Document {
	doc := Document{
		ID: a.ID, Kind: KindTerritory, URL: a.URL, Path: n.urls.Path(a.ID), Origin: a.Origin,
		Name: a.Name, Summary: PlainText(a.Summary), Themes: a.Themes, Updated: a.Updated,
		Territories: []string{a.Slug, a.ID},
	}
	if a.Slug == "" { // a peer's: its own path ends with the slug
		doc.Territories[0] = a.ID[strings.LastIndexByte(a.ID, '/')+1:]
	}
	keywords := words{"@" + a.Handle}
	doc.place(a.Place, &keywords)
	if t := a.Territory; t != nil {
		doc.Subkind = t.Kind
		keywords.labels("territory_kinds", t.Kind)
		for _, code := range t.Codes {
			keywords.add(code.Value)
		}
		if t.Parent != nil {
			keywords.add(t.Parent.Name)
		}
		doc.Text = t.Note
	}
	doc.Keywords = keywords
	return doc
}

func (d *Document) place(p *Place, keywords *words) {
	if p == nil {
		return
	}
	d.Point, d.Precision, d.Locality = p.Point, p.Precision, p.Locality
	keywords.add(p.Name, p.Locality, p.PostalCode, p.INSEE, p.Departement, p.Region)
}

// words gathers what can be searched of a thing.
type words []string

func (w *words) add(more ...string) {
	for _, s := range more {
		if s != "" {
			*w = append(*w, s)
		}
	}
}

func (w *words) labels(list string, slugs ...string) {
	for _, slug := range slugs {
		if slug != "" {
			w.add(Vocabularies().Label(list, slug, "fr"))
		}
	}
}

func (w *words) recipe(r *Recipe) {
	w.add(r.Audience)
	for _, i := range r.Ingredients {
		w.add(i.Name)
	}
	for _, s := range r.Steps {
		w.add(s.Title, s.What)
	}
	for _, s := range r.Programme {
		w.add(s.Title, s.What)
	}
	for _, a := range r.Arguments {
		w.add(a.Objection, a.Answer)
	}
	w.add(r.Outputs...)
	w.add(r.Aftercare...)
}
