package federation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/maillage/maillage/instance"
)

// together is two nodes: an association of the first asks one of the second to organise
// an event with it.
type together struct {
	t         *testing.T
	ours      *peer // of the event
	theirs    *peer
	owner     *instance.Actor
	asked     *instance.Actor
	event     string // IRI
	editor    instance.Editor
	theEditor instance.Editor // of theirs
}

func newTogether(t *testing.T) *together {
	t.Helper()
	w := &together{t: t, ours: newPeer(t), theirs: newPeer(t)}
	w.owner, w.asked = w.ours.organisation("tiriad"), w.theirs.organisation("libertic")
	w.editor = w.ours.node.Editor(w.account(w.ours, w.owner))
	w.theEditor = w.theirs.node.Editor(w.account(w.theirs, w.asked))
	w.event = w.publish().Common().ID
	settleAll(t, w.ours, w.theirs)
	return w
}

func (w *together) account(p *peer, writesFor *instance.Actor) *instance.Account {
	w.t.Helper()
	a, err := p.node.NewAccount(w.t.Context(), instance.Account{
		Email: "lou@exemple.org", Name: "Lou", Role: instance.RoleContributor, Organisations: []string{writesFor.ID},
	}, "")
	w.must(err)
	return a
}

func (w *together) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *together) draft() *instance.Event {
	e := event("Cartopartie à deux")
	e.Organisers = []instance.Ref{{ID: w.owner.ID, Name: w.owner.Name, URL: w.owner.URL}, {ID: w.asked.ID, Name: "LiberTIC"}}
	return e
}

func (w *together) publish() instance.Object {
	w.t.Helper()
	found, err := w.ours.Discover(w.t.Context(), "@libertic@"+w.theirs.domain())
	w.must(err)
	if found.ID != w.asked.ID {
		w.t.Fatalf("discovered %s", found.ID)
	}
	o, err := w.editor.Publish(w.t.Context(), w.owner.ID, w.draft())
	w.must(err)
	return o
}

// answers has theirs answer, and everything travel.
func (w *together) answers(agrees bool) {
	w.t.Helper()
	w.must(w.theEditor.AnswerAsked(w.t.Context(), w.event, w.asked.ID, agrees))
	settleAll(w.t, w.theirs, w.ours)
}

// organisers are those whom a node shows for the event, as IRIs.
func (w *together) organisers(p *peer) string {
	w.t.Helper()
	o, err := p.node.Object(w.t.Context(), w.event)
	if errors.Is(err, instance.ErrNotFound) {
		return "no event"
	}
	w.must(err)
	var names []string
	for _, ref := range o.(*instance.Event).Organisers {
		switch ref.ID {
		case w.owner.ID:
			names = append(names, "owner")
		case w.asked.ID:
			names = append(names, "asked")
		default:
			names = append(names, ref.ID)
		}
	}
	return strings.Join(names, " ")
}

func (w *together) shows(ours, theirs string) {
	w.t.Helper()
	if got := w.organisers(w.ours); got != ours {
		w.t.Errorf("the node of the event shows %q, want %q", got, ours)
	}
	if got := w.organisers(w.theirs); got != theirs {
		w.t.Errorf("the node of who is asked shows %q, want %q", got, theirs)
	}
}

func (w *together) state(p *peer) instance.OrganiserState {
	w.t.Helper()
	o, err := p.node.Organiser(w.t.Context(), w.event, w.asked.ID)
	w.must(err)
	return o.State
}

