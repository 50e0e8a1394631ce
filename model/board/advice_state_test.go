package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
)

// silent tells that a cluster's Director does not answer, or what else it does.
func (w *boardWorld) silent(c model.Cluster, t model.Trouble) {
	w.Source(Sighting{Source: model.DirectorOf(c, "dir-"+c.String()), Every: time.Second, Tried: w.now, At: w.now.Add(-time.Minute),
		Since: w.now.Add(-time.Minute), Why: "connection refused", Trouble: t, Gates: true})
}

// advised is what to do by the alert whose id begins so.
func advised(t *testing.T, w *boardWorld, id string) string {
	t.Helper()
	s := w.Snapshot(w.now)
	i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return strings.HasPrefix(a.ID, id) })
	if i < 0 {
		t.Fatalf("no alert %s: %+v", id, s.Alerts)
	}
	return s.Alerts[i].Do
}

// TestAFailoverAdvisesWhatIsLeftToDo by whether it is over, what died of it and what of that runs again.
func TestAFailoverAdvisesWhatIsLeftToDo(t *testing.T) {
	one, two := cellOf("chain1", "region1", model.Regular), cellOf("chain2", "region1", model.Regular)
	told := func(ago time.Duration, says string) model.RDSEvent {
		return model.RDSEvent{At: midday.Add(-ago), Instance: "bacula", Categories: []string{"failover"}, Says: says}
	}
	began, done := told(20*time.Minute, "Multi-AZ instance failover started."), told(19*time.Minute, "Multi-AZ instance failover completed")
	just := told(time.Minute, "Multi-AZ instance failover started.")
	died := func(id uint32, of model.Cell) model.Job {
		j := backup(id, of, model.Failed, midday.Add(-40*time.Minute), 22*time.Minute, 1)
		j.Name = "backup-" + of.String()
		return j
	}
	restore := died(22, two)
	restore.Type, restore.HasCell, restore.Cell = model.TypeRestore, false, model.Cell{}
	runs := func(id uint32, of model.Cell) model.Job { return ofCell(id, of, model.Running, time.Minute, "") }
	for _, x := range []struct {
		name    string
		events  []model.RDSEvent
		jobs    []model.Job
		silent  bool
		do, not string
	}{
		{"it has just begun", []model.RDSEvent{just}, nil, false, "wait for its end: nothing is to be run again before; ask who", ""},
		{"nothing died", []model.RDSEvent{began, done}, nil, false, "ask who asked for the failover; nothing has to be run again", "run the"},
		{"two died", []model.RDSEvent{began, done}, []model.Job{died(21, one), died(22, two)}, false,
			"run again the jobs that died (R); ask who asked for the failover", ""},
		{"one of them runs again", []model.RDSEvent{began, done}, []model.Job{died(21, one), died(22, two), runs(23, one)}, false,
			"run the other 1 of 2 again (R); ask who", ""},
		{"both run again", []model.RDSEvent{began, done}, []model.Job{died(21, one), died(22, two), runs(23, one), runs(24, two)}, false,
			"wait for their open backups; ask who", "run the"},
		{"their Director is silent", []model.RDSEvent{began, done}, []model.Job{died(21, one)}, true,
			"see to green first: run again the jobs that died (R) once green director answers; ask who", ""},
		{"a restore died, and all backups run again", []model.RDSEvent{began, done},
			[]model.Job{died(21, one), restore, runs(23, one)}, false,
			"wait for their open backups; see whether what else died (1 job) is still wanted; ask who", "run the"},
		{"a restore alone died", []model.RDSEvent{began, done}, []model.Job{restore}, false, "see whether what else died (1 job)", "run the"},
		{"an action asked for it", []model.RDSEvent{began, done}, nil, false, "see action 7: it asked for the failover; nothing has", "ask who"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := night(t, midday.Add(-24*time.Hour), x.jobs...)
			if strings.HasPrefix(x.do, "see action 7") {
				st := &record.State{}
				st.Actions = append(st.Actions, &record.Action{Seq: 7, Verb: FailoverVerb, State: record.ActionDone,
					At: began.At.Add(-time.Minute), LastAt: done.At.Add(time.Minute)})
				w.Journal(st, nil, nil)
			}
			w.RDS(rdsPair(model.KnownLag(0), midday, x.events...))
			if x.silent {
				w.silent(model.Green, model.TroubleGone)
			}
			if do := advised(t, w, "rds:failover:"); !strings.HasPrefix(do, x.do) || x.not != "" && strings.Contains(do, x.not) {
				t.Errorf("%q", do)
			}
		})
	}
}

