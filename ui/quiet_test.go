package ui

import (
	"errors"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// two is a calm noon with two alerts; the first comes first.
func two() world {
	w := calm(20)
	green := model.Green
	w.Alerts = []board.Alert{
		{
			ID:       "rds:lag",
			Severity: model.Fail,
			Says:     "replication is broken: Duplicate entry",
			Do:       "see the replica",
			Reach:    0,
			Since:    before(time.Minute),
		},
		{
			ID:       "bare:green",
			Severity: model.Warn,
			Says:     "3 immutable cells of green are bare",
			Do:       "see the Devices",
			Cluster:  &green,
			Reach:    3,
			Since:    before(time.Hour),
		},
	}
	return w
}

// again is the next snapshot, with its alerts changed.
func again(d *driver, change func([]board.Alert)) *board.Snapshot {
	next := *d.app.told
	next.Rev, next.Beat = next.Rev+1, next.Beat+1
	next.Alerts = append([]board.Alert{}, next.Alerts...)
	change(next.Alerts)
	return &next
}

func none([]board.Alert) {}

func TestAnAlertIsLetBeInTheSession(t *testing.T) {
	for _, size := range sizes {
		for name, open := range map[string]opener{"watch": Watch, "no journal": cockpit} {
			d := session(t, open, Options{}, size[0], size[1], two().Snapshot)
			d.press("L")
			d.see("select an alert to acknowledge it")
			d.press("6", "L")
			d.see(
				"replication is broken",
				"acknowledge an alert",
				"only this session knows of it",
				map[string]string{"watch": "A watch session writes no journal", "no journal": "There is no journal"}[name],
			)
			d.wait(time.Second)
			d.press("enter")
			d.see("Enter alone does nothing")
			d.press("'we rebuild it'", "enter", "'for ever'", "enter")
			d.see("until when is 30m, 8h or 2d from now")
			d.press("ctrl+u", "'2h'", "enter", "'acknowledge'", "enter")
			d.see("acknowledged in this session only, until 14 Mar 14:0", "let be")
			d.wait(10 * time.Second)
			if row := d.row("1 of 2, ! opens"); row == "" || d.app.snap.Alerts[0].ID != "bare:green" {
				t.Fatalf("the alert line is %q", row)
			}
			d.take(again(d, func(as []board.Alert) { as[0].Since = before(time.Hour); as[0].Says += ", still" }))
			if d.app.snap.Alerts[0].ID != "bare:green" {
				t.Error("an age brought it back")
			}
			d.press("!", "!")
			d.see("we rebuild it")
			d.press("esc")
			if d.app.told.Alerts[0].Acked != nil {
				t.Error("what the feed told was changed")
			}
			d.clock = d.clock.Add(3 * time.Hour)
			d.take(again(d, none))
			if a := d.app.snap.Alerts[0]; a.ID != "rds:lag" || a.Acked != nil {
				t.Errorf("its time is over, and the first is %+v", a)
			}
		}
	}
}

func TestALetBeAlertComesBackWhenItGrows(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], two().Snapshot)
		d.press("6", "j", "L")
		d.see("3 immutable cells")
		d.wait(time.Second)
		d.press("'known'", "enter", "'8h'", "enter", "'acknowledge'", "enter")
		d.see("1 FAIL", "1 let be", "ack 20:0")
		d.take(again(d, func(as []board.Alert) { as[1].Reach = 4 }))
		d.see("1 FAIL", "1 warn")
		d.gone("let be", "ack 20:0")
	}
}

func TestADialogOfAnAlertTurnsStale(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], two().Snapshot)
		d.press("6", "L")
		d.take(again(d, func(as []board.Alert) { as[0].ID = "rds:other" }))
		d.see("STALE", "the alert is over")
	}
}

