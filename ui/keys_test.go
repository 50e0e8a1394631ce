package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"switchyard/model"
)

func TestCommandsCompleteAndExplain(t *testing.T) {
	d := watch(t, 80, 24, trouble(20).Snapshot)
	d.press(":", "'cell chain003 r'", "tab", "tab", "enter")
	d.see("CELL chain003 region1 regular")
	d.press(":", "'job 18244'", "enter")
	d.see("JOB 18244 on BLUE")
	d.press("esc", ":", "'job'", "enter")
	d.see(":job wants JOBID")
	d.press(":", "'job 5'", "enter")
	d.see("no job 5")
	d.press(":", "'cell chain00'", "enter")
	d.see("/chain00")
	d.press(":", "'rm -rf'", "enter")
	d.see("no command :rm")
	d.press(":", "up", "up", "enter")
	d.see("/chain00")
	d.press(":", "'theme nope'", "enter")
	d.see("want one of dark, high-contrast, light, mono")
	d.press(":", "'theme light'", "enter")
	d.see("theme light")
	d.press(":", "'ascii'", "enter")
	d.see("+-1 BLUE")
	d.press(":", "'sources'", "enter")
	d.see("+ green director dir-green", "live  10.0.0.1")
	d.press(":", "'quit'", "enter")
	if _, ok := d.obey().(tea.QuitMsg); !ok {
		t.Fatal(":quit does not quit")
	}
}

func TestWatchSessionHasNoLever(t *testing.T) {
	w := watch(t, 80, 24, trouble(20).Snapshot)
	for _, l := range levers {
		w.press(l.key)
		w.see("this is a watch session: it has no lever to " + l.name)
		for i := range w.app.keys {
			if slices.Contains(w.app.keys[i].Keys(), l.key) {
				t.Errorf("%s is in the table of a watch session", l.key)
			}
		}
	}
	w.press("?", "/", "'watch session'")
	w.see("nothing: this is a watch session")
	c := session(t, cockpit, Options{}, 80, 24, trouble(20).Snapshot)
	c.see("s shift", "r restore", "f fail over")
	for key, says := range map[string]string{"s": "mark cells, or select one, to shift them", "u": "open an action to go back from it",
		"-": "no cells were refused", "M": "no Director is known to differ", "R": "select an alert that tells of jobs",
		"<": "no points are listed", "7": "nobody judges gates for this session",
		"A": "no action runs", "v": "no action is open", "c": "select a job that runs or waits"} {
		c.press(key)
		c.see(says)
	}
}

// What k9s, lazygit, vim, htop and dolphie use to destroy does nothing here.
func TestKeysThatDestroyElsewhereDoNothing(t *testing.T) {
	for _, open := range []opener{Watch, cockpit} {
		d := session(t, open, Options{}, 120, 40, trouble(20).Snapshot)
		for _, k := range []string{"d", "D", "x", "X", "K", "ctrl+k", "delete", "backspace", "ctrl+x", "ctrl+r", "e", "S", "a",
			"i", "t", "w", "P", "0", "9", "%"} {
			was := d.screen()
			d.press(k)
			if d.screen() != was || d.cmd != nil {
				t.Errorf("%s does something", k)
			}
		}
	}
}

func TestKeyTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range append(leverKeys(), watchKeys()...) {
		if h := b.Help(); h.Key == "" || h.Desc == "" || b.group == "" || !b.Enabled() {
			t.Errorf("%v has no text for help, or is disabled and would not say why", b.Keys())
		}
		for _, k := range b.Keys() {
			if seen[k] {
				t.Errorf("%s is bound twice", k)
			}
			seen[k] = true
		}
	}
}

