package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/maillage/maillage/instance"
)

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Crée un jeton ; il n’est montré qu’une fois."`
	List   tokenListCommand   `cmd:"" help:"Montre les jetons de ce nœud, ceux des comptes aussi."`
	Revoke tokenRevokeCommand `cmd:"" help:"Retire un jeton : il ne sert plus."`
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
		token, err := a.node.CreateToken(ctx, instance.Operator(), publisher(owner.ID, cmd.Label))
		if err != nil {
			return err
		}
		fmt.Println(token)
		return nil
	})
}

// publisher is a token that publishes for an actor of ours.
func publisher(actorID, label string) instance.Token {
	return instance.Token{Scope: instance.TokenPublishes, Actor: actorID, Label: label}
}

type tokenListCommand struct{}

// Run lists every token: a reference, what it may do, its label, whose it is.
func (tokenListCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		n := 0
		err := eachToken(ctx, a.node, func(t instance.Token, of *instance.Account) {
			n++
			used := "n’a pas servi"
			if !t.Used.IsZero() {
				used = "a servi " + at(t.Used, a.node.Now())
			}
			_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", reference(t), t.Words(a.node.URLs()), t.Label, of.Email, used)
		})
		if err != nil {
			return err
		}
		if n == 0 {
			fmt.Println("Aucun jeton. Essayez : maillage token create --as mon-asso")
		}
		return out.Flush()
	})
}

type tokenRevokeCommand struct {
	Token string `arg:"" name:"jeton" help:"Le jeton entier, ou ce que « maillage token list » montre de lui."`
}

// Run ends a token, whoever made it.
func (cmd tokenRevokeCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		var found []instance.Token
		hash := instance.HashSecret(cmd.Token)
		err := eachToken(ctx, a.node, func(t instance.Token, _ *instance.Account) {
			if t.Hash == hash || len(cmd.Token) >= len(reference(t)) && strings.HasPrefix(t.Hash, cmd.Token) {
				found = append(found, t)
			}
		})
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return errors.New("ce jeton n’existe pas, ou plus : « maillage token list » les montre")
		}
		if err := a.node.RevokeToken(ctx, &instance.Account{ID: found[0].Account}, found[0].Hash); err != nil {
			return err
		}
		fmt.Printf("Le jeton « %s » ne sert plus.\n", found[0].Label)
		return nil
	})
}

// reference is enough of a token's hash to name it: nothing can be done with it.
func reference(t instance.Token) string { return t.Hash[:10] }

// eachToken calls see with the tokens made on the command line, then with those of each
// account.
func eachToken(ctx context.Context, node *instance.Node, see func(instance.Token, *instance.Account)) error {
	accounts, err := node.Accounts(ctx)
	if err != nil {
		return err
	}
	for _, account := range append([]*instance.Account{instance.Operator()}, accounts...) {
		tokens, err := node.Tokens(ctx, account.ID)
		if err != nil {
			return err
		}
		for _, t := range tokens {
			see(t, account)
		}
	}
	return nil
}
