package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"

	"switchyard/backend/rehearsal"
	"switchyard/model"
)

// tallied is what a cluster's pane says of its last day once its catalog was read.
var tallied = regexp.MustCompile(`24 ?h:? \d`)

// live waits until a session shows what both clusters say.
func (s *terminal) live() {
	s.Helper()
	s.see("48 cells", "chain0")
	s.until("both clusters to be live", func(screen string) bool {
		blue, green := paneOf(screen, "1 BLUE"), paneOf(screen, "2 GREEN")
		return strings.Contains(blue, "live") && strings.Contains(green, "live") && tallied.MatchString(blue) && tallied.MatchString(green)
	})
}

func TestSessionsOpenAtEverySize(t *testing.T) {
	t.Parallel()
	w := calm.world(t)
	for mode, args := range map[string][]string{"WATCHING": {"watch"}, "COCKPIT": nil} {
		for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
			t.Run(fmt.Sprintf("%s %dx%d", mode, size[0], size[1]), func(t *testing.T) {
				t.Parallel()
				s := attach(t, w, size[0], size[1], args...)
				s.always(" REHEARSAL ", func() {
					s.live()
					s.see(mode, "UTC", "dir-old", "dir-new", "Bacula 9.6", "Bacula 15", "3 ROUTES", "4 RDS", "enter open")
				})
				s.intact()
				if title := s.title(); !strings.Contains(title, "rehearsal") {
					t.Errorf("the terminal's title is %q", title)
				}
				s.press("q")
				if code := s.ended(); code != exitFine {
					t.Errorf("it ended with %d", code)
				}
			})
		}
	}
}

// drawn waits until the program has drawn all of a screen of the terminal's size.
func (s *terminal) drawn() {
	s.Helper()
	s.until("the whole screen", func(screen string) bool {
		rows := strings.Split(strings.TrimRight(screen, "\n"), "\n")
		return len(rows) == s.h && (strings.Contains(rows[s.h-1], "open") || strings.Contains(rows[s.h-1], "panes need"))
	})
}

func TestResizingAtAnyMoment(t *testing.T) {
	t.Parallel()
	s := attach(t, calm.world(t), 120, 40, "watch")
	r := rand.New(rand.NewPCG(3, 3))
	for range 30 { // while it starts
		s.resize(1+r.IntN(220), 1+r.IntN(70))
	}
	s.resize(120, 40)
	s.live()
	for i := range 60 {
		s.resize(1+r.IntN(220), 1+r.IntN(70))
		if i%5 == 0 && s.w > 20 && s.h > 2 { // most come in the middle of a frame
			s.drawn()
		}
	}
	s.resize(50, 12)
	s.see("REHEARSAL", "panes need 60x16")
	s.gone("1 BLUE", "┌")
	s.press("?")
	s.see("too small")
	for _, size := range [][2]int{{60, 16}, {80, 24}, {200, 60}, {120, 40}} {
		s.resize(size[0], size[1])
		s.drawn()
		s.see("1 BLUE", "2 GREEN")
		s.intact()
	}
}

func TestARunningJob(t *testing.T) {
	t.Parallel()
	w := calm.world(t)
	s := attach(t, w, 120, 40, "watch")
	s.live()
	name := fullBefore(t, w)
	cell := strings.ReplaceAll(strings.TrimPrefix(name, "backup-"), "-", " ")
	chain, _, _ := strings.Cut(cell, " ")
	id := queue(t, w, model.Blue, "run job="+name+" level=Full yes")
	s.seeRow("1 BLUE", id+" ", chain, "full")
	s.seeRow("5 EVENTS", id+" "+cell, "runs")
	s.press(":", "job blue "+id, "enter")
	s.seeIn("JOB "+id+" on BLUE", cell, "running", "level full", "so far", "MB/s", "percent", "left", "log, read")
	s.until("its log", func(screen string) bool {
		_, log, _ := strings.Cut(paneOf(screen, "JOB "+id), "log, read")
		return strings.Contains(log, "Start Backup JobId "+id)
	})
	bytes := regexp.MustCompile(`so far +\S+ \S+`)
	first := bytes.FindString(paneOf(s.screen(), "JOB "+id))
	s.until("more bytes than "+first, func(screen string) bool {
		now := bytes.FindString(paneOf(screen, "JOB "+id))
		return now != "" && now != first
	})
	s.press("esc")
	s.gone("JOB " + id)
	say(t, w, model.Blue, "cancel jobid="+id+" yes")
	s.seeRow("1 BLUE", id+" ", "canceled")
}