func TestLeaving(t *testing.T) {
	d := watch(t, 80, 24, calm(4).Snapshot)
	d.press("ctrl+c")
	d.see("ctrl+c again leaves")
	d.press("j", "ctrl+c")
	d.see("ctrl+c again leaves")
	d.clock = d.clock.Add(5 * time.Second)
	d.press("ctrl+c")
	if d.cmd != nil {
		t.Fatal("a ctrl+c five seconds later left")
	}
	d.press("ctrl+c")
	if _, ok := d.obey().(tea.QuitMsg); !ok {
		t.Fatal("ctrl+c twice does not leave")
	}
	d.press("q")
	if _, ok := d.obey().(tea.QuitMsg); !ok {
		t.Fatal("q does not leave")
	}
	d.press("ctrl+z")
	if _, ok := d.obey().(tea.SuspendMsg); !ok {
		t.Fatal("ctrl+z does not suspend")
	}
	d.send(tea.ResumeMsg{})
	if d.cmd == nil {
		t.Fatal("nothing is drawn again after a suspend")
	}
}

func TestTooSmallDoesNothingBehindTheCurtain(t *testing.T) {
	d := watch(t, 50, 10, trouble(20).Snapshot)
	d.see("REHEARSAL", "WATCHING", "✗ chain003")
	d.press("3")
	d.see("too small")
	if d.app.focus != paneBlue {
		t.Fatal("a key moved what cannot be seen")
	}
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.see("1 BLUE")
}

func TestPasteIsNeverKeys(t *testing.T) {
	d := watch(t, 80, 24, trouble(20).Snapshot)
	d.send(tea.PasteMsg{Content: "q:quit\n"})
	d.see("pasted text is not taken for keys")
	d.press("3", "/")
	d.send(tea.PasteMsg{Content: "chain\x1b[31m003\n"})
	d.see("/chain[31m003")
}

func TestCopy(t *testing.T) {
	d := watch(t, 80, 24, trouble(20).Snapshot)
	d.press("y")
	d.see("copied")
	if got := fmt.Sprint(d.cmd()); got != "18244 blue backup-chain003-region1-immutable.2026-03-14_11.04.00_64" {
		t.Fatalf("copied %q", got)
	}
	d.press("3", "y")
	if got := fmt.Sprint(d.cmd()); got != "chain003 region1 immutable" {
		t.Fatalf("copied %q", got)
	}
	d.press("enter", "y")
	if got := fmt.Sprint(d.cmd()); !strings.Contains(got, "last good 31 h ago on blue, promise 26h") {
		t.Fatalf("copied %q", got)
	}
}

func TestThemeFollowsTheTerminal(t *testing.T) {
	d := session(t, Watch, Options{}, 80, 24, calm(4).Snapshot)
	d.send(tea.BackgroundColorMsg{Color: whiteGround{}})
	if d.app.theme.Name != "light" {
		t.Fatalf("a white terminal got %s", d.app.theme.Name)
	}
	d.send(tea.ColorProfileMsg{Profile: colorprofile.ASCII})
	if d.app.theme.Name != "mono" {
		t.Fatalf("a terminal without colours got %s", d.app.theme.Name)
	}
	d.send(tea.BackgroundColorMsg{Color: whiteGround{}})
	if d.app.theme.Name != "mono" {
		t.Fatalf("the background's colour brought %s back", d.app.theme.Name)
	}
	c := session(t, Watch, Options{Theme: "dark"}, 80, 24, calm(4).Snapshot)
	c.send(tea.BackgroundColorMsg{Color: whiteGround{}})
	if !strings.Contains(c.app.View().Content, "48;5;233") {
		t.Fatal("a chosen dark theme does not paint its ground on a white terminal")
	}
}

type whiteGround struct{}

func (whiteGround) RGBA() (r, g, b, a uint32) { return 0xffff, 0xffff, 0xffff, 0xffff }

func TestFeedThatEndsIsSaid(t *testing.T) {
	d := watch(t, 80, 24, calm(4).Snapshot)
	d.send(snapshotMsg{err: errors.New("journal\x1b[2J gone")})
	d.see("nothing new arrives any more: journal gone")
}

func TestASCIIOnly(t *testing.T) {
	for env, want := range map[string]bool{"LANG=C": true, "": true, "LANG=en_US.UTF-8": false, "LC_ALL=C LANG=en_US.UTF-8": true,
		"LC_CTYPE=C.utf8 LANG=C": false} {
		got := ASCIIOnly(func(name string) string {
			for _, kv := range strings.Fields(env) {
				if k, v, _ := strings.Cut(kv, "="); k == name {
					return v
				}
			}
			return ""
		})
		if got != want {
			t.Errorf("%q: %t", env, got)
		}
	}
}

