package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/maillage/maillage/instance"
)

// exampleSlug names the one made-up event of each node of the demonstration.
const exampleSlug = "exemple-cartopartie"

// publishExample announces an event to come: the real ones are all past, and an
// agenda, a profile or a follower's timeline would have nothing to show. In a
// folder that is kept, it gets a new date when it is past, and is left alone otherwise.
func (n *demoNode) publishExample(ctx context.Context, owner *instance.Actor) error {
	draft, err := n.example(ctx, owner)
	if err != nil {
		return err
	}
	node := n.app.node
	old, err := node.ObjectBySlug(ctx, instance.KindEvent, exampleSlug)
	if errors.Is(err, instance.ErrNotFound) {
		_, err = node.Publish(ctx, owner.ID, draft)
		return err
	}
	if err != nil {
		return err
	}
	if event, ok := old.(*instance.Event); !ok || !event.Deleted.IsZero() || !event.Over(node.Now()) {
		return nil
	}
	_, err = node.Edit(ctx, owner.ID, old.Common().ID, draft)
	return err
}

// example is an afternoon in the node's commune, which says itself that it is made up.
func (n *demoNode) example(ctx context.Context, owner *instance.Actor) (*instance.Event, error) {
	commune, err := n.app.node.ActorBySlug(ctx, instance.KindTerritory, n.commune)
	if err != nil {
		return nil, fmt.Errorf("%s : %w", n.commune, err)
	}
	place := *commune.Place
	place.Name = "" // a venue would be made up
	day := n.app.node.Now().In(instance.When{}.Location()).AddDate(0, 0, n.exampleIn)
	at := func(hour int) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, day.Location()).UTC()
	}
	return &instance.Event{
		Base: instance.Base{
			Kind: instance.KindEvent, Slug: exampleSlug,
			Name: "Exemple\u00a0: cartopartie de démonstration à " + commune.Name,
			Summary: "Cet événement est un exemple, créé par la démonstration\u00a0: il n’aura pas lieu. " +
				"Il montre ce que l’on voit d’un rendez-vous à venir, ici et chez ceux qui suivent " + commune.Name + " ou " + owner.Name + ".",
			Themes: []string{"cartographie"}, Place: &place,
			Territories: []instance.Ref{{ID: commune.ID, Slug: commune.Slug, Name: commune.Name}},
		},
		When:       instance.When{Start: at(14), End: at(17)},
		EventKind:  "cartopartie",
		Status:     instance.StatusPlanned,
		JoinMode:   instance.JoinFree,
		Capacity:   30,
		Organisers: []instance.Ref{{ID: owner.ID, Slug: owner.Slug, Name: owner.Name}},
	}, nil
}
