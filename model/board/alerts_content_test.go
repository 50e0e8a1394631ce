package board

import (
	"strings"
	"testing"

	"switchyard/model"
)

func TestWhatACatalogHoldsThatNobodyKnowsIsTold(t *testing.T) {
	told := func(version int, flaws ...string) map[string]Alert {
		w := newBoard(t, midday)
		w.Catalog(model.Green, model.Catalog{Host: "db:3306", Version: version, Flaws: flaws}, nil, nil, midday)
		out := map[string]Alert{}
		for _, a := range w.Snapshot(midday).Alerts {
			if strings.HasPrefix(a.ID, "version:") || strings.HasPrefix(a.ID, "flaws:") {
				out[a.ID] = a
			}
		}
		return out
	}
	for _, v := range []int{16, 1022, 1026} {
		if got := told(v); len(got) > 0 {
			t.Errorf("version %d: %v", v, got)
		}
	}
	for v, words := range map[int]string{15: "is of version 15", 1027: "is of version 1027", 500: "is of version 500", 0: "cannot be read"} {
		if a := told(v)["version:green"]; !strings.Contains(a.Says, words) || a.Severity != model.Warn || a.Do == "" ||
			*a.Cluster != model.Green {
			t.Errorf("version %d: %+v", v, a)
		}
	}
	if a := told(16, "JobId 7: JobFiles: x")["flaws:green"]; !strings.HasSuffix(
		a.Says,
		"has a row of Job that cannot be read whole: JobId 7: JobFiles: x",
	) ||
		a.Do == "" {
		t.Errorf("%+v", a)
	}
	if a := told(16, "a", "b", "c", "d")["flaws:green"]; !strings.HasSuffix(
		a.Says,
		"has 4 rows of Job that cannot be read whole: a, b, c and 1 more",
	) {
		t.Errorf("%+v", a)
	}
}
