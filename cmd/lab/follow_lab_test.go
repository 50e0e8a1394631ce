//go:build lab

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// told is one change as the program tells it.
type told struct {
	Seq      uint64
	Who      string
	Severity string
	Says     string
	Job      *struct{ Cluster, Job string }
	line     string
	at       time.Time // when it was read
}

// follower is a child that tells changes until the test ends.
type follower struct {
	mu    sync.Mutex
	lines []told
	news  chan struct{} // closed when lines grows
	pid   int
}

// follow starts the program and waits until it has told how things are.
func follow(t testing.TB, args ...string) *follower {
	t.Helper()
	cmd := exec.Command(program, append([]string{"status", "--follow"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var diag strings.Builder
	cmd.Stderr = &diag
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f := &follower{news: make(chan struct{}), pid: cmd.Process.Pid}
	over := make(chan struct{})
	go func() {
		defer close(over)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			one := told{line: lines.Text(), at: time.Now()}
			if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
				one.Says = one.line
			}
			f.mu.Lock()
			f.lines = append(f.lines, one)
			close(f.news)
			f.news = make(chan struct{})
			f.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-over
		if err := cmd.Wait(); err != nil {
			t.Errorf("switchyard status --follow ended with %v: %s", err, diag.String())
		}
		if t.Failed() {
			t.Logf("switchyard status --follow told:\n%s", f.all())
		}
	})
	f.wait(t, 0, 15*time.Second, "how things are", func(l told) bool { return strings.Contains(l.Says, " cells: ") })
	return f
}

func (f *follower) all() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	for _, l := range f.lines {
		fmt.Fprintln(&b, l.at.Format("15:04:05.000"), l.line)
	}
	return b.String()
}

// mark is where the lines of what comes now begin.
func (f *follower) mark() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.lines)
}

// wait finds the first line from mark on that matches.
func (f *follower) wait(t testing.TB, mark int, within time.Duration, what string, match func(told) bool) told {
	t.Helper()
	deadline := time.After(within)
	for next := mark; ; {
		f.mu.Lock()
		lines, news := f.lines, f.news
		f.mu.Unlock()
		for ; next < len(lines); next++ {
			if match(lines[next]) {
				return lines[next]
			}
		}
		select {
		case <-news:
		case <-deadline:
			t.Fatalf("not told within %v: %s", within, what)
		}
	}
}

// ofJob matches the lines of one job whose words match.
func ofJob(cluster string, id int, words string) func(told) bool {
	re := regexp.MustCompile(words)
	return func(l told) bool {
		return l.Who == cluster && strings.HasPrefix(l.Says, fmt.Sprintf("%d ", id)) && re.MatchString(l.Says)
	}
}

// The bounds within which changes are told.
const (
	toldWithin      = 3 * time.Second
	startToldWithin = toldWithin + 2*time.Second // it is told when the job runs, which a Director has it do up to that after it was typed
)

// A person types into bconsole; what comes of it is told in time by a program that only watches.
func TestFollowTellsJobs(t *testing.T) {
	quiet(t)
	text := follow(t, "--config", labConfig())
	f := follow(t, "--json", "--config", labConfig())
	for _, c := range []struct{ cluster, short, fails string }{
		{"blue", "backup-chain02-region1-regular", "backup-chain03-region2-regular"},
		{"green", "backup-chain10-region1-regular", "backup-chain11-region1-regular"},
	} {
		t.Run(c.cluster, func(t *testing.T) {
			t.Parallel()
			report := func(what string, since time.Time, l told, limit time.Duration) {
				t.Helper()
				late := l.at.Sub(since)
				t.Logf("%-22s told after %4d ms: %s", what, late.Milliseconds(), l.Says)
				if late > limit {
					t.Errorf("%s: told after %v, the limit is %v", what, late, limit)
				}
			}
			// over waits for the moment in which the catalog has a job's end.
			over := func(id int) time.Time {
				t.Helper()
				eventually(t, time.Minute, fmt.Sprintf("job %d is over", id), func() bool { return !isOpen(t, c.cluster, id) })
				return time.Now()
			}
			const patience = 20 * time.Second // longer than any limit, so that a late one is measured

			id, typed := startJob(t, c.cluster, c.short)
			report("start, from typing", typed, f.wait(t, 0, patience, "a start", ofJob(c.cluster, id, "")), startToldWithin)
			end := over(id)
			report("good end", end, f.wait(t, 0, patience, "a good end", ofJob(c.cluster, id, ` ok: .*B, \d+ files in `)), toldWithin)
			text.wait(t, 0, patience, "the same in text", func(l told) bool {
				return strings.Contains(l.line, fmt.Sprintf(" %s", c.cluster)) && strings.Contains(l.line, fmt.Sprintf(" %d ", id)) &&
					strings.Contains(l.line, " ok: ")
			})

			id, _ = startJob(t, c.cluster, c.fails)
			end = over(id)
			report(
				"failure with reason",
				end,
				f.wait(t, 0, patience, "a failure", ofJob(c.cluster, id, ` FAILED: .*BeforeJob returned non-zero status`)),
				toldWithin,
			)

			id, typed = startJob(t, c.cluster, "backup-chain06-region1-immutable")
			report("start, from typing", typed, f.wait(t, 0, patience, "a start", ofJob(c.cluster, id, "")), startToldWithin)
			types(t, c.cluster, fmt.Sprintf("cancel jobid=%d yes", id))
			end = over(id)
			report("cancellation", end, f.wait(t, 0, patience, "a cancellation", ofJob(c.cluster, id, ` canceled`)), toldWithin)
		})
	}
}
