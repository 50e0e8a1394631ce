package ui

import (
	"testing"

	tea "charm.land/bubbletea/v2"
)

// A screen whose size changed is drawn whole once more, and then not again.
func TestAScreenThatWasResizedIsDrawnWholeOnceMore(t *testing.T) {
	d := watch(t, 120, 40, calm(4).Snapshot)
	for _, c := range []struct {
		w, h  int
		again bool
	}{{120, 40, false}, {80, 24, true}, {80, 24, false}, {200, 60, true}, {120, 60, true}, {120, 60, false}} {
		d.send(tea.WindowSizeMsg{Width: c.w, Height: c.h})
		cmd := d.app.redraw()
		if (cmd != nil) != c.again || cmd != nil && cmd() != tea.ClearScreen() {
			t.Errorf("at %dx%d it is drawn anew: %v, want %v", c.w, c.h, cmd != nil, c.again)
		}
		if d.app.redraw() != nil {
			t.Errorf("at %dx%d it is drawn anew twice", c.w, c.h)
		}
	}
}
