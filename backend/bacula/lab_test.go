//go:build lab

package bacula

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// side is one cluster of the running lab, as its configuration tells.
type side struct {
	name    string
	cluster model.Cluster
	console Console
	act     Console
	catalog CatalogConfig
}

// lab reads the configuration of the lab that SWITCHYARD_LAB names; without one, the test is skipped, and says so.
func lab(t testing.TB, file string) []side {
	t.Helper()
	dir := os.Getenv("SWITCHYARD_LAB")
	if dir == "" {
		t.Skip("SKIPPED: no lab: set SWITCHYARD_LAB to the directory of a running one (make lab)")
	}
	type watch struct {
		Consoles struct{ Active []string }
		Catalog  struct {
			User     string
			Password struct{ File string }
		}
	}
	var c struct {
		Clusters map[string]struct {
			Zone      string `yaml:"time_zone"`
			Directors struct{ Active struct{ Address string } }
			Catalog   struct {
				Hosts    []string
				Database string
				TLS      struct {
					Mode, CA   string
					ServerName string `yaml:"server_name"`
				}
			}
		}
		Watch, Act map[string]watch
	}
	if err := yaml.Unmarshal([]byte(must(os.ReadFile(filepath.Join(dir, file)))), &c); err != nil {
		t.Fatal(err)
	}
	var sides []side
	for _, cluster := range model.Clusters {
		at, w := c.Clusters[cluster.String()], c.Watch[cluster.String()]
		s := side{name: cluster.String(), cluster: cluster,
			console: Console{Argv: w.Consoles.Active, Address: at.Directors.Active.Address, Timeout: 5 * time.Second},
			act:     Console{Argv: c.Act[cluster.String()].Consoles.Active, Address: at.Directors.Active.Address, Timeout: 5 * time.Second},
			catalog: CatalogConfig{Hosts: at.Catalog.Hosts, Database: at.Catalog.Database, User: w.Catalog.User, Zone: zone(t, at.Zone),
				Password: word(strings.TrimSpace(must(os.ReadFile(filepath.Join(dir, w.Catalog.Password.File)))))}}
		if at.Catalog.TLS.CA != "" {
			s.catalog.TLS = &mysql.TLS{CA: []byte(must(os.ReadFile(filepath.Join(dir, at.Catalog.TLS.CA)))), ServerName: at.Catalog.TLS.ServerName}
		}
		sides = append(sides, s)
	}
	return sides
}

// root sends one command on the lab's root console.
func root(t *testing.T, s side, command string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(os.Getenv("SWITCHYARD_LAB"), "bin", "lab"), "--dir", os.Getenv("SWITCHYARD_LAB"), "console", s.name,
		command).
		CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return string(out)
}

func open(t testing.TB, s side) *Catalog {
	t.Helper()
	c := NewCatalog(s.cluster, s.catalog)
	t.Cleanup(func() { c.Close() })
	return c
}

// patience is longer than the slow first job of a new lab, which the next run of it waits for.
const patience = 5 * time.Minute

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("within %v: %s", patience, what)
}

func TestLabDirectors(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		r := &DirectorReader{Cluster: s.cluster, Console: s.console}
		var took []time.Duration
		for range 10 {
			began := time.Now()
			sight, err := r.Read(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(began))
			d := sight.Director
			if d.Name != s.name+"-dir" || d.PID == 0 || d.Started.IsZero() || d.Reloaded.IsZero() || len(d.Jobs) < 10 || !slices.IsSorted(d.Jobs) {
				t.Fatalf("%+v", d)
			}
			if d.Stores["sd-region1"] != 8 || d.Stores["vault-region2"] != 8 { // as the lab configures them
				t.Errorf("jobs at once by Storage: %v", d.Stores)
			}
			for _, j := range slices.Concat(sight.Running, sight.Ended) {
				if j.Key.Job == "" || j.Name == "" || !j.Status.Known() || j.Start.IsZero() {
					t.Errorf("%+v", j)
				}
			}
		}
		slices.Sort(took)
		t.Logf("%s: a read takes %v (median of 10, slowest %v)", s.name, took[5].Round(time.Millisecond), took[9].Round(time.Millisecond))
	}
}

