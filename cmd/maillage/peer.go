package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

type peerCommand struct {
	Add  peerAddCommand  `cmd:"" help:"Suit un autre nœud et lit ce qu’il a publié."`
	List peerListCommand `cmd:"" help:"Montre les nœuds suivis et ce qu’on sait d’eux."`

	Status peerStatusCommand `cmd:"" help:"Dit comment vont les échanges avec chaque serveur."`
	Why    peerWhyCommand    `cmd:"" help:"Dit pourquoi une chose n’est pas arrivée ailleurs, ou ne se voit pas ici."`

	Remove  peerRemoveCommand  `cmd:"" help:"Cesse de suivre un nœud ; ce qu’il a publié reste."`
	Block   peerBlockCommand   `cmd:"" help:"N’accepte plus rien d’un serveur, ne lui envoie plus rien et cache ce qu’il a publié."`
	Unblock peerUnblockCommand `cmd:"" help:"Lève le blocage d’un serveur."`
}

type peerAddCommand struct {
	Peer string `arg:"" name:"noeud" help:"Domaine (libertic.exemple.org), identifiant (@nom@domaine) ou adresse."`
}

// Run follows a peer and waits for what comes of it.
func (cmd peerAddCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
		if !running(ctx, a) {
			say("Ce nœud ne répond pas à %s/healthz : lancez « maillage serve », sans quoi l’autre ne peut ni vérifier la demande ni y répondre.", a.node.URLs().Base())
		}
		peer, err := askPeer(ctx, a, cmd.Peer, say)
		if err != nil {
			return err
		}
		return awaitPeer(ctx, a, peer, time.Minute, say)
	})
}

// running says whether the node's own server answers.
func running(ctx context.Context, a *app) bool { return answers(ctx, a.node.URLs().Base()) }

// answers says whether a node's server answers at its address.
func answers(ctx context.Context, base string) bool {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/healthz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// askPeer finds a peer and enqueues our request to follow it.
func askPeer(ctx context.Context, a *app, what string, say func(string, ...any)) (*instance.Actor, error) {
	peer, err := a.fed.Discover(ctx, what)
	if err != nil {
		return nil, err
	}
	say("Trouvé : %s, %s", peer.Name, peer.Address(a.node.Domain()))
	if err := a.node.RequestFollow(ctx, a.node.Self().ID, peer.ID); err != nil {
		return nil, err
	}
	say("Demande de suivi envoyée à %s", peer.Origin)
	return peer, nil
}

// awaitPeer waits for the answer, then for the past to be read, and says what was learnt.
func awaitPeer(ctx context.Context, a *app, peer *instance.Actor, patience time.Duration, say func(string, ...any)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		follow, err := a.node.Follow(ctx, a.node.Self().ID, peer.ID)
		if err != nil {
			return false, err
		}
		if follow.State == instance.FollowRejected {
			return false, fmt.Errorf("%s a refusé d’être suivi", peer.Origin)
		}
		return follow.State == instance.FollowAccepted, nil
	})
	if errors.Is(err, context.DeadlineExceeded) {
		say("Pas encore de réponse de %s : la demande reste en attente (voir « maillage peer list »).", peer.Origin)
		return nil
	}
	if err != nil {
		return err
	}
	say("Accepté par %s ; lecture de ce qu’il a publié…", peer.Origin)
	if err := awaitRead(ctx, a, peer.Origin); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	learnt, err := known(context.WithoutCancel(ctx), a.node, instance.Scope(peer.Origin))
	if err == nil {
		say("Appris de %s : %s", peer.Origin, learnt)
	}
	return err
}

// awaitRead waits until everything that a peer's server sent and published has been
// read and indexed. What other servers make wait is theirs: one that is down keeps its
// jobs for days.
func awaitRead(ctx context.Context, a *app, origin string) error {
	return poll(ctx, func() (bool, error) {
		theirs, err := a.store.PendingOf(ctx, origin)
		if err != nil {
			return false, err
		}
		all, err := a.store.PendingOf(ctx, "")
		busy := all[instance.JobIndex]
		for _, kind := range []string{instance.JobBackfill, instance.JobFetch, instance.JobReceive, instance.JobFollow, instance.JobAnswer} {
			busy += theirs[kind]
		}
		return busy == 0, err
	})
}

// awaitPublished waits until everything published here is indexed and announced.
func awaitPublished(ctx context.Context, a *app) error {
	return poll(ctx, func() (bool, error) {
		pending, err := a.store.PendingOf(ctx, "")
		return pending[instance.JobIndex]+pending[instance.JobAnnounce] == 0, err
	})
}

