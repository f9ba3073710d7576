package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/maillage/maillage/instance"
)

type orgCommand struct {
	Add   orgAddCommand   `cmd:"" help:"Ouvre une organisation, que l’on pourra suivre."`
	Alias orgAliasCommand `cmd:"" help:"Déclare une ancienne adresse d’une organisation qui vient d’un autre nœud."`
	Move  orgMoveCommand  `cmd:"" help:"Dit qu’une organisation vit désormais ailleurs ; ses abonnés la suivent."`
}

type orgAddCommand struct {
	Slug    string `arg:"" name:"nom-court" help:"Nom court, en minuscules : tiriad."`
	Name    string `arg:"" name:"nom" help:"Nom complet : « Tiriad »."`
	Website string `placeholder:"ADRESSE" help:"Site web."`
}

// Run opens an organisation on the node.
func (cmd orgAddCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		org, err := a.node.CreateActor(ctx, instance.Actor{Kind: instance.KindOrganisation, Slug: cmd.Slug, Name: cmd.Name, Website: cmd.Website})
		if errors.Is(err, instance.ErrConflict) {
			return fmt.Errorf("l’organisation « %s » existe déjà sur ce nœud : choisissez un autre nom court", cmd.Slug)
		}
		if err != nil {
			return err
		}
		fmt.Printf("%s est ouverte. On la suit à l’adresse %s\n", org.Name, org.Address(a.node.Domain()))
		return nil
	})
}

type orgAliasCommand struct {
	Slug   string `arg:"" name:"nom-court" help:"Organisation de ce nœud."`
	Alias  string `arg:"" name:"adresse" help:"Adresse de son ancien profil : https://ancien.exemple.org/organisations/tiriad"`
	Remove bool   `help:"Retire cette adresse."`
}

// Run says that an organisation of ours is also the one at another address.
func (cmd orgAliasCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		org, err := organisation(ctx, a.node, cmd.Slug)
		if err != nil {
			return err
		}
		if err := a.node.SetAlias(ctx, org.ID, cmd.Alias, !cmd.Remove); err != nil {
			return err
		}
		if cmd.Remove {
			fmt.Printf("%s n’est plus aussi %s.\n", org.Name, cmd.Alias)
			return nil
		}
		fmt.Printf("%s dit maintenant qu’elle est aussi %s.\nLà-bas, annoncez le déménagement (sur un nœud maillage : « maillage org move NOM-COURT %s »).\n",
			org.Name, cmd.Alias, org.ID)
		return nil
	})
}

type orgMoveCommand struct {
	Slug string `arg:"" name:"nom-court" help:"Organisation de ce nœud."`
	To   string `arg:"" optional:"" name:"adresse" help:"Son nouveau profil : https://nouveau.exemple.org/organisations/tiriad, ou @tiriad@nouveau.exemple.org"`
	Undo bool   `help:"Annule : l’organisation publie de nouveau ici."`
}

// Run tells the followers of an organisation of ours where it lives now.
func (cmd orgMoveCommand) Run(ctx context.Context, cli *commandLine) error {
	if (cmd.To == "") != cmd.Undo {
		return errors.New("donnez l’adresse du nouveau profil, ou --undo pour annuler un déménagement")
	}
	return withNode(ctx, cli, func(a *app) error {
		org, err := organisation(ctx, a.node, cmd.Slug)
		if err != nil {
			return err
		}
		if cmd.Undo {
			if err := a.node.Stay(ctx, org.ID); err != nil {
				return err
			}
			fmt.Printf("%s publie de nouveau ici. Les abonnés qui ont déjà suivi le déménagement ne reviennent pas d’eux-mêmes.\n", org.Name)
			return nil
		}
		target, err := a.fed.Move(ctx, org.ID, cmd.To)
		if errors.Is(err, instance.ErrConflict) {
			return fmt.Errorf("%s a déjà déménagé à %s : annulez d’abord avec « maillage org move %s --undo »", org.Name, org.MovedTo, cmd.Slug)
		}
		if err != nil {
			return err
		}
		fmt.Printf("%s vit désormais à %s. Ses abonnés en sont prévenus, et leurs serveurs la suivent là-bas.\n"+
			"Ici, ce qu’elle a publié reste en ligne ; elle n’y publie plus rien de nouveau.\nPour annuler : « maillage org move %s --undo ».\n",
			org.Name, target.ID, cmd.Slug)
		return nil
	})
}

// organisation finds one of ours by its short name, or says which there are.
func organisation(ctx context.Context, node *instance.Node, slug string) (*instance.Actor, error) {
	org, err := node.ActorBySlug(ctx, instance.KindOrganisation, slug)
	if errors.Is(err, instance.ErrNotFound) {
		return nil, fmt.Errorf("ce nœud n’a pas d’organisation « %s » : ouvrez-la avec « maillage org add %s \"Nom complet\" »", slug, slug)
	}
	return org, err
}
