package bacula

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// Row is one row of a catalog's Job table, read truthfully: names are literal, text is clean, times are absolute, zero is unset.
type Row struct {
	ID       uint32
	Job      string // the unique name: the job's identity
	Name     string // the Job resource
	Type     model.JobType
	Level    model.Level
	Status   model.Status
	ClientID uint32
	Client   string // empty when the job has none or its row is gone
	Sched    time.Time
	Start    time.Time
	End      time.Time
	RealEnd  time.Time // of a copy: its own; Start and End are the original's
	TDate    time.Time // JobTDate: the due time, then the start, then the end as the row ages; of a copy, the original's
	Files    uint64
	Bytes    uint64
	Errors   uint32
	PriorID  uint32
	Flaw     string        // a column that cannot be read, and why: the row proves nothing good
	Skew     time.Duration // by how much the configured zone is wrong, as this row proves; zero when it does not
}

// Outcome says what the row comes to. What cannot be read whole is no good backup.
func (r *Row) Outcome() model.Outcome {
	switch {
	case r.Flaw != "" && r.Status.Outcome().Good():
		return model.Failed
	case Lost(r.Status, r.Start, r.End, r.RealEnd):
		return model.Lost
	case r.Status == 'T' && r.Errors > 0: // Bacula's own report says "OK -- with warnings" and stores T.
		return model.Warned
	}
	return r.Status.Outcome()
}

// Lost tells a job that died with its Director. A starting Director heals what it finds open: it sets f and EndTime =
// StartTime (what never started gets both from SchedTime) and leaves RealEndTime unset, which no ended job does.
func Lost(status model.Status, start, end, realEnd time.Time) bool {
	return status == 'f' && realEnd.IsZero() && !end.IsZero() && end.Equal(start)
}

// Times tells whose times the row carries. A copy or a migration has a PriorJobId, and its Start and End are the other job's once they are
// put in: then its end is not its real end. A consolidation has no PriorJobId, and the times of the last job that went into it.
func (r *Row) Times() model.Times {
	apart := !r.RealEnd.IsZero() && !r.RealEnd.Equal(r.End)
	switch {
	case r.Status.Outcome().Open() && r.Type == model.TypeBackup && r.PriorID > 0:
		return model.Awaited
	case r.Status.Outcome().Open():
		return model.Own
	case r.Type == model.TypeCopy, r.Type == model.TypeBackup && r.PriorID > 0 && apart:
		return model.Moved
	case r.Type == model.TypeBackup && r.PriorID > 0:
		return model.Awaited
	case r.Type == model.TypeBackup && apart && r.RealEnd.Sub(r.End) > longestWrite: // Bacula writes no real end before the end
		return model.Merged
	}
	return model.Own
}

// longestWrite is how far the end of a job and the moment when its end is written may be apart.
const longestWrite = 5 * time.Second

// Newest is the latest moment the row tells of, by which its age is judged; zero when it tells none.
func (r *Row) Newest() time.Time {
	var newest time.Time
	for _, t := range [...]time.Time{r.TDate, r.RealEnd, r.Start, r.Sched} {
		if t.After(newest) {
			newest = t
		}
	}
	return newest
}

// ToJob is the row as the model's noun, without its cell.
func (r *Row) ToJob(c model.Cluster) model.Job {
	note := ""
	if r.Flaw != "" && r.Outcome() == model.Failed {
		note = "its row in the catalog cannot be read: " + r.Flaw
	}
	j := model.Job{
		Note:    note,
		Key:     model.JobKey{Cluster: c, Job: r.Job},
		ID:      r.ID,
		Name:    r.Name,
		Type:    r.Type,
		Level:   r.Level,
		Status:  r.Status,
		Outcome: r.Outcome(),
		Client:  r.Client,
		Sched:   r.Sched,
		Start:   r.Start,
		End:     r.End,
		Files:   r.Files,
		Bytes:   r.Bytes,
		Errors:  r.Errors,
		Times:   r.Times(),
	}
	if j.Times == model.Own && !r.RealEnd.IsZero() && r.RealEnd.Before(j.Start) { // which of its two ends is wrong nobody knows
		j.End = r.RealEnd
	}
	if j.Outcome == model.Lost { // nobody knows when it ended: what the row says is when it began
		j.End, j.Note = time.Time{}, "its Director was started again while it ran"
	}
	return j
}

// rowReader scans rows of jobColumns; it reuses its buffers and the strings of names that repeat.
type rowReader struct {
	zone  *time.Location
	names map[string]string
	raw   [16]sql.RawBytes
	dest  [16]any
}

func newRowReader(zone *time.Location) *rowReader {
	rd := &rowReader{zone: zone, names: map[string]string{}}
	for i := range rd.raw {
		rd.dest[i] = &rd.raw[i]
	}
	return rd
}

// read gives a row with whatever of it cannot be read told in Flaw: one bad row is not the end of a catalog. A JobId that cannot be read
// leaves ID 0. More are the columns behind those of the row.
func (rd *rowReader) read(rows *sql.Rows, more ...any) (Row, error) {
	if err := rows.Scan(append(rd.dest[:len(rd.dest):len(rd.dest)], more...)...); err != nil {
		return Row{}, err
	}
	raw := rd.raw
	var r Row
	number := func(i int, bits int) uint64 {
		n, err := wholeNumber(raw[i], bits)
		if err != nil && r.Flaw == "" {
			r.Flaw = model.Clean(jobColumnNames[i] + ": " + err.Error())
		}
		return n
	}
	amount := func(i int, bits int) uint64 {
		if len(raw[i]) > 0 && raw[i][0] == '-' && r.Flaw == "" {
			r.Flaw = model.Clean(fmt.Sprintf("%s: %.40q is less than nothing", jobColumnNames[i], raw[i]))
		}
		return number(i, bits)
	}
	r.ID = uint32(number(0, 32))
	r.Job = model.Literal(string(raw[1]))
	r.Name = rd.name(raw[2])
	r.Type = model.JobType(letter(raw[3]))
	r.Level = model.Level(letter(raw[4]))
	r.Status = model.Status(letter(raw[5]))
	r.ClientID = uint32(number(6, 32))
	if n := number(11, 64); n > 0 && n < 1<<40 {
		r.TDate = time.Unix(int64(n), 0)
	}
	r.Files = amount(12, 64)
	r.Bytes = amount(13, 64)
	r.Errors = uint32(amount(14, 32))
	r.PriorID = uint32(number(15, 32))
	wall{sched: raw[7], start: raw[8], end: raw[9], realEnd: raw[10]}.read(&r, rd.zone)
	return r, nil
}

var jobColumnNames = strings.Split(jobColumns, ", ")

func (rd *rowReader) name(b []byte) string {
	if s, ok := rd.names[string(b)]; ok {
		return s
	}
	s := model.Literal(string(b))
	if len(rd.names) < 100_000 {
		rd.names[string(b)] = s
	}
	return s
}

func letter(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}

// wholeNumber reads an unsigned column; NULL and negative numbers (columns that some versions declare signed) count as 0.
func wholeNumber(b []byte, bits int) (uint64, error) {
	if len(b) == 0 || b[0] == '-' {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(b), 10, bits)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a whole number of %d bits", b, bits)
	}
	return n, nil
}
