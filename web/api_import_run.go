package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// importTry begins to say what importing a file would do; its report says it.
func (a *apiV1) importTry(c echo.Context) error {
	im, err := a.waitingImport(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := im.set(ctx, im.up, im.up.Settings, im.publishes); err != nil {
		return err
	}
	im.runs.start(im.holder, trialRun+im.up.ID, im.trial(*im.up)).settle(ctx)
	return im.answer(c, http.StatusAccepted)
}

// importRun imports for good what was tried, or goes on with what was stopped.
func (a *apiV1) importRun(c echo.Context) error {
	im, err := a.waitingImport(c)
	if err != nil {
		return err
	}
	if !im.tried(im.up) {
		return newProblem(http.StatusConflict, "Essayez d’abord cet import, par POST …/trial, et lisez son rapport.")
	}
	im.runs.start(im.holder, realRun+im.up.ID, im.forGood(*im.up)).settle(c.Request().Context())
	return im.answer(c, http.StatusAccepted)
}

// importStop stops a trial or an import that goes on. What was imported stays.
func (a *apiV1) importStop(c echo.Context) error {
	im, err := a.theImport(c, instance.TokenPublishes)
	if err != nil {
		return err
	}
	state, run := im.state()
	if run == nil || state != importTrying && state != importRunning {
		return newProblem(http.StatusConflict, "Rien n’est en cours qui puisse être arrêté.")
	}
	run.stop()
	run.settle(c.Request().Context())
	return im.answer(c, http.StatusAccepted)
}

// importUndo takes an import back.
func (a *apiV1) importUndo(c echo.Context) error {
	im, err := a.theImport(c, instance.TokenPublishes, instance.TokenHosts)
	if err != nil {
		return err
	}
	state, _ := im.state()
	if im.rec == nil || state == importRunning || state == importUndoing || !im.rec.Undoable(im.node.Now()) {
		return newProblem(http.StatusConflict, "Il n’y a rien à annuler : cet import n’a rien créé ni changé, est déjà annulé, ou est en cours.")
	}
	im.runs.start(im.holder, undoRun+im.rec.ID, im.undo(*im.rec)).settle(c.Request().Context())
	return im.answer(c, http.StatusAccepted)
}
