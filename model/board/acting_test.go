package board

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

// pair are the two Directors of a cluster, with what each says of its jobs.
type pair struct {
	active, passive        bool // answer
	trouble                model.Trouble
	running, alsoRunning   []model.Job
	ended, alsoEnded       []model.Job
	started, passiveStarts time.Time
	allOff                 bool // the passive one starts no job by itself
	stopped                bool // the passive one: its port refuses
}

func (w *boardWorld) pair(p pair) { w.pairOf(model.Blue, p) }

func (w *boardWorld) pairOf(c model.Cluster, p pair) {
	why := map[bool]string{false: p.trouble.Says(), true: ""}
	ds := []model.Director{{Name: "dir1", PID: 1, Active: true, Started: p.started}, {Name: "dir1", PID: 2, Started: p.passiveStarts}}
	active := Sighting{Source: model.DirectorOf(c, "dir1"), Every: time.Second, Tried: w.now, Gates: true, Why: why[p.active]}
	if active.At, active.Trouble = w.now, p.trouble; !p.active {
		active.At = w.now.Add(-time.Minute)
	}
	passive := Sighting{Source: model.PassiveOf(c, "dir1", "dir1"), Every: 10 * time.Second, Tried: w.now, At: w.now, Why: why[p.passive]}
	if !p.passive {
		passive.Trouble = model.TroubleSilent
	}
	if p.stopped {
		passive.Trouble = model.TroubleGone
	}
	w.Source(active)
	w.Source(passive)
	var off map[model.Cell]bool
	if p.allOff {
		off = w.everyCell()
	}
	w.Director(c, DirectorTruth{
		Directors: ds, Running: p.running, Ended: p.ended, At: w.now, Live: p.active, JobsAt: w.now,
		Passive: &DirectorWord{Running: p.alsoRunning, Ended: p.alsoEnded, At: w.now, Live: p.passive, Has: w.everyCell(), Off: off, Told: true},
	}, w.everyCell())
}

// TestWhoSchedules is decided by who runs jobs. Nobody can tell while two do, or may.
func TestWhoSchedules(t *testing.T) {
	hour := midday.Add(-time.Hour)
	runs := []model.Job{backup(7, cellA, model.Running, midday.Add(-5*time.Minute), 0, 0)}
	old := []model.Job{backup(6, cellA, model.OK, midday.Add(-30*time.Minute), time.Minute, 1)}
	later := []model.Job{backup(8, cellA, model.OK, midday.Add(-2*time.Minute), time.Minute, 1)}
	up := pair{active: true, passive: true, started: hour, passiveStarts: hour}
	for name, c := range map[string]struct {
		of    func(*pair)
		place int
		both  bool
	}{
		"both answer, one runs": {func(p *pair) { p.running = runs }, 0, false},
		"a passive one was started since": {func(p *pair) {
			p.active, p.trouble, p.passiveStarts = false, model.TroubleGone, midday.Add(-30*time.Second)
		}, 1, false},
		"it was started before that": {func(p *pair) {
			p.active, p.trouble, p.passiveStarts = false, model.TroubleGone, midday.Add(-61*time.Second)
		}, 0, false},
		"it was started, and starts nothing by itself": {func(p *pair) {
			p.active, p.trouble, p.passiveStarts, p.allOff = false, model.TroubleGone, midday.Add(-30*time.Second), true
		}, 0, false},
		"the active one is gone":   {func(p *pair) { p.active, p.trouble = false, model.TroubleGone }, 0, false},
		"and the passive one runs": {func(p *pair) { p.active, p.trouble, p.alsoRunning = false, model.TroubleGone, runs }, 1, false},
		"and the passive one ran":  {func(p *pair) { p.active, p.trouble, p.alsoEnded = false, model.TroubleGone, old }, 1, false},
		"it ran before its start": {func(p *pair) {
			p.active, p.alsoEnded, p.passiveStarts = false, old, midday.Add(-2*time.Minute)
		}, 0, false},
		"neither answers":              {func(p *pair) { p.active, p.passive, p.alsoRunning = false, false, runs }, 0, false},
		"both answer, the passive one": {func(p *pair) { p.alsoRunning = runs }, 1, true},
		"both answer, both run":        {func(p *pair) { p.running, p.alsoRunning = runs, later }, 1, true},
		"the role came back":           {func(p *pair) { p.ended, p.alsoEnded = later, old }, 0, false},
		"the passive one was later":    {func(p *pair) { p.ended, p.alsoEnded = old, later }, 1, true},
	} {
		w, p := newBoard(t, midday), up
		c.of(&p)
		w.pair(p)
		v := w.Snapshot(midday).Clusters[model.Blue]
		if v.Acting != c.place || v.Both != c.both || (v.ActingSays == "") != (c.place == 0 && !c.both) {
			t.Errorf("%s: %d, both %v: %q", name, v.Acting, v.Both, v.ActingSays)
		}
		for i, d := range v.Directors {
			if d.Acts != (i == c.place && !c.both) {
				t.Errorf("%s: place %d acts: %v", name, i, d.Acts)
			}
		}
		if got := v.Scheduler(); got != model.PassiveOf(model.Blue, "dir1", "dir1") == (c.place == 1) {
			t.Errorf("%s: it is %s that schedules", name, got)
		}
	}
}

