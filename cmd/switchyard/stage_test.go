package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/record"
)

// crew is a person with the program, and what it is told by its environment.
type crew struct {
	t   *testing.T
	env []string
}

// stage is a rehearsal world whose time runs fast, with a journal, and the program on it.
type stage struct {
	*rehearsal.World
	crew
}

func newStage(t *testing.T, speed float64, more string) *stage {
	t.Helper()
	return newStageBy(t, worldclock.New(model.Now(), speed), more)
}

// newStageBy is a stage whose jobs run by a clock.
func newStageBy(t *testing.T, clock *worldclock.Clock, more string) *stage {
	t.Helper()
	return newStageAt(t, "", clock, more)
}

// newStageAt is a stage in a place in the migration; empty: the usual one.
func newStageAt(t *testing.T, scenario string, clock *worldclock.Clock, more string) *stage {
	t.Helper()
	return newStageOf(t, rehearsal.Options{Scenario: scenario, Chains: 4, Idle: true, Clock: clock}, more)
}

// newStageOf is a stage in a world of one's own.
func newStageOf(t *testing.T, o rehearsal.Options, more string) *stage {
	t.Helper()
	dir := t.TempDir()
	o.Dir = filepath.Join(dir, "w")
	s := &stage{World: ownWorld(t, o), crew: crew{t: t}}
	s.env = []string{
		asProgram + "=1",
		"SWITCHYARD_CONFIG=" + s.ConfigPath(),
		"XDG_STATE_HOME=" + dir + "/state",
		"XDG_CACHE_HOME=" + dir + "/cache",
	}
	s.configure(more)
	t.Cleanup(func() { // a test that failed midway leaves what acts behind
		for _, pid := range s.runners() {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	return s
}

// runners are the processes that act on the stage.
func (s *stage) runners() (pids []int) {
	all, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, e := range all {
		env, err := os.ReadFile(e)
		if err != nil || !strings.Contains(string(env), "SWITCHYARD_CONFIG="+s.ConfigPath()) || !strings.Contains(string(env), sessionMark) {
			continue // it may have ended meanwhile
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(e))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// configure adds to the world's configuration.
func (s *stage) configure(more string) {
	s.t.Helper()
	f, err := os.OpenFile(s.ConfigPath(), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = f.WriteString(more)
	if err := errors.Join(err, f.Close()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *crew) command(args ...string) *exec.Cmd {
	s.t.Helper()
	cmd := program(s.t, args...)
	cmd.Env = append(cmd.Env, s.env...)
	return cmd
}

// does runs a verb, wants its exit status, and returns what it printed, errors last.
func (s *crew) does(status int, args ...string) string {
	s.t.Helper()
	cmd := s.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != status {
		s.t.Fatalf("switchyard %s: status %d (%v), want %d\n%s%s", strings.Join(args, " "), got, err, status, &out, &errs)
	}
	return out.String() + errs.String()
}

func (s *crew) says(text string, words ...string) {
	s.t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			s.t.Errorf("%q is not in:\n%s", w, text)
		}
	}
}

// action is the newest one, as the program tells it. It is mostly asked for again and again, until something was done: a journal in a
// directory is read here, as the program does, because to start that each time is most of what a test would take.
func (s *crew) action() *record.Action {
	s.t.Helper()
	if all, err := s.recorded(); err == nil {
		if len(all) == 0 {
			return nil
		}
		return all[len(all)-1]
	}
	var all []*record.Action
	if err := json.Unmarshal([]byte(s.does(0, "actions", "--json")), &all); err != nil {
		s.t.Fatal(err)
	}
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// recorded are the actions of a journal that is a directory.
func (s *crew) recorded() ([]*record.Action, error) {
	path := ""
	for _, v := range s.env {
		if at, is := strings.CutPrefix(v, "SWITCHYARD_CONFIG="); is {
			path = at
		}
	}
	cfg, err := config.Load(path)
	if err != nil {
		return nil, err
	}
	if cfg.Journal.Dir == "" {
		return nil, errors.ErrUnsupported
	}
	j, err := readJournal(s.t.Context(), cfg)
	if err != nil {
		return nil, err
	}
	defer j.Close()
	return j.State().Actions, nil
}

// jobs counts the jobs of blue's that a plan started.
func (s *stage) jobs(want int) {
	s.t.Helper()
	var n int
	if err := s.Blue().Read("SELECT COUNT(*) FROM Job WHERE Comment LIKE 'switchyard %'").Scan(&n); err != nil || n != want {
		s.t.Errorf("%d jobs carry a tag (%v), want %d", n, err, want)
	}
}

func (s *crew) until(what string, f func() bool) {
	s.t.Helper()
	s.within(patience, what, f)
}

func (s *crew) within(patience time.Duration, what string, f func() bool) {
	s.t.Helper()
	rest := 50 * time.Millisecond
	for end := time.Now().Add(patience); !f(); time.Sleep(rest) { // what is asked is mostly a program that is started: less and less often
		if time.Now().After(end) {
			s.t.Fatalf("never: %s", what)
		}
		rest = min(rest*3/2, 400*time.Millisecond)
	}
}

// backsUp starts a backup from the command line, and returns its process when the job is followed.
func (s *crew) backsUp() *exec.Cmd {
	s.t.Helper()
	front := s.command(apply(blueCell, phrase)...)
	if err := front.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.until("the job is followed", s.follows)
	return front
}

// follows tells whether the newest action has started its job and waits for its end.
func (s *crew) follows() bool { a := s.action(); return a != nil && a.Done == 1 && a.Intent > 0 }

// runner is the process that carries the newest action out; 0 while nobody does.
func (s *crew) runner() (pid int) {
	s.t.Helper()
	if a := s.action(); a != nil {
		_, tail, _ := strings.Cut(a.Runner, "process ")
		_, _ = fmt.Sscan(tail, &pid)
	}
	return pid
}

// inS3 moves the journal of a stage to the bucket of its world.
func (s *stage) inS3(begin ...string) {
	s.t.Helper()
	text, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		s.t.Fatal(err)
	}
	moved := strings.Replace(string(text), "journal: {dir: journal}", "journal: {s3: {bucket: switchyard-journal, aws_region: eu-north-1}}", 1)
	if err := os.WriteFile(s.ConfigPath(), []byte(moved), 0o600); err != nil {
		s.t.Fatal(err)
	}
	home := s.t.TempDir() // what acts is not given the credentials of the operator's environment
	err = errors.Join(
		os.Mkdir(home+"/.aws", 0o700),
		os.WriteFile(home+"/.aws/credentials", []byte("[default]\naws_access_key_id = AKIAOPERATOR\naws_secret_access_key = x\n"), 0o600),
	)
	if err != nil {
		s.t.Fatal(err)
	}
	s.env = append(s.env, "HOME="+home)
	s.does(0, append([]string{"journal", "--begin"}, begin...)...)
}

// tolerates lets a source of the stage take so long before it counts as hung.
func (s *stage) tolerates(answer string) {
	s.t.Helper()
	text, err := os.ReadFile(s.ConfigPath())
	if err != nil {
		s.t.Fatal(err)
	}
	text, found := bytes.ReplaceAll(
		text,
		[]byte("policy: {"),
		[]byte("policy: {answer: "+answer+", "),
	), bytes.Contains(
		text,
		[]byte("policy: {"),
	)
	if !found {
		text = append(text, "policy: {answer: "+answer+"}\n"...)
	}
	if err := os.WriteFile(s.ConfigPath(), text, 0o600); err != nil {
		s.t.Fatal(err)
	}
}
