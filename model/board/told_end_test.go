package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// ring lets a cluster's live Director tell of ended jobs, and of those it runs.
func (w *boardWorld) ring(c model.Cluster, ended []model.Job, running ...model.Job) {
	d := w.sides[c].director
	d.Ended, d.Running, d.At, d.Live = ended, running, w.now, true
	w.Director(c, d, w.everyCell())
}

// passes lets time pass while everything answers and the catalog has the rows given.
func (w *boardWorld) passes(c model.Cluster, d time.Duration, rows ...model.Job) *Snapshot {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(time.Second)
		w.answers(c, "")
		w.Catalog(c, model.Catalog{}, rows, nil, w.now)
		w.Snapshot(w.now)
	}
	return w.Snapshot(w.now)
}

func alertOf(s *Snapshot, id string) *Alert {
	for i := range s.Alerts {
		if s.Alerts[i].ID == id {
			return &s.Alerts[i]
		}
	}
	return nil
}

// A job that lived through an outage of its catalog ends by its Director's word; its row stays R until the Director is started again.
func TestAnEndThatOnlyTheDirectorTells(t *testing.T) {
	for name, c := range map[string]struct {
		word, counts model.Outcome
	}{"it says Error": {model.Failed, model.Failed}, "it says OK": {model.OK, model.Lost}, "it was canceled": {model.Canceled,
		model.Canceled}} {
		t.Run(name, func(t *testing.T) {
			w := newBoard(t, midday)
			good := backup(6, cellA, model.OK, midday.Add(-10*time.Hour), time.Minute, 5)
			row := backup(7, cellA, model.Running, midday.Add(-time.Minute), 0, 0)
			w.Catalog(model.Blue, model.Catalog{}, []model.Job{good, row}, nil, w.now)
			w.ring(model.Blue, nil, row)
			before := len(w.Snapshot(w.now).Events)
			end := backup(7, cellA, c.word, midday.Add(-time.Minute), 2*time.Minute, 5)
			w.now = end.End
			w.ring(model.Blue, []model.Job{end})
			if s := w.passes(
				model.Blue,
				5*time.Second,
				good,
				row,
			); len(s.Events) != before ||
				s.Clusters[model.Blue].Day.Backups.Total() != 1+s.Clusters[model.Blue].Day.Backups.Missed {
				t.Fatalf("counted before the catalog could tell: %+v", s.Events[before:])
			}
			s := w.passes(model.Blue, 30*time.Second, good, row)
			said := s.Events[before:]
			if len(said) != 1 || !said[0].At.Equal(end.End) || !strings.Contains(said[0].Says, "7 chain1 region1 regular") {
				t.Fatalf("events: %+v", said)
			}
			v := s.Clusters[model.Blue]
			if len(v.Open) != 0 || v.Recent[0].ID != 7 || v.Recent[0].Outcome != c.counts {
				t.Errorf("open %+v, recent %+v", v.Open, v.Recent[0])
			}
			want := Tally{OK: 1, Missed: v.Day.Backups.Missed}
			want.count(c.counts)
			if v.Day.Backups != want {
				t.Errorf("the day counts %+v, want %+v", v.Day.Backups, want)
			}
			cell := w.cell(cellA)
			if on := cell.On[model.Blue]; on.LastGood == nil || on.LastGood.ID != 6 || on.Last.ID != 7 || on.Open != nil {
				t.Errorf("the cell stands on %+v", on)
			}
			if a := alertOf(
				s,
				"unlinked:blue",
			); a == nil || a.Severity != model.Fail || !strings.Contains(a.Says, "JobId 7") ||
				!strings.Contains(a.Do, "restart bacula-dir") {
				t.Errorf("alerts: %+v", s.Alerts)
			}
			// A job that is written to the catalog afterwards proves that its Director is well again.
			next := backup(8, cellA, model.Running, w.now, 0, 0)
			w.ring(model.Blue, []model.Job{end}, next)
			if s = w.passes(model.Blue, 2*time.Second, good, row, next); alertOf(s, "unlinked:blue") != nil {
				t.Error("its Director writes again, and the alert stays")
			}
			// The Director's next start ends the row without a duration, and empties its ring: the end stays what was told.
			before = len(s.Events)
			row.Status, row.Outcome, row.End = 'f', model.Lost, row.Start
			w.ring(model.Blue, nil, next)
			s = w.passes(model.Blue, 30*time.Second, good, row, next)
			if len(s.Events) != before || s.Clusters[model.Blue].Day.Backups != want {
				t.Errorf("told again: %+v, counted %+v", s.Events[before:], s.Clusters[model.Blue].Day.Backups)
			}
			// Whatever the catalog says of a real end counts.
			real := backup(7, cellA, model.OK, midday.Add(-time.Minute), 2*time.Minute, 5)
			s = w.passes(model.Blue, 3*time.Second, good, real, next)
			if on := w.cell(cellA).On[model.Blue]; on.LastGood.ID != 7 || s.Clusters[model.Blue].Day.Backups.OK != 2 {
				t.Errorf("the catalog has its end: %+v, %+v", on.LastGood, s.Clusters[model.Blue].Day.Backups)
			}
		})
	}
}

