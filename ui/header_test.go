package ui

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// Who acts, and the time where the terminal stands, are in the first line at every size.
func TestTheHeaderTellsWhoActsAndTheLocalTime(t *testing.T) {
	berlin := time.FixedZone("CEST", 7200)
	for _, size := range sizes {
		first := func(w world, zone *time.Location) string {
			d := session(t, Watch, Options{Theme: "dark", Zone: zone}, size[0], size[1], w.Snapshot)
			line, _, _ := strings.Cut(d.screen(), "\n")
			return line
		}
		got := first(able(20).acting(41, record.ActionRunning, nil), berlin)
		for _, want := range []string{"bacula-catalog", "REHEARSAL", "WATCHING", "bob", "7/7", "12:04:31 UTC", "14:04 CEST"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is not in %q", want, got)
			}
		}
		if size[0] >= 120 && !strings.Contains(got, "acting: bob, action 41") {
			t.Errorf("%q", got)
		}
		two := able(
			20,
		).acting(41, record.ActionRunning, nil).
			acting(48, record.ActionRunning, func(a *record.Action) { a.By = "ann.with.a.very.long.name" })
		if got := first(two, berlin); !strings.Contains(got, "bob +1") {
			t.Errorf("%q", got)
		}
		gone := able(20).acting(41, record.ActionRunning, nil)
		gone.Orphans = []string{"4a041"}
		for name, w := range map[string]world{"an action that ended": able(20).acting(41, record.ActionDone,
			func(a *record.Action) { a.Done = 3 }),
			"an action without a runner": gone, "an action that waits": able(20).acting(41, record.ActionWaits, nil)} {
			if got := first(w, nil); strings.Contains(got, "bob") {
				t.Errorf("%s: %q", name, got)
			}
		}
		for _, zone := range []*time.Location{nil, time.UTC, time.FixedZone("GMT", 0)} {
			if got := first(able(20), zone); strings.Contains(got, "12:04 ") || strings.Contains(got, "GMT") {
				t.Errorf("%q", got)
			}
		}
		if got := first(able(20), time.FixedZone("+0530", 19800)); !strings.Contains(got, "17:34 +0530") {
			t.Errorf("%q", got)
		}
		silent := able(20).old(model.Blue, 12*time.Minute, "no answer in time").acting(41, record.ActionRunning, nil)
		if got := first(silent, berlin); !strings.Contains(got, "bob") || !strings.Contains(got, "12:04:31 UTC") {
			t.Errorf("%q", got)
		}
	}
}

// TestTheNextPromiseIsOneThatIsKnownAndToCome: what is not known breaks nothing, and what is past was not next.
func TestTheNextPromiseIsOneThatIsKnownAndToCome(t *testing.T) {
	w := calm(20)
	v := &w.Cells[0]
	for i := range v.On {
		v.On[i].Breaks = before(13 * time.Hour)
	}
	if !v.Breaks().Before(noon) {
		t.Fatalf("it breaks at %v", v.Breaks())
	}
	for _, h := range []board.CellHealth{board.CellUnknown, board.CellOK} {
		v.Health = h
		d := watch(t, 200, 60, w.Snapshot)
		if row := d.row("80 cells"); strings.Contains(row, " ago") {
			t.Errorf("%v: %q", h, row)
		}
	}
	v.Health = board.CellUnknown
	if row := watch(t, 200, 60, w.Snapshot).row("80 cells"); !strings.Contains(row, "next promise breaks in ") {
		t.Errorf("no next one: %q", row)
	}
}
