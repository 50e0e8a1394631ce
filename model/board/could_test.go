package board

import (
	"testing"
	"time"

	"switchyard/model"
)

// TestPlansOfATakeoverAreMadeWhenSomethingMoved: for who watches, ages and figures alone are no reason before it is due.
func TestPlansOfATakeoverAreMadeWhenSomethingMoved(t *testing.T) {
	for _, watched := range []bool{true, false} {
		pair := knownPair(t)
		w := newBoard(t, midday)
		made := 0
		w.CouldBy(func(s *Snapshot) [2]model.Takeover {
			made++
			return [2]model.Takeover{s.RDS.Switchover, s.RDS.Emergency}
		})
		if watched {
			w.Watched()
		}
		at := midday
		look := func(after time.Duration, what string, again bool, change func(*model.RDS)) {
			t.Helper()
			at = at.Add(after)
			w.now = at
			for _, c := range model.Clusters {
				w.answers(c, "")
			}
			before := made
			w.RDS(func(r *model.RDS) {
				change(r)
				r.Primary.Server.At, r.Replica.Server.At = at, at
				r.Primary.AWS.At, r.Replica.AWS.At = at, at
			})
			w.Snapshot(at)
			if want := again || !watched; (made > before) != want {
				t.Errorf("watched %v: %s: made again %v, want %v", watched, what, made > before, want)
			}
		}
		look(0, "the pair is new", true, func(r *model.RDS) { r.Primary, r.Replica = pair.Primary, pair.Replica })
		look(time.Second, "nothing moved", false, func(*model.RDS) {})
		look(time.Second, "figures moved", false, func(r *model.RDS) {
			r.Replica.Server.Value.Uptime, r.Replica.Server.Value.QPS = time.Hour, 12
			r.Primary.AWS.Value.Restorable = at
		})
		look(time.Second, "its status moved", true, func(r *model.RDS) { r.Replica.AWS.Value.Status = "modifying" })
		look(couldEvery-time.Second, "it is not due", false, func(*model.RDS) {})
		look(time.Second, "it is due", true, func(*model.RDS) {})
	}
}

// TestATakeoverIsJudgedAnewWhenWhoSchedulesFallsSilent: what green runs is known by the Director that took over, so its age alone counts.
func TestATakeoverIsJudgedAnewWhenWhoSchedulesFallsSilent(t *testing.T) {
	w, known := newBoard(t, midday), knownPair(t)
	runs := []model.Job{backup(7, cellA, model.Running, midday.Add(-5*time.Minute), 0, 0)}
	hour := midday.Add(-time.Hour)
	w.answers(model.Green, "")
	w.pairOf(model.Green, pair{trouble: model.TroubleGone, passive: true, alsoRunning: runs, started: hour, passiveStarts: hour})
	w.RDS(func(r *model.RDS) { r.Primary, r.Replica = known.Primary, known.Replica })
	made := 0
	w.CouldBy(func(s *Snapshot) [2]model.Takeover {
		made++
		return [2]model.Takeover{s.RDS.Switchover, s.RDS.Emergency}
	})
	if s := w.Snapshot(midday); s.Clusters[model.Green].Acting != 1 {
		t.Fatal("the passive Director does not act")
	}
	for _, c := range []struct {
		after time.Duration
		again bool
	}{{3 * time.Second, false}, {20 * time.Second, true}, {21 * time.Second, false}} {
		w.now = midday.Add(c.after)
		w.answers(model.Blue, "")
		w.answers(model.Green, "")
		before := made
		w.Snapshot(w.now)
		if (made > before) != c.again {
			t.Errorf("after %s: made again %v, want %v", c.after, made > before, c.again)
		}
	}
}
