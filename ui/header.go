package ui

import (
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
)

// mode says in the header what this session may do.
type mode struct {
	word string
	role themes.Role
}

// header is the first line: which environment, real or rehearsed, what this session may do, how old the data is, what time it is.
// Where that is too much, what goes first is the scenario's name, then words of the sources, then the sources.
func header(sc *scene, m mode, w int) string {
	s := sc.snap
	env := s.Environment
	if env == "" {
		env = "connecting"
	}
	left := func(scenario string) []piece {
		ps := []piece{{themes.Text, " "}, {themes.Title, env}}
		if s.Rehearsal != "" {
			ps = append(ps, piece{themes.Text, "  "}, piece{themes.Rehearsal, " REHEARSAL " + scenario})
		}
		return append(ps, piece{themes.Text, "  "}, piece{m.role, m.word})
	}
	scenario := ""
	if s.Rehearsal != "" {
		scenario = s.Rehearsal + " "
	}
	utc := []piece{{themes.Text, "  " + sc.now.UTC().Format("15:04:05 UTC ")}}
	var l, r []piece
	for _, try := range [][2][]piece{{left(scenario), sourcesPieces(sc, 2)}, {left(scenario), sourcesPieces(sc, 1)}, {left(""), sourcesPieces(sc, 1)},
		{left(""), sourcesPieces(sc, 0)}, {left(""), nil}} {
		l, r = try[0], append(try[1], utc...)
		if piecesWidth(l)+piecesWidth(r) < w {
			break
		}
	}
	if w < 40 {
		r = nil
	}
	if over := piecesWidth(l) + piecesWidth(r) + 1 - w; over > 0 {
		l[1].text, _ = splitAt(env, max(4, width(env)-over-1)) // the marks behind the name matter more than its end
		l[1].text += string(cutMark)
	}
	p := newPen(sc.st, w)
	p.pieces(l)
	p.pad(p.left - piecesWidth(r))
	p.pieces(r)
	return p.done()
}

// sourcesPieces says how many sources are live, and the age of the silent one that answered longest ago, in few words (0) or many (2).
// A source that keeps its own rhythm has no age here: it would only rise and fall.
func sourcesPieces(sc *scene, words int) []piece {
	live, never := 0, 0
	var oldest time.Time
	for i := range sc.snap.Seen {
		s := &sc.snap.Seen[i]
		switch s.Freshness(sc.now) {
		case board.Live:
			live++
		case board.Never:
			never++
		case board.Old:
			if oldest.IsZero() || s.At.Before(oldest) {
				oldest = s.At
			}
		}
	}
	n := len(sc.snap.Seen)
	text := strconv.Itoa(live) + "/" + strconv.Itoa(n) + " live"
	role := themes.Text
	if live < n {
		role = themes.Warn
	}
	if words > 0 {
		text = "sources " + text
	}
	if !oldest.IsZero() {
		old := stepped(ago(sc.now, oldest))
		if words > 1 {
			old = "oldest " + old
		}
		text += ", " + old
	}
	if never > 0 && words > 1 {
		text += ", " + strconv.Itoa(never) + " never"
	}
	return []piece{{role, text}}
}

// stepped is an age in steps of 5 s, so that the header is not rewritten every second for nothing.
func stepped(d time.Duration) string {
	if d < time.Minute {
		d = d.Truncate(5 * time.Second)
	}
	return model.Age(d)
}

// phaseLine is the second line: how far every cell is covered, and which promise breaks next. Phases have their place here;
// until something evaluates them it says so and claims nothing.
func phaseLine(sc *scene, w int, frozenAt time.Time, waiting int) string {
	p := newPen(sc.st, w)
	if !frozenAt.IsZero() {
		p.put(themes.Alarm, " FROZEN "+frozenAt.UTC().Format("15:04:05")+", changes waiting: "+count(waiting)+", p goes on ")
	}
	all := &sc.sum.all
	if all.total() == 0 {
		p.put(themes.Muted, " waiting for the first answer of a source")
		return p.done()
	}
	h := all.health
	p.put(themes.Text, " "+count(all.total())+" cells")
	if f := freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates }); f.state == board.Old {
		p.faded = true
		p.put(themes.Warn, " as of "+clock(sc.now, f.at))
	}
	p.put(themes.Text, ":")
	for _, x := range []struct {
		n    int
		role themes.Role
		word string
		zero bool
	}{
		{h[board.CellGap], themes.Fail, "✗ gap", false}, {h[board.CellBroken], themes.Fail, "✗ broken", false},
		{h[board.CellDiverged], themes.Warn, "! diverged", false}, {h[board.CellWarned], themes.Warn, "! warned", false},
		{h[board.CellUnknown], themes.Muted, "? unknown", false}, {h[board.CellOK], themes.Text, "ok", true},
	} {
		if x.n > 0 || x.zero {
			p.put(x.role, " "+count(x.n)+" "+x.word)
		}
	}
	routes := "   blue " + count(all.blue) + " both " + count(all.both) + " green " + count(all.green)
	if w < 100 {
		routes = "  b " + count(all.blue) + " both " + count(all.both) + " g " + count(all.green)
	}
	if width(routes) <= p.left {
		p.put(themes.Muted, routes)
	}
	next := ""
	if b := sc.sum.breaks; b != nil {
		text, _ := breaksText(sc.minute, breaks(b))
		next = "   next promise breaks " + text + ": " + sc.sum.cellName(b.Cell, w < 100)
	}
	tail := "   phases: not evaluated "
	switch {
	case width(next)+width(tail) <= p.left:
		p.put(themes.Text, next)
		p.pad(p.left - width(tail))
		p.put(themes.Muted, tail)
	case next != "" && width(next) <= p.left:
		p.put(themes.Text, next)
	case width(tail) <= p.left:
		p.pad(p.left - width(tail))
		p.put(themes.Muted, tail)
	}
	return p.done()
}

// alertLine is the most urgent thing, and the key that leads to its cause.
func alertLine(sc *scene, w int, ended string) string {
	p := newPen(sc.st, w)
	alerts := sc.snap.Alerts
	switch {
	case ended != "":
		p.wear(themes.Alarm)
		p.put(themes.Alarm, " ✗ nothing new arrives any more: "+ended)
	case len(alerts) == 0:
		f := freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates })
		p.put(themes.Muted, " "+nothingNeeds(sc, f))
	default:
		a := &alerts[0]
		glyph, _ := severityGlyph(a.Severity)
		tail := "  ! opens "
		if len(alerts) > 1 {
			tail = "  1 of " + count(len(alerts)) + ", ! opens "
		}
		if w < 50 {
			tail = ""
		}
		role := themes.Text
		switch a.Severity {
		case model.Fail:
			role = themes.Alarm
			p.wear(role)
		case model.Warn:
			role = themes.Warn
		case model.Info:
		}
		room := p.left - width(tail)
		says, do := " "+glyph+" "+a.Says, ""
		if a.Do != "" {
			do = ". " + a.Do
		}
		if most := max(room*3/5, room-width(do)); width(says) > most && room >= 80 { // where there is any, a long reason leaves room for what to do about it
			p.col(role, says, most)
			room -= most
			says = ""
		}
		p.col(role, says+do, room)
		p.put(role, tail)
	}
	return p.done()
}
