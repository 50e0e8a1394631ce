package plan

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// SizeNeed is what was measured of an instance, and what it has now. What is not known is NaN.
type SizeNeed struct {
	Class   string        `json:"class"`
	Storage model.Storage `json:"storage"`
	From    time.Time     `json:"from"` // of what was measured

	CPU         float64 `json:"cpu_p995"`         // percent
	Herd        float64 `json:"cpu_herd"`         // percent, the highest mean of 15 minutes
	ReadP95     float64 `json:"read_iops_p95"`    // since PoolSince, where that is known
	ReadBefore  float64 `json:"read_iops_before"` // the same before it
	IOPS        float64 `json:"iops_p995"`        // reads and writes
	Bytes       float64 `json:"bytes_per_s_p995"` // of both
	Net         float64 `json:"net_bits_per_s_p995"`
	Connections float64 `json:"connections_most"`
	Data        float64 `json:"data_bytes"` // of tables and indexes, at most
	SwapGrew    float64 `json:"swap_grew_bytes"`

	MaxConnections float64       `json:"max_connections"`
	ConnsPinned    bool          `json:"max_connections_pinned"` // its parameter group says a number
	Pool           float64       `json:"buffer_pool_bytes"`
	PoolPinned     bool          `json:"buffer_pool_pinned"`
	PoolSet        float64       `json:"buffer_pool_set_bytes"` // to what it is pinned, which its server has after a restart
	PoolFor        time.Duration `json:"buffer_pool_for_ns"`    // how long it has been so; 0: not told
	Blind          []string      `json:"-"`                     // what is missing, and what to do about it
}

// SizeCheck is one quantity of a class: what is needed, and what it gives.
type SizeCheck struct {
	What string        `json:"what"`
	Need float64       `json:"need"`
	Has  float64       `json:"has"`
	Unit string        `json:"unit"`
	Fits model.Verdict `json:"fits"`
	Says string        `json:"says,omitempty"` // why, where the two numbers do not say it
}

// share is how much of it is used.
func (c *SizeCheck) share() float64 { return c.Need / c.Has }

// SizeCandidate is a class and what speaks for it.
type SizeCandidate struct {
	Class  model.Class   `json:"class"`
	Fits   model.Verdict `json:"fits"`
	Checks []SizeCheck   `json:"checks"`
}

// short are the words of what does not fit.
func (c *SizeCandidate) short() string {
	var out []string
	for i := range c.Checks {
		if k := &c.Checks[i]; k.Fits != model.Holds {
			out = append(out, cmp.Or(k.Says, fmt.Sprintf("%s: %s needed, %s there", k.What, figure(k.Need, k.Unit), figure(k.Has, k.Unit))))
		}
	}
	return strings.Join(out, "; ")
}

func figure(n float64, unit string) string {
	if unit == "B" {
		return model.Size(n)
	}
	if n >= 1000 {
		return strings.TrimSpace(fmt.Sprintf("%.0f %s", n, unit))
	}
	return strings.TrimSpace(fmt.Sprintf("%.4g %s", n, unit))
}

// SizeVerdict is what should become of an instance's class.
type SizeVerdict string

// The verdicts; the zero value is none.
const (
	SizeRefused SizeVerdict = "refused" // too little is known
	SizeStay    SizeVerdict = "stay"
	SizeDown    SizeVerdict = "down"
	SizeUp      SizeVerdict = "up"
	SizeNone    SizeVerdict = "none" // no class of its family is enough
)

// Sized is the answer.
type Sized struct {
	Verdict    SizeVerdict     `json:"verdict"`
	To         string          `json:"to,omitempty"` // the class that it should have
	Says       string          `json:"says"`
	Binds      string          `json:"binds,omitempty"`   // what is closest to its limit
	Missing    []string        `json:"missing,omitempty"` // why it is refused, and what to do about each
	Need       *SizeNeed       `json:"-"`
	Volume     []SizeCheck     `json:"volume"` // what the volume gives, whatever the class
	Candidates []SizeCandidate `json:"candidates"`
	Cost       string          `json:"cost,omitempty"`
}

