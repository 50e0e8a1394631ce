package ui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
)

// Feed is where snapshots come from.
type Feed interface {
	// Next blocks until there is a snapshot whose Beat is greater than after, and returns the newest. An error ends the feed.
	Next(ctx context.Context, after uint64) (*model.Snapshot, error)
}

// Asker answers what is asked rarely and is too large for a snapshot. Its calls may take long; no key ever waits for one.
type Asker interface {
	// JobLog is the log of a job in the catalog's order, one clean line each.
	JobLog(ctx context.Context, job model.JobKey) ([]string, error)
}

type snapshotMsg struct {
	snap *model.Snapshot
	err  error
}

type tickMsg time.Time

type logMsg struct {
	key   model.JobKey
	lines []string
	at    time.Time
	err   error
}

// The pauses between two snapshots: however fast the world changes, the screen takes a twentieth of a core at most.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 2 * time.Second
	pausePerCost  = 20
)

// logTimeout bounds one question for a log, logAgain how soon the log of a job that changes is asked again.
const (
	logTimeout = 15 * time.Second
	logAgain   = 5 * time.Second
)

// next waits for the snapshot after the one at hand. There is never more than one such command under way.
func (a *App) next() tea.Cmd {
	ctx, feed, after, pause := a.ctx, a.feed, a.beat, a.pause
	return func() tea.Msg {
		if pause > 0 {
			t := time.NewTimer(pause)
			defer t.Stop()
			select {
			case <-ctx.Done():
				return snapshotMsg{err: ctx.Err()}
			case <-t.C:
			}
		}
		s, err := feed.Next(ctx, after)
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
	a.beat, a.snap = m.snap.Beat, m.snap
	if a.frozen.IsZero() {
		a.present(m.snap)
	}
	a.recheck()
	return tea.Batch(a.next(), a.askLog())
}

// present shows a snapshot in the panes.
func (a *App) present(s *model.Snapshot) {
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

// askLog asks for the log of the job that is open, when it was not asked yet or the job changed since.
func (a *App) askLog() tea.Cmd {
	if a.pager == nil || a.asker == nil {
		return nil
	}
	j, ok := a.pager.shows.(*jobPage)
	if !ok || j.log.asking {
		return nil
	}
	job := findJob(a.shown, j.key)
	switch {
	case !j.log.asked:
	case job == nil || *job == j.log.of || a.opt.Now().Sub(j.log.tried) < logAgain:
		return nil
	}
	j.log.asking, j.log.asked, j.log.tried = true, true, a.opt.Now()
	if job != nil {
		j.log.of = *job
	}
	ctx, asker, key, now := a.ctx, a.asker, j.key, a.opt.Now
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, logTimeout)
		defer cancel()
		lines, err := asker.JobLog(ctx, key)
		return logMsg{key, lines, now(), err}
	}
}

// takeLog gives an answer to the page that asked; it may be closed by now.
func (a *App) takeLog(m logMsg) {
	if a.pager == nil {
		return
	}
	j, ok := a.pager.shows.(*jobPage)
	if !ok || j.key != m.key {
		return
	}
	j.log.asking = false
	if m.err != nil {
		j.log.why = model.Clean(m.err.Error())
		return
	}
	j.log.lines, j.log.at, j.log.why = m.lines, m.at, ""
}
