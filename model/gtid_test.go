package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const gtidA, gtidB = "fb54a210-e63a-11f1-8cc3-02fc00000001", "0c94a210-e63a-11f1-8cc3-02fc00000002"

func TestGTIDsOfRealServers(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		gtidA + ":1-4":       gtidA + ":1-4",
		gtidA + ":1-4:5:7-9": gtidA + ":1-5:7-9",
		gtidA + ":3,\n" + gtidB + ":1-2,\n" + gtidA + ":1-2": gtidB + ":1-2," + gtidA + ":1-3",
		gtidA + ":1-2:blue:5:1-3":                            gtidA + ":1-2:blue:1-3:5",
		strings.ToUpper(gtidA) + ":9":                        gtidA + ":9",
	} {
		s, err := ParseGTIDs(text)
		if err != nil || s.String() != want {
			t.Errorf("ParseGTIDs(%q) = %q, %v; want %q", text, s, err, want)
		}
	}
	for _, text := range []string{"1-4", gtidA, gtidA + ":0-4", gtidA + ":5-4", gtidA + ":-4", gtidA + ":1-", gtidA + ":1_x", "0-1-5",
		gtidA[1:] + ":1"} {
		if s, err := ParseGTIDs(text); err == nil {
			t.Errorf("ParseGTIDs(%q) = %q, want an error", text, s)
		}
	}
}

// TestGTIDArithmetic compares with sets of single transactions.
func TestGTIDArithmetic(t *testing.T) {
	sources := []string{gtidA, gtidB, gtidA + ":blue"}
	draw := func(t *rapid.T, label string) (GTIDSet, map[string]bool) {
		plain := map[string]bool{}
		var texts []string
		for range rapid.IntRange(0, 6).Draw(t, label) {
			src := rapid.SampledFrom(sources).Draw(t, "source")
			from := rapid.IntRange(1, 30).Draw(t, "from")
			to := from + rapid.IntRange(0, 8).Draw(t, "more")
			texts = append(texts, fmt.Sprintf("%s:%d-%d", src, from, to))
			for i := from; i <= to; i++ {
				plain[fmt.Sprint(src, "/", i)] = true
			}
		}
		s, err := ParseGTIDs(strings.Join(texts, ","))
		if err != nil {
			t.Fatal(err)
		}
		return s, plain
	}
	rapid.Check(t, func(t *rapid.T) {
		a, pa := draw(t, "a")
		b, pb := draw(t, "b")
		want := maps.Clone(pa)
		maps.DeleteFunc(want, func(k string, _ bool) bool { return pb[k] })
		left := a.Minus(b)
		if left.Count() != uint64(len(want)) {
			t.Fatalf("%q minus %q = %q, %d transactions; want %d: %v", a, b, left, left.Count(), len(want), slices.Sorted(maps.Keys(want)))
		}
		if again, err := ParseGTIDs(left.String()); err != nil || !again.Equal(left) {
			t.Fatalf("%q does not round-trip: %q, %v", left, again, err)
		}
		if left.Empty() != (len(want) == 0) || !a.Minus(a).Empty() || !left.Minus(a).Empty() {
			t.Fatalf("%q minus %q = %q", a, b, left)
		}
	})
}

func FuzzParseGTIDs(f *testing.F) {
	f.Add(gtidA + ":1-4:7,\n" + gtidB + ":blue:3")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseGTIDs(text)
		if err != nil {
			return
		}
		if again, err := ParseGTIDs(s.String()); err != nil || !again.Equal(s) {
			t.Fatalf("%q became %q: %v", text, s, err)
		}
	})
}
