package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// places gives every node its line and column; the parser has no one place for what is not there.
func (d *document) places(n node) node {
	if n.at = d.lineColumn(n.at); n.shape == null {
		n.at = place{}
	}
	kids := n.kids
	n.kids = nil
	for _, k := range kids {
		n.kids = append(n.kids, d.places(k))
	}
	return n
}

// agree asks that the parser reads a text in one as another reader has read it: the same values at the same places.
func agree(t interface{ Fatalf(string, ...any) }, source string, read node) {
	d := &document{title: "x", source: source}
	root := d.parsePiece(piece{text: source})
	if len(d.faults) > 0 {
		t.Fatalf("%q is read, but in one: %v", source, d.err())
	}
	if diff := cmp.Diff(d.places(root), d.places(read), cmp.AllowUnexported(node{}, place{})); diff != "" {
		t.Fatalf("%q (-in one +read):\n%s", source, diff)
	}
}

// inPieces reads a text in pieces of at least so many bytes; not ok when it is left to be read in one.
func inPieces(source string, size int) (root node, n int, ok bool) {
	d := &document{title: "x", source: source}
	frame, pieces := cutChains(source, size)
	if len(pieces) > 0 {
		root, ok = d.joined(frame, pieces)
	}
	return root, len(pieces), ok
}

func TestInventoriesAreReadInPieces(t *testing.T) {
	yaml, asJSON := sized(20)
	for source, least := range map[string]int{
		readTestdata(t, "inventory.yaml"):      1,
		yaml:                                   19,
		strings.ReplaceAll(yaml, "\n  ", "\n"): 19, // dashes below the key
		strings.Replace(yaml, "chains:\n", "chains:\n\n  # first\n\n", 1):    0,
		strings.ReplaceAll(yaml, "\n  - name", "\n# a chain\n\n  - name"):    0,
		strings.ReplaceAll(yaml, "    tier: 1\n", "    tier: 1\n\n # one\n"): 19,
		yaml + "# the end\nlast: [a]\n":                                      19,
	} {
		root, n, ok := inPieces(source, 1)
		if n < least || least > 0 && !ok {
			t.Errorf("%.80q is cut into %d, read: %v", source, n, ok)
		}
		if ok {
			agree(t, source, root)
		}
	}
	root, why, at := readJSON(asJSON)
	if why != "" {
		t.Fatal(why, at)
	}
	agree(t, asJSON, root)
}

// What is wrong in any piece, and what goes on from one into the next, is told as it is of the whole.
func TestMistakesInPieces(t *testing.T) {
	yaml, _ := sized(70)
	lines := strings.SplitAfter(yaml, "\n")
	wrongs := []string{
		"  - [\n",
		"  - \"a\n",
		"  - {a: b\n",
		"\t- a\n",
		"   - a\n",
		" - a\n",
		"  - &a b\n",
		"  - a: b: c\n",
		"---\n",
		"- a\n",
		"  a: b\n",
		"  - |\n",
		"  - 'a\n  - b'\n",
		"  - [a,\n  - b]\n",
		": \n",
	}
	rapid.Check(t, func(t *rapid.T) {
		wrong := rapid.SampledFrom(wrongs).Draw(t, "wrong")
		at := rapid.IntRange(3, len(lines)-1).Draw(t, "line")
		source := strings.Join(lines[:at], "") + wrong + strings.Join(lines[at:], "")
		whole := &document{title: "x", source: source, open: true}
		whole.root = whole.parsePiece(piece{text: unpadded(source)})
		d := parse("x", []byte(source), true, false)
		if diff := cmp.Diff(fmt.Sprint(whole.err()), fmt.Sprint(d.err())); diff != "" {
			t.Fatalf("%q in line %d (-in one +in pieces):\n%s", wrong, at+1, diff)
		}
		if len(d.faults) == 0 {
			agree(t, unpadded(source), d.root)
		}
	})
}

