package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// participantJSON is somebody at an event, as its organiser sees them.
type participantJSON struct {
	ID        string                      `json:"id"`
	Name      string                      `json:"name"`
	Email     string                      `json:"email,omitempty"`
	Phone     string                      `json:"phone,omitempty"`
	Note      string                      `json:"note,omitempty"`
	Actor     string                      `json:"actor,omitempty"` // IRI, of people of the fediverse
	State     instance.ParticipationState `json:"state"`
	Via       instance.Via                `json:"via"`
	Seats     int                         `json:"seats"`
	Unchecked bool                        `json:"unchecked,omitempty"` // nobody made sure that it is of whom it names
	Created   time.Time                   `json:"created"`
	Updated   time.Time                   `json:"updated"`
}

func (a *apiV1) newParticipant(p *instance.Participation) participantJSON {
	return participantJSON{
		ID: p.ID, Name: p.Name, Email: p.Email, Phone: p.Phone, Note: p.Note, Actor: p.Actor(),
		State: p.State, Via: p.Via, Seats: p.Seats, Unchecked: a.node.Unchecked(p), Created: p.Created, Updated: p.Updated,
	}
}

// participantsJSON is the organiser's list.
type participantsJSON struct {
	Taken    int               `json:"taken"`    // seats
	Waiting  int               `json:"waiting"`  // on the waiting list
	Asked    int               `json:"asked"`    // for the organiser to answer
	Capacity int               `json:"capacity"` // 0 = no limit
	Items    []participantJSON `json:"items"`
}

// deskBody is somebody who phoned, or came by.
type deskBody struct {
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone"`
	Note  string `json:"note"`
	Seats int    `json:"seats"`
}

// answerBody is what an organiser answers to somebody.
type answerBody struct {
	State instance.ParticipationState `json:"state"`
}

func (a *apiV1) participants(c echo.Context) error {
	w, e, err := a.organiser(c)
	if err != nil {
		return err
	}
	people, err := w.Participants(c.Request().Context(), e.Common().ID)
	if err != nil {
		return err
	}
	seats, err := a.node.Attendance(c.Request().Context(), e.Common().ID)
	if err != nil {
		return err
	}
	list := participantsJSON{Taken: seats.Taken, Waiting: seats.Waiting, Asked: seats.Asked, Capacity: e.Capacity, Items: []participantJSON{}}
	for i := range people {
		list.Items = append(list.Items, a.newParticipant(&people[i]))
	}
	return private(c, http.StatusOK, list)
}

func (a *apiV1) noteParticipant(c echo.Context) error {
	w, e, err := a.organiser(c)
	if err != nil {
		return err
	}
	body := deskBody{Seats: 1}
	if err := readBody(c, &body); err != nil {
		return err
	}
	p, err := w.NoteParticipant(c.Request().Context(), e.Common().ID, instance.Participation{
		Name: body.Name, Email: body.Email, Phone: body.Phone, Note: body.Note, Seats: body.Seats,
	})
	if err != nil {
		return err
	}
	return private(c, http.StatusCreated, a.newParticipant(p))
}

func (a *apiV1) answerParticipant(c echo.Context) error {
	w, p, err := a.participant(c)
	if err != nil {
		return err
	}
	var body answerBody
	if err := readBody(c, &body); err != nil {
		return err
	}
	if body.State != instance.ParticipationAccepted && body.State != instance.ParticipationRefused {
		return fieldProblem("state", "accepted ou refused")
	}
	if err := w.AnswerParticipant(c.Request().Context(), p.ID, body.State == instance.ParticipationAccepted); err != nil {
		return err
	}
	if p, err = a.node.ParticipationByID(c.Request().Context(), p.ID); err != nil {
		return err
	}
	return private(c, http.StatusOK, a.newParticipant(p))
}

func (a *apiV1) removeParticipant(c echo.Context) error {
	w, p, err := a.participant(c)
	if err != nil {
		return err
	}
	if err := w.RemoveParticipant(c.Request().Context(), p.ID); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// organiser is who the token works for, and the event in the address.
func (a *apiV1) organiser(c echo.Context) (*worker, *instance.Event, error) {
	w, err := a.publisher(c)
	if err != nil {
		return nil, nil, err
	}
	e, err := a.event(c)
	if err != nil {
		return nil, nil, err
	}
	return w, e, nil
}

// participant is that of the address, at the event of the address.
func (a *apiV1) participant(c echo.Context) (*worker, *instance.Participation, error) {
	w, e, err := a.organiser(c)
	if err != nil {
		return nil, nil, err
	}
	if !w.MayEdit(e) {
		return nil, nil, instance.ErrForbidden
	}
	p, err := a.node.ParticipationByID(c.Request().Context(), c.Param("participant"))
	if err == nil && p.Event != e.ID {
		err = fmt.Errorf("participant %s of %s: %w", p.ID, e.ID, instance.ErrNotFound)
	}
	return w, p, err
}
