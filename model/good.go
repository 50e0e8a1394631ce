package model

import (
	"fmt"
	"time"
)

// Doubt is why a backup counts as a good one, or does not. It is decided by Judge alone; the zero value does not count.
type Doubt uint8

// The doubts. Only NoDoubt is a good backup.
const (
	NotJudged   Doubt = iota
	NoDoubt           // it ended well, at a time that can be, and left something to restore from
	NotEnded          // it is open
	EndedBadly        // Bacula does not call it a success
	NotABackup        // its type is another: a copy is the backup that it was made of
	Undated           // it has no end
	Backwards         // it ended before it started
	InTheFuture       // it ended later than its catalog's clock has come to
	TooOld            // it ended before the window
	TimesAwait        // it holds another job's data, and that job's times are not in its row yet
	Empty             // it left no files or no bytes
	NoLevel           // its level is none of a backup: no restore of its client would take it
	NoVolume          // no volume of its catalog holds any of it: no restore could read it
	Unstarted         // it has no start: Bacula takes it into no set
)

var doubtWords = [...]string{"not judged", "good", "not ended", "ended badly", "not a backup", "without an end", "ended before it started",
	"ended in the future", "older than the window", "times not known yet", "empty", "of no level of a backup", "on no volume of its catalog",
	"without a start"}

func (d Doubt) String() string { return doubtWords[min(int(d), len(doubtWords)-1)] }

// MarshalText writes the doubt's words.
func (d Doubt) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Doubt) UnmarshalText(b []byte) error {
	for i, w := range doubtWords {
		if w == string(b) {
			*d = Doubt(i)
			return nil
		}
	}
	return fmt.Errorf("doubt %q is not known", b)
}

// Claim is what a row of a catalog says of a backup, as far as it decides whether that is a good one.
type Claim struct {
	Type       JobType
	Level      Level
	Outcome    Outcome
	Times      Times
	Start, End time.Time
	Files      uint64
	Bytes      uint64
	Stored     Verdict // whether a volume of the catalog holds any of it; only what fails is doubted, because it is asked after the row
}

// Claim is what the job's row says of it.
func (j *Job) Claim() Claim {
	return Claim{j.Type, j.Level, j.Outcome, j.Times, j.Start, j.End, j.Files, j.Bytes, j.Stored}
}

// Bench is what a backup is judged by besides its own row.
type Bench struct {
	Now  time.Time // by the catalog's own clock; zero: not known, and nothing is in the future
	From time.Time // where the window begins; zero: nothing is too old
	// Leaves tells that other backups of the cell at the same level left something. An incremental or differential backup that
	// left nothing is good only where none ever does: then nothing changes there. A dump leaves files each time, so one that
	// leaves none was not made. An empty full backup is never good: there is nothing to restore from.
	Leaves bool
}

// ClockSlack is how far ahead of its catalog a Director's clock may be before what it writes counts as future.
const ClockSlack = 2 * time.Minute

// Judge decides whether a backup is a good one. It is the only place that does.
func Judge(c Claim, b Bench) Doubt {
	switch {
	case c.Type != TypeBackup:
		return NotABackup
	case c.Outcome.Open():
		return NotEnded
	case !c.Outcome.Good():
		return EndedBadly
	case c.End.IsZero():
		return Undated
	case c.Start.IsZero():
		return Unstarted
	case c.Times == Awaited:
		return TimesAwait
	case !b.Now.IsZero() && c.End.After(b.Now.Add(ClockSlack)):
		return InTheFuture
	case c.End.Before(c.Start):
		return Backwards
	case c.End.Before(b.From):
		return TooOld
	case c.Empty() && (b.Leaves || !c.Level.Changes()):
		return Empty
	case !c.Level.Saves():
		return NoLevel
	case c.Stored == Fails && !c.Empty():
		return NoVolume
	}
	return NoDoubt
}

// JudgeRestore decides whether a restore brought anything back: as of a full backup. One with
// replace=never onto files that are there ends well, with all files counted, no errors, and not a byte.
func JudgeRestore(c Claim, b Bench) Doubt {
	c.Type, c.Level = TypeBackup, 'F'
	return Judge(c, b)
}

// Hollow tells of a doubt that makes a failure of what Bacula calls a success: nothing can be restored from it. When it ended is another
// matter: what is doubted for that alone counts for nothing, and its date is told.
func (d Doubt) Hollow() bool {
	return d == Empty || d == NoVolume || d == NoLevel || d == Unstarted || d == Backwards
}

