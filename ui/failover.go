package ui

import (
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// failoverPage asks which failover, and says of each why it is possible or not.
type failoverPage struct {
	general
	ways
	plan  func(plan.FailoverTo) (*plan.Plan, error)
	rev   uint64 // of the snapshot that they were judged by
	found []failoverWay
}

// failoverWay is one failover as it stands now.
type failoverWay struct {
	to       plan.FailoverTo
	glyph    string
	role     themes.Role
	word     string
	says, do string
	against  []model.Check
}

func (*failoverPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "FAIL OVER: which?")}
}

// cannotPlan is why there is no plan, without what the page has said already.
func cannotPlan(err error) string {
	says := strings.TrimPrefix(err.Error(), "planning a failover: ")
	return model.Clean(strings.TrimSuffix(says, ": "+model.ErrNone.Error()))
}

// wayOf judges one failover by its plan.
func (p *failoverPage) wayOf(to plan.FailoverTo) failoverWay {
	w := failoverWay{to: to, glyph: "✓ ", role: themes.Good, word: "possible"}
	made, err := p.plan(to)
	if err != nil {
		w.glyph, w.role, w.word, w.says = "✗ ", themes.Fail, "not possible", cannotPlan(err)
		if errors.Is(err, model.ErrNone) {
			w.do = "see :sources and the configuration: without that no plan can be made"
		}
		return w
	}
	for i := range made.Guards {
		if g := made.Guards[i]; plan.Blocks(g) || plan.NeedsReason(g) {
			w.against = append(w.against, g)
		}
	}
	switch g := made.Blocked(); {
	case g != nil:
		w.glyph, w.role, w.word, w.says, w.do = "✗ ", themes.Fail, "not possible", g.Not()+": "+g.Value, g.Do
		if g.Verdict == model.Unknown {
			w.glyph, w.word = "? ", "not proven"
		}
	case len(w.against) > 0:
		g := w.against[0]
		w.glyph, w.role, w.word, w.says, w.do = "! ", themes.Warn, "only with a reason", g.Not()+": "+g.Value, g.Do
	}
	return w
}

func (p *failoverPage) lines(sc *scene, width int) [][]draw.Piece {
	if p.found == nil || p.rev != sc.snap.Rev {
		p.rev, p.found = sc.snap.Rev, nil
		for _, to := range plan.FailoversNow(sc.snap) {
			p.found = append(p.found, p.wayOf(to))
		}
	}
	s := &story{w: width}
	for _, w := range p.found {
		s.leads(len(s.out), string(w.to), func() page { return nil })
		s.add(draw.As(themes.Title, fit(string(w.to), 12)), draw.As(w.role, w.glyph+w.word))
		s.proseBelow(themes.Text, w.to.Says())
		if w.says != "" {
			more := ""
			if n := len(w.against) - 1; n > 0 {
				more = ", and " + draw.Count(n) + " more"
			}
			s.proseBelow(w.role, w.says+more)
		}
		if w.do != "" {
			s.proseBelow(themes.Text, "→ "+w.do)
		}
		s.gap()
	}
	s.prose(themes.Muted, "enter opens the plan of the selected one; nothing is done before it is approved")
	p.links = s.links
	return s.out
}

// choice is the first that is possible.
func (p *failoverPage) choice() string {
	for _, glyph := range []string{"✓ ", "! "} {
		for _, w := range p.found {
			if w.glyph == glyph {
				return string(w.to)
			}
		}
	}
	return ""
}

// failOver opens the page that asks which; on it, it opens the plan of the selected one.
func (a *App) failOver() tea.Cmd {
	if p := a.failovers(); p != nil {
		return a.failOverSelected()
	}
	if v := a.alertHere(); v != nil && v.ID == board.AlertTwoWriters {
		return a.commandFailover(string(plan.FailoverQuarantine))
	} else if v != nil && strings.HasPrefix(v.ID, board.AlertReplica) {
		if _, err := plan.RebuildOf(a.snap, ""); err == nil {
			return a.commandFailover(string(plan.FailoverRebuild))
		}
	}
	if to := drillOf(a.gateHere()); to != "" {
		return a.commandFailover(string(to))
	}
	return a.show(&failoverPage{plan: func(to plan.FailoverTo) (*plan.Plan, error) {
		ask, err := plan.FailoverAsk(a.snap, to)
		if err != nil {
			return nil, err
		}
		return ask.Plan(a.world(a.snap), a.lever.NewID())
	}})
}

// failovers is the page that asks which, when it is open.
func (a *App) failovers() *failoverPage {
	if a.pager == nil {
		return nil
	}
	p, _ := a.pager.shows.(*failoverPage)
	return p
}

func (a *App) failOverSelected() tea.Cmd {
	i := a.pager.at()
	if i < 0 {
		a.say("no failover is selected")
		return nil
	}
	return a.commandFailover(a.pager.links[i].key)
}

func failoverOffers(a *App) (words []string) {
	for _, to := range plan.FailoversNow(a.snap) {
		words = append(words, string(to))
	}
	return words
}

// commandFailover opens the plan of a failover.
func (a *App) commandFailover(arg string) tea.Cmd {
	if arg == "" {
		return a.failOver()
	}
	to, err := plan.FailoverCalled(arg)
	if err != nil {
		a.say(":failover wants " + strings.Join(failoverOffers(a), ", ") + ", not " + arg)
		return nil
	}
	ask, err := plan.FailoverAsk(a.snap, to)
	if err != nil {
		a.say(model.Clean(err.Error()))
		return nil
	}
	return a.propose(ask)
}

// noPair says why f does nothing.
func noPair(a *App) string {
	if r := a.snap.RDS; r == nil || r.Primary == nil {
		return "no RDS instance is watched: rds in the configuration says where they are"
	}
	return ""
}
