package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/board"
)

// symptom is how a fault shows: in the pane where somebody would look, with what to do about it in the alert line.
type symptom struct {
	fault, target string
	job           string   // started on green when it is broken, to meet it
	pane          string   // where it shows
	says          []string // in that pane
	do            string   // what the alert line begins to advise; empty: another alert comes first
}

// The cell whose jobs meet a fault; both clusters have it in the overlap.
const (
	starts    = "backup-chain006-region1-regular"
	itsClient = "chain006-r1-fd"
)

// symptoms are grouped by what they break, each group for a world of its own.
var symptoms = map[string][]symptom{
	"settling": {
		{"director-down", "blue", "", "1 BLUE", []string{"! director dir-old:", "connection ref"}, "see whether bacula-dir runs"},
		{"director-masked", "green", "", "2 GREEN", []string{"! director dir-new:", "connection ref"}, "see whether bacula-dir runs"},
		{"director-stopped", "blue", "", "1 BLUE", []string{"! director dir-old:", "connection ref"}, "see whether bacula-dir runs"},
		{
			"director-failed-over",
			"green",
			"",
			"2 GREEN",
			[]string{"! director dir-new:", "connection ref"},
			"see whether bacula-dir runs",
		},
		{"director-hung", "green", "", "2 GREEN", []string{"! director dir-new:", "greet"}, "see bacula-dir's log"},
		{"director-slow", "blue", "", "1 BLUE", []string{"! director dir-old:", "no answer"}, "see whether bacula-dir runs"},
		{
			"director-password",
			"green",
			"",
			"2 GREEN",
			[]string{"! director dir-new:", "Director authori"},
			"see the watcher's credentials",
		},
		{"catalog-down", "blue", "", "1 BLUE", []string{"! catalog:", "connection ref"}, "see whether its server runs"},
		{"catalog-hung", "blue", "", "1 BLUE", []string{"! catalog:", "no answer"}, "see whether its server runs"},
		// its standby is read
		{"catalog-hung", "green", "", "2 GREEN", []string{"catalog takes no writes"}, "see whether its writer runs"},
		{"catalog-down", "green", "", "2 GREEN", []string{"catalog takes no writes"}, "see whether its writer runs"},
		{"catalog-slow", "blue", "", "6 ALERTS", []string{"blue catalog is slow"}, "look at what else it is doing"},
		{"catalog-revoked", "blue", "", "1 BLUE", []string{"! catalog:", "Access denied"}, "see the watcher's credentials"},
		{"onprem-gone", "", "", "1 BLUE", []string{"catalog:", "no answer"}, ""},
		{"site-gone", "region1", "", "2 GREEN", []string{"director dir-new:", "refused"}, ""},
		{"console-slow", "green", "", "2 GREEN", []string{"director dir-new:", "greet"}, ""},
		{"catalog-revoked", "green", "", "2 GREEN", []string{"catalog is read from", "a read-only standby"}, "let the watch account in again"},
	},
	"dr-day": {
		{"replication-stopped", "", "", "4 RDS", []string{"sql ✗"}, "see SHOW REPLICA STATUS"},
		{"replication-broken", "", "", "4 RDS", []string{"sql ✗"}, "see SHOW REPLICA STATUS"},
		{"replication-unfetched", "", "", "4 RDS", []string{"io ✗"}, "see SHOW REPLICA STATUS"},
		{"aws-throttled", "", "", "4 RDS", []string{"throttled"}, "see who else asks AWS so often"},
		{"aws-failing", "", "", "4 RDS", []string{"InternalFailure"}, "see that AWS region's health"},
		{"aws-unreachable", rehearsal.ReplicaRegion, "", "4 RDS", []string{"no answer"}, "see whether the instance is up"},
		{"aws-denied", "", "", "4 RDS", []string{"AccessDenied"}, "grant the watcher that right"},
		{"aws-expired", "", "", "4 RDS", []string{"ExpiredToken"}, "see the watcher's credentials"},
		{"region-gone", rehearsal.ReplicaRegion, "", "4 RDS", []string{"no answer"}, ""},
		{"region-gone", rehearsal.PrimaryRegion, "", "2 GREEN", []string{"catalog takes no writes"}, ""},
		{"kms-key-disabled", rehearsal.ReplicaRegion, "", "4 RDS", []string{"key ✗"}, "enable the key now"},
	},
	"overlap": {
		{"client-failing", itsClient, starts, "2 GREEN", []string{"✗ FAILED Client"}, "read its log"},
		{"client-hung", itsClient, starts, "2 GREEN", []string{"full     0   "}, ""}, // its bytes stand still
		{"storage-hung", "", starts, "2 GREEN", []string{"! storages:", "storages do not tell: storage sd-"}, "see the Storage Daemons it names"},
		{"client-stranger", itsClient, starts, "2 GREEN", []string{"✗ FAILED Unable to"}, ""},
		{"storage-full", "", starts, "2 GREEN", []string{"waits for a volume"}, "mount or label a volume"},
	},
}

