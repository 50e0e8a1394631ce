// Package feed asks every source in its own rhythm and merges what they say into snapshots.
package feed

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"switchyard/backend/journal"
	"switchyard/model"
	"switchyard/model/board"
)

// Feed publishes snapshots. Just the newest is kept: a slow reader skips, a fast source never waits.
type Feed struct {
	mu     sync.Mutex // guards board
	board  *board.Board
	policy model.Policy
	of     [2]*Cluster
	rds    *RDS            // nil: not watched
	past   *journal.Reader // nil: none is configured
	bundle *keptBundle     // likewise
	cards  *keptCards      // nil: nobody says where they are
	wake   chan struct{}
	phase  time.Duration // where the pollers' grid lies
	asked  *asked        // nil: every source is asked in its own rhythm
	paced  bool          // somebody follows it: what the panes of the clusters show comes first, and the rest soon after
	shown  chan struct{} // closed when the first snapshot was looked at
	show   sync.Once     // closes it

	box  sync.Mutex // guards last and news
	last *board.Snapshot
	news chan struct{} // closed when last is replaced
}

// Publication rhythm: changes are collected for a moment, and ages move once a second.
const (
	publishAtMost  = 200 * time.Millisecond
	publishAtStart = 500 * time.Millisecond // each chunk of a window that is read changes every cell
	publishAtLeast = time.Second
)

// New returns a feed that reads the clusters, and the RDS pair and the journal unless they are nil, and merges on the board. Nothing is
// read before Run.
func New(board *board.Board, policy model.Policy, of [2]*Cluster, pair *RDS, past *journal.Reader) *Feed {
	return &Feed{board: board, policy: policy, of: of, rds: pair, past: past, wake: make(chan struct{}, 1), news: make(chan struct{}),
		phase: rand.N(grid), shown: make(chan struct{})}
}

// Paced makes a feed that is followed for a while, which asks first what the panes of the clusters show.
func (f *Feed) Paced() *Feed {
	f.paced = true
	return f
}

// Next waits for a snapshot whose Beat is greater than after and returns the newest.
func (f *Feed) Next(ctx context.Context, after uint64) (*board.Snapshot, error) {
	if after > 0 {
		f.show.Do(func() { close(f.shown) })
	}
	for {
		f.box.Lock()
		last, news := f.last, f.news
		f.box.Unlock()
		if last != nil && last.Beat > after {
			return last, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-news:
		}
	}
}

// tell lets a poller put something on the board. What panics at that is an error of its source, and must hold up no other.
func (f *Feed) tell(say func(*board.Board)) {
	dirty := func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		say(f.board)
		return f.board.Dirty()
	}()
	if dirty {
		select {
		case f.wake <- struct{}{}:
		default:
		}
	}
}

// publish makes snapshots until ctx ends: on each whole second, when a screen moves its clock, and in between when something changed. It
// makes fewer until the catalogs were heard, and one at once when they are. Without a channel that tells so they were.
func (f *Feed) publish(ctx context.Context, heard <-chan struct{}) {
	atMost := publishAtMost
	if heard != nil {
		atMost = publishAtStart
	}
	for {
		began := time.Now()
		f.mu.Lock()
		s := f.board.Snapshot(model.Now())
		f.mu.Unlock()
		f.box.Lock()
		f.last = s
		close(f.news)
		f.news = make(chan struct{})
		f.box.Unlock()
		beat := time.NewTimer(began.Truncate(publishAtLeast).Add(publishAtLeast).Sub(began))
		select {
		case <-ctx.Done():
			beat.Stop()
			return
		case <-beat.C:
			continue
		case <-f.wake:
			beat.Stop()
		}
		rest := time.NewTimer(atMost - time.Since(began))
		select {
		case <-ctx.Done():
			rest.Stop()
			return
		case <-heard:
			rest.Stop()
			heard, atMost = nil, publishAtMost
		case <-rest.C:
		}
	}
}

// pause waits, and tells whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
