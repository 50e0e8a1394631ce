package run_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

// rescue is a world of which green's catalog and some Storage Daemons are left, and in which a Director comes up.
type rescue struct {
	*yard
	answers bool     // the Director from before does, which nobody expected
	first   []string // chains that others need
}

const rescuer = "dir-rescue"

// marks are what is done once by the orders that a bring-up has, by the file in which the yard keeps that.
func markOf(o plan.Order) string {
	switch {
	case o.Account != nil:
		return "fenced"
	case o.Repoint != nil:
		return "pointed"
	case o.Service != nil:
		return "told-" + string(o.Service.Do)
	}
	return ""
}

func (r *rescue) Look(ctx context.Context, o plan.Order, past plan.Past) (run.Sight, error) {
	says := func(is bool, says string) (run.Sight, error) { return holdsIf(is, says) }
	switch mark := markOf(o); {
	case o.Service != nil && o.Service.Do == plan.Unmask:
		return says(true, "it is not masked")
	case mark != "":
		return says(len(r.lines(mark)) > 0, mark)
	case o.Session != nil, o.Greet != nil:
		return says(len(r.lines("told-start")) > 0, "it answers")
	case o.FollowJob != nil && strings.HasSuffix(o.FollowJob.Tag, "chain003") && len(r.lines("started")) > 0:
		return run.Sight{Verdict: model.Fails, Says: "JobId 7 ended: Unable to authenticate with File daemon"}, nil
	}
	return r.yard.Look(ctx, o, past)
}

func (r *rescue) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	mark := markOf(o)
	if mark == "" {
		return r.yard.Do(ctx, o, past)
	}
	if o.Service != nil && (len(r.lines("fenced")) == 0 || len(r.lines("pointed")) == 0) {
		return errors.Join(r.add("wrong", "STARTED-BEFORE-THE-OLD-ONE-IS-FENCED"), r.add(mark, "once"))
	}
	return errors.Join(r.add(mark, "once"), r.doErr)
}

// Fresh is what is left: the catalog, and nobody who scheduled before.
func (r *rescue) Fresh(ctx context.Context, n plan.Needs) (plan.World, error) {
	w, err := r.yard.Fresh(ctx, n)
	g := w.Snapshot.Clusters[model.Green]
	g.Directors = []model.Director{{Name: rescuer, Started: t0}, {Name: "dir-green"}}
	for i := range w.Snapshot.Seen {
		s := &w.Snapshot.Seen[i]
		if !s.Is(model.DirectorOf(model.Green, "dir-green")) {
			continue
		}
		if *s = (board.Sighting{Source: s.Source, Tried: w.Snapshot.At, Why: "connection refused", Trouble: model.TroubleGone}); r.answers {
			*s = board.Sighting{Source: s.Source, At: w.Snapshot.At, Every: time.Second}
		}
	}
	w.Snapshot.Seen = append(
		w.Snapshot.Seen,
		board.Sighting{Source: model.DirectorOf(model.Green, rescuer), At: w.Snapshot.At, Every: time.Second},
	)
	on := plan.OnDirector{Cluster: model.Green, Director: rescuer}
	argv := map[plan.ServiceWord][]string{plan.Start: {"start"}, plan.Unmask: {"unmask"}}
	w.Routing = plan.Routing{Recovers: true, First: r.first, Account: &plan.NextAccount{Now: "bacula", Next: "bacula_next"},
		Repoints: map[plan.OnDirector]bool{on: true}, Services: map[plan.OnDirector]plan.ServiceVectors{on: {State: []string{"show"}, Do: argv}}}
	return w, err
}

func (r *rescue) Effects() (map[string]int, error) {
	n, err := r.yard.Effects()
	for _, file := range []string{"fenced", "pointed", "told-start", "told-unmask"} {
		if did := len(r.lines(file)); did > 0 {
			n[file] = did
		}
	}
	if wrong := len(r.lines("wrong")); wrong > 0 {
		n[strings.Join(r.lines("wrong"), " ")] = wrong + 1 // even once is once too often
	}
	return n, err
}

