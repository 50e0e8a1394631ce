package model

import (
	"fmt"
	"time"
)

// Status is Bacula's one-letter JobStatus (jcr.h, Community 13.0.3; case matters).
type Status byte

// Outcome is what a job's status comes to for a person.
type Outcome uint8

// Outcomes; everything up to Stuck is still open in the catalog.
const (
	Waiting  Outcome = iota // queued: for a client, a Storage Daemon, a limit, a time
	Running                 // moving data or attributes
	Stuck                   // waits for a person: a volume or a mount
	OK                      // ended well
	Warned                  // ended well with warnings: W, or T with JobErrors > 0
	Failed                  // ended in error
	Canceled                // canceled by a user or a limit
	Lost                    // ended by a Director restart (zero-duration f), or open in the catalog and unknown to the Director
)

var outcomeWords = [...]string{"waiting", "running", "stuck", "ok", "warned", "failed", "canceled", "lost"}

func (o Outcome) String() string { return outcomeWords[min(int(o), len(outcomeWords)-1)] }

// MarshalText writes the outcome's word.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (o *Outcome) UnmarshalText(b []byte) error {
	for i, w := range outcomeWords {
		if w == string(b) {
			*o = Outcome(i)
			return nil
		}
	}
	return fmt.Errorf("outcome %q is not known", b)
}

// Open tells whether the job has not ended.
func (o Outcome) Open() bool { return o <= Stuck }

// Good tells whether Bacula calls the job a success; whether it is a good backup, Judge decides.
func (o Outcome) Good() bool { return o == OK || o == Warned }

type statusFact struct {
	outcome Outcome
	words   string
}

// statuses is kept in code because catalogs up to version 1024 lack W in their Status table, and 15 adds l, L, u, w and q.
var statuses = map[Status]statusFact{
	'T': {OK, "OK"},
	'W': {Warned, "OK with warnings"},
	'E': {Failed, "ended in error"},
	'e': {Failed, "non-fatal error"},
	'f': {Failed, "fatal error"},
	'A': {Canceled, "canceled"},
	'D': {Failed, "verify found differences"},
	'I': {Failed, "incomplete, can be resumed"},
	'C': {Waiting, "created, not running"},
	'R': {Running, "running"},
	'B': {Stuck, "blocked"},
	'F': {Waiting, "waits for client"},
	'S': {Waiting, "waits for storage"},
	'm': {Stuck, "waits for a volume"},
	'M': {Stuck, "waits for a mount"},
	's': {Waiting, "waits: storage is at its job limit"},
	'j': {Waiting, "waits: job is at its limit"},
	'c': {Waiting, "waits: client is at its job limit"},
	'd': {Waiting, "waits: Director is at its job limit"},
	't': {Waiting, "waits for its start time"},
	'p': {Waiting, "waits for higher priority jobs"},
	'q': {Waiting, "waits for a device"},
	'i': {Running, "Director inserts attributes"},
	'a': {Running, "Storage Daemon despools attributes"},
	'l': {Running, "despools data"},
	'L': {Running, "commits data"},
	'u': {Running, "uploads to cloud"},
	'w': {Running, "downloads from cloud"},
}

// Known tells whether the letter is in Bacula's table.
func (s Status) Known() bool { _, ok := statuses[s]; return ok }

// String says the status in words; a letter that is not in the table is shown as ?x.
func (s Status) String() string {
	if f, ok := statuses[s]; ok {
		return f.words
	}
	if s < 0x21 || s > 0x7e {
		return fmt.Sprintf("?%#02x", byte(s))
	}
	return "?" + string(rune(s))
}

// MarshalText writes the letter itself.
func (s Status) MarshalText() ([]byte, error) { return []byte(Clean(string(rune(s)))), nil }

// UnmarshalText reads one letter.
func (s *Status) UnmarshalText(b []byte) error {
	if len(b) != 1 {
		return fmt.Errorf("job status %q: want one letter", b)
	}
	*s = Status(b[0])
	return nil
}

// Outcome of a status letter alone; an unknown letter counts as open, so that it is looked at again and never as good.
func (s Status) Outcome() Outcome {
	if f, ok := statuses[s]; ok {
		return f.outcome
	}
	return Waiting
}

// Level is Bacula's one-letter backup level; it means nothing for restores.
type Level byte

var levelWords = map[Level]string{'F': "full", 'D': "diff", 'I': "incr", 'f': "vfull", 'B': "base", 'S': "since"}

func (l Level) String() string {
	if w, ok := levelWords[l]; ok {
		return w
	}
	if l <= 0x20 || l > 0x7e {
		return "-"
	}
	return "?" + string(rune(l))
}

