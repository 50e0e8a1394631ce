package main

import (
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
)

// TestToWatchARunningJobWritesNothing looks at running jobs of both clusters as a session does: their bytes are told, and no Director wrote
// to its catalog because it was asked.
func TestToWatchARunningJobWritesNothing(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 4, Idle: true})
	for _, c := range model.Clusters {
		queue(t, w, c, "run job=backup-chain003-region1-regular level=Full yes")
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
				w.Clock().Advance(200 * time.Millisecond)
			}
		}
	}()
	look(t, w).tellsBytes(1)
	for _, c := range model.Clusters {
		if n := w.Cluster(c).Touched(); n > 0 {
			t.Errorf("%s wrote to its catalog %d times because it was asked", c, n)
		}
	}
}

// tellsBytes waits until how far a running job of each cluster is was told with so many figures, each above the one before.
func (l *onlooker) tellsBytes(times int) {
	l.t.Helper()
	last, told := map[model.Cluster]uint64{}, map[model.Cluster]int{} // of one job each: the tests start one
	l.until("how far the jobs of both clusters are", func(s *board.Snapshot) bool {
		for c, v := range s.Clusters {
			c := model.Cluster(c)
			if v == nil {
				continue
			}
			for _, j := range v.Open {
				if j.Outcome == model.Running && j.Progress.Bytes > last[c] {
					last[c] = j.Progress.Bytes
					told[c]++
				}
			}
		}
		return told[model.Blue] >= times && told[model.Green] >= times
	})
}
