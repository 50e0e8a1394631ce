package ui

import (
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// list is the cells one by one, blue and green paired.
func (c *cellsPane) list(sc *scene, w, h int, focused bool) []string {
	p := draw.NewPen(sc.st, w)
	p.Faded = c.fresh(sc).state != board.Live
	var lines []string
	emit := func() { lines = append(lines, p.Done()); p.Start(w) }
	cols := cellColumns(w)
	if h >= 4 {
		cols.head(p)
		emit()
	}
	if len(c.keys) == 0 {
		p.Put(themes.Muted, "  "+emptyRows(c.filter.text, "no cells yet"))
		emit()
		c.window(max(0, h-len(lines)))
		return lines
	}
	foot := c.acts && h >= 4 && (focused || len(c.marked) > 0)
	if foot {
		h--
	}
	proofs := c.proofs.at(sc.snap)
	from, to := c.groupWindow(h - len(lines))
	for i := from; i < to; i++ {
		v := &sc.snap.Cells[c.view[i]]
		if n := c.groupOf(i); n < len(c.groups) && (i == from || i == c.groups[n].first) {
			c.groups[n].head(p)
			emit()
		}
		c.begin(p, i, focused)
		if c.marked[v.Cell] {
			p.Put(themes.Title, "*")
		} else {
			p.Pad(1)
		}
		was := p.Faded
		p.Faded = was || sc.spared(v.Cell)
		cols.row(p, sc, v, proofs)
		emit()
		p.Faded = was
	}
	if foot {
		for len(lines) < h {
			emit()
		}
		c.foot(sc, p)
		emit()
	}
	return lines
}

// cellCols are the widths of a cell row; 0 leaves a column out.
type cellCols struct {
	name, on, age, ratio, breaks, proven int
	narrow                               bool
}

// saysFrom is the room below which a sentence is not worth beginning.
const saysFrom = 14

func cellColumns(w int) cellCols {
	switch {
	case w < 46:
		return cellCols{name: max(10, w-23), on: 5, age: 6, narrow: true}
	case w < 70:
		return cellCols{name: 20, on: 6, age: 8, ratio: 6}
	case w < 90:
		return cellCols{name: 22, on: 6, age: 9, ratio: 6}
	}
	return cellCols{name: min(32, w/3), on: 6, age: 9, ratio: 6, breaks: 11, proven: 8}
}

func (c cellCols) head(p *draw.Pen) {
	p.Put(themes.Muted, "    ")
	p.Column(themes.Muted, "cell", c.name)
	p.Pad(1)
	p.Column(themes.Muted, "on", c.on)
	p.ColumnRight(themes.Blue, "blue ", c.age)
	p.ColumnRight(themes.Green, "green ", c.age)
	if c.ratio > 0 {
		p.ColumnRight(themes.Muted, "size", c.ratio)
	}
	if c.breaks > 0 {
		p.ColumnRight(themes.Muted, "breaks", c.breaks)
	}
	if c.proven > 0 {
		p.ColumnRight(themes.Muted, "proven", c.proven)
	}
	if p.Left() >= saysFrom {
		p.Put(themes.Muted, "  says")
	}
}

func (c cellCols) row(p *draw.Pen, sc *scene, v *board.CellView, proofs map[model.Cell][2]*record.Proved) {
	glyph, role := healthGlyph(v.Health)
	p.Put(role, glyph+" ")
	p.Column(themes.Text, sc.sum.cellName(v.Cell, c.narrow), c.name)
	onRole := themes.Text
	if v.IsAdrift() {
		onRole = themes.Warn
		p.Put(themes.Warn, "!")
	} else {
		p.Pad(1)
	}
	if v.Health == board.CellGap {
		onRole = themes.Fail
	}
	p.Column(onRole, v.Route().String(), c.on)
	for _, k := range model.Clusters {
		standing(p, sc, v, k, c.age)
	}
	if c.ratio > 0 {
		p.ColumnRight(themes.Text, ratioText(ratio(v)), c.ratio)
	}
	if c.breaks > 0 {
		text, role := breaksText(sc.minute, v.Breaks())
		p.ColumnRight(role, text, c.breaks)
	}
	if c.proven > 0 {
		text, role := provenText(sc.minute, sc.snap, newestProof(proofs[v.Cell]))
		p.ColumnRight(role, text, c.proven)
	}
	if drift := driftSays(sc.snap, v); drift != "" && p.Left() >= saysFrom {
		p.Pad(2)
		p.Put(themes.Warn, drift)
		if v.Health != board.CellOK {
			p.Put(themes.Text, "; "+v.Says)
		}
		return
	}
	if v.Health != board.CellOK && p.Left() >= saysFrom {
		p.Pad(2)
		if n := missedRuns(v); n > 0 && !strings.HasPrefix(v.Says, "missed ") {
			p.Put(themes.Warn, "missed "+draw.Count(n)+"; ")
		}
		p.Put(themes.Text, v.Says)
	}
}

// driftSays tells in few words which Directors differ from the routes: "not on dir-new2 (passive)". Empty when none does.
func driftSays(snap *board.Snapshot, v *board.CellView) string {
	says := ""
	for _, k := range model.Clusters {
		for place := range v.On[k].At {
			is := v.DriftsOn(k, place)
			if is == board.NotAdrift {
				continue
			}
			if says != "" {
				says += ", "
			}
			says += map[board.Adrift]string{board.Lacks: "not on ", board.TooMany: "still on "}[is] + directorName(snap, k, place)
		}
	}
	return says
}

// directorName is what a Director is called; a passive one says so.
func directorName(snap *board.Snapshot, k model.Cluster, place int) string {
	name := k.String()
	if v := snap.Clusters[k]; v != nil && place < len(v.Directors) {
		name = v.Directors[place].Name
	}
	return model.DirectorCalled(name, place)
}

// missedRuns are the due times of the last 7 days of a cell that no job answered, on both clusters.
func missedRuns(v *board.CellView) int { return v.On[model.Blue].Missed + v.On[model.Green].Missed }

// standing is the age of one cluster's newest good backup, with a mark when that is older than promised where it is still taken, runs were
// missed (m), or the newest tries are bad.
func standing(p *draw.Pen, sc *scene, v *board.CellView, k model.Cluster, w int) {
	s := &v.On[k]
	at := goodAt(v, k)
	old := coarse(sc.minute, at)
	if w < 8 {
		old = short(old)
	}
	switch {
	case at.IsZero() && !s.Read && s.Has != model.Fails: // nobody knows what it has
		p.ColumnRight(themes.Muted, "? ", w)
	case at.IsZero() && s.Has == model.Holds:
		p.ColumnRight(themes.Warn, "none!", w)
	case at.IsZero():
		p.ColumnRight(themes.Muted, "- ", w)
	case s.Has == model.Fails: // it owes restores, not backups
		p.ColumnRight(themes.Muted, old+" ", w)
	case v.Promise > 0 && sc.minute.Sub(at) > v.Promise:
		p.ColumnRight(themes.Fail, old+"✗", w)
	case s.Missed > 0:
		p.ColumnRight(themes.Warn, old+"m", w)
	case s.Streak < 0:
		p.ColumnRight(themes.Warn, old+"!", w)
	default:
		p.ColumnRight(themes.Text, old+" ", w)
	}
}

// healthGlyph is how a cell's health looks; words and values stand beside it.
func healthGlyph(h board.CellHealth) (string, themes.Role) {
	switch h {
	case board.CellOK:
		return "✓", themes.Good
	case board.CellWarned, board.CellDiverged:
		return "!", themes.Warn
	case board.CellBroken, board.CellGap:
		return "✗", themes.Fail
	}
	return "?", themes.Muted
}

func ratioText(f float64) string {
	if f <= 0 {
		return "-"
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + "x"
}

// breaksText says in how long a promise breaks, or how long ago it did.
func breaksText(now, t time.Time) (string, themes.Role) {
	switch {
	case t.IsZero():
		return "-", themes.Muted
	case t.After(now):
		return "in " + model.Age(t.Sub(now)), themes.Text
	}
	return model.Age(now.Sub(t)) + " ago", themes.Fail
}
