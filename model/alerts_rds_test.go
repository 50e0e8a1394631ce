package model

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// rdsPair is a pair that answers, with its replica's own lag.
func rdsPair(lag Lag, at time.Time, events ...RDSEvent) func(*RDS) {
	return func(r *RDS) {
		d := Description{ResourceID: "db-A", Status: "available"}
		r.Primary = &Instance{ID: "bacula", AWS: Reading[Description]{Value: d, At: at}}
		d.ResourceID, d.Source = "db-B", "bacula"
		r.Replica = &Instance{ID: "bacula-replica", AWS: Reading[Description]{Value: d, At: at},
			Server: Reading[Server]{Value: Server{Replication: &Replication{Lag: lag, IO: "Yes", SQL: "Yes"}}, At: at}}
		r.Events = events
	}
}

func rdsAlert(s *Snapshot, part string) *Alert {
	for i := range s.Alerts {
		if strings.HasPrefix(s.Alerts[i].ID, "rds:") && strings.Contains(s.Alerts[i].ID, part) {
			return &s.Alerts[i]
		}
	}
	return nil
}

func TestAFailoverNamesWhatDiedOfIt(t *testing.T) {
	w := newBoard(t, midday)
	cellB := Cell{"chain2", "region1", Immutable}
	failover := RDSEvent{At: midday, Instance: "bacula", Categories: []string{"failover"}, Says: "Multi-AZ instance failover started."}
	w.RDS(rdsPair(KnownLag(0), midday, failover))
	w.Catalog(Green, Catalog{}, []Job{
		backup(1, cellA, OK, midday.Add(-20*time.Hour), time.Minute, 10),
		backup(2, cellA, Failed, midday.Add(-10*time.Minute), 11*time.Minute, 1),
		backup(3, cellB, Failed, midday.Add(-3*time.Hour), time.Minute, 1), // long before
		backup(4, Cell{"chain2", "region2", Regular}, OK, midday.Add(-time.Minute), 5*time.Minute, 1),
	}, nil, midday)
	w.now = midday.Add(6 * time.Minute)
	a := rdsAlert(w.Snapshot(w.now), "failover")
	if a == nil || a.Severity != Fail {
		t.Fatalf("no alert: %+v", a)
	}
	for _, want := range []string{"1 job died", "2 chain1 region1 regular", "breaks its promise at 20 Nov 18:01 UTC"} {
		if !strings.Contains(a.Says, want) {
			t.Errorf("it does not say %q: %s", want, a.Says)
		}
	}
	for _, other := range w.Snapshot(w.now).Alerts {
		if other.Job != nil && slices.Contains(a.Jobs, *other.Job) {
			t.Errorf("what died is told twice: %+v", other)
		}
	}
	if len(a.Jobs) != 1 {
		t.Errorf("it tells of %v", a.Jobs)
	}
	w.Catalog(Green, Catalog{}, []Job{backup(5, cellA, OK, midday.Add(5*time.Minute), time.Minute, 10)}, nil, w.now)
	if a := rdsAlert(w.Snapshot(w.now), "failover"); a == nil || a.Severity == Fail || !strings.Contains(a.Says, "no job died") {
		t.Errorf("after it ran again: %+v", a)
	}
	w.now = midday.Add(failoverTold + time.Hour)
	w.answers(Green, "")
	if a := rdsAlert(w.Snapshot(w.now), "failover"); a != nil {
		t.Errorf("still told after %s: %+v", failoverTold, a)
	}
}

func TestLagAlerts(t *testing.T) {
	for _, c := range []struct {
		lag  Lag
		age  time.Duration
		want string
		sev  Severity
	}{
		{KnownLag(0), 0, "", Info},
		{KnownLag(9 * time.Second), 0, "9 s behind", Warn},
		{BrokenLag("the SQL thread is stopped"), 0, "the SQL thread is stopped", Fail},
		{KnownLag(9 * time.Second), time.Hour, "", Info}, // too old to say anything: the source's own alert says so
	} {
		w := newBoard(t, midday)
		w.RDS(rdsPair(c.lag, midday.Add(-c.age)))
		a := rdsAlert(w.Snapshot(midday), "lag")
		switch {
		case c.want == "" && a != nil:
			t.Errorf("%v: %+v", c.lag, a)
		case c.want != "" && (a == nil || !strings.Contains(a.Says, c.want) || a.Severity != c.sev):
			t.Errorf("%v: %+v", c.lag, a)
		}
	}
}

func TestAnInstanceThatIsNotTheOne(t *testing.T) {
	w := newBoard(t, midday)
	w.RDS(func(r *RDS) {
		rdsPair(KnownLag(0), midday)(r)
		r.Primary.AWS.Value.Recreated, r.Replica.AWS.Value.Status = "db-OLD", "storage-full"
		r.Primary.Key = Reading[Key]{Value: Key{State: "Disabled", Why: "Disabled"}, At: midday}
	})
	s := w.Snapshot(midday)
	for _, part := range []string{"recreated:bacula", "status:bacula-replica", "key:bacula"} {
		if a := rdsAlert(s, part); a == nil || a.Severity != Fail || a.Do == "" {
			t.Errorf("%s: %+v", part, a)
		}
	}
}