// TestEveryFaultShows breaks each thing in a world, looks for it where somebody would, and sees it go again when it is healed.
func TestEveryFaultShows(t *testing.T) {
	t.Parallel()
	for scenario, list := range symptoms {
		for part := range slices.Chunk(list, 6) { // worlds that end before the others do
			t.Run(scenario, func(t *testing.T) {
				inWhole(t)
				t.Parallel()
				showAndHeal(t, scenario, part)
			})
		}
	}
	for _, f := range rehearsal.Faults {
		has := func(x symptom) bool { return x.fault == f.Name }
		if !slices.ContainsFunc(slices.Concat(symptoms["settling"], symptoms["dr-day"], symptoms["overlap"]), has) &&
			!slices.Contains(elsewhere, f.Name) {
			t.Errorf("nobody looks for %s on the screen", f.Name)
		}
	}
}

// showAndHeal breaks each thing in one world.
func showAndHeal(t *testing.T, scenario string, list []symptom) {
	t.Helper()
	w := ownWorld(t, rehearsal.Options{Scenario: scenario, Chains: 12, Idle: true})
	d, l := attach(t, w, 200, 60, "watch"), lookAt(t, opened(t, w.ConfigPath()))
	d.live()
	for _, x := range list {
		if x.target == "" && strings.HasPrefix(x.fault, "storage-") { // the inventory tells where its job writes
			x.target = storageOf(t, w, starts)
		}
		d.until(
			x.fault+" not to be seen yet",
			func(screen string) bool { p := paneOf(screen, x.pane); return p != "" && !containsAll(p, x.says) },
		)
		broken := time.Now()
		if err := w.Fault(x.fault, x.target); err != nil {
			t.Fatal(err)
		}
		id := ""
		if x.job != "" {
			id = queue(t, w, model.Green, "run job="+x.job+" level=Full yes")
			d.seeRow(x.pane, id+" ", "chain006")
		}
		if x.job != "" {
			broken = meets(t, w, id, x.says)
		}
		if x.do != "" {
			d.until(x.do, func(screen string) bool { return strings.Contains(screen, x.do) || l.advisesBehind(x.do) })
		} else {
			d.seeIn(x.pane, x.says...)
		}
		shows := time.Since(broken)
		d.seeIn(x.pane, x.says...)
		t.Logf(
			"%-20s shows after %v, with its reason after %v",
			x.fault,
			shows.Round(10*time.Millisecond),
			time.Since(broken).Round(10*time.Millisecond),
		)
		d.intact()
		d.press("?") // no key waits for what is broken
		d.see("HELP")
		d.press("bare esc")
		d.gone("HELP")
		if err := w.Heal(x.fault, x.target); err != nil {
			t.Fatal(err)
		}
		if id != "" {
			say(t, w, model.Green, "cancel jobid="+id+" yes")
			d.until("job "+id+" to end", func(screen string) bool {
				return slices.ContainsFunc(strings.Split(paneOf(screen, x.pane), "\n"), func(row string) bool {
					return strings.Contains(row, id+" ") && (strings.Contains(row, "canceled") || strings.Contains(row, "FAILED"))
				})
			})
			continue
		}
		d.until(x.fault+" to be over", func(screen string) bool {
			p := paneOf(screen, x.pane)
			return p != "" && !containsAll(p, x.says) && (x.do == "" || !strings.Contains(screen, x.do))
		})
	}
}

// advisesBehind tells whether an alert says what to do that another one stands before: it has no room for that on the screen then.
func (l *onlooker) advisesBehind(do string) bool {
	l.t.Helper()
	s, err := l.feed.Next(l.t.Context(), 0)
	if err != nil {
		l.t.Fatal(err)
	}
	return len(s.Alerts) > 1 && slices.ContainsFunc(s.Alerts[1:], func(a board.Alert) bool { return strings.Contains(a.Do, do) })
}

// meets waits until a job has come to where its fault can be known of: its end for a fault that fails it, else its start.
func meets(t *testing.T, w *rehearsal.World, id string, says []string) time.Time {
	t.Helper()
	until := "R"
	if strings.Contains(says[0], "FAILED") {
		until = "f"
	}
	status := ""
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err := w.Primary().Read("SELECT JobStatus FROM Job WHERE JobId = ?", id).Scan(&status); err != nil {
			t.Fatal(err)
		}
		if status == until {
			return time.Now()
		}
	}
	t.Fatalf("job %s is %q, not %q", id, status, until)
	return time.Time{}
}

