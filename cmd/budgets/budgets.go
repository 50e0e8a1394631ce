package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// budget is a row of the table in the design: what may cost how much, and which benchmark tells what it does cost.
type budget struct {
	what   string
	limit  float64 // in unit; negative: it has none, and is told because it belongs to the one above
	unit   string
	bench  string // the benchmark's name without "Benchmark"; one that ends with / stands for all below it, of which the worst counts
	metric string // as the benchmark prints its unit
	scale  float64
	absent string // why nothing was measured, when there is no such benchmark here
}

const (
	micro = 1e-3 // of ns
	milli = 1e-6
)

var budgets = []budget{
	{what: "clock's tick, 200x60", limit: 50, unit: "µs", bench: "View/clock_tick", metric: "ns/op", scale: micro},
	{what: "beat without change, 200x60", limit: 50, unit: "µs", bench: "View/beat_without_change", metric: "ns/op", scale: micro},
	{what: "one pane changed, 200x60", limit: 1, unit: "ms", bench: "View/one_pane_changed", metric: "ns/op", scale: milli},
	{what: "to the terminal, 120x40, nothing changes but the clock", limit: 40, unit: "B/s", bench: "Watching/quiet", metric: "B/s"},
	{what: "to the terminal, 120x40, a day's work goes on", limit: 1000, unit: "B/s", bench: "Watching/steady", metric: "B/s"},
	{what: "exec to first frame", limit: 80, unit: "ms", bench: "Exec", metric: "ms-first-frame"},
	{what: "exec to live data on loopback", limit: 500, unit: "ms", bench: "Exec", metric: "ms-live"},
	{what: "key to paint, p99, the worst of all well and sources in trouble", limit: 25, unit: "ms", bench: "Keys/", metric: "p99-ms"},
	{what: "idle CPU of the cockpit", limit: 1, unit: "% of a core", bench: "Watching/quiet", metric: "%core"},
	{what: "  and of the bconsoles that it starts", limit: -1, unit: "% of a core", bench: "Watching/quiet", metric: "%core-children"},
	{what: "memory after more changes than 12 h bring", limit: 64, unit: "MB", bench: "Storm", metric: "MB-after"},
	{what: "rehearsal: newest day answered", limit: 200, unit: "ms", bench: "Rehearse", metric: "ms-newest-day"},
	{what: "rehearsal: memory at 250 chains, cockpit and all", limit: 128, unit: "MB", bench: "Rehearse", metric: "MB-with-cockpit"},
	{what: "rehearsal: 21 days of migration, 250 chains", limit: 60, unit: "s", bench: "ThreeWeeks", metric: "s-of-21-days"},
	{what: "rehearsal: clock +8d answered and coherent, 250 chains", limit: 10, unit: "s", bench: "EightDaysLater", metric: "s-of-8-days"},
	{
		what:   "catalog of 1,000,000 jobs: statements per second",
		limit:  1,
		bench:  labBench,
		metric: "statements per second, quiet",
		absent: noLab,
	},
	{
		what:   "catalog of 1,000,000 jobs: rows examined per quiet tick",
		limit:  100,
		bench:  labBench,
		metric: "rows read per quiet tick",
		absent: noLab,
	},
	{
		what:   "catalog of 1,000,000 jobs: first data",
		limit:  50,
		unit:   "ms",
		bench:  labBench,
		metric: "first data (2,000 jobs)",
		absent: noLab,
	},
	{
		what:   "catalog of 1,000,000 jobs: window of 15 days",
		limit:  150,
		unit:   "ms",
		bench:  labBench,
		metric: "window of 15d",
		absent: noLab,
	},
	{
		what:   "catalog of 1,000,000 jobs: points of a chain with 10,000 backups",
		limit:  300,
		unit:   "ms",
		bench:  labBench,
		metric: "points: page of 10,000 backups",
		absent: noLab,
	},
	{what: "10,000 chains: live after start", limit: 5, unit: "s", absent: byHand},
	{what: "10,000 chains: memory", limit: 300, unit: "MB", absent: byHand},
	{what: "10,000 chains: status --json", limit: 200, unit: "MB", absent: byHand},
	{
		what:   "10,000 chains: plan a shift of all",
		limit:  100,
		unit:   "ms",
		bench:  "PlanShift/",
		metric: "ns/op",
		scale:  milli,
	},
	{what: "a plan of 40,000 cells: its record", limit: 512, unit: "KiB", bench: "PlanOf40000/record/", metric: "KiB"},
	{what: "a plan of 40,000 cells: its conflicts", limit: 5, unit: "ms", bench: "PlanOf40000/conflicts/", metric: "ns/op", scale: milli},
	{
		what:   "first intent of a plan while an AWS region that it does not need hangs",
		limit:  2,
		unit:   "s",
		bench:  "FirstIntent/",
		metric: "s-first-intent",
	},
	{what: "a push of 1,000 jobs: rendered and checked", limit: 500, unit: "ms", bench: "Push", metric: "ns/op", scale: milli},
	{what: "10,000 chains: an open plan is looked at again", limit: 1, unit: "ms", bench: "Dialog/", metric: "ns/op", scale: milli},
	{what: "10,000 chains: a filter's keystroke", limit: 50, unit: "ms", bench: "Filter/", metric: "ns/op", scale: milli},
	{what: "all gates, 250 chains", limit: 5, unit: "ms", bench: "Gates/all/250", metric: "ns/op", scale: milli},
	{what: "all gates, 10,000 chains", limit: 100, unit: "ms", bench: "Gates/all/10000", metric: "ns/op", scale: milli},
	{what: "10,000 chains: the loops", limit: 50, unit: "ms", bench: "Gates/loop/10000", metric: "ns/op", scale: milli},
	{what: "10,000 chains: what is lost with one thing", limit: 50, unit: "ms", bench: "Gates/blast/10000", metric: "ns/op", scale: milli},
	{what: "10,000 chains: the cells of a filter of a verb", limit: 50, unit: "ms", bench: "Select", metric: "ns/op", scale: milli},
	{what: "a burst of 1,000 changes a second", limit: 10, unit: "% of a core", bench: "Storm", metric: "%core"},
	{what: "  changes lost of it", limit: 0, bench: "Storm", metric: "lost"},
	{what: "what is added to an emergency failover while the AWS region hangs", limit: 5, unit: "s", bench: "Failover", metric: "s-added"},
	{what: "  to a switchover on the lab", limit: 5, unit: "s", bench: "LabSwitchover", metric: "s-added", absent: noLab},
	{what: "the way back of 250 chains: green, AWS and the journal's bucket gone", limit: 30, unit: "s", bench: "WayBack", metric: "s-back"},
	{what: "  of which its plan took", limit: -1, unit: "s", bench: "WayBack", metric: "s-planned"},
	{what: "make test on 2 cores, warm", limit: 5, unit: "min", absent: "time make test"},
	{what: "make test on 2 cores, from nothing", limit: 10, unit: "min", absent: "time make test, with an empty GOCACHE and GOMODCACHE"},
}

