package ui

import (
	"cmp"
	"slices"
	"strconv"

	"switchyard/themes"
	"switchyard/ui/draw"
)

// bodyLeast is how many lines of its body a dialog shows, whatever it asks.
const bodyLeast = 3

// tight is how much a foot gives up so that it fits.
type tight int

const (
	footFull   tight = iota // every question in full
	footBrief               // those whose whole text stands in the body in one line
	footLines               // all in one line, but the one that has the keys
	footAround              // and only those around it
	footLeast               // and that in one line, too
)

// foot is what is asked, in room lines; line is the one that has the keys, col where its cursor stands. What has no room in it and must be
// read is above: it comes before the body.
func (d *dialog) foot(w, room int) (out, above [][]draw.Piece, line, col int) {
	var note draw.Piece
	if d.said != "" {
		note = draw.As(themes.Warn, d.said)
	}
	if d.stale != "" || d.wall != "" {
		out, above = d.closing(w, room, note)
		return out, above, len(out) - 1, 0
	}
	for t := footFull; t <= footLeast; t++ {
		if out, line, col = d.asking(w, room, t, note); len(out) <= room {
			break
		}
	}
	return out, nil, line, col
}

// closing is the foot of a dialog that can only be closed.
func (d *dialog) closing(w, room int, note draw.Piece) (out, above [][]draw.Piece) {
	why, way := "✗ STALE: "+d.stale, ""
	if d.stale == "" {
		why, way = "✗ BLOCKED: "+d.wall, d.way
	}
	all, s := &story{w: w}, &story{w: w}
	all.prose(themes.Fail, why)
	if way != "" {
		all.prose(themes.Text, "→ "+way)
	}
	s.gap()
	if len(all.out)+2 <= room {
		s.out = append(s.out, all.out...)
	} else {
		s.add(draw.As(themes.Fail, draw.Cut(why, w)))
		all.gap()
		above = all.out
	}
	s.add(draw.As(themes.Select, "> close "), draw.As(themes.Muted, "   esc closes; then make a new plan   "), note)
	return s.out, above
}

// asking is the foot of a dialog that can be approved: what must be said, the phrase, what may be said, and the choice.
func (d *dialog) asking(w, room int, t tight, note draw.Piece) (out [][]draw.Piece, line, col int) {
	s := &story{w: w}
	s.gap()
	if d.sum != nil {
		s.add(d.sum()...)
	}
	heads := make([][][]draw.Piece, len(d.asks)+1) // what stands above each line
	for at := range heads {
		heads[at] = d.question(at, w, t)
	}
	shown := d.around(heads, room-len(s.out)-1, t)
	for at, head := range heads {
		if !shown[at] {
			continue
		}
		s.out = append(s.out, head...)
		text := d.lineAt(at).text()
		if at == d.at {
			line = len(s.out)
			text, col = d.line().window(w - 3)
		}
		s.add(d.mark(at), draw.As(themes.Text, text))
	}
	choice := []draw.Piece{draw.As(themes.Select, "> cancel "), draw.As(themes.Muted, "  approve   "), note}
	if d.ready() {
		choice = []draw.Piece{draw.As(themes.Muted, "  cancel "), draw.As(themes.Select, "> approve "),
			draw.As(themes.Text, "  "), cmp.Or(note, draw.As(themes.Text, "enter approves"))}
	}
	s.add(choice...)
	return s.out, line, col
}

// question is what stands above a line that can be typed into.
func (d *dialog) question(at, w int, t tight) [][]draw.Piece {
	f := d.field(at)
	if f == nil {
		return [][]draw.Piece{{draw.As(themes.Text, "Type  "), draw.As(themes.Key, d.phrase), draw.As(themes.Text, "  to approve"),
			draw.As(themes.Muted, "      esc cancels")}}
	}
	says := f.says
	if t >= footBrief {
		says = cmp.Or(f.brief, says)
	}
	if t >= footAround && len(d.asks) > 1 { // else nothing tells that there are others
		n := at + 1
		if at > d.phraseAt() {
			n = at
		}
		says = strconv.Itoa(n) + " of " + strconv.Itoa(len(d.asks)) + "  " + says
	}
	if t >= footBrief && f.brief != "" || t >= footLines && at != d.at || t == footLeast {
		says = draw.Cut(says, w)
	}
	s := &story{w: w}
	s.prose(themes.Text, says)
	return s.out
}

// around tells which lines are shown in room: the phrase and the one that has the keys always, then the nearest, of two the next one.
func (d *dialog) around(heads [][][]draw.Piece, room int, t tight) []bool {
	shown := make([]bool, len(heads))
	order := make([]int, len(heads))
	for at := range order {
		order[at] = at
		shown[at] = t < footAround || at == d.at || at == d.phraseAt()
		if shown[at] {
			room -= len(heads[at]) + 1
		}
	}
	away := func(at int) int {
		if at < d.at {
			return 2*(d.at-at) + 1
		}
		return 2 * (at - d.at)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(away(a), away(b)) })
	for _, at := range order {
		if shown[at] {
			continue
		}
		if room -= len(heads[at]) + 1; room < 0 {
			break
		}
		shown[at] = true
	}
	return shown
}

// mark stands before a line that can be typed into.
func (d *dialog) mark(i int) draw.Piece {
	if i == d.at {
		return draw.As(themes.Key, "> ")
	}
	return draw.As(themes.Muted, "  ")
}
