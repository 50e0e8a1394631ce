package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
)

// TestAPastedCommandApprovesNothing pastes behind a command the phrase that it will ask for, as a runbook has both: nobody had read the
// plan.
func TestAPastedCommandApprovesNothing(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "overlap", Chains: 2, Idle: true})
	d := attach(t, w, 120, 60, apply(blueCell)...)
	if _, err := io.WriteString(d.tty, strings.Repeat("backup chain001 blue\n", 3)); err != nil {
		t.Fatal(err)
	}
	d.see("that came before it was asked for: type it once more")
	d.until("all three to be refused", func(screen string) bool {
		return strings.Count(screen, "type it once more") == 3 && strings.Count(screen, "to approve:") == 4
	})
	d.never("it goes on", "approved by")
	if _, err := io.WriteString(d.tty, "\x03"); err != nil {
		t.Fatal(err)
	}
	if d.ended() == exitFine {
		t.Error("it acted")
	}
}

// What is typed after the phrase was asked for counts, whatever came before.
func TestAPhraseThatIsTypedCounts(t *testing.T) {
	t.Parallel()
	in, person := io.Pipe()
	defer in.Close()
	go func() {
		_, _ = io.WriteString(person, "backup chain001 blue\n")
		_, _ = io.WriteString(person, "backup chain001 blue\n")
		time.AfterFunc(2*readTime, func() { _, _ = io.WriteString(person, " backup chain002 blue \n") })
	}()
	var out bytes.Buffer
	got, err := typedPhrase(t.Context(), in, &out, "backup chain002 blue")
	if err != nil || got != "backup chain002 blue" || strings.Count(out.String(), "type it once more") != 2 {
		t.Errorf("%q, %v: %s", got, err, out.String())
	}
	in2, gone := io.Pipe()
	gone.Close()
	if _, err := typedPhrase(t.Context(), in2, &out, "x"); err == nil || !strings.Contains(err.Error(), "reading the confirmation") {
		t.Errorf("nobody is there: %v", err)
	}
}