func TestLabJobFromStartToCancel(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		c := open(t, s)
		ctx := context.Background()
		said := root(t, s, "run job=backup-chain06-region1-immutable yes")
		m := regexp.MustCompile(`JobId=(\d+)`).FindStringSubmatch(said)
		if m == nil {
			t.Fatalf("not started: %s", said)
		}
		n, _ := strconv.Atoi(m[1])
		id := uint32(n)
		t.Cleanup(func() { root(t, s, "cancel jobid="+m[1]) })

		var row Row
		running := func() bool {
			rows, err := c.Tick(ctx, id, nil)
			if err != nil {
				t.Fatal(err)
			}
			if i := slices.IndexFunc(rows, func(r Row) bool { return r.ID == id }); i >= 0 {
				row = rows[i]
			}
			return row.Status == 'R'
		}
		eventually(t, "the catalog has the job running", running)
		if row.Client == "" || row.Start.IsZero() || time.Since(row.Start).Abs() > time.Minute || row.Skew != 0 {
			t.Errorf("%s: %+v (now %v)", s.name, row, time.Now())
		}
		d := &DirectorReader{Cluster: s.cluster, Console: s.console}
		var sight DirectorSight
		i := -1
		eventually(t, "the Director and the catalog agree on the job", func() bool { // its row says when it began once it has begun
			var err error
			if sight, err = d.Read(ctx); err != nil {
				t.Fatal(err)
			}
			i = slices.IndexFunc(sight.Running, func(j model.Job) bool { return j.Key.Job == row.Job })
			return running() && i >= 0 && sight.Running[i].Start.Equal(row.Start) && sight.Running[i].Client == row.Client
		})
		r := &StorageReader{Console: s.console}
		var first model.Progress
		eventually(t, "its storage tells of bytes that grow", func() bool {
			jobs, met := r.Running(ctx, []string{sight.Running[i].Storage})
			if len(met) > 0 {
				t.Fatal(met)
			}
			p := jobs[row.Job]
			if first.Bytes == 0 {
				first = p
			}
			return first.Bytes > 0 && p.Bytes > first.Bytes && p.Rate > 0
		})
		root(t, s, "cancel jobid="+m[1])
		eventually(t, "the catalog has the job canceled", func() bool {
			rows, err := c.Tick(ctx, id, []uint32{id})
			if err != nil {
				t.Fatal(err)
			}
			row = rows[slices.IndexFunc(rows, func(r Row) bool { return r.ID == id })]
			return row.Outcome() == model.Canceled
		})
		if row.End.Before(row.Start) || row.Skew != 0 || time.Since(row.End).Abs() > time.Minute {
			t.Errorf("%s: canceled: %+v", s.name, row)
		}
		if lines, err := c.Log(ctx, id); err != nil || len(lines) < 5 || time.Since(lines[0].At).Abs() > 2*time.Minute {
			t.Errorf("%s: log: %v, %v", s.name, lines, err)
		}
	}
}

func TestLabClients(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		r := &ClientReader{Console: s.console}
		said, err := r.Reach(t.Context(), "no-such-fd")
		if err != nil || said.Why == "" || said.Silent {
			t.Errorf("%s: one that the Director does not know: %+v, %v", s.name, said, err)
		}
		r.Console.Timeout = time.Second
		if said, err = r.Reach(t.Context(), "hung-fd"); err != nil || !said.Silent {
			t.Errorf("%s: one that hangs: %+v, %v", s.name, said, err)
		}
		_, err = r.Reach(t.Context(), "hung-fd")
		wants(t, err, model.ErrTimeout, "asked again in")
	}
}

func TestLabRights(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		acts := map[string]bool{"run": true, "cancel": true, "restore": true, "disable": true}
		for name, console := range map[string]Console{"watch": s.console, "act": s.act} {
			rights, err := console.Rights(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rights {
				want := model.Fails
				if r.Watch || name == "act" && acts[r.Command] {
					want = model.Holds
				}
				if r.Allowed != want {
					t.Errorf("%s, %s console: %s: allowed %v, want %v (%s)", s.name, name, r.Command, r.Allowed, want, r.Says)
				}
			}
		}
		if beyond, err := open(t, s).Grants(context.Background()); err != nil || len(beyond) > 0 {
			t.Errorf("%s: the watcher's account may do %v (%v)", s.name, beyond, err)
		}
	}
}

func TestLabRefusedConsole(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		i := slices.Index(s.console.Argv, "-c") + 1
		file := s.console.Argv[i]
		if s.name == "green" {
			file = filepath.Join(s.console.Argv[1], file)
		}
		conf := regexp.MustCompile(`(?i)(Password\s*=\s*)"[^"]*"`).ReplaceAllString(must(os.ReadFile(file)), `$1"wrong"`)
		if err := os.WriteFile(file+".wrong", []byte(conf), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(file + ".wrong") })
		c := s.console
		c.Timeout = 20 * time.Second
		c.Argv = slices.Clone(c.Argv)
		c.Argv[i] += ".wrong"
		_, err := c.ask(context.Background(), Version)
		wants(t, err, model.ErrRefused, "director "+c.Address)
	}
}

