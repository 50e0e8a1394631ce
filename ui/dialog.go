package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// grace is how long a dialog ignores input after it opened and after the screen changed its size: what is typed then was meant
// for something else.
const grace = 400 * time.Millisecond

// dialog asks a person to approve one thing. Its focus stands on cancel: Enter alone does nothing, and only the phrase, typed by
// hand, approves. While it is open every other key is dead.
type dialog struct {
	heading []draw.Piece
	right   string
	body    func(sc *scene, w int) [][]draw.Piece
	phrase  string                         // what must be typed: the name of the target
	asks    []field                        // what must be said before it
	wall    string                         // why nobody can approve it at all; empty when somebody may
	sum     func() []draw.Piece            // what must be read before it is approved, in one line; nil: nothing
	holds   func(s *board.Snapshot) string // why the plan no longer fits the world; empty while it does
	approve func(a *App, d *dialog) tea.Cmd
	quiet   time.Time // no input before
	stale   string    // why it can only be closed
	sure    bool      // it is about to be approved: whatever was looked at before is looked at again
	typed   typedLine // of the phrase
	at      int       // which field has the keys; len(asks): the phrase
	said    string
	top     int
}

// field is one line that a person fills: why a guard is overridden, a ticket.
type field struct {
	name string // of the guard, or what it is
	says string
	must bool
	line typedLine
}

// ask opens a dialog.
func (a *App) ask(d *dialog) {
	d.quiet = a.opt.Now().Add(grace)
	d.typed = newTypedLine("")
	for i := range d.asks {
		d.asks[i].line = newTypedLine("")
	}
	a.dialog, a.prompt, a.dirty = d, nil, true
	a.recheck()
}

// recheck turns the dialog STALE when a fact it is bound to has changed. It never turns back: what was read may have changed meanwhile.
func (a *App) recheck() {
	if d := a.dialog; d != nil && d.stale == "" && d.holds != nil {
		d.stale = d.holds(a.snap)
	}
}

// line is the one that has the keys.
func (d *dialog) line() *typedLine {
	if d.at < len(d.asks) {
		return &d.asks[d.at].line
	}
	return &d.typed
}

// missing is the first field that must be filled and is not; -1 when there is none.
func (d *dialog) missing() int {
	for i := range d.asks {
		if d.asks[i].must && model.Clean(d.asks[i].line.text()) == "" {
			return i
		}
	}
	return -1
}

func (a *App) dialogKey(k tea.KeyPressMsg) tea.Cmd {
	d := a.dialog
	key := k.String()
	if key == "esc" || key == "ctrl+c" {
		a.dialog = nil
		a.say("canceled: nothing was done")
		return nil
	}
	if a.opt.Now().Before(d.quiet) || k.IsRepeat {
		return nil
	}
	d.said = ""
	switch {
	case key == "down":
		d.top++
	case key == "up":
		d.top = max(0, d.top-1)
	case key == "pgdown":
		d.top += 8
	case key == "pgup":
		d.top = max(0, d.top-8)
	case d.stale != "":
		d.said = "this plan is stale: esc closes it"
	case d.wall != "":
		d.said = "nobody can approve this: esc closes it"
	case a.lay.small:
		d.said = "too small to act: 60x16 is needed"
	case key == "tab":
		d.at = (d.at + 1) % (len(d.asks) + 1)
	case key == "shift+tab":
		d.at = (d.at + len(d.asks)) % (len(d.asks) + 1)
	case key == "enter":
		return a.dialogEnter()
	default:
		d.line().key(k)
	}
	return nil
}

