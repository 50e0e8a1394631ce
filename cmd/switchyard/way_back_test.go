package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/record"
)

// TestTheWayBackNeedsBlueAlone: both Directors of green are gone, AWS answers nothing, and with it the bucket that the journal is in. What
// this user remembers of it is enough to give blue every cell again, recorded in a break-glass journal, and merged when the bucket is back.
func TestTheWayBackNeedsBlueAlone(t *testing.T) {
	t.Parallel()
	s := newStageAt(t, "settling", worldclock.New(model.Now(), 1), "")
	first := s.routesFile()
	s.real()
	s.inS3("--routes=" + first)
	cells := strings.Count(s.does(0, "routes", "show", "--json"), `"route": "green"`) // and the records are remembered
	if cells == 0 {
		t.Fatalf("nothing is green's alone:\n%s", s.does(0, "routes", "show", "--json"))
	}
	for _, d := range s.Cluster(model.Green).Directors() {
		if err := d.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Fault("aws-unreachable", ""); err != nil {
		t.Fatal(err)
	}
	glass := filepath.Join(t.TempDir(), "glass")
	back := []string{"shift", "--all", "--to", "both", "--break-glass=" + glass}
	began := s.Clock().Now()
	out := s.does(0, append(back, "--reason=AWS is gone", "--json")...)
	_, confirm, _ := strings.Cut(out, `"confirm": "`)
	confirm, _, _ = strings.Cut(confirm, `"`)
	planned := s.Clock().Now()
	said := s.does(0, apply(back, "--confirm="+confirm, "--reason=AWS is gone")...)
	ended := s.Clock().Now()
	s.says(said, "recorded in the break-glass journal in "+glass, "is done")
	t.Logf("by the world's clock everything is blue's again %v after it was approved; its plan was there after %v",
		ended.Sub(planned).Round(10*time.Millisecond), planned.Sub(began).Round(10*time.Millisecond))
	inv := opened(t, s.ConfigPath()).inv
	for i := range inv.Cells {
		for _, d := range s.Cluster(model.Blue).Directors() {
			if !d.Starts(inv.Cells[i].Cell) {
				t.Errorf("%s does not start %s", d.Name(), inv.Cells[i].Cell)
			}
		}
	}

	if err := s.Heal("aws-unreachable", ""); err != nil {
		t.Fatal(err)
	}
	for _, d := range s.Cluster(model.Green).Directors() {
		if err := d.Start(); err != nil {
			t.Fatal(err)
		}
	}
	s.says(s.does(0, "journal", "--merge="+glass), "records of "+glass+" are in the journal now")
	if n := strings.Count(s.does(0, "routes", "show", "--json"), `"route": "green"`); n != 0 {
		t.Errorf("by the merged journal %d cells are green's alone", n)
	}
	if a := s.action(); a == nil || a.State != record.ActionDone || a.Verb != "shift" {
		t.Errorf("%+v", a)
	}
}
