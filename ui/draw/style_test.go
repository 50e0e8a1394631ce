package draw

import (
	"testing"

	"switchyard/themes"
)

// Plain text has the terminal's own colour, but for a theme that somebody chose on a terminal it is not made for.
func TestInkOnAPaintedGround(t *testing.T) {
	th, err := themes.Load("dark", "")
	if err != nil {
		t.Fatal(err)
	}
	for fill, want := range map[bool]string{false: off, true: "\x1b[;38;5;253;48;5;233m"} {
		if got := NewStyle(1, th, false, fill).on[themes.Text]; got != want {
			t.Errorf("painting %v: plain text begins with %q, want %q", fill, got, want)
		}
	}
}