// A generated inventory is mostly YAML that people could have written, with some mistakes in it.
func TestPiecesAgree(t *testing.T) {
	line := rapid.Custom(func(t *rapid.T) string {
		scalar := rapid.OneOf(
			rapid.SampledFrom(
				[]string{
					"abc",
					"7d",
					"1",
					"1.5",
					"true",
					"null",
					"~",
					"\"q: # x\"",
					"'s # {'",
					"\"\"",
					"[a, b]",
					"{a: b, c: [d]}",
					"{}",
					"[ ]",
					"{a: }",
					"a: b",
					"# c",
					"a # c",
					"-",
					"--- x",
					"- x",
					"{a: 1} # c",
					"|",
					">-",
					"| # c",
					"&a",
					"*a",
					"!t",
					"\"a",
					"b\"",
					"'a",
					"[a,",
					"b]",
					"{a: b,",
					"é",
					"...",
					"a\\",
				},
			),
			rapid.StringMatching(`[-a0:# .~"'|\[\]{},]{0,5}`),
		)
		indent := strings.Repeat(" ", rapid.SampledFrom([]int{0, 1, 2, 2, 2, 2, 3, 4, 4, 4, 6}).Draw(t, "indent"))
		dash := rapid.SampledFrom([]string{"", "", "- k: ", "- name: ", "- ", "-   ", "# "}).Draw(t, "dash")
		key := rapid.SampledFrom([]string{"", "", "k: ", "name: ", "\"k\": ", "chains: ", "k:"}).Draw(t, "key")
		return indent + dash + key + scalar.Draw(t, "scalar")
	})
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.SampledFrom([]string{"", "", "a: b\n", "a:\n  - b\n", "# c\n\n", "chains: []\n", "\"a\n", "a: |\n", "---\n"}).
			Draw(t, "before")
		first := rapid.SampledFrom([]string{"  - k: v\n", "  - {k: v}\n", "- k: v\n"}).Draw(t, "first")
		source := before + "chains:\n" + first + strings.Join(
			rapid.SliceOfN(line, 1, 12).Draw(t, "lines"),
			"\n",
		) + rapid.SampledFrom([]string{"", "\n", "\n\n"}).
			Draw(t, "end")
		if root, _, ok := inPieces(unpadded(source), rapid.SampledFrom([]int{1, 1, 5, 20}).Draw(t, "size")); ok {
			agree(t, unpadded(source), root)
		}
	})
}

// TestSpacesAtTheEndOfALine change neither a value nor a place.
func TestSpacesAtTheEndOfALine(t *testing.T) {
	base := readTestdata(t, "inventory.yaml")
	rapid.Check(t, func(t *rapid.T) {
		lines := strings.Split(base, "\n")
		for range rapid.IntRange(1, 5).Draw(t, "lines") {
			lines[rapid.IntRange(0, len(lines)-1).Draw(t, "line")] += strings.Repeat(" ", rapid.IntRange(1, 3).Draw(t, "spaces"))
		}
		plain, padded := parse("x", []byte(base), true, false), parse("x", []byte(strings.Join(lines, "\n")), true, false)
		if err := padded.err(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plain.places(plain.root), padded.places(padded.root), cmp.AllowUnexported(node{}, place{})); diff != "" {
			t.Fatal(diff)
		}
	})
	text := parse("x", []byte("a: |\n  b  \n  c\n"), true, false)
	if got := text.root.value(0).text; got != "b  \nc\n" {
		t.Errorf("%q", got)
	}
}

func FuzzPieces(f *testing.F) {
	for _, s := range []string{"chains:\n- a: b\n- b: c\n  d: [e, {f: " +
		"g}]\n", "a: b\nchains:\n  - a\n  - \"b\n  - " +
		"c\"\n", "chains:\n  - |\n    a\n  - b\nd: e\n", "chains:\n  - |\n   00\n  - 0\n: ", "chains:\n  - |+\n  - 0", "chains:\n- \n- 0\n0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		d := &document{title: "x", source: source}
		if strings.Contains(source, "\r") || !d.readable() {
			return
		}
		if root, _, ok := inPieces(source, 1); ok {
			agree(t, source, root)
		}
	})
}

// BenchmarkYAML is a long inventory, given to the parser in one and in pieces.
func BenchmarkYAML(b *testing.B) {
	for _, n := range []int{250, 10_000} {
		source, _ := sized(n)
		d := &document{title: "x", source: source}
		b.Run(fmt.Sprintf("in one/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.parsePiece(piece{text: source})
			}
		})
		b.Run(fmt.Sprintf("in pieces/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.parseYAML()
			}
		})
	}
}
