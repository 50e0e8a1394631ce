package rehearsal

import (
	"os"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// pointed is a Director's file with its Catalog resource at another server and database.
func pointed(whole, from, to, database string) string {
	_, was, _ := strings.Cut(from, ":")
	_, is, _ := strings.Cut(to, ":")
	whole = strings.Replace(whole, "DB Port = "+was, "DB Port = "+is, 1)
	return strings.Replace(whole, `dbname = "bacula"`, `dbname = "`+database+`"`, 1)
}

func rowsOf(t *testing.T, in *sqlsim.Instance, job string) (n int) {
	t.Helper()
	if err := in.Read("SELECT COUNT(*) FROM Job WHERE Name = ? AND JobStatus = 'T' AND SchedTime > '2024'", job).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestADirectorUsesTheCatalogOfItsFile: after a promotion new jobs are in the catalog that its file names, and those that ran stay where
// they began. What a Director cannot use is refused by a reload, and lost to one that starts with it.
func TestADirectorUsesTheCatalogOfItsFile(t *testing.T) {
	t.Parallel()
	w := world(t, Options{Scenario: "dr-day", Chains: 12, Idle: true})
	c, dir := model.Green, w.Cluster(model.Green).Active()
	whole, from := contents(t, dir.WholePath()), w.Primary().Addr()
	told := func() string { return heard(t, w, c, "show catalogs") }
	port := func(in *sqlsim.Instance) string { _, p, _ := strings.Cut(in.Addr(), ":"); return "DBport=" + p + " " }
	for why, text := range map[string]string{
		"nothing answers at 127.0.0.1:1": pointed(whole, from, "127.0.0.1:1", "bacula"),
		"Wanted 1026, got 16":            pointed(whole, from, w.Blue().Addr(), "bacula"),
		"Unknown database":               pointed(whole, from, from, "other"),
		"the server is read only":        pointed(whole, from, w.Replica().Addr(), "bacula"), // read-only
	} {
		edit(t, w, c, dir.WholePath(), text)
		if said := say(t, w, c, "messages"); !strings.Contains(said, why) || !strings.Contains(told(), port(w.Primary())) {
			t.Errorf("%s: %s\n%s", why, said, told())
		}
	}

	const early, late = "backup-chain001-region1-regular", "backup-chain002-region1-regular"
	beforeEarly, beforeLate := rowsOf(t, w.Primary(), early), rowsOf(t, w.Primary(), late)
	if said := say(t, w, c, "run job="+early+" level=Full yes"); !strings.Contains(said, "Job queued.") {
		t.Fatal(said)
	}
	until(t, "the replica has the job that runs", func() bool {
		w.Clock().Advance(time.Second)
		var n int
		return w.Replica().Read("SELECT COUNT(*) FROM Job WHERE JobStatus = 'R'").Scan(&n) == nil && n > 0
	})
	w.Replica().Promote()
	w.Replica().SetReadOnly(false)
	if said := edit(t, w, c, dir.WholePath(), pointed(whole, from, w.Replica().Addr(), "bacula")); strings.Contains(said, "Please") {
		t.Fatalf("%s\n%s", said, say(t, w, c, "messages"))
	}
	if !strings.Contains(told(), port(w.Replica())) {
		t.Errorf("it says %s", told())
	}
	if said := say(t, w, c, "run job="+late+" level=Full yes"); !strings.Contains(said, "Job queued.") {
		t.Fatal(said)
	}
	until(t, "each job ends in the catalog in which it began", func() bool {
		w.Clock().Advance(time.Minute)
		return rowsOf(t, w.Primary(), early) > beforeEarly && rowsOf(t, w.Replica(), late) > beforeLate
	})
	if n := rowsOf(t, w.Primary(), late); n != beforeLate {
		t.Errorf("the old catalog has %d jobs of %s, and had %d", n, late, beforeLate)
	}

	if err := dir.Stop(); err != nil {
		t.Fatal(err)
	}
	edited := pointed(whole, from, "127.0.0.1:1", "bacula")
	if err := os.WriteFile(dir.WholePath(), []byte(edited), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := dir.Start(); err != nil || !dir.Running() {
		t.Fatalf("it waits for its catalog: %v", err)
	}
	if said := say(t, w, c, "run job="+late+" level=Full yes"); strings.Contains(said, "Job queued.") {
		t.Errorf("it started a job without a catalog: %s", said)
	}
	if !strings.Contains(told(), "DBport=1 ") {
		t.Errorf("it says %s", told())
	}
}
