package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// Loop is a circle of things, each of which needs the next one to be brought back, and the last one the first.
type Loop []model.Node

func (l Loop) String() string {
	words := make([]string, 0, len(l)+1)
	for _, n := range l {
		words = append(words, n.String())
	}
	return strings.Join(append(words, l[0].String()), " -> ")
}

// Loops are the circles that would hold everything up if all were lost at once.
type Loops struct {
	Verdict model.Verdict `json:"no_loop"`        // Holds: there is none. Unknown: nobody can tell
	Loops   []Loop        `json:"loops"`          // with Unknown: those that are there unless a backup is there of which nobody can tell
	Cut     bool          `json:"more,omitempty"` // there are more
	Why     string        `json:"why,omitempty"`  // it is not known
}

// What is told of loops.
const (
	toldLoops = 100
	loopSteps = 200_000
)

// Loops finds what cannot be brought back because it needs itself. What can be, in some order, when all is lost, is in no loop: a chain
// with backups on two clusters needs only one of them.
func (g *Graph) Loops() Loops {
	loops, cut := g.loops(true)
	if len(loops) > 0 {
		return Loops{Verdict: model.Fails, Loops: loops, Cut: cut}
	}
	if g.untold > 0 {
		if loops, cut = g.loops(false); len(loops) > 0 {
			return Loops{Loops: loops, Cut: cut, Why: "the backups of " + plural(g.untold, "chain") + " are not known"}
		}
	}
	if no := g.Undeclared(); len(no) > 0 {
		return Loops{Loops: []Loop{}, Why: "what " + no[0].String() + " needs is not declared: write needs: in the configuration"}
	}
	return Loops{Verdict: model.Holds, Loops: []Loop{}}
}

// Restorable tells whether a thing can be brought back when all is lost.
func (g *Graph) Restorable(n model.Node) model.Verdict {
	i, is := g.index[n]
	switch {
	case !is:
		return model.Unknown
	case g.back(false)[i]:
		return model.Holds
	case g.untold > 0 && g.back(true)[i]:
		return model.Unknown
	}
	return model.Fails
}

// back tells what can be brought back, in some order, when all is lost; trusting counts backups of which nobody can tell.
func (g *Graph) back(trusting bool) []bool {
	users, left, met := g.users()
	back := make([]bool, len(g.nodes))
	var todo []int
	for i := range g.nodes {
		switch left[i] = len(g.groups[i]); {
		case g.maybe[i] && trusting, left[i] == 0 && !g.maybe[i]:
			back[i], todo = true, append(todo, i)
		}
	}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, u := range users[n] {
			if met[u.group] {
				continue
			}
			met[u.group] = true
			if left[u.node]--; left[u.node] == 0 && !back[u.node] && !g.maybe[int(u.node)] {
				back[u.node], todo = true, append(todo, int(u.node))
			}
		}
	}
	return back
}

type user struct{ node, group int32 }

// users are, of each node, the groups that it is a member of, which are numbered through.
func (g *Graph) users() (users [][]user, left []int, met []bool) {
	count, members, n := make([]int, len(g.nodes)), 0, 0
	for i := range g.groups {
		n += len(g.groups[i])
		for _, group := range g.groups[i] {
			members += len(group)
			for _, m := range group {
				count[m]++
			}
		}
	}
	all, from := make([]user, members), 0
	users = make([][]user, len(g.nodes))
	for i, k := range count {
		users[i] = all[from : from : from+k]
		from += k
	}
	n = 0
	for i := range g.groups {
		for _, group := range g.groups[i] {
			for _, m := range group {
				users[m] = append(users[m], user{int32(i), int32(n)})
			}
			n++
		}
	}
	return users, count, make([]bool, n)
}

// loops are the circles among what cannot be brought back.
func (g *Graph) loops(trusting bool) (out []Loop, cut bool) {
	back := g.back(trusting)
	said := map[string]bool{}
	steps := loopSteps
	for _, knot := range g.knots(back) {
		in := map[int]bool{}
		for _, n := range knot {
			in[n] = true
		}
		var path []int
		on := map[int]bool{}
		var walk func(first, n int)
		walk = func(first, n int) {
			if steps--; steps < 0 || len(out) >= toldLoops {
				cut = true
				return
			}
			path, on[n] = append(path, n), true
			for _, group := range g.groups[n] {
				for _, m := range group {
					switch {
					case m == first:
						if l := g.told(path); !said[l.String()] {
							said[l.String()] = true
							out = append(out, l)
						}
					case m > first && in[m] && !on[m]:
						walk(first, m)
					}
				}
			}
			path, on[n] = path[:len(path)-1], false
		}
		for _, n := range knot {
			walk(n, n)
		}
	}
	slices.SortFunc(out, func(a, b Loop) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a.String(), b.String())
	})
	return out, cut
}

// told is a circle without the backups in it, from its catalog on, or from what comes first by name.
func (g *Graph) told(path []int) Loop {
	var l Loop
	for _, n := range path {
		if g.nodes[n].Kind != copies {
			l = append(l, g.nodes[n])
		}
	}
	first := 0
	less := func(a, b model.Node) bool {
		if (a.Kind == model.NodeCatalog) != (b.Kind == model.NodeCatalog) {
			return a.Kind == model.NodeCatalog
		}
		return a.String() < b.String()
	}
	for i := range l {
		if less(l[i], l[first]) {
			first = i
		}
	}
	return append(slices.Clone(l[first:]), l[:first]...)
}

