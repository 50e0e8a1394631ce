package model

import (
	"time"
)

// Policy is every threshold that decides, in one place. DefaultPolicy gives the defaults; Set overrides one by name.
type Policy struct {
	Window       time.Duration // how far back the catalogs are walked at start
	DueGrace     time.Duration // a due job that is not in the catalog this long after its time was missed
	PromiseAhead time.Duration // a promise that breaks within this time is told beforehand
	SizeLow      float64       // a backup smaller than this share of its level's median is suspect
	SizeHigh     float64       // a backup larger than this multiple of its level's median is suspect
	LostAfter    time.Duration // a job open in the catalog that its Director has not known for this long is lost

	CatalogEvery  time.Duration // how often a catalog is asked
	DirectorEvery time.Duration // how often an active Director is asked for its header and running jobs
	PassiveEvery  time.Duration // the same for a passive one, which runs nothing
	StorageEvery  time.Duration // how often the Storage Daemons with running jobs are asked for bytes
	JobsEvery     time.Duration // how often a Director is asked for its Job resources when nothing says they changed
	JournalEvery  time.Duration // how often the journal is asked for records of others
	Slow          time.Duration // an answer that took longer than this is told as slow
	Answer        time.Duration // how long a source may take to answer before it counts as hung

	InstanceEvery time.Duration // how often AWS is asked for an RDS instance
	ServerEvery   time.Duration // how often an RDS instance's MySQL server is asked
	MetricsEvery  time.Duration // how often CloudWatch is asked; every metric asked for costs money
	SettingsEvery time.Duration // how often AWS is asked for parameter groups and pending maintenance
	SwitchoverLag time.Duration // the most a replica may be behind when a switchover starts
	EmergencyLoss time.Duration // an emergency failover that would lose more than this asks for a reason
	OutageFor     time.Duration // a primary that is silent for less asks for a reason before an emergency
	FailoverApart time.Duration // a failover so soon after another is not asked for: AWS refuses it
	FailoverAgain time.Duration // one so soon after another asks for a reason

	StorageLow float64       // an RDS instance with a smaller share of free storage is told
	StorageOut float64       // with a smaller one than this it needs a person now
	CertSoon   time.Duration // a server certificate that ends within this time is told
	CertNow    time.Duration // within this time it needs a person now

	Approvals          int           // how many people approve an action
	OverrideApprovals  int           // how many people approve an action that overrides a guard
	EmergencyApprovals int           // how many people approve an emergency, which is reviewed afterwards
	Ticket             bool          // an approval names a ticket
	SizeCalls          bool          // a call to AWS may change the class of an instance
	Freeze             Freeze        // when an action asks for a reason
	PlanLife           time.Duration // a plan that is not begun by then is refused
	DueSoon            time.Duration // a backup by hand this short before its schedule's is told
	StartLimit         time.Duration // how long a job that was started may take to show, and one that was canceled to end
	TreeLimit          time.Duration // how long a Director may take to build the tree of a restore before its job is there
	RunLimit           time.Duration // how long a backup that was started is followed
	ActEvery           time.Duration // how often a runner looks whether a step is done
	PushQuiet          time.Duration // no job is to start this long before and behind a reload, where there is such a moment
	PushWaits          time.Duration // how long a push waits until no job starts
	Settle             time.Duration // how long a runner that resumes waits for a call of the one before it to show
	ClaimLife          time.Duration // how long a runner's claim lasts where no lock tells that it lives

	TailEvery     time.Duration // how often jobs that ended are recorded as evidence, at most
	EvidenceEvery time.Duration // evidence by a look is recorded anew after this, also when it is the same
	EvidenceLife  time.Duration // how long evidence by a look counts
	CardsOld      time.Duration // a restore card that is older is not what a timer keeps fresh

	RateLeast   float64       // share of good ones among the backups of a region and kind in 7 days that a cluster must show
	RateOf      int           // fewer backups than that are no rate
	RateSpan    time.Duration // how long green must have shown that rate
	BackupsKept int           // days for which an RDS instance keeps its automated backups, at least
	ReplicaLag  time.Duration // the most a replica may be behind at the exit of a phase
	DrillTime   time.Duration // the most a failover or a recovery that was tried may have taken
	AZDrillTime time.Duration // the same of one to the standby in the same AWS region
	ReplicaSpan time.Duration // how long a replica must have replicated without being far behind
	TrafficDays int           // whole days of traffic by which it is judged whether a server's is predictable
	TrafficPeak float64       // multiple of the median of the days' busiest hours that its busiest may be
	TrafficVary float64       // coefficient of variation of the days' averages that is steady
	ConnectMost float64       // share of max_connections that a server may have had at once
	SeriesGap   time.Duration // the most that looks of a series may be apart; its hours count as unseen beyond
	BundleAge   time.Duration // how old the recovery bundle may be
	FullLoad    time.Duration // for how long green must have carried everything before its instances are made smaller
	UnusedFor   time.Duration // for how long nobody must have used the old schema before it is frozen; half of it is the least
	LockedFor   time.Duration // for how long nobody must have tried a locked account before the old schema is renamed; half of it is the least
	HeldFor     time.Duration // for how long its tables are held under another name before they are dropped; half of it is the least
	DropLag     time.Duration // the most a replica may be behind while they are
	ReviewEvery time.Duration // how long a review of the instances' size counts
	BudgetShare float64       // the error budget: the share of the hours of all cells in 30 days that may be past a promise
	BurnHour    float64       // times the budget's own rate that need somebody, in an hour
	BurnSix     float64       // and in six hours

	Sizing
}

