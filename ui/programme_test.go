package ui

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// programmed adds a programme of three batches to the journal of a picture; its first was done an hour ago.
func (w world) programmed(change func(*record.Programme)) world {
	st := *w.State
	cancel := json.RawMessage(`{"backup":{"cell":{"chain":"chain011","region":"region1","kind":"regular"},"cluster":"blue"}}`)
	g := &record.Programme{
		ID:       "9e77",
		Seq:      30,
		Says:     "a full of each, one after the other",
		By:       "bob",
		At:       before(3 * time.Hour),
		Soak:     8 * time.Hour,
		Failures: 1,
		Batches: []string{
			"run a backup of chain010 region1 regular on blue now",
			"run a backup of chain011 region1 regular on blue now",
			"run a backup of chain012 region1 regular on blue now",
		},
		Asks: []json.RawMessage{cancel, cancel, cancel},
	}
	st.Actions = append(
		slices.Clip(st.Actions),
		&record.Action{ID: "9e78", Seq: 33, Says: g.Batches[0], By: "bob", At: before(2 * time.Hour), State: record.ActionDone, Done: 1,
			LastAt: before(time.Hour), Steps: []string{"start it"}, Needs: 1, Programme: "9e77", Batch: 1},
	)
	if change != nil {
		change(g)
	}
	st.Programmes = []*record.Programme{g}
	w.State = &st
	return w
}

// TestAProgrammeByKeys opens it, its due batch's plan, and stops it and lets it go on.
func TestAProgrammeByKeys(t *testing.T) {
	for _, size := range sizes {
		d := levered(t, model.DefaultPolicy(), size[0], size[1], able(250).programmed(nil).Snapshot)
		golden(t, fmt.Sprintf("programme-strip-%dx%d", size[0], size[1]), d.screen())

		d.press(":", "'programme 30'", "enter")
		golden(t, fmt.Sprintf("programme-%dx%d", size[0], size[1]), d.screen())
	}
	w := able(20).programmed(nil)
	d := levered(t, model.DefaultPolicy(), 120, 40, w.Snapshot)
	d.see("PROGRAMME 30", "batch 2 of 3 is due 14 Mar 19:04 UTC, in 7:00:00")
	d.press(":", "'programmes'", "enter")
	d.see("a full of each, one after the other", "batch 2 of 3 is due 14 Mar 19:04 UTC")
	d.press(":", "'batch 30'", "enter")
	d.see("BLOCKED: it is not so that it is the due batch of its programme: it soaks until", "→ wait until 14 Mar 19:04:31 UTC: then :batch")
	d.press("esc")
	due := able(20).next().programmed(func(g *record.Programme) { g.Soak = time.Hour })
	d.take(due.Snapshot)
	d.see("batch 2 of 3 is due")
	d.press(":", "'batch 30'", "enter")
	d.afterGrace()
	d.see("run a backup of chain011 region1 regular on blue now", "it is batch 2 of programme 30")
	d.press("'backup chain011 blue'", "enter")
	d.obey()
	if len(d.deeds) != 1 || *d.deeds[0].Plan.Ask.Batch != (plan.Batch{Programme: "9e77", Seq: 30, Number: 2}) {
		t.Fatalf("%+v", d.deeds)
	}
	d.press(":", "'programme-go 30'", "enter")
	d.see("programme 30 goes on: nothing has stopped it")
	d.press(":", "'programme-stop 30'", "enter")
	d.afterGrace()
	d.press("'friday'", "enter", "'stop programme 30'", "enter")
	d.obey()
	if len(d.deeds) != 2 || d.deeds[1].Verb != DeedHalt || d.deeds[1].Action != "9e77" || d.deeds[1].Reason != "friday" {
		t.Fatalf("%+v", d.deeds)
	}
	d.take(
		able(
			20,
		).next().
			next().
			programmed(func(g *record.Programme) { g.Stopped = &record.ActionBy{By: "alice", At: noon, Says: "friday"} }).
			Snapshot,
	)
	d.see("programme 30 is stopped", "batch 2 of 3 stands: stopped by alice: friday")
	d.press(":", "'programme-go 30'", "enter")
	d.afterGrace()
	d.press("'monday'", "enter", "'go on with programme 30'", "enter")
	d.obey()
	if len(d.deeds) != 3 || d.deeds[2].Verb != DeedGoOn {
		t.Fatalf("%+v", d.deeds)
	}
	d.take(able(20).next().next().next().programmed(func(g *record.Programme) {
		g.Soak, g.Goes, g.Since = time.Hour, &record.ActionBy{By: "alice", At: noon, Says: "monday"}, 40
	}).Snapshot)
	d.see("programme 30 goes on")
}

// TestABatchLeavesCellsOut: what is refused of a batch that is a shift is left out of it, and it stays that batch.
func TestABatchLeavesCellsOut(t *testing.T) {
	asked := &plan.Shift{To: routeWords["both"]}
	for i := range 4 {
		asked.Cells = append(asked.Cells, cellNo(i))
	}
	slices.SortFunc(asked.Cells, model.Cell.Compare)
	raw, err := json.Marshal(plan.Ask{Shift: asked})
	if err != nil {
		t.Fatal(err)
	}
	w := routed(20).programmed(func(g *record.Programme) {
		g.Soak, g.Asks = time.Minute, []json.RawMessage{raw, raw, raw}
	})
	d := shifting(t, 120, 40, w)
	d.app.lever.Refused = func(_ plan.World, s *plan.Shift) ([]routes.Cause, error) {
		if slices.Contains(s.Cells, asked.Cells[0]) {
			return []routes.Cause{{Says: "its file daemon does not answer", Do: "start it", Cells: asked.Cells[:1]}}, nil
		}
		return nil, nil
	}
	made := d.app.lever.Makes
	var last plan.Ask
	d.app.lever.Makes = func(w plan.World, a plan.Ask, id string) (*plan.Plan, error) {
		last = a
		p, err := made(w, a, id)
		if err == nil && slices.Contains(a.Shift.Cells, asked.Cells[0]) {
			p.Guards = append(p.Guards, model.Check{ID: "tried-well", Says: "it ended well", Bar: model.Block, Verdict: model.Fails})
		}
		return p, err
	}
	d.press(":", "'batch 30'", "enter")
	d.see("REFUSED  shift of 4 cells to both", "plans the shift of 3 other cells")
	d.press("-")
	if last.Batch == nil || last.Batch.Number != 2 || len(last.Shift.Cells) != 3 {
		t.Errorf("%+v", last)
	}
}
