package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model/record"
)

// away takes the journal of a stage away, and gives it back.
func (s *stage) away() (back func()) {
	s.t.Helper()
	at := filepath.Join(s.Dir(), "journal")
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			s.t.Fatal(err)
		}
	}
	move(at, at+".away")
	return func() { move(at+".away", at) }
}

// TestBreakingTheGlass acts while the journal is gone, and merges what was recorded when it is back.
func TestBreakingTheGlass(t *testing.T) {
	t.Parallel()
	s := newStage(t, 40, "")
	dir := filepath.Join(t.TempDir(), "glass")
	broken := append(append([]string{}, blueCell...), "--break-glass="+dir)
	first := s.routesFile()
	s.says(
		s.does(1, apply(broken, phrase, "--reason=it looks down")...),
		"the journal can be written: the glass is broken only while it cannot",
	)
	back := s.away()
	s.does(1, blueCell...)
	s.says(s.does(2, apply(blueCell, phrase)...), "without the journal nothing is done")
	s.says(s.does(0, broken...), "this is a break-glass journal, and nothing of the shared one is known  [journal-free]", "nothing was done")
	s.says(s.does(1, apply(broken, phrase)...), "journal-free", "is overridden only with a reason")
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("looking has begun a journal: %v", err)
	}
	s.jobs(0)
	s.says(
		s.does(0, apply(broken, phrase, "--reason=the bastion burns")...),
		"recorded in the break-glass journal in "+dir,
		"switchyard journal --merge "+dir,
		"action 2 is done",
	)
	s.jobs(1)
	s.says(s.does(0, "actions", "--break-glass="+dir), "run a backup of chain001 region1 regular on blue now")
	s.says(s.does(0, "journal", "--break-glass="+dir), "approved", "the bastion burns")
	s.says(s.does(2, "journal", "--merge="+dir), "opening the journal")
	s.says(s.does(1, append(broken, "--routes="+first)...), "was begun without routes: name another directory")
	gap := filepath.Join(t.TempDir(), "gap.json")
	const green = `{"bacula-green": {"region1": {"take_regular_backups": true, "take_immutable_backups": true}}}`
	if err := os.WriteFile(gap, []byte(green), 0o600); err != nil {
		t.Fatal(err)
	}
	with := append(append([]string{}, blueCell...), "--break-glass="+dir+"2", "--routes="+gap)
	s.says(s.does(0, with...), "gap.json: nobody takes ", "nothing was done") // those in force may have one

	back()
	var head record.State
	s.says(s.does(1, apply(broken, phrase, "--reason=once more")...), "the journal can be written")
	s.says(s.does(0, "journal", "--merge="+dir), "records of "+dir+" are in the journal now, and it is closed")
	verify := func() (text string) {
		text = s.does(0, "journal", "--verify", "--json")
		if err := json.Unmarshal([]byte(text), &head); err != nil {
			t.Fatal(err)
		}
		return text
	}
	once := verify()
	s.says(s.does(0, "journal", "--merge="+dir), "nothing to merge")
	if again := verify(); again != once {
		t.Errorf("merging twice appended something: %s, then %s", once, again)
	}
	if a := s.action(); a == nil || a.State != record.ActionDone {
		t.Errorf("%+v", a)
	}
	s.says(s.does(0, "journal"), "the bastion burns", "(in a break-glass journal)")
	defer s.away()()
	s.says(s.does(1, apply(broken, phrase, "--reason=once more")...), "was merged, and is closed: name another directory")
}

// TestTheGlassIsBrokenFromStandardInput is what the cockpit sends, and a person who pipes an approved plan: no reason is ever an argument.
func TestTheGlassIsBrokenFromStandardInput(t *testing.T) {
	t.Parallel()
	s := newStage(t, 300, "")
	defer s.away()()
	dir := filepath.Join(t.TempDir(), "glass")
	var told struct {
		Plan json.RawMessage `json:"plan"`
	}
	out := s.does(0, append(append([]string{}, blueCell...), "--break-glass="+dir, "--json")...)
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		t.Fatal(err)
	}
	ask := request{Plan: told.Plan}
	ask.Approval.By, ask.Approval.Confirm = operator(), strings.TrimPrefix(phrase, "--confirm=")
	ask.Approval.Reasons = map[string]string{"journal-free": "I am alone"}
	act := func(status int, reason string, args ...string) string {
		t.Helper()
		ask := ask
		ask.Reason = reason
		in, err := json.Marshal(ask)
		if err != nil {
			t.Fatal(err)
		}
		cmd := s.command(append([]string{"act"}, args...)...)
		cmd.Stdin = strings.NewReader(string(in))
		code, says := ran(t, cmd)
		if code != status {
			t.Fatalf("status %d, want %d: %s", code, status, says)
		}
		return says
	}
	s.says(act(1, "", "--break-glass="+dir), "breaking the glass needs a reason")
	s.says(act(2, "x", "--break-glass="+filepath.Join(s.Dir(), "journal", "x"), "--reason=x"), "is where the journal is")
	s.says(act(0, "the bastion burns", "--break-glass="+dir, "--reason=-"), "is done")
	s.jobs(1)
	s.says(s.does(0, "journal", "--break-glass="+dir), "I am alone")
	if b, err := os.ReadFile(filepath.Join(dir, "000000000001.json")); err != nil || !strings.Contains(string(b), "the bastion burns") {
		t.Errorf("%s, %v", b, err)
	}
}
