package routes

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// Shifted is what a shift comes to.
type Shifted struct {
	Document *Document
	Moved    map[model.Route][]model.Cell // the cells that move, by the route that they had; in order
	There    []model.Cell                 // those that have the route already
}

// Shift is the document in which cells have moved by one notch: to Blue from Both, to Both from Blue or Green, to Green from Both; and to
// Blue or Green from None, which mends a gap. One cluster alone changes for each cell, and nothing is taken from the only one that takes
// it, so no moment of pushing it to one Director after the other has a gap that was not there. It changes nothing for any other cell, nor
// for chains that are added later, nor for chains that the inventory does not know. Unless extensions are allowed the document is plain.
// What stands in the way of any of the cells is a *Refusal.
func (d *Document) Shift(inv *model.Inventory, cells []model.Cell, to model.Route, extensions bool) (*Shifted, error) {
	if to != Blue && to != Both && to != Green {
		return nil, &Refusal{[]Cause{{"nobody may be left without a backup, so that nothing is shifted to " + to.String(),
			"shift to blue, both or green", cells}}}
	}
	if !slices.IsSortedFunc(cells, model.Cell.Compare) {
		cells = slices.SortedFunc(slices.Values(cells), model.Cell.Compare)
	}
	s := &Shifted{Moved: map[model.Route][]model.Cell{}}
	refused := &Refusal{}
	changed := map[target][]string{}
	route, knows := d.Walk(), known(inv)
	for i, c := range cells {
		if i > 0 && c == cells[i-1] {
			continue
		}
		from := route(c)
		switch {
		case !knows(c):
			refused.add("it is not in the inventory", "correct the name, or bring the inventory up to date", c)
		case from == to:
			s.There = append(s.There, c)
		case from == None && to == Both:
			refused.add("nobody takes it, so that both is two notches away", "give it to one of them first", c)
		case from != Both && to != Both && from != None:
			refused.add(from.String()+" takes it, so that "+to.String()+" is two notches away", "shift it to both first", c)
		default:
			if s.Moved[from] == nil { // what moves mostly comes from one route
				s.Moved[from] = make([]model.Cell, 0, (len(cells)-i)/(len(s.Moved)+1))
			}
			s.Moved[from] = append(s.Moved[from], c)
			for _, cluster := range model.Clusters {
				if from[cluster] != to[cluster] {
					at := target{cluster, placeOf(c), to[cluster] == model.Holds}
					changed[at] = append(changed[at], c.Chain)
				}
			}
		}
	}
	s.Document = d.changed(changed)
	if !extensions {
		s.Document.refuseExtended(changed, refused)
	}
	if len(refused.Causes) > 0 {
		return nil, refused
	}
	return s, nil
}

// known gives a function that tells whether the inventory has a cell. Cells in order are compared with those of the inventory one after the
// other, which costs less than to look each up.
func known(inv *model.Inventory) func(model.Cell) bool {
	next := 0
	return func(c model.Cell) bool {
		if next < len(inv.Cells) && inv.Cells[next].Cell == c {
			next++
			return true
		}
		i, ok := inv.Index(c)
		if ok {
			next = i + 1
		}
		return ok
	}
}

// target is where chains are added, or taken from.
type target struct {
	cluster model.Cluster
	place
	adds bool
}

// changed is the document with chains, in order, added to and taken from clusters.
func (d *Document) changed(by map[target][]string) *Document {
	out := &Document{}
	for _, c := range model.Clusters {
		out.takes[c] = make(map[string]region, len(d.takes[c]))
		for name, r := range d.takes[c] {
			out.takes[c][name] = r
		}
	}
	for at, names := range by {
		r := out.takes[at.cluster][at.region]
		if at.adds {
			r[at.kind] = r[at.kind].with(names)
		} else {
			r[at.kind] = r[at.kind].without(names)
		}
		if r.equal(region{}) {
			delete(out.takes[at.cluster], at.region)
		} else {
			out.takes[at.cluster][at.region] = r
		}
	}
	return out
}

// refuseExtended names the cells for which a document would need extensions.
func (d *Document) refuseExtended(changed map[target][]string, refused *Refusal) {
	targets := make([]target, 0, len(changed))
	for at := range changed {
		targets = append(targets, at)
	}
	slices.SortFunc(targets, func(a, b target) int {
		return cmp.Or(cmp.Compare(a.cluster, b.cluster), strings.Compare(a.region, b.region), cmp.Compare(a.kind, b.kind))
	})
	for _, at := range targets {
		r := d.takes[at.cluster][at.region]
		if r.plain() {
			continue
		}
		where := clusterKeys[at.cluster] + "." + at.region
		cause := where + " would take other chains for regular than for immutable backups, which only a list of rules can say"
		do := "shift both kinds of the same chains, or allow " + allow
		if r[model.Regular].excepts() || r[model.Immutable].excepts() {
			cause = where + " takes every chain, those that are added later too, and to take all but some is only said with except_chains"
			do = fmt.Sprintf(
				"decide first that the other cluster takes those that are added later (switchyard shift --later %s --to %s), or allow %s",
				at.region,
				model.Clusters[1-at.cluster],
				allow,
			)
		}
		for _, chain := range changed[at] {
			refused.add(cause, do, model.Cell{Chain: chain, Region: at.region, Kind: at.kind})
		}
	}
}

// Naming is the document in which each cluster, by model.Cluster, takes just those cells, all named.
func Naming(takes [2][]model.Cell) *Document {
	by := map[target][]string{}
	for c, cells := range takes {
		for _, cell := range slices.SortedFunc(slices.Values(cells), model.Cell.Compare) {
			at := target{model.Cluster(c), placeOf(cell), true}
			by[at] = append(by[at], cell.Chain)
		}
	}
	for at, names := range by {
		by[at] = slices.Compact(names)
	}
	return (&Document{}).changed(by)
}

// Refusal is why cells cannot be shifted, by cause. Its kind is model.ErrRoutes.
type Refusal struct{ Causes []Cause }

// Cause is one reason with the cells that it is about.
type Cause struct {
	Says  string // why
	Do    string // what to do about it
	Cells []model.Cell
}

func (r *Refusal) add(says, do string, c model.Cell) {
	i := slices.IndexFunc(r.Causes, func(c Cause) bool { return c.Says == says })
	if i < 0 {
		i = len(r.Causes)
		r.Causes = append(r.Causes, Cause{Says: says, Do: do})
	}
	r.Causes[i].Cells = append(r.Causes[i].Cells, c)
}

// Error tells each cause with its first cells by name.
func (r *Refusal) Error() string {
	lines := make([]string, len(r.Causes))
	for i, c := range r.Causes {
		lines[i] = fmt.Sprintf("%s cannot be shifted: %s; %s", Some(c.Cells), c.Says, c.Do)
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the kind.
func (r *Refusal) Unwrap() error { return model.ErrRoutes }

// Some names up to four cells, and counts the others.
func Some(cells []model.Cell) string {
	const most = 4
	names := make([]string, 0, most)
	for _, c := range cells[:min(most, len(cells))] {
		names = append(names, c.String())
	}
	if more := len(cells) - most; more > 0 {
		return fmt.Sprintf("%s and %d more cells", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}
