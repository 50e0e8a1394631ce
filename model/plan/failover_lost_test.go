package plan

import (
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

// TestTheCanaryIsKept: a backup ends between planning and beginning, and another cell's is the smallest then. The plan stays what was approved,
// while its canary can still be backed up.
func TestTheCanaryIsKept(t *testing.T) {
	w := pairWorld(false)
	cells := []board.CellView{{Cell: cell1}, {Cell: model.Cell{Chain: "big", Region: cell1.Region, Kind: cell1.Kind}}}
	inv := must(model.NewInventory([]model.Placement{{Cell: cells[0].Cell}, {Cell: cells[1].Cell}}))
	w.Names = must(model.BindNames(inv, must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")), model.NameTemplate{}))
	for i, bytes := range []uint64{10, 1000} {
		full := model.Job{ID: uint32(i + 1), Bytes: bytes, Client: "db-fd"}
		cells[i].On[model.Green] = board.Standing{Has: model.Holds, LastGood: &full, LastFull: &full}
	}
	w.Snapshot.Cells = cells
	p, err := Ask{Failover: FailoverOf(w.Snapshot, FailoverSwitchover)}.Plan(w, "p1")
	if err != nil {
		t.Fatal(err)
	}
	little := *cells[1].On[model.Green].LastGood
	little.ID, little.Bytes = 3, 1
	for name, harm := range map[string]func(){
		"an incremental ended": func() { cells[1].On[model.Green].LastGood = &little },
		"a full one ended":     func() { cells[1].On[model.Green].LastFull = &little },
	} {
		harm()
		if now, err := p.Renew(w); err != nil || !same(p.Steps, now.Steps) {
			t.Errorf("%s: the steps are others (%v)", name, err)
		}
	}
	cells[0].On[model.Green].Off = true
	if now, err := p.Renew(w); err != nil || same(p.Steps, now.Steps) {
		t.Errorf("a canary that is switched off is kept (%v)", err)
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
		if o := &p.Steps[i].Order; o.UsedByHand != nil {
			sealed = i
		} else if o.StartJob != nil {
			started = i
		}
	}
	if sealed < 0 || started < sealed {
		t.Errorf("volumes are marked in step %d, and the canary starts in step %d", sealed+1, started+1)
	}
}
