package ui

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
)

// routed is a noon on which the routes are known, and three cells are elsewhere than they say.
func routed(chains int) world {
	w := able(chains)
	for i := range w.Cells {
		v := &w.Cells[i]
		v.Desired = v.Route()
		for _, k := range model.Clusters {
			v.On[k].At = [2]board.Starts{{Is: v.On[k].Has, Why: board.IdleNoJob}, {Is: v.On[k].Has, Why: board.IdleNoJob}}
		}
	}
	for _, k := range model.Clusters {
		second := w.Clusters[k].Directors[0]
		second.Name, second.Active = second.Name+"2", false
		w.Clusters[k].Directors = append(w.Clusters[k].Directors[:1:1], second)
	}
	adrift := func(i int, k model.Cluster, place int, is model.Verdict, why board.Idle) {
		w.Snapshot.Cell(cellNo(i)).On[k].At[place] = board.Starts{Is: is, Why: why}
	}
	adrift(2, model.Green, 1, model.Fails, board.IdleNoJob)
	adrift(5, model.Blue, 0, model.Fails, board.IdleOff)
	adrift(7, model.Blue, 0, model.Holds, board.IdleNoJob)
	return w
}

func TestRoutesScenes(t *testing.T) {
	for _, size := range sizes {
		for name, keys := range map[string][]string{
			"routes":         {"3", "z"},
			"routes-grouped": {"3", "z", "=", ":", "'mark tier:3 both'", "enter", ":", "'mark 2'", "enter"},
			"routes-chains":  {"3", "=", "=", "=", "=", "/", "'drift'", "enter"},
		} {
			d := levered(t, model.DefaultPolicy(), size[0], size[1], routed(20).Snapshot)
			d.press(keys...)
			golden(t, fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), d.screen())
		}
	}
}

func TestMarkByWords(t *testing.T) {
	d := levered(t, model.DefaultPolicy(), 120, 40, routed(20).Snapshot)
	marked := func() int { return len(d.app.cells.marked) }
	command := func(text string) { d.press(":", "'"+text+"'", "enter") }
	for text, want := range map[string]int{
		"mark": 80, "mark 12": 12, "mark tier:3": 26, "mark blue": 40, "mark both kind:reg": 20, "mark region:region2 green": 20,
		"mark chain:chain003": 4, "mark drift": 3, "mark 3 blue": 3, "mark gap": 0, "mark tier:9": 0,
	} {
		command("mark none")
		command(text)
		if marked() != want {
			t.Errorf("%s marks %d, want %d", text, marked(), want)
		}
	}
	command("mark none")
	for _, wrong := range []string{"mark tier:x", "mark -1", "mark 0", "mark colour:blue", "mark kind:", "mark none 3"} {
		command(wrong)
		d.see(":mark ")
		if marked() != 0 {
			t.Fatalf("%s marks %d", wrong, marked())
		}
	}
	command("filter chain00[12]")
	command("mark 100")
	d.see("only 8 of the cells that are shown are that", "8 marked")
	command("filter chain001")
	d.see("8 marked, 4 hidden")
	command("unmark")
	d.gone("marked")
}

// TestGroupsHoldTheirRows groups whatever is shown, and looks at every group, at the selection, and at what is on the screen.
func TestGroupsHoldTheirRows(t *testing.T) {
	w := routed(12)
	rapid.Check(t, func(t *rapid.T) {
		c := newCellsPane()
		all := w.Cells
		sc := &scene{snap: w.Snapshot, sum: summarize(all)}
		c.setFilter(newFilter(rapid.SampledFrom([]string{"", "imm", "chain00", "drift", "nothing"}).Draw(t, "filter")))
		c.sort(rapid.IntRange(0, len(c.names)-1).Draw(t, "order"), rapid.Bool().Draw(t, "back"))
		c.refresh(sc)
		flat := map[model.Cell]bool{}
		for _, k := range c.keys {
			flat[k] = true
		}
		c.pick(rapid.IntRange(0, 60).Draw(t, "row"))
		chosen, any := c.current()
		for range rapid.IntRange(1, len(groupings)-1).Draw(t, "by") {
			c.groupNext()
		}
		c.refresh(sc)
		if is, still := c.current(); is != chosen || still != any {
			t.Fatalf("%v was selected, %v is", chosen, is)
		}
		rows, names := 0, map[string]bool{}
		for n, g := range c.groups {
			if g.first != rows || g.last <= g.first || names[g.name] {
				t.Fatalf("group %d %+v after %d rows", n, g, rows)
			}
			names[g.name] = true
			counted := 0
			for _, of := range g.on {
				counted += of
			}
			if counted != g.last-g.first {
				t.Fatalf("%s counts %d of %d", g.name, counted, g.last-g.first)
			}
			for i := g.first; i < g.last; i++ {
				v := &all[c.view[i]]
				of := [...]string{"", v.Cell.Region, v.Cell.Kind.String(), fmt.Sprint("tier ", v.Tier), v.Cell.Chain}[c.grouped.with]
				if of != g.name || c.keys[i] != v.Cell || !flat[v.Cell] || c.groupOf(i) != n {
					t.Fatalf("%s is among %s", v.Cell, g.name)
				}
			}
			rows = g.last
		}
		if rows != len(flat) || len(c.keys) != len(flat) {
			t.Fatalf("%d rows of %d", rows, len(flat))
		}
		h := rapid.IntRange(2, 60).Draw(t, "lines")
		from, to := c.groupWindow(h)
		if len(c.keys) > 0 && (c.at < from || c.at >= to || c.takes(from, to) > h || to < len(c.keys) && c.takes(from, to+1) <= h ||
			from > 0 && c.takes(from-1, len(c.keys)) <= h) {
			t.Fatalf("rows %d to %d of %d in %d lines, selected %d: they take %d", from, to, len(c.keys), h, c.at, c.takes(from, to))
		}
	})
}

func TestAGroupedPaneKeepsItsRowsOnTheScreen(t *testing.T) {
	d := levered(t, model.DefaultPolicy(), 80, 24, routed(20).Snapshot)
	d.press("3", "=", "=", "=", "=", "G")
	d.see("> ✓ chain020", "chain020  4  blue 2 both 1 green 1")
	for range 79 {
		d.press("k")
		c, _ := d.app.cells.current()
		if !strings.Contains(d.row(">"), c.Chain) {
			t.Fatalf("%s is not on the screen:\n%s", c, d.screen())
		}
	}
	d.press("=")
	d.gone("blue 2 both 1")
}

// TestNeverReadIsNotNone: of a cluster whose catalog was never read nobody knows whether it has a good backup.
func TestNeverReadIsNotNone(t *testing.T) {
	for _, read := range []bool{true, false} {
		snap := trouble(250).Snapshot
		for i := range snap.Cells {
			snap.Cells[i].On[model.Blue] = board.Standing{Has: model.Holds, Read: read}
		}
		screen := watch(t, 120, 40, snap).screen()
		if got := strings.Contains(screen, "none!"); got != read {
			t.Errorf("read %v, told %v:\n%s", read, got, screen)
		}
	}
}
