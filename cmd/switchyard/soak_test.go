package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/spf13/cobra"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/ui"
)

var (
	soakFor    = flag.Duration("soak", 4*time.Second, "how long TestSoak breaks and heals a world under a session")
	soakChains = flag.Int("soak-chains", 12, "how many chains its world has")
	soakSeed   = flag.Uint64("soak-seed", 1, "what its faults and keys are drawn from")
)

// What a quiet session may use more after the troubles than before.
const (
	moreGoroutines = 12
	moreFiles      = 12
	moreHeap       = 24 << 20
	moreResident   = 96 << 20
)

// TestSoak watches a world in one process with a real session, breaks and heals it at random, and in the end has everything back: sources,
// goroutines, files, memory, and numbers that are those of the catalogs.
func TestSoak(t *testing.T) {
	empty := used()
	t.Logf("seed %d, %d chains, %v; before anything: %v", *soakSeed, *soakChains, *soakFor, empty)
	if !t.Run("session", soak) {
		return
	}
	end := used()
	more := func() bool { return end.goroutines > empty.goroutines+2 || end.files > empty.files+2 }
	for deadline := time.Now().Add(patience); more() && time.Now().Before(deadline); end = used() {
		time.Sleep(50 * time.Millisecond)
	}
	if end.goroutines > empty.goroutines+2 || end.files > empty.files+2 || end.children > empty.children {
		_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 1)
		t.Errorf("left behind: %v, before anything %v", end, empty)
	}
}

func soak(t *testing.T) {
	w, err := rehearsal.Start(t.Context(), rehearsal.Options{Chains: *soakChains, Seed: *soakSeed, Scenario: "overlap"})
	if err != nil {
		t.Fatal(err)
	}
	if err := keepJournal(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	s := watched(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	f, stop := s.follow(ctx)
	defer stop()
	var sessions sync.WaitGroup
	defer sessions.Wait()
	defer cancel()

	var newest atomic.Pointer[board.Snapshot]
	sessions.Go(func() { // everything that is published is looked at
		var last *board.Snapshot
		told := map[string]int{}
		for beat := uint64(0); ; beat = last.Beat {
			next, err := f.Next(ctx, beat)
			if err != nil {
				return
			}
			for _, says := range incoherent(last, next, s.inv) {
				if told[says]++; told[says] == 1 && len(told) < 50 {
					t.Errorf("revision %d: %s", next.Rev, says)
				}
			}
			last = next
			newest.Store(next)
		}
	})
	screen := &frames{}
	app, err := ui.Cockpit(ctx, f, f, lever(s), ui.Options{Theme: "dark"})
	if err != nil {
		t.Fatal(err)
	}
	keys, press := io.Pipe()
	sessions.Go(func() {
		err := app.Run(
			tea.WithInput(keys),
			tea.WithOutput(screen),
			tea.WithWindowSize(120, 40),
			tea.WithEnvironment([]string{"TERM=xterm-256color"}),
		)
		if ctx.Err() == nil {
			t.Errorf("the session ended by itself: %v", err)
		}
	})
	sessions.Go(func() { typing(ctx, press, *soakSeed) })

	calmed := func(when string, within time.Duration) usage {
		t.Helper()
		began := time.Now()
		for dead(at(&newest)) != nil {
			if time.Since(began) > within {
				t.Fatalf("%s: never live again: %s", when, strings.Join(dead(at(&newest)), "; "))
			}
			time.Sleep(20 * time.Millisecond)
		}
		u := used()
		t.Logf(
			"%s: all live after %v; %v; %d frames, %d kB; %s",
			when,
			time.Since(began).Round(10*time.Millisecond),
			u,
			screen.writes.Load(),
			screen.bytes.Load()>>10,
			summary(at(&newest)),
		)
		return u
	}
	first := calmed("at first", 5*time.Minute) // a large world loads its past, which the race detector makes slow
	troubles := &trouble{t: t, w: w, inv: s.inv, dice: rand.New(rand.NewPCG(*soakSeed, 2))}
	part := max(*soakFor/6, min(*soakFor, 4*time.Second))
	for until := time.Now().Add(*soakFor); time.Now().Before(until); {
		troubles.make(min(part, time.Until(until)))
		troubles.heal()
		last := calmed(fmt.Sprintf("after %d faults", troubles.made), 2*time.Minute) // CloudWatch is asked once a minute
		if more := last.over(first); more != "" {
			t.Errorf("after %d faults a quiet session uses more than at first: %s", troubles.made, more)
		}
	}
	for _, c := range model.Clusters {
		for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
			// What a restart ended may not have been looked at yet.
			untrue := wholeTruth(t, s, at(&newest), c)
			if len(untrue) == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Error(strings.Join(untrue, "\n"))
				break
			}
		}
	}
	connections(t, w)
}

func at(newest *atomic.Pointer[board.Snapshot]) *board.Snapshot {
	if s := newest.Load(); s != nil {
		return s
	}
	return &board.Snapshot{}
}

