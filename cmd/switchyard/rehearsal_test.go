package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingOfARehearsalIsReal gives a plan of a rehearsal to an environment that is none, and its journal too: both are refused by name, whatever
// the two have in common.
func TestNothingOfARehearsalIsReal(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "")
	var told applied
	if err := json.Unmarshal([]byte(s.does(0, append(blueCell, "--json")...)), &told); err != nil {
		t.Fatal(err)
	}
	input, err := json.Marshal(map[string]any{"plan": told.Plan, "approval": map[string]any{"by": operator(), "confirm": told.Plan.Confirm}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	// The same Directors, catalogs and name, so that nothing but the word tells them apart.
	real := filepath.Join(s.Dir(), "real.yaml")
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "rehearsal:") {
			kept = append(kept, strings.Replace(line, "journal: {dir: journal}", "journal: {dir: real-journal}", 1))
		}
	}
	if err := os.WriteFile(real, []byte(strings.Join(kept, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	s.does(0, "journal", "--begin", "--config", real)
	for name, given := range map[string]string{
		"a plan as it is":          string(input),
		"a plan for another place": strings.Replace(string(input), `"environment":"rehearsal"`, `"environment":"production"`, 1),
	} {
		cmd := s.command("act", "--config", real)
		cmd.Stdin = strings.NewReader(given)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "REHEARSAL overlap") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	s.jobs(0)
	if out := s.does(0, "actions", "--config", real); !strings.Contains(out, "nothing was done yet") {
		t.Errorf("the real journal tells of something:\n%s", out)
	}
	// And the other way around: a real environment does not take a rehearsal's journal for its own.
	other := filepath.Join(s.Dir(), "mixed.yaml")
	if err := os.WriteFile(other, []byte(strings.ReplaceAll(strings.Join(kept, ""), "real-journal", "journal")), 0o600); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(2, "actions", "--config", other), "REHEARSAL")
	s.jobs(0)
}
