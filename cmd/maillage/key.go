package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/maillage/maillage/instance"
)

type keyCommand struct {
	Rotate keyRotateCommand `cmd:"" help:"Remplace les clés d’un acteur de ce nœud ; ceux qui le suivent l’apprennent."`
}

type keyRotateCommand struct {
	Address string `arg:"" name:"adresse" help:"Adresse de l’acteur : son IRI, @tiriad@domaine, ou tiriad ; ou le nom court d’une organisation."`
}

// Run replaces the keys of one actor of ours.
func (cmd keyRotateCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		actor, err := localActor(ctx, a.node, cmd.Address)
		if err != nil {
			return err
		}
		if err := a.node.RotateKey(ctx, actor.ID); err != nil {
			return err
		}
		fmt.Printf("%s a de nouvelles clés. Les serveurs qui le suivent l’apprendront par un message signé de l’ancienne, dès que le nœud tourne.\n", actor.Address(a.node.Domain()))
		return nil
	})
}

// localActor finds an actor of ours by its IRI or by what people type to follow it.
func localActor(ctx context.Context, node *instance.Node, address string) (*instance.Actor, error) {
	find, key := node.ActorByHandle, address
	if strings.Contains(address, "://") {
		find = node.Actor
	} else {
		handle, domain, _ := strings.Cut(strings.TrimPrefix(address, "@"), "@")
		if domain != "" && !strings.EqualFold(domain, node.Domain()) {
			return nil, fmt.Errorf("%s n’est pas de ce nœud (%s) : on ne change que ses propres clés", address, node.Domain())
		}
		key = strings.ToLower(handle)
	}
	actor, err := find(ctx, key)
	if errors.Is(err, instance.ErrNotFound) && !strings.ContainsAny(address, "@:") { // the short name of an organisation
		actor, err = node.ActorBySlug(ctx, instance.KindOrganisation, key)
	}
	if errors.Is(err, instance.ErrNotFound) || err == nil && !actor.Local() {
		return nil, fmt.Errorf("aucun acteur de ce nœud n’a l’adresse %s : donnez son identifiant, comme @tiriad@%s", address, node.Domain())
	}
	return actor, err
}
