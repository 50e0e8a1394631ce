package model

import "time"

// gateThresholds are those of the gates at the exits of the phases, and of the report on the promises.
var gateThresholds = []Threshold{
	{
		Name: "rate_least",
		Says: "share of good ones among the backups of a region and kind in 7 days that a cluster must show",
		num:  func(p *Policy) *float64 { return &p.RateLeast },
		low:  0.5,
		high: 1,
	},
	{
		Name:  "rate_of",
		Says:  "fewer backups of a region and kind in 7 days than that are no rate",
		count: func(p *Policy) *int { return &p.RateOf },
		low:   1,
		high:  10000,
	},
	{
		Name: "rate_span",
		Says: "how long green must have shown that rate",
		span: func(p *Policy) *time.Duration { return &p.RateSpan },
		low:  day.Seconds(),
		high: (400 * day).Seconds(),
	},
	{
		Name:  "backups_kept",
		Says:  "days for which an RDS instance keeps its automated backups, at least",
		count: func(p *Policy) *int { return &p.BackupsKept },
		low:   1,
		high:  35,
	},
	{
		Name: "replica_lag",
		Says: "the most a replica may be behind at the exit of a phase",
		span: func(p *Policy) *time.Duration { return &p.ReplicaLag },
		low:  0,
		high: 3600,
	},
	{
		Name: "drill_time",
		Says: "the most a failover or a recovery that was tried may have taken",
		span: func(p *Policy) *time.Duration { return &p.DrillTime },
		low:  60,
		high: (7 * day).Seconds(),
	},
	{
		Name: "az_drill_time",
		Says: "the most a failover to the standby that was tried may have taken",
		span: func(p *Policy) *time.Duration { return &p.AZDrillTime },
		low:  10,
		high: 86400,
	},
	{
		Name: "replica_span",
		Says: "how long a replica must have replicated without being far behind",
		span: func(p *Policy) *time.Duration { return &p.ReplicaSpan },
		low:  3600,
		high: (400 * day).Seconds(),
	},
	{
		Name: "series_gap",
		Says: "the most that looks of observe may be apart in a series over days",
		span: func(p *Policy) *time.Duration { return &p.SeriesGap },
		low:  3600,
		high: (7 * day).Seconds(),
	},
	{
		Name: "bundle_age",
		Says: "how old the recovery bundle may be",
		span: func(p *Policy) *time.Duration { return &p.BundleAge },
		low:  3600,
		high: (400 * day).Seconds(),
	},
	{
		Name: "full_load",
		Says: "how long green must have carried everything before its instances are made smaller",
		span: func(p *Policy) *time.Duration { return &p.FullLoad },
		low:  day.Seconds(),
		high: (400 * day).Seconds(),
	},
	{
		Name: "unused_for",
		Says: "for how long nobody must have used the old schema before it is frozen; half of it is the least",
		span: func(p *Policy) *time.Duration { return &p.UnusedFor },
		low:  day.Seconds(),
		high: (180 * day).Seconds(),
	},
	{
		Name: "review_every",
		Says: "how long a review of the size of the instances counts",
		span: func(p *Policy) *time.Duration { return &p.ReviewEvery },
		low:  day.Seconds(),
		high: (400 * day).Seconds(),
	},
	{
		Name: "error_budget",
		Says: "share of the hours of all cells in 30 days that may be past a promise",
		num:  func(p *Policy) *float64 { return &p.BudgetShare },
		low:  0.00001,
		high: 0.5,
	},
	{
		Name: "burn_1h",
		Says: "times the error budget's own rate that need somebody, in the last hour",
		num:  func(p *Policy) *float64 { return &p.BurnHour },
		low:  1,
		high: 1000,
	},
	{
		Name: "burn_6h",
		Says: "times the error budget's own rate that need somebody, in the last 6 hours",
		num:  func(p *Policy) *float64 { return &p.BurnSix },
		low:  1,
		high: 1000,
	},
}
