package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/maillage/maillage/instance"
)

type peerWhyCommand struct {
	URL  string `arg:"" name:"adresse" help:"Adresse de ce qui n’est pas arrivé, ou ne se voit pas ici : un événement, une annonce, un profil."`
	JSON bool   `name:"json" help:"Pour un programme."`
}

// findings are what is known of the way of one thing between servers.
type findings struct {
	URL     string     `json:"url"`
	Known   bool       `json:"known"`
	Says    []string   `json:"findings"` // sentences, the most telling last
	Waiting []delivery `json:"waiting,omitempty"`
	GivenUp []delivery `json:"given_up,omitempty"`
}

// delivery is one job about the thing.
type delivery struct {
	Kind    string    `json:"kind"`
	What    string    `json:"what,omitempty"` // type of the activity
	To      string    `json:"to,omitempty"`   // inbox
	Attempt int       `json:"attempt"`
	Next    time.Time `json:"next_try,omitzero"`
	Failed  time.Time `json:"failed,omitzero"`
	Cause   string    `json:"cause,omitempty"`
}

func (f *findings) say(format string, args ...any) {
	f.Says = append(f.Says, fmt.Sprintf(format, args...))
}

// Run answers why something did not arrive elsewhere, or is not shown here.
func (cmd peerWhyCommand) Run(ctx context.Context, cli *commandLine) error {
	return withNode(ctx, cli, func(a *app) error {
		if instance.Origin(cmd.URL) == "" {
			return fmt.Errorf("« %s » n’est pas une adresse : écrivez-la entière, avec https://", cmd.URL)
		}
		f := &findings{URL: cmd.URL}
		find := whyNotHere
		if a.node.URLs().Local(cmd.URL) {
			find = whyNotThere
		}
		if err := find(ctx, a, f); err != nil {
			return err
		}
		if cmd.JSON {
			return printJSON(f)
		}
		f.print(a.node.Now())
		return nil
	})
}

func (f *findings) print(now time.Time) {
	for _, line := range f.Says {
		fmt.Println(line)
	}
	for _, d := range f.Waiting {
		line := fmt.Sprintf("  attend : %s, prochain essai %s", d.what(), at(d.Next, now))
		if d.Cause != "" {
			line += " : " + failure(d.Cause)
		}
		fmt.Println(line)
	}
	for _, d := range f.GivenUp {
		fmt.Printf("  abandonné %s : %s, %s\n", at(d.Failed, now), d.what(), failure(d.Cause))
	}
}

// what names a job for people: what it carries and where to, or what it does.
func (d delivery) what() string {
	if d.To != "" {
		return d.What + " " + d.To
	}
	return cmp.Or(jobWords[d.Kind], d.What, d.Kind)
}

var jobWords = map[string]string{
	instance.JobIndex: "la mise à jour de la recherche", instance.JobAnnounce: "l’annonce aux abonnés",
	instance.JobAnswer: "la réponse à qui veut suivre",
}

// whyNotThere follows something of ours on its way to other servers.
func whyNotThere(ctx context.Context, a *app, f *findings) error {
	owner, kind := "", instance.Kind("")
	switch o, err := a.node.Object(ctx, f.URL); {
	case err == nil && !o.Common().Deleted.IsZero():
		f.Known = true
		f.say("Ceci a été supprimé %s : les autres serveurs en sont prévenus.", at(o.Common().Deleted, a.node.Now()))
		owner, kind = o.Common().Owner, o.Common().Kind
	case err == nil:
		f.Known = true
		f.say("Publié ici %s, changé %s.", at(o.Common().Published, a.node.Now()), at(o.Common().Updated, a.node.Now()))
		owner, kind = o.Common().Owner, o.Common().Kind
	case !errors.Is(err, instance.ErrNotFound):
		return err
	default:
		actor, err := a.node.Actor(ctx, f.URL)
		if errors.Is(err, instance.ErrNotFound) {
			f.say("Il n’y a rien à cette adresse ici.")
			return nil
		}
		if err != nil {
			return err
		}
		f.Known, owner = true, actor.ID
	}
	if err := f.jobs(ctx, a, f.URL); err != nil {
		return err
	}
	activities, err := a.node.ActivitiesAbout(ctx, f.URL)
	if err != nil {
		return err
	}
	told := map[string]bool{owner: true, a.node.Self().ID: true}
	for _, activity := range activities {
		told[activity.Actor] = true
		if err := f.jobs(ctx, a, activity.ID); err != nil {
			return err
		}
	}
	if len(activities) == 0 && len(f.Waiting) == 0 && kind != "" {
		f.say("Rien n’en a encore été dit : vérifiez que « maillage serve » tourne.")
	}
	return f.audience(ctx, a, told)
}

