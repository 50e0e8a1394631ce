package ui

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/ui/draw"
)

func series(n int, step time.Duration, f func(i int) float64) model.Series {
	var s model.Series
	for i := range n {
		if v := f(i); !math.IsNaN(v) {
			s = append(s, model.Point{At: before(time.Duration(n-1-i)*step + 40*time.Second), Value: v})
		}
	}
	return s
}

func wave(low, high float64) func(int) float64 {
	return func(i int) float64 { return low + (high-low)*(1+math.Sin(float64(i)/4))/2 }
}

// paired is trouble with a healthy RDS pair.
func paired() world {
	w := trouble(250)
	instance := func(role, region, az string) *model.Instance {
		i := &model.Instance{ID: "bacula-" + role, Region: region}
		i.AWS = model.Reading[model.Description]{At: before(2 * time.Second),
			Value: model.Description{ResourceID: "db-1", Class: "db.r7g.2xlarge", Status: "available", Engine: "mysql", Version: "8.4.5",
				AZ: az, SecondaryAZ: region + "c", MultiAZ: role == "primary",
				Storage: model.Storage{Type: "gp3", GiB: 400, IOPS: 12000, MBps: 500}, ParameterGroup: "bacula-8-4",
				ParameterStatus: "in-sync",
				Retention:       7, Protected: true, Encrypted: true, CA: "rds-ca-rsa2048-g1", CertUntil: noon.Add(400 * day),
				Window: "sun:03:00-sun:04:00"}}
		i.Key = model.Reading[model.Key]{At: before(2 * time.Second), Value: model.Key{State: "Enabled", Usable: true, MultiRegion: true}}
		i.Metrics = model.Reading[model.Metrics]{At: before(30 * time.Second),
			Value: model.Metrics{CPU: series(60, time.Minute, wave(4, 40)), Connections: series(60, time.Minute, wave(190, 204)),
				ReadIOPS: series(60, time.Minute, wave(100, 410)), WriteIOPS: series(60, time.Minute, wave(20, 88)),
				ReadLatency: series(60, time.Minute, wave(0.0004, 0.0009)), WriteLatency: series(60, time.Minute, wave(0.001, 0.002)),
				ReadBytes: series(60, time.Minute, wave(1e6, 9e6)), WriteBytes: series(60, time.Minute, wave(1e5, 2e6)),
				FreeMemory: series(60, time.Minute, wave(30e9, 31e9)), FreeStorage: series(60, time.Minute, wave(260e9, 262e9)),
				Queue: series(60, time.Minute, wave(0, 1))}}
		i.Server = model.Reading[model.Server]{At: before(time.Second),
			Value: model.Server{Version: "8.4.5", Uptime: 40 * day, GTIDMode: "ON", Connections: 204, MaxConnections: 2000, Director: 198,
				Running: 24, QPS: 92,
				Accounts: []model.Account{{User: "bacula", Connections: 198}, {User: "switchyard", Connections: 2}}}}
		return i
	}
	p, r := instance("primary", "eu-west-1", "eu-west-1b"), instance("replica", "eu-central-1", "eu-central-1a")
	r.AWS.Value.Source, r.AWS.Value.Replication, r.AWS.Value.Replicating = "bacula-primary", "replicating", true
	r.Lag = model.Reading[model.Lag]{Value: model.KnownLag(time.Second), At: before(72 * time.Second)}
	r.Server.Value.ReadOnly = true
	r.Server.Value.Replication = &model.Replication{Lag: model.KnownLag(0), IO: "Yes", SQL: "Yes", Source: "bacula-primary:3306"}
	r.Server.Value.Behind = series(90, 10*time.Second, func(i int) float64 {
		if i > 70 && i < 75 {
			return math.NaN()
		}
		return max(0, float64(i%31)-24)
	})
	w.RDS = &model.RDS{Primary: p, Replica: r, Distance: model.Distance{Known: true, At: before(time.Second)},
		ParityAt: before(3 * time.Second),
		Parity:   []model.Difference{{What: "parameter max_connections", Primary: "2000", Replica: "1000"}},
		Switchover: model.Takeover{Can: model.Fails, Says: "no: the replica's parameters differ (1)",
			Loss: model.Loss{Known: true, None: true, Says: "nothing"},
			Checks: []model.Check{{Says: "parameters agree", Value: "1 differs", Limit: "0", Verdict: model.Fails, Bar: model.Override,
				At: before(3 * time.Second)}, {Says: "the replica is available", Value: "available", Verdict: model.Holds,
				At: before(2 * time.Second)}}},
		Emergency: model.Takeover{Can: model.Holds, Says: "yes",
			Loss:   model.Loss{Known: true, Says: "what was written after 12:04:30 UTC, 0 ended jobs"},
			Checks: []model.Check{{Says: "the key is usable", Verdict: model.Unknown, Value: "KMS did not answer", Bar: model.Block}}},
		Events: []model.RDSEvent{{At: before(50 * time.Minute), Instance: "bacula-primary", Region: "eu-west-1",
			Says: "Finished DB Instance backup"},
			{At: before(44 * time.Minute), Instance: "bacula-primary", Says: "Multi-AZ instance failover completed",
				Severity: model.Warn}}}
	kinds := []model.SourceKind{model.SourceInstance, model.SourceSettings, model.SourceServer}
	every := []time.Duration{5 * time.Second, 10 * time.Minute, 3 * time.Second}
	for _, name := range []string{"primary", "replica"} {
		for i, kind := range kinds {
			w.Seen = append(w.Seen, board.Sighting{Source: model.Source{Kind: kind, Name: name}, At: before(time.Second), Every: every[i]})
		}
	}
	for _, region := range []string{"eu-west-1"} {
		w.Seen = append(w.Seen, board.Sighting{Source: model.Source{Kind: model.SourceMetrics, Name: region}, At: before(time.Second),
			Every: every[0]})
	}
	return w
}

