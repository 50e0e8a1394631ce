package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Past is how far an action is and what came of it so far. Guards, looks and calls are given it.
type Past struct {
	Action   string               `json:"action"`            // the plan's id
	Step     int                  `json:"step"`              // the one that is done now, from 1
	Back     bool                 `json:"back,omitempty"`    // its way back is gone
	Done     int                  `json:"done"`              // the first Done steps were seen done
	Stepped  time.Time            `json:"stepped,omitzero"`  // when the step before was
	Intended time.Time            `json:"intended,omitzero"` // when this one was first intended: a call may be on its way since
	Found    []record.Found       `json:"found,omitempty"`   // by the steps, in their order
	Attested []record.Attestation `json:"attested,omitempty"`
	Spared   []record.Spared      `json:"spared,omitempty"` // steps that went wrong and were done without
}

// PastOf is that of an action as the journal has it.
func PastOf(a *record.Action) Past {
	step, back := a.Current()
	return Past{
		Action:   a.ID,
		Step:     step,
		Back:     back,
		Done:     a.Done,
		Stepped:  a.Stepped,
		Intended: a.Intended,
		Found:    a.Found,
		Attested: a.Attested,
		Spared:   a.Spared,
	}
}

// of is what one step found, counted from 1.
func (p Past) of(step int) (out []record.Found) {
	for _, f := range p.Found {
		if f.Step == step {
			out = append(out, f)
		}
	}
	return out
}

// Change is a guard that a step changes itself: from then on it is bound to another fact than when the plan was made.
type Change struct {
	Guard string `json:"guard"`
	Fact  string `json:"fact,omitempty"` // the one it has then; empty: as the step found it
}

// guard is a row of the table of guards.
type guard struct {
	judge func(World, *Plan, Past) model.Check
	found func(*Plan, record.Found) string   // the fact in what a step found that changes it; nil: only a plan that names the fact does
	aside bool                               // the passive Directors among the plan's steps are sources of it, too
	sight bool                               // it is judged by what is read for a restore, too
	proof bool                               // and by whether what proofs of restores are bound to is still there
	needs func(model.Cluster) Needs          // the sources that it is judged by, on a cluster; nil: the journal and the clock alone
	begun func(model.Cluster) Needs          // of needs what it is judged by alone: the plan is not made anew once it has begun; nil: all
	mute  func(model.Cluster) []model.Source // those of them whose silence it judges: a plan is not made before they have answered or failed
}

// guards is the table: a guard is judged by its id alone, for a plan and how far it is. It is closed.
var guards = map[string]guard{
	GuardFree:          {judge: func(w World, p *Plan, _ Past) model.Check { return w.journalFree(p) }},
	guardFreeze:        {judge: func(w World, p *Plan, _ Past) model.Check { return w.noFreeze(p) }},
	guardBatch:         {judge: func(w World, p *Plan, _ Past) model.Check { return w.batchDue(p) }},
	GuardRoutes:        {judge: func(w World, p *Plan, _ Past) model.Check { return w.routesAre() }, found: foundRoutes},
	"director-answers": {judge: func(w World, p *Plan, _ Past) model.Check { return w.directorAnswers(p.on()) }, needs: ofDirector},
	"catalog-writes":   {judge: func(w World, p *Plan, _ Past) model.Check { return w.catalogWrites(p) }, needs: ofCatalog},
	"director-linked":  {judge: func(w World, p *Plan, _ Past) model.Check { return w.linked(p.on()) }, needs: ofCatalog},
	"job-there":        {judge: ofBackup(World.jobThere), found: foundEpoch, needs: ofDirector},
	"not-running":      {judge: ofBackup(World.notRunning), needs: ofBoth},
	"other-idle":       {judge: ofBackup(World.otherIdle), needs: ofOther},
	"not-due-soon":     {judge: ofBackup(World.notDueSoon), needs: ofBoth},
	"job-runs":         {judge: ofCancel(World.jobRuns), needs: ofBoth},
	"promise-kept":     {judge: ofCancel(World.promiseKept), needs: ofAll},
	"point-good":       {judge: ofRestore("the point is complete and good", model.Block, pointGood), needs: ofDirector, sight: true},
	"volumes-online": {
		judge: ofRestore("its volumes can be read, and their Storage Daemon answers", model.Override, volumesOnline),
		needs: ofDirector,
		sight: true,
	},
	"target-known": {judge: ofRestore("{cluster}'s Director knows {client}", model.Block, targetKnown), needs: ofDirector, sight: true},
	"target-apart": {
		judge: ofRestore("{client} is not the client that was backed up", model.Override, targetApart),
		needs: ofDirector,
		sight: true,
	},
	"stays-below": {
		judge: ofRestore("it stays in the directory that it is given", model.Block, staysBelow),
		needs: ofDirector,
		sight: true,
	},
	"point-newest": {
		judge: ofRestore("no newer backup of the cell is unusable", model.Caution, pointNewest),
		needs: ofDirector,
		sight: true,
	},
}

// IsGuard tells whether a guard has that id.
func IsGuard(id string) bool {
	_, known := guards[id]
	return known
}

// Judge judges one guard. One that cannot be judged lets nothing through.
func (p *Plan) Judge(w World, id string, past Past) model.Check {
	g, known := guards[id]
	if !known {
		return model.Check{ID: id, Says: "guard " + model.Clean(id), Bar: model.Block, Value: "this program knows no such guard",
			Do: "carry it out with the newer program that made it"}
	}
	c := g.judge(w, p, past)
	c.ID = id
	c.Do = w.way(p, &c)
	return c
}

