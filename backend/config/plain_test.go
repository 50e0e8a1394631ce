package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
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

// agree asks that the YAML parser reads what the plain reader reads, the same values at the same places. The parser counts
// one column too many where spaces end a line.
func agree(t interface{ Fatalf(string, ...any) }, source string, fast node) {
	d := &document{title: "x", source: source}
	d.parseYAML()
	if len(d.faults) > 0 {
		t.Fatalf("%q is read plainly, but: %v", source, d.err())
	}
	places := cmp.Options{}
	if strings.Contains(source, " \n") || strings.HasSuffix(source, " ") {
		places = append(places, cmpopts.IgnoreTypes(place{}))
	}
	if diff := cmp.Diff(d.places(d.root), d.places(fast), cmp.AllowUnexported(node{}, place{}), places); diff != "" {
		t.Fatalf("%q (-parser +plain):\n%s", source, diff)
	}
}

func TestPlainReadsOurFiles(t *testing.T) {
	yaml, asJSON := sized(20)
	for _, source := range []string{readTestdata(t, "switchyard.yaml"), readTestdata(t, "inventory.yaml"), yaml} {
		root, ok := readPlain(source)
		if !ok {
			t.Fatalf("%.60q is left to the parser", source)
		}
		agree(t, source, root)
	}
	root, why, at := readJSON(asJSON)
	if why != "" {
		t.Fatal(why, at)
	}
	agree(t, asJSON, root)
}

func TestJSONMistakes(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{``, "x:1:1: a value is missing"},
		{`{"a": }`, "x:1:7: a value is missing"},
		{`{"a": 1`, "x:1:8: a comma or } is missing"},
		{`{"a": [1 2]}`, "x:1:10: a comma or ] is missing"},
		{`{"a": 1,}`, "x:1:9: a key in quotes is missing"},
		{`{"a" 1}`, "x:1:6: a colon is missing"},
		{`{a: 1}`, "x:1:2: a key in quotes is missing"},
		{`{"a": yes}`, "x:1:7: this is not a value of JSON"},
		{`{"a": b:}`, "x:1:7: this is not a value of JSON"},
		{`{"a": 1:2}`, "x:1:7: this is not a value of JSON"},
		{`{"a": 'b'}`, "x:1:7: a value is missing"},
		{`{"a": 01}`, "x:1:7: this is not a value of JSON"},
		{`{"a": "b` + "\n" + `"}`, "x:1:7: the quote is not closed in its line"},
		{`{"a": "\q"}`, "x:1:7: there is no such escape"},
		{`{"a": 1} 2`, "x:1:10: something follows the end"},
		{`{"a": [1,]}`, "x:1:10: a value is missing"},
	} {
		d := parse("x", []byte(c.source), true, true)
		if err := d.err(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", c.source, err, c.want)
		}
	}
}

