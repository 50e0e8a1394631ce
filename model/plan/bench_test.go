package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// wide is a toy plan that touches cells: those of 10,000 chains and more that take tells, 40,000 of them.
func wide(t testing.TB, w World, id string, chains int, takes func(chain, region int, k model.Kind) bool) *Plan {
	var paths []string
	for i := range chains {
		for region := range 2 {
			for _, k := range []model.Kind{model.Regular, model.Immutable} {
				if takes(i, region, k) {
					cell := model.Cell{Chain: fmt.Sprintf("orders-eu-%05d", i+1), Region: fmt.Sprintf("region%d", region+1), Kind: k}
					paths = append(paths, TouchCell(model.Green, cell))
				}
			}
		}
	}
	p, err := w.Finish(&Plan{
		ID:      id,
		Ask:     askCancel,
		Verb:    "toy",
		Confirm: id,
		Steps: []Step{
			{Name: "push", Order: Order{ByHand: &ByHand{Text: "push", Touches: record.TouchesOf(paths...)}}, Limit: time.Hour},
		},
	}, "director-answers")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// pairs are two plans of 40,000 cells each that do not meet, however near they are.
func pairs(t testing.TB) map[string][2]*Plan {
	w := calm()
	draw := rand.New(rand.NewPCG(1, 2))
	half := map[[3]int]bool{}
	for i := range 20_000 {
		for r := range 2 {
			for k := range 2 {
				half[[3]int{i, r, k}] = draw.IntN(2) == 0
			}
		}
	}
	every := func(n int) func(int, int, model.Kind) bool {
		return func(i, _ int, _ model.Kind) bool { return i%2 == n }
	}
	return map[string][2]*Plan{
		"by turns": {wide(t, w, "a", 20_000, every(0)), wide(t, w, "b", 20_000, every(1))},
		"by kind": {wide(t, w, "a", 20_000, func(_, _ int, k model.Kind) bool { return k == model.Regular }),
			wide(t, w, "b", 20_000, func(_, _ int, k model.Kind) bool { return k == model.Immutable })},
		"at random": {wide(t, w, "a", 20_000, func(i, r int, k model.Kind) bool { return half[[3]int{i, r, int(k)}] }),
			wide(t, w, "b", 20_000, func(i, r int, k model.Kind) bool { return !half[[3]int{i, r, int(k)}] })},
	}
}

func planned(t testing.TB, p *Plan) record.Planned {
	t.Helper()
	b, err := p.Record()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestAPlanOfManyCells is a record of less than 512 KiB, whose neighbour is told from what it meets.
func TestAPlanOfManyCells(t *testing.T) {
	for name, of := range pairs(t) {
		raw := must(json.Marshal(planned(t, of[0])))
		if len(raw) >= 512<<10 {
			t.Errorf("%s: %d bytes", name, len(raw))
		}
		var b record.Planned
		if err := json.Unmarshal(raw, &b); err != nil {
			t.Fatal(err)
		}
		again := must(Of(b))
		if !again.Touches.Equal(of[0].Touches) || !must(again.Rows())[0].touches(World{}, &again.Steps[0].Order).Equal(of[0].Touches) {
			t.Errorf("%s: written and read it touches something else", name)
		}
		s := &record.State{Actions: []*record.Action{{ID: "a", Touches: again.Touches, State: record.ActionRunning}}}
		if n := len(s.Blocking(t0, of[1].Touches)); n != 0 {
			t.Errorf("%s: they meet", name)
		}
		for _, path := range []string{"green", "green/cell", "routes"} {
			if met := len(s.Blocking(t0, record.TouchesOf(path))) == 1; met != (path != "routes") {
				t.Errorf("%s meets %s: %v", name, path, met)
			}
		}
	}
}

// BenchmarkPlanOf40000 is design §12: a plan of 40,000 cells is a record of at most 512 KiB, and what it meets is found in 5 ms.
func BenchmarkPlanOf40000(b *testing.B) {
	for name, of := range pairs(b) {
		b.Run("record/"+name, func(b *testing.B) {
			var raw []byte
			for b.Loop() {
				raw = must(json.Marshal(planned(b, of[0])))
			}
			b.ReportMetric(float64(len(raw))/1024, "KiB")
		})
		b.Run("conflicts/"+name, func(b *testing.B) {
			s := &record.State{Actions: []*record.Action{{ID: "a", Touches: of[0].Touches, State: record.ActionRunning}}}
			for b.Loop() {
				if s.Blocking(t0, of[1].Touches) != nil {
					b.Fatal("they meet")
				}
			}
		})
	}
}