// fullBefore is a job that blue still takes and of which it has good full backups: how far another one is can be told at any time
// of the week.
func fullBefore(t *testing.T, w *rehearsal.World) (name string) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) { // the past loads behind
		err := w.Blue().
			Read("SELECT f.Name FROM Job f WHERE f.Level = 'F' AND f.JobStatus = 'T' AND f.Type = 'B' AND f.Name LIKE 'backup-%' AND EXISTS "+
				"(SELECT 1 FROM Job n WHERE n.Name = f.Name AND n.JobTDate > ?) ORDER BY f.JobId DESC LIMIT 1",
				model.Now().Add(-26*time.Hour).Unix()).
			Scan(&name)
		if err == nil {
			return name
		}
		if time.Now().After(end) {
			t.Fatalf("no full backup: %v", err)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	s := attach(t, calm.world(t), 120, 40, "watch")
	s.live()
	rows := func(pane string) string { return paneOf(s.screen(), pane) }

	// Filter, and take it away again.
	s.press("3", "/", "chain007")
	s.until("only chain007", func(screen string) bool {
		p := paneOf(screen, "3 ROUTES")
		return strings.Contains(p, "chain007") && !strings.Contains(p, "chain001")
	})
	s.press("enter")
	s.seeIn("3 ROUTES", "chain007", "of 4")
	s.press("esc")
	s.seeIn("3 ROUTES", "of 48")

	// Sort by name, and back to front.
	s.press(":", "sort chain", "enter", "g")
	s.seeRow("3 ROUTES", ">", "chain001")
	s.press("O", "g")
	s.seeRow("3 ROUTES", ">", "chain012")

	// Mark by identity: the marks stay while the rows move.
	s.press("space")
	s.seeIn("3 ROUTES", "1 marked")
	s.press("O", "g", ":", "unmark", "enter")
	s.until("no marks", func(screen string) bool { return !strings.Contains(paneOf(screen, "3 ROUTES"), "marked") })

	// Zoom, and back.
	s.press("z")
	s.until("cells alone", func(screen string) bool {
		return strings.Contains(screen, "3 ROUTES") && !strings.Contains(screen, "1 BLUE")
	})
	s.press("z")
	s.see("1 BLUE", "3 ROUTES")

	// Freeze: the panes stand still, the header goes on.
	s.press("p")
	s.see("FROZEN")
	before, clock := rows("1 BLUE"), strings.SplitN(s.screen(), "\n", 2)[0]
	s.until("the clock to go on", func(screen string) bool { return !strings.HasPrefix(screen, clock) })
	if after := rows("1 BLUE"); after != before {
		t.Errorf("a frozen pane changed:\n%s\n%s", before, after)
	}
	s.press("p")
	s.gone("FROZEN")

	// Help, and a search in it.
	s.press("?")
	s.seeIn("HELP", "enter  open")
	s.press("/", "suspend", "enter")
	s.seeIn("HELP", "suspend this view")
	s.press("esc") // the search
	s.press("bare esc")
	s.gone("HELP")

	// Commands, completed with tab; one that is not there says so.
	s.press(":", "sou", "tab")
	s.see(":source")
	s.press("s", "enter")
	s.see("blue catalog", "green director dir-new", "SOURCES")
	s.press("esc", ":", "onsencex", "backspace", "ctrl+h", "ctrl+h", "se", "home", "n", "enter") // terminals send either for the same key
	s.see("no command :nonsense")

	// A lever that a watch session has not.
	s.press("s")
	s.see("this is a watch session: it has no lever to shift")

	// Copying goes to the terminal's clipboard.
	s.press("3", "g", "y")
	s.see("copied")
	if clip := s.clipboard(); !strings.Contains(clip, "chain") {
		t.Errorf("the clipboard holds %q", clip)
	}
	s.intact()
}

func TestFirstRunWithoutSources(t *testing.T) {
	t.Parallel()
	w := ownWorld(t, rehearsal.Options{})
	for _, f := range [][2]string{{"catalog-hung", "blue"}, {"catalog-down", "green"}, {"director-hung", "green"}, {"director-down", "blue"},
		{"aws-unreachable", ""}} {
		if err := w.Fault(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	s := attach(t, w, 120, 40, "watch")
	s.see("REHEARSAL", "1 BLUE", "2 GREEN", "never")
	s.press("?")
	s.see("HELP")
	s.press("esc")
	s.gone("HELP")
	for _, f := range w.Injected() {
		name, target, _ := strings.Cut(f, " ")
		if err := w.Heal(name, target); err != nil {
			t.Fatal(err)
		}
	}
	s.live()
}

// TestLastWords: what goes on is told to whoever leaves, and nothing of a world that ends with the cockpit goes on.
func TestLastWords(t *testing.T) {
	const on = "action 2 goes on: run a backup\n"
	if got := lastWords(on, false); got != on {
		t.Errorf("%q", got)
	}
	if got := lastWords(on, true); strings.Contains(got, "goes on") || !strings.HasPrefix(got, "the rehearsal has ended") {
		t.Errorf("%q", got)
	}
	if got := lastWords("", true); got != "" {
		t.Errorf("%q", got)
	}
}
