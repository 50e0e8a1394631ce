package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/run"
	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
)

// drilled is a world beside which a drill has a Director and a catalog of its own. What it does to the world itself, or in another order,
// is among its effects.
type drilled struct {
	*rescue
	own     bool // this is the hand for what the drill brings up
	harmful bool // its Director could do harm
}

const drillDir = "dir-drill"

func (d *drilled) Look(ctx context.Context, o plan.Order, past plan.Past) (run.Sight, error) {
	switch {
	case o.Apart != nil && o.Apart.Runs:
		return holdsIf(len(d.lines("told-start")) > 0, "it says so itself")
	case o.Apart != nil:
		return holdsIf(!d.harmful, "job backup-a is not Enabled = no")
	}
	return d.rescue.Look(ctx, o, past)
}

func (d *drilled) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	copied := slices.ContainsFunc(d.lines("commanded"), func(l string) bool { return strings.HasPrefix(l, "make@") })
	wrong := ""
	switch {
	case o.Command == nil && o.CheckRestored == nil && o.RemoveRestored == nil && !d.own:
		wrong = "THE-WORLD-WAS-TOUCHED"
	case o.Service != nil && !copied:
		wrong = "STARTED-BEFORE-ITS-CATALOG-IS-COPIED"
	case o.Service != nil && (o.Service.Director != drillDir || !o.Service.Scratch):
		wrong = "ANOTHER-DIRECTOR-IS-TOLD"
	case o.StartRestore != nil && (len(d.lines("told-start")) == 0 || len(d.lines("told-stop")) > 0):
		wrong = "RESTORED-BY-WHO-IS-NOT-UP"
	case o.Command != nil && o.Command.Run.Name == "remove-copy" && len(d.lines("told-start")) > len(d.lines("told-stop")):
		wrong = "ITS-CATALOG-IS-REMOVED-UNDER-IT"
	}
	if wrong != "" {
		if err := d.add("wrong", wrong); err != nil {
			return err
		}
	}
	if o.Service != nil {
		return errors.Join(d.add("told-"+string(o.Service.Do), "once"), d.doErr)
	}
	return d.rescue.Do(ctx, o, past)
}

func (d *drilled) Effects() (map[string]int, error) {
	n, err := d.rescue.Effects()
	if did := len(d.lines("told-stop")); did > 0 {
		n["told-stop"] = did
	}
	return n, err
}

func drillOf(chains ...int) plan.Ask {
	ask := recoverOf(false, chains...)
	call := func(name string) plan.Call { return plan.Call{Name: name, Argv: []string{name}} }
	r := ask.Recover
	r.Drill, r.Scratch = true, &plan.Scratch{Director: drillDir, At: "scratch:9201", Catalog: "scratch:3306", Database: "bacula_drill",
		Make: call("make"), Made: call("made"), Remove: call("remove-copy"), Removed: call("removed-copy"),
		Start: []string{"start"}, Stop: []string{"stop"}, Storage: "sd-2"}
	for i := range r.Chains {
		remove := call("remove")
		r.Chains[i].Remove = &remove
	}
	return ask
}

func drillScene(name string, shared bool, change func(*drilled)) kill.Scene {
	return kill.Scene{Name: name, Long: true, Open: func(dir string) (kill.Stage, error) {
		ask := drillOf(2, 4)
		y, err := newYard(dir, 5)
		if err != nil {
			return kill.Stage{}, err
		}
		if shared { // it lives by the machine's clock
			ask.Recover.Bundle = time.Now().Add(-time.Hour)
		} else {
			y.clock, y.said = kill.NewClock(t0), map[string][]string{}
		}
		d := &drilled{rescue: &rescue{yard: y}}
		if change != nil {
			change(d)
		}
		own := *d
		own.own = true
		st := y.stage(ask)
		st.Hands = run.Router{plan.Bacula: d, plan.Here: d, plan.Services: d, plan.Amazon: d, plan.Directors: d,
			plan.OnScratch(plan.Bacula): &own, plan.OnScratch(plan.Services): &own}
		st.Fresh, st.Effects, st.Reasons = d.Fresh, d.Effects, anyReason
		return st, nil
	}}
}

// killedDrill is a drill in a world that processes share.
var killedDrill = drillScene("a drill", true, nil)

// TestADrillStoppedAnywhere ends the same: a Director of its own comes up once on a copy of the catalog, restores, and is taken down again;
// nothing that is in use is told anything. One that could do harm is never started.
func TestADrillStoppedAnywhere(t *testing.T) {
	for _, s := range []struct {
		kill.Scene
		state string
		done  int
		why   string
	}{
		{drillScene("a drill", false, nil), "done", 15, ""},
		{drillScene("a drill, and no call is answered", false, func(d *drilled) { d.doErr = errors.New("no answer") }), "done", 15, ""},
		{drillScene("a drill whose Director could do harm", false, func(d *drilled) { d.harmful = true }), "failed", 1,
			"job backup-a is not Enabled = no"},
	} {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if n := kill.Exhaust(t, s.Scene, s.state, s.done, s.why); n < 10 {
				t.Errorf("only %d calls", n)
			} else {
				t.Logf("%d calls", n)
			}
		})
	}
}

// TestADrillThatIsKilledForReal brings its Director up, restores and takes it down once wherever its runner is killed.
func TestADrillThatIsKilledForReal(t *testing.T) { kill.Sample(t, killedDrill, 10) }

// TestADrillGoesBack: what stopped half way is taken down by its way back, the Director before its catalog.
func TestADrillGoesBack(t *testing.T) {
	st, w, p := planOf(t, drillScene("a drill", false, nil))
	var backs []string
	for i := range p.Steps {
		if back := p.Steps[i].Back; back != nil {
			backs = append(backs, back.Name)
		}
		if o := &p.Steps[i].Order; o.StartRestore != nil && (!o.StartRestore.Scratch || o.StartRestore.After.ID != o.StartRestore.JobIDs[0]) {
			t.Errorf("step %d: %+v", i+1, o.StartRestore)
		}
	}
	if len(backs) != 2 || backs[0] != "remove the copy of the catalog" || backs[1] != "stop the drill's Director "+drillDir {
		t.Errorf("%q", backs)
	}
	if touches := fmt.Sprint(p.Touches); strings.Contains(touches, "green/director") ||
		!strings.Contains(touches, "drill/director/"+drillDir) {
		t.Errorf("it touches %s", touches)
	}
	for i := range w.Snapshot.Clusters[model.Green].Directors {
		w.Snapshot.Clusters[model.Green].Directors[i].Address = st.Ask.Recover.Scratch.At
	}
	p, err := st.Ask.Plan(w, "p1")
	if err != nil {
		t.Fatal(err)
	}
	if g := p.Guard("recover-scratch"); g == nil || !plan.Blocks(*g) || !strings.Contains(g.Value, "is in use") {
		t.Errorf("%+v", g)
	}
}
