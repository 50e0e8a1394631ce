package board

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
)

var midday = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// world is a Board with one cell of every region and kind of two chains, both catalogs walked and everything live.
type boardWorld struct {
	*Board
	now time.Time
	t   interface{ Fatal(...any) }
}

func newBoard(t interface{ Fatal(...any) }, at time.Time) *boardWorld {
	daily, err := model.ParseSchedule("daily at 02:10")
	if err != nil {
		t.Fatal(err)
	}
	var ps []model.Placement
	for _, chain := range []string{"chain1", "chain2"} {
		for _, region := range []string{"region1", "region2"} {
			for _, k := range model.Kinds {
				ps = append(
					ps,
					model.Placement{Cell: model.Cell{Chain: chain, Region: region, Kind: k}, Tier: 2, Schedule: daily, Promise: 26 * time.Hour},
				)
			}
		}
	}
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	w := &boardWorld{New("test", "", inv, model.DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC}), at, t}
	for _, c := range model.Clusters {
		w.answers(c, "")
		w.Walked(c)
		w.director(c, at.Add(-time.Hour), w.everyCell())
	}
	return w
}

func (w *boardWorld) everyCell() map[model.Cell]bool {
	m := map[model.Cell]bool{}
	for _, p := range w.inv.Cells {
		m[p.Cell] = true
	}
	return m
}

// answers tells that a catalog answered now, or why it did not.
func (w *boardWorld) answers(c model.Cluster, why string) {
	s := Sighting{Source: model.CatalogOf(c), Every: time.Second, Tried: w.now, At: w.now, Why: why, Gates: true}
	if why != "" {
		for _, o := range w.seen {
			if o.Source == s.Source {
				s.At = o.At
			}
		}
		s.Since = w.now
	}
	w.Source(s)
}

func (w *boardWorld) director(c model.Cluster, configured time.Time, has map[model.Cell]bool, running ...model.Job) {
	w.Director(
		c,
		DirectorTruth{
			Directors: []model.Director{{Name: "dir-" + c.String(), Active: true, Reloaded: configured, OffKnown: true}},
			Running:   running,
			At:        w.now,
			Live:      true,
			JobsAt:    w.now,
		},
		has,
	)
}

func backup(id uint32, cell model.Cell, o model.Outcome, start time.Time, took time.Duration, bytes uint64) model.Job {
	j := model.Job{
		ID:      id,
		Key:     model.JobKey{Job: fmt.Sprintf("backup-%s-%s-%s.%d", cell.Chain, cell.Region, cell.Kind, id)},
		Name:    "backup-" + cell.Chain,
		Cell:    cell,
		HasCell: true,
		Type:    model.TypeBackup,
		Level:   'F',
		Outcome: o,
		Sched:   start,
		Start:   start,
		Bytes:   bytes,
		Files:   10,
	}
	if !o.Open() {
		j.End = start.Add(took)
	}
	j.Status = map[model.Outcome]model.Status{model.OK: 'T', model.Warned: 'W', model.Failed: 'f', model.Running: 'R', model.Waiting: 'F',
		model.Stuck: 'm', model.Canceled: 'A', model.Lost: 'f'}[o]
	return j
}

var cellA = model.Cell{Chain: "chain1", Region: "region1", Kind: model.Regular}

func (w *boardWorld) cell(c model.Cell) CellView {
	for _, v := range w.Snapshot(w.now).Cells {
		if v.Cell == c {
			return v
		}
	}
	return CellView{}
}

func TestAbsenceIsTheSignal(t *testing.T) {
	w := newBoard(t, midday)
	v := w.cell(cellA)
	if v.Health != CellBroken || v.Says != "never a good backup in the window" {
		t.Errorf("a cell that never ran is %v: %s", v.Health, v.Says)
	}
	// Configured for three days, ran on the first only: two nights were missed and count against the rate.
	w.director(model.Blue, midday.Add(-3*day), w.everyCell())
	w.director(model.Green, midday.Add(-time.Hour), nil)
	w.Catalog(
		model.Blue,
		model.Catalog{},
		[]model.Job{backup(1, cellA, model.OK, midday.Add(-3*day).Add(-9*time.Hour-50*time.Minute), time.Minute, 100)},
		nil,
		midday,
	)
	v = w.cell(cellA)
	if v.On[model.Blue].Missed != 3 || v.On[model.Blue].MissedDay != 1 {
		t.Errorf("missed %d in 7 d and %d in 24 h, want 3 and 1", v.On[model.Blue].Missed, v.On[model.Blue].MissedDay)
	}
	s := w.Snapshot(w.now)
	var part TallyPart
	for _, p := range s.Clusters[model.Blue].Week.By {
		if p.Region == cellA.Region && p.Kind == cellA.Kind {
			part = p
		}
	}
	if want := (Tally{OK: 1, Missed: 3 + 3}); part.Backups != want { // chain2's cell never ran in three nights
		t.Errorf("the week of %s %s counts %+v, want %+v", cellA.Region, cellA.Kind, part.Backups, want)
	}
	if r, ok := part.Backups.Rate(); !ok || r > 0.2 {
		t.Errorf("rate %.2f %v: what never ran must count against it", r, ok)
	}
}

