package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

// TestTheAnswerIsThatOfThePlan: whatever the pair is told to be ready for, its plan is ready for, and the other way around.
func TestTheAnswerIsThatOfThePlan(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 2, Idle: true})
	site := opened(t, w.ConfigPath())
	l := look(t, w)
	agrees := func(s *board.Snapshot, to plan.FailoverTo, told *model.Takeover) {
		t.Helper()
		of := plan.World{Now: s.At, Snapshot: s, State: s.State, Names: site.names, Policy: site.cfg.Policy, Routing: routing(site.cfg)}
		p, err := plan.Ask{Failover: plan.FailoverOf(s, to)}.Plan(of, "id")
		if err != nil {
			if told.Can != model.Unknown {
				t.Errorf("%s: no plan can be made (%v), and it says: %s", to, err, told.Says)
			}
			return
		}
		var blocked, reason bool
		for _, g := range p.Guards {
			if g.ID == "pair-outage" || g.ID == "pair-writers" || g.ID == "ids-known" { // the outage is supposed, and numbers forbid no takeover
				continue
			}
			blocked, reason = blocked || plan.Blocks(g), reason || plan.NeedsReason(g)
		}
		can := told.Can == model.Holds && strings.HasPrefix(told.Says, "yes")
		if can == (blocked || reason) || blocked && strings.HasPrefix(told.Says, "only with a reason") ||
			!blocked && strings.HasPrefix(told.Says, "no: ") {
			t.Errorf("%s: the plan is blocked: %v, asks for a reason: %v, and it says: %s", to, blocked, reason, told.Says)
		}
	}
	for _, f := range []struct{ fault, target, says string }{
		{"director-down", "green", "green's Director"},
		{"director-password", "green", "green's Director"},
		{"catalog-revoked", "green", "green's catalog"},
		{"replica-writable", "", "writable"},
		{"replication-errant", "", "3 transactions"},
		{"replication-broken", "", "lag"},
		{"replication-gone", "", "nobody"},
		{"kms-key-disabled", rehearsal.ReplicaRegion, "key"},
		{"instance-status", rehearsal.ReplicaID + "=backing-up", "backing-up"},
		{"instance-status", rehearsal.PrimaryID + "=storage-full", "storage-full"},
	} {
		l.until("a yes", func(s *board.Snapshot) bool {
			agrees(s, plan.FailoverSwitchover, &s.RDS.Switchover)
			agrees(s, plan.FailoverEmergency, &s.RDS.Emergency)
			return s.RDS.Switchover.Can == model.Holds
		})
		if err := w.Fault(f.fault, f.target); err != nil {
			t.Fatal(err)
		}
		l.until(f.fault+" to forbid it", func(s *board.Snapshot) bool {
			agrees(s, plan.FailoverSwitchover, &s.RDS.Switchover)
			agrees(s, plan.FailoverEmergency, &s.RDS.Emergency)
			return s.RDS.Switchover.Can != model.Holds && strings.Contains(s.RDS.Switchover.Says, f.says)
		})
		if err := w.Heal(f.fault, f.target); err != nil {
			t.Fatal(err)
		}
	}
}

// TestADirectorThatWasStartedInPlaceOfTheOther is told at once, before it has run a job.
func TestADirectorThatWasStartedInPlaceOfTheOther(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 2, Idle: true})
	l := look(t, w)
	heir := w.Cluster(model.Green).Directors()[1]
	if err := errors.Join(w.Fault("director-stopped", "green"), heir.Stop()); err != nil {
		t.Fatal(err)
	}
	l.until("both to be gone", func(s *board.Snapshot) bool {
		gone := 0
		for i := range s.Seen {
			if o := &s.Seen[i]; o.Source.Kind == model.SourceDirector && o.Source.Of(model.Green) && o.Trouble == model.TroubleGone &&
				s.At.Sub(o.At) > 2*time.Second { // a start is told in whole seconds
				gone++
			}
		}
		return gone == 2
	})
	if err := heir.Start(); err != nil {
		t.Fatal(err)
	}
	l.until("the heir to be told", func(s *board.Snapshot) bool {
		a := alertOf(s, "passive-works:green")
		return a != nil && strings.Contains(a.Says, "dir-new2 was started when dir-new was not heard any more, with") &&
			s.Clusters[model.Green].Acting == 1 && s.RDS.Switchover.Can != model.Holds
	})
}
