package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/maillage/maillage/instance"
)

// feedForm is what is asked of a source to follow.
var feedForm = &editable{
	fields: map[string]fieldSpec{
		"adresse":   {label: "import.feed.url", hint: "import.feed.url.hint", kind: "url", max: 2000, required: true},
		"by":        {label: "edit.by", hint: "edit.by.hint", kind: "select"},
		"frequence": {label: "import.feed.interval", kind: "select"},
		"format":    {label: "import.format", hint: "import.format.hint", kind: "select", blank: "import.format.auto"},
		"licence":   {label: "import.licence", hint: "import.licence.hint", kind: "select", list: "licences", blank: "import.licence.unsaid"},
	},
	domain: map[string]string{"url": "adresse", "interval": "frequence"},
}

// frequencies are how often a source can be read again, by the word of the form.
var frequencies = []struct {
	word  string
	every time.Duration
}{{"heure", time.Hour}, {"jour", 24 * time.Hour}, {"semaine", 7 * 24 * time.Hour}}

// feedsView lists the sources that are followed, and asks for another.
type feedsView struct {
	importPage
	Feeds   []feedLine
	Often   []editOption
	Formats []editOption
}

// feedLine is a source that is followed.
type feedLine struct {
	ID, URL, Host, Owner, Often string
	Last, Next                  string
	Counts                      []string // of its last report
	Report                      string   // path of that report; "" when there is none
	Error                       string   // technical words
	Failures                    int
}

// importFeeds lists the sources that the account's organisations follow.
func (s *Server) importFeeds(w *importing) error {
	return w.showFeeds(http.StatusOK, newEditForm(w.request, feedForm, url.Values{"frequence": {"jour"}}))
}

func (w *importing) showFeeds(status int, f *editForm) error {
	v := feedsView{importPage: w.page("/importer/sources", f), Formats: w.formats()}
	if len(w.owners) == 1 {
		f.Set("by", w.owners[0].ID)
	}
	for _, often := range frequencies {
		v.Often = append(v.Often, editOption{Value: often.word, Label: w.T("import.feed.every." + often.word)})
	}
	feeds, err := w.feeds()
	if err != nil {
		return err
	}
	for _, feed := range feeds {
		v.Feeds = append(v.Feeds, w.feedLine(feed))
	}
	return w.render(status, "import-feeds", &page{Title: w.T("import.tab.sources"), NoIndex: true, View: v})
}

func (w *importing) feeds() ([]instance.Feed, error) {
	var all []instance.Feed
	for _, a := range w.owners {
		feeds, err := w.Feeder.List(w.ctx(), a.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, feeds...)
	}
	return all, nil
}

// feed is one of those, by the ID in the address.
func (w *importing) feed() (*instance.Feed, error) {
	feeds, err := w.feeds()
	if err != nil {
		return nil, err
	}
	for i := range feeds {
		if feeds[i].ID == w.Param("id") {
			return &feeds[i], nil
		}
	}
	return nil, fmt.Errorf("feed %q: %w", w.Param("id"), instance.ErrNotFound)
}

func (w *importing) feedLine(feed instance.Feed) feedLine {
	line := feedLine{
		ID: feed.ID, URL: webURL(feed.URL), Host: hostOf(feed.URL), Often: feed.Interval.String(), Next: w.moment(feed.NextRun),
		Last: w.T("account.never"), Error: feed.LastError, Failures: feed.Failures,
	}
	for _, often := range frequencies {
		if often.every == feed.Interval {
			line.Often = w.T("import.feed.every." + often.word)
		}
	}
	if a := w.owner(feed.Owner); a != nil {
		line.Owner = a.Name
	}
	if !feed.LastRun.IsZero() {
		line.Last = w.moment(feed.LastRun)
	}
	if feed.LastReport == nil {
		return line
	}
	line.Report = "/importer/sources/" + feed.ID
	for _, verdict := range verdicts {
		if n := feed.LastReport.Counts[verdict]; n > 0 {
			line.Counts = append(line.Counts, w.number(n)+" "+w.verdict(false, verdict, n))
		}
	}
	return line
}

// importFollow begins to follow a source.
func (s *Server) importFollow(w *importing) error {
	posted, err := w.form()
	if err != nil {
		return err
	}
	f := newEditForm(w.request, feedForm, posted)
	feed := instance.Feed{URL: f.text("adresse"), Format: f.Get("format")}
	feed.Options.Licence = f.Get("licence")
	if w.owner(f.Get("by")) == nil {
		f.fail("by", "choisissez l’organisation qui publie")
	}
	if feed.Format != "" && !slices.Contains(w.Reader.Formats(), feed.Format) {
		f.fail("format", "choisissez dans la liste")
	}
	for _, often := range frequencies {
		if often.word == f.Get("frequence") {
			feed.Interval = often.every
		}
	}
	if feed.Interval == 0 {
		f.fail("frequence", "choisissez dans la liste")
	}
	if len(feed.URL) > 2000 {
		f.fail("adresse", "écrivez l’adresse entière, avec https://")
	}
	if len(f.wrong) == 0 {
		_, err = w.Feeder.Add(w.ctx(), f.Get("by"), feed)
	}
	if invalid, ok := asInvalid(err); ok {
		f.refuse(invalid)
	} else if errors.Is(err, instance.ErrConflict) {
		f.fail("adresse", "cette organisation suit déjà cette adresse")
	} else if err != nil {
		return err
	}
	if len(f.wrong) > 0 {
		return w.showFeeds(http.StatusUnprocessableEntity, f)
	}
	w.flash("done.import-follow")
	return w.Redirect(http.StatusSeeOther, "/importer/sources")
}

// importFeed shows what the last reading of a source did.
func (s *Server) importFeed(w *importing) error {
	feed, err := w.feed()
	if err != nil {
		return err
	}
	if feed.LastReport == nil {
		return w.Redirect(http.StatusSeeOther, "/importer/sources")
	}
	return w.show("import-feed", &page{Title: w.T("import.feed.title", hostOf(feed.URL)), NoIndex: true, View: struct {
		importPage
		reportView
		Feed feedLine
	}{w.page("/importer/sources", nil), w.report(feed.LastReport, 0), w.feedLine(*feed)}})
}

// importRefresh has a source read now.
func (s *Server) importRefresh(w *importing) error {
	feed, err := w.feed()
	if err != nil {
		return err
	}
	if err := w.Feeder.Refresh(w.ctx(), feed.Owner, feed.ID); err != nil {
		return err
	}
	w.flash("done.import-refresh")
	return w.Redirect(http.StatusSeeOther, "/importer/sources")
}

// importUnfollow stops following a source.
func (s *Server) importUnfollow(w *importing) error {
	feed, err := w.feed()
	if err != nil {
		return err
	}
	if err := w.Feeder.Remove(w.ctx(), feed.Owner, feed.ID); err != nil {
		return err
	}
	w.flash("done.import-unfollow")
	return w.Redirect(http.StatusSeeOther, "/importer/sources")
}
