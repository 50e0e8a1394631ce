package run_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// tower is a world of Directors that have what was pushed to them last, and of the journal that says what that should be.
type tower struct {
	inv     *model.Inventory
	names   *model.Names
	clock   *kill.Clock
	first   *routes.Document
	journal *journal.Journal               // of the newest incarnation
	has     map[string]map[model.Cell]bool // by Director
	before  map[string]map[model.Cell]bool // what a push took away from it
	pushed  map[string]int
	looks   int
	open    int                         // looks until the jobs of the cells have ended
	refuses func(d string) (told error) // what a push to a Director meets
	spoils  func(d string) bool         // a push leaves it with nothing
	silent  func(d string) bool         // it tells nobody what it has
	strange map[string]bool             // it was never pushed to: its file is somebody else's
	gaps    []string                    // moments at which nobody would have started a cell
	hurt    func(*board.Snapshot)
}

var towerDirectors = [2][]string{{"dir-blue", "dir-blue-2"}, {"dir-green", "dir-green-2"}}

func newTower(blue, green func(i int) bool) *tower {
	t := &tower{
		clock:   kill.NewClock(t0),
		has:     map[string]map[model.Cell]bool{},
		before:  map[string]map[model.Cell]bool{},
		pushed:  map[string]int{},
		refuses: func(string) error { return nil },
		silent:  func(string) bool { return false },
	}
	var ps []model.Placement
	for i := range 4 {
		for _, k := range model.Kinds {
			ps = append(ps, model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("chain%03d", i), Region: "region1", Kind: k}, Client: "c",
				Promise: 26 * time.Hour, Retention: 24 * time.Hour})
		}
	}
	t.inv = must(model.NewInventory(ps))
	t.names = must(model.BindNames(t.inv, must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")), model.NameTemplate{}))
	var takes [2][]model.Cell
	for i := range t.inv.Cells {
		for c, of := range []func(int) bool{blue, green} {
			if of(i / 2) {
				takes[c] = append(takes[c], t.inv.Cells[i].Cell)
			}
		}
	}
	t.first = routes.Naming(takes)
	for c, names := range towerDirectors {
		for _, name := range names {
			t.has[name] = map[model.Cell]bool{}
			for _, cell := range takes[c] {
				t.has[name][cell] = true
			}
		}
	}
	return t
}

// watch notes every cell that no active Director would start now, and that the routes give to nobody.
func (t *tower) watch() {
	if t.journal == nil {
		return
	}
	doc, err := plan.RoutesOf(t.journal.State())
	if err != nil {
		t.gaps = append(t.gaps, err.Error())
		return
	}
	for i := range t.inv.Cells {
		cell := t.inv.Cells[i].Cell
		if !t.has["dir-blue"][cell] && !t.has["dir-green"][cell] {
			t.gaps = append(t.gaps, "no Director starts "+cell.String())
		}
		if doc.Route(cell).Gap() {
			t.gaps = append(t.gaps, "the routes leave out "+cell.String())
		}
	}
}

// wants is what the newest routes come to for a cluster.
func (t *tower) wants(c model.Cluster) (map[model.Cell]bool, error) {
	doc, err := plan.RoutesOf(t.journal.State())
	if err != nil {
		return nil, err
	}
	out := map[model.Cell]bool{}
	for i := range t.inv.Cells {
		if cell := t.inv.Cells[i].Cell; doc.Route(cell)[c] == model.Holds {
			out[cell] = true
		}
	}
	return out, nil
}

func (t *tower) Look(_ context.Context, o plan.Order, _ plan.Past) (run.Sight, error) {
	t.watch()
	if o.Drained != nil {
		if t.looks++; t.looks <= t.open {
			return run.Sight{Verdict: model.Fails, Says: "JobId 7 runs"}, nil
		}
		return run.Sight{Verdict: model.Holds, Says: "nothing runs"}, nil
	}
	d := cmp.Or(o.Push, o.PutBack, o.Effective)
	was := t.before[d.Director]
	switch {
	case o.PutBack != nil && was == nil:
		return run.Sight{Verdict: model.Holds, Says: "nothing was taken away from it"}, nil
	case t.silent(d.Director):
		return run.Sight{}, model.ErrUnreachable
	case o.PutBack != nil && maps.Equal(was, t.has[d.Director]):
		return run.Sight{Verdict: model.Holds, Says: "it has what it had"}, nil
	case o.PutBack != nil:
		return run.Sight{Verdict: model.Fails, Says: "it has something else", Absent: true}, nil
	}
	want, err := t.wants(d.Cluster)
	if err != nil {
		return run.Sight{}, err
	}
	if !maps.Equal(want, t.has[d.Director]) {
		return run.Sight{Verdict: model.Fails, Says: "it has something else", Absent: true}, nil
	}
	return run.Sight{Verdict: model.Holds, Says: "it has what the routes say"}, nil
}

func (t *tower) Do(_ context.Context, o plan.Order, _ plan.Past) error {
	if o.PutBack != nil {
		t.has[o.PutBack.Director] = t.before[o.PutBack.Director]
		t.watch()
		return nil
	}
	if err := t.refuses(o.Push.Director); err != nil {
		return err
	}
	want, err := t.wants(o.Push.Cluster)
	if err != nil {
		return err
	}
	if !maps.Equal(want, t.has[o.Push.Director]) {
		t.pushed[o.Push.Director]++
		t.before[o.Push.Director] = t.has[o.Push.Director]
	}
	t.has[o.Push.Director] = want
	if t.spoils != nil && t.spoils(o.Push.Director) {
		t.has[o.Push.Director] = map[model.Cell]bool{}
		return errRefused
	}
	t.watch()
	return nil
}

func (t *tower) Fresh(context.Context, plan.Needs) (plan.World, error) {
	t.watch()
	now := t.clock.Now()
	s := &board.Snapshot{At: now, Environment: "prod"}
	job := &model.Job{
		Type:      model.TypeBackup,
		Level:     'F',
		Outcome:   model.OK,
		Start:     now.Add(-2 * time.Hour),
		End:       now.Add(-time.Hour),
		Files:     1,
		Bytes:     9,
		Protected: model.Holds,
	}
	for _, c := range model.Clusters {
		v := &board.ClusterView{Cluster: c, Linked: model.Holds, Catalog: model.Catalog{Host: "db", At: now}}
		for i, name := range towerDirectors[c] {
			d := model.Director{Name: name, Active: i == 0, At: now, OffKnown: true, Jobs: []string{}}
			for cell := range t.has[name] {
				d.Jobs = append(d.Jobs, t.names.Name(cell))
			}
			if !t.strange[name] {
				d.Jobs = append(d.Jobs, model.CanaryName(name))
			}
			slices.Sort(d.Jobs)
			v.Directors = append(v.Directors, d)
			seen := board.Sighting{Source: model.DirectorOf(c, name), At: now, Every: time.Second}
			if t.silent(name) {
				seen.Why = "no answer"
			}
			s.Seen = append(s.Seen, seen)
		}
		s.Seen = append(s.Seen, board.Sighting{Source: model.CatalogOf(c), At: now, Every: time.Second})
		s.Clusters[c] = v
	}
	for i := range t.inv.Cells {
		v := board.CellView{Cell: t.inv.Cells[i].Cell, Promise: 26 * time.Hour}
		for c, names := range towerDirectors {
			has := model.Fails
			if t.has[names[0]][v.Cell] {
				has = model.Holds
			}
			v.On[c] = board.Standing{
				Has:      has,
				Read:     true,
				Last:     job,
				LastGood: job,
				LastFull: job,
				Due:      now.Add(time.Hour),
				Since:    t0.Add(-48 * time.Hour),
			}
			for i, name := range names {
				if v.On[c].At[i] = (board.Starts{Is: model.Fails, Why: board.IdleNoJob}); t.has[name][v.Cell] {
					v.On[c].At[i] = board.Starts{Is: model.Holds}
				}
			}
		}
		s.Cells = append(s.Cells, v)
	}
	if t.hurt != nil {
		t.hurt(s)
	}
	return plan.World{Snapshot: s, Names: t.names, Policy: t.policy(), Routing: plan.Routing{Extensions: true}}, nil
}

func (t *tower) policy() model.Policy {
	p := model.DefaultPolicy()
	p.ClaimLife, p.ActEvery = 2*time.Minute, 30*time.Second
	return p
}

// Effects are the routes in the end, and how often each Director was given others.
func (t *tower) Effects() (map[string]int, error) {
	out := maps.Clone(t.pushed)
	doc, err := plan.RoutesOf(t.journal.State())
	if err != nil {
		return nil, err
	}
	for r, n := range map[string]model.Route{"blue": routes.Blue, "both": routes.Both, "green": routes.Green} {
		if len(doc.Cover(t.inv).Cells(n)) > 0 {
			out[fmt.Sprintf("%d cells are %s", len(doc.Cover(t.inv).Cells(n)), r)] = 1
		}
	}
	for _, g := range t.gaps {
		out["GAP: "+g] += 2
	}
	return out, nil
}

var everyReason = map[string]string{"clients-answer": "seen", "storages-there": "seen", "storage-room": "enough", "first-night": "short",
	"one-dump": "short", "proven-rate": "new", "proven-restored": "tested by hand", "rds-healthy": "none here", "dr-ready": "none here",
	"proven-size": "alike", "proven-retention": "short"}

func (t *tower) hands(j *journal.Journal) run.Router {
	t.journal = j
	return run.Router{plan.Directors: t, plan.Bacula: t, plan.Here: &run.Local{Now: t.clock.Now},
		plan.Routes: &run.Published{Journal: j, Actor: "ann", Inventory: t.inv, Extensions: true}}
}

func (t *tower) ask(to model.Route, chains ...int) plan.Ask {
	s := &plan.Shift{To: to}
	for _, n := range chains {
		for _, k := range model.Kinds {
			s.Cells = append(s.Cells, model.Cell{Chain: fmt.Sprintf("chain%03d", n), Region: "region1", Kind: k})
		}
	}
	return plan.Ask{Shift: s}
}

func shiftScene(name string, to model.Route, make func() *tower) kill.Scene {
	return kill.Scene{Name: name, Open: func(string) (kill.Stage, error) {
		w := make()
		return kill.Stage{Environment: "prod", Ask: w.ask(to, 0, 1), Reasons: everyReason, Policy: w.policy(), Hands: run.Router{}, Own: w.hands,
			First: must(json.Marshal(w.first)), Fresh: w.Fresh, Clock: w.clock, Effects: w.Effects}, nil
	}}
}

func everyone(int) bool   { return true }
func nobody(int) bool     { return false }
func firstTwo(i int) bool { return i < 2 }

func (t *tower) with(change func(*tower)) *tower {
	change(t)
	return t
}

var errRefused = fmt.Errorf("pushing: %w: the reload was refused", model.ErrNotDone)

// TestAShiftStoppedAnywhereLeavesNoGap: at every call, and after every resumption, each cell has a Director that starts it.
func TestAShiftStoppedAnywhereLeavesNoGap(t *testing.T) {
	on := func(name string) func(string) bool { return func(d string) bool { return d == name } }
	refusing := func(name string) func(string) error {
		return func(d string) error {
			if d == name {
				return errRefused
			}
			return nil
		}
	}
	hanging := func(name string) func(string) error {
		return func(d string) error {
			if d == name {
				return model.ErrTimeout
			}
			return nil
		}
	}
	for _, c := range []struct {
		kill.Scene
		state string
		done  int
		why   string
	}{
		{shiftScene("overlap", routes.Both, func() *tower { return newTower(everyone, nobody) }), "done", 5, ""},
		{shiftScene("settle", routes.Green, func() *tower {
			return newTower(everyone, firstTwo).with(func(w *tower) { w.open = 2 })
		}), "done", 8, ""},
		{shiftScene("the way back", routes.Both, func() *tower {
			return newTower(func(i int) bool { return i >= 2 }, everyone).with(func(w *tower) {
				w.silent = func(d string) bool { return strings.HasPrefix(d, "dir-green") }
			})
		}), "done", 5, ""},
		{shiftScene("the passive Director is down", routes.Both, func() *tower {
			return newTower(everyone, nobody).with(func(w *tower) { w.silent = on("dir-green-2") })
		}), "done", 5, ""},
		{shiftScene("the active Director refuses", routes.Both, func() *tower {
			return newTower(everyone, nobody).with(func(w *tower) { w.refuses = refusing("dir-green") })
		}), "failed", 1, "it went back: step 2 of 5 failed"},
		{shiftScene("settling, the source refuses", routes.Green, func() *tower {
			return newTower(everyone, firstTwo).with(func(w *tower) { w.refuses = refusing("dir-blue") })
		}), "failed", 4, "it went back: step 5 of 8 failed"},
		{shiftScene("the active Director hangs", routes.Both, func() *tower {
			return newTower(everyone, nobody).with(func(w *tower) {
				w.refuses = func(d string) error { return model.ErrTimeout }
			})
		}), "unknown", 1, "no answer in time"},
		{shiftScene("settling back", routes.Blue, func() *tower { return newTower(everyone, firstTwo) }), "done", 8, ""},
		{shiftScene("settling, the source hangs", routes.Green, func() *tower {
			return newTower(everyone, firstTwo).with(func(w *tower) { w.refuses = hanging("dir-blue") })
		}), "unknown", 4, "no answer in time"},
		{shiftScene("settling, the source's passive Director is down", routes.Green, func() *tower {
			return newTower(everyone, firstTwo).with(func(w *tower) { w.silent = on("dir-blue-2") })
		}), "done", 8, ""},
		{shiftScene("the passive Director refuses", routes.Both, func() *tower {
			return newTower(everyone, nobody).with(func(w *tower) { w.refuses = refusing("dir-green-2") })
		}), "done", 5, ""},
		{shiftScene("the passive Director hangs", routes.Both, func() *tower {
			return newTower(everyone, nobody).with(func(w *tower) { w.refuses = hanging("dir-green-2") })
		}), "done", 5, ""},
		{shiftScene("the way back, blue's passive Director hangs", routes.Both, func() *tower {
			return newTower(func(i int) bool { return i >= 2 }, everyone).with(func(w *tower) {
				w.silent = func(d string) bool { return strings.HasPrefix(d, "dir-green") }
				w.refuses = hanging("dir-blue-2")
			})
		}), "done", 5, ""},
	} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if n := kill.Exhaust(t, c.Scene, c.state, c.done, c.why); n < 20 {
				t.Errorf("only %d calls", n)
			} else {
				t.Logf("%d calls", n)
			}
		})
	}
}

