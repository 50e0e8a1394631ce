package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// owner is a control plane that owns the routes.
type owner struct {
	doc  *routes.Document
	puts int
	err  error // of the next put, after which it has the document when late
	late bool
}

func (o *owner) owns() *run.RoutesOwner {
	return &run.RoutesOwner{
		Get: func(context.Context) (*routes.Document, error) { return o.doc, nil },
		Put: func(_ context.Context, was, is *routes.Document) error {
			if err := o.err; err != nil && !o.late {
				return err
			}
			if !o.doc.Equal(was) {
				return model.ErrNotDone
			}
			o.puts++
			o.doc = is
			return o.err
		},
	}
}

// owned is a tower whose routes a control plane owns.
func (t *tower) owned(tb testing.TB, o *owner) (*run.Runner, *plan.Plan) {
	j, _ := t.begin(tb)
	r := t.runner(j, "ann")
	h := r.Hands[plan.Routes].(*run.Published)
	h.Owner = o.owns()
	return r, t.plan(tb, j, t.ask(routes.Both, 0, 1), "p1")
}

func TestAControlPlaneThatOwnsTheRoutes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*owner, *tower)
		state  record.ActionState
		why    string
		puts   int
	}{
		"it takes them": {func(*owner, *tower) {}, record.ActionDone, "", 1},
		"its answer was lost": {func(o *owner, _ *tower) { o.err, o.late = errors.New("no answer"), true }, record.ActionUnknown, "no answer",
			1},
		"it refuses": {func(o *owner, _ *tower) { o.err = model.ErrNotDone }, record.ActionFailed, "not done", 0},
		"somebody changed them": {func(o *owner, _ *tower) { o.doc = &routes.Document{} }, record.ActionFailed,
			"other routes than those that the plan was made from", 0},
		"it has the new ones now": {func(o *owner, w *tower) {
			o.doc = must(w.first.Shift(w.inv, w.ask(routes.Both, 0, 1).Shift.Cells, routes.Both, true)).Document
		}, record.ActionDone, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTower(everyone, nobody)
			o := &owner{doc: w.first}
			r, p := w.owned(t, o)
			c.change(o, w)
			a, err := r.Take(t.Context(), p, plan.Approval{By: "ann", Confirm: p.Confirm, Reasons: everyReason})
			if err != nil || a.State != c.state || !strings.Contains(a.Why, c.why) || o.puts != c.puts || len(w.gaps) > 0 {
				t.Errorf("%s (%s), %d puts, %v, %v", a, a.Why, o.puts, err, w.gaps)
			}
			if c.state == record.ActionUnknown { // going on finds it there
				o.err = nil
				if a, err = r.Carry(t.Context(), a.ID, "again"); err != nil || a.State != record.ActionDone || o.puts != 1 {
					t.Errorf("gone on with: %+v, %v, %d puts", a, err, o.puts)
				}
			}
		})
	}
}

// TestAnOwnersRoutesAreAdopted as they are there, by a record and a push, and nothing is put there; others than were planned are not.
func TestAnOwnersRoutesAreAdopted(t *testing.T) {
	w := newTower(everyone, nobody)
	theirs := must(w.first.Shift(w.inv, w.ask(routes.Both, 0, 1).Shift.Cells, routes.Both, true)).Document
	o := &owner{doc: theirs}
	r, _ := w.owned(t, o)
	j := w.journal
	ask := plan.Ask{Adopt: &plan.Adopt{Document: must(json.Marshal(theirs))}}
	p := w.plan(t, j, ask, "p1")
	o.doc = w.first // somebody takes it back before it is adopted
	a, err := r.Take(t.Context(), p, plan.Approval{By: "ann", Confirm: p.Confirm, Reasons: everyReason})
	if err != nil || a.State != record.ActionFailed || !strings.Contains(a.Why, "other routes by now than were planned") ||
		j.State().RoutesSeq != 1 {
		t.Fatalf("%s: %s, %v", a, a.Why, err)
	}
	o.doc = theirs
	if a, err = r.Carry(t.Context(), a.ID, "again"); err != nil {
		t.Fatal(err)
	}
	if doc := must(plan.RoutesOf(j.State())); a.State != record.ActionDone || !doc.Equal(theirs) || o.puts != 0 || len(w.gaps) > 0 {
		t.Errorf("%s: %s; %d puts, %v", a, a.Why, o.puts, w.gaps)
	}
	r.Hands[plan.Routes].(*run.Published).Owner = nil
	err = r.Hands[plan.Routes].Do(t.Context(), plan.Order{Publish: &plan.Publish{Adopts: true}}, plan.Past{Action: "p1", Step: 1})
	if !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "no control plane owns them") {
		t.Error(err)
	}
}

