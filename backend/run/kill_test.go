package run_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
)

func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); {
	case name == "bconsole":
		os.Exit(rehearsal.Bconsole(os.Args, os.Stdin, os.Stdout))
	case slices.Contains(rehearsal.Names, name):
		os.Exit(rehearsal.Tool(name, os.Args[1:], os.Stdin, os.Stdout))
	}
	kill.Main(m, processes, forwards, killedTest, failedTest, killedRecovery, killedDrill)
}

var cell1 = model.Cell{Chain: "chain001", Region: "region1"}

func TestStoppedAnywhereItEndsTheSame(t *testing.T) {
	for _, s := range []struct {
		kill.Scene
		state string
		done  int
		why   string
	}{
		{scene("a backup", backupOf(cell1), nil), "done", 3, ""},
		{scene("a backup whose call is not answered", backupOf(cell1), func(y *yard) { y.doErr = errors.New("no answer") }), "done", 3, ""},
		{scene("a backup that shows late", backupOf(cell1), func(y *yard) { y.late, y.doErr = 20*time.Second, errors.New("no answer") }), "done",
			3, ""},
		{scene("a backup that fails", backupOf(cell1), func(y *yard) { y.fate = "ended: client unreachable" }), "failed", 1,
			"client unreachable"},
		{scene("a backup that is refused", backupOf(cell1), func(y *yard) { y.deaf = true }), "failed", 0, "the Director says no"},
		{scene("a cancellation", cancelRestore, nil), "done", 1, ""},
		{scene("a restore whose console is gone while its tree is built", restoreOf(cell1), func(y *yard) {
			y.late, y.doErr = 40*time.Second, errors.New("no answer")
		}), "done", 3, ""},
		{scene("a restore of two files", restoreOf(cell1, "/d/a", "/d/b"), nil), "done", 6, ""},
		{scene("a restore that leaves too little", restoreOf(cell1), func(y *yard) { y.left = 7 }), "failed", 2, "7 files"},
		{testScene("a restore test", nil), "done", 7, ""},
		{testScene("a restore test whose restore leaves too little", func(y *yard) { y.left = 7 }), "done", 7, ""},
		{testScene("a restore test whose job fails", func(y *yard) { y.fate = "ended: Volume data error" }), "done", 7, ""},
	} {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if n := kill.Exhaust(t, s.Scene, s.state, s.done, s.why); n < 20 {
				t.Errorf("only %d calls", n)
			} else {
				t.Logf("%d calls", n)
			}
		})
	}
}

func TestKilledForRealItEndsTheSame(t *testing.T) { kill.Sample(t, processes, 12) }

// TestATestThatIsKilledForReal is one job, one verdict and an empty directory wherever its runner is killed.
func TestATestThatIsKilledForReal(t *testing.T) {
	for _, s := range []kill.Scene{killedTest, failedTest} {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			kill.Sample(t, s, 14)
		})
	}
}

// TestTenAtOnce lets ten processes back up the same cell, then ten cells, then both: each plan is applied once or refused.
func TestTenAtOnce(t *testing.T) {
	for name, cells := range map[string]int{"one cell": 1, "ten cells": 10, "three cells": 3} {
		t.Run(name, func(t *testing.T) {
			y, err := newYard(t.TempDir(), 10)
			if err != nil {
				t.Fatal(err)
			}
			var asks []plan.Ask
			for i := range 10 {
				asks = append(asks, backupOf(y.cells[i%cells]))
			}
			outcomes, effects := kill.Crowd(t, processes, asks)
			done := map[model.Cell]int{}
			for _, o := range outcomes {
				switch {
				case o.State == "done":
					done[o.Ask.Backup.Cell]++
				case o.Refused && (o.State == "" || o.State == "refused"):
				default:
					t.Errorf("%+v", o)
				}
			}
			total := 0
			for _, n := range done {
				total += n
			}
			if len(done) != cells || len(effects) != total {
				t.Errorf("%d done on %v, effects %v", total, done, effects)
			}
			for what, n := range effects {
				if n != 1 {
					t.Errorf("%s: %d times", what, n)
				}
			}
		})
	}
}
