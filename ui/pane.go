package ui

import (
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// scene is everything a pane is drawn from besides its own state.
type scene struct {
	snap   *board.Snapshot
	sum    *summary
	st     *draw.Style
	now    time.Time // exact; only what stands outside the caches may show it
	minute time.Time // now, cut to the minute: ages inside panes move once a minute
	frozen bool
	gates  *gate.Report // the newest; nil: not judged yet, or nobody does
	gone   *missing     // what is looked at as if it were gone; nil: nothing
	acts   bool         // the session has levers
}

// pane is one numbered part of the screen. It holds what the person did to it (selection, filter, order) and draws the rest from the
// scene.
type pane interface {
	title(sc *scene) []draw.Piece                    // the left of its frame
	fresh(sc *scene) freshness                       // the right of its frame
	refresh(sc *scene)                               // makes the rows again if what they are made of changed
	state(sc *scene) any                             // what a drawing depends on besides size, style, minute and focus
	draw(sc *scene, w, h int, focused bool) []string // at most h lines of exactly w columns
	name() string                                    // how a person calls it, for the command line and help
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
	cutAt() string // why there may be more than all rows; empty when there is not
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
	of     int    // rows before the filter
	cut    string // what there is more is not among them
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

func (r *rows[K]) place() int    { return r.at }
func (r *rows[K]) cutAt() string { return r.cut }

// titled adds to a title what the person did to the rows.
func (r *rows[K]) titled(ps []draw.Piece) []draw.Piece {
	if r.filter.text != "" {
		ps = append(ps, draw.As(themes.Match, " /"+r.filter.text+" "),
			draw.As(themes.Muted, " "+draw.Count(len(r.keys))+" of "+draw.Count(r.of)))
	}
	if r.by != 0 || r.back {
		arrow := " ▲"
		if r.back {
			arrow = " ▼"
		}
		ps = append(ps, draw.As(themes.Muted, "  by "+r.names[r.by]+arrow))
	}
	return ps
}

// mark begins a row: the sign of the selection, and the look of the whole row in the pane that has the keys.
func (r *rows[K]) begin(p *draw.Pen, i int, focused bool) {
	sel := i == r.at && !r.gone && (r.picked || focused)
	switch {
	case sel && focused:
		p.Wear(themes.Select)
		p.Put(themes.Select, ">")
	case sel:
		p.Put(themes.Text, ">")
	default:
		p.Put(themes.Text, " ")
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
func (f freshness) pieces(now time.Time) []draw.Piece {
	switch f.state {
	case board.Live:
		return []draw.Piece{draw.As(themes.Muted, "live")}
	case board.Old:
		return []draw.Piece{draw.As(themes.Warn, model.Age(ago(now, f.at))+" OLD")}
	}
	if f.why == "" {
		return []draw.Piece{draw.As(themes.Muted, "connecting")}
	}
	why, _ := model.CauseFirst(f.why) // the pane has the name already
	return []draw.Piece{draw.As(themes.Warn, "never: "+why)}
}

// extent says which rows are on the screen, and where the list is cut; empty while all there is is there. In a narrow frame of w
// columns it says only that it is.
func extent(r rower, w int) string {
	from, to, n, _ := r.shown()
	says, cut := "", r.cutAt()
	if to > from && (from > 0 || to < n) {
		says = strconv.Itoa(from+1) + "-" + strconv.Itoa(to) + " of " + draw.Count(n)
	}
	switch {
	case cut == "":
		return says
	case says == "":
		return cut
	case draw.Width(says)+draw.Width(cut) > w-12:
		return says + ", cut"
	}
	return says + ", " + cut
}