// storageOf is where a job's backups go, as the inventory says.
func storageOf(t *testing.T, w *rehearsal.World, job string) string {
	t.Helper()
	s := watched(t, w)
	for _, p := range s.inv.Cells {
		if s.names.Name(p.Cell) == job {
			return p.Storage
		}
	}
	t.Fatalf("%s is no job of the inventory", job)
	return ""
}

// elsewhere are faults that other tests look for.
// the tests below
var elsewhere = []string{
	"az-failover",
	"catalog-shared", // these are no trouble of the day: gates are red with them, and no alert
	"catalog-crowded",
	"catalog-burst",
	"catalog-plain",
	"replication-lag",
	"reload-ignored",
	"config-reverted",
	// and those of act_push_test.go
	"reload-refused",
	"reload-slow",
	"directive-lost",
	"passive-restarted",
	"passive-gone", "passive-older", // and failover_after_test.go, gates_world_test.go
	"disk-full",
	"file-linked",
	"storage-not-immutable",
	"director-unlinked",
	// and those of truth_rds_test.go
	"replication-worker",
	"replication-channel",
	"replication-channel-late",
	"replication-unread",
	"replication-gone",
	"replication-elsewhere",
	"replication-forbidden",
	"replication-errant",
	"replication-status",
	"replica-writable",
	"replica-promoted",
	"instance-missing",
	"instance-status",
	"instance-storage",
	"instance-certificate",
	"failover-refused",
	// and those of gates_world_test.go
	"instance-set",
	"kms-key-single",
	// and what only a restore meets: fault_restore_test.go of the rehearsal
	"volume-corrupt",
	"volume-missing",
	"volume-error",
	"tree-slow",
	"client-full",
	"client-gone",
}

// TestThePassiveOneSchedules sees a Director that is configured as passive run jobs: its pane names it, an alert says what to do, and both
// are over when the other one has its role again.
func TestThePassiveOneSchedules(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 12, Idle: true})
	d, l := attach(t, w, 200, 60, "watch"), lookAt(t, opened(t, w.ConfigPath()))
	d.live()
	if err := w.Fault("director-failed-over", "green"); err != nil {
		t.Fatal(err)
	}
	d.seeIn("2 GREEN", "! director dir-new:", "connection ref")
	const job = "backup-chain001-region1-regular"
	argv := w.Console(model.Green, "act", 1)
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader("run job=" + job + " level=Full yes\n")
	if out, err := cmd.Output(); err != nil || !strings.Contains(string(out), "Job queued.") {
		t.Fatalf("%v: %s", err, out)
	}
	d.seeIn("2 GREEN", "dir-new2 runs jobs")
	d.seeRow("2 GREEN", "chain001", "full", "B/s") // the figures are of the one that schedules
	d.seeIn("5 EVENTS", "dir-new2 schedules for green")
	d.seeIn("6 ALERTS", "dir-new2 runs jobs")
	const do = "if so, write it as the active one"
	d.until(do, func(screen string) bool { return strings.Contains(screen, do) || l.advisesBehind(do) })
	d.intact()
	if err := w.Heal("director-failed-over", "green"); err != nil {
		t.Fatal(err)
	}
	d.gone("dir-new2 runs jobs", "! director dir-new:")
	d.seeIn("5 EVENTS", "dir-new alone schedules for green again")
}

// TestAFailoverNobodyAskedFor names the jobs that died with it, and the cells that break their promise, by when.
func TestAFailoverNobodyAskedFor(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 12, Idle: true})
	d := attach(t, w, 200, 60, "watch")
	d.live()
	id := queue(t, w, model.Green, "run job="+starts+" level=Full yes")
	d.seeRow("2 GREEN", id+" ", "chain006", "full", "B/s")
	if err := w.Fault("az-failover", ""); err != nil {
		t.Fatal(err)
	}
	d.seeIn("4 RDS", "! primary server:")
	d.seeRow("2 GREEN", id+" ", "✗ FAILED")
	d.seeIn("6 ALERTS", "bacula failed over at")
	d.see(" died: "+id+" chain006 region1 regular", "run again the jobs that died")    // others that ran may have, too
	d.until("by when its cell breaks its promise, in full", func(screen string) bool { // wherever the line is broken
		said := strings.Join(strings.Fields(strings.ReplaceAll(paneOf(screen, "6 ALERTS"), "│", " ")), " ")
		return strings.Contains(said, "chain006 region1 regular breaks its promise at ")
	})
	d.intact()
	// one page, also in a session that is opened afterwards
	after := attach(t, w, 120, 40, "watch")
	after.live()
	after.seeIn("6 ALERTS", "bacula failed over at")
	for _, at := range []*terminal{d, after} {
		at.press("6", "enter")
		at.see("FAILOVER bacula", "connections dropped; AWS: Multi-AZ instance failover started.", "its server took connections again",
			"what died of it: ", id, "its server is back since")
		at.see("another     AWS ")
	}
}

