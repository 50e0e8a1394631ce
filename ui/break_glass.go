package ui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// Glass is a break-glass journal: where a plan is recorded while the journal is what is down.
type Glass struct {
	Dir string // on the host that acts
	// State is what is known there: of that journal, or of one that would begin now.
	State func(context.Context) (*record.State, error)
}

// broken is the glass of one dialog.
type broken struct {
	dir, why string
	state    *record.State
}

// brokenMsg is what is known where the glass is broken.
type brokenMsg struct {
	ask   plan.Ask
	state *record.State
	err   error
}

// journalDown says why the journal does not answer; empty when it does, or when nobody asks it.
func journalDown(s *board.Snapshot) string {
	if v := s.Source(model.Journal); v != nil {
		return v.Why
	}
	return ""
}

// askGlass asks what is known there before a plan is made.
func (a *App) askGlass(ask plan.Ask) tea.Cmd {
	a.say("the journal does not answer: reading the break-glass journal in " + a.lever.Glass.Dir)
	ctx, of := a.ctx, a.lever.Glass
	return func() tea.Msg {
		st, err := of.State(ctx)
		return brokenMsg{ask, st, err}
	}
}

// broke opens the plan, to be recorded there, unless the person went on to something else or the journal is back.
func (a *App) broke(m brokenMsg) {
	why := journalDown(a.snap)
	switch {
	case a.dialog != nil || a.prompt != nil:
		return
	case m.err != nil:
		a.say(model.Clean(m.err.Error()))
		return
	case why == "":
		a.say("the journal answers again: ask once more")
		return
	}
	v := &proposal{glass: &broken{dir: a.lever.Glass.Dir, why: model.Clean(why), state: m.state}}
	p, err := m.ask.Plan(v.world(a, a.snap), a.lever.NewID())
	if err != nil {
		a.say(model.Clean(err.Error()))
		return
	}
	v.plan, v.judged = p, p.Guards
	d := a.dialogOf(v, func(a *App, d *dialog) tea.Cmd {
		yes := a.approval(d)
		return a.pull(p.Says, Deed{Plan: p, Approval: yes, Glass: v.glass.dir, Reason: model.Clean(yes.Reasons[plan.GuardFree])})
	})
	d.heading = append([]draw.Piece{draw.As(themes.Alarm, " BREAK GLASS "), draw.As(themes.Title, " ")}, d.heading...)
	a.ask(d)
}

// world is what its plan is judged by.
func (v *proposal) world(a *App, s *board.Snapshot) plan.World {
	w := a.world(s)
	if v.glass != nil {
		w.State = v.glass.state
	}
	return w
}
