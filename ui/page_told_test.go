package ui

import (
	"context"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// What a command of the program says in more than one line opens as a page, made harmless; one line stays a line.
func TestALongAnswerIsAPage(t *testing.T) {
	answer := "nothing is broken\n\ndirector-down\tits port\x1b[2J refuses\ncatalog-hung\tnever answers"
	d := session(
		t,
		Watch,
		Options{Theme: "dark", Commands: []Command{{Name: "fault", Run: func(context.Context, string) (string, error) { return answer, nil }}}},
		80,
		24,
		calm(4).Snapshot,
	)
	d.press(":", "'fault'", "enter")
	d.obey()
	screen := d.screen()
	if !strings.Contains(screen, "FAULT") || strings.Contains(screen, "\x1b[2J") {
		t.Fatalf("no harmless page:\n%s", screen)
	}
	rows := strings.Split(screen, "\n")
	for label, text := range map[string]string{"director-down": "its port", "catalog-hung": "never answers"} {
		if !slices.ContainsFunc(rows, func(r string) bool { return strings.Contains(r, label) && strings.Contains(r, text) }) {
			t.Errorf("%s is not beside %q:\n%s", label, text, screen)
		}
	}
	d.press("esc")
	answer = "broken: director-down"
	d.press(":", "'fault'", "enter")
	d.obey()
	if screen = d.screen(); strings.Contains(screen, "FAULT") || !strings.Contains(screen, answer) {
		t.Errorf("one line is no note:\n%s", screen)
	}
}

// What a command goes on to tell is on its page as soon as it is told, not while the screen is frozen, and nobody asks on when it is
// closed.
func TestAPageThatGoesOn(t *testing.T) {
	for _, size := range sizes {
		var asked []uint64
		says := "blue\tis being read"
		c := Command{Name: "space", Follow: func(_ context.Context, _ string, seen uint64) (string, uint64, error) {
			asked = append(asked, seen)
			return says, seen + 1, nil
		}}
		d := session(t, Watch, Options{Theme: "dark", Commands: []Command{c}}, size[0], size[1], calm(4).Snapshot)
		var on tea.Cmd
		opens := func() {
			t.Helper()
			d.press(":", "'space'", "enter")
			d.obey()
			on = d.cmd
		}
		next := func(newer string) {
			t.Helper()
			if on == nil {
				t.Fatal("nobody asks on")
			}
			says = newer
			d.send(on())
			on = d.cmd
		}
		opens()
		d.see("SPACE", "blue", "is being read")
		next("blue\twas read\x1b[2J\ngreen\tis being read")
		d.see("was read", "green")
		d.press("p")
		next("blue\tis read again")
		d.see("was read")
		d.press("p")
		d.see("is read again")
		d.gone("green       is being read")
		if !slices.Equal(asked, []uint64{0, 1, 2}) {
			t.Errorf("what was seen: %v", asked)
		}
		was := on
		opens()
		if d.app.pager.under != nil {
			t.Error("it is open twice")
		}
		if d.send(was()); d.cmd != nil {
			t.Error("who was closed asks on")
		}
		d.press("esc")
		if d.send(on()); d.cmd != nil || d.app.pager != nil {
			t.Error("it goes on although its page is closed")
		}
	}
}
