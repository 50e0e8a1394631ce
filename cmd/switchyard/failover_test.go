package main

import (
	"strings"
	"testing"

	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/amazon"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

const quickFailover = "policy: {act_every: 1s, failover_apart: 0s, failover_again: 0s}\n"

// newFastStage is a stage whose programs live by its clock.
func newFastStage(t *testing.T, speed float64, more string) *stage {
	t.Helper()
	return newFastStageAt(t, "", speed, more)
}

// newFastStageAt is likewise, in a place in the migration.
func newFastStageAt(t *testing.T, scenario string, speed float64, more string) *stage {
	t.Helper()
	clock := worldclock.New(model.Now(), speed)
	s := newStageAt(t, scenario, clock, more)
	if err := clock.Publish(s.Dir(), false); err != nil {
		t.Fatal(err)
	}
	return s
}

// reboots are the calls that asked AWS for a failover.
func (s *stage) reboots() (n int) {
	for _, c := range s.Cloud().Writes() {
		if c.Operation == "RebootDBInstance" {
			n++
		}
	}
	return n
}

// TestFailoverAZ asks AWS once, hears no answer, and sees the failover done; asked again at once, AWS does not attempt it, and nobody asks
// a third time.
func TestFailoverAZ(t *testing.T) {
	t.Parallel()
	s := newFastStage(t, 8, quickFailover)
	verb := []string{"failover", "az"}
	s.says(s.does(0, verb...), "fail bacula over to its standby", "(no return from here)", "the instance is the one that was pinned",
		"it has a standby", "no failover of it was lately: none is told", "rds:RebootDBInstance", "nothing was done")
	s.Cloud().Break(amazon.Fault{Trouble: amazon.LostAnswer, Operation: "RebootDBInstance", Times: 1})
	s.says(s.does(0, apply(verb, "--confirm=fail over bacula")...), "failed over at")
	s.Clock().SetSpeed(2) // AWS refuses for minutes only, and a busy machine takes its time
	if err := s.Clock().Publish(s.Dir(), false); err != nil {
		t.Fatal(err)
	}
	if n := s.reboots(); n != 1 {
		t.Errorf("AWS was asked %d times", n)
	}
	if said, err := s.command(verb...).Output(); err != nil { // on a slow machine the standby is rebuilt by now
		s.says(string(said), "no failover of it was lately: its standby is being rebuilt, since", "blocked")
	}
	s.until("its standby is rebuilt", func() bool {
		said, _ := s.command(verb...).Output()
		return strings.Contains(string(said), "ok         no failover of it was lately: the last at")
	})
	s.says(s.does(1, apply(verb, "--confirm=fail over bacula")...), "Abandoning user requested failover")
	if n := s.reboots(); n != 2 {
		t.Errorf("AWS was asked %d times in all", n)
	}
	if got := s.Cloud().Status(rehearsal.PrimaryRegion, rehearsal.PrimaryID); got != "available" {
		t.Errorf("it is %s", got)
	}
}

// promotions are the calls that asked AWS to promote.
func (s *stage) promotions() (n int) {
	for _, c := range s.Cloud().Writes() {
		if c.Operation == "PromoteReadReplica" {
			n++
		}
	}
	return n
}

// takeoverPolicy lets a world that runs fast take its time.
const takeoverPolicy = "policy: {act_every: 5s, start_limit: 1h, tree_limit: 4h, plan_life: 2h}\n"

// takeoverSpeed has most of an hour, for a backup and its restore, over in half a minute.
const takeoverSpeed = 90

// takesOver carries a takeover out and looks at what it left: one promotion, and green's newest backup and restore in the promoted catalog.
func (s *stage) takesOver(verb []string) {
	s.t.Helper()
	s.Cloud().Break(amazon.Fault{Trouble: amazon.LostAnswer, Operation: "PromoteReadReplica", Times: 1})
	s.says(s.does(0, apply(verb, "--confirm=promote bacula-replica", "--reason=a rehearsal")...), "has and starts", "is a primary of its own")
	s.tookOver()
}

// tookOver looks at what a takeover left.
func (s *stage) tookOver() {
	s.t.Helper()
	if n := s.promotions(); n != 1 {
		s.t.Errorf("it was promoted %d times", n)
	}
	in, err := s.Instance(rehearsal.ReplicaID)
	if err != nil {
		s.t.Fatal(err)
	}
	var backups, restores int
	for kind, n := range map[string]*int{"B": &backups, "R": &restores} {
		if err := in.Read("SELECT COUNT(*) FROM Job WHERE Comment LIKE 'switchyard %' AND JobStatus = 'T' AND Type = ?",
			kind).Scan(n); err != nil ||
			*n != 1 {
			s.t.Errorf("%d jobs of type %s in the promoted catalog (%v)", *n, kind, err)
		}
	}
}

// TestSwitchover moves green's catalog to the replica: nothing is lost, the replica is promoted once although the answer was lost, and
// green schedules again when a canary's backup and restore were good.
func TestSwitchover(t *testing.T) {
	t.Parallel()
	s := newFastStage(t, takeoverSpeed, takeoverPolicy)
	verb := []string{"failover", "switchover"}
	s.says(s.does(0, verb...), "let bacula take no writes any more", "wait until bacula-replica has all of it", "(no return from here)",
		"remove replicate_source_db")
	s.takesOver(verb)
	if in, err := s.Instance(rehearsal.PrimaryID); err != nil || !in.ReadOnly() {
		t.Errorf("the old primary takes writes (%v)", err)
	}
}

// TestATakeoverIsHeldUp makes guards fail by faults: each refuses, or asks for a reason, and says what is wrong.
func TestATakeoverIsHeldUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	for _, f := range []struct {
		fault, target, verb string
		status              int
		says                string
	}{
		{"replication-errant", "", "switchover", 0, "override   the replica has nothing that the primary has not: 3 transactions"},
		{"replica-writable", "", "switchover", 1, "two servers take writes"},
		{"replica-writable", "", "emergency", 1, "blocked"},
		{"aws-expired", "", "az", 1, "it is not known that the instance is the one that was pinned"},
		{"aws-expired", "", "switchover", 2, "AWS has not told which instance"},
		{"aws-throttled", "", "az", 1, "it is not known that the instance is the one that was pinned: bacula: "},
		{"aws-throttled", rehearsal.PrimaryRegion, "switchover", 1, "blocked"},
		{"instance-status", rehearsal.PrimaryID + "=backing-up", "az", 1, "bacula is backing-up"},
		{"instance-status", rehearsal.ReplicaID + "=backing-up", "switchover", 1, "the replica is available (backing-up)"},
	} {
		if err := s.Fault(f.fault, f.target); err != nil {
			t.Fatal(err)
		}
		cmd := s.command("failover", f.verb)
		said, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != f.status || !strings.Contains(string(said), f.says) {
			t.Errorf("%s %s, failover %s: status %d, want %d and %q:\n%s", f.fault, f.target, f.verb, got, f.status, f.says, said)
		}
		if err := s.Heal(f.fault, f.target); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnotherInstanceUnderTheName: a plan is for one DbiResourceId, and nobody is asked for a failover of what stands in its place.
func TestAnotherInstanceUnderTheName(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, quickFailover)
	verb := []string{"failover", "az"}
	id := byExactly.FindStringSubmatch(s.does(0, verb...))
	if id == nil {
		t.Fatal("no plan was printed")
	}
	if s.Cloud().Recreate(rehearsal.PrimaryRegion, rehearsal.PrimaryID) == "" {
		t.Fatal("there is no other instance")
	}
	s.says(s.does(1, apply(verb, id[1], "--confirm=fail over bacula")...), "is not applied")
	if n := s.reboots(); n != 0 {
		t.Errorf("AWS was asked %d times", n)
	}
}
