package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/maillage/maillage/instance"
)

type initCommand struct {
	BaseURL      string `name:"base-url" placeholder:"ADRESSE" help:"Adresse publique et définitive du nœud : https://opl.exemple.org."`
	Listen       string `placeholder:"ADRESSE:PORT" help:"Adresse et port à écouter (127.0.0.1:8080 par défaut)."`
	Name         string `placeholder:"NOM" help:"Nom du nœud, pour les gens."`
	Data         string `type:"path" placeholder:"DOSSIER" help:"Dossier des données (data par défaut)."`
	Organisation string `placeholder:"NOM" help:"Première organisation, si elle est connue."`
	Person       string `placeholder:"NOM" help:"Nom ou pseudonyme de l’hôte."`
	Email        string `placeholder:"ADRESSE" help:"Adresse e-mail de l’hôte, pour se connecter."`
	PasswordFile string `type:"existingfile" placeholder:"FICHIER" help:"Fichier qui contient le mot de passe de l’hôte ; sans lui, un lien permet de le choisir."`
	Yes          bool   `help:"Ne pose pas de question : prend les valeurs données, et celles par défaut."`
}

// Run writes maillage.toml if it is not there, opens the database, and with it the
// host's account and the first organisation.
func (cmd initCommand) Run(ctx context.Context, cli *commandLine) error {
	path := cli.Config
	if path == "" {
		path = defaultConfig
	}
	ask := asker(cmd.Yes)
	if err := cmd.configure(path, ask); err != nil {
		return err
	}
	cli.Config = path
	return withNode(ctx, cli, func(a *app) error { return cmd.openHost(ctx, a, ask) })
}

// configure writes the configuration, unless it is there: it is then left alone.
func (cmd initCommand) configure(path string, ask func(question, given, usual string) (string, error)) error {
	if _, err := os.Stat(path); err == nil {
		fmt.Printf("%s est là : il reste comme il est.\n", path)
		return nil
	}
	c := defaults()
	for _, q := range []struct {
		question, given string
		value           *string
	}{
		{"Adresse publique du nœud, définitive", cmd.BaseURL, &c.BaseURL},
		{"Adresse et port à écouter", cmd.Listen, &c.Listen},
		{"Nom du nœud", cmd.Name, &c.Name},
		{"Dossier des données", cmd.Data, &c.Data},
	} {
		usual := *q.value
		if q.value == &c.Name {
			usual = hostOf(c.BaseURL)
		}
		answer, err := ask(q.question, q.given, usual)
		if err != nil {
			return err
		}
		*q.value = answer
	}
	if err := c.validate(); err != nil {
		return err
	}
	return writeConfig(path, c)
}

// writeConfig writes what a host decides first; the rest has its defaults.
func writeConfig(path string, c config) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("%s : %s", path, because(err))
	}
	fmt.Fprintln(f, "# Configuration du nœud. Toutes les clés : docs/guide/heberger.md")
	err = toml.NewEncoder(f).Encode(struct {
		BaseURL string `toml:"base_url"`
		Listen  string `toml:"listen"`
		Name    string `toml:"name"`
		Data    string `toml:"data"`
	}{c.BaseURL, c.Listen, c.Name, c.Data})
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s : %s", path, because(err))
	}
	fmt.Printf("%s est écrit.\n", path)
	return nil
}

// openHost opens the first account, and the organisation if it is named. Without the
// host's e-mail, the link of the first steps in the browser is shown instead.
func (cmd initCommand) openHost(ctx context.Context, a *app, ask func(question, given, usual string) (string, error)) error {
	accounts, err := a.node.Accounts(ctx)
	if err != nil {
		return err
	}
	if len(accounts) > 0 {
		fmt.Println("Ce nœud a déjà ses comptes : « maillage user list » les montre.")
		return nil
	}
	answers := []string{cmd.Organisation, cmd.Person, cmd.Email}
	for i, question := range []string{"Nom de la première organisation (vide : plus tard)", "Votre nom ou pseudonyme", "Votre adresse e-mail (vide : tout se fera dans le navigateur)"} {
		if answers[i], err = ask(question, answers[i], ""); err != nil {
			return err
		}
	}
	if answers[0] != "" {
		if err := openOrganisation(ctx, a.node, answers[0]); err != nil {
			return err
		}
	}
	if answers[2] == "" {
		return printSetup(ctx, a.node)
	}
	return cmd.openAccount(ctx, a.node, answers[1], answers[2])
}

func openOrganisation(ctx context.Context, node *instance.Node, name string) error {
	org, err := node.CreateActor(ctx, instance.Actor{Kind: instance.KindOrganisation, Slug: instance.Slugify(name), Name: name})
	if errors.Is(err, instance.ErrConflict) {
		return nil // by an init before this one
	}
	if err != nil {
		return err
	}
	fmt.Printf("%s est ouverte. On la suit à l’adresse %s\n", org.Name, org.Address(node.Domain()))
	return nil
}

func (cmd initCommand) openAccount(ctx context.Context, node *instance.Node, name, email string) error {
	password := ""
	if cmd.PasswordFile != "" {
		data, err := os.ReadFile(cmd.PasswordFile)
		if err != nil {
			return fmt.Errorf("%s : %s", cmd.PasswordFile, because(err))
		}
		password = strings.TrimRight(string(data), "\r\n")
	}
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	account, err := node.NewAccount(ctx, instance.Account{Email: email, Name: name, Role: instance.RoleHost, Language: "fr"}, password)
	if err != nil {
		return err
	}
	fmt.Printf("Le compte de l’hôte, %s, est ouvert.\n", account.Email)
	if password != "" {
		fmt.Printf("Lancez le nœud avec « maillage serve », puis connectez-vous : %s/connexion\n", node.URLs().Base())
		return nil
	}
	secret, err := node.LetBackIn(ctx, account.ID, instance.ResetByHand)
	if err != nil {
		return err
	}
	fmt.Printf("Lancez le nœud avec « maillage serve », puis choisissez votre mot de passe, dans les 24 heures :\n%s\n", node.ResetLink(secret))
	return nil
}

// printSetup shows where the first account is opened in the browser, as long as
// there is none.
func printSetup(ctx context.Context, node *instance.Node) error {
	secret, err := node.Setup(ctx)
	if err != nil || secret == "" {
		return err
	}
	fmt.Printf("Ce nœud n’a pas encore de compte. Ouvrez celui de l’hôte, une fois pour toutes, à cette adresse :\n%s\n", node.SetupLink(secret))
	return nil
}

// asker asks on the terminal what was not given; with yes, or without a terminal, it
// takes the usual answer.
func asker(yes bool) func(question, given, usual string) (string, error) {
	info, err := os.Stdin.Stat()
	quiet := yes || err != nil || info.Mode()&fs.ModeCharDevice == 0
	in := bufio.NewScanner(os.Stdin)
	return func(question, given, usual string) (string, error) {
		if given != "" {
			return given, nil
		}
		if quiet {
			return usual, nil
		}
		if usual != "" {
			question += " [" + usual + "]"
		}
		fmt.Printf("%s : ", question)
		if !in.Scan() {
			return "", errors.Join(errors.New("arrêté avant la fin : relancez « maillage init »"), in.Err())
		}
		if answer := strings.TrimSpace(in.Text()); answer != "" {
			return answer, nil
		}
		return usual, nil
	}
}

// hostOf is the host of an address, "" when it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	host, _, err := net.SplitHostPort(u.Host)
	if err != nil {
		return u.Host
	}
	return host
}