// Whatever encoding/json writes is read as it was meant.
func TestJSONIsRead(t *testing.T) {
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		leaves := []*rapid.Generator[any]{rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Float64().AsAny(), rapid.Int64().AsAny(), rapid.String().AsAny()}
		if depth > 0 {
			leaves = append(leaves, rapid.SliceOfN(value(depth-1), 0, 3).AsAny(), rapid.MapOfN(rapid.String(), value(depth-1), 0, 3).AsAny())
		}
		return rapid.OneOf(leaves...)
	}
	rapid.Check(t, func(t *rapid.T) {
		b, err := json.MarshalIndent(value(3).Draw(t, "value"), "", rapid.SampledFrom([]string{"", "\t"}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		root, why, at := readJSON(string(b))
		if why != "" {
			t.Fatalf("%s: %s at %d", b, why, at)
		}
		var want, got any
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(written(t, &root), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", b, diff)
		}
	})
}

func written(t *rapid.T, n *node) json.RawMessage {
	var v any
	switch n.shape {
	case text:
		v = n.text
	case number, boolean:
		v = json.RawMessage(n.text)
	case list:
		l := []json.RawMessage{}
		for i := range n.kids {
			l = append(l, written(t, &n.kids[i]))
		}
		v = l
	case mapping:
		m := map[string]json.RawMessage{}
		for i := range n.len() {
			m[n.key(i).text] = written(t, n.value(i))
		}
		v = m
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A generated text is mostly YAML that people could have written, with some mistakes in it.
func TestPlainAgrees(t *testing.T) {
	line := rapid.Custom(func(t *rapid.T) string {
		scalar := rapid.OneOf(
			rapid.SampledFrom([]string{"abc", "a b  c", "7d", "26h", "02:10", "127.0.0.1:3306", "1", "-1", "1.5", "0x1f", "0o17", "017", "1_000", "1e3", ".5", ".inf", "-.inf", ".nan", "true",
				"False", "yes", "null", "Null", "~", "nil", "\"q: # x\"", "'s # {'", "\"\"", "''", "[a, b]", "[a, -n, 5]", "{a: b, c: [d]}", "{}", "[]", "[ ]", "{a: }", "a: b", "a:b", "# c", "a # c", "a#c", "-", "--", "--- x",
				"- x", "a -b", "a- b", "{a: 1} # c", "|", "> ", "&a", "*a", "!t", "2026-11-22", "2026-11-22T01:02:03Z", "a,b", "é", "[a: b]", "{a}", "+1", "+", "=", "a=b", ":", ":a", "a:", "/etc/x", "[[1], [2]]", "[a,b]", "{a: b,c: d}", "{a:b}", "..", "...", "0", "00", "0b1", "1:2"}),
			rapid.StringMatching(`[-a0:# .~+=/]{0,5}`))
		indent := strings.Repeat(" ", rapid.IntRange(0, 3).Draw(t, "indent")*rapid.SampledFrom([]int{1, 2}).Draw(t, "step"))
		dash := rapid.SampledFrom([]string{"", "", "", "- ", "-   ", "-"}).Draw(t, "dash")
		key := rapid.SampledFrom([]string{"", "", "k: ", "a.b: ", "null: ", "5: ", "K:", "k :", "x1:   "}).Draw(t, "key")
		return indent + dash + key + scalar.Draw(t, "scalar")
	})
	rapid.Check(t, func(t *rapid.T) {
		source := strings.Join(rapid.SliceOfN(line, 1, 6).Draw(t, "lines"), "\n") + rapid.SampledFrom([]string{"", "\n", "\n\n"}).Draw(t, "end")
		if root, ok := readPlain(source); ok {
			agree(t, source, root)
		}
		if root, why, _ := readJSON(source); why == "" && strings.HasPrefix(source, "{") {
			agree(t, source, root)
		}
	})
}

// TestPlainIsNotShy reads what people write plainly: were it all left to the parser, the readers would agree about nothing.
func TestPlainIsNotShy(t *testing.T) {
	for _, source := range []string{"k: 7d\n", "a.b: 26h\nK:\n  - abc\n  - {a: b, c: [d]}\n", "- k: 127.0.0.1:3306\n  x1: [a, b]\n", "k: \"q: # x\" # c\n"} {
		root, ok := readPlain(source)
		if !ok {
			t.Errorf("%q is left to the parser", source)
			continue
		}
		agree(t, source, root)
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"a: b", "- a\n- b: c\n  d: [e, {f: g}]\n", "a:\n- b\nc:\n", "{\"a\": [1, true, null, \"x\"]}", "a: 'b' # c\n\n  # d\nb: 1", "a:\n    b:\n  c: d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		d := &document{title: "x", source: source}
		if strings.Contains(source, "\r") || !d.readable() {
			return
		}
		if root, ok := readPlain(source); ok {
			agree(t, source, root)
		}
		root, why, at := readJSON(source)
		if (why == "") != json.Valid([]byte(source)) && !strings.Contains(why, "too deeply") || at > len(source) {
			t.Fatalf("%q: %q at %d", source, why, at)
		}
		if why == "" && strings.HasPrefix(source, "{") && !strings.ContainsAny(source, "\\\t") {
			agree(t, source, root)
		}
	})
}
