package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// seriesBody is an event that comes back.
type seriesBody struct {
	Event  *eventDraft     `json:"event"`
	Rhythm instance.Rhythm `json:"rhythm"`
	Until  string          `json:"until"` // the last day
}

// seriesJSON is what was published: an event for each date.
type seriesJSON struct {
	Items []*instance.Event `json:"items"`
}

// publishSeries publishes an event at each of its dates.
func (a *apiV1) publishSeries(c echo.Context) error {
	w, err := a.publisher(c)
	if err != nil {
		return err
	}
	body := seriesBody{Event: &eventDraft{Event: &instance.Event{}}}
	if err := readBody(c, &body); err != nil {
		return err
	}
	if body.Event == nil || body.Event.Event == nil {
		return fieldProblem("event", "donnez l’événement de la première date")
	}
	if err := body.Event.finish(); err != nil {
		return err
	}
	event := body.Event.Event
	if err := asDraft(event, instance.KindEvent); err != nil {
		return err
	}
	until, _, err := parseInstant(body.Until, event.When.Zone)
	if err != nil {
		return fieldProblem("until", "un jour, comme 2027-06-30")
	}
	dates, err := instance.Recurrence{Rhythm: body.Rhythm, Until: until}.Occurrences(event.When)
	if err != nil {
		return inBody(err)
	}
	events, err := w.PublishSeries(c.Request().Context(), w.actor, event, dates)
	if err != nil {
		return inBody(err)
	}
	for _, e := range events {
		presentObject(e)
	}
	c.Response().Header().Set(echo.HeaderLocation, "/api/v1/events/"+events[0].Slug)
	return private(c, http.StatusCreated, seriesJSON{events})
}
