package ui

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// clientsMsg are the clients that a Director knows, for the prompt that asks for one.
type clientsMsg struct {
	of    *prompt
	names []string
	err   error
}

// sightedMsg is what a restore that was asked for rests on.
type sightedMsg struct {
	ask   *plan.Restore
	sight *model.RestoreSight
	err   error
}

// sightLimit bounds the reading of what a restore rests on: a catalog, a Director and the Storage Daemons are asked several times.
const sightLimit = time.Minute

// noRestore says why r does nothing: it opens the points of a cell, and asks where one goes that is selected.
func noRestore(a *App) string {
	if a.points() != nil || a.point() != nil || a.failedRestore() != nil || len(a.gateCells("r")) > 0 {
		return ""
	}
	return noChain(a)
}

// restore is r: from a cell to the points of its chain, from a point to the client that it goes to, and from a restore that failed to the
// next best point.
func (a *App) restore() tea.Cmd {
	if x := a.failedRestore(); x != nil {
		return a.restoreAgain(x)
	}
	if p := a.point(); p != nil {
		return a.askTarget(p)
	}
	if a.points() != nil {
		return a.restoreSelected()
	}
	if of := a.gateCells("r"); len(of) > 0 {
		return a.show(&pointsPage{chain: of[0].Chain, cell: &of[0]})
	}
	return a.openPoints()
}

// point is the one whose page is open.
func (a *App) point() *model.RestorePoint {
	if a.pager == nil {
		return nil
	}
	if p, ok := a.pager.shows.(*pointPage); ok {
		return &p.point
	}
	return nil
}

// restoreSelected opens the selected point, and asks where it goes.
func (a *App) restoreSelected() tea.Cmd {
	if a.pager.at() < 0 {
		a.say("no point is selected")
		return nil
	}
	show := a.show(a.pager.opens())
	if p := a.point(); p != nil {
		return tea.Batch(show, a.askTarget(p))
	}
	return show
}

// askTarget asks for the client, completed with what the Director knows once it has answered.
func (a *App) askTarget(of *model.RestorePoint) tea.Cmd {
	if a.asker == nil {
		a.say("nothing can be read here")
		return nil
	}
	point := *of
	p := &prompt{sign: "restore to client ", line: newTypedLine(""), at: -1, leave: func(*App) {}, hint: fileHint,
		enter: func(a *App, text string) tea.Cmd { return a.chosen(&point, text) }}
	var known []string
	p.changed = func(_ *App, text string) { p.offers = withPrefix(known, text) }
	p.take = func(names []string) {
		known = names
		p.changed(a, p.line.text())
	}
	a.prompt = p
	ctx, asker, k := a.ctx, a.asker, point.Key.Cluster
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, answerLimit)
		defer cancel()
		names, err := asker.Clients(ctx, k)
		return clientsMsg{p, names, err}
	}
}

// clients completes the prompt that asked, when it is still open.
func (a *App) clients(m clientsMsg) {
	if a.prompt != m.of || m.of.take == nil {
		return
	}
	if m.err != nil {
		a.say(model.Clean("its clients could not be read, type the name: " + m.err.Error()))
		return
	}
	m.of.take(m.names)
}

// fileHint stands behind the prompt for a client.
const fileHint = "file=/PATH behind it, once or more: only that"

// target takes apart what is typed there, which is Bacula's own words: a client, and the files when not all is wanted.
func target(text string) (client string, files []string) {
	parts := strings.Split(" "+text, " file=")
	for _, f := range parts[1:] {
		files = append(files, strings.TrimSpace(f))
	}
	return strings.TrimSpace(parts[0]), files
}

// chosen reads what the restore rests on, before its plan is made.
func (a *App) chosen(point *model.RestorePoint, text string) tea.Cmd {
	client, files := target(text)
	var format model.Format
	if v := a.snap.Cell(point.Cell); v != nil {
		format = v.Format
	}
	ask := plan.RestoreOf(point, format, client, a.lever.Below, files)
	if err := ask.Check(); err != nil {
		a.say(model.Clean(err.Error()))
		return nil
	}
	a.say("reading what a restore to " + client + " rests on")
	ctx, asker := a.ctx, a.asker
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(ctx, sightLimit)
		defer cancel()
		s, err := asker.RestoreSight(ctx, ask.Sight())
		return sightedMsg{ask, s, err}
	}
}

// sighted opens the plan, unless the person went on to something else.
func (a *App) sighted(m sightedMsg) tea.Cmd {
	switch {
	case a.dialog != nil || a.prompt != nil:
		return nil
	case m.err != nil:
		a.say(model.Clean(m.err.Error()))
		return nil
	}
	a.note, a.sight = "", m.sight
	return a.propose(plan.Ask{Restore: m.ask})
}

// failedRestore is the restore whose page is open and that did not end well; nil when there is none.
func (a *App) failedRestore() *record.Action {
	x, ok := a.subjectAction()
	if !ok || x.Verb != "restore" || x.State <= record.ActionDone {
		return nil
	}
	return x
}

// restoreAgain opens the points of the cell that a restore was of, with the next best one selected.
func (a *App) restoreAgain(x *record.Action) tea.Cmd {
	v, point := plan.RestoreTouched(a.snap, x)
	if v == nil {
		a.say("the inventory has no such cell any more")
		return nil
	}
	cell := v.Cell
	return a.show(&pointsPage{chain: cell.Chain, cell: &cell, not: point})
}

// restoredFacts tell what a restore has left, and how it is loaded.
func restoredFacts(s *story, x *record.Action) {
	of, _ := x.Restoring()
	if of != nil {
		s.fact("restores", "to "+of.Where+" on "+of.Client)
	}
	r := x.Restored()
	if r == nil {
		return
	}
	s.fact("you have", draw.Count(int(r.Files))+" files, "+model.Size(r.Bytes)+", on "+r.Client+" in "+r.Where)
	for i, line := range r.Next() {
		role := themes.Text
		if strings.HasPrefix(line, "! ") {
			role = themes.Warn
		}
		label := ""
		if i == 0 {
			label = "next, there"
		}
		s.factIn(role, label, line)
	}
}

// selectedAfter is the next good point of a list below one that is not to be restored again.
func (p *pointsPage) selectedAfter(l *model.RestoreList) string {
	if n := l.Next(p.not); n != nil {
		return pointKey(n.Key)
	}
	return ""
}

// askMoment is t: it asks by when the points shall have ended.
func (a *App) askMoment() tea.Cmd {
	a.askCommand()
	a.prompt.set(a, "before ")
	return nil
}

// sightFor reads what the plan of an action rests on, where it is a restore.
func sightFor(ctx context.Context, asker Asker, p *plan.Plan) *model.RestoreSight {
	if p == nil || p.Ask.Restoring() == nil || asker == nil {
		return nil
	}
	s, err := asker.RestoreSight(ctx, p.Ask.Restoring().Sight())
	if err != nil {
		return nil // its guards say that nothing was read
	}
	return s
}
