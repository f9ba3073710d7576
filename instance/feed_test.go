package instance_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/source"
)

// feeds is a world with a feeder, and what its source answers.
type feeds struct {
	*world
	feeder *instance.Feeder
	body   string
	etag   string
	err    error
	asked  []string // the ETags that were sent
}

func setupFeeds(t *testing.T) *feeds {
	w := &feeds{world: setup(t), body: calendarOf([4]string{"uid-premier-001@example", "Atelier", "20270314T130000Z", "Salle A"}), etag: `"1"`}
	feedStore, ok := w.store.(instance.FeedStore)
	if !ok {
		t.Fatalf("%T keeps no feeds", w.store)
	}
	fetch := func(_ context.Context, _, etag string) ([]byte, string, error) {
		w.asked = append(w.asked, etag)
		if etag != "" && etag == w.etag {
			return nil, "", instance.ErrUnchanged
		}
		return []byte(w.body), w.etag, w.err
	}
	read := func(format string, data []byte, address string) (*instance.Harvest, error) {
		return source.Parse(source.ICal, data, source.Options{Base: address, Now: w.now})
	}
	w.feeder = instance.NewFeeder(w.node, feedStore, fetch, read)
	return w
}

// run runs the feed's job as the runner would, at the node's time.
func (w *feeds) run(id string) {
	w.Helper()
	args, err := json.Marshal(instance.FeedArgs{ID: id})
	w.must(err)
	w.must(w.feeder.Run(w.Context(), instance.Job{Kind: instance.JobFeed, Args: args}))
}

func (w *feeds) only() instance.Feed {
	w.Helper()
	list, err := w.feeder.List(w.Context(), w.org.ID)
	w.must(err)
	if len(list) != 1 {
		w.Fatalf("%d feeds", len(list))
	}
	return list[0]
}

func TestFeedIsReadAgainAndAgain(t *testing.T) {
	t.Parallel()
	w := setupFeeds(t)
	feed, err := w.feeder.Add(t.Context(), w.org.ID, instance.Feed{URL: "https://agenda.example/x.ics", Interval: 2 * time.Hour})
	w.must(err)
	if n := w.jobs()[instance.JobFeed]; n != 1 {
		t.Errorf("%d jobs wait", n)
	}
	w.run(feed.ID)
	got := w.only()
	if w.ours() != 1 || got.ETag != `"1"` || got.LastReport.Counts[instance.IntakeCreated] != 1 || !got.NextRun.Equal(w.now.Add(2*time.Hour)) {
		t.Errorf("%d ours, %+v", w.ours(), got)
	}

	w.now = w.now.Add(2 * time.Hour)
	w.run(feed.ID) // 304
	w.body, w.etag = calendarOf([4]string{"uid-premier-001@example", "Atelier déplacé", "20270315T130000Z", "Salle A"}), `"2"`
	w.now = w.now.Add(2 * time.Hour)
	w.run(feed.ID)
	if got := w.only(); w.ours() != 1 || got.LastReport.Counts[instance.IntakeUpdated] != 1 || len(w.asked) != 3 || w.asked[1] != `"1"` {
		t.Errorf("%d ours, asked %v, %+v", w.ours(), w.asked, got.LastReport)
	}

	w.body, w.etag = calendarOf(), `"3"`
	w.run(feed.ID)
	if got := w.only(); w.ours() != 1 || len(got.LastReport.Missing) != 1 {
		t.Errorf("what vanished from the source: %d ours, %+v", w.ours(), got.LastReport)
	}
}

func TestFeedThatFailsWaitsLonger(t *testing.T) {
	t.Parallel()
	w := setupFeeds(t)
	feed, err := w.feeder.Add(t.Context(), w.org.ID, instance.Feed{URL: "https://agenda.example/x.ics", Interval: 24 * time.Hour})
	w.must(err)
	w.err = errors.New("serveur injoignable")
	w.run(feed.ID)
	w.run(feed.ID)
	if got := w.only(); got.Failures != 2 || got.LastError == "" || !got.NextRun.Equal(w.now.Add(96*time.Hour)) {
		t.Errorf("%+v", got)
	}
	w.err, w.body = nil, "<html>en travaux</html>"
	w.run(feed.ID)
	if got := w.only(); got.Failures != 3 || w.ours() != 0 {
		t.Errorf("%+v", got)
	}
	w.must(w.feeder.Remove(t.Context(), w.org.ID, feed.ID))
	w.run(feed.ID) // its job was still waiting
	if list, err := w.feeder.List(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("came back: %v, %v", list, err)
	}
}

func TestFeedRefuses(t *testing.T) {
	t.Parallel()
	w := setupFeeds(t)
	for name, c := range map[string]struct {
		by   string
		feed instance.Feed
		want error
	}{
		"a file":         {w.org.ID, instance.Feed{URL: "file:///etc/passwd"}, instance.ErrInvalid},
		"a password":     {w.org.ID, instance.Feed{URL: "https://u:p@agenda.example/"}, instance.ErrInvalid},
		"every minute":   {w.org.ID, instance.Feed{URL: "https://agenda.example/", Interval: time.Minute}, instance.ErrInvalid},
		"an odd licence": {w.org.ID, instance.Feed{URL: "https://agenda.example/", Options: instance.IntakeOptions{Licence: "x"}}, instance.ErrInvalid},
		"not ours":       {w.asso.ID, instance.Feed{URL: "https://agenda.example/"}, instance.ErrForbidden},
	} {
		if _, err := w.feeder.Add(t.Context(), c.by, c.feed); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	feed, err := w.feeder.Add(t.Context(), w.org.ID, instance.Feed{URL: "https://agenda.example/"})
	w.must(err)
	_, err = w.feeder.Add(t.Context(), w.org.ID, instance.Feed{URL: "https://agenda.example/"})
	w.wants(err, instance.ErrConflict)
	w.wants(w.feeder.Remove(t.Context(), w.asso.ID, feed.ID), instance.ErrForbidden)
	w.wants(w.feeder.Refresh(t.Context(), w.asso.ID, feed.ID), instance.ErrForbidden)
	w.wants(w.feeder.Remove(t.Context(), w.org.ID, "rien"), instance.ErrNotFound)
}
