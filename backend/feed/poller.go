package feed

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// poller asks one source again and again. What it meets ages only its own source.
type poller struct {
	seen   board.Sighting // name, cluster and rhythm of the source; the rest is kept here
	limit  time.Duration  // how long one answer may take; 0 when read bounds itself
	kick   kicks          // a reason to ask before the interval is over; may be nil
	read   func(context.Context) (detail string, err error)
	took   func() time.Duration  // of the last answer, when read does more than ask once; may be nil
	long   func() bool           // tells that what is asked now may take long; may be nil
	mute   func() bool           // tells that who is asked takes connections and says nothing; may be nil
	follow func(context.Context) // goes on beside it, and hears what it reads; may be nil
	begun  func()                // told when it was asked for the first time; may be nil
	alone  bool                  // nobody watches: what is late is not told before it answers, as who asks waits for it

	slowest time.Duration // of the answers of late; what is past counts less and less
	heard   time.Time     // when it answered last
}

// errIdle says that there was nothing to ask: the source is neither heard nor silent.
var errIdle = errors.New("nothing to ask")

// longest is what a poller waits at most after failures, so that a source that heals is seen soon.
const longest = 4 * time.Second

// run polls until ctx ends.
func (f *Feed) run(ctx context.Context, p *poller) {
	failures, ask := 0, f.first
	begun := sync.OnceFunc(func() {
		if p.begun != nil {
			p.begun()
		}
	})
	defer begun() // it may never be answered
	for {
		moved := model.TimeMoved() // what is asked now may be answered before it is
		if ask(ctx, p) {
			failures = 0
		} else {
			failures++
		}
		ask = func(ctx context.Context, p *poller) bool { return p.once(ctx, f.tell) }
		if ctx.Err() != nil {
			return
		}
		f.tell(func(b *board.Board) { b.Source(p.seen) })
		begun()
		pause := p.interval(failures)
		if failures == 0 {
			pause = f.together(time.Now(), pause)
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-t.C:
		case <-p.kick:
			t.Stop()
		case <-moved:
			t.Stop()
		}
	}
}

// interval is the pause before the next question: doubled with each failure up to longest, with a tenth of jitter, so that what broke for
// all is not asked by all at once. A source that is asked more rarely is asked soon after a failure, and then less and less often, so that
// it heals within the time that it was broken. Sources that answer and have one interval are asked together, which wakes the program less
// often.
func (p *poller) interval(failures int) time.Duration {
	d := model.Rhythm(p.seen.Every)
	if failures > 0 && d > longest {
		d = min(d, longest<<min(failures-1, 10))
	}
	for range min(failures, 5) {
		if d < longest {
			d = min(2*d, longest)
		}
	}
	if failures == 0 {
		return d
	}
	return d - time.Duration(rand.Int64N(int64(d)/10+1))
}

// A person is told that a source does not answer before its limit has come. From its last answer to there it is toldWithin, if nothing says
// that it is slow; one that was never heard has longer.
const (
	toldWithin  = 4400 * time.Millisecond
	leastOfWait = time.Second
	mostOfWait  = 2500 * time.Millisecond
	firstWait   = 4 * time.Second
)

// patience is how long an answer may be out before that is told. What lately took long, as over a slow link, is no silence as long as it
// takes half as long again.
func (p *poller) patience() time.Duration {
	if p.seen.At.IsZero() {
		return firstWait
	}
	return max(min(max(toldWithin-time.Since(p.heard), leastOfWait), mostOfWait), p.slowest*3/2)
}

// hint tells, unless done is called before, that there is no answer yet. What is told of the answer itself is told later.
func (p *poller) hint(tell func(func(*board.Board))) (done func()) {
	s, patience := p.seen, p.patience()
	if p.alone || s.Why != "" || s.At.IsZero() && p.long != nil { // the first answer of what may take long is not bounded as a whole
		return func() {}
	}
	now := model.Now()
	s.Early, s.Trouble, s.Idle = true, model.TroubleSilent, false
	if !s.At.IsZero() { // else it was not tried yet, nor does anybody know since when it does not answer
		s.Tried, s.Since = now, now
	}
	var answered atomic.Bool
	t := time.AfterFunc(patience, func() {
		tell(func(b *board.Board) {
			if answered.Load() || p.long != nil && p.long() {
				return
			}
			s.Why = fmt.Sprintf("no answer yet after %.1f s", patience.Seconds())
			if s.Mute = p.mute != nil && p.mute(); s.Mute { // a Director, and its console, hold back for 5 s that a password is wrong
				s.Why = fmt.Sprintf("hung, slow, or wrong password; no greeting yet after %.1f s", patience.Seconds())
			}
			b.Source(s)
		})
	})
	return func() {
		answered.Store(true)
		t.Stop()
	}
}

// grid is how far apart the moments are at which pollers ask: a program that is woken once for several of them uses less than one that is
// woken for each. What is asked later than it would be by itself is so by onGrid at most.
const (
	grid   = time.Second
	onGrid = grid / 4
)

// together moves the end of a pause to a moment of the grid: onGrid later, or else earlier, and by a moment more until all that is asked as
// often is asked at one: then what they say is one change. Where the grid lies is chance, so that programs do not ask together.
func (f *Feed) together(now time.Time, pause time.Duration) time.Duration {
	if pause < grid {
		return pause
	}
	due := now.Add(pause - f.phase).Add(onGrid).Truncate(grid)
	if pause%grid == 0 && !due.Equal(due.Truncate(pause)) {
		due = due.Add(-grid)
	}
	return due.Add(f.phase).Sub(now)
}

// once asks and notes what came of it.
func (p *poller) once(ctx context.Context, tell func(func(*board.Board))) (ok bool) {
	defer p.hint(tell)()
	limited := ctx
	if p.limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeout(ctx, p.limit)
		defer cancel()
	}
	began, since := time.Now(), model.Now()
	detail, err := p.ask(limited)
	took, now := time.Since(began), model.Now()
	if err == nil {
		p.heard = time.Now()
	}
	s := &p.seen
	s.Tried, s.Idle = now, errors.Is(err, errIdle)
	switch {
	case s.Idle:
		s.At, s.Why, s.Trouble, s.Took, s.Since = now, "", model.TroubleNone, 0, time.Time{}
		return true
	case err != nil:
		why := model.Clean(err.Error())
		if s.Why == "" && !s.At.IsZero() { // of a source that never answered nobody knows since when it does not
			s.Since = since
		}
		s.Why, s.Trouble, s.Wrong = why, model.TroubleOf(err), errors.Is(err, model.ErrIdentity)
		return false
	}
	s.At, s.Why, s.Trouble, s.Wrong, s.Took, s.Detail, s.Since = now, "", model.TroubleNone, false, took, model.Clean(detail), time.Time{}
	if p.took != nil {
		s.Took = p.took()
	}
	p.slowest = max(s.Took, p.slowest*7/8)
	return true
}

// ask makes a panic of a reader an error of its source: a goroutine of ours must not leave the terminal raw.
func (p *poller) ask(ctx context.Context) (detail string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("reading %s: internal error: %v", p.seen.Source, r)
		}
	}()
	return p.read(ctx)
}