// TestTheFiguresAreOfWhoSchedules: a job that the passive one runs is running, wherever the active one stands, and what the cluster's view
// depends on is who schedules. The end of it all is told, too.
func TestTheFiguresAreOfWhoSchedules(t *testing.T) {
	w := newBoard(t, midday)
	j := backup(7, cellA, model.Running, midday.Add(-5*time.Minute), 0, 0)
	row := j
	row.Status, row.Outcome = 'R', model.Running
	w.Catalog(model.Blue, model.Catalog{At: midday}, []model.Job{row}, nil, w.now)
	up := pair{
		active:        true,
		passive:       true,
		started:       midday.Add(-time.Hour),
		passiveStarts: midday.Add(-time.Hour),
		alsoRunning:   []model.Job{j},
	}
	for _, active := range []bool{true, false} {
		up.active, up.trouble = active, model.TroubleGone
		for range 3 {
			w.now = w.now.Add(time.Minute)
			w.answers(model.Blue, "")
			w.pair(up)
			s := w.Snapshot(w.now)
			open := s.Clusters[model.Blue].Open
			if len(open) != 1 || open[0].Outcome != model.Running {
				t.Fatalf("active answers: %v; the job that the passive one runs: %+v", active, open)
			}
			for _, o := range s.Seen {
				passive := o.Source == model.PassiveOf(model.Blue, "dir1", "dir1")
				if o.Source.Kind == model.SourceDirector && o.Source.Of(model.Blue) && strings.HasPrefix(o.Source.Name, "dir1") && o.Gates != passive {
					t.Errorf("active answers: %v; %s gates: %v", active, o.Source, o.Gates)
				}
			}
		}
	}
	up.active, up.alsoRunning, up.started = true, nil, w.now.Add(-toldStart)
	w.pair(up)
	s := w.Snapshot(w.now)
	if said := saidOfJobs(s.Events); len(s.Events) < 3 {
		t.Errorf("%d events: %v", len(s.Events), said)
	}
	var told []string
	for _, e := range s.Events {
		if strings.Contains(e.Says, "schedule") {
			told = append(told, e.Says)
		}
	}
	want := []string{"two Directors of blue may schedule: ", "dir1 (passive) schedules for blue, ", "dir1 alone schedules for blue again"}
	for i := range max(len(told), len(want)) {
		if i >= len(told) || i >= len(want) || !strings.HasPrefix(told[i], want[i]) {
			t.Fatalf("told: %q", told)
		}
	}
}

// TestASilentDirectorMayRunWhatTheOtherDoesNotKnow: only one that is gone has surely lost its jobs.
func TestASilentDirectorMayRunWhatTheOtherDoesNotKnow(t *testing.T) {
	for trouble, lost := range map[model.Trouble]bool{model.TroubleGone: true, model.TroubleSilent: false, model.TroubleRefused: false} {
		w := newBoard(t, midday)
		its := backup(5, cellA, model.Running, midday.Add(-20*time.Minute), 0, 0)
		w.Catalog(model.Blue, model.Catalog{At: midday}, []model.Job{its}, nil, w.now)
		p := pair{passive: true, trouble: trouble, started: midday.Add(-time.Hour), passiveStarts: midday.Add(-time.Hour)}
		p.alsoRunning = []model.Job{backup(7, model.Cell{Chain: "chain2", Region: "region1", Kind: model.Regular}, model.Running, midday, 0, 0)}
		var open []model.Job
		for range 3 {
			w.now = w.now.Add(time.Minute)
			w.answers(model.Blue, "")
			w.pair(p)
			open = w.Snapshot(w.now).Clusters[model.Blue].Open
		}
		for _, j := range open {
			if j.ID == 5 && (j.Outcome == model.Lost) != lost {
				t.Errorf("the active one %s: its job is %v", trouble.Says(), j.Outcome)
			}
		}
	}
}

