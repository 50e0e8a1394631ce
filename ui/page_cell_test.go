package ui

import (
	"strings"
	"testing"

	"switchyard/model"
	"switchyard/model/board"
)

// TestACellsPageTellsDrift shows what the routes say beside what the Directors have, and only what differs as drift.
func TestACellsPageTellsDrift(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
		for _, c := range []struct {
			desired, has model.Route
			says, drift  []string
		}{
			{model.Route{}, model.Route{model.Holds, model.Fails}, nil, nil},
			{model.Route{model.Holds, model.Fails}, model.Route{model.Holds, model.Fails}, []string{"blue alone takes it"}, nil},
			{model.Route{model.Holds, model.Holds}, model.Route{model.Holds, model.Unknown}, []string{"both clusters take it"}, nil},
			{model.Route{model.Holds, model.Holds}, model.Route{model.Holds, model.Fails}, []string{"both clusters take it"},
				[]string{"the routes give the cell to green, and dir-new does not start"}},
			{model.Route{model.Fails, model.Holds}, model.Route{model.Holds, model.Fails}, []string{"green alone takes it"},
				[]string{
					"the routes do not give the cell to blue, and dir-old starts it",
					"the routes give the cell to green, and dir-new does not start",
				}},
			{model.Route{model.Fails, model.Fails}, model.Route{model.Fails, model.Fails}, []string{"nobody takes it: a gap"}, nil},
		} {
			w := calm(20)
			v := &w.Snapshot.Cells[0]
			v.Desired = c.desired
			for _, k := range model.Clusters {
				v.On[k].Has = c.has[k]
				v.On[k].At[0] = board.Starts{Is: c.has[k], Why: board.IdleNoJob}
			}
			d := watch(t, size[0], size[1], w.Snapshot)
			d.press(":", "'cell "+v.Cell.String()+"'", "enter")
			var page strings.Builder
			for range 8 { // all of it, also where it is longer than the screen
				page.WriteString(d.screen() + "\n")
				d.press("pgdown")
			}
			text := page.String()
			for _, want := range append(c.says, c.drift...) {
				if !strings.Contains(text, want) {
					t.Errorf("%v: %s desired, %s effective: %q is not in\n%s", size, c.desired, c.has, want, text)
				}
			}
			if strings.Contains(text, "drift ") != (len(c.drift) > 0) || strings.Contains(text, "routes say") != (len(c.says) > 0) {
				t.Errorf("%v: %s desired, %s effective:\n%s", size, c.desired, c.has, text)
			}
		}
	}
}