// DefaultPolicy are the values used where the configuration says nothing.
func DefaultPolicy() Policy {
	return Policy{
		Window:       15 * 24 * time.Hour,
		DueGrace:     10 * time.Minute,
		PromiseAhead: 2 * time.Hour,
		SizeLow:      0.5,
		SizeHigh:     2,
		LostAfter:    15 * time.Second,

		CatalogEvery:  2 * time.Second,
		DirectorEvery: 3 * time.Second,
		PassiveEvery:  4 * time.Second,
		StorageEvery:  2 * time.Second,
		JobsEvery:     time.Minute,
		JournalEvery:  time.Second,
		Slow:          time.Second,
		Answer:        8 * time.Second,

		InstanceEvery: 3 * time.Second,
		ServerEvery:   3 * time.Second,
		MetricsEvery:  time.Minute,
		SettingsEvery: 10 * time.Minute,
		SwitchoverLag: 5 * time.Second,
		EmergencyLoss: 5 * time.Minute,
		OutageFor:     5 * time.Minute,
		FailoverApart: 10 * time.Minute,
		FailoverAgain: time.Hour,
		StorageLow:    0.2,
		StorageOut:    0.1,
		CertSoon:      30 * day,
		CertNow:       3 * day,

		Approvals:          1,
		OverrideApprovals:  1,
		EmergencyApprovals: 1,
		PlanLife:           15 * time.Minute,
		DueSoon:            30 * time.Minute,
		StartLimit:         2 * time.Minute,
		TreeLimit:          15 * time.Minute,
		RunLimit:           24 * time.Hour,
		ActEvery:           time.Second,
		PushQuiet:          70 * time.Second,
		PushWaits:          3 * time.Minute,
		Settle:             30 * time.Second,
		ClaimLife:          10 * time.Minute,

		TailEvery:     5 * time.Minute,
		EvidenceEvery: day,
		EvidenceLife:  7 * day,
		CardsOld:      26 * time.Hour,

		RateLeast:   0.98,
		RateOf:      20,
		RateSpan:    14 * day,
		BackupsKept: 7,
		ReplicaLag:  time.Minute,
		DrillTime:   4 * time.Hour,
		AZDrillTime: 5 * time.Minute,
		ReplicaSpan: 7 * day,
		SeriesGap:   6 * time.Hour,
		TrafficDays: 7,
		TrafficPeak: 3,
		TrafficVary: 0.5,
		ConnectMost: 0.8,
		BundleAge:   7 * day,
		FullLoad:    60 * day,
		UnusedFor:   14 * day,
		LockedFor:   3 * day,
		HeldFor:     7 * day,
		DropLag:     10 * time.Second,
		ReviewEvery: 100 * day,
		BudgetShare: 0.005,
		BurnHour:    14.4,
		BurnSix:     6,

		Sizing: defaultSizing(),
	}
}