func TestAnOrganiserElsewhereConfirms(t *testing.T) {
	t.Parallel()
	w := newTogether(t)
	w.shows("owner", "no event")
	if got := w.state(w.ours); got != instance.OrganiserAsked {
		t.Errorf("the node of the event says %s", got)
	}
	_, body := w.ours.get(strings.TrimPrefix(w.event, w.ours.base), typeActivity)
	if strings.Contains(string(body), w.asked.ID) {
		t.Errorf("who has not agreed is told to the world: %s", body)
	}
	asked, _, err := w.theEditor.Asked(t.Context(), instance.OrganiserAsked, 0, 10)
	w.must(err)
	if len(asked) != 1 || asked[0].Copy == nil || asked[0].Copy.Name != "Cartopartie à deux" || asked[0].Owner != w.owner.ID {
		t.Fatalf("they were asked %+v", asked)
	}

	w.answers(true)
	w.shows("owner asked", "owner asked")
	var doc struct {
		Organizers struct {
			Items []string `json:"items"`
		} `json:"organizers"`
	}
	_, body = w.ours.get(strings.TrimPrefix(w.event, w.ours.base), typeActivity)
	w.must(json.Unmarshal(body, &doc))
	if got := fmt.Sprint(doc.Organizers.Items); got != fmt.Sprint([]string{w.owner.ID, w.asked.ID}) {
		t.Errorf("organizers: %s", got)
	}
	theirs, _, err := w.theirs.node.Objects(t.Context(), instance.ObjectFilter{Kinds: []instance.Kind{instance.KindEvent}, Organisers: []string{w.asked.ID}})
	w.must(err)
	if len(theirs) != 1 {
		t.Errorf("the page of who organises has %d events", len(theirs))
	}

	// It outlives a change of the event, which reaches them though they follow nobody.
	changed := w.draft()
	changed.Name = "Cartopartie déplacée"
	_, err = w.editor.Edit(t.Context(), w.event, changed)
	w.must(err)
	settleAll(t, w.ours, w.theirs)
	w.shows("owner asked", "owner asked")
	if got := w.theirs.object(w.event).Common().Name; got != "Cartopartie déplacée" {
		t.Errorf("it is called %q there", got)
	}
	w.must(w.editor.Withdraw(t.Context(), w.event))
	settleAll(t, w.ours, w.theirs)
	if w.theirs.object(w.event).Common().Deleted.IsZero() {
		t.Error("the end of the event did not reach who organised it")
	}
}

func TestAnOrganiserElsewhereRefuses(t *testing.T) {
	t.Parallel()
	w := newTogether(t)
	w.answers(false)
	w.shows("owner", "no event")
	if got := w.state(w.ours); got != instance.OrganiserRefused {
		t.Errorf("the node of the event says %s", got)
	}
	// Named again, they are asked again, and may agree.
	_, err := w.editor.Edit(t.Context(), w.event, w.draft())
	w.must(err)
	settleAll(t, w.ours, w.theirs)
	w.answers(true)
	w.shows("owner asked", "owner asked")
}

func TestAnOrganiserLeaves(t *testing.T) {
	t.Parallel()
	w := newTogether(t)
	w.answers(true)
	w.answers(false)
	w.shows("owner", "owner")
}

func TestTheOwnerRemovesAnOrganiser(t *testing.T) {
	t.Parallel()
	w := newTogether(t)
	w.answers(true)
	alone := w.draft()
	alone.Organisers = alone.Organisers[:1]
	_, err := w.editor.Edit(t.Context(), w.event, alone)
	w.must(err)
	settleAll(t, w.ours, w.theirs)
	w.shows("owner", "owner")
	if got := w.state(w.theirs); got != instance.OrganiserWithdrawn {
		t.Errorf("they were not told: %s", got)
	}
	if err := w.theEditor.AnswerAsked(t.Context(), w.event, w.asked.ID, true); !errors.Is(err, instance.ErrGone) {
		t.Errorf("they agree to what was taken back: %v", err)
	}
}

func TestTheOwnerTakesBackWhatItAsked(t *testing.T) {
	t.Parallel()
	for name, takeBack := range map[string]func(*together) error{
		"one": func(w *together) error { return w.editor.Unask(t.Context(), w.event, w.asked.ID) },
		"all": func(w *together) error { return w.editor.Withdraw(t.Context(), w.event) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTogether(t)
			w.must(takeBack(w))
			settleAll(t, w.ours, w.theirs)
			asked, _, err := w.theEditor.Asked(t.Context(), instance.OrganiserAsked, 0, 10)
			w.must(err)
			if len(asked) != 0 || w.state(w.theirs) != instance.OrganiserWithdrawn {
				t.Errorf("they are still asked: %+v", asked)
			}
		})
	}
}

// What is said again changes nothing, and is answered again.
func TestAnOfferMadeAgain(t *testing.T) {
	t.Parallel()
	w := newTogether(t)
	w.answers(true)
	again := instance.NewJob(instance.JobOrganise, instance.OrganiseArgs{Event: w.event, Actor: w.asked.ID})
	w.must(w.theirs.store.Write(t.Context(), func(tx instance.Tx) error { return tx.Enqueue(t.Context(), again) }))
	settleAll(t, w.theirs, w.ours)
	w.shows("owner asked", "owner asked")
	offer := w.offer()
	if resp := w.offered(offer); resp.StatusCode != http.StatusAccepted {
		t.Fatalf("the offer: %d", resp.StatusCode)
	}
	settleAll(t, w.theirs, w.ours)
	w.shows("owner asked", "owner asked")
}

func (w *together) offer() string {
	w.t.Helper()
	o, err := w.ours.node.Organiser(w.t.Context(), w.event, w.asked.ID)
	w.must(err)
	return o.Offer
}

