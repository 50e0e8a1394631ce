package bacula

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
)

// scanIn adds jobs of long ago under the given ids, as bscan does.
func scanIn(t *testing.T, in *sqlsim.Instance, first, last int) {
	t.Helper()
	text := begin.AddDate(-3, 0, 0).Format(wallLayout)
	if err := in.Bulk(func(tx *sqlsim.Tx) error {
		for id := first; id <= last; id++ {
			if err := tx.Exec(
				"INSERT INTO Job VALUES (?,?,'old','B','F',1,'T',NULL,?,?,?,?,7,7,0,0,NULL)",
				id,
				fmt.Sprintf("old.%d", id),
				text,
				text,
				text,
				begin.AddDate(-3, 0, 0).Unix(),
			); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// JobIds are not in the order of time: below any number of jobs that were scanned in, the walk finds the window, and reads little besides.
func TestAWalkGoesOnBelowWhatWasScannedIn(t *testing.T) {
	for _, s := range []struct{ young, first, last, most int }{
		{16, 5000, 7099, 4200}, {16, 5000, 5000, 4200}, {1500, 1501, 9000, 12000}, {300, 40_001, 46_000, 8500}, {3000, 3001, 33_000, 16_000},
	} {
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			in := serve(t, "one", nil)
			fill(t, in, 1, s.young)
			scanIn(t, in, s.first, s.last)
			c := catalog(t, CatalogConfig{}, in)
			since, read := begin.Add(-time.Duration(s.young)*time.Hour), 0
			var young []uint32
			if err := c.Walk(context.Background(), since, 1e6, func(rows []Row) error {
				read += len(rows)
				for _, r := range rows {
					if r.within(since, begin) {
						young = append(young, r.ID)
					}
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if want := s.young; len(young) != want || !slices.IsSortedFunc(young, func(a, b uint32) int { return int(b) - int(a) }) ||
				read > s.most {
				t.Errorf("%d of the window's %d jobs in %d rows", len(young), want, read)
			}
		})
	}
}

// A row of the future must not keep a walk from ending.
func TestARowOfTheFutureEndsNoWindow(t *testing.T) {
	in := serve(t, "one", nil)
	fill(t, in, 1, 9000)
	for id := 1000; id <= 9000; id += 1000 {
		change(t, in, fmt.Sprintf("UPDATE Job SET JobTDate = %d, EndTime = '2090-01-01 00:00:00' WHERE JobId = %d", int64(1)<<39, id))
	}
	c, read := catalog(t, CatalogConfig{}, in), 0
	if err := c.Walk(
		context.Background(),
		begin.Add(-100*time.Hour),
		1e6,
		func(rows []Row) error { read += len(rows); return nil },
	); err != nil ||
		read != 5250 {
		t.Errorf("%d rows, %v", read, err)
	}
}

func TestTheClockOfACatalog(t *testing.T) {
	c := catalog(t, CatalogConfig{}, serve(t, "one", nil))
	ahead, err := c.Clock(context.Background())
	if want := time.Until(begin); err != nil || (ahead-want).Abs() > 3*time.Second {
		t.Errorf("%v ahead, want %v, %v", ahead, want, err)
	}
}
