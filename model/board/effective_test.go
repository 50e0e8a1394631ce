package board

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
)

// desires makes the routes of every cell one and the same.
func (w *boardWorld) desires(t *testing.T, r model.Route) {
	t.Helper()
	w.DesireBy(func(int64, json.RawMessage) func(model.Cell) model.Route {
		return func(model.Cell) model.Route { return r }
	})
	if w.state == nil {
		w.Journal(story(t, nil), nil, nil)
		return
	}
	w.Journal(story(t, w.state, record.Routed{Document: json.RawMessage(`{}`)}), nil, nil)
}

// loaded tells what the two Directors of a cluster have.
func (w *boardWorld) loaded(c model.Cluster, has, off map[model.Cell]bool, passive DirectorWord) {
	w.now = w.now.Add(time.Second)
	w.Director(c, DirectorTruth{
		Directors: []model.Director{{Name: "dir-" + c.String(), Active: true, OffKnown: true}, {Name: "dir-" + c.String() + "2"}},
		Off:       off, At: w.now, Live: true, JobsAt: w.now, Passive: &passive,
	}, has)
}

func (w *boardWorld) drift() (ids []string, all []Alert) {
	for _, a := range w.Snapshot(w.now).Alerts {
		if strings.HasPrefix(a.ID, "drift:") {
			ids, all = append(ids, a.ID), append(all, a)
		}
	}
	return ids, all
}

// TestDriftIsToldOfEachDirector lets each Director of green lose, keep and gain what it should not, and looks at who is named.
func TestDriftIsToldOfEachDirector(t *testing.T) {
	w := newBoard(t, midday)
	w.desires(t, model.Route{model.Holds, model.Holds})
	all := w.everyCell()
	whole := DirectorWord{Live: true, Has: all, Told: true, At: midday}
	w.loaded(model.Green, all, nil, whole)
	if ids, _ := w.drift(); len(ids) != 0 {
		t.Fatalf("both have all, and it drifts: %q", ids)
	}
	less := w.everyCell()
	delete(less, cellA)
	began := w.now
	w.loaded(model.Green, all, nil, DirectorWord{Live: true, Has: less, Told: true, At: midday})
	_, told := w.drift()
	const lacks = "dir-green2 (passive) does not start 1 cell that the routes give to green: it has no job for it: "
	if len(told) != 1 || told[0].Says != lacks+cellA.String() || told[0].Since.Before(began) || told[0].Reach != 1 ||
		*told[0].Cluster != model.Green {
		t.Fatalf("%+v", told)
	}
	since := told[0].Since
	w.loaded(model.Green, all, map[model.Cell]bool{cellA: true}, DirectorWord{Live: true, Has: less, Told: true, At: midday})
	ids, told := w.drift()
	const off = "dir-green does not start 1 cell that the routes give to green: the job is switched off"
	if len(told) != 2 || !strings.Contains(told[0].Says, off) ||
		!told[1].Since.Equal(since) {
		t.Fatalf("%q %+v", ids, told)
	}
	v := w.cell(cellA)
	if v.On[model.Green].Effective() != model.Fails || v.On[model.Blue].Effective() != model.Holds || !v.Drifts(model.Green) ||
		v.Drifts(model.Blue) {
		t.Errorf("%+v", v.On)
	}
	w.loaded(model.Green, all, nil, DirectorWord{Live: true, Has: all, At: midday})
	if v = w.cell(cellA); v.On[model.Green].Effective() != model.Unknown || v.IsAdrift() {
		t.Errorf("a passive that does not tell what is off: %+v", v.On[model.Green])
	}
	w.desires(t, model.Route{model.Holds, model.Fails})
	w.loaded(model.Green, map[model.Cell]bool{cellA: true}, nil, DirectorWord{Live: true, Told: true, At: midday})
	if _, told = w.drift(); len(told) != 1 || told[0].Says != "dir-green starts 1 cell that the routes do not give to green: "+cellA.String() {
		t.Errorf("%+v", told)
	}
}

// TestWhoNeverToldDiffersInNothing: of a pair of Directors one of which was not heard yet nobody knows that their files differ.
func TestWhoNeverToldDiffersInNothing(t *testing.T) {
	w := newBoard(t, midday)
	w.desires(t, model.Route{model.Holds, model.Holds})
	jobs := [2][]string{{"a", model.CanaryName("one")}, {"a", model.CanaryName("two")}}
	for name, c := range map[string]struct {
		active, passive []string
		differ          int
	}{
		"both told": {jobs[0], jobs[1], 1}, "alike": {jobs[0], jobs[0], 0}, "the active one never did": {nil, jobs[1], 0},
		"the passive one never did": {jobs[0], nil, 0}, "one has none of ours": {[]string{"a"}, jobs[1], 1},
	} {
		w.now = w.now.Add(time.Second)
		w.Director(model.Green, DirectorTruth{Directors: []model.Director{
			{Name: "dir-green", Active: true, OffKnown: true, At: w.now, Jobs: c.active}, {Name: "dir-green2", At: w.now, Jobs: c.passive},
		}, At: w.now, Live: true, JobsAt: w.now, Passive: &DirectorWord{Live: true, Has: w.everyCell(), Told: true, At: w.now}}, w.everyCell())
		ids, _ := w.drift()
		if got := strings.Count(strings.Join(ids, " "), "drift:green:file"); got != c.differ {
			t.Errorf("%s: %q", name, ids)
		}
	}
}