func (w *together) offered(id string) *http.Response {
	return posting{to: w.theirs, from: w.ours, as: w.owner, body: fmt.Appendf(nil,
		`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Offer","actor":%q,"object":%q,"target":%q}`,
		id, w.owner.ID, w.event, w.asked.ID)}.send()
}

// Only who is asked may answer, and only the owner of an event may ask.
func TestNobodyAnswersForAnother(t *testing.T) {
	t.Parallel()
	w := newTogether(t)
	other := w.theirs.organisation("autre")
	said := 0
	answer := func(as *instance.Actor, verb, object string) {
		t.Helper()
		said++
		body := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%s#%d","type":%q,"actor":%q,"object":%s}`,
			as.ID, said, verb, as.ID, object)
		if resp := (posting{to: w.ours, from: w.theirs, as: as, body: body}).send(); resp.StatusCode >= 500 {
			t.Errorf("%s: %d", verb, resp.StatusCode)
		}
		settleAll(t, w.ours)
	}
	offer := w.offer()
	embedded := fmt.Sprintf(`{"id":%q,"type":"Offer","actor":%q,"object":%q,"target":%q}`, offer, w.owner.ID, w.event, other.ID)
	answer(other, "Accept", fmt.Sprintf("%q", offer))
	answer(other, "Accept", embedded)
	w.shows("owner", "no event")
	answer(w.asked, "Accept", fmt.Sprintf("%q", offer)) // named only, as some do
	w.shows("owner asked", "no event")
	answer(other, "Reject", embedded)
	w.shows("owner asked", "no event")
	answer(w.asked, "Undo", fmt.Sprintf(`{"id":"%s#3","type":"Accept","actor":%q,"object":%s}`, w.asked.ID, w.asked.ID, embedded))
	w.shows("owner", "no event")

	// The event of somebody else cannot be offered.
	thief := w.ours.organisation("voleuse")
	body := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%s#1","type":"Offer","actor":%q,"object":%q,"target":%q}`,
		thief.ID, thief.ID, w.event, other.ID)
	(posting{to: w.theirs, from: w.ours, as: thief, body: body}).send()
	settleAll(t, w.theirs)
	if _, err := w.theirs.node.Organiser(t.Context(), w.event, other.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("the offer of somebody else's event: %v", err)
	}
}

// An Undo that comes first makes its Offer void.
func TestAnOfferTakenBackBeforeItCame(t *testing.T) {
	t.Parallel()
	w := newTogether(t)
	offer := w.ours.base + "/activites/autre"
	other := w.theirs.organisation("autre")
	inner := fmt.Sprintf(`{"id":%q,"type":"Offer","actor":%q,"object":%q,"target":%q}`, offer, w.owner.ID, w.event, other.ID)
	undo := fmt.Appendf(nil, `{"@context":"https://www.w3.org/ns/activitystreams","id":"%s#undo","type":"Undo","actor":%q,"object":%s}`, w.owner.ID, w.owner.ID, inner)
	posting{to: w.theirs, from: w.ours, as: w.owner, body: undo}.send()
	settleAll(t, w.theirs)
	offerBody := []byte(strings.Replace(inner, "{", `{"@context":"https://www.w3.org/ns/activitystreams",`, 1))
	posting{to: w.theirs, from: w.ours, as: w.owner, body: offerBody}.send()
	settleAll(t, w.theirs)
	if _, err := w.theirs.node.Organiser(t.Context(), w.event, other.ID); !errors.Is(err, instance.ErrNotFound) {
		t.Errorf("what was taken back is asked: %v", err)
	}
}

// A peer that names one of ours as an organiser proves nothing by it.
func TestAPeerDoesNotMakeOursOrganise(t *testing.T) {
	t.Parallel()
	a, b := newPeer(t), newPeer(t)
	a.follow(b.domain())
	settleAll(t, a, b)
	mine, theirs := a.organisation("libertic"), b.organisation("tiriad")
	claim := event("Cartopartie")
	claim.Organisers = []instance.Ref{{ID: theirs.ID, Name: theirs.Name}}
	id := b.publish(theirs, claim).Common().ID
	// Behind the back of the other node, as software without such questions does.
	forged := instance.CloneObject(b.object(id)).(*instance.Event)
	forged.Organisers = append(forged.Organisers, instance.Ref{ID: mine.ID, Name: mine.Name})
	if err := b.store.Write(context.Background(), func(tx instance.Tx) error { return tx.SaveObject(context.Background(), forged, nil) }); err != nil {
		t.Fatal(err)
	}
	settleAll(t, b, a)
	if got := a.object(id).(*instance.Event); len(got.Organisers) != 1 || got.Organisers[0].ID != theirs.ID {
		t.Errorf("organisers: %+v", got.Organisers)
	}
}
