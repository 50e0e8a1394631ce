package ui

import "testing"

// A Bubble Tea that keeps its ticker elsewhere still works, and wakes up thirty times a second for nothing.
func TestPaceFindsTheTicker(t *testing.T) {
	if !paced() {
		t.Error("this Bubble Tea has no ticker where pace takes it from: see what it offers instead")
	}
}
