package rehearsal

import (
	"testing"
	"time"

	"switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// TestEightDaysAreCoherent moves a full world by eight days: on both clusters every cell that is routed there was backed up on each of
// them, nothing lies in the future, Directors remember what their catalogs tell, and the replica has what the primary has.
func TestEightDaysAreCoherent(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Chains: 250, Seed: 3, Clock: clock.New(noon, 0)})
	const days = 8
	if err := w.Move(t.Context(), days*day); err != nil {
		t.Fatal(err)
	}
	if err := w.play(t.Context(), time.Second); err != nil {
		t.Fatal(err)
	}
	now := w.Clock().Now()
	const stamp = "2006-01-02 15:04:05"
	for _, c := range model.Clusters {
		cells, _ := w.cells(c, noon)
		routed := int64(0)
		for _, cell := range cells {
			if cell.To.IsZero() {
				routed++
			}
		}
		for d := range days {
			from, to := noon.Add(time.Duration(d)*day), noon.Add(time.Duration(d+1)*day)
			n := count(t, w, c, "SELECT COUNT(DISTINCT Name) FROM Job WHERE Type = 'B' AND Name <> 'BackupCatalog' "+
				"AND SchedTime > ? AND SchedTime <= ?",
				from.Format(stamp), to.Format(stamp))
			if n != routed {
				t.Errorf("%s backed up %d of %d cells on day %d", c, n, routed, d+1)
			}
		}
		at := now.Format(stamp)
		if n := count(t, w, c, unixOf+"SchedTime > ? OR StartTime > ? OR EndTime > ?", at, at, at); n > 0 {
			t.Errorf("%s has %d jobs of the future", c, n)
		}
		sight, err := director(w, c, 0).Read(t.Context())
		if err != nil || len(sight.Ended) == 0 {
			t.Fatalf("%s: %d ended, %v", c, len(sight.Ended), err)
		}
		for _, j := range sight.Ended {
			if n := count(t, w, c, unixOf+"JobId = ? AND Job = ? AND JobStatus = ?", j.ID, j.Key.Job, string(rune(j.Status))); n != 1 {
				t.Errorf("%s: the catalog does not tell of job %d as its Director does", c, j.ID)
			}
			if age := now.Sub(j.End); age < 0 || age > 6*time.Hour {
				t.Errorf("%s: the Director remembers a job that ended %v ago", c, age)
			}
		}
		for _, j := range sight.Running {
			if n := count(t, w, c, unixOf+"JobId = ? AND JobStatus IN ('C', 'R')", j.ID); n != 1 {
				t.Errorf("%s: the catalog does not have job %d open", c, j.ID)
			}
		}
	}
	if a, b := w.Primary().Replication().Executed, w.Replica().Replication().Executed; a != b {
		t.Errorf("the replica has %s of %s", b, a)
	}
}
