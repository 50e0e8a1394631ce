package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model/gate"
	"switchyard/ui/draw"
)

// judgement is what is known of the gates.
type judgement struct {
	report *gate.Report // nil: not judged yet
	at     time.Time    // when it was asked for last
	asked  bool         // and has not come yet
	cost   time.Duration
}

// How often gates are judged: while they are shown, and for the phase line alone. Where judging takes long it is done less often.
const (
	judgeShown  = 3 * time.Second
	judgeHidden = time.Minute
	judgeCost   = 200 // times what it took
)

type gatesMsg struct {
	report *gate.Report
	took   time.Duration
}

// judge has the gates judged when it is time, beside the keys: a snapshot is never changed.
func (a *App) judge() tea.Cmd {
	g, every := &a.gates, judgeHidden
	if _, page := a.openPage().(*gatesPage); a.focus == paneGates || page {
		every = judgeShown
	}
	every = max(every, judgeCost*g.cost)
	if a.opt.Gates == nil || g.asked || a.beat == 0 || a.shown == nil || g.report != nil && a.now.Sub(g.at) < every && a.now.After(g.at) {
		return nil
	}
	g.asked, g.at = true, a.now
	snap, gates := a.shown, a.opt.Gates
	return func() tea.Msg {
		start := time.Now()
		return gatesMsg{gates(snap), time.Since(start)}
	}
}

func (a *App) openPage() page {
	if a.pager == nil {
		return nil
	}
	return a.pager.shows
}

func (a *App) judged(m gatesMsg) {
	a.gates.asked, a.gates.report, a.gates.cost = false, m.report, m.took
	a.panes[paneGates].refresh(a.scene())
}

// phasesTail is the end of the phase line in w columns: which phases are open, and the next gate that blocks.
func phasesTail(r *gate.Report, w int) string {
	if r == nil {
		return "   phases: not evaluated "
	}
	var open []string
	for _, p := range r.Phases {
		if p.Stands == gate.Open {
			open = append(open, fmt.Sprint(int(p.Phase)))
		}
	}
	says := "   phases open: " + strings.Join(open, " ")
	if len(open) == 0 {
		says = "   " + r.Line()
	}
	if r.Past {
		says += ", past the point of no return"
	}
	next := r.Next(1)
	if len(next) == 0 {
		return says + " "
	}
	long := says + ", next gate (7): " + next[0].ID + " "
	if draw.Width(long) <= w {
		return long
	}
	return "   7: " + next[0].ID + " "
}

// beside is what is said of the next promise in the words that leave room for a tail in w columns, or nothing.
func beside(says, tail string, w int) string {
	for _, s := range []string{says, strings.Replace(says, "next promise breaks", "next breaks", 1)} {
		if draw.Width(s)+draw.Width(tail) <= w {
			return s
		}
	}
	return ""
}
