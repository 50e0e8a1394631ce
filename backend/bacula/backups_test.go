package bacula

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
)

// manyNames is a catalog of n jobs, one an hour up to begin. Every hundredth is x's, each thousandth of those hundreds a full one; the
// others are of forty names.
func manyNames(t *testing.T, n int) *Catalog {
	t.Helper()
	in := serve(t, "one", func(c *sqlsim.Config) { c.Schema = cluster.Schema1026 })
	if err := in.Bulk(func(tx *sqlsim.Tx) error {
		if err := tx.Exec(
			"INSERT INTO Client (ClientId, Name, Uname, AutoPrune, JobRetention, FileRetention) VALUES (1, 'a-fd', '', 1, 86400, 3600), " +
				"(2, 'b-fd', '', 0, 86400, 3600)",
		); err != nil {
			return err
		}
		for id := 1; id <= n; id++ {
			name, level := fmt.Sprint("other", id%40), "I"
			if id%100 == 0 {
				name = "x"
			}
			if id%30_000 == 0 {
				level = "F"
			}
			at := begin.Add(time.Duration(id-n) * time.Hour)
			text := at.Format(wallLayout)
			if err := tx.Exec(
				"INSERT INTO Job (JobId, Job, Name, Type, Level, ClientId, JobStatus, SchedTime, StartTime, EndTime, RealEndTime, JobTDate, "+
					"JobFiles, JobBytes, PurgedFiles) VALUES (?,?,?,'B',?,1,'T',?,?,?,?,?,7,7,?)",
				id,
				fmt.Sprintf("%s.%d", name, id),
				name,
				level,
				text,
				text,
				text,
				text,
				at.Unix(),
				id%200/100,
			); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return catalog(t, CatalogConfig{}, in)
}

func TestBackupsOfOneNameAreReadInStretches(t *testing.T) {
	c := manyNames(t, 70_000)
	all, whole, err := c.Backups(t.Context(), "x", Page{})
	if err != nil || !whole || len(all) != 700 || all[0].ID != 70_000 || all[699].ID != 100 || all[0].Client != "a-fd" {
		t.Fatalf("%d rows, whole %v, %v", len(all), whole, err)
	}
	for i := range all {
		if all[i].Name != "x" || all[i].Purged != (all[i].ID%200 == 100) || i > 0 && all[i].ID >= all[i-1].ID {
			t.Fatalf("row %d: %+v", i, all[i])
		}
	}
	for _, p := range []struct {
		page  Page
		first uint32
		least int
		most  int
		whole bool
	}{
		{Page{Rows: 20, Most: 600}, 70_000, 101, 500, false}, // down to the full one at 60,000
		{Page{Rows: 20, Most: 30}, 70_000, 30, 300, false},
		{Page{Rows: 650, Most: 650}, 70_000, 650, 700, false},
		{Page{Rows: 900, Most: 1600}, 70_000, 700, 700, true},
		{Page{Before: begin.Add(-30_000 * time.Hour), Rows: 20, Most: 600}, 40_000, 101, 400, false},
		{Page{Before: begin.Add(-80_000 * time.Hour), Rows: 20, Most: 600}, 0, 0, 0, true},
	} {
		rows, whole, err := c.Backups(t.Context(), "x", p.page)
		if err != nil || whole != p.whole && len(rows) != 700 || len(rows) < p.least || len(rows) > p.most {
			t.Errorf("%+v: %d rows, whole %v, %v", p.page, len(rows), whole, err)
		}
		from := slices.IndexFunc(all, func(b Backup) bool { return b.ID == p.first })
		for i := range rows {
			if rows[i].ID != all[from+i].ID {
				t.Fatalf("%+v: row %d is job %d, want %d", p.page, i, rows[i].ID, all[from+i].ID)
			}
		}
	}
	if rows, whole, err := c.Backups(t.Context(), "nobody's", Page{Rows: 20, Most: 600}); err != nil || !whole || len(rows) != 0 {
		t.Errorf("%d rows of a name that is not there, whole %v, %v", len(rows), whole, err)
	}
}

// TestVolumesBeyondOneAnswer: what an answer cuts is asked for again, and a job that fills one alone is not told of.
func TestVolumesBeyondOneAnswer(t *testing.T) {
	in := serve(t, "one", func(c *sqlsim.Config) { c.Schema = cluster.Schema1026 })
	if err := in.Bulk(func(tx *sqlsim.Tx) error {
		media := 0
		for job, volumes := range map[int]int{1: 900, 2: 900, 3: 900, 5: 2100, 6: 1} {
			for range volumes {
				media++
				if err := tx.Exec("INSERT INTO Media (MediaId, VolumeName, MediaType, VolStatus, LastWritten, VolRetention) VALUES "+
					"(?, ?, 'File', 'Used', '2026-11-22 12:00:00', 3600)", media, fmt.Sprintf("v%05d", media)); err != nil {
					return err
				}
				for range 2 { // two stretches of it
					if err := tx.Exec("INSERT INTO JobMedia (JobId, MediaId) VALUES (?, ?)", job, media); err != nil {
						return err
					}
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	c := catalog(t, CatalogConfig{}, in)
	got, err := c.Volumes(t.Context(), []uint32{3, 1, 2, 4, 5, 6, 3})
	if err != nil {
		t.Fatal(err)
	}
	for job, n := range map[uint32]int{1: 900, 2: 900, 3: 900, 4: 0, 6: 1} {
		v, told := got[job]
		if !told || len(v) != n {
			t.Errorf("job %d: %d volumes, told %v", job, len(v), told)
		}
		if n > 0 && (!v[0].Until.Equal(begin.Add(time.Hour)) || v[0].Name > v[n-1].Name) {
			t.Errorf("job %d: %+v", job, v[0])
		}
	}
	if _, told := got[5]; told {
		t.Error("a job whose volumes do not fit in an answer is told of")
	}
}

func TestRetentionsCountWhereTheClientPrunes(t *testing.T) {
	c := manyNames(t, 1)
	got, err := c.Retentions(t.Context(), []uint32{1, 2, 9})
	if err != nil || len(got) != 2 || got[1] != (Retention{24 * time.Hour, time.Hour}) || got[2] != (Retention{}) {
		t.Errorf("%v, %v", got, err)
	}
}
