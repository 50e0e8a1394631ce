package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"switchyard/backend/rehearsal"
)

// TestWhatWasNeverReadIsNoZero looks at a world whose blue side was gone before anybody asked it.
func TestWhatWasNeverReadIsNoZero(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "overlap", Chains: 12, Idle: true})
	for _, fault := range []string{"catalog-down", "director-down"} {
		if err := w.Fault(fault, "blue"); err != nil {
			t.Fatal(err)
		}
	}
	status := func(more ...string) string {
		out, err := program(t, append([]string{"status", "--config", w.ConfigPath()}, more...)...).Output()
		if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return string(out)
	}
	text := status()
	_, blue, _ := strings.Cut(text, "\nBLUE")
	blue, _, _ = strings.Cut(blue, "\nGREEN")
	if !strings.Contains(blue, "24 h: ?") || !strings.Contains(blue, "7 d:  ?") || strings.Contains(blue, " 0 ") {
		t.Errorf("blue was never read: %s", blue)
	}
	if n := strings.Count(text, "blue catalog is silent"); n > 1 || strings.Contains(text, "never a good backup") {
		t.Errorf("one cause is told %d times:\n%s", n, text)
	}
	var said struct {
		Clusters []map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(status("--json")), &said); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"last_24h", "last_7d", "catalog"} {
		if is, there := said.Clusters[0][field]; there {
			t.Errorf("%s of what was never read: %s", field, is)
		}
		if _, there := said.Clusters[1][field]; !there {
			t.Errorf("green has no %s", field)
		}
	}
	d := attach(t, w, 120, 40, "watch")
	d.seeIn("1 BLUE", "run ? wait ?", "24 h: ?", "its catalog was not read yet")
	d.intact()
}
