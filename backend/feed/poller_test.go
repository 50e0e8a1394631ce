package feed

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// How long a source was away is counted from the first question that it did not answer, whatever its rhythm.
func TestHowLongASourceWasAway(t *testing.T) {
	for _, every := range []time.Duration{time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			f := testFeed(t)
			from := time.Now().Add(90 * time.Second)
			to := from.Add(every + 20*time.Second) // of which the first question that fails sees 20 s, at least
			start(
				t,
				f,
				&poller{
					seen:  board.Sighting{Source: model.Source{Kind: model.SourceMetrics}, Every: every},
					limit: time.Second,
					read: func(context.Context) (string, error) {
						if now := time.Now(); now.After(from) && now.Before(to) {
							return "", errors.New("it is away")
						}
						return "", nil
					},
				},
			)
			time.Sleep(4 * time.Minute) // of the bubble's clock
			s := until(t, f, "that it is back", func(s *board.Snapshot) bool { return len(s.Events) == 2 })
			_, says, _ := strings.Cut(s.Events[1].Says, " answers again after ")
			var away time.Duration
			if d, err := time.ParseDuration(strings.ReplaceAll(strings.ReplaceAll(says, " min", "m"), " ", "")); err == nil {
				away = d
			}
			if away < 18*time.Second || away > 20*time.Second+every+2*longest {
				t.Errorf("asked every %v, away for 20 s to %v: %q", every, 20*time.Second+every, s.Events[1].Says)
			}
		})
	}
}

// TestSilenceOfWhatIsSlow is told within five seconds where answers take long and no longer than usual, as beside other load; what only
// takes its time, as over a slow link, is never told as silent.
func TestSilenceOfWhatIsSlow(t *testing.T) {
	for _, x := range []struct {
		name  string
		every time.Duration
		takes []time.Duration // one after the other, again and again
		told  time.Duration   // after the last answer, at the latest
	}{
		{"a Director of a busy host", 3 * time.Second, []time.Duration{900 * time.Millisecond}, 5 * time.Second},
		{"a catalog of a busy host", 1250 * time.Millisecond, []time.Duration{1600 * time.Millisecond}, 5 * time.Second},
		{"a passive Director", 10 * time.Second, []time.Duration{200 * time.Millisecond}, 12 * time.Second},
		{"a slow link", 3 * time.Second, []time.Duration{2 * time.Second}, 7 * time.Second},
		{"a link that is slow now and then", 3 * time.Second, []time.Duration{time.Second, 200 * time.Millisecond, 300 * time.Millisecond},
			5 * time.Second},
	} {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := testFeed(t)
				var hangs atomic.Bool
				asked, answered := 0, time.Now()
				start(t, f, &poller{
					seen:  board.Sighting{Source: model.DirectorOf(model.Blue, "dir-old"), Every: x.every, Gates: true},
					limit: 8 * time.Second,
					read: func(ctx context.Context) (string, error) {
						if hangs.Load() {
							<-ctx.Done()
							return "", ctx.Err()
						}
						time.Sleep(x.takes[asked%len(x.takes)])
						asked++
						answered = time.Now()
						return "", nil
					},
				})
				of := func(s *board.Snapshot) board.Sighting { return source(s, "blue director dir-old") }
				until(t, f, "an answer", func(s *board.Snapshot) bool { return !of(s).At.IsZero() })
				for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
					if s := until(t, f, "now", func(*board.Snapshot) bool { return true }); of(s).Why != "" {
						t.Fatalf("it answers, and is told as silent: %s", of(s).Why)
					}
				}
				hangs.Store(true)
				until(t, f, "its silence", func(s *board.Snapshot) bool { return of(s).Early })
				if took := time.Since(answered); took > x.told {
					t.Errorf("told %v after its last answer", took)
				}
			})
		})
	}
}

// TestASourceThatNeverAnswersIsToldEarlyToo and still counts as not heard, for those who wait for what comes of it.
func TestASourceThatNeverAnswersIsToldEarlyToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testFeed(t)
		began := time.Now()
		start(t, f, &poller{
			seen:  board.Sighting{Source: model.DirectorOf(model.Blue, "dir-old"), Every: 3 * time.Second, Gates: true},
			limit: 8 * time.Second,
			read:  func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() },
		})
		s := until(t, f, "its silence", func(s *board.Snapshot) bool { return source(s, "blue director dir-old").Early })
		if o := source(s, "blue director dir-old"); time.Since(began) > 5*time.Second || !o.Tried.IsZero() || !o.Since.IsZero() {
			t.Errorf("after %v: %+v", time.Since(began), o)
		}
		s = until(t, f, "what came of it", func(s *board.Snapshot) bool { return !source(s, "blue director dir-old").Early })
		if o := source(s, "blue director dir-old"); o.Tried.IsZero() || o.Why == "" {
			t.Errorf("%+v", o)
		}
	})
}
