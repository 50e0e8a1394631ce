package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommands(t *testing.T) {
	base := readTestdata(t, "switchyard.yaml")
	c := mustLoad(t, base+"\ncommands: {fence: [/opt/fence, --on], fenced: [/opt/fence, --status]}\n")
	want := map[string][]string{"fence": {"/opt/fence", "--on"}, "fenced": {"/opt/fence", "--status"}}
	if diff := cmp.Diff(want, c.Commands); diff != "" {
		t.Error(diff)
	}
	for says, text := range map[string]string{
		"there twice":          "{a: [x], a: [y]}",
		"no name of a command": "{\"A b\": [x]}",
		"it is one text":       "{a: x --now}",
		"for each":             "[x]",
	} {
		if _, err := load(
			"switchyard.yaml",
			testdata(t),
			[]byte(base+"\ncommands: "+text+"\n"),
		); err == nil ||
			!strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
}
