package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"switchyard/model"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// Shift asks to move cells by one notch: to model.Both from one cluster, or from both to blue or green.
type Shift struct {
	Cells []model.Cell `json:"cells"`
	To    model.Route  `json:"to"`
}

// shiftText is a Shift as it is written: many cells are few lines.
type shiftText struct {
	Cells record.Touches `json:"cells"` // as of TouchesCells
	To    string         `json:"to"`
}

// MarshalJSON writes the cells as a tree.
func (s Shift) MarshalJSON() ([]byte, error) {
	return json.Marshal(shiftText{TouchesCells(s.Cells), s.To.String()})
}

// UnmarshalJSON reads what MarshalJSON wrote. The cells are in order, each once.
func (s *Shift) UnmarshalJSON(raw []byte) error {
	if bytes.Equal(raw, []byte("null")) {
		return nil
	}
	var text shiftText
	err := Strictly(raw, &text)
	if err == nil {
		s.To, err = RouteCalled(text.To)
	}
	if err == nil {
		s.Cells, err = CellsOf(text.Cells)
	}
	if err != nil {
		return fmt.Errorf("reading a shift: %w", err)
	}
	return nil
}

// RouteCalled reads blue, both or green: what can be shifted to.
func RouteCalled(word string) (model.Route, error) {
	for _, r := range []model.Route{routes.Blue, routes.Both, routes.Green} {
		if r.String() == word {
			return r, nil
		}
	}
	return model.Route{}, fmt.Errorf("nothing is shifted to %q: write blue, both or green", model.Clean(word))
}

// TouchesCells are cells as a tree: chain/region/kind.
func TouchesCells(cells []model.Cell) record.Touches {
	paths, parts := make([][]string, len(cells)), make([]string, 3*len(cells))
	for i, c := range cells {
		at := i
		switch { // immutable comes before regular in words
		case i+1 < len(cells) && paired(c, cells[i+1]):
			at = i + 1
		case i > 0 && paired(cells[i-1], c):
			at = i - 1
		}
		p := parts[3*at : 3*at+3 : 3*at+3]
		p[0], p[1], p[2] = c.Chain, c.Region, c.Kind.String()
		paths[at] = p
	}
	return record.TouchesEach(paths)
}

// paired tells that two cells are a chain's and region's regular one and the immutable one behind it.
func paired(a, b model.Cell) bool {
	return a.Kind == model.Regular && b.Kind == model.Immutable && a.Region == b.Region && a.Chain == b.Chain
}

// maxCells bounds what a few short lines can stand for.
const maxCells = 1 << 18

