package web

import (
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/maillage/maillage/instance"
)

// joinBox is how people come to an event, on its page.
type joinBox struct {
	Path    string // of the event
	Open    bool   // a place may be asked for now
	Asks    bool   // the organiser answers each
	Taken   int    // seats
	Left    int    // seats; -1 without a limit
	Waiting int    // seats on the waiting list
	Mine    string // where the place of who reads this stands, "" when they have none
	Held    bool   // they have one, or wait for one
	Member  bool
	Address string // what is searched from Mobilizon
	Manage  bool   // the list of people may be seen

	Elsewhere []joinAs // in whose names a place may be asked for on another node
}

// joinAs is one in whose name somebody may come to an event of another node.
type joinAs struct {
	ID, Name, State string
	Held            bool
}

// joinBox says how people come to an event; nil when this node has no part in it.
func (r *request) joinBox(e *instance.Event) (*joinBox, error) {
	if !e.Local() {
		return r.joinElsewhere(e)
	}
	editor := r.account != nil && r.s.node.Editor(r.account).MayEdit(e)
	if e.JoinMode == instance.JoinNone && !editor {
		return nil, nil
	}
	seats, err := r.s.node.Attendance(r.ctx(), e.ID)
	if err != nil {
		return nil, err
	}
	box := &joinBox{
		Path: r.s.node.URLs().Path(e.ID), Open: e.Joinable(r.s.node.Now()), Asks: e.JoinMode == instance.JoinRestricted,
		Taken: seats.Taken, Left: seats.Left(e.Capacity), Waiting: seats.Waiting, Member: r.account != nil, Address: e.ID, Manage: editor,
	}
	if r.account == nil {
		return box, nil
	}
	p, err := r.s.node.MemberPlace(r.ctx(), r.account, e.ID)
	if errors.Is(err, instance.ErrNotFound) {
		return box, nil
	}
	if err != nil {
		return nil, err
	}
	if box.Held = holds(p.State); box.Held || p.State == instance.ParticipationRefused {
		box.Mine = r.T("join.state." + string(p.State))
	}
	return box, nil
}

// holds says that a participation is not over.
func holds(state instance.ParticipationState) bool {
	return state != instance.ParticipationLeft && state != instance.ParticipationRefused && state != instance.ParticipationCounted
}

func (r *request) joinElsewhere(e *instance.Event) (*joinBox, error) {
	if r.account == nil || !e.Joinable(r.s.node.Now()) {
		return nil, nil
	}
	actors, err := r.s.node.Editor(r.account).Actors(r.ctx())
	if err != nil || len(actors) == 0 {
		return nil, err
	}
	box := &joinBox{Path: r.s.node.URLs().Path(e.ID), Open: true, Left: -1, Member: true}
	for _, a := range actors {
		as := joinAs{ID: a.ID, Name: a.Name}
		p, err := r.s.node.Participation(r.ctx(), e.ID, a.ID)
		switch {
		case err == nil && p.State != instance.ParticipationLeft:
			as.State, as.Held = r.T("join.there."+string(p.State)), holds(p.State)
		case err != nil && !errors.Is(err, instance.ErrNotFound):
			return nil, err
		}
		box.Elsewhere = append(box.Elsewhere, as)
	}
	return box, nil
}

// joinableEvent is the event of ours whose slug is in the address.
func (r *request) joinableEvent() (*instance.Event, error) {
	e, err := r.s.eventBySlug(r.ctx(), r.Param("slug"))
	if err != nil {
		return nil, err
	}
	event, ok := e.(*instance.Event)
	switch {
	case !ok:
		return nil, instance.ErrNotFound
	case !event.Deleted.IsZero():
		return nil, instance.ErrGone
	}
	return event, nil
}

// signUpView is the form by which anyone asks for a place.
type signUpView struct {
	Event     link
	When      string
	Box       *joinBox
	Mails     bool
	Action    string
	Name      string
	Email     string
	Phone     string
	Seats     string
	Note      string
	Seal      string
	Trap      string
	Wrongs    []instance.FieldError
	Mistakes  map[string]string // by field
	Organiser string
}

