package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/ui"
)

var (
	everyFault = flag.Bool("every-fault", false, "TestTheFirstMinute injects each fault in each scenario, which takes minutes")
	faultsOf   = flag.Int64("faults-of", time.Now().Unix()/(24*60*60), "the `DAY` since 1970 whose faults TestTheFirstMinute injects")
)

// met tells whether a fault is met in a scenario on a day: each in one scenario within three days, and in every one of them by and by.
func met(fault, scenario int, day int64) bool {
	const parts = 3
	n := int64(len(rehearsal.Scenarios))
	return int64(fault)%parts == day%parts && (int64(fault)/parts+day/parts)%n == int64(scenario)
}

// distress is a fault, and what the alert line says of it at any width: a word of the cause, and how what to do begins. Where the line has
// little room either may be cut at its end, so that these are short.
type distress struct {
	fault, target string
	job           string   // started on a cluster that has it, to meet the fault
	causes        []string // one of them
	do            []string // one of them
	quiet         bool     // what was there before may lead: nobody is waiting for this one
}

// distresses are those of any world. What heals by itself, or was told for ever, comes last.
var distresses = []distress{
	{fault: "director-down", target: "blue", causes: []string{"director: connection refused"},
		do: []string{"see whether bacula-dir"}, quiet: true},
	{fault: "director-hung", target: "blue", causes: []string{mute, "director: no answer"},
		do: []string{"see bacula-dir's log", "see whether bacula-dir"}, quiet: true},
	{fault: "director-slow", target: "blue", causes: []string{mute, "director: no answer", "director is slow", " is slow: its last answer"},
		do: []string{"see bacula-dir's log", "see whether bacula-dir", "see what else"}, quiet: true},
	{fault: "director-password", target: "green", causes: []string{mute, "director: Director authori"},
		do: []string{"see bacula-dir's log", "see the watcher's cred"}, quiet: true},
	{fault: "console-slow", target: "green", causes: []string{mute, "director: no answer", "director is slow", " is slow: its last answer"},
		do: []string{"see bacula-dir's log", "see whether bacula-dir", "see what else"}, quiet: true},
	{fault: "director-stopped", target: "blue", causes: []string{"director: connection refused"},
		do: []string{"see whether bacula-dir"}, quiet: true},
	{fault: "director-masked", target: "green", causes: []string{"director: connection refused"},
		do: []string{"see whether bacula-dir"}, quiet: true},
	{fault: "director-failed-over", target: "green", causes: []string{"director: connection refused", "dir-new: connection refused"},
		do: []string{"see whether bacula-dir"}, quiet: true},
	{fault: "catalog-down", target: "blue", causes: []string{"catalog: connection refused"}, do: []string{"see whether its server"}},
	{fault: "catalog-hung", target: "blue", causes: []string{"catalog: no answer"}, do: []string{"see whether its server"}},
	{fault: "catalog-slow", target: "blue", causes: []string{"catalog is slow"}, do: []string{"see what else"}, quiet: true},
	{fault: "catalog-revoked", target: "blue", causes: []string{"catalog: Access denied"}, do: []string{"see the watcher's cred"}},
	{fault: "catalog-down", target: "green", causes: noPrimary, do: []string{"see whether its"}},
	{fault: "catalog-hung", target: "green", causes: noPrimary, do: []string{"see whether its"}},
	{fault: "catalog-revoked", target: "green", causes: []string{"catalog is read from a standby", "is read from 127.0.0.1"},
		do: []string{"let the watch account in"}, quiet: true},
	{fault: "onprem-gone", causes: []string{"blue catalog: no answer", "blue director: connection refused"},
		do: []string{"see whether its server", "see whether bacula-dir"}},
	{fault: "site-gone", target: "region1", causes: []string{"director: connection refused", "blue catalog: no answer"},
		do: []string{"see whether its server", "see whether bacula-dir"}},
	{fault: "region-gone", target: rehearsal.PrimaryRegion, causes: noPrimary,
		do: []string{"f fails over"}},
	{fault: "region-gone", target: rehearsal.ReplicaRegion, causes: []string{"RDS replica server: no answer", "RDS replica: no answer"},
		do: []string{"see whether the instance"}, quiet: true},
	{fault: "replication-stopped", causes: []string{"broken: SQL thread stopped"}, do: []string{"see SHOW REPLICA STATUS"}},
	{fault: "replication-unfetched", causes: []string{"broken: IO thread stopped"}, do: []string{"see SHOW REPLICA STATUS"}},
	{fault: "replication-broken", causes: []string{"broken: SQL thread stopped"}, do: []string{"see SHOW REPLICA STATUS"}},
	{fault: "replication-worker", causes: []string{"broken: SQL thread stopped: worker 1", "broken: SQL thread stopped"},
		do: []string{"see SHOW REPLICA STATUS"}},
	{fault: "replication-channel", causes: []string{"channel reports broken", "channel reports is broken"},
		do: []string{"see SHOW REPLICA STATUS"}},
	{fault: "replication-channel-late", causes: []string{"the replica of channel reports is", "channel reports is"},
		do: []string{"look at what it applies"}, quiet: true},
	{fault: "replication-unread", causes: []string{"lag unknown"}, do: []string{"see SHOW REPLICA STATUS"}, quiet: true},
	{fault: "replication-gone", causes: []string{"replicates from nobody"}, do: []string{"see what became of it"}},
	{fault: "replication-elsewhere", causes: []string{"wrong target: "}, do: []string{"correct the configuration"}},
	{fault: "replication-forbidden", causes: []string{"tells no replication", "is not known"},
		do: []string{"grant the watcher"}},
	{fault: "replication-errant", causes: []string{"transactions"}, do: []string{"see who wrote there"}, quiet: true},
	{fault: "replication-status", target: "terminated", causes: []string{"by AWS: terminated", "AWS calls its replication terminated"},
		do: []string{"see what became of it"}},
	{fault: "replica-writable", causes: []string{"of the pair take writes", "of the RDS pair take writes"}, do: []string{"f quarantines the"}},
	{fault: "replica-promoted", causes: []string{"a primary of its own"}, do: []string{"see what became of it"}},
	{fault: "instance-missing", target: rehearsal.PrimaryID, causes: []string{"AWS knows no instance bacula"},
		do: []string{"see who deleted or renamed it"}},
	{fault: "instance-status", target: "bacula=storage-full", causes: []string{"is storage-full"},
		do: []string{"give it more storage", "it is out of"}},
	{fault: "instance-storage", target: "bacula-replica=4", causes: []string{"% of its storage free"},
		do: []string{"give it more storage"}, quiet: true},
	{fault: "instance-certificate", target: "bacula=-1", causes: []string{"certificate of bacula ended"}, do: []string{"rotate it"}},
	{fault: "aws-throttled", causes: []string{"throttled", "fewer calls", "Rate exceeded"},
		do: []string{"see who else asks"}, quiet: true},
	{fault: "aws-failing", causes: []string{"InternalFailu"}, do: []string{"see that AWS region's health"}, quiet: true},
	{fault: "aws-denied", causes: []string{"AccessDenied"}, do: []string{"grant the watcher"}, quiet: true},
	{fault: "aws-expired", causes: []string{"ExpiredToken"}, do: []string{"see the watcher's cred"}, quiet: true},
	{fault: "aws-unreachable", target: rehearsal.ReplicaRegion, causes: []string{"RDS replica: no answer"},
		do: []string{"see whether the instance"}, quiet: true},
	{fault: "kms-key-disabled", target: rehearsal.ReplicaRegion, causes: []string{"not usable"}, do: []string{"enable the key now"}},
	{fault: "storage-full", target: "its storage", job: starts, causes: []string{"has no volume"}, do: []string{"mount or label"}},
	{fault: "client-failing", target: itsClient, job: starts, causes: []string{"FAILED: Client", "RunScript failed"},
		do: []string{"read its log", "back it up", "watch the one due"}},
	{fault: "failover-refused", causes: []string{"did not fail over"}, do: []string{"ask who wanted it"}, quiet: true},
	{fault: "az-failover", causes: []string{"failed over", "began to fail over"},
		do: []string{"run the jobs that died", "ask who asked", "wait for its end"}, quiet: true},
}

