package main

import (
	"syscall"
	"testing"

	"switchyard/backend/rehearsal"
)

// TestAStalledLine tells a program to end whose terminal takes nothing any more.
func TestAStalledLine(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 2})
	if err := w.Fault("director-hung", "green"); err != nil {
		t.Fatal(err)
	}
	s := attach(t, w, 80, 24, "watch")
	s.see("REHEARSAL", "chain0")
	s.flow(tcooff)
	s.press("?", "esc", "ctrl+l")
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := s.ended(); code != exitCannot {
		t.Errorf("it ended with %d", code)
	}
	if s.after == nil || s.after.Termios != s.before.Termios {
		t.Errorf("the terminal's modes are %+v and were %+v", s.after, s.before)
	}
	noChildren(t, w)
}