// How long ago a job ended is counted from now by the Director's own clock, which may be off.
func TestAnEndByAClockThatIsOff(t *testing.T) {
	for _, ahead := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		w := newBoard(t, midday)
		row := backup(7, cellA, model.Running, midday.Add(-time.Minute), 0, 0)
		w.Catalog(model.Blue, model.Catalog{}, []model.Job{row}, nil, w.now)
		w.sides[model.Blue].director.Directors[0].Ahead, w.sides[model.Blue].director.Directors[0].Clock = ahead, true
		end := row
		end.Status, end.Outcome, end.End = 'f', model.Failed, w.now.Add(ahead)
		w.ring(model.Blue, []model.Job{end})
		if got := saidOfJobs(w.passes(model.Blue, 5*time.Second, row).Events); len(got) != 0 {
			t.Errorf("ahead %v: told before the catalog could tell: %q", ahead, got)
		}
		if got := saidOfJobs(w.passes(model.Blue, 30*time.Second, row).Events); len(got) != 1 {
			t.Errorf("ahead %v: told %q", ahead, got)
		}
	}
}

// A Director that runs jobs without a connection to the writable server of its catalog is told; who may not see connections knows nothing.
func TestADirectorWithoutItsCatalog(t *testing.T) {
	for name, c := range map[string]struct {
		primary, replica model.Server
		why              string
		jobs             int
		told             bool
	}{
		"no connection":               {model.Server{}, model.Server{ReadOnly: true}, "", 2, true},
		"one":                         {model.Server{Director: 1}, model.Server{ReadOnly: true}, "", 2, false},
		"not to be seen":              {model.Server{Director: -1}, model.Server{ReadOnly: true}, "", 2, false},
		"no job":                      {model.Server{}, model.Server{ReadOnly: true}, "", 0, false},
		"on the promoted":             {model.Server{}, model.Server{Director: 1}, "", 1, false},
		"on neither":                  {model.Server{}, model.Server{}, "", 1, true},
		"only on the demoted":         {model.Server{Director: 1, ReadOnly: true}, model.Server{}, "", 1, true},
		"its server does not answer":  {model.Server{}, model.Server{ReadOnly: true}, "refused", 2, false},
		"both servers take no writes": {model.Server{ReadOnly: true}, model.Server{ReadOnly: true}, "", 2, false},
	} {
		for n, up := range []time.Duration{time.Minute, time.Hour, time.Minute, time.Hour} {
			w := newBoard(t, midday)
			var jobs []model.Job
			for i := range c.jobs {
				jobs = append(jobs, backup(uint32(7+i), cellA, model.Running, midday.Add(-time.Minute), 0, 0))
				if n > 1 { // whom a dead connection gives no volume
					jobs[i].Status, jobs[i].Outcome = 'm', model.Stuck
				}
			}
			w.ring(model.Green, nil, jobs...)
			look := func() *Snapshot {
				w.now = w.now.Add(time.Second)
				w.RDS(func(r *model.RDS) {
					c.primary.Uptime, c.replica.Uptime = up, up
					r.Primary = &model.Instance{ID: "db-1", Server: model.Reading[model.Server]{Value: c.primary, At: w.now, Why: c.why}}
					r.Replica = &model.Instance{ID: "db-2", Server: model.Reading[model.Server]{Value: c.replica, At: w.now}}
				})
				if s := w.Snapshot(w.now); s.Clusters[model.Green].Unlinked != "" && w.sides[model.Green].alone.IsZero() {
					t.Errorf("%s: told before the Director said again that it runs them", name)
				}
				w.ring(model.Green, nil, jobs...)
				return w.Snapshot(w.now)
			}
			v := look().Clusters[model.Green]
			if got := v.Unlinked != ""; got != (c.told && up == time.Hour) {
				t.Errorf("%s, up %v: told at the first look: %v", name, up, got)
			}
			if c.told && up == time.Minute && !strings.Contains(v.LinkSays, "which is just up") {
				t.Errorf("%s: at the first look it is %v: %s", name, v.Linked, v.LinkSays)
			}
			for range 20 {
				look()
			}
			s := w.Snapshot(w.now)
			a := alertOf(s, "unlinked:green")
			if (a != nil) != c.told ||
				c.told &&
					(!strings.Contains(a.Says, "dir-green has lost its catalog: it runs") || !strings.Contains(a.Says, "has no connection to db-")) {
				t.Errorf("%s, up %v: %+v", name, up, a)
			}
		}
	}
}

