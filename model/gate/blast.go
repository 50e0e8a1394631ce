package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// Blast is what is lost with one thing, as long as it is gone.
type Blast struct {
	Of      model.Node   `json:"of"`
	With    []model.Node `json:"with"`              // what cannot work without it: neither backups nor the thing itself are among them
	Gone    int          `json:"gone"`              // cells whose every good backup lies on it
	Closed  int          `json:"closed"`            // cells none of whose good backups can be restored meanwhile, with those that are gone
	Stopped int          `json:"stopped"`           // cells that nobody who takes them can back up meanwhile
	Waiting int          `json:"waiting"`           // cells besides that nobody backs up until one of Heirs takes over
	Heirs   []model.Node `json:"heirs"`             // what would have to take over
	Later   []model.Node `json:"later"`             // what goes on without it, and could not be brought back without it
	Unknown int          `json:"unknown,omitempty"` // cells of which that is not known: a catalog was not read, or a Director not asked
	// the first promise that breaks meanwhile, also of those that wait, and when; a zero At: none does, or it is broken already
	First   *model.Cell  `json:"first,omitempty"`
	At      time.Time    `json:"first_at,omitzero"`
	Broken  []model.Cell `json:"-"` // those that count in any of these, in the snapshot's order
	dead    []bool
	still   []bool          // what stands still, as long as nothing has taken over
	clients map[string]bool // that are gone
	on      [2]int          // the nodes of both clusters
	graph   *Graph
}

// Without tells what is lost with a thing; false when there is none such. It is how things stand now: what needs each other goes on.
func (g *Graph) Without(lost model.Node) (*Blast, bool) {
	i, is := g.index[lost]
	if !is && !g.backsUp(lost) {
		return nil, false
	}
	b := &Blast{Of: lost, With: []model.Node{}, Heirs: []model.Node{}, Later: []model.Node{}, Broken: make([]model.Cell, 0, len(g.cells)),
		dead: make([]bool, len(g.nodes)), still: make([]bool, len(g.nodes)), clients: map[string]bool{}, graph: g}
	for _, c := range model.Clusters {
		b.on[c] = g.index[clusterNode(c)]
	}
	if is {
		users, _, met := g.users()
		b.dead = g.without(i, users, len(met), running)
		if b.still = b.dead; b.inherits() {
			b.still = g.without(i, users, len(met), untaken)
		}
		if b.unmissed() {
			for n, dead := range g.without(i, users, len(met), bringing) {
				if dead && !b.dead[n] && g.nodes[n].Kind != copies && g.nodes[n].Kind != model.NodeChain {
					b.Later = append(b.Later, g.nodes[n])
				}
			}
		}
	} else {
		b.clients[lost.Name] = true
	}
	for n, dead := range b.dead {
		if dead && g.nodes[n].Kind == model.NodeClient {
			b.clients[g.nodes[n].Name] = true
		}
	}
	for n, dead := range b.dead {
		if dead && (n != i || !is) && g.nodes[n].Kind != copies && g.nodes[n].Kind != model.NodeChain {
			b.With = append(b.With, g.nodes[n])
		}
	}
	for i := range g.cells {
		b.cell(i)
	}
	return b, true
}

func (b *Blast) cell(i int) {
	g, c := b.graph, &b.graph.world.Snapshot.Cells[i]
	has, kept, open := 0, 0, 0
	for _, on := range model.Clusters {
		if id := g.cells[i].copies[on]; id >= 0 {
			has++
			if !b.dead[g.cells[i].storage[on]] {
				kept++
			}
			if !b.dead[id] {
				open++
			}
		}
	}
	gone, closed, stops := has > 0 && kept == 0, has > 0 && open == 0, b.Stops(i)
	waits := !stops && b.stops(i, b.still)
	if gone {
		b.Gone++
	}
	if closed {
		b.Closed++
	}
	if b.untold(i, gone || closed, stops) {
		b.Unknown++
	}
	if gone || closed || stops || waits {
		b.Broken = append(b.Broken, c.Cell)
	}
	switch {
	case stops:
		b.Stopped++
	case waits:
		b.Waiting++
	default:
		return
	}
	if at := c.Breaks(); at.After(g.world.Snapshot.At) && (b.At.IsZero() || at.Before(b.At)) {
		b.First, b.At = &c.Cell, at
	}
}

// untold tells whether what a cell loses is not known: what was not read of it may lie on what is gone, or be what is left.
func (b *Blast) untold(i int, lost, stops bool) bool {
	c := &b.graph.world.Snapshot.Cells[i]
	for _, on := range model.Clusters {
		dead := b.dead[b.on[on]]
		if !c.On[on].Read && (dead || lost) || c.On[on].Has == model.Unknown && (dead || stops) {
			return true
		}
	}
	return false
}

// Stops tells whether nobody who takes a cell, by its place in the snapshot, can back it up meanwhile.
func (b *Blast) Stops(i int) bool { return b.stops(i, b.dead) }