func TestAnAlertIsLetBeInTheJournal(t *testing.T) {
	for _, size := range sizes {
		w := two()
		w.State = &record.State{Environment: "bacula-catalog"}
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.press("6", ":", "'acknowledge'", "enter")
		d.see("It is recorded in the journal")
		d.wait(time.Second)
		d.press("'we rebuild it'", "enter", "'2h'", "enter", "'acknowledge'", "enter")
		d.see("handed over")
		d.obey()
		if len(d.deeds) != 1 || d.deeds[0].Verb != DeedSeen || d.deeds[0].Alert.ID != "rds:lag" || d.deeds[0].Reason != "we rebuild it" {
			t.Fatalf("the lever was pulled for %+v", d.deeds)
		}
		if d.app.snap.Alerts[0].ID != "rds:lag" {
			t.Error("it was let be before the journal told so")
		}
		told := again(d, none)
		ack := record.Ack{Told: d.deeds[0].Alert, By: "alice", At: d.clock, Reason: "we rebuild it"}
		told.State = &record.State{Environment: "bacula-catalog", Acks: []record.Ack{ack}}
		told.Alerts[0].Acked = &ack
		told.Alerts[0], told.Alerts[1] = told.Alerts[1], told.Alerts[0]
		d.take(told)
		d.see("acknowledged in the journal until 14 Mar 14:0", "1 let be")
		d.press(":", "'quiet'", "enter")
		d.see("acknowledged by alice until", "we rebuild it")
		if len(d.app.handed) != 0 {
			t.Error("it is still handed over")
		}
		d.press("esc", "6", "G", "L")
		d.see("acknowledged by alice")
	}
}

func TestWhyAnAlertWasNotLetBe(t *testing.T) {
	for _, size := range sizes {
		w := two()
		w.State = &record.State{Environment: "bacula-catalog"}
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.fate = errors.New("the journal cannot be written")
		d.press("6", "L")
		d.wait(time.Second)
		d.press("'we rebuild it'", "enter", "'2h'", "enter", "'acknowledge'", "enter")
		d.obey()
		d.see("the journal cannot be written")
	}
}

func TestASessionIsQuietAboutACause(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], two().Snapshot)
		d.press(":", "'quiet weather'", "enter")
		d.see("no alert has the cause weather")
		d.press(":", "'quiet rds lag'", "enter")
		d.see("this session is quiet about rds lag", "quiet")
		if d.app.snap.Alerts[0].ID != "bare:green" {
			t.Fatal("it is still first")
		}
		d.press(":", "'quiet bare'", "enter")
		d.wait(10 * time.Second)
		d.see(" beside 2 let be: nothing known that needs")
		d.press(":", "'quiet'", "enter")
		d.see("QUIET", "rds lag", ":loud rds lag", "bare")
		d.press("esc", ":", "'loud rds lag'", "enter")
		d.see("this session hears of rds lag again")
		if a := d.app.snap.Alerts[0]; a.ID != "rds:lag" || a.Acked != nil {
			t.Fatalf("the first is %+v", a)
		}
		d.press(":", "'loud rds lag'", "enter")
		d.see("is not quiet about rds lag")
	}
}

func TestUntil(t *testing.T) {
	now := time.Date(2026, 3, 14, 23, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{"30m": now.Add(30 * time.Minute), "8h": now.Add(8 * time.Hour), "2d": now.Add(48 * time.Hour),
		"7d":      now.Add(168 * time.Hour),
		" 06:00 ": time.Date(2026, 3, 15, 6, 0, 0, 0, time.UTC), "23:45": time.Date(2026, 3, 14, 23, 45, 0, 0, time.UTC),
		"": {}, "8d": {}, "169h": {}, "-2h": {}, "0m": {}, "99999999d": {}, "tomorrow": {}, "25:00": {}, "NaNd": {}, "-1d": {}} {
		got, why := untilOf(text, now)
		if !got.Equal(want) || (why == "") == want.IsZero() {
			t.Errorf("%q: %v, %q", text, got, why)
		}
	}
}
