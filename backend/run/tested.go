package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/backend/bacula/push"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// endDeed sees a restore ended, however, and cancels one that goes on: nothing may write any more where it is then removed.
var endDeed = deed{
	look: func(ctx context.Context, b *Bacula, o plan.Order, past plan.Past) (Sight, error) {
		r, err := b.clusters[o.EndRestore.Cluster].row(ctx, *o.EndRestore, past)
		switch {
		case err != nil:
			return Sight{}, err
		case r.Outcome().Open():
			return Sight{Verdict: model.Fails, Says: fmt.Sprintf("JobId %d: %s", r.ID, r.Status)}, nil
		}
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("JobId %d ended %s", r.ID, r.Outcome())}, nil
	},
	do: func(ctx context.Context, b *Bacula, o plan.Order) error {
		l := &b.clusters[o.EndRestore.Cluster]
		t, there, err := l.find(ctx, *o.EndRestore)
		if err == nil && !there {
			err = fmt.Errorf("no job has the comment %s any more: %w", o.EndRestore.Tag, model.ErrNone)
		}
		if err != nil {
			return fmt.Errorf("ending a restore: %w: %w", model.ErrNotDone, err)
		}
		return push.Cancel(ctx, l.Console, "cancel ujobid="+t.Job, t.Job)
	},
}

// mostPrinted bounds what a verification prints: one that prints more is ended.
const mostPrinted = 1 << 20

// gentle is how long a command has between being asked to end and being ended.
const gentle = 5 * time.Second

// trial is what a command came to that is run once by this process; another process runs it anew, as nothing of it is left to be seen.
type trial struct {
	done  bool
	found record.FoundTested
}

func trialOf(past plan.Past) string { return fmt.Sprintf("%s/%d", past.Action, past.Step) }

// checked holds when the command has ended, whatever it said: its verdict is what was found. Where nothing was restored there is nothing to
// verify.
func (h *Local) checked(_ context.Context, o plan.Order, past plan.Past) (Sight, error) {
	if !slices.ContainsFunc(past.Found, func(f record.Found) bool { return f.Restored != nil }) {
		return Sight{Verdict: model.Holds, Says: "nothing was restored that could be verified"}, nil
	}
	if o.CheckRestored.Run == nil {
		return Sight{Verdict: model.Holds, Says: "every file that can be counted is there; nothing more is looked for",
			Found: []record.Found{{Tested: &record.FoundTested{Verdict: model.Holds}}}}, nil
	}
	t := h.trials[trialOf(past)]
	if !t.done {
		return Sight{Verdict: model.Fails, Absent: true, Says: "it was not run to its end"}, nil
	}
	found := record.Found{Tested: &t.found}
	return Sight{Verdict: model.Holds, Says: found.String(), Found: []record.Found{found}}, nil
}

func (h *Local) check(ctx context.Context, o plan.Order, past plan.Past) error {
	c := o.CheckRestored
	began := h.Now()
	out, err := h.tries(ctx, c.Run, c.Run.Filled(c.Cell, c.At, c.Client, c.Where))
	if errors.Is(err, model.ErrNotDone) {
		return fmt.Errorf("verifying what was restored: %w", err)
	}
	t := trial{done: true, found: judged(ctx, out, err)}
	t.found.Took = max(0, h.Now().Sub(began))
	h.keep(past, t)
	return nil
}

// judged is the verdict of a command by its exit status: 0 passed, 1 failed, and otherwise it came to none. What it has loaded it may say
// in its last line: {"tables": 3, "rows": 1000}.
func judged(ctx context.Context, out []byte, err error) (f record.FoundTested) {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := model.Clean(lines[len(lines)-1])
	var exit *exec.ExitError
	says := func(format string, args ...any) { f.Why = model.Clean(fmt.Sprintf(format, args...)) }
	switch {
	case errors.Is(err, errFlood):
		says("the command printed more than %d bytes and was ended", mostPrinted)
	case ctx.Err() != nil:
		says("the command did not end in its time and was ended: %.500s", last)
	case err == nil:
		f.Verdict = model.Holds
		var told struct{ Tables, Rows uint64 }
		if json.Unmarshal([]byte(lines[len(lines)-1]), &told) == nil {
			f.Loaded, f.Tables, f.Rows = told.Tables > 0 || told.Rows > 0, told.Tables, told.Rows
		}
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		f.Verdict = model.Fails
		says("%.1000s", last)
		if f.Why == "" {
			f.Why = "the command says that it is not what was backed up"
		}
	default:
		says("the command ended with status %v, which is no verdict: %.500s", err, last)
	}
	return f
}

