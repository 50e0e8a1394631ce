package plan

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/routes"
)

// guards are the ids of those of a shift. The way back asks for nothing of green, of AWS or of what is not known.
func (v *shifting) guards() []string {
	ids := []string{GuardRoutes, "shift-possible", "no-gap"}
	switch {
	case v.back():
		return append(ids, "director-answers", "passive-answers", "catalog-writes", guardBack)
	case v.adds:
		return append(ids, "director-answers", "passive-answers", "catalog-writes", "clients-answer", "clients-asked", "storages-there",
			"storages-asked", "first-night", "one-dump", "storage-room", guardCovers)
	}
	ids = append(ids, "stay-answers", "stay-effective", "stay-pushed", guardCovers, "catalog-writes", "proven-good", "tried-well")
	if v.stays() == model.Blue {
		return ids
	}
	return append(ids,
		"volumes-protected", "proven-size", "proven-rate",
		"proven-restored", "proven-retention", "rds-healthy", "dr-ready")
}

func init() {
	for id, g := range map[string]guard{
		"shift-possible":  {judge: ofShift(World.shiftPossible)},
		"no-gap":          {judge: ofShift(World.noGap)},
		"passive-answers": {judge: ofShift(World.passiveAnswers), needs: ofDirector, aside: true},
		"stay-answers":    {judge: ofShift(World.stayAnswers), needs: ofDirector, aside: true},
		"stay-pushed":     {judge: ofShift(World.stayPushed), needs: ofDirector, aside: true},
		"first-night":     {judge: ofShift(World.firstNight), needs: ofAll},
		"one-dump":        {judge: ofShift(World.oneDump), needs: ofAll},
		"storage-room":    {judge: ofShift(World.storageRoom), needs: ofAll},
		"rds-healthy":     {judge: ofShift(World.rdsHealthy), needs: ofPair},
		"dr-ready":        {judge: ofShift(World.drReady), needs: ofPair},
	} {
		guards[id] = g
	}
	for id, g := range cellGuards {
		needs := ofBoth
		if id == "proven-size" {
			needs = ofAll
		}
		guards[id] = guard{judge: g.judgeAll(id), needs: needs, aside: id == "stay-effective", proof: id == "proven-restored"}
	}
}

// ofShift judges the shift that was asked for.
func ofShift(judge func(World, *Plan, *shifting) model.Check) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, past Past) model.Check { return judge(w, p, w.shiftingAt(p, past)) }
}

// shiftPossible is bound to the document that it comes to.
func (w World) shiftPossible(_ *Plan, v *shifting) model.Check {
	c := model.Check{Says: "the routes can be read, and the cells go that way", Bar: model.Block}
	if v.err != nil {
		c.Value = model.Clean(v.err.Error())
		return c
	}
	c.Verdict, c.At, c.Fact = model.Holds, w.Now, v.sums[1]
	c.Value = fmt.Sprintf("%d of %s", len(v.cells), v.from)
	return c
}

// noGap proves it of the whole inventory, and of every moment in which some Directors have the new routes and others the old ones.
func (w World) noGap(_ *Plan, v *shifting) model.Check {
	c := model.Check{Says: "no cell is left without a cluster at any moment", Bar: model.Block}
	if v.err != nil {
		c.Value = "it is not known what it comes to"
		return c
	}
	c.Verdict, c.At = model.Holds, w.Now
	var bad []model.Cell
	gaps := 0
	before, after := v.doc.Walk(), v.next.Walk()
	for i := range v.inv.Cells {
		cell := v.inv.Cells[i].Cell
		was, is := before(cell), after(cell)
		switch {
		case was.Gap() && is.Gap():
			gaps++
		case was.Gap():
		case is.Gap(), was[model.Blue] != is[model.Blue] && was[model.Green] != is[model.Green]:
			bad = append(bad, cell)
		}
	}
	switch {
	case len(bad) > 0:
		c.Verdict, c.Value = model.Fails, "a gap of "+routes.Some(bad)
	case gaps > 0:
		c.Value = fmt.Sprintf("none by this; %d that were there before stay: switchyard routes check lists them", gaps)
	default:
		c.Value = fmt.Sprintf("%d cells, each with a cluster before, after and between", len(v.inv.Cells))
	}
	return c
}

// passiveAnswers only warns: a failed push to a passive Director leaves both clusters with the cells.
func (w World) passiveAnswers(p *Plan, v *shifting) (c model.Check) {
	if v.err == nil {
		c = w.othersAnswer(p.on())
	}
	c.Bar, c.Says = model.Caution, fmt.Sprintf("%s's passive Director answers", p.on())
	return c
}

