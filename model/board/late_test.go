package board

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"switchyard/model"
)

// TestLate compares with asking at every minute whether a good backup within the promise is there.
func TestLate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := CellView{Promise: time.Duration(rapid.IntRange(1, 200).Draw(t, "promise")) * time.Minute}
		var all []int64
		for _, c := range model.Clusters {
			v.On[c].Read = true
			for _, m := range rapid.SliceOfN(rapid.IntRange(-300, 700), 0, 6).Draw(t, c.String()) {
				v.On[c].Goods = append(v.On[c].Goods, noon.Add(time.Duration(m)*time.Minute).Unix())
			}
			slices.Sort(v.On[c].Goods)
			all = append(all, v.On[c].Goods...)
		}
		from, to := noon, noon.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "to"))*time.Minute)
		want := time.Duration(0)
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			kept := slices.ContainsFunc(all, func(good int64) bool {
				age := at.Sub(time.Unix(good, 0))
				return age >= 0 && age < v.Promise
			})
			if !kept {
				want += time.Minute
			}
		}
		if got, known := v.Late(from, to); !known || got != want {
			t.Fatalf("late for %v (%v), want %v", got, known, want)
		}
	})
	for _, v := range []CellView{{}, {Promise: time.Hour}, {Promise: time.Hour, On: [2]Standing{{Read: true}}}} {
		if _, known := v.Late(noon, noon.Add(time.Hour)); known {
			t.Errorf("nobody can tell of %+v", v)
		}
	}
}
