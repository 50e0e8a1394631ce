package ui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/ui/draw"
)

// marks are the cells that a person chose, by their identity: rows may move, and be filtered away, under them.
type marks struct {
	marked map[model.Cell]bool
	turn   uint64 // raised with every change
}

func (m *marks) change(c model.Cell, on bool) {
	if on {
		m.marked[c] = true
	} else {
		delete(m.marked, c)
	}
	m.turn++
}

// toggle marks or unmarks the selected cell.
func (c *cellsPane) toggle() {
	if k, ok := c.current(); ok {
		c.change(k, !c.marked[k])
		c.rev++
	}
}

func (c *cellsPane) unmarkAll() {
	clear(c.marked)
	c.turn++
	c.rev++
}

// unmark forgets the marks of some.
func (c *cellsPane) unmark(cells []model.Cell) {
	for _, k := range cells {
		c.change(k, false)
	}
	c.rev++
}

// hidden counts the marked cells that the filter does not show.
func (c *cellsPane) hidden() int {
	if !c.filter.on() {
		return 0
	}
	n := len(c.marked)
	for _, k := range c.keys {
		if c.marked[k] {
			n--
		}
	}
	return n
}

// wanted is what :mark asks for: cells that have all of it, the first so many of those that are shown.
type wanted struct {
	most int // 0: all
	tier int // -1: any

	region, kind, chain, on string // empty: any
	drift                   bool
}

const markUsage = "a number, tier:N, region:NAME, kind:regular or immutable, chain:NAME, blue, both, green, gap, drift; or none"

// wantedOf reads what is marked. The words may be combined.
func wantedOf(arg string) (m wanted, err error) {
	m.tier = -1
	for _, word := range strings.Fields(arg) {
		of, value, named := strings.Cut(word, ":")
		n, number := strconv.Atoi(word)
		switch {
		case number == nil && n > 0:
			m.most = n
		case named && of == "tier":
			if m.tier, err = strconv.Atoi(value); err != nil || m.tier < 0 {
				return m, fmt.Errorf(":mark tier: wants a number, not %s", value)
			}
		case named && of == "region":
			m.region = value
		case named && of == "kind" && value != "" && (strings.HasPrefix("regular", value) || strings.HasPrefix("immutable", value)):
			m.kind = value
		case named && of == "chain":
			m.chain = value
		case word == "blue", word == "both", word == "green":
			m.on = word
		case word == "gap":
			m.on = "none"
		case word == "drift":
			m.drift = true
		default:
			return m, fmt.Errorf(":mark wants %s, not %s", markUsage, word)
		}
	}
	return m, nil
}

func (m *wanted) keeps(v *board.CellView) bool {
	return (m.tier < 0 || v.Tier == m.tier) && (m.region == "" || v.Cell.Region == m.region) &&
		strings.HasPrefix(v.Cell.Kind.String(), m.kind) && (m.chain == "" || v.Cell.Chain == m.chain) &&
		(m.on == "" || routeOf(v).String() == m.on) && (!m.drift || v.IsAdrift())
}

// mark marks cells that are shown, and counts those that it came to.
func (c *cellsPane) mark(all []board.CellView, m wanted) (n int) {
	for at, k := range c.keys {
		if m.most > 0 && n == m.most {
			break
		}
		if i := c.view[at]; int(i) < len(all) && m.keeps(&all[i]) {
			c.change(k, true)
			n++
		}
	}
	c.rev++
	return n
}

// commandMark marks cells that are shown, or none.
func (a *App) commandMark(arg string) {
	if arg == "none" {
		a.cells.unmarkAll()
		return
	}
	m, err := wantedOf(arg)
	if err != nil {
		a.say(model.Clean(err.Error()))
		return
	}
	n := a.cells.mark(a.scene().snap.Cells, m)
	switch {
	case n == 0:
		a.say("none of the " + draw.Count(len(a.cells.keys)) + " cells that are shown is that")
	case n < m.most:
		a.say(fmt.Sprintf("only %d of the cells that are shown are that: they are marked", n))
	}
	if a.absent(paneCells) == "" {
		a.goTo(paneCells)
	}
}

func markOffers(a *App) []string {
	out := []string{"none", "blue", "both", "green", "gap", "drift", "kind:regular", "kind:immutable"}
	tiers := map[int]bool{}
	for i := range a.shown.Cells {
		tiers[a.shown.Cells[i].Tier] = true
	}
	for t := range tiers {
		out = append(out, "tier:"+strconv.Itoa(t))
	}
	for i := range a.sum.groups {
		if r := "region:" + a.sum.groups[i].region; !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// routeOf is who takes a cell by the routes, or, where those are not known, as its Directors have it.
func routeOf(v *board.CellView) model.Route {
	if v.Desired != (model.Route{}) {
		return v.Desired
	}
	return v.Route()
}
