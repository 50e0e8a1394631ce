package bacula

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/model"
)

// What both generations say, with what was disabled by hand and what has Enabled = no.
func TestWhatIsSwitchedOff(t *testing.T) {
	const before, after = "\n.api 2\n.jobs\nbackup-a\n", "\ntime\nSun 22-Nov-2026 06:07:10\n.status dir header\nheader:\nname=x\n"
	for name, c := range map[string]struct {
		said  string
		want  []string
		known bool
	}{
		"9.6.7, by hand and by configuration": {"Disabled Jobs:\n   " +
			"backup-chain2-regular\nname=backup-badscript-regular\nname=backup-nofd-regular\n", []string{"backup-badscript-regular",
			"backup-chain2-regular", "backup-nofd-regular"}, true},
		"none":          {"No disabled Jobs.\n", nil, true},
		"with a remark": {"Disabled Jobs:\n   a\nYou have messages.\n", []string{"a"}, true},
		"other resources follow": {"Disabled Jobs:\n   a\nDisabled Clients:\n   db1-fd\nDisabled Storage:\n   " +
			"sd\n", []string{"a"}, true},
		"only other resources":       {"No disabled Jobs.\nDisabled Clients:\n   db1-fd\n", nil, true},
		"lines that end with CR":     {"Disabled Jobs:\r\n   a\r\n", []string{"a"}, true},
		"a name that only looks so":  {"Disabled Jobs:\n   a \n", []string{`a\x20`}, true},
		"refused":                    {"show: is an invalid command.\n", nil, false},
		"nothing at all":             {"", nil, false},
		"twice":                      {"Disabled Jobs:\n   a\nname=a\n", []string{"a"}, true},
		"a name with a blank in it":  {"Disabled Jobs:\n   a b\n", []string{"a b"}, true},
		"the words of a translation": {"Tâches désactivées:\n   a\n", nil, false},
	} {
		got := disabled(without(before+"show disabled\n"+c.said+after), Clock, StatusHeader)
		if !slices.Equal(got.jobs, c.want) || got.known != c.known {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestTheClockOfADirector(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	said := func(text string) string { return "\ntime\n" + text + "\n.status dir header\n" }
	near := time.Date(2026, 11, 22, 5, 7, 0, 0, time.UTC)
	if got, ok := clockOf(
		said("Sun 22-Nov-2026 06:07:10"),
		berlin,
		near,
		StatusHeader,
	); !ok ||
		got.Sub(near).Round(time.Second) != 11*time.Second && got.Sub(near).Round(time.Second) != 10*time.Second {
		t.Errorf("%v, %v", got, ok)
	}
	// 02:30 in Berlin is both
	for _, utc := range []time.Time{time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)} {
		if got, ok := clockOf(said("Sun 25-Oct-2026 02:30:00"), berlin, utc, StatusHeader); !ok || got.Sub(utc).Abs() > time.Second {
			t.Errorf("at %v it is %v, %v", utc, got.UTC(), ok)
		}
	}
	for _, text := range []string{"", "time: is an invalid command.", "So 22.11.2026 06:07:10", "Sun 31-Feb-2026 06:07:10"} {
		if got, ok := clockOf(said(text), berlin, near, StatusHeader); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// A Console that may not ask what is switched off, or the time, sees the rest.
func TestAConsoleWithoutShow(t *testing.T) {
	dir, _ := director(t, "9.6.7-director.txt")
	for _, c := range []Command{showClients, showSchedules, Disabled, Clock} {
		word, _, _ := strings.Cut(c.text, " ")
		if err := os.WriteFile(filepath.Join(dir, c.text), []byte(word+": is an invalid command.\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &DirectorReader{Cluster: model.Blue, Console: fake(t, "each", dir), Zone: time.UTC}
	s, err := r.Read(context.Background())
	if err != nil || len(s.Director.Jobs) != 10 || s.Director.OffKnown || s.Director.Clock {
		t.Fatalf("%+v, %v", s.Director, err)
	}
	r.asked = time.Time{}
	for c, text := range map[Command]string{Disabled: "Disabled Jobs:\n   " +
		"backup-chain3-immutable\n", showClients: "Client: Name=db1-fd Enabled=0 Address=db1 FDport=9102 MaxJobs=1\n",
		showSchedules: "Schedule: Name=nightly Enabled=0\n",
		Clock:         time.Now().UTC().Add(10*time.Minute).Format("Mon 02-Jan-2006 15:04:05") + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, c.text), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err = r.Read(context.Background())
	if d := s.Director; err != nil || !d.OffKnown || !slices.Equal(d.Off, []string{"backup-chain3-immutable"}) ||
		!slices.Equal(d.Held, []string{"db1-fd"}) ||
		!slices.Equal(d.Idle, []string{"nightly"}) ||
		!d.Clock ||
		(d.Ahead-10*time.Minute).Abs() > 3*time.Second ||
		len(d.Jobs) != 10 {
		t.Errorf("%+v, %v", s.Director, err)
	}
}
