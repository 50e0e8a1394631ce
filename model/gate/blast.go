package gate

import (
	"time"

	"switchyard/model"
)

// Blast is what is lost with one thing, as long as it is gone.
type Blast struct {
	Of      model.Node   `json:"of"`
	With    []model.Node `json:"with"`    // what cannot work without it: neither backups nor the thing itself are among them
	Gone    int          `json:"gone"`    // cells whose every good backup lies on it
	Closed  int          `json:"closed"`  // cells none of whose good backups can be restored meanwhile; those that are gone count, too
	Stopped int          `json:"stopped"` // cells that nobody who takes them can back up meanwhile
	// the first promise that breaks meanwhile, and when; a zero At: none does, or it is broken already
	First *model.Cell `json:"first,omitempty"`
	At    time.Time   `json:"first_at,omitzero"`
	dead  []bool
	graph *Graph
}

// Without tells what is lost with a thing; false when there is none such. It is how things stand now: what needs each other goes on.
func (g *Graph) Without(lost model.Node) (*Blast, bool) {
	i, is := g.index[lost]
	if !is {
		return nil, false
	}
	b := &Blast{Of: lost, With: []model.Node{}, dead: g.without(i), graph: g}
	for n, dead := range b.dead {
		if dead && n != i && g.nodes[n].Kind != copies && g.nodes[n].Kind != model.NodeChain {
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
	if has > 0 && kept == 0 {
		b.Gone++
	}
	if has > 0 && open == 0 {
		b.Closed++
	}
	if !b.Stops(i) {
		return
	}
	b.Stopped++
	if at := c.Breaks(); at.After(g.world.Snapshot.At) && (b.At.IsZero() || at.Before(b.At)) {
		b.First, b.At = &c.Cell, at
	}
}

// Stops tells whether nobody who takes a cell, by its place in the snapshot, can back it up meanwhile.
func (b *Blast) Stops(i int) bool {
	g, c := b.graph, &b.graph.world.Snapshot.Cells[i]
	takes := false
	for _, on := range model.Clusters {
		if c.On[on].Has != model.Holds {
			continue
		}
		takes = true
		store := g.cells[i].storage[on]
		if !b.dead[g.index[clusterNode(on)]] && (store < 0 || !b.dead[store]) {
			return false
		}
	}
	return takes
}

// without tells what cannot work while one node is gone.
func (g *Graph) without(lost int) []bool {
	users, _, out := g.users()
	alive := make([]int, len(out))
	n := 0
	for i := range g.groups {
		for _, group := range g.groups[i] {
			alive[n] = len(group)
			n++
		}
	}
	dead := make([]bool, len(g.nodes))
	dead[lost] = true
	for todo := []int{lost}; len(todo) > 0; {
		m := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, u := range users[m] {
			if alive[u.group]--; alive[u.group] == 0 && !dead[u.node] {
				dead[u.node], todo = true, append(todo, int(u.node))
			}
		}
	}
	return dead
}
