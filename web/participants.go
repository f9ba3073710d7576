package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/maillage/maillage/instance"
)

// participantsView is the organiser's list.
type participantsView struct {
	Event  link
	Path   string
	When   string
	Box    *joinBox
	Modes  []option
	Groups []participantGroup
	Form   form // who is noted at the desk, and how sign-ups are set
}

// participantGroup are the people whose places stand alike.
type participantGroup struct {
	Title  string
	Seats  int
	Answer bool // they wait for one
	People []participantRow
}

type participantRow struct {
	instance.Participation
	Since, ViaLabel, Address string
}

// participantOrder is the order of the groups: what waits for the organiser first.
var participantOrder = []instance.ParticipationState{
	instance.ParticipationAsked, instance.ParticipationAccepted, instance.ParticipationWaiting, instance.ParticipationRefused,
}

func (s *Server) participants(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	return r.showParticipants(http.StatusOK, e, placeForm(url.Values{}))
}

func (r *request) showParticipants(status int, e *instance.Event, f form) error {
	people, err := r.s.node.Editor(r.account).Participants(r.ctx(), e.ID)
	if err != nil {
		return err
	}
	box, err := r.joinBox(e)
	if err != nil {
		return err
	}
	f.begin("seats", "1")
	f.begin("mode", string(e.JoinMode))
	if e.Capacity > 0 {
		f.begin("capacity", strconv.Itoa(e.Capacity))
	}
	v := participantsView{
		Event: r.link(instance.Ref{ID: e.ID, Name: e.Name}, instance.KindEvent), Path: r.s.node.URLs().Path(e.ID), When: r.objectCard(e).When,
		Box: box, Groups: r.participantGroups(people), Form: f,
	}
	for _, mode := range []instance.JoinMode{instance.JoinNone, instance.JoinFree, instance.JoinRestricted} {
		v.Modes = append(v.Modes, option{Value: string(mode), Label: r.T("join.mode." + string(mode)), Selected: string(mode) == f.Value("mode")})
	}
	return r.render(status, "participants", &page{Title: r.T("join.people.title", e.Name), Section: "/agenda", NoIndex: true, View: v})
}

// begin fills in a field that nobody typed in yet.
func (f form) begin(field, value string) {
	if !f.values.Has(field) {
		f.values.Set(field, value)
	}
}

func (r *request) participantGroups(people []instance.Participation) []participantGroup {
	var groups []participantGroup
	for _, state := range participantOrder {
		group := participantGroup{Title: r.T("join.group." + string(state)), Answer: state == instance.ParticipationAsked}
		for _, p := range people {
			if p.State == state {
				group.People = append(group.People, r.participantRow(p))
				group.Seats += p.Seats
			}
		}
		if len(group.People) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

func (r *request) participantRow(p instance.Participation) participantRow {
	row := participantRow{Participation: p, Since: r.published(p.Created), ViaLabel: r.T("join.via." + string(p.Via))}
	if r.s.node.Unchecked(&p) {
		row.ViaLabel = r.T("join.via.unchecked")
	}
	if actor := p.Actor(); actor != "" {
		if a, err := r.s.node.Actor(r.ctx(), actor); err == nil {
			row.Address = a.Address(r.s.node.Domain())
		}
	}
	return row
}

// organising does what the organiser of an event asks about its people, and leads back
// to them; what cannot be done as it was typed is shown again.
func (r *request) organising(done string, act func(instance.Editor, *instance.Event, url.Values) error) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	switch err := act(r.s.node.Editor(r.account), e, posted); {
	case errors.Is(err, instance.ErrInvalid):
		return r.showParticipants(http.StatusUnprocessableEntity, e, r.refusedPlace(posted, err, append(personFields, "mode", "capacity")...))
	case err != nil:
		return err
	}
	r.flash(done)
	return r.Redirect(http.StatusSeeOther, r.s.node.URLs().Path(e.ID)+"/participants")
}

// noteParticipant adds who phoned, or came by.
func (s *Server) noteParticipant(r *request) error {
	return r.organising("done.join.noted", func(editor instance.Editor, e *instance.Event, posted url.Values) error {
		_, err := editor.NoteParticipant(r.ctx(), e.ID, personIn(posted))
		return err
	})
}

// answerParticipant gives, refuses or takes back one place.
func (s *Server) answerParticipant(r *request) error {
	return r.organising("done.join.answered", func(editor instance.Editor, _ *instance.Event, posted url.Values) error {
		who, act := posted.Get("qui"), posted.Get("geste")
		switch act {
		case "accepter", "refuser":
			return editor.AnswerParticipant(r.ctx(), who, act == "accepter")
		case "retirer":
			return editor.RemoveParticipant(r.ctx(), who)
		}
		return fmt.Errorf("answer %q: %w", act, instance.ErrNotFound)
	})
}

// openSignUp says who may sign up, and for how many there is room.
func (s *Server) openSignUp(r *request) error {
	return r.organising("done.join.opened", func(editor instance.Editor, e *instance.Event, posted url.Values) error {
		capacity, err := strconv.Atoi("0" + posted.Get("capacity"))
		if err != nil || capacity > 1_000_000 {
			return r.fail("capacity", "écrivez un nombre de personnes, ou rien")
		}
		return editor.OpenSignUp(r.ctx(), e.ID, instance.JoinMode(posted.Get("mode")), capacity)
	})
}
