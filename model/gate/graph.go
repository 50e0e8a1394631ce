package gate

import (
	"switchyard/model"
)

// copies are the backups of a chain on a storage of a cluster, as a kind of node that nobody declares.
const copies model.NodeKind = "backups"

// Graph is what needs what to be brought back, as declared and as known by now.
type Graph struct {
	nodes  []model.Node
	index  map[model.Node]int
	groups [][][]int    // of each node: all groups, of which one member is enough
	maybe  map[int]bool // nodes of backups of which nobody knows whether they are there
	untold int          // chains of which a catalog was not read
	cells  []cellCopies
	world  *World
	later  map[groupAt]bool // what is up goes on without one of these: it is needed to bring it back
	acts   map[groupAt]int  // the member of a group that does it now; another one has to take over first
}

// groupAt is a group of a node, by their places.
type groupAt struct{ node, nth int }

// cellCopies are the backups that a cell has: by cluster, the node of their storage and of themselves; -1: none. And what it is backed up
// from, and to, by the inventory.
type cellCopies struct {
	storage, copies [2]int
	place           *model.Placement // nil: the inventory does not have it
}

func (g *Graph) node(n model.Node) int {
	if i, is := g.index[n]; is {
		return i
	}
	i := len(g.nodes)
	g.nodes, g.groups = append(g.nodes, n), append(g.groups, nil)
	g.index[n] = i
	return i
}

func (g *Graph) need(of model.Node, any ...model.Node) groupAt {
	group := make([]int, len(any))
	for i, n := range any {
		group[i] = g.node(n)
	}
	i := g.node(of)
	g.groups[i] = append(g.groups[i], group)
	return groupAt{i, len(g.groups[i]) - 1}
}

// Build makes the graph: what is declared, and what the sources tell.
func Build(w World) *Graph {
	n := len(w.Snapshot.Cells)
	g := &Graph{index: make(map[model.Node]int, n/4+256), world: &w, nodes: make([]model.Node, 0, n+256), groups: make([][][]int, 0, n+256),
		maybe: map[int]bool{}, later: map[groupAt]bool{}, acts: map[groupAt]int{}}
	for _, c := range model.Clusters {
		g.cluster(c)
	}
	g.pair()
	g.chains()
	for _, n := range w.Needs {
		g.need(n.Of, n.Any...)
	}
	return g
}

func clusterNode(c model.Cluster) model.Node {
	return model.Node{Kind: model.NodeCluster, Name: c.String()}
}

// cluster backs up and restores with one of its Directors and with its catalog.
func (g *Graph) cluster(c model.Cluster) {
	var any []model.Node
	for i := range g.world.Snapshot.Seen {
		if s := g.world.Snapshot.Seen[i].Source; s.Kind == model.SourceDirector && s.Cluster == c {
			any = append(any, model.Node{Kind: model.NodeDirector, Name: s.Name})
		}
	}
	if len(any) > 0 {
		at := g.need(clusterNode(c), any...)
		if v := g.world.Snapshot.Clusters[c]; v != nil && len(v.Directors) > 0 && !v.Both {
			if i, is := g.index[model.Node{Kind: model.NodeDirector, Name: v.Scheduler().Name}]; is {
				g.acts[at] = i
			}
		}
	}
	g.need(clusterNode(c), model.Node{Kind: model.NodeCatalog, Name: c.String()})
}

// pair carries green's catalog. What takes over is recorded in the journal: without it nobody may, but what is up goes on.
func (g *Graph) pair() {
	catalog := model.Node{Kind: model.NodeCatalog, Name: model.Green.String()}
	g.later[g.need(catalog, model.Node{Kind: model.NodeJournal, Name: ""})] = true
	r := g.world.Snapshot.RDS
	if r == nil {
		return
	}
	var any []model.Node
	writes := -1
	for _, in := range []*model.Instance{r.Primary, r.Replica} {
		if in == nil {
			continue
		}
		n := model.Node{Kind: model.NodeInstance, Name: in.ID}
		any = append(any, n)
		if i := g.node(n); in.AWS.Seen() && !in.AWS.Value.IsReplica() && writes < 0 {
			writes = i
		}
		g.need(n, model.Node{Kind: model.NodeAWSRegion, Name: in.Region})
		if key := in.AWS.Value.KeyARN; key != "" {
			g.need(n, model.Node{Kind: model.NodeKey, Name: model.Clean(key)})
			g.need(model.Node{Kind: model.NodeKey, Name: model.Clean(key)}, model.Node{Kind: model.NodeAWSRegion, Name: in.Region})
		}
	}
	if len(any) > 0 {
		if at := g.need(catalog, any...); writes >= 0 {
			g.acts[at] = writes
		}
	}
}

