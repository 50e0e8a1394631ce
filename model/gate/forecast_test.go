package gate

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// moving is a migration of 100 cells of which some were settled by day, the newest last, and the rest are blue's.
func moving(t *testing.T, byDay ...int) World {
	t.Helper()
	w := finished(t, 25)
	for _, c := range model.Clusters {
		w.Snapshot.Clusters[c].Catalog.From = noon.Add(-14 * day)
	}
	i := 0
	for d, n := range byDay {
		for range n {
			at := noon.Add(-time.Duration(len(byDay)-1-d)*day - time.Hour)
			w.Snapshot.Cells[i].On[model.Blue].Last = &model.Job{End: at}
			i++
		}
	}
	for ; i < len(w.Snapshot.Cells); i++ {
		w.Snapshot.Cells[i].On[model.Blue].Has = model.Holds
		w.Snapshot.Cells[i].On[model.Blue].Last = &model.Job{End: noon.Add(-time.Hour)}
	}
	return w
}

func TestForecast(t *testing.T) {
	t.Parallel()
	steady := Forecast(moving(t, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4), TestPace{}, nil) // 56 of 100: 44 are left, 4 a day
	if want := noon.Add(11 * day); steady.Why != "" || *steady.Left != 44 || !steady.Settled50.Equal(want) || !steady.Settled90.Equal(want) ||
		!steady.Done50.Equal(want.Add(7*day)) {
		t.Errorf("%+v", steady)
	}
	if !strings.Contains(steady.Buys, "4 times as many cells a day makes it end 8 days earlier") {
		t.Errorf("buys %q", steady.Buys)
	}
	rough := Forecast(moving(t, 0, 0, 14, 0, 0, 0, 14, 0, 0, 14, 0, 0, 0, 14), TestPace{}, nil)
	if rough.Why != "" || !rough.Settled90.After(rough.Settled50) || rough.Settled50.Before(steady.Settled50.Add(-3*day)) {
		t.Errorf("%+v", rough)
	}
	if again := Forecast(moving(t, 0, 0, 14, 0, 0, 0, 14, 0, 0, 14, 0, 0, 0, 14), TestPace{}, nil); !again.Settled90.Equal(rough.Settled90) {
		t.Errorf("the same gives %v and %v", rough.Settled90, again.Settled90)
	}
	slow := moving(t, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	if f := Forecast(slow, TestPace{}, nil); f.Why == "" && f.Settled50.Before(noon.Add(300*day)) {
		t.Errorf("3 cells in 14 days: %+v", f)
	}
}

func TestAForecastIsRefused(t *testing.T) {
	t.Parallel()
	for says, w := range map[string]World{
		"cells were settled on 2 days of the last 14": moving(t, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5),
		"cells were settled on 0 days":                moving(t),
	} {
		if f := Forecast(w, TestPace{}, nil); !strings.Contains(f.Why, says) || !f.Done50.IsZero() {
			t.Errorf("%q, want %q; %v", f.Why, says, f.Done50)
		}
	}
	w := moving(t, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4)
	w.Snapshot.Cells[0].On[model.Green].Has = model.Unknown
	if f := Forecast(w, TestPace{}, nil); !strings.Contains(f.Why, "the routes of 1 cell") || f.Left != nil {
		t.Errorf("%q", f.Why)
	}
	w = moving(t, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4)
	for _, c := range model.Clusters {
		w.Snapshot.Clusters[c].Catalog.From = noon.Add(-5 * day)
	}
	if f := Forecast(w, TestPace{}, nil); !strings.Contains(f.Why, "only 5 days") || len(f.PerDay) != 5 {
		t.Errorf("%q", f.Why)
	}
	w.Snapshot.Source(model.CatalogOf(model.Blue)).Why = "connection refused"
	if f := Forecast(w, TestPace{}, nil); !strings.Contains(f.Why, "connection refused") || f.Left != nil || len(f.PerDay) > 0 {
		t.Errorf("%q", f.Why)
	}
	done := finished(t, 5)
	done.Snapshot.Cells[0].On[model.Blue].LastGood = &model.Job{End: noon.Add(-5 * day)}
	if f := Forecast(done, TestPace{}, nil); f.Why != "" || !f.Done50.Equal(noon.Add(2*day)) || *f.Left != 0 {
		t.Errorf("%+v", f)
	}
}

func TestAForecastWaitsForRestoreTests(t *testing.T) {
	t.Parallel()
	w := moving(t, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4) // 11 days at this pace
	w.Policy.EvidenceLife = 20 * day
	settled := noon.Add(11 * day)
	for name, c := range map[string]struct {
		pace        TestPace
		settled     time.Time
		binds, buys string
	}{
		"none":       {TestPace{}, settled, "settling the 44 cells", ""},
		"all proven": {TestPace{Groups: 8, Round: 15 * day}, settled, "settling the 44 cells", ""},
		"soon":       {TestPace{Groups: 8, Unmet: 8, Round: 5 * day}, settled, "settling the 44 cells", ""},
		"late": {TestPace{Groups: 8, Unmet: 3, Round: 15 * day}, noon.Add(15 * day), "3 groups of 8 groups were never",
			"up to 4d earlier"},
		"lapses":              {TestPace{Groups: 8, Round: 50 * day}, settled, "once in 50d, and a test counts for 20d", "3 times the budget"},
		"late, and it lapses": {TestPace{Groups: 8, Unmet: 1, Round: 50 * day}, noon.Add(50 * day), "a test counts for 20d", "3 times"},
	} {
		f := Forecast(w, c.pace, nil)
		if f.Why != "" || !f.Settled50.Equal(c.settled) || f.Settled90.Before(f.Settled50) || !f.Done50.Equal(c.settled.Add(7*day)) ||
			!strings.Contains(f.Binds, c.binds) || !strings.Contains(f.Buys, c.buys) {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if f := Forecast(w, TestPace{Groups: 8, Never: 2, Over: "of sd-1 it takes 5h", Budget: time.Hour, Round: day}, nil); !strings.Contains(
		f.Why,
		"of 2 groups no restore test ever fits into the budget; of sd-1 it takes 5h",
	) ||
		!f.Settled50.IsZero() {
		t.Errorf("%+v", f)
	}
}
