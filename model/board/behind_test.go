package board

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// passing are so many good backups of another cell, which ended after a moment, as a night of a thousand cells has them.
func passing(first uint32, n int, after time.Time) (jobs []model.Job) {
	other := model.Cell{Chain: "chain2", Region: "region2", Kind: model.Immutable}
	for i := range n {
		j := backup(first+uint32(i), other, model.OK, after.Add(time.Duration(i)*time.Second), time.Second, 100)
		j.Name = "backup-other"
		jobs = append(jobs, j)
	}
	return jobs
}

func alertOfJob(s *Snapshot, j model.Job) *Alert {
	j.Key.Cluster = model.Blue
	i := slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.Job != nil && *a.Job == j.Key || slices.Contains(a.Jobs, j.Key) })
	if i < 0 {
		return nil
	}
	return &s.Alerts[i]
}

// What ended badly needs a person until something of its name has ended since, however many jobs of others have.
func TestWhatTheNewestPassedByStillNeedsAPerson(t *testing.T) {
	failed := backup(1, cellA, model.Failed, midday.Add(-10*time.Hour), time.Minute, 1)
	failed.Name = "backup-a"
	restore := failed
	restore.ID, restore.Name, restore.Key.Job, restore.Type, restore.HasCell = 2, "restore-a", "restore-a.1", model.TypeRestore, false
	stray := failed
	stray.ID, stray.Name, stray.Key.Job, stray.Cell, stray.HasCell = 3, "somebodys", "somebodys.1", model.Cell{}, false
	w := newBoard(t, midday)
	tell := func(jobs ...model.Job) *Snapshot {
		w.Catalog(model.Blue, model.Catalog{}, jobs, nil, midday)
		return w.Snapshot(w.now)
	}
	all := []model.Job{failed, restore, stray}
	for _, n := range []int{10, RecentJobs + 100, 2*RecentJobs + 200} {
		s := tell(append(slices.Clone(all), passing(10, n, midday.Add(-9*time.Hour))...)...)
		for _, j := range all {
			a := alertOfJob(s, j)
			if a == nil || a.Severity != model.Fail {
				t.Errorf("%s failed, and %d jobs of others later: %+v", j.Name, n, a)
			}
			if !s.Clusters[model.Blue].Unmended(s.Cells)[j.ID] {
				t.Errorf("%s failed, and %d jobs of others later it is mended", j.Name, n)
			}
		}
	}
	for i, j := range all { // and each is mended by its own, which others have passed by, too
		j.ID, j.Key.Job, j.Outcome, j.Status = 2000+uint32(i), j.Name+".2", model.OK, 'T'
		j.Bytes, j.Start, j.End = 100, midday.Add(-5*time.Hour), midday.Add(-4*time.Hour)
		tell(j)
	}
	s := tell(passing(3000, RecentJobs+100, midday.Add(-3*time.Hour))...)
	for _, j := range all {
		if a := alertOfJob(s, j); a != nil {
			t.Errorf("%s ended well since: %+v", j.Name, a)
		}
	}
	w.Catalog(model.Blue, model.Catalog{}, nil, []uint32{2000, 2001, 2002}, midday)
	s = w.Snapshot(w.now)
	if a := alertOfJob(s, failed); a == nil { // of the others nothing is known any more
		t.Error("what mended it is gone, and it is not told")
	}
}

// A bad night is counted whole, not up to the newest that are listed.
func TestABadNightIsCountedWhole(t *testing.T) {
	w, n := newBoard(t, midday), RecentJobs+150
	var jobs []model.Job
	for i := range n {
		j := backup(uint32(1+i), cellA, model.Failed, midday.Add(-5*time.Hour+time.Duration(i)*time.Second), time.Second, 1)
		j.Name, j.HasCell, j.Note = fmt.Sprintf("somebodys-%d", i), false, "Fatal error: no route to host"
		jobs = append(jobs, j)
	}
	w.Catalog(model.Blue, model.Catalog{}, jobs, nil, midday)
	s := w.Snapshot(w.now)
	if a := alertOfJob(s, jobs[0]); a == nil || !strings.HasPrefix(a.Says, fmt.Sprintf("%d jobs FAILED", n)) {
		t.Errorf("%d failed: %+v", n, a)
	}
}

// Everybody's restores are of one name: what came back to one client mends nothing of another.
func TestARestoreIsMendedByItsOwnClientAlone(t *testing.T) {
	for _, n := range []int{0, RecentJobs + 100} {
		w := newBoard(t, midday)
		restore := func(id uint32, client string, outcome model.Outcome, ended time.Time) model.Job {
			j := backup(id, cellA, outcome, ended, time.Minute, 100)
			j.Name, j.Type, j.HasCell, j.Cell, j.Client = "RestoreFiles", model.TypeRestore, false, model.Cell{}, client
			j.Key.Job = fmt.Sprintf("RestoreFiles.%d", id)
			return j
		}
		told := func(j model.Job, jobs ...model.Job) bool {
			w.Catalog(model.Blue, model.Catalog{}, jobs, nil, midday)
			s := w.Snapshot(w.now)
			alert := alertOfJob(s, j) != nil
			if open := s.Clusters[model.Blue].Unmended(s.Cells)[j.ID]; open != alert {
				t.Errorf("after %d others: unmended %v, but an alert %v", n, open, alert)
			}
			return alert
		}
		failed := restore(1, "db1-fd", model.Failed, midday.Add(-10*time.Hour))
		other := restore(2, "db2-fd", model.OK, midday.Add(-9*time.Hour))
		if !told(failed, append(passing(100, n, midday.Add(-8*time.Hour)), failed, other)...) {
			t.Errorf("after %d others: db1-fd got nothing back, and db2-fd's restore hides it", n)
		}
		if told(failed, restore(3, "db1-fd", model.OK, midday.Add(-time.Hour))) {
			t.Errorf("after %d others: it was done again", n)
		}
	}
}