// Size chooses the smallest class of the same family that gives what is needed, at most one size down; asked, where it is not empty, is
// judged instead. More need never chooses a smaller class.
func Size(n *SizeNeed, classes *model.Classes, asked string, by *model.Sizing) *Sized {
	out := &Sized{Need: n, Missing: slices.Clone(n.Blind), Volume: []SizeCheck{}, Candidates: []SizeCandidate{}}
	now := classes.Of(n.Class)
	if now == nil {
		out.Missing = append(
			out.Missing,
			fmt.Sprintf("%s is not in %s: add a row for it to a copy of that file, and name the copy as rds.classes",
				model.Clean(cmp.Or(n.Class, "its class")), model.Clean(classes.Name)),
		)
		return out.refuse()
	}
	out.Missing = append(out.Missing, n.unknown()...)
	out.Volume, out.Missing = volumeChecks(n, by, out.Missing)
	want := classes.Of(asked)
	switch {
	case asked == "":
	case want == nil:
		out.Missing = append(out.Missing, fmt.Sprintf("%s is not in %s: add a row for it to a copy of that file, and name the copy as "+
			"rds.classes", model.Clean(asked), model.Clean(classes.Name)))
	case want.Family() != now.Family() && !classes.Priced:
		out.Missing = append(out.Missing, fmt.Sprintf("%s has no price of %s: another family is compared by its price: add the column %s to a "+
			"copy of that file, and name the copy as rds.classes", model.Clean(classes.Name), want.Name, model.PriceColumn))
	}
	if len(out.Missing) > 0 {
		return out.refuse()
	}
	for i := range classes.List {
		if c := &classes.List[i]; c.Family() == now.Family() || c == want {
			out.Candidates = append(out.Candidates, n.candidate(c, now, by))
		}
	}
	slices.SortStableFunc(out.Candidates, func(a, b SizeCandidate) int {
		return cmp.Or(cmp.Compare(a.Class.VCPU, b.Class.VCPU), cmp.Compare(a.Class.Memory, b.Class.Memory))
	})
	if want != nil {
		out.judge(now, want)
	} else {
		out.choose(now)
	}
	out.cost(classes, now)
	return out
}

func (s *Sized) refuse() *Sized {
	s.Volume = slices.DeleteFunc(s.Volume, func(c SizeCheck) bool { return math.IsNaN(c.Need) })
	s.Verdict, s.Says = SizeRefused, "too little is known to choose a class: "+strings.Join(s.Missing, "; ")
	return s
}

// unknown are the figures without which nothing is chosen.
func (n *SizeNeed) unknown() (out []string) {
	for _, f := range []struct {
		v    float64
		says string
	}{
		{n.CPU, "its CPU was not measured"}, {n.Herd, "no 15 minutes of its CPU were measured in a row"},
		{n.ReadP95, "its reads were not measured"}, {n.IOPS, "its operations were not measured"}, {n.Bytes, "its throughput was not measured"},
		{n.Net, "its network was not measured"}, {n.Connections, "its connections were not measured"},
		{n.Data, "how much data it holds is not known: say it with --data-gib"}, {n.SwapGrew, "its swap was not measured"},
		{n.MaxConnections, "its server did not tell max_connections: let the watching account reach it"},
		{n.Pool, "its server did not tell innodb_buffer_pool_size: let the watching account reach it"},
	} {
		if math.IsNaN(f.v) || math.IsInf(f.v, 0) || f.v < 0 && f.says != "its swap was not measured" {
			out = append(out, f.says)
		}
	}
	return out
}

// volumeChecks judge the volume, which stays what it is whatever the class.
func volumeChecks(n *SizeNeed, by *model.Sizing, missing []string) ([]SizeCheck, []string) {
	iops, mbps, why := n.Storage.Gives()
	if why != "" {
		return []SizeCheck{}, append(missing, why)
	}
	return []SizeCheck{
		judged("operations of the volume", by.SizeMargin*n.IOPS, iops, "IOPS"),
		judged("throughput of the volume", by.SizeMargin*n.Bytes/1e6, mbps, "MB/s"),
	}, missing
}