// store is a Storage Daemon of a cluster, and what all backups on it need.
type store struct {
	on    model.Cluster
	name  string
	node  int
	needs [][]int
}

// chains are brought back from any good backup of any of their cells.
func (g *Graph) chains() {
	w := g.world
	cells := w.Snapshot.Cells
	g.cells = make([]cellCopies, len(cells))
	stores := map[model.Node]*store{}
	at, places := 0, w.Inventory.Cells
	for i := 0; i < len(cells); {
		chain := cells[i].Cell.Chain
		var any []int
		var of [2 * 8]struct {
			*store
			copies int
			maybe  bool
		}
		n, untold := 0, false
		for ; i < len(cells) && cells[i].Cell.Chain == chain; i++ {
			c, cell, name := &cells[i], &g.cells[i], ""
			for at < len(places) && places[at].Cell.Compare(c.Cell) < 0 {
				at++
			}
			if at < len(places) && places[at].Cell == c.Cell {
				name, cell.place = places[at].Storage, &places[at]
			}
			for _, on := range model.Clusters {
				cell.storage[on], cell.copies[on] = -1, -1
				s := &c.On[on]
				maybe := s.LastGood == nil
				if maybe && s.Read {
					continue
				}
				untold = untold || maybe
				k := 0
				for k < n && (of[k].on != on || of[k].name != name || of[k].maybe != maybe) {
					k++
				}
				if k == n {
					n = min(n+1, len(of)-1) // the last is written again: a chain in more regions has a node more than it needs
					of[k].store, of[k].copies, of[k].maybe = g.store(stores, on, name), len(g.nodes), maybe
					if maybe {
						g.maybe[len(g.nodes)] = true
					}
					g.nodes, g.groups = append(g.nodes, model.Node{Kind: copies}), append(g.groups, of[k].needs)
					any = append(any, of[k].copies)
				}
				if !maybe {
					cell.storage[on], cell.copies[on] = of[k].node, of[k].copies
				}
			}
		}
		if untold {
			g.untold++
		}
		top := g.node(model.Node{Kind: model.NodeChain, Name: chain})
		g.groups[top] = append(g.groups[top], any)
	}
}

func (g *Graph) store(all map[model.Node]*store, on model.Cluster, name string) *store {
	key := model.Node{Kind: model.NodeKind(on.String()), Name: name}
	s := all[key]
	if s == nil {
		s = &store{on: on, name: name, node: g.node(model.Node{Kind: model.NodeStorage, Name: on.String() + " " + model.Clean(name)})}
		s.needs = [][]int{{g.node(clusterNode(on))}, {s.node}}
		all[key] = s
	}
	return s
}

// Untold counts the chains of which nobody can tell what backups they have.
func (g *Graph) Untold() int { return g.untold }

// Undeclared are the catalogs of which nobody says what they need: where they lie is not known, so that no loop can be ruled out.
func (g *Graph) Undeclared() (out []model.Node) {
	for _, c := range model.Clusters {
		n := model.Node{Kind: model.NodeCatalog, Name: c.String()}
		known := c == model.Green && g.world.Snapshot.RDS != nil
		for _, d := range g.world.Needs {
			known = known || d.Of == n
		}
		if !known {
			out = append(out, n)
		}
	}
	return out
}

// Has tells whether there is such a node.
func (g *Graph) Has(n model.Node) bool { _, is := g.index[n]; return is }

// Reaches are all things that one may need, itself not among them unless it needs itself.
func (g *Graph) Reaches(from model.Node) (out []model.Node) {
	i, is := g.index[from]
	if !is {
		return nil
	}
	seen := make([]bool, len(g.nodes))
	for todo := []int{i}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, group := range g.groups[n] {
			for _, m := range group {
				if !seen[m] {
					seen[m] = true
					todo = append(todo, m)
					out = append(out, g.nodes[m])
				}
			}
		}
	}
	return out
}