func TestNothingIsAbsentBeforeTheWindowIsRead(t *testing.T) {
	w := newBoard(t, midday)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(1, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 100)}, nil, midday)
	w.director(model.Green, midday.Add(-9*day), w.everyCell())
	w.Rewalk(model.Green, "another catalog", midday)
	v := w.cell(cellA)
	if v.Health != CellOK || v.On[model.Green].Missed != 0 {
		t.Errorf("green is not read yet, but %v: %s, %d missed", v.Health, v.Says, v.On[model.Green].Missed)
	}
	w.Walked(model.Green)
	if v = w.cell(cellA); v.Health != CellDiverged || v.On[model.Green].Missed != 7 {
		t.Errorf("green is read and has nothing: %v: %s, %d missed", v.Health, v.Says, v.On[model.Green].Missed)
	}
}

func saidOfJobs(events []Event) (says []string) {
	for _, e := range events {
		if e.Job != nil {
			says = append(says, e.Says)
		}
	}
	return says
}

func TestLost(t *testing.T) {
	w := newBoard(t, midday)
	j := backup(7, cellA, model.Running, midday.Add(-time.Minute), 0, 0)
	outcome := func() model.Outcome {
		for _, o := range w.Snapshot(w.now).Clusters[model.Blue].Open {
			if o.ID == 7 {
				return o.Outcome
			}
		}
		return model.OK
	}
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{j}, nil, w.now)
	w.director(model.Blue, midday, w.everyCell(), j)
	if o := outcome(); o != model.Running {
		t.Fatalf("both know it: %v", o)
	}
	w.director(model.Blue, midday, w.everyCell())
	if o := outcome(); o != model.Running {
		t.Errorf("lost at the first look: %v", o)
	}
	w.now = w.now.Add(10 * time.Second)
	silent := DirectorTruth{Directors: w.sides[model.Blue].director.Directors, JobsAt: midday}
	w.Director(model.Blue, silent, w.everyCell())
	w.now = w.now.Add(time.Hour)
	if o := outcome(); o != model.Running {
		t.Errorf("a silent Director says nothing of the job: %v", o)
	}
	w.director(model.Blue, midday, w.everyCell())
	outcome()
	w.now = w.now.Add(20 * time.Second)
	if o := outcome(); o != model.Lost {
		t.Errorf("20 s unknown to a Director that answers: %v", o)
	}
	found := false
	for _, a := range w.Snapshot(w.now).Alerts {
		found = found || a.Job != nil && strings.Contains(a.Says, " lost: the catalog calls it running")
	}
	if !found {
		t.Error("no alert names the lost job")
	}
}

func TestEndIsKnownFromTheDirectorWhileTheCatalogIsSilent(t *testing.T) {
	w := newBoard(t, midday)
	j := backup(7, cellA, model.Running, midday.Add(-time.Minute), 0, 0)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{j}, nil, w.now)
	w.director(model.Blue, midday, w.everyCell(), j)
	before := len(w.Snapshot(w.now).Events)
	ended := backup(7, cellA, model.Failed, midday.Add(-time.Minute), time.Minute, 5)
	w.Director(
		model.Blue,
		DirectorTruth{Directors: w.sides[model.Blue].director.Directors, Ended: []model.Job{ended}, Live: true, JobsAt: midday},
		w.everyCell(),
	)
	if got := w.Snapshot(w.now).Events[before:]; len(got) != 0 {
		t.Errorf("told without its reason, which the catalog has: %+v", got)
	}
	w.now = w.now.Add(time.Minute)
	s := w.Snapshot(w.now)
	if n := len(s.Clusters[model.Blue].Open); n != 0 {
		t.Errorf("%d jobs still open", n)
	}
	if len(s.Clusters[model.Blue].Recent) != 1 || s.Clusters[model.Blue].Recent[0].Outcome != model.Failed {
		t.Errorf("recent: %+v", s.Clusters[model.Blue].Recent)
	}
	if got := s.Events[before:]; len(got) != 1 || got[0].Severity != model.Fail {
		t.Errorf("events: %+v", got)
	}
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{ended}, nil, w.now)
	if got := w.Snapshot(w.now).Events[before:]; len(got) != 1 {
		t.Errorf("the end is told twice: %+v", got)
	}
}

