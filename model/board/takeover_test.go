package board

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

const gtidA = "fb54a210-e63a-11f1-8cc3-02fc00000001"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func gtids(t interface{ Fatal(...any) }, text string) model.GTIDSet {
	s, err := model.ParseGTIDs(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// wellPair is a pair in which everything is as it should be, read two seconds before noon.
func wellPair(t interface{ Fatal(...any) }) model.RDS {
	at := noon.Add(-2 * time.Second)
	instance := func(id, region, source string) *model.Instance {
		d := model.Description{
			ResourceID: "db-" + id, Class: "db.r7g.2xlarge", Status: "available", Engine: "mysql", Version: "8.4.11", MultiAZ: true, Source: source,
			Storage: model.Storage{Type: "gp3", GiB: 400, IOPS: 12000, MBps: 500}, ParameterGroup: id, ParameterStatus: "in-sync",
			Retention: 7, Protected: true, IAM: true, Encrypted: true,
		}
		s := model.Server{
			Version:  "8.4.11",
			GTIDMode: "ON",
			GTIDs:    gtids(t, gtidA+":1-100"),
			Newest:   noon.Add(-30 * time.Second),
			ReadOnly: source != "",
		}
		if source != "" {
			d.Replication, d.Replicating = "replicating", true
			s.Replication = &model.Replication{Lag: model.KnownLag(0), IO: "Yes", SQL: "Yes", Retrieved: gtids(t, gtidA+":90-100")}
		}
		return &model.Instance{
			ID:     id,
			Region: region,
			AWS:    model.Reading[model.Description]{Value: d, At: at},
			Key:    model.Reading[model.Key]{Value: model.Key{State: "Enabled", Usable: true}, At: at},
			Group: model.Reading[model.ParameterGroup]{
				Value: model.ParameterGroup{Name: id, Values: []model.Parameter{{Name: "read_only", Value: "{TrueIfReplica}"}}},
				At:    at,
			},
			Server: model.Reading[model.Server]{Value: s, At: at},
		}
	}
	return model.RDS{
		Primary: instance("bacula", "eu-west-1", ""),
		Replica: instance("bacula-dr", "eu-central-1", "arn:aws:rds:eu-west-1:123456789012:db:bacula"),
	}
}

func TestTakeoverInOneLine(t *testing.T) {
	ended := []model.Job{{End: noon.Add(-10 * time.Second)}, {End: noon.Add(-10 * time.Minute)}}
	gone := func(r *model.RDS) { // the primary's AWS region stopped answering 20 minutes ago
		for _, at := range []*time.Time{&r.Primary.AWS.At, &r.Primary.Key.At, &r.Primary.Server.At, &r.Primary.Group.At} {
			*at = noon.Add(-20 * time.Minute)
		}
		r.Primary.AWS.Why, r.Primary.Server.Why = "eu-west-1 does not answer", "no answer in time"
	}
	for name, c := range map[string]struct {
		change                func(r *model.RDS)
		switchover, emergency string
	}{
		"well": {func(r *model.RDS) {}, "yes, without loss", "yes, without loss"},
		"no replica": {func(r *model.RDS) { r.Replica = nil },
			"no: no replica is configured", "no: no replica is configured"},
		"behind": {func(r *model.RDS) {
			r.Replica.Server.Value.GTIDs = gtids(t, gtidA+":1-97")
			r.Replica.Server.Value.Replication.Retrieved = gtids(t, gtidA+":90-97")
			r.Replica.Server.Value.Replication.Lag = model.KnownLag(9 * time.Second)
		}, "no: the replica's lag is 9 s", "yes; would lose 3 transactions, what was written after 11:59:30 UTC, 1 ended job"},
		"gone": {gone, "not proven: AWS tells nothing of the primary, and 2 more",
			"yes; would lose what was written after 11:59:30 UTC, 1 ended job"},
		"gone, quiet replica": {func(r *model.RDS) { gone(r); r.Replica.Server.Value.Newest = noon.Add(-6 * time.Minute) },
			"not proven: AWS tells nothing of the primary, and 2 more",
			"only with a reason: it would lose what was written after 11:54:00 UTC, 1 ended job"},
		"gone, nothing to date it by": {func(r *model.RDS) { gone(r); r.Replica.Server.Value.Newest = time.Time{} },
			"not proven: AWS tells nothing of the primary, and 2 more",
			"not proven: it would lose an unknown amount: the primary was not seen and the replica has no row to date it by"},
		"stopped": {func(r *model.RDS) {
			rep := r.Replica.Server.Value.Replication
			rep.SQL, rep.Lag = "No", model.BrokenLag("SQL thread stopped")
			rep.Retrieved = gtids(t, gtidA+":90-120")
			r.Replica.AWS.Value.Replication, r.Replica.AWS.Value.Replicating = "error", false
		}, "no: the replica's lag is broken: SQL thread stopped, and 1 more", "only with a reason: the replica has not applied all that it " +
			"received, and 1 more"},
		"parity": {func(r *model.RDS) { r.Replica.AWS.Value.Retention = 0; r.Replica.AWS.Value.Class = "db.r7g.xlarge" },
			"only with a reason: the replica differs (class and 1 more)", "yes, without loss"},
		"key": {func(r *model.RDS) {
			r.Replica.Key.Value = model.Key{State: "Disabled", Why: "disabled"}
		}, "no: the replica's key is disabled", "no: the replica's key is disabled"},
		"promoted": {func(r *model.RDS) {
			r.Replica.AWS.Value.Source = ""
		}, "no: the replica is a primary of its own already", "no: the replica is a primary of its own already"},
		"a replica of one of its name in another AWS region": {func(r *model.RDS) {
			r.Replica.AWS.Value.Source = "arn:aws:rds:us-east-1:123456789012:db:bacula"
		}, "no: the replica replicates from " +
			"arn:aws:rds:us-east-1:123456789012:db:bacula", "no: the replica replicates from arn:aws:rds:us-east-1:123456789012:db:bacula"},
		"a replica of one of its name beside it": {func(r *model.RDS) { r.Replica.AWS.Value.Source = "bacula" },
			"no: the replica replicates from bacula", "no: the replica replicates from bacula"},
		"delayed on purpose, and nothing is written": {func(r *model.RDS) { r.Replica.Server.Value.Replication.Delay = time.Hour },
			"only with a reason: the replica is delayed by 1h on purpose", "yes, without loss"},
		"configured in capitals": {func(r *model.RDS) { r.Primary.ID = "Bacula" }, "yes, without loss", "yes, without loss"},
		"another under the name": {func(r *model.RDS) { r.Replica.AWS.Value.Recreated = "db-old" },
			"no: another instance stands under the replica's name (db-bacula-dr, was " +
				"db-old)", "no: another instance stands under the replica's name (db-bacula-dr, was db-old)"},
		"pinned read_only": {func(r *model.RDS) { r.Replica.Group.Value.Values[0].Value = "1" },
			"no: parameter group bacula-dr has read_only 1", "no: parameter group bacula-dr has read_only 1"},
		"without GTIDs": {func(r *model.RDS) {
			for _, s := range []*model.Server{&r.Primary.Server.Value, &r.Replica.Server.Value} {
				s.GTIDMode, s.GTIDs = "OFF_PERMISSIVE", model.GTIDSet{}
			}
			r.Primary.Server.Value.BinlogFile, r.Primary.Server.Value.BinlogPos = "binlog.000007", 154
			rep := r.Replica.Server.Value.Replication
			rep.File, rep.Pos, rep.ReadFile, rep.ReadPos = "binlog.000007", 154, "binlog.000007", 154
		}, "yes, without loss", "yes, without loss"},
	} {
		t.Run(name, func(t *testing.T) {
			r := wellPair(t)
			c.change(&r)
			r = judged(r, noon, model.DefaultPolicy(), ended)
			if r.Switchover.Says != c.switchover {
				t.Errorf("switchover: %s\n      want: %s", r.Switchover.Says, c.switchover)
			}
			if r.Emergency.Says != c.emergency {
				t.Errorf("emergency: %s\n     want: %s", r.Emergency.Says, c.emergency)
			}
		})
	}
}

// blind takes one source away from one instance: never answered, too old, or from a clock far ahead.
func blind(t *rapid.T, in *model.Instance, source string) {
	at := map[string]*time.Time{"aws": &in.AWS.At, "key": &in.Key.At, "group": &in.Group.At, "server": &in.Server.At}[source]
	*at = rapid.SampledFrom([]time.Time{{}, noon.Add(-2 * time.Hour), noon.Add(2 * time.Hour)}).Draw(t, "at")
}

func TestUnknownNeverPasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := wellPair(t)
		primary := rapid.Bool().Draw(t, "primary")
		source := rapid.SampledFrom([]string{"aws", "key", "group", "server"}).Draw(t, "source")
		if primary {
			blind(t, r.Primary, source)
		} else {
			blind(t, r.Replica, source)
		}
		r = judged(r, noon, model.DefaultPolicy(), nil)
		if primary {
			if needed := source == "aws" || source == "server"; needed == (r.Switchover.Can == model.Holds) {
				t.Fatalf("primary's %s unseen: switchover %s", source, r.Switchover.Says)
			}
			if source == "server" && r.Emergency.Loss.None {
				t.Fatalf("the primary's server was not seen and still nothing would be lost: %s", r.Emergency.Says)
			}
			return
		}
		if r.Switchover.Can == model.Holds || r.Emergency.Can == model.Holds {
			t.Fatalf("replica's %s unseen: switchover %s; emergency %s", source, r.Switchover.Says, r.Emergency.Says)
		}
	})
}

