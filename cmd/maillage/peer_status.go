package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

type peerStatusCommand struct {
	Domain string `arg:"" optional:"" name:"domaine" help:"Un seul serveur ; tous sans cela."`
	JSON   bool   `name:"json" help:"Pour un programme."`
}

// hostStatus is how things stand with another server.
type hostStatus struct {
	Domain    string         `json:"domain"`
	Software  string         `json:"software,omitempty"`
	Blocked   bool           `json:"blocked,omitempty"`
	Parked    bool           `json:"parked,omitempty"`
	Following int            `json:"following"` // actors there that ours follow
	Asked     int            `json:"asked"`     // follows of ours that wait for an answer
	Followers int            `json:"followers"` // actors there that follow ours
	LastOK    time.Time      `json:"last_ok,omitzero"`
	Failures  int            `json:"failures,omitempty"` // in a row
	LastError string         `json:"last_error,omitempty"`
	NextTry   time.Time      `json:"next_try,omitzero"`
	Waiting   map[string]int `json:"waiting,omitempty"` // jobs, by kind
	GivenUp   int            `json:"given_up,omitempty"`
}

// Run says how things stand with the servers that this node knows.
func (cmd peerStatusCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		only := ""
		if cmd.Domain != "" {
			var err error
			if only, err = domainOf(cmd.Domain); err != nil {
				return err
			}
		}
		all, err := statusOfPeers(ctx, a, only)
		if err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(all)
		}
		if len(all) == 0 {
			fmt.Println("Aucun serveur connu. Essayez : maillage peer add opl.exemple.org")
		}
		for _, h := range all {
			fmt.Println(h.sentence(a.node.Now()))
		}
		return nil
	})
}

func printJSON(v any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

// statusOfPeers gathers what is known of each server: those met, and those of whom we
// follow or who follow us.
func statusOfPeers(ctx context.Context, a *app, only string) ([]*hostStatus, error) {
	known := map[string]*hostStatus{}
	of := func(domain string) *hostStatus {
		if known[domain] == nil {
			known[domain] = &hostStatus{Domain: domain}
		}
		return known[domain]
	}
	hosts, err := a.node.Hosts(ctx)
	if err != nil {
		return nil, err
	}
	now := a.node.Now()
	for _, host := range hosts {
		h := of(host.Domain)
		h.Software, h.Blocked, h.Parked = host.Software, host.Blocked, host.Parked(now)
		h.LastOK, h.Failures, h.LastError, h.NextTry = host.LastOK, host.Failures, host.LastError, host.NextAt
	}
	err = eachFollow(ctx, a, func(f instance.Follow) {
		switch ours := a.node.URLs().Local(f.Actor); {
		case !ours:
			of(instance.Origin(f.Actor)).Followers++
		case f.State == instance.FollowAccepted:
			of(instance.Origin(f.Object)).Following++
		case f.State == instance.FollowPending:
			of(instance.Origin(f.Object)).Asked++
		}
	})
	if err != nil {
		return nil, err
	}
	if only != "" {
		of(only)
		maps.DeleteFunc(known, func(domain string, _ *hostStatus) bool { return domain != only })
	}
	for domain, h := range known {
		if h.Waiting, err = a.store.PendingOf(ctx, domain); err != nil {
			return nil, err
		}
		failed, err := a.node.FailedJobs(ctx, instance.JobFilter{Key: domain, Limit: 1000})
		if err != nil {
			return nil, err
		}
		h.GivenUp = len(failed)
	}
	return slices.SortedFunc(maps.Values(known), func(a, b *hostStatus) int { return cmp.Compare(a.Domain, b.Domain) }), nil
}

// eachFollow calls see with every follow, ours and theirs.
func eachFollow(ctx context.Context, a *app, see func(instance.Follow)) error {
	const page = 1000
	for offset := 0; ; offset += page {
		follows, _, err := a.node.Follows(ctx, instance.FollowFilter{Offset: offset, Limit: page})
		if err != nil {
			return err
		}
		for _, f := range follows {
			see(f)
		}
		if len(follows) < page {
			return nil
		}
	}
}

// sentence is a server's state for a person, its worst news first.
func (h *hostStatus) sentence(now time.Time) string {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	switch {
	case h.Blocked:
		add("bloqué")
	case h.Parked:
		add("ne répond plus depuis longtemps, essayé une fois par semaine")
	case h.Failures > 0 && h.NextTry.After(now):
		add("ne répond pas (%s), prochain essai %s", some(h.Failures, "échec", "échecs de suite"), at(h.NextTry, now))
	case h.Failures > 0:
		add("a échoué %s", some(h.Failures, "fois", "fois de suite"))
	default:
		add("va bien")
	}
	if h.Software != "" {
		add("%s", h.Software)
	}
	add("%s, %s", some(h.Following, "suivi", "suivis"), some(h.Followers, "abonné", "abonnés"))
	if h.Asked > 0 {
		add("%s sans réponse", some(h.Asked, "demande", "demandes"))
	}
	if !h.LastOK.IsZero() {
		add("dernier envoi reçu %s", at(h.LastOK, now))
	}
	waiting := 0
	for _, n := range h.Waiting {
		waiting += n
	}
	if waiting > 0 {
		add("%s en attente", some(waiting, "tâche", "tâches"))
	}
	if h.GivenUp > 0 {
		add("%s", some(h.GivenUp, "tâche abandonnée", "tâches abandonnées"))
	}
	line := h.Domain + "\n  " + strings.Join(parts, " ; ")
	if h.LastError != "" {
		line += "\n  dernière erreur : " + failure(h.LastError)
	}
	return line
}

// at says when, as a person would at that moment.
func at(t, now time.Time) string {
	if day := t.Local().Format("02/01/2006"); day != now.Local().Format("02/01/2006") {
		return "le " + day + " à " + t.Local().Format("15:04")
	}
	return "à " + t.Local().Format("15:04")
}
