package draw

import "switchyard/themes"

// Frame draws a box around lines. The title's right end is the age of the data; the bottom's is the place in the rows.
func Frame(st *Style, w, h int, focused bool, left, right []Piece, foot string, body []string) []string {
	if w < 2 || h < 2 {
		return BlankLines(st, w, h)
	}
	return append([]string{FrameTop(st, w, focused, left, right)}, frameBody(st, w, h, focused, foot, body)...)
}

func edgeRole(focused bool) themes.Role {
	if focused {
		return themes.Focus
	}
	return themes.Border
}

// FrameTop is the line with the title.
func FrameTop(st *Style, w int, focused bool, left, right []Piece) string {
	edge := edgeRole(focused)
	p := NewPen(st, w)
	p.Put(edge, "┌─")
	rightW := min(PiecesWidth(right)+2, (w-4)*2/3)
	for _, x := range left {
		p.write(x.Role, x.Text, p.left-2-rightW-1)
	}
	p.cut = false
	p.Put(edge, " ")
	p.Run(edge, '─', p.left-rightW-2)
	if len(right) > 0 && p.left > 4 {
		p.Put(edge, " ")
		for _, x := range right {
			p.write(x.Role, x.Text, p.left-3)
		}
		p.cut = false
		p.Put(edge, " ")
	}
	p.Run(edge, '─', p.left-1)
	p.Put(edge, "┐")
	return p.Done()
}

// frameBody is everything below it.
func frameBody(st *Style, w, h int, focused bool, foot string, body []string) []string {
	edge := edgeRole(focused)
	v := st.on[edge] + "│"
	if st.ASCII {
		v = st.on[edge] + "|"
	}
	lines := make([]string, 0, h-1)
	empty := BlankLine(st, w-2)
	for i := range h - 2 {
		line := empty
		if i < len(body) {
			line = body[i]
		}
		lines = append(lines, v+line+v+off)
	}
	p := NewPen(st, w)
	p.Put(edge, "└")
	if foot == "" {
		p.Run(edge, '─', p.left-1)
	} else {
		p.Run(edge, '─', p.left-Width(foot)-4)
		p.Put(edge, " ")
		p.write(themes.Muted, foot, p.left-3)
		p.cut = false
		p.Put(edge, " ")
		p.Run(edge, '─', p.left-1)
	}
	p.Put(edge, "┘")
	return append(lines, p.Done())
}

// BlankLines are h empty lines; none when h is negative.
func BlankLines(st *Style, w, h int) []string {
	lines := make([]string, max(h, 0))
	for i := range lines {
		lines[i] = BlankLine(st, w)
	}
	return lines
}

// Splice lays a box of width w over the lines of width lw; what does not fit is left out.
func Splice(lines, box []string, x, y, w, lw int) {
	for i, b := range box {
		if y+i >= len(lines) {
			return
		}
		lines[y+i] = overlay(lines[y+i], b, x, w, lw)
	}
}
