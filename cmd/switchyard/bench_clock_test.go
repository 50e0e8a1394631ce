package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	worldclock "switchyard/backend/rehearsal/clock"
)

// BenchmarkEightDaysLater moves a full world that is served, with a cockpit attached, until a look at it, and that cockpit, show it as it
// is eight days later.
func BenchmarkEightDaysLater(b *testing.B) {
	var took time.Duration
	once(b, func() {
		dir := filepath.Join(b.TempDir(), "w")
		config := filepath.Join(dir, "switchyard.yaml")
		world := built(b, "rehearse", "--serve", dir)
		out, err := world.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := world.Start(); err != nil {
			b.Fatal(err)
		}
		defer func() {
			_ = world.Process.Signal(os.Interrupt)
			_ = world.Wait() // as it was told
		}()
		if _, err := out.Read(make([]byte, 1)); err != nil { // it tells that the world answers
			b.Fatal(err)
		}
		s := sit(b, 120, 40, built(b, "--config", config))
		s.until("live data", alive)
		loaded(b, world.Process.Pid)
		began := time.Now()
		if says, err := built(b, "rehearse", "clock", "+8d", "--config", config).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, says)
		}
		clock := worldclock.Follow(dir)
		for why := "not asked"; why != ""; {
			why = coherent(b, built(b, "status", "--json", "--config", config), clock.Now(), 1000)
			if why != "" && time.Since(began) > 2*patience {
				b.Fatal(why)
			}
		}
		s.until("everything to be live", func(screen string) bool { return alive(screen) && containsAll(screen, []string{"21/21 live"}) })
		took = time.Since(began)
		s.press("q")
		s.ended()
	})
	b.ReportMetric(took.Seconds(), "s-of-8-days")
}
