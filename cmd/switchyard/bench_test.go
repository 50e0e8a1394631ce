package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/journal"
	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/record"
)

// These benchmarks measure the program as a process in a terminal, against the budgets of its design. They are told which one: the test
// binary is larger and starts slower.
var benchProgram = flag.String("program", "", "the built `PROGRAM` to measure; empty: the test binary itself")

// built is a run of the program that is measured. What it starts itself goes by the path of its file: the test binary must know that it is
// the program there, too, and not run all the tests beside what is measured.
func built(b *testing.B, args ...string) *exec.Cmd {
	b.Helper()
	cmd := program(b, args...)
	cmd.Env = append(cmd.Env, asProgram+"=1")
	if *benchProgram != "" {
		cmd.Path, cmd.Err = *benchProgram, nil
	}
	return cmd
}

// benchWorld is a full world with a journal of some length, when everything is loaded.
func benchWorld(b *testing.B, o rehearsal.Options) *rehearsal.World {
	b.Helper()
	o.Seed, o.Executable = 1, *benchProgram
	w, err := rehearsal.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := w.Close(); err != nil {
			b.Error(err)
		}
	})
	if err := keepJournal(b.Context(), w); err != nil {
		b.Fatal(err)
	}
	s := opened(b, w.ConfigPath())
	j, err := openJournal(b.Context(), s.cfg)
	if err != nil {
		b.Fatal(err)
	}
	for range 500 {
		if _, err := j.Append(b.Context(), "ann", journal.Say(record.Note{Says: "a remark of the length that remarks have"})); err != nil {
			b.Fatal(err)
		}
	}
	calmDown(b)
	return w
}

// calmDown waits until this process, and so the worlds in it, has nothing left to do.
func calmDown(b *testing.B) {
	b.Helper()
	const look = 400 * time.Millisecond
	for end := time.Now().Add(2 * patience); ; {
		before := spentBy(b, os.Getpid())
		rest(b, look)
		if spentBy(b, os.Getpid()).own-before.own < look/10 {
			return
		}
		if time.Now().After(end) {
			b.Fatal("the world never comes to rest")
		}
	}
}

func rest(b *testing.B, span time.Duration) {
	select {
	case <-time.After(span):
	case <-b.Context().Done():
	}
}

// spent is what a process has used of a processor since it began.
type spent struct{ own, children time.Duration }

// spentBy reads Linux's own account of a process.
func spentBy(b *testing.B, pid int) (s spent) {
	b.Helper()
	_, text, ok := strings.Cut(procFile(b, pid, "stat"), ") ") // a command's name may hold anything
	if !ok {
		b.Fatal("the kernel's account of a process has no end of its name")
	}
	f := strings.Fields(text)
	const tick = 10 * time.Millisecond // the kernel's USER_HZ, the same on every architecture that Go knows
	for i, to := range []*time.Duration{&s.own, &s.own, &s.children, &s.children} {
		n, err := strconv.Atoi(f[11+i])
		if err != nil {
			b.Fatal(err)
		}
		*to += time.Duration(n) * tick
	}
	return s
}

// megabytes reads what Linux says of a process's memory: VmRSS now, VmHWM the most there ever was.
func megabytes(b *testing.B, pid int, what string) float64 {
	b.Helper()
	for line := range strings.Lines(procFile(b, pid, "status")) {
		if v, ok := strings.CutPrefix(line, what+":"); ok {
			kb, err := strconv.Atoi(strings.Fields(v)[0])
			if err != nil {
				b.Fatal(err)
			}
			return float64(kb) / 1024
		}
	}
	b.Fatalf("the kernel says no %s of process %d", what, pid)
	return 0
}

func procFile(b *testing.B, pid int, name string) string {
	b.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
	if os.IsNotExist(err) {
		b.Skip("SKIPPED: what a process uses is read from Linux's /proc, and there is none")
	}
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

// written is how many bytes the terminal has taken.
func (s *terminal) written() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.tape {
		n += len(r.bytes)
	}
	return n
}

