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
	s.press(":")
	s.press("s", "p", "a", "c", "e", "enter")
	s.see("SPACE", "blue sd-r1-", "60.0 TB free", "written a day", "Regular", "Used")
	s.press("esc")
	s.see("5 EVENTS")
	s.press("q")
	if code := s.ended(); code != exitFine {
		t.Errorf("it ended with %d", code)
	}
}
