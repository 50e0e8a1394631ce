package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
)

// The budgets of these figures are in the design; they are measured on the built program in a pseudo-terminal, never asserted.

// quantile of measured times, in milliseconds.
func quantile(all []time.Duration, q float64) float64 {
	slices.Sort(all)
	return float64(all[min(len(all)-1, int(q*float64(len(all))))].Microseconds()) / 1000
}

func benchWorld(b *testing.B, o rehearsal.Options) *rehearsal.World {
	b.Helper()
	if o.Chains == 0 {
		o.Chains = 250
	}
	return ownWorld(b, o)
}

// BenchmarkStart measures from exec to the first frame (80 ms) and to live data of both clusters on loopback (500 ms).
func BenchmarkStart(b *testing.B) {
	w := benchWorld(b, rehearsal.Options{})
	var first, live []time.Duration
	for b.Loop() {
		began := time.Now()
		s := attach(b, w, 120, 40, "watch")
		s.see("REHEARSAL")
		first = append(first, time.Since(began))
		s.until("live data", func(screen string) bool {
			return strings.Contains(paneOf(screen, "1 BLUE"), "live") && strings.Contains(paneOf(screen, "2 GREEN"), "live") && strings.Contains(screen, "1,000 cells")
		})
		live = append(live, time.Since(began))
		s.press("q")
		s.ended()
	}
	b.ReportMetric(quantile(first, 0.5), "ms-first-frame(80)")
	b.ReportMetric(quantile(live, 0.5), "ms-live(500)")
}

// BenchmarkKeyToPaint measures from a key to its effect on the screen (p99 40 ms), on a calm world and on one where AWS throttles and
// a catalog hangs.
func BenchmarkKeyToPaint(b *testing.B) {
	for _, faults := range [][][2]string{nil, {{"aws-throttled", ""}, {"catalog-hung", "blue"}}} {
		b.Run(fmt.Sprintf("%d faults", len(faults)), func(b *testing.B) {
			w := benchWorld(b, rehearsal.Options{})
			s := attach(b, w, 120, 40, "watch")
			s.see("1,000 cells", "live")
			for _, f := range faults {
				if err := w.Fault(f[0], f[1]); err != nil {
					b.Fatal(err)
				}
			}
			var all []time.Duration
			for b.Loop() {
				began := time.Now()
				s.press("?")
				s.see("HELP")
				all = append(all, time.Since(began))
				began = time.Now()
				s.press("q")
				s.gone("HELP")
				all = append(all, time.Since(began))
			}
			b.ReportMetric(quantile(all, 0.5), "ms-p50")
			b.ReportMetric(quantile(all, 0.99), "ms-p99(40)")
		})
	}
}

// usageOf is the processor time of a process, and its resident memory in bytes.
func usageOf(b *testing.B, pid int) (cpu time.Duration, resident int64) {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skipf("no /proc: %v", err)
	}
	f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	pages, _ := strconv.ParseInt(f[21], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, pages * int64(os.Getpagesize())
}

// written counts the bytes that a program wrote to its terminal.
func (s *terminal) written() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.tape {
		n += len(r.bytes)
	}
	return n
}

// BenchmarkQuiet watches a screen for a while: bytes a second (1 kB/s when the world goes on), processor time (1 % of a core) and memory
// (64 MB), beside top at the same size and pace.
func BenchmarkQuiet(b *testing.B) {
	w := benchWorld(b, rehearsal.Options{})
	for name, open := range map[string]func() *terminal{
		"switchyard": func() *terminal {
			s := attach(b, w, 120, 40, "watch")
			s.see("1,000 cells", "live")
			return s
		},
		"top": func() *terminal {
			cmd := exec.CommandContext(b.Context(), "top", "-d", "1")
			if cmd.Err != nil {
				b.Skipf("top is not here to compare with: %v", cmd.Err)
			}
			cmd.Env = append(os.Environ(), "TERM=xterm-256color")
			return sit(b, 120, 40, cmd)
		},
	} {
		b.Run(name, func(b *testing.B) {
			const settle, span = 10 * time.Second, 20 * time.Second
			s := open()
			for b.Loop() {
				time.Sleep(settle) // the past loads behind
				cpu, _ := usageOf(b, s.cmd.Process.Pid)
				bytes, began := s.written(), time.Now()
				time.Sleep(span)
				took := time.Since(began).Seconds()
				after, resident := usageOf(b, s.cmd.Process.Pid)
				b.ReportMetric(float64(s.written()-bytes)/took, "B/s(1000)")
				b.ReportMetric(100*(after-cpu).Seconds()/took, "%cpu(1)")
				b.ReportMetric(float64(resident)/1e6, "MB(64)")
			}
		})
	}
}
