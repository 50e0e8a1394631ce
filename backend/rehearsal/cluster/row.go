package cluster

import (
	"cmp"
	"fmt"
	"maps"
	"strings"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// phase is how far a run is in the catalog: what a Director has written of it.
type phase uint8

const (
	created phase = iota // C
	running              // R
	ended                // its last status
)

const dateTime = "2006-01-02 15:04:05"

var jobColumns = strings.Fields(`JobId Job Name Type Level ClientId JobStatus SchedTime StartTime EndTime RealEndTime JobTDate VolSessionId
	VolSessionTime JobFiles JobBytes ReadBytes JobErrors PoolId FileSetId PriorJobId Comment`)

var jobColumns1026 = append(
	jobColumns[:len(jobColumns):len(jobColumns)],
	"RealStartTime",
	"CompressRatio",
	"Rate",
	"WriteStorageId",
	"WriteDevice",
)

func replace(table string, columns []string) string {
	return fmt.Sprintf(
		"INSERT OR REPLACE INTO %s (%s) VALUES (?%s)",
		table,
		strings.Join(columns, ", "),
		strings.Repeat(", ?", len(columns)-1),
	)
}

var (
	putJob16   = replace("Job", jobColumns)
	putJob1026 = replace("Job", jobColumns1026)
)

// putJob writes the run's row as it is in a phase.
func (c *Cluster) putJob(tx *sqlsim.Tx, n *ids, r *run, p phase) error {
	zone := c.o.Zone
	stamp := func(t time.Time) any { return t.In(zone).Format(dateTime) }
	status, start, end, realEnd := string(rune(r.status)), stamp(r.start()), stamp(r.end()), stamp(r.end())
	tdate := r.end().Unix()
	files, bytes, read, errors := int64(r.files), int64(r.bytes), int64(r.read), int64(r.errors)
	switch {
	case p == created:
		status, start, end, realEnd, tdate = "C", nil, nil, nil, r.sched.Unix()
	case p == running:
		status, end, realEnd, tdate = "R", nil, nil, r.start().Unix()
	case r.why == lostWhy: // a Director that starts ends what it finds open, and does not know when it ended
		realEnd, tdate = nil, r.start().Unix()
	}
	if p != ended {
		files, bytes, read, errors = 0, 0, 0, 0
	}
	level := string(rune(r.level))
	args := []any{
		int64(r.id),
		r.unique(zone),
		r.name,
		string(rune(r.kind)),
		level,
		n.client[r.client],
		status,
		stamp(r.sched),
		start,
		end,
		realEnd,
		tdate,
		int64(r.id),
		c.restarted.Unix(),
		files,
		bytes,
		read,
		errors,
		n.pool[r.pool],
		n.fileset[r.fileset],
		int64(0),
		r.says,
	}
	if c.o.Cluster == model.Blue {
		return tx.Exec(putJob16, args...)
	}
	var rate float64
	if seconds := r.took.Seconds(); seconds > 0 {
		rate = float64(bytes) / seconds
	}
	return tx.Exec(putJob1026, append(args, start, 0.0, rate, n.storage[r.storage], "FileDev")...)
}

// linesOfOne is how many LogIds each job of the past gets, so that they follow its JobId whatever is written first.
const linesOfOne = 16

// putPastLog writes the log of a job of the past.
func (c *Cluster) putPastLog(tx *sqlsim.Tx, id uint32, lines []line) error {
	for i, l := range lines {
		if err := tx.Exec(
			"INSERT INTO Log (LogId, JobId, Time, LogText) VALUES (?, ?, ?, ?)",
			int64(id)*linesOfOne+int64(i),
			int64(id),
			l.at.In(c.o.Zone).Format(dateTime),
			logText(l),
		); err != nil {
			return err
		}
	}
	return nil
}

// logText is a blob that ends with a newline and a NUL, as Bacula's does.
func logText(l line) []byte { return append([]byte(l.text), '\n', 0) }

// putLog writes new lines of a job's log.
func (c *Cluster) putLog(tx *sqlsim.Tx, id uint32, lines []line) error {
	for _, l := range lines {
		if err := tx.Exec(
			"INSERT INTO Log (LogId, JobId, Time, LogText) VALUES ("+sqlsim.Next("Log", "LogId")+", ?, ?, ?)",
			int64(id),
			l.at.In(c.o.Zone).Format(dateTime),
			logText(l),
		); err != nil {
			return err
		}
	}
	return nil
}

// putVolume writes the volume of a backup in a phase. Every volume takes one job, and one of the past has that job's number.
func (c *Cluster) putVolume(tx *sqlsim.Tx, n *ids, r *run, p phase) error {
	if r.kind != 'B' || r.bytes == 0 && r.media == 0 {
		return nil
	}
	stamp := func(t time.Time) any { return t.In(c.o.Zone).Format(dateTime) }
	status, jobs, written, bytes := "Used", int64(1), stamp(r.end()), int64(float64(r.bytes)*1.005)
	if r.bytes == 0 || p != ended {
		jobs, bytes = 0, labelBytes
	}
	if p != ended {
		status, written = "Append", nil
	}
	retention := int64(7 * 24 * 3600)
	if r.cell != nil && r.cell.Retention > 0 {
		retention = int64(r.cell.Retention / time.Second)
	}
	columns := []string{
		"MediaId",
		"VolumeName",
		"MediaType",
		"PoolId",
		"StorageId",
		"FirstWritten",
		"LastWritten",
		"LabelDate",
		"VolJobs",
		"VolBytes",
		"VolStatus",
		"VolRetention",
		"Recycle",
		"MaxVolJobs",
		"Slot",
	}
	media := int64(cmp.Or(r.media, r.id))
	args := []any{
		media,
		c.volume(r),
		"File-" + r.storage,
		n.pool[r.pool],
		n.storage[r.storage],
		stamp(r.start()),
		written,
		stamp(r.start()),
		jobs,
		bytes,
		status,
		retention,
		int64(0),
		int64(1),
		int64(0),
	}
	if c.o.Cluster == model.Green {
		columns = append(columns, "Protected", "UseProtect")
		immutable := int64(0)
		if r.cell != nil && r.cell.Cell.Kind == model.Immutable {
			immutable = 1
		}
		protected := immutable
		if r.bare {
			protected = 0
		}
		args = append(args, protected, immutable)
	}
	if err := tx.Exec(replace("Media", columns), args...); err != nil || p != ended || r.bytes == 0 {
		return err
	}
	return tx.Exec(
		replace("JobMedia", []string{"JobMediaId", "JobId", "MediaId", "FirstIndex", "LastIndex"}),
		int64(r.id),
		int64(r.id),
		media,
		int64(1),
		int64(r.files),
	)
}

func fileset(cell *Cell) string {
	return "fs-" + cell.Cell.Chain + "-" + cell.Cell.Kind.String()
}

func twoDigits(n int) string { return fmt.Sprintf("%02d", n) }

// ids are the catalog's numbers of the resources, by name. They are never changed, only replaced.
type ids struct{ client, pool, storage, fileset map[string]int64 }

func newIDs() *ids {
	return &ids{map[string]int64{}, map[string]int64{}, map[string]int64{}, map[string]int64{}}
}

func (n *ids) clone() *ids {
	return &ids{maps.Clone(n.client), maps.Clone(n.pool), maps.Clone(n.storage), maps.Clone(n.fileset)}
}

// add numbers what the runs name and is not numbered yet.
func (n *ids) add(runs ...*run) {
	number := func(m map[string]int64, name string) {
		if m[name] == 0 {
			m[name] = int64(len(m) + 1)
		}
	}
	for _, r := range runs {
		number(n.client, r.client)
		number(n.pool, r.pool)
		number(n.storage, r.storage)
		number(n.fileset, r.fileset)
	}
}

func (n *ids) has(r *run) bool {
	return n.client[r.client] != 0 && n.pool[r.pool] != 0 && n.storage[r.storage] != 0 && n.fileset[r.fileset] != 0
}

const uname = "9.6.7 (10Dec20) x86_64-pc-linux-gnu,redhat,Enterprise release"

// putResources writes a row for every Client, Pool, Storage and FileSet that is known.
func (c *Cluster) putResources(tx *sqlsim.Tx, n *ids) error {
	for name, id := range n.client {
		if err := tx.Exec(
			"INSERT OR REPLACE INTO Client (ClientId, Name, Uname, AutoPrune, FileRetention, JobRetention) VALUES (?, ?, ?, 1, 5184000, 15552000)",
			id,
			name,
			uname,
		); err != nil {
			return err
		}
	}
	for name, id := range n.pool {
		if err := tx.Exec(
			"INSERT OR REPLACE INTO Pool (PoolId, Name, PoolType, MaxVols, MaxVolJobs, VolRetention, Recycle, AutoPrune, LabelFormat) VALUES (?, "+
				"?, 'Backup', 50000, 1, 604800, 0, 0, ?)",
			id,
			name,
			c.o.Cluster.String()+"-",
		); err != nil {
			return err
		}
	}
	for name, id := range n.storage {
		if err := tx.Exec("INSERT OR REPLACE INTO Storage (StorageId, Name, AutoChanger) VALUES (?, ?, 0)", id, name); err != nil {
			return err
		}
	}
	for name, id := range n.fileset {
		if err := tx.Exec(
			"INSERT OR REPLACE INTO FileSet (FileSetId, FileSet, MD5, CreateTime) VALUES (?, ?, ?, '2024-01-02 03:04:05')",
			id,
			name,
			fmt.Sprintf("%022x", id),
		); err != nil {
			return err
		}
	}
	return nil
}
