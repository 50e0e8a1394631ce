package ui

import (
	tea "charm.land/bubbletea/v2"

	"switchyard/model"
)

// following is a command of the program's that goes on as long as its page is open.
type following struct {
	of   Command
	arg  string
	seen uint64
	page *toldPage // nil: it has told nothing yet
}

// followedMsg is what it told next.
type followedMsg struct {
	by   *following
	says string
	now  uint64
	err  error
}

// follow asks for what is told next; there is one such question at a time.
func (a *App) follow(f *following) tea.Cmd {
	ctx, seen := a.ctx, f.seen
	return func() tea.Msg {
		says, now, err := f.of.Follow(ctx, f.arg, seen)
		return followedMsg{f, says, now, err}
	}
}

// goesOn shows what was told and asks on, until its page is closed.
func (a *App) goesOn(m followedMsg) tea.Cmd {
	f := m.by
	switch {
	case f.page != nil && !a.isOpen(f.page):
		return nil
	case m.err != nil:
		a.say(model.Clean(m.err.Error()))
		return nil
	case f.page == nil && a.dialog != nil: // nothing opens over what somebody decides
		a.say(":" + f.of.Name + " again, when this is decided")
		return nil
	}
	f.seen = m.now
	if f.page != nil {
		f.page.newer = toldRows(m.says)
		return a.follow(f)
	}
	f.page = newToldPage(f.of.Name, m.says)
	return tea.Batch(a.show(f.page), a.follow(f))
}

// isOpen tells whether a page is open, be it under others.
func (a *App) isOpen(p page) bool {
	for g := a.pager; g != nil; g = g.under {
		if g.shows == p {
			return true
		}
	}
	return false
}
