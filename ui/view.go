package ui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"switchyard/themes"
	"switchyard/ui/draw"
)

// drawn is a pane as it was drawn last, with everything that went into it.
type drawn struct {
	key   drawKey
	right string // the age in the title, which moves by itself
	lines []string
	detail
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
	v := tea.View{AltScreen: true, WindowTitle: a.windowTitle()}
	parts := a.compose()
	if a.pager != nil || a.prompt != nil || a.dialog != nil {
		lines := make([]string, len(parts))
		for i, p := range parts {
			lines[i] = strings.Join(p, "")
		}
		v.Cursor = a.overlays(lines)
		v.Content = strings.Join(lines, "\n")
	} else {
		v.Content = glue(parts, len(a.last.Content))
	}
	if v.Content != a.last.Content {
		a.pace.hasten(fastFrames)
	}
	a.last, a.viewCost = v, time.Since(start)
	return v
}

// glue joins the parts of each line, and the lines.
func glue(parts [][]string, about int) string {
	var b strings.Builder
	b.Grow(about + 256)
	for i, line := range parts {
		if i > 0 {
			b.WriteByte('\n')
		}
		for _, p := range line {
			b.WriteString(p)
		}
	}
	return b.String()
}

// compose draws every line of the screen, each in parts from left to right, without what lies over it. The lines are of use until the
// next call.
func (a *App) compose() [][]string {
	lines := a.blankParts()
	put := func(y int, part string) { lines[y] = append(lines[y], part) }
	live := a.live()
	put(0, header(live, a.mode, a.others, a.opt.Zone, a.w))
	foot := []string{alertLine(live, a.w, a.ended)}
	switch {
	case a.acting != nil:
		foot = []string{a.stripLine(live), foot[0]}
	case a.batches != nil:
		foot = []string{programmeLine(live, a.batches, a.w), foot[0]}
	}
	if a.lay.small {
		for i, l := range foot[max(0, len(foot)-max(a.h-1, 0)):] {
			put(1+i, l)
		}
		if a.h > 1+len(foot) {
			for y := 1 + len(foot); y < a.h-1; y++ {
				put(y, draw.BlankLine(a.style, a.w))
			}
			put(a.h-1, a.keysLine())
		}
		return lines
	}
	sc := a.scene()
	switch {
	case sc.gone != nil && a.frozen.IsZero():
		put(1, missingLine(sc, a.w))
	case a.lever != nil && a.lever.Recovery != nil && a.frozen.IsZero():
		put(1, a.recoveryLine())
	default:
		put(1, phaseLine(sc, a.w, a.frozen, a.waiting))
	}
	for _, s := range a.lay.slots {
		for i, l := range a.slot(sc, s) {
			put(s.y+i, l)
		}
	}
	for i, l := range foot {
		put(a.h-1-len(foot)+i, l)
	}
	put(a.h-1, a.keysLine())
	return lines
}

// blankParts are as many lines as the screen has, without any part yet.
func (a *App) blankParts() [][]string {
	if len(a.parts) != a.h {
		a.parts = make([][]string, a.h)
	}
	for i := range a.parts {
		a.parts[i] = a.parts[i][:0]
	}
	return a.parts
}

// stripLine is the running action's line; what stops it or goes on with it is named only where it can be pressed.
func (a *App) stripLine(sc *scene) string {
	stop := ""
	switch {
	case a.lever == nil:
	case resumable(a, a.acting):
		stop = fmt.Sprintf(":resume %d", a.acting.Seq)
	case stoppable(a.acting) == "":
		stop = "A abort"
	}
	return stripLine(sc, a.acting, a.going, stop, a.w)
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
	right := p.fresh(sc).pieces(sc.now)
	if sc.frozen {
		right = []draw.Piece{draw.As(themes.Warn, "frozen")}
	}
	key := drawKey{p.state(sc), w, h, a.style.ID, sc.minute, focused}
	c := a.cache[s.pane]
	fits := c.key == key
	if age := draw.PiecesText(right); !fits || c.right != age && !s.bare {
		c.key, c.right = key, age
		switch body := c.lines; {
		case fits:
			c.lines = append([]string{draw.FrameTop(sc.st, s.w, focused, p.title(sc), right)}, body[1:]...)
		case s.bare:
			body = p.draw(sc, w, h, focused)
			c.lines = append(body, draw.BlankLines(a.style, w, h-len(body))...)
		default:
			body = p.draw(sc, max(w, 0), max(h, 0), focused)
			c.lines = draw.Frame(sc.st, s.w, s.h, focused, p.title(sc), right, extent(p.lines(), s.w), body)
		}
		a.cache[s.pane] = c
	}
	return c.lines
}

