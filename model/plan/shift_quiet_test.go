package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/routes"
)

// TestAPushThatFindsNoQuietMoment is told before, with what a job may meet: in the plan of each push that waits for one, by the schedules
// as they are pushed. The way back waits for none, and says so whatever the schedules are.
func TestAPushThatFindsNoQuietMoment(t *testing.T) {
	const none = "has 1m10s before and behind it without a start on green, and none is waited for longer: as a Director reloads, a job"
	every := func(minutes int, client func(int) string) (out []nightlyCell) {
		for m := 0; m < 60; m += minutes {
			out = append(out, nightlyCell{client(m), fmt.Sprintf("hourly at 0:%02d", m), 0})
		}
		return out
	}
	each := func(m int) string { return fmt.Sprint("db", m) }
	for name, c := range map[string]struct {
		cells  []nightlyCell
		change func(*World)
		told   bool
	}{
		"in every second minute":    {every(2, each), func(*World) {}, true},
		"in every third one":        {every(3, each), func(*World) {}, false},
		"at one time":               {every(60, each), func(*World) {}, false},
		"behind what is waited for": {every(2, each), func(w *World) { w.Policy.PushWaits = 2 * time.Hour }, true},
		"less is asked for":         {every(2, each), func(w *World) { w.Policy.PushQuiet = 30 * time.Second }, false},
		"another one pushes":        {every(2, each), func(w *World) { w.Routing.Unpushed[model.Green] = true }, false},
	} {
		w := nightWorld(c.cells...)
		for _, of := range model.Clusters {
			w.Routing.Times[of].Apart = 0
		}
		c.change(&w)
		p := must(w.overlap().Plan(w, "p1"))
		told := strings.Contains(strings.Join(p.Costs, "\n"), "without a start on green")
		if told != c.told {
			t.Errorf("%s: %q", name, p.Costs)
		}
	}
	w := nightWorld(every(2, each)...)
	for i := range w.Snapshot.Cells {
		w.has(i, 0)
	}
	says := func(p *Plan, text string) bool {
		return slices.ContainsFunc(p.Costs, func(s string) bool { return strings.Contains(s, text) })
	}
	push := Ask{Push: &Push{Cluster: model.Green}}
	if p := must(push.Plan(w, "p2")); !says(p, none) {
		t.Errorf("a push: %q", p.Costs)
	}
	var cells []model.Cell
	for i := range w.Snapshot.Cells {
		cells = append(cells, w.Snapshot.Cells[i].Cell)
	}
	if p := must(shiftOf(routes.Green, cells...).Plan(w, "p3")); !says(p, "without a start on blue") {
		t.Errorf("settling: %q", p.Costs)
	}
	if p := must(shiftOf(routes.Blue, cells...).Plan(w, "p4")); !says(p, none) {
		t.Errorf("taking it from green again: %q", p.Costs)
	}
}
