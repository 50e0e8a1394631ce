package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// mode says in the header what this session may do.
type mode struct {
	word string
	role themes.Role
}

// headings are the ways to write the header, the longest first. What goes first is the scenario's name, then words of the sources, of the
// others and of who acts, then the local time, then the sources.
var headings = []struct{ scenario, others, acts, sources, clock int }{
	{1, 3, 2, 3, 1}, {1, 3, 2, 2, 1}, {0, 3, 2, 2, 1}, {0, 3, 2, 1, 1}, {0, 3, 1, 1, 1}, {0, 2, 2, 1, 1}, {0, 2, 1, 1, 1},
	{0, 1, 2, 1, 1}, {0, 1, 1, 1, 1}, {0, 1, 1, -1, 1}, {0, 1, 3, -1, 1}, {0, 1, 1, -1, 0}, {0, 1, 3, -1, 0}, {0, 1, 1, 0, 0},
	{0, 0, 1, 0, 0}, {0, 0, 0, 0, 0},
}

// header is the first line: which environment, real or rehearsed, what this session may do, who else is attached, who acts, how old the
// data is, what time it is. Where that is too much, it is the first of the headings that fits.
func header(sc *scene, m mode, others []model.Session, zone *time.Location, w int) string {
	s := sc.snap
	env := s.Environment
	if env == "" {
		env = "connecting"
	}
	clocks := [2]string{"  " + sc.now.UTC().Format("15:04:05 UTC "), "  " + sc.now.UTC().Format("15:04:05 UTC ")}
	if local := localTime(sc.now, zone); local != "" {
		clocks[1] += local + " "
	}
	var l, r []draw.Piece
	for _, try := range headings {
		l = []draw.Piece{draw.As(themes.Text, " "), draw.As(themes.Title, env)}
		if s.Rehearsal != "" {
			l = append(l, draw.As(themes.Text, "  "), draw.As(themes.Rehearsal, " REHEARSAL "+strings.Repeat(s.Rehearsal+" ", try.scenario)))
		}
		l = append(l, draw.As(themes.Text, "  "), draw.As(m.role, m.word))
		l = append(append(l, attachedPieces(others, try.others)...), actingPieces(sc, try.acts)...)
		r = append(sourcesPieces(sc, try.sources), draw.As(themes.Text, clocks[try.clock]))
		if draw.PiecesWidth(l)+draw.PiecesWidth(r) < w {
			break
		}
	}
	if w < 40 {
		r = nil
	}
	if over := draw.PiecesWidth(l) + draw.PiecesWidth(r) + 1 - w; over > 0 {
		l[1].Text = draw.Cut(env, max(5, draw.Width(env)-over)) // the marks behind the name matter more than its end
	}
	p := draw.NewPen(sc.st, w)
	p.Pieces(l)
	p.Pad(p.Left() - draw.PiecesWidth(r))
	p.Pieces(r)
	return p.Done()
}

// localTime is the time of the terminal's zone, empty where that is UTC's or none.
func localTime(now time.Time, zone *time.Location) string {
	if zone == nil {
		return ""
	}
	now = now.In(zone)
	name, offset := now.Zone()
	switch {
	case offset == 0:
		return ""
	case strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "": // a zone without letters is its offset
		name = now.Format("-0700")
	}
	return now.Format("15:04 ") + name
}

// actingPieces says whose action is under way, in few words (1), many (2) or the fewest (3): whoever would act sees that they are not
// alone.
func actingPieces(sc *scene, words int) []draw.Piece {
	if sc.snap.State == nil || words == 0 {
		return nil
	}
	var who, which []string
	for _, x := range sc.snap.State.Actions {
		if x.State == record.ActionRunning && x.Acked == nil && !sc.snap.Orphaned(x, sc.now) {
			which = append(which, strconv.FormatInt(x.Seq, 10))
			if !slices.Contains(who, x.By) {
				who = append(who, x.By)
			}
		}
	}
	if len(who) == 0 {
		return nil
	}
	name := who[0]
	if words != 2 && draw.Width(name) > 10 {
		name = fit(name, 10)
	}
	switch more := len(who) - 1; {
	case more > 0:
		name += " +" + strconv.Itoa(more)
	case words == 2 && len(which) == 1:
		name += ", action " + which[0]
	case words == 2:
		name += ", " + strconv.Itoa(len(which)) + " actions"
	}
	if words == 3 {
		return []draw.Piece{draw.As(themes.Text, "  "), draw.As(themes.Title, name), draw.As(themes.Text, " acts")}
	}
	return []draw.Piece{draw.As(themes.Text, "  acting: "), draw.As(themes.Title, name)}
}

// sourcesPieces says how many sources are live, and the age of the silent one that answered longest ago, in few words (1), many (3), or
// the fewest (-1).
// A source that keeps its own rhythm has no age here: it would only rise and fall.
func sourcesPieces(sc *scene, words int) []draw.Piece {
	if words == 0 {
		return nil
	}
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
	switch {
	case words > 1:
		text = "sources " + text
	case words < 0:
		text = strconv.Itoa(live) + "/" + strconv.Itoa(n)
	}
	if !oldest.IsZero() {
		old := stepped(ago(sc.now, oldest))
		if words > 2 {
			old = "oldest " + old
		}
		text += ", " + old
	}
	if never > 0 && words > 2 {
		text += ", " + strconv.Itoa(never) + " never"
	}
	return []draw.Piece{draw.As(role, text)}
}