func (h *Local) keep(past plan.Past, t trial) {
	if h.trials == nil {
		h.trials = map[string]trial{}
	}
	h.trials[trialOf(past)] = t
}

func (h *Local) removed(_ context.Context, _ plan.Order, past plan.Past) (Sight, error) {
	if h.trials[trialOf(past)].done {
		return Sight{Verdict: model.Holds, Says: "it is removed"}, nil
	}
	return Sight{Verdict: model.Fails, Absent: true, Says: "the command that removes it has not ended with 0"}, nil
}

func (h *Local) remove(ctx context.Context, o plan.Order, past plan.Past) error {
	c := o.RemoveRestored
	out, err := h.tries(ctx, &c.Run, c.Run.Filled(c.Cell, c.At, c.Client, c.Where))
	if err != nil {
		return fmt.Errorf("removing what was restored: %w: %.500s", err, model.Clean(string(out)))
	}
	h.keep(past, trial{done: true})
	return nil
}

// errFlood is a command that prints without end.
var errFlood = errors.New("it prints more than is read")

// tries runs a configured command to its end with its words filled in, and ends it with its whole process group: when it is done, when its
// time is over, and when it prints too much. Nothing of it is left running.
func (h *Local) tries(ctx context.Context, call *plan.Call, argv []string) (out []byte, err error) {
	if known := h.Commands[call.Name]; len(known) == 0 || !slices.Equal(known, call.Argv) {
		return nil, fmt.Errorf("%w: the configuration has no command %q of this argument vector", model.ErrNotDone, model.Clean(call.Name))
	}
	limited, end := context.WithCancelCause(ctx)
	defer end(nil)
	cmd := exec.CommandContext(limited, argv[0], argv[1:]...)
	bounded := &flood{full: func() { end(errFlood) }}
	cmd.Stdout, cmd.Stderr = bounded, bounded
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // its children end with it, and none asks anything on a terminal
	mark := fmt.Sprintf("%s=%d.%d", trialMark, os.Getpid(), h.Now().UnixNano())
	cmd.Env = append(os.Environ(), mark)
	group := func(s syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, s) }
	cmd.Cancel = func() error {
		group(syscall.SIGTERM)
		return nil
	}
	cmd.WaitDelay = gentle
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	err = cmd.Wait()
	if errors.Is(err, exec.ErrWaitDelay) && limited.Err() == nil { // it has ended well, and what it started holds its output
		err = nil
	}
	group(syscall.SIGKILL) // what it has started ends with it
	endMarked(mark)
	if cause := context.Cause(limited); errors.Is(cause, errFlood) {
		err = errFlood
	}
	return bounded.text.Bytes(), err
}

// trialMark is in the environment of a command and of all that it starts.
const trialMark = "SWITCHYARD_TRIAL"

// endMarked ends what has left the process group of a command, as far as the system tells of it (/proc).
func endMarked(mark string) {
	for range 8 { // what is ended may have started another meanwhile
		ended := false
		all, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range all {
			env, err := os.ReadFile(file)
			if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) {
				continue
			}
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil {
				ended = syscall.Kill(pid, syscall.SIGKILL) == nil || ended
			}
		}
		if !ended {
			return
		}
	}
}

// flood keeps what is printed, as far as it is bounded.
type flood struct {
	text bytes.Buffer
	full func()
}

func (f *flood) Write(p []byte) (int, error) {
	if room := mostPrinted - f.text.Len(); room < len(p) {
		f.text.Write(p[:max(0, room)])
		f.full()
		return len(p), nil
	}
	return f.text.Write(p)
}

// Proving is the hand that records what a test proved.
type Proving struct{ Runner *Runner }

// Look sees whether the journal has the proof, or a later one.
func (h *Proving) Look(ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
	if o.ProveRestored == nil {
		return Sight{}, errors.New("looking at a step: it is nothing that is recorded as evidence")
	}
	if _, err := h.Runner.Journal.Refresh(ctx); err != nil {
		return Sight{}, fmt.Errorf("looking at the evidence: %w", err)
	}
	p := o.ProveRestored.Proof(past)
	old := h.Runner.Journal.State().Proof(&p)
	if old == nil || old.At.Before(p.At) && (old.Tried == nil || old.Tried.At.Before(p.At)) {
		return Sight{Verdict: model.Fails, Absent: true, Says: "the journal has no such proof yet"}, nil
	}
	return Sight{Verdict: model.Holds, Says: p.String()}, nil
}

// Do records it.
func (h *Proving) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	if o.ProveRestored == nil {
		return fmt.Errorf("doing a step: %w: it is nothing that is recorded as evidence", model.ErrNotDone)
	}
	return h.Runner.Prove(ctx, o.ProveRestored.Proof(past))
}
