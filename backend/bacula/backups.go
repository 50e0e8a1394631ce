package bacula

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Backup is a row of a Job resource's name.
type Backup struct {
	Row
	Purged bool // its file records were pruned
}

// Page says how much of a name is read.
type Page struct {
	Before time.Time // only jobs that were due by then; zero: all
	Rows   int       // so many of the newest
	Most   int       // and at most so many, to find the full backup that lies below them; 0: all that there are
}

// RestorePage is the page from which points to restore to are made, where so many names are read of one catalog: of each so many backups,
// and of all together at most so many to find the full backups that those stand on.
func RestorePage(names int) Page {
	const rows, most = 200, 1600
	return Page{Rows: rows, Most: max(rows, most/max(1, names))}
}

// The widths, in JobIds, of the stretches in which a name is read: one of a fraction of a percent of all jobs and one that has nearly all
// of them shall both be there after a few statements, each of about backupChunk rows.
const (
	firstStretch = 2048
	widening     = 4
)

// Backups reads the jobs of one name by their index, the highest JobId first, in stretches of JobIds, until there are a page's rows and a
// good full backup below them. Whole tells that nothing is below what it gives. Old jobs that were scanned in lately have high JobIds, and
// are not found by a page that ends before they were.
func (c *Catalog) Backups(ctx context.Context, name string, page Page) (out []Backup, whole bool, err error) {
	top, err := c.top(ctx, page.Before)
	if err != nil {
		return nil, false, err
	}
	for width := int64(firstStretch); top > 0; {
		low := max(top-width+1, 0)
		rows, err := c.named(ctx, name, low, top)
		if err != nil {
			return nil, false, err
		}
		out = append(out, rows...)
		if len(rows) == backupChunk {
			low = int64(rows[len(rows)-1].ID)
		}
		width = stretch(top-low+1, len(rows))
		top = low - 1
		if page.has(out) {
			return out, top <= 0, nil
		}
	}
	return out, true, nil
}

// stretch is how many JobIds to look at next, where so many held n rows.
func stretch(width int64, n int) int64 {
	const wanted = backupChunk * 4 / 5
	if n == 0 {
		return width * widening
	}
	return max(1, min(width*wanted/int64(n), width*widening))
}

// has tells whether enough was read.
func (p Page) has(rows []Backup) bool {
	if p.Most == 0 || len(rows) < p.Rows {
		return false
	}
	return len(rows) >= p.Most || slices.ContainsFunc(rows[max(p.Rows, 1)-1:], func(b Backup) bool {
		return b.Type == model.TypeBackup && b.Level.Whole() && b.Outcome().Good()
	})
}

// named reads what a name has between two JobIds.
func (c *Catalog) named(ctx context.Context, name string, low, top int64) (out []Backup, err error) {
	rd, all := newRowReader(c.zone), []Row(nil)
	err = c.each(ctx, stBackups, []any{name, low, top}, func(rows *sql.Rows) error {
		var purged sql.RawBytes
		r, err := rd.read(rows, &purged)
		if err != nil {
			return err
		}
		all = append(all, r)
		out = append(out, Backup{Purged: len(purged) > 0 && string(purged) != "0"})
		return nil
	})
	if mysql.Number(err) == 1176 { // no such key
		return nil, fault(model.ErrAnswer, "read backups of %s: the table Job has no index Name, as Bacula makes it, and all jobs would have "+
			"to be read", name)
	}
	if err == nil {
		err = c.nameClients(ctx, all)
	}
	if err != nil {
		return nil, c.fault("read backups of "+name, err)
	}
	for i := range all {
		out[i].Row = all[i]
	}
	return out, nil
}

// top is the JobId from which on down the jobs lie that were due by a moment; without one, the highest of all. JobIds are given in the
// order in which jobs are created, so that it is found by halving.
func (c *Catalog) top(ctx context.Context, by time.Time) (int64, error) {
	top := int64(0)
	err := c.each(ctx, stNewest, []any{int64(math.MaxUint32)}, func(rows *sql.Rows) error { return rows.Scan(&top) })
	if err != nil {
		return 0, c.fault("read the newest job", err)
	}
	if by.IsZero() {
		return top, nil
	}
	for low := int64(0); low < top; { // what was due by then is at low or below top
		middle := low + (top-low+1)/2
		rows, err := c.jobs(ctx, "look for the jobs of a moment", stJob, []any{middle})
		if err != nil {
			return 0, err
		}
		if len(rows) == 0 || rows[0].due().After(by) || int64(rows[0].ID) > top {
			top = middle - 1
		} else {
			low = int64(rows[0].ID)
		}
	}
	return top, nil
}

