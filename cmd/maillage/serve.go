package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

type serveCommand struct{}

// Run serves one node until it is interrupted.
func (serveCommand) Run(ctx context.Context, cli *commandLine) error {
	frugal()
	c, err := loadConfig(cli.Config, os.Getenv)
	if err != nil {
		return err
	}
	l, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	defer l.Close()
	a, err := openApp(ctx, c, true, newLogger(c.LogLevel))
	if err != nil {
		return err
	}
	defer a.closeLogged()
	if err := a.mount(); err != nil {
		return err
	}
	a.ready.Store(true)
	fmt.Printf("%s écoute sur %s (adresse publique : %s)\n", a.node.Self().Name, l.Addr(), c.BaseURL)
	if err := printSetup(ctx, a.node); err != nil {
		return err
	}
	return a.serve(ctx, l)
}

// frugal trades a little processor time for memory, which small servers lack: the
// index holds much that lives long. GOGC, when it is set, decides.
func frugal() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

type migrateCommand struct{}

// Run opens the database, which applies what is missing, and closes it.
func (migrateCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(*app) error {
		fmt.Println("La base de données est à jour.")
		return nil
	})
}

type reindexCommand struct{}

// Run rebuilds the whole index.
func (reindexCommand) Run(ctx context.Context, cli *commandLine) error {
	c, err := configBeside(cli)
	if err != nil {
		return err
	}
	a, err := openApp(ctx, c, true, newLogger(c.LogLevel.quiet()))
	if err != nil {
		return err
	}
	defer a.closeLogged()
	if running(ctx, a) {
		return fmt.Errorf("%s répond : arrêtez le nœud avant de reconstruire son index (il le tient en mémoire)", c.BaseURL)
	}
	start := time.Now()
	if err := a.node.Reindex(ctx, func(done int) { fmt.Printf("\r%d publications indexées", done) }); err != nil {
		return err
	}
	count, err := a.index.Count(ctx)
	fmt.Printf("\rIndex reconstruit : %s en %s.\n", some(count, "publication", "publications"), lasting(time.Since(start)))
	return err
}

// configBeside is the configuration of a command that works beside a node. The node
// must be there: in the wrong folder, the command would open another one, with nothing in it.
func configBeside(cli *commandLine) (config, error) {
	c, err := loadConfig(cli.Config, os.Getenv)
	if err == nil && cli.Config == "" && c.Database == "" && !exists(usualConfig()) && !exists(c.dsn()) {
		return c, fmt.Errorf("il n’y a pas de nœud ici : allez dans le dossier de %s, ou donnez ce fichier avec --config (« maillage init » prépare un nœud)", defaultConfig)
	}
	return c, err
}

// withNode runs a subcommand on the configured node's database, beside the server
// if it runs: what it enqueues is done by the server.
func withNode(ctx context.Context, cli *commandLine, fn func(*app) error) error {
	c, err := configBeside(cli)
	if err != nil {
		return err
	}
	a, err := openApp(ctx, c, false, newLogger(c.LogLevel.quiet()))
	if err != nil {
		return err
	}
	defer a.closeLogged()
	return fn(a)
}
