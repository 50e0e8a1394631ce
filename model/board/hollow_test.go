package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// failedEverywhere asks each place that tells of a job whether it calls it a failure: its event, its row, the list of what failed, the
// tally.
func (w *boardWorld) failedEverywhere(t *testing.T, name string, j *model.Job, before int) {
	t.Helper()
	s := w.Snapshot(w.now)
	v := s.Clusters[model.Blue]
	of := func(e Event) bool { return e.Job != nil && *e.Job == j.Key }
	if i := slices.IndexFunc(s.Events[before:], of); i < 0 || s.Events[before+i].Severity != model.Fail ||
		strings.Contains(s.Events[before+i].Says, " ok:") {
		t.Errorf("%s: its event: %+v", name, s.Events[before:])
	}
	for list, jobs := range map[string][]model.Job{"rows": v.Recent, "failures": v.Bad} {
		if i := slices.IndexFunc(jobs, func(o model.Job) bool { return o.ID == j.ID }); i < 0 || !jobs[i].Hollow() {
			t.Errorf("%s: it is not among the %s as what it is: %+v", name, list, jobs)
		}
	}
	if v.Day.Backups.Failed != 1 {
		t.Errorf("%s: the tally: %+v", name, v.Day.Backups)
	}
}

// TestALimitThatIsReadLaterIsToldAgain as the failure it is: its event was made before its log was read, in a session or at its beginning.
func TestALimitThatIsReadLaterIsToldAgain(t *testing.T) {
	for _, past := range []bool{false, true} {
		w := onBlueAlone(t)
		j := backup(7, cellA, model.Canceled, midday.Add(-time.Hour), time.Minute, 10)
		before := len(w.Snapshot(w.now).Events)
		if past {
			w.Rewalk(model.Blue, "test", midday)
			before++
		}
		w.rows(model.Blue, j)
		w.Walked(model.Blue)
		for range 2 {
			w.Annotate(model.Blue, 7, "Fatal error: Max run time exceeded. Job canceled.")
		}
		e := w.Snapshot(w.now).Events[before:]
		if len(e) != 2 || e[0].Severity != model.Warn || e[1].Severity != model.Fail || !strings.Contains(e[1].Says, "Max run time exceeded") ||
			e[1].Past != past || !e[1].At.Equal(j.End) {
			t.Errorf("past %v: %+v", past, e)
		}
	}
}

// TestTheHollowIsToldAgainWhenItsHistoryChanges: an empty increment is well as long as none of its cell leaves anything, and is a failure
// in each place from when another has; one on no volume, from when that is known; and it is well again when its row is.
func TestTheHollowIsToldAgainWhenItsHistoryChanges(t *testing.T) {
	w := onBlueAlone(t)
	full := backup(6, cellA, model.OK, midday.Add(-9*time.Hour), time.Minute, 1000)
	empty := backup(7, cellA, model.OK, midday.Add(-8*time.Hour), time.Minute, 0)
	more := backup(8, cellA, model.OK, midday.Add(-7*time.Hour), time.Minute, 9)
	empty.Level, empty.Files, more.Level = 'I', 0, 'I'
	row := func(id uint32) model.Job {
		v := w.Snapshot(w.now).Clusters[model.Blue]
		i := slices.IndexFunc(v.Recent, func(o model.Job) bool { return o.ID == id })
		if kept := slices.ContainsFunc(v.Bad, func(o model.Job) bool { return o.ID == id }); kept != v.Recent[i].Hollow() {
			t.Errorf("JobId %d is %v, and among the failures %v", id, v.Recent[i].Doubt, kept)
		}
		return v.Recent[i]
	}
	w.rows(model.Blue, full, empty)
	if j := row(7); j.Hollow() {
		t.Errorf("none leaves anything: %v", j.Doubt)
	}
	w.rows(model.Blue, more)
	if j := row(7); j.Doubt != model.Empty {
		t.Errorf("another left something: %v", j.Doubt)
	}
	w.Placed(model.Blue, map[uint32]model.Verdict{8: model.Fails}, true, w.now)
	if j := row(8); j.Doubt != model.NoVolume || w.alert(t, "job:blue:"+more.Key.Job) == nil {
		t.Errorf("it is on no volume: %v", j.Doubt)
	}
	empty.Files, empty.Bytes = 3, 30
	w.rows(model.Blue, empty)
	if j := row(7); j.Hollow() {
		t.Errorf("its row has files now: %v", j.Doubt)
	}
}