// due is the first moment that the row tells of.
func (r *Row) due() time.Time {
	for _, t := range []time.Time{r.Sched, r.Start, r.TDate} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// Volumes are those of some jobs, by JobId; one that is on none has none. Of a job that is missing in the answer it is not known: it is on
// more than can be told.
func (c *Catalog) Volumes(ctx context.Context, jobids []uint32) (map[uint32][]model.Volume, error) {
	out := map[uint32][]model.Volume{}
	ids := slices.Compact(slices.Sorted(slices.Values(jobids)))
	slices.Reverse(ids)
	for len(ids) > 0 {
		part := ids[:min(len(ids), stVolumes.Args)]
		told, last, err := c.volumes(ctx, part)
		if err != nil {
			return nil, err
		}
		done := len(part)
		if last != 0 { // the answer was cut within the volumes of that job
			done = slices.Index(part, last)
			if done <= 0 {
				ids = ids[1:]
				continue
			}
		}
		for _, id := range part[:done] {
			slices.Reverse(told[id])
			out[id] = told[id]
		}
		ids = ids[done:]
	}
	return out, nil
}

func (c *Catalog) volumes(ctx context.Context, ids []uint32) (out map[uint32][]model.Volume, cut uint32, err error) {
	out, n, last := map[uint32][]model.Volume{}, 0, uint32(0)
	err = c.each(ctx, stVolumes, filled(stVolumes, ids), func(rows *sql.Rows) error {
		var job, media int64
		var name, status, enabled, kind, storage, written, retention sql.RawBytes
		if err := rows.Scan(&job, &media, &name, &status, &enabled, &kind, &storage, &written, &retention); err != nil {
			return err
		}
		n++
		last = uint32(job)
		out[last] = append(out[last], model.Volume{
			Name:    model.Literal(string(name)),
			Status:  model.Clean(string(status)),
			Off:     string(enabled) == "0",
			Type:    model.Literal(string(kind)),
			Storage: model.Literal(string(storage)),
			Until:   after(moment(written, c.zone, time.Time{}), retention),
		})
		return nil
	})
	if err != nil {
		return nil, 0, c.fault("read volumes", err)
	}
	if n == volumeLimit {
		return out, last, nil
	}
	return out, 0, nil
}

// after is a moment and a retention in seconds; zero when either is not told.
func after(t time.Time, seconds []byte) time.Time {
	n, err := wholeNumber(seconds, 63)
	if t.IsZero() || err != nil || len(seconds) == 0 || n > uint64(math.MaxInt64/time.Second) {
		return time.Time{}
	}
	return t.Add(time.Duration(n) * time.Second)
}

// Retention is how long a client's jobs and their file records are kept; zero: nothing is pruned by itself.
type Retention struct{ Jobs, Files time.Duration }

// Retentions are those of some clients, by ClientId.
func (c *Catalog) Retentions(ctx context.Context, clients []uint32) (map[uint32]Retention, error) {
	out := map[uint32]Retention{}
	for part := range slices.Chunk(clients, stRetentions.Args) {
		err := c.each(ctx, stRetentions, filled(stRetentions, part), func(rows *sql.Rows) error {
			var id int64
			var prunes, jobs, files sql.RawBytes
			if err := rows.Scan(&id, &prunes, &jobs, &files); err != nil {
				return err
			}
			if string(prunes) != "1" {
				out[uint32(id)] = Retention{}
				return nil
			}
			epoch := time.Unix(1, 0)
			r := Retention{after(epoch, jobs).Sub(epoch), after(epoch, files).Sub(epoch)}
			out[uint32(id)] = Retention{max(r.Jobs, 0), max(r.Files, 0)}
			return nil
		})
		if err != nil {
			return nil, c.fault("read retentions", err)
		}
	}
	return out, nil
}

// filled are the arguments of a statement that has a place for more ids than there may be.
func filled(st Statement, ids []uint32) []any {
	args := make([]any, st.Args)
	for i := range args {
		args[i] = int64(0)
		if i < len(ids) {
			args[i] = int64(ids[i])
		}
	}
	return args
}

// Clients are those that the Director knows, by name.
func (c Console) Clients(ctx context.Context) ([]string, error) {
	said, err := c.ask(ctx, api, Clients, StatusHeader)
	if err != nil {
		return nil, err
	}
	if _, err := readHeader(said); err != nil { // whoever has not told all told nothing
		return nil, faultOf(c.who(), err)
	}
	return names(without(said), Clients, StatusHeader), nil
}
