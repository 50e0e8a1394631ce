package model_test

import (
	"testing"
	"time"

	"switchyard/model"
)

// fast is a world's time that runs at a speed.
type fast float64

func (fast) Now() time.Time         { return time.Now() }
func (f fast) Speed() float64       { return float64(f) }
func (fast) Moved() <-chan struct{} { return nil }

// TestAFastWorldIsAskedMoreOften asks by the world's time within reason, and calls nothing late that was just read.
func TestAFastWorldIsAskedMoreOften(t *testing.T) {
	defer model.LiveBy(nil)
	for _, c := range []struct {
		speed         float64
		every, rhythm time.Duration
		limit, allow  time.Duration
	}{
		{0, 3 * time.Second, 3 * time.Second, 9 * time.Second, 9 * time.Second}, // the machine's
		{0.5, 3 * time.Second, 3 * time.Second, 9 * time.Second, 9 * time.Second},
		{1, 3 * time.Second, 3 * time.Second, 9 * time.Second, 9 * time.Second},
		{2, 3 * time.Second, 1500 * time.Millisecond, 9 * time.Second, 10 * time.Second},
		{60, 3 * time.Second, 500 * time.Millisecond, 9 * time.Second, 5 * time.Minute},
		{60, 10 * time.Minute, 10 * time.Second, 30 * time.Minute, 30 * time.Minute},
		{100_000, 100 * time.Millisecond, 100 * time.Millisecond, time.Second, 500_000 * time.Second},
	} {
		if model.LiveBy(nil); c.speed > 0 {
			model.LiveBy(fast(c.speed))
		}
		if got := model.Rhythm(c.every); got != c.rhythm {
			t.Errorf("at speed %v what is asked every %v is asked every %v", c.speed, c.every, got)
		}
		if got := model.Allow(c.limit); got != c.allow {
			t.Errorf("at speed %v a limit of %v is %v", c.speed, c.limit, got)
		}
		if between := time.Duration(max(1, c.speed) * float64(model.Rhythm(c.every))); between > model.Allow(max(3*c.every, 5*time.Second)) {
			t.Errorf("at speed %v %v pass between two questions, and are late", c.speed, between)
		}
	}
}
