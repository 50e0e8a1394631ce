package ui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// proposal is a plan as it was made, and its guards as they were judged last.
type proposal struct {
	plan   *plan.Plan
	guards []model.Check
	rev    uint64 // of the snapshot and the journal that they were judged by
	head   int64
}

// holds judges the guards of a plan when something has changed since, or when it is to be sure. A second alone only compares the expiry.
func (a *App) holds(v *proposal, d *dialog, s *board.Snapshot) (why string) {
	if why = v.plan.Expired(a.opt.Now()); why != "" {
		return why
	}
	var head int64
	if s.State != nil {
		head = s.State.Head.Seq
	}
	if s.Rev == v.rev && head == v.head && !d.sure {
		return ""
	}
	v.rev, v.head, d.sure = s.Rev, head, false
	v.guards, why = v.plan.Holds(a.world(s))
	return why
}

// propose opens the plan of what is asked for.
func (a *App) propose(ask plan.Ask) tea.Cmd {
	if slices.ContainsFunc(a.snap.Seen, func(s board.Sighting) bool { return s.Source == model.Journal && s.At.IsZero() && s.Why == "" }) {
		a.say("the journal is being read: a moment") // a plan that was made without it is stale as soon as it is there
		return nil
	}
	p, err := ask.Plan(a.world(a.snap), a.lever.NewID())
	if err != nil {
		a.say(model.Clean(err.Error()))
		return nil
	}
	d := a.planDialog(p, func(a *App, d *dialog) tea.Cmd {
		return a.pull(p.Says, Deed{Plan: p, Approval: a.approval(d)})
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
			out.Reasons[f.name] = f.line.text()
		}
	}
	return out
}

// planDialog shows a plan and asks for all that it wants.
func (a *App) planDialog(p *plan.Plan, approve func(*App, *dialog) tea.Cmd) *dialog {
	v := &proposal{plan: p, guards: p.Guards}
	d := &dialog{
		heading: []draw.Piece{draw.As(themes.Title, p.Confirm)},
		right:   "plan " + plan.Short(p.ID) + ", expires " + p.Expires.UTC().Format("15:04:05"),
		body:    v.lines, sum: v.sum, phrase: p.Confirm, approve: approve, sure: true,
	}
	d.holds = func(s *board.Snapshot) string { return a.holds(v, d, s) }
	if g := p.Blocked(); g != nil {
		d.wall = g.Says + ": " + g.Value
	}
	for _, g := range p.Guards {
		if plan.NeedsReason(g) {
			d.asks = append(d.asks, field{name: g.ID, says: fmt.Sprintf("Why override: %s (%s)", g.Says, g.Value), must: true})
		}
	}
	if p.Ticket {
		d.asks = append(d.asks, field{name: "ticket", says: "The ticket that the policy asks for", must: true})
	}
	return d
}

// lines is the plan as the dialog shows it: what stands in the way first among the guards.
func (v *proposal) lines(sc *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	p := v.plan
	role := themes.Title
	if p.Rehearsal != "" {
		role = themes.Rehearsal
	}
	s.prose(themes.Title, p.Says)
	s.prose(role, "on "+record.EnvironmentName(p.Environment, p.Rehearsal))
	s.head("What happens")
	for i, st := range p.Steps {
		s.numbered(i+1, st.Name)
		if st.NoReturn {
			s.add(draw.As(themes.Warn, "     ! there is no return from here"))
		}
		s.proseBelow(themes.Muted, "until "+st.Done+"; unknown after "+model.Span(st.Limit))
		for _, l := range st.Shows() {
			s.proseBelow(themes.Text, l)
		}
	}
	s.part("What it costs", p.Costs)
	s.part("Undo", p.Undo)
	if p.Approvals > 1 {
		s.gap()
		s.prose(themes.Warn, fmt.Sprintf("%d different people must approve it; you are one", p.Approvals))
	}
	guards := slices.Clone(v.guards)
	slices.SortStableFunc(guards, func(a, b model.Check) int { return cmp.Compare(guardRank(a), guardRank(b)) })
	s.head("Guards")
	for _, g := range guards {
		s.guard(g, sc.now)
	}
	return s.out
}

