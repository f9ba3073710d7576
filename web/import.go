package web

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/maillage/maillage/instance"
)

// Importing is what pages need to import what other software writes.
type Importing struct {
	Reader instance.IntakeReader
	Fetch  instance.Fetch // of addresses that people paste: it reaches no private one, and bounds what it reads
	Feeder *instance.Feeder
	Log    instance.IntakeLog
	Dir    string // where files wait, an hour at most
}

// importer imports, by the pages and by the API.
type importer struct {
	*Importing
	node    *instance.Node
	log     *slog.Logger
	french  *locale // in which the API tells what became of rows
	uploads *uploads
	runs    *importRuns
}

func newImporter(o *Importing, n *instance.Node, log *slog.Logger, french *locale) (*importer, error) {
	if o == nil {
		return nil, nil // a node without it has no such pages
	}
	u, err := newUploads(o.Dir, n.Now)
	if err != nil {
		return nil, err
	}
	return &importer{Importing: o, node: n, log: log, french: french, uploads: u, runs: newImportRuns(log, n.Now)}, nil
}

// Close stops the imports that go on, and waits for them: what they did is kept.
func (s *Server) Close() {
	if s.importer != nil {
		s.importer.close()
	}
}

func (im *importer) close() {
	im.runs.close()
	im.uploads.close()
}

// imports keeps a page for those who write for an organisation of this node.
func (s *Server) imports(h func(w *importing) error) handler {
	return s.member(func(r *request) error {
		if s.importer == nil {
			return fmt.Errorf("%s: %w", r.Request().URL.Path, instance.ErrNotFound)
		}
		w := &importing{request: r, importer: s.importer}
		actors, err := s.node.Editor(r.account).Actors(r.ctx())
		if err != nil {
			return err
		}
		w.owners = slices.DeleteFunc(actors, func(a *instance.Actor) bool { return a.Kind != instance.KindOrganisation })
		return h(w)
	})
}

// importing is one request about imports.
type importing struct {
	*request
	*importer
	owners []*instance.Actor // organisations that the account writes for
}

