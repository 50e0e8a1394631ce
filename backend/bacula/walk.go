package bacula

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"time"

	"switchyard/model"
)

// Walk reads jobs by primary key, newest first, in chunks of at most 2,000, and hands each to sink: the newest day is there first, in a
// chunk of 1,250. JobIds are not in the order of time where old volumes were scanned in, so a chunk in which every job is older than since
// does not end it: it goes on through some more of them, and then looks at single rows all over the rest of the table, below which of them
// it has to go on. It ends where none of those is younger, at limit rows, at the end of the table, or with sink's error. What it hands over
// may reach further back than since.
func (c *Catalog) Walk(ctx context.Context, since time.Time, limit int, sink func([]Row) error) error {
	if err := c.readClients(ctx); err != nil {
		return err
	}
	ahead, err := c.Clock(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.flaws = nil
	c.mu.Unlock()
	if _, err := c.jobs(ctx, "walk catalog", stTick8, slices.Repeat([]any{int64(math.MaxUint32)}, stTick8.Args)); err != nil {
		return err // JobIds beyond what Bacula has are noted, and nothing else is that high
	}
	now, old := model.Now().Add(ahead+model.ClockSlack), 0
	step, chunk := stNewestDay, newestChunk
	for top, read := int64(math.MaxUint32), 0; read < limit; step, chunk = stWalk, walkChunk {
		rows, err := c.jobs(ctx, "walk catalog", step, []any{top})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		read += len(rows)
		if err := sink(rows); err != nil {
			return err
		}
		top = int64(rows[len(rows)-1].ID) - 1
		if len(rows) < chunk || top <= 0 {
			return nil
		}
		if old++; slices.ContainsFunc(rows, func(r Row) bool { return r.within(since, now) }) {
			old = 0
		}
		if old <= oldChunks {
			continue
		}
		if top, err = c.younger(ctx, top, since, now); err != nil || top <= 0 {
			return err
		}
	}
	return nil
}

// oldChunks is how many chunks of old jobs a walk reads beyond the first before it looks at single rows: most scans of old volumes are no
// longer.
const oldChunks = 1

// within tells whether a moment that the row tells of lies in the window. What it tells of the future counts for nothing.
func (r *Row) within(since, now time.Time) bool {
	return slices.ContainsFunc(
		[]time.Time{r.TDate, r.RealEnd, r.End, r.Start, r.Sched},
		func(t time.Time) bool { return t.After(since) && !t.After(now) },
	)
}

// spots are the JobIds at which a walk looks into the rest of a table: half of them ever farther apart, because what is young stands most
// likely right below what was scanned in, half of them all over. Young rows were not pruned yet, so they have no gaps to fall into.
func spots(top int64, n int) []int64 {
	out := make([]int64, 0, n)
	ratio := math.Pow(max(float64(top)/walkChunk, 2), 2/float64(n))
	for i, below := 0, float64(walkChunk); i < n/2; i++ {
		out = append(out, max(top-int64(below), 1))
		below *= ratio
	}
	for i := range n - n/2 {
		out = append(out, max(top-top*int64(i)/int64(n-n/2), 1))
	}
	return out
}

// younger looks at single rows all over the JobIds up to top, by primary key and in one statement, and returns the JobId from which on down
// a walk has to go on: that of the old row above the highest young one; 0 when none is young.
func (c *Catalog) younger(ctx context.Context, top int64, since, now time.Time) (int64, error) {
	args := make([]any, 0, stTick.Args)
	args = append(args, int64(math.MaxUint32))
	for _, id := range spots(top, stTick.Args-1) {
		args = append(args, id)
	}
	rows, err := c.jobs(ctx, "look for younger jobs", stTick, args)
	if err != nil {
		return 0, err
	}
	for _, r := range slices.Backward(rows) {
		switch id := int64(r.ID); {
		case id > top: // the newest of all
		case r.within(since, now):
			return top, nil
		default:
			top = id
		}
	}
	return 0, nil
}

// Clock is how far the server's clock is ahead of this host's, to a second.
func (c *Catalog) Clock(ctx context.Context) (time.Duration, error) {
	var seconds int64
	began := model.Now()
	err := c.each(ctx, stClock, nil, func(rows *sql.Rows) error { return rows.Scan(&seconds) })
	if err != nil {
		return 0, c.fault("read the catalog's clock", err)
	}
	// A clock that says a second is anywhere in it.
	return time.Unix(seconds, 5e8).Sub(began.Add(model.Now().Sub(began) / 2)).Round(time.Second), nil
}
