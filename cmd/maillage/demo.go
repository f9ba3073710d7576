package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/maillage/maillage/instance"
)

// The facts that the demonstration publishes: real organisations, events,
// territories and guides, with no personal data.
//
//go:embed demo/*.json
var demoFiles embed.FS

type demoCommand struct {
	Ports string `default:"8080,8081" placeholder:"PORT,PORT" help:"Les deux ports, séparés par une virgule (${default} par défaut)."`
	Dir   string `type:"path" placeholder:"DOSSIER" help:"Dossier des données, gardé ; un dossier temporaire, effacé à la fin, par défaut."`
}

// demoNode is one of the two associations.
type demoNode struct {
	slug, name, website string
	departements        []string // what it publishes; nil = all that the other does not
	recipes             []string
	commune             string // slug of the territory of its example
	exampleIn           int    // days from today to its example
	app                 *app
	listener            net.Listener
}

var (
	brittany        = []string{"22", "29", "35", "56"}
	tiriadsRecipes  = []string{"organiser-une-operation-libre", "operation-libre-de-quartier", "wiki-de-territoire", "cartopartie", "residence-de-contributeurs"}
	errTwoPorts     = errors.New("--ports : donnez deux ports différents, par exemple --ports 8080,8081")
	demoDescription = "Nœud de démonstration : des faits réels, tirés de documents publics, sur les Opérations Libres et leurs partenaires, et un seul événement inventé, qui le dit."
)

// Run starts Tiriad and LiberTIC, each with its own facts, makes them follow each
// other over signed HTTP, and serves both until it is interrupted.
func (cmd demoCommand) Run(ctx context.Context) error {
	frugal()
	start := time.Now()
	nodes := []*demoNode{
		{slug: "tiriad", name: "Tiriad", website: "http://www.tiriad.org", departements: brittany, recipes: tiriadsRecipes, commune: "brest", exampleIn: 10},
		{slug: "libertic", name: "LiberTIC", website: "http://www.libertic.org", commune: "nantes", exampleIn: 17},
	}
	if err := cmd.listen(ctx, nodes); err != nil {
		return err
	}
	dir, cleanup, err := cmd.folder()
	if err != nil {
		return err
	}
	defer cleanup()

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for _, n := range nodes {
		if err := cmd.open(ctx, n, filepath.Join(dir, n.slug)); err != nil {
			return fmt.Errorf("%s : %w", n.name, err)
		}
		defer n.app.closeLogged()
		fmt.Printf("[1/3] %s : base et index ouverts dans %s\n", n.name, n.app.config.Data)
	}
	servers, serving := errgroup.WithContext(ctx)
	for _, n := range nodes {
		servers.Go(func() error { return n.app.serve(serving, n.listener) })
	}
	if err := prepare(serving, nodes); err != nil {
		stop()
		return errors.Join(ignoreCancel(err), servers.Wait())
	}
	for _, n := range nodes {
		if err := n.openAccount(ctx); err != nil {
			stop()
			return errors.Join(fmt.Errorf("%s : compte : %w", n.name, err), servers.Wait())
		}
		n.app.ready.Store(true)
	}
	printWelcome(nodes, time.Since(start))
	if err := servers.Wait(); err != nil {
		return err
	}
	fmt.Println("Arrêté proprement.")
	return nil
}

// prepare loads both nodes and makes them follow each other.
func prepare(ctx context.Context, nodes []*demoNode) error {
	data, err := instance.ReadDataset(demoFiles, "demo")
	if err != nil {
		return err
	}
	loading, loadCtx := errgroup.WithContext(ctx)
	for i, part := range split(data, nodes[0]) {
		loading.Go(func() error { return nodes[i].load(loadCtx, part) })
	}
	if err := loading.Wait(); err != nil {
		return err
	}
	peering, peerCtx := errgroup.WithContext(ctx)
	for i, n := range nodes {
		other := nodes[1-i]
		peering.Go(func() error {
			say := func(format string, args ...any) { fmt.Printf("[3/3] "+n.name+" : "+format+"\n", args...) }
			peer, err := askPeer(peerCtx, n.app, other.app.node.Domain(), say)
			if err != nil {
				return fmt.Errorf("%s : %w", n.name, err)
			}
			return awaitPeer(peerCtx, n.app, peer, 30*time.Second, say)
		})
	}
	return peering.Wait()
}

// split gives Brest and Brittany to the first node, the rest to the other.
func split(data *instance.Dataset, first *demoNode) []*instance.Dataset {
	ours := func(departement string) bool { return slices.Contains(first.departements, departement) }
	recipe := func(r instance.DatasetRecipe) bool { return slices.Contains(first.recipes, r.Slug) }
	return []*instance.Dataset{
		data.Select(ours, recipe),
		data.Select(func(d string) bool { return !ours(d) }, func(r instance.DatasetRecipe) bool { return !recipe(r) }),
	}
}

