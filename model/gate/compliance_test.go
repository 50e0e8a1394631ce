package gate

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

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

// TestComplianceMinuteByMinute compares every part with a count of the minutes in which no good backup on either cluster was within the
// promise, and the lists with what a person would write.
func TestComplianceMinuteByMinute(t *testing.T) {
	t.Parallel()
	base := promised(t)
	rapid.Check(t, func(t *rapid.T) {
		w := base
		snap := *base.Snapshot
		snap.Cells = slices.Clone(base.Snapshot.Cells[:rapid.IntRange(1, 6).Draw(t, "cells")])
		w.Snapshot = &snap
		most := time.Duration(0)
		for i := range snap.Cells {
			c := &snap.Cells[i]
			c.Promise = time.Duration(rapid.IntRange(1, 40).Draw(t, "promise")) * time.Hour
			most = max(most, c.Promise)
			c.On[model.Blue].Has = []model.Verdict{model.Fails, model.Holds}[rapid.IntRange(0, 1).Draw(t, "blue")]
			for on := range c.On {
				c.On[on].Goods, c.On[on].Breaks, c.On[on].LastGood = nil, time.Time{}, nil
				for range rapid.IntRange(0, 8).Draw(t, "goods") {
					c.On[on].Goods = append(c.On[on].Goods, noon.Add(-time.Duration(rapid.IntRange(0, 15*24*60).Draw(t, "minute"))*time.Minute).Unix())
				}
				slices.Sort(c.On[on].Goods)
			}
		}
		from := noon.Add(-15 * day).Add(most)
		late := func(c *board.CellView, from time.Time) (n float64) {
			for at := from; at.Before(noon); at = at.Add(time.Minute) {
				kept := false
				for on := range c.On {
					for _, g := range c.On[on].Goods {
						end := time.Unix(g, 0)
						kept = kept || !end.After(at) && at.Before(end.Add(c.Promise))
					}
				}
				if !kept {
					n += 1.0 / 60
				}
			}
			return n
		}
		type key struct{ route, region, kind string }
		want := map[key]*[4]float64{}
		for i := range snap.Cells {
			c := &snap.Cells[i]
			hours := [4]float64{
				1,
				late(c, from),
				late(c, model.Later(from, noon.Add(-time.Hour))),
				late(c, model.Later(from, noon.Add(-6*time.Hour))),
			}
			for _, k := range []key{{}, {c.Route().String(), c.Cell.Region, c.Cell.Kind.String()}} {
				if want[k] == nil {
					want[k] = &[4]float64{}
				}
				for n := range hours {
					want[k][n] += hours[n]
				}
			}
		}
		got := Comply(&snap, w.Policy)
		if !got.From.Equal(from) || len(got.Parts) != len(want) {
			t.Fatalf("from %v, want %v; %d parts, want %d", got.From, from, len(got.Parts), len(want))
		}
		near := func(a, b float64) bool { return math.Abs(a-b) < 1e-6*max(1, math.Abs(b)) }
		for _, p := range got.Parts {
			x := want[key{p.Route, p.Region, p.Kind}]
			if x == nil {
				t.Fatalf("nobody wants %+v", p)
			}
			allowed := x[0] * 720 * w.Policy.BudgetShare
			one, six := min(1, noon.Sub(from).Hours()), min(6, noon.Sub(from).Hours())
			burn := [2]float64{x[2] / one / (x[0] * w.Policy.BudgetShare), x[3] / six / (x[0] * w.Policy.BudgetShare)}
			if float64(p.Cells) != x[0] || !near(p.Late, x[1]) || !near(p.Allowed, allowed) || !near(p.Left, 1-x[1]/allowed) ||
				!near(p.Burn[0], burn[0]) || !near(p.Burn[1], burn[1]) || p.Fast != (p.Burn[0] >= 14.4 || p.Burn[1] >= 6) {
				t.Fatalf("%+v, want %v, allowed %v, burn %v", p, *x, allowed, burn)
			}
		}
	})
}

// TestWhatBreaksWithinTwelveHours sorts every cell by when its promise breaks and whether a backup of it is due before.
func TestWhatBreaksWithinTwelveHours(t *testing.T) {
	t.Parallel()
	base := promised(t)
	rapid.Check(t, func(t *rapid.T) {
		snap := *base.Snapshot
		snap.Cells = slices.Clone(base.Snapshot.Cells[:rapid.IntRange(1, 8).Draw(t, "cells")])
		past, soon, hang := 0, 0, 0
		for i := range snap.Cells {
			on := &snap.Cells[i].On[model.Green]
			breaks, due := rapid.IntRange(-20, 20).Draw(t, "breaks"), rapid.IntRange(-1, 20).Draw(t, "due")
			on.Breaks, on.Due = noon.Add(time.Duration(breaks)*time.Hour), time.Time{}
			if due >= 0 {
				on.Due = noon.Add(time.Duration(due) * time.Hour)
			}
			switch {
			case breaks <= 0:
				past++
			case breaks > 12:
			case due < 0 || due > breaks:
				soon++
			default:
				hang++
			}
		}
		c := Comply(&snap, base.Policy)
		if len(c.Past) != past || len(c.Soon) != soon || c.Hang != hang {
			t.Fatalf("past %d, soon %d, hang %d; want %d, %d, %d", len(c.Past), len(c.Soon), c.Hang, past, soon, hang)
		}
		if !slices.IsSortedFunc(c.Soon, func(a, b Breaking) int { return a.At.Compare(b.At) }) {
			t.Fatalf("%v", c.Soon)
		}
	})
}
