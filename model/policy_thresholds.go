package model

import (
	"slices"
	"time"
)

// Threshold is one named value of a Policy.
type Threshold struct {
	Name   string
	Says   string
	span   func(*Policy) *time.Duration
	num    func(*Policy) *float64
	count  func(*Policy) *int
	flag   func(*Policy) *bool
	freeze func(*Policy) *Freeze
	low    float64 // least value allowed, in seconds for durations
	high   float64 // most value allowed
}

const day = 24 * time.Hour

// Thresholds lists every threshold by the name that the configuration uses.
var Thresholds = slices.Concat(watchThresholds, gateThresholds, sizeThresholds)

// watchThresholds are those of seeing and acting.
var watchThresholds = []Threshold{
	{
		Name: "window",
		Says: "how far back the catalogs are walked at start",
		span: func(p *Policy) *time.Duration { return &p.Window },
		low:  (8 * day).Seconds(),
		high: (400 * day).Seconds(),
	},
	{
		Name: "due_grace",
		Says: "a due job not in the catalog after this long was missed",
		span: func(p *Policy) *time.Duration { return &p.DueGrace },
		low:  60,
		high: day.Seconds(),
	},
	{
		Name: "promise_ahead",
		Says: "a promise that breaks within this time is told beforehand",
		span: func(p *Policy) *time.Duration { return &p.PromiseAhead },
		low:  0,
		high: (7 * day).Seconds(),
	},
	{
		Name: "size_low",
		Says: "share of its level's median below which a backup is suspect",
		num:  func(p *Policy) *float64 { return &p.SizeLow },
		low:  0,
		high: 1,
	},
	{
		Name: "size_high",
		Says: "multiple of its level's median above which a backup is suspect",
		num:  func(p *Policy) *float64 { return &p.SizeHigh },
		low:  1,
		high: 1000,
	},
	{
		Name: "lost_after",
		Says: "an open job that its Director has not known for this long is lost",
		span: func(p *Policy) *time.Duration { return &p.LostAfter },
		low:  5,
		high: day.Seconds(),
	},
	{
		Name: "catalog_every",
		Says: "how often a catalog is asked",
		span: func(p *Policy) *time.Duration { return &p.CatalogEvery },
		low:  1,
		high: 600,
	},
	{
		Name: "director_every",
		Says: "how often an active Director is asked",
		span: func(p *Policy) *time.Duration { return &p.DirectorEvery },
		low:  1,
		high: 600,
	},
	{
		Name: "passive_every",
		Says: "how often a passive Director is asked",
		span: func(p *Policy) *time.Duration { return &p.PassiveEvery },
		low:  1,
		high: 600,
	},
	{
		Name: "storage_every",
		Says: "how often the Storage Daemons with running jobs are asked",
		span: func(p *Policy) *time.Duration { return &p.StorageEvery },
		low:  1,
		high: 600,
	},
	{
		Name: "jobs_every",
		Says: "how often a Director is asked for its Job resources",
		span: func(p *Policy) *time.Duration { return &p.JobsEvery },
		low:  5,
		high: 3600,
	},
	{
		Name: "journal_every",
		Says: "how often the journal is asked for what others did",
		span: func(p *Policy) *time.Duration { return &p.JournalEvery },
		low:  0.2,
		high: 600,
	},
	{
		Name: "slow",
		Says: "an answer that took longer is told as slow",
		span: func(p *Policy) *time.Duration { return &p.Slow },
		low:  0.05,
		high: 60,
	},
	{
		Name: "answer",
		Says: "how long a source may take to answer",
		span: func(p *Policy) *time.Duration { return &p.Answer },
		low:  1,
		high: 120,
	},
	{
		Name: "instance_every",
		Says: "how often AWS is asked for an RDS instance",
		span: func(p *Policy) *time.Duration { return &p.InstanceEvery },
		low:  1,
		high: 600,
	},
	{
		Name: "server_every",
		Says: "how often an RDS instance's MySQL server is asked",
		span: func(p *Policy) *time.Duration { return &p.ServerEvery },
		low:  1,
		high: 600,
	},
	{
		Name: "metrics_every",
		Says: "how often CloudWatch is asked, which costs money",
		span: func(p *Policy) *time.Duration { return &p.MetricsEvery },
		low:  5,
		high: 3600,
	},
	{
		Name: "settings_every",
		Says: "how often AWS is asked for parameter groups and pending maintenance",
		span: func(p *Policy) *time.Duration { return &p.SettingsEvery },
		low:  5,
		high: day.Seconds(),
	},
	{
		Name: "switchover_lag",
		Says: "the most a replica may be behind when a switchover starts",
		span: func(p *Policy) *time.Duration { return &p.SwitchoverLag },
		low:  0,
		high: 3600,
	},
	{
		Name: "emergency_loss",
		Says: "an emergency failover that would lose more asks for a reason",
		span: func(p *Policy) *time.Duration { return &p.EmergencyLoss },
		low:  0,
		high: day.Seconds(),
	},
	{
		Name: "outage_for",
		Says: "an emergency of a primary that is silent for less asks for a reason",
		span: func(p *Policy) *time.Duration { return &p.OutageFor },
		low:  0,
		high: 86400,
	},
	{
		Name: "failover_apart",
		Says: "a failover to the standby so soon after another is not asked for: AWS refuses it",
		span: func(p *Policy) *time.Duration { return &p.FailoverApart },
		low:  0,
		high: 86400,
	},
	{
		Name: "failover_again",
		Says: "a failover to the standby so soon after another asks for a reason",
		span: func(p *Policy) *time.Duration { return &p.FailoverAgain },
		low:  0,
		high: 86400,
	},
	{
		Name: "storage_low",
		Says: "an RDS instance with a smaller share of free storage is told",
		num:  func(p *Policy) *float64 { return &p.StorageLow },
		low:  0.01,
		high: 0.9,
	},
	{
		Name: "storage_out",
		Says: "an RDS instance with a smaller share of free storage needs a person now",
		num:  func(p *Policy) *float64 { return &p.StorageOut },
		low:  0,
		high: 0.9,
	},
	{
		Name: "cert_soon",
		Says: "a server certificate that ends within this time is told",
		span: func(p *Policy) *time.Duration { return &p.CertSoon },
		low:  0,
		high: (400 * day).Seconds(),
	},
	{
		Name: "cert_now",
		Says: "a server certificate that ends within this time needs a person now",
		span: func(p *Policy) *time.Duration { return &p.CertNow },
		low:  0,
		high: (400 * day).Seconds(),
	},
	{Name: "approvals", Says: "how many people approve an action", count: func(p *Policy) *int { return &p.Approvals }, low: 1, high: 5},
	{
		Name:  "override_approvals",
		Says:  "how many people approve an action that overrides a guard",
		count: func(p *Policy) *int { return &p.OverrideApprovals },
		low:   1,
		high:  5,
	},
	{
		Name:  "emergency_approvals",
		Says:  "how many people approve an emergency, which is reviewed afterwards",
		count: func(p *Policy) *int { return &p.EmergencyApprovals },
		low:   1,
		high:  5,
	},
	{Name: "ticket", Says: "an approval names a ticket", flag: func(p *Policy) *bool { return &p.Ticket }},
	{Name: "freeze", Says: "windows in UTC in which an action asks for a reason", freeze: func(p *Policy) *Freeze { return &p.Freeze }},
	{
		Name: "plan_life",
		Says: "a plan that is not begun by then is refused",
		span: func(p *Policy) *time.Duration { return &p.PlanLife },
		low:  60,
		high: 86400,
	},
	{
		Name: "due_soon",
		Says: "a backup by hand this short before its schedule's is told",
		span: func(p *Policy) *time.Duration { return &p.DueSoon },
		low:  0,
		high: day.Seconds(),
	},
	{
		Name: "start_limit",
		Says: "how long a started job may take to show, and a canceled one to end",
		span: func(p *Policy) *time.Duration { return &p.StartLimit },
		low:  10,
		high: 3600,
	},
	{
		Name: "tree_limit",
		Says: "how long a Director may take to build the tree of a restore before its job is there",
		span: func(p *Policy) *time.Duration { return &p.TreeLimit },
		low:  10,
		high: (4 * time.Hour).Seconds(),
	},
	{
		Name: "run_limit",
		Says: "how long a started backup is followed",
		span: func(p *Policy) *time.Duration { return &p.RunLimit },
		low:  60,
		high: (14 * day).Seconds(),
	},
	{
		Name: "act_every",
		Says: "how often a runner looks whether a step is done",
		span: func(p *Policy) *time.Duration { return &p.ActEvery },
		low:  0.1,
		high: 60,
	},
	{
		Name: "push_quiet",
		Says: "no job is to start this long before and behind a Director's reload, where there is such a moment",
		span: func(p *Policy) *time.Duration { return &p.PushQuiet },
		low:  60,
		high: 3600,
	},
	{
		Name: "push_waits",
		Says: "how long a push waits until no job starts",
		span: func(p *Policy) *time.Duration { return &p.PushWaits },
		low:  0,
		high: 3600,
	},
	{
		Name: "settle",
		Says: "how long a resuming runner waits for a call of the one before it to show",
		span: func(p *Policy) *time.Duration { return &p.Settle },
		low:  10,
		high: 3600,
	},
	{
		Name: "claim_life",
		Says: "how long a runner's claim lasts where no lock tells that it lives",
		span: func(p *Policy) *time.Duration { return &p.ClaimLife },
		low:  60,
		high: 86400,
	},
	{
		Name: "tail_every",
		Says: "how often jobs that ended are recorded as evidence, at most",
		span: func(p *Policy) *time.Duration { return &p.TailEvery },
		low:  0,
		high: 3600,
	},
	{
		Name: "evidence_every",
		Says: "evidence by a look is recorded anew after this, also when it is the same",
		span: func(p *Policy) *time.Duration { return &p.EvidenceEvery },
		low:  3600,
		high: (7 * day).Seconds(),
	},
	{
		Name: "evidence_life",
		Says: "how long evidence by a look counts",
		span: func(p *Policy) *time.Duration { return &p.EvidenceLife },
		low:  day.Seconds(),
		high: (90 * day).Seconds(),
	},
	{
		Name: "cards_old",
		Says: "a restore card that is older is not what a timer keeps fresh",
		span: func(p *Policy) *time.Duration { return &p.CardsOld },
		low:  time.Hour.Seconds(),
		high: (31 * day).Seconds(),
	},
}