func recoverOf(up bool, chains ...int) plan.Ask {
	r := &plan.Recover{Bundle: t0.Add(-time.Hour), AtOnce: 2}
	if up {
		r.Up = &plan.BringUp{
			Director: rescuer,
			On:       &plan.OnInstance{ID: "rds1", Region: "eu", ResourceID: "db-1"},
			At:       "rds1:3306",
			Storage:  "sd-2",
			Old:      []plan.OldDirector{{OnDirector: plan.OnDirector{Cluster: model.Green, Director: "dir-green"}}},
		}
	}
	for _, i := range chains {
		cell := model.Cell{Chain: fmt.Sprintf("chain%03d", i), Region: "region1"}
		r.Chains = append(r.Chains, plan.RecoverChain{First: up, Bytes: 1e9, Restore: plan.Restore{Cell: cell, JobIDs: []uint32{uint32(i)},
			Point: model.JobKey{Cluster: model.Green, Job: "backup-" + cell.Chain}, At: t0.Add(-time.Hour), Source: "db-fd", Client: "rescue-fd",
			Below: "/srv/restores"}})
	}
	return plan.Ask{Recover: r}
}

func rescueScene(name string, ask plan.Ask, change func(*rescue)) kill.Scene {
	return rescueIn(name, ask, false, change)
}

// killedRecovery is a recovery in a world that processes share.
var killedRecovery = rescueIn("a recovery", recoverOf(true, 1), true, nil)

func rescueIn(name string, ask plan.Ask, shared bool, change func(*rescue)) kill.Scene {
	return kill.Scene{Name: name, Long: true, Open: func(dir string) (kill.Stage, error) {
		y, err := newYard(dir, 5)
		if err != nil {
			return kill.Stage{}, err
		}
		ask := ask
		if shared { // it lives by the machine's clock, on which a bundle of t0 is too old one day
			r := *ask.Recover
			r.Bundle = time.Now().Add(-time.Hour)
			ask.Recover = &r
		} else {
			y.clock, y.said = kill.NewClock(t0), map[string][]string{}
		}
		r := &rescue{yard: y, first: []string{"chain001"}}
		if ask.Recover.Up == nil {
			r.first = nil
		}
		if change != nil {
			change(r)
		}
		st := y.stage(ask)
		st.Hands = run.Router{plan.Bacula: r, plan.Here: r, plan.Amazon: r, plan.Directors: r, plan.Services: r}
		st.Fresh, st.Effects, st.Reasons = r.Fresh, r.Effects, anyReason
		return st, nil
	}}
}

// TestARecoveryStoppedAnywhere ends the same: whoever was there before is fenced once and before another comes up, each chain is restored
// once, and one that cannot be is told.
func TestARecoveryStoppedAnywhere(t *testing.T) {
	for _, s := range []struct {
		kill.Scene
		state string
		done  int
		why   string
	}{
		{rescueScene("a Director that comes up", recoverOf(true, 1), nil), "done", 9, ""},
		{rescueScene("a Director that comes up, and no call is answered", recoverOf(true, 1), func(r *rescue) {
			r.doErr = errors.New("no answer")
		}), "done", 9, ""},
		{rescueScene("a tier, of which a File Daemon lets nobody in", recoverOf(false, 2, 3, 4, 5), nil), "done", 12, ""},
		{rescueScene("a Director from before that is back", recoverOf(false, 2, 4), func(r *rescue) { r.answers = true }), "", 0, ""},
	} {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if s.state == "" {
				refusedBy(t, s.Scene, "dir-green answers")
				return
			}
			if n := kill.Exhaust(t, s.Scene, s.state, s.done, s.why); n < 40 {
				t.Errorf("only %d calls", n)
			} else {
				t.Logf("%d calls", n)
			}
		})
	}
}

// TestARecoveryThatIsKilledForReal fences, starts and restores once wherever its runner is killed.
func TestARecoveryThatIsKilledForReal(t *testing.T) { kill.Sample(t, killedRecovery, 10) }

// planOf makes the plan of a scene, in what is left there.
func planOf(t *testing.T, s kill.Scene) (kill.Stage, plan.World, *plan.Plan) {
	t.Helper()
	st, err := s.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w, err := st.Fresh(t.Context(), plan.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	w.Now = w.Snapshot.At
	p, err := st.Ask.Plan(w, "p1")
	if err != nil {
		t.Fatal(err)
	}
	return st, w, p
}

// refusedBy wants the plan of a scene to be blocked.
func refusedBy(t *testing.T, s kill.Scene, why string) {
	t.Helper()
	if _, _, p := planOf(t, s); p.Guard("recover-alone") == nil || !plan.Blocks(*p.Guard("recover-alone")) ||
		!strings.Contains(p.Guard("recover-alone").Value, why) {
		t.Errorf("%+v", p.Guard("recover-alone"))
	}
}
