package main

import (
	"strings"
	"testing"
	"time"

	"switchyard/model/gate"
)

// TestTheReportSaysFirstWhatIsWrong: also where no cell is past its promise now, and only a budget is overspent.
func TestTheReportSaysFirstWhatIsWrong(t *testing.T) {
	t.Parallel()
	part := func(left float64, fast bool) gate.BudgetPart {
		return gate.BudgetPart{Route: "blue", Region: "region2", Kind: "immutable", Left: left, Fast: fast}
	}
	for name, x := range map[string]struct {
		c    gate.Compliance
		want string
	}{
		"all is well": {gate.Compliance{Parts: []gate.BudgetPart{{Left: 1}, part(1, false)}}, "Every promise is kept."},
		"a budget is overspent": {gate.Compliance{Parts: []gate.BudgetPart{{Left: 0.8}, part(-0.2, false)}},
			"0 cells are past their promise, 0 will be within 12 hours. The error budget is overspent: blue region2 immutable."},
		"all of it fast, and some cells are not known": {gate.Compliance{Parts: []gate.BudgetPart{{Fast: true}, part(1, false)}, Blind: 3},
			"0 cells are past their promise, 0 will be within 12 hours. The error budget is used up fast: of all cells. " +
				"Of 3 cells nobody can tell."},
	} {
		x.c.From = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		if is := (reportTold{Compliance: &x.c}).verdict(); is != x.want {
			t.Errorf("%s: %q, want %q", name, is, x.want)
		}
	}
}

// TestAForecastOfWhatIsOver draws nothing: it neither settles the last cell each day anew, nor gives chances.
func TestAForecastOfWhatIsOver(t *testing.T) {
	t.Parallel()
	now, none := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), 0
	for until, want := range map[time.Time]string{now: "so it is by now", now.Add(72 * time.Hour): "4 Mar 2026"} {
		var out strings.Builder
		told := forecastTold{jsonVersion, &gate.Finish{At: now, Left: &none, Settled50: now, Settled90: now, Done50: until, Done90: until}}
		if err := told.write(&out); err != nil {
			t.Fatal(err)
		}
		if is := out.String(); !strings.HasPrefix(is, "last cell settled      all of them are\nblue has nothing left  "+want+"\n") {
			t.Errorf("%s", is)
		}
	}
}
