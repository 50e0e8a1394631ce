package board

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// TestWhatIsDesiredIsTheNewestRoutes: beside what is effective stands what the journal's newest routes say, as soon as their record is
// read.
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
		if onBlue, onGreen := v.Drifts(model.Blue), v.Drifts(model.Green); v.DesiredWord() != want || onBlue != blue || onGreen != green {
			t.Errorf("%q is desired, drift %v and %v; want %q, %v and %v", v.DesiredWord(), onBlue, onGreen, want, blue, green)
		}
		var written struct{ Desired *string }
		b, err := json.Marshal(v)
		if err = errors.Join(err, json.Unmarshal(b, &written)); err != nil || (written.Desired == nil) != (want == "") ||
			written.Desired != nil && *written.Desired != want {
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
