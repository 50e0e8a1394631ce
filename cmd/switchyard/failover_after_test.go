package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/amazon"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// instance is the server behind an RDS instance.
func (s *stage) instance(id string) *sqlsim.Instance {
	s.t.Helper()
	in, err := s.Instance(id)
	if err != nil {
		s.t.Fatal(err)
	}
	return in
}

// twoWriters is what the status tells of a pair of which both take writes; empty: nothing.
func (s *stage) twoWriters() string {
	said, _ := s.command("status", "--json").Output()
	var told struct {
		Alerts []struct{ ID, Do string }
	}
	if err := json.Unmarshal(said, &told); err != nil {
		s.t.Fatalf("%v of %s", err, said)
	}
	for _, a := range told.Alerts {
		if a.ID == "rds:two-writers" {
			return a.Do
		}
	}
	return ""
}

// TestAnEmergencyIsFenced promotes the replica while the primary's AWS region is gone, and with it the host of the passive Director. How it
// was set is known from what was observed before. The passive Director comes back with its old file and account, and the region with a
// primary that takes writes: nothing is written there, and it is quarantined. Then the replica is built anew.
func TestAnEmergencyIsFenced(t *testing.T) {
	t.Parallel()
	s := newFastStage(t, takeoverSpeed, takeoverPolicy)
	verb := []string{"failover", "emergency"}
	s.says(s.does(1, verb...), "there would be two writers", "blocked")
	s.does(0, "observe")
	for fault, target := range map[string]string{"region-gone": rehearsal.PrimaryRegion, "passive-gone": "green",
		"instance-set": rehearsal.ReplicaID + "=pending-change"} { // which waits for a window of maintenance, and holds nothing up
		if err := s.Fault(fault, target); err != nil {
			t.Fatal(err)
		}
	}
	s.says(s.does(0, verb...), "it loses", "by the journal's evidence", "it is an emergency", "what else can be proven of the pair is",
		"make the account bacula_next on bacula-replica, and lock bacula", "if it goes wrong that is told, and the plan goes on",
		"AllocatedStorage 500, which waits on bacula-replica for its window of maintenance, is applied with it")
	s.takesOver(verb)
	s.fenced(rehearsal.ReplicaID)

	if err := s.Heal("passive-gone", "green"); err != nil {
		t.Fatal(err)
	}
	passive := s.Cluster(model.Green).Directors()[1]
	s.until("the passive Director is back", passive.Running)
	if text, err := os.ReadFile(passive.WholePath()); err != nil || !strings.Contains(string(text), `dbuser = "bacula"`) {
		t.Errorf("it has another file than before (%v):\n%.300s", err, text)
	}
	old, promoted := s.instance(rehearsal.PrimaryID), s.instance(rehearsal.ReplicaID)
	if _, err := promoted.Connect("bacula", passive.Name()); err == nil {
		t.Error("the old account is let in to the promoted server")
	}
	if err := s.Move(t.Context(), 2*time.Minute); err != nil {
		t.Fatal(err)
	}
	if n := promoted.Load().ByUser["bacula"]; n != 0 {
		t.Errorf("two minutes after it came back the promoted server has %d sessions of the old account", n)
	}
	if err := s.Heal("region-gone", rehearsal.PrimaryRegion); err != nil {
		t.Fatal(err)
	}
	heard := old.Executed(old.UUID())
	if err := s.Move(t.Context(), 10*time.Minute); err != nil {
		t.Fatal(err)
	}
	s.until("two servers take writes", func() bool { return strings.Contains(s.twoWriters(), "f quarantines") })
	if n := old.Executed(old.UUID()); n != heard || old.Load().ByUser["bacula"] != 0 {
		t.Errorf("the old primary has executed %d transactions, and %d ten minutes ago; %v", n, heard, old.Load().ByUser)
	}
	verb = []string{"failover", "quarantine"}
	s.says(
		s.does(0, verb...),
		"lock the account bacula on bacula",
		"let bacula take no writes any more",
		"another server is in force, and takes writes",
	)
	s.says(
		s.does(0, apply(verb, "--confirm=quarantine bacula", "--reason=it is given up")...),
		"bacula is locked on bacula",
		"has read_only true",
	)
	if u, _ := old.Account("bacula"); !old.ReadOnly() || !u.Locked {
		t.Errorf("read_only %v, %+v", old.ReadOnly(), u)
	}
	s.until("nothing tells of two writers", func() bool { return s.twoWriters() == "" })
	s.rebuilds()
}

// fenced looks at the accounts of the promoted server.
func (s *stage) fenced(id string) {
	s.t.Helper()
	in := s.instance(id)
	was, _ := in.Account("bacula")
	next, there := in.Account("bacula_next")
	if !was.Locked || !there || next.Locked || !next.Write || in.Load().ByUser["bacula"] != 0 {
		s.t.Errorf("%+v, %+v, sessions %v", was, next, in.Load().ByUser)
	}
	if old, _ := s.instance(rehearsal.PrimaryID).Account("bacula"); old.Locked {
		s.t.Error("the account is locked on the server that was given up, too: nothing was said to it")
	}
}

// rebuilds plans a replica of the promoted server where the old one was.
func (s *stage) rebuilds() {
	s.t.Helper()
	verb := []string{"failover", "rebuild"}
	s.says(s.does(1, "failover", "rebuild", "--id=bacula"), "the old instance bacula is still there", "blocked")
	s.says(
		s.does(0, verb...),
		"create bacula-2, a replica of bacula-replica, in eu-west-1",
		"terraform import",
		"KmsKeyId=arn:aws:kms:eu-west-1",
	)
}

// newest is the number of the newest action.
func (s *stage) newest() string {
	a := s.action()
	if a == nil {
		s.t.Fatal("nothing was done yet")
	}
	return strconv.FormatInt(a.Seq, 10)
}

// TestRebuild creates a replica in the place of one that is gone: AWS is asked once although its answer is lost, and the new one keeps up.
func TestRebuild(t *testing.T) {
	t.Parallel()
	s := newFastStage(t, 60, takeoverPolicy)
	s.says(s.does(2, "failover", "rebuild"), "bacula-replica is a replica")
	s.does(0, "observe")
	if err := s.Fault("instance-missing", rehearsal.ReplicaID); err != nil {
		t.Fatal(err)
	}
	verb := []string{"failover", "rebuild", "--id=bacula-2"}
	s.says(s.does(0, verb...), "create bacula-2, a replica of bacula, in eu-central-1", "by the journal's evidence of bacula-replica")
	s.Cloud().Break(amazon.Fault{Trouble: amazon.LostAnswer, Operation: "CreateDBInstanceReadReplica", Times: 1})
	cmd := s.command(apply(verb, "--confirm=create bacula-2", "--reason=a rehearsal")...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.until("it waits for a person's word", func() bool {
		a := s.action()
		return a != nil && strings.Contains(a.Asks, "freeze the pipeline")
	})
	s.does(0, "act", s.newest(), "--attest=it is frozen")
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v:\n%s", err, said.String())
	}
	s.says(said.String(), "keeps up with bacula")
	n := 0
	for _, c := range s.Cloud().Writes() {
		if c.Operation == "CreateDBInstanceReadReplica" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("AWS was asked %d times", n)
	}
}
