package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula/push"
	"switchyard/backend/bacula/push/dummy"
	"switchyard/backend/bacula/push/render"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// reborn is a hand that a new process has anew: what it remembered is gone.
type reborn struct{ hand *run.Directors }

func (r *reborn) Look(ctx context.Context, o plan.Order, past plan.Past) (run.Sight, error) {
	return r.hand.Look(ctx, o, past)
}

func (r *reborn) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	return r.hand.Do(ctx, o, past)
}

// depot is both Directors of green, which have two of three cells and shall have the second and the third.
type depot struct {
	*yard
	hosts       [2]*dummy.Host
	on          [2]plan.OnDirector
	was         string
	want        *push.Wanted
	gaps        map[string]int
	enables     bool // behind the pushes what somebody switched off is enabled
	owned, both bool // another control plane pushes; the plan is for both Directors, else for the first
	refuses     string
}

func depotCells() (out []model.Placement) {
	for i := range 3 {
		s := must(model.ParseSchedule(fmt.Sprintf("daily at 0%d:10", i)))
		out = append(out, model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("chain%03d", i+1), Region: "region1"},
			Client: fmt.Sprintf("db%d-fd", i),
			Pool:   "reg", Storage: "sd", Schedule: s, Promise: 26 * time.Hour, Retention: 7 * 24 * time.Hour})
	}
	return out
}

func depotWants(all, takes []model.Placement) *push.Wanted {
	names := must(model.BindNames(must(model.NewInventory(all)), must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")),
		model.NameTemplate{}))
	w := &push.Wanted{Routes: "record 1", CellOf: names.Cell, Of: map[string]model.Placement{},
		Output: must(render.Render(render.Input{Names: names,
			Takes: takes, Keeps: all, Settings: render.Settings{Catalog: "c", Messages: "m", Password: "/pw/{client}", Data: "/data"}}))}
	for _, p := range all {
		w.Of[names.Name(p.Cell)] = p
	}
	return w
}

// depotJob is one that the Directors shall have.
const depotJob = "backup-chain003-region1-regular"

// The two renderings of every depot.
var (
	depotWas  = depotWants(depotCells(), depotCells()[:2]).Text
	depotWant = depotWants(depotCells(), depotCells()[1:])
)

func newDepot(y *yard) *depot {
	d := &depot{yard: y, was: depotWas, want: depotWant, gaps: map[string]int{}}
	for i, name := range []string{"dir-green", "dir-green2"} {
		d.hosts[i] = dummy.New(name, d.was, y.now)
		d.hosts[i].After = d.holds
		d.on[i] = plan.OnDirector{Cluster: model.Green, Director: name}
	}
	return d
}

// holds notes what never may be: a file that is not whole, or a Director without a job that it has before and after.
func (d *depot) holds(h *dummy.Host) {
	if text := h.Text[h.Place]; text != d.was && text != d.want.Text {
		d.gaps["the file of "+h.Name+" is neither the old one nor the new one"]++
	}
	if _, there := slices.BinarySearch(h.Jobs(), "backup-chain002-region1-regular"); !there {
		d.gaps[h.Name+" has no job of chain002"]++
	}
}

func (d *depot) hand() *run.Directors {
	hand := &run.Directors{Of: map[plan.OnDirector]*run.Pushed{}, Now: d.now,
		Want: func(context.Context, model.Cluster) (*push.Wanted, error) { return d.want, nil }}
	for i, h := range d.hosts {
		hand.Of[d.on[i]] = &run.Pushed{Owned: d.owned,
			Target: push.Target{Cluster: model.Green, Director: h.Name, Reach: h, Files: h, File: h.Place,
				Zone: time.UTC, Prove: func(context.Context, *push.Wanted) []string { return nil }, Quiet: 70 * time.Second, Patience: 3 * time.Minute,
				Answer: time.Millisecond, Now: d.now, Sleep: d.clock.Sleep}}
		if d.owned {
			hand.Of[d.on[i]].Cannot = "its own control plane pushes"
			hand.Of[d.on[i]].Refuses = func(context.Context) (string, bool, error) { return d.refuses, d.refuses != "", nil }
		}
	}
	return hand
}

