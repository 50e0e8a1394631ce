package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// shifts makes plans of shifts that have the steps of real ones. To green nothing goes that has no proof: that is all but the first five
// chains.
func shifts(w plan.World, ask plan.Ask, id string) (*plan.Plan, error) {
	s := ask.Shift
	if s == nil {
		w.Makes = nil
		return ask.Plan(w, id)
	}
	gains, settles := model.Green, s.To.String() == "green"
	var unproven, untrusted []model.Cell
	for _, c := range s.Cells {
		switch v := w.Snapshot.Cell(c); {
		case settles && c.Chain == "chain006":
			untrusted = append(untrusted, c)
		case settles && c.Chain > "chain005":
			unproven = append(unproven, c)
		case routeOf(v).String() == "green":
			gains = model.Blue
		}
	}
	if len(unproven)+len(untrusted) > 0 {
		return nil, fmt.Errorf("planning a shift: %w", &routes.Refusal{Causes: []routes.Cause{
			{Says: "no passed restore test of region2 regular in 7 d", Do: "T runs one", Cells: unproven},
			{Says: "its file daemon does not trust green's Director", Do: "add green's Director to it", Cells: untrusted},
		}})
	}
	to := s.To.String()
	p := &plan.Plan{ID: id, Ask: ask, Verb: "shift", Says: fmt.Sprintf("shift %s to %s", plural(len(s.Cells), "cell"), to),
		Confirm: fmt.Sprintf("shift %d to %s", len(s.Cells), to), Undo: []string{"the same cells one notch back"}}
	on := &plan.OnDirector{Cluster: gains, Director: "dir-" + gains.String()}
	p.Steps = []plan.Step{
		{Name: "make these the routes", Order: plan.Order{Publish: &plan.Publish{Follows: w.State.RoutesSeq, Cluster: gains, Adds: true}},
			Done: "the newest routes record is this document", Limit: time.Minute},
		{Name: "push the routes to " + on.Director, Order: plan.Order{Push: on}, Done: "it has loaded what the routes come to",
			Limit: time.Minute},
		{Name: "see the routes effective on " + on.Director, Order: plan.Order{Effective: on},
			Done: "it schedules what the routes come to", Limit: time.Minute},
	}
	return w.Finish(p)
}

func shifting(t *testing.T, w, h int, s world) *driver {
	t.Helper()
	d := levered(t, model.DefaultPolicy(), w, h, s.Snapshot)
	d.app.lever.Makes = shifts
	return d
}

func TestAShiftByKeys(t *testing.T) {
	for _, size := range sizes {
		d := shifting(t, size[0], size[1], routed(20))
		d.press("3", "z", ":", "'mark 12 blue'", "enter")
		d.see("12 marked", "s: 12 cells blue → both")
		golden(t, fmt.Sprintf("routes-marked-%dx%d", size[0], size[1]), d.screen())
		chosen := d.app.chosenCells()
		d.press("s")
		d.see("shift 12 cells to both", "What happens", "push the routes to dir-green")
		golden(t, fmt.Sprintf("plan-shift-%dx%d", size[0], size[1]), d.screen())
		d.afterGrace()
		for range 6 { // all of it was read
			d.press("pgdown")
		}
		d.press("'shift 12 to both'", "enter")
		d.see("handed over: shift 12 cells to both")
		d.obey()
		if len(d.deeds) != 1 || d.deeds[0].Plan.Ask.Shift.To.String() != "both" || !slices.Equal(d.deeds[0].Plan.Ask.Shift.Cells, chosen) {
			t.Fatalf("%+v", d.deeds)
		}
	}
}

// TestTheSelectedCellIsShifted: without marks it is the row, or the page, that a key is about.
func TestTheSelectedCellIsShifted(t *testing.T) {
	d := shifting(t, 120, 40, routed(20))
	d.press("3", "z", "/", "'chain004 region1 reg'", "enter")
	d.see("s: 1 cell blue → both")
	d.press("s")
	d.see("shift 1 cell to both")
	d.press("esc", "enter", "s")
	d.see("shift 1 cell to both")
	d.press("esc", "esc", "5", "s")
	d.see("mark cells, or select one, to shift them")
	d.press("3", "/", "backspace", "'x'", "enter", ":", "'shift both'", "enter")
	d.gone("What happens")
}

