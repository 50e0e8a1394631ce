package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model/record"
)

// keyed counts the keys that are pressed at a terminal, but for those of words that are typed.
type keyed struct {
	*terminal
	keys int
}

func (k *keyed) press(keys ...string) {
	k.Helper()
	k.keys += len(keys)
	k.terminal.press(keys...)
}

// TestAnEmergencyByKeys goes from the alert of a region that is gone to green's schedules on another server, and sees the old primary come back.
func TestAnEmergencyByKeys(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{80, 24}, {120, 40}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			t.Parallel()
			emergencyByKeys(t, size[0], size[1])
		})
	}
}

func emergencyByKeys(t *testing.T, cols, rows int) {
	s := newFastStageAt(t, "dr-day", keyedSpeed, takeoverPolicy)
	s.does(0, "observe")
	d := &keyed{terminal: s.sitAt(cols, rows)}
	if err := s.Fault("region-gone", rehearsal.PrimaryRegion); err != nil {
		t.Fatal(err)
	}
	d.see("no answer")
	d.press("f")
	d.see("FAIL OVER: which?", "only with a reason")
	for !strings.Contains(d.screen(), ">emergency") {
		was := d.screen()
		d.press("down")
		d.until("another one to be selected", func(screen string) bool { return screen != was })
	}
	const phrase = "promote bacula-replica"
	d.opens(phrase)
	d.reads()
	d.terminal.press("the AWS region is gone", "enter")
	d.approves(phrase)
	const most = 12                 // beside the words
	if d.keys += 2; d.keys > most { // Enter behind the reason, and behind the phrase
		t.Errorf("%d keys, want %d at most", d.keys, most)
	}
	t.Logf("%d keys", d.keys)
	var a *record.Action
	s.until("the emergency is over", func() bool {
		a = s.action()
		return a != nil && a.State != record.ActionWaits && a.State != record.ActionRunning
	})
	if a.State != record.ActionDone {
		t.Fatal(s.does(0, "actions", fmt.Sprint(a.Seq)))
	}
	took := a.LastAt.Sub(a.At)
	if t.Logf("schedules are on %s after it was approved, in the world's time", took); took > 5*time.Minute {
		t.Error(s.does(0, "actions", fmt.Sprint(a.Seq)))
	}
	s.returns(d)
}

// opens opens the plan that is selected. It is made anew when its facts change while it is looked at: a server is found silent later than its
// AWS region.
func (k *keyed) opens(phrase string) {
	k.Helper()
	for {
		k.press("enter")
		says := "Type  " + phrase + "  to approve"
		k.until(says, func(screen string) bool { return strings.Contains(screen, says) || strings.Contains(screen, "STALE") })
		if !strings.Contains(k.screen(), "STALE") {
			return
		}
		k.press("esc")
		k.gone("STALE")
	}
}

// emergencySpeed lets a takeover of minutes take most of one, and its own time not count for much more than it is.
const emergencySpeed = 6

// keyedSpeed is a third of that where what the takeover takes has a limit: on a busy machine the program's own time is most of it.
const keyedSpeed = 2

// reads turns the pages of a dialog until all of it that decides was on the screen.
func (k *keyed) reads() {
	k.Helper()
	k.takesKeys("enter")
	for strings.Contains(k.screen(), "lines more") && k.keys < 50 {
		was := k.screen()
		k.press("pgdown")
		k.until("another page", func(screen string) bool { return screen != was })
		if strings.Contains(k.screen(), "What happens") {
			return
		}
	}
}

// returns lets the AWS region come back: ten minutes later no Director has written to the old primary, and the alert offers to quarantine it.
func (s *stage) returns(d *keyed) {
	s.t.Helper()
	old := s.instance(rehearsal.PrimaryID)
	if err := s.Heal("region-gone", rehearsal.PrimaryRegion); err != nil {
		s.t.Fatal(err)
	}
	heard := old.Executed(old.UUID())
	if err := s.Move(s.t.Context(), 10*time.Minute); err != nil {
		s.t.Fatal(err)
	}
	d.press("esc", "6")
	d.see("two servers", "f quarantines", "16/17 live") // all but the passive Director, which is masked
	if n := old.Executed(old.UUID()); n != heard || old.Load().ByUser["bacula"] != 0 {
		s.t.Errorf("the old primary has executed %d transactions, and %d ten minutes ago; %v", n, heard, old.Load().ByUser)
	}
	d.press("f")
	d.see("Type  quarantine bacula  to approve")
}
