package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"switchyard/backend/feed"
	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
)

// onlooker follows a world as a session does.
type onlooker struct {
	t    *testing.T
	feed *feed.Feed
	snap *board.Snapshot
}

func look(t *testing.T, w *rehearsal.World) *onlooker {
	t.Helper()
	s := opened(t, w.ConfigPath())
	s.cfg.Policy.InstanceEvery, s.cfg.Policy.ServerEvery = 200*time.Millisecond, 200*time.Millisecond // many faults, one after the other
	l := lookAt(t, s)
	l.until("every source to be heard", func(s *board.Snapshot) bool {
		return len(unheard(s)) == 0 && s.RDS != nil && s.RDS.Switchover.Can != model.Unknown
	})
	return l
}

func lookAt(t *testing.T, s *site) *onlooker {
	t.Helper()
	f, stop := s.follow(t.Context())
	t.Cleanup(stop)
	return &onlooker{t: t, feed: f, snap: &board.Snapshot{}}
}

// until takes snapshots until one is as it should be.
func (l *onlooker) until(what string, ok func(*board.Snapshot) bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	for {
		next, err := l.feed.Next(ctx, l.snap.Beat)
		if err != nil {
			for _, a := range l.snap.Alerts {
				l.t.Logf("%s %s: %s", a.Severity, a.ID, a.Says)
			}
			if r := l.snap.RDS; r != nil {
				l.t.Logf("switchover: %s; emergency: %s", r.Switchover.Says, r.Emergency.Says)
			}
			l.t.Fatalf("waited for %s", what)
		}
		if l.snap = next; ok(next) {
			return
		}
	}
}

func alertOf(s *board.Snapshot, id string) *board.Alert {
	for i := range s.Alerts {
		if strings.HasPrefix(s.Alerts[i].ID, id) {
			return &s.Alerts[i]
		}
	}
	return nil
}

