package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/maillage/maillage/instance"
)

// send does what the button that was pressed says.
func (w *writing) send(values url.Values, file []byte) error {
	action := values.Get("action")
	values.Del("action")
	values.Del("brouillon")
	w.form.Values = values
	if err := w.form.picture(file); err != nil {
		return err
	}
	if w.form.rearrange() || w.form.locating() {
		return w.show(http.StatusOK)
	}
	w.form.final = action == "publier" || action == "apercu"
	o, err := w.object()
	if err != nil {
		return err
	}
	switch action {
	case "publier":
		return w.publish(o)
	case "apercu":
		return w.preview(o)
	}
	return w.keep(o)
}

// object is what the form says, upon what is being changed.
func (w *writing) object() (o instance.Object, err error) {
	if w.old != nil {
		o = instance.CloneObject(w.old)
	} else if o, err = instance.NewObject(w.of.kind); err != nil {
		return nil, err
	}
	w.readCommon(o.Common())
	w.of.read(w.form, o)
	w.addTerritory(o.Common())
	return o, nil
}

// actor is who publishes: the one chosen, or the only one there is.
func (w *writing) actor() string {
	if w.old != nil {
		return w.old.Common().Owner
	}
	if by := w.form.Get("by"); by != "" || len(w.actors) == 0 {
		return by
	}
	return w.actors[0].ID
}

// save keeps the form as a draft.
func (w *writing) save(o instance.Object) error {
	d := instance.Draft{Actor: w.actor(), Object: o, Form: w.form.Values}
	if w.draft != nil {
		d.ID = w.draft.ID
	}
	if w.old != nil {
		d.Edits = w.old.Common().ID
	}
	kept, err := w.editor.SaveDraft(w.ctx(), d)
	if err == nil {
		w.draft = kept
	}
	return err
}

// keep saves what was written so far, and goes on: for a script, which sends the form
// from time to time, in a few words.
func (w *writing) keep(o instance.Object) error {
	err := w.save(o)
	var invalid *instance.ValidationError
	script := strings.Contains(w.Request().Header.Get("Accept"), "application/json")
	switch {
	case errors.As(err, &invalid) && script:
		return w.JSON(http.StatusUnprocessableEntity, map[string]string{"message": w.mistake(invalid.Fields[0].Message)})
	case errors.As(err, &invalid):
		w.form.refuse(invalid)
		return w.show(http.StatusUnprocessableEntity)
	case err != nil:
		return err
	case script:
		at := w.draft.Updated.In(instance.When{}.Location())
		return w.JSON(http.StatusOK, map[string]string{"draft": w.draft.ID, "message": w.T("edit.kept-at", w.clock(at))})
	}
	w.flash("done.draft")
	return w.Redirect(http.StatusSeeOther, w.address()+"?brouillon="+w.draft.ID)
}

// address is the page of the form.
func (w *writing) address() string {
	if w.old != nil {
		return w.s.node.URLs().Path(w.old.Common().ID) + "/modifier"
	}
	return "/publier/" + w.of.path
}

// check notes everything that is wrong with the form, and says whether nothing is.
func (w *writing) check(o instance.Object) bool {
	var invalid *instance.ValidationError
	if errors.As(o.Validate(), &invalid) {
		w.form.refuse(invalid)
	}
	if event, ok := o.(*instance.Event); ok && w.comesBack() {
		if _, err := w.form.occurrences(event); errors.As(err, &invalid) {
			w.form.refuse(invalid)
		}
	}
	w.checkFork(o)
	if w.actor() == "" {
		w.form.fail("by", "choisissez au nom de qui vous publiez")
	}
	return len(w.form.wrong) == 0
}

// comesBack says that what is written is to be published at several dates.
func (w *writing) comesBack() bool { return w.old == nil && w.form.Get("rhythm") != "" }

// preview keeps the form and shows what will become of it.
func (w *writing) preview(o instance.Object) error {
	if !w.check(o) {
		return w.show(http.StatusUnprocessableEntity)
	}
	if err := w.save(o); err != nil {
		return err
	}
	return w.Redirect(http.StatusSeeOther, "/brouillons/"+w.draft.ID)
}

// publish makes what was written public.
func (w *writing) publish(o instance.Object) error {
	if w.old != nil && w.form.Get("vu") != "" && w.form.Get("vu") != version(w.old) {
		w.form.fail("vu", "quelqu’un d’autre a enregistré des changements depuis : voyez l’historique ; enregistrer de nouveau les remplacera")
		w.form.Set("vu", version(w.old))
	}
	if !w.check(o) {
		return w.show(http.StatusUnprocessableEntity)
	}
	published, err := w.makePublic(o)
	var invalid *instance.ValidationError
	if errors.As(err, &invalid) {
		w.form.refuse(invalid)
		return w.show(http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	if w.draft != nil {
		if err := w.editor.DeleteDraft(w.ctx(), w.draft.ID); err != nil {
			return err
		}
	}
	path := w.s.node.URLs().Path(published.Common().ID)
	if w.old != nil {
		w.flash("done.changed")
		return w.Redirect(http.StatusSeeOther, path)
	}
	return w.Redirect(http.StatusSeeOther, path+"/partager")
}

// makePublic is the one use case that the form asks for.
func (w *writing) makePublic(o instance.Object) (instance.Object, error) {
	event, isEvent := o.(*instance.Event)
	switch {
	case w.old != nil && isEvent:
		return w.changeEvent(event)
	case w.old != nil:
		return w.editor.Edit(w.ctx(), w.old.Common().ID, o)
	case isEvent && w.comesBack():
		dates, err := w.form.occurrences(event)
		if err != nil {
			return nil, err
		}
		events, err := w.editor.PublishSeries(w.ctx(), w.actor(), event, dates)
		if err != nil {
			return nil, err
		}
		return events[0], nil
	}
	return w.editor.Publish(w.ctx(), w.actor(), o)
}

// changeEvent changes an event and, when asked to, the dates of its series that follow.
func (w *writing) changeEvent(e *instance.Event) (instance.Object, error) {
	was, _ := w.old.(*instance.Event) // as is what the form makes of it
	dates := []*instance.Event{was}
	if w.form.Get("portee") == "suivantes" {
		following, err := w.editor.Following(w.ctx(), was)
		if err != nil {
			return nil, err
		}
		dates = append(dates, following...)
		if _, err := w.editor.EditFollowing(w.ctx(), was.ID, e, instance.Telling{}); err != nil {
			return nil, err
		}
	} else if _, err := w.editor.Edit(w.ctx(), was.ID, e); err != nil {
		return nil, err
	}
	for _, date := range dates {
		if err := w.unask(date); err != nil {
			return nil, err
		}
	}
	return w.old, nil
}
