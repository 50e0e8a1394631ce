package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
)

// TestNothingOfARehearsalIsReal gives a plan of a rehearsal to an environment that is none, and its journal too: both are refused by name,
// whatever the two have in common.
func TestNothingOfARehearsalIsReal(t *testing.T) {
	t.Parallel()
	s := newStageBy(t, worldclock.New(time.Now(), 300), "")
	// What is real lives by the machine's time, and a plan of another hour has expired there, or is none yet.
	if err := worldclock.New(time.Now(), 1).Publish(s.Dir(), false); err != nil {
		t.Fatal(err)
	}
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

// TestTheFaultsAreListed where they are broken: by the cockpit on a world, at every size.
func TestTheFaultsAreListed(t *testing.T) {
	t.Parallel()
	s := sit(t, 80, 24, program(t, "rehearse", "--chains", "2"))
	s.see("REHEARSAL", "chain0", "COCKPIT")
	s.press(":", "fault", "enter")
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		s.resize(size[0], size[1])
		s.seeIn("FAULT", "nothing is broken now", ":heal", "director-down", "the active Director is gone", "(blue|green)", "director-hung")
		s.intact()
	}
	s.until("it is drawn at the last size", func(screen string) bool {
		rows := strings.Split(screen, "\n")
		return len(rows) >= 60 && strings.TrimSpace(rows[59]) != ""
	})
	s.seeIn("FAULT", "director-down", "replication-broken")
	listed := s.screen()
	s.press("end")
	s.seeIn("FAULT", rehearsal.Faults[len(rehearsal.Faults)-1].Name)
	listed += s.screen()
	for _, f := range rehearsal.Faults {
		if !strings.Contains(listed, f.Name) {
			t.Errorf("%s is not listed:\n%s", f.Name, listed)
		}
	}
	s.press("esc")
	s.gone("FAULT")
	s.press(":", "fault director-slow green", "enter")
	s.see("broken: director-slow green")
	s.press(":", "fault", "enter")
	s.seeIn("FAULT", "broken now: director-slow green")
	s.press("esc", ":", "heal", "enter")
	s.see("everything is healed")
}
