package board

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
)

// Events begin with what happened before the session: each end once, and the start of what runs. It is told as the past.
func TestEventsBeginWithThePast(t *testing.T) {
	w := newBoard(t, midday)
	w.sides[model.Blue].walked, w.sides[model.Blue].primed, w.sides[model.Blue].director = false, false, DirectorTruth{}
	ring := DirectorTruth{Directors: []model.Director{{Name: "dir-blue", Active: true}}, At: midday, Live: true, JobsAt: midday,
		Running: []model.Job{backup(8, cellA, model.Running, midday.Add(-2*time.Minute), 0, 0)},
		Ended:   []model.Job{backup(7, cellA, model.Failed, midday.Add(-time.Hour), time.Minute, 1)}}
	ring.Running[0].Key.Job = "now"
	long := backup(6, cellA, model.Failed, midday.Add(-pastHours-time.Hour), time.Minute, 1)
	before := len(w.Snapshot(midday).Events)
	w.Director(model.Blue, ring, w.everyCell())
	w.Snapshot(midday)
	w.Catalog(model.Blue, model.Catalog{}, append(append(ring.Running, ring.Ended...), long), nil, midday)
	w.Snapshot(midday)
	w.Walked(model.Blue)
	past := w.Snapshot(midday).Events[before:]
	if got := saidOfJobs(past); len(got) != 2 || !strings.Contains(got[0], "7 chain1 region1 regular full FAILED") ||
		got[1] != "8 chain1 region1 regular full runs" {
		t.Errorf("told at the start: %q", got)
	}
	for _, e := range past {
		if !e.Past || e.At.After(midday) || e.At.Equal(midday) {
			t.Errorf("%+v is not told as the past", e)
		}
	}
	before += len(past)
	end := backup(8, cellA, model.OK, midday.Add(-2*time.Minute), time.Minute, 1)
	end.Key.Job = "now"
	ring.Running = nil
	ring.Ended = append(ring.Ended, end)
	w.Director(model.Blue, ring, w.everyCell())
	w.Catalog(model.Blue, model.Catalog{}, ring.Ended[1:], nil, midday)
	if got := w.Snapshot(midday).Events[before:]; len(saidOfJobs(got)) != 1 || got[0].Past {
		t.Errorf("the end of the running one: %+v", got)
	}
}

// A bad night leaves room for what follows, and loses what went well first.
func TestThePastIsBounded(t *testing.T) {
	w := newBoard(t, midday)
	s := w.sides[model.Green]
	s.walked = false
	var rows []model.Job
	for i := range 900 {
		o := model.OK
		if i%9 == 0 {
			o = model.Failed
		}
		j := backup(uint32(i+1), cellA, o, midday.Add(-time.Duration(900-i)*20*time.Second), time.Second, 1)
		j.Key.Job = fmt.Sprint("job", i)
		if i%18 == 0 { // a hollow one is no less a failure
			j.Status, j.Outcome, j.Files, j.Bytes = 'T', model.OK, 0, 0
		}
		rows = append(rows, j)
	}
	before := len(w.Snapshot(midday).Events)
	w.Catalog(model.Green, model.Catalog{}, rows, nil, midday)
	w.Walked(model.Green)
	bad := 0
	events := w.Snapshot(midday).Events[before:]
	for i, e := range events {
		if e.Severity == model.Fail {
			bad++
		}
		if i > 0 && e.At.Before(events[i-1].At) {
			t.Fatal("they are not in the order of time")
		}
	}
	if len(events) != pastEvents || bad != 100 {
		t.Errorf("%d events, %d of them failures", len(events), bad)
	}
	w.Walked(model.Green)
	s.walked = false
	w.Walked(model.Green) // its window was read again
	if n := len(w.Snapshot(midday).Events) - before; n > 2*pastEvents {
		t.Errorf("told again: %d", n)
	}
}

