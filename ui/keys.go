package ui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
)

// binding is one line of the key table, from which dispatch, the keys line and help are made.
type binding struct {
	keys  []string // as Bubble Tea names them; the first is shown
	name  string   // one or two words for the keys line; empty: it is only in help
	spare bool     // gives way in the keys line when there is little room
	sign  bool     // needs no word there
	group string
	says  string              // what it does, for help
	why   func(a *App) string // why it does nothing now; nil or "" when it works
	do    func(a *App) tea.Cmd
}

// The groups of the table, in the order of help.
const (
	groupSee     = "see"
	groupMove    = "move"
	groupFind    = "find"
	groupAct     = "act"
	groupSession = "session"
)

func (b *binding) label() string { return keyLabel(b.keys[0]) }

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
		{keys: []string{"enter"}, name: "open", group: groupSee, says: "open the selected row: all facts, and the log of a job", why: onlyPanes(openable), do: (*App).openRow},
		{keys: []string{"esc"}, group: groupSee, says: "back: close a page, end a zoom, clear a filter", do: act((*App).back)},
		{keys: []string{"!"}, name: "cause", group: groupSee, says: "open what the alert line is about; again for the next alert", why: alerted, do: (*App).openCause},
		{keys: []string{"/"}, name: "filter", sign: true, group: groupFind, says: "filter the rows, or search a page: text or a regular expression, ! in front inverts", why: filterable, do: act((*App).askFilter)},
		{keys: []string{":"}, name: "command", sign: true, group: groupFind, says: "a command, completed with tab", do: act((*App).askCommand)},
		{keys: []string{"?"}, name: "help", group: groupSession, says: "every key, and why it does nothing now; / searches", why: tooSmall, do: act((*App).openHelp)},
		{keys: []string{"q"}, name: "detach", group: groupSession, says: "close a page, or leave; nothing that runs is stopped", do: (*App).quit},
		{keys: []string{"z"}, name: "zoom", spare: true, group: groupSee, says: "let the pane fill the screen, and back", why: onlyPanes(nil), do: act((*App).toggleZoom)},
		{keys: []string{"space"}, name: "mark", spare: true, group: groupFind, says: "mark the selected cell, or unmark it", why: onlyPanes(markable), do: act((*App).mark)},
		{keys: []string{"o"}, name: "sort", spare: true, group: groupFind, says: "order the rows by the next column", why: onlyPanes(sortable), do: act(func(a *App) { a.sortNext(1) })},
		{keys: []string{"O"}, group: groupFind, says: "turn the order around", why: onlyPanes(sortable), do: act((*App).sortBack)},
		{keys: []string{"v"}, group: groupSee, says: "view the action that the strip shows", why: noAction, do: func(a *App) tea.Cmd { return a.show(&actionPage{id: a.strip().ID}) }},
		{keys: []string{"n"}, group: groupFind, says: "next match", do: act(func(a *App) { a.nextMatch(1) })},
		{keys: []string{"N"}, group: groupFind, says: "previous match", do: act(func(a *App) { a.nextMatch(-1) })},
		{keys: []string{"p"}, name: "freeze", spare: true, group: groupSee, says: "freeze the panes, and let them go on; data keeps arriving, header and alert line stay live", do: act((*App).toggleFreeze)},
		{keys: []string{"y"}, group: groupFind, says: "copy the selected row or the page to the clipboard (OSC 52)", do: (*App).copyRow},
		{keys: []string{"j", "down"}, group: groupMove, says: "down", do: walk(1)},
		{keys: []string{"k", "up"}, group: groupMove, says: "up", do: walk(-1)},
		{keys: []string{"ctrl+d", "pgdown", "ctrl+f"}, group: groupMove, says: "half a screen down", do: leaf(1)},
		{keys: []string{"ctrl+u", "pgup", "ctrl+b"}, group: groupMove, says: "half a screen up", do: leaf(-1)},
		{keys: []string{"g", "home"}, group: groupMove, says: "first row", do: edge(false)},
		{keys: []string{"G", "end"}, group: groupMove, says: "last row", do: edge(true)},
		{keys: []string{"tab", "l", "right"}, group: groupMove, says: "next pane", do: act(func(a *App) { a.nextPane(1) })},
		{keys: []string{"shift+tab", "h", "left"}, group: groupMove, says: "previous pane", do: act(func(a *App) { a.nextPane(-1) })},
		{keys: []string{"ctrl+l"}, group: groupSession, says: "draw the screen again", do: func(*App) tea.Cmd { return tea.ClearScreen }},
		{keys: []string{"ctrl+z"}, group: groupSession, says: "suspend this view; nothing that runs is stopped", do: func(*App) tea.Cmd { return tea.Suspend }},
		{keys: []string{"ctrl+c"}, group: groupSession, says: "close a page or a dialog; twice to leave", do: (*App).interrupt},
	}
	for id := paneBlue; id <= paneAlerts; id++ {
		table = append(table, binding{keys: []string{string(rune('0' + id))}, group: groupMove, says: "pane " + paneNames[id],
			why: func(a *App) string { return a.absent(id) }, do: act(func(a *App) { a.goTo(id) })})
	}
	return table
}

// levers are the names of what a cockpit can propose: a watch session knows the names, to say what it has not.
var levers = []struct{ key, name, says string }{
	{"s", "shift", "shift the marked cells by one notch"},
	{"r", "restore", "restore from the selected backup"},
	{"f", "fail over", "fail over the catalog's database"},
	{"A", "abort", "stop the running action after its step"},
	{"b", "back up", "run a backup of the selected cell now"},
	{"c", "cancel", "cancel the selected job"},
}

// leverKeys are the bindings that only a cockpit has. Each opens a plan; none acts.
func leverKeys() []binding {
	connected := map[string]binding{
		"A": {why: nothingToStop, do: act(func(a *App) { a.proposeStop(a.strip()) })},
		"b": {why: noCell, do: (*App).backUp},
		"c": {why: noOpenJob, do: (*App).cancelJob},
	}
	var table []binding
	for _, l := range levers {
		b := connected[l.key]
		b.keys, b.name, b.group = []string{l.key}, l.name, groupAct
		b.spare = l.key == "b" || l.key == "c"
		b.says = l.says + ": opens a plan, acts on nothing by itself"
		if b.do == nil {
			b.why = func(*App) string { return l.name + ": no lever is connected in this version" }
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

// press finds and does what a key means. A key that cannot act says why.
func (a *App) press(key string) tea.Cmd {
	for i := range a.keys {
		b := &a.keys[i]
		for _, k := range b.keys {
			if k != key {
				continue
			}
			if why := b.reason(a); why != "" {
				a.say(why)
				return nil
			}
			return b.do(a)
		}
	}
	for _, l := range levers {
		if l.key == key {
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
		return "only cells can be marked: 3 goes to them"
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