func TestMixedNotchesAskWhich(t *testing.T) {
	d := shifting(t, 120, 40, routed(20))
	d.press("3", "z", ":", "'mark chain:chain002'", "enter")
	d.see("4 marked", "s asks: 2 cells blue → both, 1 cell both → green or blu")
	d.press("s")
	d.see(":shift ", "shift both from blue", "shift green from both", "shift blue from both", "shift both from green")
	d.press("'both from blue'", "enter")
	d.see("shift 2 cells to both")
	d.press("esc", ":", "'shift both'", "enter")
	d.see("some of these cells go to both from blue and some from green: say which, :shift both from blue")
	d.press("esc", ":", "'shift green from both'", "enter")
	d.see("shift 1 cell to green")
	for _, wrong := range []string{"shift sideways", "shift both from", "shift both from teal", "shift both blue"} {
		d.press("esc", ":", "'"+wrong+"'", "enter")
		d.see(":shift wants both, green or blue")
	}
	d.press(":", "'shift'", "enter")
	d.see(":shift wants ROUTE")
}

func TestEverythingToBoth(t *testing.T) {
	d := shifting(t, 120, 40, routed(20))
	d.press(":", "'everything to both'", "enter")
	d.see("shift 20 cells to both", "push the routes to dir-blue")
	d.press("esc", ":", "'everything to blue'", "enter")
	d.see(":everything wants: to both")
	w := routed(20)
	for i := range w.Cells {
		w.Cells[i].Desired = routeWords["blue"]
	}
	d = shifting(t, 120, 40, w)
	d.press(":", "'everything to both'", "enter")
	d.see("shift 80 cells to both", "push the routes to dir-green")
	w = routed(20)
	for i := range w.Cells {
		w.Cells[i].Desired = model.Route{model.Holds, model.Holds}
	}
	d = shifting(t, 120, 40, w)
	d.press(":", "'everything to both'", "enter")
	d.see("no cell is to be shifted to both")
}

// TestRefusedCellsAreLeftOut settles what is proven, after what is not was named by its cause.
func TestRefusedCellsAreLeftOut(t *testing.T) {
	for _, size := range sizes {
		d := shifting(t, size[0], size[1], routed(20))
		d.press("3", "z", ":", "'mark both'", "enter", "s", "'green from both'", "enter")
		d.see(
			"REFUSED  shift of 20 cells to green",
			"✗ 14 cells: no passed restore test",
			"→ T runs one",
			"✗ 1 cell: its file daemon",
			"and 8 more",
		)
		golden(t, fmt.Sprintf("refused-%dx%d", size[0], size[1]), d.screen())
		d.press("-")
		d.see("shift 5 cells to green")
		d.press("esc")
		d.see("5 marked")
		d.press("-")
		d.see("no cells were refused")
		d.press(":", "'mark none'", "enter", ":", "'mark chain:chain006 both'", "enter", ":", "'shift green'", "enter", "-")
		d.see("every cell of it is refused")
	}
}

// TestCellsThatAGuardHoldsUpAreSetApart: a plan that nobody could approve is no use to anybody, the others' is.
func TestCellsThatAGuardHoldsUpAreSetApart(t *testing.T) {
	w := routed(20).acting(41, record.ActionRunning, func(a *record.Action) { a.Touches = record.TouchesOf("routes") })
	d := shifting(t, 120, 40, w)
	held := []model.Cell{cellNo(4)}
	d.app.lever.Refused = func(_ plan.World, s *plan.Shift) ([]routes.Cause, error) {
		if slices.Contains(s.Cells, held[0]) {
			return []routes.Cause{{Says: "its file daemon does not answer", Do: "start it", Cells: held}}, nil
		}
		return nil, nil
	}
	d.press("3", "z", ":", "'mark chain:chain002 blue'", "enter", "s")
	d.see("REFUSED  shift of 2 cells to both", "✗ 1 cell: its file daemon does not answer", "→ start it", "plans the shift of 1 other cell")
	d.press("-")
	d.see("shift 1 cell to both", "BLOCKED", "1 marked")
}

