package ui

import (
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// The routes a cell may be on, by their words; the last is not known.
var notchWords = [...]string{"blue", "both", "green", "none", "?"}

// notches count chosen cells by the route that they have.
type notches struct {
	on    [len(notchWords)]int
	gone  int // the inventory does not name them any more
	drift int
}

func (n *notches) add(v *board.CellView) {
	if v == nil {
		n.gone++
		return
	}
	n.on[notchOf(routeOf(v))]++
	if v.IsAdrift() {
		n.drift++
	}
}

// notchOf is the place of a route among notchWords.
func notchOf(r model.Route) int {
	word := r.String()
	for i, w := range notchWords {
		if w == word {
			return i
		}
	}
	return len(notchWords) - 1
}

// move is one notch of some cells.
type move struct {
	from, to string
	n        int
}

func (m move) String() string {
	return fmt.Sprintf("%s %s → %s", plural(m.n, "cell"), m.from, m.to)
}

// command is what is typed for it.
func (m move) command() string { return "shift " + m.to + " from " + m.from }

// moves are the notches that are open to the cells, forward before back.
func (n *notches) moves() (out []move) {
	for from, to := range [...][]string{{"both"}, {"green", "blue"}, {"both"}, {"blue", "green"}, nil} {
		for _, t := range to {
			if n.on[from] > 0 {
				out = append(out, move{notchWords[from], t, n.on[from]})
			}
		}
	}
	return out
}

// says is what s would do with the cells.
func (n *notches) says() string {
	var parts []string
	switch of := n.moves(); {
	case len(of) == 1:
		parts = append(parts, "s: "+of[0].String())
	case len(of) > 1:
		for i, m := range of {
			if i > 0 && of[i-1].from == m.from {
				parts[len(parts)-1] += " or " + m.to
			} else {
				parts = append(parts, m.String())
			}
		}
		parts[0] = "s asks: " + parts[0]
	}
	if k := n.on[len(notchWords)-1]; k > 0 {
		parts = append(parts, "of "+draw.Count(k)+" nobody knows who takes them")
	}
	if n.gone > 0 {
		parts = append(parts, draw.Count(n.gone)+" not in the inventory")
	}
	if n.drift > 0 {
		parts = append(parts, draw.Count(n.drift)+" adrift (M mends)")
	}
	return strings.Join(parts, ", ")
}

func plural(n int, of string) string {
	if n != 1 {
		of += "s"
	}
	return draw.Count(n) + " " + of
}

// chosen is what the foot was counted from last.
type chosen struct {
	from any
	turn uint64
	notches
}

// foot says what s would do with the marked cells, or with the selected one. Without a lever there is none.
func (c *cellsPane) foot(sc *scene, p *draw.Pen) {
	var n notches
	head := ""
	switch {
	case len(c.marked) > 0:
		if from := identity(sc.snap.Cells); c.chosen.turn != c.turn || c.chosen.from != from {
			c.chosen = chosen{from: from, turn: c.turn}
			for k := range c.marked {
				c.chosen.add(sc.snap.Cell(k))
			}
		}
		n, head = c.chosen.notches, draw.Count(len(c.marked))+" marked   "
	case c.cell(sc) != nil:
		n.add(c.cell(sc))
	}
	p.Put(themes.Title, " "+head)
	p.Put(themes.Text, n.says())
}
