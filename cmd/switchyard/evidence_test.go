package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// proofs are those that evidence tells, by claim and subject.
func (s *stage) proofs(status int) map[string]judgedProof {
	s.t.Helper()
	var told proven
	if err := json.Unmarshal([]byte(s.does(status, "evidence", "--json")), &told); err != nil {
		s.t.Fatal(err)
	}
	out := map[string]judgedProof{}
	for _, e := range told.Evidence {
		out[e.Claim.Kind()+" "+e.Of.String()] = e
	}
	return out
}

// records counts the records of the stage's journal.
func (s *stage) records() int {
	s.t.Helper()
	return strings.Count(s.does(0, "journal", "--json", "--last=0"), "\n")
}

// TestObserveRecordsWhatItSees looks once and again, and after a job ended, a setting was changed, time went by and a region died.
func TestObserveRecordsWhatItSees(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newStage(t, 40, "policy: {catalog_every: 90s, director_every: 90s, instance_every: 90s, server_every: 90s, tail_every: 0s}\n")
	out := s.does(0, "observe")
	s.says(out, "recorded: blue, tail of ", "recorded: green, tail of ", ", settings: db.r7g.2xlarge, mysql ", ", parity: holds, by a look")
	n := s.records()
	again := s.does(0, "observe") // an hour of the world may have begun meanwhile, which is new of the series and of the traffic
	hour := strings.Count(again, "recorded: green, series of ")
	traffic := strings.Count(again, "recorded: blue, traffic of ")
	if strings.Count(again, "recorded: ") != hour+traffic {
		t.Errorf("what is as it was is recorded again: %s", again)
	}
	hour = max(hour, traffic) // of one look, in one record
	if got := s.records(); got != n+hour {
		t.Fatalf("a look at what is as it was made %d records of %d", got, n)
	}
	s.says(
		s.does(0, "journal", fmt.Sprintf("--last=%d", 1+hour)),
		operator(),
		"evidence: blue, tail of ",
		" ended jobs: holds, by a look; green",
		"; 9 more",
	)
	all := s.proofs(0)
	primary := all["settings bacula"]
	if len(all) != 12 || primary.Who != operator() || primary.Counts != model.Answer(model.Holds) || primary.Until.IsZero() {
		t.Fatalf("%d: %+v", len(all), all)
	}
	in := primary.Claim.Settings
	if in.ARN == "" || len(in.SecurityGroups) == 0 || in.Retention == 0 || in.Group == "" || len(in.Parameters) == 0 || in.KeyARN == "" {
		t.Errorf("%+v", in)
	}
	before := len(all["tail blue"].Claim.Tail.Jobs)

	s.does(0, apply(blueCell, phrase)...)
	s.says(s.does(0, "observe"), "recorded: blue, tail of 1 ended job")
	if jobs := s.proofs(0)["tail blue"].Claim.Tail.Jobs; len(jobs) != before+1 || jobs[before].Status != 'T' ||
		len(jobs[before].Volumes) != 1 {
		t.Errorf("%d jobs before, %d now: %+v", before, len(jobs), jobs[len(jobs)-1])
	}

	if err := s.Move(t.Context(), 8*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if e := s.proofs(1)["settings bacula"]; e.Counts != model.Answer(model.Fails) || !strings.Contains(e.Says, "it counted until") {
		t.Errorf("it did not lapse: %+v", e)
	}
	s.says(s.does(0, "observe"), "recorded: bacula, settings")
	s.says(s.does(0, "evidence"), "bacula: settings", "by a look, recorded by "+operator()+"; counts until ")

	if err := s.Fault("aws-unreachable", ""); err != nil {
		t.Fatal(err)
	}
	out = s.does(1, "observe")
	s.says(out, "not seen, not recorded: the settings of bacula: RDS primary: ", "not seen, not recorded: the parity of ")
	if e := s.proofs(0)["settings bacula"]; e.Counts != model.Answer(model.Unknown) || e.Claim.Settings.Class != in.Class {
		t.Errorf("of a dead region: %+v", e)
	}
	s.does(0, "journal", "--verify")
}

const frameworks = `{"of": {"cluster": "green", "cell": {"chain": "chain001", "region": "region1", "kind": "regular"},
 "jobs": [{"jobid": 4}]}, "claim": {"restored": {"files": 12, "bytes": 3000000}}, "framework": "restore-check", `

// TestEvidenceOfOthersIsAdded attests, brings a framework's verdicts, and what is refused.
func TestEvidenceOfOthersIsAdded(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "policy: {catalog_every: 20s, director_every: 20s}\n")
	add := func(status int, text string) string {
		t.Helper()
		cmd := s.command("evidence", "add", "-")
		cmd.Stdin = strings.NewReader(text)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != status {
			t.Errorf("%s: status %d, want %d\n%s", text, got, status, out)
		}
		return string(out)
	}
	s.says(s.does(0, "evidence"), "nothing was proven yet")
	s.says(add(0, frameworks+`"verdict": "holds"}`),
		"recorded: chain001 region1 regular green JobId 4, restored 12 files, 3.0 MB: holds, by restore-check")
	s.says(add(0, frameworks+`"verdict": "not carried out", "why": "the scratch client\nis full"}`), "not carried out, by restore-check")
	s.says(add(0, `{"of": {"cluster": "blue"}, "claim": {"said": {"says": "nobody reads it"}}, "verdict": "holds"}`), "by a person's word")
	e := s.proofs(0)["restored chain001 region1 regular green JobId 4"]
	if e.Verdict != model.Holds || e.By.Framework != "restore-check" || e.Who != operator() || e.Tried == nil ||
		e.Tried.Why != "the scratch client is full" {
		t.Errorf("%+v", e)
	}
	s.says(s.does(0, "evidence"),
		"not carried out ", "ago, by restore-check: the scratch client is full", "by a person's word, recorded by "+operator())
	add(0, frameworks+`"verdict": "fails", "why": "the dump is truncated"}`)
	s.says(s.does(1, "evidence"), "fails", "the dump is truncated")
	for _, full := range []bool{true, false} {
		out, _ := s.command("status", "--json", fmt.Sprintf("--full=%v", full)).Output() // there may be an alert
		if strings.Contains(string(out), `"framework"`) != full {
			t.Errorf("with --full=%v the evidence is told wrong", full)
		}
		s.says(string(out), `"evidence_count": 2`)
	}

	n := s.records()
	for text, says := range map[string]string{
		`{`:                                "reading the evidence: unexpected EOF",
		frameworks + `"verdict": "good"}`:  `the verdict is "good": write holds, fails or "not carried out"`,
		frameworks + `"verdict": "fails"}`: "what does not hold says why",
		frameworks + `"verdict": "holds", "colour": 1}`:                                    `unknown field "colour"`,
		strings.Replace(frameworks, "chain001", "chain999", 1) + `"verdict": "holds"}`:     "the inventory has no cell chain999 region1 regular",
		frameworks + `"verdict": "holds", "at": "2099-01-01T00:00:00Z"}`:                   "later than it is recorded",
		`{"of": {"cluster": "blue"}, "claim": {"tail": {"jobs": []}}, "verdict": "holds"}`: "tail is what only a look proves",
	} {
		s.says(add(2, text), says)
	}
	act := s.command("act")
	act.Stdin = strings.NewReader(`{"evidence":{"of":{"cluster":"blue"},"claim":{"tail":{"jobs":[]}},"by":{"kind":"look"},` +
		`"verdict":"holds","at":"2026-01-01T00:00:00Z"}}`)
	out, _ := act.CombinedOutput()
	if act.ProcessState.ExitCode() != exitFinding || !strings.Contains(string(out), "nobody can give the word of a look") {
		t.Errorf("a look by word: %s", out)
	}
	if who, err := os.ReadFile(loginUID); err == nil && strings.TrimSpace(string(who)) == noLogin {
		s.configure("operator: loginuid\n")
		s.says(add(2, `{"of": {"cluster": "blue"}, "claim": {"said": {"says": "x"}}, "verdict": "holds"}`), "telling who logged in: nobody did")
		add(0, frameworks+`"verdict": "holds"}`) // no person vouches for a framework's
		n++
	}
	if got := s.records(); got != n {
		t.Errorf("what was refused made %d records of %d", got, n)
	}
}

