package ui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/ui/draw"
)

func (a *App) pane() pane { return a.panes[a.focus] }

// scene is what panes are drawn from now. A frozen picture keeps the ages it had.
func (a *App) scene() *scene {
	s, now := a.shown, a.now
	if s == nil {
		s = a.snap
	}
	if !a.frozen.IsZero() {
		now = a.frozen
	}
	return &scene{snap: s, sum: a.sum, st: a.style, now: now, minute: now.Truncate(time.Minute), frozen: !a.frozen.IsZero(),
		acts: a.lever != nil, gates: a.gates.report, gone: a.gone}
}

// live is the scene of the lines that are never frozen.
func (a *App) live() *scene {
	sc := a.scene()
	sc.snap, sc.frozen, sc.now, sc.minute = a.snap, false, a.now, a.now.Truncate(time.Minute)
	return sc
}

type scroller interface {
	walk(n int)
	page(n int)
	edge(end bool)
}

// scroller is what the moving keys move.
func (a *App) scroller() scroller {
	if a.pager != nil {
		return a.pager
	}
	return a.pane().lines()
}

// show opens a page over the panes, or over the page that is open.
func (a *App) show(p page) tea.Cmd {
	under := a.pager
	if under != nil && samePage(under.shows, p) {
		under = under.under // it is asked for again
	}
	a.pager = &pager{shows: p, under: under}
	return a.askPage()
}

// openRow opens the selected row, or what the selected line of a page leads to.
func (a *App) openRow() tea.Cmd {
	if a.lever != nil && a.points() != nil {
		return a.restoreSelected()
	}
	if a.lever != nil && a.failovers() != nil {
		return a.failOverSelected()
	}
	if a.pager != nil {
		return a.show(a.pager.opens())
	}
	return a.show(a.pane().open(a.scene()))
}

// closePage goes back to what the page was opened from, as it was left there.
func (a *App) closePage() tea.Cmd {
	a.pager = a.pager.under
	return a.askPage()
}

// openCause opens what the alert line is about; while that is open, what the next alert is about. It follows the newest data, frozen
// or not.
func (a *App) openCause() tea.Cmd {
	if a.pager == nil || a.alertAt < 0 {
		a.alertAt = 0
	} else {
		a.alertAt = (a.alertAt + 1) % len(a.snap.Alerts)
	}
	if !a.frozen.IsZero() {
		a.toggleFreeze()
	}
	n := min(a.alertAt, len(a.snap.Alerts)-1)
	a.pager = nil
	cmd := a.show(cause(a.snap, &a.snap.Alerts[n]))
	if len(a.snap.Alerts) > 1 {
		a.say("alert " + draw.Count(n+1) + " of " + draw.Count(len(a.snap.Alerts)) + "; ! opens the next")
	}
	return cmd
}

// back undoes one thing: the page, the zoom, the filter.
func (a *App) back() (cmd tea.Cmd) {
	switch rows := a.pane().lines(); {
	case a.pager != nil && a.pager.find.text != "":
		a.pager.search(newFilter(""))
	case a.pager != nil:
		return a.closePage()
	case a.zoomed:
		a.toggleZoom()
	case rows.filterText() != "":
		rows.setFilter(newFilter(""))
		a.refresh()
	case a.gone != nil:
		a.regain()
	case rows.lost():
		rows.forget()
	default:
		a.say("nothing to go back from; q detaches")
	}
	return nil
}

func (a *App) toggleZoom() {
	a.zoomed = !a.zoomed
	a.arrange()
}

func (a *App) toggleFreeze() {
	if a.frozen.IsZero() {
		a.frozen, a.waiting = a.opt.Now(), 0
		return
	}
	a.frozen = time.Time{}
	a.present(a.snap)
}

func (a *App) mark() {
	a.cells.toggle()
	a.cells.walk(1)
}

func (a *App) sortNext(n int) {
	rows := a.pane().lines()
	names, by, _ := rows.sorting()
	rows.sort((by+n)%len(names), false)
	a.refresh()
}

