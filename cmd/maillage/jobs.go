package main

import (
	"log/slog"
	"time"

	"github.com/maillage/maillage/federation"
	"github.com/maillage/maillage/instance"
	"github.com/maillage/maillage/instance/jobs"
	"github.com/maillage/maillage/instance/source"
	"github.com/maillage/maillage/instance/store"
)

// newRunner is the list of everything that happens in the background, and of how
// much of it at once.
func newRunner(store *store.Store, node *instance.Node, fed *federation.Federation, log *slog.Logger) *jobs.Runner {
	r := jobs.New(store, jobs.Options{Log: log})
	local := jobs.Limits{Workers: 2, Timeout: time.Minute, MaxAttempts: 20}
	network := jobs.Limits{Workers: 4, PerKey: 2, Timeout: time.Minute, MaxAttempts: 12}

	r.HandleBatch(instance.JobIndex, jobs.Limits{Workers: 1, Timeout: time.Minute, MaxAttempts: 20}, 200, node.IndexBatch)
	r.Handle(instance.JobAnnounce, local, fed.Announce)
	r.Handle(instance.JobReceive, jobs.Limits{Workers: 4, Series: 50, Timeout: time.Minute, MaxAttempts: 12}, fed.Receive)
	r.Handle(instance.JobDeliver, jobs.Limits{Workers: 16, PerKey: 4, Timeout: 30 * time.Second, MaxAttempts: 16}, fed.Deliver)
	r.Handle(instance.JobFollow, network, fed.SendFollow)
	r.Handle(instance.JobAnswer, network, fed.Answer)
	r.Handle(instance.JobJoin, network, fed.SendJoin)
	r.Handle(instance.JobJoinAnswer, network, fed.AnswerJoin)
	r.Handle(instance.JobOrganise, network, fed.Organise)
	r.Handle(instance.JobSync, network, fed.Synchronise)
	r.Handle(instance.JobPropose, network, fed.Propose)
	r.Handle(instance.JobProposeAnswer, network, fed.AnswerProposal)
	r.Handle(instance.JobFetch, network, fed.Fetch)
	r.Handle(instance.JobBackfill, jobs.Limits{Workers: 2, PerKey: 1, Timeout: 2 * time.Minute, MaxAttempts: 12}, fed.Backfill)
	r.Handle(instance.JobMail, jobs.Limits{Workers: 2, Timeout: time.Minute, MaxAttempts: 12}, node.Mail)
	feeder := instance.NewFeeder(node, store, fed.Download, source.Read)
	r.Handle(instance.JobFeed, jobs.Limits{Workers: 1, PerKey: 1, Timeout: 5 * time.Minute, MaxAttempts: 12}, feeder.Run)
	return r
}
