package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// holds judges the guards of a plan when something has changed since, or when it is to be sure. A second alone only compares the expiry.
func (a *App) holds(v *proposal, d *dialog, s *board.Snapshot) (why string) {
	if why = v.plan.Expired(a.opt.Now()); why != "" {
		return why
	}
	if v.glass != nil && journalDown(s) == "" {
		return "the journal answers again"
	}
	var head int64
	if s.State != nil {
		head = s.State.Head.Seq
	}
	if s.Rev == v.rev && head == v.read && !d.sure {
		return ""
	}
	v.rev, v.read, d.sure = s.Rev, head, false
	v.judged, why = v.plan.Holds(v.world(a, s))
	return why
}

// propose opens the plan of what is asked for.
func (a *App) propose(ask plan.Ask) tea.Cmd {
	if slices.ContainsFunc(a.snap.Seen, func(s board.Sighting) bool { return s.Source == model.Journal && s.At.IsZero() && s.Why == "" }) {
		a.say("the journal is being read: a moment") // a plan that was made without it is stale as soon as it is there
		return nil
	}
	if a.lever.Glass != nil && journalDown(a.snap) != "" {
		return a.askGlass(ask)
	}
	p, err := ask.Plan(a.world(a.snap), a.lever.NewID())
	if err != nil {
		return a.refuse(ask, err)
	}
	if a.setApart(p) {
		return nil
	}
	d := a.planDialog(p, func(a *App, d *dialog) tea.Cmd {
		pull := a.pull(p.Says, Deed{Plan: p, Approval: a.approval(d)})
		if p.Ask.Test == nil {
			return pull
		}
		return tea.Batch(pull, a.testNext())
	})
	a.ask(d)
	return nil
}

// approval is what was typed into a dialog.
func (a *App) approval(d *dialog) plan.Approval {
	out := plan.Approval{By: a.lever.By, Confirm: d.typed.text(), Reasons: map[string]string{}}
	for _, f := range d.asks {
		if f.name == "ticket" {
			out.Ticket = f.line.text()
		} else {
			for id := range strings.SplitSeq(f.name, ",") {
				out.Reasons[id] = f.line.text()
			}
		}
	}
	return out
}

// planDialog shows a plan and asks for all that it wants.
func (a *App) planDialog(p *plan.Plan, approve func(*App, *dialog) tea.Cmd) *dialog {
	return a.dialogOf(&proposal{plan: p, judged: p.Guards}, approve)
}

func (a *App) dialogOf(v *proposal, approve func(*App, *dialog) tea.Cmd) *dialog {
	p := v.plan
	d := &dialog{
		heading: []draw.Piece{draw.As(themes.Title, p.Confirm)},
		right:   "plan " + plan.Short(p.ID) + ", expires " + p.Expires.UTC().Format("15:04:05"),
		body:    v.lines, first: v.decisive, sum: v.sum, phrase: p.Confirm, approve: approve, sure: true,
	}
	d.holds = func(s *board.Snapshot) string { return a.holds(v, d, s) }
	if p.Ask.Shift != nil && a.lever.Held != nil {
		d.without = func(a *App, f *field) tea.Cmd { return a.shiftWithout(p, d, f) }
	}
	if g := p.Blocked(); g != nil {
		d.wall, d.way = g.Not()+": "+g.Value, g.Do
	} else if p.Approvals > 1 && a.lever.Alike != "" {
		d.wall = fmt.Sprintf("%d people must approve it, and nothing tells two apart: %s", p.Approvals, a.lever.Alike)
	}
	var first model.Check
	for _, g := range p.Guards {
		if !plan.NeedsReason(g) {
			continue
		}
		why := fmt.Sprintf("%s (%s)", g.Says, g.Value)
		if n := len(d.asks); n > 0 && p.Emergency { // one tired person gives one reason for all that the outage leaves open
			if d.asks[n-1].name == first.ID { // what each of several is at stands above, and must be read there
				d.asks[n-1].says = "Why override: " + first.Says
			}
			d.asks[n-1].name += "," + g.ID
			d.asks[n-1].says += "; " + g.Says
			ids := strings.Split(d.asks[n-1].name, ",")
			d.asks[n-1].brief = fmt.Sprintf("Why override %d guards: %s", len(ids), strings.Join(ids, ", "))
			continue
		}
		first = g
		asks := "Why override"
		if d.without != nil && plan.OfCells(g.ID) {
			asks = "Why (- leaves them out) override"
		}
		d.asks = append(d.asks, field{name: g.ID, says: asks + ": " + why, brief: asks + " " + g.ID + ": " + why, must: true})
	}
	if p.Ticket {
		d.asks = append(d.asks, field{name: "ticket", says: "The ticket that the policy asks for", must: true})
	}
	return d
}

// commandApprove asks for the plan of an action, to show it before anybody approves.
func (a *App) commandApprove(arg string) tea.Cmd {
	x := a.action(arg)
	switch {
	case x == nil:
		return nil
	case x.State != record.ActionWaits:
		a.say(fmt.Sprintf("action %d is %s: it waits for no approval", x.Seq, x))
		return nil
	}
	a.say(fmt.Sprintf("reading the plan of action %d", x.Seq))
	ctx, lever, asker, id := a.ctx, a.lever, a.asker, x.ID
	return func() tea.Msg {
		p, err := lever.Plan(ctx, id)
		return plannedMsg{id, p, sightFor(ctx, asker, p), err}
	}
}

// planned opens the plan that a person asked to approve, unless they went on to something else meanwhile.
func (a *App) planned(m plannedMsg) {
	if a.dialog != nil || a.prompt != nil {
		return
	}
	if m.err != nil {
		a.say(model.Clean(m.err.Error()))
		return
	}
	x := a.snap.State.Action(m.action)
	if x == nil {
		return
	}
	if m.sight != nil {
		a.sight = m.sight
	}
	// It came from a journal: whether it is what this program would do is asked once, whether it still holds as long as it is looked at.
	// Nobody is shown what it says there.
	w, stale, told := a.world(a.snap), "", m.plan.Plain()
	if now, err := m.plan.Renew(w); err != nil {
		stale = model.Clean(err.Error())
	} else {
		stale, told = m.plan.Stale(now, w.Now), m.plan.Told(now)
	}
	d := a.planDialog(told, func(a *App, d *dialog) tea.Cmd {
		return a.pull(fmt.Sprintf("approve action %d", x.Seq), Deed{Verb: DeedApprove, Action: x.ID, Approval: a.approval(d)})
	})
	d.heading = []draw.Piece{draw.As(themes.Title, fmt.Sprintf("approve action %d of %s: ", x.Seq, x.By)), draw.As(themes.Text, told.Says)}
	if slices.ContainsFunc(x.Approvals, func(p record.ActionBy) bool { return p.By == a.lever.By }) {
		d.wall = "you (" + a.lever.By + ") have approved it already: another person must"
	}
	d.stale, d.without = stale, nil // what others approve too is approved as it is
	fits := d.holds
	d.holds = func(s *board.Snapshot) string {
		if now := s.State.Action(x.ID); now == nil || now.State != record.ActionWaits {
			return fmt.Sprintf("action %d waits for no approval any more", x.Seq)
		}
		return fits(s)
	}
	a.ask(d)
}
