// Package kill is test equipment: it stops a runner at the calls it makes, as kill -9 would, and resumes it, to show that the end
// is always the same.
package kill

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/model/plan"
)

// Point is a call, counted from 1, and whether it still has its effect; the zero value is never reached.
type Point struct {
	Call  int
	After bool
}

func (p Point) String() string {
	if p.After {
		return fmt.Sprintf("after call %d", p.Call)
	}
	return fmt.Sprintf("before call %d", p.Call)
}

var errDead = errors.New("this process is dead")

// fuse counts the calls of one incarnation of a runner to its store, its hand and its readings, and ends it at one of them: nothing
// that it calls afterwards has an effect.
type fuse struct {
	at  Point
	die func()           // stops the incarnation; a real process does not return from it
	nap func()           // instead of dying: it sleeps there and goes on; nil: it dies
	now func() time.Time // nil: nobody asks for its moments

	mu      sync.Mutex
	calls   []string
	dead    bool
	changes int         // calls that may have changed something
	moments [][2]moment // of each call: before and after it
}

// moment is what whoever comes after a runner that dies there finds: two that are equal are the same to them. Nothing changes but by a call
// that does not only read, and by others while time passes.
type moment struct {
	changes int
	at      time.Time
}

// mark notes the moment before or after a call.
func (f *fuse) mark(call int, after bool) {
	if f.now == nil {
		return
	}
	m := moment{f.changes, f.now()}
	if after {
		f.moments[call-1][1] = m
	} else {
		f.moments = append(f.moments, [2]moment{m, m})
	}
}

func (f *fuse) call(name string, do func() error) error {
	f.mu.Lock()
	if f.dead {
		f.mu.Unlock()
		return errDead
	}
	f.calls = append(f.calls, name)
	n := len(f.calls)
	f.mark(n, false)
	hit := n == f.at.Call
	f.mu.Unlock()
	switch {
	case hit && f.nap != nil && !f.at.After:
		f.nap()
	case hit && !f.at.After:
		return f.blow()
	}
	err := do()
	f.mu.Lock()
	if name != "read" {
		f.changes++
	}
	f.mark(n, true)
	f.mu.Unlock()
	switch {
	case hit && f.at.After && f.nap != nil:
		f.nap()
	case hit && f.at.After:
		return f.blow()
	}
	return err
}

func (f *fuse) blow() error {
	f.mu.Lock()
	f.dead = true
	f.mu.Unlock()
	f.die()
	return errDead
}

// store is the journal's store behind a fuse.
type store struct {
	journal.Store
	f *fuse
}

func (s store) Create(ctx context.Context, seq int64, b []byte) error {
	return s.f.call("create", func() error { return s.Store.Create(ctx, seq, b) })
}

func (s store) Read(ctx context.Context, seq int64) (b []byte, err error) {
	err = s.f.call("read", func() error {
		b, err = s.Store.Read(ctx, seq)
		return err
	})
	return b, err
}

// locked is a store that has locks, too.
type locked struct {
	store
	hold func(context.Context, string) (func(), error)
}

func (s locked) Hold(ctx context.Context, name string) (release func(), err error) {
	err = s.f.call("hold", func() error {
		release, err = s.hold(ctx, name)
		return err
	})
	return release, err
}

// fused puts every hand behind a fuse.
func fused(hands run.Router, f *fuse) run.Router {
	r := run.Router{}
	for system, h := range hands {
		r[system] = hand{h, f}
	}
	return r
}

// hand is one of the runner's hands behind a fuse.
type hand struct {
	run.Hand
	f *fuse
}

func (h hand) Look(ctx context.Context, o plan.Order, past plan.Past) (sight run.Sight, err error) {
	err = h.f.call("look", func() error {
		sight, err = h.Hand.Look(ctx, o, past)
		return err
	})
	return sight, err
}

func (h hand) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	return h.f.call("do", func() error { return h.Hand.Do(ctx, o, past) })
}
