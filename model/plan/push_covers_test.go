package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/routes"
)

// TestAPushTakesNoCellsLastBackup: what a Director starts beside the routes is taken from it by a push, whatever that is for. Where the
// other cluster is to start it and does not, nobody would be left to.
func TestAPushTakesNoCellsLastBackup(t *testing.T) {
	starts, lacks := board.Starts{Is: model.Holds}, board.Starts{Is: model.Fails, Why: board.IdleNoJob}
	var silent board.Starts
	untold := board.Starts{Why: board.IdleUntold}
	inv := wideInventory(2)
	stray := inv.Cells[0].Cell
	made := func(green bool, on [2]board.Starts) World {
		w := wideWorld(inv, routesFor(inv, func(c model.Cell) bool { return c != stray }, func(c model.Cell) bool { return green && c == stray }))
		for _, c := range model.Clusters {
			w.Snapshot.Cells[0].On[c].At = [2]board.Starts{on[c], on[c]}
		}
		return w
	}
	all, second := Ask{Push: &Push{Cluster: model.Blue}}, Ask{Push: &Push{Cluster: model.Blue, Director: "dir-blue-2"}}
	for name, c := range map[string]struct {
		ask   Ask
		green bool // the routes give it to green
		on    [2]board.Starts
		is    model.Verdict
		bar   model.Bar
		says  string
	}{
		"green starts it": {all, true, [2]board.Starts{starts, starts}, model.Holds, model.Override, "green starts them: 1 cell"},
		"blue does not":   {all, true, [2]board.Starts{lacks, lacks}, model.Holds, model.Override, "it starts nothing beside them"},
		"green lacks it": {all, true, [2]board.Starts{starts, lacks}, model.Fails, model.Block,
			"green is to start them, and does not: " + stray.String()},
		"the passive one is next": {second, true, [2]board.Starts{starts, lacks}, model.Fails, model.Block, "and does not"},
		"green is silent": {all, true, [2]board.Starts{starts, silent}, model.Unknown, model.Override,
			"whether green starts them is not known"},
		"blue does not tell": {all, true, [2]board.Starts{untold, lacks}, model.Unknown, model.Override,
			"blue has their jobs and does not tell what is switched off, and green does not start them: " + stray.String()},
		"blue does not tell, and green starts it": {all, true, [2]board.Starts{untold, starts}, model.Holds, model.Override,
			"it starts nothing beside them"},
		"nobody is given it": {all, false, [2]board.Starts{starts, lacks}, model.Fails, model.Override, "the routes give them to nobody"},
		"a wave of others takes it, too": {shiftOf(routes.Both, inv.Cells[1].Cell), false, [2]board.Starts{lacks, starts}, model.Fails,
			model.Override, "the routes give them to nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			w := made(c.green, c.on)
			p := must(c.ask.Plan(w, "p1"))
			g := p.Guard(guardCovers)
			if g == nil || g.Verdict != c.is || g.Bar != c.bar || !strings.Contains(g.Value, c.says) || (g.Verdict != model.Holds) != (g.Do != "") {
				t.Errorf("%+v", g)
			}
			if _, why := p.Holds(w); why != "" {
				t.Errorf("stale at once: %s", why)
			}
			green := model.DirectorOf(model.Green, "")
			if hears, needs := p.Hears(), p.Needs(); !slices.Contains(hears.Must, green) || !slices.Contains(needs.Must, green) {
				t.Errorf("it is judged before green was asked: %+v, %+v", hears, needs)
			}
		})
	}
	// A settling of others: blue's file loses the stray cell with them.
	w := wideWorld(inv, routesFor(inv, func(c model.Cell) bool { return c != stray }, always))
	w.Snapshot.Cells[0].On[model.Blue].At[0], w.Snapshot.Cells[0].On[model.Green].At[0] = starts, lacks
	if g := must(shiftOf(routes.Green, inv.Cells[1].Cell).Plan(w, "p1")).Guard(guardCovers); g == nil || !Blocks(*g) {
		t.Errorf("settling others: %+v", g)
	}
	// The way back of others takes it, too, and waits for nothing of green.
	for says, on := range map[string][2]board.Starts{"it starts nothing beside them": {lacks, silent},
		"whether green starts them":            {starts, silent},
		"green is to start them, and does not": {starts, lacks}} {
		w = wideWorld(inv, routesFor(inv, never, always))
		w.Snapshot.Cells[0].On[model.Blue].At[0], w.Snapshot.Cells[0].On[model.Green].At[0] = on[0], on[1]
		p := must(shiftOf(routes.Both, inv.Cells[1].Cell).Plan(w, "p1"))
		if g := p.Guard(guardBack); g == nil || !strings.HasPrefix(g.Value, says) || Blocks(*g) || NeedsReason(*g) != (on[0] == starts) {
			t.Errorf("the way back: %+v", g)
		}
	}
}

// TestWhatAWaveGainsIsNotTaken: somebody has switched it on there already.
func TestWhatAWaveGainsIsNotTaken(t *testing.T) {
	inv := wideInventory(2)
	for _, c := range model.Clusters {
		has := [2]func(model.Cell) bool{always, never}
		w := wideWorld(inv, routesFor(inv, has[1-c], has[c]))
		on := 1 - c // which gains it
		w.Snapshot.Cells[0].On[on].At[0], w.Snapshot.Cells[0].On[c].At[0] = board.Starts{Is: model.Holds}, board.Starts{Is: model.Fails}
		p := must(shiftOf(routes.Both, inv.Cells[0].Cell).Plan(w, "p1"))
		for _, id := range []string{guardCovers, guardBack} {
			if g := p.Guard(id); g != nil && g.Verdict != model.Holds {
				t.Errorf("%s gains it: %+v", on, g)
			}
		}
	}
}

// TestRoutesThatAreGivenTakeNothingUnsaid: those of a break-glass journal may be older than what green has loaded.
func TestRoutesThatAreGivenTakeNothingUnsaid(t *testing.T) {
	for _, ask := range []Ask{toSwitchover, toEmergency} {
		w := pairWorld(false)
		if g := must(ask.Plan(w, "p1")).Guard(guardCovers); g != nil {
			t.Errorf("by the journal itself: %+v", g)
		}
		glassOf(0, 1)(w)
		if g := must(ask.Plan(w, "p1")).Guard(guardCovers); g == nil || g.Verdict != model.Holds {
			t.Errorf("%+v", g)
		}
		inv := wideInventory(2)
		stray := inv.Cells[0].Cell
		wide := wideWorld(inv, allOfBoth())
		w.Names, w.Snapshot.Cells = wide.Names, wide.Snapshot.Cells
		is := func(c model.Cell) bool { return c == stray }
		w.State.Routes = must(json.Marshal(routesFor(inv, is, func(c model.Cell) bool { return !is(c) })))
		for i := range w.Snapshot.Cells {
			w.Snapshot.Cells[i].On[model.Green].At[0] = board.Starts{Is: model.Holds}
			w.Snapshot.Cells[i].On[model.Blue].At[0] = board.Starts{Is: model.Fails, Why: board.IdleNoJob}
		}
		g := must(ask.Plan(w, "p1")).Guard(guardCovers)
		if g == nil || g.Verdict != model.Fails || !NeedsReason(*g) || !strings.Contains(g.Value, stray.String()) ||
			!strings.Contains(g.Do, "--routes FILE") {
			t.Errorf("%+v", g)
		}
	}
}
