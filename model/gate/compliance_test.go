package gate

import (
	"math"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// promised is an estate of 20 chains on green with good backups every 24 hours for 15 days.
func promised(t *testing.T) World {
	t.Helper()
	w := finished(t, 20)
	for _, c := range model.Clusters {
		w.Snapshot.Clusters[c].Week.Read = true
		w.Snapshot.Clusters[c].Catalog.From = noon.Add(-15 * day)
	}
	var goods []int64
	for d := range 15 {
		goods = append(goods, noon.Add(-time.Duration(15-d)*day+19*time.Hour).Unix())
	}
	for i := range w.Snapshot.Cells {
		c := &w.Snapshot.Cells[i]
		c.Health, c.On[model.Green].Goods = board.CellOK, goods
		c.On[model.Green].Breaks = time.Unix(goods[14], 0).Add(c.Promise)
		c.On[model.Green].Due = noon.Add(10 * time.Hour)
	}
	return w
}

func TestCompliance(t *testing.T) {
	t.Parallel()
	w := promised(t)
	c := Comply(w.Snapshot, w.Policy)
	if !c.Kept() || c.Blind != 0 || c.Parts[0].Late != 0 || c.Parts[0].Left != 1 || !c.From.Equal(noon.Add(-15*day+26*time.Hour)) {
		t.Fatalf("all is well: %+v", c)
	}
	// Two cells had no good backup for two days each, within the last 15: 48 + 24 - 26 hours late each.
	for i := range 2 {
		on := &w.Snapshot.Cells[4*i].On[model.Green]
		on.Goods = append(append([]int64{}, on.Goods[:7]...), on.Goods[9:]...)
	}
	// One has none since 30 hours: it is 4 hours late.
	on := &w.Snapshot.Cells[1].On[model.Green]
	on.Goods = append(append([]int64{}, on.Goods[:13]...), noon.Add(-30*time.Hour).Unix())
	on.Breaks = noon.Add(-4 * time.Hour)
	// One breaks in 3 hours, and its next is due in 10; another breaks in 11.
	w.Snapshot.Cells[2].On[model.Green].Breaks = noon.Add(3 * time.Hour)
	w.Snapshot.Cells[3].On[model.Green].Breaks = noon.Add(11 * time.Hour)
	c = Comply(w.Snapshot, w.Policy)
	whole := c.Parts[0]
	if whole.Cells != 80 || whole.Late != 2*46+4 || whole.Allowed != 80*720*0.005 || math.Abs(whole.Left-(1-96.0/288)) > 1e-9 {
		t.Errorf("%+v", whole)
	}
	if want := 1 / (80 * 0.005); math.Abs(whole.Burn[0]-want) > 1e-9 || math.Abs(whole.Burn[1]-want*4/6) > 1e-9 {
		t.Errorf("burns %v", whole.Burn)
	}
	if len(c.Parts) != 5 || c.Parts[1].Route != "green" {
		t.Errorf("parts %+v", c.Parts)
	}
	if len(c.Past) != 1 || len(c.Soon) != 1 || c.Soon[0].Cell != w.Snapshot.Cells[2].Cell || c.Hang != 1 || c.Kept() {
		t.Errorf("past %v, soon %v, hang %d", c.Past, c.Soon, c.Hang)
	}
	late := 0.0
	for _, p := range c.Parts[1:] {
		late += p.Late
	}
	if late != whole.Late {
		t.Errorf("the parts are late for %v, the whole for %v", late, whole.Late)
	}
}

// TestComplianceThatNobodyCanTell claims nothing of what was not read.
func TestComplianceThatNobodyCanTell(t *testing.T) {
	t.Parallel()
	w := promised(t)
	w.Snapshot.Clusters[model.Blue].Week.Read = false
	if c := Comply(w.Snapshot, w.Policy); c.Blind != 80 || c.Why == "" || !c.From.IsZero() || c.Parts[0].Cells != 0 {
		t.Errorf("%+v", c)
	}
	w = promised(t)
	for i := range w.Snapshot.Cells[:4] {
		w.Snapshot.Cells[i].On[model.Blue].Read = false
	}
	if c := Comply(w.Snapshot, w.Policy); c.Blind != 4 || c.Parts[0].Cells != 76 {
		t.Errorf("%+v", c)
	}
}
