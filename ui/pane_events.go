package ui

import (
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// eventsPane is what changed, newest first.
type eventsPane struct {
	rows[uint64]
	events []*board.Event // beside keys
}

func newEventsPane() *eventsPane {
	e := &eventsPane{}
	e.names = []string{"time"}
	return e
}

func (e *eventsPane) name() string { return "events" }
func (e *eventsPane) lines() rower { return e }

func (e *eventsPane) title(*scene) []draw.Piece {
	return e.titled([]draw.Piece{draw.As(themes.Key, "5"), draw.As(themes.Title, " EVENTS")})
}

// fresh: while one that events come from does not answer, those of it are missing.
func (e *eventsPane) fresh(sc *scene) freshness {
	return freshOf(sc.snap.Seen, sc.now, func(s *board.Sighting) bool { return s.Gates })
}

func (e *eventsPane) state(sc *scene) any { return [2]any{newest(sc.snap.Events), e.rev} }

// newest identifies a ring of events by its last one.
func newest(events []board.Event) any {
	if len(events) == 0 {
		return nil
	}
	return &events[len(events)-1]
}

func (e *eventsPane) refresh(sc *scene) {
	if !e.stale(newest(sc.snap.Events)) {
		return
	}
	all := sc.snap.Events
	e.events, e.of, e.cut = e.events[:0], len(all), ""
	if len(all) >= board.KeptEvents {
		e.cut = "newest " + draw.Count(board.KeptEvents)
	}
	keys := make([]uint64, 0, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		v := &all[i]
		if e.filter.on() && !e.filter.keeps(toldStates(v.Severity, v.Says), v.At.UTC().Format("15:04:05"), v.Who, v.Severity.String(), v.Says) {
			continue
		}
		e.events = append(e.events, v)
	}
	slices.SortStableFunc(e.events, func(a, b *board.Event) int { return b.At.Compare(a.At) }) // the past is told late
	if e.back {
		slices.Reverse(e.events)
	}
	for _, v := range e.events {
		keys = append(keys, v.Seq)
	}
	e.set(keys)
}

// edge lets the first row be the newest one again: to go there is to follow.
func (e *eventsPane) edge(end bool) {
	if end || e.back {
		e.rows.edge(end)
		return
	}
	e.forget()
}

func (e *eventsPane) event() *board.Event {
	if _, ok := e.current(); !ok || e.at >= len(e.events) {
		return nil
	}
	return e.events[e.at]
}

func (e *eventsPane) open(sc *scene) page {
	switch v := e.event(); {
	case v == nil:
		return nil
	case v.Job != nil && sc.snap.Job(*v.Job) != nil:
		return &jobPage{key: *v.Job}
	case v.Action != "":
		return &actionPage{id: v.Action}
	case v.Cell != nil:
		return &cellPage{cell: *v.Cell}
	default:
		return &eventPage{event: *v}
	}
}

func (e *eventsPane) text(*scene) string {
	if v := e.event(); v != nil {
		return v.At.UTC().Format("2006-01-02 15:04:05Z") + " " + v.Who + " " + v.Says
	}
	return ""
}

func (e *eventsPane) draw(sc *scene, w, h int, focused bool) []string {
	p := draw.NewPen(sc.st, w)
	var lines []string
	if len(e.keys) == 0 {
		p.Put(themes.Muted, "  "+emptyRows(e.filter.text, "nothing is known to have happened in the last 12 h"))
		lines = append(lines, p.Done())
	}
	from, to := e.window(h)
	if from > 0 && !e.back && h > 1 {
		from, to = e.window(h - 1)
		p.Start(w)
		p.Put(themes.Warn, " ▲ not following, "+draw.Count(from)+" newer above: g follows again")
		lines = append(lines, p.Done())
	}
	for i := from; i < to; i++ {
		p.Start(w)
		e.begin(p, i, focused)
		e.row(p, sc, e.events[i])
		lines = append(lines, p.Done())
	}
	return lines
}

func (e *eventsPane) row(p *draw.Pen, sc *scene, v *board.Event) {
	at := v.At.UTC().Format("15:04:05")
	if ago(sc.minute, v.At) >= 20*time.Hour { // its page has the time
		at = v.At.UTC().Format("2 Jan   ")
	}
	p.Column(themes.Muted, at, 8)
	p.Pad(1)
	role := themes.Text
	switch strings.ToLower(v.Who) {
	case "blue":
		role = themes.Blue
	case "green":
		role = themes.Green
	}
	p.Column(role, v.Who, 6)
	p.Pad(1)
	glyph, sev := severityGlyph(v.Severity)
	p.Put(sev, glyph+" ")
	p.Put(themes.Text, v.Says)
}

// severityGlyph is a blank for what is only told.
func severityGlyph(s model.Severity) (string, themes.Role) {
	switch s {
	case model.Warn:
		return "!", themes.Warn
	case model.Fail:
		return "✗", themes.Fail
	}
	return " ", themes.Text
}
