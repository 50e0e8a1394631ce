package ui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// Recovery is what a session shows and plans from after a disaster.
type Recovery struct {
	Survivors []model.Survivor // in the order of the recovery
	AtOnce    int              // restores that run together
	Bundle    time.Time        // when the bundle was made that it goes by
	// Survey asks what is left once more: every Storage Daemon, the Directors from before and the catalogs. It may take its time.
	Survey func(ctx context.Context) (*plan.Survey, error)
}

// surveyLimit bounds the asking of all that is left.
const surveyLimit = 3 * time.Minute

// surveyedMsg is what is left now.
type surveyedMsg struct {
	survey *plan.Survey
	err    error
}

// recoveryCommands are rows of the command table of a session that recovers.
func recoveryCommands() []command {
	return []command{
		{
			name:   "recover",
			args:   "[anew]",
			says:   "what is to be brought back next: asks every Storage Daemon, and opens a plan; anew: after another disaster",
			offers: func(*App) []string { return []string{"anew"} },
			do:     (*App).recoverNext,
		},
		{name: "recovery", says: "each chain: whether it is back, waits, is lost, or why nobody knows",
			do: func(a *App, _ string) tea.Cmd { return a.show(newToldPage("recovery", a.recoveryTold())) }},
	}
}

func (a *App) recoverNext(arg string) tea.Cmd {
	anew := arg == "anew"
	if arg != "" && !anew {
		a.say(":recover takes anew: what was brought back before is gone, too")
		return nil
	}
	a.say("asking every Storage Daemon what is left")
	parent, survey := a.ctx, a.lever.Recovery.Survey
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, surveyLimit)
		defer cancel()
		v, err := survey(ctx)
		if err == nil {
			v.Anew = anew
		}
		return surveyedMsg{v, err}
	}
}

// surveyed opens the plan of what is next, unless the person went on to something else.
func (a *App) surveyed(m surveyedMsg) tea.Cmd {
	if m.err == nil {
		a.lever.Recovery.Survivors = m.survey.Survivors
	}
	if a.dialog != nil || a.prompt != nil {
		return nil
	}
	if m.err != nil {
		a.say(model.Clean(m.err.Error()))
		return nil
	}
	next, err := plan.RecoverOf(a.world(a.snap), m.survey)
	if err != nil {
		a.say(model.Clean(err.Error()))
		return nil
	}
	a.note = ""
	return a.propose(plan.Ask{Recover: next})
}

func (a *App) recoveryTold() string {
	var b strings.Builder
	for i := range a.lever.Recovery.Survivors {
		c := &a.lever.Recovery.Survivors[i]
		first := ""
		if c.First {
			first = "first, others wait for it: "
		}
		fmt.Fprintf(&b, "%s\ttier %d, %s%s\n", model.Clean(c.Chain), c.Tier, first, plan.RecoverState(a.snap.State, a.lever.Recovery.Bundle, c))
	}
	return b.String()
}

// recoveryLine is the second line of a session that recovers: how far it is, what was given up, and when it ends.
func (a *App) recoveryLine() string {
	r := a.lever.Recovery
	f := plan.FarOf(a.snap.State, r.Bundle, r.Survivors, r.AtOnce)
	p := draw.NewPen(a.style, a.w)
	p.Put(themes.Title, fmt.Sprintf(" %d of %d chains back", f.Back, f.Chains))
	if f.Lost > 0 {
		p.Put(themes.Fail, fmt.Sprintf("  ✗ %d lost", f.Lost))
	}
	if f.Doubt > 0 {
		p.Put(themes.Warn, fmt.Sprintf("  ? %d not known", f.Doubt))
	}
	switch {
	case f.Next == "":
		p.Put(themes.Text, "  nothing is left that comes back")
	case f.Left > 0:
		p.Put(themes.Text, fmt.Sprintf("  next %s, the rest about %s", model.Clean(f.Next), model.Age(f.Left)))
	default:
		p.Put(themes.Text, fmt.Sprintf("  next %s, how long nobody knows", model.Clean(f.Next)))
	}
	const keys = "   :recover plans it, :recovery tells of each"
	if draw.Width(keys) <= p.Left() {
		p.Put(themes.Muted, keys)
	}
	return p.Done()
}
