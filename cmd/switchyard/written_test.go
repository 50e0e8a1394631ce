package main

import (
	"slices"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
)

// TestToWatchARunningJobWritesNothing looks at running jobs of both clusters as a session does: their bytes are told, and no Director wrote to its
// catalog because it was asked.
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
	look(t, w).until("how far the jobs of both clusters are", func(s *board.Snapshot) bool {
		for _, c := range model.Clusters {
			v := s.Clusters[c]
			if v == nil || !slices.ContainsFunc(v.Open, func(j model.Job) bool { return j.Outcome == model.Running && j.Progress.Bytes > 0 }) {
				return false
			}
		}
		return true
	})
	for _, c := range model.Clusters {
		if n := w.Cluster(c).Touched(); n > 0 {
			t.Errorf("%s wrote to its catalog %d times because it was asked", c, n)
		}
	}
}
