package run_test

import (
	"fmt"
	"testing"

	"switchyard/backend/run/kill"
	"switchyard/model"
	"switchyard/model/plan"
)

func rerunScene(name string, change func(*yard)) kill.Scene {
	return kill.Scene{Name: name, Open: func(dir string) (kill.Stage, error) {
		y, err := newYard(dir, 2)
		if err != nil {
			return kill.Stage{}, err
		}
		y.clock, y.said = kill.NewClock(t0), map[string][]string{}
		change(y)
		return y.stage(plan.Ask{Rerun: &plan.Rerun{Cluster: model.Green, Cells: y.cells}}), nil
	}}
}

// TestARerunStoppedAnywhere starts each backup once, and goes on with the others when one fails.
func TestARerunStoppedAnywhere(t *testing.T) {
	for name, change := range map[string]func(*yard){
		"all end well": func(*yard) {},
		"they fail":    func(y *yard) { y.fate = "ended: client unreachable" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := rerunScene(name, change)
			end := kill.Whole(t, s)
			if want := map[string]int{"started switchyard-plan0-1": 1, "started switchyard-plan0-2": 1}; fmt.Sprint(
				end.Effects,
			) != fmt.Sprint(
				want,
			) {
				t.Fatalf("%+v", end)
			}
			if n := kill.Exhaust(t, s, "done", 6, ""); n < 30 {
				t.Errorf("only %d calls", n)
			}
		})
	}
}