// stage is a plan that pushes to both, one after the other, and sees what came of it.
func (d *depot) stage(ask plan.Ask) kill.Stage {
	d.every = 10 * time.Second
	d.makes = toy(allGuards, func(string, []plan.Step) (steps []plan.Step) {
		on := d.on[:1]
		if d.both {
			on = d.on[:]
		}
		for i := range on {
			if !d.owned {
				steps = append(steps, plan.Step{Name: "push", Done: "it is there", Limit: 2 * time.Minute, Order: plan.Order{Push: &d.on[i]}})
			}
		}
		if d.enables {
			steps = append(steps, plan.Step{Name: "enable", Done: "it is on", Limit: 2 * time.Minute, Order: plan.Order{Enable: &plan.Enable{
				OnDirector: d.on[0], Jobs: []string{depotJob}, Clients: []string{"db2-fd"}}}})
		}
		for i := range on {
			steps = append(steps, plan.Step{Name: "see", Done: "it is so", Limit: 10 * time.Minute, Order: plan.Order{Effective: &d.on[i]}})
		}
		return steps
	})
	hand := &reborn{d.hand()}
	st := d.yard.stage(ask)
	st.Policy = d.policy()
	st.Hands = run.Router{plan.Bacula: d.yard, plan.Here: d.yard, plan.Directors: hand}
	st.Begins = func(call func(string, func() error) error) {
		hand.hand = d.hand()
		for _, h := range d.hosts {
			h.Call = call
		}
	}
	st.Effects = func() (map[string]int, error) {
		n := map[string]int{}
		for _, h := range d.hosts {
			n[fmt.Sprintf("%s has in its file and loaded: %v, %v", h.Name, d.tells(h.Text[h.Place]), d.tells(h.Loads))] = 1
			if h.Epoch.After(h.Start) && h.Loads == d.was {
				n[h.Name+" loaded the old one again"] = 1
			}
		}
		for what, times := range d.gaps {
			n[what] = 1 + times
		}
		return n, nil
	}
	return st
}

func (d *depot) tells(text string) string {
	switch text {
	case d.was:
		return "the old"
	case d.want.Text:
		return "the new"
	}
	return "another"
}

func depotScene(name string, change func(*depot)) kill.Scene {
	return kill.Scene{Name: name, Open: func(dir string) (kill.Stage, error) {
		y, err := newYard(dir, 1)
		if err != nil {
			return kill.Stage{}, err
		}
		y.clock, y.said = kill.NewClock(t0), map[string][]string{}
		d := newDepot(y)
		if change != nil {
			change(d)
		}
		return d.stage(backupOf(cell1)), nil
	}}
}

