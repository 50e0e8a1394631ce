//go:build lab

package run_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/mysql/schema"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// observes is what split observe does on a timer.
func (o *oldBacula) observes() []record.Proof {
	o.t.Helper()
	l, err := o.at.Look(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	proofs, err := o.runner.Observe(o.t.Context(), func(st *record.State) (proofs []record.Proof) {
		if p, tells := st.UnusedBy(&l, "bacula", 0); tells {
			proofs = append(proofs, p)
		}
		return proofs
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return proofs
}

// quiet looks until nobody has used it between two looks.
func (o *oldBacula) quiet() {
	o.t.Helper()
	o.until("nobody uses it", func() bool {
		o.observes()
		q, looked := o.runner.Journal.State().QuietOf("bacula")
		return looked && q.Why == "" && q.At.After(q.Since)
	})
}

func (o *oldBacula) plan(s plan.Split) *plan.Plan {
	o.t.Helper()
	w, err := o.Fresh(o.t.Context(), plan.Needs{})
	if err == nil {
		_, err = o.runner.Journal.Refresh(o.t.Context())
	}
	if err != nil {
		o.t.Fatal(err)
	}
	w.State, w.Now = o.runner.Journal.State(), model.Now()
	ask := plan.Ask{Split: &s}
	p, err := ask.Plan(w, journal.NewID())
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// rung takes one to its end.
func (o *oldBacula) rung(s plan.Split) {
	o.t.Helper()
	if !s.Undo {
		o.quiet()
	}
	p := o.plan(s)
	a, err := o.runner.Take(o.t.Context(), p, yes(o.runner, p))
	if err != nil || a.State != record.ActionDone {
		o.t.Fatalf("%s: %+v, %v", p.Says, a, err)
	}
}

// says tells the Director's Console lines, and gives what it printed.
func (o *oldBacula) says(lines ...string) string {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), time.Minute)
	defer cancel()
	argv := o.console()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(append(lines, "quit"), "\n") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		o.t.Fatalf("%v: %v: %s", lines, err, out)
	}
	return string(out)
}

// backsUp lets the Director run a backup and an Admin job, and wants all that they leave in the catalog.
func (o *oldBacula) backsUp() (last int) {
	o.t.Helper()
	for _, job := range []string{"tiny", "housekeeping"} {
		before := o.number("SELECT COALESCE(MAX(JobId), 0) FROM bacula.Job")
		said := o.says("run job=" + job + " yes")
		last = before + 1
		is := fmt.Sprintf(" FROM bacula.Job WHERE JobId = %d AND Name = '%s'", last, job)
		o.until(job+" is in the catalog as one that ended well: "+said, func() bool {
			return o.number("SELECT COUNT(*)"+is+" AND JobStatus = 'T'") == 1
		})
		of := func(table string) int {
			return o.number(fmt.Sprintf("SELECT COUNT(*) FROM bacula.%s WHERE JobId = %d", table, last))
		}
		files, volumes, want := of("File"), of("JobMedia"), map[string]int{"tiny": 4}[job]
		if files != want || volumes != min(want, 1) {
			o.t.Errorf("%s: %d files, %d parts of volumes", job, files, volumes)
		}
		if listed := o.says("list jobs"); !strings.Contains(listed, job) {
			o.t.Errorf("the Director does not list it: %s", listed)
		}
	}
	return last
}

// rest is all that is on the server and none of what is left.
func (o *oldBacula) rest() map[string]string {
	o.t.Helper()
	const others = " NOT IN ('bacula', 'performance_schema', 'sys') AND %[1]s NOT LIKE 'bacula\\_\\_dropped\\_%%'"
	out := map[string]string{}
	for _, of := range [][2]string{{"SCHEMA_NAME", "SCHEMA_NAME FROM information_schema.SCHEMATA"},
		{"TABLE_SCHEMA", "TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES"},
		{"TABLE_SCHEMA", "TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS"},
		{"TABLE_SCHEMA", "TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE FROM information_schema.COLUMNS"},
		{"TABLE_SCHEMA", "TABLE_SCHEMA, GRANTEE, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES"},
		{"User", "User, Host, Priv FROM mysql.global_priv"}} {
		columns, from, _ := strings.Cut(of[1], " FROM ")
		rows, err := o.db.Query("SELECT CONCAT_WS('|', " + columns + ") FROM " + from + " WHERE " + of[0] + fmt.Sprintf(others, of[0]))
		if err != nil {
			o.t.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				o.t.Fatal(err)
			}
			out[from+" "+line] = ""
		}
		if err := rows.Close(); err != nil {
			o.t.Fatal(err)
		}
	}
	contents, err := o.neighbour.Contents(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, c := range contents {
		out[c.Table] = fmt.Sprint(c.Rows, c.Sum)
	}
	return out
}

// byHand is the Director that somebody starts in spite of its mask: it is asked for a backup, should it come up.
func (o *oldBacula) byHand() (said string) {
	o.t.Helper()
	contents := func() (out []schema.Content) {
		for _, name := range []string{"bacula", plan.HoldingOf("bacula", model.Now())} {
			if o.number("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = '"+name+"'") > 0 {
				all, err := o.schema(name).Contents(o.t.Context())
				if err != nil {
					o.t.Fatal(err)
				}
				out = append(out, all...)
			}
		}
		return out
	}
	was := contents()
	cmd := exec.Command("/usr/sbin/bacula-dir", "-f", "-c", filepath.Join(o.home, "dir.conf"))
	log, err := os.Create(filepath.Join(o.t.TempDir(), "log"))
	if err != nil {
		o.t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	up := false
	o.until("it comes up or gives up", func() bool {
		select {
		case <-ended:
			return true
		default:
		}
		v, _ := run.Dials(fmt.Sprintf("127.0.0.1:%d", o.ports[0]))(o.t.Context())
		up = v == model.Holds
		return up
	})
	if up {
		said = o.says("run job=tiny yes", "wait", "list jobs", "messages")
	}
	_ = cmd.Process.Kill()
	<-ended
	_ = log.Close()
	text, _ := os.ReadFile(log.Name())
	if err := run.Differ(was, contents()); err != nil {
		o.t.Errorf("a Director that is started by hand writes to it: %v", err)
	}
	return said + string(text)
}

// stands wants the Director's service to be in a state, as its host tells.
func (o *oldBacula) stands(active, file string) {
	o.t.Helper()
	argv := o.service("state")
	out, err := exec.Command(argv[0], argv[1:]...).Output()
	if want := fmt.Sprintf("LoadState=loaded\nActiveState=%s\nUnitFileState=%s\n", active, file); err != nil || string(out) != want {
		o.t.Errorf("its service says %q, %v; want %q", out, err, want)
	}
}

// TestTheLadderUnderADirector takes the catalog of a real Bacula to where nothing of it is left. A freeze stops and masks its Director, and
// one that is started by hand in spite of it writes nothing; all is undone once, and it backs up again; what is beside it stays as it was.
func TestTheLadderUnderADirector(t *testing.T) {
	for _, program := range []string{"mariadbd", "bacula-dir", "bacula-sd", "bacula-fd", "bconsole"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIPPED: no %s is installed here", program)
		}
	}
	o := newOldBacula(t)
	if out, err := exec.Command("sh", o.service("start")[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	o.until("its Director answers", func() bool {
		_, err := o.services.Of[plan.OnDirector{Cluster: model.Blue, Director: oldDir}].Read(t.Context())
		return err == nil
	})
	first := o.backsUp()

	// A Director that runs nothing is no use of its catalog, and one that only lists is.
	o.quiet()
	o.says("list jobs")
	if p := o.observes(); len(p) != 1 || p[0].Verdict != model.Fails || !strings.Contains(p[0].Why, "Job was read") {
		t.Errorf("a Director that lists its jobs is no use of the catalog: %+v", p)
	}
	if b := o.plan(plan.Split{Rung: plan.RungFreeze}).Blocked(); b == nil || !strings.Contains(b.Value, "Job was read") {
		t.Errorf("the freeze of a catalog that is used is not blocked: %+v", b)
	}
	before := o.rest()
	if len(before) < 500 {
		t.Errorf("only %d things are beside it", len(before))
	}

	up := func() {
		o.rung(plan.Split{Rung: plan.RungFreeze})
		o.stands("inactive", "masked")
		if out, err := exec.Command("sh", o.service("start")[1:]...).CombinedOutput(); err == nil {
			t.Errorf("it is started in spite of its mask: %s", out)
		}
		if said := o.byHand(); !strings.Contains(said, "command denied to user 'bacula'") {
			t.Errorf("a Director that is started by hand is denied nothing: %s", said)
		}
		o.rung(plan.Split{Rung: plan.RungArchive})
		o.rung(plan.Split{Rung: plan.RungVerify})
		o.rung(plan.Split{Rung: plan.RungLock})
		o.quiet()
		quiet := o.observes()[0].Claim.Unused
		if said := o.byHand(); !strings.Contains(said, "Unable to connect") {
			t.Errorf("a Director that is started by hand is let in: %s", said)
		}
		if is := o.observes()[0].Claim.Unused; !is.DeniedAt.After(quiet.DeniedAt) {
			t.Errorf("a Director that tried is not heard: %+v", is)
		}
		o.rung(plan.Split{Rung: plan.RungRename})
	}
	up()
	if n := o.number("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'bacula'"); n != 0 {
		t.Errorf("%d tables are not held", n)
	}

	for _, rung := range []plan.Rung{plan.RungRename, plan.RungLock, plan.RungFreeze} {
		o.rung(plan.Split{Rung: rung, Undo: true})
	}
	o.stands("active", "enabled")
	if last := o.backsUp(); last != 2*first {
		t.Errorf("its JobIds go on to %d after %d", last, first)
	}
	p := o.observes()
	if b := o.plan(plan.Split{Rung: plan.RungFreeze}).Blocked(); p[0].Verdict != model.Fails || b == nil {
		t.Errorf("it may be frozen again while its Director works: %+v", p)
	}

	o.tell("GRANT PROCESS ON *.* TO bacula@'%'") // an account that has a right elsewhere is not locked
	up()
	o.rung(plan.Split{Rung: plan.RungDrop})
	o.stands("inactive", "masked")
	for _, of := range []string{"SCHEMATA WHERE SCHEMA_NAME", "TABLES WHERE TABLE_SCHEMA", "COLUMNS WHERE TABLE_SCHEMA"} {
		if n := o.number("SELECT COUNT(*) FROM information_schema." + of + " IN ('bacula') OR " + of[strings.LastIndexByte(of, ' ')+1:] +
			" LIKE 'bacula\\_\\_dropped%'"); n > 0 {
			t.Errorf("%d of %s are left", n, of)
		}
	}
	if after := o.rest(); !maps.Equal(after, before) {
		for _, m := range [][2]map[string]string{{before, after}, {after, before}} {
			for k, v := range m[0] {
				if is, there := m[1][k]; is != v || !there {
					t.Errorf("%s: %q and %q", k, v, is)
				}
			}
		}
	}
}