// listen takes both ports first: a busy one is said before anything is made.
func (cmd demoCommand) listen(ctx context.Context, nodes []*demoNode) error {
	ports, err := cmd.ports(len(nodes))
	if err != nil {
		return err
	}
	for i, n := range nodes {
		l, err := listen(ctx, "localhost:"+strconv.Itoa(ports[i]))
		if err != nil {
			for _, earlier := range nodes[:i] {
				_ = earlier.listener.Close()
			}
			return fmt.Errorf("%w (maillage demo --ports 8090,8091)", err)
		}
		n.listener = l
	}
	return nil
}

// ports reads the n different ports of the command line.
func (cmd demoCommand) ports(n int) ([]int, error) {
	var ports []int
	for text := range strings.SplitSeq(cmd.Ports, ",") {
		port, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || port < 1 || port > 65535 || slices.Contains(ports, port) {
			return nil, errTwoPorts
		}
		ports = append(ports, port)
	}
	if len(ports) != n {
		return nil, errTwoPorts
	}
	return ports, nil
}

func (cmd demoCommand) folder() (dir string, cleanup func(), err error) {
	if cmd.Dir != "" {
		return cmd.Dir, func() {}, os.MkdirAll(cmd.Dir, 0o750)
	}
	dir, err = os.MkdirTemp("", "maillage-demo-")
	return dir, func() { _ = os.RemoveAll(dir) }, err
}

// open builds a node on its listener: the ports are the address of a folder's nodes.
func (cmd demoCommand) open(ctx context.Context, n *demoNode, dir string) error {
	c := defaults()
	_, port, err := net.SplitHostPort(n.listener.Addr().String())
	if err != nil {
		return err
	}
	c.BaseURL, c.Listen = "http://localhost:"+port, n.listener.Addr().String()
	c.Name, c.Description, c.Data = n.name, demoDescription, dir
	c.Federation.AllowPrivate = true // the two nodes talk over loopback
	n.app, err = openApp(ctx, c, true, newLogger(slog.LevelWarn))
	if errors.Is(err, instance.ErrAddress) {
		return fmt.Errorf("le dossier %s a servi avec d’autres ports : remettez les mêmes avec --ports, ou donnez un autre dossier avec --dir", cmd.Dir)
	}
	if err != nil {
		return err
	}
	return n.app.mount()
}

// load opens the association and publishes its part of the facts.
func (n *demoNode) load(ctx context.Context, data *instance.Dataset) error {
	owner, err := n.app.node.ActorBySlug(ctx, instance.KindOrganisation, n.slug)
	if errors.Is(err, instance.ErrNotFound) {
		owner, err = n.app.node.CreateActor(ctx, instance.Actor{Kind: instance.KindOrganisation, Slug: n.slug, Name: n.name, Website: n.website})
	}
	if err != nil {
		return err
	}
	report, err := n.app.node.Import(ctx, owner.ID, data, nil)
	if err != nil {
		return err
	}
	for _, row := range report.Refused {
		return fmt.Errorf("%s : %s %s refusé : %s", n.name, row.Kind, row.Slug, row.Reason)
	}
	if err := n.publishExample(ctx, owner); err != nil {
		return fmt.Errorf("%s : exemple : %w", n.name, err)
	}
	if err := awaitPublished(ctx, n.app); err != nil {
		return err
	}
	mine, err := known(ctx, n.app.node, instance.ScopeLocal)
	fmt.Printf("[2/3] %s publie : %s\n", n.name, mine)
	return err
}

func printWelcome(nodes []*demoNode, took time.Duration) {
	fmt.Printf("\nPrêt en %s. Ouvrez :\n", lasting(took))
	for _, n := range nodes {
		base := n.app.node.URLs().Base()
		fmt.Printf("  %-9s %s    carte : %s/carte    agenda : %s/agenda\n", n.name, base, base, base)
	}
	fmt.Printf("\nUne recherche qui traverse les deux nœuds : %s/recherche?q=cartographie\n", nodes[0].app.node.URLs().Base())
	fmt.Printf("Pour publier, connectez-vous (%s/connexion) ; compte de démonstration :\n", nodes[0].app.node.URLs().Base())
	for _, n := range nodes {
		fmt.Printf("  %-9s %s    mot de passe : %s\n", n.name, n.email(), demoPassword)
	}
	fmt.Println("Ctrl-C pour arrêter.")
}

// demoPassword opens the accounts of the demonstration, which listens on loopback only.
const demoPassword = "demonstration"

func (n *demoNode) email() string { return "demo@" + n.slug + ".example" }

// openAccount opens the host's account of a node, unless its folder has one.
func (n *demoNode) openAccount(ctx context.Context) error {
	org := n.app.node.URLs().Of(instance.KindOrganisation, n.slug)
	_, err := n.app.node.NewAccount(ctx, instance.Account{
		Email: n.email(), Name: "Démonstration", Role: instance.RoleHost, Organisations: []string{org},
	}, demoPassword)
	if errors.Is(err, instance.ErrConflict) {
		return nil
	}
	return err
}