func poll(ctx context.Context, done func() (bool, error)) error {
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

var kindWords = map[instance.Kind][2]string{
	instance.KindEvent:        {"événement", "événements"},
	instance.KindRecipe:       {"recette", "recettes"},
	instance.KindPartner:      {"fiche", "fiches"},
	instance.KindAnnouncement: {"annonce", "annonces"},
	instance.KindTerritory:    {"territoire", "territoires"},
}

// known counts what this node holds of a scope, in words.
func known(ctx context.Context, node *instance.Node, scope instance.Scope) (string, error) {
	counts := map[instance.Kind]int{}
	for _, kind := range []instance.Kind{instance.KindEvent, instance.KindRecipe, instance.KindPartner, instance.KindAnnouncement} {
		_, total, err := node.Objects(ctx, instance.ObjectFilter{Kinds: []instance.Kind{kind}, Scope: scope, Limit: 1})
		if err != nil {
			return "", err
		}
		counts[kind] = total
	}
	_, total, err := node.Actors(ctx, instance.ActorFilter{Kinds: []instance.Kind{instance.KindTerritory}, Scope: scope, Limit: 1})
	if err != nil {
		return "", err
	}
	counts[instance.KindTerritory] = total
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[kind]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, kindWords[kind][min(n, 2)-1]))
		}
	}
	if len(parts) == 0 {
		return "rien encore", nil
	}
	return strings.Join(parts, ", "), nil
}

type peerListCommand struct{}

// Run lists the nodes we follow and those that follow us.
func (peerListCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		self := a.node.Self().ID
		ours, _, err := a.node.Follows(ctx, instance.FollowFilter{Actor: self, Limit: 1000})
		if err != nil {
			return err
		}
		for _, f := range ours {
			learnt, err := known(ctx, a.node, instance.Scope(instance.Origin(f.Object)))
			if err != nil {
				return err
			}
			fmt.Printf("→ %s  %s  depuis le %s  %s\n", instance.Origin(f.Object), stateWords[f.State], f.Created.Format("02/01/2006"), learnt)
		}
		theirs, _, err := a.node.Follows(ctx, instance.FollowFilter{Object: self, Limit: 1000})
		if err != nil {
			return err
		}
		for _, f := range theirs {
			fmt.Printf("← %s nous suit\n", f.Actor)
		}
		if len(ours)+len(theirs) == 0 {
			fmt.Println("Aucun nœud suivi. Essayez : maillage peer add opl.exemple.org")
		}
		return nil
	})
}

var stateWords = map[instance.FollowState]string{
	instance.FollowPending: "en attente", instance.FollowAccepted: "suivi", instance.FollowRejected: "refusé",
}

type peerRemoveCommand struct {
	Domain string `arg:"" name:"domaine" help:"Domaine du nœud suivi."`
}

// Run ends our follows of a server's actors, and tells it.
func (cmd peerRemoveCommand) Run(ctx context.Context, cli *commandLine) error {
	domain, err := domainOf(cmd.Domain)
	if err != nil {
		return err
	}
	return withNode(ctx, cli, func(a *app) error {
		follows, _, err := a.node.Follows(ctx, instance.FollowFilter{Actor: a.node.Self().ID, Limit: 1000})
		if err != nil {
			return err
		}
		followed := false
		for _, f := range follows {
			if instance.Origin(f.Object) != domain {
				continue
			}
			if err := a.node.Unfollow(ctx, f.Actor, f.Object); err != nil {
				return err
			}
			followed = true
			fmt.Printf("%s n’est plus suivi.\n", f.Object)
		}
		if followed {
			return nil
		}
		return fmt.Errorf("%s n’est pas suivi (voir « maillage peer list »)", domain)
	})
}

type peerBlockCommand struct {
	Domain string `arg:"" name:"domaine" help:"Domaine du serveur."`
}

// Run blocks a server.
func (cmd peerBlockCommand) Run(ctx context.Context, cli *commandLine) error {
	return block(ctx, cli, cmd.Domain, true)
}

type peerUnblockCommand struct {
	Domain string `arg:"" name:"domaine" help:"Domaine du serveur."`
}

// Run lifts the block of a server.
func (cmd peerUnblockCommand) Run(ctx context.Context, cli *commandLine) error {
	return block(ctx, cli, cmd.Domain, false)
}

// domainOf reads a server's domain, with its port if any, from what a host typed or
// pasted: the domain or an address there.
func domainOf(typed string) (string, error) {
	domain := strings.ToLower(typed)
	if strings.Contains(typed, "://") {
		domain = instance.Origin(typed)
	}
	if u, err := url.Parse("https://" + domain); err != nil || u.Host != domain || u.Hostname() == "" {
		return "", fmt.Errorf("« %s » n’est pas un domaine : écrivez par exemple libertic.exemple.org", typed)
	}
	return domain, nil
}

func block(ctx context.Context, cli *commandLine, typed string, blocked bool) error {
	domain, err := domainOf(typed)
	if err != nil {
		return err
	}
	return withNode(ctx, cli, func(a *app) error {
		if domain == a.node.Domain() {
			return fmt.Errorf("%s est ce nœud-ci", domain)
		}
		change := a.node.UnblockHost
		if blocked {
			change = a.node.BlockHost
		}
		if err := change(ctx, domain); err != nil {
			return err
		}
		fmt.Println(map[bool]string{true: domain + " est bloqué ; ce qu’il a publié n’est plus montré.", false: domain + " n’est plus bloqué ; ce qu’il publie est relu."}[blocked])
		return nil
	})
}