// TestWhatCannotRunIsNotToBeRun where a Director is silent, has lost its catalog or that takes no writes: the other cluster is named, or
// what has to be so first.
func TestWhatCannotRunIsNotToBeRun(t *testing.T) {
	other := cellOf("chain2", "region1", model.Regular)
	lost := []model.Job{ofCell(21, cellA, model.Lost, time.Hour, ""), ofCell(22, other, model.Lost, time.Hour, "")}
	restored := ofCell(24, cellA, model.Lost, time.Hour, "")
	restored.Type, restored.HasCell, restored.Name = model.TypeRestore, false, "restore-region1"
	broken := func(w *boardWorld) {
		i, _ := w.inv.Index(cellA)
		w.inv.Cells[i].Promise = 8 * time.Hour
	}
	for _, x := range []struct {
		name, id string
		jobs     []model.Job
		change   func(*boardWorld)
		do       string
	}{
		{"broken, all answer", "broken:", nil, broken, "back it up now, and"},
		{"broken, one is silent", "broken:", nil, func(w *boardWorld) { broken(w); w.silent(model.Blue, model.TroubleSilent) },
			"back it up on green now, and"},
		{"broken, one does not let in", "broken:", nil, func(w *boardWorld) { broken(w); w.silent(model.Blue, model.TroubleRefused) },
			"back it up now, and"},
		{"broken, both are silent", "broken:", nil, func(w *boardWorld) {
			broken(w)
			w.silent(model.Blue, model.TroubleGone)
			w.silent(model.Green, model.TroubleGone)
		}, "see to blue first: back it up once blue director answers, and"},
		{"one lost, silent", "job:green:", lost[:1], func(w *boardWorld) { w.silent(model.Green, model.TroubleGone) },
			"see to green first: run it again (R) once green director answers: nothing"},
		{"two lost, silent", "lost:green", lost, func(w *boardWorld) { w.silent(model.Green, model.TroubleGone) },
			"see to green first: run them again (R) once green director answers: nothing"},
		{"two lost, and a restore", "lost:green", append(lost, restored), func(*boardWorld) {},
			"run 2 backups again (R): nothing can be restored from them; see whether what else was lost (1 job) is still wanted"},
		{"two failed of one reason, one runs again", "failed:green", []model.Job{ofCell(21, cellA, model.Failed, time.Hour, "full"),
			ofCell(22, other, model.Failed, time.Hour, "full"),
			ofCell(23, cellA, model.Running, time.Minute, "")}, func(*boardWorld) {},
			"read their logs; when the cause is gone, run the other 1 of 2 again"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := night(t, midday.Add(-24*time.Hour), x.jobs...)
			x.change(w)
			if do := advised(t, w, x.id); !strings.HasPrefix(do, x.do) {
				t.Errorf("%q", do)
			}
		})
	}
}

