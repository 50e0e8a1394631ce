package bacula

import (
	"context"
	"database/sql"
	"time"

	"switchyard/model"
)

// spacePage is how many volumes one statement reads, and mostVolumes how many are read at all: more are told as not read.
const (
	spacePage   = 2000
	mostVolumes = 200_000
)

// Space reads every volume of the catalog by its key, in pages.
func (c *Catalog) Space(ctx context.Context) (out []model.SpaceVolume, err error) {
	for last := int64(0); ; {
		n := 0
		err := c.each(ctx, stSpace, []any{last}, func(rows *sql.Rows) error {
			var id int64
			var pool, storage, status, enabled, recycle, bytes, errs, first, written, retention sql.RawBytes
			if err := rows.Scan(&id, &pool, &storage, &status, &enabled, &recycle, &bytes, &errs, &first, &written, &retention); err != nil {
				return err
			}
			n, last = n+1, id
			v := model.SpaceVolume{Pool: model.Literal(string(pool)), Storage: model.Literal(string(storage)), Status: model.Clean(string(status)),
				Off: string(enabled) == "0", Recycles: string(recycle) == "1",
				First: moment(first, c.zone, time.Time{}), Written: moment(written, c.zone, time.Time{})}
			v.Bytes, _ = wholeNumber(bytes, 63)
			bad, _ := wholeNumber(errs, 32)
			v.Errors = bad > 0
			if seconds, err := wholeNumber(retention, 63); err == nil && seconds > 0 {
				v.Until = after(v.Written, retention)
			}
			out = append(out, v)
			return nil
		})
		if err != nil {
			return nil, c.fault("read the volumes", err)
		}
		if n < spacePage {
			return out, nil
		}
		if len(out) >= mostVolumes {
			return nil, fault(model.ErrAnswer, "read the volumes: there are more than %d", mostVolumes)
		}
	}
}
