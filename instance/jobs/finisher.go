package jobs

import (
	"context"
	"sync"

	"github.com/maillage/maillage/instance"
)

// finisher forgets the jobs of many workers in few transactions: while one is
// committed, the next ids gather.
type finisher struct {
	queue instance.Queue

	mu       sync.Mutex
	flushing bool
	next     *group
}

// group is the ids that are finished together.
type group struct {
	ids  []int64
	done chan struct{} // closed when err is set
	err  error
}

func newFinisher(queue instance.Queue) *finisher {
	return &finisher{queue: queue, next: &group{done: make(chan struct{})}}
}

// finish returns when the ids are forgotten, or ctx ends.
func (f *finisher) finish(ctx context.Context, ids []int64) error {
	f.mu.Lock()
	mine := f.next
	mine.ids = append(mine.ids, ids...)
	if !f.flushing {
		f.flushing = true
		go f.flush()
	}
	f.mu.Unlock()
	select {
	case <-mine.done:
		return mine.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// flush finishes group after group until none gathered meanwhile.
func (f *finisher) flush() {
	for {
		f.mu.Lock()
		current := f.next
		if len(current.ids) == 0 {
			f.flushing = false
			f.mu.Unlock()
			return
		}
		f.next = &group{done: make(chan struct{})}
		f.mu.Unlock()

		ctx, cancel := context.WithTimeout(context.Background(), leaseMargin)
		current.err = f.queue.Finish(ctx, current.ids...)
		cancel()
		close(current.done)
	}
}

// registry knows which jobs run in this process.
type registry struct {
	mu  sync.Mutex
	ids map[int64]struct{}
}

func newRegistry() *registry { return &registry{ids: map[int64]struct{}{}} }

// add is false when the job is in it already.
func (r *registry) add(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.ids[id]
	r.ids[id] = struct{}{}
	return !ok
}

func (r *registry) remove(jobs []instance.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, job := range jobs {
		delete(r.ids, job.ID)
	}
}