// TestEveryReplicaThatIsNoneIsAnAlert breaks the pair in each way that a takeover asks about: it is told before the day on which somebody
// needs it.
func TestEveryReplicaThatIsNoneIsAnAlert(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 2, Idle: true})
	l := look(t, w)
	for _, c := range []struct {
		fault, target string
		id            string
		severity      model.Severity
		says          string
		stops         string // what of the takeover: switchover, both, or nothing
	}{
		{"replication-stopped", "", "rds:lag", model.Fail, "SQL thread stopped", "switchover"},
		{"replication-worker", "", "rds:lag", model.Fail, "worker 1: 1062 Could not execute Write_rows event on table bacula.File", "switchover"},
		{"replication-channel", "", "rds:lag:reports", model.Fail, "replication of channel reports is broken: SQL thread stopped", "switchover"},
		{"replication-channel-late", "", "rds:lag:reports", model.Warn, "the replica of channel reports is 60 min behind", "switchover"},
		{"replication-unread", "", "rds:lag", model.Warn, `the server says "unclear"`, "switchover"},
		{"replication-gone", "", "rds:replica:", model.Fail, "replicates from nobody", "both"},
		{"replication-elsewhere", "", "rds:replica:", model.Fail, "replicates from another server", "both"},
		{"replication-forbidden", "", "rds:replica:", model.Fail, "grant it REPLICATION CLIENT", "switchover"},
		{"replication-errant", "", "rds:errant:", model.Warn, "3 transactions that bacula never had", "switchover"},
		{"replication-status", "terminated", "rds:replica:", model.Fail, "AWS calls its replication terminated", "both"},
		{"replication-status", "error", "rds:replica:", model.Fail, "AWS calls its replication error", "both"},
		{"replication-status", "stopped", "rds:replica:", model.Fail, "AWS calls its replication stopped", "both"},
		{"replica-writable", "", "rds:replica:", model.Fail, "takes writes", "both"},
		{"replica-promoted", "", "rds:replica:", model.Fail, "AWS calls it a primary of its own", "both"},
		{"instance-missing", rehearsal.ReplicaID, "rds:missing:", model.Fail, "AWS knows no instance bacula-replica in eu-central-1", "both"},
		{"instance-missing", rehearsal.PrimaryID, "rds:missing:", model.Fail, "AWS knows no instance bacula in eu-west-1", "switchover"},
		{"instance-status", "bacula=storage-full", "rds:status:", model.Fail, "bacula is storage-full", "switchover"},
		{"instance-status", "bacula=incompatible-parameters", "rds:status:", model.Fail, "bacula is incompatible-parameters", "switchover"},
		{"instance-status", "bacula=rebooting", "rds:status:", model.Fail, "bacula is rebooting", "switchover"},
		{"instance-status", "bacula=modifying", "rds:status:", model.Warn, "it works meanwhile", "switchover"},
		{"instance-status", "bacula-replica=from-the-future", "rds:status:", model.Warn, "no status that is known", "both"},
		{"instance-certificate", "bacula=20", "rds:certificate:bacula", model.Warn, "ends in 19 d", ""},
		{"instance-certificate", "bacula-replica=1", "rds:certificate:bacula-replica", model.Fail, "ends in 23 h", ""},
		{"instance-certificate", "bacula=-1", "rds:certificate:bacula", model.Fail, "ended 24 h ago", ""},
	} {
		if err := w.Fault(c.fault, c.target); err != nil {
			t.Fatal(err)
		}
		name := c.fault + " " + c.target
		l.until(name+" to be told", func(s *board.Snapshot) bool {
			a := alertOf(s, c.id)
			return a != nil && a.Severity == c.severity && strings.Contains(a.Says, c.says) && a.Do != "" && a.Cluster == nil &&
				(c.stops == "" || s.RDS.Switchover.Can != model.Holds) && (c.stops != "both" || s.RDS.Emergency.Can != model.Holds)
		})
		if err := w.Heal(c.fault, c.target); err != nil {
			t.Fatal(err)
		}
		l.until(name+" to be over", func(s *board.Snapshot) bool { return alertOf(s, "rds:") == nil && s.RDS.Switchover.Can == model.Holds })
	}
}

// TestWhatWorksIsNoAlert: AWS has many words for an instance with which nothing is wrong.
func TestWhatWorksIsNoAlert(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 2, Idle: true})
	l := look(t, w)
	for _, status := range []string{"backing-up", "storage-optimization", "configuring-log-exports", "configuring-enhanced-monitoring"} {
		if err := w.Fault("instance-status", "bacula="+status); err != nil {
			t.Fatal(err)
		}
		l.until(status+" to be seen", func(s *board.Snapshot) bool { return s.RDS.Primary.AWS.Value.Status == status })
		if a := alertOf(l.snap, "rds:"); a != nil {
			t.Errorf("%s: %s %s", status, a.Severity, a.Says)
		}
		if err := w.Heal("instance-status", "bacula="+status); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLittleStorageIsAnAlert by CloudWatch's figure, and by AWS's event while there is no newer figure.
func TestLittleStorageIsAnAlert(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 2, Idle: true})
	for target, want := range map[string]model.Severity{"bacula=15": model.Warn, "bacula-replica=4": model.Fail} {
		if err := w.Fault("instance-storage", target); err != nil {
			t.Fatal(err)
		}
		id, _, _ := strings.Cut(target, "=")
		l := look(t, w)
		l.until(target+" to be told", func(s *board.Snapshot) bool {
			a := alertOf(s, "rds:storage:"+id)
			return a != nil && a.Severity == want && strings.Contains(a.Says, "% of its storage free")
		})
		if err := w.Heal("instance-storage", target); err != nil {
			t.Fatal(err)
		}
	}
	w.Cloud().
		Tell(rehearsal.PrimaryRegion, rehearsal.PrimaryID, "low storage", "The free storage capacity for DB instance bacula is low at 9% of "+
			"the provisioned storage.")
	l := look(t, w)
	l.until("the event to be told", func(s *board.Snapshot) bool {
		a := alertOf(s, "rds:storage:bacula")
		return a != nil && a.Severity == model.Fail && strings.Contains(a.Says, "is low at 9%")
	})
}

