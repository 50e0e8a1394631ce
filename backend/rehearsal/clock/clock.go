// Package clock is the time of a rehearsal world: the machine's own, or one that runs faster or only when it is told to.
package clock

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Clock tells the world's time and wakes those who wait for a moment of it. All methods may be called from any goroutine.
type Clock struct {
	mu      sync.Mutex
	base    time.Time // world time at the anchor
	anchor  time.Time // real time at the anchor
	speed   float64   // world seconds per real second
	waiters waiters
	timer   *time.Timer
}

// Fastest is the highest speed that a world is run with: beyond it nobody who reads it could keep up.
const Fastest = 100_000

// New starts at a moment and runs speed times as fast as the machine's clock; with speed 0 it stands still until Advance.
func New(start time.Time, speed float64) *Clock {
	c := &Clock{base: start.UTC(), anchor: time.Now(), speed: speed}
	c.timer = time.AfterFunc(time.Hour, c.fire)
	c.timer.Stop()
	return c
}

// Now is the world's time, in UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	if c.speed == 0 {
		return c.base
	}
	return c.base.Add(time.Duration(float64(time.Since(c.anchor)) * c.speed))
}

// Advance moves the clock forward at once and wakes everybody whose moment has come.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	c.base = c.base.Add(d)
	c.mu.Unlock()
	c.fire()
}

// SetSpeed lets the clock run on from now, speed times as fast as the machine's.
func (c *Clock) SetSpeed(speed float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.anchor = c.now(), time.Now()
	c.speed = speed
	c.arm()
}

// Wait returns nil when the world's time is at or after t, or the context's error.
func (c *Clock) Wait(ctx context.Context, t time.Time) error {
	done, stop := c.Until(t)
	defer stop()
	select {
	case <-done:
		return nil
	default:
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Until gives a channel that is closed when the world's time is at or after t. Whoever no longer cares calls stop.
func (c *Clock) Until(t time.Time) (done <-chan struct{}, stop func()) {
	w := c.after(t)
	return w.done, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if w.index >= 0 {
			heap.Remove(&c.waiters, w.index)
		}
	}
}

// Sleep waits for a span of world time, or returns the context's error.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error { return c.Wait(ctx, c.Now().Add(d)) }

func (c *Clock) after(t time.Time) *waiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &waiter{at: t, done: make(chan struct{}), index: -1}
	if !c.now().Before(t) {
		close(w.done)
		return w
	}
	heap.Push(&c.waiters, w)
	if c.waiters[0] == w {
		c.arm()
	}
	return w
}

func (c *Clock) fire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for now := c.now(); len(c.waiters) > 0 && !c.waiters[0].at.After(now); {
		close(heap.Pop(&c.waiters).(*waiter).done)
	}
	c.arm()
}

func (c *Clock) arm() {
	if len(c.waiters) == 0 || c.speed == 0 {
		c.timer.Stop()
		return
	}
	d := time.Duration(float64(c.waiters[0].at.Sub(c.now())) / c.speed)
	c.timer.Reset(max(d, 0) + time.Microsecond)
}

type waiter struct {
	at    time.Time
	done  chan struct{}
	index int
}

type waiters []*waiter

func (h waiters) Len() int           { return len(h) }
func (h waiters) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h waiters) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *waiters) Push(x any) {
	w := x.(*waiter)
	w.index = len(*h)
	*h = append(*h, w)
}

func (h *waiters) Pop() any {
	old := *h
	w := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	w.index = -1
	return w
}
