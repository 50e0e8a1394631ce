// Package draw is how a line is drawn: pen, style, text, spark; it knows nothing of ours but themes.
package draw

import (
	"strings"
	"unicode/utf8"

	"switchyard/themes"
)

// Pen writes one line of exactly so many columns. Everything that reaches the screen passes through it, so nothing else
// has to think of control characters, wide runes or text that is too long: what does not fit is cut, and the cut is marked.
type Pen struct {
	Faded bool // plain text and what is well are muted: they are older than they should be

	st    *Style
	buf   []byte
	left  int // columns still free
	role  int // the role in force, -1 before the first piece
	whole int // the role of the whole line (a selected row), -1 for none
	last  int // where the last rune starts in buf
	lastW int // and its columns
	cut   bool
}

// NewPen begins a line of w columns.
func NewPen(st *Style, w int) *Pen {
	p := &Pen{st: st, buf: make([]byte, 0, 2*max(w, 0)+32)}
	p.Start(w)
	return p
}

// Start begins another line of w columns; what was not taken by Done is gone.
func (p *Pen) Start(w int) {
	p.buf, p.left, p.role, p.whole, p.last, p.lastW, p.cut = p.buf[:0], max(w, 0), -1, -1, 0, 0, false
}

// Left is how many columns are still free.
func (p *Pen) Left() int { return p.left }

// Wear makes the line, from here on, look like one role whatever is written.
func (p *Pen) Wear(r themes.Role) { p.whole = int(r) }

func (p *Pen) use(r themes.Role) {
	n := int(r)
	if p.whole >= 0 {
		n = p.whole
	} else if p.Faded && (r == themes.Text || r == themes.Good) {
		n = int(themes.Muted)
	}
	if n != p.role {
		p.buf = append(p.buf, p.st.on[n]...)
		p.role = n
	}
}

// Put writes text, cut at the end of the line.
func (p *Pen) Put(r themes.Role, s string) { p.write(r, s, p.left) }

// Column writes text in a column of w, padded on the right.
func (p *Pen) Column(r themes.Role, s string, w int) {
	w = min(w, p.left)
	end := p.left - w
	p.write(r, s, w)
	p.cut = false
	p.Pad(p.left - end)
}

// ColumnRight writes text in a column of w, padded on the left.
func (p *Pen) ColumnRight(r themes.Role, s string, w int) {
	w = min(w, p.left)
	end := p.left - w
	p.Pad(w - Width(s))
	p.write(r, s, p.left-end)
	p.cut = false
	p.Pad(p.left - end)
}

// Pad writes n blanks; the line's cut mark, if there is one, stays.
func (p *Pen) Pad(n int) {
	n = min(n, p.left)
	if n <= 0 {
		return
	}
	if p.whole < 0 && p.role != int(themes.Text) && p.role != int(themes.Muted) {
		p.use(themes.Text)
	} else {
		p.use(themes.Role(max(p.role, 0)))
	}
	for range n {
		p.buf = append(p.buf, ' ')
	}
	p.left -= n
	p.last, p.lastW = len(p.buf)-1, 1
}

// Run repeats a rune of one column.
func (p *Pen) Run(r themes.Role, c rune, n int) {
	if n = min(n, p.left); n <= 0 || p.cut {
		return
	}
	p.use(r)
	c, _ = foldRune(c, p.st.ASCII)
	for range n {
		p.buf = utf8.AppendRune(p.buf, c)
	}
	p.left -= n
	p.last, p.lastW = len(p.buf)-utf8.RuneLen(c), 1
}

// write puts at most w columns of s.
func (p *Pen) write(r themes.Role, s string, w int) {
	if s == "" || p.cut {
		return
	}
	if w <= 0 {
		if p.left == 0 {
			p.mark()
		}
		return
	}
	p.use(r)
	if plainASCII(s) && len(s) <= w {
		p.buf = append(p.buf, s...)
		p.left -= len(s)
		p.last, p.lastW = len(p.buf)-1, 1
		return
	}
	for _, c := range s {
		c, n := foldRune(c, p.st.ASCII)
		if n > w {
			if w > 0 {
				p.last, p.lastW = len(p.buf), 1
				p.buf = append(p.buf, CutMark)
				p.left--
				p.cut = true
			} else {
				p.mark()
			}
			return
		}
		p.last, p.lastW = len(p.buf), n
		p.buf = utf8.AppendRune(p.buf, c)
		p.left, w = p.left-n, w-n
	}
}

// mark replaces the last rune by the cut mark.
func (p *Pen) mark() {
	if p.cut = true; p.lastW == 0 {
		return
	}
	p.buf = p.buf[:p.last]
	for range p.lastW - 1 {
		p.buf = append(p.buf, ' ')
	}
	p.last, p.lastW = len(p.buf), 1
	p.buf = append(p.buf, CutMark)
	p.role = -1 // what was cut off may have ended in another role
}

// Done fills the line and returns it.
func (p *Pen) Done() string {
	p.Pad(p.left)
	if len(p.buf) > 0 {
		p.buf = append(p.buf, off...)
	}
	return string(p.buf)
}

// BlankLine is an empty line.
func BlankLine(st *Style, w int) string { return NewPen(st, w).Done() }

// Piece is text with its meaning.
type Piece struct {
	Role themes.Role
	Text string
}

// As gives text its meaning.
func As(r themes.Role, text string) Piece { return Piece{Role: r, Text: text} }

// PiecesWidth counts the columns that pieces take.
func PiecesWidth(ps []Piece) int {
	n := 0
	for _, p := range ps {
		n += Width(p.Text)
	}
	return n
}

// Pieces writes pieces one after the other.
func (p *Pen) Pieces(ps []Piece) {
	for _, x := range ps {
		p.Put(x.Role, x.Text)
	}
}

// PiecesText is what pieces say, without their meaning.
func PiecesText(ps []Piece) string {
	if len(ps) == 1 {
		return ps[0].Text
	}
	var b strings.Builder
	for _, p := range ps {
		b.WriteString(p.Text)
	}
	return b.String()
}
