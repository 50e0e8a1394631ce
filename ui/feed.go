package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
)

// Feed is where snapshots come from.
type Feed interface {
	// Next blocks until there is a snapshot whose Beat is greater than after, and returns the newest. An error ends the feed.
	Next(ctx context.Context, after uint64) (*board.Snapshot, error)
}

// Asker answers what is asked rarely and is too large for a snapshot. Its calls may take long; no key ever waits for one.
type Asker interface {
	// JobLog is the log of a job in the catalog's order, one clean line each.
	JobLog(ctx context.Context, job model.JobKey) ([]string, error)
	// RestoreList reads both catalogs for the points to which some cells can be restored.
	RestoreList(ctx context.Context, ask model.RestoreAsk) (*model.RestoreList, error)
	// RestoreSight reads what a restore of a point to a client rests on.
	RestoreSight(ctx context.Context, ask model.SightAsk) (*model.RestoreSight, error)
	// Clients are those that the active Director of a cluster knows.
	Clients(ctx context.Context, c model.Cluster) ([]string, error)
	// ActionStory is what the journal holds of an action, by its plan's id, one clean line each.
	ActionStory(ctx context.Context, action string) ([]string, error)
}

type snapshotMsg struct {
	snap *board.Snapshot
	err  error
}

type tickMsg time.Time

// answerMsg is what came of a question for a page.
type answerMsg struct {
	of askingPage
	told
	at  time.Time
	err error
}

// told is what was answered: lines, or points to restore to.
type told struct {
	lines  []string
	points *model.RestoreList
}

// The pauses between two snapshots: however fast the world changes, the screen takes a twentieth of a core at most.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 2 * time.Second
	pausePerCost  = 20
)

// answerLimit bounds one question for a page, askAgain how soon it is asked again when what the page is about changes.
const (
	answerLimit = 15 * time.Second
	askAgain    = 2 * time.Second
)

// next waits for the snapshot after the one at hand, and no shorter than the pause. There is never more than one such command under way.
func (a *App) next() tea.Cmd {
	ctx, feed, after, pause := a.ctx, a.feed, a.beat, a.pause
	return func() tea.Msg {
		began := time.Now()
		s, err := feed.Next(ctx, after)
		rest := pause - time.Since(began)
		if err != nil || rest <= 0 {
			return snapshotMsg{s, err}
		}
		t := time.NewTimer(rest)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return snapshotMsg{err: ctx.Err()}
		case <-t.C:
		}
		s, err = feed.Next(ctx, after) // there may be a newer one by now
		return snapshotMsg{s, err}
	}
}

// tick moves the clock of the header on the second.
func (a *App) tick() tea.Cmd {
	now := time.Now()
	return tea.Tick(now.Truncate(time.Second).Add(time.Second).Sub(now), func(t time.Time) tea.Msg { return tickMsg(t) })
}

// take makes a snapshot the one at hand.
func (a *App) take(m snapshotMsg) tea.Cmd {
	switch {
	case m.err != nil && a.ctx.Err() != nil:
		return tea.Quit
	case m.err != nil:
		a.ended = model.Clean(m.err.Error())
		return func() tea.Msg { <-a.ctx.Done(); return tea.QuitMsg{} }
	case m.snap == nil:
		return a.next()
	}
	if !a.frozen.IsZero() && m.snap.Rev != a.snap.Rev {
		a.waiting++
	}
	a.beat, a.snap = m.snap.Beat, a.hush(m.snap)
	if a.frozen.IsZero() {
		a.present(a.snap)
	}
	a.recheck()
	a.restrip()
	a.settle(m.snap)
	return tea.Batch(a.next(), a.askPage())
}

// present shows a snapshot in the panes.
func (a *App) present(s *board.Snapshot) {
	if from := identity(s.Cells); a.sum == nil || from != a.sumOf {
		a.sum, a.sumOf = summarize(s.Cells), from
	}
	pair := a.shown != nil && a.shown.RDS != nil
	a.shown = s
	if pair != (s.RDS != nil) {
		if a.focus == paneRDS {
			a.focus, a.zoomed = paneBlue, false
		}
		a.arrange()
	}
	a.refresh()
}

// refresh makes the rows of all panes fit what is shown.
func (a *App) refresh() {
	sc := a.scene()
	for _, p := range a.panes {
		p.refresh(sc)
	}
}

// askingPage is one with lines that are too many for a snapshot, and are asked for while it is open.
type askingPage interface {
	page
	answer() *answer
	state(s *board.Snapshot) any // changes when there is more to ask for; nil when it is not known any more
	read(ctx context.Context, of Asker) (told, error)
}

// answer is what a page's source said.
type answer struct {
	asked  bool
	asking bool
	tried  time.Time // when it was asked last
	told
	at  time.Time // of the answer; zero: none yet
	why string    // there is no newer answer
	of  any       // what the page was about when it was asked
}

// askPage asks for what the open page wants, when it was not asked yet or there is more since.
func (a *App) askPage() tea.Cmd {
	if a.pager == nil || a.asker == nil {
		return nil
	}
	p, ok := a.pager.shows.(askingPage)
	if !ok || p.answer().asking {
		return nil
	}
	l, about := p.answer(), p.state(a.shown)
	if l.asked && (about == nil || about == l.of || a.opt.Now().Sub(l.tried) < askAgain) {
		return nil
	}
	l.asking, l.asked, l.tried = true, true, a.opt.Now()
	if about != nil {
		l.of = about
	}
	ctx, asker, now := a.ctx, a.asker, a.opt.Now
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, answerLimit)
		defer cancel()
		says, err := p.read(ctx, asker)
		return answerMsg{p, says, now(), err}
	}
}

// answered gives an answer to the page that asked; it may be closed by now.
func (m answerMsg) answered() {
	l := m.of.answer()
	l.asking = false
	if m.err != nil {
		l.why = model.Clean(m.err.Error())
		return
	}
	l.told, l.at, l.why = m.told, m.at, ""
}

// tell writes the answer as far as it arrived; nobody waits for it.
func (l *answer) tell(s *story, head, source, none string, role func(line string) themes.Role) {
	switch {
	case l.asking && l.at.IsZero():
		s.head(head)
		s.prose(themes.Muted, "asking "+source)
		return
	case l.at.IsZero() && l.why == "":
		return
	case l.at.IsZero():
		s.head(head)
		s.prose(themes.Warn, "It could not be read: "+l.why)
		return
	}
	s.head(head + ", read " + l.at.UTC().Format("15:04:05"))
	if l.why != "" {
		s.prose(themes.Warn, "A newer reading failed: "+l.why)
	}
	if len(l.lines) == 0 {
		s.prose(themes.Muted, none)
	}
	for _, line := range l.lines {
		s.prose(role(line), line)
	}
}
