package model

import (
	"fmt"
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

// Whose promise breaks first is named first; what is not named has an alert of its own.
func TestAFailoverLosesNoJob(t *testing.T) {
	var ps []Placement
	for i := range keptAlerts + 3 {
		ps = append(ps, Placement{Cell: Cell{fmt.Sprintf("chain%02d", i), "region1", Regular}, Promise: 26 * time.Hour})
	}
	ps[1].Promise = 0
	inv, err := NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBoard("test", "", inv, DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC})
	b.RDS(rdsPair(KnownLag(0), midday, RDSEvent{At: midday, Instance: "bacula", Categories: []string{"failover"}}))
	var jobs []Job
	for i, p := range ps {
		if i > 0 { // the first never had a good one
			jobs = append(jobs, backup(uint32(100+i), p.Cell, OK, midday.Add(time.Duration(-i)*time.Minute-20*time.Hour), time.Minute, 10))
		}
		jobs = append(jobs, backup(uint32(200+i), p.Cell, Failed, midday.Add(-10*time.Minute), 11*time.Minute, 1))
	}
	b.Catalog(Green, Catalog{}, jobs, nil, midday)
	s := b.Snapshot(midday.Add(5 * time.Minute))
	a := rdsAlert(s, "failover")
	if a == nil || len(a.Jobs) != keptAlerts || !strings.HasSuffix(a.Says, " and 3 more") ||
		!strings.Contains(a.Says, fmt.Sprintf("%d jobs died: 200 chain00 region1 regular has no good backup, %d chain%02d region1 regular breaks", len(ps), 199+len(ps), len(ps)-1)) {
		t.Fatalf("%+v", a)
	}
	told := map[JobKey]bool{}
	for _, key := range a.Jobs {
		told[key] = true
	}
	for _, other := range s.Alerts {
		if other.Job != nil {
			told[*other.Job] = true
		}
	}
	if len(told) != len(ps) || strings.Contains(a.Says, "201 ") { // 201 has no promise: nothing hurries
		t.Errorf("%d of %d are told: %s", len(told), len(ps), a.Says)
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
