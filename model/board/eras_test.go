package board

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// waves lets routes come into force, each a route of cellA alone, and everything else on blue.
func (w *boardWorld) waves(t *testing.T, at map[time.Time]model.Route) {
	t.Helper()
	w.DesireBy(func(_ int64, document json.RawMessage) func(model.Cell) model.Route {
		var r model.Route
		for c, v := range strings.Split(strings.Trim(string(document), "{}"), ",") {
			_ = r[c].UnmarshalText([]byte(v))
		}
		return func(c model.Cell) model.Route {
			if c == cellA {
				return r
			}
			return model.Route{model.Holds, model.Fails}
		}
	})
	st := &record.State{}
	for t := range at {
		st.RoutesPast = append(st.RoutesPast, record.RoutesAt{At: t})
	}
	slices.SortFunc(st.RoutesPast, func(a, b record.RoutesAt) int { return a.At.Compare(b.At) })
	for i := range st.RoutesPast {
		r := at[st.RoutesPast[i].At]
		st.RoutesPast[i].Seq = int64(i + 1)
		st.RoutesPast[i].Document = json.RawMessage("{" + r[0].String() + "," + r[1].String() + "}")
		st.RoutesSeq, st.Routes = st.RoutesPast[i].Seq, st.RoutesPast[i].Document
	}
	w.Journal(st, nil, nil)
}

// nightly are backups of cellA every night but some, counted from today, by a start at 02:10.
func nightly(nights int, without ...int) (jobs []model.Job) {
	for n := range nights {
		if !slices.Contains(without, n) {
			jobs = append(jobs, backup(uint32(100-n), cellA, model.OK, midday.Add(-time.Duration(n)*day).Add(-9*time.Hour-50*time.Minute),
				time.Minute, 100))
		}
	}
	return jobs
}

// TestNoNightBeforeAWaveIsMissed: the cell came to green two days ago. Whatever green's Director is, however long ago it was loaded, it
// owes two nights and not more; blue owes all.
func TestNoNightBeforeAWaveIsMissed(t *testing.T) {
	both, blue := model.Route{model.Holds, model.Holds}, model.Route{model.Holds, model.Fails}
	for name, c := range map[string]struct {
		loaded time.Duration // ago
		jobs   []model.Job
		want   int
	}{
		"loaded long before, nothing ran":        {loaded: 9 * day, want: 2},
		"loaded this morning, nothing ran":       {loaded: time.Hour, want: 2},
		"loaded long before, the last night ran": {loaded: 9 * day, jobs: nightly(1), want: 1},
		"loaded this morning, both ran":          {loaded: time.Hour, jobs: nightly(2), want: 0},
		"it ran once, in a trial before":         {loaded: 9 * day, jobs: nightly(6, 0, 1, 2, 3, 4), want: 2},
	} {
		w := newBoard(t, midday)
		w.waves(t, map[time.Time]model.Route{midday.Add(-20 * day): blue, midday.Add(-2 * day): both})
		w.Catalog(model.Blue, model.Catalog{}, nightly(9, 4), nil, midday)
		w.Catalog(model.Green, model.Catalog{}, c.jobs, nil, midday)
		w.director(model.Blue, midday.Add(-time.Hour), w.everyCell())
		w.director(model.Green, midday.Add(-c.loaded), map[model.Cell]bool{cellA: true})
		v := w.cell(cellA)
		if v.On[model.Green].Missed != c.want || v.On[model.Blue].Missed != 1 {
			t.Errorf("%s: green missed %d, want %d; blue %d", name, v.On[model.Green].Missed, c.want, v.On[model.Blue].Missed)
		}
	}
}

// TestNothingIsOwedAfterACellWasTakenAway, nor before the journal's first routes as far as nobody can tell.
func TestNothingIsOwedAfterACellWasTakenAway(t *testing.T) {
	both, green := model.Route{model.Holds, model.Holds}, model.Route{model.Fails, model.Holds}
	w := newBoard(t, midday)
	w.waves(t, map[time.Time]model.Route{midday.Add(-20 * day): both, midday.Add(-3 * day): green})
	w.Catalog(model.Blue, model.Catalog{}, nightly(9, 0, 1, 2, 4), nil, midday)
	w.director(model.Blue, midday.Add(-time.Hour), w.everyCell()) // it still has the job: that is drift, and owes nothing
	if v := w.cell(cellA); v.On[model.Blue].Missed != 1 || !v.Drifts(model.Blue) {
		t.Errorf("blue missed %d, want the night when it still was routed there", v.On[model.Blue].Missed)
	}
	w = newBoard(t, midday)
	w.waves(t, map[time.Time]model.Route{midday.Add(-2 * day): both})
	w.Catalog(model.Blue, model.Catalog{}, nightly(9, 3), nil, midday)
	if v := w.cell(cellA); v.On[model.Blue].Missed != 1 {
		t.Errorf("before the journal a night between two that ran is missed: %d", v.On[model.Blue].Missed)
	}
}

