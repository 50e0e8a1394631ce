package run_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

// desk is a configuration manager that one name holds at a time.
type desk struct {
	name  string
	until time.Time
	deaf  bool

	longer time.Duration // than asked
}

func (d *desk) manager() *run.Manager {
	return &run.Manager{
		Take: func(_ context.Context, name string, until time.Time) error {
			if d.deaf {
				return model.ErrNotDone
			}
			d.name, d.until = name, until.Add(d.longer)
			return nil
		},
		Release: func(_ context.Context, name string) error {
			if d.name == name {
				d.name = ""
			}
			return nil
		},
		Holder: func(context.Context) (string, time.Time, error) { return d.name, d.until, nil },
	}
}

// TestALeaseIsTakenAndEnds: by its own name, never over somebody else's, and by itself when nobody gives it back.
func TestALeaseIsTakenAndEnds(t *testing.T) {
	now := t0
	d := &desk{}
	h := &run.Directors{Now: func() time.Time { return now }}
	l := &plan.Lease{Cluster: model.Green, Name: "switchyard-7c1f", Life: 30 * time.Minute}
	take, let := plan.Order{Hold: l}, plan.Order{LetGo: l}
	sees := func(o plan.Order, want model.Verdict, says string) run.Sight {
		t.Helper()
		s, err := h.Look(t.Context(), o, plan.Past{})
		if err != nil || s.Verdict != want || !strings.Contains(s.Says, says) ||
			(want == model.Holds) != (len(s.Found) == 1 && s.Found[0].Lease != nil) {
			t.Fatalf("%+v, %v; want %v, %s", s, err, want, says)
		}
		return s
	}
	if _, err := h.Look(t.Context(), take, plan.Past{}); err == nil {
		t.Error("a manager that nobody configured was looked at")
	}
	if err := h.Do(t.Context(), take, plan.Past{}); !errors.Is(err, model.ErrNotDone) {
		t.Errorf("a manager that nobody configured was held: %v", err)
	}
	h.Managers[model.Green] = d.manager()
	sees(take, model.Fails, "nobody holds green's configuration manager")
	if s := sees(let, model.Holds, ""); !s.Found[0].Lease.Ended {
		t.Errorf("%+v", s)
	}
	d.name, d.until = "puppet-upgrade", now.Add(time.Hour)
	sees(take, model.Fails, "puppet-upgrade holds green's configuration manager until")
	if err := h.Do(t.Context(), take, plan.Past{}); !errors.Is(err, model.ErrNotDone) || d.name != "puppet-upgrade" {
		t.Errorf("somebody else's lease was taken over: %v, %s", err, d.name)
	}
	now = now.Add(2 * time.Hour) // theirs is over, whether or not it was given back
	if err := h.Do(t.Context(), take, plan.Past{}); err != nil || d.name != l.Name || !d.until.Equal(now.Add(l.Life)) {
		t.Fatalf("%v, %+v", err, d)
	}
	if s := sees(take, model.Holds, "holds green's configuration manager until"); !s.Found[0].Lease.Until.Equal(d.until) {
		t.Errorf("%+v", s.Found[0].Lease)
	}
	sees(let, model.Fails, "")
	now = now.Add(l.Life)
	sees(take, model.Fails, "nobody")
	sees(let, model.Fails, "though it was over at") // whoever names a lease that is over may not have ended it by itself
	if err := h.Do(t.Context(), let, plan.Past{}); err != nil || d.name != "" {
		t.Errorf("%v, %+v", err, d)
	}
	sees(let, model.Holds, "")
	d.longer = 100 * time.Hour
	if err := h.Do(t.Context(), take, plan.Past{}); !errors.Is(err, model.ErrNotDone) ||
		!strings.Contains(err.Error(), "longer than it was asked to") ||
		d.name != "" {
		t.Errorf("a lease that does not end: %v, %+v", err, d)
	}
	d.name, d.until = l.Name, now.Add(d.longer)
	sees(take, model.Fails, "longer than it was asked to")
	d.name = ""
	d.deaf = true
	if err := h.Do(t.Context(), take, plan.Past{}); !errors.Is(err, model.ErrNotDone) {
		t.Error(err)
	}
}
