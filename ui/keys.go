package ui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// binding is one line of the key table, from which dispatch, the keys line and help are made.
type binding struct {
	key.Binding        // never disabled: a key that cannot act stays visible and says why
	name        string // one or two words for the keys line; empty: it is only in help
	spare       bool   // gives way in the keys line when there is little room
	sign        bool   // needs no word there
	group       string
	why         func(a *App) string // why it does nothing now; nil or "" when it works
	do          func(a *App) tea.Cmd
	doKey       func(a *App, k string) tea.Cmd // in place of do where the keys of a binding differ in what they do
}

// bind binds keys, as Bubble Tea names them, to what they do; the first is the one that is shown.
func bind(says string, keys ...string) key.Binding {
	labels := make([]string, len(keys))
	for i, k := range keys {
		labels[i] = keyLabel(k)
	}
	return key.NewBinding(key.WithKeys(keys...), key.WithHelp(strings.Join(labels, " "), says))
}

// The groups of the table, in the order of help.
const (
	groupSee     = "see"
	groupMove    = "move"
	groupFind    = "find"
	groupAct     = "act"
	groupSession = "session"
)

func (b *binding) label() string { return keyLabel(b.Keys()[0]) }

func keyLabel(k string) string {
	if c, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return "^" + c
	}
	return k
}

// reason is why a binding does nothing now; the empty string when it works.
func (b *binding) reason(a *App) string {
	if a.lay.small && b.group != groupSession {
		return "too small: panes and keys need 60x16"
	}
	if b.why == nil {
		return ""
	}
	return b.why(a)
}

func act(f func(a *App)) func(a *App) tea.Cmd {
	return func(a *App) tea.Cmd { f(a); return nil }
}

func walk(n int) func(a *App) tea.Cmd { return act(func(a *App) { a.scroller().walk(n) }) }
func leaf(n int) func(a *App) tea.Cmd { return act(func(a *App) { a.scroller().page(n) }) }
func edge(e bool) func(a *App) tea.Cmd {
	return act(func(a *App) { a.scroller().edge(e) })
}

func onlyPanes(why func(a *App) string) func(a *App) string {
	return func(a *App) string {
		if a.pager != nil {
			return "close this page first: esc"
		}
		if why == nil {
			return ""
		}
		return why(a)
	}
}