// Hollow tells of a job that Bacula calls a success that it is none, as its history was judged: it failed as much as one that says so.
func (j *Job) Hollow() bool { return j.Outcome.Good() && j.Doubt.Hollow() }

// Misdated tells of a job that Bacula calls a success that it counts for nothing, because when it ended cannot be.
func (j *Job) Misdated() bool {
	return j.Outcome.Good() && (j.Doubt == Undated || j.Doubt == InTheFuture)
}

// HollowWord is what a hollow job is called.
func (j *Job) HollowWord() string {
	if j.Doubt == Empty {
		return "EMPTY"
	}
	return "NOT GOOD"
}

// HollowSays is why the job is hollow.
func (j *Job) HollowSays() string {
	switch {
	case j.Doubt != Empty:
		return j.Doubt.String()
	case j.Type == TypeRestore:
		return "it brought nothing back"
	}
	return "it left nothing to restore from"
}

// Against is the doubt as far as it speaks against a job that ended so: nothing is said of what does not call itself a success.
func (d Doubt) Against(o Outcome) Doubt {
	if !o.Good() || d == NoDoubt {
		return NotJudged
	}
	return d
}

// Empty tells that it left no files, or no bytes: a directory that nothing is mounted on is one file of none.
func (c Claim) Empty() bool { return c.Files == 0 || c.Bytes == 0 }

// Changes tells whether a level saves only what changed since another backup.
func (l Level) Changes() bool { return l == 'I' || l == 'D' || l == 'S' }

// Saves tells whether it is a level of a backup at all.
func (l Level) Saves() bool { return l.Whole() || l.Changes() || l == 'B' }

// Serves tells whether a backup of this level is at least what one that was asked for would be: Bacula makes more of an incremental or
// differential one where what it would rest on is missing or too old, and never less.
func (l Level) Serves(asked Level) bool {
	reach := func(l Level) int {
		switch {
		case l.Whole():
			return 3
		case l == 'D':
			return 2
		case l.Changes():
			return 1
		}
		return 0
	}
	return l == asked || reach(asked) > 0 && reach(l) >= reach(asked)
}

// Whole tells whether a level is a full backup.
func (l Level) Whole() bool { return l == 'F' || l == 'f' }

// Times tells whose times a row carries.
type Times uint8

// A migrated, copied or consolidated backup holds another job's data, and carries that job's start and end.
const (
	Own     Times = iota
	Moved         // a migration or a copy: its due time is its own run's, which backed nothing up
	Merged        // a consolidation (VirtualFull): its due time is its own
	Awaited       // a migration or a copy whose times are its own until Bacula puts in the other job's, a moment after it ended
)

var timesWords = [...]string{"own", "moved", "merged", "awaited"}

func (t Times) String() string { return timesWords[min(int(t), len(timesWords)-1)] }

// MarshalText writes the word.
func (t Times) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (t *Times) UnmarshalText(b []byte) error {
	for i, w := range timesWords {
		if w == string(b) {
			*t = Times(i)
			return nil
		}
	}
	return fmt.Errorf("times %q are not known", b)
}

// Due is the due time that the job answers: its own, or its start where it has none; of a migrated or copied one, the start of the job
// whose data it holds.
func (j *Job) Due() time.Time {
	switch {
	case (j.Times == Moved || j.Times == Awaited) && !j.Start.IsZero():
		return j.Start
	case !j.Sched.IsZero():
		return j.Sched
	case !j.Start.IsZero(): // an end may be past the next due time
		return j.Start
	}
	return j.When()
}

// ownCancels is how Bacula's own log begins that tells that it canceled a job itself (job.c, jobq.c): a limit, not a person.
var ownCancels = Pattern(`(?i)^fatal error: (max (wait|run|run sched|sched run) time exceeded|` +
	`job canceled because max (start delay|run sched|sched run|run|wait) time exceeded|jobid \d+ already running\. duplicate job not allowed)`)

// ByBacula tells of a canceled job that no person did it: its note, which is from its log, names a limit or the rule against duplicates.
func (j *Job) ByBacula() bool { return j.Outcome == Canceled && CanceledByBacula(j.Note) }

// CanceledByBacula reads the line of a log that says why a job was canceled. What is only in the name of a file says nothing.
func CanceledByBacula(note string) bool { return ownCancels().MatchString(note) }

// Bad tells whether the job ended in a way that needs a person.
func (j *Job) Bad() bool { return j.Outcome == Failed || j.Outcome == Lost || j.ByBacula() }