// TestThePastTellsOfTheHollow: a session that is begun later has the same severities.
func TestThePastTellsOfTheHollow(t *testing.T) {
	w := onBlueAlone(t)
	w.Rewalk(model.Blue, "test", midday)
	full, empty, more := backup(6, cellA, model.OK, midday.Add(-9*time.Hour), time.Minute, 1000),
		backup(7, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 0), backup(5, cellA, model.OK, midday.Add(-8*time.Hour), time.Minute, 9)
	empty.Level, empty.Files, more.Level = 'I', 0, 'I'
	before := len(w.events)
	w.rows(model.Blue, full, empty, more)
	w.Walked(model.Blue)
	w.failedEverywhere(t, "in the past", &empty, before)
}

// TestAnEmptyOneOfTheDirectorsWord: what only the Director tells of is judged by its cell's history, too.
func TestAnEmptyOneOfTheDirectorsWord(t *testing.T) {
	w := onBlueAlone(t)
	full, more := backup(6, cellA, model.OK, midday.Add(-9*time.Hour), time.Minute, 1000),
		backup(7, cellA, model.OK, midday.Add(-8*time.Hour), time.Minute, 9)
	more.Level = 'I'
	w.rows(model.Blue, full, more)
	w.Snapshot(w.now)
	w.now = w.now.Add(time.Minute)
	w.answers(model.Blue, "connection refused")
	before := len(w.Snapshot(w.now).Events)
	end := backup(8, cellA, model.OK, midday, time.Minute, 0)
	end.Level, end.Files, end.Start = 'I', 0, time.Time{}
	w.ring(model.Blue, []model.Job{end})
	s := w.Snapshot(w.now)
	if j := s.Clusters[model.Blue].Recent[0]; j.ID != 8 || !j.Hollow() {
		t.Errorf("its row: %+v", j)
	}
	if e := s.Events[before:]; len(e) != 1 || e[0].Severity != model.Fail {
		t.Errorf("its event: %+v", e)
	}
}

// TestAStrayIsJudgedToo: what it ended with last is told as its history judges it.
func TestAStrayIsJudgedToo(t *testing.T) {
	w := onBlueAlone(t)
	j := backup(7, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 0)
	j.Name, j.HasCell, j.Cell, j.Files = "old-archive", false, model.Cell{}, 0
	w.rows(model.Blue, j)
	v := w.Snapshot(w.now).Clusters[model.Blue]
	i := slices.IndexFunc(v.Strays, func(s Stray) bool { return s.Name == "old-archive" })
	if i < 0 || v.Strays[i].Status != model.Failed || !v.Recent[0].Hollow() {
		t.Errorf("%+v, %+v", v.Strays, v.Recent)
	}
}

// TestWhatHasNoDateIsNoGoodNews: a row without an end counts for nothing, and its event is as grave as the alert that tells of it.
func TestWhatHasNoDateIsNoGoodNews(t *testing.T) {
	w := onBlueAlone(t)
	before := len(w.Snapshot(w.now).Events)
	j := backup(7, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 10)
	j.End = time.Time{}
	future := backup(8, cellA, model.OK, midday.Add(48*time.Hour), time.Minute, 10)
	w.rows(model.Blue, j, future)
	s := w.Snapshot(w.now)
	if e := s.Events[before:]; len(e) != 2 || e[0].Severity != model.Warn || e[1].Severity != model.Warn ||
		!strings.HasSuffix(e[0].Says, "without an end") || !strings.HasSuffix(e[1].Says, "in the future") {
		t.Errorf("%+v", e)
	}
	if v := s.Clusters[model.Blue]; len(v.Recent) != 1 || !v.Recent[0].Misdated() || v.Day.Backups.OK != 0 {
		t.Errorf("%+v, %+v", v.Recent, v.Day.Backups)
	}
	if a := alertOf(s, "dates:blue"); a == nil || a.Severity != model.Warn {
		t.Errorf("%+v", a)
	}
}

