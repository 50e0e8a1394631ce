//go:build lab

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/model/record"
)

// labCrew is a person with the program on the running lab.
type labCrew struct {
	crew
	config string
}

// onLab gives the lab a journal of the test's own.
func onLab(t *testing.T) *labCrew {
	t.Helper()
	needsLab(t)
	text, err := os.ReadFile(filepath.Join(labDir, "switchyard.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	own := regexp.MustCompile(`(?m)^journal: .*$`).ReplaceAllLiteralString(string(text), "journal: {dir: "+dir+"/journal}")
	if own == string(text) {
		t.Fatal("the lab's configuration has no journal: is the lab up?")
	}
	l := &labCrew{crew{t: t}, filepath.Join(labDir, "switchyard-"+strings.ToLower(t.Name())+".yaml")}
	if err := os.WriteFile(l.config, []byte(own), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(l.config) })
	l.env = []string{asProgram + "=1", "SWITCHYARD_CONFIG=" + l.config, "XDG_STATE_HOME=" + dir + "/state", "XDG_CACHE_HOME=" + dir + "/cache"}
	l.does(0, "journal", "--begin")
	l.lab("fault", "heal")
	for _, cluster := range []string{"blue", "green"} { // a second run of a job is refused
		l.lab("console", cluster, "cancel job="+slowJob+" yes")
		l.until(slowJob+" does not run on "+cluster, func() bool {
			return strings.Contains(l.lab("sql", cluster, "SELECT COUNT(*) FROM Job WHERE JobStatus IN ('C','R') AND Name='"+slowJob+"'"), "\n0")
		})
	}
	return l
}

// lab runs a command of the lab itself.
func (l *labCrew) lab(args ...string) string {
	l.t.Helper()
	out, err := exec.Command(filepath.Join(labDir, "bin", "lab"), append([]string{"--dir", labDir}, args...)...).CombinedOutput()
	if err != nil {
		l.t.Fatalf("lab %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// starts a job in bconsole, as somebody else does; it is canceled when the test ends, if it still runs.
func (l *labCrew) starts(cluster, job string) (id string) {
	l.t.Helper()
	_, tail, ok := strings.Cut(l.lab("console", cluster, "run job="+job+" yes"), "JobId=")
	if !ok {
		l.t.Fatalf("%s was not started", job)
	}
	id = strings.Fields(tail)[0]
	l.t.Cleanup(func() { l.cancels(cluster, id) })
	return id
}

func (l *labCrew) cancels(cluster, id string) {
	l.t.Helper()
	l.lab("console", cluster, "cancel jobid="+id+" yes")
	l.until("job "+id+" has ended", func() bool {
		return strings.Contains(l.lab("sql", cluster, "SELECT JobStatus IN ('C','R') FROM Job WHERE JobId="+id), "\n0")
	})
}

// breaks causes a fault of the lab until the test ends or heal is called.
func (l *labCrew) breaks(fault, target string) (heal func()) {
	l.t.Helper()
	broken := true
	heal = func() {
		l.t.Helper()
		if broken {
			broken = false
			l.lab("fault", fault, target, "heal")
		}
	}
	l.t.Cleanup(heal)
	l.lab("fault", fault, target)
	return heal
}

// tagged counts the jobs of a cluster that plans started.
func (l *labCrew) tagged(cluster string) (n int) {
	l.t.Helper()
	lines := strings.Split(strings.TrimSpace(l.lab("sql", cluster, "SELECT COUNT(*) FROM Job WHERE Comment LIKE 'switchyard %'")), "\n")
	if _, err := fmt.Sscan(lines[len(lines)-1], &n); err != nil {
		l.t.Fatal(err)
	}
	return n
}

// sits opens a session and waits until it shows both clusters.
func (l *labCrew) sits(cols, rows int, args ...string) *terminal {
	l.t.Helper()
	d := sit(l.t, cols, rows, l.command(args...))
	d.see("1 BLUE", "2 GREEN", "48 cells", "blue-dir", "green-dir")
	d.until("every source to be live", func(screen string) bool {
		m := sourcesLive.FindStringSubmatch(screen)
		return m != nil && m[1] == m[2]
	})
	return d
}

var sourcesLive = regexp.MustCompile(`sources (\d+)/(\d+) live`)

const (
	slowJob   = "backup-chain06-region1-immutable" // two minutes at 200 kB/s
	toldIn    = 3 * time.Second
	startsIn  = 2 * time.Second        // a Director of 9.6 takes them from creating a job to running it
	keyIn     = 300 * time.Millisecond // by a machine that tests something else too
	brokenTil = 20 * time.Second
)

// TestTheLabOnTheScreen starts a job by hand, and breaks each source: it shows in its own pane, with its age and its reason, heals by
// itself, and no key waits for it.
func TestTheLabOnTheScreen(t *testing.T) {
	l := onLab(t)
	d := l.sits(200, 60, "watch")

	id := l.starts("blue", slowJob)
	typed := time.Now()
	d.seeRow("1 BLUE", id+" ", "chain06")
	told := time.Since(typed)
	d.seeRow("1 BLUE", id+" ", "chain06", "full", "B/s")
	rated := time.Since(typed)
	t.Logf("a job was on the screen after %v, its rate after %v", told.Round(time.Millisecond), rated.Round(time.Millisecond))
	if told > toldIn || rated > toldIn+startsIn {
		t.Error("that is too late")
	}
	d.press(":", "job blue "+id, "enter")
	d.seeIn("JOB "+id+" on BLUE", "running", "so far", "kB")
	d.press("bare esc")
	d.gone("JOB " + id + " on BLUE")

	for _, x := range []struct{ fault, target, pane, other, source, why string }{
		{"director-killed", "green", "2 GREEN", "1 BLUE", "director green-dir", "connection ref"},
		{"director-hung", "green", "2 GREEN", "1 BLUE", "director green-dir", "no answer in 8"},
		{"catalog-stopped", "blue", "1 BLUE", "2 GREEN", "catalog", "connection ref"},
		{"catalog-hung", "blue", "1 BLUE", "2 GREEN", "catalog", "no answer in"},
		{"catalog-denied", "blue", "1 BLUE", "2 GREEN", "catalog", "Access denied"},
		{"catalog-stopped", "green", "2 GREEN", "1 BLUE", "", "catalog takes no writes"}, // its replica is read
		{"catalog-slow", "blue", "6 ALERTS", "2 GREEN", "", "blue catalog is slow"},
		{"replica-stopped", "replica", "4 RDS", "1 BLUE", "", "sql ✗"},
	} {
		t.Run(x.fault, func(t *testing.T) {
			whole := d.TB
			d.TB = t
			defer func() { d.TB = whole }()
			heal := l.breaks(x.fault, x.target)
			broken := time.Now()
			d.seeIn(x.pane, x.source, x.why)
			named := time.Since(broken)
			if x.source != "" {
				d.until("its age", func(screen string) bool {
					return strings.Contains(strings.Split(paneOf(screen, x.pane), "\n")[0], " OLD ")
				})
			}
			if title := strings.Split(paneOf(d.screen(), x.other), "\n")[0]; !strings.Contains(title, " live ") {
				t.Errorf("the other pane says %s", title)
			}
			pressed := time.Now()
			d.press("?")
			d.see("HELP")
			if took := time.Since(pressed); took > keyIn {
				t.Errorf("a key was heard after %v", took)
			}
			d.press("bare esc")
			d.gone("HELP")
			heal()
			healed := time.Now()
			d.until("it to heal", func(screen string) bool {
				p := paneOf(screen, x.pane)
				return p != "" && !strings.Contains(p, x.why) && (strings.Contains(strings.Split(p, "\n")[0], " live ") || x.pane == "6 ALERTS")
			})
			if named > brokenTil {
				t.Errorf("named after %v", named)
			}
			t.Logf("named after %v, over after %v", named.Round(time.Millisecond), time.Since(healed).Round(time.Millisecond))
			d.intact()
		})
	}
	d.press("q")
	if code := d.ended(); code != exitFine {
		t.Errorf("it ended with %d", code)
	}
}

// TestTheLabBacksUpByKeys goes from a cell to a verified backup on each cluster, from the cockpit, while somebody else watches. When the
// first slow backup has ended well, the next one of its cell is told with the time it has left.
func TestTheLabBacksUpByKeys(t *testing.T) {
	l := onLab(t)
	watcher := l.sits(120, 50, "watch")
	d := l.sits(120, 40)
	n := 2 // the journal begins with record 1
	for _, x := range []struct{ cluster, chain, region, kind string }{{"green", "chain09", "region1", "regular"}, {"blue", "chain06",
		"region1", "immutable"}} {
		before := l.tagged(x.cluster)
		d.press(":", fmt.Sprintf("cell %s %s %s", x.chain, x.region, x.kind), "enter")
		d.see(fmt.Sprintf("CELL %s %s %s", x.chain, x.region, x.kind))
		confirm := "backup " + x.chain + " " + x.cluster
		d.until("a plan that takes keys", func(screen string) bool {
			switch { // a Director that is late for a second makes its guards unknown, and the plan stale when it answers
			case strings.Contains(screen, "STALE"):
				d.press("bare esc")
				d.gone("STALE")
			case !strings.Contains(screen, "Type  "+confirm):
				d.press(":", "backup "+x.cluster, "enter")
				d.see("run a backup of "+x.chain, "Type  "+confirm)
			default:
				d.press("enter")
			}
			return strings.Contains(d.screen(), "Enter alone does nothing")
		})
		if l.tagged(x.cluster) != before {
			t.Error("a job was started before the plan was approved")
		}
		d.approves(confirm)
		head := fmt.Sprintf("ACTION %d", n)
		watcher.see(head)
		var a *record.Action
		l.until(head+" to end", func() bool {
			a = l.action()
			return a != nil && int(a.Seq) == n && a.State != record.ActionApproved && a.State != record.ActionRunning
		})
		if a.State != record.ActionDone || a.By != operator() || l.tagged(x.cluster) != before+1 {
			t.Fatalf("%s, and %d jobs more: %s", a, l.tagged(x.cluster)-before, a.Why)
		}
		for _, seen := range []*terminal{d, watcher} { // for as long as an action lingers
			seen.patience = time.Minute
			seen.see("✓ " + head)
		}
		n = int(a.Last) + 1
		d.press("bare esc")
		d.gone("CELL ")
	}
	l.does(0, "journal", "--verify")

	wide := l.sits(200, 60, "watch")
	id := l.starts("blue", slowJob)
	typed := time.Now()
	wide.until("bytes, a rate and the time left", func(screen string) bool {
		for row := range strings.SplitSeq(paneOf(screen, "1 BLUE"), "\n") {
			if strings.Contains(row, id+" chain06") && runs.MatchString(row) {
				return true
			}
		}
		return false
	})
	if took := time.Since(typed); took > toldIn+startsIn {
		t.Errorf("rate and time left were on the screen after %v", took)
	}
}

// runs is how the row of a running job ends: percent, time left, rate.
var runs = regexp.MustCompile(`full +\d+ +\S+ (s|min) +[0-9.]+ [kM]?B/s`)

// TestTheLabsRunnerIsKilled ends the runner at three moments of a backup, and goes on with it each time: one job, verified.
func TestTheLabsRunnerIsKilled(t *testing.T) {
	l := onLab(t)
	backup := []string{
		"backup",
		"--chain=chain09",
		"--region=region1",
		"--kind=regular",
		"--on=green",
		"--apply",
		"--confirm=backup chain09 green",
	}
	for name, reached := range map[string]func(*record.Action) bool{
		"as soon as it is there":  func(a *record.Action) bool { return l.runner() != 0 },
		"when the job is started": func(a *record.Action) bool { return a.Intent > 0 },
		"when it is followed":     func(a *record.Action) bool { return a.Done > 0 },
	} {
		t.Run(name, func(t *testing.T) {
			before := l.tagged("green")
			l.killed(backup, reached, func() {})
			if n := l.tagged("green") - before; n != 1 {
				t.Errorf("%d jobs were started", n)
			}
		})
	}
	l.does(0, "journal", "--verify")
}

// killed lets a verb act, kills its runner once it is so far, looks, and goes on with what was begun until it is done.
func (l *labCrew) killed(verb []string, reached func(*record.Action) bool, look func()) {
	l.t.Helper()
	last := l.action()
	front := l.command(verb...)
	if err := front.Start(); err != nil {
		l.t.Fatal(err)
	}
	var killed int
	l.until("it is so far", func() bool {
		a := l.action()
		if a == nil || last != nil && a.ID == last.ID || !reached(a) {
			return false
		}
		killed = l.runner()
		return killed != 0
	})
	if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
		l.t.Logf("it had ended already: %v", err)
	}
	_ = front.Wait()
	look()
	a := l.action()
	if a.State == record.ActionRunning || a.State == record.ActionApproved {
		l.does(0, "act", fmt.Sprint(a.Seq))
		a = l.action()
	}
	if a.State != record.ActionDone {
		l.t.Errorf("%s: %s", a, a.Why)
	}
}
