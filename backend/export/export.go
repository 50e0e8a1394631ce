// Package export tells Prometheus what a snapshot holds, and prints the dashboard and the alert rules that go with it; it asks no source.
package export

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/gate"
)

// Options say what is told.
type Options struct {
	Newest  func() *board.Snapshot             // nil while there is none
	Gates   func(*board.Snapshot) *gate.Report // nil: gates are not told
	Space   func() *model.Space                // nil, or of nothing yet: it is not told
	Cells   int                                // of how many cells each has series of its own
	Version string
	Log     func(error) // of what could not be told; the rest of that scrape is
}

// atOnce is how many scrapes are answered at a time.
const atOnce = 4

// Handler answers scrapes of the newest snapshot.
func Handler(o Options) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(&collector{o})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: atOnce, Timeout: 20 * time.Second,
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: logs(o.Log)})
}

// logs hands on what the library could not tell.
type logs func(error)

func (l logs) Println(v ...any) {
	if l != nil {
		l(errors.New(model.Clean(fmt.Sprint(v...))))
	}
}

// metric is one name, its help and its labels.
type metric struct {
	name   string
	help   string
	labels []string
	once   sync.Once
	desc   *prometheus.Desc
}

// metrics are all names, in the order in which they were named; the dashboard and the rules are checked against them.
var metrics []*metric

func named(name, help string, labels ...string) *metric {
	m := &metric{name: "switchyard_" + name, help: help, labels: labels}
	metrics = append(metrics, m)
	return m
}

// out takes what is told, and makes each name's description when it is first needed: what is not exported costs no start anything.
type out struct {
	ch  chan<- prometheus.Metric
	now time.Time
}

func (o *out) tell(m *metric, value float64, labels ...string) {
	m.once.Do(func() { m.desc = prometheus.NewDesc(m.name, m.help, m.labels, nil) })
	for i := range labels {
		labels[i] = model.Clean(labels[i])
	}
	o.ch <- prometheus.MustNewConstMetric(m.desc, prometheus.GaugeValue, value, labels...)
}

// age tells how old something is; nothing where it never was.
func (o *out) age(m *metric, at time.Time, labels ...string) {
	if !at.IsZero() {
		o.tell(m, max(0, o.now.Sub(at).Seconds()), labels...)
	}
}

// states tells of each word whether it is the one.
func (o *out) states(m *metric, is string, words []string, labels ...string) {
	for _, w := range words {
		v := 0.0
		if w == is {
			v = 1
		}
		o.tell(m, v, append(labels[:len(labels):len(labels)], w)...)
	}
}

// collector makes samples of the newest snapshot.
type collector struct{ o Options }

// Describe tells nothing: which series there are depends on the snapshot.
func (c *collector) Describe(chan<- *prometheus.Desc) {}

var (
	mInfo = named("info", "What is watched, and by which version.", "environment", "rehearsal", "version")
	mAge  = named("snapshot_age_seconds", "How old the newest snapshot is: it is made anew each second while the exporter works.")

	mAnswers = named("source_answers", "Whether it answered when it was last asked. Absent: it was not asked yet.", "source", "cluster")
	mFresh   = named("source_fresh", "Whether its last answer is younger than three times its interval.", "source", "cluster")
	mSince   = named("source_age_seconds", "Age of its last good answer. Absent: it never answered.", "source", "cluster")

	mAlerts = named("alerts", "What needs a person, by its cause; severity info needs nobody.", "cluster", "cause", "severity",
		"acknowledged")
	mStanding = named("alerts_standing", "What needs a person and nobody has acknowledged, by severity.", "severity")

	mGate  = named("gate", "How a gate of the migration stands.", "gate", "phase", "state")
	mStops = named("gates_stopping", "Gates that do not let a phase out.", "phase")

	mActions = named("actions", "Actions that are not over, by state.", "state")
)

// gateStates are the words of gate.Gate.Word.
var gateStates = []string{"holds", "fails", "unknown", "waived", "not available"}

// Collect tells everything that is known; what is not known is absent, or has a series that says so.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	s := c.o.Newest()
	if s == nil {
		return
	}
	o := &out{ch: ch, now: model.Now()}
	o.tell(mInfo, 1, s.Environment, s.Rehearsal, c.o.Version)
	o.age(mAge, s.At)
	o.sources(s)
	o.alerts(s)
	o.cells(s, c.o.Cells)
	o.clusters(s)
	o.proofs(s)
	o.pair(s.RDS)
	if c.o.Gates != nil {
		o.gates(c.o.Gates(s))
	}
	if c.o.Space != nil {
		o.space(c.o.Space())
	}
	if s.State == nil {
		return
	}
	n := map[string]int{}
	for _, a := range s.State.Actions {
		if a.Blocks(o.now) {
			n[a.State.String()]++
		}
	}
	for state, k := range n {
		o.tell(mActions, float64(k), state)
	}
}

// clusterOf is the label of a source's or an alert's cluster; empty where it is none's.
func clusterOf(of model.Source) string {
	for _, c := range model.Clusters {
		if of.Of(c) {
			return c.String()
		}
	}
	return ""
}

func (o *out) sources(s *board.Snapshot) {
	for i := range s.Seen {
		g := &s.Seen[i]
		if g.Tried.IsZero() || g.Idle && g.At.IsZero() {
			continue
		}
		name, cluster := g.Source.String(), clusterOf(g.Source)
		o.tell(mAnswers, one(g.Why == "" && !g.Wrong), name, cluster)
		o.age(mSince, g.At, name, cluster)
		if !g.Idle {
			o.tell(mFresh, one(g.Freshness(o.now) == board.Live), name, cluster)
		}
	}
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

func (o *out) alerts(s *board.Snapshot) {
	type key struct{ cluster, cause, severity, acknowledged string }
	n, standing := map[key]int{}, [3]int{}
	for i := range s.Alerts {
		a := &s.Alerts[i]
		k := key{cause: CauseOf(a.ID), severity: a.Severity.String(), acknowledged: "no"}
		if a.Cluster != nil {
			k.cluster = a.Cluster.String()
		}
		if a.Acked != nil {
			k.acknowledged = "yes"
		} else {
			standing[min(a.Severity, model.Fail)]++
		}
		n[k]++
	}
	for k, v := range n {
		o.tell(mAlerts, float64(v), k.cluster, k.cause, k.severity, k.acknowledged)
	}
	for _, sev := range []model.Severity{model.Info, model.Warn, model.Fail} {
		o.tell(mStanding, float64(standing[sev]), sev.String())
	}
}

func (o *out) gates(r *gate.Report) {
	if r == nil {
		return
	}
	stops := map[gate.Phase]int{}
	for i := range r.Gates {
		g := &r.Gates[i]
		o.states(mGate, g.Word(), gateStates, g.ID, g.Phase.String())
		if g.Stops() {
			stops[g.Phase]++
		}
	}
	for i := range r.Phases {
		o.tell(mStops, float64(stops[r.Phases[i].Phase]), r.Phases[i].Name)
	}
}