// TestDueTimesAreThoseThatArePushed: where both clusters dump one clone source green gives way, and is judged by when it is really due.
func TestDueTimesAreThoseThatArePushed(t *testing.T) {
	both := model.Route{model.Holds, model.Holds}
	w := newBoard(t, midday)
	w.StaggerBy([2]time.Duration{0, 3 * time.Hour})
	w.waves(t, map[time.Time]model.Route{midday.Add(-20 * day): {model.Holds, model.Fails}, midday.Add(-3 * day): both})
	has := map[model.Cell]bool{cellA: true}
	due := func(jobs ...string) time.Time {
		w.now = w.now.Add(time.Second)
		w.Director(model.Green, DirectorTruth{Directors: []model.Director{{Name: "dir-green", Active: true, OffKnown: true, Jobs: jobs}},
			At: w.now, Live: true, JobsAt: w.now}, has)
		return w.cell(cellA).On[model.Green].Due
	}
	tomorrow := midday.Truncate(day).Add(day)
	if at := due("backup-chain1"); !at.Equal(tomorrow.Add(2*time.Hour + 10*time.Minute)) {
		t.Errorf("a Director that nobody pushed to is due at %v", at)
	}
	moved := due("backup-chain1", model.CanaryName("x"))
	if apart := moved.Sub(tomorrow.Add(2*time.Hour + 10*time.Minute)); apart.Abs() < 3*time.Hour {
		t.Errorf("pushed, it is due at %v: %v from blue", moved, apart)
	}
	if w.cell(cellA).On[model.Blue].Due != tomorrow.Add(2*time.Hour+10*time.Minute) {
		t.Errorf("blue is due at %v", w.cell(cellA).On[model.Blue].Due)
	}
	if n := w.cell(cellA).On[model.Green].Missed; n != 3 {
		t.Errorf("nothing ran in three nights: %d missed", n)
	}
	var jobs []model.Job
	for n := range 3 {
		jobs = append(jobs, backup(uint32(10-n), cellA, model.OK, moved.Add(-time.Duration(n+1)*day), time.Minute, 100))
	}
	w.Catalog(model.Green, model.Catalog{}, jobs, nil, midday)
	if n := w.cell(cellA).On[model.Green].Missed; n != 0 {
		t.Errorf("all ran when they were really due, and %d are missed", n)
	}
}

