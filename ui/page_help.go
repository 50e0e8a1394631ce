package ui

import (
	"strings"

	"switchyard/themes"
	"switchyard/ui/draw"
)

// helpPage is what can be pressed now, in one screen, and below it everything: the key table and the command table, with the reason of each
// key that did nothing when help was asked for.
type helpPage struct {
	general
	of    string // what the first screen is about
	short []helpRow
	rows  []helpRow
	all   int // the line from which everything is told
}

type helpRow struct{ group, label, says, why string }

func newHelpPage(a *App) *helpPage {
	h := &helpPage{}
	h.of, h.short = keysOf(a)
	for _, group := range []string{groupSee, groupMove, groupFind, groupAct, groupSession} {
		empty := true
		for i := range a.keys {
			b := &a.keys[i]
			if b.group != group {
				continue
			}
			empty = false
			says := b.Help()
			h.rows = append(h.rows, helpRow{group, strings.TrimSpace(says.Key + "  " + b.name), says.Desc, b.reason(a)})
		}
		if empty {
			h.rows = append(h.rows, helpRow{group: group, says: "nothing: this is a watch session, and what acts is not part of it"})
		}
	}
	for _, w := range stateWords {
		h.rows = append(h.rows, helpRow{group: "filters by state", label: "/" + w.word, says: w.says})
	}
	for _, c := range a.commands {
		h.rows = append(h.rows, helpRow{group: "commands", label: ":" + strings.TrimSpace(c.name+" "+c.args), says: c.says})
	}
	return h
}

func (h *helpPage) title(*scene) []draw.Piece {
	return []draw.Piece{draw.As(themes.Title, "HELP"), draw.As(themes.Muted, "  keys of "+h.of+", then everything")}
}

func (h *helpPage) lines(_ *scene, w int) [][]draw.Piece {
	s := &story{w: w}
	s.keyRows(h.short)
	s.gap()
	h.all = len(s.out)
	s.add(draw.As(themes.Title, "everything"))
	group := ""
	for _, r := range h.rows {
		if r.group != group {
			group = r.group
			s.head(group)
		}
		s.row(r.label, r.says)
		if r.why != "" {
			s.row("", "not now: "+r.why)
		}
	}
	return s.out
}

// row writes a key or command and what it does, wrapped beside it.
func (s *story) row(label, says string) {
	col := min(26, s.w/2)
	role := themes.Text
	if label == "" {
		role = themes.Muted
	}
	for i, line := range draw.Wrap(says, max(8, s.w-col)) {
		if i > 0 {
			label = ""
		}
		s.add(draw.As(themes.Key, label+strings.Repeat(" ", max(1, col-draw.Width(label)))), draw.As(role, line))
	}
}