// audience says to how many servers something went.
func (f *findings) audience(ctx context.Context, a *app, told map[string]bool) error {
	actors := make([]string, 0, len(told))
	for actor := range told {
		actors = append(actors, actor)
	}
	inboxes, err := a.node.FollowerInboxes(ctx, actors...)
	if err != nil {
		return err
	}
	late := map[string]bool{}
	for _, d := range append(f.Waiting[:len(f.Waiting):len(f.Waiting)], f.GivenUp...) {
		if d.To != "" {
			late[d.To] = true
		}
	}
	arrived := 0
	for _, inbox := range inboxes {
		if !late[inbox] {
			arrived++
		}
	}
	switch {
	case len(inboxes) == 0:
		f.say("Personne d’un autre serveur ne suit ce compte, ce nœud ni ses territoires : rien n’est envoyé. On peut toujours chercher l’adresse depuis l’autre serveur.")
	case len(late) == 0:
		f.say("Envoyé à %s, et reçu. Un serveur peut le recevoir sans le montrer : voyez FEDERATION.md.", some(arrived, "boîte d’abonnés", "boîtes d’abonnés"))
	default:
		f.say("Reçu par %s sur %d.", some(arrived, "boîte d’abonnés", "boîtes d’abonnés"), len(inboxes))
	}
	return nil
}

// jobs adds the jobs that name an IRI.
func (f *findings) jobs(ctx context.Context, a *app, iri string) error {
	waiting, err := a.node.Jobs(ctx, instance.JobFilter{Holds: iri, Limit: 1000})
	if err != nil {
		return err
	}
	failed, err := a.node.FailedJobs(ctx, instance.JobFilter{Holds: iri, Limit: 1000})
	if err != nil {
		return err
	}
	what := ""
	if activity, err := a.node.Activity(ctx, iri); err == nil {
		what = activity.Type
	}
	for _, job := range waiting {
		f.Waiting = append(f.Waiting, deliveryOf(job, what))
	}
	for _, job := range failed {
		f.GivenUp = append(f.GivenUp, deliveryOf(job, what))
	}
	return nil
}

func deliveryOf(job instance.JobState, what string) delivery {
	var args instance.DeliverArgs
	_ = json.Unmarshal(job.Args, &args) // of other kinds of jobs there is no inbox to read
	return delivery{Kind: job.Kind, What: what, To: args.Inbox, Attempt: job.Attempt, Next: job.RunAt, Failed: job.Failed, Cause: job.Cause}
}

// whyNotHere follows something of another server on its way to us.
func whyNotHere(ctx context.Context, a *app, f *findings) error {
	domain := instance.Origin(f.URL)
	host, err := a.node.Host(ctx, domain)
	switch {
	case err == nil && host.Blocked:
		f.say("%s est bloqué ici : rien n’en est accepté (maillage peer unblock %s).", domain, domain)
	case err == nil && host.Failures > 0:
		f.say("%s n’a pas répondu : %s", domain, failure(host.LastError))
	case err != nil && !errors.Is(err, instance.ErrNotFound):
		return err
	}
	switch _, err := a.node.Hiding(ctx, f.URL); {
	case err == nil:
		f.say("Ceci a été masqué ici par la modération.")
	case !errors.Is(err, instance.ErrNotFound):
		return err
	}
	if err := f.known(ctx, a); err != nil {
		return err
	}
	if err := f.jobs(ctx, a, f.URL); err != nil {
		return err
	}
	refused, err := a.node.FailedJobs(ctx, instance.JobFilter{Kinds: []string{instance.JobReceive}, Key: domain, Limit: 5})
	if err != nil {
		return err
	}
	for _, job := range refused {
		f.GivenUp = append(f.GivenUp, deliveryOf(job, "activité de "+domain))
	}
	return nil
}

