package ui

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// lingers is how long an action that has ended stays on the screen: whoever comes back a little later still sees how it ended.
const lingers = 2 * time.Minute

// strip is the action that everybody must see: one that runs, else one that is unfinished or waits for a person, else one that has just
// ended; nil when there is none.
func (a *App) strip() *record.Action { return stripOf(a.snap, a.opt.Now()) }

func stripOf(s *board.Snapshot, now time.Time) *record.Action {
	if s.State == nil {
		return nil
	}
	var best *record.Action
	for _, x := range s.State.Actions {
		if r := stripRank(x, now); r > 0 && (best == nil || r >= stripRank(best, now)) {
			best = x
		}
	}
	return best
}

// restrip keeps the strip to the newest data; the panes give it a line when there is something to show.
func (a *App) restrip() {
	was := a.strips()
	a.acting, a.batches = stripOf(a.snap, a.now), going(a.snap)
	a.going = progressOf(a.snap, a.acting)
	if was != a.strips() {
		a.arrange()
	}
}

// strips tells whether there is something for the strip: an action, or a programme that waits.
func (a *App) strips() bool { return a.acting != nil || a.batches != nil }

func stripRank(x *record.Action, now time.Time) int {
	switch {
	case x.Acked != nil:
		return 0
	case x.State == record.ActionRunning:
		return 4
	case x.Unfinished():
		return 3
	case x.Blocks(now):
		return 2
	case now.Sub(x.LastAt) < lingers:
		return 1
	}
	return 0
}

// others counts the other actions that are not over.
func others(s *board.Snapshot, x *record.Action, now time.Time) (n int) {
	for _, o := range s.State.Actions {
		if o != x && stripRank(o, now) > 1 {
			n++
		}
	}
	return n
}

// actionGlyph says an action's state in one sign.
func actionGlyph(x *record.Action, orphaned bool) (string, themes.Role) {
	switch {
	case orphaned, x.State == record.ActionFailed, x.State == record.ActionUnknown, x.State == record.ActionRefused && x.Unfinished():
		return "✗", themes.Fail
	case x.State == record.ActionDone:
		return "✓", themes.Good
	case x.State == record.ActionRefused, x.State == record.ActionWaits, x.State == record.ActionSuperseded:
		return "!", themes.Warn
	}
	return "●", themes.Title
}

// stripLine is the line above the alert: which action, how far, for how long, and who.
func stripLine(sc *scene, x *record.Action, progress string, stop string, w int) string {
	p := draw.NewPen(sc.st, w)
	lost := sc.snap.Orphaned(x, sc.now)
	glyph, role := actionGlyph(x, lost)
	wide := w >= 100
	tail := "  v view"
	if stop != "" {
		tail += "  " + stop
	}
	if n := others(sc.snap, x, sc.now); n > 0 {
		tail = "  +" + draw.Count(n) + " more" + tail
	}
	if wide {
		tail = "   by " + x.By + tail
	}
	tail += " "
	p.Put(role, " "+glyph+" ACTION "+strconv.FormatInt(x.Seq, 10)+" ")
	if wide {
		p.Pad(1)
	}
	end := min(draw.Width(tail), p.Left())
	room := p.Left() - end
	how := stripState(sc, x, lost, progress, room*2/3-2)
	says := x.Says
	if of := batchOf(sc.snap, x); of != "" {
		says = of + ": " + says
	}
	if len(says) > 0 {
		p.Column(themes.Text, says, min(draw.Width(says), max(room-draw.Width(how)-2, room/3)))
		p.Pad(2)
	}
	p.Column(role, how, max(p.Left()-end, 0))
	p.Put(themes.Muted, tail)
	return p.Done()
}

