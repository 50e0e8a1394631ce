package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
)

// placeOfMigration is what a scenario must be, derived by hand from what it says of itself and from its estate of 12 chains: the chain that
// hosts blue's catalog is one of the two that are moved last.
type placeOfMigration struct {
	stands string // of the phases, by number: ahead, open, passed
	gates  map[string]model.Verdict
}

var placesOfMigration = map[string]placeOfMigration{
	"fresh": {"0 open, 1 open, 2 open, 3 ahead, 4 open, 5 ahead, 6 ahead", map[string]model.Verdict{
		"green-good": model.Fails, "no-blue": model.Fails, "green-rate": model.Unknown, "storages-round-trip": model.Unknown,
		"blue-owes-nothing": model.Fails, "no-loop": model.Fails, "green-no-loop": model.Holds, "ready-before-half": model.Holds,
		"full-load": model.Fails,
	}},
	"overlap": {"0 open, 1 open, 2 open, 3 open, 4 open, 5 ahead, 6 ahead", map[string]model.Verdict{
		"green-good": model.Fails, "no-blue": model.Fails, "blue-owes-nothing": model.Fails, "no-loop": model.Fails,
		"green-no-loop": model.Holds, "ready-before-half": model.Holds, "full-load": model.Fails,
	}},
	"settling": {"0 open, 1 open, 2 open, 3 open, 4 open, 5 ahead, 6 ahead", map[string]model.Verdict{
		"green-good": model.Fails, "no-blue": model.Fails, "blue-owes-nothing": model.Fails,
		"no-loop": model.Holds, // green has backups of that chain by now
		// green alone has two thirds, and the replica can take over
		"ready-before-half": model.Holds, "full-load": model.Fails,
	}},
	"dr-day": {"0 open, 1 open, 2 open, 3 open, 4 open, 5 open, 6 open", map[string]model.Verdict{
		"no-blue": model.Holds, "blue-idle": model.Holds, "blue-owes-nothing": model.Fails, "no-loop": model.Holds,
		"ready-before-half": model.Holds, "full-load": model.Fails, "takeover-ready": model.Holds,
	}},
	"split": {"0 open, 1 open, 2 open, 3 open, 4 open, 5 open, 6 open", map[string]model.Verdict{
		"no-blue": model.Holds, "blue-idle": model.Holds, "blue-owes-nothing": model.Holds, "no-loop": model.Holds,
		"full-load": model.Unknown, // 20 days, of which 15 are read
	}},
	// dr-day's night: who comes to it finds AWS, the replica and green's catalog as they were, and nobody at any Director's port. What only a
	// Director tells, such as who takes a cell, or blue's catalog, is not known any more; that all has begun, the journal's routes tell.
	"on-prem-gone": {"0 open, 1 open, 2 open, 3 open, 4 open, 5 open, 6 open", map[string]model.Verdict{
		"directors-answer": model.Fails, "directors-alike": model.Unknown, "passive-idle": model.Unknown, "catalog-used": model.Unknown,
		"covered": model.Unknown, "no-drift": model.Unknown, "no-blue": model.Unknown, "ready-before-half": model.Unknown,
		"connections": model.Unknown, "blue-idle": model.Unknown, "blue-owes-nothing": model.Unknown, "full-load": model.Unknown,
		"no-loop": model.Unknown, "green-no-loop": model.Unknown, // backups that only blue's catalog knows may be gone
		"volumes-protected": model.Holds,
	}},
}

// always hold in every scenario, as nothing is broken there.
var alwaysHold = []string{"journal-apart", "key-second-region", "key-multi-region", "directors-answer", "directors-alike", "passive-idle",
	"catalog-known", "director-encrypted", "rds-available", "rds-multi-az", "rds-encrypted", "rds-protected", "rds-retention",
	"rds-parameters", "rds-certificate",
	"rds-tls", "connections", "covered", "no-drift", "replica-there", "replica-behind", "replica-parity"}

func (p *placeOfMigration) wrong(r *gate.Report) (out []string) {
	var stands []string
	for _, s := range r.Phases {
		stands = append(stands, fmt.Sprintf("%d %s", s.Phase, s.Stands))
	}
	if got := strings.Join(stands, ", "); got != p.stands {
		out = append(out, got+", want "+p.stands)
	}
	// Nobody has observed the server of the old catalog, and the watch account is not shown who else is there.
	want := map[string]model.Verdict{"single-tenant": model.Unknown, "schema-alone": model.Unknown, "predictable": model.Unknown,
		"tolerance": model.Unknown, "storages-answer": model.Unknown}
	for _, id := range alwaysHold {
		want[id] = model.Holds
	}
	for id, v := range p.gates {
		want[id] = v
	}
	for id, v := range want {
		if g := r.Find(id); g == nil || g.Verdict != v {
			out = append(out, fmt.Sprintf("%s: %+v, want %s", id, g, v))
		}
	}
	return out
}

// TestEveryScenarioIsInItsPhases looks at each scenario by evidence alone, twice: a second look, by another session, says the same.
func TestEveryScenarioIsInItsPhases(t *testing.T) {
	t.Parallel()
	for _, scenario := range append(slices.Clone(rehearsal.Scenarios), rehearsal.OnPremGone) {
		place, is := placesOfMigration[scenario.Name]
		if !is {
			t.Errorf("nobody has derived where %s is", scenario.Name)
			continue
		}
		w := ownWorld(t, rehearsal.Options{Scenario: scenario.Name, Chains: 12, Idle: true})
		if scenario.Gone != "" { // before anybody looks
			if err := w.Fault("site-gone", scenario.Gone); err != nil {
				t.Fatal(err)
			}
		}
		words := map[string]string{} // of the first look
		for look := range 2 {
			s := opened(t, w.ConfigPath())
			l := lookAt(t, s)
			var last []string
			t.Cleanup(func() {
				if t.Failed() {
					t.Log(scenario.Name, strings.Join(last, "\n"))
				}
			})
			l.until(scenario.Name+" to be in its phases", func(snap *board.Snapshot) bool {
				r := gate.Evaluate(s.gates(snap))
				last = place.wrong(r)
				for i := range r.Gates {
					g := &r.Gates[i]
					if look == 0 {
						words[g.ID] = g.Word()
					} else if was := words[g.ID]; g.Word() != was {
						last = append(last, fmt.Sprintf("%s is %s, and was %s to the first", g.ID, g.Word(), was))
					}
				}
				return len(last) == 0
			})
		}
	}
}
