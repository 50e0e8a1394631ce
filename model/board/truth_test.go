package board

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

const gtidB = "fb54a210-e63a-11f1-8cc3-02fc00000002"

// A replica that runs is healthy while transactions are under way, however quiet the catalog was before.
func TestTransactionsInFlightAreNoFault(t *testing.T) {
	for name, change := range map[string]func(*model.RDS){
		"not executed yet": func(r *model.RDS) { r.Replica.Server.Value.GTIDs = gtids(t, gtidA+":1-97") },
		"received, not executed yet": func(r *model.RDS) {
			r.Replica.Server.Value.GTIDs = gtids(t, gtidA+":1-97")
			r.Replica.Server.Value.Replication.Lag = model.KnownLag(2 * time.Second)
		},
		"after a quiet hour": func(r *model.RDS) {
			r.Replica.Server.Value.GTIDs = gtids(t, gtidA+":1-99")
			r.Replica.Server.Value.Newest = noon.Add(-time.Hour)
		},
		"by positions": func(r *model.RDS) {
			for _, s := range []*model.Server{&r.Primary.Server.Value, &r.Replica.Server.Value} {
				s.GTIDMode, s.GTIDs = "OFF_PERMISSIVE", model.GTIDSet{}
			}
			r.Primary.Server.Value.BinlogFile, r.Primary.Server.Value.BinlogPos = "binlog.000007", 900
			rep := r.Replica.Server.Value.Replication
			rep.File, rep.Pos, rep.ReadFile, rep.ReadPos = "binlog.000007", 154, "binlog.000007", 900
		},
	} {
		r := wellPair(t)
		change(&r)
		r = judged(r, noon, model.DefaultPolicy(), nil)
		if r.Switchover.Can != model.Holds || r.Emergency.Can != model.Holds {
			t.Errorf("%s: switchover %s; emergency %s", name, r.Switchover.Says, r.Emergency.Says)
		}
	}
}

func TestErrantTransactions(t *testing.T) {
	for name, c := range map[string]struct {
		replica, primary string // what they have executed
		want             string
	}{
		"none":                             {gtidA + ":1-100", gtidA + ":1-100", ""},
		"the primary was asked earlier":    {gtidA + ":1-140", gtidA + ":1-100", ""},
		"somebody wrote there":             {gtidA + ":1-100," + gtidB + ":1-3", gtidA + ":1-100", gtidB + ":1-3"},
		"an old primary's, which both had": {gtidA + ":1-100," + gtidB + ":1-3", gtidA + ":1-100," + gtidB + ":1-3", ""},
		"more than the old primary wrote":  {gtidA + ":1-100," + gtidB + ":1-5", gtidA + ":1-100," + gtidB + ":1-3", gtidB + ":4-5"},
	} {
		r := wellPair(t)
		r.Primary.Server.Value.UUID, r.Replica.Server.Value.UUID = gtidA, gtidB
		r.Replica.Server.Value.GTIDs, r.Primary.Server.Value.GTIDs = gtids(t, c.replica), gtids(t, c.primary)
		r = judged(r, noon, model.DefaultPolicy(), nil)
		if got := r.Distance.Errant.String(); got != c.want || (got == "") != (r.Switchover.Can == model.Holds) {
			t.Errorf("%s: %q, want %q; %s", name, got, c.want, r.Switchover.Says)
		}
	}
}

// One channel that stands makes all of it stand, whichever comes first.
func TestEachChannelIsJudged(t *testing.T) {
	r := wellPair(t)
	well := *r.Replica.Server.Value.Replication
	well.SourceUUID = gtidA
	stopped := model.Replication{
		Channel:    "reports",
		IO:         "Yes",
		SQL:        "No",
		Lag:        model.BrokenLag("SQL thread stopped"),
		Source:     "elsewhere:3306",
		SourceUUID: gtidB,
	}
	for _, channels := range [][]model.Replication{{well, stopped}, {stopped, well}} {
		q := wellPair(t)
		q.Primary.Server.Value.UUID = gtidA
		q.Replica.Server.Value.Channels, q.Replica.Server.Value.Replication = channels, model.WorstStream(channels)
		q = judged(q, noon, model.DefaultPolicy(), nil)
		if q.Switchover.Can == model.Holds || !strings.Contains(q.Switchover.Says, "SQL thread stopped") {
			t.Errorf("switchover: %s", q.Switchover.Says)
		}
	}
}

