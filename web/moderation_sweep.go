package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/maillage/maillage/instance"
)

// worthSweeping is how many proposals must wait for the list to lead here.
const worthSweeping = 5

// maxSwept is how many are looked at: more than may wait.
const maxSwept = 1000

// sweepView is the page on which a wave of advertising is dismissed at once: what
// waits, of one source or with some words, ticked.
type sweepView struct {
	Tabs    []menuItem
	Word    string
	Source  string
	Sources []sweepSource
	Lines   []sweepLine
	Ticked  bool
}

// sweepSource is a place from which several proposals came.
type sweepSource struct {
	Value, Label string
	Count        int
	Current      bool
}

type sweepLine struct {
	queueLine
	ID string
}

// cameFrom is what tells where a proposal came from: a server, or a place that has no
// name. "" when nothing does any more, since this server was started again.
func cameFrom(p *instance.Proposal) string {
	if p.Origin != "" {
		return p.Origin
	}
	return p.Sender
}

// sweepPage lists what waits and what of it would go. Everything is on one page:
// what goes is what was seen.
func (s *Server) sweepPage(r *request) error {
	waiting, _, err := s.node.Editor(r.account).Proposals(r.ctx(), false, 0, maxSwept, openStates...)
	if err != nil {
		return err
	}
	v := sweepView{Tabs: r.moderationTabs("/moderation"), Word: strings.TrimSpace(r.QueryParam("mot")), Source: r.QueryParam("de")}
	v.Ticked = v.Word != "" || v.Source != "" || r.QueryParam("cocher") == "tout"
	v.Sources = r.sweepSources(waiting, v.Source)
	for i := range waiting {
		p := &waiting[i]
		if v.Source != "" && cameFrom(p) != v.Source || !says(p, v.Word) {
			continue
		}
		line, err := r.queueLine(p)
		if err != nil {
			return err
		}
		v.Lines = append(v.Lines, sweepLine{line, p.ID})
	}
	return r.show("moderation-sweep", &page{Title: r.T("sweep.title"), NoIndex: true, View: v})
}

// sweepSources counts what came from each place, the largest first. One proposal is
// no wave.
func (r *request) sweepSources(waiting []instance.Proposal, current string) []sweepSource {
	var sources []sweepSource
	for i := range waiting {
		p := &waiting[i]
		from := cameFrom(p)
		if from == "" {
			continue
		}
		at := slices.IndexFunc(sources, func(s sweepSource) bool { return s.Value == from })
		if at < 0 {
			at = len(sources)
			label := r.T("sweep.source.place")
			if p.Origin != "" {
				label = r.T("sweep.source.peer", p.Origin)
			}
			sources = append(sources, sweepSource{Value: from, Label: label, Current: from == current})
		}
		sources[at].Count++
	}
	sources = slices.DeleteFunc(sources, func(s sweepSource) bool { return s.Count < 2 })
	slices.SortStableFunc(sources, func(a, b sweepSource) int { return b.Count - a.Count })
	return sources
}

// says tells whether a proposal has some words in it.
func says(p *instance.Proposal, words string) bool {
	words = strings.ToLower(words)
	return strings.Contains(strings.ToLower(p.Message), words) || slices.ContainsFunc(p.Changes, func(c instance.Change) bool {
		return strings.Contains(strings.ToLower(c.Now), words)
	})
}

// sweep deletes what is ticked.
func (s *Server) sweep(r *request) error {
	posted, err := r.form()
	if err != nil {
		return err
	}
	if _, err := s.node.Editor(r.account).DiscardProposals(r.ctx(), posted["id"]); err != nil {
		return err
	}
	r.flash("done.swept")
	return r.Redirect(http.StatusSeeOther, "/moderation")
}