// signUpPage asks who wants a place.
func (s *Server) signUpPage(r *request) error {
	return r.showSignUp(http.StatusOK, url.Values{"seats": {"1"}}, nil)
}

func (r *request) showSignUp(status int, typed url.Values, failed error) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	box, err := r.joinBox(e)
	if err != nil {
		return err
	}
	if box == nil {
		return r.Redirect(http.StatusSeeOther, r.s.node.URLs().Path(e.ID))
	}
	v := signUpView{
		Event: r.link(instance.Ref{ID: e.ID, Name: e.Name}, instance.KindEvent), When: r.objectCard(e).When, Box: box, Mails: r.s.node.Mails(),
		Action: r.Request().URL.Path, Name: typed.Get("name"), Email: typed.Get("email"), Phone: typed.Get("phone"),
		Seats: typed.Get("seats"), Note: typed.Get("note"), Seal: r.sealFor(typed, r.Request().URL.Path), Trap: trap,
		Wrongs: r.problems(failed), Mistakes: map[string]string{},
	}
	for i, wrong := range v.Wrongs {
		if !slices.Contains([]string{"name", "email", "phone", "seats", "note"}, wrong.Field) {
			v.Wrongs[i].Field = "envoyer"
		}
		v.Mistakes[v.Wrongs[i].Field] = wrong.Message
	}
	r.private()
	return r.render(status, "signup", &page{Title: r.T("join.title", e.Name), Section: "/agenda", NoIndex: true, View: v})
}

// placesByEmail is how often a letter about a place may be asked for within tryWindow
// for one address, which may be that of somebody who asked for nothing.
const placesByEmail = 6

// signUp takes the form. What comes next is the same whether the address is known or not.
func (s *Server) signUp(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	if wait, err := r.guard(posted, r.Request().URL.Path); err != nil {
		status := http.StatusUnprocessableEntity
		if wait > 0 {
			status = http.StatusTooManyRequests
			r.Response().Header().Set("Retry-After", strconv.Itoa(int(wait.Seconds())+1))
		}
		return r.showSignUp(status, posted, err)
	}
	letter := tryLimit{"place " + instance.HashSecret(strings.ToLower(strings.TrimSpace(posted.Get("email")))), placesByEmail}
	if s.node.Mails() {
		if wait := r.tries(letter); wait > 0 {
			return r.tooMany(wait)
		}
	}
	seats, _ := strconv.Atoi(posted.Get("seats")) // what is no number is refused as 0 is
	err = s.node.SignUp(r.ctx(), e.ID, instance.Participation{
		Name: posted.Get("name"), Email: posted.Get("email"), Phone: posted.Get("phone"), Note: posted.Get("note"), Seats: seats,
	})
	switch {
	case errors.Is(err, instance.ErrInvalid):
		r.succeed([]tryLimit{letter}) // nothing was sent
		return r.showSignUp(http.StatusUnprocessableEntity, posted, err)
	case errors.Is(err, instance.ErrForbidden): // closed while they typed
		r.flash("done.join.closed")
	case err != nil:
		return err
	case s.node.Mails():
		r.flash("done.join.mail")
	default:
		r.flash("done.join.desk")
	}
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(e.ID))
}

// join is the one click of a member, on an event of ours.
func (s *Server) join(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	p, err := s.node.MemberJoin(r.ctx(), r.account, e.ID)
	switch {
	case errors.Is(err, instance.ErrForbidden):
		r.flash("done.join.closed")
	case err != nil:
		return err
	default:
		r.flash("done.join." + string(p.State))
	}
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(e.ID)+"#participer")
}

// leave gives a member's place up.
func (s *Server) leave(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	if err := s.node.MemberLeave(r.ctx(), r.account, e.ID); err != nil {
		return err
	}
	r.flash("done.join.left")
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(e.ID)+"#participer")
}