// TestWatchersRecordNothing takes the act section away, then the trust in the file.
func TestWatchersRecordNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	text, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), "\nact:")
	if !found {
		t.Fatal("the world's configuration has no act section")
	}
	lines := strings.SplitAfter(rest, "\n")[1:]
	for len(lines) > 0 && strings.HasPrefix(lines[0], " ") {
		lines = lines[1:]
	}
	watching := filepath.Join(filepath.Dir(s.ConfigPath()), "watching.yaml")
	if err := os.WriteFile(watching, []byte(before+"\n"+strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	n := s.records()
	said := filepath.Join(t.TempDir(), "said.json")
	one := []byte(`{"of": {"cluster": "blue"}, "claim": {"said": {"says": "x"}}, "verdict": "holds"}`)
	if err := os.WriteFile(said, one, 0o600); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(2, "observe", "--config="+watching), "watching.yaml has no act section, so it is for watching")
	s.says(s.does(2, "evidence", "add", said, "--config="+watching), "watching.yaml has no act section, so it is for watching")
	s.does(0, "evidence", "--config="+watching)
	if err := os.Chmod(s.ConfigPath(), 0o666); err != nil {
		t.Fatal(err)
	}
	for dir := s.Dir(); strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { // else nobody comes as far
			t.Fatal(err)
		}
	}
	s.says(s.does(2, "observe"), "may be written by others")
	s.says(s.does(2, "evidence", "add", said), "may be written by others")
	if got := s.records(); got != n {
		t.Errorf("watchers made %d records of %d", got, n)
	}
}
