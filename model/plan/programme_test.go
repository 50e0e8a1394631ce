package plan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// planned2 is a world whose journal has a programme: a backup of the cell on green, then on blue, a day apart.
func planned2(t *testing.T) (World, Programme) {
	t.Helper()
	w := calm()
	p := Programme{Says: "both", Soak: "1d", Failures: 1, Batches: []Ask{askBackup, {Backup: &Backup{Cell: cell1, Cluster: model.Blue}}}}
	b := must(p.Record(w.State, "g1"))
	of := &record.Programme{ID: "g1", Seq: 4, At: t0, Soak: b.Soak, Failures: 1, Batches: []string{"a", "b"}, Asks: b.Batches}
	w.State.Programmes = []*record.Programme{of}
	return w, p
}

func TestABatchIsAnOrdinaryPlanWhenItIsDue(t *testing.T) {
	w, _ := planned2(t)
	of := w.State.Programmes[0]
	ask, ok := NextBatch(w.State, of)
	if !ok || ask.Backup.Cluster != model.Green || *ask.Batch != (Batch{"g1", 4, 1}) {
		t.Fatalf("%+v", ask)
	}
	p := must(ask.Plan(w, "p1"))
	if g := p.Guard(guardBatch); g == nil || g.Verdict != model.Holds || p.Blocked() != nil {
		t.Fatalf("%+v, %v", g, p.Blocked())
	}
	if lines := strings.Join(p.Lines(t0), "\n"); !strings.Contains(lines, "it is batch 1 of programme 4") {
		t.Errorf("nobody is told:\n%s", lines)
	}
	if why := p.Stale(must(p.Renew(w)), t0); why != "" {
		t.Error(why)
	}
	b := must(p.Record())
	if q := must(Of(b)); b.Programme != "g1" || b.Batch != 1 || !Alike(b, must(q.Record())) {
		t.Errorf("%+v", b)
	}
	b.Batch = 2
	if _, err := Of(b); err == nil {
		t.Error("what stands beside the plan is of another batch")
	}
	blocks := func(says, way string, ask Ask, w World) {
		t.Helper()
		g := must(ask.Plan(w, "p2")).Blocked()
		if g == nil || g.ID != guardBatch || !strings.Contains(g.Value, says) || g.Do != way {
			t.Errorf("%s: %+v", says, g)
		}
	}
	other := ask
	other.Backup = &Backup{Cell: cell1, Cluster: model.Blue}
	blocks("programme 4 asks for something else", ":batch 4 opens the plan that it asks for", other, w)
	nowhere := ask
	nowhere.Batch = &Batch{Programme: "g2", Seq: 4, Number: 1}
	blocks("its programme is not in this journal", "see :programmes for those that are in this journal", nowhere, w)

	first := &record.Action{ID: "p1", Seq: 5, Programme: "g1", Batch: 1, State: record.ActionDone, Done: 1, LastAt: t0, Steps: []string{"a"}}
	w.State.Actions = []*record.Action{first}
	blocks("programme 4 asks for something else: 1 of its 2 batches are done", ":batch 4 opens the plan that it asks for", ask, w)
	second, _ := NextBatch(w.State, of)
	blocks("it soaks until 24 Nov 12:00:00", "wait until 24 Nov 12:00:00 UTC: then :batch 4 opens its plan", second, w)
	if left := Soaks(w.State.Course(of), t0.Add(time.Hour)); left != 23*time.Hour {
		t.Error(left)
	}
	w.Now, of.Soak = t0, 0
	if g := must(second.Plan(w, "p2")).Guard(guardBatch); g.Verdict != model.Holds {
		t.Errorf("%+v", g)
	}
	w.State.Actions = append(
		w.State.Actions,
		&record.Action{ID: "p0", Seq: 6, Programme: "g1", Batch: 2, State: record.ActionFailed, Intent: 9, Steps: []string{"a"}},
	)
	blocks("programme 4 stands: its stop rule", ":programme-go 4 lets it go on, :programme-stop 4 ends it", second, w)
}

func TestAProgrammeThatCannotBe(t *testing.T) {
	w, good := planned2(t)
	for says, change := range map[string]func(*Programme){
		"soak":                          func(p *Programme) { p.Soak = "later" },
		"soak is 90d at most":           func(p *Programme) { p.Soak = "13w" },
		"says what it is for":           func(p *Programme) { p.Says = "\x1b" },
		"want 1 to":                     func(p *Programme) { p.Batches = nil },
		"stops after 1 failure or more": func(p *Programme) { p.Failures = 0 },
		"batch 1 of the programme: it asks for nothing": func(p *Programme) { p.Batches = []Ask{{}} },
		"or for several things":                         func(p *Programme) { p.Batches = []Ask{{Backup: askBackup.Backup, Batch: &Batch{}}} },
	} {
		p := good
		change(&p)
		if _, err := p.Record(w.State, "g"); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	raw := must(json.Marshal(good))
	if p := must(
		DecodeProgramme(raw),
	); !strings.Contains(
		strings.Join(p.Lines(), "\n"),
		"  2  run a backup of chain001 region1 regular on blue now",
	) {
		t.Error(p.Lines())
	}
	if _, err := DecodeProgramme([]byte(`{"says":"x","until":"tomorrow"}`)); err == nil {
		t.Error("it was read although it says what nobody knows")
	}
}