// The keys of a pane are one screen, what works before what does not; everything is one key further.
func TestTheKeysOfAPaneAreOneScreen(t *testing.T) {
	for _, size := range sizes {
		for name, open := range map[string]opener{"watch": Watch, "cockpit": cockpit} {
			for pane := range 6 {
				d := session(t, open, Options{Theme: "dark"}, size[0], size[1], paired().Snapshot)
				d.press(fmt.Sprint(pane+1), "?")
				s := d.screen()
				d.see("HELP  keys of "+d.app.pane().name(), "enter ", "everything: every key and every command")
				if all := d.app.pager.shows.(*helpPage).all - 1; d.app.pager.height < all {
					t.Errorf("%s, pane %d: %d lines are more than a screen of %v:\n%s", name, pane+1, all, size, s)
				}
				if i := strings.Index(s, "not now"); i >= 0 && i < strings.Index(s, "everything: every key") {
					t.Errorf("%s: what does nothing stands before what does:\n%s", name, s)
				}
				d.press("?")
				d.see("│ everything ", "open the selected row or line")
				if size[1] == 24 {
					d.gone("everything: every key")
				}
				d.press("esc")
				if d.app.pager != nil {
					t.Error("the way back from everything is not the pane")
				}
			}
		}
	}
	for _, k := range shortKeys {
		for _, name := range strings.Fields(k.keys) {
			if !strings.HasPrefix(name, "/") && !slices.ContainsFunc(watchKeys(), func(b binding) bool { return slices.Contains(b.Keys(), name) }) {
				t.Errorf("%s is no key", name)
			}
		}
	}
}

func TestDeadKeysAreNotTheFirstHints(t *testing.T) {
	c := session(t, cockpit, Options{}, 80, 24, trouble(20).Snapshot)
	c.see("s shift", "r restore", "f fail over")
	hints := c.row("? help")
	for _, live := range []string{"enter open", "! cause", "/ : ? help", "q detach"} {
		if at := strings.Index(hints, live); at < 0 || at > strings.Index(hints, "s shift") {
			t.Errorf("%q does not stand before what does nothing: %q", live, hints)
		}
	}
	c.press("s")
	c.see("mark cells, or select one, to shift them")
}

// Every column has its name and its key.
func TestColumnsHaveKeys(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], trouble(20).Snapshot)
		for pane, names := range map[string][]string{"1": {"urgency", "jobid", "name", "status", "size", "left", "when"},
			"3": {"urgency", "chain", "region", "kind", "on", "blue", "green", "ratio", "tier", "breaks"}, "6": {"urgency", "since", "text"}} {
			d.press(pane, "z")
			for i, name := range names {
				k := fmt.Sprint("alt+", (i+1)%10)
				if i > 0 {
					d.press(k)
					d.see("by " + name + " ▲")
				}
				d.press(k)
				d.see("by " + name + " ▼")
				d.press(":", "'sort "+name+"'", "enter")
			}
			d.press("alt+1", "z")
		}
		d.press("6", "alt+9")
		d.see("these rows have 3 columns to order by: urgency, since, text")
		d.press("5", "alt+1")
		d.see("these rows have one order only")
	}
}

func TestBackupOfMarkedCells(t *testing.T) {
	for _, size := range sizes {
		d := levered(t, model.DefaultPolicy(), size[0], size[1], able(250).Snapshot)
		d.press("3", "/", "'chain011 region1'", "enter", "space", "space", "b")
		d.see("2 cells are marked, b plans one: :unmark, b on each (many: not built yet)")
		if d.app.dialog != nil || d.app.prompt != nil {
			t.Fatal("it opened something")
		}
		d.press(":", "'unmark'", "enter", "g", "space", "b")
		d.see("Type  backup chain011 blue  to approve")
	}
}
