package plan

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"switchyard/model"
)

// SizeFacts are what is known beside the load.
type SizeFacts struct {
	Instance  *model.Instance
	Class     *model.Class // that it has; nil: not in the file
	CatchUps  []time.Time  // when something that had been held back was let go
	PoolSince time.Time    // since when its buffer pool is what it is; zero: not told
	Data      float64      // bytes of tables and indexes, where a person said it; 0: by its storage
	MBps      float64      // what its volume gives, where a person said it, in MiB/s

	ClassSince  time.Time // since when it has its class; zero: not known
	WriterSince time.Time // since when it takes writes; zero: it always did
}

// required are the metrics without which no class is chosen.
var required = []struct {
	name string
	of   func(*model.Load) model.Series
}{
	{"CPUUtilization", func(l *model.Load) model.Series { return l.CPU }},
	{"DatabaseConnections", func(l *model.Load) model.Series { return l.Connections }},
	{"ReadIOPS", func(l *model.Load) model.Series { return l.ReadIOPS }},
	{"WriteIOPS", func(l *model.Load) model.Series { return l.WriteIOPS }},
	{"ReadThroughput", func(l *model.Load) model.Series { return l.ReadBytes }},
	{"WriteThroughput", func(l *model.Load) model.Series { return l.WriteBytes }},
	{"NetworkReceiveThroughput", func(l *model.Load) model.Series { return l.NetIn }},
	{"NetworkTransmitThroughput", func(l *model.Load) model.Series { return l.NetOut }},
	{"SwapUsage", func(l *model.Load) model.Series { return l.Swap }},
	{"FreeStorageSpace", func(l *model.Load) model.Series { return l.FreeStorage }},
}

// NeedOf makes figures of a load. What is thin is in Blind, with what to do about it.
func NeedOf(all *model.Load, f SizeFacts, by *model.Sizing) *SizeNeed {
	d := &f.Instance.AWS.Value
	l, blind := f.window(all, by)
	n := &SizeNeed{
		From: l.From, Blind: blind,
		Class: d.Class, Storage: d.Storage, CPU: l.CPU.Percentile(0.995), Herd: l.CPU.HighestMean(3, model.LoadEvery),
		IOPS: l.ReadIOPS.Plus(l.WriteIOPS).Percentile(0.995), Bytes: l.ReadBytes.Plus(l.WriteBytes).Percentile(0.995),
		Net: 8 * l.NetIn.Plus(l.NetOut).Percentile(0.995), Connections: l.Connections.Most(), Data: f.Data,
		ReadP95: l.ReadIOPS.Percentile(0.95), SwapGrew: swapGrew(l.Swap),
		MaxConnections: math.NaN(), Pool: math.NaN(),
	}
	if f.MBps > 0 && n.Storage.MBps == 0 {
		n.Storage.MBps = int(f.MBps)
	}
	if n.Data == 0 {
		n.Data = dataOf(l, d.Storage)
	}
	if !f.PoolSince.IsZero() && f.PoolSince.Before(l.To) {
		since, before := l.ReadIOPS.Since(f.PoolSince)
		n.PoolFor, n.ReadP95 = l.To.Sub(f.PoolSince), since.Percentile(0.95)
		if n.ReadBefore = before.Percentile(0.95); math.IsNaN(n.ReadBefore) {
			n.ReadBefore = 0
		}
	}
	n.server(f.Instance)
	if len(blind) == 0 {
		all = l
	}
	n.Blind = append(append(n.Blind, thin(all, by)...), n.balances(l, f.Class, by)...)
	if f.Instance.AWS.Value.Class == "" {
		n.Blind = append(n.Blind, "AWS did not tell its class")
	}
	if missed := missedCatchUp(l, f.CatchUps); missed != "" {
		n.Blind = append(n.Blind, missed+", so how much catching up needs is not known: drill a failover to its standby, or hold the jobs back "+
			"for two hours, and say when they were let go with --catch-up")
	}
	return n
}