// sum counts the guards: on a small screen they are below the fold.
func (v *proposal) sum() []draw.Piece {
	var n [4]int
	for _, g := range v.guards {
		n[guardRank(g)]++
	}
	out := []draw.Piece{draw.As(themes.Muted, "Guards  "), draw.As(themes.Text, draw.Count(n[3])+" hold")}
	if n[2] > 0 {
		out = append(out, draw.As(themes.Warn, ", ! "+draw.Count(n[2])+" warn"))
	}
	if n[1] > 0 {
		out = append(out, draw.As(themes.Fail, ", ✗ "+draw.Count(n[1])+" to override"))
	}
	return out
}

// numbered writes a step and what it is.
func (s *story) numbered(n int, text string) {
	for i, line := range draw.Wrap(text, max(8, s.w-5)) {
		head := fmt.Sprintf("  %d  ", n)
		if i > 0 {
			head = strings.Repeat(" ", draw.Width(head))
		}
		s.add(draw.As(themes.Muted, head), draw.As(themes.Text, line))
	}
}

// proseBelow writes text below a numbered line.
func (s *story) proseBelow(r themes.Role, text string) {
	for _, line := range draw.Wrap(text, max(8, s.w-5)) {
		s.add(draw.As(r, "     "+line))
	}
}

// part writes a heading with its lines, if there are any.
func (s *story) part(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	s.head(title)
	for _, l := range lines {
		for i, line := range draw.Wrap(l, max(8, s.w-2)) {
			head := "- "
			if i > 0 {
				head = "  "
			}
			s.add(draw.As(themes.Muted, head), draw.As(themes.Text, line))
		}
	}
}

// guardRank puts what stands in the way first.
func guardRank(g model.Check) int {
	switch {
	case g.Verdict == model.Holds:
		return 3
	case g.Bar == model.Block:
		return 0
	case g.Bar == model.Override:
		return 1
	}
	return 2
}

// guard writes a check with its value, limit and the age of its evidence.
func (s *story) guard(g model.Check, now time.Time) {
	glyph, role := "✓", themes.Good
	switch {
	case g.Verdict == model.Unknown && g.Bar == model.Caution:
		glyph, role = "?", themes.Warn
	case g.Verdict == model.Unknown:
		glyph, role = "?", themes.Fail
	case g.Verdict == model.Fails && g.Bar == model.Caution:
		glyph, role = "!", themes.Warn
	case g.Verdict == model.Fails:
		glyph, role = "✗", themes.Fail
	}
	tail := g.Value
	if g.Limit != "" {
		tail += ", asked " + g.Limit
	}
	if g.Verdict != model.Holds {
		tail += " (" + plan.GuardWord(g) + ")"
	}
	if at := ago(now, g.At); !g.At.IsZero() && at >= time.Second {
		tail += ", " + model.Age(at) + " old"
	}
	for i, line := range draw.Wrap(g.Says+": "+tail, max(8, s.w-4)) {
		if i > 0 {
			glyph = " "
		}
		s.add(draw.As(role, "  "+glyph+" "), draw.As(role, line))
	}
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
	ctx, lever, id := a.ctx, a.lever, x.ID
	return func() tea.Msg {
		p, err := lever.Plan(ctx, id)
		return plannedMsg{id, p, err}
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
	d := a.planDialog(m.plan, func(a *App, d *dialog) tea.Cmd {
		return a.pull(fmt.Sprintf("approve action %d", x.Seq), Deed{Verb: DeedApprove, Action: x.ID, Approval: a.approval(d)})
	})
	d.heading = []draw.Piece{draw.As(themes.Title, fmt.Sprintf("approve action %d of %s: ", x.Seq, x.By)), draw.As(themes.Text, x.Says)}
	if slices.ContainsFunc(x.Approvals, func(p record.ActionBy) bool { return p.By == a.lever.By }) {
		d.wall = "you (" + a.lever.By + ") have approved it already: another person must"
	}
	// It came from a journal: whether it is what this program would do is asked once, whether it still holds as long as it is looked at.
	w := a.world(a.snap)
	if now, err := m.plan.Renew(w); err != nil {
		d.stale = model.Clean(err.Error())
	} else {
		d.stale = m.plan.Stale(now, w.Now)
	}
	fits := d.holds
	d.holds = func(s *board.Snapshot) string {
		if now := s.State.Action(x.ID); now == nil || now.State != record.ActionWaits {
			return fmt.Sprintf("action %d waits for no approval any more", x.Seq)
		}
		return fits(s)
	}
	a.ask(d)
}
