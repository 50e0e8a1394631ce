package model

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// LoadEvery is how far apart the points of a Load are: CloudWatch keeps such for 63 days.
const LoadEvery = 5 * time.Minute

// Load is what CloudWatch kept of one instance over weeks, a point for each LoadEvery.
type Load struct {
	From, To time.Time

	CPU         Series // percent
	Connections Series // the most of each
	ReadIOPS    Series // operations per second
	WriteIOPS   Series
	ReadBytes   Series // per second
	WriteBytes  Series
	NetIn       Series // bytes per second
	NetOut      Series
	Swap        Series // bytes, the most of each
	FreeStorage Series // bytes, the least of each
	Binlogs     Series // bytes, the least of each
	IOBalance   Series // percent that is left of the burst of operations, the least of each
	ByteBalance Series // percent that is left of the burst of throughput, the least of each
}

// Since is the part of a load from a moment on.
func (l *Load) Since(at time.Time) *Load {
	if !at.After(l.From) {
		return l
	}
	out := *l
	out.From = at
	for _, s := range []*Series{&out.CPU, &out.Connections, &out.ReadIOPS, &out.WriteIOPS, &out.ReadBytes, &out.WriteBytes, &out.NetIn,
		&out.NetOut, &out.Swap, &out.FreeStorage, &out.Binlogs, &out.IOBalance, &out.ByteBalance} {
		*s, _ = s.Since(at)
	}
	return &out
}

// Plus is the sum of two series at the moments that both have.
func (s Series) Plus(o Series) Series {
	at := make(map[int64]float64, len(o))
	for _, p := range o {
		at[p.At.Unix()] = p.Value
	}
	out := make(Series, 0, len(s))
	for _, p := range s {
		if v, ok := at[p.At.Unix()]; ok {
			out = append(out, Point{At: p.At, Value: p.Value + v})
		}
	}
	return out
}

// Percentile is the value that a share q of all points do not exceed, 0 to 1; NaN when there is none.
func (s Series) Percentile(q float64) float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	values := make([]float64, len(s))
	for i, p := range s {
		values[i] = p.Value
	}
	slices.Sort(values)
	return values[min(max(int(math.Ceil(q*float64(len(values))))-1, 0), len(values)-1)]
}

// HighestMean is the highest mean of n points in a row that are apart by every; NaN when there is none.
func (s Series) HighestMean(n int, every time.Duration) float64 {
	most := math.NaN()
	for i := n; i <= len(s); i++ {
		run, sum := s[i-n:i], 0.0
		if run[n-1].At.Sub(run[0].At) != time.Duration(n-1)*every {
			continue
		}
		for _, p := range run {
			sum += p.Value
		}
		if mean := sum / float64(n); !(mean <= most) {
			most = mean
		}
	}
	return most
}

// Since are the points from a moment on; the rest are those before it.
func (s Series) Since(at time.Time) (since, before Series) {
	i, _ := slices.BinarySearchFunc(s, at, func(p Point, at time.Time) int { return p.At.Compare(at) })
	return s[i:], s[:i]
}

// Between is how many points there are from a moment on, before another.
func (s Series) Between(from, until time.Time) int {
	s, _ = s.Since(from)
	_, s = s.Since(until)
	return len(s)
}

// Least and Most are the extreme values; NaN when there is none.
func (s Series) Least() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return slices.MinFunc(s, byValue).Value
}

// Most is the greatest value; NaN when there is none.
func (s Series) Most() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	return slices.MaxFunc(s, byValue).Value
}

func byValue(a, b Point) int { return cmp.Compare(a.Value, b.Value) }
