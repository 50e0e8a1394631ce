package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/routes"
	"switchyard/ui/draw"
)

// chosenCells are those that a shift is about: the marked ones, else the one that is selected or whose page is open; in order.
func (a *App) chosenCells() []model.Cell {
	if of := a.marked(); len(of) > 0 {
		out := make([]model.Cell, 0, len(of))
		for c := range of {
			out = append(out, c)
		}
		slices.SortFunc(out, model.Cell.Compare)
		return out
	}
	if g, is := a.pane().(*gatesPane); is && a.pager == nil {
		cells, _ := g.moves(a.snap)
		return cells
	}
	if at := a.subject(); at.cell != nil && at.job == nil {
		return []model.Cell{*at.cell}
	}
	return nil
}

// notchesOf counts cells by the newest data, frozen or not.
func (a *App) notchesOf(cells []model.Cell) (n notches) {
	for _, c := range cells {
		n.add(a.snap.Cell(c))
	}
	return n
}

// noShift says why nothing can be shifted.
func noShift(a *App) string {
	if len(a.chosenCells()) == 0 {
		return "mark cells, or select one, to shift them: 3 goes to them"
	}
	return ""
}

// shiftCells opens the plan of the next notch of the chosen cells. Where several are open it asks which.
func (a *App) shiftCells() tea.Cmd {
	if g, is := a.pane().(*gatesPane); is && a.pager == nil {
		return a.proposeShift(g.moves(a.snap))
	}
	cells := a.chosenCells()
	n := a.notchesOf(cells)
	switch of := n.moves(); len(of) {
	case 0:
		a.say("nothing to shift: " + n.says())
		return nil
	case 1:
		return a.proposeShift(a.fromRoute(cells, of[0].from), of[0].to)
	}
	a.askCommand()
	a.prompt.set(a, "shift ")
	return nil
}

// fromRoute are those of the cells that have a route.
func (a *App) fromRoute(cells []model.Cell, from string) (out []model.Cell) {
	for _, c := range cells {
		if v := a.snap.Cell(c); v != nil && routeOf(v).String() == from {
			out = append(out, c)
		}
	}
	return out
}

func shiftOffers(a *App) []string {
	n := a.notchesOf(a.chosenCells())
	var out []string
	for _, m := range n.moves() {
		out = append(out, strings.TrimPrefix(m.command(), "shift "))
	}
	return append(out, "both", "green", "blue")
}

// commandShift shifts the chosen cells to a route, or those of them that have another one now.
func (a *App) commandShift(arg string) tea.Cmd {
	to, rest, _ := strings.Cut(arg, " ")
	from, named := strings.CutPrefix(rest, "from ")
	if _, known := routeWords[to]; !known || rest != "" && (!named || notchIs(from) < 0) {
		a.say(":shift wants both, green or blue, and may say from which: shift green from both")
		return nil
	}
	if why := noShift(a); why != "" {
		a.say(why)
		return nil
	}
	cells := a.chosenCells()
	if named {
		return a.proposeShift(a.fromRoute(cells, from), to)
	}
	n := a.notchesOf(cells)
	var ways []string
	for _, m := range n.moves() {
		if m.to == to {
			ways = append(ways, m.from)
		}
	}
	if len(ways) > 1 { // one goes forward, the other back
		a.say(fmt.Sprintf("some of these cells go to %s from %s and some from %s: say which, :shift %s from %s",
			to, ways[0], ways[1], to, ways[0]))
		return nil
	}
	return a.proposeShift(cells, to)
}

// notchIs is the place of a word among notchWords; -1 when it is none of them.
func notchIs(word string) int { return slices.Index(notchWords[:], word) }

// routeWords are the routes that cells can be shifted to.
var routeWords = map[string]model.Route{
	"blue": {model.Holds, model.Fails}, "both": {model.Holds, model.Holds}, "green": {model.Fails, model.Holds},
}

