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

// phasesTail is the end of the phase line in w columns: how far each phase is, what going back would take, where that ends, and the next
// gate that blocks; of that as much as there is room for, the gate last of all.
func phasesTail(r *gate.Report, w int) string {
	if r == nil {
		return "   phases: not evaluated "
	}
	each, open := "", false
	for _, p := range r.Phases {
		each += fmt.Sprintf("%d%s", p.Phase, standsSign(p.Stands))
		open = open || p.Stands == gate.Open
	}
	says := "   phases " + each
	if !open {
		says = "   " + r.Line()
	}
	back, _, _ := strings.Cut(r.Undo, ";")
	back = "; back: " + strings.Replace(back, " go back to both, then to blue", " to both, then blue", 1)
	ways := []string{back + ", no return yet", back, "; no return yet", ""}
	if r.Past {
		ways = []string{"; past the point of no return", ""}
	}
	blocks, short := "", ""
	if next := r.Next(1); len(next) > 0 {
		blocks, short = "; next gate (7): "+next[0].ID, "   7: "+next[0].ID+" "
	}
	for _, way := range ways {
		if long := says + way + blocks + " "; draw.Width(long) <= w {
			return long
		}
	}
	switch few := "   " + each + " "; {
	case short == "":
		return says + " "
	case open && draw.Width(few)+draw.Width(short)-2 <= w:
		return few + short[2:]
	}
	return short
}

// standsSign is how far a phase is, in one column.
func standsSign(s gate.Stands) string {
	switch s {
	case gate.Passed:
		return "✓"
	case gate.Open:
		return "●"
	case gate.Ahead:
	}
	return "○"
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
