package run_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchyard/backend/journal"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// toyProgramme is three batches an hour apart that stops at the first failure.
var toyProgramme = plan.Programme{
	Says:     "three toys",
	Soak:     "1h",
	Failures: 1,
	Batches:  []plan.Ask{backupOf(cell1), backupOf(cell1), backupOf(cell1)},
}

// batches are toys by their numbers; the last step of batch bad fails.
func batches(bad int) func(plan.World, plan.Ask, string) (*plan.Plan, error) {
	return func(w plan.World, ask plan.Ask, id string) (*plan.Plan, error) {
		return toy(allGuards, func(_ string, backup []plan.Step) []plan.Step {
			steps := []plan.Step{command(fmt.Sprintf("batch-%d", ask.Batch.Number), "green/director/dir-green", "director-answers")}
			if ask.Batch.Number == bad {
				steps = append(steps, backup...)
			}
			return steps
		})(w, ask, id)
	}
}

// programme is a scene whose person approves each batch when it is due.
func programme(name string, bad int) kill.Scene {
	first := backupOf(cell1)
	first.Batch = &plan.Batch{Programme: "g1", Seq: 2, Number: 1}
	s := scene(name, first, func(y *yard) { y.makes, y.fate = batches(bad), "ended: client unreachable" })
	open := s.Open
	s.Open = func(dir string) (kill.Stage, error) {
		st, err := open(dir)
		st.Before = func(ctx context.Context, j *journal.Journal) error {
			b, err := toyProgramme.Record(j.State(), "g1")
			if err == nil {
				_, err = j.Append(ctx, "ann", journal.Say(b))
			}
			return err
		}
		st.Next = func(s *record.State) (ask plan.Ask, wait time.Duration, more bool) {
			p := s.Programmes[0]
			c := s.Course(p)
			if c.Halt != "" || c.Open && c.Action.State != record.ActionRunning { // a person's turn
				return ask, 0, false
			}
			ask, more = plan.NextBatch(s, p)
			return ask, plan.Soaks(c, st.Clock.Now()), more
		}
		return st, err
	}
	return s
}

// TestAProgrammeStoppedAnywhereEndsTheSame lets every incarnation die anywhere in three batches and the hours between them.
func TestAProgrammeStoppedAnywhereEndsTheSame(t *testing.T) {
	for _, c := range []struct {
		kill.Scene
		effects map[string]int
		others  map[string]string
	}{
		{programme("a programme", 0), map[string]int{"commanded batch-1": 1, "commanded batch-2": 1, "commanded batch-3": 1},
			map[string]string{"plan1": "done", "plan2": "done"}},
		{programme("a programme that stops", 2), map[string]int{"commanded batch-1": 1, "commanded batch-2": 1, "started switchyard-plan1": 1},
			map[string]string{"plan1": "failed"}},
	} {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if n := kill.Exhaust(t, c.Scene, "done", 1, ""); n < 40 {
				t.Errorf("only %d calls", n)
			}
			if end := kill.Whole(t, c.Scene); cmp.Diff(end.Effects, c.effects) != "" || cmp.Diff(end.Others, c.others) != "" {
				t.Errorf("%+v", end)
			}
		})
	}
}

// TestABatchWaitsUntilItIsDue is proposed too early, out of turn, while the programme stands, and when somebody lets it go on.
func TestABatchWaitsUntilItIsDue(t *testing.T) {
	b := newBench(t, 1)
	b.makes = batches(2)
	b.fate = "ended: client unreachable"
	ann := b.by("ann")
	if err := ann.Begin(t.Context(), &toyProgramme, "g1"); err != nil {
		t.Fatal(err)
	}
	if err := ann.Begin(t.Context(), &toyProgramme, "g1"); err != nil || len(ann.Journal.State().Programmes) != 1 {
		t.Errorf("sent twice: %v", err)
	}
	b.refuses(ann.Begin(t.Context(), &plan.Programme{}, "g2"), model.ErrGuard, "soak")
	of := ann.Journal.State().Programmes[0]
	next := func() *plan.Plan {
		t.Helper()
		if _, err := ann.Journal.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		of = ann.Journal.State().Programme("g1")
		ask, ok := plan.NextBatch(ann.Journal.State(), of)
		if !ok {
			t.Fatal("nothing is next")
		}
		return b.plan(ann, ask, nil)
	}
	one := next()
	late := *one
	late.Ask.Batch = &plan.Batch{Programme: "g1", Seq: 2, Number: 3}
	if _, err := ann.Take(t.Context(), &late, yes(ann, &late)); !errors.Is(err, model.ErrStale) && !errors.Is(err, model.ErrGuard) {
		t.Errorf("out of turn: %v", err)
	}
	if a, err := ann.Take(t.Context(), one, yes(ann, one)); err != nil || a.State != record.ActionDone || a.Batch != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	early := next()
	_, err := ann.Take(t.Context(), early, yes(ann, early))
	b.refuses(err, model.ErrGuard, "it soaks until 23 Nov 13:00")
	if c := ann.Journal.State().Course(of); c.Action != nil || c.Open {
		t.Errorf("a claim lives while it soaks: %+v", c.Action)
	}
	_ = b.clock.Sleep(t.Context(), time.Hour+time.Minute)
	two := next()
	a, err := ann.Take(t.Context(), two, yes(ann, two))
	if err != nil || a.State != record.ActionFailed {
		t.Fatalf("%+v, %v", a, err)
	}
	if err := ann.Acknowledge(t.Context(), two.ID, "looked at"); err != nil {
		t.Fatal(err)
	}
	three := next()
	_, err = ann.Take(t.Context(), three, yes(ann, three))
	b.refuses(err, model.ErrGuard, "programme 2 stands: its stop rule")
	if err := ann.Decide(t.Context(), "g1", true, "the client is back"); err != nil {
		t.Fatal(err)
	}
	b.fate = "ok"
	again := next()
	if a, err := ann.Take(t.Context(), again, yes(ann, again)); err != nil || a.State != record.ActionDone || a.Batch != 2 {
		t.Fatalf("%+v, %v", a, err)
	}
}
