package model

import (
	"strings"
	"testing"
	"time"
)

func full(change func(*Saved)) *History {
	all := []Saved{saved(1, 'F', 0), saved(2, 'D', 10), saved(3, 'I', 20), saved(4, 'I', 30)}
	change(&all[1])
	return historyOf(40, all...)
}

// TestWhatAPointLacks changes the differential backup of a set of four: every point that needs it says why it cannot be counted on, and
// that of the full backup is as it was.
func TestWhatAPointLacks(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Saved)
		is     Verdict
		why    string
	}{
		{"nothing", func(*Saved) {}, Holds, ""},
		{"its volumes were not read", func(s *Saved) { s.Told, s.Volumes = false, nil }, Unknown, "its diff backup, job 2: its volumes were " +
			"not read"},
		{"its volumes are gone", func(s *Saved) { s.Volumes = nil }, Fails, "its diff backup, job 2: no volume holds it any more"},
		{"in error", func(s *Saved) { s.Volumes[0].Status = "Error" }, Fails, "its diff backup, job 2: volume v2 is in status Error"},
		{"purged", func(s *Saved) { s.Volumes[0].Status = "Purged" }, Fails, "volume v2 is in status Purged"},
		{"busy", func(s *Saved) { s.Volumes[0].Status = "Busy" }, Unknown, `volume v2 is in status "Busy"`},
		{"a status of tomorrow", func(s *Saved) { s.Volumes[0].Status = "Dozing" }, Unknown, `volume v2 is in status "Dozing"`},
		{"disabled", func(s *Saved) { s.Volumes[0].Off = true }, Fails, "volume v2 is disabled"},
		{"expired", func(s *Saved) { s.Volumes[0].Until = hour(39) }, Fails, "it expired 60 min ago: retention of volume v2"},
		{"expires now", func(s *Saved) { s.Volumes[0].Until = hour(40) }, Fails, "it expired"},
		{"its job expired", func(s *Saved) { s.JobsUntil = hour(38) }, Fails, "it expired 2 h ago: job retention of client a-fd"},
		{"its records expired", func(s *Saved) { s.FilesUntil = hour(38) }, Fails, "file retention of client a-fd"},
		{"empty", func(s *Saved) { s.Job.Level, s.Job.Files = 'I', 0 }, Fails, "its incr backup, job 2: not a good backup: empty"},
		{"it ended before it began", func(s *Saved) { s.Job.End = s.Job.Start.Add(-time.Minute) }, Fails, "not a good backup"},
	} {
		points := full(c.change).Points()
		newest, oldest := points[0], points[len(points)-1]
		if newest.ID != 4 || newest.Complete != Answer(c.is) || !strings.Contains(newest.Why, c.why) || (newest.Why == "") != (c.why == "") {
			t.Errorf("%s: job %d is complete: %s: %q", c.name, newest.ID, newest.Complete, newest.Why)
		}
		if oldest.ID != 1 || oldest.Complete != Answer(Holds) {
			t.Errorf("%s: the full one: %+v", c.name, oldest)
		}
	}
}

func TestAPointSaysWhatItTakes(t *testing.T) {
	h := full(func(s *Saved) { s.Pruned, s.FilesUntil = true, hour(100) })
	p := h.Points()[0]
	if ids(p) != "1,2,3,4" || p.Bytes != 4000 || len(p.Volumes) != 4 || len(p.Pruned) != 1 || p.Pruned[0] != 2 || p.Good() {
		t.Errorf("%+v", p)
	}
	if !p.Until.Equal(hour(100)) || p.UntilWhy != "file retention of client a-fd" {
		t.Errorf("it expires %s by %s", p.Until, p.UntilWhy)
	}
}

// TestAFailedBackupIsNoPoint, and what was made after it does not need it.
func TestAFailedBackupIsNoPoint(t *testing.T) {
	h := full(func(s *Saved) { s.Job.Status, s.Job.Outcome = 'f', Failed })
	p := h.Points()
	if len(p) != 3 || ids(p[0]) != "1,3,4" || p[0].Complete != Answer(Holds) {
		t.Errorf("%+v", p)
	}
}

// TestWhatWasNotReadIsNotAbsent: that there is no full backup is only known where everything was read.
func TestWhatWasNotReadIsNotAbsent(t *testing.T) {
	h := historyOf(40, saved(3, 'I', 20))
	if p := h.Points()[0]; p.Complete != Answer(Fails) {
		t.Errorf("%+v", p)
	}
	h.Whole = false
	if p := h.Points()[0]; p.Complete != Answer(Unknown) || p.Why != "its full backup lies further back than the 1 jobs that were read" {
		t.Errorf("%+v", p)
	}
}

// TestAnOverlappedBackupIsInNoSet: Bacula leaves out what began before the full backup ended.
func TestAnOverlappedBackupIsInNoSet(t *testing.T) {
	over := saved(2, 'I', 0)
	over.Job.Start, over.Job.End = hour(0).Add(10*time.Minute), hour(0).Add(40*time.Minute)
	p := historyOf(40, saved(1, 'F', 0), over).Points()
	if len(p) != 2 || p[0].ID != 2 || p[0].Complete != Answer(Fails) || p[0].Why != "no set holds it: job 1 stands in its place" {
		t.Errorf("%+v", p)
	}
}

func TestWhoKnowsTheClient(t *testing.T) {
	h := historyOf(40, saved(1, 'F', 0))
	if p := h.Points()[0]; p.Restorable != Answer(Holds) || !p.Good() {
		t.Errorf("%+v", p)
	}
	h.Clients = map[string]bool{}
	if p := h.Points()[0]; p.Restorable != Answer(Fails) || p.Good() ||
		p.RestorableWhy != "blue's Director does not know the client a-fd any more" {
		t.Errorf("%+v", p)
	}
	h.Clients, h.NoClients = nil, "no answer in time"
	if p := h.Points()[0]; p.Restorable != Answer(Unknown) || !strings.Contains(p.RestorableWhy, "no answer in time") {
		t.Errorf("%+v", p)
	}
}

// TestAPointWhoseFullBackupExpired an hour ago is not complete, nor is any that stands on it.
func TestAPointWhoseFullBackupExpired(t *testing.T) {
	all := []Saved{saved(1, 'F', 0), saved(2, 'D', 10), saved(3, 'I', 20)}
	all[0].Volumes[0].Until = hour(39)
	for _, p := range historyOf(40, all...).Points() {
		if p.Complete != Answer(Fails) || p.Good() || p.Why != "it expired 60 min ago: retention of volume v1" {
			t.Errorf("job %d: %s, %s", p.ID, p.Complete, p.Why)
		}
	}
}
