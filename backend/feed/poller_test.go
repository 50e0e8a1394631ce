package feed

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/board"
)

// A source that was not asked yet is not one that fails, nor does it come back.
func TestNotAskedIsNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := testFeed(t)
		answers := []error{errWaits, errWaits, nil, errWaits}
		asked := 0
		start(t, f, &poller{seen: board.Sighting{Source: "blue clients", Every: time.Second}, limit: time.Second, read: func(context.Context) (string, error) {
			err := answers[min(asked, len(answers)-1)]
			asked++
			return "", err
		}})
		s := until(t, f, "that it was not asked", func(s *board.Snapshot) bool { return !source(s, "blue clients").Tried.IsZero() })
		if o := source(s, "blue clients"); o.Why != "" || !o.At.IsZero() || len(s.Alerts) > 0 {
			t.Errorf("%+v, alerts %+v", o, s.Alerts)
		}
		s = until(t, f, "an answer", func(s *board.Snapshot) bool { return !source(s, "blue clients").At.IsZero() })
		answered := source(s, "blue clients").At
		time.Sleep(10 * time.Second) // of the bubble's clock
		s = until(t, f, "now", func(*board.Snapshot) bool { return true })
		if o := source(s, "blue clients"); !o.At.Equal(answered) || len(s.Events) != 0 {
			t.Errorf("%+v, events %+v", o, s.Events)
		}
	})
}

// How long a source was away is counted from the first question that it did not answer, whatever its rhythm.
func TestHowLongASourceWasAway(t *testing.T) {
	for _, every := range []time.Duration{time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			f := testFeed(t)
			from := time.Now().Add(90 * time.Second)
			to := from.Add(every + 20*time.Second) // of which the first question that fails sees 20 s, at least
			start(t, f, &poller{seen: board.Sighting{Source: "CloudWatch x", Every: every, RDS: true}, limit: time.Second, read: func(context.Context) (string, error) {
				if now := time.Now(); now.After(from) && now.Before(to) {
					return "", errors.New("it is away")
				}
				return "", nil
			}})
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

// While a catalog is silent no client of its cluster is asked, and that is no failure of the clients.
func TestClientsOfASilentCatalog(t *testing.T) {
	w := watchedCatalog(t, 1)
	w.look()
	w.server.Stop()
	if _, err := w.source.read(t.Context()); err == nil {
		t.Fatal("a stopped catalog answered")
	}
	w.tell(func(b *board.Board) {
		b.Director(model.Blue, board.DirectorTruth{Live: true, At: time.Now(), Directors: []model.Director{{Name: "dir", Active: true}},
			Running: []model.Job{{Key: model.JobKey{Job: "x.1"}, Status: 'R', Outcome: model.Running, Client: "fd"}}}, nil)
	})
	c := &clients{Feed: w.Feed, cluster: model.Blue, again: func() {}, reader: &bacula.ClientReader{Catalog: w.source.of.Catalog}}
	if _, err := c.read(t.Context()); !errors.Is(err, errWaits) {
		t.Errorf("reading the clients: %v", err)
	}
}
