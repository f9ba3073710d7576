package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/maillage/maillage/instance"
)

type userCommand struct {
	Add           userAddCommand           `cmd:"" help:"Invite quelqu’un : affiche un lien qui ouvre son compte."`
	List          userListCommand          `cmd:"" help:"Liste les comptes."`
	Role          userRoleCommand          `cmd:"" help:"Change le rôle d’un compte."`
	Organisations userOrganisationsCommand `cmd:"" help:"Dit pour quelles organisations un compte écrit."`
	Reset         userResetCommand         `cmd:"" help:"Affiche un lien pour choisir un nouveau mot de passe."`
	Close         userCloseCommand         `cmd:"" help:"Ferme un compte : il ne peut plus se connecter."`
	Reopen        userReopenCommand        `cmd:"" help:"Rouvre un compte fermé."`
}

type userAddCommand struct {
	Email string   `arg:"" help:"Adresse e-mail de la personne."`
	Role  string   `default:"contributor" enum:"contributor,moderator,host" placeholder:"ROLE" help:"contributor, moderator ou host."`
	Org   []string `placeholder:"NOM-COURT" help:"Organisations pour lesquelles elle écrira."`
}

// Run prints the link of an invitation. On a node without account it is the host's.
func (cmd userAddCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		accounts, err := a.node.Accounts(ctx)
		if err != nil {
			return err
		}
		role := instance.Role(cmd.Role)
		if len(accounts) == 0 {
			role = instance.RoleHost
		}
		orgs, err := organisationIDs(ctx, a.node, cmd.Org)
		if err != nil {
			return err
		}
		secret, err := a.node.Invite(ctx, instance.Operator(), cmd.Email, role, orgs...)
		if err != nil {
			return err
		}
		fmt.Printf("Donnez ce lien à %s, et à personne d’autre ; il sert une fois, pendant 14 jours :\n%s\n", cmd.Email, a.node.InvitationLink(secret))
		return nil
	})
}

// organisationIDs are the IRIs of organisations given by their short names.
func organisationIDs(ctx context.Context, node *instance.Node, slugs []string) ([]string, error) {
	ids := make([]string, len(slugs))
	for i, slug := range slugs {
		org, err := organisation(ctx, node, slug)
		if err != nil {
			return nil, err
		}
		ids[i] = org.ID
	}
	return ids, nil
}

// roleWords are the roles as people say them.
var roleWords = map[instance.Role]string{
	instance.RoleContributor: "contribution", instance.RoleModerator: "modération", instance.RoleHost: "hôte",
}

type userListCommand struct{}

// Run prints one line for each account.
func (userListCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		accounts, err := a.node.Accounts(ctx)
		if err != nil {
			return err
		}
		if len(accounts) == 0 {
			fmt.Println("Ce nœud n’a pas encore de compte : « maillage init » ouvre celui de l’hôte.")
			return nil
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "E-MAIL\tNOM\tRÔLE\tORGANISATIONS\tVU")
		for _, account := range accounts {
			var slugs []string
			for _, id := range account.Organisations {
				if _, slug, ok := a.node.URLs().Parse(id); ok {
					slugs = append(slugs, slug)
				}
			}
			seen := "jamais"
			if !account.LastSeen.IsZero() {
				seen = account.LastSeen.Format("02/01/2006")
			}
			if !account.Closed.IsZero() {
				seen = "fermé"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", account.Email, account.Name, roleWords[account.Role], strings.Join(slugs, ", "), seen)
		}
		return table.Flush()
	})
}

type userRoleCommand struct {
	Email string `arg:"" help:"Adresse e-mail du compte."`
	Role  string `arg:"" name:"role" enum:"contributor,moderator,host" help:"contributor, moderator ou host."`
}