// server takes what the server itself tells of its settings.
func (n *SizeNeed) server(i *model.Instance) {
	s := &i.Server.Value
	if i.Server.Seen() && s.MaxConnections > 0 {
		n.MaxConnections = float64(s.MaxConnections)
	}
	for _, v := range s.Variables {
		var pool float64
		if _, err := fmt.Sscan(v.Value, &pool); v.Name == "innodb_buffer_pool_size" && err == nil && pool > 0 {
			n.Pool = pool
		}
	}
	if !i.Group.Seen() || i.Group.Why != "" {
		n.Blind = append(n.Blind, fmt.Sprintf("its parameter group was not read (%s), so whether max_connections and innodb_buffer_pool_size go "+
			"with the class is not known: see switchyard doctor", cmp.Or(model.Clean(i.Group.Why), "not asked")))
	}
	for _, p := range i.Group.Value.Values {
		var number float64
		_, err := fmt.Sscan(p.Value, &number)
		switch {
		case err != nil: // a formula over the memory of the class
		case p.Name == "max_connections":
			n.ConnsPinned = true
		case p.Name == "innodb_buffer_pool_size":
			n.PoolPinned, n.PoolSet = true, number
		}
	}
}

// thin says which metrics are not there for long enough, or not without gaps; those that lack the same are told together.
func thin(l *model.Load, by *model.Sizing) (out []string) {
	names := map[string][]string{}
	for _, r := range required {
		says := lacks(r.of(l), l.To, by)
		if says == "" {
			continue
		}
		if names[says] == nil {
			out = append(out, says)
		}
		names[says] = append(names[says], r.name)
	}
	for i, says := range out {
		out[i] = strings.Join(names[says], ", ") + ": " + says
	}
	return out
}

func lacks(s model.Series, to time.Time, by *model.Sizing) string {
	if len(s) == 0 {
		return "CloudWatch has none of it"
	}
	span := to.Sub(s[0].At)
	share := float64(len(s)) / float64(max(1, span/model.LoadEvery))
	switch {
	case span < by.SizeDays:
		return fmt.Sprintf("there for %s, and %s are needed: wait", model.Span(span.Truncate(time.Hour)), model.Span(by.SizeDays))
	case share < by.SizePoints:
		return fmt.Sprintf("%.0f %% of the points are there, and %.0f %% are needed", 100*share, 100*by.SizePoints)
	}
	return ""
}

// balances ask that the load never lived on its volume's burst.
func (n *SizeNeed) balances(l *model.Load, class *model.Class, by *model.Sizing) (out []string) {
	for _, b := range []struct {
		name string
		s    model.Series
	}{{"EBSIOBalance%", l.IOBalance}, {"EBSByteBalance%", l.ByteBalance}} {
		switch least := b.s.Least(); {
		case len(b.s) == 0 && (class == nil || class.Bursts):
			out = append(out, "CloudWatch has no "+b.name+" of it, and its class bursts")
		case least < by.SizeBalance:
			out = append(out, fmt.Sprintf("its %s fell to %.0f, below %.0f: it lived on a burst, and what it needs without is not known: take a "+
				"larger class or volume, and measure again", b.name, least, by.SizeBalance))
		}
	}
	return out
}

// catchUpFor is how long what was let go must have been measured.
const catchUpFor = time.Hour

// missedCatchUp says why no catch-up was measured; empty: one was, whole and within the window.
func missedCatchUp(l *model.Load, at []time.Time) string {
	out := "nothing in that time was held back and let go"
	for _, t := range at {
		from := t.Truncate(model.LoadEvery)
		until := from.Add(catchUpFor)
		if from.Before(l.From) || !from.Before(l.To) {
			continue
		}
		if until.After(l.To) {
			out = fmt.Sprintf("what was let go at %s UTC is not measured for %s yet", minute(t), model.Span(catchUpFor))
			continue
		}
		want := int(catchUpFor / model.LoadEvery)
		got := min(l.CPU.Between(from, until), l.ReadIOPS.Plus(l.WriteIOPS).Between(from, until))
		if got >= want {
			return ""
		}
		out = fmt.Sprintf("of the hour after what was let go at %s UTC CloudWatch has %d of %d points of its CPU, reads and writes", minute(t),
			got, want)
	}
	return out
}

// dataOf is the most that tables and indexes can be: what is used of the storage, binary logs apart.
func dataOf(l *model.Load, s model.Storage) float64 {
	free := l.FreeStorage
	if len(l.Binlogs) > 0 {
		free = free.Plus(l.Binlogs)
	}
	return float64(s.GiB)*gib - free.Least()
}

// swapGrew is how much more it swapped on the last day than on the first.
func swapGrew(s model.Series) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	_, first := s.Since(s[0].At.Add(24 * time.Hour))
	last, _ := s.Since(s[len(s)-1].At.Add(-24 * time.Hour))
	return last.Percentile(0.5) - first.Percentile(0.5)
}
