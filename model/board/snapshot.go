package board

import (
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Snapshot is everything known at one moment. It is never changed after it is published; its parts are replaced whole.
type Snapshot struct {
	Rev         uint64            `json:"rev"` // raised only when content changed
	Beat        uint64            `json:"-"`   // raised with every publication; between two of the same Rev only At and Seen differ
	At          time.Time         `json:"at"`
	Environment string            `json:"environment"`
	Rehearsal   string            `json:"rehearsal,omitempty"`       // the scenario's name; empty in a real environment
	Clusters    [2]*ClusterView   `json:"clusters"`                  // by Cluster
	RDS         *model.RDS        `json:"rds,omitempty"`             // nil: none is configured
	State       *record.State     `json:"journal,omitempty"`         // nil: the journal was not read yet, or none is configured
	Cards       *model.CardsKept  `json:"restore_cards,omitempty"`   // nil: nobody says where they are kept, or they were not looked at yet
	Bundle      *model.BundleKept `json:"recovery_bundle,omitempty"` // likewise
	Orphans     []string          `json:"orphans,omitempty"`         // ids of actions that run by the journal's word and whose runner is gone
	Cells       []CellView        `json:"cells"`                     // every cell of the inventory, ordered by Cell.Compare
	Alerts      []Alert           `json:"alerts"`                    // what a person must do first comes first
	Events      []Event           `json:"events"`                    // newest last; a ring, so Seq may start anywhere
	Seen        []Sighting        `json:"sources"`                   // one per source, in screen order

	stored [2]stored  // by Cluster, of ended jobs
	bound  [2]*bounds // by Cluster, of evidence
	verify func(model.Format) string
}

// Sighting is what is known of one source: when it last answered and why it does not answer now.
type Sighting struct {
	Source  model.Source  `json:"source"`
	At      time.Time     `json:"at,omitzero"`       // last good answer; zero: never
	Tried   time.Time     `json:"tried,omitzero"`    // last attempt that ended
	Since   time.Time     `json:"since,omitzero"`    // when the trouble began; zero when there is none, or it was there before the first look
	Every   time.Duration `json:"every_ns"`          // how often it is asked
	Took    time.Duration `json:"took_ns"`           // how long the last good answer took
	Why     string        `json:"why,omitempty"`     // what the last attempt met; empty when it succeeded
	Trouble model.Trouble `json:"trouble,omitempty"` // the kind of Why
	Detail  string        `json:"detail,omitempty"`  // a fact worth showing: which host answers, which replica
	Gates   bool          `json:"-"`                 // the cluster's view depends on it
	// it answers and is not the one it is configured as, as Why says: nothing of it is believed
	Wrong bool `json:"wrong,omitempty"`
	Idle  bool `json:"-"` // there was nothing to ask it: it is no answer
	Early bool `json:"-"` // Why is no answer, but that there is none yet where there usually is
	Mute  bool `json:"-"` // Early, and it takes connections: it hangs, or will tell soon that it lets nobody in
}

// Is tells whether it is the sighting of that source; a Director without a name is the one of its cluster that schedules.
func (s *Sighting) Is(of model.Source) bool {
	return s.Source == of || of.Kind == model.SourceDirector && s.Source.Kind == of.Kind && s.Source.Cluster == of.Cluster &&
		(of.Name == "" && s.Gates || of.Name == model.AnyPassive && !s.Gates)
}

// Freshness of a source at a moment.
type Freshness uint8

// Never is the zero value: no answer yet.
const (
	Never Freshness = iota
	Old
	Live
)

func (f Freshness) String() string { return [...]string{"never", "old", "live"}[min(f, Live)] }

// Freshness is Live while the last answer is younger than three intervals (and never less than 5 s).
func (s Sighting) Freshness(now time.Time) Freshness {
	switch {
	case s.At.IsZero():
		return Never
	case s.Wrong: // whoever it was before
		return Old
	case now.Sub(s.At) > model.Allow(max(3*s.Every, 5*time.Second)):
		return Old
	}
	return Live
}

// ClusterView is one cluster as its catalog and Directors together tell it.
type ClusterView struct {
	Cluster   model.Cluster    `json:"cluster"`
	Directors []model.Director `json:"directors"` // the one that is configured as active first
	Acting    int              `json:"-"`         // the place among them of the one that schedules, as far as it shows
	Both      bool             `json:"-"`         // two may schedule, of which Acting ran jobs last
	// why it is not the one that is configured as active, alone
	ActingSays string        `json:"acting_says,omitempty"`
	Catalog    model.Catalog `json:"catalog,omitzero"`       // absent: it was never read
	Unlinked   string        `json:"catalog_lost,omitempty"` // why the active Director, which answers, is held to have lost its catalog
	Reaches    model.Answer  `json:"reaches_catalog"`        // Linked, as it is written
	Linked     model.Verdict `json:"-"`                      // whether the active Director reaches its catalog, as far as both tell
	LinkSays   string        `json:"-"`                      // why, or why that is not known
	Open       []model.Job   `json:"open"`                   // running, then stuck, then waiting; oldest first within each
	OpenMore   int           `json:"open_more,omitempty"`    // rows that the catalog calls open besides those, and that are too many to list
	Recent     []model.Job   `json:"recent"`                 // ended, newest first, at most RecentJobs
	Bad        []model.Job   `json:"-"`                      // of the window, ended and not OK, or hollow; newest first, at most BadJobs
	BadCut     bool          `json:"-"`                      // there were more
	Behind     []model.Job   `json:"-"`                      // of these, what needs a person and is not among Recent
	// Room is how many bytes are free for each Storage, by name, and why that is not known.
	Room   model.Reading[map[string]uint64] `json:"-"`
	Day    Tallies                          `json:"last_24h,omitzero"` // absent: its catalog's window was never read
	Week   Tallies                          `json:"last_7d,omitzero"`
	Rates  []DayRate                        `json:"-"`      // of backups, for as long as the policy wants a rate to be shown, by day
	Strays []Stray                          `json:"strays"` // job names of the Director or the catalog that map to no cell
}

// RecentJobs bounds ClusterView.Recent.
const RecentJobs = 500

// Stray is a job name that maps to no cell of the inventory; it is shown, never dropped.
type Stray struct {
	Name   string        `json:"name"`
	Type   model.JobType `json:"type"`
	Jobs   int           `json:"jobs"`
	Last   time.Time     `json:"last,omitzero"`
	Status model.Outcome `json:"last_outcome"`
	Mimics string        `json:"mimics,omitempty"` // the job of a cell, or that restores one, that the name only looks like
}

// Tally counts job endings of a window. Missed jobs were due and never ran.
type Tally struct {
	OK       int `json:"ok"`
	Warned   int `json:"warned"`
	Failed   int `json:"failed"`
	Canceled int `json:"canceled"`
	Lost     int `json:"lost"`
	Missed   int `json:"missed"`
}

// Total is everything that ended or should have.
func (t Tally) Total() int { return t.OK + t.Warned + t.Failed + t.Canceled + t.Lost + t.Missed }

// Good is what can be restored from.
func (t Tally) Good() int { return t.OK + t.Warned }

// Rate is the share of good ones, 0 to 1; false when nothing was due.
func (t Tally) Rate() (float64, bool) {
	if t.Total() == 0 {
		return 0, false
	}
	return float64(t.Good()) / float64(t.Total()), true
}

func (t *Tally) add(o Tally) {
	t.OK += o.OK
	t.Warned += o.Warned
	t.Failed += o.Failed
	t.Canceled += o.Canceled
	t.Lost += o.Lost
	t.Missed += o.Missed
}

func (t *Tally) count(o model.Outcome) {
	switch o {
	case model.OK:
		t.OK++
	case model.Warned:
		t.Warned++
	case model.Failed:
		t.Failed++
	case model.Canceled:
		t.Canceled++
	case model.Lost:
		t.Lost++
	case model.Waiting, model.Running, model.Stuck:
	}
}

// Tallies are the endings of one cluster in one window, as a whole and per region and kind.
type Tallies struct {
	Backups  Tally       `json:"backups"`
	Restores Tally       `json:"restores"`
	By       []TallyPart `json:"by"` // ordered by region and kind
	Read     bool        `json:"-"`  // the catalog's window was read: else the numbers say nothing
}

// IsZero tells encoders to leave numbers out that nobody has read.
func (t Tallies) IsZero() bool { return !t.Read }

// TallyPart is the share of one region and kind. Restores whose job name does not tell a region have Region "".
type TallyPart struct {
	Region   string     `json:"region"`
	Kind     model.Kind `json:"kind"`
	Backups  Tally      `json:"backups"`
	Restores Tally      `json:"restores"`
}

// CellView is one cell with blue and green paired.
type CellView struct {
	Cell    model.Cell    `json:"cell"`
	Tier    int           `json:"tier"`
	Promise time.Duration `json:"promise_ns"` // the oldest its newest good backup may become
	// FullPromise is the oldest its newest good full backup may become; 0: the inventory asks for none.
	FullPromise time.Duration `json:"full_promise_ns,omitempty"`
	Format      model.Format  `json:"format,omitempty"` // what its backups hold, as the inventory says
	Health      CellHealth    `json:"health"`
	Says        string        `json:"says"` // the health in one line
	Desired     model.Route   `json:"-"`    // by the journal's newest routes; zero: not known
	On          [2]Standing   `json:"-"`    // by Cluster
	TellsFrom   time.Time     `json:"-"`    // from when on it is told that a promise is about to break; zero: none holds
}

// CellHealth is computed from the inventory outward: what should be there, then what is.
type CellHealth uint8

// CellUnknown is the zero value; the order is that of urgency, most urgent last.
const (
	CellUnknown  CellHealth = iota // no source can tell
	CellOK                         // a good backup within its promise
	CellWarned                     // within its promise, but the newest try failed, warned, shrank or was missed
	CellDiverged                   // both clusters take it and do not agree
	CellBroken                     // no good backup within its promise
	CellGap                        // no Director has a job for it
)

var cellHealthWords = [...]string{"unknown", "ok", "warned", "diverged", "broken", "gap"}

func (h CellHealth) String() string { return cellHealthWords[min(h, CellGap)] }

// MarshalText writes the health's word.
func (h CellHealth) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// Standing is how one cell stands on one cluster.
type Standing struct {
	Has       model.Verdict `json:"-"`                          // does the active Director have its job; Unknown while never asked
	Off       bool          `json:"switched_off,omitempty"`     // it has the job and does not start it by itself, so that Has fails
	At        [2]Starts     `json:"-"`                          // by Director, the active one first: does it start the cell by itself
	Last      *model.Job    `json:"last,omitempty"`             // newest ended backup of any outcome
	Doubt     model.Doubt   `json:"doubt,omitzero"`             // why Last is not a good one
	LastGood  *model.Job    `json:"last_good,omitempty"`        // newest good one
	LastFull  *model.Job    `json:"last_full,omitempty"`        // newest good full one
	Since     time.Time     `json:"-"`                          // when the oldest good one of the window ended; zero: there is none
	Open      *model.Job    `json:"open,omitempty"`             // running or waiting now
	Streak    int           `json:"streak"`                     // good ones in a row, or minus the bad ones in a row
	Ratio     float64       `json:"size_ratio,omitempty"`       // last good's bytes over the median of its level; 0 unknown
	Median    uint64        `json:"median_bytes,omitempty"`     // bytes, of the last good's level
	Canceled  int           `json:"canceled,omitempty"`         // how many of the newest in a row a person canceled
	Leaves    string        `json:"levels_not_empty,omitempty"` // letters of the levels below full at which its backups leave something
	Missed    int           `json:"missed_7d"`                  // due times of the last 7 days that no job answered
	MissedAt  time.Time     `json:"missed_at,omitzero"`         // the newest of them
	MissedDay int           `json:"missed_24h"`                 // those of the last 24 h
	Due       time.Time     `json:"next_due,omitzero"`          // next due time
	Breaks    time.Time     `json:"promise_breaks,omitzero"`    // when its promise breaks without a new good one
	Read      bool          `json:"-"`                          // the catalog's window was read: else the counts say nothing

	Goods  []int64 `json:"-"` // when the good ones of the window ended, Unix seconds, ascending
	Misses []int64 `json:"-"` // due times that no job answered, of 7 days and of as long as the policy wants a rate to be shown
}

// Alert is one thing that needs a person, as long as it lasts.
type Alert struct {
	ID        string         `json:"id"` // stable while it lasts
	Severity  model.Severity `json:"severity"`
	Says      string         `json:"says"`
	Brief     string         `json:"-"`  // what failed and why, in few words, then "; " and what may be left out; empty: Says is short
	Do        string         `json:"do"` // the next thing to do; how it begins fits ActRoom
	Cluster   *model.Cluster `json:"cluster,omitempty"`
	Cell      *model.Cell    `json:"cell,omitempty"`
	Job       *model.JobKey  `json:"job,omitempty"`
	Jobs      []model.JobKey `json:"jobs,omitempty"` // that it tells of, so that they have no alert of their own
	Cells     []model.Cell   `json:"-"`              // that it tells of, where they are several
	Source    model.Source   `json:"source,omitzero"`
	Action    string         `json:"action,omitempty"`    // its plan's id
	Programme string         `json:"programme,omitempty"` // its id
	Since     time.Time      `json:"since,omitzero"`
	Until     time.Time      `json:"-"`                      // of a failover: AWS may refuse another until then
	Reach     int            `json:"reach,omitempty"`        // cells it is about, or that rest on what it is about
	Acked     *record.Ack    `json:"acknowledged,omitempty"` // by whom, why and until when: it comes after all others
	rank      int
	about     *model.Job // Job as it was seen
	cause     string     // what alerts of one cause share; empty: it stands alone
	rests     bool       // Reach is of the latter
	breaks    time.Time  // when a promise will
}

// Event is one change, told once.
type Event struct {
	Seq      uint64         `json:"seq"`
	At       time.Time      `json:"at"`
	Who      string         `json:"who"` // "blue", "green", "RDS" or a person
	Severity model.Severity `json:"severity"`
	Says     string         `json:"says"`
	Job      *model.JobKey  `json:"job,omitempty"`
	Cell     *model.Cell    `json:"cell,omitempty"`
	Action   string         `json:"action,omitempty"`
	Past     bool           `json:"past,omitempty"` // it was before the session looked
}
