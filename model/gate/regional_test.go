package gate

import (
	"strings"
	"testing"
	"time"

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

// TestAReplicaThatIsDeletedIsNotThere: that is no silence of AWS. It is believed for as long as it is heard.
func TestAReplicaThatIsDeletedIsNotThere(t *testing.T) {
	t.Parallel()
	for ago, want := range map[time.Duration]model.Verdict{time.Second: model.Fails, time.Hour: model.Unknown} {
		w := finished(t, 3)
		s := w.Snapshot.Source(model.Source{Kind: model.SourceInstance, Name: "replica"})
		s.Why, s.Trouble, s.Tried = "DBInstanceNotFound", model.TroubleMissing, noon.Add(-ago)
		g := Evaluate(w).Find("replica-there")
		if g.Verdict != want {
			t.Errorf("said %s ago: %s, %s", ago, g.Verdict, g.Value)
		}
		if want == model.Fails && (g.Do != "create it there, with a key of that AWS region" ||
			!strings.Contains(g.Value, "there is no bacula-replica in eu-central-1")) {
			t.Errorf("%s; %s", g.Value, g.Do)
		}
	}
}