func judged(what string, need, has float64, unit string) SizeCheck {
	c := SizeCheck{What: what, Need: need, Has: has, Unit: unit, Fits: model.Fails}
	if need <= has {
		c.Fits = model.Holds
	}
	return c
}

// candidate judges one class.
func (n *SizeNeed) candidate(c, now *model.Class, by *model.Sizing) SizeCandidate {
	cpu := max(now.VCPU*n.CPU/100/by.SizeCPU, now.VCPU*n.Herd/100*by.SizeGrowth/by.SizeHerd)
	lets := n.MaxConnections
	if !n.ConnsPinned {
		lets *= c.Memory / now.Memory
	}
	out := SizeCandidate{Class: *c, Fits: model.Holds, Checks: []SizeCheck{
		judged("vCPU", cpu, c.VCPU, ""), n.memory(c, now, by), judged("operations", by.SizeMargin*n.IOPS, c.IOPS, "IOPS"),
		judged("throughput", by.SizeMargin*n.Bytes/1e6, c.MBps, "MB/s"), judged("network", by.SizeMargin*n.Net/1e9, c.Gbps, "Gbit/s"),
		judged("connections", by.SizeConns*n.Connections, math.Floor(lets), ""),
	}}
	if c.Burstable() {
		out.Checks = append(out.Checks, SizeCheck{What: "class", Fits: model.Fails, Need: 1,
			Says: c.Name + " lends its CPU by credits: a night of backups uses them up"})
	}
	for i := range out.Checks {
		if out.Checks[i].Fits != model.Holds {
			out.Fits = model.Fails
		}
	}
	return out
}

const (
	poolShare   = 0.75     // of a class's memory, by RDS's own formula
	gib         = 1 << 30  // bytes
	swapFlat    = 64 << 20 // bytes that swap may have grown by
	readsOfIOPS = 0.2      // of a class's operations that reads may need where the data does not fit into memory
	readsMore   = 2        // times what they needed before the pool was made smaller
)

// memory asks whether the data fits into the buffer pool of a class, or whether one no larger than that has been enough.
func (n *SizeNeed) memory(c, now *model.Class, by *model.Sizing) SizeCheck {
	pool := poolShare * c.Memory * gib
	if has := max(n.Pool, n.PoolSet); n.PoolPinned && has > pool && c.Memory < now.Memory {
		m := judged("buffer pool", has, pool, "B")
		m.Says = fmt.Sprintf("buffer pool: its parameter group sets innodb_buffer_pool_size to %s, more than the %s that %s has for it: set "+
			"innodb_buffer_pool_size first, to at most %.0f or to a formula", model.Size(has), model.Size(pool), c.Name, pool)
		return m
	}
	if n.PoolPinned {
		pool = min(pool, n.Pool)
	} else {
		pool = min(pool, n.Pool*c.Memory/now.Memory)
	}
	m := judged("buffer pool", by.SizeData*n.Data, pool, "B")
	if m.Fits == model.Holds {
		return m
	}
	whole := c.Memory >= now.Memory // then the window itself is the trial
	tried := whole && n.Pool <= pool || n.Pool <= poolShare*c.Memory*gib && n.PoolFor >= by.SizeTrial
	allowed := readsOfIOPS * c.IOPS
	if !whole {
		allowed = max(allowed, readsMore*n.ReadBefore)
	}
	switch {
	case !tried:
		m.Says = fmt.Sprintf("buffer pool: %s of data do not fit into %s: set innodb_buffer_pool_size to %.0f for %s with all its backups, and "+
			"ask again with --pool-since", model.Size(n.Data), model.Size(pool), pool, model.Span(by.SizeTrial))
	case n.ReadP95 > allowed:
		m.Says = fmt.Sprintf("buffer pool: with %s its reads needed %.0f IOPS, more than %.0f", model.Size(n.Pool), n.ReadP95, allowed)
	case n.SwapGrew > swapFlat:
		m.Says = fmt.Sprintf("buffer pool: its swap grew by %s", model.Size(n.SwapGrew))
	default:
		m.Fits, m.Says = model.Holds, fmt.Sprintf("a pool of %s is tried: %.0f IOPS of reads", model.Size(n.Pool), n.ReadP95)
	}
	return m
}