// sortKeys are the keys of a pane's columns, the first first.
var sortKeys = []string{"alt+1", "alt+2", "alt+3", "alt+4", "alt+5", "alt+6", "alt+7", "alt+8", "alt+9", "alt+0"}

// sortColumn orders by the column of a key; by the one that is chosen already, the other way around.
func (a *App) sortColumn(k string) tea.Cmd {
	rows := a.pane().lines()
	names, by, back := rows.sorting()
	i := slices.Index(sortKeys, k)
	if i >= len(names) {
		a.say("these rows have " + draw.Count(len(names)) + " columns to order by: " + strings.Join(names, ", "))
		return nil
	}
	rows.sort(i, i == by && !back)
	a.refresh()
	return nil
}

func (a *App) sortBack() {
	rows := a.pane().lines()
	_, by, back := rows.sorting()
	rows.sort(by, !back)
	a.refresh()
}

// nextMatch steps through what a search found; filtered rows all match, so there it is the next row, around the end.
func (a *App) nextMatch(dir int) {
	if a.pager != nil {
		a.pager.next(dir)
		return
	}
	rows := a.pane().lines()
	before := rows.place()
	rows.walk(dir)
	if rows.place() == before {
		rows.edge(dir < 0)
	}
}

// absent says why a pane cannot be gone to.
func (a *App) absent(id paneID) string {
	if id == paneRDS && a.shown.RDS == nil {
		return "no RDS instance is configured"
	}
	if id == paneGates && a.opt.Gates == nil {
		return "nobody judges gates for this session"
	}
	return ""
}

func (a *App) goTo(id paneID) {
	a.pager = nil
	a.focus = id
	a.arrange()
}

// nextPane goes around the panes that exist, on the screen or not.
func (a *App) nextPane(dir int) {
	order := []paneID{paneBlue, paneGreen, paneCells, paneRDS, paneEvents, paneAlerts, paneGates}
	order = slices.DeleteFunc(order, func(id paneID) bool { return a.absent(id) != "" })
	i := slices.Index(order, a.focus)
	a.goTo(order[(i+dir+len(order))%len(order)])
}

// openHelp shows the keys of the pane in one screen, and then everything.
func (a *App) openHelp() {
	if a.pager != nil {
		if h, open := a.pager.shows.(*helpPage); open {
			a.pager.top = 0
			a.pager.scroll(h.all)
			return
		}
	}
	a.show(newHelpPage(a))
}

// copyLimit is what terminals take through OSC 52.
const copyLimit = 74_000

func (a *App) copyRow() tea.Cmd {
	text := ""
	if a.pager != nil {
		text = a.pager.text()
	} else {
		text = a.pane().text(a.scene())
	}
	switch {
	case text == "":
		a.say("nothing is selected to copy")
		return nil
	case len(text) > copyLimit:
		a.say("too much for the clipboard of a terminal: " + model.Size(float64(len(text))))
		return nil
	}
	a.say("copied " + model.Size(float64(len(text))) + ", if the terminal allows OSC 52")
	return tea.SetClipboard(text)
}

func (a *App) quit() tea.Cmd {
	if a.pager != nil {
		return a.closePage()
	}
	return tea.Quit
}

// interrupt closes what is open, and leaves when it is pressed twice.
func (a *App) interrupt() tea.Cmd {
	now := a.opt.Now()
	switch {
	case a.pager != nil:
		return a.closePage()
	case !a.leaving.IsZero() && now.Sub(a.leaving) < 3*time.Second:
		return tea.Quit
	default:
		a.leaving = now
		a.say("ctrl+c again leaves this view; nothing that runs is stopped")
	}
	return nil
}

// windowTitle tells a terminal's tab what this is and whether it needs somebody.
func (a *App) windowTitle() string {
	fails := 0
	for i := range a.snap.Alerts {
		if v := &a.snap.Alerts[i]; v.Severity == model.Fail && v.Acked == nil {
			fails++
		}
	}
	title := "switchyard " + model.Clean(a.snap.Environment)
	if a.snap.Rehearsal != "" {
		title = "REHEARSAL " + title
	}
	if fails > 0 {
		title += ": " + draw.Count(fails) + " FAIL"
	}
	return title
}