// watchKeys is the table of every session. Nothing in it can act on anything but the screen.
func watchKeys() []binding {
	table := []binding{
		{Binding: bind("open the selected row or line: all facts, and the log of a job", "enter"), name: "open", group: groupSee,
			why: openable, do: (*App).openRow},
		{Binding: bind("back: to the page or pane before, end a zoom, clear a filter", "esc"), group: groupSee, do: (*App).back},
		{Binding: bind("open what the alert line is about; again for the next alert", "!"), name: "cause", group: groupSee, why: alerted,
			do: (*App).openCause},
		{Binding: bind("let the selected alert be, or that of the page: asks why and until when", "L"), group: groupSee, why: noAlert,
			do: act(func(a *App) { a.proposeSeen(a.alertHere()) })},
		{Binding: bind("filter the rows, or search a page: text or a regular expression, ! in front inverts", "/"), name: "filter",
			sign: true, group: groupFind, why: filterable, do: act((*App).askFilter)},
		{Binding: bind("a command, completed with tab", ":"), name: "command", sign: true, group: groupFind, do: act((*App).askCommand)},
		{
			Binding: bind("the keys of this pane; again: every key and command, and why it does nothing now; / searches", "?"),
			name:    "help",
			group:   groupSession,
			why:     tooSmall,
			do:      act((*App).openHelp),
		},
		{Binding: bind("close a page, or leave; nothing that runs is stopped", "q"), name: "detach", group: groupSession, do: (*App).quit},
		{Binding: bind("let the pane fill the screen, and back", "z"), name: "zoom", spare: true, group: groupSee, why: onlyPanes(nil),
			do: act((*App).toggleZoom)},
		{Binding: bind("mark the selected cell, or unmark it", "space"), name: "mark", spare: true, group: groupFind,
			why: onlyPanes(markable), do: act((*App).mark)},
		{Binding: bind("order the rows by the next column", "o"), name: "sort", spare: true, group: groupFind, why: onlyPanes(sortable),
			do: act(func(a *App) { a.sortNext(1) })},
		{Binding: bind("group the cells by the next of region, kind, tier, chain, and not at all", "="), group: groupFind,
			why: onlyPanes(markable), do: act(func(a *App) { a.cells.groupNext(); a.refresh() })},
		{Binding: bind("turn the order around", "O"), group: groupFind, why: onlyPanes(sortable), do: act((*App).sortBack)},
		{Binding: bind("order the rows by their first, second and further column; again turns the order around", sortKeys...), group: groupFind,
			why: onlyPanes(sortable), doKey: (*App).sortColumn},
		{Binding: bind("view the action that the strip shows", "v"), group: groupSee, why: noAction,
			do: func(a *App) tea.Cmd { return a.show(&actionPage{id: a.strip().ID}) }},
		{Binding: bind("next match", "n"), group: groupFind, do: act(func(a *App) { a.nextMatch(1) })},
		{Binding: bind("previous match", "N"), group: groupFind, do: act(func(a *App) { a.nextMatch(-1) })},
		{
			Binding: bind(
				"look at the screen without what is under the selection: what does not depend on it is dimmed, what is lost is told; again: "+
					"without the next of it",
				"W",
			),
			group: groupSee,
			why:   noMissing,
			do:    (*App).loseNext,
		},
		{Binding: bind("freeze the panes, and let them go on; data keeps arriving, header and alert line stay live", "p"), name: "freeze",
			spare: true, group: groupSee, do: act((*App).toggleFreeze)},
		{Binding: bind("copy the selected row or the page to the clipboard (OSC 52)", "y"), group: groupFind, do: (*App).copyRow},
		{Binding: bind("down", "j", "down"), group: groupMove, do: walk(1)},
		{Binding: bind("up", "k", "up"), group: groupMove, do: walk(-1)},
		{Binding: bind("half a screen down", "ctrl+d", "pgdown", "ctrl+f"), group: groupMove, do: leaf(1)},
		{Binding: bind("half a screen up", "ctrl+u", "pgup", "ctrl+b"), group: groupMove, do: leaf(-1)},
		{Binding: bind("first row", "g", "home"), group: groupMove, do: edge(false)},
		{Binding: bind("last row", "G", "end"), group: groupMove, do: edge(true)},
		{
			Binding: bind("the next older point that is complete, where a chain's are listed; t: the newest by a moment", "<"),
			group:   groupMove,
			why:     noPoints,
			do:      act(func(a *App) { a.movePoint(1) }),
		},
		{Binding: bind("the next newer one", ">"), group: groupMove, why: noPoints, do: act(func(a *App) { a.movePoint(-1) })},
		{Binding: bind("next pane", "tab", "l", "right"), group: groupMove, do: act(func(a *App) { a.nextPane(1) })},
		{Binding: bind("previous pane", "shift+tab", "h", "left"), group: groupMove, do: act(func(a *App) { a.nextPane(-1) })},
		{Binding: bind("draw the screen again", "ctrl+l"), group: groupSession, do: func(*App) tea.Cmd { return tea.ClearScreen }},
		{Binding: bind("suspend this view; nothing that runs is stopped", "ctrl+z"), group: groupSession,
			do: func(*App) tea.Cmd { return tea.Suspend }},
		{Binding: bind("close a page or a dialog; twice to leave", "ctrl+c"), group: groupSession, do: (*App).interrupt},
	}
	for id := paneBlue; id <= paneGates; id++ {
		table = append(table, binding{Binding: bind("pane "+paneNames[id], string(rune('0'+id))), group: groupMove,
			why: func(a *App) string { return a.absent(id) }, do: act(func(a *App) { a.goTo(id) })})
	}
	return table
}

// levers are the names of what a cockpit can propose: a watch session knows the names, to say what it has not.
var levers = []struct{ key, name, says string }{
	{"s", "shift", "shift the marked cells, or the selected one, by one notch"},
	{"r", "restore", "the points of the cell's chain; on one: to which client"},
	{"f", "fail over", "which failover is possible, and why another is not"},
	{"A", "abort", "stop the running action after its step"},
	{"b", "back up", "run a backup of the selected cell now"},
	{"c", "cancel", "cancel the selected job"},
	{"T", "test", "test a restore of the marked cells, or of the selected one, on the scratch client"},
	{"u", "back", "go back from the action whose page is open: the same cells one notch back"},
	{"M", "mend", "push the routes again to the Directors that differ from them"},
	{"R", "rerun", "run again the backups that died, by the selected alert"},
	{"-", "leave out", "leave out the cells that a shift was refused for, and plan the rest"},
}

