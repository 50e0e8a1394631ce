package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// wide is the settling of cells: those of many chains that takes tells, 40,000 of them.
func wide(t testing.TB, id string, takes func(chain, region int, k model.Kind) bool) *Plan {
	t.Helper()
	return wideIn(t, widest(), id, takes)
}

func wideIn(t testing.TB, w World, id string, takes func(chain, region int, k model.Kind) bool) *Plan {
	t.Helper()
	var cells []model.Cell
	for i, p := range w.Names.Inventory().Cells {
		if takes(i/4, i%4/2, p.Cell.Kind) {
			cells = append(cells, p.Cell)
		}
	}
	p, err := shiftOf(routes.Green, cells...).Plan(w, id)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Ask.Shift.Cells); n < 39_000 || n > 41_000 {
		t.Fatalf("%d cells", n)
	}
	return p
}

// widest is a world of 80,000 cells that both clusters take, made once.
var widest = sync.OnceValue(func() World {
	inv := wideInventory(20_000)
	return wideWorld(inv, routesFor(inv, always, always))
})

// hosts are a world like widest, whose chains are named like machines: no name follows from another.
var hosts = sync.OnceValue(func() World {
	inv := inventoryOf(20_000, func(i int) string { return fmt.Sprintf("db-%010x", uint64(i+1)*0x9e3779b97f4a7c15>>24) })
	return wideWorld(inv, routesFor(inv, always, always))
})

// pairs are two plans of 40,000 cells each.
func pairs(t testing.TB) map[string][2]*Plan {
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
	random := func(i, r int, k model.Kind) bool { return half[[3]int{i, r, int(k)}] }
	others := func(i, r int, k model.Kind) bool { return !random(i, r, k) }
	return map[string][2]*Plan{
		"by turns": {wide(t, "a", every(0)), wide(t, "b", every(1))},
		"by kind": {wide(t, "a", func(_, _ int, k model.Kind) bool { return k == model.Regular }),
			wide(t, "b", func(_, _ int, k model.Kind) bool { return k == model.Immutable })},
		"at random":                   {wide(t, "a", random), wide(t, "b", others)},
		"at random, named like hosts": {wideIn(t, hosts(), "a", random), wideIn(t, hosts(), "b", others)},
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

// TestAPlanOfManyCells is a record of less than 512 KiB, by which the same cells are moved.
func TestAPlanOfManyCells(t *testing.T) {
	for name, of := range pairs(t) {
		raw := must(json.Marshal(planned(t, of[0])))
		if t.Logf("%s: %d bytes", name, len(raw)); len(raw) >= 512<<10 {
			t.Errorf("%s: %d bytes", name, len(raw))
		}
		var b record.Planned
		if err := json.Unmarshal(raw, &b); err != nil {
			t.Fatal(err)
		}
		again := must(Of(b))
		if !again.Touches.Equal(of[0].Touches) || !slices.Equal(again.Ask.Shift.Cells, of[0].Ask.Shift.Cells) {
			t.Errorf("%s: written and read it is about something else", name)
		}
		if diff := cmp.Diff(of[0].Steps, again.Steps, cmp.Comparer(record.Touches.Equal)); diff != "" {
			t.Errorf("%s: written and read its steps are others: %s", name, diff)
		}
		s := &record.State{Actions: []*record.Action{{ID: "a", Touches: again.Touches, State: record.ActionRunning}}}
		for path, meets := range map[string]bool{"blue": true, "blue/cell": false, "blue/director/dir-blue-2": true, "green": false,
			"routes": true} {
			if met := len(s.Blocking(t0, record.TouchesOf(path))) == 1; met != meets {
				t.Errorf("%s meets %s: %v", name, path, met)
			}
		}
	}
}

// cellTouches are 40,000 of 80,000 cells, drawn at random, and the others: they do not meet, however near they are.
func cellTouches() (out [2]record.Touches) {
	draw := rand.New(rand.NewPCG(1, 2))
	var paths [2][]string
	for _, p := range widest().Names.Inventory().Cells {
		n := draw.IntN(2)
		paths[n] = append(paths[n], TouchCell(model.Green, p.Cell))
	}
	return [2]record.Touches{record.TouchesOf(paths[0]...), record.TouchesOf(paths[1]...)}
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
	}
	for name, of := range map[string][2]record.Touches{
		"cells": cellTouches(), "shifts": {record.TouchesOf(TouchRoutes), record.TouchesOf("blue/director/dir-blue")},
	} {
		b.Run("conflicts/"+name, func(b *testing.B) {
			s := &record.State{Actions: []*record.Action{{ID: "a", Touches: of[0], State: record.ActionRunning}}}
			for b.Loop() {
				if s.Blocking(t0, of[1]) != nil {
					b.Fatal("they meet")
				}
			}
		})
	}
}

// BenchmarkPlanShift is design §12: the plan of a shift of all 40,000 cells of 10,000 chains, guards and all, in 100 ms.
func BenchmarkPlanShift(b *testing.B) {
	inv := wideInventory(10_000)
	for name, c := range map[string]struct {
		to    model.Route
		green func(model.Cell) bool
	}{"overlap": {routes.Both, never}, "settle": {routes.Green, always}} {
		w := wideWorld(inv, routesFor(inv, always, c.green))
		ask := shiftOf(c.to, allOf(inv)...)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if p, err := ask.Plan(w, "a"); err != nil || p.Blocked() != nil {
					b.Fatal(err, p.Blocked())
				}
			}
		})
	}
}

// BenchmarkSelect finds the cells of a filter among 40,000, in the 50 ms that design §12 gives a key of it.
func BenchmarkSelect(b *testing.B) {
	inv := wideInventory(10_000)
	w := wideWorld(inv, routesFor(inv, always, func(c model.Cell) bool { return c.Kind == model.Regular }))
	for b.Loop() {
		cells, _, err := Select{Filter: "chain:orders-* route:blue 00"}.Cells(w, routes.Both)
		if err != nil || len(cells) == 0 {
			b.Fatal(len(cells), err)
		}
	}
}
