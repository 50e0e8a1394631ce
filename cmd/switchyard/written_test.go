package main

import (
	"encoding/json"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
)

// TestToWatchARunningJobWritesNothing looks at running jobs of both clusters from processes of their own: their bytes are told, and no Director wrote to its
// catalog because it was asked.
func TestToWatchARunningJobWritesNothing(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 4, Idle: true})
	ids := map[model.Cluster]string{}
	for _, c := range model.Clusters {
		ids[c] = queue(t, w, c, "run job=backup-chain003-region1-regular level=Full yes")
	}
	moves := func() (told [2]bool) {
		cmd := program(t, "status", "--json", "--config", w.ConfigPath())
		out, _ := cmd.Output() // findings are none of this test's
		var s board.Snapshot
		if err := json.Unmarshal(out, &s); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, c := range model.Clusters {
			for _, j := range s.Clusters[c].Open {
				told[c] = told[c] || j.Progress.Bytes > 0 && j.Progress.Volume != ""
			}
		}
		return told
	}
	for end := time.Now().Add(patience); moves() != [2]bool{true, true}; {
		w.Clock().Advance(5 * time.Second)
		if time.Now().After(end) {
			t.Fatalf("the bytes of %v are not told", ids)
		}
	}
	for _, c := range model.Clusters {
		if n := w.Cluster(c).Touched(); n > 0 {
			t.Errorf("%s wrote to its catalog %d times because it was asked", c, n)
		}
	}
}