// side draws the detail of the selected row of the pane that has the keys. A snapshot that is new is told of again, and drawn again only
// where it comes to other words: nothing here has to know what a page looks at.
func (a *App) side(sc *scene, s slot) []string {
	key := drawKey{[3]any{a.focus, a.pane().state(sc), sc.snap}, s.w, s.h, a.style.ID, sc.minute, false}
	c := a.cache[paneSide]
	if c.key == key {
		return c.lines
	}
	d := detailOf(sc, a.pane().open(sc), s.w)
	if was := c.key; was.w != s.w || was.h != s.h || was.style != a.style.ID || !c.detail.equal(d) {
		c.lines = d.draw(sc, s.w, s.h)
	}
	c.key, c.detail = key, d
	a.cache[paneSide] = c
	return c.lines
}

// overlays lays the page, the completions and the dialog over the lines; it returns where the cursor stands.
func (a *App) overlays(lines []string) *tea.Cursor {
	var cursor *tea.Cursor
	if a.pager != nil && !a.lay.small {
		w, x := a.w, 0
		if a.w >= 150 {
			w = 130
			x = (a.w - w) / 2
		}
		draw.Splice(lines, a.pager.draw(a.scene(), w, a.lay.room), x, 2, w, a.w)
	}
	if p := a.prompt; p != nil && a.h > 2 {
		line, col := p.draw(a.style, a.w)
		lines[len(lines)-1] = line
		cursor = tea.NewCursor(col, a.h-1)
		if a.h > 6 {
			offers := p.offerLines(a.style, a.w, a.h-5)
			if len(offers) > 0 {
				draw.Splice(lines, offers, 0, a.h-1-len(offers), ansi.StringWidth(offers[0]), a.w)
			}
		}
	}
	if d := a.dialog; d != nil {
		w := min(a.w, 90)
		box, cx, cy := d.draw(a.live(), w, max(a.h-3, 3))
		x, y := (a.w-w)/2, max(0, (a.h-len(box))/2)
		draw.Splice(lines, box, x, y, w, a.w)
		cursor = tea.NewCursor(min(x+cx, a.w-1), y+cy)
	}
	return cursor
}

// keysLine is the last line: the answer to the last key, else the keys that matter.
func (a *App) keysLine() string {
	p := draw.NewPen(a.style, a.w)
	if a.note != "" {
		p.Put(themes.Title, " "+draw.Squeeze(a.note, a.w-1)) // the reason comes last, and what is long is mostly a place
		return p.Done()
	}
	if a.lay.small {
		p.Put(themes.Muted, " panes need 60x16")
		return p.Done()
	}
	p.Put(themes.Text, " ")
	for _, h := range a.shownHints(p.Left()) {
		role := themes.Key
		if h.reason(a) != "" {
			role = themes.Muted
		}
		p.Put(role, h.key)
		p.Put(themes.Muted, h.word)
	}
	return p.Done()
}

// hint is a key in the keys line.
type hint struct {
	*binding
	key, word string
}

// hintsFor is what the shown hints depend on: the room, and which of the table's keys work now.
type hintsFor struct {
	w    int
	live uint64 // by the place among those with a name
}

// shownHints are the keys that fit in w columns, in the table's order: what gives way comes last to the room. On a narrow screen what works
// comes first; a wide one has room for all, and there no key moves.
func (a *App) shownHints(w int) []hint {
	is := hintsFor{w: w}
	var all []hint
	var live []bool
	for i := range a.keys {
		b := &a.keys[i]
		if b.name == "" {
			continue
		}
		works := a.w >= 100 || b.reason(a) == ""
		if works && len(all) < 64 {
			is.live |= 1 << len(all)
		}
		all, live = append(all, hint{b, b.label(), b.word(a.w)}), append(live, works)
	}
	if a.hints != nil && a.hintsFor == is {
		return a.hints
	}
	a.hintsFor, a.hints = is, a.hints[:0]
	fits := make([]bool, len(all))
	for _, pass := range []struct{ spare, live bool }{{false, true}, {false, false}, {true, true}, {true, false}} {
		for i, h := range all {
			if need := draw.Width(h.key) + draw.Width(h.word); h.spare == pass.spare && live[i] == pass.live && need <= w {
				fits[i] = true
				w -= need
			}
		}
	}
	for _, works := range []bool{true, false} {
		for i, h := range all {
			if fits[i] && live[i] == works {
				a.hints = append(a.hints, h)
			}
		}
	}
	return a.hints
}

// word is what stands behind a key in the keys line of a screen of w columns.
func (b *binding) word(w int) string {
	switch {
	case w >= 100:
		return " " + b.name + "  "
	case b.sign:
		return " "
	}
	return " " + b.name + " "
}
