package record

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestRoutesPast: whatever comes, the newest is the last, and what was in force at any moment of the time that is kept is there.
func TestRoutesPast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &State{}
		var all []RoutesAt
		at := t0
		for n := range rapid.IntRange(1, 40).Draw(t, "records") {
			at = at.Add(time.Duration(rapid.IntRange(0, 4*24).Draw(t, "hours")) * time.Hour)
			was := s.RoutesPast
			kept := append([]RoutesAt{}, was...)
			all = append(all, RoutesAt{int64(n + 1), at, json.RawMessage(fmt.Sprintf(`{"n":%d}`, n))})
			s.inForce(all[n].Document, all[n].Seq, at)
			for i := range was {
				if was[i].Seq != kept[i].Seq {
					t.Fatal("the state before it was changed")
				}
			}
		}
		newest := s.RoutesPast[len(s.RoutesPast)-1]
		if newest.Seq != s.RoutesSeq || string(newest.Document) != string(s.Routes) {
			t.Fatalf("%+v is the newest, %d in force", newest, s.RoutesSeq)
		}
		when := at.Add(-time.Duration(rapid.IntRange(0, int(RoutesKept/time.Hour)).Draw(t, "before")) * time.Hour)
		find := func(of []RoutesAt) (seq int64) {
			for _, r := range of {
				if !r.At.After(when) {
					seq = r.Seq
				}
			}
			return seq
		}
		if find(s.RoutesPast) != find(all) {
			t.Fatalf("%d was in force, %d is told", find(all), find(s.RoutesPast))
		}
		if len(s.RoutesPast) > 1 && !s.RoutesPast[1].At.After(at.Add(-RoutesKept)) {
			t.Fatal("more is kept than is needed")
		}
	})
}
