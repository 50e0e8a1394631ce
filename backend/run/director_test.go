package run_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push/check"
	"switchyard/backend/rehearsal"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
)

func tells(ctx context.Context, argv []string) (out, said string, exit int, err error) {
	return check.Tool{Argv: argv, Timeout: 20 * time.Second}.Run(ctx, "")
}

// servedBy is the hand for the services of a world's Directors, as its configuration has them.
func servedBy(w *rehearsal.World, c model.Cluster) (*run.Services, map[plan.OnDirector]plan.ServiceVectors) {
	h := &run.Services{Of: map[plan.OnDirector]*run.Served{}}
	of := map[plan.OnDirector]plan.ServiceVectors{}
	for place, d := range w.Cluster(c).Directors() {
		vector := func(word string) []string {
			return []string{filepath.Join(w.Dir(), "bin", "on-host"), "unit", word, cluster.UnitPath(w.Dir(), d.Name())}
		}
		on := plan.OnDirector{Cluster: c, Director: d.Name()}
		of[on] = plan.ServiceVectors{State: vector("show"), Do: map[plan.ServiceWord][]string{}}
		for _, word := range plan.ServiceWords {
			of[on].Do[word] = vector(string(word))
		}
		r := &bacula.DirectorReader{Cluster: c, Console: bacula.Console{Name: d.Name(), Argv: w.Console(c, "act", place), Address: d.Addr(),
			Timeout: 10 * time.Second}}
		h.Of[on] = &run.Served{Vectors: of[on], Tell: tells, Listens: run.Dials(d.Addr()), Read: r.Read}
	}
	return h, of
}

// TestServices stops, masks, unmasks and starts real Directors of a world, and sees each; and sees nothing where nothing can be seen.
func TestServices(t *testing.T) {
	t.Parallel()
	w, err := rehearsal.Start(t.Context(), rehearsal.Options{Scenario: "settling", Chains: 1, Idle: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	h, vectors := servedBy(w, model.Green)
	world := plan.World{Routing: plan.Routing{Services: vectors}}
	look := func(o plan.Order, want model.Verdict, says string) {
		t.Helper()
		sight, err := h.Look(t.Context(), o, plan.Past{})
		if err != nil || sight.Verdict != want || !strings.Contains(sight.Says, says) {
			t.Errorf("%s: %+v, %v, want %s %q", o.Sends(), sight, err, want, says)
		}
	}
	order := func(name string, do plan.ServiceWord) plan.Order { return world.Serve(model.Green, name, do).Order }
	do := func(o plan.Order) error { return h.Do(t.Context(), o, plan.Past{}) }
	old, heir := order("dir-new", plan.Stop), order("dir-new2", plan.Start)
	heir.Service.Alone = "dir-new"

	look(old, model.Fails, "dir-new: active, enabled")
	look(order("dir-new", plan.Mask), model.Fails, "enabled")
	look(order("dir-new", plan.Unmask), model.Holds, "enabled")
	look(heir, model.Holds, "dir-new2 answers") // it runs, and schedules nothing
	if err := do(heir); !errors.Is(err, model.ErrNotDone) ||
		!strings.Contains(err.Error(), "two would schedule: dir-new is not seen stopped") {
		t.Errorf("started beside another one: %v", err)
	}
	for _, o := range []plan.Order{old, old, order("dir-new2", plan.Stop)} { // twice is once
		if err := do(o); err != nil {
			t.Fatal(err)
		}
	}
	look(old, model.Holds, "inactive")
	look(heir, model.Fails, "inactive")
	if err := do(heir); !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "dir-new is not masked") {
		t.Errorf("started beside one that anybody can start: %v", err)
	}
	if err := do(order("dir-new", plan.Mask)); err != nil {
		t.Fatal(err)
	}
	look(order("dir-new", plan.Mask), model.Holds, "masked")
	if err := do(order("dir-new", plan.Start)); err == nil || errors.Is(err, model.ErrNotDone) ||
		!strings.Contains(err.Error(), "it is masked") {
		t.Errorf("a masked one was started: %v", err)
	}
	if err := do(heir); err != nil {
		t.Fatal(err)
	}
	look(heir, model.Holds, "dir-new2 answers")
	if w.Cluster(model.Green).Acting() != 1 {
		t.Error("the other one does not schedule")
	}

	changed := order("dir-new", plan.Unmask)
	changed.Service.Argv = slices.Concat(changed.Service.Argv, []string{"x"})
	if err := do(changed); !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "has not this argument vector") {
		t.Errorf("another vector than the configuration's: %v", err)
	}
	stranger := plan.Order{Service: &plan.Service{Cluster: model.Blue, Director: "dir-new", Do: plan.Stop}}
	if _, err := h.Look(t.Context(), stranger, plan.Past{}); err == nil {
		t.Error("a Director of another cluster was found")
	}
}