// onOnePage tells a lever that means something in few places only, where it is named.
func onOnePage(key string) bool {
	return key == "T" || key == "u" || key == "-" || key == "M" || key == "R"
}

// notBuilt is said of a key that has its place and nothing behind it.
const notBuilt = ": not built yet"

// leverKeys are the bindings that only a cockpit has. Each opens a plan; none acts.
func leverKeys() []binding {
	connected := map[string]binding{
		"A": {why: nothingToStop, do: act(func(a *App) { a.proposeStop(a.strip()) })},
		"b": {why: noBackup, do: (*App).backUp},
		"c": {why: noOpenJob, do: (*App).cancelJob},
		"r": {why: noRestore, do: (*App).restore},
		"s": {why: noShift, do: (*App).shiftCells},
		"T": {why: noTest, do: func(a *App) tea.Cmd { return a.commandTest("") }},
		"u": {why: noWayBack, do: (*App).goBack},
		"M": {why: noDrift, do: (*App).pushAgain},
		"R": {why: noneDied, do: (*App).rerun},
		"f": {why: noPair, do: (*App).failOver},
		"-": {why: noneApart, do: (*App).leaveOut},
	}
	var table []binding
	for _, l := range levers {
		b := connected[l.key]
		says := l.says
		says += ": opens a plan, acts on nothing by itself"
		b.Binding, b.name, b.group = bind(says, l.key), l.name, groupAct
		b.spare = l.key == "b" || l.key == "c"
		if onOnePage(l.key) {
			b.name = ""
		}
		if b.do == nil {
			b.why = func(*App) string { return l.name + notBuilt }
		}
		table = append(table, b)
	}
	return table
}

func nothingToStop(a *App) string {
	x := a.strip()
	if x == nil {
		return "no action runs"
	}
	return stoppable(x)
}

// keyName is a key as Bubble Tea names it, once for the whole table.
type keyName string

func (k keyName) String() string { return string(k) }

// press finds and does what a key means. A key that cannot act says why.
func (a *App) press(name keyName) tea.Cmd {
	for i := range a.keys {
		b := &a.keys[i]
		if !key.Matches(name, b.Binding) {
			continue
		}
		if why := b.reason(a); why != "" {
			a.say(why)
			return nil
		}
		if b.doKey != nil {
			return b.doKey(a, string(name))
		}
		return b.do(a)
	}
	if name == "t" && a.points() != nil { // elsewhere it is nothing
		return a.askMoment()
	}
	for _, l := range levers {
		if l.key == string(name) {
			a.say("this is a watch session: it has no lever to " + l.name)
			return nil
		}
	}
	return nil
}

func noAction(a *App) string {
	if a.strip() == nil {
		return "no action is open; :actions lists what was done"
	}
	return ""
}

func tooSmall(a *App) string {
	if a.lay.small {
		return "too small: panes and keys need 60x16"
	}
	return ""
}

func openable(a *App) string {
	if a.pager != nil {
		if a.pager.at() < 0 {
			return "nothing on this page opens; esc goes back"
		}
		return ""
	}
	p := a.pane()
	if p.lines().lost() {
		return "the selected row is gone: move to select another"
	}
	if p.open(a.scene()) == nil {
		return "no row is selected"
	}
	return ""
}

func alerted(a *App) string {
	if len(a.snap.Alerts) == 0 {
		return "there is no alert"
	}
	return ""
}

func filterable(a *App) string {
	if a.pager == nil && a.focus == paneRDS {
		return "this pane has no rows"
	}
	return ""
}

func markable(a *App) string {
	switch {
	case a.focus != paneCells:
		return "only cells can be marked and grouped: 3 goes to them"
	case a.cells.lost():
		return "the selected row is gone: move to select another"
	}
	return ""
}

func sortable(a *App) string {
	if names, _, _ := a.pane().lines().sorting(); len(names) < 2 {
		return "these rows have one order only"
	}
	return ""
}
