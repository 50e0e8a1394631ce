package rehearsal

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// BenchmarkStart makes the full world and reads its newest day, as a cockpit does first.
func BenchmarkStart(b *testing.B) {
	var up, first, all, upCPU, firstCPU time.Duration
	jobs := 0
	for b.Loop() {
		began, beganCPU := time.Now(), cpu(b)
		w, err := Start(b.Context(), Options{Clock: clock.New(time.Now(), 1)})
		if err != nil {
			b.Fatal(err)
		}
		up += time.Since(began)
		upCPU += cpu(b) - beganCPU
		jobs = 0
		for _, c := range model.Clusters {
			enough := errors.New("enough")
			err := catalog(b, w, c).Walk(b.Context(), began.Add(-day), 1_000_000, func(rows []bacula.Row) error {
				if rows[len(rows)-1].Sched.After(began.Add(-day)) {
					return nil // there is more of the day
				}
				return enough
			})
			if !errors.Is(err, enough) {
				b.Fatal(err)
			}
		}
		first += time.Since(began)
		firstCPU += cpu(b) - beganCPU
		for _, c := range model.Clusters {
			if err := catalog(b, w, c).Walk(b.Context(), began.Add(-15*day), 1_000_000, func(rows []bacula.Row) error {
				jobs += len(rows)
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		all += time.Since(began)
		b.StopTimer()
		b.ReportMetric(float64(memory(b, "VmRSS"))/1024, "MB-RSS")
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	n := float64(b.N)
	b.ReportMetric(float64(up.Milliseconds())/n, "ms-up")
	b.ReportMetric(float64(upCPU.Milliseconds())/n, "cpu-ms-up")
	b.ReportMetric(float64(firstCPU.Milliseconds())/n, "cpu-ms-newest-day")
	b.ReportMetric(float64(first.Milliseconds())/n, "ms-newest-day")
	b.ReportMetric(float64(all.Milliseconds())/n, "ms-all-jobs")
	b.ReportMetric(float64(jobs), "jobs")
}

// BenchmarkSmall is what a test pays for a world of its own.
func BenchmarkSmall(b *testing.B) {
	for b.Loop() {
		w, err := Start(b.Context(), Options{Chains: 12})
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTick is what a reader's quiet tick costs the world and the reader together.
func BenchmarkTick(b *testing.B) {
	w := world(b, Options{Chains: 250})
	cat := catalog(b, w, model.Blue)
	rows := walk(b, cat)
	open := []uint32{rows[0].ID, rows[5].ID, rows[9].ID}
	for b.Loop() {
		if _, err := cat.Tick(b.Context(), rows[0].ID, open); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConsole is one session of three commands, with its process.
func BenchmarkConsole(b *testing.B) {
	w := world(b, Options{Chains: 250})
	r := director(w, model.Green, 0)
	r.JobsEvery = time.Hour
	for b.Loop() {
		if _, err := r.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// cpu is what this process has used so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// memory reads a line of /proc/self/status, in kB; 0 where there is none.
func memory(b *testing.B, what string) int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if v, ok := strings.CutPrefix(line, what+":"); ok {
			n, err := strconv.Atoi(strings.Fields(v)[0])
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	return 0
}
