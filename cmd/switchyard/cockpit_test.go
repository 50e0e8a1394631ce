package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/model/record"
)

// sitAt opens a session on a stage, as a person would.
func (s *stage) sitAt(cols, rows int, args ...string) *terminal {
	s.t.Helper()
	d := sit(s.t, cols, rows, s.command(args...))
	d.see("1 BLUE", "live", "16 cells", "21/21") // every source: a plan that is made before the journal was read turns stale
	return d
}

// takesKeys waits until the dialog that is open is past its grace, by keys that approve nothing, or until its plan is stale.
func (s *terminal) takesKeys(keys ...string) {
	s.Helper()
	s.until("a dialog that takes keys", func(string) bool {
		s.press(keys...)
		return strings.Contains(s.screen(), "Enter alone does nothing") || strings.Contains(s.screen(), "STALE")
	})
}

// approves types what a dialog asks for, and Enter until it is taken: what came in one burst is not at once.
func (s *terminal) approves(keys ...string) {
	s.Helper()
	s.press(keys...)
	s.see("> approve")
	s.enters()
}

func (s *terminal) enters() {
	s.Helper()
	s.press("enter")
	pressed := time.Now()
	s.until("the plan is approved", func(screen string) bool {
		open := strings.Contains(screen, "> approve") || strings.Contains(screen, "to approve")
		if open && time.Since(pressed) > time.Second && strings.Contains(screen, "came in one burst") {
			s.press("enter") // the rest that a burst asks for is over, and the screen has long told what the Enter before did
			pressed = time.Now()
		}
		return !open
	})
}

// TestABackupIsApprovedByKeys goes from the cell to the end of its backup, while somebody else only watches.
func TestABackupIsApprovedByKeys(t *testing.T) {
	t.Parallel()
	s := newStage(t, 60, "")
	watcher := s.sitAt(120, 50, "watch")
	d := s.sitAt(120, 40)
	d.never("secret")
	d.press(":", "cell chain001 region1 regular", "enter")
	d.see("CELL chain001 region1 regular")
	d.press(":", "backup blue", "enter")
	d.see("run a backup of chain001 region1 regular on blue now", "REHEARSAL", "Type  backup chain001 blue  to approve")
	d.takesKeys("enter")
	d.press("backup chain001 blue")
	d.see("> approve")
	s.jobs(0)
	d.enters()
	d.see("ACTION 2", "follow it to its end", "v view", "A abort")
	watcher.see("ACTION 2", "2/3 follow it")
	watcher.press("v")
	watcher.seeIn("ACTION 2", "running (step 2 of 3)", "what was recorded", "begins step 1 of 3")
	d.see("✓ ACTION 2", "done")
	watcher.see("✓ 3  verify what it left")
	d.press("v")
	d.seeIn("ACTION 2", "✓ done")
	s.jobs(1)
	if a := s.action(); a.State != record.ActionDone || a.By != operator() {
		t.Errorf("%+v", a)
	}
	s.does(0, "journal", "--verify")
}

// TestTheCockpitDies loses its terminal, and everything, while its action runs: the action ends, and whoever comes back sees it first.
func TestTheCockpitDies(t *testing.T) {
	t.Parallel()
	for name, sig := range map[string]syscall.Signal{"dropped": syscall.SIGHUP, "killed": syscall.SIGKILL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 100, "")
			d := s.sitAt(120, 40)
			d.press(":", "cell chain001 region1 regular", "enter")
			d.see("CELL chain001 region1 regular")
			d.press(":", "backup blue", "enter")
			d.takesKeys("enter")
			d.approves("backup chain001 blue")
			d.see("ACTION 2", "follow it to its end")
			if err := syscall.Kill(-d.cmd.Process.Pid, sig); err != nil {
				t.Fatal(err)
			}
			<-d.done
			again := s.sitAt(80, 24)
			again.see("ACTION 2")
			s.until("it ends all the same", func() bool { return s.action().State == record.ActionDone })
			again.see("✓ ACTION 2")
			s.jobs(1)
			s.does(0, "journal", "--verify")
		})
	}
}

