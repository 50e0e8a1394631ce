package ui

import (
	"strings"

	"switchyard/themes"
	"switchyard/ui/draw"
)

// keysPage is what can be pressed in one pane, in one screen: what works first, and why the rest does not. Everything is one key away.
type keysPage struct {
	general
	pane string
	rows []helpRow
}

// shortKeys are the keys of every pane in few words. Their reasons are the key table's, by the first key of a row.
var shortKeys = []struct{ keys, says string }{
	{"enter", "open the selected row, or the line of a page"},
	{"esc q", "back; close a page, or leave: nothing that runs is stopped"},
	{"/", "filter by a text or a regular expression; ! in front inverts"},
	{"/failed", "rows by their state; so do /warned, /missed and /running"},
	{":", "a command, completed with tab"},
	{"!", "what the alert line is about; again: the next alert"},
	{"j k g G", "down, up, first, last; ^d and ^u by half a screen"},
	{"tab", "next pane; 1 to 6 go to one"},
	{"z p y", "zoom, freeze, copy"},
	{"space", "mark a cell"},
	{"v", "the action of the strip"},
}

func newKeysPage(a *App) *keysPage {
	h := &keysPage{pane: a.pane().name()}
	if a.pager != nil {
		h.pane = "page"
	}
	var dead []helpRow
	add := func(label, says, why string) {
		if why == "" {
			h.rows = append(h.rows, helpRow{label: label, says: says})
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
		add("alt+1 to "+strings.TrimPrefix(last, "alt+"), "order by "+strings.Join(names, ", "), "")
	}
	var unbuilt, names []string
	for _, l := range levers {
		switch why := a.why(l.key); {
		case a.lever == nil:
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
	h.rows = append(append(h.rows, helpRow{label: "?", says: "everything: every key and every command"}), dead...)
	return h
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

func (h *keysPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "HELP"), draw.As(themes.Muted, "  keys of "), draw.As(themes.Text, h.pane)}
}

func (h *keysPage) lines(_ *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	for _, r := range h.rows {
		const col = 14
		says, role := r.says, themes.Text
		if r.why != "" {
			says, role = "not now: "+r.why, themes.Muted
		}
		label := r.label
		for _, line := range draw.Wrap(says, max(8, w-col)) {
			s.add(draw.As(themes.Key, fit(label, col)), draw.As(role, line))
			label = ""
		}
	}
	return s.out
}
