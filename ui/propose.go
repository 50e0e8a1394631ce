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

// proposal is a plan as it was made, and as it would be made now: guards are shown with their newest values.
type proposal struct {
	plan, now *plan.Plan
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
	v := &proposal{plan: p, now: p}
	d := &dialog{
		heading: []draw.Piece{draw.As(themes.Title, p.Confirm)},
		right:   "plan " + plan.Short(p.ID) + ", expires " + p.Expires.UTC().Format("15:04:05"),
		body:    v.lines, first: v.decisive, sum: v.sum, phrase: p.Confirm, approve: approve,
		holds: func(s *board.Snapshot) string {
			w := a.world(s)
			now, err := p.Renew(w)
			if err != nil {
				return model.Clean(err.Error())
			}
			v.now = now
			return p.Stale(now, w.Now)
		},
	}
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
	v.head(s)
	v.steps(s)
	s.part("What it costs", v.plan.Costs)
	s.part("Undo", v.plan.Undo)
	v.people(s)
	v.guards(s, sc, "Guards", func(model.Check) bool { return true })
	return s.out
}

// decisive is the same where there is no room for all of it: first what it costs, what cannot be undone and which guards do not hold.
func (v *proposal) decisive(sc *scene, w int) ([][]draw.Piece, int) {
	s := &story{w: w}
	v.head(s)
	v.people(s)
	v.guards(s, sc, "Guards that do not hold", func(g model.Check) bool { return g.Verdict != model.Holds })
	for i, st := range v.plan.Steps {
		if st.NoReturn {
			s.prose(themes.Warn, fmt.Sprintf("! no return from step %d, %s", i+1, st.Name))
		}
	}
	s.part("What it costs", v.plan.Costs)
	s.part("Undo", v.plan.Undo)
	n := len(s.out)
	v.steps(s)
	v.guards(s, sc, "Guards that hold", func(g model.Check) bool { return g.Verdict == model.Holds })
	return s.out, n
}

func (v *proposal) head(s *story) {
	role := themes.Title
	if v.plan.Rehearsal != "" {
		role = themes.Rehearsal
	}
	s.prose(themes.Title, v.plan.Says)
	s.prose(role, "on "+record.EnvironmentName(v.plan.Environment, v.plan.Rehearsal))
}

func (v *proposal) steps(s *story) {
	s.head("What happens")
	for i, st := range v.plan.Steps {
		s.numbered(i+1, st.Name)
		if st.NoReturn {
			s.add(draw.As(themes.Warn, "     ! there is no return from here"))
		}
		s.proseBelow(themes.Muted, "until "+st.Done+"; unknown after "+model.Span(st.Limit))
	}
}

func (v *proposal) people(s *story) {
	if n := v.plan.Approvals; n > 1 {
		s.gap()
		s.prose(themes.Warn, fmt.Sprintf("%d different people must approve it; you are one", n))
	}
}

// guards tells those that are of a kind, under a heading when there are any.
func (v *proposal) guards(s *story, sc *scene, title string, of func(model.Check) bool) {
	guards := slices.DeleteFunc(slices.Clone(v.now.Guards), func(g model.Check) bool { return !of(g) })
	if len(guards) == 0 {
		return
	}
	slices.SortStableFunc(guards, func(a, b model.Check) int { return cmp.Compare(guardRank(a), guardRank(b)) })
	s.head(title)
	for _, g := range guards {
		s.guard(g, sc.now)
	}
}