// TestOnlyAFullOneKeepsThePromiseOfOne whatever else runs or is due.
func TestOnlyAFullOneKeepsThePromiseOfOne(t *testing.T) {
	incremental := ofCell(31, cellA, model.Running, time.Minute, "")
	incremental.Level = 'I'
	for _, x := range []struct {
		name, schedule string
		ago            time.Duration // of the only full one
		jobs           []model.Job
		id, do         string
	}{
		{"broken", "Incremental daily at 02:10", 9 * 24 * time.Hour, nil, "broken:",
			"run a full backup now: others are there, and no full one"},
		{"broken, an incremental one runs", "Incremental daily at 02:10", 9 * 24 * time.Hour, []model.Job{incremental}, "broken:",
			"run a full one after job 31: that one is incr"},
		{"broken, a full one runs", "Incremental daily at 02:10", 9 * 24 * time.Hour,
			[]model.Job{ofCell(31, cellA, model.Running, time.Minute, "")}, "broken:", "wait for job 31: it runs on green"},
		{"near, only incremental ones are due", "Incremental daily at 12:10", 8*24*time.Hour - time.Hour, nil, "breaks:",
			"run a full backup: none is scheduled before then"},
		{"near, an incremental one runs", "Incremental daily at 02:10", 8*24*time.Hour - time.Hour, []model.Job{incremental}, "breaks:",
			"run a full one after job 31: that one is incr"},
		{"near, a full one is due", "Full daily at 12:10", 8*24*time.Hour - time.Hour, nil, "breaks:",
			"watch the Full due 12:10 UTC: it must end well"},
		{"near, one of a level nobody tells is due", "daily at 12:10", 8*24*time.Hour - time.Hour, nil, "breaks:",
			"watch the one due 12:10 UTC: it must be a full one and end well"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := newBoard(t, midday)
			full := backup(1, cellA, model.OK, midday.Add(-x.ago), 0, 100)
			young := backup(2, cellA, model.OK, midday.Add(-9*time.Hour), time.Minute, 100)
			young.Level = 'I'
			schedule, err := model.ParseSchedule(x.schedule)
			if err != nil {
				t.Fatal(err)
			}
			i, _ := w.inv.Index(cellA)
			w.inv.Cells[i].FullPromise, w.inv.Cells[i].Schedule = 8*24*time.Hour, schedule
			w.Catalog(model.Green, model.Catalog{}, append([]model.Job{full, young}, x.jobs...), nil, midday)
			w.director(model.Green, midday.Add(-time.Hour), w.everyCell(), x.jobs...)
			if do := advised(t, w, x.id); !strings.HasPrefix(do, x.do) {
				t.Errorf("%q", do)
			}
		})
	}
}

// TestWhileAWSIsAtWork on a server, whoever misses it waits.
func TestWhileAWSIsAtWork(t *testing.T) {
	began := model.RDSEvent{At: midday.Add(-time.Minute), Instance: "bacula", Categories: []string{"failover"},
		Says: "Multi-AZ instance failover started."}
	done := began
	done.At, done.Says = midday, "Multi-AZ instance failover completed"
	old := began
	old.At = midday.Add(-time.Hour)
	for _, x := range []struct {
		name    string
		status  string
		events  []model.RDSEvent
		trouble model.Trouble
		do      string
	}{
		{"a failover", "available", []model.RDSEvent{began}, model.TroubleGone,
			"wait for AWS: it fails bacula over since 11:59:00 UTC; see its events"},
		{"a failover that is over", "available", []model.RDSEvent{began, done}, model.TroubleGone, "see whether "},
		{"a failover without an end", "available", []model.RDSEvent{old}, model.TroubleGone, "see whether "},
		{"a reboot", "rebooting", nil, model.TroubleSilent, "wait for AWS: it calls bacula rebooting; see its events"},
		{"a reboot, and it answers", "rebooting", nil, model.TroubleRefused, "see the watcher's credentials"},
		{"somebody stops it", "stopping", nil, model.TroubleGone, "see whether "},
		{"all is well by AWS", "available", nil, model.TroubleGone, "see whether "},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := newBoard(t, midday)
			w.RDS(func(r *model.RDS) {
				rdsPair(model.KnownLag(0), midday, x.events...)(r)
				r.Primary.AWS.Value.Status = x.status
			})
			for _, of := range []model.Source{model.CatalogOf(model.Green), {Kind: model.SourceServer, Name: "primary"}} {
				w.Source(Sighting{Source: of, Every: time.Second, Tried: midday, At: midday.Add(-time.Minute), Since: midday.Add(-time.Minute),
					Why: "connection refused", Trouble: x.trouble, Gates: of.Kind == model.SourceCatalog})
				if do := advised(t, w, "source:"+of.String()); !strings.HasPrefix(do, x.do) {
					t.Errorf("%s: %q", of, do)
				}
			}
		})
	}
}

