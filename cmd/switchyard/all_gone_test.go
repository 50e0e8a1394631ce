package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/amazon"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// routesFile is a file with the routes in force.
func (s *stage) routesFile() string {
	s.t.Helper()
	_, doc, _ := strings.Cut(s.does(0, "routes", "show"), "{")
	file := filepath.Join(s.t.TempDir(), "routes.json")
	if err := os.WriteFile(file, []byte("{"+doc), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// real lets the configuration be that of a real environment, of whose journal a user remembers the records that were read.
func (s *stage) real() {
	s.t.Helper()
	text, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		s.t.Fatal(err)
	}
	line := text[bytes.Index(text, []byte("\nrehearsal: ")):]
	line = line[:1+bytes.IndexByte(line[1:], '\n')]
	if err := os.WriteFile(s.ConfigPath(), bytes.Replace(text, line, nil, 1), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// allGone takes away all at once: the API and the servers of the primary's AWS region, the host of the passive Director, and the bucket
// that the journal is in. Back gives the bucket back.
func (s *stage) allGone() (back func()) {
	s.t.Helper()
	err := errors.Join(s.Fault("region-gone", rehearsal.PrimaryRegion), s.Fault("passive-gone", "green"))
	if err != nil {
		s.t.Fatal(err)
	}
	return s.Cloud().Break(amazon.Fault{Trouble: amazon.Unreachable, Region: "eu-north-1"})
}

// TestAllGoneAtOnce is an emergency by somebody who remembers nothing of the journal, which is gone with all the rest: it is refused as
// long as nobody knows what green is to schedule, before anything is done, and goes through to schedules that are on by routes that are
// given.
func TestAllGoneAtOnce(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newFastStage(t, takeoverSpeed, takeoverPolicy)
	first := s.routesFile()
	s.inS3("--routes=" + first)
	started := s.starts()
	back := s.allGone()
	dir := t.TempDir()
	glass := filepath.Join(dir, "glass")
	verb := []string{"failover", "emergency", "--break-glass=" + glass}
	for _, cmd := range [][]string{verb, apply(verb, "--confirm=promote bacula-replica", "--reason=all is gone")} {
		s.says(s.does(1, cmd...), "there are routes to push to green: this break-glass journal knows no routes", "--routes FILE")
	}
	if _, err := os.Stat(glass); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a journal was begun: %v", err)
	}
	if d := s.Cluster(model.Green).Directors()[0]; !d.Running() {
		t.Errorf("%s was stopped", d.Name())
	}
	if n := s.promotions(); n != 0 {
		t.Fatalf("it was promoted %d times", n)
	}
	s.says(s.does(2, "failover", "emergency", "--routes="+first), "--routes is for --break-glass")
	verb = append(verb, "--routes="+first)
	s.says(s.does(0, verb...), "there are routes to push to green: by what was given", "it is an emergency")
	s.takesOver(verb)
	if got := s.starts(); len(got) == 0 || !slices.Equal(got, started) {
		t.Errorf("green starts %v, and before it started %v", got, started)
	}
	back()
	s.says(s.does(0, "journal", "--merge="+glass), "are in the journal now", "it is closed")
}

// starts are the cells that green's active Director starts by itself.
func (s *stage) starts() (cells []model.Cell) {
	s.t.Helper()
	inv := opened(s.t, s.ConfigPath()).inv
	for i := range inv.Cells {
		if s.Cluster(model.Green).Directors()[0].Starts(inv.Cells[i].Cell) {
			cells = append(cells, inv.Cells[i].Cell)
		}
	}
	return cells
}

// TestAllGoneIsRemembered is the same in a real environment, whose programs have the machine's time: what this user has read of the journal
// is enough.
func TestAllGoneIsRemembered(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newStageAt(t, "dr-day", worldclock.New(model.Now(), 30), "policy: {act_every: 500ms}\n")
	first := s.routesFile()
	s.real()
	s.inS3("--routes=" + first)
	s.does(0, "observe")
	started := s.starts()
	back := s.allGone()
	glass := filepath.Join(t.TempDir(), "glass")
	verb := []string{"failover", "emergency", "--break-glass=" + glass}
	other := filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(other, []byte(`{"bacula-blue": {"region1": {"take_regular_backups": true, "take_immutable_backups": true},`+
		`"region2": {"take_regular_backups": true, "take_immutable_backups": true}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(1, append(verb, "--routes="+other)...), "the journal had other routes by its record", "leave out --routes")
	s.says(s.does(0, verb...), "there are routes to push to green: as the journal had them by its record", "by the journal's evidence")
	s.takesOver(verb)
	if got := s.starts(); len(got) == 0 || !slices.Equal(got, started) {
		t.Errorf("green starts %v, and before it started %v", got, started)
	}
	back()
	s.says(s.does(0, "journal", "--merge="+glass), "are in the journal now", "it is closed")
}

// TestAControlPlaneThatIsGoneWithTheRegion owns the routes, and what a takeover pushes must be its own: it is asked before anything is
// done.
func TestAControlPlaneThatIsGoneWithTheRegion(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	owned := s.routesFile()
	text, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("\nroutes: {"), []byte("\nroutes: {get: [cat, "+owned+"], "), 1)
	if err := os.WriteFile(s.ConfigPath(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Fault("region-gone", rehearsal.PrimaryRegion), os.Remove(owned)); err != nil {
		t.Fatal(err)
	}
	verb := []string{"failover", "emergency"}
	s.says(s.does(1, apply(verb, "--confirm=promote bacula-replica", "--reason=all is gone")...), "guard routes-known was holds",
		"now unknown (fetching the routes")
	if d := s.Cluster(model.Green).Directors()[0]; !d.Running() || s.promotions() != 0 {
		t.Errorf("%s runs: %v; it was promoted %d times", d.Name(), d.Running(), s.promotions())
	}
}
