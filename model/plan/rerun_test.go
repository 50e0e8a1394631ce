package plan

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// afterNight is a calm world of which a failover has killed jobs of green, one of each cell.
func afterNight(cells int) (World, []model.JobKey) {
	w := calm()
	var ps []model.Placement
	var keys []model.JobKey
	v := w.view(model.Green)
	w.Snapshot.Cells, v.Recent = nil, nil
	for i := range cells {
		cell := model.Cell{Chain: "chain" + string(rune('a'+i)), Region: "region1"}
		ps = append(ps, model.Placement{Cell: cell, Promise: 26 * time.Hour})
		name := "backup-" + cell.Chain + "-region1-regular"
		j := model.Job{Key: model.JobKey{Cluster: model.Green, Job: name + ".2026-11-23_11.00.00_03"}, ID: uint32(60 + i), Name: name, Cell: cell,
			HasCell: true, Type: model.TypeBackup, Status: 'f', Outcome: model.Failed, Start: t0.Add(-time.Hour), End: t0.Add(-50 * time.Minute)}
		v.Recent, keys = append(v.Recent, j), append(keys, j.Key)
		view := board.CellView{Cell: cell, Promise: 26 * time.Hour}
		view.On[model.Green] = board.Standing{Has: model.Holds, Due: t0.Add(18 * time.Hour), Breaks: t0.Add(time.Duration(20-i) * time.Hour)}
		w.Snapshot.Cells = append(w.Snapshot.Cells, view)
	}
	w.Names = must(
		model.BindNames(must(model.NewInventory(ps)), must(model.ParseNameTemplate("backup-{chain}-{region}-{kind}")), model.NameTemplate{}),
	)
	return w, keys
}

// TestRerun runs all that died again by one plan, the promise that breaks first first, each by a tag of its own.
func TestRerun(t *testing.T) {
	w, keys := afterNight(3)
	r, left, err := RerunOf(w, model.Green, append(keys, keys[0]))
	if err != nil || len(left) != 0 || len(r.Cells) != 3 || r.Cells[0].Chain != "chainc" {
		t.Fatalf("%+v, %q, %v", r, left, err)
	}
	p := must(Ask{Rerun: r}.Plan(w, "p1"))
	tags := map[string]int{}
	for i := range p.Steps {
		s := &p.Steps[i]
		if !s.Spares {
			t.Errorf("the others do not go on when step %d goes wrong", i+1)
		}
		for _, j := range []*TaggedJob{s.Order.FollowJob, s.Order.VerifyJob} {
			if j != nil {
				tags[j.Tag]++
			}
		}
		if b := s.Order.StartJob; b != nil && !b.Alone {
			t.Error("one is started beside another one of its name")
		}
	}
	if len(p.Steps) != 9 || len(tags) != 3 || tags["switchyard p1 2"] != 2 || p.Blocked() != nil || p.Confirm != "rerun 3 green" ||
		p.Steps[3].Name != "follow backup-chainc-region1-regular to its end" {
		t.Errorf("%v, %+v", tags, p)
	}
	for i := range p.Guards {
		if p.Guards[i].Verdict != model.Holds {
			t.Errorf("%+v", p.Guards[i])
		}
	}
	if q := must(p.Renew(w)); p.Stale(q, t0) != "" {
		t.Error(p.Stale(q, t0))
	}
}

// TestRerunLeavesOut what ran again, what runs, what is due and what is no cell's, each with why.
func TestRerunLeavesOut(t *testing.T) {
	on := func(w *World) *board.Standing { return &w.Snapshot.Cells[0].On[model.Green] }
	for want, hurt := range map[string]func(*World){
		"JobId 99 has backed it up since":  func(w *World) { on(w).LastGood = &model.Job{ID: 99, End: t0} },
		"JobId 70 of its cell is":          func(w *World) { on(w).Open = &model.Job{ID: 70, Status: 'R'} },
		"its schedule starts it in 29 min": func(w *World) { on(w).Due = t0.Add(29 * time.Minute) },
		"it is no cell's backup":           func(w *World) { w.view(model.Green).Recent[0].HasCell = false },
		"it did not end badly":             func(w *World) { w.view(model.Green).Recent[0].Outcome = model.OK },
		"it is not known any more":         func(w *World) { w.view(model.Green).Recent = w.view(model.Green).Recent[1:] },
		"the inventory has no such cell":   func(w *World) { w.Snapshot.Cells = w.Snapshot.Cells[1:] },
	} {
		w, keys := afterNight(2)
		hurt(&w)
		r, left, err := RerunOf(w, model.Green, keys)
		if err != nil || len(r.Cells) != 1 || len(left) != 1 || !strings.Contains(left[0], want) {
			t.Errorf("%s: %+v, %q, %v", want, r, left, err)
		}
	}
	w, keys := afterNight(1)
	if _, _, err := RerunOf(w, model.Blue, keys); err == nil {
		t.Error("what died on green is run on blue")
	}
}

// TestGuardsOfRerun hurts what each guard rests on.
func TestGuardsOfRerun(t *testing.T) {
	for name, c := range map[string]struct {
		hurt    func(*World)
		guard   string
		bar     model.Bar
		verdict model.Verdict
	}{
		"it has no job": {func(w *World) { w.Snapshot.Cells[0].On[model.Green].Has = model.Fails }, "reruns-there", model.Block,
			model.Fails},
		"its jobs are unread": {func(w *World) { w.Snapshot.Cells[0].On[model.Green].Has = model.Unknown }, "reruns-there", model.Block,
			model.Unknown},
		"blue runs one": {func(w *World) { w.Snapshot.Cells[0].On[model.Blue].Open = &model.Job{ID: 7} }, "reruns-idle", model.Override,
			model.Fails},
		"one is due": {func(w *World) { w.Snapshot.Cells[0].On[model.Green].Due = t0.Add(time.Minute) }, "reruns-not-due",
			model.Caution, model.Fails},
		"the Director is silent": {func(w *World) { w.seen("green director dir-green").Why = "refused" }, "reruns-there", model.Block,
			model.Unknown},
		"it has no catalog": {func(w *World) { w.view(model.Green).Linked = model.Fails }, "director-linked", model.Override, model.Fails},
	} {
		w, keys := afterNight(2)
		r, _, err := RerunOf(w, model.Green, keys)
		if err != nil {
			t.Fatal(err)
		}
		c.hurt(&w)
		if g := must(Ask{Rerun: r}.Plan(w, "p1")).Guard(c.guard); g.Bar != c.bar || g.Verdict != c.verdict || g.Do == "" {
			t.Errorf("%s: %+v", name, g)
		}
	}
}
