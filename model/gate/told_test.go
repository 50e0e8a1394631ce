package gate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// told wants of a gate what every gate tells: who said so, of when that is where it was judged, and what moves it.
func told(t *testing.T, g *Gate) {
	t.Helper()
	switch {
	case g.Absent != "":
	case g.Source == "":
		t.Errorf("%s: nobody told it: %s", g.ID, g.Value)
	case g.Verdict != model.Unknown && (g.At.IsZero() || g.At.After(noon.Add(day))):
		t.Errorf("%s was judged at %v: %s", g.ID, g.At, g.Value)
	case g.Value == "":
		t.Errorf("%s has no value", g.ID)
	case !g.Passes() && g.Do == "":
		t.Errorf("%s: nobody knows what moves it: %s", g.ID, g.Value)
	case g.Key == "T" && len(g.Cells) == 0:
		t.Errorf("%s: nothing is to be tested", g.ID)
	}
}

// TestEveryGateTellsWhatMovesIt at the beginning, when nothing was seen, and at the end.
func TestEveryGateTellsWhatMovesIt(t *testing.T) {
	t.Parallel()
	for _, r := range []*Report{List(), Evaluate(finished(t, 3))} {
		for i := range r.Gates {
			told(t, &r.Gates[i])
		}
	}
}

// TestWhatIsToComeIsNotBelieved lets a source be heard at a time that is to come, as after a clock was set back.
func TestWhatIsToComeIsNotBelieved(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	for i := range w.Snapshot.Seen {
		was := w.Snapshot.Seen[i].At
		of := w.Snapshot.Seen[i].Source.String()
		w.Snapshot.Seen[i].At = noon.Add(model.ClockSlack + time.Second)
		r, judged := Evaluate(w), 0
		for n := range r.Gates {
			g := &r.Gates[n]
			if !slices.Contains(strings.Split(g.Source, ", "), of) {
				continue
			}
			if judged++; g.Verdict != model.Unknown ||
				!strings.Contains(g.Value, "which is to come") && !strings.Contains(g.Value, "a time that is to come") {
				t.Errorf("%s is judged by %s of a time to come: %s, %s", g.ID, of, g.Verdict, g.Value)
			}
		}
		if judged == 0 {
			t.Errorf("no gate goes by %s", of)
		}
		w.Snapshot.Seen[i].At = was
	}
}

func TestWaivers(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	w.Snapshot.RDS.Primary.AWS.Value.MultiAZ = false
	w.Snapshot.Cells[0].On[model.Green].Has = model.Fails
	st := note(t, w.Snapshot.State, record.Decision{Gate: "rds-multi-az", Why: "it comes next week"})
	st = note(t, st, record.Decision{Gate: "rds-multi-az", Why: "another reason"})
	st = note(t, st, record.Decision{Gate: "covered", Why: "nobody may"})
	w.Snapshot.State = note(t, st, record.Decision{Gate: "rds-retention", Why: "three days do"})
	r := Evaluate(w)
	az, gap, kept := r.Find("rds-multi-az"), r.Find("covered"), r.Find("rds-retention")
	if az.Word() != "waived" || !az.Passes() || az.Waived.By != "alice" || az.Waived.Why != "it comes next week" {
		t.Errorf("%s, %+v", az.Word(), az.Waived)
	}
	if gap.Passes() {
		t.Error("a gap was waived")
	}
	if kept.Word() != "holds" || kept.Waived == nil {
		t.Errorf("a gate that holds: %s, and its waiver is shown for ever: %v", kept.Word(), kept.Waived)
	}
	if r.Phases[Instances].Waived != 1 {
		t.Errorf("%+v", r.Phases[Instances])
	}
}

func TestVouching(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	say := func(p record.Proof) *Gate {
		w.Snapshot.State = note(t, w.Snapshot.State, record.Prove(p))
		return Evaluate(w).Find("no-consumers")
	}
	p := Attest("no-consumers", "one script still reads it", model.Fails, noon.Add(-30*time.Minute), time.Time{})
	p.Why = "seen in the general log"
	if g := say(p); g.Verdict != model.Fails || !strings.Contains(g.Value, "alice on 14 Mar 2026: one script still reads it") {
		t.Errorf("%s %s", g.Verdict, g.Value)
	}
	if g := say(Attest("no-consumers", "it is gone", model.Holds, noon.Add(-20*time.Minute), noon.Add(day))); g.Verdict != model.Holds {
		t.Errorf("%s %s", g.Verdict, g.Value)
	}
	w.Snapshot.At = noon.Add(day)
	if g := Evaluate(w).Find("no-consumers"); g.Verdict != model.Unknown {
		t.Errorf("after its day: %s %s", g.Verdict, g.Value)
	}
	if g := Evaluate(w).Find("bundle"); g.Limit == "" || g.Verdict != model.Holds {
		t.Errorf("%s %s", g.Verdict, g.Value)
	}
	w.Snapshot.At = noon.Add(w.Policy.BundleAge)
	if g := Evaluate(w).Find("bundle"); g.Verdict != model.Unknown {
		t.Errorf("a week later: %s %s", g.Verdict, g.Value)
	}
	w.Snapshot.At = noon
	w.Snapshot.Bundle = &model.BundleKept{At: noon, Made: noon.Add(-8 * day)}
	if g := Evaluate(w).Find("bundle"); g.Verdict != model.Fails || g.Do != model.FreshenBundle {
		t.Errorf("with an old one, whatever a person says of where it lies: %s %s", g.Verdict, g.Value)
	}
	w.Snapshot.Bundle.Made = noon.Add(-time.Hour)
	if g := Evaluate(w).Find("bundle"); g.Verdict != model.Holds {
		t.Errorf("with a fresh one: %s %s", g.Verdict, g.Value)
	}
}

