package model

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var midday = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// world is a Board with one cell of every region and kind of two chains, both catalogs walked and everything live.
type boardWorld struct {
	*Board
	now time.Time
}

func newBoard(t interface{ Fatal(...any) }, at time.Time) *boardWorld {
	daily, err := ParseSchedule("daily at 02:10")
	if err != nil {
		t.Fatal(err)
	}
	var ps []Placement
	for _, chain := range []string{"chain1", "chain2"} {
		for _, region := range []string{"region1", "region2"} {
			for _, k := range Kinds {
				ps = append(ps, Placement{Cell: Cell{chain, region, k}, Tier: 2, Schedule: daily, Promise: 26 * time.Hour})
			}
		}
	}
	inv, err := NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	w := &boardWorld{NewBoard("test", "", inv, DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC}), at}
	for _, c := range Clusters {
		w.answers(c, "")
		w.Walked(c)
		w.director(c, at.Add(-time.Hour), w.everyCell())
	}
	return w
}

func (w *boardWorld) everyCell() map[Cell]bool {
	m := map[Cell]bool{}
	for _, p := range w.inv.Cells {
		m[p.Cell] = true
	}
	return m
}

// answers tells that a catalog answered now, or why it did not.
func (w *boardWorld) answers(c Cluster, why string) {
	s := Sighting{Source: c.String() + " catalog", Cluster: c, Every: time.Second, Tried: w.now, At: w.now, Why: why, Gates: true}
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

func (w *boardWorld) director(c Cluster, configured time.Time, has map[Cell]bool, running ...Job) {
	w.Director(c, DirectorTruth{Directors: []Director{{Name: "dir-" + c.String(), Active: true, Reloaded: configured}}, Running: running, At: w.now, Live: true, JobsAt: w.now}, has)
}

func backup(id uint32, cell Cell, o Outcome, start time.Time, took time.Duration, bytes uint64) Job {
	j := Job{ID: id, Key: JobKey{Job: fmt.Sprintf("backup-%s-%s-%s.%d", cell.Chain, cell.Region, cell.Kind, id)}, Name: "backup-" + cell.Chain, Cell: cell, HasCell: true,
		Type: TypeBackup, Level: 'F', Outcome: o, Sched: start, Start: start, Bytes: bytes, Files: 10}
	if !o.Open() {
		j.End = start.Add(took)
	}
	j.Status = map[Outcome]Status{OK: 'T', Warned: 'W', Failed: 'f', Running: 'R', Waiting: 'F', Stuck: 'm', Canceled: 'A', Lost: 'f'}[o]
	return j
}

var cellA = Cell{"chain1", "region1", Regular}

func (w *boardWorld) cell(c Cell) CellView {
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
	w.director(Blue, midday.Add(-3*day), w.everyCell())
	w.director(Green, midday.Add(-time.Hour), nil)
	w.Catalog(Blue, Catalog{}, []Job{backup(1, cellA, OK, midday.Add(-3*day).Add(-9*time.Hour-50*time.Minute), time.Minute, 100)}, nil, midday)
	v = w.cell(cellA)
	if v.On[Blue].Missed != 3 || v.On[Blue].MissedDay != 1 {
		t.Errorf("missed %d in 7 d and %d in 24 h, want 3 and 1", v.On[Blue].Missed, v.On[Blue].MissedDay)
	}
	s := w.Snapshot(w.now)
	var part TallyPart
	for _, p := range s.Clusters[Blue].Week.By {
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
	w.Catalog(Blue, Catalog{}, []Job{backup(1, cellA, OK, midday.Add(-time.Hour), time.Minute, 100)}, nil, midday)
	w.director(Green, midday.Add(-9*day), w.everyCell())
	w.Rewalk(Green, "another catalog", midday)
	v := w.cell(cellA)
	if v.Health != CellOK || v.On[Green].Missed != 0 {
		t.Errorf("green is not read yet, but %v: %s, %d missed", v.Health, v.Says, v.On[Green].Missed)
	}
	w.Walked(Green)
	if v = w.cell(cellA); v.Health != CellDiverged || v.On[Green].Missed != 7 {
		t.Errorf("green is read and has nothing: %v: %s, %d missed", v.Health, v.Says, v.On[Green].Missed)
	}
}

func TestWhatWasThereAtTheStartIsNoEvent(t *testing.T) {
	w := newBoard(t, midday)
	w.sides[Blue].walked, w.sides[Blue].primed, w.sides[Blue].director = false, false, DirectorTruth{}
	ring := DirectorTruth{Directors: []Director{{Name: "dir-blue", Active: true}}, At: midday, Live: true, JobsAt: midday,
		Running: []Job{backup(8, cellA, Running, midday, 0, 0)}, Ended: []Job{backup(7, cellA, Failed, midday.Add(-time.Hour), time.Minute, 1)}}
	before := len(w.Snapshot(midday).Events)
	w.Director(Blue, ring, w.everyCell())
	w.Snapshot(midday)
	w.Catalog(Blue, Catalog{}, append(ring.Running, ring.Ended...), nil, midday)
	w.Snapshot(midday)
	w.Walked(Blue)
	if got := w.Snapshot(midday).Events[before:]; len(got) != 0 {
		t.Errorf("told at the start: %+v", got)
	}
	ring.Running = nil
	ring.Ended = append(ring.Ended, backup(8, cellA, OK, midday, time.Second, 1))
	w.Director(Blue, ring, w.everyCell())
	w.Catalog(Blue, Catalog{}, ring.Ended[1:], nil, midday)
	if got := saidOfJobs(w.Snapshot(midday).Events[before:]); len(got) != 1 {
		t.Errorf("the end of the running one: %q", got)
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
	j := backup(7, cellA, Running, midday.Add(-time.Minute), 0, 0)
	outcome := func() Outcome {
		for _, o := range w.Snapshot(w.now).Clusters[Blue].Open {
			if o.ID == 7 {
				return o.Outcome
			}
		}
		return OK
	}
	w.Catalog(Blue, Catalog{}, []Job{j}, nil, w.now)
	w.director(Blue, midday, w.everyCell(), j)
	if o := outcome(); o != Running {
		t.Fatalf("both know it: %v", o)
	}
	w.director(Blue, midday, w.everyCell())
	if o := outcome(); o != Running {
		t.Errorf("lost at the first look: %v", o)
	}
	w.now = w.now.Add(10 * time.Second)
	silent := DirectorTruth{Directors: w.sides[Blue].director.Directors, JobsAt: midday}
	w.Director(Blue, silent, w.everyCell())
	w.now = w.now.Add(time.Hour)
	if o := outcome(); o != Running {
		t.Errorf("a silent Director says nothing of the job: %v", o)
	}
	w.director(Blue, midday, w.everyCell())
	outcome()
	w.now = w.now.Add(20 * time.Second)
	if o := outcome(); o != Lost {
		t.Errorf("20 s unknown to a Director that answers: %v", o)
	}
	found := false
	for _, a := range w.Snapshot(w.now).Alerts {
		found = found || a.Job != nil && strings.Contains(a.Says, "lost?")
	}
	if !found {
		t.Error("no alert names the lost job")
	}
}

func TestEndIsKnownFromTheDirectorWhileTheCatalogIsSilent(t *testing.T) {
	w := newBoard(t, midday)
	j := backup(7, cellA, Running, midday.Add(-time.Minute), 0, 0)
	w.Catalog(Blue, Catalog{}, []Job{j}, nil, w.now)
	w.director(Blue, midday, w.everyCell(), j)
	before := len(w.Snapshot(w.now).Events)
	ended := backup(7, cellA, Failed, midday.Add(-time.Minute), time.Minute, 5)
	w.Director(Blue, DirectorTruth{Directors: w.sides[Blue].director.Directors, Ended: []Job{ended}, Live: true, JobsAt: midday}, w.everyCell())
	if got := w.Snapshot(w.now).Events[before:]; len(got) != 0 {
		t.Errorf("told without its reason, which the catalog has: %+v", got)
	}
	w.now = w.now.Add(time.Minute)
	s := w.Snapshot(w.now)
	if n := len(s.Clusters[Blue].Open); n != 0 {
		t.Errorf("%d jobs still open", n)
	}
	if len(s.Clusters[Blue].Recent) != 1 || s.Clusters[Blue].Recent[0].Outcome != Failed {
		t.Errorf("recent: %+v", s.Clusters[Blue].Recent)
	}
	if got := s.Events[before:]; len(got) != 1 || got[0].Severity != Fail {
		t.Errorf("events: %+v", got)
	}
	w.Catalog(Blue, Catalog{}, []Job{ended}, nil, w.now)
	if got := w.Snapshot(w.now).Events[before:]; len(got) != 1 {
		t.Errorf("the end is told twice: %+v", got)
	}
}

// A Director lists a job for a moment with the status it ends with, before anybody has its figures.
func TestEndIsToldWithItsFigures(t *testing.T) {
	w := newBoard(t, midday)
	j := backup(7, cellA, Running, midday.Add(-time.Minute), 0, 0)
	w.Catalog(Blue, Catalog{}, []Job{j}, nil, w.now)
	w.director(Blue, midday, w.everyCell(), j)
	before := len(w.Snapshot(w.now).Events)
	ending := j
	ending.Status, ending.Outcome = 'T', OK
	w.director(Blue, midday, w.everyCell(), ending)
	s := w.Snapshot(w.now)
	if open := s.Clusters[Blue].Open; len(open) != 1 || open[0].Outcome != Running || len(s.Events) != before {
		t.Errorf("open: %+v, events: %+v", open, s.Events[before:])
	}
	w.Catalog(Blue, Catalog{}, []Job{backup(7, cellA, OK, midday.Add(-time.Minute), time.Minute, 5e6)}, nil, w.now)
	if got := saidOfJobs(w.Snapshot(w.now).Events[before:]); len(got) != 1 || !strings.Contains(got[0], "5.0 MB") {
		t.Errorf("events: %q", got)
	}
}

func TestPercentAndLeft(t *testing.T) {
	w := newBoard(t, midday)
	var jobs []Job
	for i := range uint32(5) {
		jobs = append(jobs, backup(i+1, cellA, OK, midday.Add(-time.Duration(6-i)*day), 10*time.Minute, 1000))
	}
	run := backup(9, cellA, Running, midday.Add(-5*time.Minute), 0, 0)
	w.Catalog(Blue, Catalog{}, append(jobs, run), nil, midday)
	w.director(Blue, midday, w.everyCell(), run)
	if p := w.Snapshot(w.now).Clusters[Blue].Open[0].Progress; p.Percent != -1 || p.Left != -1 {
		t.Errorf("nothing is known yet, but %+v", p)
	}
	w.Clients(Blue, map[string]Progress{run.Key.Job: {At: midday, Bytes: 250, Rate: 5}})
	if p := w.Snapshot(w.now).Clusters[Blue].Open[0].Progress; p.Percent != 25 || p.Left != 150*time.Second {
		t.Errorf("250 of 1000 at 5/s: %d %%, %v left", p.Percent, p.Left)
	}
	w.Clients(Blue, map[string]Progress{run.Key.Job: {At: midday, Bytes: 5000, Rate: 5}})
	if p := w.Snapshot(w.now).Clusters[Blue].Open[0].Progress; p.Percent != 99 {
		t.Errorf("beyond the usual size it is %d %%", p.Percent)
	}
}

func TestRevAndBeat(t *testing.T) {
	w := newBoard(t, midday)
	w.Catalog(Blue, Catalog{}, []Job{backup(1, cellA, OK, midday.Add(-time.Hour), time.Minute, 100)}, nil, midday)
	a := w.Snapshot(w.now)
	w.now = w.now.Add(time.Second)
	w.answers(Blue, "")
	w.Catalog(Blue, Catalog{}, []Job{backup(1, cellA, OK, midday.Add(-time.Hour), time.Minute, 100)}, nil, w.now)
	b := w.Snapshot(w.now)
	if b.Rev != a.Rev || b.Beat != a.Beat+1 {
		t.Errorf("nothing changed: rev %d to %d, beat %d to %d", a.Rev, b.Rev, a.Beat, b.Beat)
	}
	if !b.Seen[0].At.Equal(w.now) {
		t.Error("the source's age did not move")
	}
	w.Catalog(Blue, Catalog{}, []Job{backup(2, cellA, Failed, w.now, time.Minute, 100)}, nil, w.now)
	if c := w.Snapshot(w.now); c.Rev != b.Rev+1 {
		t.Errorf("a new job left rev at %d", c.Rev)
	}
}

// The order in which rows arrive, and how they are cut into chunks, must not matter; a snapshot never changes afterwards.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cells := newBoard(t, midday).inv.Cells
		n := rapid.IntRange(1, 40).Draw(t, "jobs")
		jobs := make([]Job, n)
		for i := range jobs {
			cell := cells[rapid.IntRange(0, len(cells)-1).Draw(t, "cell")].Cell
			o := Outcome(rapid.IntRange(int(Waiting), int(Lost)).Draw(t, "outcome"))
			start := midday.Add(-time.Duration(rapid.IntRange(1, 10*24*60).Draw(t, "minutes ago")) * time.Minute)
			jobs[i] = backup(uint32(i+1), cell, o, start, time.Duration(rapid.IntRange(0, 600).Draw(t, "took"))*time.Second, uint64(rapid.IntRange(0, 1e6).Draw(t, "bytes")))
			jobs[i].HasCell = rapid.IntRange(0, 9).Draw(t, "stray") > 0
		}
		straight, shuffled := newBoard(t, midday), newBoard(t, midday)
		straight.Catalog(Green, Catalog{}, jobs, nil, midday)
		first := shuffled.Snapshot(midday)
		frozen, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		order := rapid.Permutation(jobs).Draw(t, "order")
		for len(order) > 0 {
			k := rapid.IntRange(1, len(order)).Draw(t, "chunk")
			shuffled.Catalog(Green, Catalog{}, order[:k], nil, midday)
			shuffled.Snapshot(midday)
			order = order[k:]
		}
		shuffled.Catalog(Green, Catalog{}, jobs[:1], nil, midday) // a row told twice is told once
		a, b := straight.Snapshot(midday), shuffled.Snapshot(midday)
		if d := cmp.Diff(a.Cells, b.Cells); d != "" {
			t.Fatalf("cells differ:\n%s", d)
		}
		if d := cmp.Diff(a.Clusters[Green], b.Clusters[Green]); d != "" {
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
		if got := a.Clusters[Green].Week.Backups; got.Total()-got.Missed != ended {
			t.Fatalf("%d ended in the week, the tally has %+v", ended, got)
		}
	})
}

func TestMissedIsAnsweredLateOrStaggered(t *testing.T) {
	w := newBoard(t, midday)
	due := time.Date(2026, 11, 19, 2, 10, 0, 0, time.UTC)
	w.director(Blue, due.Add(-time.Hour), w.everyCell())
	w.Catalog(Blue, Catalog{}, []Job{backup(1, cellA, OK, due.Add(-20*time.Minute), time.Minute, 1), backup(2, cellA, OK, due.Add(30*time.Hour), time.Minute, 1)}, nil, midday)
	if m := w.cell(cellA).On[Blue].Missed; m != 0 {
		t.Errorf("20 minutes early and 6 hours late: %d missed", m)
	}
	if m := w.cell(Cell{"chain2", "region1", Regular}).On[Blue].Missed; m != 2 {
		t.Errorf("nothing ran in two nights: %d missed", m)
	}
}
