package ui

import (
	"unicode/utf8"

	"switchyard/themes"
)

// pen writes one line of exactly so many columns. Everything that reaches the screen passes through it, so nothing else
// has to think of control characters, wide runes or text that is too long: what does not fit is cut, and the cut is marked.
type pen struct {
	st    *style
	buf   []byte
	left  int // columns still free
	role  int // the role in force, -1 before the first piece
	whole int // the role of the whole line (a selected row), -1 for none
	faded bool
	last  int // where the last rune starts in buf
	lastW int // and its columns
	cut   bool
}

func newPen(st *style, w int) *pen {
	p := &pen{st: st, buf: make([]byte, 0, 2*max(w, 0)+32)}
	p.start(w)
	return p
}

func (p *pen) start(w int) {
	p.buf, p.left, p.role, p.whole, p.last, p.lastW, p.cut = p.buf[:0], max(w, 0), -1, -1, 0, 0, false
}

// wear makes the line, from here on, look like one role whatever is written.
func (p *pen) wear(r themes.Role) { p.whole = int(r) }

func (p *pen) use(r themes.Role) {
	n := int(r)
	if p.whole >= 0 {
		n = p.whole
	} else if p.faded && (r == themes.Text || r == themes.Good) {
		n = int(themes.Muted)
	}
	if n != p.role {
		p.buf = append(p.buf, p.st.on[n]...)
		p.role = n
	}
}

// put writes text, cut at the end of the line.
func (p *pen) put(r themes.Role, s string) { p.write(r, s, p.left) }

// col writes text in a column of w, padded on the right.
func (p *pen) col(r themes.Role, s string, w int) {
	w = min(w, p.left)
	end := p.left - w
	p.write(r, s, w)
	p.cut = false
	p.pad(p.left - end)
}

// colRight writes text in a column of w, padded on the left.
func (p *pen) colRight(r themes.Role, s string, w int) {
	w = min(w, p.left)
	end := p.left - w
	p.pad(w - width(s))
	p.write(r, s, p.left-end)
	p.cut = false
	p.pad(p.left - end)
}

// pad writes n blanks; the line's cut mark, if there is one, stays.
func (p *pen) pad(n int) {
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

// run repeats a rune of one column.
func (p *pen) run(r themes.Role, c rune, n int) {
	if n = min(n, p.left); n <= 0 || p.cut {
		return
	}
	p.use(r)
	c, _ = foldRune(c, p.st.ascii)
	for range n {
		p.buf = utf8.AppendRune(p.buf, c)
	}
	p.left -= n
	p.last, p.lastW = len(p.buf)-utf8.RuneLen(c), 1
}

// write puts at most w columns of s.
func (p *pen) write(r themes.Role, s string, w int) {
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
		c, n := foldRune(c, p.st.ascii)
		if n > w {
			if w > 0 {
				p.last, p.lastW = len(p.buf), 1
				p.buf = append(p.buf, cutMark)
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
func (p *pen) mark() {
	if p.cut = true; p.lastW == 0 {
		return
	}
	p.buf = p.buf[:p.last]
	for range p.lastW - 1 {
		p.buf = append(p.buf, ' ')
	}
	p.last, p.lastW = len(p.buf), 1
	p.buf = append(p.buf, cutMark)
	p.role = -1 // what was cut off may have ended in another role
}

// done fills the line and returns it.
func (p *pen) done() string {
	p.pad(p.left)
	if len(p.buf) > 0 {
		p.buf = append(p.buf, off...)
	}
	return string(p.buf)
}

// blank is an empty line.
func blank(st *style, w int) string { return newPen(st, w).done() }

// piece is text with its meaning.
type piece struct {
	role themes.Role
	text string
}

func piecesWidth(ps []piece) int {
	n := 0
	for _, p := range ps {
		n += width(p.text)
	}
	return n
}

func (p *pen) pieces(ps []piece) {
	for _, x := range ps {
		p.put(x.role, x.text)
	}
}