// restored is the proof of a restore of a cell from green.
func restored(cell model.Cell, storage string, verdict model.Verdict, at, until time.Time) record.Proof {
	green := model.Green
	p := record.Proof{Of: record.Subject{Cluster: &green, Cell: &cell, Storage: storage}, Claim: record.Proven{Restored: &record.Restored{}},
		By: record.Means{Kind: record.ByFramework, Framework: "check"}, Verdict: verdict, At: at, Until: until}
	if verdict == model.Fails {
		p.Why = "it does not load"
	}
	return p
}

// TestARestoreTestCountsAsTheNewestOfItsCell, whatever Storage Daemon it was from, and no longer than it counts.
func TestARestoreTestCountsAsTheNewestOfItsCell(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	cell := model.Cell{Chain: "chain00001", Region: "region1", Kind: model.Regular}
	is := func(id string, want model.Verdict, says string, proofs ...record.Proof) {
		t.Helper()
		if len(proofs) > 0 {
			w.Snapshot.State = note(t, w.Snapshot.State, record.Prove(proofs...))
		}
		if g := Evaluate(w).Find(id); g.Verdict != want || !strings.Contains(g.Value, says) {
			t.Errorf("%s: %s, %q; want %s, %q", id, g.Verdict, g.Value, want, says)
		}
	}
	is(
		"restores-tested",
		model.Fails,
		"failed: region1 regular: 1",
		restored(cell, "sd-old", model.Fails, noon.Add(-3*time.Hour), time.Time{}),
	)
	is("old-chain-restored", model.Fails, "its newest test")
	if g := Evaluate(w).Find("restores-tested"); g.Key != "T" || len(g.Cells) != 1 || g.Cells[0] != cell {
		t.Errorf("what failed is not tested again: %s, %v", g.Key, g.Cells)
	}
	is("restores-tested", model.Holds, "4 of 4", restored(cell, "", model.Holds, noon.Add(-2*time.Hour), time.Time{}))
	is("old-chain-restored", model.Holds, "chain00001")
	// What was proven counts until then and no longer, and what is to come counts not yet.
	w.Snapshot.State = note(t, nil, record.Genesis{Environment: "test"})
	is("old-chain-restored", model.Unknown, "nobody has restored chain00001")
	is("old-chain-restored", model.Holds, "chain00001", restored(cell, "", model.Holds, noon.Add(-2*time.Hour), noon.Add(time.Hour)))
	w.Snapshot.At = noon.Add(time.Hour)
	for i := range w.Snapshot.Seen {
		w.Snapshot.Seen[i].At = w.Snapshot.At
	}
	is("old-chain-restored", model.Unknown, "it counted until 14 Mar 2026 13:00")
	w.Snapshot.At = noon.Add(-3 * time.Hour)
	for i := range w.Snapshot.Seen {
		w.Snapshot.Seen[i].At = w.Snapshot.At
	}
	is("old-chain-restored", model.Unknown, "nobody has restored chain00001")
}

// TestNothingIsCarriedByNobody: a gap is no full load, and the way back of what both take is told.
func TestNothingIsCarriedByNobody(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	w.Snapshot.Cells[7].On[model.Green].Has = model.Fails
	if g := Evaluate(w).Find("full-load"); g.Verdict != model.Fails || g.Value != "nobody takes 1 cell" || g.Key != "s" {
		t.Errorf("%s, %s, %s", g.Verdict, g.Value, g.Key)
	}
	w = finished(t, 3)
	w.Snapshot.State = note(t, nil, record.Genesis{Environment: "test"})
	w.Snapshot.Cells[7].On[model.Blue].Has = model.Holds
	if r := Evaluate(w); !strings.HasSuffix(r.Undo, "11 cells go back to both, then to blue; blue begins again with a full backup of each; "+
		"1 more leave green, and blue has them still") {
		t.Error(r.Undo)
	}
	for i := range w.Snapshot.Cells[:2] { // none of immutable ones is on volumes that can be deleted: green has no backup
		w.Snapshot.Cells[i].On[model.Green].LastGood = nil
	}
	if g := Evaluate(w).Find("volumes-protected"); g.Verdict != model.Unknown || g.Value != "green has no good backup of 1 cell" ||
		g.Key != "s" {
		t.Errorf("%s, %s, %s", g.Verdict, g.Value, g.Key)
	}
}