// TestRoutesAreWrittenOnce: by an action that runs, while the record that they follow is the newest.
func TestRoutesAreWrittenOnce(t *testing.T) {
	w := newTower(everyone, nobody)
	j, _ := w.begin(t)
	r := w.runner(j, "ann")
	p := w.plan(t, j, w.ask(routes.Both, 0), "p1")
	order, past := p.Steps[0].Order, plan.Past{Action: "p1", Step: 1}
	h := r.Hands[plan.Routes]
	if err := h.Do(t.Context(), order, past); !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "does not run") {
		t.Errorf("without an action: %v", err)
	}
	if err := r.Propose(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := h.Do(t.Context(), order, past); !errors.Is(err, model.ErrNotDone) {
		t.Errorf("of an action that waits: %v", err)
	}
	// Another one is faster.
	other := must(w.first.Shift(w.inv, w.ask(routes.Both, 3).Shift.Cells, routes.Both, true)).Document
	if _, err := j.Append(t.Context(), "bob", func(*record.State) (record.Body, error) {
		return record.Routed{Document: must(json.Marshal(other)), Says: "by hand"}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if sight, err := h.Look(t.Context(), order, past); err != nil || sight.Verdict != model.Fails {
		t.Errorf("%+v, %v", sight, err)
	}
	a, err := r.Take(t.Context(), p, plan.Approval{By: "ann", Confirm: p.Confirm, Reasons: everyReason})
	if !errors.Is(err, model.ErrStale) && (err != nil || a.State != record.ActionRefused) {
		t.Errorf("%+v, %v", a, err)
	}
	if now := must(plan.RoutesOf(j.State())); !now.Equal(other) {
		t.Error("what somebody else wrote is gone")
	}
	for _, o := range []plan.Order{{}, {Drained: &plan.Drained{}}} {
		if _, err := h.Look(t.Context(), o, past); err == nil {
			t.Error("it looks at what is not the routes")
		}
		if err := h.Do(t.Context(), o, past); !errors.Is(err, model.ErrNotDone) {
			t.Error(err)
		}
	}
}

// console is one session with the console that acts.
func (s *stand) console(line string) (string, error) {
	argv := s.Console(model.Blue, "act", 0)
	cmd := exec.CommandContext(s.t.Context(), argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(line + "\n")
	out, err := cmd.Output()
	return string(out), err
}

// TestDrained is on a real console and catalog: a job of the cells runs there, waits there, and has ended.
func TestDrained(t *testing.T) {
	s := newStand(t)
	s.Bacula.Names = must(model.BindNames(must(model.NewInventory([]model.Placement{{Cell: cell1, Client: "c"}})),
		must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")), model.NameTemplate{}))
	drained := plan.Order{Drained: &plan.Drained{Cells: plan.TouchesCells([]model.Cell{cell1})}}
	s.sees(drained, model.Holds, "no job of 1 cells runs or waits on blue")
	if err := s.Do(t.Context(), s.start(), plan.Past{}); err != nil {
		t.Fatal(err)
	}
	if sight, err := s.Look(t.Context(), drained, plan.Past{}); err != nil || sight.Verdict != model.Fails ||
		!strings.Contains(sight.Says, s.job.Job) {
		t.Errorf("while it runs: %+v, %v", sight, err)
	}
	s.sees(drained, model.Holds, "no job of 1 cells")
	// What somebody queued for later runs then, whatever became of its Job resource.
	said, err := s.console("run job=" + s.job.Job + ` when="` + s.Clock().Now().UTC().Add(3*time.Minute).Format(time.DateTime) + `" yes`)
	if err != nil || !strings.Contains(said, "Job queued. JobId=") {
		t.Fatalf("%v: %s", err, said)
	}
	if sight, err := s.Look(t.Context(), drained, plan.Past{}); err != nil || sight.Verdict != model.Fails ||
		!strings.Contains(sight.Says, s.job.Job+": ") || !strings.Contains(sight.Says, "start time") {
		t.Errorf("while one waits for its time: %+v, %v", sight, err)
	}
	s.sees(drained, model.Holds, "no job of 1 cells")
	other := plan.Order{Drained: &plan.Drained{Cells: plan.TouchesCells([]model.Cell{{Chain: "a", Region: "b", Kind: model.Immutable}})}}
	s.sees(other, model.Holds, "")
	// What the Director ended last is not in the catalog that is read: it may be another one.
	c, err := s.Blue().Connect("bacula", "dir.example")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Write(func(tx *sqlsim.Tx) error {
		return tx.Exec("UPDATE Job SET Job = CONCAT('x', Job) WHERE JobId = (SELECT id FROM (SELECT MAX(JobId) AS id FROM Job) AS newest)")
	}); err != nil {
		t.Fatal(err)
	}
	s.sees(drained, model.Unknown, "which is not in the catalog")
	s.Bacula.Names = nil
	s.cannotTell(drained, "whose")
}
