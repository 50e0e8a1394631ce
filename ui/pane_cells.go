package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// cellsPane shows who has which cells and how they are: the counts, and every cell with blue and green beside each other.
type cellsPane struct {
	rows[model.Cell]
	marks
	grouped
	order   []int32 // every cell in the chosen order
	ordered madeOf  // what order was made from
	view    []int32 // beside keys: places in the snapshot's cells
	acts    bool    // somebody may shift them
	chosen  chosen
	proofs  provens
}

func newCellsPane() *cellsPane {
	c := &cellsPane{marks: marks{marked: map[model.Cell]bool{}}}
	c.names = []string{"urgency", "chain", "region", "kind", "on", "blue", "green", "ratio", "tier", "breaks"}
	return c
}

func (c *cellsPane) name() string { return "routes" }
func (c *cellsPane) lines() rower { return c }

func (c *cellsPane) title(sc *scene) []draw.Piece {
	ps := []draw.Piece{draw.As(themes.Key, "3"), draw.As(themes.Title, " ROUTES"),
		draw.As(themes.Muted, " "+draw.Count(sc.sum.all.total()))}
	if n := sc.sum.all.health[board.CellGap]; n > 0 {
		ps = append(ps, draw.As(themes.Fail, "  "+draw.Count(n)+" GAP"))
	} else if sc.sum.maybe > 0 {
		ps = append(ps, draw.As(themes.Muted, ", ? gaps"))
	} else if sc.sum.all.total() > 0 {
		ps = append(ps, draw.As(themes.Muted, ", 0 gaps"))
	}
	if n := sc.sum.drift; n > 0 {
		ps = append(ps, draw.As(themes.Warn, ", "+draw.Count(n)+" drift"))
	}
	if len(c.marked) > 0 {
		text := "  " + draw.Count(len(c.marked)) + " marked"
		if hidden := c.hidden(); hidden > 0 {
			text += ", " + draw.Count(hidden) + " hidden"
		}
		ps = append(ps, draw.As(themes.Title, text))
	}
	if c.grouped.with > 0 {
		ps = append(ps, draw.As(themes.Muted, "  grouped by "+groupings[c.grouped.with]))
	}
	return c.titled(ps)
}

func (c *cellsPane) fresh(sc *scene) freshness {
	return freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates })
}

func (c *cellsPane) state(sc *scene) any {
	var proofs any
	if st := sc.snap.State; st != nil {
		proofs = identity(st.Evidence)
	}
	return [6]any{identity(sc.snap.Cells), c.rev, c.fresh(sc).state, proofs, sc.snap.Bounds(), sc.gone}
}

// identity tells two versions of a part apart without looking into it: parts are replaced whole, never changed.
func identity[T any](s []T) any {
	if len(s) == 0 {
		return nil
	}
	return &s[0]
}

func (c *cellsPane) refresh(sc *scene) {
	from := identity(sc.snap.Cells)
	all := sc.snap.Cells
	if o := (madeOf{from: from, by: c.by, back: c.back}); c.ordered != o {
		c.ordered = o
		c.reorder(all)
	}
	if !c.stale(from) {
		return
	}
	c.of = len(all)
	c.view = c.view[:0]
	for _, i := range c.order {
		v := &all[i]
		if c.filter.on() &&
			!c.filter.keeps(cellStates(v), v.Cell.Chain, v.Cell.Region, v.Cell.Kind.String(), v.Health.String(), v.Route().String(),
				v.Says, "tier"+strconv.Itoa(v.Tier)) {
			continue
		}
		c.view = append(c.view, i)
	}
	c.regroup(all)
	keys := make([]model.Cell, len(c.view))
	for at, i := range c.view {
		keys[at] = all[i].Cell
	}
	c.set(keys)
}