// TestDueTimesBeforeAPushAreThoseOfThen: until green loaded what was pushed it started at the inventory's times, and owes no others, nor
// the inventory's while it had that.
func TestDueTimesBeforeAPushAreThoseOfThen(t *testing.T) {
	moved := func(nights ...int) (jobs []model.Job) { // at 05:10
		for _, n := range nights {
			at := midday.Add(-time.Duration(n) * day).Add(-6*time.Hour - 50*time.Minute)
			jobs = append(jobs, backup(uint32(50-n), cellA, model.OK, at, time.Minute, 100))
		}
		return jobs
	}
	last := midday.Truncate(day).Add(5*time.Hour + 10*time.Minute)
	for name, c := range map[string]struct {
		loads, configured time.Duration // ago; 0: the journal does not tell
		back              bool          // that push went back
		gone              bool          // the Director has another file now
		jobs              []model.Job
		want              int
		at                time.Time
	}{
		"pushed this morning":                {loads: 2 * time.Hour, configured: 2 * time.Hour, jobs: nightly(9)},
		"and loaded again since":             {loads: 2 * time.Hour, configured: time.Minute, jobs: nightly(9)},
		"pushed from elsewhere this morning": {configured: 2 * time.Hour, jobs: nightly(9)},
		"pushed two days ago":                {loads: 2 * day, configured: time.Minute, jobs: append(nightly(9, 0, 1), moved(0, 1)...)},
		"pushed two days ago, and missed since": {loads: 2 * day, configured: 2 * day,
			jobs: append(nightly(9, 0, 1), moved(1)...), want: 1, at: last},
		"pushed this morning, and missed before": {loads: 2 * time.Hour, configured: 2 * time.Hour,
			jobs: nightly(9, 0), want: 1, at: last.Add(-3 * time.Hour)},
		"pushed two days ago, and another file since": {loads: 2 * day, configured: 2 * time.Hour, gone: true,
			jobs: append(nightly(9, 0, 1), moved(1)...), want: 1, at: last},
		"a push that went back, and one this morning": {loads: 2 * day, back: true, configured: 2 * time.Hour, jobs: nightly(9)},
	} {
		w := newBoard(t, midday)
		w.StaggerBy([2]time.Duration{0, 3 * time.Hour})
		w.waves(t, map[time.Time]model.Route{midday.Add(-20 * day): {model.Holds, model.Holds}})
		if c.loads != 0 {
			epoch := func(ago time.Duration) record.Found {
				return record.Found{Step: 1, Epoch: &record.FoundEpoch{Cluster: model.Green, Director: "dir-green", Loaded: midday.Add(-ago)}}
			}
			a := &record.Action{Steps: []string{"push"}, Sends: []string{record.SendsPush}, Done: 1,
				Found: []record.Found{epoch(9 * day), epoch(c.loads)}} // as it was before, and then
			if c.back {
				a.Back = &record.ActionBy{}
			}
			st := *w.state
			st.Actions, st.Head.Seq = []*record.Action{a}, 7
			w.Journal(&st, nil, nil)
		}
		jobs := []string{"backup-chain1", model.CanaryName("x")}
		if c.gone {
			jobs = jobs[:1]
		}
		w.Director(model.Green, DirectorTruth{Directors: []model.Director{{Name: "dir-green", Active: true, OffKnown: true, Jobs: jobs,
			Reloaded: midday.Add(-c.configured)}}, At: w.now, Live: true, JobsAt: w.now}, map[model.Cell]bool{cellA: true})
		w.Catalog(model.Blue, model.Catalog{}, nightly(9), nil, midday)
		w.Catalog(model.Green, model.Catalog{}, c.jobs, nil, midday)
		if s := w.cell(cellA).On[model.Green]; s.Missed != c.want || !s.MissedAt.Equal(c.at) {
			t.Errorf("%s: missed %d, at %v; want %d, %v", name, s.Missed, s.MissedAt, c.want, c.at)
		}
	}
}

// TestAPairWithTwoFiles: the passive one would take over with another configuration.
func TestAPairWithTwoFiles(t *testing.T) {
	w := newBoard(t, midday)
	w.desires(t, model.Route{model.Holds, model.Fails})
	heard := [2]bool{true, true}
	told := func(first, second string) int {
		w.now = w.now.Add(time.Second)
		d := []model.Director{{Name: "dir-blue", Active: true, OffKnown: true, At: w.now}, {Name: "dir-blue2", At: w.now}}
		for i, canary := range []string{first, second} {
			if d[i].Jobs = []string{"backup-x"}; canary != "" {
				d[i].Jobs = append(d[i].Jobs, model.CanaryName(canary))
			}
		}
		truth := DirectorTruth{Directors: d, At: w.now, Live: heard[0], JobsAt: w.now,
			Passive: &DirectorWord{Live: heard[1], Has: w.everyCell(), Told: true, At: w.now}}
		if !heard[0] { // nor was it ever
			truth.At, truth.JobsAt, d[0].At, d[0].Jobs = time.Time{}, time.Time{}, time.Time{}, nil
		}
		w.Director(model.Blue, truth, w.everyCell())
		ids, _ := w.drift()
		return len(slices.DeleteFunc(ids, func(id string) bool { return id != "drift:blue:file" }))
	}
	for _, c := range []struct {
		first, second string
		want          int
	}{{"", "", 0}, {"a", "a", 0}, {"a", "b", 1}, {"a", "", 1}, {"", "b", 1}, {"b", "b", 0}} {
		if got := told(c.first, c.second); got != c.want {
			t.Errorf("%q and %q: %d alerts, want %d", c.first, c.second, got, c.want)
		}
	}
	for _, heard = range [][2]bool{{false, true}, {true, false}} { // of a silent one nobody knows what it has now
		if got := told("a", "b"); got != 0 {
			t.Errorf("heard %v: %d alerts", heard, got)
		}
	}
}
