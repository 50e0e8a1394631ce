package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"switchyard/model"
)

var byExactly = regexp.MustCompile(`--apply=([0-9a-f]+) by exactly this plan`)

// prints asks for a plan and gives the id that it was printed with.
func (s *stage) prints(args ...string) string {
	s.t.Helper()
	said := s.does(0, args...)
	id := byExactly.FindStringSubmatch(said)
	if id == nil {
		s.t.Fatalf("no plan to apply in:\n%s", said)
	}
	s.says(said, `sends: run job="backup-chain001-region1-regular" comment="switchyard `+id[1]+`" yes`)
	return id[1]
}

// TestAPrintedPlanIsAppliedAsItWas, and once.
func TestAPrintedPlanIsAppliedAsItWas(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "")
	id, other := s.prints(blueCell...), s.prints(blueCell...)
	if id == other {
		t.Fatal("two plans have one id")
	}
	// --apply ID, as people write it
	exactly := func(id string, more ...string) []string { return append(apply(blueCell, id, phrase), more...) }
	s.says(s.does(2, exactly("ffffffff")...), "you have printed none of that id here")
	s.says(s.does(2, exactly("../plan")...), "that is no id of a plan")
	s.says(s.does(2, append(blueCell, "something")...), "unknown command")
	elsewhere := []string{
		"backup",
		"--chain=chain002",
		"--region=region1",
		"--kind=regular",
		"--on=blue",
		"--apply=" + id,
		"--confirm=backup chain002 blue",
	}
	s.says(s.does(1, elsewhere...), "is to run a backup of chain001 region1 regular on blue now, which is not what is asked for now")
	s.says(s.does(2, exactly(id[:12])[:7]...), `give --confirm "backup chain001 blue"`)
	s.jobs(0)
	said := s.does(0, exactly(id[:12])...)
	s.says(said, "PLAN "+id[:4], "done: step 3 of 3")
	if a := s.action(); a.ID != id || len(a.Sends) != 3 || !strings.Contains(a.Sends[0], `comment="switchyard `+id+`"`) {
		t.Errorf("another plan was applied: %+v", a)
	}
	s.jobs(1)
	s.says(s.does(1, exactly(id)...), "was applied already: action 2 is done")
	s.jobs(1)
}

// TestAPrintedPlanThatHoldsNoMoreSaysWhatChanged.
func TestAPrintedPlanThatHoldsNoMoreSaysWhatChanged(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	id := s.prints(blueCell...)
	say(t, s.World, model.Blue, `run job="backup-chain001-region1-regular" yes`)
	s.says(s.does(1, apply(blueCell, "--apply="+id, phrase)...), "is not applied: guard not-running was", "none", "JobId ")
	if s.action() != nil {
		t.Error("it was recorded")
	}
	s.jobs(0)
	// One that is over, and one whose file says another.
	dir, err := filepath.Glob(filepath.Dir(s.Dir()) + "/state/switchyard/plan-*.json")
	if err != nil || len(dir) != 1 {
		t.Fatal(dir, err)
	}
	b, err := os.ReadFile(dir[0])
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	for what, text := range map[string]string{
		"it expired at":               strings.ReplaceAll(string(b), expiry(t, b), "2026-01-01T00:00:00Z"),
		"its steps are not what this": strings.ReplaceAll(string(b), `"name":"start backup-chain001`, `"name":"start backup-chain002`),
		"it is another plan's file":   strings.ReplaceAll(string(b), `"id":"`+id, `"id":"`+strings.Repeat("e", len(id))),
		"something follows it":        string(b) + "{}",
	} {
		if text == string(b) {
			t.Fatalf("%s: nothing was changed", what)
		}
		if err := os.WriteFile(dir[0], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := s.command(apply(blueCell, "--apply="+id, phrase)...)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), what) {
			t.Errorf("%s: %v\n%s", what, err, out)
		}
	}
}

func expiry(t *testing.T, b []byte) string {
	t.Helper()
	var p struct{ Expires string }
	if err := json.Unmarshal(b, &p); err != nil || p.Expires == "" {
		t.Fatal(err)
	}
	return p.Expires
}
