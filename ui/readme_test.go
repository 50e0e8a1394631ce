package ui

import (
	"os"
	"strings"
	"testing"
)

// The README's key table comes from the table that dispatches.
func TestReadmeTellsTheKeys(t *testing.T) {
	const file, from, to = "../README.md", "<!-- keys -->\n", "<!-- end of keys -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), from)
	is, after, closed := strings.Cut(rest, to)
	if !ok || !closed {
		t.Fatalf("%s has no place for the key table between %q and %q", file, from, to)
	}
	want := keysInMarkdown()
	if *update {
		if err := os.WriteFile(file, []byte(before+from+want+to+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if is != want {
		t.Errorf("the key table of %s is not that of the program; -update writes it", file)
	}
}

func keysInMarkdown() string {
	var b strings.Builder
	b.WriteString("| key | what it does |\n|---|---|\n")
	for _, group := range []string{groupSee, groupMove, groupFind, groupAct, groupSession} {
		for _, k := range append(watchKeys(), leverKeys()...) {
			if k.group != group {
				continue
			}
			var names []string
			for _, n := range k.Keys() {
				names = append(names, "`"+keyLabel(n)+"`")
			}
			b.WriteString("| " + strings.Join(names, " ") + " | " + k.Help().Desc + " |\n")
		}
	}
	return b.String()
}