// TestAPassiveThatRefusesIsSpared, and told of twice: by its push, and as what it should have.
func TestAPassiveThatRefusesIsSpared(t *testing.T) {
	end := kill.Whole(t, shiftScene("", routes.Both, func() *tower {
		w := newTower(everyone, nobody)
		w.refuses = func(d string) error {
			if d == "dir-green-2" {
				return errRefused
			}
			return nil
		}
		return w
	}))
	if end.State != "done" || end.Done != 5 || end.Effects["dir-green"] != 1 || end.Effects["dir-green-2"] != 0 {
		t.Errorf("%+v", end)
	}
}

// TestAPassiveThatIsLeftHalfWay has a file that it did not load: it is given back what it had, before the plan goes on.
func TestAPassiveThatIsLeftHalfWay(t *testing.T) {
	var of *tower
	end := kill.Whole(t, shiftScene("", routes.Both, func() *tower {
		of = newTower(everyone, func(i int) bool { return i >= 2 })
		of.spoils = func(d string) bool { return d == "dir-green-2" }
		return of
	}))
	if end.State != "done" || len(of.has["dir-green-2"]) != 4 || len(of.has["dir-green"]) != 8 {
		t.Errorf("%+v, the passive one has %v", end, of.has["dir-green-2"])
	}
}

