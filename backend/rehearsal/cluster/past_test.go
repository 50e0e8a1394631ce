package cluster

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// drawCluster is a cluster without a catalog: what its past is made of.
func drawCluster(t *rapid.T) *Cluster {
	c := &Cluster{
		began:    now,
		lastGood: map[*Cell]uint32{},
		o: Options{Cluster: model.Cluster(rapid.IntRange(0, 1).Draw(t, "cluster")), Zone: time.UTC,
			Seed: rapid.Uint64().Draw(t, "seed"), Stagger: time.Duration(rapid.IntRange(0, 9).Draw(t, "stagger")) * time.Minute, Director: "d",
			RestoreName: func(m model.Cell) string { return "restore-" + m.Region }},
	}
	c.restarted = now.Add(-time.Duration(rapid.IntRange(1, 300).Draw(t, "restarted")) * time.Hour)
	for i := range rapid.IntRange(1, 6).Draw(t, "cells") {
		s, err := model.ParseSchedule(
			fmt.Sprintf("daily at %02d:%02d", rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")),
		)
		if err != nil {
			t.Fatal(err)
		}
		cell := Cell{
			Placement: model.Placement{
				Cell:     model.Cell{Chain: fmt.Sprint("c", i), Region: "r"},
				Client:   "fd",
				Storage:  "sd",
				Pool:     "p",
				Schedule: s,
			},
			Job: fmt.Sprint(
				"backup-",
				i,
			),
			Full: 1e9 * float64(rapid.IntRange(1, 300).Draw(t, "GB")),
			Rate: 8e7,
			From: now.Add(-time.Duration(rapid.IntRange(1, 900).Draw(t, "from")) * time.Hour),
		}
		if rapid.Bool().Draw(t, "left") {
			cell.To = cell.From.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "stayed")) * time.Hour)
		}
		c.cells = append(c.cells, cell)
	}
	return c
}

func TestThePastIsCoherent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCluster(t)
		all := c.past(now.Add(-14*24*time.Hour), now, 100)
		names := map[string]bool{}
		for i, r := range all {
			if r.id != 100+uint32(i) || i > 0 && r.sched.Before(all[i-1].sched) {
				t.Fatalf("run %d has JobId %d at %v", i, r.id, r.sched)
			}
			if unique := r.unique(time.UTC); names[unique] {
				t.Fatalf("%s is there twice", unique)
			} else {
				names[unique] = true
			}
			switch {
			case r.sched.After(now), r.wait < 0, r.took < 0:
				t.Fatalf("%s at %v, waits %v, takes %v", r.name, r.sched, r.wait, r.took)
			case r.cell != nil && !r.cell.taken(r.sched) && r.kind == 'B':
				t.Fatalf("%s ran at %v on a Director that has it from %v to %v", r.name, r.sched, r.cell.From, r.cell.To)
			case r.kind == 'B' && r.cell != nil && r.sched.Sub(r.cell.From) < 24*time.Hour && r.level != 'F':
				t.Fatalf("the first run of %s is no full one", r.name)
			case r.sched.Before(c.restarted) && r.end().After(c.restarted):
				t.Fatalf("%s survived the Director's restart", r.name)
			case r.status != 'T' && r.why == "":
				t.Fatalf("%s ended with %c and nothing says why", r.name, r.status)
			case r.why == lostWhy && (r.took != 0 || r.bytes != 0):
				t.Fatalf("%s was lost after %v with %d bytes", r.name, r.took, r.bytes)
			}
		}
		if again := c.past(
			now.Add(-14*24*time.Hour),
			now,
			100,
		); len(again) != len(all) ||
			len(all) > 0 && again[len(all)-1].fate != all[len(all)-1].fate {
			t.Fatal("the same past came out differently")
		}
	})
}

func TestBusyAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCluster(t)
		all := c.past(now.Add(-14*24*time.Hour), now, 1)
		c.did.from = now.Add(-15 * 24 * time.Hour)
		c.recall(all)
		ended, files := 0, uint64(0)
		var ran, want float64
		for _, m := range c.did.minutes {
			ended, files, ran = ended+m.Ended, files+m.Files, ran+m.Running
		}
		n, f := 0, uint64(0)
		for _, r := range all {
			if !r.open(now) {
				n, f, want = n+1, f+r.files, want+r.took.Minutes()
			}
		}
		if ended != n || files != f || ran < want-0.01 || ran > want+0.01 {
			t.Fatalf("%d ended with %d files after %v minutes, want %d, %d, %v", ended, files, ran, n, f, want)
		}
	})
}

func TestNumbersAsBaculaPrintsThem(t *testing.T) {
	for n, want := range map[uint64][2]string{0: {"0", "0 "}, 999: {"999", "999 "}, 548243: {"548,243", "548.2 K"},
		1795327598: {"1,795,327,598", "1.8 G"}} {
		if got := [2]string{commas(n), short(n)}; got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	for seconds, want := range map[int64]string{1: "1 sec", 3: "3 secs", 3725: "1 hour 2 mins 5 secs"} {
		if got := span(seconds); got != want {
			t.Errorf("%d s: %q, want %q", seconds, got, want)
		}
	}
}
