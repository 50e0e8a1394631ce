package record

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestPathsAreThoseThatWereTouched is that the paths of a tree are those it was made of, but for those below others.
func TestPathsAreThoseThatWereTouched(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := paths(t, "paths")
		var want []string
		for _, p := range all {
			if !slices.ContainsFunc(all, func(o string) bool { return o != p && below(p, o) }) && p != "" {
				want = append(want, p)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		var got []string
		for parts := range TouchesOf(all...).Paths() {
			got = append(got, Touch(parts...))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}