// knots are the sets of nodes that cannot be brought back and of which each needs all others; their nodes ascend.
func (g *Graph) knots(back []bool) (out [][]int) {
	k := knotter{g: g, back: back, at: make([]int, len(g.nodes)), low: make([]int, len(g.nodes)), on: make([]bool, len(g.nodes))}
	for n := range g.nodes {
		if !back[n] && k.at[n] == 0 {
			k.visit(n)
		}
	}
	return k.out
}

// knotter is Tarjan's algorithm. It calls itself once a node on the way, and ways are short: chain, backups, cluster, catalog.
type knotter struct {
	g       *Graph
	back    []bool
	at, low []int
	on      []bool
	stack   []int
	n       int
	out     [][]int
}

func (k *knotter) visit(n int) {
	k.n++
	k.at[n], k.low[n] = k.n, k.n
	k.stack, k.on[n] = append(k.stack, n), true
	self := false
	for _, group := range k.g.groups[n] {
		for _, m := range group {
			switch {
			case k.back[m]:
			case m == n:
				self = true
			case k.at[m] == 0:
				k.visit(m)
				k.low[n] = min(k.low[n], k.low[m])
			case k.on[m]:
				k.low[n] = min(k.low[n], k.at[m])
			}
		}
	}
	if k.low[n] != k.at[n] {
		return
	}
	i := slices.Index(k.stack, n)
	knot := slices.Clone(k.stack[i:])
	k.stack = k.stack[:i]
	for _, m := range knot {
		k.on[m] = false
	}
	if len(knot) > 1 || self {
		slices.Sort(knot)
		k.out = append(k.out, knot)
	}
}

// loop is a gate about loops: of one thing, or of all for the zero Node.
func (f *facts) loop(p Phase, id, says string, of model.Node) {
	g := f.add(p, id, says, model.Block)
	g.Do, g.Source = "break it: switchyard loop tells it", "the configuration's needs, and both catalogs"
	graph := f.graph()
	loops := f.looped()
	if len(graph.Undeclared()) > 0 {
		g.Do = "declare it: switchyard loop --help tells how"
	}
	at := f.now
	for _, c := range model.Clusters {
		t, why := f.heard(model.CatalogOf(c))
		if why != "" && loops.Verdict == model.Holds { // a backup that was there may be gone
			g.unknown(why)
			f.silent[g.ID] = f.snap.Source(model.CatalogOf(c)) != nil
			return
		}
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	verdict, value := loops.Verdict, "none"
	if of != (model.Node{}) && loops.Verdict != model.Holds {
		if verdict = graph.Restorable(of); verdict == model.Holds && len(graph.Undeclared()) > 0 {
			verdict = model.Unknown
		}
		if verdict == model.Holds {
			value = "none on its way"
		}
	}
	if len(loops.Loops) > 0 && verdict != model.Holds {
		value = loops.Loops[0].String()
		if n := len(loops.Loops) - 1; n > 0 {
			value += fmt.Sprintf("; and %d more", n)
		}
	}
	g.judge(verdict == model.Holds, at, value)
	if verdict == model.Unknown {
		g.Verdict, g.At = model.Unknown, time.Time{}
		if loops.Why != "" {
			g.Value = loops.Why
		}
	}
}

// looped finds the loops, once.
func (f *facts) looped() Loops {
	if f.loops == nil {
		l := f.graph().Loops()
		f.loops = &l
	}
	return *f.loops
}

// graph is made once.
func (f *facts) graph() *Graph {
	if f.needs == nil {
		f.needs = Build(*f.World)
	}
	return f.needs
}

// journalApart wants the journal away from what it tells how to bring back.
func (f *facts) journalApart() {
	g := f.add(Candidate, "journal-apart", "the journal lies apart from the catalogs, from what is backed up, and from green's AWS region",
		model.Block)
	g.Do, g.Source = "put it elsewhere", "the configuration's needs"
	told := slices.ContainsFunc(f.Needs, func(n model.Need) bool { return n.Of.Kind == model.NodeJournal })
	if !told {
		g.unknown("where it lies is not declared: needs: {journal: [...]} in the configuration")
		g.Do = "declare it: switchyard loop --help tells how"
		return
	}
	region := ""
	if first, _ := f.pair(); first != nil {
		region = first.Region
	}
	for _, n := range f.graph().Reaches(model.Node{Kind: model.NodeJournal, Name: ""}) {
		if n.Kind == model.NodeChain || n.Kind == model.NodeCatalog || n.Kind == model.NodeAWSRegion && n.Name == region {
			g.judge(false, f.now, "it needs "+n.String())
			return
		}
	}
	if f.snap.RDS != nil && region == "" {
		g.unknown("which AWS region takes writes is not known")
		f.silent[g.ID] = true
		return
	}
	g.judge(true, f.now, "it needs none of them")
}