// sum counts the guards: on a small screen they are below the fold.
func (v *proposal) sum() []draw.Piece {
	var n [4]int
	for _, g := range v.now.Guards {
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
	fits := d.holds
	d.holds = func(s *board.Snapshot) string {
		if now := s.State.Action(x.ID); now == nil || now.State != record.ActionWaits {
			return fmt.Sprintf("action %d waits for no approval any more", x.Seq)
		}
		return fits(s)
	}
	a.ask(d)
}

// askAbout opens a dialog on an action that is there already.
func (a *App) askAbout(x *record.Action, verb DeedVerb, word string, ask field, lines func(s *story, now *record.Action),
	still func(*record.Action) string) {
	id := x.ID
	find := func(s *board.Snapshot) *record.Action {
		if s.State == nil {
			return nil
		}
		return s.State.Action(id)
	}
	phrase := fmt.Sprintf("%s %d", word, x.Seq)
	a.ask(&dialog{
		heading: []draw.Piece{draw.As(themes.Title, fmt.Sprintf("%s action %d: ", word, x.Seq)), draw.As(themes.Text, x.Says)},
		right:   "by " + x.By, phrase: phrase, asks: []field{ask},
		body: func(sc *scene, w int) [][]draw.Piece {
			s := &story{w: w}
			if now := find(sc.snap); now != nil {
				s.prose(themes.Title, "on "+record.EnvironmentName(sc.snap.Environment, sc.snap.Rehearsal))
				s.gap()
				s.fact("it is", fmt.Sprintf("%s, %d of %d steps done", now, now.Done, len(now.Steps)))
				s.fact("touches", strings.Join(now.Touches, ", "))
				s.gap()
				lines(s, now)
			}
			return s.out
		},
		holds: func(s *board.Snapshot) string {
			if now := find(s); now != nil {
				return still(now)
			}
			return "the journal does not tell of it"
		},
		approve: func(a *App, d *dialog) tea.Cmd {
			return a.pull(phrase, Deed{Verb: verb, Action: id, Reason: model.Clean(d.asks[0].line.text())})
		},
	})
}

// stoppable says why an action cannot be told to stop.
func stoppable(x *record.Action) string {
	switch {
	case x.State > record.ActionRunning || x.Acked != nil:
		return fmt.Sprintf("action %d is %s: there is nothing to stop", x.Seq, x)
	case x.Stop != nil:
		return fmt.Sprintf("action %d was told to stop already, by %s", x.Seq, x.Stop.By)
	}
	return ""
}

func (a *App) proposeStop(x *record.Action) {
	if why := stoppable(x); why != "" {
		a.say(why)
		return
	}
	a.askAbout(x, DeedStop, "stop", field{says: "Why (recorded; may be left out)"}, func(s *story, now *record.Action) {
		if now.State != record.ActionRunning {
			s.prose(themes.Text, "Nothing of it has begun: it is refused at once, and will not be carried out.")
			return
		}
		stops := fmt.Sprintf("step %d of %d, %s: a call that changes something is seen to its end, looking and waiting end at once",
			now.Step(), len(now.Steps), now.Steps[now.Step()-1])
		for i := now.Step(); i < len(now.Steps); i++ {
			stops += fmt.Sprintf("; step %d, %s, does not begin", i+1, now.Steps[i])
		}
		s.fact("stops", stops)
		s.fact("runs on", a.runsOn(now))
		s.prose(themes.Text, "What was done stays done, and the action stays unfinished until somebody resumes or acknowledges it.")
	}, stoppable)
}

// runsOn says what an action has set going that does not stop with it.
func (a *App) runsOn(x *record.Action) string {
	j := jobOf(a.snap, x)
	switch {
	case j != nil:
		says := fmt.Sprintf("job %d on %s: %s", j.ID, strings.ToUpper(j.Key.Cluster.String()), j.Status)
		if left := jobLeft(j); left != "" {
			says += ", " + left
		}
		return says + ". Stopping the action does not cancel it; c does."
	case x.Done > 0:
		return "Every job that it has started. Stopping the action cancels none; c does."
	}
	return "What its first step has set going, if it has: stopping cancels no job; c does."
}

// resumable tells whether somebody may go on with an action: it ended half way, was never begun by a runner, or its runner is gone.
func resumable(a *App, x *record.Action) bool {
	return x.Resumable() && (x.State != record.ActionRunning || a.snap.Orphaned(x, a.opt.Now()))
}

func (a *App) proposeResume(x *record.Action) {
	still := func(now *record.Action) string {
		switch {
		case resumable(a, now):
			return ""
		case now.State == record.ActionRunning:
			return fmt.Sprintf("action %d is being carried out by %s", now.Seq, now.Runner)
		}
		return fmt.Sprintf("action %d is %s: there is nothing to go on with", now.Seq, now)
	}
	if why := still(x); why != "" {
		a.say(why)
		return
	}
	a.askAbout(x, DeedResume, "resume", field{says: "Why (needed where only an expired claim tells that its runner is gone)"},
		func(s *story, now *record.Action) {
			s.prose(themes.Text, fmt.Sprintf("A new runner looks whether step %d (%s) was done, asks its guards again, and goes on from "+
				"there. Finished steps never run again.",
				now.Step(), now.Steps[now.Step()-1]))
			s.factIn(themes.Warn, "it ended", now.Why)
		}, still)
}

// ackable says why an action cannot be acknowledged.
func (a *App) ackable(x *record.Action) string {
	switch {
	case !x.Unfinished():
		return fmt.Sprintf("action %d is %s: there is nothing to acknowledge", x.Seq, x)
	case x.State == record.ActionRunning && !a.snap.Orphaned(x, a.opt.Now()):
		return fmt.Sprintf("action %d is being carried out by %s: stop it first", x.Seq, x.Runner)
	}
	return ""
}

func (a *App) proposeAcknowledge(x *record.Action) {
	if why := a.ackable(x); why != "" {
		a.say(why)
		return
	}
	a.askAbout(x, DeedAcknowledge, "acknowledge", field{says: "Why it may be let be (recorded)", must: true},
		func(s *story, now *record.Action) {
			s.prose(themes.Text, "You take responsibility for what it left behind. It blocks nothing any more and never runs again.")
			s.factIn(themes.Warn, "it ended", now.Why)
		}, a.ackable)
}