// LevelCalled is the level that Bacula's commands call by a word, such as Incremental; 0: it is none that a backup is asked for by.
func LevelCalled(word string) Level {
	return map[string]Level{"Full": 'F', "Differential": 'D', "Incremental": 'I'}[word]
}

// MarshalText writes the level's word.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote; a level that is none is 0.
func (l *Level) UnmarshalText(b []byte) error {
	for letter, w := range levelWords {
		if w == string(b) {
			*l = letter
			return nil
		}
	}
	switch {
	case string(b) == "-":
		*l = 0
	case len(b) == 2 && b[0] == '?':
		*l = Level(b[1])
	default:
		return fmt.Errorf("job level %q is not known", b)
	}
	return nil
}

// JobType is Bacula's one-letter job type.
type JobType byte

// The types that count: everything else is shown and never counted.
const (
	TypeBackup  JobType = 'B'
	TypeRestore JobType = 'R'
	TypeCopy    JobType = 'C'
	TypeVerify  JobType = 'V'
	TypeAdmin   JobType = 'D'
)

var typeWords = map[JobType]string{'B': "backup", 'R': "restore", 'C': "copy", 'c': "copy job", 'V': "verify", 'D': "admin",
	'M': "migrated", 'g': "migration", 'A': "archive", 'U': "console", 'I': "system", 'S': "scan"}

func (t JobType) String() string {
	if w, ok := typeWords[t]; ok {
		return w
	}
	if t <= 0x20 || t > 0x7e {
		return "-"
	}
	return "?" + string(rune(t))
}

// MarshalText writes the type's word.
func (t JobType) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// Job is one job as the catalog and the Director together tell it. Times are absolute (zero = unset), sizes in bytes. Names are literal,
// all other text is clean.
type Job struct {
	Key      JobKey    `json:"key"`
	ID       uint32    `json:"jobid"`            // per catalog; never an identity
	Name     string    `json:"name"`             // the Job resource's name, literal
	Mimics   string    `json:"mimics,omitempty"` // the job of a cell, or that restores one, that the name only looks like
	Cell     Cell      `json:"cell,omitzero"`
	HasCell  bool      `json:"has_cell"` // false: the name maps to no cell of the inventory
	Type     JobType   `json:"type"`
	Level    Level     `json:"level"`
	Status   Status    `json:"status"`
	Outcome  Outcome   `json:"outcome"`
	Client   string    `json:"client,omitempty"`
	Storage  string    `json:"storage,omitempty"`
	Sched    time.Time `json:"scheduled,omitzero"` // when it was due
	Start    time.Time `json:"start,omitzero"`
	End      time.Time `json:"end,omitzero"`
	Files    uint64    `json:"files"`
	Bytes    uint64    `json:"bytes"` // JobBytes: after compression, what went to the Storage Daemon
	Errors   uint32    `json:"errors"`
	Times    Times     `json:"times,omitzero"` // whose Start and End are
	Note     string    `json:"note,omitempty"` // why it failed or waits, in the log's own words when they are known
	Progress Progress  `json:"progress,omitzero"`
	// Protected tells of an immutable backup whether every volume it is on is (Media.Protected); Unknown where the catalog cannot tell or was
	// not asked.
	Protected Verdict `json:"-"`
	// Doubt is why a backup or a restore that Bacula calls a success is no good one, as the history of its cell judges it; zero: nothing
	// speaks against it.
	Doubt Doubt `json:"doubt,omitzero"`
	// Stored tells of a backup whether any volume of the catalog holds a part of it (JobMedia); Unknown where it was not asked.
	Stored Verdict `json:"-"`
}

// Progress is what the Storage Daemon says of a running job, and what its cell's history makes of it. The zero value knows nothing.
type Progress struct {
	At      time.Time     `json:"at,omitzero"` // when it was said
	Bytes   uint64        `json:"bytes"`
	Files   uint64        `json:"files"`
	Rate    float64       `json:"bytes_per_s"` // bytes per second
	Percent int           `json:"percent"`     // 0 to 99, -1 unknown; of the median size of its level, or of what is restored
	Left    time.Duration `json:"left_ns"`     // -1 unknown
	Volume  string        `json:"volume,omitempty"`
	Device  string        `json:"device,omitempty"`
	Why     string        `json:"why,omitempty"`
}

// Took is how long the job ran; zero when it has not ended or never started.
func (j *Job) Took() time.Duration {
	if j.Start.IsZero() || j.End.IsZero() || j.End.Before(j.Start) {
		return 0
	}
	return j.End.Sub(j.Start)
}

// When is the newest moment the job is known by.
func (j *Job) When() time.Time {
	switch {
	case !j.End.IsZero():
		return j.End
	case !j.Start.IsZero():
		return j.Start
	}
	return j.Sched
}