// cellStates are the states of a cell on both clusters.
func cellStates(v *board.CellView) (is states) {
	if v.Health == board.CellWarned || v.Health == board.CellDiverged {
		is = isWarned
	}
	if v.IsAdrift() {
		is |= isAdrift
	}
	for i := range v.On {
		s := &v.On[i]
		if s.Last != nil {
			is |= statesOf(s.Last)
		}
		if s.Hollow() {
			is |= isFailed
		}
		if s.Open != nil {
			is |= statesOf(s.Open)
		}
		if s.Missed > 0 || s.MissedDay > 0 {
			is |= isMissed
		}
	}
	return is
}

// reorder sorts every cell. The first order runs with every snapshot that changed a cell, so it sorts plain numbers.
func (c *cellsPane) reorder(all []board.CellView) {
	c.order = slices.Grow(c.order[:0], len(all))
	if c.by == 0 {
		ranks := make([]uint64, len(all))
		for i := range all {
			ranks[i] = urgency(&all[i])<<24 | uint64(i)
		}
		slices.Sort(ranks)
		for _, r := range ranks {
			c.order = append(c.order, int32(r&(1<<24-1)))
		}
		if c.back {
			slices.Reverse(c.order)
		}
		return
	}
	for i := range all {
		c.order = append(c.order, int32(i))
	}
	slices.SortStableFunc(c.order, func(i, j int32) int {
		n := compareCells(&all[i], &all[j], c.names[c.by])
		if c.back {
			n = -n
		}
		return n
	})
}

// urgency puts the worst health first, then the cell whose promise breaks (or broke) soonest, to the hour, then the lowest tier.
// It takes 40 bits.
func urgency(c *board.CellView) uint64 {
	hour := uint64(0)
	if b := c.Breaks(); !b.IsZero() {
		hour = uint64(max(1, min(b.Unix()/3600, 1<<29-1)))
	}
	health := min(c.Health, board.CellGap)
	if c.IsAdrift() {
		health = max(health, board.CellWarned)
	}
	return uint64(board.CellGap-health)<<37 | hour<<8 | uint64(max(0, min(c.Tier, 255)))
}

func compareCells(a, b *board.CellView, by string) int {
	switch by {
	case "region":
		return strings.Compare(a.Cell.Region, b.Cell.Region)
	case "kind":
		return cmp.Compare(a.Cell.Kind, b.Cell.Kind)
	case "on":
		return strings.Compare(a.Route().String(), b.Route().String())
	case "blue":
		return goodAt(a, model.Blue).Compare(goodAt(b, model.Blue))
	case "green":
		return goodAt(a, model.Green).Compare(goodAt(b, model.Green))
	case "ratio":
		return cmp.Compare(ratio(a), ratio(b))
	case "tier":
		return cmp.Compare(a.Tier, b.Tier)
	case "breaks":
		return a.Breaks().Compare(b.Breaks())
	}
	return a.Cell.Compare(b.Cell)
}

func goodAt(c *board.CellView, on model.Cluster) time.Time {
	if j := c.On[on].LastGood; j != nil {
		return j.When()
	}
	return time.Time{}
}

// ratio is the size of a newest good backup over its median: of the two clusters' the one that is further from 1.
func ratio(c *board.CellView) float64 {
	b, g := c.On[model.Blue].Ratio, c.On[model.Green].Ratio
	if g > 0 && (b <= 0 || max(g, 1/g) > max(b, 1/b)) {
		return g
	}
	return b
}

func (c *cellsPane) cell(sc *scene) *board.CellView {
	if _, ok := c.current(); !ok || c.at >= len(c.view) || int(c.view[c.at]) >= len(sc.snap.Cells) {
		return nil
	}
	return &sc.snap.Cells[c.view[c.at]]
}

func (c *cellsPane) open(sc *scene) page {
	if v := c.cell(sc); v != nil {
		return &cellPage{cell: v.Cell}
	}
	return nil
}

func (c *cellsPane) text(sc *scene) string {
	if v := c.cell(sc); v != nil {
		return v.Cell.String()
	}
	return ""
}

