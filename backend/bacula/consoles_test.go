package bacula

import (
	"errors"
	"slices"
	"testing"
	"time"

	"switchyard/model"
)

// What Directors of both generations print of the consoles that they hold.
func TestConsoles(t *testing.T) {
	head := "1000 OK: 103 d Version: 9.6.7 (10 December 2020)\n.status dir running\n\nRunning Jobs:\n"
	for name, c := range map[string]struct {
		said string
		ages []time.Duration
		kind error
	}{
		"the one that asks": {head + "Console connected at 22-Nov-26 06:07\nNo Jobs running.\n====\n", nil, nil},
		"with TLS, and one of midnight": {head + "Console connected using TLS at 22-Nov-26 23:59\nConsole connected using TLS at 23-Nov-26 " +
			"00:03\nNo Jobs running.\n====\n",
			[]time.Duration{4 * time.Minute}, nil},
		"in any order": {head + "Console connected at 22-Nov-26 06:07\nConsole connected at 22-Nov-26 06:05\nConsole connected at 22-Nov-26 " +
			"06:07\n" +
			"     7  Back Full          0         0  Console connected at 22-Nov-26 06:00 is " +
			"running\n====\n", []time.Duration{2 * time.Minute, 0}, nil},
		"none":       {head + "No Jobs running.\n====\n", nil, model.ErrAnswer},
		"no list":    {"1000 OK: 103 d Version: 9.6.7 (10 December 2020)\nConsole connected at 22-Nov-26 06:07\n", nil, model.ErrAnswer},
		"not a date": {head + "Console connected at 42-Xov-26 06:07\n====\n", nil, model.ErrAnswer},
		"denied":     {head[:55] + ".status: is an invalid command.\n", nil, model.ErrNotAllowed},
	} {
		ages, err := Console{Argv: []string{"/bin/sh", "-c", `printf '%s' "$0"; cat >/dev/null`, c.said}}.Consoles(t.Context())
		slices.Sort(ages)
		slices.Sort(c.ages)
		if !slices.Equal(ages, c.ages) || !errors.Is(err, c.kind) || (err == nil) != (c.kind == nil) {
			t.Errorf("%s: %v, %v; want %v, %v", name, ages, err, c.ages, c.kind)
		}
	}
}