// TestAFailoverThatWasNotAttempted is not told as one that was done.
func TestAFailoverThatWasNotAttempted(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 2, Idle: true})
	l := look(t, w)
	if err := w.Fault("failover-refused", ""); err != nil {
		t.Fatal(err)
	}
	l.until("it to be told", func(s *board.Snapshot) bool {
		a := alertOf(s, "rds:failover-refused:bacula")
		return a != nil && a.Severity == model.Warn && strings.HasPrefix(a.Says, "bacula did not fail over")
	})
	if a := alertOf(l.snap, "rds:failover:"); a != nil {
		t.Errorf("and it is told as done: %s", a.Says)
	}
	w.Cloud().Tell(rehearsal.PrimaryRegion, rehearsal.PrimaryID, "failover", "Something about a failover that nobody knows.")
	l.until("the other to be told", func(s *board.Snapshot) bool {
		a := alertOf(s, "rds:failover:")
		return a != nil && strings.Contains(a.Says, "in words that are not known: Something about a failover")
	})
}

// TestASwitchoverCountsWhatRuns names the jobs that it would wait for or end.
func TestASwitchoverCountsWhatRuns(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 12, Idle: true})
	l := look(t, w)
	l.until("nothing to run", func(s *board.Snapshot) bool {
		return s.RDS.Switchover.Says == "yes, without loss" && s.RDS.Emergency.Says == "yes, without loss"
	})
	id := queue(t, w, model.Green, "run job="+starts+" level=Full yes")
	l.until("the job to be named", func(s *board.Snapshot) bool {
		return s.RDS.Switchover.Says == "only with a reason: jobs of green run: 1: "+id+" chain006 region1 regular" &&
			strings.HasPrefix(s.RDS.Emergency.Says, "yes; would lose ") && strings.Contains(s.RDS.Emergency.Says, "1 running job: "+id+" chain006")
	})
}

// answeredInPart tells of a source that AWS denied one of several questions, when the fault came between them: what was answered before
// counts.
func answeredInPart(o *board.Sighting, r *model.RDS) bool {
	in := map[string]*model.Instance{"primary": r.Primary, "replica": r.Replica}[o.Source.Name]
	if in == nil || o.Trouble != model.TroubleDenied {
		return false
	}
	return o.Source.Kind == model.SourceInstance && in.AWS.Why == "" || o.Source.Kind == model.SourceSettings && in.Group.Why == ""
}

// TestNoYesBesideSilence: while a source of the pair is shown as old or silent, nothing that rests on it is a yes.
func TestNoYesBesideSilence(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 2, Idle: true})
	l := look(t, w)
	for _, f := range []struct{ fault, target string }{
		{"aws-unreachable", rehearsal.ReplicaRegion}, {"aws-denied", ""}, {"catalog-hung", "green"}, {"director-hung", "green"}, {"aws-throttled",
			""},
	} {
		l.until("a yes", func(s *board.Snapshot) bool { return s.RDS.Switchover.Can == model.Holds })
		if err := w.Fault(f.fault, f.target); err != nil {
			t.Fatal(err)
		}
		l.until("no yes with "+f.fault, func(s *board.Snapshot) bool {
			silent := ""
			for i := range s.Seen {
				o := &s.Seen[i]
				if answeredInPart(o, s.RDS) {
					continue
				}
				if o.Source.OfPair() && o.Source.Kind != model.SourceMetrics && (o.Why != "" || o.Freshness(s.At) != board.Live) {
					silent = o.Source.String()
				}
			}
			if silent != "" && s.RDS.Switchover.Can == model.Holds {
				t.Fatalf("%s is silent with %s, and beside it stands: %s", silent, f.fault, s.RDS.Switchover.Says)
			}
			return s.RDS.Switchover.Can != model.Holds
		})
		if err := w.Heal(f.fault, f.target); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAFailoverTakesNoCreditForEarlierDeaths: a job that ended before the connections dropped did not die of it.
func TestAFailoverTakesNoCreditForEarlierDeaths(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 12, Idle: true})
	l := look(t, w)
	if err := w.Fault("client-failing", itsClient); err != nil {
		t.Fatal(err)
	}
	id := queue(t, w, model.Green, "run job="+starts+" level=Full yes")
	meets(t, w, id, []string{"FAILED"})
	w.Clock().Advance(20 * time.Second) // and nothing else
	if err := w.Fault("az-failover", ""); err != nil {
		t.Fatal(err)
	}
	l.until("the failover to be told", func(s *board.Snapshot) bool { return alertOf(s, "rds:failover:") != nil })
	if a := alertOf(l.snap, "rds:failover:"); strings.Contains(a.Says, id+" ") || !strings.Contains(a.Says, "no job died of it") {
		t.Errorf("%s", a.Says)
	}
}

