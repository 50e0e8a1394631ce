package gate

import (
	"strings"
	"testing"

	"switchyard/model"
)

// TestWhatOnlyTheReplicaHasIsNoParity: a replica that was written to is not what the primary is, however it is set.
func TestWhatOnlyTheReplicaHasIsNoParity(t *testing.T) {
	t.Parallel()
	w := finished(t, 3)
	own, err := model.ParseGTIDs("8a94f357-aab4-11df-86ab-c80aa9429564:1-3")
	if err != nil {
		t.Fatal(err)
	}
	w.Snapshot.RDS.Distance.Errant = own
	w.Snapshot.RDS.Parity = []model.Difference{{What: "sql_mode"}}
	if g := Evaluate(w).Find("replica-parity"); g.Verdict != model.Fails ||
		!strings.Contains(g.Value, "sql_mode, it has 3 transactions that the primary never had") {
		t.Errorf("%s: %s", g.Verdict, g.Value)
	}
}
