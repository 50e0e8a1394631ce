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

// TestAnEmergencyByKeys goes from the alert of a region that is gone to green's schedules on another server, and sees the old primary come
// back: at two terminals, each as far as the phrase, with which one of them approves.
func TestAnEmergencyByKeys(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newFastStageAt(t, "dr-day", keyedSpeed, takeoverPolicy)
	s.does(0, "observe")
	both := []*keyed{{terminal: s.sitAt(120, 40)}, {terminal: s.sitAt(80, 24)}}
	if err := s.Fault("region-gone", rehearsal.PrimaryRegion); err != nil {
		t.Fatal(err)
	}
	for i, d := range both {
		d.decides("promote bacula-replica")
		if i == 0 {
			d.press("esc")
			d.gone("to approve")
			continue
		}
		d.enters()
	}
	var a *record.Action
	s.within(2*patience, "the emergency is over", func() bool { // minutes of the world's time, which is not much faster
		a = s.action()
		return a != nil && a.State > record.ActionRunning
	})
	if a.State != record.ActionDone {
		t.Fatal(s.does(0, "actions", fmt.Sprint(a.Seq)))
	}
	took := a.LastAt.Sub(a.At)
	if t.Logf("schedules are on %s after it was approved, in the world's time", took); took > 5*time.Minute {
		t.Error(s.does(0, "actions", fmt.Sprint(a.Seq)))
	}
	s.returns(both...)
}

// decides goes from a region that does not answer to where nothing but Enter is between a person and an emergency.
func (k *keyed) decides(phrase string) {
	k.Helper()
	k.see("no answer")
	k.press("f")
	k.see("FAIL OVER: which?", "only with a reason")
	for !strings.Contains(k.screen(), ">emergency") {
		was := k.screen()
		k.press("down")
		k.until("another one to be selected", func(screen string) bool { return screen != was })
	}
	k.opens(phrase)
	k.reads()
	k.terminal.press("the AWS region is gone", "enter")
	k.terminal.press(phrase)
	k.see("> approve")
	const most = 12                 // beside the words
	if k.keys += 2; k.keys > most { // Enter behind the reason, and behind the phrase
		k.Errorf("%d keys, want %d at most", k.keys, most)
	}
	k.Logf("%d keys", k.keys)
}

// opens opens the plan that is selected. It is made anew when its facts change while it is looked at: a server is found silent later than
// its AWS region. How often that happens is the machine's doing, so only the keys of the last time count.
func (k *keyed) opens(phrase string) {
	k.Helper()
	for before := k.keys; ; {
		k.keys = before
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

// keyedSpeed is a quarter of that where what the takeover takes has a limit: on a busy machine the program's own time is most of it.
const keyedSpeed = 1.5

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

// returns lets the AWS region come back: ten minutes later no Director has written to the old primary, and the alert offers to quarantine
// it.
func (s *stage) returns(both ...*keyed) {
	s.t.Helper()
	old := s.instance(rehearsal.PrimaryID)
	if err := s.Heal("region-gone", rehearsal.PrimaryRegion); err != nil {
		s.t.Fatal(err)
	}
	heard := old.Executed(old.UUID())
	if err := s.Move(s.t.Context(), 10*time.Minute); err != nil {
		s.t.Fatal(err)
	}
	for _, d := range both {
		d.press("esc", "6")
		d.see("two servers", "f quarantines", "20/21 live") // all but the passive Director, which is masked
	}
	if n := old.Executed(old.UUID()); n != heard || old.Load().ByUser["bacula"] != 0 {
		s.t.Errorf("the old primary has executed %d transactions, and %d ten minutes ago; %v", n, heard, old.Load().ByUser)
	}
	for _, d := range both {
		d.press("f")
		d.see("Type  quarantine bacula  to approve")
	}
}