func TestLabCatalogs(t *testing.T) {
	versions := map[string]int{"blue": 16, "green": 1026}
	for _, s := range lab(t, "switchyard.yaml") {
		c := open(t, s)
		got, err := c.Probe(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got.Version != versions[s.name] || len(got.Missing) > 0 || got.ReadOnly || got.Host != s.catalog.Hosts[0] {
			t.Errorf("%+v", got)
		}
		t.Logf("%s: %s at %s", s.name, got.Server, got.Host)
		n, lost := 0, 0
		if err := c.Walk(context.Background(), time.Now().AddDate(0, 0, -30), 100_000, func(rows []Row) error {
			for i := range rows {
				r := &rows[i]
				n++
				if r.Outcome() == model.Lost {
					lost++
				}
				if r.Skew != 0 || r.Newest().After(time.Now().Add(time.Minute)) ||
					!r.RealEnd.IsZero() && !r.Status.Outcome().Open() && !r.RealEnd.Equal(r.TDate) {
					t.Errorf("%s: times of %+v", s.name, r)
				}
			}
			return nil
		}); err != nil || n == 0 {
			t.Fatal(n, err)
		}
		t.Logf("%s: %d jobs, %d of them lost", s.name, n, lost)
		if c.Skew() != 0 {
			t.Errorf("%s: skew %v", s.name, c.Skew())
		}
	}
	green := lab(t, "switchyard.yaml")[1]
	green.catalog.Database = "upgraded"
	if got, err := open(t, green).Probe(context.Background()); err != nil || got.Version != 1026 || len(got.Missing) > 0 {
		t.Errorf("upgraded schema: %+v, %v", got, err)
	}
	standby := lab(t, "switchyard.yaml")[1]
	slices.Reverse(standby.catalog.Hosts)
	c := open(t, standby)
	if got, err := c.Probe(context.Background()); err != nil || got.Host != green.catalog.Hosts[0] {
		t.Errorf("with the standby first: %+v, %v", got, err)
	}
	standby.catalog.Hosts = standby.catalog.Hosts[:1]
	c = open(t, standby)
	if got, err := c.Probe(context.Background()); err != nil || !got.ReadOnly {
		t.Errorf("the standby alone: %+v, %v", got, err)
	}
}

// TestLabRowsExamined needs "lab seed-jobs": a quiet tick of a catalog of a million jobs must examine at most 100 rows.
func TestLabRowsExamined(t *testing.T) {
	if dir := os.Getenv("SWITCHYARD_LAB"); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "switchyard-synth.yaml")); err != nil {
			t.Skip("SKIPPED: no synthetic catalog: run lab seed-jobs first")
		}
	}
	for _, s := range lab(t, "switchyard-synth.yaml") {
		c := open(t, s)
		ctx := context.Background()
		c.db.SetMaxOpenConns(1) // so that session counters are those of the statements
		var newest []Row
		began := time.Now()
		if err := c.Walk(ctx, time.Now(), 1, func(rows []Row) error { newest = rows; return nil }); err != nil || len(newest) == 0 {
			t.Fatal(len(newest), err)
		}
		first, wm, all := time.Since(began), newest[0].ID, 0
		began = time.Now()
		if err := c.Walk(ctx, time.Now().AddDate(0, 0, -35), 1_000_000, func(rows []Row) error { all += len(rows); return nil }); err != nil {
			t.Fatal(err)
		}
		t.Logf(
			"%s: first %d rows after %v, %d rows of 35 days after %v",
			s.name,
			len(newest),
			first.Round(time.Millisecond),
			all,
			time.Since(began).Round(time.Millisecond),
		)
		for _, open := range []int{0, 8, 60, 500, 700} {
			var ids []uint32
			for i := range open {
				ids = append(ids, wm-uint32(20+i*37))
			}
			before := handlers(t, c)
			asking := handlers(t, c) - before
			before += asking
			began := time.Now()
			rows, err := c.Tick(ctx, wm, ids)
			if err != nil {
				t.Fatal(err)
			}
			took, read := time.Since(began), handlers(t, c)-before-asking
			t.Logf("%s: tick with %d open: %d rows, %d examined, %v", s.name, open, len(rows), read, took.Round(10*time.Microsecond))
			if limit := 100 + open + 3; read > limit || open == 0 && read > 100 {
				t.Errorf("%s: %d rows examined, limit %d", s.name, read, limit)
			}
		}
	}
}

// handlers is how often this session asked a storage engine for a row; asking costs some itself.
func handlers(t *testing.T, c *Catalog) (n int) {
	t.Helper()
	rows, err := c.db.QueryContext(context.Background(), "SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			t.Fatal(err)
		}
		v, _ := strconv.Atoi(value)
		n += v
	}
	return n
}

func TestLabStatements(t *testing.T) {
	for _, s := range lab(t, "switchyard.yaml") {
		c := open(t, s)
		for _, st := range Statements {
			if s.name == "blue" && strings.HasSuffix(st.Name, "MySQL") || s.name == "green" && strings.HasSuffix(st.Name, "MariaDB") {
				continue
			}
			args := make([]any, st.Args)
			for i := range args {
				args[i] = int64(i)
			}
			if s.name == "blue" && st.Name == stProtected.Name { // a catalog of 9.6 has no such column, and is asked once
				if _, err := c.Protected(context.Background(), []uint32{1}); !errors.Is(err, ErrNoProtection) {
					t.Errorf("%s: %s: %v", s.name, st.Name, err)
				}
				continue
			}
			if st.Name == map[string]string{"blue": stFiles.Name, "green": stFilesOld.Name}[s.name] { // of the other generation's schema
				continue
			}
			if err := c.each(context.Background(), st, args, func(*sql.Rows) error { return nil }); err != nil {
				t.Errorf("%s: %s: %v", s.name, st.Name, err)
			}
		}
		if _, err := c.db.Exec("UPDATE Job SET Comment = '' WHERE JobId = 0"); err == nil {
			t.Errorf("%s: a write was taken", s.name)
		} else {
			t.Log(fmt.Sprint(err))
		}
	}
}