// severed is paired with the replica's region out of reach and replication broken before that.
func severed() world {
	w := paired()
	r := *w.RDS
	rep := *r.Replica
	rep.Server.Why, rep.AWS.Why = "no answer in time", "RequestTimeout"
	rep.AWS.Value.Status = "storage-optimization"
	rep.Lag = model.Reading[model.Lag]{Value: model.BrokenLag("not replicating"), At: before(5 * time.Minute)}
	rep.Key.Value = model.Key{State: "PendingDeletion"}
	r.Replica, r.Parity, r.ParityAt = &rep, nil, time.Time{}
	r.Distance = model.Distance{Why: "the replica's server did not answer"}
	r.Switchover.Can, r.Switchover.Says = model.Fails, "no: the replica's server does not answer, and 3 more"
	r.Emergency.Can, r.Emergency.Says, r.Emergency.Loss.Says = model.Unknown, "unknown: the replica's server does not answer",
		"what was written after 11:59:00 UTC, 12 ended jobs"
	w.RDS = &r
	for i := range w.Seen {
		if s := &w.Seen[i]; s.Source.Name == "replica" && s.Source.Kind != model.SourceSettings {
			s.At, s.Since, s.Why = before(3*time.Minute), before(3*time.Minute), "no answer in time"
		}
	}
	return w
}

func TestRDSScenes(t *testing.T) {
	for _, size := range append(sizes, [2]int{80, 50}, [2]int{100, 30}) {
		d := watch(t, size[0], size[1], paired().Snapshot)
		golden(t, fmt.Sprintf("rds-%dx%d", size[0], size[1]), d.screen())
		d.take(severed().Snapshot)
		d.see("2 GREEN", "3 min OLD")
		golden(t, fmt.Sprintf("rds-severed-%dx%d", size[0], size[1]), d.screen())
	}
	d := watch(t, 120, 40, paired().Snapshot)
	d.press("4", "enter")
	golden(t, "rds-page-120x40", d.screen())
	d.press("G")
	d.see("Finished DB Instance backup")
}

// TestVerdictThatIsLeftOutlastsTheOther: where the pane has room for one of the two, it is the one that leaves something to do.
func TestVerdictThatIsLeftOutlastsTheOther(t *testing.T) {
	w := severed()
	d := watch(t, 80, 24, w.Snapshot)
	d.see("emergency ? unknown: the replica")
	d.gone("switchover")
	r := *w.RDS
	r.Switchover.Can, r.Switchover.Says = model.Holds, "yes, without loss"
	w.RDS, w.Rev = &r, w.Rev+1
	d.take(w.Snapshot)
	d.see("switchover ✓ yes, without loss")
	d.gone("emergency")
}

