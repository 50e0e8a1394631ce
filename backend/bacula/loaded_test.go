package bacula

import (
	"slices"
	"testing"
)

func TestWhatElseIsSwitchedOff(t *testing.T) {
	for name, c := range map[string]struct {
		said               string
		clients, schedules []string
	}{
		"nothing":   {"No disabled Jobs.\nNo disabled Clients.\nNo disabled Schedules.\n", nil, nil},
		"only jobs": {"Disabled Jobs:\n   a\n", nil, nil},
		"all": {"Disabled Jobs:\n   a\nDisabled Clients:\n   db2-fd\n   db1-fd\nDisabled Storage:\n   sd\nDisabled Schedules:\n" +
			"   nightly\nYou have messages.\n", []string{"db1-fd", "db2-fd"}, []string{"nightly"}},
		"by configuration":       {"No disabled Jobs.\nDisabled Clients:\nname=db1-fd\nNo disabled Schedules.\n", []string{"db1-fd"}, nil},
		"lines that end with CR": {"Disabled Clients:\r\n   db1-fd\r\n", []string{"db1-fd"}, nil},
		"refused":                {"show: is an invalid command.\n", nil, nil},
	} {
		said := "\n.jobs\nbackup-a\nshow disabled\n" + c.said + "\n.status dir header\nheader:\nname=x\n"
		off := disabled(said, StatusHeader)
		if !slices.Equal(off.clients, c.clients) {
			t.Errorf("%s: clients %q", name, off.clients)
		}
		if !slices.Equal(off.schedules, c.schedules) {
			t.Errorf("%s: schedules %q", name, off.schedules)
		}
	}
}