// othersAnswer tells of the passive Directors of a cluster. Which they are is bound.
func (w World) othersAnswer(on model.Cluster) (c model.Check) {
	names, err := w.directors(on)
	switch {
	case err != nil:
		c.Value = model.Clean(err.Error())
		return c
	case len(names) == 1:
		c.Verdict, c.At, c.Value = model.Holds, w.Now, "there is none"
		return c
	}
	c.Verdict, c.At, c.Value, c.Fact = model.Holds, w.Now, strings.Join(names[1:], ", "), strings.Join(names[1:], " ")
	for _, name := range names[1:] {
		s := w.source(model.DirectorOf(on, name))
		if s.At.Before(c.At) {
			c.At = s.At
		}
		if heard, why := w.heard(s); !heard {
			c.Verdict, c.Value = model.Unknown, name+": "+why
			return c
		}
	}
	return c
}

// stayAnswers wants both Directors of the cluster that is left with the cells: after a takeover the passive one alone has them.
func (w World) stayAnswers(p *Plan, v *shifting) model.Check {
	on := p.on()
	if v.err != nil {
		return model.Check{Says: fmt.Sprintf("every Director of %s answers", on), Value: "it is not known which cells move"}
	}
	c, passive := w.directorAnswers(on), w.othersAnswer(on)
	c.Says = fmt.Sprintf("every Director of %s answers", on)
	c.Bar = model.Block
	if c.Verdict == model.Holds {
		c.Verdict, c.Value = passive.Verdict, strings.TrimSuffix(c.Value+", "+passive.Value, ", there is none")
		c.Fact = strings.TrimSpace(c.Fact + " " + passive.Fact)
		if passive.At.Before(c.At) {
			c.At = passive.At
		}
	}
	return c
}

const neverPushed = ": no file of Switchyard's is loaded"

// stayPushed wants the routes to have been pushed to every Director of the cluster that is left with the cells: whether another file has
// them all is seen by no look, and a step that waits for it waits in vain.
func (w World) stayPushed(p *Plan, v *shifting) model.Check {
	on := p.on()
	c := model.Check{Says: fmt.Sprintf("every Director of %s has loaded what was pushed to it", on), Bar: model.Block}
	names, err := w.directors(on)
	switch {
	case v.err != nil:
		c.Value = "it is not known which cells move"
		return c
	case err != nil:
		c.Value = model.Clean(err.Error())
		return c
	case w.Routing.Unpushed[on]:
		c.Verdict, c.At, c.Value = model.Holds, w.Now, "another control plane pushes to them"
		return c
	}
	c.Verdict, c.Fact = model.Holds, strings.Join(names, " ")
	var loaded, lacks []string
	for i, name := range names {
		d := &w.view(on).Directors[i]
		if c.At.IsZero() || d.At.Before(c.At) {
			c.At = d.At
		}
		switch canary := model.CanaryOf(d.Jobs); {
		case d.Jobs == nil:
			c.Verdict, c.Value = model.Unknown, model.DirectorCalled(name, i)+" does not tell which jobs it has"
			return c
		case canary == "":
			lacks = append(lacks, model.DirectorCalled(name, i))
		default:
			loaded = append(loaded, model.DirectorCalled(name, i)+" "+canary)
		}
	}
	if len(lacks) > 0 {
		c.Verdict, c.Value = model.Fails, strings.Join(lacks, " and ")+neverPushed
		return c
	}
	c.Value = strings.Join(loaded, ", ")
	return c
}

// cellGuard judges each cell that moves by itself: those that it refuses are told by cause, and the others can go without them.
type cellGuard struct {
	says   func(on model.Cluster) string
	bar    model.Bar
	limit  func(w World) string
	do     string // what mends it
	judge  func(w World, v *shifting, on model.Cluster) func(*board.CellView, *model.Placement) (model.Verdict, string)
	source func(w World, on model.Cluster) (at time.Time, why string)
}

// verdicts are those on all cells of a shift.
type verdicts struct {
	fails, unknown int
	causes         []routes.Cause
	sum            string // of what is refused
}