// stripState says how far an action is, in room columns with how far its job is before which step that is.
func stripState(sc *scene, x *record.Action, lost bool, progress string, room int) string {
	steps := fmt.Sprintf("%d/%d ", x.Step(), len(x.Steps))
	switch {
	case lost:
		return steps + "its runner is gone"
	case x.State == record.ActionRunning:
		out := steps + x.Steps[x.Step()-1] + progress + "  " + elapsed(sc.now.Sub(x.At))
		if progress != "" && draw.Width(out) > room {
			out = steps + progress[1:] + "  " + x.Steps[x.Step()-1]
		}
		if x.Stop != nil {
			out = "stops after " + out
		}
		return out
	case x.State == record.ActionWaits:
		return fmt.Sprintf("waits for approval, %d of %d", len(x.Approvals), x.Needs)
	case x.State == record.ActionApproved:
		return "approved, its runner begins"
	case x.Unfinished():
		return fmt.Sprintf("%s at step %sUNFINISHED: %s", x.State, steps, x.Why)
	case x.Why != "":
		return x.State.String() + ": " + x.Why
	}
	return x.State.String() + " " + clock(sc.now, x.LastAt)
}

// elapsed is how long an action has run: minutes and seconds, or hours.
func elapsed(d time.Duration) string {
	d = max(d, 0).Truncate(time.Second)
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60)
	}
	return fmt.Sprintf("%02d:%02d", d/time.Minute, d/time.Second%60)
}

// touchedCell is the cell that an action is about, and on which cluster, of those of which of holds; false when it is about none, or
// several.
func touchedCell(s *board.Snapshot, x *record.Action, of func(*board.Standing) bool) (*board.CellView, model.Cluster, bool) {
	if x == nil || x.Touches.Only() == "" {
		return nil, 0, false
	}
	only := x.Touches.Only()
	for i := range s.Cells {
		for _, k := range model.Clusters {
			if v := &s.Cells[i]; of(&v.On[k]) && plan.TouchCell(k, v.Cell) == only {
				return v, k, true
			}
		}
	}
	return nil, 0, false
}

// jobOf is the open job that an action has started, or while the journal does not tell it that of the cell it works on; nil when there is
// none.
func jobOf(s *board.Snapshot, x *record.Action) *model.Job {
	if x == nil || !x.Begun() || x.State == record.ActionDone {
		return nil
	}
	for _, f := range slices.Backward(x.Found) {
		if f.Job == nil {
			continue
		}
		if j := s.Job(model.JobKey{Cluster: f.Job.Cluster, Job: f.Job.Job}); j != nil && j.Outcome.Open() {
			return j
		}
		return nil
	}
	v, k, ok := touchedCell(s, x, func(on *board.Standing) bool { return on.Open != nil })
	if !ok {
		return nil
	}
	if live := s.Job(v.On[k].Open.Key); live != nil { // it is looked at more often than the cell is judged
		return live
	}
	return v.On[k].Open
}

// jobLeft says how much longer a running job takes; empty when that is not known.
func jobLeft(j *model.Job) string {
	if j.Progress.At.IsZero() || j.Progress.Percent < 0 {
		return ""
	}
	says := draw.Count(j.Progress.Percent) + " %"
	if j.Progress.Left >= 0 {
		says += ", about " + exactSpan(j.Progress.Left) + " left"
	}
	return says
}

// progressOf says how far the open job is that a running action is about; empty when there is none.
func progressOf(s *board.Snapshot, x *record.Action) string {
	if x == nil || x.State != record.ActionRunning {
		return ""
	}
	j := jobOf(s, x)
	of, _ := x.Restoring()
	switch {
	case j != nil && j.Outcome == model.Stuck: // what it waits for is a person's doing
		return " " + j.Status.String()
	case j == nil || j.Progress.At.IsZero():
		return ""
	case of != nil && jobLeft(j) != "":
		return " " + jobLeft(j)
	case j.Progress.Percent >= 0:
		return " " + draw.Count(j.Progress.Percent) + " %"
	default:
		return " " + model.Size(j.Bytes)
	}
}