// TestARefusalIsNoOutage: a watch account that is revoked says nothing of what the catalog takes from its Director.
func TestARefusalIsNoOutage(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 2, Idle: true})
	l := look(t, w)
	for _, c := range []struct {
		fault, target, id, says string
		not                     []string
		severity                model.Severity
	}{
		{"catalog-revoked", "green", "standby:green",
			"is read from " + w.Replica().Addr() + ", a read-only standby: " + w.Primary().Addr() + " refuses the credentials (Access denied",
			[]string{"takes no writes", "not answer"}, model.Warn},
		{"catalog-down", "green", "standby:green", "takes no writes: only " + w.Replica().Addr() + " answers, and it is " +
			"read-only; " + w.Primary().Addr() + " does not answer (connection refused", nil, model.Fail},
		{"catalog-revoked", "blue", "source:blue catalog", "blue catalog refuses the " +
			"credentials: ", []string{"not answer", "never answered"}, model.Fail},
		{"director-password", "blue", "source:blue director dir-old", "blue director dir-old refuses the " +
			"credentials: ", []string{"not answer"}, model.Fail},
		{"aws-expired", "", "source:RDS primary", "RDS primary refuses the credentials: ", []string{"not answer"}, model.Warn},
		{"aws-denied", "", "source:RDS primary", "RDS primary does not allow it: ", []string{"not answer"}, model.Warn},
		{"aws-throttled", "", "source:RDS primary", "RDS primary asks for fewer calls: ", []string{"not answer"}, model.Warn},
		{"aws-failing", "", "source:RDS primary", "RDS primary gives no usable answer: ", []string{"not answer"}, model.Warn},
		{"instance-missing", rehearsal.PrimaryID, "source:RDS primary", "RDS primary is not there: ", []string{"not answer"}, model.Warn},
	} {
		if err := w.Fault(c.fault, c.target); err != nil {
			t.Fatal(err)
		}
		l.until(c.fault+" "+c.target+" to be told", func(s *board.Snapshot) bool {
			a := alertOf(s, c.id)
			return a != nil && a.Severity == c.severity && strings.Contains(a.Says, c.says)
		})
		told := alertOf(l.snap, c.id).Says
		for _, e := range l.snap.Events {
			if e.Severity == model.Fail && strings.Contains(e.Says, c.says) {
				told += "\n" + e.Says
			}
		}
		for _, not := range c.not {
			if strings.Contains(told, not) {
				t.Errorf("%s says %q: %s", c.fault, not, told)
			}
		}
		if err := w.Heal(c.fault, c.target); err != nil {
			t.Fatal(err)
		}
		l.until("it to be over", func(s *board.Snapshot) bool { return alertOf(s, c.id) == nil })
	}
}
