package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
)

// later is how far the tests below move a world.
const later = 8 * 24 * time.Hour

// served is a small world that runs its schedules by the machine's clock, with its control, and a person beside it.
func served(t *testing.T) (*rehearsal.World, *crew) {
	t.Helper()
	w := ownWorld(t, rehearsal.Options{Chains: 12, Clock: worldclock.New(model.Now(), 1)})
	stop, err := listen(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	if err := keepJournal(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return w, &crew{t: t, env: []string{asProgram + "=1", "SWITCHYARD_CONFIG=" + w.ConfigPath()}}
}

// TestEightDaysLater moves a served world: a cockpit that was attached before, one look, and the journal all live eight days later, and
// what both clusters and AWS say is of then.
func TestEightDaysLater(t *testing.T) {
	t.Parallel()
	w, c := served(t)
	d := attach(t, w, 120, 40, "watch")
	d.live()
	from := model.Now()
	c.says(c.does(0, "rehearse", "clock", "+8d"), "it is "+from.Add(later).UTC().Format("Mon 2006-01-02"))
	d.until("both clusters, and every source, to be of then", func(screen string) bool {
		return strings.Contains(screen, "21/21 live") && strings.Contains(screen, "48 cells") && strings.Contains(screen, "0 missed") &&
			!strings.Contains(screen, "before the window") && !strings.Contains(screen, "BROKEN") && !strings.Contains(screen, "8 d")
	})
	if why := coherent(t, c.command("status", "--json"), w.Clock().Now(), 48); why != "" {
		t.Error(why)
	}
	c.does(0, "rehearse", "clock")
	if now := w.Clock().Now().Sub(model.Now()); now < later-time.Second || now > later+time.Minute {
		t.Errorf("the world is %v ahead", now)
	}
}

// coherent runs one look of a world and tells what in it is not of the time that it is there; empty: all is.
func coherent(t testing.TB, status *exec.Cmd, now time.Time, cells int) string {
	t.Helper()
	out, err := status.Output() // a finding is no matter here
	if err != nil && status.ProcessState.ExitCode() != 1 {
		t.Fatal(err)
	}
	var said struct {
		At    time.Time `json:"at"`
		Cells []struct {
			Blue, Green struct {
				LastGood time.Time `json:"last_good_at"`
			}
		} `json:"cells"`
		Sources []struct {
			Source string    `json:"source"`
			At     time.Time `json:"at"`
		} `json:"sources"`
	}
	if err := json.Unmarshal(out, &said); err != nil {
		t.Fatal(err)
	}
	if off := said.At.Sub(now).Abs(); off > time.Minute {
		return fmt.Sprintf("the look is of %v, and in the world it is %v", said.At, now)
	}
	if len(said.Sources) == 0 {
		return "it tells of no source"
	}
	for _, s := range said.Sources {
		if off := s.At.Sub(now).Abs(); off > time.Minute {
			return fmt.Sprintf("%s was read at %v, and in the world it is %v", s.Source, s.At, now)
		}
	}
	if len(said.Cells) != cells {
		return fmt.Sprintf("it tells of %d cells", len(said.Cells))
	}
	old := 0
	for _, cell := range said.Cells {
		if said.At.Sub(cell.Blue.LastGood) > 4*24*time.Hour && said.At.Sub(cell.Green.LastGood) > 4*24*time.Hour {
			old++
		}
	}
	if old > 0 {
		return fmt.Sprintf("%d of %d cells have no backup of the days that were played", old, len(said.Cells))
	}
	return ""
}

// TestTheClockInTheCockpit moves the world of a cockpit by a command of its own.
func TestTheClockInTheCockpit(t *testing.T) {
	t.Parallel()
	s := sit(t, 120, 40, program(t, "rehearse", "--chains", "2"))
	s.see("REHEARSAL", "COCKPIT", "live")
	to := model.Now().Add(later)
	s.press(":", "clock +8d", "enter")
	s.see("it is " + to.UTC().Format("Mon 2006-01-02"))
	s.press(":", "clock -1d", "enter")
	s.see("want a span forward")
	s.intact()
}

// TestTheClockOfAServedWorld moves a world that runs in another process than the cockpit, and breaks it there; a session that only watches
// cannot.
func TestTheClockOfAServedWorld(t *testing.T) {
	t.Parallel()
	w, _ := served(t)
	from := w.Clock().Now()
	s := attach(t, w, 120, 40)
	s.see("REHEARSAL", "COCKPIT", "live")
	s.press(":", "clock +8d", "enter")
	s.see("it is " + from.Add(later).UTC().Format("Mon 2006-01-02"))
	if ahead := w.Clock().Now().Sub(from); ahead < later {
		t.Errorf("the world has moved by %v", ahead)
	}
	s.press(":", "clock -1d", "enter")
	s.see("want a span forward")
	s.press(":", "fault director-masked blue", "enter")
	s.see("broken: director-masked blue")
	s.press(":", "heal director-masked blue", "enter")
	s.see("healed: director-masked blue")
	s.intact()
	d := attach(t, w, 120, 40, "watch")
	d.see("live")
	d.press(":", "clock +8d", "enter")
	d.see("no command :clock")
}

// TestNothingIsLateInAFastWorld watches a world in which ten minutes pass in a second: what was just read is never called old, no job lost
// and no clock off.
func TestNothingIsLateInAFastWorld(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{Chains: 12, Scenario: "settling", Speed: 600})
	if err := keepJournal(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	d := attach(t, w, 200, 60, "watch")
	d.live()
	end := w.Clock().Now().Add(90 * time.Minute)
	told := ""
	d.until("an hour and a half to pass", func(screen string) bool {
		for _, word := range []string{" OLD", "lost?", "the clock of", "this host's clock", "not heard for", "last told"} {
			if strings.Contains(screen, word) && told == "" {
				told = word
				t.Errorf("%q is on the screen:\n%s", word, screen)
			}
		}
		return w.Clock().Now().After(end)
	})
}

// TestARealClockStaysAsItIs refuses to tell a real environment another time, whatever lies beside its configuration.
func TestARealClockStaysAsItIs(t *testing.T) {
	t.Parallel()
	w, c := served(t)
	if err := w.Move(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(w.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	real := filepath.Join(w.Dir(), "real.yaml")
	var kept []string
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "rehearsal:") {
			kept = append(kept, strings.Replace(line, "environment: rehearsal", "environment: prod", 1))
		}
	}
	if err := os.WriteFile(
		real,
		[]byte(strings.Replace(strings.Join(kept, ""), "{dir: journal}", "{dir: real-journal}", 1)),
		0o600,
	); err != nil {
		t.Fatal(err)
	}
	before := w.Clock().Now()
	c.says(c.does(1, "rehearse", "clock", "+8d", "--config", real), "a real environment cannot be told another time")
	if moved := w.Clock().Now().Sub(before); moved > 10*time.Minute {
		t.Errorf("the world moved by %v", moved)
	}
	c.does(0, "journal", "--begin", "--config", real)
	began, err := os.ReadFile(filepath.Join(w.Dir(), "real-journal", firstRecord(t, filepath.Join(w.Dir(), "real-journal"))))
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		At time.Time `json:"at"`
	}
	if err := json.Unmarshal(began, &r); err != nil {
		t.Fatal(err)
	}
	if off := time.Since(r.At).Abs(); r.At.IsZero() || off > 10*time.Minute {
		t.Errorf("a record of a real environment is %v off", off)
	}
	d := sit(t, 120, 40, program(t, "--config", real))
	d.see("1 BLUE", "live")
	d.press(":", "clock +8d", "enter") // it has no such command
	d.see("no command :clock")
}

func firstRecord(t *testing.T, dir string) string {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if strings.Contains(f.Name(), "00001") || f.Name() == "1" || strings.HasPrefix(f.Name(), "1.") {
			return f.Name()
		}
	}
	t.Fatalf("no first record among %v", all)
	return ""
}
