package bacula

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// A resource's first line, as one expression that is slower.
var shownLine = regexp.MustCompile(`^(Client|Schedule): [Nn]ame=(.+?) Enabled=([01])(?: Address=.*)?$`)

func TestShownResource(t *testing.T) {
	part := rapid.SampledFrom(
		[]string{"Client: ", "Schedule: ", "name=", "Name=", "NAME=", " Enabled=", "0", "1", "2", " Address=", "a", " ", "x Enabled=1", "é"},
	)
	rapid.Check(t, func(t *rapid.T) {
		line := ""
		for _, p := range rapid.SliceOfN(part, 0, 9).Draw(t, "parts") {
			line += p
		}
		for _, kind := range []string{"Client", "Schedule"} {
			name, on, ok := shownResource(kind, line)
			m := shownLine.FindStringSubmatch(line)
			if m != nil && m[1] != kind {
				m = nil
			}
			if ok != (m != nil) || ok && (name != m[2] || on != (m[3] == "1")) {
				t.Errorf("%s of %q: %q %v %v, want %q", kind, line, name, on, ok, m)
			}
		}
	})
}
