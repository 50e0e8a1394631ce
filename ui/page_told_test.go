package ui

import (
	"context"
	"slices"
	"strings"
	"testing"
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
