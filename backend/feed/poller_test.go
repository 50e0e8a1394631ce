package feed

import (
	"context"
	"errors"
	"strings"
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
			if away < 18*time.Second || away > 20*time.Second+every+2*slowest {
				t.Errorf("asked every %v, away for 20 s to %v: %q", every, 20*time.Second+every, s.Events[1].Says)
			}
		})
	}
}