// Run changes a role and leaves the organisations.
func (cmd userRoleCommand) Run(ctx context.Context, cli *commandLine) error {
	return withAccount(ctx, cli, cmd.Email, func(a *app, account *instance.Account) error {
		role := instance.Role(cmd.Role)
		if err := a.node.SetMember(ctx, instance.Operator(), account.ID, role, account.Organisations...); err != nil {
			return err
		}
		fmt.Printf("%s : %s.\n", account.Email, roleWords[role])
		return nil
	})
}

type userOrganisationsCommand struct {
	Email string   `arg:"" help:"Adresse e-mail du compte."`
	Slugs []string `arg:"" optional:"" name:"nom-court" help:"Les organisations, par leur nom court ; aucune : il n’écrit plus pour personne."`
}

// Run replaces the organisations of an account.
func (cmd userOrganisationsCommand) Run(ctx context.Context, cli *commandLine) error {
	return withAccount(ctx, cli, cmd.Email, func(a *app, account *instance.Account) error {
		ids, err := organisationIDs(ctx, a.node, cmd.Slugs)
		if err != nil {
			return err
		}
		if err := a.node.SetMember(ctx, instance.Operator(), account.ID, account.Role, ids...); err != nil {
			return err
		}
		fmt.Printf("%s écrit pour : %s.\n", account.Email, strings.Join(slices.Concat(cmd.Slugs, none(cmd.Slugs)), ", "))
		return nil
	})
}

// none is the word for an empty list.
func none(list []string) []string {
	if len(list) > 0 {
		return nil
	}
	return []string{"personne"}
}

type userResetCommand struct {
	Email string `arg:"" help:"Adresse e-mail du compte."`
}

// Run prints a way back in.
func (cmd userResetCommand) Run(ctx context.Context, cli *commandLine) error {
	return withAccount(ctx, cli, cmd.Email, func(a *app, account *instance.Account) error {
		if !account.Closed.IsZero() {
			return fmt.Errorf("le compte %s est fermé : rouvrez-le d’abord avec « maillage user reopen %s »", account.Email, account.Email)
		}
		secret, err := a.node.LetBackIn(ctx, account.ID, instance.ResetByHand)
		if err != nil {
			return err
		}
		fmt.Printf("Donnez ce lien à %s, et à personne d’autre ; il sert une fois, pendant 24 heures :\n%s\n", account.Name, a.node.ResetLink(secret))
		return nil
	})
}

type userCloseCommand struct {
	Email string `arg:"" help:"Adresse e-mail du compte."`
}

// Run closes an account.
func (cmd userCloseCommand) Run(ctx context.Context, cli *commandLine) error {
	return withAccount(ctx, cli, cmd.Email, func(a *app, account *instance.Account) error {
		if err := a.node.CloseAccount(ctx, instance.Operator(), account.ID); err != nil {
			return err
		}
		fmt.Printf("Le compte %s est fermé. Ce qu’il a publié reste.\n", account.Email)
		return nil
	})
}

type userReopenCommand struct {
	Email string `arg:"" help:"Adresse e-mail du compte."`
}

// Run opens a closed account again.
func (cmd userReopenCommand) Run(ctx context.Context, cli *commandLine) error {
	return withAccount(ctx, cli, cmd.Email, func(a *app, account *instance.Account) error {
		if err := a.node.ReopenAccount(ctx, instance.Operator(), account.ID); err != nil {
			return err
		}
		fmt.Printf("Le compte %s est rouvert.\n", account.Email)
		return nil
	})
}

// withAccount runs a subcommand on one account, found by its e-mail.
func withAccount(ctx context.Context, cli *commandLine, email string, fn func(*app, *instance.Account) error) error {
	return withNode(ctx, cli, func(a *app) error {
		account, err := a.node.AccountByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
		if errors.Is(err, instance.ErrNotFound) {
			return fmt.Errorf("aucun compte n’a l’adresse %s : « maillage user list » les montre tous", email)
		}
		if err != nil {
			return err
		}
		return fn(a, account)
	})
}