// TestALimitIsNoChoiceInTheFigures: what Bacula itself canceled counts among what failed, a backup or a restore, as its event and its alert
// tell it; what a person canceled does not.
func TestALimitIsNoChoiceInTheFigures(t *testing.T) {
	w := onBlueAlone(t)
	at := midday.Add(-time.Hour)
	own, person := backup(7, cellA, model.Canceled, at, time.Minute, 10), backup(8, cellA, model.Canceled, at, time.Minute, 10)
	restore := backup(9, cellA, model.Canceled, at, time.Minute, 10)
	restore.Type, restore.Name, restore.HasCell = model.TypeRestore, "restore-region1-regular", false
	w.rows(model.Blue, own, person, restore)
	for _, id := range []uint32{7, 9} { // their logs tell later
		w.Annotate(model.Blue, id, "Fatal error: Max run time exceeded. Job canceled.")
	}
	v := w.Snapshot(w.now).Clusters[model.Blue]
	if want := (Tally{Failed: 1, Canceled: 1}); v.Day.Backups != want {
		t.Errorf("backups: %+v", v.Day.Backups)
	}
	if want := (Tally{Failed: 1}); v.Day.Restores != want {
		t.Errorf("restores: %+v", v.Day.Restores)
	}
}

// TestThePastTellsOfTheHollowStray, and of what is on no volume by what its catalog tells a moment after the walk.
func TestThePastTellsOfTheHollowStray(t *testing.T) {
	w := onBlueAlone(t)
	w.Rewalk(model.Blue, "test", midday)
	full, empty := backup(6, cellA, model.OK, midday.Add(-9*time.Hour), time.Minute, 1000),
		backup(7, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 0)
	for _, j := range []*model.Job{&full, &empty} {
		j.Name, j.HasCell, j.Cell = "old-archive", false, model.Cell{}
	}
	gone, older := backup(8, cellA, model.OK, midday.Add(-2*time.Hour), time.Minute, 9),
		backup(5, cellA, model.OK, midday.Add(-30*time.Hour), time.Minute, 9)
	before := len(w.events)
	w.rows(model.Blue, full, empty, gone, older)
	w.Walked(model.Blue)
	w.Placed(model.Blue, map[uint32]model.Verdict{5: model.Fails, 8: model.Fails}, false, w.now)
	w.Placed(model.Blue, map[uint32]model.Verdict{5: model.Fails}, false, w.now)
	told := map[string]model.Severity{}
	for _, e := range w.Snapshot(w.now).Events[before:] {
		if told[e.Job.Job] = max(told[e.Job.Job], e.Severity); !e.Past || !e.At.Before(midday) {
			t.Errorf("it is not told as the past: %+v", e)
		}
	}
	if len(told) != 3 || told[full.Key.Job] != model.Info || told[empty.Key.Job] != model.Fail || told[gone.Key.Job] != model.Fail {
		t.Errorf("%v: the empty stray and what is on no volume failed, what is older than the past is not told", told)
	}
}

// TestAnEmptyCellIsNotWellByItsAge: when the last backup that left something leaves the window, those that left nothing are no better.
func TestAnEmptyCellIsNotWellByItsAge(t *testing.T) {
	w := onBlueAlone(t)
	rows := []model.Job{backup(5, cellA, model.OK, midday.Add(-12*time.Hour), time.Minute, 9)}
	for i := range 16 {
		rows = append(rows, backup(uint32(6+i), cellA, model.OK, rows[0].Start.Add(time.Duration(i+1)*day), time.Minute, 0))
	}
	for i := range rows {
		rows[i].Level = 'I'
		w.now = midday.Add(time.Duration(i) * day)
		w.answers(model.Blue, "")
		w.rows(model.Blue, rows[:i+1]...)
		w.sides[model.Blue].ledger.Prune(w.now.Add(-w.Reach()))
		if v := w.cell(cellA); i > 1 && (v.Health != CellBroken || !v.On[model.Blue].Hollow()) {
			t.Errorf("after %d days: %v, %s", i, v.Health, v.Says)
		}
	}
}

// TestWhatIsOnNoVolumeIsAskedAgain although its row was read anew, which does not tell that: a volume may be read in.
func TestWhatIsOnNoVolumeIsAskedAgain(t *testing.T) {
	w := onBlueAlone(t)
	jobs := nights(4, cellA)
	w.rows(model.Blue, jobs...)
	for _, by := range []map[uint32]model.Verdict{{4: model.Fails}, {3: model.Fails}, {2: model.Holds}} {
		w.Snapshot(w.now)
		w.Placed(model.Blue, by, true, w.now)
	}
	l := w.sides[model.Blue].ledger
	l.recent = nil // many others have ended since
	w.Catalog(model.Blue, model.Catalog{}, jobs[2:3], []uint32{4}, w.now)
	w.Snapshot(w.now)
	if ids := l.PlacedInTurn(9); !slices.Equal(ids, []uint32{2, 3}) {
		t.Errorf("asked are %v, the newest is 3", ids)
	}
	before := len(w.Snapshot(w.now).Events)
	w.Placed(model.Blue, map[uint32]model.Verdict{2: model.Holds, 3: model.Fails}, true, w.now)
	if e := w.Snapshot(w.now).Events[before:]; len(e) != 0 {
		t.Errorf("told again: %+v", e)
	}
}

