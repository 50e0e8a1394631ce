package board

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// TestTwoOfOneName: a site may leave every Director the name that its distribution gives. Each alert is of its own then, nobody is held for
// another, and one process that answers for both clusters is believed for neither.
func TestTwoOfOneName(t *testing.T) {
	for _, same := range []bool{false, true} {
		w := newBoard(t, midday)
		for _, c := range model.Clusters {
			pid := 7
			if !same {
				pid += int(c)
			}
			ds := []model.Director{
				{Name: "bacula-dir", PID: pid, Active: true, Started: midday.Add(-time.Hour), Clock: true, Ahead: time.Hour},
				{Name: "bacula-dir", PID: 20 + int(c), Started: midday.Add(-time.Hour), Clock: true, Ahead: time.Hour},
			}
			w.Source(Sighting{Source: model.DirectorOf(c, "bacula-dir"), Every: time.Second, Tried: midday, At: midday, Gates: true})
			w.Source(Sighting{Source: model.PassiveOf(c, "bacula-dir", "bacula-dir"), Every: time.Second, Tried: midday, At: midday})
			w.Director(c, DirectorTruth{Directors: ds, At: midday, Live: true, JobsAt: midday}, w.everyCell())
		}
		s := w.Snapshot(midday)
		ids := map[string]bool{}
		clocks := 0
		for _, a := range s.Alerts {
			if ids[a.ID] {
				t.Errorf("two alerts are %s", a.ID)
			}
			if ids[a.ID] = true; strings.HasPrefix(a.ID, "clock:") {
				clocks++
			}
		}
		if clocks != 4 {
			t.Errorf("%d alerts of clocks", clocks)
		}
		for _, c := range model.Clusters {
			if !s.Namesakes(c) {
				t.Errorf("%s's is not told to be of the other's name", c)
			}
			o := s.Source(model.DirectorOf(c, "bacula-dir"))
			if o.Wrong != same || same && !strings.Contains(o.Why, "one Director answers for both clusters") {
				t.Errorf("one process: %v; %+v", same, o)
			}
			if p := s.Source(model.PassiveOf(c, "bacula-dir", "bacula-dir")); p.Wrong {
				t.Errorf("%+v", p)
			}
		}
	}
	if newBoard(t, midday).Snapshot(midday).Namesakes(model.Green) {
		t.Error("two names are one")
	}
}
