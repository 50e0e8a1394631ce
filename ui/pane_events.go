package ui

import (
	"strings"

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

func (e *eventsPane) lines() rower { return e }

func (e *eventsPane) title(*scene) []draw.Piece {
	return e.titled([]draw.Piece{draw.As(themes.Key, "5"), draw.As(themes.Title, " EVENTS")})
}

// fresh: one source that answers is enough to be told of its changes.
func (e *eventsPane) fresh(sc *scene) freshness {
	for i := range sc.snap.Seen {
		if sc.snap.Seen[i].Freshness(sc.now) == board.Live {
			return freshness{state: board.Live}
		}
	}
	return freshOf(sc.snap.Seen, sc.now, func(*board.Sighting) bool { return true })
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
	e.events, e.of = e.events[:0], len(all)
	keys := make([]uint64, 0, len(all))
	for i := len(all) - 1; i >= 0; i-- {
		v := &all[i]
		if e.filter.on() && !e.filter.match(v.At.UTC().Format("15:04:05"), v.Who, v.Severity.String(), v.Says) {
			continue
		}
		e.events = append(e.events, v)
		keys = append(keys, v.Seq)
	}
	if e.back {
		for i, j := 0, len(keys)-1; i < j; i, j = i+1, j-1 {
			keys[i], keys[j] = keys[j], keys[i]
			e.events[i], e.events[j] = e.events[j], e.events[i]
		}
	}
	e.set(keys)
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
		p.Put(themes.Muted, "  "+emptyRows(e.filter.text, "nothing has changed since the start"))
		lines = append(lines, p.Done())
	}
	from, to := e.window(h)
	for i := from; i < to; i++ {
		p.Start(w)
		e.begin(p, i, focused)
		e.row(p, e.events[i])
		lines = append(lines, p.Done())
	}
	return lines
}

func (e *eventsPane) row(p *draw.Pen, v *board.Event) {
	p.Put(themes.Muted, v.At.UTC().Format("15:04:05"))
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
