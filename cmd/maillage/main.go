// Command maillage runs a node of the maillage network, or a demonstration of two.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // dates are told in their own zone, also on a machine without zone files

	"github.com/alecthomas/kong"
)

// version is set by the Makefile from git.
var version = "dev"

// commandLine is the whole surface of the program; each field is a subcommand with its Run method.
type commandLine struct {
	Config string `help:"Fichier de configuration ; par défaut maillage.toml, ici ou dans /etc/maillage." placeholder:"FICHIER" env:"MAILLAGE_CONFIG"`

	Demo     demoCommand     `cmd:"" help:"Lance deux nœuds de démonstration, Tiriad et LiberTIC, qui se fédèrent."`
	Init     initCommand     `cmd:"" help:"Prépare un nœud : sa configuration, son hôte, sa première organisation."`
	Serve    serveCommand    `cmd:"" help:"Lance le nœud décrit par maillage.toml."`
	Import   importCommand   `cmd:"" help:"Importe des territoires, fiches, événements et recettes."`
	Export   exportCommand   `cmd:"" help:"Écrit tout ce que le nœud publie dans une archive qu’un autre nœud reprend."`
	Backup   backupCommand   `cmd:"" help:"Sauvegarde les données du nœud, même pendant qu’il tourne."`
	Restore  restoreCommand  `cmd:"" help:"Remet une sauvegarde en place (nœud arrêté)."`
	Doctor   doctorCommand   `cmd:"" help:"Examine le nœud et dit quoi faire."`
	Peer     peerCommand     `cmd:"" help:"Suit d’autres nœuds, ou montre où l’on en est avec eux."`
	Org      orgCommand      `cmd:"" help:"Ouvre une organisation sur ce nœud."`
	User     userCommand     `cmd:"" help:"Ouvre et tient les comptes de qui publie."`
	Token    tokenCommand    `cmd:"" help:"Les jetons avec lesquels un programme publie par l’API."`
	Key      keyCommand      `cmd:"" help:"Change les clés par lesquelles ce nœud signe."`
	Communes communesCommand `cmd:"" help:"Complète ce que le nœud sait des communes."`
	Migrate  migrateCommand  `cmd:"" help:"Met la base de données au niveau de ce programme."`
	Reindex  reindexCommand  `cmd:"" help:"Reconstruit l’index de recherche depuis la base (nœud arrêté)."`
	Version  versionCommand  `cmd:"" help:"Affiche la version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C kills
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "maillage :", sentence(err))
		os.Exit(1)
	}
}

// run parses the arguments and runs one subcommand until it ends or ctx does.
func run(ctx context.Context, args []string) error {
	var cli commandLine
	parser, err := kong.New(&cli,
		kong.Name("maillage"),
		kong.Description("Un nœud fédéré pour les Opérations Libres et les tiers-lieux."),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Writers(usageWriter{os.Stdout}, usageWriter{os.Stderr}),
	)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return usageError(err)
	}
	return command.Run(&cli)
}

type versionCommand struct{}

func (versionCommand) Run() error {
	fmt.Println("maillage", version)
	return nil
}
