package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/maillage/maillage/instance"
)

type orgCommand struct {
	Add orgAddCommand `cmd:"" help:"Ouvre une organisation, que l'on pourra suivre."`
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
			return fmt.Errorf("l'organisation « %s » existe déjà sur ce nœud : choisissez un autre nom court", cmd.Slug)
		}
		if err != nil {
			return err
		}
		fmt.Printf("%s est ouverte. On la suit à l'adresse %s\n", org.Name, org.Address(a.node.Domain()))
		return nil
	})
}

// organisation finds one of ours by its short name, or says which there are.
func organisation(ctx context.Context, node *instance.Node, slug string) (*instance.Actor, error) {
	org, err := node.ActorBySlug(ctx, instance.KindOrganisation, slug)
	if errors.Is(err, instance.ErrNotFound) {
		return nil, fmt.Errorf("ce nœud n'a pas d'organisation « %s » : ouvrez-la avec « maillage org add %s \"Nom complet\" »", slug, slug)
	}
	return org, err
}

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Crée un jeton ; il n'est montré qu'une fois."`
}

type tokenCreateCommand struct {
	As    string `required:"" placeholder:"ORGANISATION" help:"Organisation au nom de laquelle le jeton publie."`
	Label string `default:"jeton" placeholder:"NOM" help:"Pour le reconnaître."`
}

// Run prints a new token; only its hash is kept.
func (cmd tokenCreateCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		owner, err := organisation(ctx, a.node, cmd.As)
		if err != nil {
			return err
		}
		token, err := newToken(ctx, a.node, owner.ID, cmd.Label)
		if err != nil {
			return err
		}
		fmt.Println(token)
		return nil
	})
}

// newToken makes a bearer token of the API for an actor of ours.
func newToken(ctx context.Context, node *instance.Node, actorID, label string) (string, error) {
	var secret [20]byte
	_, _ = rand.Read(secret[:]) // never fails (crypto/rand)
	token := "maillage_" + hex.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(token))
	return token, node.Store().Write(ctx, func(tx instance.Tx) error {
		return tx.SaveToken(ctx, hex.EncodeToString(sum[:]), actorID, label)
	})
}