// drawPair changes a well pair in any way that one of its readings can change.
func drawPair(t *rapid.T) model.RDS {
	r := wellPair(t)
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		in := rapid.SampledFrom([]*model.Instance{r.Primary, r.Replica}).Draw(t, "instance")
		s, d := &in.Server.Value, &in.AWS.Value
		switch rapid.IntRange(0, 9).Draw(t, "change") {
		case 0:
			blind(t, in, rapid.SampledFrom([]string{"aws", "key", "group", "server"}).Draw(t, "source"))
		case 1:
			d.Status = rapid.SampledFrom([]string{"available", "backing-up", "modifying", "failed", ""}).Draw(t, "status")
		case 2:
			s.GTIDs = gtids(t, gtidA+":1-"+rapid.SampledFrom([]string{"1", "97", "100", "200"}).Draw(t, "gtids"))
		case 3:
			s.GTIDMode, s.GTIDs = "OFF", model.GTIDSet{}
		case 4:
			s.Newest = rapid.SampledFrom([]time.Time{{}, noon.Add(-time.Hour), noon}).Draw(t, "newest")
		case 5:
			d.Retention = rapid.IntRange(0, 9).Draw(t, "retention")
		case 6:
			d.Source, d.Replicating, d.Replication = "", false, ""
		case 7:
			if s.Replication != nil {
				s.Replication.Lag = rapid.SampledFrom([]model.Lag{{}, model.KnownLag(0), model.KnownLag(time.Hour), model.BrokenLag("stopped")}).
					Draw(t, "lag")
			}
		case 8:
			if s.Replication != nil {
				s.Replication.IO = rapid.SampledFrom([]string{"Yes", "No", "Connecting"}).Draw(t, "io")
			}
		case 9:
			s.Replication = nil
		}
	}
	return r
}

func TestTakeoversAreConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := judged(drawPair(t), noon, model.DefaultPolicy(), nil)
		for _, k := range []model.Takeover{r.Switchover, r.Emergency} {
			worst := model.Holds
			for _, c := range k.Checks {
				if c.Bar != model.Caution && c.Verdict != model.Holds && (worst == model.Holds || c.Verdict == model.Fails) {
					worst = c.Verdict
				}
				if c.Verdict != model.Unknown && c.At.IsZero() {
					t.Fatalf("%s %s without a time of evidence", c.ID, c.Verdict)
				}
			}
			if k.Can != worst || (k.Can == model.Holds) != strings.HasPrefix(k.Says, "yes") {
				t.Fatalf("can is %s, its checks come to %s, and it says %q", k.Can, worst, k.Says)
			}
			if k.Loss.None && !k.Loss.Known || k.Loss.Says == "" {
				t.Fatalf("loss %+v", k.Loss)
			}
		}
		if r.Switchover.Can == model.Holds {
			lag, known := r.Replica.Server.Value.Replication.Lag.Behind()
			if !known || lag > model.DefaultPolicy().SwitchoverLag || !r.Replica.Server.Value.Replication.Runs() {
				t.Fatalf("a switchover may start with a lag of %v", r.Replica.Server.Value.Replication)
			}
		}
		if r.Emergency.Loss.None && (!r.Distance.Known || r.Distance.Missing != 0) {
			t.Fatalf("nothing would be lost with a distance of %+v", r.Distance)
		}
	})
}

func TestMoreLagNeverHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawPair(t)
		if r.Replica.Server.Value.Replication == nil {
			t.Skip("it does not replicate")
		}
		can := func(lag time.Duration) model.Verdict {
			rep := *r.Replica.Server.Value.Replication
			rep.Lag = model.KnownLag(lag)
			q := r
			replica := *r.Replica
			replica.Server.Value.Replication = &rep
			q.Replica = &replica
			return judged(q, noon, model.DefaultPolicy(), nil).Switchover.Can
		}
		a := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "a"))
		b := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "b"))
		if can(max(a, b)) == model.Holds && can(min(a, b)) != model.Holds {
			t.Fatalf("%v is fine and %v is not", max(a, b), min(a, b))
		}
	})
}

