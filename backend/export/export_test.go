package export

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	common "github.com/prometheus/common/model"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
	"switchyard/model/record"
)

// full is a snapshot of which everything that is told is known.
func full(now time.Time) *board.Snapshot {
	blue, green := model.Blue, model.Green
	cell := func(chain string, h board.CellHealth, on model.Cluster) board.CellView {
		v := board.CellView{Cell: model.Cell{Chain: chain, Region: "region1"}, Promise: 26 * time.Hour, Health: h}
		v.On[on].Has, v.On[1-on].Has = model.Holds, model.Fails
		v.On[on].At[0].Is, v.On[1-on].At[0].Is = model.Holds, model.Fails
		v.On[on].LastGood = &model.Job{End: now.Add(-time.Hour), HasCell: true}
		v.Desired = model.Route{model.Holds, model.Fails}
		return v
	}
	s := &board.Snapshot{At: now, Environment: "test", Cells: []board.CellView{
		cell("chain1", board.CellOK, blue), cell("chain2", board.CellGap, blue), cell("chain3", board.CellUnknown, green),
	}}
	s.Seen = []board.Sighting{
		{Source: model.CatalogOf(blue), At: now.Add(-time.Second), Tried: now, Every: time.Second, Gates: true},
		{Source: model.CatalogOf(green), Tried: now, Why: "gone", Every: time.Second, Gates: true},
		{Source: model.Journal},
	}
	s.Alerts = []board.Alert{{ID: "gap:chain2", Severity: model.Fail}, {ID: "drift:green:0:1:1", Severity: model.Warn, Cluster: &green},
		{ID: "rds:lag", Severity: model.Warn, Acked: &record.Ack{}}, {ID: "nobody knows this", Severity: model.Fail}}
	tallies := board.Tallies{Read: true, By: []board.TallyPart{{Region: "region1", Backups: board.Tally{OK: 9, Missed: 1}}}}
	s.Clusters[blue] = &board.ClusterView{Cluster: blue, Day: tallies, Week: tallies, OpenMore: 2,
		Open: []model.Job{{Outcome: model.Running}, {Outcome: model.Stuck}}}
	s.Clusters[green] = &board.ClusterView{Cluster: green}
	s.State = &record.State{
		Evidence: []*record.Proved{{Proof: record.Proof{Of: record.Subject{Cluster: &green, Cell: &s.Cells[0].Cell, Storage: "sd"},
			Claim: record.Proven{Restored: &record.Restored{}}, Verdict: model.Holds, At: now.Add(-48 * time.Hour)}}},
		Actions: []*record.Action{{State: record.ActionRunning}},
	}
	s.RDS = &model.RDS{Primary: instance(now, "bacula", ""), Replica: instance(now, "bacula-replica", "bacula")}
	s.RDS.Replica.Server = model.Reading[model.Server]{At: now,
		Value: model.Server{Replication: &model.Replication{Lag: model.KnownLag(3 * time.Second)}}}
	s.RDS.Replica.Lag = model.Reading[model.Lag]{At: now, Value: model.BrokenLag("not replicating")}
	s.RDS.Emergency.Can = model.Holds
	return s
}

func instance(now time.Time, id, source string) *model.Instance {
	i := &model.Instance{ID: id, Region: "eu-west-1"}
	i.AWS.At, i.AWS.Value = now, model.Description{Status: "available", Source: source, CertUntil: now.Add(time.Hour),
		Storage: model.Storage{GiB: 100}}
	i.Metrics = model.Reading[model.Metrics]{At: now, Value: model.Metrics{FreeStorage: model.Series{{At: now, Value: 50 << 30}}}}
	return i
}

func space() *model.Space {
	now := model.Now()
	s := &model.Space{At: now}
	s.SpaceOf(model.Blue, []model.SpaceVolume{
		{Pool: "reg", Storage: "sd", Status: "Used", Recycles: true, Bytes: 7e9, First: now.Add(-time.Hour), Written: now.Add(-time.Minute),
			Until: now.Add(900 * time.Hour)},
		{Pool: "reg", Storage: "sd", Status: "Error", Bytes: 1e9},
	}, map[string]uint64{"sd": 5e9}, "", now)
	s.Weigh([]model.StorageNeed{{Cluster: model.Blue, Storage: "sd", Cells: 2, Overlap: 86400, Coming: 1, Comes: 1e9, Left: 1, Owed: 3e9}})
	return s
}

