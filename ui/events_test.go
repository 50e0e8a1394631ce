package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/model/board"
)

// The past is told after what the session saw first, and stands where it belongs.
func TestEventsAreInTheOrderOfTime(t *testing.T) {
	for _, size := range sizes {
		w := calm(20)
		w.Events = append(w.Events, board.Event{Seq: 13, At: before(30 * time.Second), Who: "RDS", Says: "newest"},
			board.Event{Seq: 14, At: before(90 * time.Second), Who: "bob", Says: "second", Past: true},
			board.Event{Seq: 15, At: before(21 * time.Hour), Who: "RDS", Says: "yesterday's", Past: true})
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press("5", "z")
		var rows []string
		for line := range strings.Lines(d.screen()) {
			for _, who := range []string{"newest", "second", "yesterday's", " ok: "} {
				if strings.Contains(line, who) && strings.Contains(line, "│") {
					rows = append(rows, who)
					break
				}
			}
		}
		if len(rows) < 5 || rows[0] != "newest" || rows[1] != "second" || rows[2] != " ok: " || rows[len(rows)-1] != "yesterday's" {
			t.Errorf("%q\n%s", rows, d.screen())
		}
		if got := d.row("yesterday's"); !strings.Contains(got, "13 Mar") {
			t.Errorf("a day-old event reads as today's: %q", got)
		}
	}
}

// A pane whose selection keeps it from the newest rows says so at every size, and how to follow again.
func TestEventsThatAreNotFollowedSaySo(t *testing.T) {
	for _, size := range append([][2]int{{60, 16}}, sizes...) {
		w := calm(20)
		d := watch(t, size[0], size[1], w.Snapshot)
		d.press("5", "j")
		d.gone("not following")
		for n := range 60 {
			w = w.next()
			w.Events = append(
				w.Events[:len(w.Events):len(w.Events)],
				board.Event{Seq: uint64(100 + n), At: noon, Who: "blue", Says: fmt.Sprint("news ", n)},
			)
		}
		d.take(w.Snapshot)
		d.see("▲ not following, ", "newer above: g follows again", ">12:0")
		d.press("g")
		d.gone("not following")
		d.see("news 59")
		w = w.next()
		w.Events = append(w.Events[:len(w.Events):len(w.Events)], board.Event{Seq: 300, At: noon.Add(time.Second), Who: "blue", Says: "the last"})
		d.take(w.Snapshot)
		d.see("the last", ">12:04:32") // it follows
	}
}