// TestCellsThatAReasonIsAskedForAreLeftOut by the key, in the dialog that asks for it; in a reason it is a letter like another.
func TestCellsThatAReasonIsAskedForAreLeftOut(t *testing.T) {
	held := []model.Cell{cellNo(4)}
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		d := shifting(t, size[0], size[1], routed(20))
		d.app.lever.Held = func(_ plan.World, s *plan.Shift, ids []string) ([]routes.Cause, error) {
			if !slices.Equal(ids, []string{"clients-answer"}) {
				t.Errorf("asked for %v", ids)
			}
			return []routes.Cause{{Says: "not asked", Cells: held}}, nil
		}
		d.press("3", "z", ":", "'mark chain:chain002 blue'", "enter")
		p, err := plan.Ask{Shift: &plan.Shift{Cells: d.app.chosenCells(), To: routeWords["both"]}}.Plan(d.app.world(d.app.snap), "4a041")
		if err != nil {
			t.Fatal(err)
		}
		p.Guards = append(
			p.Guards,
			model.Check{ID: "clients-answer", Bar: model.Override, Says: "their file daemons answer", Value: "1 not asked"},
		)
		asks := d.app.planDialog(p, nil)
		asks.holds = nil
		d.app.ask(asks)
		d.see("shift 2 cells to both", "Why (- leaves them out) override: their file")
		d.afterGrace()
		d.press("'a-b'")
		if got := d.app.dialog.line().text(); got != "a-b" {
			t.Errorf("the reason is %q", got)
		}
		d.press("backspace", "backspace", "backspace", "-")
		d.see("shift 1 cell to both")
		d.press("esc")
		d.see("1 marked")
	}
}

func TestAShiftThatCannotBePlannedSaysWhy(t *testing.T) {
	d := levered(t, model.DefaultPolicy(), 120, 40, routed(20).Snapshot)
	d.app.lever.Makes = func(plan.World, plan.Ask, string) (*plan.Plan, error) { return nil, errors.New("no maker of shifts") }
	d.press("3", "s")
	d.see("no maker of shifts")
}

