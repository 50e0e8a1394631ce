package check

import (
	"testing"

	"switchyard/backend/bacula/push/render"
)

// BenchmarkPush is our own time of a push of 1,000 jobs: rendering them, with the other cluster's in the way, and checking the text within
// the Director's own configuration.
func BenchmarkPush(b *testing.B) {
	in := input(b, 250)
	beside := standing(b, own)
	for b.Loop() {
		out, err := render.Render(in)
		if err != nil {
			b.Fatal(err)
		}
		if fs := Text(
			out.Text,
			Want{Jobs: out.Jobs, Runs: out.Runs, CellOf: in.Names.Cell, Bacula: Version{9, 6}, Other: beside},
		); len(fs) > 0 ||
			len(out.Jobs) != 1000 {
			b.Fatalf("%d jobs: %v", len(out.Jobs), told(fs))
		}
	}
}
