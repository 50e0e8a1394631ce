package ui

import (
	"strings"

	"switchyard/themes"
	"switchyard/ui/draw"
)

// shortKeys are the keys of every pane in few words. Their reasons are the key table's, by the first key of a row.
var shortKeys = []struct{ keys, says string }{
	{"enter", "open the selected row, or the line of a page"},
	{"esc q", "back; close a page, or leave: nothing that runs is stopped"},
	{"/", "filter by a text or a regular expression; ! in front inverts"},
	{"/failed", "rows by their state; so /warned, /missed, /running, /drift"},
	{":", "a command, completed with tab"},
	{"!", "what the alert line is about; again: the next alert"},
	{"j k g G tab", "down, up, first, last, next pane; ^d ^u: half a screen"},
	{"z p y", "zoom, freeze, copy"},
	{"space", "mark a cell; :mark 12 or tier:3 marks many, = groups them"},
	{"v", "the action of the strip"},
}

// keysOf are the keys of what has the keyboard: what works first, and why the rest does not.
func keysOf(a *App) (of string, rows []helpRow) {
	of = a.pane().name()
	if a.pager != nil {
		of = "page"
	}
	var dead []helpRow
	add := func(label, says, why string) {
		if why == "" {
			rows = append(rows, helpRow{label: label, says: says})
		} else {
			dead = append(dead, helpRow{label: label, says: says, why: why})
		}
	}
	for _, k := range shortKeys {
		first, _, _ := strings.Cut(k.keys, " ")
		if strings.HasPrefix(first, "/") {
			first = "/"
		}
		if why := a.why(first); first != "space" || why == "" {
			add(k.keys, k.says, why)
		}
	}
	if names, _, _ := a.pane().lines().sorting(); a.pager == nil && len(names) > 1 {
		last := sortKeys[min(len(names), len(sortKeys))-1]
		add("alt+1 to "+strings.TrimPrefix(last, "alt+"), "by "+strings.Join(names, " "), "")
	}
	var unbuilt, names []string
	for _, l := range levers {
		switch why := a.why(l.key); {
		case a.lever == nil, onOnePage(l.key) && why != "":
		case strings.HasSuffix(why, notBuilt):
			unbuilt, names = append(unbuilt, l.key), append(names, l.name)
		default:
			add(l.key+"  "+l.name, l.says, why)
		}
	}
	if len(unbuilt) > 0 {
		add(strings.Join(unbuilt, " "), "", strings.Join(names, ", ")+notBuilt)
	}
	if a.lever == nil {
		add("act", "nothing: this is a watch session, and what acts is not part of it", "")
	}
	return of, append(append(rows, helpRow{label: "?", says: "everything: every key and every command"}), dead...)
}

// why is why a key does nothing now.
func (a *App) why(k string) string {
	for i := range a.keys {
		for _, name := range a.keys[i].Keys() {
			if name == k {
				return a.keys[i].reason(a)
			}
		}
	}
	return ""
}

// keyRows writes keys in few words, in as few lines as they take.
func (s *story) keyRows(rows []helpRow) {
	for _, r := range rows {
		const col = 14
		says, role := r.says, themes.Text
		if r.why != "" {
			says, role = "not now: "+r.why, themes.Muted
		}
		label := r.label
		for _, line := range draw.Wrap(says, max(8, s.w-col)) {
			s.add(draw.As(themes.Key, fit(label, col)), draw.As(role, line))
			label = ""
		}
	}
}
