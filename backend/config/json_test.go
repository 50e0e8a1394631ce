package config

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestJSONMistakes(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{``, "x:1:1: a value is missing"},
		{`{"a": }`, "x:1:7: invalid character '}' "},
		{`{"a": 1`, "x:1:8: it ends too early"},
		{`{"a": [1 2]}`, "x:1:10: invalid character '2' after array element"},
		{`{"a": 1,}`, "x:1:9: invalid character '}' "},
		{`{"a" 1}`, "x:1:6: invalid character '1' after object key"},
		{`{a: 1}`, "x:1:2: invalid character 'a'; "},
		{`{"a": yes}`, "x:1:7: invalid character 'y' looking for beginning of value"},
		{`{"a": b:}`, "x:1:7: invalid character 'b' looking for beginning of value"},
		{`{"a": 1:2}`, "x:1:8: invalid character ':' after object key:value pair"},
		{`{"a": 'b'}`, "x:1:7: invalid character '\\'' looking for beginning of value"},
		{`{"a": 01}`, "x:1:8: invalid character '1' after object key:value pair"},
		{`{"a": "b` + "\n" + `"}`, "x:1:7: invalid character '\\n' in string literal"},
		{`{"a": "\q"}`, "x:1:7: invalid character 'q' in string escape code"},
		{`{"a": 1} 2`, "x:1:10: something follows the end"},
		{`{"a": [1,]}`, "x:1:10: invalid character ']' looking for beginning of value"},
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
		leaves := []*rapid.Generator[any]{
			rapid.Just[any](nil),
			rapid.Bool().AsAny(),
			rapid.Float64().AsAny(),
			rapid.Int64().AsAny(),
			rapid.String().AsAny(),
		}
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