const (
	labBench = "the lab"
	noLab    = "no lab runs here (make lab)"
	byHand   = "rehearse --chains 10000 --serve DIR, which fills its catalogs for minutes, and attach"
)

// of is what was measured, or why nothing was.
func (b *budget) of(seen measured) (value float64, why string) {
	found := false
	for name, metrics := range seen {
		if name != b.bench && !(strings.HasSuffix(b.bench, "/") && strings.HasPrefix(name, b.bench)) {
			continue
		}
		if v, ok := metrics[b.metric]; ok {
			if b.scale != 0 {
				v *= b.scale
			}
			value, found = max(value, v), true
		}
	}
	switch {
	case found:
		return value, ""
	case b.absent != "":
		return 0, b.absent
	}
	return 0, "no benchmark told it"
}

func (b *budget) format(v float64) string {
	digits := 1
	if v >= 100 || v == float64(int(v)) {
		digits = 0
	} else if v < 10 {
		digits = 2
	}
	return strings.TrimSpace(strconv.FormatFloat(v, 'f', digits, 64) + " " + b.unit)
}

// measured are figures by benchmark and metric.
type measured map[string]map[string]float64

var benchLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

// take reads a line of go test -bench or of lab bench. Of a benchmark that ran several times the least counts: it was disturbed least.
func (m measured) take(line string) {
	if found := benchLine.FindStringSubmatch(line); found != nil {
		f := strings.Fields(found[2])
		for i := 0; i+1 < len(f); i += 2 {
			if v, err := strconv.ParseFloat(f[i], 64); err == nil {
				m.put(found[1], f[i+1], v)
			}
		}
		return
	}
	for i := range budgets {
		b := &budgets[i]
		tail, ok := strings.CutPrefix(line, b.metric+" ")
		if !ok || b.bench != labBench {
			continue
		}
		var both []float64 // blue, green
		for _, text := range strings.Fields(tail) {
			if v, err := strconv.ParseFloat(text, 64); err == nil && len(both) < 2 {
				both = append(both, v)
			}
		}
		if len(both) == 2 {
			m.put(labBench, b.metric, slices.Max(both))
		}
	}
}

func (m measured) put(bench, metric string, v float64) {
	of := m[bench]
	if of == nil {
		of = map[string]float64{}
		m[bench] = of
	}
	if was, ok := of[metric]; !ok || v < was {
		of[metric] = v
	}
}