// watched opens the readers on a world as the verbs do.
func watched(t testing.TB, w *rehearsal.World) *site {
	t.Helper()
	s := opened(t, w.ConfigPath())
	s.cfg.Policy.Answer = 3 * time.Second // so that what hangs is noticed, and let go, in the time of a short soak
	return s
}

// opened makes the readers of a configuration as the verbs do.
func opened(t testing.TB, config string) *site {
	t.Helper()
	cmd := &cobra.Command{}
	cmd.Flags().String("config", config, "")
	cmd.SetContext(t.Context())
	s, err := open(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// frames counts what a session draws.
type frames struct{ writes, bytes atomic.Int64 }

func (f *frames) Write(p []byte) (int, error) {
	f.writes.Add(1)
	f.bytes.Add(int64(len(p)))
	return len(p), nil
}

// typing presses keys that leave nothing and nobody, as somebody does who looks around.
func typing(ctx context.Context, to io.WriteCloser, seed uint64) {
	defer to.Close()
	dice := rand.New(rand.NewPCG(seed, 3))
	keys := []string{
		"\t",
		"1",
		"2",
		"3",
		"4",
		"5",
		"j",
		"k",
		"j",
		"k",
		"\r",
		"\r",
		"\x1b",
		"\x1b",
		"\x1b",
		"z",
		"/",
		"a",
		"0",
		"\x7f",
		"?",
		"!",
		"p",
		"p",
		" ",
		"g",
		"G",
		"n",
		"s",
		"r",
		"f",
	}
	for tick := time.NewTicker(70 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
			if _, err := io.WriteString(to, keys[dice.IntN(len(keys))]); err != nil {
				return
			}
		}
	}
}

// trouble breaks a world at random, as the dice fall.
type trouble struct {
	t    *testing.T
	w    *rehearsal.World
	inv  *model.Inventory
	dice *rand.Rand
	made int
}

// make injects and heals until the time is over; up to four things are broken at once.
func (r *trouble) make(span time.Duration) {
	pace := min(span/12, 3*time.Second)
	for until := time.Now().Add(span); time.Now().Before(until); time.Sleep(pace/2 + time.Duration(r.dice.Int64N(int64(pace)))) {
		if in := r.w.Injected(); len(in) > 3 || len(in) > 0 && r.dice.IntN(3) == 0 {
			name, target, _ := strings.Cut(in[r.dice.IntN(len(in))], " ")
			r.say("heal", name, target, r.w.Heal(name, target))
			continue
		}
		f := rehearsal.Faults[r.dice.IntN(len(rehearsal.Faults))]
		if f.Name == "az-failover" && span < 15*time.Second {
			continue // it takes longer by itself
		}
		target := r.target(f.Target)
		if err := r.w.Fault(f.Name, target); err == nil {
			r.made++
			r.say("break", f.Name, target, nil)
		}
	}
}

func (r *trouble) say(what, name, target string, err error) {
	r.t.Logf("%s %s %s %s", time.Now().UTC().Format("15:04:05.0"), what, name, target)
	if err != nil {
		r.t.Errorf("%s %s %s: %v", what, name, target, err)
	}
}

func (r *trouble) target(kind string) string {
	pick := func(from ...string) string { return from[r.dice.IntN(len(from))] }
	p := r.inv.Cells[r.dice.IntN(len(r.inv.Cells))]
	switch kind {
	case "":
		return ""
	case "blue|green":
		return pick("blue", "green")
	case "AWS region":
		return pick(rehearsal.PrimaryRegion, rehearsal.ReplicaRegion)
	case "AWS region, or nothing":
		return pick("", rehearsal.PrimaryRegion, rehearsal.ReplicaRegion)
	case "AWS's word":
		return pick("terminated", "error", "stopped")
	case "region":
		return p.Cell.Region
	case "client":
		return p.Client
	case "storage":
		return p.Storage
	case "volume":
		var volume string
		if err := r.w.Blue().Read("SELECT CAST(VolumeName AS TEXT) FROM Media ORDER BY MediaId DESC LIMIT 1").Scan(&volume); err != nil {
			r.t.Error(err)
		}
		return volume
	}
	if of, _, is := strings.Cut(kind, "="); is && of == "instance" { // what is wrong with it, which no two of them take alike
		return rehearsal.PrimaryID + "=" + pick("storage-full", "4", "20")
	}
	r.t.Errorf("the soak knows no target of the kind %q", kind)
	return ""
}

func (r *trouble) heal() {
	for in := r.w.Injected(); len(in) > 0; in = r.w.Injected() { // one without a target heals those with one too
		name, target, _ := strings.Cut(in[0], " ")
		r.say("heal", name, target, r.w.Heal(name, target))
	}
}

// usage is what the process holds when nothing happens.
type usage struct {
	goroutines, files, children int
	heap, resident              int64
}

func (u usage) String() string {
	return fmt.Sprintf(
		"%d goroutines, %d files, %d children, heap %d MB, resident %d MB",
		u.goroutines,
		u.files,
		u.children,
		u.heap>>20,
		u.resident>>20,
	)
}

// over says what is more than it was, beyond the bounds.
func (u usage) over(first usage) string {
	var out []string
	for _, c := range []struct {
		name       string
		now, bound int64
	}{
		{"goroutines", int64(u.goroutines), int64(first.goroutines + moreGoroutines)}, {"files", int64(u.files), int64(first.files + moreFiles)},
		{"bytes of heap", u.heap, first.heap + moreHeap}, {"bytes resident", u.resident, first.resident + moreResident},
	} {
		if c.now > c.bound && !(racing && c.name == "bytes resident") {
			out = append(out, fmt.Sprintf("%d %s, allowed %d", c.now, c.name, c.bound))
		}
	}
	return strings.Join(out, ", ")
}

// used measures; the figures of Linux's /proc are 0 elsewhere. Sessions of bconsole come and go, so it takes the least of some looks.
func used() usage {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{goroutines: 1 << 30, files: 1 << 30, children: 1 << 30, heap: int64(m.HeapAlloc)}
	for range 20 {
		open, _ := os.ReadDir("/proc/self/fd")
		u.goroutines, u.files, u.children = min(u.goroutines, runtime.NumGoroutine()), min(u.files, len(open)), min(u.children, offspring())
		time.Sleep(20 * time.Millisecond)
	}
	if b, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size, pages int64
		if _, err := fmt.Sscan(string(b), &size, &pages); err == nil {
			u.resident = pages * int64(os.Getpagesize())
		}
	}
	return u
}

