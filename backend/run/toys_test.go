package run_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/backend/journal"
	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// toy makes plans of steps for a backup: guards are those of the backup, and it is asked for like one.
func toy(guards []string, steps func(id string, backup []plan.Step) []plan.Step) func(plan.World, plan.Ask, string) (*plan.Plan, error) {
	return func(w plan.World, ask plan.Ask, id string) (*plan.Plan, error) {
		plain := w
		plain.Makes = nil
		p, err := ask.Plan(plain, id)
		if err != nil {
			return nil, err
		}
		for i := range p.Steps { // what Finish adds
			if n := len(p.Steps[i].Guards); n > 0 {
				p.Steps[i].Guards = guards
			}
		}
		toy := &plan.Plan{ID: id, Ask: ask, Verb: "toy", Says: "a toy", Confirm: "toy", Steps: steps(id, p.Steps)}
		return w.Finish(toy, guards...)
	}
}

// command is a step that runs a command of the yard.
func command(name, touches string, guards ...string) plan.Step {
	return plan.Step{Name: "run " + name, Done: "it ran", Limit: time.Minute, Guards: guards,
		Order: plan.Order{Command: &plan.Command{Run: plan.Call{Name: name}, Look: plan.Call{Name: name}, Touches: record.TouchesOf(touches)}}}
}

// last is when a command was given last; zero: never.
func (y *yard) last(name string) (at time.Time) {
	for _, l := range y.lines("commanded") {
		if n, when, _ := strings.Cut(l, "@"); n == name {
			at, _ = time.Parse(time.RFC3339Nano, when)
		}
	}
	return at
}

// commanded sees a command as soon as it shows. That of a reload finds the configuration that is loaded.
func (y *yard) commanded(name string, past plan.Past) (run.Sight, error) {
	at := y.last(name)
	s := run.Sight{Verdict: model.Fails, Says: "not run", Absent: at.IsZero()}
	if !at.IsZero() && y.now().Sub(at) >= y.late {
		s = run.Sight{Verdict: model.Holds, Says: "run at " + at.Format(time.TimeOnly)}
	}
	if name == "reload-green" {
		loaded := t0.Add(-time.Hour)
		if !at.IsZero() {
			loaded = at
		}
		s.Found = []record.Found{{Epoch: &record.FoundEpoch{Cluster: model.Green, Director: "dir-green", Loaded: loaded}}}
		if before := past.Found; s.Verdict == model.Holds && (len(before) != 1 || !before[0].Epoch.Loaded.Equal(t0.Add(-time.Hour))) {
			return run.Sight{}, fmt.Errorf("what was loaded before the reload is not known: %+v", before)
		}
	}
	return s, nil
}

var allGuards = []string{"director-answers", "catalog-writes", "job-there", "not-running"}

// reloads is a plan whose first step changes what the guards of its second read.
func reloads(changes ...plan.Change) func(*yard) {
	return func(y *yard) {
		y.makes = toy(allGuards, func(_ string, backup []plan.Step) []plan.Step {
			reload := command("reload-green", "green/director/dir-green", "director-answers", "job-there")
			reload.Changes = changes
			return append([]plan.Step{reload}, backup...)
		})
	}
}

// waits is a plan that waits between two commands.
func waits(y *yard) {
	y.every = 20 * time.Second
	y.makes = toy(allGuards, func(string, []plan.Step) []plan.Step {
		wait := plan.Step{Name: "wait", Order: plan.Order{Wait: &plan.Wait{For: 5 * time.Minute}}, Done: "it is over", Limit: time.Hour}
		return []plan.Step{command("first", "rds/db-1"), wait, command("second", "rds/db-1", "director-answers")}
	})
}

// hands is a plan that needs a person's hand, and another's word.
func hands(y *yard) {
	y.every = 5 * time.Second
	y.makes = toy(allGuards, func(string, []plan.Step) []plan.Step {
		byHand := plan.Step{
			Name:   "pull the plug",
			Done:   "somebody says so",
			Limit:  8 * time.Hour,
			Guards: []string{"director-answers"},
			Order: plan.Order{
				ByHand: &plan.ByHand{
					Text:    "pull the plug of dir-blue",
					Copy:    "ipmitool power off",
					Touches: record.TouchesOf("blue/director/dir-blue"),
				},
			},
		}
		word := plan.Step{Name: "somebody has seen it", Done: "bob says so", Limit: 8 * time.Hour,
			Order: plan.Order{Attest: &plan.Attest{Text: "the lamp is off", Who: []string{"bob"}}}}
		return []plan.Step{byHand, word, command("after", "green/director/dir-green")}
	})
	y.people = func(ctx context.Context, j *journal.Journal) error {
		if _, err := j.Refresh(ctx); err != nil || len(j.State().Actions) == 0 {
			return err
		}
		a := j.State().Actions[0]
		if a.State != record.ActionRunning || a.Intent == 0 || len(a.Attested) > 0 && a.Attested[len(a.Attested)-1].Step == a.Step() {
			return nil
		}
		bob := &run.Runner{Journal: j, Actor: "bob"}
		if err := bob.Attest(ctx, a.ID, "done and seen"); err != nil && !errors.Is(err, model.ErrGuard) && !errors.Is(err, record.ErrIllegal) {
			return err
		}
		return nil
	}
}

// turns is a plan that fails at its end and goes back.
func turns(y *yard) {
	y.every = 6 * time.Second
	y.fate = "ended: client unreachable"
	y.makes = toy(allGuards, func(_ string, backup []plan.Step) []plan.Step {
		push, more := command("push", "green/director/dir-green"), command("more", "blue/director/dir-blue")
		back, less := command("put-back", "green/director/dir-green"), command("less", "blue/director/dir-blue", "director-answers")
		push.Back, more.Back = &back, &less
		return append([]plan.Step{push, more}, backup[:2]...)
	})
}

func TestToysStoppedAnywhereEndTheSame(t *testing.T) {
	found := []plan.Change{{Guard: "job-there"}}
	for _, c := range []struct {
		kill.Scene
		state, why string
		done       int
	}{
		{scene("a guard that its own step changes", backupOf(cell1), reloads(found...)), "done", "", 4},
		{scene("a reload that is not answered and shows late", backupOf(cell1), func(y *yard) {
			reloads(found...)(y)
			y.late, y.doErr = 20*time.Second, errors.New("no answer")
		}), "done", "", 4},
		{scene("a wait", backupOf(cell1), waits), "done", "", 3},
		{scene("a hand and a word", backupOf(cell1), hands), "done", "", 3},
		{scene("a way back", backupOf(cell1), turns), "failed", "it went back: step 4 of 4 failed: JobId 7 ended: client unreachable", 3},
		{scene("a way back whose calls are not answered", backupOf(cell1), func(y *yard) {
			turns(y)
			y.late, y.doErr = 20*time.Second, errors.New("no answer")
		}), "failed", "it went back: step 4 of 4 failed: JobId 7 ended: client unreachable", 3},
	} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if n := kill.Exhaust(t, c.Scene, c.state, c.done, c.why); n < 20 {
				t.Errorf("only %d calls", n)
			} else {
				t.Logf("%d calls", n)
			}
		})
	}
}