// mute is how a Director that takes connections leads until it is known why it says nothing.
const mute = "director: hung, slow, or wrong password"

// noPrimary is how the loss of the primary's server leads: by green's catalog where cells rest on it, else by what it replicates no more.
var noPrimary = []string{"green catalog: no answer", "green catalog takes no writes", "replication: the primary is silent",
	"the primary's server does not answer"}

// unmet are faults with no alert of their own in the first minute, and where they are looked for.
var unmet = map[string]string{
	"replication-lag":       "it grows to its limit first: TestALagThatGrows",
	"client-hung":           "its job stands still, and nothing says that it will not go on: TestEveryFaultShows",
	"client-stranger":       "its job fails as with client-failing: TestEveryFaultShows",
	"storage-hung":          "it is asked while a job writes there: TestEveryFaultShows",
	"storage-not-immutable": "the next backup tells: TestAnImmutableVolumeThatIsNot",
	"catalog-shared":        "a gate tells: TestACandidateIsMeasured",
	"catalog-crowded":       "a gate tells: TestACandidateIsMeasured",
	"catalog-burst":         "a gate tells of it after days: TestACandidateIsMeasured",
	"catalog-plain":         "a gate tells: TestGatesTurnRedAndGreenAgain",
	"director-unlinked":     "a job that ends tells: unlinked_test.go",
	"reload-ignored":        "the next push tells: TestAPushThatIsUndone",
	"reload-refused":        "the next push tells: act_push_test.go",
	"reload-slow":           "the next push waits: act_push_test.go",
	"directive-lost":        "the next push tells: act_push_test.go",
	"passive-gone":          "an emergency goes on without it: failover_after_test.go",
	"passive-older":         "a gate tells: TestGatesTurnRedAndGreenAgain",
	"passive-restarted":     "it starts nothing, and the routes' drift tells: act_push_test.go",
	"disk-full":             "the next push tells: act_push_test.go",
	"file-linked":           "the next push tells: act_push_test.go",
	"config-reverted":       "the next push tells: TestAPushThatIsUndone",
	"volume-corrupt":        "a restore tells: TestRestoresMeetTrouble",
	"volume-missing":        "a restore tells: TestRestoresMeetTrouble",
	"volume-error":          "the points of a chain tell: TestRestoresMeetTrouble",
	"tree-slow":             "a restore tells: TestASlowTreeIsQueuedAnyway",
	"client-full":           "a restore tells: TestRestoresMeetTrouble",
	"client-gone":           "its next job tells: TestRestoresMeetTrouble",
	"instance-set":          "the gates tell: TestGatesTurnRedAndGreenAgain",
	"kms-key-single":        "the gates tell: TestGatesTurnRedAndGreenAgain",
}