// commandEverything brings every cell that green alone takes back to both; where there is none, every cell that blue alone takes forward.
func (a *App) commandEverything(arg string) tea.Cmd {
	if arg != "to both" {
		a.say(":everything wants: to both")
		return nil
	}
	for _, from := range []string{"green", "blue"} {
		var cells []model.Cell
		for i := range a.snap.Cells {
			if routeOf(&a.snap.Cells[i]).String() == from {
				cells = append(cells, a.snap.Cells[i].Cell)
			}
		}
		if len(cells) > 0 {
			return a.proposeShift(cells, "both")
		}
	}
	a.say("no cell is to be shifted to both: none is one cluster's alone")
	return nil
}

// proposeShift opens the plan that shifts cells, without those that are there.
func (a *App) proposeShift(cells []model.Cell, to string) tea.Cmd {
	moves := slices.DeleteFunc(slices.Clone(cells), func(c model.Cell) bool {
		v := a.snap.Cell(c)
		return v != nil && routeOf(v).String() == to
	})
	if len(moves) == 0 {
		a.say(fmt.Sprintf("no cell is to be shifted to %s: %s there already", to, plural(len(cells), "cell")))
		return nil
	}
	return a.propose(plan.Ask{Shift: &plan.Shift{Cells: moves, To: routeWords[to]}})
}

// setApart shows the cells that guards hold up which nobody overrides, in place of a plan that nobody could approve; false when there are
// none.
func (a *App) setApart(p *plan.Plan) bool {
	if p.Ask.Shift == nil || p.Blocked() == nil || a.lever.Refused == nil {
		return false
	}
	causes, err := a.lever.Refused(a.world(a.snap), p.Ask.Shift)
	if err != nil || len(causes) == 0 {
		return false
	}
	a.show(&apartPage{asked: p.Ask.Shift, batch: p.Ask.Batch, causes: causes})
	return true
}

// refuse shows why no plan can be made: what is refused for some cells only can be asked for without them.
func (a *App) refuse(ask plan.Ask, err error) tea.Cmd {
	var of *routes.Refusal
	if ask.Shift == nil || !errors.As(err, &of) {
		a.say(model.Clean(err.Error()))
		return nil
	}
	return a.show(&apartPage{asked: ask.Shift, batch: ask.Batch, causes: of.Causes})
}

// apart is the page of refused cells that is open; nil when there is none.
func (a *App) apart() *apartPage {
	if a.pager == nil {
		return nil
	}
	p, _ := a.pager.shows.(*apartPage)
	return p
}

func noneApart(a *App) string {
	switch p := a.apart(); {
	case p == nil:
		return "no cells were refused: s plans a shift"
	case len(p.rest()) == 0:
		return "every cell of it is refused: nothing is left to plan"
	}
	return ""
}

// leaveOut unmarks the refused cells, and plans the shift of the others.
func (a *App) leaveOut() tea.Cmd {
	p := a.apart()
	a.cells.unmark(p.refused())
	a.pager = nil
	a.say(draw.Count(len(p.refused())) + " cells left out")
	return a.propose(plan.Ask{Shift: &plan.Shift{Cells: p.rest(), To: p.asked.To}, Batch: p.batch})
}

// shiftWithout unmarks the cells for which a reason is asked, and plans the shift of the others.
func (a *App) shiftWithout(p *plan.Plan, d *dialog, f *field) tea.Cmd {
	causes, err := a.lever.Held(a.world(a.snap), p.Ask.Shift, strings.Split(f.name, ","))
	if err != nil {
		d.said = model.Clean(err.Error())
		return nil
	}
	of := &apartPage{asked: p.Ask.Shift, batch: p.Ask.Batch, causes: causes}
	switch out, rest := of.refused(), of.rest(); {
	case len(out) == 0:
		d.said = "it is about no cells of their own: nothing can be left out"
	case len(rest) == 0:
		d.said = "every cell of it needs that reason: nothing would be left"
	default:
		a.dialog = nil
		a.cells.unmark(out)
		a.say(draw.Count(len(out)) + " cells left out")
		return a.propose(plan.Ask{Shift: &plan.Shift{Cells: rest, To: p.Ask.Shift.To}, Batch: p.Ask.Batch})
	}
	return nil
}
