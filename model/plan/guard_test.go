package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

func TestEveryGuardIsInTheTable(t *testing.T) {
	w := calm()
	for _, ask := range []Ask{askBackup, askCancel} {
		p := must(ask.Plan(w, "p1"))
		for _, g := range p.Guards {
			if again := p.Judge(w, g.ID, Past{}); again != g {
				t.Errorf("%s is judged otherwise by itself: %+v, %+v", g.ID, again, g)
			}
		}
	}
	for id := range guards { // of another kind of plan, or of none that is known
		for _, p := range []*Plan{{}, must(askBackup.Plan(w, "p1")), must(askCancel.Plan(w, "p1"))} {
			if g := p.Judge(w, id, Past{}); g.ID != id {
				t.Errorf("%s is judged as %s", id, g.ID)
			}
			w := w
			w.State, w.Snapshot = nil, calm().Snapshot
			w.Snapshot.Seen, w.Snapshot.Cells = nil, nil
			if g := p.Judge(w, id, Past{}); g.Verdict == model.Holds && id != guardFreeze && id != "promise-kept" {
				t.Errorf("%s holds although nothing is known: %+v", id, g)
			}
		}
	}
	p := must(askBackup.Plan(w, "p1"))
	p.Steps[0].Guards = append(p.Steps[0].Guards, "invented")
	if _, g, why := p.InTheWay(
		&p.Steps[0],
		w,
		&record.Action{},
	); g == nil || g.ID != "invented" || !Blocks(*g) ||
		!strings.Contains(why, "knows no such guard") {
		t.Errorf("a guard that nobody knows lets it through: %+v, %s", g, why)
	}
}

// TestRoutesThatAPlanWrites is a plan that appends a routes record, and goes on only with that one.
func TestRoutesThatAPlanWrites(t *testing.T) {
	w := calm()
	step := func(name string, guards ...string) Step {
		return Step{Name: name, Guards: guards, Order: Order{ByHand: &ByHand{Text: name, Touches: record.TouchesOf("routes")}}}
	}
	route := step("write the routes", GuardRoutes)
	route.Changes = []Change{{Guard: GuardRoutes}}
	undo := step("write them back")
	route.Back = &undo
	p := must(w.Finish(&Plan{ID: "p1", Ask: askCancel, Verb: "toy", Steps: []Step{route, step("push", GuardRoutes)}}, GuardRoutes))
	stops := func(seq int64, a *record.Action) string {
		w.State = &record.State{RoutesSeq: seq}
		_, _, why := p.InTheWay(&p.Steps[a.Step()-1], w, a)
		return why
	}
	steps := []string{"a", "b"}
	done := &record.Action{Steps: steps, Done: 1, Found: []record.Found{{Step: 1, Routes: &record.FoundRoutes{Seq: 9}}}}
	for says, why := range map[string]string{
		"":                     stops(1, &record.Action{Steps: steps}) + stops(9, done),
		"is now \"record 2\"":  stops(2, &record.Action{Steps: steps}),
		"is now \"record 10\"": stops(10, done),
		"is now \"record 1\"":  stops(1, done),
		"did not find to what": stops(9, &record.Action{Steps: steps, Done: 1}),
		"did not find to what ": stops(9, &record.Action{Steps: steps, Done: 1, Found: []record.Found{{Step: 2,
			Routes: &record.FoundRoutes{Seq: 9}}}}),
	} {
		if !strings.Contains(why, strings.TrimSpace(says)) || says == "" && why != "" {
			t.Errorf("%q: %s", says, why)
		}
	}
	if got := p.WaysBack(done); !slices.Equal(got, []int{1}) {
		t.Errorf("the ways back are %v", got)
	}
}

// TestAWayBackIsAPlainStep refuses what could not be carried out.
func TestAWayBackIsAPlainStep(t *testing.T) {
	w := calm()
	for says, change := range map[string]func(s *Step){
		"":                  func(*Step) {},
		"orders nothing":    func(s *Step) { s.Back.Order = Order{} },
		"only looks":        func(s *Step) { s.Back.Order = Order{Wait: &Wait{For: time.Hour}} },
		"way back itself":   func(s *Step) { s.Back.Back = s.Back },
		"bound to":          func(s *Step) { s.Back.Changes = []Change{{Guard: "x"}} },
		"it touches is not": func(s *Step) { s.Back.Order.ByHand.Touches = record.Touches{} },
	} {
		back := Step{Name: "back", Order: Order{ByHand: &ByHand{Text: "back", Touches: record.TouchesOf("rds/db")}}}
		s := Step{Name: "there", Order: Order{ByHand: &ByHand{Text: "there", Touches: record.TouchesOf("routes")}}, Back: &back}
		change(&s)
		p, err := w.Finish(&Plan{ID: "p1", Ask: askCancel, Verb: "toy", Steps: []Step{s}})
		if (err == nil) != (says == "") || err != nil && !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
		if err == nil && (p.Touches.String() != "rds/db, routes" || !slices.Equal(p.Steps[0].Back.Guards, []string{GuardFree})) {
			t.Errorf("it touches %s, its way back is guarded by %v", p.Touches, p.Steps[0].Back.Guards)
		}
	}
}

// TestWhereTheGlassIsBroken is a journal that knows nothing, or little, of the shared one: who acts on it says why, except for what was
// begun on that one.
func TestWhereTheGlassIsBroken(t *testing.T) {
	w := calm()
	w.State.Glass = &record.Glass{Why: "x"}
	p := must(askBackup.Plan(w, "p1"))
	g := p.Guard(GuardFree)
	if g.Verdict != model.Unknown || !NeedsReason(*g) || !strings.Contains(g.Value, "nothing of the shared one is known") {
		t.Errorf("%+v", g)
	}
	if _, err := p.Approve(yes(p), t0); err == nil {
		t.Error("approved without a reason")
	}
	w.State.Glass.Seq = 41
	if g := must(askBackup.Plan(w, "p1")).Guard(GuardFree); !strings.Contains(g.Value, "after record 41 of the shared one") {
		t.Errorf("%+v", g)
	}
	own := &record.Action{ID: "p1", Seq: 7, State: record.ActionRunning, Carried: true, Intent: 1, Steps: []string{"a"}, Touches: p.Touches}
	w.State.Actions = []*record.Action{own}
	if g := p.Judge(w, GuardFree, Past{}); g.Verdict != model.Holds {
		t.Errorf("what was carried over does not go on: %+v", g)
	}
	if g := must(askBackup.Plan(w, "p2")).Guard(GuardFree); g.Verdict != model.Fails || !Blocks(*g) {
		t.Errorf("what is known to be unfinished blocks nobody: %+v", g)
	}
}
