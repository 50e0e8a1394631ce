package plan

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/routes"
)

// guardCovers is of plans that push to a cluster: a push takes what its Directors start beside the routes, which may be all that backs up a
// cell.
const (
	guardCovers = "push-covers"
	guardBack   = "back-covers" // the same of the way back, which waits for nothing of green, and which nothing of it blocks
)

func init() {
	blocks := func(w World, p *Plan, _ Past) model.Check { return w.pushCovers(p, p.Ask.Failover == nil) }
	asks := func(w World, p *Plan, _ Past) model.Check { return w.pushCovers(p, false) }
	guards[guardCovers] = guard{judge: blocks, needs: ofStarting}
	guards[guardBack] = guard{judge: asks, needs: ofDirector}
}

// needTold are the guards of a takeover's routes. Those of a break-glass journal were given, or remembered, by somebody who may know older
// ones: what they would take from green's Directors is looked at.
func (w World) needTold() []string {
	ids := w.needRoutes(model.Green)
	if len(ids) > 0 && w.State != nil && w.State.Glass != nil {
		ids = append(ids, guardCovers)
	}
	return ids
}

// ofStarting are the Directors of a cluster, which start something, and those of the other: one that does not answer was asked, at least.
func ofStarting(c model.Cluster) Needs {
	n := ofDirector(c)
	n.add(ofDirector(1 - c))
	return n
}

// taken are cells that a push takes from a cluster's Directors.
type taken struct {
	kept           int          // the other cluster starts them
	bare           []model.Cell // the routes give them to the other cluster, which does not start them
	nobodys, still []model.Cell // the routes give them to nobody; whether the other cluster starts them is not told
	untold         []model.Cell // a Director has their jobs, and does not tell whether it starts them; the other cluster does not
}

// pushesTo is the cluster that a plan pushes to; false when it pushes to none, as another control plane does that.
func (p *Plan) pushesTo() (model.Cluster, bool) {
	for i := range p.Steps {
		if d := p.Steps[i].Order.Push; d != nil {
			return d.Cluster, true
		}
	}
	return p.on(), false
}

// takenBy looks at what the Directors start that a plan pushes to, beside the routes.
func (w World) takenBy(p *Plan, doc *routes.Document) (t taken) {
	on, _ := p.pushesTo()
	other := 1 - on
	var pushed [2]bool
	for i := range p.Steps {
		if d := p.Steps[i].Order.Push; d != nil && d.Cluster == on {
			for place := range pushed {
				pushed[place] = pushed[place] || place < len(w.view(on).Directors) && d.Director == w.called(on, place)
			}
		}
	}
	var gains []model.Cell // they stay
	if p.Ask.Shift != nil && p.adds() {
		gains = w.shifting(p.Ask.Shift).cells
	}
	route, acts := doc.Walk(), min(w.view(other).Acting, 1)
	for i := range w.Snapshot.Cells {
		v := &w.Snapshot.Cells[i]
		at := &v.On[on].At
		gives := v.Desired
		if gives == (model.Route{}) || w.State.Glass != nil { // nobody told the screen of these routes
			gives = route(v.Cell)
		}
		if gives[on] == model.Holds {
			continue
		}
		starts, may := false, false
		for place, is := range at {
			starts = starts || pushed[place] && is.Is == model.Holds
			may = may || pushed[place] && is.Is == model.Unknown && is.Why == board.IdleUntold
		}
		if !starts && !may {
			continue
		}
		if _, stays := slices.BinarySearchFunc(gains, v.Cell, model.Cell.Compare); stays {
			continue
		}
		switch is := v.On[other].At[acts].Is; {
		case !starts:
			if is == model.Fails {
				t.untold = append(t.untold, v.Cell)
			}
		case gives[other] != model.Holds:
			t.nobodys = append(t.nobodys, v.Cell)
		case is == model.Holds:
			t.kept++
		case is == model.Fails:
			t.bare = append(t.bare, v.Cell)
		default:
			t.still = append(t.still, v.Cell)
		}
	}
	return t
}

// pushCovers blocks a push that would take cells from the only cluster that starts them. In a takeover, on the way back, and where the
// routes give them to nobody, a reason is enough.
func (w World) pushCovers(p *Plan, blocks bool) model.Check {
	on, pushes := p.pushesTo()
	other := 1 - on
	c := model.Check{Says: fmt.Sprintf("what %s starts beside the routes is backed up without it", on), Bar: model.Override, Value: w.unread()}
	if c.Value != "" {
		return c
	}
	doc, err := RoutesOf(w.State)
	if err != nil {
		c.Value = model.Clean(err.Error())
		return c
	}
	t := w.takenBy(p, doc)
	c.Verdict, c.At = model.Fails, w.Now
	switch {
	case !pushes:
		c.Verdict, c.Value = model.Holds, "another control plane pushes to it"
	case len(t.bare) > 0:
		c.Value = fmt.Sprintf("%s is to start them, and does not: %s", other, routes.Some(t.bare))
		if blocks {
			c.Bar = model.Block
		}
	case len(t.nobodys) > 0:
		c.Value = "the routes give them to nobody: " + routes.Some(t.nobodys)
	case len(t.still) > 0:
		c.Verdict, c.At = model.Unknown, time.Time{}
		c.Value = fmt.Sprintf("whether %s starts them is not known: %s", other, routes.Some(t.still))
	case len(t.untold) > 0:
		c.Verdict, c.At = model.Unknown, time.Time{}
		c.Value = fmt.Sprintf("%s has their jobs and does not tell what is switched off, and %s does not start them: %s", on, other,
			routes.Some(t.untold))
	case t.kept > 0:
		c.Verdict, c.Value = model.Holds, fmt.Sprintf("%s starts them: %s", other, model.Plural(t.kept, "cell"))
	default:
		c.Verdict, c.Value = model.Holds, "it starts nothing beside them"
	}
	return c
}

// wayToCover is to a push that leaves every cell with a backup.
func (w World) wayToCover(p *Plan) string {
	on, _ := p.pushesTo()
	other := 1 - on
	switch {
	case w.State == nil:
		return wayToJournal
	case w.State.Glass != nil && p.Ask.Failover != nil:
		return "see whether these routes are those in force, and name another --break-glass DIR with --routes FILE where they are not"
	}
	return fmt.Sprintf(
		"bring %s back to the routes first (switchyard routes push %[1]s), or shift these cells to where they are started",
		other,
	)
}