// TestACancelMendsNoHollowBackup, as it mends none that failed: a person's choice says nothing of what came before it.
func TestACancelMendsNoHollowBackup(t *testing.T) {
	for name, change := range map[string]func(*model.Job){
		"failed": func(j *model.Job) { j.Status, j.Outcome = 'f', model.Failed },
		"hollow": func(j *model.Job) { j.Files, j.Bytes = 0, 0 },
	} {
		w := onBlueAlone(t)
		good, bad := backup(6, cellA, model.OK, midday.Add(-9*time.Hour), time.Minute, 1000),
			backup(8, cellA, model.OK, midday.Add(-3*time.Hour), time.Minute, 9)
		change(&bad)
		w.rows(model.Blue, good, bad)
		told := func() (n int) {
			for _, a := range w.Snapshot(w.now).Alerts {
				if a.ID == "job:blue:"+bad.Key.Job {
					n++
				}
			}
			return n
		}
		before := told()
		w.rows(model.Blue, backup(9, cellA, model.Canceled, midday.Add(-2*time.Hour), time.Minute, 0))
		after := told()
		w.rows(model.Blue, backup(10, cellA, model.OK, midday.Add(-time.Hour), time.Minute, 1000))
		if mended := told(); before != 1 || after != 1 || mended != 0 {
			t.Errorf("%s: told %d times, %d times after a person canceled one, %d times after a good one", name, before, after, mended)
		}
	}
}

// TestAHollowJobsAdviceIsTrue: the log of what Bacula calls a success does not tell why it is none, and only what left nothing is empty.
func TestAHollowJobsAdviceIsTrue(t *testing.T) {
	w := onBlueAlone(t)
	good, gone := backup(6, cellA, model.OK, midday.Add(-9*time.Hour), time.Minute, 1000),
		backup(8, cellA, model.OK, midday.Add(-2*time.Hour), time.Minute, 9)
	restore := backup(9, cellA, model.OK, midday.Add(-time.Hour), -time.Minute, 10)
	restore.Type, restore.Name, restore.HasCell = model.TypeRestore, "restore-region1-regular", false
	w.rows(model.Blue, good, gone, restore)
	w.Placed(model.Blue, map[uint32]model.Verdict{8: model.Fails}, true, w.now)
	if a := w.alert(t, "job:blue:"+gone.Key.Job); a == nil || !strings.HasPrefix(a.Do, "see its volumes; ") {
		t.Errorf("%+v", a)
	}
	if a := w.alert(t, "job:blue:"+restore.Key.Job); a == nil || !strings.Contains(a.Brief, "NOT GOOD: ended before it started") {
		t.Errorf("%+v", a)
	}
	w.director(model.Blue, midday.Add(-time.Hour), w.everyCell(), backup(10, cellA, model.Running, midday.Add(-time.Minute), 0, 0))
	if a := w.alert(t, "job:blue:"+gone.Key.Job); a == nil || a.Do != "wait for job 10: it runs on blue" {
		t.Errorf("%+v", a)
	}
}

// TestAnEmptyCellIsNotJudgedBeforeItsWindowIsRead: its full backup may be further back than what was read so far.
func TestAnEmptyCellIsNotJudgedBeforeItsWindowIsRead(t *testing.T) {
	w := onBlueAlone(t)
	w.Rewalk(model.Blue, "another server", midday)
	full := backup(5, cellA, model.OK, midday.Add(-9*day), time.Minute, 9)
	empty := backup(6, cellA, model.OK, midday.Add(-12*time.Hour), time.Minute, 0)
	empty.Level = 'I'
	w.now = midday
	w.answers(model.Blue, "")
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{empty}, nil, w.now)
	hollow := func() bool {
		s := w.Snapshot(w.now)
		v := w.cell(cellA)
		return alertOf(s, "job:blue:"+empty.Key.Job) != nil || v.On[model.Blue].Hollow()
	}
	if hollow() {
		t.Error("it is told before its window is read")
	}
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{full}, nil, w.now)
	w.Walked(model.Blue)
	if hollow() {
		t.Error("it is told although its full backup left something, and nothing has changed since")
	}
}