func gates(*board.Snapshot) *gate.Report {
	r := &gate.Report{Gates: []gate.Gate{{Check: model.Check{ID: "covered", Verdict: model.Holds}, Phase: gate.Parallel},
		{Check: model.Check{ID: "no-blue"}, Phase: gate.Parallel}},
		Phases: []gate.PhaseStands{{Phase: gate.Parallel, Name: gate.Parallel.String()}}}
	return r
}

// scrape reads what a scrape is answered, by the library of Prometheus.
func scrape(t *testing.T, o Options) map[string]*dto.MetricFamily {
	t.Helper()
	w := httptest.NewRecorder()
	Handler(o).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	text, err := io.ReadAll(w.Result().Body)
	if err != nil || w.Code != 200 {
		t.Fatalf("%d %v: %s", w.Code, err, text)
	}
	if len(text) > 100_000 { // it looks at each series beside each other
		return parsed(t, text)
	}
	if problems, err := promlint.New(bytes.NewReader(text)).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("promtool would say: %v %v", problems, err)
	}
	return parsed(t, text)
}

func parsed(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(common.UTF8Validation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// value is that of the series with those labels; false: there is none.
func value(f map[string]*dto.MetricFamily, name string, labels ...string) (float64, bool) {
	if f[name] == nil {
		return 0, false
	}
	for _, m := range f[name].Metric {
		has := map[string]string{}
		for _, l := range m.Label {
			has[l.GetName()] = l.GetValue()
		}
		is := true
		for i := 0; i < len(labels); i += 2 {
			is = is && has[labels[i]] == labels[i+1]
		}
		if is {
			return m.Gauge.GetValue(), true
		}
	}
	return 0, false
}

func TestAScrapeTellsWhatTheSnapshotHolds(t *testing.T) {
	now := model.Now()
	s := full(now)
	f := scrape(t, Options{Newest: func() *board.Snapshot { return s }, Gates: gates, Cells: 100, Space: space})
	for _, m := range metrics {
		if f[m.name] == nil {
			t.Errorf("%s is told of nothing in a full snapshot", m.name)
		}
	}
	const absent = -1.0
	for _, w := range []struct {
		value  float64
		name   string
		labels []string
	}{
		{1, "source_answers", []string{"source", "blue catalog", "cluster", "blue"}},
		{0, "source_answers", []string{"source", "green catalog"}},
		{absent, "source_answers", []string{"source", "journal"}},
		{absent, "source_age_seconds", []string{"source", "green catalog"}},
		{1, "cells", []string{"health", "gap"}}, {0, "cells", []string{"health", "broken"}}, {1, "cells", []string{"health", "unknown"}},
		{2, "cells_routed", []string{"route", "blue"}}, {0, "cells_routed", []string{"route", "unknown"}},
		{1, "cells_adrift", []string{"cluster", "blue", "way", "lacks"}}, {1, "cells_adrift", []string{"cluster", "green", "way", "too many"}},
		{9, "jobs", []string{"cluster", "blue", "type", "backup", "region", "region1", "kind", "regular", "outcome", "ok", "window", "24h"}},
		{1, "jobs", []string{"cluster", "blue", "outcome", "missed", "window", "7d"}},
		{absent, "jobs", []string{"cluster", "green"}},
		{1, "jobs_open", []string{"cluster", "blue", "outcome", "running"}}, {2, "jobs_open", []string{"outcome", "not listed"}},
		{absent, "jobs_open", []string{"cluster", "green"}},
		{3, "replica_lag_seconds", []string{"db_instance", "bacula-replica", "by", "server", "cluster", "green"}},
		{absent, "replica_lag_seconds", []string{"by", "cloudwatch"}},
		{1, "replica_lag_state", []string{"by", "cloudwatch", "state", "broken"}},
		{0, "replica_lag_state", []string{"by", "cloudwatch", "state", "known"}},
		{absent, "replica_lag_state", []string{"db_instance", "bacula"}},
		{1, "takeover", []string{"way", "emergency", "answer", "yes"}}, {1, "takeover", []string{"way", "switchover", "answer", "unknown"}},
		{0.5, "instance_free_storage_ratio", []string{"db_instance", "bacula"}},
		{1, "gate", []string{"gate", "no-blue", "state", "unknown", "phase", "parallel run and shift"}},
		{0, "gate", []string{"gate", "no-blue", "state", "fails"}},
		{1, "gates_stopping", []string{"phase", "parallel run and shift"}},
		{1, "alerts", []string{"cause", "gap", "severity", "FAIL", "acknowledged", "no", "cluster", ""}},
		{1, "alerts", []string{"cause", "rds:lag", "acknowledged", "yes"}}, {1, "alerts", []string{"cause", "other"}},
		{2, "alerts_standing", []string{"severity", "FAIL"}}, {0, "alerts_standing", []string{"severity", "info"}},
		{8e9, "space_bytes", []string{"cluster", "blue", "storage", "sd", "pool", "reg"}}, {5e9, "space_free_bytes", []string{"storage", "sd"}},
		{1, "space_volumes", []string{"status", "Error"}}, {1, "space_volumes_bad", nil}, {0, "space_volumes_overdue", nil},
		{5 * 86400, "space_left_seconds", []string{"cluster", "blue", "storage", "sd"}},
		{2.5 * 86400, "space_left_all_seconds", []string{"cluster", "blue", "storage", "sd"}},
		{1, "space_overlap_bytes_per_second", []string{"cluster", "blue"}}, {3e9, "space_left_bytes", []string{"storage", "sd"}},
		{1, "actions", []string{"state", "running"}},
	} {
		v, ok := value(f, "switchyard_"+w.name, w.labels...)
		if !ok {
			v = absent
		}
		if v != w.value {
			t.Errorf("%s %v: %v, want %v", w.name, w.labels, v, w.value)
		}
	}
	for _, w := range []struct {
		name  string
		about float64
	}{{"cell_last_good_age_seconds", 3600}, {"restore_test_age_seconds", 48 * 3600}} {
		if v, _ := value(f, "switchyard_"+w.name); v < w.about || v > w.about+60 {
			t.Errorf("%s: %v, want about %v", w.name, v, w.about)
		}
	}
}

// TestWhatIsNotKnownIsNeverZero takes everything away that a source told.
func TestWhatIsNotKnownIsNeverZero(t *testing.T) {
	s := &board.Snapshot{At: model.Now(), RDS: &model.RDS{
		Primary: &model.Instance{ID: "a"}, Replica: &model.Instance{ID: "b"}}}
	// What the routes say is known, and no Director has told what it has.
	s.Cells = []board.CellView{{Cell: model.Cell{Chain: "chain1"}, Desired: model.Route{model.Holds, model.Fails}}}
	unread := board.Tallies{By: []board.TallyPart{{Region: "region1"}}}
	s.Clusters[model.Blue], s.Clusters[model.Green] = &board.ClusterView{Day: unread, Week: unread}, &board.ClusterView{Cluster: model.Green}
	f := scrape(t, Options{Newest: func() *board.Snapshot { return s }, Cells: 100})
	for _, name := range []string{"source_answers", "source_fresh", "source_age_seconds", "cells_adrift", "jobs", "jobs_open",
		"replica_lag_seconds", "cell_last_good_age_seconds", "restore_test_age_seconds", "instance_status", "instance_free_storage_ratio", "gate",
		"gates_stopping",
		"instance_certificate_left_seconds", "actions", "space_bytes", "space_left_bytes", "space_overlap_bytes_per_second",
		"space_left_seconds", "space_age_seconds"} {
		if f["switchyard_"+name] != nil {
			t.Errorf("%s is told, and nobody knows it: %v", name, f["switchyard_"+name])
		}
	}
	for name, labels := range map[string][]string{"cells": {"health", "unknown"}, "cells_routed": {"route", "unknown"},
		"takeover": {"way", "emergency", "answer", "unknown"}, "replica_lag_state": {"db_instance", "b", "by", "server", "state", "unknown"}} {
		if v, _ := value(f, "switchyard_"+name, labels...); v != 1 {
			t.Errorf("%s %v: %v, want 1", name, labels, v)
		}
	}
	if f := scrape(t, Options{Newest: func() *board.Snapshot { return nil }}); len(f) > 0 {
		t.Errorf("before the first look: %v", f)
	}
}

// TestASilentSourceTellsNoFigures: what it said before is not told as if it were now.
func TestASilentSourceTellsNoFigures(t *testing.T) {
	now := model.Now()
	for name, c := range map[string]struct {
		harm   func(*board.Snapshot)
		absent [][]string
		told   [][]string
	}{
		"a catalog": {func(s *board.Snapshot) { s.Source(model.CatalogOf(model.Blue)).Why = "no answer" },
			[][]string{{"jobs", "cluster", "blue"}, {"jobs_open", "cluster", "blue"}}, nil},
		"a catalog that is another": {func(s *board.Snapshot) { s.Source(model.CatalogOf(model.Blue)).Wrong = true },
			[][]string{{"jobs", "cluster", "blue"}}, nil},
		"CloudWatch": {func(s *board.Snapshot) {
			s.RDS.Primary.Metrics.Why, s.RDS.Replica.Metrics.Why = "throttled", "throttled"
		},
			[][]string{{"instance_free_storage_ratio"}, {"replica_lag_seconds", "by", "cloudwatch"}},
			[][]string{{"replica_lag_state", "by", "cloudwatch", "state", "unknown"}}},
		"CloudWatch's points": {func(s *board.Snapshot) {
			s.RDS.Primary.Metrics.Value.FreeStorage[0].At, s.RDS.Replica.Lag.At = now.Add(-time.Hour), now.Add(-time.Hour)
		}, [][]string{{"instance_free_storage_ratio", "db_instance", "bacula"}}, [][]string{{"replica_lag_state", "by", "cloudwatch", "state",
			"unknown"}}},
		"AWS": {func(s *board.Snapshot) { s.RDS.Primary.AWS = model.Reading[model.Description]{} },
			nil, [][]string{{"replica_lag_state", "db_instance", "bacula", "by", "server", "state", "unknown"}}},
	} {
		s := full(now)
		c.harm(s)
		f := scrape(t, Options{Newest: func() *board.Snapshot { return s }, Cells: 100})
		for _, a := range c.absent {
			if v, told := value(f, "switchyard_"+a[0], a[1:]...); told {
				t.Errorf("%s is silent, and %v is %v", name, a, v)
			}
		}
		for _, a := range c.told {
			if v, _ := value(f, "switchyard_"+a[0], a[1:]...); v != 1 {
				t.Errorf("%s is silent, and %v is %v", name, a, v)
			}
		}
	}
}

// TestNoLabelIsPrometheusOwn: it would become another's, and rules name the exporter then.
func TestNoLabelIsPrometheusOwn(t *testing.T) {
	for _, m := range metrics {
		if slices.Contains(m.labels, "instance") || slices.Contains(m.labels, "job") {
			t.Errorf("%s: %v", m.name, m.labels)
		}
	}
}

func TestCellsAreBoundedAndTheUrgentComeFirst(t *testing.T) {
	s := full(model.Now())
	f := scrape(t, Options{Newest: func() *board.Snapshot { return s }, Cells: 2})
	if v, _ := value(f, "switchyard_cells_left_out"); v != 1 {
		t.Errorf("%v are left out", v)
	}
	for chain, want := range map[string]bool{"chain1": false, "chain2": true, "chain3": true} {
		if _, ok := value(f, "switchyard_cell_health", "chain", chain); ok != want {
			t.Errorf("%s is told: %v", chain, ok)
		}
	}
}

// TestOneThingTwiceCostsNotTheWholeScrape has two instances of one name, and more pools than are told.
func TestOneThingTwiceCostsNotTheWholeScrape(t *testing.T) {
	now := model.Now()
	s := full(now)
	s.RDS.Primary = s.RDS.Replica
	var volumes []model.SpaceVolume
	for i := range mostPools + 7 {
		volumes = append(volumes, model.SpaceVolume{Pool: "p" + strconv.Itoa(i), Storage: "sd", Status: "Used", Bytes: uint64(i)})
	}
	room := &model.Space{At: now}
	room.SpaceOf(model.Blue, volumes, nil, "", now)
	var met []error
	f := scrape(t, Options{Newest: func() *board.Snapshot { return s }, Space: func() *model.Space { return room },
		Log: func(err error) { met = append(met, err) }})
	if v, _ := value(f, "switchyard_cells", "health", "gap"); v != 1 || len(met) == 0 {
		t.Errorf("gaps %v, met %v", v, met)
	}
	if v, _ := value(f, "switchyard_space_pools_left_out"); v != 7 || len(f["switchyard_space_bytes"].Metric) != mostPools {
		t.Errorf("%v are left out of %d", v, len(f["switchyard_space_bytes"].Metric))
	}
	if _, ok := value(f, "switchyard_space_bytes", "pool", "p3"); ok {
		t.Error("one of the emptiest pools is told")
	}
}

var (
	isMetric = regexp.MustCompile(`switchyard_[a-z0-9_]+`)
	selects  = regexp.MustCompile(`(switchyard_[a-z0-9_]+)\{([^}]*)\}`)
	isLabel  = regexp.MustCompile(`([a-z_]+)(?:=~|!=|!~|=)"`)
)

// asksWhatIsTold finds names and labels of an expression that the exporter does not have.
func asksWhatIsTold(t *testing.T, where, expr string) {
	t.Helper()
	of := func(name string) *metric {
		i := slices.IndexFunc(metrics, func(m *metric) bool { return m.name == name })
		if i < 0 {
			t.Errorf("%s asks for %s, which is not exported", where, name)
			return nil
		}
		return metrics[i]
	}
	if !isMetric.MatchString(expr) {
		t.Errorf("%s asks for nothing of ours: %s", where, expr)
	}
	for _, name := range isMetric.FindAllString(expr, -1) {
		of(name)
	}
	for _, m := range selects.FindAllStringSubmatch(expr, -1) {
		for _, l := range isLabel.FindAllStringSubmatch(m[2], -1) {
			if k := of(m[1]); k != nil && !slices.Contains(k.labels, l[1]) {
				t.Errorf("%s: %s has no label %s", where, m[1], l[1])
			}
		}
	}
	if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") ||
		strings.Count(expr, `"`)%2 != 0 {
		t.Errorf("%s: what is opened is not closed: %s", where, expr)
	}
}

func TestRulesCanBeReadAndAbsenceComesFirst(t *testing.T) {
	var b bytes.Buffer
	if err := Rules(&b); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.UnmarshalWithOptions(b.Bytes(), &read, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if len(read.Groups) != 3 || read.Groups[0].Name != "switchyard-absence" ||
		read.Groups[0].Rules[0].Expr != "absent(switchyard_snapshot_age_seconds)" {
		t.Fatalf("%+v", read.Groups)
	}
	seen := map[string]bool{}
	for i, g := range read.Groups {
		for k, r := range g.Rules {
			asksWhatIsTold(t, r.Alert, r.Expr)
			if r.Labels["severity"] == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" ||
				seen[r.Alert+" "+r.Labels["severity"]] { // promtool takes those for one that is there twice
				t.Errorf("%+v", r)
			}
			seen[r.Alert+" "+r.Labels["severity"]] = true
			if want := groups()[i].rules[k]; r.Expr != want.expr || r.Annotations["summary"] != want.says || r.Labels["severity"] != want.page {
				t.Errorf("%s is read as %+v, want %+v", r.Alert, r, want)
			}
			if r.For != "" {
				if _, err := time.ParseDuration(r.For); err != nil {
					t.Errorf("%s: %v", r.Alert, err)
				}
			}
		}
	}
	for _, c := range causes {
		if !strings.Contains(b.String(), `cause=\"`+c.id+`\"`) {
			t.Errorf("no rule asks for the cause %s", c.id)
		}
	}
}

func TestTheDashboardAsksWhatIsTold(t *testing.T) {
	var b bytes.Buffer
	if err := Dashboard(&b); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Panels []struct {
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Name, Query string }
		}
	}
	if err := json.Unmarshal(b.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Panels) < 10 || len(read.Templating.List) != 2 || read.Templating.List[1].Name != "cluster" {
		t.Fatalf("%+v", read)
	}
	for _, p := range read.Panels {
		for _, target := range p.Targets {
			asksWhatIsTold(t, p.Title, target.Expr)
			for _, m := range metrics { // whatever has the label follows the variable
				if strings.Contains(target.Expr, m.name+"{") && slices.Contains(m.labels, "cluster") && !strings.Contains(target.Expr, "$cluster") {
					t.Errorf("%s does not follow the cluster that is chosen: %s", p.Title, target.Expr)
				}
			}
		}
		if p.GridPos.X+p.GridPos.W > 24 || len(p.Targets) == 0 {
			t.Errorf("%+v", p)
		}
	}
}