// begin makes a journal that begins with the tower's routes.
func (t *tower) begin(tb testing.TB) (*journal.Journal, journal.Store) {
	store := must(journal.OpenDir(tb.TempDir()))
	o := journal.Options{Environment: "prod", Now: t.clock.Now}
	return must(journal.Begin(tb.Context(), store, o, "ann", must(json.Marshal(t.first)))), store
}

func (t *tower) runner(j *journal.Journal, actor string) *run.Runner {
	return &run.Runner{
		Journal: j,
		Hands:   t.hands(j),
		Policy:  t.policy(),
		Actor:   actor,
		Process: actor,
		Tell:    func(string) {},
		Now:     t.clock.Now,
		Sleep:   t.clock.Sleep,
		Fresh:   t.Fresh,
	}
}

func (t *tower) plan(tb testing.TB, j *journal.Journal, ask plan.Ask, id string) *plan.Plan {
	w := must(t.Fresh(tb.Context(), plan.Needs{}))
	must(j.Refresh(tb.Context()))
	w.State, w.Now = j.State(), t.clock.Now()
	return must(ask.Plan(w, id))
}

// TestAFailedPassiveIsTold, in the journal and its story, and refuses to settle.
func TestAFailedPassiveIsTold(t *testing.T) {
	w := newTower(everyone, nobody)
	w.silent = func(d string) bool { return d == "dir-green-2" }
	j, _ := w.begin(t)
	r := w.runner(j, "ann")
	p := w.plan(t, j, w.ask(routes.Both, 0, 1), "p1")
	a, err := r.Take(t.Context(), p, plan.Approval{By: "ann", Confirm: p.Confirm, Reasons: everyReason})
	if err != nil || a.State != record.ActionDone || len(a.Spared) != 2 || a.Spared[0].Step != 3 ||
		!strings.Contains(a.Spared[0].Says, "unreachable") {
		t.Fatalf("%+v, %v", a, err)
	}
	told := 0
	for rec, err := range j.Tail(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(rec.Line(j.State()), "went wrong, and the plan goes on: step 3 of 5") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the story tells it %d times", told)
	}
	settle := w.plan(t, j, w.ask(routes.Green, 0, 1), "p2")
	if b := settle.Blocked(); b == nil || b.ID != "stay-answers" {
		t.Errorf("it may be settled: %+v", b)
	}
	w.silent = func(string) bool { return false } // it is back, and has the old file
	settle = w.plan(t, j, w.ask(routes.Green, 0, 1), "p3")
	if b := settle.Blocked(); b == nil || b.ID != "stay-effective" {
		t.Errorf("it may be settled on a Director that lacks the cells: %+v", b)
	}
}

