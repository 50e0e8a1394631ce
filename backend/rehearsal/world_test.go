package rehearsal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"switchyard/backend/bacula"
	"switchyard/backend/mysql"
	"switchyard/backend/rds"
	"switchyard/backend/rehearsal/clock"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "bconsole" {
		os.Exit(Bconsole(os.Args, os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) // a Wednesday

func world(t testing.TB, o Options) *World {
	t.Helper()
	if o.Chains == 0 {
		o.Chains = 12
	}
	if o.Clock == nil {
		o.Clock = clock.New(noon, 0)
	}
	w, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// say runs one session of the console that may act.
func say(t *testing.T, w *World, c model.Cluster, lines ...string) string {
	t.Helper()
	return sayTo(t, w, c, 0, lines...)
}

// sayTo speaks to the Director at a place.
func sayTo(t *testing.T, w *World, c model.Cluster, place int, lines ...string) string {
	t.Helper()
	argv := w.Console(c, "act", place)
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", lines, err, out)
	}
	return string(out)
}

// movedOn is how many bytes a client says that each of its running jobs has moved, by unique Job name. The program never asks for that.
func movedOn(t *testing.T, w *World, c model.Cluster, client string) map[string]uint64 {
	t.Helper()
	said := say(t, w, c, ".api 2", `.status client="`+client+`" running`)
	if !strings.Contains(said, "\nDirectorConnected_epoch=") { // so its list ends
		t.Fatalf("%s tells nothing of its jobs: %s", client, said)
	}
	out := map[string]uint64{}
	for _, block := range strings.Split(said, "\nJobId=")[1:] {
		var job string
		for line := range strings.Lines(block) {
			switch key, value, _ := strings.Cut(strings.TrimSpace(line), "="); key {
			case "Job":
				job = value
			case "JobBytes":
				out[job], _ = strconv.ParseUint(value, 10, 64)
			}
		}
	}
	return out
}

func catalog(t testing.TB, w *World, c model.Cluster) *bacula.Catalog {
	t.Helper()
	conf := bacula.CatalogConfig{Hosts: []string{w.Blue().Addr()}, User: watchUser, Database: "bacula", Zone: time.UTC,
		Password: func(context.Context) (string, error) { return w.accounts.watchSQL, nil }}
	if c == model.Green {
		pem, err := os.ReadFile(filepath.Join(w.Dir(), "ca.pem"))
		if err != nil {
			t.Fatal(err)
		}
		conf.Hosts, conf.TLS = []string{w.Replica().Addr(), w.Primary().Addr()}, &mysql.TLS{CA: pem}
	}
	cat := bacula.NewCatalog(c, conf)
	t.Cleanup(func() { cat.Close() })
	return cat
}

// openDB is the watcher's account without the reader around it.
func openDB(t testing.TB, w *World, c model.Cluster) *sql.DB {
	t.Helper()
	cfg := driver.NewConfig()
	cfg.Net, cfg.User, cfg.Passwd, cfg.DBName, cfg.Addr = "tcp", watchUser, w.accounts.watchSQL, "bacula", w.Blue().Addr()
	if c == model.Green {
		cfg.Addr, cfg.TLSConfig = w.Primary().Addr(), "skip-verify"
	}
	k, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(k)
	t.Cleanup(func() { db.Close() })
	return db
}

func director(w *World, c model.Cluster, i int) *bacula.DirectorReader {
	return &bacula.DirectorReader{Cluster: c, JobsEvery: time.Nanosecond,
		Console: bacula.Console{Argv: w.Console(c, "watch", i), Address: w.Cluster(c).Directors()[i].Addr()}}
}

func walk(t testing.TB, cat *bacula.Catalog) []bacula.Row {
	t.Helper()
	var all []bacula.Row
	if err := cat.Walk(t.Context(), noon.Add(-60*day), 1_000_000, func(rows []bacula.Row) error {
		all = append(all, rows...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !f(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestReadersReadBothClusters(t *testing.T) {
	w := world(t, Options{})
	for _, c := range model.Clusters {
		cat := catalog(t, w, c)
		probe, err := cat.Probe(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if want := [2]int{16, 1026}[c]; probe.Version != want || len(probe.Missing) > 0 || probe.ReadOnly {
			t.Errorf("%s: version %d, missing %v, read only %v", c, probe.Version, probe.Missing, probe.ReadOnly)
		}
		rows := walk(t, cat)
		if want := [2]int{600, 150}[c]; len(rows) < want {
			t.Errorf("%s: %d jobs in two weeks, want %d", c, len(rows), want)
		}
		for i := range rows {
			r := &rows[i]
			if r.Type == model.TypeBackup && r.Outcome() == model.OK && (r.Bytes == 0 || r.Client == "" || r.End.Before(r.Start)) {
				t.Errorf("%s: %+v", c, r)
			}
		}
		if skew := cat.Skew(); skew != 0 {
			t.Errorf("%s: its zone seems wrong by %v", c, skew)
		}
		until(t, "the oldest job has its log", func() bool {
			log, err := cat.Log(t.Context(), rows[len(rows)-1].ID)
			return err == nil && len(log) > 0
		})
		var last string
		db := openDB(t, w, c)
		if err := db.QueryRow("SELECT Time FROM Log ORDER BY LogId DESC LIMIT 1").
			Scan(&last); err != nil ||
			last < noon.Add(-2*time.Hour).Format(time.DateTime) {
			t.Errorf("%s: the newest line of the logs is of %s, %v", c, last, err)
		}
		for i, name := range [2][2]string{{"dir-old", "dir-old2"}, {"dir-new", "dir-new2"}}[c] {
			sight, err := director(w, c, i).Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			d := sight.Director
			if d.Name != name || d.PID == 0 || d.Started.IsZero() || len(d.Jobs) < 20 {
				t.Errorf("%s: %+v with %d jobs", name, d, len(d.Jobs))
			}
			if i == 0 && len(sight.Ended) != 10 {
				t.Errorf("%s remembers %d ended jobs", name, len(sight.Ended))
			}
		}
	}
}

func TestEveryFailureSaysWhy(t *testing.T) {
	w := world(t, Options{Chains: 24, Scenario: "fresh"})
	cat := catalog(t, w, model.Blue)
	failed := 0
	rows := walk(t, cat)
	for i := range rows {
		r := &rows[i]
		if r.Outcome() != model.Failed {
			continue
		}
		failed++
		until(t, "its log is there", func() bool {
			log, err := cat.Log(t.Context(), r.ID)
			return err == nil && len(log) > 0
		})
		if why, err := cat.Why(t.Context(), r.ID); err != nil || why == "" {
			t.Errorf("%s: %q, %v", r.Job, why, err)
		}
	}
	if failed < 5 {
		t.Errorf("%d failures", failed)
	}
}

func TestTheClosedListOfSQL(t *testing.T) {
	w := world(t, Options{})
	for _, c := range model.Clusters {
		db := openDB(t, w, c)
		for _, st := range closedList(c) {
			args := make([]any, st.Args)
			for i := range args {
				args[i] = 1
			}
			rows, err := db.QueryContext(t.Context(), st.Text, args...)
			if strings.Contains(st.Name, "MariaDB") || strings.Contains(st.Name, "before 8.4") || st.Name == "protected" && c == model.Blue ||
				st.Name == map[model.Cluster]string{model.Blue: "files", model.Green: "files, names apart"}[c] {
				if err == nil {
					t.Errorf("%s: its server and schema took %s", c, st.Name)
				}
				continue
			}
			if st.Name == "logins" && strings.Contains(fmt.Sprint(err), "command denied") { // only who makes accounts may read it
				continue
			}
			if err != nil {
				t.Errorf("%s: %s: %v", c, st.Name, err)
				continue
			}
			for rows.Next() {
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				t.Errorf("%s: %s: %v", c, st.Name, err)
			}
		}
	}
}

// closedList is everything that the product sends to a catalog's server.
func closedList(c model.Cluster) []bacula.Statement {
	all := bacula.Statements
	if c == model.Green {
		for _, st := range rds.Statements {
			all = append(all, bacula.Statement{Name: st.Name, Text: st.Text})
		}
	}
	return all
}

func TestScenarios(t *testing.T) {
	want := map[string][2][2]int{ // backup jobs of the active Directors, at least and at most, of 40
		"fresh": {
			{40, 40},
			{0, 0},
		},
		"overlap":  {{40, 40}, {8, 16}},
		"settling": {{12, 20}, {28, 36}},
		"dr-day":   {{0, 0}, {40, 40}},
		"split":    {{0, 0}, {40, 40}},
	}
	for _, s := range Scenarios {
		w := world(t, Options{Scenario: s.Name, Chains: 10})
		for _, c := range model.Clusters {
			sight, err := director(w, c, 0).Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, j := range sight.Director.Jobs {
				if strings.HasPrefix(j, "backup-") {
					n++
				}
			}
			if n < want[s.Name][c][0] || n > want[s.Name][c][1] {
				t.Errorf("%s: %s has %d backup jobs, want %v", s.Name, c, n, want[s.Name][c])
			}
			rows := walk(t, catalog(t, w, c))
			if s.Name != "fresh" && len(rows) == 0 {
				t.Errorf("%s: %s has no past", s.Name, c)
			}
			if s.Name == "split" && c == model.Blue &&
				slices.ContainsFunc(rows, func(r bacula.Row) bool { return r.Newest().After(noon.Add(-19*day)) && r.Name != "BackupCatalog" }) {
				t.Error("split: blue is not idle")
			}
		}
	}
	if _, err := Start(t.Context(), Options{Scenario: "nope"}); err == nil || !strings.Contains(err.Error(), "fresh, overlap") {
		t.Errorf("a scenario of that name: %v", err)
	}
}

// TestTheSameSeedIsTheSameWorld compares two worlds' catalogs.
func TestTheSameSeedIsTheSameWorld(t *testing.T) {
	digest := func(seed uint64) string {
		w := world(t, Options{Seed: seed, Chains: 6})
		var all []string
		for _, r := range walk(t, catalog(t, w, model.Green)) {
			all = append(all, fmt.Sprint(r.ID, r.Job, r.Status, r.Bytes, r.End.Unix()))
		}
		return strings.Join(all, "\n")
	}
	if first := digest(7); first != digest(7) {
		t.Error("the same seed gave two worlds")
	}
	if digest(7) == digest(8) {
		t.Error("two seeds gave the same world")
	}
}

func TestNothingIsLeft(t *testing.T) {
	before := runtime.NumGoroutine()
	w, err := Start(t.Context(), Options{Chains: 3})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := director(w, model.Blue, 0).Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	dir := w.Dir()
	for _, f := range []string{"switchyard.yaml", "inventory.yaml", "secrets/watch", "blue-watch.conf", "ca.pem"} {
		if info, err := os.Stat(filepath.Join(dir, f)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info, err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%s: %v, %v", dir, info, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "all goroutines are gone", func() bool { return runtime.NumGoroutine() <= before })
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func TestFaultsAreListedOnce(t *testing.T) {
	names := map[string]bool{}
	for _, f := range Faults {
		if names[f.Name] || f.Says == "" || strings.ContainsAny(f.Name, " _") {
			t.Errorf("%+v", f)
		}
		names[f.Name] = true
	}
}

// TestAnIdleWorld has its past, and no job that nobody started: beside it, the same world at the same hours has jobs that run when it
// starts, and starts more.
func TestAnIdleWorld(t *testing.T) {
	const step, steps = 30 * time.Second, 360 // no step is longer than a Director's patience with a job that is late
	play := func(idle bool) (ran, began int) {
		for hour := range 4 {
			w := world(
				t,
				Options{Scenario: "settling", Seed: 1, Chains: 200, Idle: idle, Clock: clock.New(noon.Add(time.Duration(6*hour)*time.Hour), 0)},
			)
			for _, server := range []*sqlsim.Instance{w.Blue(), w.Primary()} {
				ask := func(what string) (n int) {
					if err := server.Read("SELECT " + what + " FROM Job").Scan(&n); err != nil {
						t.Fatal(err)
					}
					return n
				}
				ran += ask("COALESCE(SUM(JobStatus IN ('C', 'R')), 0)")
				first := ask("MAX(JobId)")
				last := first
				for range steps { // asking gives the Directors the time to see what is due
					w.Clock().Advance(step)
					last = ask("MAX(JobId)")
				}
				began += last - first
			}
		}
		return ran, began
	}
	if ran, began := play(true); ran+began > 0 {
		t.Errorf("%d jobs ran at the start of an idle world, %d began", ran, began)
	}
	// A machine with much else to do gives the Directors no time between two steps: then nothing is due any more when they look.
	for end := time.Now().Add(2 * time.Minute); ; {
		ran, began := play(false)
		if ran > 0 && began > 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d jobs ran at the start, %d began", ran, began)
		}
	}
}
