package rehearsal

import (
	"strings"
	"testing"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// countFiles is how a catalog is asked for the paths of a set, with spare places.
func countFiles(name string) string {
	return "SELECT COUNT(*) FROM (SELECT MAX(JobId * 2 + (FileIndex > 0)) AS Newest FROM File WHERE JobId IN (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) " +
		"GROUP BY PathId, " + name + ") AS Kept WHERE Newest % 2 = 1"
}

// TestFileRecordsAreTold counts and reads the file records of jobs through both schemas: as many as each JobFiles, by path those that a
// restore selects, and none once they are pruned. The replica tells the same.
func TestFileRecordsAreTold(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "settling", Idle: true})
	for _, c := range model.Clusters {
		name := [2]string{"backup-chain001-region1-regular", "backup-chain012-region1-regular"}[c]
		column := [2]string{"FilenameId", "Filename"}[c]
		ids, db := set(t, w, c, name), openDB(t, w, c)
		counts := func(query string, args ...any) (n int64) {
			if err := db.QueryRow(query, args...).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		for _, id := range ids {
			if n, has := counts("SELECT COUNT(*) FROM File WHERE JobId = ?", id), rowOf(t, w, c, id).Files; n != int64(has) || n == 0 {
				t.Errorf("%s: job %d has %d records of %d files", c, id, n, has)
			}
		}
		args := make([]any, 10)
		for i := range args {
			args[i] = 0
			if i < len(ids) {
				args[i] = ids[i]
			}
		}
		paths := counts(countFiles(column), args...)
		client := name[len("backup-"):][:len("chain001")] + "-r1-fd"
		said := say(t, w, c, `restore jobid=`+joined(ids)+` client=`+client+` restorejob=restore-region1-regular where=/srv all done yes`)
		if r := ended(t, w, c, queued(t, said)); int64(r.Files) != paths || paths == 0 {
			t.Errorf("%s: %d paths, and %d were restored", c, paths, r.Files)
		}
		last := ids[len(ids)-1]
		ask := "SELECT p.Path, f.Filename FROM File f JOIN Path p ON p.PathId = f.PathId WHERE f.JobId = ? ORDER BY f.FileIndex LIMIT 1"
		if c == model.Blue {
			ask = "SELECT p.Path, n.Name FROM File f JOIN Path p ON p.PathId = f.PathId JOIN Filename n ON n.FilenameId = f.FilenameId " +
				"WHERE f.JobId = ? ORDER BY f.FileIndex LIMIT 1"
		}
		var path, file string
		if err := db.QueryRow(ask, last).Scan(&path, &file); err != nil || path != "/clone/datadir/" || file != "ibdata1" {
			t.Errorf("%s: %q %q %v", c, path, file, err)
		}
		var n int64
		if err := db.QueryRow("SELECT COUNT(*) FROM File").Scan(&n); err == nil || !strings.Contains(err.Error(), "JobIds") {
			t.Errorf("%s: all records are counted: %d, %v", c, n, err)
		}
		// What is pruned is gone from every one of these, and a Console without more rights restores nothing of it.
		if err := w.catalog(c).Bulk(func(tx *sqlsim.Tx) error {
			return tx.Exec("UPDATE Job SET PurgedFiles = 1 WHERE JobId = ?", last)
		}); err != nil {
			t.Fatal(err)
		}
		if n := counts("SELECT COUNT(*) FROM File WHERE JobId = ?", last); n != 0 {
			t.Errorf("%s: %d records are pruned and there", c, n)
		}
		said = say(t, w, c, "restore jobid="+joined(ids)+" client="+client+" restorejob=restore-region1-regular where=/srv all done yes")
		if !strings.Contains(said, "The full restore is not allowed.\nRestore not done.\n") || strings.Contains(said, "queued") {
			t.Errorf("%s: %s", c, said)
		}
		dir := w.Cluster(c).Active()
		edit(t, w, c, dir.WholePath(), strings.ReplaceAll(contents(t, dir.WholePath()), "JobACL = *all*",
			"JobACL = *all*; DirectoryACL = *all*; UserIdACL = *all*"))
		said = say(t, w, c, "restore jobid="+joined(ids)+" client="+client+" restorejob=restore-region1-regular where=/srv/pruned all done yes")
		if r := ended(t, w, c, queued(t, said)); int64(r.Files) != paths {
			t.Errorf("%s: %+v", c, r)
		}
	}
}