func (g cellGuard) judgeAll(id string) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, past Past) model.Check {
		on, v := p.on(), w.shiftingAt(p, past)
		c := model.Check{Says: g.says(on), Bar: g.bar}
		if g.limit != nil {
			c.Limit = g.limit(w)
		}
		if v.err != nil {
			c.Value = "it is not known which cells move"
			return c
		}
		at, why := w.fresh(on)
		if g.source != nil {
			at, why = g.source(w, on)
		}
		if why != "" {
			c.Value = why
			return c
		}
		r := g.all(id, w, v, on)
		c.At, c.Fact, c.Verdict, c.Value = at, r.sum, model.Holds, fmt.Sprintf("all %d cells", len(v.cells))
		if r.unknown > 0 {
			c.Verdict = model.Unknown
		}
		if r.fails > 0 {
			c.Verdict = model.Fails
		}
		if len(r.causes) > 0 {
			c.Value = causesSay(r.causes, len(v.cells))
		}
		return c
	}
}

// sumAtOnce bytes of what is refused are hashed together.
const sumAtOnce = 4096

// all judges every cell once for a world.
func (g cellGuard) all(id string, w World, v *shifting, on model.Cluster) *verdicts {
	if r := v.judged[id]; r != nil {
		return r
	}
	r := &verdicts{}
	v.judged[id] = r
	by := map[string]int{}
	at, last := -1, ""
	sum := sha256.New()
	refused := make([]byte, 0, sumAtOnce+256)
	judge := g.judge(w, v, on)
	for i, cell := range v.cells {
		verdict, why := model.Unknown, "nothing is known of it"
		if view := v.views[i]; view != nil {
			verdict, why = judge(view, v.placed[i])
		}
		if verdict == model.Holds {
			continue
		}
		if verdict == model.Fails {
			r.fails++
		} else {
			r.unknown++
		}
		if at < 0 || why != last {
			known := false
			if at, known = by[why]; !known {
				at = len(r.causes)
				by[why] = at
				r.causes = append(r.causes, routes.Cause{Says: why, Do: g.do})
			}
			if last = why; len(r.causes) == 1 && r.causes[0].Cells == nil { // what refuses one often refuses all
				r.causes[0].Cells = make([]model.Cell, 0, len(v.cells)-i)
			}
		}
		r.causes[at].Cells = append(r.causes[at].Cells, cell)
		refused = append(append(append(append(refused, cell.Chain...), '/'), cell.Region...), '/', byte(cell.Kind), byte(verdict))
		if len(refused) > sumAtOnce {
			sum.Write(refused)
			refused = refused[:0]
		}
	}
	if len(r.causes) > 0 {
		sum.Write(refused)
		r.sum = hex.EncodeToString(sum.Sum(nil)[:8])
	}
	slices.SortStableFunc(r.causes, func(a, b routes.Cause) int { return cmp.Compare(len(b.Cells), len(a.Cells)) })
	return r
}

// toldCauses bounds how many causes a line tells.
const toldCauses = 4

func causesSay(causes []routes.Cause, of int) string {
	var parts []string
	for _, c := range causes[:min(len(causes), toldCauses)] {
		parts = append(parts, fmt.Sprintf("%d of %d: %s (%s)", len(c.Cells), of, c.Says, routes.Some(c.Cells)))
	}
	if n := len(causes) - toldCauses; n > 0 {
		parts = append(parts, fmt.Sprintf("and %d causes more", n))
	}
	return model.Clean(strings.Join(parts, "; "))
}

// Refused are the cells of a shift that no reason lets through, by cause: without them it can go. An error is one of the whole shift; of a
// *routes.Refusal the causes are given.
func (s *Shift) Refused(w World) ([]routes.Cause, error) {
	return s.held(w, func(_ string, g cellGuard) bool { return g.bar == model.Block })
}

// NeedReason are those that a guard lets through with a reason only, by cause.
func (s *Shift) NeedReason(w World) ([]routes.Cause, error) {
	return s.held(w, func(_ string, g cellGuard) bool { return g.bar == model.Override })
}

// HeldBy are those that some guards hold up, by cause, whatever lets them through.
func (s *Shift) HeldBy(w World, ids ...string) ([]routes.Cause, error) {
	return s.held(w, func(id string, _ cellGuard) bool { return slices.Contains(ids, id) })
}

// OfCells tells whether a guard judges each cell of a shift: then the others can go on without those that it holds up.
func OfCells(id string) bool {
	_, is := cellGuards[id]
	return is
}

func (s *Shift) held(w World, by func(id string, g cellGuard) bool) (out []routes.Cause, err error) {
	own := &Shift{inOrder(s.Cells), s.To}
	if w.memo == nil {
		w.memo = &memo{}
	}
	v := w.shifting(own)
	if v.err != nil {
		return refusalOf(v.err), v.err
	}
	for _, id := range v.guards() {
		g, is := cellGuards[id]
		if !is || !by(id, g) {
			continue
		}
		out = append(out, g.all(id, w, v, v.stays()).causes...)
	}
	return out, nil
}