func offspring() (n int) {
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, l := range lists {
		b, _ := os.ReadFile(l)
		n += len(strings.Fields(string(b)))
	}
	return n
}

// connections holds the world's servers to what one session needs of them.
func connections(t *testing.T, w *rehearsal.World) {
	t.Helper()
	for _, in := range []interface {
		Name() string
		Load() sqlsim.Load
	}{w.Blue(), w.Primary(), w.Replica()} {
		if n := in.Load().ByUser["switchyard_watch"]; n > 3 {
			t.Errorf("%s: %d connections of one session", in.Name(), n)
		}
	}
}

// wholeTruth counts a catalog anew, holds the tallies of a snapshot to it, and says what differs. What ended within the seconds that a
// tally may be old counts either way; a job that was lost tells no end.
func wholeTruth(t *testing.T, s *site, snap *board.Snapshot, c model.Cluster) (untrue []string) {
	t.Helper()
	const old = 25 * time.Second
	var sure, perhaps [2]board.Tally // by window
	windows := [2]time.Duration{24 * time.Hour, 7 * 24 * time.Hour}
	err := s.clusters[c].Catalog.Walk(t.Context(), snap.At.Add(-8*24*time.Hour), 1e6, func(rows []bacula.Row) error {
		for i := range rows {
			j := rows[i].ToJob(c)
			if _, ok := s.names.Cell(j.Name); !ok || j.Type != model.TypeBackup || j.Outcome.Open() {
				continue
			}
			for n, window := range windows {
				switch age := snap.At.Sub(j.When()); {
				case age < old, age > window-old && age < window+old:
					perhaps[n] = sum(perhaps[n], one(j.Outcome))
				case age < window:
					sure[n] = sum(sure[n], one(j.Outcome))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, tally := range [2]board.Tally{snap.Clusters[c].Day.Backups, snap.Clusters[c].Week.Backups} {
		least, most := sure[n], sum(sure[n], perhaps[n])
		tally.Missed = 0
		if between := tally.OK >= least.OK && tally.OK <= most.OK && tally.Warned >= least.Warned && tally.Warned <= most.Warned &&
			tally.Failed >= least.Failed && tally.Failed <= most.Failed &&
			tally.Canceled >= least.Canceled && tally.Canceled <= most.Canceled &&
			tally.Lost >= least.Lost &&
			tally.Lost <= most.Lost; !between {
			untrue = append(untrue, fmt.Sprintf("%s: of the last %v the screen counts %+v, the catalog %+v to %+v", c, windows[n], tally,
				least, most))
		}
	}
	for _, name := range snap.Clusters[c].Directors[0].Jobs {
		cell, ok := s.names.Cell(name)
		if !ok {
			continue
		}
		i := slices.IndexFunc(snap.Cells, func(v board.CellView) bool { return v.Cell == cell })
		if i < 0 || snap.Cells[i].On[c].Has != model.Holds {
			untrue = append(untrue, fmt.Sprintf("%s: its Director has %s, and the screen does not show it", c, name))
		}
	}
	return untrue
}

func one(o model.Outcome) (t board.Tally) {
	switch o {
	case model.OK:
		t.OK = 1
	case model.Warned:
		t.Warned = 1
	case model.Failed:
		t.Failed = 1
	case model.Canceled:
		t.Canceled = 1
	case model.Lost:
		t.Lost = 1
	case model.Waiting, model.Running, model.Stuck:
	}
	return t
}