// TestWhatEitherRunsIsNeverLost holds for any two Directors, of any names, that answer or have answered.
func TestWhatEitherRunsIsNeverLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		heard := false
		w := newBoard(t, midday)
		p := pair{started: midday.Add(-time.Hour), passiveStarts: midday.Add(-time.Hour)}
		var rows []model.Job
		for i, cell := range w.inv.Cells[:4] {
			j := backup(uint32(10+i), cell.Cell, model.Running, midday.Add(-time.Duration(i+1)*time.Minute), 0, 0)
			rows = append(rows, j)
			switch rapid.IntRange(0, 2).Draw(t, "on") {
			case 1:
				p.running = append(p.running, j)
			case 2:
				p.alsoRunning = append(p.alsoRunning, j)
			}
		}
		w.Catalog(model.Blue, model.Catalog{At: midday}, rows, nil, w.now)
		for range rapid.IntRange(1, 6).Draw(t, "looks") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(t, "s")) * time.Second)
			p.active, p.passive = rapid.Bool().Draw(t, "active"), rapid.Bool().Draw(t, "passive")
			p.trouble = rapid.SampledFrom([]model.Trouble{model.TroubleGone, model.TroubleSilent}).Draw(t, "trouble")
			w.answers(model.Blue, "")
			w.pair(p)
			v := w.Snapshot(w.now).Clusters[model.Blue]
			heard = heard || p.passive
			for _, j := range v.Open {
				// the passive one is silent, never gone
				known := p.active && has(p.running, j) || heard && has(p.alsoRunning, j)
				if known && j.Outcome == model.Lost {
					t.Fatalf("%d is lost: acting %d, both %v, %s", j.ID, v.Acting, v.Both, v.ActingSays)
				}
			}
		}
	})
}

func has(all []model.Job, j model.Job) bool {
	for i := range all {
		if all[i].Key.Job == j.Key.Job {
			return true
		}
	}
	return false
}

// TestOneThatWasStartedInPlaceOfTheOther schedules from then on, although it has run nothing: that is told at once, and so is the other one
// that answers again beside it, until that is stopped or nothing is started by it.
func TestOneThatWasStartedInPlaceOfTheOther(t *testing.T) {
	w := newBoard(t, midday)
	p := pair{passive: true, trouble: model.TroubleGone, started: midday.Add(-time.Hour), passiveStarts: midday.Add(-30 * time.Second)}
	alert := func() (found Alert) {
		w.pair(p)
		for _, a := range w.Snapshot(w.now).Alerts {
			if a.ID == "passive-works:blue" {
				found = a
			}
		}
		return found
	}
	if a := alert(); a.Severity != model.Warn || !strings.Contains(a.Says, "was started when dir1 was not heard any more, with") ||
		a.Brief != "dir1 is passive and schedules" {
		t.Errorf("it took over: %+v", a)
	}
	p.active = true
	for range 3 {
		w.now = w.now.Add(time.Minute)
		p.started = w.now.Add(-toldStart)
		if a := alert(); a.Severity != model.Fail || !strings.Contains(a.Says, "answers again") || !w.last.Clusters[model.Blue].Both {
			t.Errorf("both are there: %+v", a)
		}
	}
	p.allOff = true
	if a := alert(); a.ID != "" || w.last.Clusters[model.Blue].Both {
		t.Errorf("it starts nothing any more: %+v", a)
	}
	p.alsoRunning = []model.Job{backup(7, cellA, model.Running, w.now.Add(-time.Minute), 0, 0)}
	if a := alert(); a.Severity != model.Fail || !strings.Contains(a.Says, "answers too") {
		t.Errorf("it runs a job: %+v", a)
	}
	p.passive = false
	if a := alert(); a.ID == "" {
		t.Error("it is silent, and may run it still: nothing is told")
	}
	if p.stopped = true; alert().ID != "" || w.last.Clusters[model.Blue].Both {
		t.Errorf("it was stopped with its job: %+v", alert())
	}
}

// TestTheSecondInWhichTheRoleComesBack: the start of the active Director is told in whole seconds, and what the passive one said within
// that second may be from before it was stopped: two that schedule are not told by it.
func TestTheSecondInWhichTheRoleComesBack(t *testing.T) {
	w := newBoard(t, midday)
	runs := []model.Job{backup(7, cellA, model.Running, midday.Add(-5*time.Minute), 0, 0)}
	p := pair{
		passive:       true,
		trouble:       model.TroubleGone,
		started:       midday.Add(-time.Hour),
		passiveStarts: midday.Add(-10 * time.Minute),
		alsoRunning:   runs,
	}
	w.pair(p)
	if v := w.Snapshot(w.now).Clusters[model.Blue]; v.Acting != 1 || v.Both {
		t.Fatalf("it did not take over: %+v", v.ActingSays)
	}
	w.now = w.now.Add(time.Minute + 400*time.Millisecond)
	p.active, p.started = true, w.now.Truncate(time.Second)
	w.pair(p)
	if v := w.Snapshot(w.now).Clusters[model.Blue]; v.Both {
		t.Errorf("within the second of the start: %s", v.ActingSays)
	}
	w.now = w.now.Add(time.Minute)
	p.alsoRunning, p.passiveStarts = nil, p.started
	w.pair(p)
	s := w.Snapshot(w.now)
	if v := s.Clusters[model.Blue]; v.Both || v.Acting != 0 {
		t.Errorf("the role is back: %s", v.ActingSays)
	}
	for _, e := range s.Events {
		if strings.Contains(e.Says, "two Directors") {
			t.Errorf("told: %s", e.Says)
		}
	}
}
