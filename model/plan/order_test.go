package plan

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/record"
)

// alone is an order of which just one field is set.
func alone(field int) *Order {
	o := &Order{}
	f := reflect.ValueOf(o).Elem().Field(field)
	f.Set(reflect.New(f.Type().Elem()))
	return o
}

func TestEveryOrderHasAWholeRow(t *testing.T) {
	fields := reflect.TypeFor[Order]()
	if len(orders) != fields.NumField() {
		t.Errorf("%d rows for %d orders", len(orders), fields.NumField())
	}
	says := map[string]bool{}
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Field(i).Tag.Get("json"), ",")
		o := alone(i)
		r, err := o.Row()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if r.Name != name {
			t.Errorf("%s: its row has the name %q", name, r.Name)
		}
		if r.Does == "" || says[r.Does] {
			t.Errorf("%s: %q tells it apart from no other", name, r.Does)
		}
		says[r.Does] = true
		if r.Reaches == "" {
			t.Errorf("%s reaches no system", name)
		}
		if r.keeps == nil {
			t.Errorf("%s: nobody says what a renewal keeps of it", name)
		} else {
			r.keeps(o, alone(i))
		}
		if r.Looks != (r.touches == nil) || r.Looks != (r.sends == nil) {
			t.Errorf("%s: an order that acts touches and sends something, one that looks does neither", name)
		}
		if (o.Sends() == "") != r.Looks {
			t.Errorf("%s: it sends %q", name, o.Sends())
		}
	}
}

// strangers are orders that no row is for.
func strangers() map[string]Order {
	job := &TaggedJob{Job: "backup-chain001-region1-regular", Tag: "switchyard p1"}
	return map[string]Order{
		"it orders nothing that this program knows":                                     {},
		"two things at once: to start a job, and to cancel a job":                       {StartJob: &StartJob{}, CancelJob: &CancelJob{}},
		"two things at once: to follow a job to its end, and to verify what a job left": {FollowJob: job, VerifyJob: job},
		"it orders two things at once: to start a job, and to follow a job to its end":  {StartJob: &StartJob{}, FollowJob: job, VerifyJob: job},
	}
}

func TestAnOrderWithoutARowIsRefusedEverywhere(t *testing.T) {
	for says, o := range strangers() {
		refused := func(where string, err error) {
			t.Helper()
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, want %q", where, err, says)
			}
		}
		_, err := o.Row()
		refused("its row", err)
		if sent := o.Sends(); sent != "" {
			t.Errorf("it sends %q", sent)
		}
		w := calm()
		p := must(askBackup.Plan(w, "p1"))
		p.Steps[2].Order = o
		_, err = p.Rows()
		refused("the plan's rows", err)
		_, err = Decode(must(json.Marshal(p)))
		refused("reading it", err)
		_, err = p.Renew(w)
		refused("renewing it", err)
		_, err = w.Finish(p)
		refused("making it", err)
		if err != nil && !strings.Contains(err.Error(), "step 3 (verify what it left)") {
			t.Errorf("which step it is: %v", err)
		}
	}
}

func TestWhatActsTouchesWhatIsKnown(t *testing.T) {
	w := calm()
	p := must(askBackup.Plan(w, "p1"))
	p.Steps = append(p.Steps, p.Steps...)
	if q := must(w.Finish(p)); !slices.Equal(q.Touches.Lines(), []string{"green/cell/chain001/region1/regular"}) {
		t.Errorf("touched twice: %q", q.Touches.Lines())
	}
	if q := must(askCancel.Plan(w, "p2")); !slices.Equal(q.Touches.Lines(), []string{"blue/job/restore-region1.2026-11-23_11.50.00_09"}) {
		t.Errorf("a cancellation touches %q", q.Touches.Lines())
	}
	p.Steps[3].Order.StartJob = &StartJob{TaggedJob: TaggedJob{Job: "an-admins-own"}}
	says := "step 4 (start backup-chain001-region1-regular on green): what it touches is not known"
	if _, err := w.Finish(p); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("a job that is no cell's: %v", err)
	}
}

// TestWhatActsIsGuarded is a step that acts and names no guard: it waits for others and for the end of a freeze all the same.
func TestWhatActsIsGuarded(t *testing.T) {
	w := calm()
	p := &Plan{ID: "p1", Verb: "toy", Steps: []Step{{Order: Order{CancelJob: &CancelJob{Job: "x"}}}, {Order: Order{FollowJob: &TaggedJob{}}}}}
	if p = must(w.Finish(p)); !slices.Equal(p.Steps[0].Guards, []string{GuardFree, guardFreeze}) || p.Steps[1].Guards != nil {
		t.Errorf("%q, %q", p.Steps[0].Guards, p.Steps[1].Guards)
	}
	w.State = acting(w.State, TouchJob(model.JobKey{Job: "x"}))
	if _, g, _ := p.InTheWay(&p.Steps[0], w, &record.Action{}); g == nil || g.ID != GuardFree {
		t.Errorf("another acts on it, and it goes on: %+v", g)
	}
}