// judged judges a pair by hand-made readings. Jobs are those of the cluster whose catalog it carries: what runs would die or be waited for,
// what ended may be forgotten.
func judged(r model.RDS, now time.Time, p model.Policy, jobs []model.Job) model.RDS {
	return judge{r: r, now: now, p: p, jobs: [2][]model.Job{jobs}}.all()
}

// AWS is asked several questions of an instance. When it refuses one, what it answered to the others counts, and only what was refused is
// said to be unknown.
func TestWhatAWSRefusesIsSaid(t *testing.T) {
	denied := func(what string) (why string, trouble model.Trouble) {
		return what + " in eu-central-1: AccessDenied", model.TroubleDenied
	}
	for name, c := range map[string]struct {
		source model.Source
		change func(r *model.RDS)
		want   string
	}{
		"nothing":           {model.Source{}, func(*model.RDS) {}, "yes, without loss"},
		"events of primary": {model.Source{Kind: model.SourceInstance, Name: "primary"}, func(*model.RDS) {}, "yes, without loss"},
		"events of replica": {model.Source{Kind: model.SourceInstance, Name: "replica"}, func(*model.RDS) {}, "yes, without loss"},
		"pending maintenance": {model.Source{Kind: model.SourceSettings, Name: "replica"}, func(r *model.RDS) {
			r.Replica.Upkeep.Why, r.Replica.Upkeep.Trouble = denied("pending maintenance")
		}, "yes, without loss"},
		"the key": {model.Source{Kind: model.SourceInstance, Name: "replica"}, func(r *model.RDS) {
			r.Replica.Key.Why, r.Replica.Key.Trouble = denied("describe key")
		}, "not proven: AWS does not allow to ask for the replica's key"},
		"the group": {model.Source{Kind: model.SourceSettings, Name: "replica"}, func(r *model.RDS) {
			r.Replica.Group.Why, r.Replica.Group.Trouble = denied("describe parameters")
		}, "not proven: AWS does not allow to ask for the replica's parameter group"},
		"the replica": {model.Source{Kind: model.SourceInstance, Name: "replica"}, func(r *model.RDS) {
			r.Replica.AWS.Why, r.Replica.AWS.Trouble = denied("describe bacula-dr")
			r.Replica.Key.Why, r.Replica.Key.Trouble = denied("describe bacula-dr")
		}, "not proven: AWS does not allow to ask for the replica"},
	} {
		w := newBoard(t, noon)
		pair := wellPair(t)
		c.change(&pair)
		for _, name := range []string{"primary", "replica"} {
			for kind, every := range map[model.SourceKind]time.Duration{model.SourceInstance: w.policy.InstanceEvery,
				model.SourceSettings: w.policy.SettingsEvery, model.SourceServer: w.policy.ServerEvery} {
				s := Sighting{Source: model.Source{Kind: kind, Name: name}, At: noon.Add(-time.Second), Tried: noon, Every: every}
				if s.Source == c.source {
					s.Why, s.Trouble = denied("a question")
				}
				w.Source(s)
			}
		}
		w.RDS(func(r *model.RDS) { *r = pair })
		if got := w.Snapshot(noon).RDS.Switchover.Says; !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestAReplicaThatIsNotThere is seen not to be: no takeover is possible, and what answers at its address says nothing of what would be
// lost.
func TestAReplicaThatIsNotThere(t *testing.T) {
	r := wellPair(t)
	r.Replica.AWS = model.Reading[model.Description]{Why: "DBInstanceNotFound", Trouble: model.TroubleMissing, At: noon.Add(-2 * time.Second)}
	all := judge{r: r, now: noon, p: model.DefaultPolicy()}.all()
	for _, told := range []model.Takeover{all.Switchover, all.Emergency} {
		if told.Can != model.Fails || !strings.HasPrefix(told.Says, "no: AWS says that there is no replica") {
			t.Errorf("%s: %s", told.Can, told.Says)
		}
	}
	if loss := all.Emergency.Loss; loss.Known || loss.None || !strings.HasPrefix(loss.Says, "an unknown amount") {
		t.Errorf("%+v", loss)
	}
}

// TestAKeyCountsUntilItIsAskedAgain: it is asked for less often than its instance.
func TestAKeyCountsUntilItIsAskedAgain(t *testing.T) {
	for age, want := range map[time.Duration]model.Verdict{model.KeyEvery: model.Holds, 3 * model.KeyEvery: model.Holds,
		3*model.KeyEvery + time.Second: model.Unknown} {
		r := wellPair(t)
		r.Replica.Key.At = noon.Add(-age)
		if told := judged(r, noon, model.DefaultPolicy(), nil).Switchover; told.Can != want {
			t.Errorf("read %v ago: %s, %s", age, told.Can, told.Says)
		}
	}
}
