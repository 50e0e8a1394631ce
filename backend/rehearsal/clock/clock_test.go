package clock

import (
	"context"
	"errors"
	"testing"
	"time"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestAdvanceWakesInOrder(t *testing.T) {
	c := New(start, 0)
	woken := make(chan int, 3)
	for i := range 3 {
		go func() {
			if c.Wait(t.Context(), start.Add(time.Duration(i+1)*time.Minute)) == nil {
				woken <- i
			}
		}()
	}
	for waiting(c) < 3 {
		time.Sleep(time.Millisecond)
	}
	for i := range 3 {
		c.Advance(time.Minute)
		if got := <-woken; got != i {
			t.Fatalf("minute %d woke %d", i, got)
		}
	}
	if got := c.Now(); !got.Equal(start.Add(3 * time.Minute)) {
		t.Errorf("now is %v", got)
	}
	if err := c.Wait(t.Context(), start); err != nil {
		t.Errorf("waiting for the past: %v", err)
	}
}

func TestFastClock(t *testing.T) {
	c := New(start, 10000)
	begin := time.Now()
	if err := c.Sleep(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("a minute at 10000 times took %v", took)
	}
	if c.Now().Before(start.Add(time.Minute)) {
		t.Errorf("woken early, at %v", c.Now())
	}
}

func TestWaitGivesUp(t *testing.T) {
	c := New(start, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Wait(ctx, start.Add(time.Second)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if n := waiting(c); n != 0 {
		t.Errorf("%d waiters left", n)
	}
}

func waiting(c *Clock) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiters)
}
