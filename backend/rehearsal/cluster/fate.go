package cluster

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"switchyard/model"
)

// Cell is one thing that a Director of this cluster backs up, or did.
type Cell struct {
	model.Placement
	Job  string    // name of the Job resource
	Full float64   // bytes of a full backup
	Rate float64   // bytes per second that its clone source delivers
	From time.Time // since when the Director has the job
	To   time.Time // until when; zero: still
}

func (c *Cell) taken(t time.Time) bool {
	return !t.Before(c.From) && (c.To.IsZero() || t.Before(c.To))
}

// fate is how a run of a job will go if nobody interferes. It follows from the seed, the cluster, the job and the moment alone.
type fate struct {
	level  model.Level
	wait   time.Duration // from created to running
	took   time.Duration // from running to its end
	status byte
	errors uint32
	files  uint64
	bytes  uint64
	read   uint64 // ReadBytes
	why    string // what the log says of a failure or a warning
}

// random is a source of its own for one decision of this cluster.
func (c *Cluster) random(about string, at time.Time) *rand.Rand {
	return source(c.o.Seed, about, at.Unix()*2+int64(c.o.Cluster))
}

func source(seed uint64, about string, n int64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(about))
	return rand.New(rand.NewPCG(h.Sum64()^seed, uint64(n)))
}

// chances of one run, of 1; the rest ends well.
const (
	chanceFailed   = 0.010
	chanceCanceled = 0.002
	chanceWarned   = 0.010
	chanceMissed   = 0.0002
	chanceRerun    = 0.95  // that somebody starts a failed one again
	chanceNoRest   = 0.008 // that a restore test fails
)

// lostWhy marks what a restart of the Director leaves of the jobs that ran: a status without a reason in any log.
const lostWhy = "lost"

// backupFate decides a run of a cell as it goes when all goes well. How much there is to back up on a day does not depend on
// who does it.
func (c *Cluster) backupFate(cell *Cell, at time.Time, level model.Level) fate {
	r, day := c.random(cell.Job, at), source(c.o.Seed, cell.Job, at.Unix()/86400)
	share := 1.0
	if level != 'F' {
		share = 0.1 * math.Exp(0.15*day.NormFloat64())
	}
	size := cell.Full * share * math.Exp(0.02*day.NormFloat64()+0.01*r.NormFloat64())
	f := fate{level: level, status: 'T', read: uint64(size), bytes: uint64(size * 0.42)} // the file daemon compresses
	f.files = 12 + uint64(size/(200<<20)) + r.Uint64N(20)
	f.wait = time.Duration(1+r.IntN(4)) * time.Second
	seconds := max(size, cell.Full/3) / cell.Rate // an incremental backup reads more than it sends
	f.took = 15*time.Second + time.Duration(seconds*math.Exp(0.1*r.NormFloat64())*float64(time.Second))
	return f
}

// luck lets a few runs end badly; what a person starts by hand is spared.
func (c *Cluster) luck(f *fate, about string, at time.Time) {
	r := c.random("luck "+about, at)
	switch p := r.Float64(); {
	case p < chanceFailed:
		f.fail(r, 'f', failures[r.IntN(len(failures))])
	case p < chanceFailed+chanceCanceled:
		f.fail(r, 'A', "Job canceled.")
	case p < chanceFailed+chanceCanceled+chanceWarned:
		f.errors = 1 + r.Uint32N(3)
		f.why = warnings[r.IntN(len(warnings))]
	}
}

// fail cuts the run off somewhere.
func (f *fate) fail(r *rand.Rand, status byte, why string) {
	part := r.Float64()
	f.status, f.errors, f.why = status, 1+r.Uint32N(2), why
	f.took = time.Duration(float64(f.took)*part) + 2*time.Second
	f.bytes, f.read, f.files = uint64(float64(f.bytes)*part), uint64(float64(f.read)*part), uint64(float64(f.files)*part)
}

// What a log says first of a failure; %c is the client, %s the storage.
var failures = []string{
	"bsock.c:206 Unable to connect to Client: %c on %c.db.example:9102. ERR=Connection refused",
	"Client \"%c\" RunScript failed.",
	"bsock.c:520 Network error with FD during Backup: ERR=Connection reset by peer",
	"Storage daemon \"%s\" could not create a new Volume. ERR=No space left on device",
	"backup.c:1211 Read error on file /clone/datadir. ERR=Input/output error",
}

var warnings = []string{
	"Could not stat \"/clone/datadir/#innodb_temp/temp_10.ibt\": ERR=No such file or directory",
	"/clone/datadir/binlog.index: file changed during backup",
}

// restoreFate decides a restore test of what a cell's last backup holds.
func (c *Cluster) restoreFate(cell *Cell, at time.Time) fate {
	r := c.random("restore "+cell.Job, at)
	size := cell.Full * 1.1
	f := fate{level: 'F', status: 'T', read: uint64(size), bytes: uint64(size), files: 30 + uint64(size/(200<<20))}
	f.wait = time.Duration(1+r.IntN(3)) * time.Second
	f.took = 15*time.Second + time.Duration(size/(3*cell.Rate)*float64(time.Second))
	return f
}

// level is what the Director's schedule gives a run: the schedule's own word, or Full on Sunday and Incremental else. The
// first run that a Director makes of a job is a Full, as it finds no prior one.
func (c *Cluster) level(cell *Cell, due model.Due) model.Level {
	switch {
	case due.At.Sub(cell.From) < 24*time.Hour:
		return 'F'
	case due.Level != 0:
		return due.Level
	case due.At.In(c.o.Zone).Weekday() == time.Sunday:
		return 'F'
	}
	return 'I'
}
