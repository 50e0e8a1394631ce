package ui

import (
	"cmp"
	"slices"
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
	first   func(sc *scene, w int) (lines [][]draw.Piece, decide int) // body where it does not fit, and how many of its lines must be seen
	phrase  string                                                    // what must be typed: the name of the target
	asks    []field                                                   // what must be said before it, then what may be said beside it
	wall    string                                                    // why nobody can approve it at all; empty when somebody may
	way     string                                                    // what takes the wall away; empty when nobody says
	sum     func() []draw.Piece                                       // what must be read before it is approved, in one line; nil: nothing
	holds   func(s *board.Snapshot) string                            // why the plan no longer fits the world; empty while it does
	approve func(a *App, d *dialog) tea.Cmd
	without func(a *App, f *field) tea.Cmd // asks for less, so that nothing need be said for a field; nil: nothing less can be asked for
	quiet   time.Time                      // no input before
	stale   string                         // why it can only be closed
	sure    bool                           // it is about to be approved: whatever was looked at before is looked at again
	typed   typedLine                      // of the phrase
	at      int                            // which line has the keys, from above
	burst   burst                          // of the keys that came
	said    string
	top     int
	room    int // lines of the body that the box has, as last drawn
	seen    int // lines of the body that were on the screen, from the first one
	unseen  int // lines that decide and were not
}

// field is one line that a person fills: why a guard is overridden, a ticket.
type field struct {
	name string // of the guard, or what it is
	says string
	// brief says it in one line, of which the end may be cut: all of it stands in the body. Empty: says stands nowhere else.
	brief string
	must  bool
	// check says why what is typed cannot stay; nil: anything can.
	check func(text string) string
	line  typedLine
}

// ask opens a dialog.
func (a *App) ask(d *dialog) {
	d.quiet = a.opt.Now().Add(grace)
	d.typed = newTypedLine("")
	slices.SortStableFunc(d.asks, func(a, b field) int { return cmp.Compare(optional(a), optional(b)) })
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

// optional is 1 for a field that may be left out: it stands below the phrase.
func optional(f field) int {
	if f.must {
		return 0
	}
	return 1
}

// phraseAt is which line is the phrase's: below what must be said, above what may be.
func (d *dialog) phraseAt() int {
	n := 0
	for n < len(d.asks) && d.asks[n].must {
		n++
	}
	return n
}

// field is the one on a line; nil on the phrase's.
func (d *dialog) field(at int) *field {
	switch n := d.phraseAt(); {
	case at < n:
		return &d.asks[at]
	case at > n:
		return &d.asks[at-1]
	}
	return nil
}

// line is the one that has the keys.
func (d *dialog) line() *typedLine { return d.lineAt(d.at) }

func (d *dialog) lineAt(at int) *typedLine {
	if f := d.field(at); f != nil {
		return &f.line
	}
	return &d.typed
}

// wrong says why a field cannot stay as it is; empty when it can.
func (d *dialog) wrong(f *field) string {
	switch said := model.Clean(f.line.text()); {
	case said == d.phrase && said != "":
		return "these words approve, they are no reason"
	case f.must && said == "":
		return f.says
	case f.check != nil && said != "":
		return f.check(said)
	}
	return ""
}

// missing is the first line that is not as it must be; -1 when there is none.
func (d *dialog) missing() int {
	for at := range len(d.asks) + 1 {
		if f := d.field(at); f != nil && d.wrong(f) != "" {
			return at
		}
	}
	return -1
}

// ready tells whether Enter approves.
func (d *dialog) ready() bool {
	return d.phrase != "" && d.typed.text() == d.phrase && d.missing() < 0 && d.unseen == 0
}

// leaf is how far a page turns: by the box, less the line that both have.
func (d *dialog) leaf() int { return max(1, d.room-1) }

func (a *App) dialogKey(k tea.KeyPressMsg) tea.Cmd {
	d := a.dialog
	key := k.String()
	if key == "esc" || key == "ctrl+c" {
		a.dialog = nil
		a.say("canceled: nothing was done")
		a.leaveTests()
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
	case key == "pgdown": // not past what was on the screen: that is drawn after several keys, too
		d.top = max(d.top, min(d.top+d.leaf(), d.seen-1))
	case key == "pgup":
		d.top = max(0, d.top-d.leaf())
	case d.stale != "":
		d.said = "this plan is stale: esc closes it"
	case d.wall != "":
		d.said = "nobody can approve this: esc closes it, → says what would help"
	case a.lay.small:
		d.said = "too small to act: 60x16 is needed"
	case key == "tab":
		d.at = (d.at + 1) % (len(d.asks) + 1)
	case key == "shift+tab":
		d.at = (d.at + len(d.asks)) % (len(d.asks) + 1)
	case key == "enter":
		return a.dialogEnter()
	case key == "-" && d.without != nil && d.field(d.at) != nil && d.line().text() == "":
		return d.without(a, d.field(d.at))
	default:
		d.burst.key(a.opt.Now(), d.line().text() == "")
		d.line().key(k)
	}
	return nil
}

// dialogEnter goes on to the next line, and approves when everything was read and said.
func (a *App) dialogEnter() tea.Cmd {
	d := a.dialog
	f, missing := d.field(d.at), d.missing()
	switch {
	case f != nil && d.wrong(f) != "":
		d.said = d.wrong(f)
		if model.Clean(f.line.text()) == "" {
			d.said = "Enter alone does nothing: " + d.said
		}
	case d.at < d.phraseAt():
		d.at++
	case d.phrase == "" || d.typed.text() != d.phrase:
		d.at, d.said = d.phraseAt(), "Enter alone does nothing: type "+d.phrase
	case missing >= 0:
		d.at, d.said = missing, d.wrong(d.field(missing))
	case d.unseen > 0:
		d.said = "not read yet: down, " + draw.Count(d.unseen) + " lines"
	case d.burst.holds(a.opt.Now()):
		d.said = "came in one burst: Enter once more"
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
	most, ready := h-2-min(bodyLeast, len(body)), d.ready()
	foot, above, line, col := d.foot(inner, most)
	room := max(0, h-2-len(foot))
	decide := len(body)
	if len(body) > room && d.first != nil {
		body, decide = d.first(sc, inner)
	}
	body = append(above, body...)
	d.top = max(0, min(d.top, len(body)-room))
	d.room = room
	if d.read(room, decide); d.ready() != ready { // what is on the screen now decides what Enter does
		foot, _, line, col = d.foot(inner, most)
	}
	more := ""
	if len(body) > room {
		more = scrolls(len(body) - room - d.top)
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

// scrolls is the foot of a text that does not fit, with how many of its lines are still below.
func scrolls(below int) string {
	if below <= 0 {
		return "up scrolls, this is its end"
	}
	return "up and down scroll, " + plural(below, "line") + " more"
}

// read notes which lines were on the screen: without a gap, from the first one.
func (d *dialog) read(room, decide int) {
	if d.top <= d.seen {
		d.seen = max(d.seen, d.top+room)
	}
	d.unseen = max(0, decide-d.seen)
}
