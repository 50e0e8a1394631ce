package ui

import (
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// wayBackMsg is the plan of an action whose way back was asked for.
type wayBackMsg struct {
	action string
	plan   *plan.Plan
	err    error
}

// noWayBack says why nothing leads back from the action whose page is open, as far as its kind and its state tell.
func noWayBack(a *App) string {
	x, open := a.subjectAction()
	if !open {
		return "open an action to go back from it: :actions lists them"
	}
	switch {
	case x.Verb == "backup":
		return fmt.Sprintf("action %d made a backup: it stays until its retention is over, and there is nothing to go back to", x.Seq)
	case x.Verb == "cancel":
		return fmt.Sprintf("action %d canceled a job: what it had written is lost; b runs a new backup", x.Seq)
	case x.Verb != "shift":
		return fmt.Sprintf("action %d is a %s: no plan leads back from it", x.Seq, x.Verb)
	case x.State == record.ActionDone:
		return ""
	case !x.Begun():
		return fmt.Sprintf("action %d is %s: it has changed nothing", x.Seq, x)
	}
	return fmt.Sprintf("action %d is %s: stop it, or :resume %d ends it; then u goes back. :everything to both does not wait", x.Seq, x, x.Seq)
}

// goBack asks for the plan of the action whose page is open: only that tells what it shifted.
func (a *App) goBack() tea.Cmd {
	x, _ := a.subjectAction()
	a.say(fmt.Sprintf("reading the plan of action %d", x.Seq))
	ctx, lever, id := a.ctx, a.lever, x.ID
	return func() tea.Msg {
		p, err := lever.Plan(ctx, id)
		return wayBackMsg{id, p, err}
	}
}

// goesBack opens the plan that leads back, unless the person went on to something else meanwhile.
func (a *App) goesBack(m wayBackMsg) tea.Cmd {
	if x, open := a.subjectAction(); !open || x.ID != m.action || a.dialog != nil || a.prompt != nil {
		return nil
	}
	if m.err != nil {
		a.say(model.Clean(m.err.Error()))
		return nil
	}
	from, err := shiftedFrom(m.plan)
	if err != nil {
		a.say(err.Error())
		return nil
	}
	to := m.plan.Ask.Shift.To.String()
	cells := a.fromRoute(m.plan.Ask.Shift.Cells, to)
	if len(cells) == 0 {
		a.say("its cells have been shifted on since: none of them is on " + to)
		return nil
	}
	return a.proposeShift(cells, from)
}

// shiftedFrom is the route from which a plan shifted its cells: a cluster that its steps see is the one that gained or lost them.
func shiftedFrom(p *plan.Plan) (string, error) {
	if p == nil || p.Ask.Shift == nil {
		return "", errors.New("its plan shifts no cells")
	}
	if to := p.Ask.Shift.To; to.String() != "both" {
		return "both", nil
	}
	var gained [2]bool
	for i := range p.Steps {
		for _, of := range []*plan.OnDirector{p.Steps[i].Order.Push, p.Steps[i].Order.Effective} {
			if of != nil {
				gained[of.Cluster] = true
			}
		}
	}
	switch {
	case gained[model.Blue] == gained[model.Green]:
		return "", errors.New("it shifted cells of both clusters, or its plan does not say of which: mark them, and s shifts them back")
	case gained[model.Green]:
		return model.Blue.String(), nil
	}
	return model.Green.String(), nil
}
