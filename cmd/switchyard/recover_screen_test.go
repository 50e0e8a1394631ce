package main

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// night is a world of which a site is gone, on a machine that has only the bundle and its key.
type night struct {
	crew
	dir  string
	from []string // the flags
}

// newNight lets a site of 38 Storage Daemons be gone, 19 of them.
func newNight(t *testing.T, speed string) *night {
	t.Helper()
	dir := t.TempDir()
	n := &night{crew: crew{t: t}, dir: filepath.Join(dir, "w")}
	n.env = []string{asProgram + "=1", "SWITCHYARD_CONFIG=/nowhere", "XDG_STATE_HOME=" + dir + "/state", "XDG_CACHE_HOME=" + dir + "/cache"}
	n.from = []string{"--bundle", filepath.Join(n.dir, worldBundle), "--identity", filepath.Join(n.dir, worldKey)}
	world := n.command("rehearse", "--scenario", "on-prem-gone", "--chains", "13", "--speed", speed, "--serve", n.dir)
	out, err := world.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := world.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = world.Process.Signal(syscall.SIGINT)
		_ = world.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "Interrupt ends it") {
			return n
		}
	}
	t.Fatal("the world did not come up")
	return nil
}

func (n *night) by(args ...string) []string { return append(args, n.from...) }

// sits opens the cockpit of the recovery.
func (n *night) sits(cols, rows int) *terminal {
	n.t.Helper()
	d := sit(n.t, cols, rows, n.command(n.from...))
	d.see("RECOVERY", "chains back", "1 BLUE")
	return d
}

// fault breaks the world, or heals it.
func (n *night) fault(verb string, args ...string) {
	n.t.Helper()
	n.does(0, append([]string{"rehearse", verb, "--config", filepath.Join(n.dir, "switchyard.yaml")}, args...)...)
}

var (
	oneBack  = regexp.MustCompile(` 1 of 13 chains back`)
	compared = regexp.MustCompile(`what was restored is what was backed up`)
)

// TestTheNightByKeys goes from the first command to the compared restore of what hosted blue's catalog, on both sizes of screen, and then
// brings back a tier.
func TestTheNightByKeys(t *testing.T) {
	inWhole(t)
	t.Parallel()
	if _, err := exec.LookPath("find"); err != nil {
		t.Skip("what compares needs find")
	}
	n := newNight(t, "100")
	n.addsUp()
	n.does(0, n.by("recover", "--begin")...)
	narrow := n.sits(80, 24)
	d := n.sits(120, 40)
	d.see(" 0 of 13 chains back", "next chain001, the rest about", ":recover plans it")
	narrow.see(" 0 of 13 chains back", "next chain001")

	// Anything before what others need asks why.
	d.press(":", "cell chain002 region2 regular", "enter")
	d.see("CELL chain002")
	d.press("r")
	d.see("POINTS chain002", "recommended")
	d.press("enter")
	d.see("restore to client")
	d.press("restore-test-region2-fd", "enter")
	d.until("the plan, which the Director that is gone holds up", func(s string) bool {
		return strings.Contains(s, "Director answers") || strings.Contains(s, "after chain001")
	})
	d.press("esc", "esc", "esc")

	d.press(":", "recover", "enter")
	d.see("recover with dir-new2", "make the account bacula_next")
	d.readsToItsEnd()
	d.approves("recover with dir-new2")
	d.until("what others need to be back", oneBack.MatchString)
	narrow.until("the same in 80 columns", oneBack.MatchString)
	d.until("the end", func(s string) bool { return strings.Contains(s, "next chain011") })
	story := n.does(0, n.by("actions", "2")...)
	if !compared.MatchString(story) {
		t.Errorf("nothing was compared:\n%s", story)
	}
	d.press(":", "recovery", "enter")
	d.see("RECOVERY", "chain001", "tier 1, first, others wait for it: back", "waits: as of")
	d.press("esc")

	narrow.until("that the action is over", func(s string) bool { return !strings.Contains(s, "ACTION 2 ") || strings.Contains(s, "done") })
	back := func() bool { return strings.Contains(d.screen(), " 2 of 13 chains back") }
	for !back() {
		narrow.goes(func(d *terminal) string {
			d.press("esc", "esc", ":", "recover", "enter")
			return "recover 1 chain"
		})
		narrow.enters()
		narrow.until("a tier to be back, or why its plan was not begun", func(s string) bool {
			return back() || strings.Contains(s, "STALE") || strings.Contains(s, "IT DID NOT GO THROUGH") || strings.Contains(s, "refused")
		})
	}
}

// readsToItsEnd turns the pages of a dialog: a phrase is taken once all that decides was on the screen.
func (s *terminal) readsToItsEnd() {
	s.Helper()
	s.takesKeys("enter")
	for strings.Contains(s.screen(), "lines more") && !strings.Contains(s.screen(), "STALE") {
		was := s.screen()
		s.press("pgdown")
		s.until("another page", func(screen string) bool { return screen != was })
	}
}

// addsUp wants the table to be right: every Storage Daemon is counted once, and every chain is in one state.
func (n *night) addsUp() {
	n.t.Helper()
	out, err := n.command(n.by("recover", "--json")...).Output()
	if err != nil && exitOf(err) != exitFinding {
		n.t.Fatalf("%v", err)
	}
	var told recoveryTold
	if err := json.Unmarshal(out, &told); err != nil {
		n.t.Fatal(err)
	}
	dead := 0
	for i := range told.Storages {
		if strings.HasPrefix(told.Storages[i].Storage, "sd-r1-") && told.Storages[i].Why != "" && told.Storages[i].Cluster.String() == "green" {
			dead++
		}
	}
	lost := 0
	for i := range told.Chains {
		c := &told.Chains[i]
		if c.Point == nil {
			lost++
			continue
		}
		for _, on := range c.Point.Storages() {
			if strings.HasPrefix(on, "sd-r1-") {
				n.t.Errorf("%s is to be read from %s, which is gone", c.Chain, on)
			}
		}
	}
	if told.Answer != 19 || dead != 19 || len(told.Chains) != 13 || told.Back+told.Lost+told.Unknown != 13 || lost != told.Lost ||
		told.Chains[0].Chain != "chain001" || !told.Chains[0].First {
		n.t.Errorf("%d answer, %d are dead; %d of %d chains come back, %d lost, %d not known", told.Answer, dead, told.Back, len(told.Chains),
			told.Lost, told.Unknown)
	}
}

func exitOf(err error) int {
	if e, is := err.(*exec.ExitError); is {
		return e.ExitCode()
	}
	return -1
}