// A reading that its source has not renewed is no ground for a yes, as soon as the screen calls the source old.
func TestAnOldReadingIsNoYes(t *testing.T) {
	for _, what := range []string{"aws", "server"} {
		for _, primary := range []bool{true, false} {
			r := wellPair(t)
			in := r.Replica
			if primary {
				in = r.Primary
			}
			at := noon.Add(-13 * time.Second)
			if what == "aws" {
				in.AWS.At = at
			} else {
				in.Server.At = at
			}
			r = judged(r, noon, model.DefaultPolicy(), nil)
			if r.Switchover.Can == model.Holds || !primary && r.Emergency.Can == model.Holds {
				t.Errorf("%s of 13 s ago: %s; %s", what, r.Switchover.Says, r.Emergency.Says)
			}
		}
	}
	r := wellPair(t)
	r.Primary.Server.Why, r.Primary.Server.Trouble = "Access denied", model.TroubleRefused
	if r = judged(
		r,
		noon,
		model.DefaultPolicy(),
		nil,
	); !strings.HasPrefix(
		r.Switchover.Says,
		"not proven: the primary's server refuses the credentials",
	) {
		t.Errorf("%s", r.Switchover.Says)
	}
}

func TestWhoDiedOfAFailover(t *testing.T) {
	began := midday.Add(-10 * time.Minute)
	job := func(id uint32, outcome model.Outcome, start time.Time, took time.Duration) model.Job {
		return backup(id, model.Cell{Chain: "chain" + string(rune('0'+id)), Region: "region9", Kind: model.Regular}, outcome, start, took, 1)
	}
	for _, c := range []struct {
		name     string
		job      model.Job
		restarts time.Duration // of the Director, after the failover began
		died     bool
	}{
		{"alive, and ended after it", job(1, model.Failed, began.Add(-time.Minute), 3*time.Minute), -time.Hour, true},
		{"ended in its second", job(1, model.Failed, began.Add(-time.Minute), time.Minute), -time.Hour, true},
		{"ended half a minute before", job(1, model.Failed, began.Add(-time.Minute), 30*time.Second), -time.Hour, false},
		{"ended 2.5 minutes before", job(1, model.Failed, began.Add(-time.Hour), time.Hour-150*time.Second), -time.Hour, false},
		{"began after it", job(1, model.Failed, began.Add(2*time.Minute), time.Minute), -time.Hour, false},
		{"lost when its Director was restarted an hour before", job(1, model.Lost, began.Add(-2*time.Hour), 0), -time.Hour, false},
		{"lost when its Director was restarted after it", job(1, model.Lost, began.Add(-2*time.Hour), 0), 4 * time.Minute, true},
	} {
		w := newBoard(t, midday)
		w.Walked(model.Green)
		if c.job.Outcome == model.Lost {
			c.job = lostRow(c.job)
		}
		w.Board.Director(
			model.Green,
			DirectorTruth{Directors: []model.Director{{Name: "dir", Active: true, Started: began.Add(c.restarts)}}, At: midday, Live: true},
			nil,
		)
		w.Catalog(model.Green, model.Catalog{}, []model.Job{c.job}, nil, midday)
		w.RDS(rdsPair(
			model.KnownLag(0),
			midday,
			model.RDSEvent{At: began, Instance: "bacula", Categories: []string{"failover"}, Says: "Multi-AZ instance failover started."},
			model.RDSEvent{
				At:         began.Add(time.Minute),
				Instance:   "bacula",
				Categories: []string{"failover"},
				Says:       "Multi-AZ instance failover completed.",
			},
		))
		a := rdsAlert(w.Snapshot(midday), "failover")
		if a == nil || strings.Contains(a.Says, "1 job died") != c.died || !strings.HasPrefix(a.Says, "bacula failed over at 11:50:00 UTC") {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
}

func TestNothingInTheJSONIsNull(t *testing.T) {
	w := New("test", "", newBoard(t, midday).inv, model.DefaultPolicy(), [2]*time.Location{time.UTC, time.UTC})
	w.RDS(func(r *model.RDS) {
		r.Primary, r.Replica = &model.Instance{ID: "bacula"}, &model.Instance{ID: "bacula-replica"}
	})
	w.Source(
		Sighting{
			Source:  model.Source{Kind: model.SourceInstance, Name: "primary"},
			Every:   time.Second,
			Tried:   midday,
			Why:     "no answer",
			Trouble: model.TroubleSilent,
		},
	)
	s := w.Snapshot(midday)
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, not := range []string{"null", "0001-01-01", `"last_24h"`, `"catalog":{`, `"missed_7d"`} {
		if strings.Contains(string(b), not) {
			at := strings.Index(string(b), not)
			t.Errorf("%s: ...%s", not, b[max(0, at-80):at+20])
		}
	}
	for _, a := range s.Alerts {
		if strings.HasPrefix(a.ID, "source:RDS") && a.Cluster != nil {
			t.Errorf("%s is of %s", a.ID, a.Cluster)
		}
	}
}

// A position that could not be read is no position, and without GTIDs nobody knows what a replica has of its own.
func TestWithoutGTIDsNothingIsMadeUp(t *testing.T) {
	pair := func(at uint64) model.RDS {
		r := wellPair(t)
		for _, s := range []*model.Server{&r.Primary.Server.Value, &r.Replica.Server.Value} {
			s.GTIDMode, s.GTIDs = "OFF", model.GTIDSet{}
		}
		r.Primary.Server.Value.BinlogFile, r.Primary.Server.Value.BinlogPos = "binlog.000007", at
		rep := r.Replica.Server.Value.Replication
		rep.File, rep.Pos, rep.ReadFile, rep.ReadPos = "binlog.000007", at, "binlog.000007", at
		return judged(r, noon, model.DefaultPolicy(), nil)
	}
	for at, want := range map[uint64]bool{154: true, 0: false} {
		r := pair(at)
		if r.Distance.Known != want || r.Emergency.Loss.None != want {
			t.Errorf("at %d: %+v, would lose %s", at, r.Distance, r.Emergency.Loss.Says)
		}
		for _, c := range r.Switchover.Checks {
			if c.ID == "replica-errant" && c.Verdict != model.Unknown {
				t.Errorf("at %d it is said to have nothing of its own: %s %s", at, c.Verdict, c.Value)
			}
		}
	}
}

// TestAFailoverTakesNoCreditForAnEarlierRestart: a job is lost by the start of its Director that was noted then, whatever other one follows
// upon a failover.
func TestAFailoverTakesNoCreditForAnEarlierRestart(t *testing.T) {
	w := newBoard(t, midday)
	row := backup(7, cellA, model.Running, midday.Add(-time.Hour), 0, 0)
	w.Catalog(model.Green, model.Catalog{}, []model.Job{row}, nil, w.now)
	w.ring(model.Green, nil, row)
	w.Snapshot(w.now)
	for n, at := range []time.Time{midday.Add(10 * time.Minute), midday.Add(3 * time.Hour)} {
		w.now = at
		d := w.sides[model.Green].director
		d.Directors = []model.Director{{Name: "dir-green", Active: true, PID: 2 + n, Started: at, Reloaded: at}}
		d.Running, d.Ended, d.At, d.Live = nil, nil, w.now, true
		w.Director(model.Green, d, w.everyCell())
		w.passes(model.Green, 20*time.Second, lostRow(row))
	}
	w.RDS(rdsPair(model.KnownLag(0), w.now, model.RDSEvent{At: midday.Add(3*time.Hour - time.Minute), Instance: "bacula",
		Categories: []string{"failover"}, Says: "Multi-AZ instance failover completed."}))
	s := w.Snapshot(w.now)
	if a := rdsAlert(s, "failover"); a == nil || !strings.Contains(a.Says, "no job died of it") {
		t.Errorf("%+v", a)
	}
	if a := alertOf(s, "job:green:"+row.Key.Job); a == nil || !strings.Contains(a.Brief, "Director started 12:10 UTC") {
		t.Errorf("%+v", a)
	}
}
