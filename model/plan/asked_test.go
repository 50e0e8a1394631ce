package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"switchyard/model/record"
	"switchyard/model/routes"
)

// TestCellsThatWereAskedForAreWrittenOnce: of a journal's plan every order is about the cells that it was made for; where nobody asked for
// any, an order that is about those is refused, and drains no nothing.
func TestCellsThatWereAskedForAreWrittenOnce(t *testing.T) {
	inv := wideInventory(3)
	w := wideWorld(inv, routesFor(inv, always, always))
	p := must(shiftOf(routes.Green, inv.Cells[0].Cell, inv.Cells[5].Cell).Plan(w, "p1"))
	drained := func(p *Plan) record.Touches {
		for i := range p.Steps {
			if d := p.Steps[i].Order.Drained; d != nil {
				return d.Cells
			}
		}
		t.Fatal("nothing is drained")
		return record.Touches{}
	}
	want := drained(p)
	b := must(p.Record())
	if n := strings.Count(string(b.Plan), want.Lines()[0]); n != 1 {
		t.Errorf("the cells are written %d times: %s", n, b.Plan)
	}
	if drained(p).None() {
		t.Error("the plan that was recorded has lost its cells")
	}
	if got := drained(must(Of(b))); !got.Equal(want) {
		t.Errorf("it drains %v, and was made for %v", got, want)
	}
	other := *p
	other.Ask = askCancel
	raw := strings.Replace(
		string(must(json.Marshal(&other))),
		`"drained":{"cluster":"blue","cells":`,
		`"drained":{"cluster":"blue","cells_asked_for":true,"cells":`,
		1,
	)
	if _, err := Decode([]byte(raw)); err == nil || !strings.Contains(err.Error(), "none were") {
		t.Errorf("cells that nobody asked for: %v", err)
	}
}