func (c *cellsPane) draw(sc *scene, w, h int, focused bool) []string {
	if h < 1 {
		return nil
	}
	groups := sc.sum.groups
	matrix := len(groups) + 1
	switch {
	case len(groups) == 0, len(c.groups) > 0: // the heads of the groups count them
		return c.list(sc, w, h, focused)
	case w >= 104 && h >= 3:
		beside := 40
		if w >= 140 {
			beside = 56
		}
		if sc.sum.drift > 0 {
			beside += driftWide
		}
		left := c.matrix(sc, beside, h)
		right := c.list(sc, w-beside, h, focused)
		lines := make([]string, h)
		for i := range lines {
			lines[i] = lineOr(left, i, sc.st, beside) + lineOr(right, i, sc.st, w-beside)
		}
		return lines
	case h >= matrix+4:
		return append(c.matrix(sc, w, matrix), c.list(sc, w, h-matrix, focused)...)
	case !focused && !c.filter.on() && len(c.marked) == 0 && unremarkable(&sc.sum.all) && h >= min(matrix, 4):
		c.window(0)
		return c.matrix(sc, w, h)
	}
	return c.list(sc, w, h, focused)
}

// unremarkable tells that no cell needs to be named.
func unremarkable(g *group) bool {
	return g.health[board.CellOK]+g.health[board.CellUnknown] == g.total() && g.drift == 0
}

func lineOr(lines []string, i int, st *draw.Style, w int) string {
	if i < len(lines) {
		return lines[i]
	}
	return draw.BlankLine(st, w)
}

// driftWide is the room of the column that is there only while cells drift.
const driftWide = 6

// matrix counts the cells per region and kind: who has them, and how many are not well.
func (c *cellsPane) matrix(sc *scene, w, h int) []string {
	p := draw.NewPen(sc.st, w)
	narrow := w < 54
	name, cols, drift := 18, []int{6, 6, 7, 6, 5, 5}, sc.sum.drift > 0
	if narrow {
		name, cols = max(6, min(14, w-32)), []int{5, 5, 6, 5, 4, 4}
		if drift {
			name = max(6, min(14, w-32-driftWide))
		}
	}
	var lines []string
	emit := func() { lines = append(lines, p.Done()); p.Start(w) }
	p.Pad(1 + name)
	for i, s := range []string{"blue", "both", "green", "none", "!", "✗"} {
		p.ColumnRight(themes.Muted, s, cols[i])
	}
	if drift = drift && p.Left() >= driftWide; drift {
		p.ColumnRight(themes.Muted, "drift", driftWide)
	}
	emit()
	for i := range sc.sum.groups {
		g := &sc.sum.groups[i]
		if len(lines) >= h {
			break
		}
		p.Pad(1)
		kind := g.kind.String()
		if narrow {
			kind = kindWord(g.kind)
		}
		p.Column(themes.Text, sc.sum.region(g.region, narrow)+" "+kind, name)
		for j, n := range []int{g.blue, g.both, g.green, g.none, g.health[board.CellWarned] + g.health[board.CellDiverged],
			g.health[board.CellBroken] + g.health[board.CellGap]} {
			role := []themes.Role{themes.Text, themes.Text, themes.Text, themes.Fail, themes.Warn, themes.Fail}[j]
			text := draw.Count(n)
			if n == 0 {
				role = themes.Muted
				if j < 4 && g.unknown == g.total() || j >= 4 && g.health[board.CellUnknown] == g.total() {
					text = "?"
				}
			}
			p.ColumnRight(role, text, cols[j])
		}
		if drift {
			role := themes.Warn
			if g.drift == 0 {
				role = themes.Muted
			}
			p.ColumnRight(role, draw.Count(g.drift), driftWide)
		}
		if g.unknown > 0 {
			p.Put(themes.Muted, " "+draw.Count(g.unknown)+" ?")
		}
		emit()
	}
	return lines
}