// TestAnImmutableVolumeThatIsNot is told when the backup on it has ended: by its cell, with its Storage Daemon.
func TestAnImmutableVolumeThatIsNot(t *testing.T) {
	inWhole(t)
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 4, Idle: true, Clock: worldclock.New(model.Now(), 100)})
	const job, cell = "backup-chain001-region1-immutable", "chain001 region1 immutable"
	d := attach(t, w, 120, 48, "watch")
	d.see("1 BLUE", "live", "16 cells")
	d.press(":", "cell "+cell, "enter")
	d.seeIn("CELL "+cell, "volumes     protected")
	sd := storageOf(t, w, job)
	if err := w.Fault("storage-not-immutable", sd); err != nil {
		t.Fatal(err)
	}
	id := queue(t, w, model.Green, "run job="+job+" yes")
	d.seeIn("CELL "+cell, "job "+id, "volumes     not protected: this backup can be deleted")
	d.press("esc", "6", "z")
	d.see("1 immutable cell of green on volumes that are not protected")
	d.press("z")
	d.seeIn("5 EVENTS", id+" "+cell+": its volumes are not")
	if err := w.Heal("storage-not-immutable", sd); err != nil {
		t.Fatal(err)
	}
	queue(t, w, model.Green, "run job="+job+" yes")
	d.gone("immutable cell of green on volu")
}

// TestALagThatGrows is told with its limit, and is over when the replica goes on.
func TestALagThatGrows(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Scenario: "dr-day", Chains: 12, Idle: true})
	d, l := attach(t, w, 120, 40, "watch"), lookAt(t, opened(t, w.ConfigPath()))
	d.live()
	d.seeIn("4 RDS", "0 s; CloudWatch")
	if err := w.Fault("replication-lag", ""); err != nil {
		t.Fatal(err)
	}
	d.until("a lag that grows", func(screen string) bool {
		p := paneOf(screen, "4 RDS")
		return strings.Contains(p, "switch over now: ✗") && strings.Contains(p, "the replica's lag is")
	})
	d.seeIn("6 ALERTS", " behind (limit for a")
	const do = "look at what it applies" // the alert line may tell of a promise that breaks sooner
	d.until(do, func(screen string) bool { return strings.Contains(screen, do) || l.advisesBehind(do) })
	if err := w.Heal("replication-lag", ""); err != nil {
		t.Fatal(err)
	}
	d.until("it to catch up", func(screen string) bool { return strings.Contains(paneOf(screen, "4 RDS"), "switch over now: ✓") })
}

// TestAPushThatIsUndone is told by the events: what a Director gained, and lost again when something put the old file back.
func TestAPushThatIsUndone(t *testing.T) {
	t.Parallel()
	s := newStage(t, 4, "") // so that a Director is asked several times between the push and its end
	d := sit(t, 120, 40, s.command("watch"))
	d.see("1 BLUE", "16 cells", "21/21 live") // what the Directors had before is known
	for _, fault := range []string{"reload-ignored", "config-reverted"} {
		if err := s.Fault(fault, "blue"); err != nil {
			t.Fatal(err)
		}
	}
	dir := s.Cluster(model.Blue).Directors()[0]
	was, err := os.ReadFile(dir.ConfPath())
	if err != nil {
		t.Fatal(err)
	}
	resources := strings.SplitAfter(string(was), "}\n")
	_, name, _ := strings.Cut(resources[0], `Name = "`)
	name, _, _ = strings.Cut(name, `"`)
	push := func() {
		if err := os.WriteFile(dir.ConfPath(), []byte(strings.Join(resources[1:], "")), 0o600); err != nil {
			t.Fatal(err)
		}
		say(t, s.World, model.Blue, "reload")
	}
	push() // it is ignored: nothing is told
	if err := s.Heal("reload-ignored", ""); err != nil {
		t.Fatal(err)
	}
	push()
	d.seeIn("5 EVENTS", "dir-old loaded its configuration again")
	d.press("5", "z")
	d.see("it lost 1 job: "+name, "it gained 1 job: "+name)
	if strings.Count(d.screen(), "it lost 1 job") != 1 {
		t.Errorf("the reload that was ignored was told:\n%s", d.screen())
	}
}
