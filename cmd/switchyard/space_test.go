package main

import (
	"testing"

	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// TestThePageOfSpace opens it in a session that only watches, which has no other command of the world's.
func TestThePageOfSpace(t *testing.T) {
	t.Parallel()
	stage := newStageAt(t, "", worldclock.New(model.Now(), 1), "")
	s := sit(t, 120, 40, stage.command("watch"))
	s.see("WATCHING", "1 BLUE")
	if err := stage.Fault("catalog-hung", "blue"); err != nil {
		t.Fatal(err)
	}
	s.press(":")
	s.press("s", "p", "a", "c", "e", "enter")
	s.see("SPACE", "of them yet", "green sd-r1-", "60.0 TB free", "overlap", "taken by both clusters: about")
	if err := stage.Heal("catalog-hung", "blue"); err != nil {
		t.Fatal(err)
	}
	s.gone("of them yet") // no key was pressed
	s.see("SPACE", "blue sd-r1-", "60.0 TB free", "written a day", "Regular", "Used", "overlap", "taken by both clusters: about")
	s.press("esc")
	s.see("5 EVENTS")
	s.press("q")
	if code := s.ended(); code != exitFine {
		t.Errorf("it ended with %d", code)
	}
}