// A job's start is one line, whatever it waits for on its way; how far it is, is none.
func TestAJobIsToldByItsStartAndItsEnd(t *testing.T) {
	w := newBoard(t, midday)
	before := len(w.Snapshot(w.now).Events)
	j := backup(7, cellA, model.Running, midday, 0, 0)
	for _, st := range []struct {
		status  model.Status
		percent int
	}{{'C', -1}, {'F', -1}, {'R', 0}, {'S', 0}, {'R', 10}, {'R', 40}, {'R', 60}, {'j', 60}, {'R', 99}} {
		w.now = w.now.Add(7 * time.Minute)
		j.Status, j.Outcome = st.status, st.status.Outcome()
		w.Catalog(model.Blue, model.Catalog{}, []model.Job{j}, nil, w.now)
		w.director(model.Blue, midday, w.everyCell(), j)
		w.Storages(
			model.Blue,
			map[string]model.Progress{j.Key.Job: {At: w.now, Bytes: uint64(st.percent+1) * 1e6, Percent: st.percent, Left: -1}},
		)
		w.Snapshot(w.now)
	}
	j.Status, j.Outcome = 'm', model.Stuck
	w.director(model.Blue, midday, w.everyCell(), j)
	w.Snapshot(w.now)
	j.Status, j.Outcome = 'R', model.Running
	w.director(model.Blue, midday, w.everyCell(), j)
	w.Snapshot(w.now)
	w.Catalog(model.Blue, model.Catalog{}, []model.Job{backup(7, cellA, model.OK, midday, time.Hour, 5)}, nil, w.now)
	got := saidOfJobs(w.Snapshot(w.now).Events[before:])
	want := []string{
		"7 chain1 region1 regular full runs",
		"7 chain1 region1 regular full waits for a volume",
		"7 chain1 region1 regular full runs",
		"7 chain1 region1 regular full ok: 5 B, 10 files in 60 min",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// Replication that breaks, lags and heals is told once each; a replica that cannot be asked is told of by its source.
func TestReplicationIsTold(t *testing.T) {
	w := newBoard(t, midday)
	look := func(lag model.Lag, after time.Duration) []string {
		w.now = w.now.Add(after)
		before := len(w.Snapshot(w.now).Events)
		w.RDS(func(r *model.RDS) {
			r.Primary, r.Replica = &model.Instance{ID: "bacula"}, &model.Instance{ID: "bacula-replica"}
			rep := &model.Replication{Lag: lag, IO: "Yes", SQL: "Yes"}
			r.Replica.Server = model.Reading[model.Server]{At: w.now, Value: model.Server{Replication: rep}}
			if lag.State() == model.LagUnknown {
				r.Replica.Server = model.Reading[model.Server]{Why: "no answer in time"}
			}
		})
		var says []string
		for _, e := range w.Snapshot(w.now).Events[before:] {
			says = append(says, e.Says)
		}
		return says
	}
	for i, st := range []struct {
		lag  model.Lag
		want string
	}{
		{model.UnknownLag("not asked"), ""}, {model.KnownLag(0), ""}, {model.KnownLag(time.Second), ""},
		{model.KnownLag(9 * time.Second), "bacula-replica: the replica is 9 s behind (limit for a switchover 5s)"},
		{model.KnownLag(40 * time.Second), ""}, {model.UnknownLag("gone"), ""}, {model.KnownLag(4 * time.Second), ""},
		{model.KnownLag(time.Second), "bacula-replica: the replica keeps up again after 40 s, it was at most 40 s behind"},
		{model.BrokenLag("the applier stopped: error 1062"), "bacula-replica: replication is broken: the applier stopped: error 1062"},
		{model.BrokenLag("the applier stopped: error 1062"), ""},
		{model.KnownLag(60 * time.Second), "bacula-replica: replication runs again after 20 s, 60 s behind"},
		{model.KnownLag(0), "bacula-replica: the replica keeps up again after 10 s, it was at most 60 s behind"},
	} {
		got := strings.Join(look(st.lag, 10*time.Second), "; ")
		if got != st.want {
			t.Errorf("step %d: %q, want %q", i, got, st.want)
		}
	}
}
