package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// paths draws some that are near to each other.
func paths(t *rapid.T, name string) []string {
	part := rapid.SampledFrom(
		[]string{
			"^1",
			"longer-name-1",
			"longer-name-7",
			"longer-name-9",
			"longer-namf-%",
			"a",
			"b",
			"a1",
			"a2",
			"a3",
			"x09",
			"x10",
			"c d",
			"p%",
			"q/r",
			"s,t",
			"u~v",
			"(w)",
			"9",
			"%25",
		},
	)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return Touch(rapid.SliceOfN(part, 1, 4).Draw(t, "parts")...)
	}), 0, 12).Draw(t, name)
}

func below(a, b string) bool { return a == b || strings.HasPrefix(a, b+"/") }

func TestTouchesAreATree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := paths(t, "a"), paths(t, "b")
		want := slices.ContainsFunc(a, func(p string) bool {
			return slices.ContainsFunc(b, func(q string) bool { return below(p, q) || below(q, p) })
		})
		x, y := TouchesOf(a...), TouchesOf(b...)
		if x.Meets(y) != want || y.Meets(x) != want {
			t.Fatalf("%q (%q) meets %q (%q): %v and %v, want %v", a, x.lines, b, y.lines, x.Meets(y), y.Meets(x), want)
		}
		raw, err := json.Marshal(x)
		var again Touches
		if err == nil {
			err = json.Unmarshal(raw, &again)
		}
		if err != nil || !again.Equal(x) || again.Meets(y) != want {
			t.Fatalf("%q: written %s, read %q: %v", a, raw, again.lines, err)
		}
		if both := Union(x, Touches{}, y); !both.Equal(TouchesOf(append(slices.Clone(a), b...)...)) {
			t.Fatalf("%q and %q are %q, want %q", x.lines, y.lines, both.lines, TouchesOf(append(slices.Clone(a), b...)...).lines)
		}
		slices.Reverse(a)
		if !TouchesOf(append(a, a...)...).Equal(x) {
			t.Fatalf("the order counts: %q", a)
		}
	})
}

func TestTouchesAreReadable(t *testing.T) {
	var all []string
	for i := range 250 {
		for _, region := range []string{"region1", "region2"} {
			all = append(all, Touch("green", "cell", fmt.Sprintf("chain%03d", i+1), region, "regular"))
		}
	}
	for want, of := range map[string][]string{
		"green/cell/chain001~chain250/region1,region2/regular": all,
		"routes":                     {"routes", "routes/blue"},
		"green/director/dir-a":       {Touch("green", "director", "dir-a")},
		"blue/(cell/c1)(job/a,b)":    {"blue/job/a", "blue/job/b", "blue/cell/c1"},
		"x08~x11":                    {"x10", "x08", "x09", "x11"},
		"orders-eu-01,^7,^19":        {"orders-eu-01", "orders-eu-07", "orders-eu-19"},
		"a/b%2Fc":                    {Touch("a", "b/c")},
		"green/cell/c1~c9,c10/r/reg": {},
	} {
		if of != nil && len(of) == 0 {
			for i := range 10 {
				of = append(of, Touch("green", "cell", fmt.Sprintf("c%d", i+1), "r", "reg"))
			}
			want = "green/cell/c1,c10,c2~c9/r/reg"
		}
		if got := strings.Join(TouchesOf(of...).Lines(), " + "); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestTouchesThatCannotBeRead(t *testing.T) {
	for says, line := range map[string]string{
		"a name is missing":  "a//b",
		"a name is missing ": "",
		"not closed":         "a/(b",
		"is too much":        "a)b",
		"is too much ":       "a/(b)c",
		"is no span":         "a1~b2",
		"is no span ":        "a000000000~a999999999",
		"there twice":        "a,b,a",
	} {
		raw, _ := json.Marshal([]string{line})
		var t1 Touches
		if err := json.Unmarshal(raw, &t1); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(says)) {
			t.Errorf("%q: %v, want %q", line, err, says)
		}
	}
	var t1 Touches
	if err := json.Unmarshal([]byte(`["green/cell/\u001b[2Jx/r"]`), &t1); err != nil || strings.Contains(t1.String(), "\x1b") {
		t.Errorf("%q, %v", t1.String(), err)
	}
}