// A Director lists a job for a moment with the status it ends with, before anybody has its figures.
func TestEndIsToldWithItsFigures(t *testing.T) {
	w := newBoard(t, midday)
	j := backup(7, cellA, model.Running, midday.Add(-time.Minute), 0, 0)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{j}, nil, w.now)
	w.director(model.Blue, midday, w.everyCell(), j)
	before := len(w.Snapshot(w.now).Events)
	ending := j
	ending.Status, ending.Outcome = 'T', model.OK
	w.director(model.Blue, midday, w.everyCell(), ending)
	s := w.Snapshot(w.now)
	if open := s.Clusters[model.Blue].Open; len(open) != 1 || open[0].Outcome != model.Running || len(s.Events) != before {
		t.Errorf("open: %+v, events: %+v", open, s.Events[before:])
	}
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(7, cellA, model.OK, midday.Add(-time.Minute), time.Minute, 5e6)}, nil, w.now)
	if got := saidOfJobs(w.Snapshot(w.now).Events[before:]); len(got) != 1 || !strings.Contains(got[0], "5.0 MB") {
		t.Errorf("events: %q", got)
	}
}

// TestHowFarARestoreIs is by what its backups hold, as the journal tells of the action that started it, and of no other job.
func TestHowFarARestoreIs(t *testing.T) {
	w := newBoard(t, midday)
	run := backup(9, cellA, model.Running, midday.Add(-5*time.Minute), 0, 0)
	run.Type, run.HasCell = model.TypeRestore, false
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{run}, nil, midday)
	w.director(model.Blue, midday, w.everyCell(), run)
	w.Storages(model.Blue, map[string]model.Progress{run.Key.Job: {At: midday, Bytes: 250, Rate: 5, Percent: -1, Left: -1}})
	seq := int64(0)
	for job, want := range map[string]int{run.Key.Job: 25, "another": -1} {
		seq++
		w.Journal(&record.State{Head: record.Head{Seq: seq}, Actions: []*record.Action{{ID: "r", Found: []record.Found{
			{Restoring: &record.FoundRestoring{Bytes: 1000}}, {Job: &record.FoundJob{Cluster: model.Blue, Job: job}}}}}}, nil, nil)
		if p := w.Snapshot(w.now).Clusters[model.Blue].Open[0].Progress; p.Percent != want {
			t.Errorf("of %s: %d %%", job, p.Percent)
		}
	}
}

func TestPercentAndLeft(t *testing.T) {
	w := newBoard(t, midday)
	var jobs []model.Job
	for i := range uint32(5) {
		jobs = append(jobs, backup(i+1, cellA, model.OK, midday.Add(-time.Duration(6-i)*day), 10*time.Minute, 1000))
	}
	run := backup(9, cellA, model.Running, midday.Add(-5*time.Minute), 0, 0)
	w.Catalog(model.Blue, model.Catalog{}, append(jobs, run), nil, midday)
	w.director(model.Blue, midday, w.everyCell(), run)
	if p := w.Snapshot(w.now).Clusters[model.Blue].Open[0].Progress; p.Percent != -1 || p.Left != -1 {
		t.Errorf("nothing is known yet, but %+v", p)
	}
	w.Storages(model.Blue, map[string]model.Progress{run.Key.Job: {At: midday, Bytes: 250, Rate: 5}})
	if p := w.Snapshot(w.now).Clusters[model.Blue].Open[0].Progress; p.Percent != 25 || p.Left != 150*time.Second {
		t.Errorf("250 of 1000 at 5/s: %d %%, %v left", p.Percent, p.Left)
	}
	w.Storages(model.Blue, map[string]model.Progress{run.Key.Job: {At: midday, Bytes: 5000, Rate: 5}})
	if p := w.Snapshot(w.now).Clusters[model.Blue].Open[0].Progress; p.Percent != 99 {
		t.Errorf("beyond the usual size it is %d %%", p.Percent)
	}
	for says, p := range map[string]model.Progress{"more than can be": {At: midday, Bytes: 1 << 63, Rate: 5},
		"standing almost still": {At: midday, Bytes: 1, Rate: 1e-9}} {
		w.Storages(model.Blue, map[string]model.Progress{run.Key.Job: p})
		if got := w.Snapshot(w.now).Clusters[model.Blue].Open[0].Progress; got.Percent != min(99, int(p.Bytes>>56)) || got.Left != -1 {
			t.Errorf("%s: %d %%, %v left", says, got.Percent, got.Left)
		}
	}
}