// shifted is a noon after an action that shifted the blue cells of two chains to both.
func shifted(t *testing.T, change func(*record.Action)) (*driver, *plan.Plan) {
	t.Helper()
	w := routed(20)
	d := shifting(t, 120, 40, w)
	p, err := plan.Ask{
		Shift: &plan.Shift{Cells: []model.Cell{cellNo(0), cellNo(4)}, To: routeWords["both"]},
	}.Plan(
		d.app.world(d.app.snap),
		"4a041",
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Ask.Shift.Cells {
		w.Snapshot.Cell(c).Desired = routeWords["both"]
	}
	d.plan = p
	d.take(w.next().acting(41, record.ActionDone, func(a *record.Action) {
		a.Verb, a.Says, a.Done = "shift", p.Says, 3
		if change != nil {
			change(a)
		}
	}).Snapshot)
	d.press(":", "'action 41'", "enter", "u")
	return d, p
}

func TestTheWayBackOfAShift(t *testing.T) {
	d, _ := shifted(t, nil)
	d.see("reading the plan of action 41")
	d.obey()
	d.see("shift 2 cells to blue")
	if ask := d.app.dialog; ask == nil || !strings.HasPrefix(ask.phrase, "shift 2 to blue") {
		t.Fatal("no plan is open")
	}
	d.press("esc", "esc", "u")
	d.see("open an action to go back from it")

	d, p := shifted(t, nil)
	d.app.snap.Cell(p.Ask.Shift.Cells[0]).Desired = routeWords["green"]
	d.obey()
	d.see("shift 1 cell to blue")

	d, p = shifted(t, nil)
	for _, c := range p.Ask.Shift.Cells {
		d.app.snap.Cell(c).Desired = routeWords["blue"]
	}
	d.obey()
	d.see("its cells have been shifted on since")

	for says, change := range map[string]func(*record.Action){
		"made a backup: it stays until its retention is over": func(a *record.Action) { a.Verb = "backup" },
		"canceled a job":          func(a *record.Action) { a.Verb = "cancel" },
		"no plan leads back":      func(a *record.Action) { a.Verb = "promote" },
		"it has changed nothing":  func(a *record.Action) { a.State, a.Done = record.ActionWaits, 0 },
		":resume 41 ends it":      func(a *record.Action) { a.State, a.Done = record.ActionFailed, 1 },
		"running (step 2 of 3): ": func(a *record.Action) { a.State, a.Done = record.ActionRunning, 1 },
	} {
		d, _ = shifted(t, change)
		d.see(says)
		if d.app.dialog != nil {
			t.Errorf("%s, and a plan is open", says)
		}
	}
}

func TestWhereAShiftCameFrom(t *testing.T) {
	step := func(of ...model.Cluster) (p *plan.Plan) {
		p = &plan.Plan{Ask: plan.Ask{Shift: &plan.Shift{To: routeWords["both"]}}}
		for _, c := range of {
			p.Steps = append(p.Steps, plan.Step{Order: plan.Order{Effective: &plan.OnDirector{Cluster: c}}})
		}
		return p
	}
	for want, p := range map[string]*plan.Plan{"blue": step(model.Green), "green": step(model.Blue, model.Blue),
		"both": {Ask: plan.Ask{Shift: &plan.Shift{To: routeWords["green"]}}}} {
		if got, err := shiftedFrom(p); got != want || err != nil {
			t.Errorf("%q, %v: want %s", got, err, want)
		}
	}
	for _, p := range []*plan.Plan{step(), step(model.Blue, model.Green), {}, nil} {
		if got, err := shiftedFrom(p); err == nil {
			t.Errorf("%+v came from %s", p, got)
		}
	}
}

// TestDriftIsMendedByAKey opens the plan that pushes again: of the alert or the cell that the key is about, or of the only cluster that
// drifts.
func TestDriftIsMendedByAKey(t *testing.T) {
	w := routed(20)
	green := model.Green
	w.Seen = append(w.Seen, board.Sighting{Source: model.DirectorOf(model.Green, "dir-green2"), At: before(time.Second), Every: time.Second})
	w.Alerts = []board.Alert{
		{ID: "drift:green:1:1:2", Severity: model.Warn, Says: "dir-green2 (passive) does not start 1 cell", Cluster: &green},
	}
	d := shifting(t, 120, 40, w)
	d.press("6", "M")
	d.see("push the routes to green where it differs", "push the routes to green's Director dir-green2", "Type  push green  to approve")
	d.press("esc", "3", "z", "/", "'chain002 region1 imm'", "enter")
	d.see("1 adrift (M mends)")
	d.press("M")
	d.see("push the routes to blue where it differs", "dir-blue lacks 1 and has 1 too many")
	d.afterGrace()
	for range 6 {
		d.press("pgdown")
	}
	d.press("'push blue'", "enter")
	d.obey()
	if len(d.deeds) != 1 || d.deeds[0].Plan.Ask.Push == nil || d.deeds[0].Plan.Ask.Push.Cluster != model.Blue {
		t.Fatalf("%+v", d.deeds)
	}
	d.press("5", "M")
	d.see(":push ", "push blue", "push green")
	d.press("'teal'", "enter")
	d.see(":push wants blue or green")
	calm := shifting(t, 120, 40, able(20))
	calm.press("M")
	calm.see("no Director is known to differ from the routes")
	calm.press(":", "'push blue'", "enter")
	calm.see("nothing that a push would change is adrift")
}

// TestAPushSaysWhatItWaitsFor on its action's page, which may be looked at for minutes.
func TestAPushSaysWhatItWaitsFor(t *testing.T) {
	w := routed(20)
	cells := []model.Cell{w.Cells[0].Cell}
	ask := plan.Ask{Shift: &plan.Shift{Cells: cells, To: routes.Both}}
	p, err := shifts(plan.World{Now: noon, Snapshot: w.Snapshot, State: w.State, Policy: model.DefaultPolicy()}, ask, "4a041")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	words, err := record.Words(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range sizes {
		at := func(done int, state record.ActionState) *driver {
			d := shifting(t, size[0], size[1], w.acting(41, state, func(a *record.Action) {
				a.Verb, a.Steps, a.Sends, a.Waits, a.Done = words.Verb, words.Steps, words.Sends, words.Waits, done
			}))
			d.press(":", "'action 41'", "enter")
			return d
		}
		at(1, record.ActionRunning).see("waits until a moment comes at which no job starts")
		at(2, record.ActionRunning).see("waits until dir-green has and schedules")
		if d := at(3, record.ActionDone); strings.Contains(d.screen(), "waits until") {
			t.Errorf("what is done waits:\n%s", d.screen())
		}
	}
}
