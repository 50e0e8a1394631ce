package feed

import (
	"context"
	"slices"
	"sync"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// asked are the sources of a feed that asks none unless somebody wants to know.
type asked struct {
	mu    sync.Mutex // guards the questions and news
	of    []*question
	news  chan struct{} // closed and replaced when an answer came
	ready chan struct{} // closed when the sources are registered
}

// question is what is asked of one source now, and was last.
type question struct {
	*poller
	want  kicks
	since time.Time // when what is not answered yet was asked; zero: nothing is
	last  time.Time // when what was answered last was asked
	tried time.Time // when that was answered, or asked once more
	met   failure   // what it was answered with
	given bool      // it has failed for all the time that it was given, and not answered well since: its first failure counts
}

// until is when a failure of a source counts without which nothing can be judged, of a call that began and waits so long.
func (q *question) until(began time.Time, wait time.Duration) time.Time {
	if q.given {
		return began
	}
	return began.Add(q.met.counts(wait, aMoment))
}

// asked is when what is not answered yet was asked, for a call that began.
func (q *question) asked(began time.Time) time.Time {
	if !q.since.IsZero() && q.since.Before(began) {
		return q.since
	}
	return began
}

// aMoment is how long one that fails is asked again before a plan is refused. One that is dead for good costs a plan that needs it no more.
const aMoment = 2 * time.Second

// OnDemand makes a feed that asks a source only when Fresh needs it. Nothing is published.
func (f *Feed) OnDemand() *Feed {
	f.asked = &asked{news: make(chan struct{}), ready: make(chan struct{})}
	return f
}

// RunOnDemand serves Fresh until ctx ends. It returns when all of its goroutines have.
func (f *Feed) RunOnDemand(ctx context.Context) {
	a := f.asked
	for _, p := range f.all() {
		a.of = append(a.of, &question{poller: p, want: kicker()})
	}
	f.serve(ctx)
}

func (f *Feed) serve(ctx context.Context) {
	a := f.asked
	for _, q := range a.of {
		q.alone = true
	}
	close(a.ready)
	var wg sync.WaitGroup
	for _, q := range a.of {
		wg.Go(func() { f.answer(ctx, q) })
	}
	wg.Wait()
}

func (f *Feed) answer(ctx context.Context, q *question) {
	a := f.asked
	for {
		select {
		case <-ctx.Done():
			return
		case <-q.want:
		}
		began := time.Now()
		a.mu.Lock()
		q.since = began
		a.mu.Unlock()
		q.once(ctx, f.tell)
		if ctx.Err() != nil {
			return
		}
		f.tell(func(b *board.Board) { b.Source(q.seen) })
		a.mu.Lock()
		q.since, q.last, q.tried = time.Time{}, began, time.Now()
		if q.met = failureOf(&q.seen); q.met.is == model.TroubleNone {
			q.given = false
		}
		close(a.news)
		a.news = make(chan struct{})
		a.mu.Unlock()
	}
}

// Wait is how long Fresh waits.
type Wait struct {
	Must time.Duration // for a good answer of sources without which nothing can be judged, since the call; a failure may count sooner
	May  time.Duration // for the others, since they were asked, so that one that is silent is waited for once, and then shortly
	// Stopped are among either, and not waited for: who asks has stopped them. What they say while others are waited for is heard.
	Stopped []model.Source
}

// Fresh asks the sources and gives a snapshot in which their readings are newer than the call. One that has not answered in time says so,
// and one that must be heard is asked again while its failure may pass. A Director without a name is the active one.
func (f *Feed) Fresh(ctx context.Context, must, may []model.Source, wait Wait) (*board.Snapshot, error) {
	began, a := time.Now(), f.asked
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-a.ready:
	}
	var of []*question
	for _, q := range a.of {
		if q.among(must) || q.among(may) {
			of = append(of, q)
			q.want.kick()
		}
	}
	for {
		late, rest, news := a.late(of, must, began, wait)
		if rest <= 0 {
			return f.without(late), nil
		}
		t := time.NewTimer(min(rest, a.again(of, began)))
		select {
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		case <-news:
			t.Stop()
		case <-t.C:
		}
	}
}

// youngFor is how old an answer may become while others are waited for.
const youngFor = 2 * time.Second

// again asks those once more whose answer has grown old, so that a slow source makes nothing stale, and those that failed a moment ago. It
// gives when to do so next.
func (a *asked) again(of []*question, began time.Time) (next time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	next = youngFor
	for _, q := range of {
		if !q.since.IsZero() || q.last.Before(began) {
			continue
		}
		rest := youngFor - time.Since(q.last)
		if q.met.is != model.TroubleNone && !q.met.final {
			rest = onceMore - time.Since(q.tried)
		}
		if rest <= 0 {
			q.want.kick()
			q.tried, rest = time.Now(), onceMore
		}
		next = min(next, rest)
	}
	return next
}

func (q *question) among(of []model.Source) bool { return slices.ContainsFunc(of, q.poller.seen.Is) }

// late are those that have not answered what was asked since began, and how long to go on waiting for one of them, or for one that failed.
func (a *asked) late(
	of []*question,
	must []model.Source,
	began time.Time,
	wait Wait,
) (late []model.Source, rest time.Duration, news <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, q := range of {
		until, needed := began.Add(wait.Must), q.among(must)
		switch {
		case q.last.Before(began):
			late = append(late, q.poller.seen.Source)
			switch {
			case q.among(wait.Stopped):
				until = began
			case needed:
			case q.met.is == model.TroubleSilent: // it was waited for, and its silence has lasted: whether it is over is soon seen
				until = q.asked(began).Add(wait.May / 4)
			default:
				until = q.asked(began).Add(wait.May)
			}
		case q.met.is != model.TroubleNone && q.among(wait.Stopped):
			continue
		case !needed || q.met.is == model.TroubleNone:
			continue
		default:
			if until = q.until(began, wait.Must); time.Until(until) <= 0 {
				q.given = true
			}
		}
		rest = max(rest, time.Until(until))
	}
	return late, rest, a.news
}

// without is the snapshot of now, in which the late sources are not heard, whatever they said before.
func (f *Feed) without(late []model.Source) *board.Snapshot {
	f.mu.Lock()
	s := *f.board.Snapshot(model.Now())
	f.mu.Unlock()
	s.Seen = slices.Clone(s.Seen)
	for i := range s.Seen {
		if v := &s.Seen[i]; slices.Contains(late, v.Source) && v.Why == "" {
			v.Why, v.Trouble = "no answer yet", model.TroubleSilent
		}
	}
	return &s
}
