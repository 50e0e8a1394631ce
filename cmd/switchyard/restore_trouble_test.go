package main

import (
	"fmt"
	"testing"

	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// TestWhyARestoreFailedComesFirst breaks a restore in each way that a person meets at night: the action's page says what it was, at once,
// in 80 columns.
func TestWhyARestoreFailedComesFirst(t *testing.T) {
	t.Parallel()
	s := newStageAt(t, "dr-day", worldclock.New(model.Now(), 100), "")
	first, _, _ := s.twoPoints()
	cell := first.Cell
	client := "restore-test-" + cell.Region + "-fd"
	phrase := "restore " + cell.Chain + " " + client
	of := []string{"restore", "--apply", "--confirm=" + phrase, "--reason=tried by hand", "--from=" + first.Key.Cluster.String(),
		fmt.Sprintf(
			"--jobid=%d",
			first.ID,
		), "--chain=" + cell.Chain, "--region=" + cell.Region, "--kind=" + cell.Kind.String(), "--client=" + client}
	d := s.sitAt(80, 24)
	for _, c := range []struct{ fault, says string }{
		{"client-full", "the client's disk is full"},
		{"client-gone", "the client's file daemon does not answer"},
	} {
		if err := s.Fault(c.fault, client); err != nil {
			t.Fatal(err)
		}
		s.does(1, of...)
		a := s.action()
		d.press(":", fmt.Sprintf("action %d", a.Seq), "enter")
		d.seeIn(fmt.Sprintf("ACTION %d by", a.Seq), "why         "+c.says)
		if err := s.Heal(c.fault, ""); err != nil {
			t.Fatal(err)
		}
		s.does(0, "act", fmt.Sprint(a.Seq), "--acknowledge", "--reason=seen")
	}
}