// joinThere asks for a place, or gives one up, at an event of another node in the name
// of one of ours.
func (s *Server) joinThere(r *request) error {
	o, err := s.node.ObjectByKey(r.ctx(), r.Param("key"))
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	id, editor := o.Common().ID, s.node.Editor(r.account)
	if posted.Get("geste") == "quitter" {
		err = editor.LeaveElsewhere(r.ctx(), posted.Get("au-nom-de"), id)
		r.flash("done.join.left")
	} else {
		err = editor.JoinElsewhere(r.ctx(), posted.Get("au-nom-de"), id)
		r.flash("done.join.sent")
	}
	if err != nil {
		return err
	}
	return r.Redirect(http.StatusSeeOther, s.node.URLs().Path(id)+"#participer")
}

// placeView is what the link in a letter shows.
type placeNowView struct {
	Event       link
	When, State string
	Name        string
	Seats       int
	Secret      string
	Confirm     bool
	Leave       bool
}

// placePage shows somebody's place, by the secret in their letter.
func (s *Server) placePage(r *request) error {
	secret := r.secretPage()
	p, e, err := s.node.Place(r.ctx(), secret)
	if err != nil {
		return err
	}
	v := placeNowView{
		Event: r.link(instance.Ref{ID: e.ID, Name: e.Name}, instance.KindEvent), When: r.objectCard(e).When, State: r.T("join.state." + string(p.State)),
		Name: p.Name, Seats: p.Seats, Secret: secret, Confirm: p.State == instance.ParticipationUnconfirmed && e.Joinable(s.node.Now()),
		Leave: holds(p.State) && p.State != instance.ParticipationUnconfirmed,
	}
	return r.show("place", &page{Title: r.T("join.title", e.Name), NoIndex: true, View: v})
}

// changePlace confirms a place or gives it up. Not by a mere visit: mail programs follow
// links to look at them.
func (s *Server) changePlace(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	secret := posted.Get("cle")
	done := "done.join.confirmed"
	if posted.Get("geste") == "quitter" {
		done, err = "done.join.left", s.node.GiveUpPlace(r.ctx(), secret)
	} else {
		err = s.node.ConfirmPlace(r.ctx(), secret)
	}
	if errors.Is(err, instance.ErrForbidden) {
		done, err = "done.join.closed", nil
	}
	if err != nil {
		return err
	}
	r.flash(done)
	return r.Redirect(http.StatusSeeOther, "/participation?"+url.Values{"cle": {secret}}.Encode())
}

// participantsView is the organiser's list.
type participantsView struct {
	Event        link
	Path         string
	When         string
	Box          *joinBox
	Mode         instance.JoinMode
	Modes        []joinChoice
	Capacity     int
	Groups       []participantGroup
	Wrongs       []instance.FieldError
	Name, Phone  string
	Email, Seats string
}

type joinChoice struct {
	Value, Label string
	Selected     bool
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
	return r.showParticipants(http.StatusOK, url.Values{"seats": {"1"}}, nil)
}

func (r *request) showParticipants(status int, typed url.Values, failed error) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	people, err := r.s.node.Editor(r.account).Participants(r.ctx(), e.ID)
	if err != nil {
		return err
	}
	box, err := r.joinBox(e)
	if err != nil {
		return err
	}
	v := participantsView{
		Event: r.link(instance.Ref{ID: e.ID, Name: e.Name}, instance.KindEvent), Path: r.s.node.URLs().Path(e.ID), When: r.objectCard(e).When,
		Box: box, Mode: e.JoinMode, Capacity: e.Capacity, Wrongs: r.problems(failed),
		Name: typed.Get("name"), Phone: typed.Get("phone"), Email: typed.Get("email"), Seats: typed.Get("seats"),
	}
	for _, mode := range []instance.JoinMode{instance.JoinNone, instance.JoinFree, instance.JoinRestricted} {
		v.Modes = append(v.Modes, joinChoice{string(mode), r.T("join.mode." + string(mode)), mode == e.JoinMode})
	}
	for _, state := range participantOrder {
		group := participantGroup{Title: r.T("join.group." + string(state)), Answer: state == instance.ParticipationAsked}
		for _, p := range people {
			if p.State == state {
				group.People = append(group.People, r.participantRow(p))
				group.Seats += p.Seats
			}
		}
		if len(group.People) > 0 {
			v.Groups = append(v.Groups, group)
		}
	}
	return r.render(status, "participants", &page{Title: r.T("join.people.title", e.Name), Section: "/agenda", NoIndex: true, View: v})
}

