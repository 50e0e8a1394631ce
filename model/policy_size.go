package model

import "time"

// Sizing are the thresholds by which a class of instance is chosen.
type Sizing struct {
	SizeWindow  time.Duration // how far back the load of an instance is read
	SizeDays    time.Duration // a load that was measured for less chooses nothing
	SizePoints  float64       // share of its points that must be there
	SizeCPU     float64       // share of a class's vCPU that the load may use
	SizeHerd    float64       // share of it that catching up may use
	SizeGrowth  float64       // multiple that the catch-up is expected to grow to
	SizeMargin  float64       // multiple of operations, throughput and network that a class must give
	SizeData    float64       // multiple of the data that its buffer pool must hold
	SizeConns   float64       // multiple of the most connections that it must let in
	SizeBalance float64       // percent of its volume's burst that was left at any time
	SizeTrial   time.Duration // how long a smaller buffer pool must have been tried where the data does not fit into it
}

func defaultSizing() Sizing {
	return Sizing{
		SizeWindow: 60 * day, SizeDays: 14 * day, SizePoints: 0.95, SizeCPU: 0.6, SizeHerd: 0.7, SizeGrowth: 1.1, SizeMargin: 1.3,
		SizeData: 1.2, SizeConns: 1.5, SizeBalance: 80, SizeTrial: 2 * day,
	}
}

// sizeThresholds are those of Sizing, and what may be done about it.
var sizeThresholds = []Threshold{
	{
		Name: "size_calls", Says: "a call to AWS may change the class of an instance; else whoever owns what describes it does",
		flag: func(p *Policy) *bool { return &p.SizeCalls },
	},
	{
		Name: "size_window", Says: "how far back the load of an instance is read; CloudWatch keeps what is needed for 63 days",
		span: func(p *Policy) *time.Duration { return &p.SizeWindow }, low: (14 * day).Seconds(), high: (63 * day).Seconds(),
	},
	{
		Name: "size_days", Says: "a load that was measured for less than this chooses no class",
		span: func(p *Policy) *time.Duration { return &p.SizeDays }, low: day.Seconds(), high: (63 * day).Seconds(),
	},
	{
		Name: "size_points", Says: "share of the points of a load that must be there",
		num: func(p *Policy) *float64 { return &p.SizePoints }, low: 0.5, high: 1,
	},
	{
		Name: "size_cpu", Says: "share of a class's vCPU that the load may use",
		num: func(p *Policy) *float64 { return &p.SizeCPU }, low: 0.1, high: 1,
	},
	{
		Name: "size_herd", Says: "share of a class's vCPU that catching up may use",
		num: func(p *Policy) *float64 { return &p.SizeHerd }, low: 0.1, high: 1,
	},
	{
		Name: "size_growth", Says: "multiple that the catch-up is expected to grow to",
		num: func(p *Policy) *float64 { return &p.SizeGrowth }, low: 1, high: 10,
	},
	{
		Name: "size_margin", Says: "multiple of the operations, throughput and network of its load that a class must give",
		num: func(p *Policy) *float64 { return &p.SizeMargin }, low: 1, high: 10,
	},
	{
		Name: "size_data", Says: "multiple of the data that the buffer pool of a class must hold",
		num: func(p *Policy) *float64 { return &p.SizeData }, low: 0.1, high: 10,
	},
	{
		Name: "size_connections", Says: "multiple of the most connections that a class must let in",
		num: func(p *Policy) *float64 { return &p.SizeConns }, low: 1, high: 10,
	},
	{
		Name: "size_balance", Says: "percent of its volume's burst that must have been left at any time",
		num: func(p *Policy) *float64 { return &p.SizeBalance }, low: 0, high: 100,
	},
	{
		Name: "size_trial", Says: "how long a smaller buffer pool must have been tried where the data does not fit into it",
		span: func(p *Policy) *time.Duration { return &p.SizeTrial }, low: day.Seconds(), high: (30 * day).Seconds(),
	},
}