// held is a feed that has one snapshot.
type held struct{ snap *board.Snapshot }

func (f held) Next(ctx context.Context, after uint64) (*board.Snapshot, error) {
	if f.snap.Beat > after {
		return f.snap, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// alertLineOf is the alert line of a session of a size that has just been shown a snapshot.
func alertLineOf(t *testing.T, s *board.Snapshot, w, h int) string {
	t.Helper()
	a, err := ui.Watch(t.Context(), held{s}, nil, ui.Options{Theme: "mono", Now: func() time.Time { return s.At }})
	if err != nil {
		t.Error(err)
		return ""
	}
	a.Update(tea.WindowSizeMsg{Width: w, Height: h})
	if begin, ok := a.Init()().(tea.BatchMsg); ok {
		a.Update(begin[0]()) // the first asks for the first snapshot
	}
	lines := strings.Split(ansi.Strip(a.View().Content), "\n")
	return lines[max(0, len(lines)-2)]
}

// of finds the alert of a distress among those of a snapshot.
func (x *distress) of(s *board.Snapshot) int {
	return slices.IndexFunc(s.Alerts, func(a board.Alert) bool {
		return slices.ContainsFunc(x.causes, func(c string) bool { return strings.Contains(a.Brief, c) || strings.Contains(a.Says, c) })
	})
}

func anyOf(s string, of []string) bool {
	return slices.ContainsFunc(of, func(x string) bool { return strings.Contains(s, x) })
}

// onLine tells at which size the alert line does not say the cause and what to do; empty when it does at each.
func (x *distress) onLine(t *testing.T, s *board.Snapshot) (missing string) {
	at := x.of(s)
	if at < 0 {
		for _, a := range s.Alerts {
			missing += "\n" + a.ID + ": " + a.Says
		}
		return "no alert tells of it" + missing
	}
	if x.quiet { // as it stands once those before it are seen to
		only := *s
		only.Alerts = s.Alerts[at:]
		s = &only
	}
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		line := alertLineOf(t, s, size[0], size[1])
		if causes := slices.Concat(x.causes, long(x.causes)); !anyOf(line, causes) || !anyOf(line, x.do) {
			missing += fmt.Sprintf("\n%dx%d %q", size[0], size[1], line)
		}
	}
	return missing
}

// long are causes as the fullest telling has them: it says what a source does before it says why, and how a lag is not known.
func long(causes []string) (out []string) {
	for _, c := range causes {
		_, why, ok := strings.Cut(c, ": ")
		if ok {
			out = append(out, why)
		}
		if c == "lag unknown" {
			out = append(out, "is behind is not known")
		}
	}
	return out
}

// TestTheFirstMinute breaks each thing in worlds of all scenarios: the alert line says the cause and how what to do begins, at every size,
// as soon as it is known. How soon is logged: a machine may be busy. A third of the faults is met each day, each in one scenario, or all in
// all where that is asked for.
func TestTheFirstMinute(t *testing.T) {
	t.Parallel()
	for _, f := range rehearsal.Faults {
		if _, later := unmet[f.Name]; !later && !slices.ContainsFunc(distresses, func(x distress) bool { return x.fault == f.Name }) {
			t.Errorf("nobody reads the alert line of %s", f.Name)
		}
	}
	t.Logf("of day %d: -faults-of=%d injects the same again", *faultsOf, *faultsOf)
	var all sync.WaitGroup
	for n, scenario := range rehearsal.Scenarios {
		var of []distress
		for i, x := range distresses {
			if *everyFault || met(i, n, *faultsOf) {
				of = append(of, x)
			}
		}
		if len(of) == 0 {
			continue
		}
		w := ownWorld(t, rehearsal.Options{Scenario: scenario.Name, Chains: 4, Idle: true})
		all.Go(func() { firstMinutes(t, w, scenario.Name, of) }) // not a test each: they wait, and are to take no place of others
	}
	all.Wait()
}

// TestEveryFaultIsMet holds that the days of a month bring each fault in each scenario, and any three days each fault.
func TestEveryFaultIsMet(t *testing.T) {
	for i, x := range distresses {
		for day := range int64(18) {
			of3, times := 0, 0
			for later := range int64(30) {
				for n := range rehearsal.Scenarios {
					if met(i, n, day+later) {
						times++
						if later < 3 {
							of3++
						}
					}
				}
			}
			if of3 != 1 || times != 10 {
				t.Fatalf("%s is met %d times from day %d in three days, and %d in thirty", x.fault, of3, day, times)
			}
		}
		for n, s := range rehearsal.Scenarios {
			ever := false
			for day := range int64(3 * len(rehearsal.Scenarios)) {
				ever = ever || met(i, n, day)
			}
			if !ever {
				t.Errorf("%s is never met in %s", x.fault, s.Name)
			}
		}
	}
}

func firstMinutes(t *testing.T, w *rehearsal.World, scenario string, of []distress) {
	s := opened(t, w.ConfigPath())
	p := &s.cfg.Policy // many faults, one after the other; to ask a Director is a process, as ever
	for _, every := range []*time.Duration{&p.CatalogEvery, &p.InstanceEvery, &p.ServerEvery, &p.StorageEvery, &p.MetricsEvery} {
		*every = 300 * time.Millisecond
	}
	l := lookAt(t, s)
	if !l.becomes(func(s *board.Snapshot) bool {
		return len(unheard(s)) == 0 && s.RDS != nil && s.RDS.Switchover.Can != model.Unknown
	}) {
		t.Errorf("%s: not every source was heard", scenario)
		return
	}
	for _, x := range of {
		on := model.Blue
		if x.job != "" {
			x, on = x.at(t, s, l.snap)
		}
		slow := strings.HasSuffix(x.fault, "-slow")                                        // which a busy machine is without a fault
		before := !slow && !l.becomes(func(s *board.Snapshot) bool { return x.of(s) < 0 }) // what was healed may be told a moment longer
		began := time.Now()
		if err := w.Fault(x.fault, x.target); err != nil {
			t.Errorf("%s: %v", scenario, err)
			continue
		}
		if x.job != "" {
			queue(t, w, on, "run job="+x.job+" level=Full yes")
		}
		missing := ""
		known := l.becomes(func(s *board.Snapshot) bool { missing = x.onLine(t, s); return missing == "" })
		switch {
		case before:
			t.Errorf("%s: %s %s is told though it is not so", scenario, x.fault, x.target)
		case !known:
			t.Errorf("%s: %s %s: %s", scenario, x.fault, x.target, missing)
		default:
			t.Logf("%-9s %-24s %-14s %5d ms", scenario, x.fault, x.target, time.Since(began).Milliseconds())
		}
		if err := w.Heal(x.fault, x.target); err == nil && x.job == "" && !l.becomes(calmAgain) {
			t.Errorf("%s: %s %s is healed and still told: %q", scenario, x.fault, x.target, unrest(l.snap))
		}
	}
}

// calmAgain tells that every source answers in time and the pair is whole; what a failover left stays told.
func calmAgain(s *board.Snapshot) bool { return len(unrest(s)) == 0 }

// unrest are the alerts that keep a world from being calm. That an answer is slow, which may be the machine's own load, is none.
func unrest(s *board.Snapshot) (says []string) {
	for i := range s.Alerts {
		a := &s.Alerts[i]
		kind, _, _ := strings.Cut(a.ID, ":")
		if slices.Contains([]string{"source", "standby", "wrong", "rds"}, kind) && !strings.HasPrefix(a.ID, "rds:failover") {
			says = append(says, a.ID+": "+a.Says)
		}
	}
	return says
}

// becomes takes snapshots until one is as it should be, and tells whether one was.
func (l *onlooker) becomes(ok func(*board.Snapshot) bool) bool {
	ctx, cancel := context.WithTimeout(l.t.Context(), time.Minute)
	defer cancel()
	for l.snap.Beat == 0 || !ok(l.snap) {
		next, err := l.feed.Next(ctx, l.snap.Beat)
		if err != nil {
			return false
		}
		l.snap = next
	}
	return true
}

// at chooses a cell's job, client and storage of the world.
func (x distress) at(t *testing.T, of *site, s *board.Snapshot) (distress, model.Cluster) {
	client := strings.HasPrefix(x.fault, "client") // another one than a storage's, whose job may wait still
	for i := range s.Cells {
		v := &s.Cells[i]
		if client {
			v = &s.Cells[len(s.Cells)-1-i]
		}
		only, ok := v.Route().Only()
		if p, found := of.inv.Find(v.Cell); found && ok && v.Cell.Kind == model.Regular {
			x.job = of.names.Name(v.Cell)
			if strings.HasPrefix(x.fault, "storage") {
				x.target = p.Storage
			} else {
				x.target = p.Client
			}
			return x, only
		}
	}
	t.Errorf("no cell is on one cluster alone")
	return x, model.Blue
}
