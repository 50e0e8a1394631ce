package board

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// rdsPair is a pair that answers, with its replica's own lag.
func rdsPair(lag model.Lag, at time.Time, events ...model.RDSEvent) func(*model.RDS) {
	return func(r *model.RDS) {
		d := model.Description{ResourceID: "db-A", Status: "available"}
		r.Primary = &model.Instance{ID: "bacula", AWS: model.Reading[model.Description]{Value: d, At: at}}
		d.ResourceID, d.Source = "db-B", "bacula"
		r.Replica = &model.Instance{ID: "bacula-replica", AWS: model.Reading[model.Description]{Value: d, At: at},
			Server: model.Reading[model.Server]{Value: model.Server{Replication: &model.Replication{Lag: lag, IO: "Yes", SQL: "Yes"}}, At: at}}
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
	cellB := model.Cell{Chain: "chain2", Region: "region1", Kind: model.Immutable}
	failover := model.RDSEvent{At: midday, Instance: "bacula", Categories: []string{"failover"}, Says: "Multi-AZ instance failover started."}
	w.RDS(rdsPair(model.KnownLag(0), midday, failover))
	w.Catalog(model.Green, model.Catalog{}, []model.Job{
		backup(1, cellA, model.OK, midday.Add(-20*time.Hour), time.Minute, 10),
		backup(2, cellA, model.Failed, midday.Add(-10*time.Minute), 11*time.Minute, 1),
		backup(3, cellB, model.Failed, midday.Add(-3*time.Hour), time.Minute, 1), // long before
		backup(4, model.Cell{Chain: "chain2", Region: "region2", Kind: model.Regular}, model.OK, midday.Add(-time.Minute), 5*time.Minute, 1),
	}, nil, midday)
	w.now = midday.Add(6 * time.Minute)
	a := rdsAlert(w.Snapshot(w.now), "failover")
	if a == nil || a.Severity != model.Fail {
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
	w.Catalog(model.Green, model.Catalog{}, []model.Job{backup(5, cellA, model.OK, midday.Add(5*time.Minute), time.Minute, 10)}, nil, w.now)
	if a := rdsAlert(w.Snapshot(w.now), "failover"); a == nil || a.Severity != model.Fail || !strings.Contains(a.Says, "no job died") {
		t.Errorf("after it ran again, and before its end is told: %+v", a)
	}
	done := model.RDSEvent{
		At:         midday.Add(time.Minute),
		Instance:   "bacula",
		Categories: []string{"failover"},
		Says:       "Multi-AZ instance failover completed",
	}
	w.RDS(rdsPair(model.KnownLag(0), midday, failover, done))
	if a := rdsAlert(w.Snapshot(w.now), "failover"); a == nil || a.Severity == model.Fail || !strings.Contains(a.Says, "no job died") {
		t.Errorf("after its end: %+v", a)
	}
	w.now = midday.Add(failoverTold + time.Hour)
	w.answers(model.Green, "")
	if a := rdsAlert(w.Snapshot(w.now), "failover"); a != nil {
		t.Errorf("still told after %s: %+v", failoverTold, a)
	}
}

// Whose promise breaks first is named first; what is not named has an alert of its own.
func TestAFailoverLosesNoJob(t *testing.T) {
	var ps []model.Placement
	for i := range keptAlerts + 3 {
		ps = append(
			ps,
			model.Placement{Cell: model.Cell{Chain: fmt.Sprintf("chain%02d", i), Region: "region1", Kind: model.Regular}, Promise: 26 * time.Hour},
		)
	}
	ps[1].Promise = 0
	inv, err := model.NewInventory(ps)
	if err != nil {
		t.Fatal(err)
	}
	b := New("test", "", inv, model.DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC})
	b.RDS(rdsPair(model.KnownLag(0), midday, model.RDSEvent{At: midday, Instance: "bacula", Categories: []string{"failover"}}))
	var jobs []model.Job
	for i, p := range ps {
		if i > 0 { // the first never had a good one
			jobs = append(jobs, backup(uint32(100+i), p.Cell, model.OK, midday.Add(time.Duration(-i)*time.Minute-20*time.Hour), time.Minute, 10))
		}
		jobs = append(jobs, backup(uint32(200+i), p.Cell, model.Failed, midday.Add(-10*time.Minute), 11*time.Minute, 1))
	}
	b.Catalog(model.Green, model.Catalog{}, jobs, nil, midday)
	s := b.Snapshot(midday.Add(5 * time.Minute))
	a := rdsAlert(s, "failover")
	if a == nil || len(a.Jobs) != keptAlerts || !strings.HasSuffix(a.Says, " and 3 more") ||
		!strings.Contains(
			a.Says,
			fmt.Sprintf(
				"%d jobs died: 200 chain00 region1 regular has no good backup, %d chain%02d region1 regular breaks",
				len(ps),
				199+len(ps),
				len(ps)-1,
			),
		) {
		t.Fatalf("%+v", a)
	}
	told := map[model.JobKey]bool{}
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
		lag  model.Lag
		age  time.Duration
		want string
		sev  model.Severity
	}{
		{model.KnownLag(0), 0, "", model.Info},
		{model.KnownLag(9 * time.Second), 0, "9 s behind", model.Warn},
		{model.BrokenLag("the SQL thread is stopped"), 0, "the SQL thread is stopped", model.Fail},
		{model.KnownLag(9 * time.Second), time.Hour, "", model.Info}, // too old to say anything: the source's own alert says so
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

// A replica that is delayed on purpose is told also while nothing is written, when its lag is 0.
func TestADelayOnPurposeIsTold(t *testing.T) {
	for delay, want := range map[time.Duration]string{0: "", time.Hour: "the replica is delayed by 1h on purpose"} {
		w := newBoard(t, midday)
		w.RDS(rdsPair(model.KnownLag(0), midday))
		w.RDS(func(r *model.RDS) {
			rep := *r.Replica.Server.Value.Replication
			rep.Delay = delay
			r.Replica.Server.Value.Replication = &rep
		})
		says := ""
		if a := rdsAlert(w.Snapshot(midday), "rds:lag"); a != nil {
			says = a.Says
		}
		if says != want {
			t.Errorf("delayed by %v: %q", delay, says)
		}
	}
}

func TestAnInstanceThatIsNotTheOne(t *testing.T) {
	w := newBoard(t, midday)
	w.RDS(func(r *model.RDS) {
		rdsPair(model.KnownLag(0), midday)(r)
		r.Primary.AWS.Value.Recreated, r.Replica.AWS.Value.Status = "db-OLD", "storage-full"
		r.Primary.Key = model.Reading[model.Key]{Value: model.Key{State: "Disabled", Why: "Disabled"}, At: midday}
	})
	s := w.Snapshot(midday)
	for _, part := range []string{"recreated:bacula", "status:bacula-replica", "key:bacula"} {
		if a := rdsAlert(s, part); a == nil || a.Severity != model.Fail || a.Do == "" {
			t.Errorf("%s: %+v", part, a)
		}
	}
}

// TestAReplicationThatStandsIsToldOnce by the replica's own word where there is one, and is not to be rebuilt for it.
func TestAReplicationThatStandsIsToldOnce(t *testing.T) {
	for _, x := range []struct {
		name, aws string
		lag       model.Lag
		ids       []string
		do        string // of the first
	}{
		{"both say so", "error", model.BrokenLag("SQL thread stopped"), []string{"rds:lag"}, "see SHOW REPLICA STATUS"},
		{"AWS alone", "error", model.KnownLag(0), []string{"rds:replica:bacula-replica"}, "see SHOW REPLICA STATUS and its events"},
		{"it is stopped", "stopped", model.KnownLag(0), []string{"rds:replica:bacula-replica"}, "see SHOW REPLICA STATUS and its events"},
		{"it ended for good", "terminated", model.KnownLag(0), []string{"rds:replica:bacula-replica"}, "see what became of it, and rebuild it"},
		{"it ended for good, and stands", "terminated", model.BrokenLag("SQL thread stopped"), []string{"rds:lag", "rds:replica:bacula-replica"},
			"see SHOW REPLICA STATUS"},
		{"nobody may ask", "", model.UnknownLag("the account may not ask"), []string{"rds:replica:bacula-replica"},
			"grant the watcher that right, on the replica"},
		{"nobody may ask, and it ended for good", "terminated", model.UnknownLag("the account may not ask"),
			[]string{"rds:replica:bacula-replica"}, "see what became of it, and rebuild it"},
	} {
		t.Run(x.name, func(t *testing.T) {
			w := newBoard(t, midday)
			w.RDS(func(r *model.RDS) {
				rdsPair(x.lag, midday)(r)
				r.Replica.AWS.Value.Replication, r.Replica.Server.Value.ReadOnly = x.aws, true
				r.Replica.AWS.Value.Replicating = x.aws == ""
			})
			var ids []string
			do := ""
			for _, a := range w.Snapshot(midday).Alerts {
				if strings.HasPrefix(a.ID, "rds:lag") || strings.HasPrefix(a.ID, "rds:replica") {
					if ids = append(ids, a.ID); len(ids) == 1 {
						do = a.Do
					}
				}
			}
			if !slices.Equal(ids, x.ids) || !strings.HasPrefix(do, x.do) {
				t.Errorf("%v: %q", ids, do)
			}
		})
	}
}

// A primary without a replica is judged as well: that its server is not what AWS says of it is told, and nothing else of a pair.
func TestAPrimaryAloneIsJudged(t *testing.T) {
	w := newBoard(t, midday)
	w.RDS(func(r *model.RDS) {
		r.Primary = &model.Instance{ID: "bacula",
			AWS:    model.Reading[model.Description]{Value: model.Description{ResourceID: "db-A", Status: "available"}, At: midday},
			Server: model.Reading[model.Server]{Value: model.Server{Version: "8.4.3", ReadOnly: true}, At: midday}}
	})
	if a := rdsAlert(w.Snapshot(midday), "wrong:primary-role"); a == nil || a.Severity != model.Fail ||
		!strings.Contains(a.Says, "takes no writes") {
		t.Errorf("AWS calls it a primary, and it takes no writes: %+v", a)
	}
}
