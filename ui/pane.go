package ui

import (
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
)

// scene is everything a pane is drawn from besides its own state.
type scene struct {
	snap   *board.Snapshot
	sum    *summary
	st     *style
	now    time.Time // exact; only what stands outside the caches may show it
	minute time.Time // now, cut to the minute: ages inside panes move once a minute
	frozen bool
}

// pane is one numbered part of the screen. It holds what the person did to it (selection, filter, order) and draws the rest from the scene.
type pane interface {
	name() string                                    // how a person calls it, for the command line and help
	title(sc *scene) []piece                         // the left of its frame
	fresh(sc *scene) freshness                       // the right of its frame
	refresh(sc *scene)                               // makes the rows again if what they are made of changed
	state(sc *scene) any                             // what a drawing depends on besides size, style, minute and focus
	draw(sc *scene, w, h int, focused bool) []string // at most h lines of exactly w columns
	open(sc *scene) page                             // what enter opens; nil when no row is selected
	text(sc *scene) string                           // the selected row for the clipboard
	lines() rower
}

// rower is what keys do to the rows of any pane.
type rower interface {
	walk(n int)
	page(n int)
	edge(end bool)
	lost() bool
	forget()
	shown() (from, to, rows, of int)
	place() int
	setFilter(f filter)
	filterText() string
	sort(by int, back bool)
	sorting() (names []string, by int, back bool)
}

// rows is the part that all panes share. K identifies a row.
type rows[K comparable] struct {
	list[K]
	filter filter
	names  []string // of the orders; the first is by urgency
	by     int
	back   bool
	of     int // rows before the filter
	made   madeOf
}

type madeOf struct {
	from   any
	filter string
	by     int
	back   bool
}

// stale tells whether the rows must be made again from this part of a snapshot, and notes that they are.
func (r *rows[K]) stale(from any) bool {
	m := madeOf{from, r.filter.text, r.by, r.back}
	if r.made == m {
		return false
	}
	r.made = m
	return true
}

func (r *rows[K]) setFilter(f filter)     { r.filter = f; r.rev++ }
func (r *rows[K]) filterText() string     { return r.filter.text }
func (r *rows[K]) sort(by int, back bool) { r.by, r.back = by, back; r.rev++ }
func (r *rows[K]) sorting() ([]string, int, bool) {
	return r.names, r.by, r.back
}

func (r *rows[K]) shown() (int, int, int, int) {
	return r.top, min(len(r.keys), r.top+r.height), len(r.keys), r.of
}

func (r *rows[K]) place() int { return r.at }

// titled adds to a title what the person did to the rows.
func (r *rows[K]) titled(ps []piece) []piece {
	if r.filter.text != "" {
		ps = append(ps, piece{themes.Match, " /" + r.filter.text + " "}, piece{themes.Muted, " " + count(len(r.keys)) + " of " + count(r.of)})
	}
	if r.by != 0 || r.back {
		arrow := " ▲"
		if r.back {
			arrow = " ▼"
		}
		ps = append(ps, piece{themes.Muted, "  by " + r.names[r.by] + arrow})
	}
	return ps
}

// mark begins a row: the sign of the selection, and the look of the whole row in the pane that has the keys.
func (r *rows[K]) begin(p *pen, i int, focused bool) {
	sel := i == r.at && !r.gone && (r.picked || focused)
	switch {
	case sel && focused:
		p.wear(themes.Select)
		p.put(themes.Select, ">")
	case sel:
		p.put(themes.Text, ">")
	default:
		p.put(themes.Text, " ")
	}
}

// freshness says how far a pane can be trusted.
type freshness struct {
	state board.Freshness
	at    time.Time
	why   string
}

// freshOf is the worst of the sources that a view depends on; views without sources are never.
func freshOf(seen []board.Sighting, now time.Time, of func(*board.Sighting) bool) freshness {
	f, any := freshness{state: board.Live}, false
	for i := range seen {
		s := &seen[i]
		if !of(s) {
			continue
		}
		any = true
		switch st := s.Freshness(now); {
		case st == board.Never && f.state != board.Never:
			f = freshness{board.Never, s.At, s.Why}
		case st == board.Old && (f.state == board.Live || f.state == board.Old && s.At.Before(f.at)):
			f = freshness{board.Old, s.At, s.Why}
		}
	}
	if !any {
		return freshness{why: "no source yet"}
	}
	return f
}

// pieces says it for the right end of a title.
func (f freshness) pieces(now time.Time) []piece {
	switch f.state {
	case board.Live:
		return []piece{{themes.Muted, "live"}}
	case board.Old:
		return []piece{{themes.Warn, model.Age(ago(now, f.at)) + " OLD"}}
	}
	if f.why == "" {
		return []piece{{themes.Muted, "connecting"}}
	}
	return []piece{{themes.Warn, "never: " + f.why}}
}

// frame draws a box around lines. The title's right end is the age of the data; the bottom's is the place in the rows.
func frame(sc *scene, w, h int, focused bool, left, right []piece, foot string, body []string) []string {
	if w < 2 || h < 2 {
		return blanks(sc.st, w, h)
	}
	return append([]string{frameTop(sc.st, w, focused, left, right)}, frameBody(sc.st, w, h, focused, foot, body)...)
}

func edgeRole(focused bool) themes.Role {
	if focused {
		return themes.Focus
	}
	return themes.Border
}

// frameTop is the line with the title.
func frameTop(st *style, w int, focused bool, left, right []piece) string {
	edge := edgeRole(focused)
	p := newPen(st, w)
	p.put(edge, "┌─")
	rightW := min(piecesWidth(right)+2, (w-4)*2/3)
	for _, x := range left {
		p.write(x.role, x.text, p.left-2-rightW-1)
	}
	p.cut = false
	p.put(edge, " ")
	p.run(edge, '─', p.left-rightW-2)
	if len(right) > 0 && p.left > 4 {
		p.put(edge, " ")
		for _, x := range right {
			p.write(x.role, x.text, p.left-3)
		}
		p.cut = false
		p.put(edge, " ")
	}
	p.run(edge, '─', p.left-1)
	p.put(edge, "┐")
	return p.done()
}

// frameBody is everything below it.
func frameBody(st *style, w, h int, focused bool, foot string, body []string) []string {
	edge := edgeRole(focused)
	v := st.on[edge] + "│"
	if st.ascii {
		v = st.on[edge] + "|"
	}
	lines := make([]string, 0, h-1)
	empty := blank(st, w-2)
	for i := range h - 2 {
		line := empty
		if i < len(body) {
			line = body[i]
		}
		lines = append(lines, v+line+v+off)
	}
	p := newPen(st, w)
	p.put(edge, "└")
	if foot == "" {
		p.run(edge, '─', p.left-1)
	} else {
		p.run(edge, '─', p.left-width(foot)-4)
		p.put(edge, " ")
		p.write(themes.Muted, foot, p.left-3)
		p.cut = false
		p.put(edge, " ")
		p.run(edge, '─', p.left-1)
	}
	p.put(edge, "┘")
	return append(lines, p.done())
}

func blanks(st *style, w, h int) []string {
	lines := make([]string, max(h, 0))
	for i := range lines {
		lines[i] = blank(st, w)
	}
	return lines
}

// extent says which rows are on the screen, empty while all of them are.
func extent(r rower) string {
	from, to, n, _ := r.shown()
	if to <= from || from == 0 && to >= n {
		return ""
	}
	return strconv.Itoa(from+1) + "-" + strconv.Itoa(to) + " of " + count(n)
}
