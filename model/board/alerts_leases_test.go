package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestALeaseThatNobodyMindsIsTold, and one that ran out under who goes on; one that is given back, or over with its action, is not.
func TestALeaseThatNobodyMindsIsTold(t *testing.T) {
	until := midday.Add(20 * time.Minute)
	taken := record.Found{Step: 2, Lease: &record.FoundLease{Cluster: model.Green, Name: "switchyard-a", Until: until}}
	given := record.Found{Step: 5, Lease: &record.FoundLease{Cluster: model.Green, Name: "switchyard-a", Ended: true}}
	for name, c := range map[string]struct {
		state  record.ActionState
		found  []record.Found
		after  time.Duration
		orphan bool
		says   string
	}{
		"held, and going on": {state: record.ActionRunning, found: []record.Found{taken}},
		"held by one that is refused": {state: record.ActionRefused, found: []record.Found{taken},
			says: "held by action 7, which nobody carries out, until 12:20"},
		"held by one whose runner died": {state: record.ActionRunning, found: []record.Found{taken}, orphan: true,
			says: "held by action 7, which nobody carries out"},
		"over, and going on": {state: record.ActionRunning, found: []record.Found{taken}, after: time.Hour,
			says: "action 7 held green's configuration manager until 12:20, and is not over: it may put an old file back"},
		"over with its action": {state: record.ActionFailed, found: []record.Found{taken}, after: time.Hour},
		"given back":           {state: record.ActionDone, found: []record.Found{taken, given}},
		"given back, going on": {state: record.ActionRunning, found: []record.Found{taken, given}, after: time.Hour},
		"never held":           {state: record.ActionRefused},
	} {
		b := &Board{state: &record.State{Actions: []*record.Action{{ID: "a", Seq: 7, State: c.state, Found: c.found, LastAt: midday}}}}
		if c.orphan {
			b.orphans = []string{"a"}
		}
		var says []string
		for _, al := range b.leaseAlerts(midday.Add(c.after)) {
			says = append(says, al.Says)
			if al.Severity != model.Warn || al.Do == "" || al.Brief == "" || al.Cluster == nil || *al.Cluster != model.Green {
				t.Errorf("%s: %+v", name, al)
			}
		}
		if got := strings.Join(says, "|"); (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, want %q", name, got, c.says)
		}
	}
}
