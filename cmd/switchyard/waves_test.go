package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"switchyard/model/record"
)

// TestWavesAndAnOwner on one world: the waves of an overlap, the first of them done; then a control plane owns the document, and changes
// it.
func TestWavesAndAnOwner(t *testing.T) {
	t.Parallel()
	s := newStage(t, 40, "policy: {catalog_every: 20s, director_every: 20s}\n")
	waves := []string{"programme", "shift", "--filter", "route:blue", "--to", "both", "--batch", "4", "--soak", "2d"}
	s.does(2, "programme", "shift", "--all", "--to", "both", "--batch", "4")
	s.does(2, append(waves[:6:6], "--batch", "0", "--soak", "2d")...)
	s.says(
		s.does(0, waves...),
		"2 batches, each a plan that somebody approves when it is due: 2d after",
		"  1  shift 4 cells to both",
		"nothing was done",
	)
	s.says(s.does(0, append(waves, "--apply")...), "programme 2: batch 1 is due")
	s.says(s.does(0, "programme", "2"), "It ends ", "UTC at the earliest: when each batch is approved as soon as it is due")
	batch := []string{"programme", "batch", "2"}
	s.says(s.does(0, batch...), "it is batch 1 of programme 2", "give the cells to green in the routes")
	s.does(0, apply(append(batch, "--leave-out"), "--confirm=shift 4 cells to both", "--reason=tried by hand")...)
	if a := s.action(); a.State != record.ActionDone || a.Batch != 1 {
		t.Fatalf("%v after step %d: %s", a.State, a.Done, a.Why)
	}
	s.says(s.does(0, "programme", "2"), "soaks: batch 2 is due at", "✓ 1  shift 4 cells to both")
	s.says(s.does(1, batch...), "it is blocked", "it soaks until")

	// A control plane that owns the document, and has what the journal has: then nothing is to be adopted.
	s.says(s.does(2, "routes", "adopt"), "the configuration has no routes.get")
	owned := filepath.Join(t.TempDir(), "owned.json")
	_, doc, _ := strings.Cut(s.does(0, "routes", "show"), "{")
	own := func(text string) {
		if err := os.WriteFile(owned, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	own("{" + doc)
	text, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), "\nroutes: {extensions: yes}", "\nroutes: {extensions: yes, get: [cat, "+owned+"]}", 1))
	if err := os.WriteFile(s.ConfigPath(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(2, "routes", "adopt"), "they are those that count already")

	// What it leaves to nobody is neither adopted nor pushed.
	own(`{"bacula-blue": {}, "bacula-green": {}}`)
	s.says(s.does(1, "routes", "adopt"), "it is blocked, nothing was done", "16 gaps: nobody would take chain001 region1")
	last := s.newest()
	s.says(s.does(1, apply([]string{"routes", "push", "green"}, "--confirm=push green")...), "the control plane has other routes than record")
	if s.newest() != last {
		t.Errorf("action %s was begun", s.newest())
	}
}
