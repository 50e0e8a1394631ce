package main

import (
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
)

// TestNoConsoleVanishesInItsHandshake ends programs at any moment, in every way: a thread of Bacula 15.0.3 spins for ever for each console
// that is killed before it is greeted.
func TestNoConsoleVanishesInItsHandshake(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 2, Idle: true})
	vanished := func() (n int) {
		for _, c := range model.Clusters {
			for _, d := range w.Cluster(c).Directors() {
				d.Handshake(80 * time.Millisecond)
				n += d.Vanished()
			}
		}
		return n
	}
	vanished()
	seed := rand.Uint64()
	dice := rand.New(rand.NewPCG(seed, 0))
	for _, verb := range [][]string{{"status"}, {"status", "--follow"}, {"doctor"}, {"watch", "--plain"},
		{"backup", "--chain", "chain001", "--region", "region1", "--kind", "regular", "--on", "green", "--apply", "--confirm", "chain001"}} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGKILL} {
			cmd := program(t, append(verb, "--config", w.ConfigPath())...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			begun := func() bool { return len(children(t, w.Dir())) > 0 }
			for end := time.Now().Add(2 * time.Second); !begun() && time.Now().Before(end); {
				time.Sleep(5 * time.Millisecond) // to look takes most of one
			}
			time.Sleep(time.Duration(dice.IntN(100)) * time.Millisecond)
			_ = cmd.Process.Signal(sig)
			_ = cmd.Wait()
			if left := children(t, w.Dir()); len(left) > 0 && sig != syscall.SIGQUIT && sig != syscall.SIGKILL && verb[0] != "backup" {
				t.Errorf("%v ended by %v before its conversations: %q", verb, sig, left)
			}
			noChildren(t, w)
			if n := vanished(); n > 0 {
				t.Fatalf("seed %d: %v ended by %v: %d consoles vanished in their handshake", seed, verb, sig, n)
			}
		}
	}
	for range 3 {
		s := attach(t, w, 80, 24)
		s.see("REHEARSAL")
		time.Sleep(time.Duration(dice.IntN(100)) * time.Millisecond)
		s.press("q")
		s.ended()
	}
	noChildren(t, w)
	if n := vanished(); n > 0 {
		t.Errorf("%d consoles vanished when their cockpit was left", n)
	}

	killed := exec.Command(filepath.Join(w.Dir(), "bin", "bconsole"), "-n", "-c", filepath.Join(w.Dir(), "green-watch.conf"))
	w.Cluster(model.Green).Directors()[0].Handshake(time.Second)
	out, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = out.Read(make([]byte, 1)) // it connects
	time.Sleep(200 * time.Millisecond)
	_ = killed.Process.Kill()
	_ = killed.Wait()
	for end := time.Now().Add(patience); vanished() == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the world is no witness: it does not count a console that was killed")
		}
	}
}
