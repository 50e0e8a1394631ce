package ui

import (
	"strings"
	"testing"

	"switchyard/model"

	"github.com/charmbracelet/x/ansi"
)

// A beat that changes nothing draws no pane again, and the detail beside them keeps its lines; what they tell of may be anywhere in a
// snapshot.
func TestABeatWithoutChangeDrawsNothingAgain(t *testing.T) {
	w := trouble(250)
	d := watch(t, 200, 60, w.Snapshot)
	was := d.screen()
	lines := d.app.cache[paneSide].lines
	beat := *w.Snapshot
	beat.Beat, beat.Seen = 8, sightings()
	d.take(&beat)
	if now := d.app.cache[paneSide].lines; &now[0] != &lines[0] || d.screen() != was {
		t.Error("the detail was drawn again")
	}
	next := trouble(250).Snapshot
	next.Beat = 9
	next.Clusters[model.Blue].Recent[0].Note = "another reason"
	d.take(next)
	d.see("another reason")
}

// The keys line is made for a width once, and follows what makes a key dead.
func TestKeysLineFollowsTheScreen(t *testing.T) {
	d := watch(t, 120, 40, calm(4).Snapshot)
	wide := d.row("? help")
	d.app.resize(80, 24)
	d.app.dirty = true
	if narrow := d.row("? help"); narrow == wide {
		t.Error("the line of 120 columns stands on a screen of 80")
	}
	d.app.resize(120, 40)
	d.app.dirty = true
	if again := d.row("? help"); again != wide {
		t.Errorf("%q became %q", wide, again)
	}
	last := func() string { s := d.app.View().Content; return s[strings.LastIndexByte(s, '\n')+1:] }
	dead := last()
	d.take(trouble(4).Snapshot)
	if live := last(); live == dead || ansi.Strip(live) != ansi.Strip(dead) {
		t.Errorf("! looks as dead with an alert as without: %q, %q", dead, live)
	}
}
