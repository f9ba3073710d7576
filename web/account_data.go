package web

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/maillage/maillage/instance"
)

// dataPage is where somebody takes away what is kept of them, or leaves.
func (s *Server) dataPage(r *request) error {
	return r.showData(http.StatusOK, form{})
}

func (r *request) showData(status int, f form) error {
	return r.render(status, "account-data", &page{Title: r.T("account.tab.data"), NoIndex: true, View: r.accountView("/compte/donnees", f)})
}

// takeData sends all that the node keeps of the account, as a zip of JSON files.
func (s *Server) takeData(r *request) error {
	data, err := s.node.PersonalData(r.ctx(), r.account.ID)
	if err != nil {
		return err
	}
	body, err := zipped(data, r.T("account.data.readme", s.node.Self().Name, s.node.URLs().Base()))
	if err != nil {
		return err
	}
	h := r.Response().Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="maillage-mon-compte.zip"`)
	return r.Blob(http.StatusOK, "application/zip", body)
}

func zipped(data *instance.PersonalData, readme string) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, file := range []struct {
		name    string
		content any
	}{
		{"compte.json", data.Account},
		{"personne.json", data.Person},
		{"connexions.json", data.Sessions},
		{"jetons.json", data.Tokens},
		{"invitations.json", data.Invitations},
		{"brouillons.json", data.Drafts},
		{"contributions.json", data.Revisions},
		{"participations.json", data.Participations},
		{"propositions.json", data.Proposals},
	} {
		w, err := archive.Create(file.name)
		if err != nil {
			return nil, err
		}
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(file.content); err != nil {
			return nil, err
		}
	}
	w, err := archive.Create("LISEZ-MOI.txt")
	if err != nil {
		return nil, err
	}
	if _, err := w.Write([]byte(readme + "\n")); err != nil {
		return nil, err
	}
	err = archive.Close()
	return out.Bytes(), err
}

// eraseAccount closes the account for good.
func (s *Server) eraseAccount(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	limits := r.guesses("account " + r.account.ID)
	if wait := r.tries(limits...); wait > 0 {
		return r.tooMany(wait)
	}
	err = s.node.EraseAccount(r.ctx(), r.account.ID, posted.Get("current"))
	if errors.Is(err, instance.ErrInvalid) {
		return r.showData(http.StatusUnprocessableEntity, r.refusedForm("", posted, err))
	}
	if err != nil {
		return err
	}
	r.succeed(limits)
	r.session = nil // it went with the account
	if err := r.signOut(); err != nil {
		return err
	}
	r.flash("done.erased")
	return r.Redirect(http.StatusSeeOther, "/")
}