// judged are guards by their ids.
func (p *Plan) judged(w World, ids []string, past Past) []model.Check {
	if w.memo == nil {
		w.memo = &memo{}
	}
	out := make([]model.Check, len(ids))
	for i, id := range ids {
		out[i] = p.Judge(w, id, past)
	}
	return out
}

// expected is what a guard is bound to after the steps that were done: as it was when the plan was made, or as the last step that
// changes it said.
func (p *Plan) expected(id string, past Past) (*model.Check, error) {
	made := p.Guard(id)
	if made == nil {
		return nil, nil
	}
	was := *made
	for i := range min(past.Done, len(p.Steps)) {
		for _, ch := range p.Steps[i].Changes {
			if ch.Guard != id || ch.Fact != "" && past.Back && i+1 > past.Step && p.Steps[i].Back != nil { // it was undone
				continue
			}
			fact, err := p.fact(ch, past.of(i+1))
			if err != nil {
				return nil, fmt.Errorf("step %d changed it, and %w", i+1, err)
			}
			was.Verdict, was.Fact, was.Value = model.Holds, fact, fmt.Sprintf("as step %d left it", i+1)
		}
	}
	return &was, nil
}

func (p *Plan) fact(ch Change, found []record.Found) (string, error) {
	if ch.Fact != "" {
		return ch.Fact, nil
	}
	if of := guards[ch.Guard].found; of != nil {
		for _, f := range slices.Backward(found) { // what was found after the call comes last
			if fact := of(p, f); fact != "" {
				return fact, nil
			}
		}
	}
	return "", fmt.Errorf("did not find to what")
}

// begun tells whether a guard already has the fact that the step which was intended gives it.
func (p *Plan) begun(now *model.Check, past Past) bool {
	if past.Intended.IsZero() || past.Back || past.Step > len(p.Steps) || now.Verdict != model.Holds {
		return false
	}
	return slices.ContainsFunc(p.Steps[past.Step-1].Changes, func(ch Change) bool {
		return ch.Guard == now.ID && ch.Fact != "" && ch.Fact == now.Fact
	})
}

// InTheWay judges the guards of a step and gives the first that stops it; nil when none does. A guard passes when it holds, only
// warns, or is overridden with a reason, and is what the plan was bound to or what the plan's own steps have made of it.
func (p *Plan) InTheWay(s *Step, w World, a *record.Action) (judged []model.Check, in *model.Check, why string) {
	past := PastOf(a)
	judged = p.judged(w, s.Guards, past)
	for i := range judged {
		g := &judged[i]
		if Blocks(*g) || NeedsReason(*g) && !overridden(a, g.ID) {
			return judged, g, fmt.Sprintf("%s: %s", g.Says, g.Value)
		}
		was, err := p.expected(g.ID, past)
		if err != nil {
			return judged, g, fmt.Sprintf("guard %s cannot be judged: %v", g.ID, err)
		}
		if why := moved(was, g); why != "" && !p.begun(g, past) && !p.asksNoMore(was, g) {
			return judged, g, why
		}
	}
	return judged, nil, ""
}

// moved says how a guard differs from what the plan was bound to.
// unheard tells of a guard that only cautions that nothing was known for it when a plan was made: whoever approved it did so without.
func unheard(c *model.Check) bool {
	return c.Bar == model.Caution && c.Verdict == model.Unknown && c.At.IsZero()
}

// asksNoMore tells that a guard takes nothing away of what was approved. One that was unheard holds: a source has answered late. In an
// emergency what only warned still does, and what asked for a reason asks for the same one, or for none any more: a clock and who is heard
// decide that, and nobody has time to approve it again.
func (p *Plan) asksNoMore(was, now *model.Check) bool {
	switch {
	case was == nil || was.Bar != now.Bar:
		return false
	case unheard(was) && now.Verdict == model.Holds:
		return true
	}
	return p.Emergency && was.Fact == now.Fact && (was.Bar == model.Caution || NeedsReason(*was))
}

func moved(was, now *model.Check) string {
	switch {
	case was == nil:
		return fmt.Sprintf("guard %s was not there when it was made", now.ID)
	case was.Verdict != now.Verdict:
		return fmt.Sprintf("guard %s was %s (%s), now %s (%s)", now.ID, was.Verdict, was.Value, now.Verdict, now.Value)
	case was.Bar != now.Bar || was.Fact != now.Fact:
		return fmt.Sprintf("guard %s: %q is now %q", now.ID, was.Value, now.Value)
	}
	return ""
}

func overridden(a *record.Action, guard string) bool {
	return slices.ContainsFunc(a.Overrides, func(o string) bool { return strings.HasPrefix(o, guard+": ") })
}

// GuardRoutes is bound to the record that the routes are from: every plan is before it has begun, and whoever needs it on.
const GuardRoutes = "routes-same"

func (w World) routesAre() model.Check {
	c := model.Check{Says: "the routes are those that it was made with", Bar: model.Block, Value: w.unread()}
	if c.Value == "" {
		c.Verdict, c.At, c.Fact = model.Holds, w.Now, strconv.FormatInt(w.State.RoutesSeq, 10)
		c.Value = "record " + c.Fact
	}
	return c
}

func foundRoutes(_ *Plan, f record.Found) string {
	if f.Routes == nil {
		return ""
	}
	return strconv.FormatInt(f.Routes.Seq, 10)
}

func foundEpoch(p *Plan, f record.Found) string {
	if f.Epoch == nil || f.Epoch.Cluster != p.on() {
		return ""
	}
	return epochFact(f.Epoch.Director, f.Epoch.Loaded)
}