// dialogEnter goes on to the next line, and approves at the last one when everything was said.
func (a *App) dialogEnter() tea.Cmd {
	d := a.dialog
	switch i := d.missing(); {
	case d.at < len(d.asks) && d.asks[d.at].must && model.Clean(d.asks[d.at].line.text()) == "":
		d.said = "Enter alone does nothing: " + d.asks[d.at].says
	case d.at < len(d.asks):
		d.at++
	case d.phrase == "" || d.typed.text() != d.phrase:
		d.said = "Enter alone does nothing: type " + d.phrase
	case i >= 0:
		d.at, d.said = i, d.asks[i].says
	default:
		d.sure = true
		if a.recheck(); d.stale != "" { // time passes without a snapshot too
			return nil
		}
		a.dialog = nil
		return d.approve(a, d)
	}
	return nil
}

// paste is refused: a phrase that is pasted was not read.
func (d *dialog) paste() { d.said = "pasted text is refused: type it" }

// draw returns the box; the cursor stands at x, y within it.
func (d *dialog) draw(sc *scene, w, h int) (box []string, x, y int) {
	inner := w - 4
	body := d.body(sc, inner)
	foot, line, col := d.foot(inner)
	room := max(0, h-2-len(foot))
	d.top = max(0, min(d.top, len(body)-room))
	more := ""
	if len(body) > room {
		more = "up and down scroll, " + draw.Count(len(body)-room) + " lines more"
		body = body[d.top : d.top+room]
	}
	p := draw.NewPen(sc.st, w-2)
	var lines []string
	for _, l := range append(append([][]draw.Piece{}, body...), foot...) {
		p.Start(w - 2)
		p.Pad(1)
		p.Pieces(l)
		lines = append(lines, p.Done())
	}
	right := []draw.Piece{draw.As(themes.Muted, d.right)}
	if d.stale != "" {
		right = []draw.Piece{draw.As(themes.Alarm, " STALE ")}
	}
	box = draw.Frame(sc.st, w, min(h, len(lines)+2), true, d.heading, right, more, lines)
	return box, 2 + 2 + col, 1 + len(body) + line
}

// foot is what is asked; line is the one that has the keys, col where its cursor stands.
func (d *dialog) foot(w int) (out [][]draw.Piece, line, col int) {
	s := &story{w: w}
	s.gap()
	switch {
	case d.stale != "":
		s.prose(themes.Fail, "✗ STALE: "+d.stale)
	case d.wall != "":
		s.prose(themes.Fail, "✗ BLOCKED: "+d.wall)
	}
	note := draw.As(themes.Muted, d.said)
	if d.said != "" {
		note.Role = themes.Warn
	}
	if d.stale != "" || d.wall != "" {
		s.add(draw.As(themes.Select, "> close "), draw.As(themes.Muted, "   esc closes; then make a new plan   "), note)
		return s.out, len(s.out) - 1, 0
	}
	if d.sum != nil {
		s.add(d.sum()...)
	}
	typed := func(i int, l *typedLine) {
		text := l.text()
		if i == d.at {
			line = len(s.out)
			text, col = l.window(w - 3)
		}
		s.add(d.mark(i), draw.As(themes.Text, text))
	}
	for i := range d.asks {
		s.prose(themes.Text, d.asks[i].says)
		typed(i, &d.asks[i].line)
	}
	s.add(draw.As(themes.Text, "Type  "), draw.As(themes.Key, d.phrase), draw.As(themes.Text, "  to approve"),
		draw.As(themes.Muted, "      esc cancels"))
	typed(len(d.asks), &d.typed)
	choice := []draw.Piece{draw.As(themes.Select, "> cancel "), draw.As(themes.Muted, "  approve   "), note}
	if d.typed.text() == d.phrase && d.missing() < 0 {
		choice = []draw.Piece{draw.As(themes.Muted, "  cancel "), draw.As(themes.Select, "> approve "),
			draw.As(themes.Text, "  enter approves  "), note}
	}
	s.add(choice...)
	return s.out, line, col
}

// mark stands before a line that can be typed into.
func (d *dialog) mark(i int) draw.Piece {
	if i == d.at {
		return draw.As(themes.Key, "> ")
	}
	return draw.As(themes.Muted, "  ")
}
