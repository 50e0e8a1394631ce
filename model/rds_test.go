package model

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var dawn = time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)

// TestEventsAreToldOnce merges what overlapping looks saw, in any order, and gets every event once and in order.
func TestEventsAreToldOnce(t *testing.T) {
	var all []RDSEvent
	for i := range 40 {
		all = append(
			all,
			RDSEvent{
				At:         dawn.Add(time.Duration(i/3) * time.Second),
				Instance:   "bacula",
				Region:     "eu-west-1",
				Says:       string(rune('a' + i%3)),
				Categories: []string{"backup"},
			},
		)
	}
	rapid.Check(t, func(t *rapid.T) {
		var known []RDSEvent
		seen := map[int]bool{}
		for range rapid.IntRange(1, 6).Draw(t, "looks") {
			from := rapid.IntRange(0, len(all)-1).Draw(t, "from")
			to := rapid.IntRange(from, len(all)).Draw(t, "to")
			before := append([]RDSEvent(nil), known...)
			merged := MergeEvents(known, all[from:to])
			if diff := cmp.Diff(before, known); diff != "" {
				t.Fatalf("merging changed what was known: %s", diff)
			}
			known = merged
			for i := from; i < to; i++ {
				seen[i] = true
			}
		}
		if len(known) != len(seen) {
			t.Fatalf("%d events told, %d seen", len(known), len(seen))
		}
		for i := 1; i < len(known); i++ {
			if known[i].At.Before(known[i-1].At) {
				t.Fatalf("event %d is older than the one before it", i)
			}
		}
	})
	long := MergeEvents(nil, nil)
	for i := range RDSEvents + 50 {
		long = MergeEvents(long, []RDSEvent{{At: dawn.Add(time.Duration(i) * time.Minute)}})
	}
	if len(long) != RDSEvents || !long[0].At.Equal(dawn.Add(50*time.Minute)) {
		t.Errorf("%d events are kept, from %v", len(long), long[0].At)
	}
}
