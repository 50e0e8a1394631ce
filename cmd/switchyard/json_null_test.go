package main

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"switchyard/backend/rehearsal"
)

// TestNoVerbPrintsNull asks every verb that looks or plans for its JSON, while all answers and while much does not: a list without members
// is a list, and what is not known is absent.
func TestNoVerbPrintsNull(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "overlap", Chains: 4, Idle: true})
	verbs := []string{"status", "status --full", "rds", "points chain001", "points --obligations", "gates", "loop", "report", "size", "space",
		"routes show --effective", "routes check", "evidence", "actions", "programme", "test-restores", "doctor", "forecast"}
	ask := func(verbs []string) {
		var all sync.WaitGroup
		places := make(chan bool, 4)
		for _, verb := range verbs {
			all.Go(func() {
				places <- true
				defer func() { <-places }()
				cmd := program(t, append(strings.Fields(verb), "--json", "--config", w.ConfigPath())...)
				out, _ := cmd.Output() // many find something
				for _, never := range []string{": null", ":null", "[null", "0001-01-01"} {
					if at := bytes.Index(out, []byte(never)); at >= 0 {
						t.Errorf("%s prints %q: %s", verb, never, out[max(0, at-80):min(len(out), at+40)])
					}
				}
			})
		}
		all.Wait()
	}
	ask(verbs)
	ask([]string{"observe"})
	ask([]string{"evidence", "journal", "status --full", "backup --chain chain001 --region region1 --kind regular --on blue",
		"shift --chain chain004 --region region1 --kind regular --to both", "restart green", "split observe", "split freeze", "split verify",
		"split lock", "split rename", "split drop", "failover switchover", "failover director green", "failover quarantine"})
	for fault, on := range map[string]string{"catalog-down": "blue", "director-down": "blue", "aws-denied": ""} {
		if err := w.Fault(fault, on); err != nil {
			t.Fatal(err)
		}
	}
	ask(verbs[:len(verbs)-5]) // the rest asks no source, or was there before
	// What was never read makes no verdict.
	for _, of := range [][]string{{"loop"}, {"loop", "--without", "cluster blue"}, {"test-restores"}} {
		cmd := program(t, append(of, "--config", w.ConfigPath())...)
		if out, err := cmd.CombinedOutput(); err == nil || cmd.ProcessState.ExitCode() != exitCannot {
			t.Errorf("%v, while blue was never read: %v: %s", of, err, out)
		}
	}
	if out, err := program(t, "test-restores", "--from", "green", "--config", w.ConfigPath()).CombinedOutput(); err != nil {
		t.Errorf("green's tests rest on nothing of blue's: %v: %s", err, out)
	}
}