// A job that ended after its Director was asked and before the server was leaves no connection behind: that is no lost catalog.
func TestADirectorWhoseJobHasJustEnded(t *testing.T) {
	w := newBoard(t, midday)
	job := backup(7, cellA, model.Running, midday.Add(-time.Minute), 0, 0)
	for i := range 10 {
		w.ring(model.Green, nil, job)
		w.now = w.now.Add(time.Second)
		w.RDS(func(r *model.RDS) {
			is := model.Server{Uptime: time.Hour}
			r.Primary = &model.Instance{ID: "db-1", Server: model.Reading[model.Server]{Value: is, At: w.now}}
		})
		if v := w.Snapshot(w.now).Clusters[model.Green]; v.Linked != model.Unknown {
			t.Fatalf("job %d: %v, %s", i, v.Linked, v.LinkSays)
		}
		w.now = w.now.Add(time.Second)
		w.ring(model.Green, nil)
		if v := w.Snapshot(w.now).Clusters[model.Green]; v.Linked == model.Fails {
			t.Fatalf("job %d, ended: %s", i, v.LinkSays)
		}
	}
}

// Whoever looks once, a few seconds after a Director ended a job that the catalog calls open, does not know whether it reaches its catalog:
// the evidence is not complete before LostAfter, and a guard that rests on it does not hold. So with everything that was not heard.
func TestALinkThatIsNotKnown(t *testing.T) {
	row := backup(7, cellA, model.Running, midday.Add(-time.Minute), 0, 0)
	other := backup(6, cellA, model.OK, midday.Add(-10*time.Hour), time.Minute, 5)
	for name, c := range map[string]struct {
		ended   time.Duration // ago, when the first look at both is over
		catalog time.Duration // ago, when the catalog was read
		silent  bool          // the Director
		unheard bool          // the Director was never read
		row     model.Job
		want    model.Verdict
	}{
		"nothing ended": {row: row, want: model.Holds},
		"just now":      {ended: time.Second, row: row, want: model.Holds},
		"the catalog knows": {ended: 10 * time.Second, row: backup(7, cellA, model.Failed, midday.Add(-time.Minute), time.Minute, 5),
			want: model.Holds},
		"it should know":          {ended: 10 * time.Second, row: row, want: model.Unknown},
		"a second before":         {ended: 14 * time.Second, row: row, want: model.Unknown},
		"it does not know":        {ended: 16 * time.Second, row: row, want: model.Fails},
		"the catalog is old":      {ended: 16 * time.Second, catalog: time.Minute, row: row, want: model.Unknown},
		"the Director is silent":  {silent: true, row: other, want: model.Unknown},
		"the Director never told": {unheard: true, row: other, want: model.Unknown},
	} {
		w := newBoard(t, midday)
		w.now = midday.Add(-c.catalog)
		w.answers(model.Blue, "")
		w.Catalog(model.Blue, model.Catalog{}, []model.Job{other, c.row}, nil, w.now)
		w.now = midday
		if c.catalog == 0 {
			w.answers(model.Blue, "")
		}
		var ended, running []model.Job
		if end := c.row; c.ended > 0 {
			end.Status, end.Outcome, end.End = 'f', model.Failed, midday.Add(-c.ended)
			ended = append(ended, end)
		} else if c.row.Outcome.Open() {
			running = append(running, c.row)
		}
		if w.sides[model.Blue].director.At = (time.Time{}); !c.unheard {
			w.ring(model.Blue, ended, running...)
		}
		w.sides[model.Blue].director.Live = !c.silent
		v := w.Snapshot(w.now).Clusters[model.Blue]
		if v.Linked != c.want || v.LinkSays == "" || (v.Unlinked != "") != (c.want == model.Fails) {
			t.Errorf("%s: %v, %q, want %v", name, v.Linked, v.LinkSays, c.want)
		}
	}
}
