package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/themes"
)

// grace is how long a dialog ignores input after it opened and after the screen changed its size: what is typed then was meant
// for something else.
const grace = 400 * time.Millisecond

// dialog asks a person to approve one thing. Its focus stands on cancel: Enter alone does nothing, and only the phrase, typed by
// hand, approves. While it is open every other key is dead.
type dialog struct {
	heading []piece
	right   string
	body    func(sc *scene, w int) [][]piece
	phrase  string                         // what must be typed: the name of the target
	holds   func(s *model.Snapshot) string // why the plan no longer fits the world; empty while it does
	approve func(a *App) tea.Cmd           // called once
	quiet   time.Time                      // no input before
	stale   string                         // why it can only be closed
	typed   string
	said    string
	top     int
}

// ask opens a dialog.
func (a *App) ask(d *dialog) {
	d.quiet = a.opt.Now().Add(grace)
	a.dialog, a.prompt, a.dirty = d, nil, true
	a.recheck()
}

// recheck turns the dialog STALE when a fact it is bound to has changed. It never turns back: what was read may have changed meanwhile.
func (a *App) recheck() {
	if d := a.dialog; d != nil && d.stale == "" && d.holds != nil {
		d.stale = d.holds(a.snap)
	}
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
	case key == "down" || key == "pgdown":
		d.top++
	case key == "up" || key == "pgup":
		d.top = max(0, d.top-1)
	case d.stale != "":
		d.said = "this plan is stale: esc closes it"
	case a.lay.small:
		d.said = "too small to act: 60x16 is needed"
	case key == "enter" && d.typed == d.phrase && d.phrase != "":
		a.dialog = nil
		return d.approve(a)
	case key == "enter":
		d.said = "Enter alone does nothing: type " + d.phrase
	case key == "backspace":
		if d.typed != "" {
			d.typed = lastRune(d.typed)
		}
	case k.Text != "" && len(d.typed) < maxTyped:
		d.typed += k.Text
	}
	return nil
}

// paste is refused: a phrase that is pasted was not read.
func (d *dialog) paste() { d.said = "pasted text is refused: type it" }

// draw returns the box; the cursor stands at x, y within it.
func (d *dialog) draw(sc *scene, w, h int) (box []string, x, y int) {
	inner := w - 4
	body := d.body(sc, inner)
	foot := d.foot(inner)
	room := max(0, h-2-len(foot))
	d.top = max(0, min(d.top, len(body)-room))
	more := ""
	if len(body) > room {
		more = "up and down scroll, " + count(len(body)-room) + " lines more"
		body = body[d.top : d.top+room]
	}
	p := newPen(sc.st, w-2)
	var lines []string
	for _, l := range append(append([][]piece{}, body...), foot...) {
		p.start(w - 2)
		p.pad(1)
		p.pieces(l)
		lines = append(lines, p.done())
	}
	right := []piece{{themes.Muted, d.right}}
	if d.stale != "" {
		right = []piece{{themes.Alarm, " STALE "}}
	}
	box = frame(sc, w, min(h, len(lines)+2), true, d.heading, right, more, lines)
	return box, 2 + 2 + width(d.typed), len(box) - 3
}

func (d *dialog) foot(w int) [][]piece {
	if d.stale != "" {
		s := &story{w: w}
		s.gap()
		s.prose(themes.Fail, "✗ STALE: "+d.stale)
		s.add(piece{themes.Select, "> close "}, piece{themes.Muted, "   esc closes; make a new plan"})
		return s.out
	}
	note := piece{themes.Muted, d.said}
	if d.said != "" {
		note.role = themes.Warn
	}
	choice := []piece{{themes.Select, "> cancel "}, {themes.Muted, "  approve   "}, note}
	if d.typed == d.phrase {
		choice = []piece{{themes.Muted, "  cancel "}, {themes.Select, "> approve "}, {themes.Text, "  enter approves  "}, note}
	}
	return [][]piece{nil,
		{{themes.Text, "Type  "}, {themes.Key, d.phrase}, {themes.Text, "  to approve"}, {themes.Muted, "      esc cancels"}},
		{{themes.Key, "> "}, {themes.Text, d.typed}},
		choice,
	}
}