// TestServicesByHand looks at what a person does where there is no vector, as far as that can be seen.
func TestServicesByHand(t *testing.T) {
	t.Parallel()
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	on := plan.OnDirector{Cluster: model.Green, Director: "dir-new"}
	answers := func(context.Context) (bacula.DirectorSight, error) { return bacula.DirectorSight{}, nil }
	h := &run.Services{Of: map[plan.OnDirector]*run.Served{on: {Listens: run.Dials(l.Addr().String()), Read: answers}}}
	stop, mask := plan.World{}.Serve(on.Cluster, on.Director, plan.Stop), plan.World{}.Serve(on.Cluster, on.Director, plan.Mask)
	if stop.Order.ServiceByHand == nil || mask.Order.ByHand == nil || mask.Order.ByHand.Look != nil {
		t.Fatalf("%+v, %+v", stop, mask)
	}
	if r, err := stop.Order.Row(); err != nil || !r.Waits || !strings.Contains(stop.Order.Wants(), "such as: systemctl stop bacula-dir") {
		t.Errorf("nobody is waited for: %+v, %v, %q", r, err, stop.Order.Wants())
	}
	if err := h.Do(t.Context(), stop.Order, plan.Past{}); err != nil {
		t.Error(err)
	}
	if s, err := h.Look(t.Context(), stop.Order, plan.Past{}); err != nil || s.Verdict != model.Fails {
		t.Errorf("its port answers: %+v, %v", s, err)
	}
	_ = l.Close()
	if s, err := h.Look(t.Context(), stop.Order, plan.Past{}); err != nil || s.Verdict != model.Holds {
		t.Errorf("its port refuses: %+v, %v", s, err)
	}
	h.Of[on].Listens = run.Dials("host.invalid:9101") // its host cannot be reached: that is no stop
	if s, err := h.Look(t.Context(), stop.Order, plan.Past{}); err == nil {
		t.Errorf("what cannot be reached is %+v", s)
	}
}

// TestWhatAHostSays: only a mask that stays counts, and what is not told is not known.
func TestWhatAHostSays(t *testing.T) {
	t.Parallel()
	on := plan.OnDirector{Cluster: model.Green, Director: "d"}
	l := must(net.Listen("tcp", "127.0.0.1:0"))
	_ = l.Close()
	for out, want := range map[string][3]string{ // of stop, mask and unmask: what is seen
		"ActiveState=inactive\nUnitFileState=masked\nLoadState=masked\n":         {"holds", "holds", "fails"},
		"UnitFileState=enabled\nActiveState=failed\n":                            {"holds", "fails", "holds"},
		"ActiveState=deactivating\nUnitFileState=masked\n":                       {"fails", "holds", "fails"},
		"ActiveState=inactive\nUnitFileState=masked-runtime\nLoadState=masked\n": {"holds", "fails", "unknown"},
		"ActiveState=inactive\nUnitFileState=\n":                                 {"holds", "fails", "unknown"},
		"ActiveState=maintenance\nUnitFileState=static\n":                        {"unknown", "fails", "holds"},
		"ActiveState=inactive\nLoadState=not-found\n":                            {"unknown", "unknown", "unknown"},
		"UnitFileState=masked\n":                                                 {"unknown", "unknown", "unknown"},
		"ActiveState=inactive\nActiveState=active\nUnitFileState=masked\n":       {"unknown", "unknown", "unknown"},
		"": {"unknown", "unknown", "unknown"},
	} {
		h := &run.Services{Of: map[plan.OnDirector]*run.Served{on: {Tell: tells, Listens: run.Dials(l.Addr().String()),
			Vectors: plan.ServiceVectors{State: []string{"printf", "%s", out}}}}}
		for i, do := range []plan.ServiceWord{plan.Stop, plan.Mask, plan.Unmask} {
			s, err := h.Look(t.Context(), plan.Order{Service: &plan.Service{Cluster: on.Cluster, Director: on.Director, Do: do}}, plan.Past{})
			got := map[model.Verdict]string{model.Holds: "holds", model.Fails: "fails", model.Unknown: "unknown"}[s.Verdict]
			if got != want[i] || (err != nil) != (got == "unknown") {
				t.Errorf("%q, %s: %s (%s), %v, want %s", out, do, got, s.Says, err, want[i])
			}
		}
	}
}
