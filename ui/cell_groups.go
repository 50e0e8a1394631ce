package ui

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// groupings are what cells can be grouped by; the first leaves them in their order, with the counts of regions and kinds beside them.
var groupings = [...]string{"", "region", "kind", "tier", "chain"}

// cellGroup is one group of the rows that are shown.
type cellGroup struct {
	name  string
	first int // its first row
	last  int // the row behind its last one
	on    [len(notchWords)]int
	drift int
}

// grouped is how the rows are grouped.
type grouped struct {
	with   int         // of groupings
	groups []cellGroup // in order; none where the rows are not grouped
}

// groupNext groups by the next property. Where they were grouped by the last one they are in their order again.
func (c *cellsPane) groupNext() {
	c.grouped.with = (c.grouped.with + 1) % len(groupings)
	c.made = madeOf{}
	c.rev++
}

// ranks are the groups of all cells, by place, and their names in order. Chains are in order already.
func (g *grouped) ranks(all []board.CellView) (of []int32, names []string) {
	of = make([]int32, len(all))
	if groupings[g.with] == "chain" {
		for i := range all {
			if i == 0 || all[i].Cell.Chain != all[i-1].Cell.Chain {
				names = append(names, all[i].Cell.Chain)
			}
			of[i] = int32(len(names) - 1)
		}
		return of, names
	}
	tiers := groupings[g.with] == "tier"
	name := func(v *board.CellView) string { return v.Cell.Kind.String() }
	switch {
	case tiers:
		name = func(v *board.CellView) string { return strconv.Itoa(v.Tier) }
	case groupings[g.with] == "region":
		name = func(v *board.CellView) string { return v.Cell.Region }
	}
	at := map[string]int32{}
	for i := range all {
		n := name(&all[i])
		if _, known := at[n]; !known {
			at[n] = 0
			names = append(names, n)
		}
	}
	switch {
	case tiers:
		slices.SortFunc(names, func(a, b string) int {
			x, _ := strconv.Atoi(a)
			y, _ := strconv.Atoi(b)
			return x - y
		})
	case groupings[g.with] == "region":
		slices.Sort(names)
	default: // regular before immutable, as everywhere
		slices.SortFunc(names, func(a, b string) int { return strings.Compare(b, a) })
	}
	for i, n := range names {
		at[n] = int32(i)
	}
	for i := range all {
		of[i] = at[name(&all[i])]
	}
	if tiers {
		for i := range names {
			names[i] = "tier " + names[i]
		}
	}
	return of, names
}

// regroup brings the rows of each group together, within it in the order that they have, and counts them.
func (c *cellsPane) regroup(all []board.CellView) {
	c.groups = c.groups[:0]
	if c.grouped.with == 0 {
		return
	}
	of, names := c.ranks(all)
	from := make([]int32, len(names)+1)
	for _, i := range c.view {
		from[of[i]+1]++
	}
	for i := range names {
		from[i+1] += from[i]
	}
	out := make([]int32, len(c.view))
	next := slices.Clone(from)
	for _, i := range c.view {
		out[next[of[i]]] = i
		next[of[i]]++
	}
	c.view = out
	for n, name := range names {
		if from[n] == from[n+1] {
			continue
		}
		g := cellGroup{name: name, first: int(from[n]), last: int(from[n+1])}
		for _, i := range out[from[n]:from[n+1]] {
			g.on[notchOf(all[i].Route())]++
			if all[i].IsAdrift() {
				g.drift++
			}
		}
		c.groups = append(c.groups, g)
	}
}

// groupOf is the place of the group that a row is in.
func (g *grouped) groupOf(row int) int {
	return sort.Search(len(g.groups), func(i int) bool { return g.groups[i].last > row })
}

// takes is how many lines the rows from one to another take: with a head above the first, and above each that begins a group.
func (g *grouped) takes(from, to int) int {
	if len(g.groups) == 0 || from >= to {
		return to - from
	}
	return to - from + g.groupOf(to-1) - g.groupOf(from) + 1
}

// groupWindow is window where heads stand among the rows.
func (c *cellsPane) groupWindow(h int) (from, to int) {
	if len(c.groups) == 0 || h <= 0 {
		return c.window(h)
	}
	if !c.picked {
		c.top = 0
	}
	c.top = max(0, min(c.top, c.at), c.at-h+1)
	for c.top < c.at && c.takes(c.top, c.at+1) > h {
		c.top++
	}
	for c.top > 0 && c.takes(c.top-1, len(c.keys)) <= h {
		c.top--
	}
	to = c.top
	for to < len(c.keys) && c.takes(c.top, to+1) <= h {
		to++
	}
	c.height = to - c.top
	return c.top, to
}

// head writes what a group is and how many of its rows are where.
func (g *cellGroup) head(p *draw.Pen) {
	p.Put(themes.Title, " "+g.name)
	p.Put(themes.Muted, "  "+draw.Count(g.last-g.first)+" ")
	for i, route := range notchWords {
		role := themes.Text
		switch n := g.on[i]; {
		case n == 0 && i > 2: // a gap, or not known
			continue
		case route == "none":
			role = themes.Fail
		case route == "?":
			role = themes.Muted
		}
		p.Put(role, " "+route+" "+draw.Count(g.on[i]))
	}
	if g.drift > 0 {
		p.Put(themes.Warn, " drift "+draw.Count(g.drift))
	}
}
