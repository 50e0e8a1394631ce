package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchyard/model/record"
)

const twoBatches = `{"says": "a full of each", "soak": "8d", "failures": 1, "batches": [
	{"backup": {"cell": {"chain": "chain001", "region": "region1", "kind": "regular"}, "cluster": "blue"}},
	{"backup": {"cell": {"chain": "chain002", "region": "region1", "kind": "regular"}, "cluster": "blue"}}]}`

// TestAProgrammeFromTheCommandLine begins one, does its first batch, waits until the second is due, stops it and lets it go on.
func TestAProgrammeFromTheCommandLine(t *testing.T) {
	inWhole(t)
	t.Parallel()
	s := newStage(t, 40, "policy: {catalog_every: 20s, director_every: 20s}\n")
	file := filepath.Join(t.TempDir(), "programme.json")
	if err := os.WriteFile(file, []byte(twoBatches), 0o600); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(0, "programme"), "there is no programme")
	s.says(s.does(0, "programme", "begin", file), "2 batches, each a plan that somebody approves when it is due: 8d after", "nothing was done")
	s.says(s.does(0, "programme"), "there is no programme")
	s.says(s.does(0, "programme", "begin", file, "--apply"), "programme 2: batch 1 is due")
	s.says(s.does(1, "status"), "batch 1 of 2 of programme 2 is due", ":batch 2 opens its plan")
	batch := []string{"programme", "batch", "2"}
	s.says(s.does(0, batch...), "it is batch 1 of programme 2", "it is the due batch of its programme", "nothing was done")
	s.does(0, apply(batch, phrase)...)
	if a := s.action(); a == nil || a.State != record.ActionDone || a.Batch != 1 {
		t.Fatalf("%+v", a)
	}
	s.says(s.does(0, "actions"), "(batch 1 of a programme)")
	s.says(s.does(0, "programme", "2"), "soaks: batch 2 is due at", "✓ 1  run a backup of chain001", "action 3 by "+operator()+": done")
	s.says(s.does(1, apply(batch, "--confirm=backup chain002 blue")...), "batch-due", "it soaks until")
	if err := s.Move(t.Context(), 8*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	s.says(s.does(0, "programme", "2"), "batch 2 is due", "switchyard programme batch 2")
	s.does(2, "programme", "stop", "2")
	s.says(s.does(0, "programme", "stop", "2", "--reason=friday"), "programme 2: stands: stopped by "+operator()+": friday")
	s.says(s.does(1, apply(batch, "--confirm=backup chain002 blue")...), "programme 2 stands: stopped by")
	s.says(s.does(1, "programme", "stop", "2", "--reason=again"), "was stopped already")
	s.says(s.does(0, "programme", "go-on", "2", "--reason=monday"), "programme 2: batch 2 is due")
	s.does(0, apply(batch, "--confirm=backup chain002 blue")...)
	s.says(s.does(0, "programme"), "2 of 2  a full of each: done")
	s.says(s.does(1, batch...), "has no batch that is next")
	s.says(
		s.does(0, "journal"),
		"a programme of 2 batches, 8d apart, that stops at 1 failed: a full of each",
		"a programme is stopped: friday",
		"a programme goes on: monday",
	)
	s.jobs(2)
	s.says(s.does(2, "programme", "begin", os.DevNull), "reading a programme")
}
