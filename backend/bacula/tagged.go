package bacula

import (
	"context"
	"database/sql"
	"math"

	"switchyard/model"
)

// Tag is a job and what stands in its Comment, both literal: a Comment that only looks like a tag is none.
type Tag struct {
	ID      uint32
	Job     string // the unique name
	Comment string
}

// Comments reads, by primary key, the Comment of every job from a JobId on, in that order. It ends with the error of take.
func (c *Catalog) Comments(ctx context.Context, from uint32, take func(Tag) error) error {
	for next, rows := int64(from), tagChunk; rows == tagChunk; {
		rows = 0
		err := c.each(ctx, stComments, []any{next}, func(r *sql.Rows) error {
			var id int64
			var job, comment sql.RawBytes
			if err := r.Scan(&id, &job, &comment); err != nil {
				return err
			}
			if id > math.MaxUint32 { // who cannot tell whether a job was started must not start it again
				return fault(model.ErrAnswer, "read comments: JobId %d is beyond what Bacula has: whose it is cannot be told", id)
			}
			rows++
			next = id + 1
			return take(Tag{ID: uint32(id), Job: model.Literal(string(job)), Comment: model.Literal(string(comment))})
		})
		if err != nil {
			return c.fault("read comments", err)
		}
	}
	return nil
}

// Job reads one job. It is ErrNone when the JobId has no row, or that of another job.
func (c *Catalog) Job(ctx context.Context, id uint32, unique string) (Row, error) {
	rows, err := c.jobs(ctx, "read job", stJob, []any{int64(id)})
	if err != nil {
		return Row{}, err
	}
	if len(rows) == 0 || rows[0].ID != id || rows[0].Job != unique {
		return Row{}, fault(model.ErrNone, "read job: JobId %d is not %s", id, unique)
	}
	return rows[0], nil
}