// TestAPushStoppedAnywhereEndsTheSame ends the runner at every call to its journal, to a Director and to a file.
func TestAPushStoppedAnywhereEndsTheSame(t *testing.T) {
	for _, c := range []struct {
		kill.Scene
		state, why string
		done       int
	}{
		{depotScene("a push", nil), "done", "", 2},
		{depotScene("a push of what somebody has switched off", func(d *depot) {
			d.enables, d.hosts[0].Off, d.hosts[0].OffAll = true, []string{depotJob}, map[string][]string{"client": {"db2-fd"}}
			d.hosts[0].Lost = func(call string) bool { return call == "enable" }
		}), "done", "", 3},
		{depotScene("a push whose calls are not answered", func(d *depot) {
			d.hosts[0].Lost = func(call string) bool { return call == "rename" || call == "reload" }
		}), "done", "", 2},
		{depotScene("a push that the second ignores", func(d *depot) { d.both, d.hosts[1].Ignores = true, true }), "failed",
			"it went back: step 2 of 4 failed: pushing to dir-green2: not done: the Director says: Too many open reload", 1},
		{depotScene("a push that is refused", func(d *depot) { d.hosts[0].Refuses = true }), "failed",
			"it went back: step 1 of 2 failed: pushing to dir-green: not done: the Director says: Resetting previous configuration", 0},
		{depotScene("a push for which there is no room", func(d *depot) {
			d.hosts[0].Full = func(path string) bool { return path == d.hosts[0].Place }
		}), "failed", "it went back: step 1 of 2 failed: pushing to dir-green: renaming to /etc/bacula/routed.conf: not done: no space left", 0},
		{depotScene("what another control plane refuses", func(d *depot) { d.owned, d.refuses = true, "no change before Monday" }), "refused",
			"its own control plane refuses: no change before Monday; it does not have backup-chain003-region1-regular", 0},
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

// TestNothingIsPushedThroughAnothersConsole: of two Directors with one name only the process says which of them answers.
func TestNothingIsPushedThroughAnothersConsole(t *testing.T) {
	y := must(newYard(t.TempDir(), 1))
	y.clock, y.said = kill.NewClock(t0), map[string][]string{}
	d := newDepot(y)
	hand := d.hand()
	for _, on := range d.on {
		hand.Of[on].Greets = "dir"
	}
	order := plan.Order{Push: &d.on[1]}
	err := hand.Do(t.Context(), order, plan.Past{Step: 1})
	const says = "wrong target: the Director that answers for dir-green2 of green is dir-green of green"
	if !errors.Is(err, model.ErrNotDone) || !errors.Is(err, model.ErrIdentity) || !strings.Contains(err.Error(), says) {
		t.Errorf("one process answers for both: %v", err)
	}
	if d.hosts[1].Loads != d.was || len(d.hosts[1].Counts) > 0 || len(d.hosts[0].Counts) > 0 {
		t.Errorf("and something was done: %v, %v", d.hosts[0].Counts, d.hosts[1].Counts)
	}
	d.hosts[0].Down = true // it answers for nobody
	past := plan.Past{Step: 1}
	if err := hand.Do(t.Context(), order, past); errors.Is(err, model.ErrIdentity) {
		t.Errorf("the other one is silent: %v", err)
	}
	d.hosts[0].Down, d.hosts[0].PID = false, 42
	if err := hand.Do(t.Context(), order, past); errors.Is(err, model.ErrIdentity) {
		t.Errorf("they are two: %v", err)
	}
}

// TestAPushIsSeen is what a look says: done, surely not, or that nobody can tell.
func TestAPushIsSeen(t *testing.T) {
	y := must(newYard(t.TempDir(), 1))
	y.clock, y.said = kill.NewClock(t0), map[string][]string{}
	d := newDepot(y)
	hand := d.hand()
	order := plan.Order{Push: &d.on[0]}
	sight, err := hand.Look(t.Context(), order, plan.Past{})
	if err != nil || sight.Verdict != model.Fails || len(sight.Found) != 2 || sight.Found[1].File.SHA256 != push.SHA256(d.was) {
		t.Fatalf("before: %+v, %v", sight, err)
	}
	past := plan.Past{Step: 1, Intended: t0, Found: sight.Found}
	for i := range past.Found {
		past.Found[i].Step = 1
	}
	if err := hand.Do(t.Context(), order, past); err != nil {
		t.Fatal(err)
	}
	if sight, err = hand.Look(t.Context(), order, past); err != nil || sight.Verdict != model.Holds ||
		!strings.Contains(sight.Says, d.want.Canary+", 2 jobs of record 1") {
		t.Errorf("after: %+v, %v", sight, err)
	}
	effective := plan.Order{Effective: &d.on[0]}
	d.hosts[0].Off = []string{"backup-chain003-region1-regular"}
	_ = d.clock.Sleep(t.Context(), 3*time.Minute+10*time.Second)
	if sight, err = hand.Look(t.Context(), effective, past); err != nil || sight.Verdict != model.Fails || sight.Refused ||
		sight.Says != "for 3m: backup-chain003-region1-regular is switched off" {
		t.Errorf("switched off: %+v, %v", sight, err)
	}
	d.hosts[0].Down = true
	if sight, err := hand.Look(t.Context(), order, past); !errors.Is(err, model.ErrUnreachable) || sight.Verdict != model.Unknown {
		t.Errorf("down: %+v, %v", sight, err)
	}
	d.hosts[0].Down, d.hosts[0].Off = false, nil
	if err := hand.Do(t.Context(), effective, past); !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "only looks") {
		t.Errorf("%v", err)
	}
	d.hosts[0].Text[d.hosts[0].Place] = ""
	if sight, err := hand.Look(t.Context(), order, plan.Past{}); err != nil || sight.Verdict != model.Fails || len(sight.Found) != 1 {
		t.Errorf("an empty file is to be put back: %+v, %v", sight, err)
	}
	other := plan.OnDirector{Cluster: model.Green, Director: "nobody"}
	if err := hand.Do(t.Context(), plan.Order{Push: &other}, past); !errors.Is(err, model.ErrNotDone) ||
		!strings.Contains(err.Error(), "the configuration has no Director nobody of green") {
		t.Errorf("%v", err)
	}
}

// TestTheWayBackLoadsNoFileThatWasNot: somebody took a job out of the file, which nobody had loaded, and the push over it is ignored.
func TestTheWayBackLoadsNoFileThatWasNot(t *testing.T) {
	y := must(newYard(t.TempDir(), 1))
	y.clock, y.said = kill.NewClock(t0), map[string][]string{}
	d := newDepot(y)
	h, hand := d.hosts[0], d.hand()
	edited := "# mine\n" + depotWants(depotCells(), depotCells()[1:2]).Text
	h.After, h.Text[h.Place] = nil, edited
	past := plan.Past{Step: 1, Intended: t0}
	for _, f := range must(hand.Look(t.Context(), plan.Order{Push: &d.on[0]}, past)).Found {
		f.Step = 1
		past.Found = append(past.Found, f)
	}
	h.Ignores = true
	if err := hand.Do(t.Context(), plan.Order{Push: &d.on[0]}, past); !errors.Is(err, model.ErrNotDone) {
		t.Fatal(err)
	}
	h.Ignores, past.Back = false, true
	back := plan.Order{PutBack: &d.on[0]}
	if s := must(hand.Look(t.Context(), back, past)); s.Verdict != model.Fails {
		t.Errorf("before it went back: %+v", s)
	}
	if err := hand.Do(t.Context(), back, past); err != nil {
		t.Fatal(err)
	}
	if s := must(hand.Look(t.Context(), back, past)); s.Verdict != model.Holds || h.Text[h.Place] != edited || h.Loads != d.was {
		t.Errorf("%+v; it has %q", s, h.Jobs())
	}
}

// TestADirectorThatRefusedIsNotWaitedFor: what refused its file does not take it by itself.
func TestADirectorThatRefusedIsNotWaitedFor(t *testing.T) {
	y := must(newYard(t.TempDir(), 1))
	y.clock, y.said = kill.NewClock(t0), map[string][]string{}
	d := newDepot(y)
	hand := d.hand()
	past := plan.Past{Step: 1, Intended: t0}
	sight := must(hand.Look(t.Context(), plan.Order{Push: &d.on[0]}, past))
	for _, f := range sight.Found {
		f.Step = 1
		past.Found = append(past.Found, f)
	}
	d.hosts[0].Refuses = true
	if err := hand.Do(t.Context(), plan.Order{Push: &d.on[0]}, past); !errors.Is(err, model.ErrNotDone) {
		t.Fatal(err)
	}
	s := must(hand.Look(t.Context(), plan.Order{Effective: &d.on[0]}, past))
	if s.Verdict != model.Fails || !s.Refused || !strings.Contains(s.Says, "pushing to dir-green") {
		t.Errorf("%+v", s)
	}
}

// TestNobodyWaitsForWhatNobodyPushes: before any step changed something, a Director that has another file than the routes come to is
// refused at once.
func TestNobodyWaitsForWhatNobodyPushes(t *testing.T) {
	y := must(newYard(t.TempDir(), 1))
	y.clock, y.said = kill.NewClock(t0), map[string][]string{}
	d := newDepot(y)
	effective := plan.Order{Effective: &d.on[0]}
	s := must(d.hand().Look(t.Context(), effective, plan.Past{Step: 1, Intended: t0}))
	if s.Verdict != model.Fails || !s.Refused || !strings.Contains(s.Says, "it does not have "+depotJob) ||
		!strings.Contains(s.Says, "switchyard routes push green") {
		t.Errorf("%+v", s)
	}
	pushes := plan.Past{Step: 2, Intended: t0, Found: []record.Found{{Step: 1, Routes: &record.FoundRoutes{Seq: 7}}}}
	if s := must(d.hand().Look(t.Context(), effective, pushes)); s.Verdict != model.Fails || s.Refused {
		t.Errorf("after the routes were changed it is not waited for: %+v", s)
	}
	// What was pushed before the other cluster lost cells gave way to it: the same jobs, at other times.
	later := depotCells()
	for i := range later {
		later[i].Schedule = must(model.ParseSchedule(fmt.Sprintf("daily at 0%d:40", i)))
	}
	h := d.hosts[0]
	before := depotWants(later, later[1:]).Text
	h.Text[h.Place], h.Loads = before, before
	if s := must(d.hand().Look(t.Context(), effective, plan.Past{Step: 1, Intended: t0})); s.Verdict != model.Holds ||
		!strings.Contains(s.Says, "has and starts 2 jobs of record 1, by what was pushed to it before") {
		t.Errorf("pushed before: %+v", s)
	}
	h.Off = []string{depotJob}
	if s := must(d.hand().Look(t.Context(), effective, plan.Past{Step: 1})); !s.Refused ||
		!strings.Contains(s.Says, depotJob+" is switched off") {
		t.Errorf("one is switched off: %+v", s)
	}
	h.Off, h.Text[h.Place] = nil, "# tried by hand\n"+before
	if s := must(d.hand().Look(t.Context(), effective, plan.Past{Step: 1})); !s.Refused || !strings.Contains(s.Says, "somebody changed it") {
		t.Errorf("edited: %+v", s)
	}
	h.Text[h.Place], h.Loads = before, d.was
	if s := must(d.hand().Look(t.Context(), effective, plan.Past{Step: 1})); !s.Refused || !strings.Contains(s.Says, "is not loaded") {
		t.Errorf("not loaded: %+v", s)
	}
}

// TestAnotherControlPlaneIsWaitedFor, which pushes late, and to the passive Director first: each is effective when it is, and until then
// says for how long it was waited for, and what for.
func TestAnotherControlPlaneIsWaitedFor(t *testing.T) {
	y := must(newYard(t.TempDir(), 1))
	y.clock, y.said = kill.NewClock(t0), map[string][]string{}
	d := newDepot(y)
	d.owned = true
	hand := d.hand()
	looks := func(n int) run.Sight {
		t.Helper()
		return must(hand.Look(t.Context(), plan.Order{Effective: &d.on[n]}, plan.Past{Step: 1, Intended: t0}))
	}
	_ = d.clock.Sleep(t.Context(), 42*time.Minute)
	const waits = "its own control plane is waited for, for 42m: it does not have backup-chain003-region1-regular"
	for n := range d.on {
		if s := looks(n); s.Verdict != model.Fails || s.Refused || !strings.HasPrefix(s.Says, waits) {
			t.Errorf("%s: %+v", d.on[n].Director, s)
		}
	}
	d.hosts[1].Loads = d.want.Text
	if first, second := looks(0), looks(1); first.Verdict != model.Fails || second.Verdict != model.Holds {
		t.Errorf("the passive one has it first: %+v, %+v", first, second)
	}
	if err := hand.Do(t.Context(), plan.Order{Push: &d.on[0]}, plan.Past{Step: 1}); !errors.Is(err, model.ErrNotDone) ||
		d.hosts[0].Loads != d.was {
		t.Errorf("it is pushed to all the same: %v", err)
	}
	d.hosts[0].Loads = d.want.Text
	d.hosts[0].Off = []string{depotJob}
	if s := looks(0); s.Verdict != model.Fails || !strings.Contains(s.Says, depotJob+" is switched off") {
		t.Errorf("it switched a job off: %+v", s)
	}
	d.hosts[0].Off = nil
	if s := looks(0); s.Verdict != model.Holds {
		t.Errorf("in the end: %+v", s)
	}
}