func (b *Blast) stops(i int, dead []bool) bool {
	g, c := b.graph, &b.graph.world.Snapshot.Cells[i]
	takes := false
	for _, on := range model.Clusters {
		if c.On[on].Has != model.Holds {
			continue
		}
		takes = true
		if p := g.cells[i].place; len(b.clients) > 0 && p != nil && b.clients[p.Client] {
			continue
		}
		store := g.cells[i].storage[on]
		if !dead[b.on[on]] && (store < 0 || !dead[store]) {
			return false
		}
	}
	return takes
}

// unmissed tells whether something goes on that could not be brought back.
func (b *Blast) unmissed() bool {
	for at := range b.graph.later {
		if !slices.ContainsFunc(b.graph.groups[at.node][at.nth], func(m int) bool { return !b.dead[m] }) {
			return true
		}
	}
	return false
}

// inherits finds what would have to take over from what is gone, and tells whether anything would.
func (b *Blast) inherits() bool {
	g := b.graph
	for at, acts := range g.acts {
		if !b.dead[acts] || b.dead[at.node] {
			continue
		}
		for _, m := range g.groups[at.node][at.nth] {
			if !b.dead[m] {
				b.Heirs = append(b.Heirs, g.nodes[m])
			}
		}
	}
	slices.SortFunc(b.Heirs, func(x, y model.Node) int { return strings.Compare(x.String(), y.String()) })
	return len(b.Heirs) > 0
}

// backsUp tells whether a thing is a clone source of some cell.
func (g *Graph) backsUp(n model.Node) bool {
	return n.Kind == model.NodeClient && n.Name != "" &&
		slices.ContainsFunc(g.cells, func(c cellCopies) bool { return c.place != nil && c.place.Client == n.Name })
}

// Says is what is lost in a line, now.
func (b *Blast) Says(now time.Time) string {
	var parts []string
	for _, x := range []struct {
		n    int
		says string
	}{{b.Gone, "only copies of %s"}, {b.Closed, "no way back for %s"}, {b.Stopped, "no backups of %s"},
		{b.Waiting, "no backups of %s" + b.until()}, {b.Unknown, "not known of %s"}} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf(x.says, plural(x.n, "cell")))
		}
	}
	says := b.Of.String() + ": " + cmp.Or(strings.Join(parts, ", "), "no cell loses anything")
	switch {
	case len(parts) == 0 && len(b.With) > 0:
		says += "; with it " + plural(len(b.With), "other thing")
	case len(parts) == 0 && len(b.Later) > 0:
		says += "; but " + b.Later[0].String() + " could not be brought back"
	case b.First != nil:
		says += fmt.Sprintf("; first breaks in %s: %s", model.Age(b.At.Sub(now)), b.First)
	case b.Stopped+b.Waiting > 0:
		says += "; their promises are broken already"
	}
	return says
}

// until says what ends the waiting.
func (b *Blast) until() string {
	if len(b.Heirs) == 0 {
		return ""
	}
	names := make([]string, len(b.Heirs))
	for i, n := range b.Heirs {
		names[i] = n.Name
	}
	return " until " + strings.Join(names, " or ") + " takes over"
}

// Things are what may be lost, by name: all but backups and chains.
func (g *Graph) Things() (out []model.Node) {
	for _, n := range g.nodes {
		if n.Kind != copies && n.Kind != model.NodeChain {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b model.Node) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// Under are the things that a cell is backed up from, and to, and that its backups lie on: its clone source first.
func (g *Graph) Under(c model.Cell) (out []model.Node) {
	i, is := slices.BinarySearchFunc(g.world.Snapshot.Cells, c, func(v board.CellView, c model.Cell) int { return v.Cell.Compare(c) })
	if !is {
		return nil
	}
	if p := g.cells[i].place; p != nil && p.Client != "" {
		out = append(out, model.Node{Kind: model.NodeClient, Name: p.Client})
	}
	for _, on := range model.Clusters {
		if s := g.cells[i].storage[on]; s >= 0 {
			out = append(out, g.nodes[s])
		}
	}
	return out
}

// goes is in which way things go on without one of them.
type goes uint8

const (
	running  goes = iota // what is up, with whatever can take over
	untaken              // what is up, as long as nothing has taken over
	bringing             // what can be brought back
)

// without tells what cannot work while one node is gone; users and groups are those of the graph.
func (g *Graph) without(lost int, users [][]user, groups int, how goes) []bool {
	alive, first, n := make([]int, groups), make([]int, len(g.groups)), 0
	for i := range g.groups {
		first[i] = n
		for _, group := range g.groups[i] {
			alive[n] = len(group)
			n++
		}
	}
	if how != bringing {
		for at := range g.later {
			alive[first[at.node]+at.nth]++ // it is never missed
		}
	}
	only := map[int32]int{}
	if how == untaken {
		for at, acts := range g.acts {
			n := first[at.node] + at.nth
			alive[n], only[int32(n)] = 1, acts
		}
	}
	dead := make([]bool, len(g.nodes))
	dead[lost] = true
	for todo := []int{lost}; len(todo) > 0; {
		m := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, u := range users[m] {
			if by, is := only[u.group]; is && by != m {
				continue
			}
			if alive[u.group]--; alive[u.group] == 0 && !dead[u.node] {
				dead[u.node], todo = true, append(todo, int(u.node))
			}
		}
	}
	return dead
}