func TestRevAndBeat(t *testing.T) {
	w := newBoard(t, midday)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(1, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 100)}, nil, midday)
	a := w.Snapshot(w.now)
	w.now = w.now.Add(time.Second)
	w.answers(model.Blue, "")
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(1, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 100)}, nil, w.now)
	b := w.Snapshot(w.now)
	if b.Rev != a.Rev || b.Beat != a.Beat+1 {
		t.Errorf("nothing changed: rev %d to %d, beat %d to %d", a.Rev, b.Rev, a.Beat, b.Beat)
	}
	if !b.Seen[0].At.Equal(w.now) {
		t.Error("the source's age did not move")
	}
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(2, cellA, model.Failed, w.now, time.Minute, 100)}, nil, w.now)
	if c := w.Snapshot(w.now); c.Rev != b.Rev+1 {
		t.Errorf("a new job left rev at %d", c.Rev)
	}
}

// The order in which rows arrive, and how they are cut into chunks, must not matter; a snapshot never changes afterwards.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := newBoard(t, midday).inv.Cells
		n := rapid.IntRange(1, 40).Draw(t, "jobs")
		jobs := make([]model.Job, n)
		for i := range jobs {
			cell := cells[rapid.IntRange(0, len(cells)-1).Draw(t, "cell")].Cell
			o := model.Outcome(rapid.IntRange(int(model.Waiting), int(model.Lost)).Draw(t, "outcome"))
			start := midday.Add(-time.Duration(rapid.IntRange(11, 10*24*60).Draw(t, "minutes ago")) * time.Minute)
			jobs[i] = backup(
				uint32(i+1),
				cell,
				o,
				start,
				time.Duration(rapid.IntRange(0, 600).Draw(t, "took"))*time.Second,
				uint64(rapid.IntRange(0, 1e6).Draw(t, "bytes")),
			)
			jobs[i].HasCell = rapid.IntRange(0, 9).Draw(t, "stray") > 0
		}
		straight, shuffled := newBoard(t, midday), newBoard(t, midday)
		straight.Catalog(model.Green, model.Catalog{}, jobs, nil, midday)
		first := shuffled.Snapshot(midday)
		frozen, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		order := rapid.Permutation(jobs).Draw(t, "order")
		for len(order) > 0 {
			k := rapid.IntRange(1, len(order)).Draw(t, "chunk")
			shuffled.Catalog(model.Green, model.Catalog{}, order[:k], nil, midday)
			shuffled.Snapshot(midday)
			order = order[k:]
		}
		shuffled.Catalog(model.Green, model.Catalog{}, jobs[:1], nil, midday) // a row told twice is told once
		a, b := straight.Snapshot(midday), shuffled.Snapshot(midday)
		if d := cmp.Diff(a.Cells, b.Cells); d != "" {
			t.Fatalf("cells differ:\n%s", d)
		}
		if d := cmp.Diff(a.Clusters[model.Green], b.Clusters[model.Green]); d != "" {
			t.Fatalf("green differs:\n%s", d)
		}
		if again, _ := json.Marshal(first); string(again) != string(frozen) {
			t.Fatal("a published snapshot changed")
		}
		ended := 0
		for _, j := range jobs {
			if !j.Outcome.Open() && j.HasCell && midday.Sub(j.End) <= 7*day {
				ended++
			}
		}
		if got := a.Clusters[model.Green].Week.Backups; got.Total()-got.Missed != ended {
			t.Fatalf("%d ended in the week, the tally has %+v", ended, got)
		}
	})
}

func TestMissedIsAnsweredLateOrStaggered(t *testing.T) {
	w := newBoard(t, midday)
	due := time.Date(2026, 11, 19, 2, 10, 0, 0, time.UTC)
	w.director(model.Blue, due.Add(-time.Hour), w.everyCell())
	w.Catalog(
		model.Blue,
		model.Catalog{},
		[]model.Job{
			backup(1, cellA, model.OK, due.Add(-20*time.Minute), time.Minute, 1),
			backup(2, cellA, model.OK, due.Add(30*time.Hour), time.Minute, 1),
		},
		nil,
		midday,
	)
	if m := w.cell(cellA).On[model.Blue].Missed; m != 0 {
		t.Errorf("20 minutes early and 6 hours late: %d missed", m)
	}
	if m := w.cell(model.Cell{Chain: "chain2", Region: "region1", Kind: model.Regular}).On[model.Blue].Missed; m != 2 {
		t.Errorf("nothing ran in two nights: %d missed", m)
	}
}