func (r *request) participantRow(p instance.Participation) participantRow {
	row := participantRow{Participation: p, Since: r.published(p.Created), ViaLabel: r.T("join.via." + string(p.Via))}
	if actor := p.Actor(); actor != "" {
		if a, err := r.s.node.Actor(r.ctx(), actor); err == nil {
			row.Address = a.Address(r.s.node.Domain())
		}
	}
	return row
}

// noteParticipant adds who phoned, or came by.
func (s *Server) noteParticipant(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	seats, _ := strconv.Atoi(posted.Get("seats")) // what is no number is refused as 0 is
	_, err = s.node.Editor(r.account).NoteParticipant(r.ctx(), e.ID, instance.Participation{
		Name: posted.Get("name"), Phone: posted.Get("phone"), Email: posted.Get("email"), Seats: seats,
	})
	if errors.Is(err, instance.ErrInvalid) {
		return r.showParticipants(http.StatusUnprocessableEntity, posted, err)
	}
	if err != nil {
		return err
	}
	return r.backToParticipants("done.join.noted")
}

// answerParticipant gives, refuses or takes back one place.
func (s *Server) answerParticipant(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	editor, id := s.node.Editor(r.account), posted.Get("qui")
	switch posted.Get("geste") {
	case "accepter":
		err = editor.AnswerParticipant(r.ctx(), id, true)
	case "refuser":
		err = editor.AnswerParticipant(r.ctx(), id, false)
	case "retirer":
		err = editor.RemoveParticipant(r.ctx(), id)
	default:
		err = fmt.Errorf("answer %q: %w", posted.Get("geste"), instance.ErrNotFound)
	}
	if err != nil {
		return err
	}
	return r.backToParticipants("done.join.answered")
}

// openSignUp says who may sign up, and for how many there is room.
func (s *Server) openSignUp(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	posted, err := r.form()
	if err != nil {
		return err
	}
	capacity, err := strconv.Atoi("0" + posted.Get("capacity"))
	if err != nil || capacity > 1_000_000 {
		return r.showParticipants(http.StatusUnprocessableEntity, posted, r.fail("capacity", "écrivez un nombre de personnes, ou rien"))
	}
	err = s.node.Editor(r.account).OpenSignUp(r.ctx(), e.ID, instance.JoinMode(posted.Get("mode")), capacity)
	if errors.Is(err, instance.ErrInvalid) {
		return r.showParticipants(http.StatusUnprocessableEntity, posted, err)
	}
	if err != nil {
		return err
	}
	return r.backToParticipants("done.join.opened")
}

func (r *request) backToParticipants(done string) error {
	r.flash(done)
	return r.Redirect(http.StatusSeeOther, "/evenements/"+url.PathEscape(r.Param("slug"))+"/participants")
}

// participantsTable is the organiser's list, for a spreadsheet.
func (s *Server) participantsTable(r *request) error {
	e, err := r.joinableEvent()
	if err != nil {
		return err
	}
	people, err := s.node.Editor(r.account).Participants(r.ctx(), e.ID)
	if err != nil {
		return err
	}
	h := r.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="participants-`+e.Slug+`.csv"`)
	h.Set("Cache-Control", "no-store")
	out := csv.NewWriter(r.Response())
	out.UseCRLF = true
	_ = out.Write([]string{r.T("join.column.name"), r.T("join.column.seats"), r.T("join.column.state"), r.T("join.column.email"), r.T("join.column.phone"), r.T("join.column.note"), r.T("join.column.via"), r.T("join.column.since")})
	for _, p := range people {
		row := r.participantRow(p)
		_ = out.Write([]string{
			cell(p.Name), strconv.Itoa(p.Seats), r.T("join.group." + string(p.State)), cell(p.Email), cell(p.Phone),
			cell(p.Note), strings.TrimSpace(row.ViaLabel + " " + row.Address), p.Created.Format(time.RFC3339),
		})
	}
	out.Flush()
	return out.Error()
}