// TestStoragesAreAskedThroughTheirDirector so that its silence is one alert; a first silence is no failure yet.
func TestStoragesAreAskedThroughTheirDirector(t *testing.T) {
	w := newBoard(t, midday)
	storages := Sighting{Source: model.StoragesOf(model.Green), Every: time.Second, Tried: midday, At: midday.Add(-time.Minute),
		Why: "no answer in 3s", Trouble: model.TroubleSilent}
	w.Source(storages)
	told := func(id string) (a Alert, there bool) {
		for _, a := range w.Snapshot(w.now).Alerts {
			if a.ID == id {
				return a, true
			}
		}
		return Alert{}, false
	}
	if _, there := told("source:green storages"); !there {
		t.Error("storages that do not tell are no alert")
	}
	w.silent(model.Green, model.TroubleSilent)
	if _, there := told("source:green storages"); there {
		t.Error("they are told beside their Director")
	}
	never := Sighting{Source: model.DirectorOf(model.Green, "dir-green"), Every: time.Second, Why: "no answer yet after 4.0 s",
		Trouble: model.TroubleSilent, Gates: true, Early: true}
	w.Source(never)
	if a, there := told("source:green director dir-green"); !there || a.Severity != model.Warn {
		t.Errorf("there is no answer yet: %+v", a)
	}
	never.Early, never.Tried = false, midday
	w.Source(never)
	if a, there := told("source:green director dir-green"); !there || a.Severity != model.Fail {
		t.Errorf("it did not answer: %+v", a)
	}
}

// TestNoAdviceStartsWhatRuns over random nights: what is open is waited for, mounted or looked at, never started once more.
func TestNoAdviceStartsWhatRuns(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		cells := newBoard(rt, midday).inv.Cells
		var jobs []model.Job
		open := map[model.Cell]bool{}
		for i := range rapid.IntRange(0, 12).Draw(rt, "jobs") {
			cell := cells[rapid.IntRange(0, len(cells)-1).Draw(rt, "cell")].Cell
			o := rapid.SampledFrom([]model.Outcome{model.Running, model.Failed, model.Lost, model.Stuck, model.OK, model.Warned}).Draw(rt, "outcome")
			j := ofCell(uint32(30+i), cell, o, time.Duration(rapid.IntRange(2, 300).Draw(rt, "ago"))*time.Minute,
				rapid.SampledFrom([]string{"", "full"}).Draw(rt, "note"))
			if o.Open() {
				if open[cell] {
					continue
				}
				open[cell] = true
			}
			jobs = append(jobs, j)
		}
		w := night(t, midday.Add(-24*time.Hour), jobs...)
		for i := range w.inv.Cells {
			w.inv.Cells[i].Promise = time.Duration(rapid.IntRange(1, 30).Draw(rt, "promise")) * time.Hour
		}
		for _, a := range w.Snapshot(midday).Alerts {
			if a.Cell == nil || !open[*a.Cell] {
				continue
			}
			if strings.HasPrefix(a.Do, "run ") || strings.Contains(a.Do, "run it again") || strings.Contains(a.Do, "back it up") {
				rt.Errorf("%s has a backup that is open: %s: %s", a.Cell, a.Says, a.Do)
			}
		}
	})
}