// TestAGreenThatWasNeverPushedTo has every job in a file of somebody else's: to settle on it is refused before it begins, by name and age.
func TestAGreenThatWasNeverPushedTo(t *testing.T) {
	w := newTower(everyone, everyone)
	j, _ := w.begin(t)
	if b := w.plan(t, j, w.ask(routes.Green, 0, 1), "p1").Blocked(); b != nil {
		t.Fatalf("pushed to it is blocked: %+v", b)
	}
	w.strange = map[string]bool{"dir-green": true}
	b := w.plan(t, j, w.ask(routes.Green, 0, 1), "p2").Blocked()
	if b == nil || b.ID != "stay-pushed" || !strings.Contains(b.Value, "dir-green: no file") || !b.At.Equal(w.clock.Now()) ||
		!strings.Contains(b.Do, "switchyard routes push green") {
		t.Errorf("%+v", b)
	}
}

// TestTwoShiftsInTheSameSecond: one is done, one is refused, and the routes are those of the one.
func TestTwoShiftsInTheSameSecond(t *testing.T) {
	for range 8 {
		w := newTower(everyone, nobody)
		j, store := w.begin(t)
		o := journal.Options{Environment: "prod", Now: w.clock.Now}
		type end struct {
			a   *record.Action
			err error
		}
		// Both have planned before either proposes.
		var plans []*plan.Plan
		var runners []*run.Runner
		for n, who := range []string{"ann", "bob"} {
			mine := must(journal.Open(t.Context(), store, o))
			plans = append(plans, w.plan(t, mine, w.ask(routes.Both, n, n+1), who))
			runners = append(runners, w.runner(mine, who))
		}
		w.journal = j
		take := func(n int) end {
			a, err := runners[n].Take(t.Context(), plans[n], plan.Approval{By: runners[n].Actor, Confirm: plans[n].Confirm, Reasons: everyReason})
			return end{a, err}
		}
		won := take(0)
		must(j.Refresh(t.Context()))
		lost := take(1)
		if won.err != nil || won.a.State != record.ActionDone {
			t.Fatalf("%+v, %v", won.a, won.err)
		}
		if !errors.Is(lost.err, model.ErrStale) && !errors.Is(lost.err, model.ErrGuard) {
			t.Fatalf("%+v, %v", lost.a, lost.err)
		}
		must(j.Refresh(t.Context()))
		doc := must(plan.RoutesOf(j.State()))
		if got := len(doc.Cover(w.inv).Cells(routes.Both)); got != 4 || len(w.gaps) > 0 {
			t.Errorf("%d cells are both; %v", got, w.gaps)
		}
	}
}
