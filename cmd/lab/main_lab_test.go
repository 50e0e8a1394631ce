//go:build lab

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// here is the running lab, and program the product as it is built for these tests: they drive it as a child.
var (
	here    *lab
	program string
)

func TestMain(m *testing.M) {
	code, err := withLab(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab tests:", err)
		code = 1
	}
	os.Exit(code)
}

// withLab runs the tests on a whole lab, and leaves it whole.
func withLab(tests func() int) (code int, err error) {
	here = &lab{dir: cmpEnv("SWITCHYARD_LAB", "/var/tmp/switchyard-lab"), offset: envInt("SWITCHYARD_LAB_PORT_OFFSET"), out: io.Discard}
	if err := here.settle(); err != nil {
		return 1, err
	}
	if err := here.status(); err != nil {
		return 1, fmt.Errorf("%s: %w (make lab-test brings it up)", here.dir, err)
	}
	dir, err := os.MkdirTemp("", "switchyard-lab-test-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "switchyard")
	if out, err := exec.Command("go", "build", "-o", program, "switchyard/cmd/switchyard").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building switchyard: %w: %s", err, out)
	}
	ctx := context.Background()
	if err := errors.Join(here.healAll(ctx), here.writeConfig(ctx)); err != nil {
		return 1, err
	}
	// A job that starts by itself while its catalog is down is stuck until its Director is started again.
	scheduled, err := here.unschedule(ctx)
	if err != nil {
		return 1, err
	}
	code = tests()
	err = here.healAll(ctx)
	if scheduled {
		err = errors.Join(err, here.startDaemons(ctx))
	}
	return code, err
}

// labConfig is the lab's own configuration.
func labConfig() string { return here.path("switchyard.yaml") }

// variant writes a changed configuration beside the lab's own and returns its path.
func variant(t testing.TB, name string, change func(*configData), replace ...string) string {
	t.Helper()
	d := here.configData()
	d.File = "switchyard-" + name + ".yaml"
	change(&d)
	text, err := render("switchyard.yaml", d)
	if err != nil {
		t.Fatal(err)
	}
	path := here.path(d.File)
	if _, err := write(path, strings.NewReplacer(replace...).Replace(text), 0o644, me); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Remove(path) })
	return path
}

// primaries leaves only the first host of each catalog, so that no standby answers for it.
func primaries(d *configData) {
	for i := range d.Clusters {
		d.Clusters[i].Hosts = d.Clusters[i].Hosts[:1]
	}
}

// alone has a cluster read a database that its Director does not use: there is no Director then, who would rightly say so.
func (d *configData) alone(c int, database string) {
	d.Clusters[c].Database = database
	for i := range d.Sides {
		d.Sides[i].Clusters[c].Console = []string{"/bin/false", d.Clusters[c].Name}
	}
}

// runs runs the program to its end.
func runs(t testing.TB, args ...string) (stdout string, exit int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out, diag bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stdout, cmd.Stderr = &out, &diag
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && (!errors.As(err, &ended) || !ended.Exited()) {
		t.Fatalf("switchyard %s: %v: %s", strings.Join(args, " "), err, diag.String())
	}
	if diag.Len() > 0 {
		t.Logf("switchyard %s: %s", strings.Join(args, " "), diag.String())
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// types sends lines to a cluster's root console, as a person would.
func types(t testing.TB, cluster string, lines ...string) string {
	t.Helper()
	out, err := here.console(context.WithoutCancel(t.Context()), cluster, lines...)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return out
}

var queued = regexp.MustCompile(`JobId=(\d+)`)

// startJob starts a job by hand; if the test ends before the job does, it is canceled.
func startJob(t testing.TB, cluster, name string) (id int, typed time.Time) {
	t.Helper()
	typed = time.Now()
	said := types(t, cluster, "run job="+name+" yes")
	m := queued.FindStringSubmatch(said)
	if m == nil {
		t.Fatalf("%s was not started: %s", name, said)
	}
	id, _ = strconv.Atoi(m[1])
	t.Cleanup(func() { cancelJob(t, cluster, id) })
	return id, typed
}

// cancelJob ends a job, however it stands, and waits until the catalog has its end.
func cancelJob(t testing.TB, cluster string, id int) {
	t.Helper()
	if !isOpen(t, cluster, id) {
		return
	}
	types(t, cluster, fmt.Sprintf("cancel jobid=%d yes", id))
	eventually(t, 30*time.Second, fmt.Sprintf("job %d of %s has ended", id, cluster), func() bool { return !isOpen(t, cluster, id) })
}

// ended are the statuses of jobs that are over.
const ended = "'T','W','E','e','f','A','D','I'"

func isOpen(t testing.TB, cluster string, id int) bool {
	t.Helper()
	n, err := here.countJobs(
		context.WithoutCancel(t.Context()),
		cluster,
		fmt.Sprintf("SELECT COUNT(*) FROM Job WHERE JobId=%d AND JobStatus NOT IN (%s)", id, ended),
	)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// quiet ends what still runs from before, such as the lab's own first jobs: a Director that is started again calls it failed.
func quiet(t testing.TB) {
	t.Helper()
	for _, cluster := range clusters {
		if len(sqlRows(t, cluster, "SELECT JobId FROM Job WHERE JobStatus NOT IN ("+ended+")")) > 0 {
			breaks(t, "director-killed", cluster)()
		}
		eventually(t, 10*time.Second, cluster+" runs nothing", func() bool {
			return len(sqlRows(t, cluster, "SELECT JobId FROM Job WHERE JobStatus NOT IN ("+ended+")")) == 0
		})
	}
}

// sqlRows asks a server as its administrator. NULL is "".
func sqlRows(t testing.TB, name, statement string) [][]string {
	t.Helper()
	db, _, err := here.adminOf(name, "bacula")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(context.WithoutCancel(t.Context()), statement)
	if err != nil {
		t.Fatalf("asking %s: %v", name, err)
	}
	defer rows.Close()
	var out [][]string
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([][]byte, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = string(v)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("asking %s: %v", name, err)
	}
	return out
}

// eventually looks again and again until something holds.
func eventually(t testing.TB, within time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// breaks causes one of the lab's faults; it is healed by the returned function, or when the test ends.
func breaks(t testing.TB, name, target string) (heal func()) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	healed := false
	heal = func() {
		t.Helper()
		if healed {
			return
		}
		healed = true
		if err := here.fault(ctx, name, target, true); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(heal)
	if err := here.fault(ctx, name, target, false); err != nil {
		t.Fatal(err)
	}
	return heal
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