// CellsOf are the cells that TouchesCells made a tree of, in order.
func CellsOf(t record.Touches) ([]model.Cell, error) {
	var out []model.Cell
	for path := range t.Paths() {
		c := model.Cell{}
		switch {
		case len(path) != 3:
			return nil, fmt.Errorf("%q is no cell: write chain/region/kind", model.Clean(record.Touch(path...)))
		case len(out) == maxCells:
			return nil, fmt.Errorf("more than %d cells at once", maxCells)
		}
		c.Chain, c.Region = path[0], path[1]
		if err := c.Kind.UnmarshalText([]byte(path[2])); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.SortFunc(out, model.Cell.Compare)
	return out, nil
}

// inOrder are the cells in order, each once.
func inOrder(cells []model.Cell) []model.Cell {
	if !slices.IsSortedFunc(cells, model.Cell.Compare) {
		cells = slices.SortedFunc(slices.Values(cells), model.Cell.Compare)
	}
	return slices.Compact(slices.Clone(cells))
}

func (s *Shift) words() (verb, says, confirm string) {
	what := model.Plural(len(s.Cells), "cell")
	name := what
	if len(s.Cells) == 1 {
		what, name = s.Cells[0].String(), s.Cells[0].Chain
	}
	return "shift", model.Clean(fmt.Sprintf("shift %s to %s", what, s.To)), model.Clean(fmt.Sprintf("shift %s to %s", name, s.To))
}

func (s *Shift) plan(w World, id string) (*Plan, error) {
	if len(s.Cells) > maxCells {
		return nil, fmt.Errorf("planning a shift: %d cells, more than %d at once", len(s.Cells), maxCells)
	}
	own := &Shift{inOrder(s.Cells), s.To}
	v := w.shifting(own)
	if v.err != nil && w.batch != nil && len(v.cells) == 0 && v.there == len(own.Cells) && v.there > 0 {
		return own.seen(w, id)
	}
	if v.err != nil {
		return nil, fmt.Errorf("planning a shift: %w", v.err)
	}
	p := &Plan{ID: id, Ask: Ask{Shift: own}}
	p.Verb, p.Says, p.Confirm = own.words()
	guards := v.guards()
	var err error
	if v.adds {
		err = v.adding(w, p, guards)
	} else {
		err = v.removing(w, p, guards)
	}
	if err != nil {
		return nil, fmt.Errorf("planning a shift: %w", err)
	}
	p.name()
	p.Costs, p.Undo = v.costs(w), v.undo(w)
	if v.back() {
		if err := w.preemptShifts(p); err != nil {
			return nil, err
		}
	}
	return w.Finish(p, guards...)
}

// publish is the step that makes the document the one that counts.
func (v *shifting) publish(w World, guards []string) Step {
	seq := w.State.RoutesSeq
	return Step{
		Order: Order{Publish: &Publish{Follows: seq, Cells: v.tree, To: v.to.String(), Cluster: v.cluster, Adds: v.adds,
			SHA256: v.sums[1]}},
		Guards: guards, Limit: w.Policy.StartLimit, Changes: []Change{{Guard: GuardRoutes}},
		Back: &Step{Order: Order{Publish: &Publish{Again: seq, Cluster: v.cluster, SHA256: v.sums[0]}}, Limit: w.Policy.StartLimit},
	}
}

// adding gives cells to a cluster: first the routes, then its Directors. The one that had them keeps them.
func (v *shifting) adding(w World, p *Plan, guards []string) error {
	pushes, err := w.pushes(v.cluster, "director-answers")
	for i := range pushes {
		if d := pushes[i].Order.Push; d != nil {
			d.Pressing = v.back()
		}
	}
	p.Steps = append([]Step{v.publish(w, guards)}, pushes...)
	return err
}

// removing takes cells from a cluster, when the Directors of the other have them for certain, and nothing of them is under way.
func (v *shifting) removing(w World, p *Plan, guards []string) error {
	stays, err := w.directors(v.stays())
	for _, name := range stays {
		p.Steps = append(p.Steps, Step{Order: Order{Effective: &OnDirector{Cluster: v.stays(), Director: name}}, Limit: w.pushLimit()})
	}
	pushes, perr := w.pushes(v.cluster, "stay-answers", "stay-effective")
	p.Steps = append(p.Steps, Step{Order: Order{Drained: &Drained{Cluster: v.cluster, Cells: v.tree}}, Limit: w.Policy.RunLimit},
		v.publish(w, guards))
	p.Steps = append(p.Steps, pushes...)
	return errors.Join(err, perr)
}

// pushes are the steps that bring the routes to the Directors of a cluster, the active one first. Where another control plane pushes they
// only wait for it. What goes wrong with a passive one does not stop the others.
func (w World) pushes(c model.Cluster, guards ...string) (steps []Step, err error) {
	names, err := w.directors(c)
	limit := w.pushLimit()
	if w.Routing.Unpushed[c] {
		limit = w.Policy.RunLimit
	} else {
		for i, name := range names {
			steps = append(steps, Step{Order: Order{Push: &OnDirector{Cluster: c, Director: name}}, Limit: limit, Spares: i > 0,
				Guards: append([]string{GuardRoutes}, guards...)})
		}
	}
	for i, name := range names {
		steps = append(steps, Step{Order: Order{Effective: &OnDirector{Cluster: c, Director: name}}, Limit: limit, Spares: i > 0})
	}
	return steps, err
}

// directors are those of a cluster as the configuration names them, the active one first.
func (w World) directors(c model.Cluster) (names []string, err error) {
	all := w.view(c).Directors
	if len(all) == 0 {
		return nil, fmt.Errorf("no Director of %s is known: %w", c, model.ErrNone)
	}
	for i := range all {
		names = append(names, w.called(c, i))
	}
	return names, nil
}

// called is how orders name a Director of a cluster by its place: a passive one may have the active one's name.
func (w World) called(c model.Cluster, place int) string {
	all := w.view(c).Directors
	switch {
	case place >= len(all):
		return ""
	case place == 0:
		return all[0].Name
	}
	return model.PassiveOf(c, all[place].Name, all[0].Name).Name
}

// preemptShifts lets the way back take the place of shifts that are not over, and of nothing else.
func (w World) preemptShifts(p *Plan) error {
	if err := w.Preempt(p); err != nil {
		return err
	}
	p.Supersedes = slices.DeleteFunc(p.Supersedes, func(o Other) bool {
		a := w.State.Action(o.Action)
		return a == nil || a.Verb != p.Verb
	})
	p.Emergency = len(p.Supersedes) > 0 || w.Policy.EmergencyApprovals < w.Policy.Approvals
	return nil
}

// on is the cluster whose Directors must answer for a plan: that which is asked to act, or of a shift that which takes the cells then.
func (p *Plan) on() model.Cluster {
	for i := range p.Steps {
		if b := p.Steps[i].Order.Publish; b != nil && b.Adds {
			return b.Cluster
		} else if b != nil {
			return 1 - b.Cluster
		}
	}
	return p.Ask.cluster()
}

// adds tells that it gives cells to the cluster that it is on.
func (p *Plan) adds() bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Order.Publish != nil && s.Order.Publish.Adds })
}

// directors are the passive Directors among a plan's steps on the cluster that must answer, as sources.
func (p *Plan) directors() (n Needs) {
	for i := range p.Steps {
		for _, d := range []*OnDirector{p.Steps[i].Order.Push, p.Steps[i].Order.Effective} {
			if d != nil && d.Cluster == p.on() {
				n.add(Needs{Must: []model.Source{model.DirectorOf(d.Cluster, d.Director)}})
			}
		}
	}
	return n
}