// TestADriftThatAnActionMakesIsNoAlert: as long as a push runs, what it changes is expected.
func TestADriftThatAnActionMakesIsNoAlert(t *testing.T) {
	w := newBoard(t, midday)
	w.desires(t, model.Route{model.Holds, model.Holds})
	w.loaded(model.Green, nil, nil, DirectorWord{Live: true, Has: w.everyCell(), Told: true, At: midday})
	if ids, _ := w.drift(); len(ids) != 1 {
		t.Fatalf("%q", ids)
	}
	st := *w.state
	st.Actions = []*record.Action{{ID: "a", State: record.ActionRunning, Touches: record.TouchesOf("green/director/dir-green")}}
	w.Journal(&st, nil, nil)
	w.dirty = true
	if ids, _ := w.drift(); len(ids) != 0 {
		t.Errorf("while it is pushed: %q", ids)
	}
	failed := st
	failed.Actions = []*record.Action{{ID: "a", State: record.ActionFailed, Done: 1, Touches: record.TouchesOf("green/director/dir-green")}}
	w.Journal(&failed, nil, nil)
	w.dirty = true
	if ids, _ := w.drift(); len(ids) != 1 {
		t.Errorf("after it failed: %q", ids)
	}
}

// TestEffective compares the judgement with its definition, over whatever Directors tell.
func TestEffective(t *testing.T) {
	daily, err := model.ParseSchedule("daily at 02:10")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := model.Placement{Cell: cellA, Client: "db1-fd", Promise: time.Duration(rapid.IntRange(1, 30).Draw(t, "promise")) * time.Hour}
		scheduled := rapid.Bool().Draw(t, "scheduled")
		if scheduled {
			p.Schedule = daily
		}
		due := scheduled && p.Promise >= 14*time.Hour+10*time.Minute // from midday
		var heard, told, has, off, held, idle [2]bool
		one := func(of *[2]bool, what string) {
			for i := range of {
				of[i] = rapid.Bool().Draw(t, fmt.Sprint(what, i))
			}
		}
		for i, of := range []*[2]bool{&heard, &told, &has, &off, &held, &idle} {
			one(of, []string{"heard", "told", "has", "off", "held", "idle"}[i])
		}
		clients := func(i int) []string {
			if held[i] {
				return []string{"db1-fd"}
			}
			return nil
		}
		s := &side{zone: time.UTC, saidCells: map[model.Cell]bool{cellA: has[0]}, said: DirectorTruth{
			Directors: []model.Director{
				{OffKnown: told[0]},
				{},
			}, Off: map[model.Cell]bool{cellA: off[0]}, Held: clients(0), Unscheduled: map[model.Cell]bool{cellA: idle[0]},
			Passive: &DirectorWord{Has: map[model.Cell]bool{cellA: has[1]}, Off: map[model.Cell]bool{cellA: off[1]}, Held: clients(1), Told: told[1],
				Unscheduled: map[model.Cell]bool{cellA: idle[1]}},
		}}
		if heard[0] {
			s.said.JobsAt, s.said.Live = midday, true
		}
		if heard[1] {
			s.said.Passive.At, s.said.Passive.Live = midday, true
		}
		next := p.Schedule.Next(midday, s.zone)
		got := s.starts(p, next, midday)
		all := model.Holds
		for i := range got {
			want := model.Unknown
			switch {
			case heard[i] && (!has[i] || off[i] || told[i] && (held[i] || idle[i] || !due)):
				want = model.Fails
			case heard[i] && told[i]:
				want = model.Holds
			}
			if got[i].Is != want || (got[i].Why.String() == "") != (want == model.Holds) {
				t.Fatalf("Director %d: %v (%s), want %v", i, got[i].Is, got[i].Why, want)
			}
			if want == model.Fails || want == model.Unknown && all == model.Holds {
				all = want
			}
		}
		if is := (&Standing{At: got}).Effective(); is != all {
			t.Fatalf("the cluster: %v, want %v", is, all)
		}
		anyone := got[0].Is // where the routes do not give it, one that starts it is one too many
		if got[1].Is == model.Holds || anyone == model.Fails {
			anyone = got[1].Is
		}
		if both := (&Standing{At: got}); both.Against(model.Holds) != all || both.Against(model.Fails) != anyone {
			t.Fatalf("%+v: compared with routes %v and %v, want %v", got, both.Against(model.Holds), both.Against(model.Fails), anyone)
		}
		s.said.Directors = s.said.Directors[:1]
		alone := Standing{At: s.starts(p, next, midday)}
		if alone.At[1].There() || alone.Effective() != alone.At[0].Is {
			t.Fatalf("without a passive one: %+v", alone.At)
		}
	})
}
