package plan

import (
	"slices"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// TestWhatASessionKnowsIsKept: who made the plan saw more jobs end than who carries it out; the plan stays what was approved, in its words too.
func TestWhatASessionKnowsIsKept(t *testing.T) {
	w, bare := pairWorld(false), pairWorld(false)
	after := w.Now.Add(-10 * time.Minute)
	for _, o := range []World{w, bare} {
		o.Snapshot.RDS.Emergency.Loss.After = after
	}
	for i, volume := range []string{"vol-1", "vol-2"} {
		j := record.TailJob{ID: uint32(70 + i), Job: "job-" + volume, Status: 'T', End: after.Add(time.Minute), Volumes: []string{volume}}
		w.State.Evidence[0].Claim.Tail.Jobs = append(w.State.Evidence[0].Claim.Tail.Jobs, j)
		if i == 0 {
			bare.State.Evidence[0].Claim.Tail.Jobs = []record.TailJob{j}
		}
	}
	for name, o := range map[string]World{"less is known": bare, "the same is known": w} {
		p, err := toEmergency.Plan(w, "p1")
		if err != nil {
			t.Fatal(err)
		}
		now, err := p.Renew(o)
		if err != nil {
			t.Fatal(err)
		}
		if !same(p.Steps, now.Steps) {
			t.Errorf("%s: the steps are\n%+v\nand were\n%+v", name, now.Steps, p.Steps)
		}
	}
}

// TestALostJobIsToldOnce: what both the evidence and the session know counts by the evidence, what ended before does not count, and all of
// it is told in the order of its ends.
func TestALostJobIsToldOnce(t *testing.T) {
	w := pairWorld(false)
	after := w.Now.Add(-10 * time.Minute)
	w.Snapshot.RDS.Emergency.Loss.After = after
	tail := w.State.Evidence[0].Claim.Tail
	tail.Jobs = []record.TailJob{
		{ID: 90, Job: "late", Status: 'T', End: after.Add(3 * time.Minute), Volumes: []string{"vol-1"}},
		{ID: 80, Job: "early", Status: 'T', End: after.Add(-time.Hour)},
	}
	ended := func(id uint32, name string, end time.Time) model.Job {
		return model.Job{Key: model.JobKey{Cluster: model.Green, Job: name}, ID: id, Status: 'T', Outcome: model.OK, End: end}
	}
	w.Snapshot.Clusters[model.Green].Recent = []model.Job{
		ended(91, "seen", after.Add(2*time.Minute)), ended(90, "late", after.Add(3*time.Minute)), ended(80, "early", after.Add(time.Minute)),
		ended(70, "old", after.Add(-time.Hour)),
	}
	made, err := w.takeover(FailoverEmergency)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, j := range made.lost().Jobs {
		names = append(names, j.Job)
	}
	if want := []string{"seen", "late"}; !slices.Equal(names, want) {
		t.Errorf("lost are %v, want %v", names, want)
	}
	if got := made.lost().Jobs[len(names)-1].Volumes; !slices.Equal(got, []string{"vol-1"}) {
		t.Errorf("the evidence's volumes are %v", got)
	}
}

// TestNothingIsWrittenToWhatIsLost: volumes of what is lost are Read-Only before any job is started: the canary would recycle one.
func TestNothingIsWrittenToWhatIsLost(t *testing.T) {
	w := pairWorld(false)
	w.Names = calm().Names
	last := model.Job{ID: 1, Bytes: 1, Client: "db-fd"}
	w.Snapshot.Cells = []board.CellView{{Cell: cell1}}
	w.Snapshot.Cells[0].On[model.Green] = board.Standing{Has: model.Holds, LastGood: &last, LastFull: &last}
	w.Snapshot.RDS.Emergency.Loss.After = w.Now.Add(-10 * time.Minute)
	lost := record.TailJob{ID: 7, Job: "lost", Status: 'T', End: w.Now.Add(-time.Minute), Volumes: []string{"vol-1"}}
	w.State.Evidence[0].Claim.Tail.Jobs = []record.TailJob{lost}
	p, err := toEmergency.Plan(w, "p1")
	if err != nil {
		t.Fatal(err)
	}
	sealed, started := -1, -1
	for i := range p.Steps {
		if o := &p.Steps[i].Order; o.ReadOnlyByHand != nil {
			sealed = i
		} else if o.StartJob != nil {
			started = i
		}
	}
	if sealed < 0 || started < sealed {
		t.Errorf("volumes are marked in step %d, and the canary starts in step %d", sealed+1, started+1)
	}
}