// TestTakeoverOnReasonIsNoRefusal: the pane and its page give it the glyph that the page of failovers does.
func TestTakeoverOnReasonIsNoRefusal(t *testing.T) {
	w := paired()
	r := *w.RDS
	r.Switchover.Object([]model.Objection{{Of: "jobs", Says: "jobs of green run", Bar: model.Override, Verdict: model.Fails}})
	r.Emergency.Object([]model.Objection{{Of: "jobs", Says: "jobs of green run", Bar: model.Override, Verdict: model.Fails},
		{Of: "key", Says: "its key is disabled", Bar: model.Block, Verdict: model.Fails}})
	w.RDS = &r
	d := watch(t, 120, 40, w.Snapshot)
	for range 2 {
		d.see("! only with a reason: jobs of", "✗ no: its key is disabled, and 1 more")
		d.gone("✗ only with a reason")
		d.press("4", "enter")
	}
}

// The pane comes and goes with the data, and never ages the green cluster.
func TestRDSHasItsOwnTroubles(t *testing.T) {
	d := watch(t, 120, 40, trouble(250).Snapshot)
	d.gone("4 RDS")
	d.take(severed().Snapshot)
	d.see("4 RDS", "! replica: no answer in time, since 12:01", "io ?  sql ?", "█ ≤3 s, ? unknown")
	if r := d.row("2 GREEN"); !strings.Contains(r, "live ─┐") {
		t.Fatalf("the green cluster is aged by RDS: %s", r)
	}
	d.press("4", "z")
	d.see("✗ PendingDeletion", "GTID distance ?")
	d.press("j", "G", "o", "n", "/")
	d.see("this pane has no rows")
	d.take(trouble(250).Snapshot)
	d.gone("4 RDS")
	d.press("4")
	d.see("no RDS instance is configured")
}

func TestLagIsNeverABareNumber(t *testing.T) {
	i := &model.Instance{}
	for _, c := range []struct {
		set  func()
		want string
	}{
		{func() {}, "? unknown"},
		{func() { i.Server.At = noon }, "✗ broken: it replicates from nobody"},
		{func() { i.Server.Value.Replication = &model.Replication{Lag: model.KnownLag(3 * time.Second)} }, "3 s"},
		{func() { i.Server.Value.Replication.Lag = model.KnownLag(-1) }, "✗ broken: not replicating"},
		{func() { i.Server.Why = "timeout" }, "? unknown"},
	} {
		c.set()
		if got := lagPiece(ownLag(i)).Text; got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestGraphsKeepGaps(t *testing.T) {
	s := model.Series{{At: before(3 * time.Minute), Value: 8}, {At: before(time.Minute), Value: 4}}
	shows := func(s model.Series, n int, now time.Time) string { return draw.Spark(counts(s).columns(n, now), n, 0) }
	if got := shows(s, 4, noon); got != " █ ▅" {
		t.Errorf("got %q", got)
	}
	if got := shows(s, 4, noon.Add(3*time.Minute)); got != "    " {
		t.Errorf("a series that ended shows %q", got)
	}
	if got := shows(nil, 3, noon); got != "   " {
		t.Errorf("nothing shows %q", got)
	}
}

// A graph tells its largest value wherever its line has room for it, or it has columns to give, and never at the cost of what stands beside
// it.
func TestGraphsTellTheirLargestValue(t *testing.T) {
	var s model.Series
	for n := range 60 {
		s = append(s, model.Point{At: before(time.Duration(59-n) * time.Minute), Value: float64(100 + n*n%37)})
	}
	rapid.Check(t, func(rt *rapid.T) {
		n, w := rapid.IntRange(leastGraph, 60).Draw(rt, "columns"), rapid.IntRange(20, 120).Draw(rt, "width")
		series := s[len(s)-rapid.IntRange(0, 60).Draw(rt, "points"):]
		before, after := text("  iops "), text(" 12 r 34 w")
		pieces := counts(series).beside([]draw.Piece{before}, n, w, noon, after)
		whole := draw.PiecesText(pieces)
		if pieces[0] != before || pieces[len(pieces)-1] != after {
			rt.Fatalf("%q lost what stands beside it", whole)
		}
		columns, label := draw.Width(pieces[1].Text), pieces[2].Text
		if columns > n || columns < leastGraph || columns+draw.Width(label) > max(n, w-17) {
			rt.Fatalf("%q in %d columns for %d of %d", whole, columns, n, w)
		}
		most := 0.0
		for _, p := range series[max(0, len(series)-columns):] {
			most = max(most, p.Value)
		}
		switch {
		case len(series) == 0:
			if label != "" {
				rt.Fatalf("%q tells of nothing", whole)
			}
		case label == "":
			if n >= leastGraph+6 || w-17-n >= 6 {
				rt.Fatalf("%q has room and tells nothing", whole)
			}
		case label != fmt.Sprintf(" ≤%.0f,", most):
			rt.Fatalf("%q of at most %v", whole, most)
		}
	})
}