func TestARenewalKeepsNothingOfAnotherOrder(t *testing.T) {
	w := calm()
	p := must(askBackup.Plan(w, "p1"))
	slices.Reverse(p.Steps)
	p.Steps[0].Order.VerifyJob.After = Mark{ID: 1, Job: "of another step"}
	q := must(p.Renew(w))
	if got := q.Steps[0].Order.StartJob.After.ID; got != 41 {
		t.Errorf("starting takes over where verifying looks from: %d", got)
	}
	if why := p.Stale(q, t0); !strings.Contains(why, "its steps are not") {
		t.Errorf("stale: %q", why)
	}
}

func TestWhatIsSent(t *testing.T) {
	job := TaggedJob{Job: "backup-x", Tag: "switchyard 7c1f"}
	for want, o := range map[string]Order{
		`run job="backup-x" level="Full" comment="switchyard 7c1f" yes`: {StartJob: &StartJob{TaggedJob: job, Level: "Full"}},
		`run job="backup-x" comment="switchyard 7c1f" yes`:              {StartJob: &StartJob{TaggedJob: job}},
		"cancel ujobid=backup-x.2026-11-23_02.34.56_11":                 {CancelJob: &CancelJob{Job: "backup-x.2026-11-23_02.34.56_11", ID: 59}},
	} {
		if got := o.Sends(); got != want {
			t.Errorf("it sends %q, want %q", got, want)
		}
	}
}

// TestOneThingIsAskedFor sets every field of an ask but that of which batch it is: alone its plan is made, with another it is refused.
func TestOneThingIsAskedFor(t *testing.T) {
	n := reflect.TypeFor[Ask]().NumField() - 1
	if f := reflect.TypeFor[Ask]().Field(n); f.Name != "Batch" {
		t.Fatal(f.Name)
	}
	for i := range n {
		for j := range n {
			var a Ask
			for _, k := range []int{i, j} {
				f := reflect.ValueOf(&a).Elem().Field(k)
				f.Set(reflect.New(f.Type().Elem()))
			}
			_, err := a.Plan(calm(), "p1")
			if refused := err != nil && strings.Contains(err.Error(), "want one thing asked for"); refused != (i != j) {
				t.Errorf("%+v: %v", a, err)
			}
		}
	}
}

// TestAPushHasAWayBack gives every push that has none its own, which touches what it touches.
func TestAPushHasAWayBack(t *testing.T) {
	on := &OnDirector{Cluster: model.Green, Director: "dir-new"}
	own := &Step{Name: "another", Order: Order{PutBack: on}}
	p := &Plan{Steps: []Step{{Order: Order{Push: on}, Limit: 7}, {Order: Order{Push: on}, Back: own}, {Order: Order{Effective: on}}}}
	p.putsBack()
	back := p.Steps[0].Back
	if back == nil || *back.Order.PutBack != *on || back.Limit != 7 || !strings.Contains(back.Name, "dir-new") {
		t.Errorf("got %+v", back)
	}
	if p.Steps[1].Back != own || p.Steps[2].Back != nil {
		t.Errorf("got %+v", p.Steps)
	}
	if _, err := p.Rows(); err != nil {
		t.Error(err)
	}
	touched, err := World{}.touches(p)
	if err != nil || !touched.Meets(record.TouchesOf(TouchDirector(model.Green, "dir-new"))) {
		t.Errorf("%v, %v", touched, err)
	}
}

// TestTouchesOfCells are those of their paths, whatever the cells are called and however they come.
func TestTouchesOfCells(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[a-c%/,~()^]{1,3}`)
		cells := rapid.SliceOf(rapid.Custom(func(t *rapid.T) model.Cell {
			return model.Cell{Chain: name.Draw(t, "chain"), Region: name.Draw(t, "region"), Kind: rapid.SampledFrom(model.Kinds[:]).Draw(t, "kind")}
		})).Draw(t, "cells")
		if rapid.Bool().Draw(t, "in order") {
			slices.SortFunc(cells, model.Cell.Compare)
		}
		var paths []string
		for _, c := range cells {
			paths = append(paths, record.Touch(c.Chain, c.Region, c.Kind.String()))
		}
		if got, want := TouchesCells(cells), record.TouchesOf(paths...); !got.Equal(want) {
			t.Fatalf("%s, not %s", got, want)
		}
	})
}
