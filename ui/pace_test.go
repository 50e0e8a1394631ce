package ui

import (
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// A Bubble Tea that keeps its ticker elsewhere still works, and wakes up thirty times a second for nothing.
func TestPaceFindsTheTicker(t *testing.T) {
	if !paced() {
		t.Error("this Bubble Tea has no ticker where pace takes it from: see what it offers instead")
	}
}

func TestPaceRestsUntilItIsHastened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &pace{of: &tea.Program{}, ticker: time.NewTicker(fastFrames), every: fastFrames}
		p.slow = time.AfterFunc(fastFor, p.rest)
		defer p.ticker.Stop()
		looks := func(span time.Duration) (n int) {
			for end := time.After(span); ; n++ {
				select {
				case <-end:
					return n
				case <-p.ticker.C:
				}
			}
		}
		if n := looks(fastFor); n < 3 {
			t.Errorf("it looks %d times in the first %v", n, fastFor)
		}
		if n := looks(10 * time.Second); n < 15 || n > 25 {
			t.Errorf("it looks %d times in 10 s in which nothing happens", n)
		}
		began := time.Now()
		p.hasten(fastFrames)
		<-p.ticker.C
		if late := time.Since(began); late > fastFrames {
			t.Errorf("it looks %v after something happened", late)
		}
		began = time.Now()
		p.hasten(keyFrames) // while it is fast already
		p.hasten(fastFrames)
		<-p.ticker.C
		if late := time.Since(began); late > keyFrames {
			t.Errorf("it looks %v after a key", late)
		}
		if n := looks(fastFor + time.Second); n > int(fastFor/keyFrames)+3 {
			t.Errorf("it looks %d times in the second after a key", n)
		}
		p.hasten(keyFrames)
		go func() { // a burst
			for range 250 {
				p.hasten(fastFrames)
				time.Sleep(4 * time.Millisecond)
			}
		}()
		if n := looks(time.Second); n > int(time.Second/fastFrames+fastFor/keyFrames)+3 {
			t.Errorf("it looks %d times in the second after a key in which much goes on", n)
		}
		p.stop()
		p.hasten(fastFrames) // what comes after the program's end does nothing
	})
}
