package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// TestLinesFollowTime: whatever order changes are heard in, a log's lines never go back, and one that is told late says of when it is.
func TestLinesFollowTime(t *testing.T) {
	t0 := time.Date(2026, 11, 30, 23, 59, 58, 0, time.UTC)
	at := func(seq uint64, s int, says string) board.Event {
		return board.Event{Seq: seq, At: t0.Add(time.Duration(s) * time.Second), Who: "blue", Says: says}
	}
	var out strings.Builder
	l := teller{w: &out}
	for _, events := range [][]board.Event{
		{at(4, 1, "one"), at(5, 0, "zero")},
		{at(4, 1, "one"), at(5, 0, "zero"), at(6, 3, "three"), at(7, -60, "late")},
		{at(12, 4, "four")},
	} {
		for _, e := range l.news(&board.Snapshot{At: t0.Add(4 * time.Second), Events: events}) {
			if err := l.tell(&e); err != nil {
				t.Fatal(err)
			}
		}
	}
	const want = `2026-11-30T23:59:58Z blue   info zero
2026-11-30T23:59:59Z blue   info one
2026-11-30T23:59:59Z blue   info late (of 2026-11-30T23:58:58Z)
2026-12-01T00:00:01Z blue   info three
2026-12-01T00:00:02Z self   warn 4 changes came too fast to be told
2026-12-01T00:00:02Z blue   info four
`
	if out.String() != want {
		t.Errorf("the lines are\n%swant\n%s", &out, want)
	}
}

// TestWhatNeedsAPersonIsAFinding, and what is only told is none.
func TestWhatNeedsAPersonIsAFinding(t *testing.T) {
	s := board.Snapshot{Seen: []board.Sighting{{Gates: true, At: model.Now(), Tried: model.Now()}}}
	for sev, want := range map[model.Severity]error{model.Info: nil, model.Warn: errFinding, model.Fail: errFinding} {
		s.Alerts = []board.Alert{{Severity: model.Info}, {Severity: sev}}
		if got := verdict(&s); !errors.Is(got, want) {
			t.Errorf("an alert that is %s: %v, want %v", sev, got, want)
		}
	}
}
