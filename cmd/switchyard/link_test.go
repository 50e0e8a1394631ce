//go:build linux

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/model/record"
)

var stallFor = flag.Duration("stall", 4*time.Second, "how long TestALinkStalls lets a terminal take nothing")

// situation is a place in a session at which something happens to its link.
type situation struct {
	name     string
	approved bool
	reach    func(d *terminal)
}

func openPlan(d *terminal) {
	d.press(":", "cell chain001 region1 regular", "enter")
	d.see("CELL chain001 region1 regular")
	d.press(":", "backup blue", "enter")
	d.see("Type  backup chain001 blue")
}

var situations = []situation{
	{"looking", false, func(*terminal) {}},
	{"in a command", false, func(d *terminal) { d.press(":", "backup b"); d.see(":backup b") }},
	{"as the plan opens", false, openPlan},
	{"half typed", false, func(d *terminal) { openPlan(d); d.takesKeys("enter"); d.press("backup cha"); d.see("> backup cha") }},
	{"typed", false, func(d *terminal) {
		openPlan(d)
		d.takesKeys("enter")
		d.press("backup chain001 blue")
		d.see("> approve")
	}},
	{"approved", true, func(d *terminal) {
		openPlan(d)
		d.takesKeys("enter")
		d.approves("backup chain001 blue")
		d.see("ACTION 2")
	}},
}

// happenings are what ends a session or holds it up; those that leave it tell how to come back.
var happenings = []struct {
	name string
	do   func(d *terminal)
	back func(d *terminal)
}{
	{"SIGHUP", func(d *terminal) { d.signals(syscall.SIGHUP) }, nil},
	{"kill -9", func(d *terminal) { d.signals(syscall.SIGKILL) }, nil},
	{"the terminal closes", func(d *terminal) { _ = d.tty.Close() }, nil},
	{"asleep", func(d *terminal) { d.signals(syscall.SIGSTOP) }, func(d *terminal) { d.signals(syscall.SIGCONT) }},
	{"stalled", func(d *terminal) { d.flow(tcooff) }, func(d *terminal) { d.flow(tcoon) }},
}

// signals reaches the whole session, as a terminal's own signals do.
func (s *terminal) signals(sig syscall.Signal) {
	s.Helper()
	if err := syscall.Kill(-s.cmd.Process.Pid, sig); err != nil {
		s.Fatal(err)
	}
}

const tcooff, tcoon = 0, 1 // of tcflow(3)

// flow stops and starts what the terminal takes.
func (s *terminal) flow(how uintptr) {
	s.Helper()
	const tcxonc = 0x540a
	if _, _, err := syscall.Syscall(syscall.SYS_IOCTL, s.slave.Fd(), tcxonc, how); err != 0 {
		s.Fatal(err)
	}
}

// TestTheLinkAtEveryMoment lets each thing happen to a session at each moment: a plan that was not approved is dropped or still only a
// plan, and what was approved is done once and ends.
func TestTheLinkAtEveryMoment(t *testing.T) {
	inWhole(t)
	t.Parallel()
	for _, h := range happenings {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 60, "")
			for _, m := range situations {
				d := s.sitAt(100, 30)
				m.reach(d)
				h.do(d)
				if h.back == nil {
					<-d.done
				} else {
					s.calm(d.cmd.Process.Pid, time.Second, m.name+", "+h.name)
					h.back(d)
					if !m.approved { // it is still there, and takes keys
						d.press("esc", "bare esc", "esc")
						d.gone("Type  backup")
						d.press("bare esc", "esc")
					}
					d.signals(syscall.SIGTERM)
					d.ended()
					d.restored()
				}
				if m.approved {
					s.until("the action ends", func() bool { a := s.action(); return a != nil && a.State == record.ActionDone })
					s.jobs(1)
					s.sitAt(80, 24).see("✓ ACTION 2")
				} else if a := s.action(); a != nil {
					t.Errorf("%s, %s: %+v", m.name, h.name, a)
				}
			}
			s.does(0, "journal", "--verify")
		})
	}
}

// calm fails the test when a process uses more than a fifth of a core over a span.
func (s *stage) calm(pid int, span time.Duration, when string) {
	s.t.Helper()
	before := ticks(s.t, pid)
	time.Sleep(span)
	if used := time.Duration(ticks(s.t, pid)-before) * 10 * time.Millisecond; used > span/5 {
		s.t.Errorf("%s: it used %v of a core's %v", when, used, span)
	}
}

// ticks are the hundredths of a second of a core that a process has used, as Linux counts them.
func ticks(t *testing.T, pid int) (n int64) {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(b, []byte(") "))
	fields := strings.Fields(string(rest))
	for _, f := range fields[11:13] {
		v, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		n += v
	}
	return n
}

// TestALinkStalls lets a terminal take nothing for a while, under a session whose action runs: nobody's processor spins, nothing grows, the
// action ends, and the screen is right again with the first byte that is taken.
func TestALinkStalls(t *testing.T) {
	t.Parallel()
	s := newStage(t, 60, "")
	d := s.sitAt(120, 40)
	pid := d.cmd.Process.Pid
	before := memory(t, pid)
	d.flow(tcooff)
	began := time.Now()
	front := s.command(apply(blueCell, phrase)...)
	if out, err := front.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	d.press("?") // a key that is pressed meanwhile is heard when the link is back
	s.calm(pid, max(time.Second, *stallFor-time.Since(began)), "a link that stalls")
	if after := memory(t, pid); after > before+32<<20 {
		t.Errorf("it grew from %d to %d MB", before>>20, after>>20)
	}
	d.flow(tcoon)
	d.see("HELP")
	d.press("bare esc")
	d.gone("HELP")
	d.press(":", "actions", "enter") // its strip goes some minutes after its end
	d.seeIn("ACTIONS", "run a backup of", "done")
	d.press(":", "action 2", "enter")
	d.seeIn("ACTION 2", "✓ done")
	d.intact()
	s.jobs(1)
}

// memory is what a process has resident.
func memory(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// TestSuspendingAPlan leaves a dialog with ctrl+z, and comes back to a session in which nothing was approved; then under an action that
// runs.
func TestSuspendingAPlan(t *testing.T) {
	inWhole(t)
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell to go back to")
	}
	s := newStage(t, 60, "")
	link := filepath.Join(t.TempDir(), "switchyard")
	p := s.command()
	if err := os.Symlink(p.Path, link); err != nil {
		t.Fatal(err)
	}
	shell := exec.CommandContext(t.Context(), sh, "-i")
	shell.Env = append(p.Env, "PS1=ready> ")
	d := sit(t, 100, 30, shell)
	d.see("ready>")
	d.press(link, "enter")
	d.see("1 BLUE", "live", "16 cells", "21/21")
	leave := func() {
		d.press("ctrl+z")
		d.see("ready>")
		d.press("echo in the $((40+2))nd shell", "enter")
		d.see("in the 42nd shell")
		d.press("fg", "enter")
		d.see("CELL chain001 region1 regular")
	}
	openPlan(d)
	d.takesKeys("enter")
	d.press("backup chain001 blue")
	d.see("> approve")
	leave()
	d.gone("Type  backup") // it was dropped
	if a := s.action(); a != nil {
		t.Errorf("%+v", a)
	}
	openPlan(d)
	d.takesKeys("enter")
	d.approves("backup chain001 blue")
	d.see("ACTION 2")
	leave()
	d.see("✓ ACTION 2")
	s.jobs(1)
	d.press("bare esc")
	d.gone("CELL ")
	d.press("q")
	d.see("ready>")
	d.press("exit", "enter")
	d.ended()
}
