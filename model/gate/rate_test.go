package gate

import (
	"strings"
	"testing"

	"switchyard/model"
)

// TestTheRateComesADayADay tells when two weeks are full, which comes nearer as time goes by, and nothing at a bad rate.
func TestTheRateComesADayADay(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].On[model.Green].Since = noon.Add(-5 * day)
	}
	before := Evaluate(w).Find("green-rate")
	if want := noon.Add(9 * day); before.Verdict != model.Fails || !before.When.Equal(want) {
		t.Errorf("%s, passes %v, want %v", before.Verdict, before.When, want)
	}
	w.Snapshot.At = noon.Add(day)
	for i := range w.Snapshot.Seen {
		w.Snapshot.Seen[i].At = w.Snapshot.At
	}
	if after := Evaluate(w).Find("green-rate"); !after.When.Equal(before.When) {
		t.Errorf("a day later it passes %v, before %v", after.When, before.When)
	}
	// A bad night of ten days ago, long after the first good backup: 5 of 14 are 96.4 % of 196 and 7.
	for i := range w.Snapshot.Cells {
		w.Snapshot.Cells[i].On[model.Green].Since = noon.Add(-30 * day)
	}
	rates := w.Snapshot.Clusters[model.Green].Rates
	rates[3].Good = 7
	night := Evaluate(w).Find("green-rate")
	if want := rates[3].Day.Add(15 * day); night.Verdict != model.Fails || !night.When.Equal(want) ||
		!strings.Contains(night.Value, "region1 regular: 96.4 % of 196 in 14d") {
		t.Errorf("%s, %s, passes %v, want %v", night.Verdict, night.Value, night.When, want)
	}
	w.Snapshot.At = noon.Add(2 * day) // the same days, seen later: it passes at the same moment
	for i := range w.Snapshot.Seen {
		w.Snapshot.Seen[i].At = w.Snapshot.At
	}
	if again := Evaluate(w).Find("green-rate"); !again.When.Equal(night.When) {
		t.Errorf("two days later it passes %v, before %v", again.When, night.When)
	}
	rates[3].Good = 11 // 98.5 %
	if g := Evaluate(w).Find("green-rate"); g.Verdict != model.Holds {
		t.Errorf("%s, %s", g.Verdict, g.Value)
	}
	w.Snapshot.Clusters[model.Green].Rates = rates[14:] // nobody counted the days of the first region and kind
	if g := Evaluate(w).Find("green-rate"); g.Verdict != model.Unknown {
		t.Errorf("of no days: %s, %s", g.Verdict, g.Value)
	}
	w.Snapshot.Clusters[model.Green].Rates = rates
	w.Snapshot.Clusters[model.Green].Week.By[0].Backups.Failed = 30
	if bad := Evaluate(w).Find("green-rate"); !bad.When.IsZero() || bad.Wait != "not at this rate" {
		t.Errorf("passes %v, %q", bad.When, bad.Wait)
	}
}
