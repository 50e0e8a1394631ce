package main

import (
	"encoding/json"
	"testing"

	"switchyard/model"
)

// TestEvidenceOfARestoreLapsesEverywhere: when the volume of what was tested is in error, no verb and no screen counts the test any more.
func TestEvidenceOfARestoreLapsesEverywhere(t *testing.T) {
	t.Parallel()
	s := newStage(t, 100, "")
	s.does(0, "test-restores", "--chain=chain001", "--region=region1", "--kind=regular", "--from=blue", "--apply", "--confirm=test restores")
	is := func(status int, counts model.Verdict) judgedProof {
		t.Helper()
		var told proven
		if err := json.Unmarshal([]byte(s.does(status, "evidence", "--json")), &told); err != nil {
			t.Fatal(err)
		}
		for _, e := range told.Evidence {
			if e.Claim.Restored != nil {
				if e.Counts != model.Answer(counts) {
					t.Fatalf("it counts: %v, %s", e.Counts, e.Says)
				}
				return e
			}
		}
		t.Fatal("nothing was proven")
		return judgedProof{}
	}
	proof := is(0, model.Holds)
	of := []string{"--chain=chain001", "--region=region1", "--kind=regular", "--from=blue"}
	s.says(s.does(0, append([]string{"test-restores"}, of...)...), "blue ", "proven ")
	d := s.sitAt(200, 60)
	d.press(":", "cell chain001 region1 regular", "enter")
	d.seeIn("CELL", "holds, ", "by a test")
	if volumes := proof.Of.Volumes; len(volumes) == 0 || len(proof.Of.FileSet) == 0 || len(proof.Of.Command) == 0 || proof.Of.Storage == "" {
		t.Fatalf("it is bound to %+v", proof.Of)
	}
	if err := s.Fault("volume-error", proof.Of.Volumes[0]); err != nil {
		t.Fatal(err)
	}
	s.says(is(1, model.Fails).Says, "volume "+proof.Of.Volumes[0]+" is in status Error now")
	s.says(s.does(0, "points", "chain001"), "LAPSED: volume ", "in status Error")
	s.says(s.does(0, append([]string{"test-restores"}, of...)...), "never proven")
	d.see("LAPSED: volume")
	d.press("esc", "3", "z") // where the column has room
	d.see("lapsed")
	if err := s.World.Heal("volume-error", proof.Of.Volumes[0]); err != nil {
		t.Fatal(err)
	}
	is(0, model.Holds)
	d.press(":", "cell chain001 region1 regular", "enter")
	d.gone("LAPSED")
	d.seeIn("CELL", "holds, ", "by a test")
}
