package main

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever others do, what is told is what was counted; what was not counted is an error and no budget that holds.
func TestRates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		some := func(name string) int64 { return rapid.Int64Range(0, 1000).Draw(t, name) }
		before := counters{some("statements"), some("selects"), some("rows")}
		selects, others, rows := some("more selects"), some("others"), some("more rows")
		after := counters{before.statements + selects + others, before.selects + selects, before.rows + rows}
		perSecond, perSelect, err := rates(before, after, 30*time.Second)
		if selects == 0 {
			if err == nil {
				t.Fatalf("no SELECT in 30 s is %v a second", perSecond)
			}
			return
		}
		near := func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
		if err != nil || !near(perSecond*30, float64(selects+others)) || !near(perSelect*float64(selects), float64(rows)) {
			t.Fatalf("%v a second, %v rows each, %v", perSecond, perSelect, err)
		}
		if _, _, err := rates(after, before, 30*time.Second); err == nil {
			t.Fatal("counters that went back are a rate")
		}
	})
}