// owner is an organisation of the account by its IRI; nil for any other.
func (w *importing) owner(id string) *instance.Actor {
	for _, a := range w.owners {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// answersFor says who an import of the past was for, when the account has a say in it: one
// of its organisations or, for the hosts, the node.
func (w *importing) answersFor(id string) (name string, ok bool) {
	if a := w.owner(id); a != nil {
		return a.Name, true
	}
	self := w.s.node.Self()
	return self.Name, id == self.ID && w.account.Hosts()
}

func (w *importing) ownerOptions() []editOption {
	options := make([]editOption, len(w.owners))
	for i, a := range w.owners {
		options[i] = editOption{Value: a.ID, Label: a.Name}
	}
	return options
}

// importTab is one of the pages about imports.
type importTab struct {
	Path, Label string
	Current     bool
}

// importPage is what every page about imports has.
type importPage struct {
	Tabs   []importTab
	Form   *editForm
	Owners []editOption
}

func (w *importing) page(at string, f *editForm) importPage {
	v := importPage{Form: f, Owners: w.ownerOptions()}
	for _, tab := range []string{"/importer", "/importer/passes", "/importer/sources"} {
		v.Tabs = append(v.Tabs, importTab{tab, w.T("import.tab." + path.Base(tab)), tab == at})
	}
	return v
}

// importForm is what is asked first: a file, or an address.
var importForm = &editable{
	fields: map[string]fieldSpec{
		"fichier": {label: "import.file", hint: "import.file.hint", kind: "file"},
		"adresse": {label: "import.address", hint: "import.address.hint", kind: "url", max: 2000},
		"format":  {label: "import.format", hint: "import.format.hint", kind: "select", blank: "import.format.auto"},
	},
	domain: map[string]string{"url": "adresse", "file": "fichier"},
}

// importView is the page that asks for a file.
type importView struct {
	importPage
	Formats []editOption
	Waiting []waitingUpload
}

// waitingUpload is a file that was sent and not imported yet.
type waitingUpload struct{ Path, Name, Received string }

func (w *importing) formats() []editOption {
	var options []editOption
	for _, f := range w.Reader.Formats() {
		options = append(options, editOption{Value: f, Label: w.T("import.format." + f)})
	}
	return options
}

// importStart asks for a file or an address.
func (s *Server) importStart(w *importing) error {
	return w.showStart(http.StatusOK, newEditForm(w.request, importForm, nil))
}

func (w *importing) showStart(status int, f *editForm) error {
	v := importView{importPage: w.page("/importer", f), Formats: w.formats()}
	for _, up := range w.uploads.list() {
		if up.Account == w.account.ID && !w.uploads.over(up) {
			v.Waiting = append(v.Waiting, waitingUpload{"/importer/" + up.ID, up.Name, w.moment(up.Received)})
		}
	}
	return w.render(status, "import", &page{Title: w.T("import.title"), NoIndex: true, View: v})
}

// importSend takes a file, or reads an address.
func (s *Server) importSend(w *importing) error {
	if len(w.owners) == 0 {
		return fmt.Errorf("import by %s: %w", w.account.ID, instance.ErrForbidden)
	}
	f := newEditForm(w.request, importForm, nil)
	up, err := w.receive(f)
	if err != nil {
		return err
	}
	if up == nil && len(f.wrong) == 0 {
		up, err = w.fetch(f)
		if err != nil {
			return err
		}
	}
	if up != nil && len(f.wrong) == 0 {
		err = w.recognise(f, up)
	}
	if err != nil {
		return err
	}
	if len(f.wrong) > 0 {
		if up != nil {
			w.uploads.drop(up.ID)
		}
		return w.showStart(http.StatusUnprocessableEntity, f)
	}
	return w.Redirect(http.StatusSeeOther, "/importer/"+up.ID)
}

// receive reads the form into f and its file to the disk; nil when it has none.
func (w *importing) receive(f *editForm) (up *upload, err error) {
	w.patient(w.Context)
	req := w.Request()
	// What is too large is read to its end, up to a point: a browser listens only then.
	req.Body = http.MaxBytesReader(w.Response(), req.Body, 4*maxImport)
	parts, err := req.MultipartReader()
	if err != nil {
		return nil, badForm(err)
	}
	defer func() {
		if err != nil && up != nil {
			w.uploads.drop(up.ID)
			up = nil
		}
	}()
	for range 20 {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return up, nil
		}
		if err != nil {
			return up, badForm(err)
		}
		if part.FormName() == "fichier" && part.FileName() != "" && up == nil {
			if up, err = w.receiveFile(f, part); err != nil {
				return up, err
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, 4096))
		if err != nil {
			return up, badForm(err)
		}
		if _, known := importForm.fields[part.FormName()]; known && part.FileName() == "" {
			f.Set(part.FormName(), string(value))
		}
	}
	return up, echo.NewHTTPError(http.StatusBadRequest)
}

func (w *importing) receiveFile(f *editForm, part *multipart.Part) (*upload, error) {
	up, err := w.uploads.keep(upload{Account: w.account.ID, Name: fileName(part.FileName())}, part)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, errTooLarge), errors.As(err, &tooLarge):
		f.fail("fichier", "ce fichier dépasse 32 Mo : découpez-le, et importez-le en plusieurs fois")
		return nil, nil // the form says why
	case err != nil && w.Request().Context().Err() != nil:
		return nil, badForm(err)
	}
	return up, err
}

// fileName is what a file that was sent is called, without the folders before it.
func fileName(sent string) string {
	return instance.CleanName(path.Base(strings.ReplaceAll(sent, `\`, "/")), 200)
}

// fetch reads the address of the form.
func (w *importing) fetch(f *editForm) (*upload, error) {
	address := f.text("adresse")
	if address == "" {
		f.fail("fichier", "choisissez un fichier, ou donnez une adresse")
		return nil, nil // the form says why
	}
	up, err := w.fetched(w.ctx(), w.account.ID, address)
	if invalid, ok := asInvalid(err); ok {
		f.refuse(invalid)
		return nil, nil // the form says why
	}
	return up, err
}

// recognise finds the format of a file, and refuses what is none.
func (w *importing) recognise(f *editForm, up *upload) error {
	if f.text("adresse") != "" && up.Address == "" {
		f.fail("adresse", "choisissez un fichier ou une adresse, pas les deux")
		return nil
	}
	err := w.importer.recognise(up, f.Get("format"))
	if invalid, ok := asInvalid(err); ok {
		f.refuse(invalid)
		return nil
	}
	return err
}