// TestAPlanThatWasNotApprovedIsDropped closes the terminal over an open dialog.
func TestAPlanThatWasNotApprovedIsDropped(t *testing.T) {
	t.Parallel()
	s := newStage(t, 60, "")
	d := s.sitAt(80, 24)
	d.press(":", "cell chain001 region1 regular", "enter")
	d.see("CELL chain001 region1 regular")
	d.press(":", "backup blue", "enter")
	d.takesKeys("enter")
	d.press("backup chain001 blue")
	d.see("> approve")
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	<-d.done
	if a := s.action(); a != nil {
		t.Errorf("%+v", a)
	}
	s.jobs(0)
}

// TestARunnerThatIsGone is seen by everybody, and gone on with by keys.
func TestARunnerThatIsGone(t *testing.T) {
	t.Parallel()
	s := newStage(t, 100, "")
	front := s.backsUp()
	if err := syscall.Kill(s.runner(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = front.Wait()
	d := s.sitAt(120, 40)
	d.see("its runner is gone")
	d.press("!")
	d.seeIn("ACTION 2", "stands still", ":resume 2")
	d.press(":", "resume 2", "enter")
	d.see("Type  resume 2")
	d.takesKeys("shift+tab", "tab", "enter")
	d.approves("resume 2")
	d.see("✓ ACTION 2")
	s.jobs(1)
}

// TestStoppingByKeys tells a running action to stop; the job that it follows is canceled by another.
func TestStoppingByKeys(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	front := s.backsUp()
	left := s.sitAt(80, 24)
	left.see("ACTION 2")
	left.press("q")
	left.ended()
	left.see("action 2 goes on, step 2 of 3", "switchyard actions 2")
	d := s.sitAt(120, 40)
	d.see("ACTION 2")
	d.press("A")
	d.see("Type  stop 2")
	d.takesKeys("shift+tab", "tab", "enter")
	d.approves("stop 2")
	s.until("it was told to stop", func() bool { a := s.action(); return a.Stop != nil })
	d.see("✗ ACTION 2", "refused at step 2/3 UNFINISHED")
	id := 0
	if err := s.Blue().Read("SELECT JobId FROM Job WHERE Comment LIKE 'switchyard %'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	d.press(":", "acknowledge 2", "enter")
	d.see("Type  acknowledge 2", "Why it may be let be")
	d.takesKeys("enter")
	d.approves("it was a drill", "tab", "acknowledge 2")
	s.until("it is let be", func() bool { a := s.action(); return a.Acked != nil })
	d.gone("ACTION 2")
	s.does(0, apply([]string{"cancel", fmt.Sprint(id), "--on=blue"}, fmt.Sprintf("--confirm=cancel %d blue", id))...)
	_ = front.Wait()
	s.jobs(1)
}

// TestARunnerEndsWithItsWorld leaves nothing behind when a rehearsal is over while an action runs.
func TestARunnerEndsWithItsWorld(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	front := s.backsUp()
	pid := s.runner()
	if err := os.Remove(s.ConfigPath()); err != nil {
		t.Fatal(err)
	}
	_ = front.Wait()
	s.until("its runner ends", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
}

// TestCancelingOnesOwnBackup leaves nothing that blocks: the action ends with its job, and its author has closed it.
func TestCancelingOnesOwnBackup(t *testing.T) {
	t.Parallel()
	s := newStage(t, 1, "")
	front := s.backsUp()
	id := 0
	if err := s.Blue().Read("SELECT JobId FROM Job WHERE Comment LIKE 'switchyard %'").Scan(&id); err != nil {
		t.Fatal(err)
	}
	s.does(0, apply([]string{"cancel", fmt.Sprint(id), "--on=blue"}, fmt.Sprintf("--confirm=cancel %d blue", id))...)
	_ = front.Wait()
	s.until("the backup's action is closed", func() bool {
		return strings.Contains(s.does(0, "actions", "2"), "acknowledged: "+operator()+" canceled its job by action ")
	})
	d := s.sitAt(80, 24)
	d.gone("UNFINISHED")
}
