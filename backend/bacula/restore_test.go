package bacula

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// TestFilesAreCountedByTheirPaths in both generations of the schema: a path once, by its newest record, and not when that says it is gone.
func TestFilesAreCountedByTheirPaths(t *testing.T) {
	for schema, column := range map[string]string{cluster.Schema16: "FilenameId", cluster.Schema1026: "Filename"} {
		in := serve(t, "one", func(c *sqlsim.Config) { c.Schema = schema })
		records := [][4]int{ // JobId, FileIndex, PathId, name
			{1, 1, 1, 1}, {1, 2, 1, 2}, {1, 3, 2, 1}, {1, 4, 2, 3}, // a full backup of four
			{2, 1, 1, 1}, {2, 2, 3, 1}, {2, 0, 1, 2}, // one again, one more, one gone
			{3, 1, 1, 2}, // and there again
			{9, 1, 7, 7},
		}
		if err := in.Bulk(func(tx *sqlsim.Tx) error {
			for i, r := range records {
				var name any = r[3]
				if column == "Filename" {
					name = fmt.Sprintf("f%d", r[3])
				}
				if err := tx.Exec("INSERT INTO File (FileId, JobId, FileIndex, PathId, "+column+", LStat) VALUES (?, ?, ?, ?, ?, '')",
					i+1, r[0], r[1], r[2], name); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		c := catalog(t, CatalogConfig{}, in)
		for _, x := range []struct {
			ids  []uint32
			want uint64
		}{{[]uint32{1}, 4}, {[]uint32{1, 2}, 4}, {[]uint32{1, 2, 3}, 5}, {[]uint32{2}, 2}, {[]uint32{9, 1}, 5}} {
			if n, err := c.Files(t.Context(), x.ids); n != x.want || err != nil {
				t.Errorf("%s: %v have %d files, %v; want %d", column, x.ids, n, err, x.want)
			}
		}
		if _, err := c.Files(t.Context(), []uint32{4, 5}); !errors.Is(err, ErrNoFiles) {
			t.Errorf("of jobs without records: %v", err)
		}
		if _, err := c.Files(t.Context(), make([]uint32, 301)); err == nil {
			t.Error("more jobs than the statement has places for")
		}
	}
}

func TestWhetherAClientPrunes(t *testing.T) {
	in := serve(t, "one", func(c *sqlsim.Config) { c.Schema = cluster.Schema1026 })
	if err := in.Bulk(func(tx *sqlsim.Tx) error {
		for id, prunes := range map[int]int{1: 1, 2: 0} {
			if err := tx.Exec("INSERT INTO Client (ClientId, Name, Uname, AutoPrune, JobRetention, FileRetention) "+
				"VALUES (?, ?, '', ?, 86400, 86400)",
				id, fmt.Sprintf("c%d-fd", id), prunes); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	c := catalog(t, CatalogConfig{}, in)
	for client, want := range map[string]model.Verdict{"c1-fd": model.Holds, "c2-fd": model.Fails, "c3-fd": model.Unknown} {
		if got, err := c.Prunes(t.Context(), client); got != want || err != nil {
			t.Errorf("%s prunes: %v, %v", client, got, err)
		}
	}
}

// TestTheReportOfARestore reads what stands at the end of its log.
func TestTheReportOfARestore(t *testing.T) {
	const report = "blue-dir JobId 12: Bacula blue-dir 9.6.7 (10Dec20):\n  JobId:                  12\n  Where:                  /srv/r\n" +
		"  Replace:                Never\n  Files Expected:         22\n  Termination:            Restore OK\n\x00"
	in := serve(t, "one", func(c *sqlsim.Config) { c.Schema = cluster.Schema1026 })
	if err := in.Bulk(func(tx *sqlsim.Tx) error {
		for id, text := range []string{"blue-dir JobId 12: Start Restore Job r.2026-11-22_06.07.41_18\n\x00", report,
			"blue-dir JobId 12: End auto prune.\n\x00"} {
			if err := tx.Exec("INSERT INTO Log (LogId, JobId, Time, LogText) VALUES (?, 12, '2026-11-22 06:07:42', ?)", id+1, text); err != nil {
				return err
			}
		}
		return tx.Exec("INSERT INTO Log (LogId, JobId, Time, LogText) VALUES (9, 13, '2026-11-22 06:07:42', ?)", strings.Split(report,
			"  Term")[0])
	}); err != nil {
		t.Fatal(err)
	}
	c := catalog(t, CatalogConfig{}, in)
	if r, told, err := c.Restored(t.Context(), 12); r != (Restored{"/srv/r", "Never", "Restore OK"}) || !told || err != nil {
		t.Errorf("%+v, %v, %v", r, told, err)
	}
	for _, id := range []uint32{13, 14} {
		if r, told, err := c.Restored(t.Context(), id); told || err != nil {
			t.Errorf("of %d: %+v, %v", id, r, err)
		}
	}
}
