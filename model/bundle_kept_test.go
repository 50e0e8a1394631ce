package model

import (
	"testing"
	"time"
)

// TestABundleIsJudgedByItsWord: old, missing or of a time to come, it is no fresh one.
func TestABundleIsJudgedByItsWord(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		kept BundleKept
		want Verdict
	}{
		"fresh":   {BundleKept{Made: now.Add(-time.Hour)}, Holds},
		"old":     {BundleKept{Made: now.Add(-8 * 24 * time.Hour)}, Fails},
		"missing": {BundleKept{Why: "there is none"}, Fails},
		"to come": {BundleKept{Made: now.Add(time.Hour)}, Unknown},
	} {
		if got := c.kept.Judge(now, 7*24*time.Hour); got.Verdict != c.want || got.Value == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
