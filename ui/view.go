package ui

import (
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"switchyard/themes"
)

// drawn is a pane as it was drawn last, with everything that went into it.
type drawn struct {
	key   drawKey
	lines []string
}

type drawKey struct {
	state   any
	w, h    int
	style   int
	minute  time.Time
	focused bool
}

// View draws the screen; when nothing was taken since the last time it is the same.
func (a *App) View() tea.View {
	if a.w < 1 || a.h < 1 {
		return tea.View{AltScreen: true} // the size is not known yet: a first frame at a wrong size would be painted twice
	}
	if !a.dirty {
		return a.last
	}
	start := time.Now()
	a.dirty = false
	lines := a.compose()
	v := tea.View{AltScreen: true, WindowTitle: a.windowTitle()}
	v.Cursor = a.overlays(lines)
	v.Content = strings.Join(lines, "\n")
	a.last, a.viewCost = v, time.Since(start)
	return v
}

// compose draws every line of the screen without what lies over it.
func (a *App) compose() []string {
	lines := make([]string, 0, a.h)
	live := a.live()
	head := header(live, a.mode, a.w)
	alarm := alertLine(live, a.w, a.ended)
	if a.lay.small {
		lines = append(lines, head)
		if a.h > 1 {
			lines = append(lines, alarm)
		}
		lines = append(lines, blanks(a.style, a.w, a.h-len(lines)-1)...)
		if a.h > 2 {
			lines = append(lines, a.keysLine())
		}
		return lines
	}
	sc := a.scene()
	lines = append(lines, head, phaseLine(sc, a.w, a.frozen, a.waiting))
	rows := make([][]string, a.h-4)
	slots := slices.Clone(a.lay.slots)
	slices.SortStableFunc(slots, func(x, y slot) int { return x.x - y.x })
	for _, s := range slots {
		for i, l := range a.slot(sc, s) {
			rows[s.y-2+i] = append(rows[s.y-2+i], l)
		}
	}
	for _, r := range rows {
		lines = append(lines, strings.Join(r, ""))
	}
	return append(lines, alarm, a.keysLine())
}

// slot draws one pane with its frame: the body from the cache, the age of its data fresh.
func (a *App) slot(sc *scene, s slot) []string {
	if s.pane == paneSide {
		return a.side(sc, s)
	}
	p := a.panes[s.pane]
	w, h := s.w-2, s.h-2
	if s.bare {
		w, h = s.w, s.h
	}
	focused := s.pane == a.focus && a.pager == nil
	key := drawKey{p.state(sc), w, h, a.style.id, sc.minute, focused}
	c := a.cache[s.pane]
	if c.key != key {
		c = drawn{key: key, lines: p.draw(sc, max(w, 0), max(h, 0), focused)}
		a.cache[s.pane] = c
	}
	if s.bare {
		return append(slices.Clone(c.lines), blanks(a.style, w, h-len(c.lines))...)
	}
	right := p.fresh(sc).pieces(sc.now)
	if sc.frozen {
		right = []piece{{themes.Warn, "frozen"}}
	}
	return frame(sc, s.w, s.h, focused, p.title(sc), right, extent(p.lines()), c.lines)
}

// side draws the detail of the selected row of the pane that has the keys.
func (a *App) side(sc *scene, s slot) []string {
	key := drawKey{[3]any{a.focus, a.pane().state(sc), sc.snap}, s.w, s.h, a.style.id, sc.minute, false}
	if c := a.cache[paneSide]; c.key == key {
		return c.lines
	}
	c := drawn{key: key, lines: aside(sc, a.pane().open(sc), s.w, s.h)}
	a.cache[paneSide] = c
	return c.lines
}

// overlays lays the page, the completions and the dialog over the lines; it returns where the cursor stands.
func (a *App) overlays(lines []string) *tea.Cursor {
	var cursor *tea.Cursor
	if a.pager != nil && !a.lay.small {
		w, x := a.w, 0
		if a.w > 100 {
			w = min(a.w-8, 130)
			x = (a.w - w) / 2
		}
		splice(lines, a.pager.draw(a.scene(), w, a.h-4), x, 2, w)
	}
	if p := a.prompt; p != nil && a.h > 2 {
		line, col := p.line(a.style, a.w)
		lines[len(lines)-1] = line
		cursor = tea.NewCursor(col, a.h-1)
		if p.sign == ":" && a.h > 6 {
			offers := p.offerLines(a.style, a.w, a.h-5)
			if len(offers) > 0 {
				splice(lines, offers, 0, a.h-1-len(offers), ansi.StringWidth(offers[0]))
			}
		}
	}
	if d := a.dialog; d != nil {
		w := min(a.w, 90)
		box, cx, cy := d.draw(a.live(), w, max(a.h-3, 3))
		x, y := (a.w-w)/2, max(0, (a.h-len(box))/2)
		splice(lines, box, x, y, w)
		cursor = tea.NewCursor(min(x+cx, a.w-1), y+cy)
	}
	return cursor
}

// splice lays a box over the lines; what does not fit is left out.
func splice(lines, box []string, x, y, w int) {
	for i, b := range box {
		if y+i >= len(lines) {
			return
		}
		lines[y+i] = overlay(lines[y+i], b, x, w)
	}
}

// keysLine is the last line: the answer to the last key, else the keys that matter.
func (a *App) keysLine() string {
	p := newPen(a.style, a.w)
	if a.note != "" {
		p.put(themes.Title, " "+a.note)
		return p.done()
	}
	if a.lay.small {
		p.put(themes.Muted, " panes need 60x16")
		return p.done()
	}
	p.put(themes.Text, " ")
	for i := range a.keys {
		b := &a.keys[i]
		if b.name == "" {
			continue
		}
		gone := b.reason(a) != ""
		if need := width(b.label()) + 1 + width(b.name) + 2; need > p.left {
			break
		}
		role := themes.Key
		if gone {
			role = themes.Muted
		}
		p.put(role, b.label())
		p.put(themes.Muted, " "+b.name+"  ")
	}
	return p.done()
}
