package board

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhatIsDesiredIsTheNewestRoutes: beside what is effective stands what the journal's newest routes say, from the moment of their record.
func TestWhatIsDesiredIsTheNewestRoutes(t *testing.T) {
	w := newBoard(t, midday)
	cell := w.inv.Cells[0].Cell
	view := func() *CellView {
		w.now = w.now.Add(time.Second)
		return &w.Snapshot(w.now).Cells[0]
	}
	words := map[string]model.Route{
		`{"first":1}`:  {model.Holds, model.Holds},
		`{"second":2}`: {model.Fails, model.Holds},
	}
	read := 0
	w.DesireBy(func(_ int64, document json.RawMessage) func(model.Cell) model.Route {
		read++
		r, ok := words[string(document)]
		if !ok {
			return nil
		}
		return func(c model.Cell) model.Route {
			if c != cell {
				return model.Route{model.Fails, model.Fails}
			}
			return r
		}
	})
	told := func(want string, blue, green bool) {
		t.Helper()
		v := view()
		if v.DesiredWord() != want || v.Drifts(model.Blue) != blue || v.Drifts(model.Green) != green {
			t.Errorf("%q is desired, drift %v and %v; want %q, %v and %v", v.DesiredWord(), v.Drifts(model.Blue), v.Drifts(model.Green), want, blue, green)
		}
		b, err := json.Marshal(v)
		if err != nil || strings.Contains(string(b), `"desired"`) != (want != "") || want != "" && !strings.Contains(string(b), `"desired":"`+want+`"`) {
			t.Errorf("%v: %s", err, b)
		}
	}
	told("", false, false)
	s := story(t, nil)
	w.Journal(s, nil, nil)
	told("both", false, false)
	s = story(t, s, record.Routed{Document: json.RawMessage(`{"second":2}`)})
	w.Journal(s, nil, nil)
	told("green", true, false)
	w.director(model.Green, w.now, nil)
	told("green", true, true)
	s = story(t, s, record.Note{Says: "x"})
	w.Journal(s, nil, nil)
	told("green", true, true)
	if read != 2 {
		t.Errorf("two documents were read %d times", read)
	}
	s = story(t, s, record.Routed{Document: json.RawMessage(`{"damaged":3}`)})
	w.Journal(s, nil, nil)
	told("", false, false)
}