// known says whether we have it, and else tries to read it.
func (f *findings) known(ctx context.Context, a *app) error {
	switch o, err := a.node.Object(ctx, f.URL); {
	case err == nil && !o.Common().Deleted.IsZero():
		f.Known = true
		f.say("Son serveur l’a supprimé %s.", at(o.Common().Deleted, a.node.Now()))
		return nil
	case err == nil:
		f.Known = true
		f.say("Connu ici, à la page %s.", a.node.URLs().IRI(a.node.URLs().Path(f.URL)))
		return nil
	case !errors.Is(err, instance.ErrNotFound):
		return err
	}
	switch reply, err := a.node.Reply(ctx, f.URL); {
	case err == nil:
		f.Known = true
		f.say("C’est une réponse à %s ; %s.", reply.Object, replyWords[reply.State])
		return nil
	case !errors.Is(err, instance.ErrNotFound):
		return err
	}
	actor, err := a.node.Actor(ctx, f.URL)
	switch {
	case err == nil:
		f.Known = true
		return f.actor(ctx, a, actor)
	case !errors.Is(err, instance.ErrNotFound):
		return err
	}
	f.say("Inconnu ici.")
	o, _, err := a.fed.Object(ctx, f.URL)
	if err != nil {
		f.say("On ne peut pas le lire à son adresse : %s", failure(err.Error()))
		return nil
	}
	owner := o.Common().Owner
	switch err := a.node.Wants(ctx, owner); {
	case errors.Is(err, instance.ErrNotFound):
		f.say("On peut le lire, mais personne ici ne suit %s, qui l’a publié, ni son nœud : ajoutez-le avec « maillage peer add %s ».", owner, owner)
	case err != nil:
		return err
	default:
		f.say("On peut le lire, et %s est suivi d’ici : son serveur ne nous l’a pas encore envoyé, ou l’a publié avant que nous le suivions.", owner)
	}
	return nil
}

var replyWords = map[instance.ReplyState]string{
	instance.ReplyWaiting: "elle attend d’être lue à la page /reponses", instance.ReplyShown: "elle se voit",
	instance.ReplyHidden: "la modération ne la montre pas", instance.ReplyDeleted: "son auteur l’a supprimée",
}

// actor says where the follows between an actor and ours stand.
func (f *findings) actor(ctx context.Context, a *app, actor *instance.Actor) error {
	f.say("%s est connu ici.", actor.Address(a.node.Domain()))
	switch {
	case !actor.Gone.IsZero():
		f.say("Ce compte a été supprimé.")
	case actor.MovedTo != "":
		f.say("Ce compte a déménagé : %s", actor.MovedTo)
	}
	ours, _, err := a.node.Follows(ctx, instance.FollowFilter{Object: actor.ID, Limit: 100})
	if err != nil {
		return err
	}
	for _, follow := range ours {
		f.say("%s le suit : %s.", follow.Actor, stateWords[follow.State])
	}
	theirs, n, err := a.node.Follows(ctx, instance.FollowFilter{Actor: actor.ID, Limit: 100})
	if err != nil {
		return err
	}
	for _, follow := range theirs {
		f.say("Il suit %s.", follow.Object)
	}
	if len(ours)+n == 0 {
		f.say("Personne ici ne le suit, et il ne suit personne d’ici.")
	}
	return nil
}
