package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// ErrClock is the kind of every time that a world cannot be told.
var ErrClock = errors.New("clock")

const (
	furthest = 92 * day  // that a clock is moved at once
	stride   = time.Hour // that both clusters play before either goes on
)

// Begins is when a world begins that is given no clock. Only a test has another time than now.
var Begins = time.Now

// wind gives the world its clock, and tells it to others where it is not the machine's.
func (w *World) wind() (err error) {
	tell := w.o.Speed > 0
	if w.clock == nil && !w.owned {
		if w.clock, err = clock.Left(w.o.Dir); err != nil {
			return err
		}
		tell = tell || w.clock != nil
	}
	if w.clock == nil {
		now := Begins()
		w.clock, tell = clock.New(now, 1), tell || time.Until(now).Abs() > time.Second
	}
	if w.o.Speed > 0 {
		w.clock.SetSpeed(w.o.Speed)
	}
	if !tell {
		return nil
	}
	return w.clock.Publish(w.o.Dir, false)
}

// Move sets the world's clock forward and returns when everything that falls into the span has happened.
// It returns ErrClock for a span that it does not take: time does not run back, as what happened stays.
func (w *World) Move(ctx context.Context, span time.Duration) error {
	if span <= 0 || span > furthest {
		return fmt.Errorf("%w: moving it by %v: want a span forward, of at most %d days", ErrClock, span, furthest/day)
	}
	w.moving.Lock()
	defer w.moving.Unlock()
	var err error
	for left := span; left > 0 && err == nil; left -= stride {
		if err = w.play(ctx, min(left, stride)); err == nil && left > stride {
			err = w.clock.Publish(w.o.Dir, true)
		}
	}
	return errors.Join(err, w.clock.Publish(w.o.Dir, false)) // it is what it is, wherever it came to
}

// play moves the clock a little and lets both clusters, and the replica, follow.
func (w *World) play(ctx context.Context, step time.Duration) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrClock, err)
	}
	w.clock.Advance(step)
	to := w.clock.Now()
	var wg sync.WaitGroup
	for _, c := range model.Clusters {
		wg.Go(func() { w.clusters[c].Play(to) })
	}
	wg.Wait()
	if err := w.replica.CatchUp(ctx); err != nil {
		return fmt.Errorf("%w: the replica follows: %w", ErrClock, err)
	}
	return nil
}
