//go:build lab

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestTheLabSpinsNoThread looks at real Directors by hundreds of short programs, two at a time, and ends a hundred of them at any moment (a
// fifth of these in short): a thread of Bacula 15.0.3 whose console vanishes in its handshake spins on a whole core for ever.
func TestTheLabSpinsNoThread(t *testing.T) {
	l := onLab(t)
	l.lab("unschedule")
	t.Cleanup(func() { l.lab("up") })
	for _, cluster := range []string{"blue", "green"} {
		l.starts(cluster, slowJob)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	one := func(end time.Duration, sig syscall.Signal, args ...string) error {
		cmd := exec.Command(self, args...)
		cmd.Env = append(os.Environ(), l.env...)
		if err := cmd.Start(); err != nil {
			return err
		}
		if end > 0 {
			time.AfterFunc(end, func() { _ = cmd.Process.Signal(sig) })
		}
		_ = cmd.Wait() // a finding, or a signal
		return nil
	}
	each := 200
	if testing.Short() {
		each = 40
	}
	var work sync.WaitGroup
	errs := make(chan error, 2)
	for half := range 2 {
		work.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(half)))
			for i := range each {
				verb, end, sig := "status", time.Duration(0), syscall.SIGINT
				if i%10 == 0 {
					verb = "doctor"
				}
				if i%4 == 0 {
					end = time.Duration(1+dice.IntN(250)) * time.Millisecond
					sig = []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGKILL}[dice.IntN(4)]
				}
				if err := one(end, sig, verb); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	work.Wait()
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
	for _, cluster := range []string{"blue", "green"} {
		pid := directorOf(t, cluster)
		before := ticksOf(t, pid)
		const span = 3 * time.Second
		time.Sleep(span)
		threads := ticksOf(t, pid)
		for id, now := range threads {
			if was, there := before[id]; there && now-was > int(span/time.Second)*100/3 {
				t.Errorf("%s's Director: thread %s used %d ms in %v", cluster, id, 10*(now-was), span)
			}
		}
		t.Logf("%s's Director has %d threads", cluster, len(threads))
	}
}

// directorOf is the process of a cluster's Director.
func directorOf(t *testing.T, cluster string) string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		b, _ := os.ReadFile(path)
		if args := strings.Split(
			string(b),
			"\x00",
		); filepath.Base(args[0]) == "bacula-dir" &&
			strings.HasPrefix(args[len(args)-2], filepath.Join(labDir, cluster)+"/") {
			return filepath.Base(filepath.Dir(path))
		}
	}
	t.Fatalf("no Director of %s", cluster)
	return ""
}

// ticksOf are the hundredths of a second that each thread of a process has used.
func ticksOf(t *testing.T, pid string) map[string]int {
	t.Helper()
	out := map[string]int{}
	all, err := filepath.Glob(fmt.Sprintf("/proc/%s/task/[0-9]*/stat", pid))
	if err != nil || len(all) == 0 {
		t.Fatalf("threads of %s: %v", pid, err)
	}
	for _, path := range all {
		b, _ := os.ReadFile(path)
		_, after, _ := strings.Cut(string(b), ") ")
		if f := strings.Fields(after); len(f) > 12 {
			user, _ := strconv.Atoi(f[11])
			system, _ := strconv.Atoi(f[12])
			out[filepath.Base(filepath.Dir(path))] = user + system
		}
	}
	return out
}