// stepped is an age in steps of 5 s, so that the header is not rewritten every second for nothing.
func stepped(d time.Duration) string {
	if d < time.Minute {
		d = d.Truncate(5 * time.Second)
	}
	return model.Age(d)
}

// phaseLine is the second line: how far every cell is covered, which promise breaks next, and which phases are open. Until something has
// judged them it says so and claims nothing.
func phaseLine(sc *scene, w int, frozenAt time.Time, waiting int) string {
	p := draw.NewPen(sc.st, w)
	if !frozenAt.IsZero() {
		p.Put(themes.Alarm, " FROZEN "+frozenAt.UTC().Format("15:04:05")+", changes waiting: "+draw.Count(waiting)+", p goes on ")
	}
	all := &sc.sum.all
	if all.total() == 0 {
		p.Put(themes.Muted, " waiting for the first answer of a source")
		return p.Done()
	}
	h := all.health
	p.Put(themes.Text, " "+draw.Count(all.total())+" cells")
	if f := freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates }); f.state == board.Old {
		p.Faded = true
		p.Put(themes.Warn, " as of "+clock(sc.now, f.at))
	}
	p.Put(themes.Text, ":")
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
		if x.n > 0 || x.zero && h[board.CellUnknown] < all.total() {
			p.Put(x.role, " "+draw.Count(x.n)+" "+x.word)
		}
	}
	count := draw.Count
	if all.unknown == all.total() {
		count = func(int) string { return "?" }
	}
	routes := "   blue " + count(all.blue) + " both " + count(all.both) + " green " + count(all.green)
	if w < 100 {
		routes = "  b " + count(all.blue) + " both " + count(all.both) + " g " + count(all.green)
	}
	if draw.Width(routes) <= p.Left() {
		p.Put(themes.Muted, routes)
	}
	next := ""
	if b := sc.sum.breaks; b != nil && b.Breaks().After(sc.minute) { // else it is broken with the next look
		text, _ := breaksText(sc.minute, b.Breaks())
		next = "   next promise breaks " + text + ": " + sc.sum.cellName(b.Cell, w < 100)
	}
	if sc.gates != nil {
		next = beside(next, phasesTail(sc.gates, 0), p.Left())
	}
	tail := phasesTail(sc.gates, p.Left()-draw.Width(next))
	switch {
	case draw.Width(next)+draw.Width(tail) <= p.Left():
		p.Put(themes.Text, next)
		p.Pad(p.Left() - draw.Width(tail))
		p.Put(themes.Muted, tail)
	case next != "" && draw.Width(next) <= p.Left():
		p.Put(themes.Text, next)
	case draw.Width(tail) <= p.Left():
		p.Pad(p.Left() - draw.Width(tail))
		p.Put(themes.Muted, tail)
	}
	return p.Done()
}

// alertLine is the most urgent thing, and the key that leads to its cause.
func alertLine(sc *scene, w int, ended string) string {
	p := draw.NewPen(sc.st, w)
	alerts := sc.snap.Alerts
	switch {
	case ended != "":
		p.Wear(themes.Alarm)
		p.Put(themes.Alarm, " ✗ nothing new arrives any more: "+ended)
	case len(alerts) == 0:
		f := freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates })
		p.Put(themes.Muted, " "+nothingNeeds(sc, f))
	case alerts[0].Acked != nil:
		f := freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates })
		p.Put(themes.Muted, " beside "+draw.Count(len(alerts))+" let be: "+nothingNeeds(sc, f))
	default:
		a := &alerts[0]
		glyph, _ := severityGlyph(a.Severity)
		tails := alertTails(len(alerts), w)
		tail := tails[len(tails)-1]
		line := lineOf(sc, a, glyph, p.Left()-draw.Width(tail))
		for _, fuller := range tails { // which way on is told in as many words as cost the alert none
			if lineOf(sc, a, glyph, p.Left()-draw.Width(fuller)) == line {
				tail = fuller
				break
			}
		}
		role := themes.Text
		switch a.Severity {
		case model.Fail:
			role = themes.Alarm
			p.Wear(role)
		case model.Warn:
			role = themes.Warn
		case model.Info:
		}
		p.Column(role, line, p.Left()-draw.Width(tail))
		p.Put(role, tail)
	}
	return p.Done()
}

// alertTails are what stands at the right end of the alert line, the fullest first: how many alerts there are is told at any width, which
// key opens them stands among the hints too.
func alertTails(n, w int) []string {
	switch {
	case w < 50:
		return []string{""}
	case n == 1:
		return []string{"  ! opens ", "  ! "}
	}
	of := "  1 of " + draw.Count(n)
	return []string{of + ", ! opens ", of + " ! ", "  1/" + draw.Count(n) + " ! "}
}