// shown waits for something to be so on the screen, and tells when its last byte came.
func (s *terminal) shown(what string, is func(screen string) bool) (at time.Time) {
	s.Helper()
	s.until(what, func(screen string) bool {
		if !is(screen) {
			return false
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		at = s.drew
		return true
	})
	return at
}

// alive tells whether a session of a full world shows what both clusters say.
func alive(screen string) bool {
	blue, green := paneOf(screen, "1 BLUE"), paneOf(screen, "2 GREEN")
	return containsAll(blue, []string{"─ live ─", " ok "}) && containsAll(green, []string{"─ live ─", " ok "}) &&
		strings.Contains(paneOf(screen, "3 ROUTES"), "chain")
}

// benchSession opens the cockpit that is measured, and waits until everything is live and at rest.
func benchSession(b *testing.B, w *rehearsal.World) *terminal {
	b.Helper()
	s := sit(b, 120, 40, built(b, "--config", w.ConfigPath()))
	s.until("live data", alive)
	rest(b, 3*time.Second) // what is asked for once is there
	return s
}

// middle is the median of what was measured; most is its 99th percentile.
func middle(all []time.Duration) time.Duration { return percentile(all, 50) }
func most(all []time.Duration) time.Duration   { return percentile(all, 99) }

func percentile(all []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// once runs a measurement that takes its own time, and has no cost per operation.
func once(b *testing.B, measure func()) {
	for b.Loop() {
		measure()
		if b.Elapsed() < 2*time.Second {
			rest(b, 2*time.Second-b.Elapsed()) // so that it is not run again
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkExec is from the start of the process to its first frame, and to live data of both clusters.
func BenchmarkExec(b *testing.B) {
	w := benchWorld(b, rehearsal.Options{})
	var first, live, cpu []time.Duration
	once(b, func() {
		for range 15 {
			began := time.Now()
			s := sit(b, 120, 40, built(b, "--config", w.ConfigPath()))
			first = append(first, s.shown("a frame", func(screen string) bool {
				return containsAll(screen, []string{"REHEARSAL", "1 BLUE", "2 GREEN", "enter open"})
			}).Sub(began))
			live = append(live, s.shown("live data", alive).Sub(began))
			cpu = append(cpu, spentBy(b, s.cmd.Process.Pid).own)
			s.press("q")
			s.ended()
			calmDown(b)
		}
	})
	b.ReportMetric(ms(middle(first)), "ms-first-frame")
	b.ReportMetric(ms(middle(live)), "ms-live")
	b.ReportMetric(ms(middle(cpu)), "cpu-ms-live")
}

// BenchmarkRehearse is the rehearsal as a process: from its start until the newest day of both catalogs is answered, and the memory of the
// whole world, alone and with a cockpit in the same process, when all of its past is loaded.
func BenchmarkRehearse(b *testing.B) {
	var day, cpu []time.Duration
	var world, cockpit float64
	once(b, func() {
		for i := range 7 {
			dir := filepath.Join(b.TempDir(), "w")
			began := time.Now()
			cmd := built(b, "rehearse", "--serve", dir)
			out, err := cmd.StdoutPipe()
			if err != nil {
				b.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			if _, err := out.Read(make([]byte, 1)); err != nil { // it tells that the world answers
				b.Fatal(err)
			}
			newestDay(b, filepath.Join(dir, "switchyard.yaml"), began)
			day = append(day, time.Since(began))
			cpu = append(cpu, spentBy(b, cmd.Process.Pid).own)
			if i == 0 {
				world = loaded(b, cmd.Process.Pid)
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				b.Fatal(err)
			}
			_ = cmd.Wait() // as it was told
		}
		s := sit(b, 120, 40, built(b, "rehearse"))
		s.until("live data", alive)
		cockpit = loaded(b, s.cmd.Process.Pid)
		s.press("q")
		s.ended()
	})
	b.ReportMetric(ms(middle(day)), "ms-newest-day")
	b.ReportMetric(ms(middle(cpu)), "cpu-ms-newest-day")
	b.ReportMetric(world, "MB-world")
	b.ReportMetric(cockpit, "MB-with-cockpit")
}

// newestDay reads the last day of both catalogs, as a cockpit does first.
func newestDay(b *testing.B, config string, now time.Time) {
	b.Helper()
	s := opened(b, config)
	for _, c := range model.Clusters {
		enough, since := errors.New("enough"), now.Add(-24*time.Hour)
		if err := s.clusters[c].Catalog.Walk(b.Context(), since, 1_000_000, func(rows []bacula.Row) error {
			if rows[len(rows)-1].Sched.After(since) {
				return nil // there is more of the day
			}
			return enough
		}); !errors.Is(err, enough) {
			b.Fatalf("%v: %v", c, err)
		}
		_ = s.clusters[c].Catalog.Close()
	}
}

// loaded waits until a process has done what it had to do at first, and is the most memory that it took on the way.
func loaded(b *testing.B, pid int) float64 {
	b.Helper()
	const look = time.Second
	for end := time.Now().Add(2 * patience); time.Now().Before(end); {
		before := spentBy(b, pid)
		rest(b, look)
		if spentBy(b, pid).own-before.own < look/5 {
			return megabytes(b, pid, "VmHWM")
		}
	}
	b.Fatalf("process %d never comes to rest", pid)
	return 0
}
