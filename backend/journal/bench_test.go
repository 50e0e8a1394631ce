package journal

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"switchyard/model/record"
)

func BenchmarkAppendDirectory(b *testing.B) {
	d, err := MakeDir(filepath.Join(b.TempDir(), "journal"))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	j, err := Begin(b.Context(), d, prod, "ann", nil)
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := j.Append(b.Context(), "ann", Say(record.Note{Says: "a remark of the length that remarks have"})); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds()), "p95-µs")
}

func BenchmarkOpen10k(b *testing.B) {
	d, err := MakeDir(filepath.Join(b.TempDir(), "journal"))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	j, err := Begin(b.Context(), d, prod, "ann", nil)
	if err != nil {
		b.Fatal(err)
	}
	for i := range 10_000 {
		what := Say(record.Note{Says: "a remark of the length that remarks have"})
		if i%8 == 0 {
			what = Say(slot(NewID()))
		}
		if _, err := j.Append(b.Context(), "ann", what); err != nil {
			b.Fatal(err)
		}
	}
	cached := prod
	cached.Cache = filepath.Join(b.TempDir(), "cache")
	if _, err := Open(b.Context(), d, cached); err != nil {
		b.Fatal(err)
	}
	for name, o := range map[string]Options{"files": prod, "cache": cached} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Open(b.Context(), d, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
