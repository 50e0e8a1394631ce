package ui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
	"switchyard/themes"
	"switchyard/ui/draw"
)

// asked is a session with a dialog open that counts its approvals.
func asked(t *testing.T, w, h int, bodyLines int) (*driver, *int) {
	t.Helper()
	d := session(t, cockpit, Options{Theme: "dark"}, w, h, trouble(20).Snapshot)
	approved := 0
	d.app.ask(&dialog{
		heading: []draw.Piece{draw.As(themes.Title, "shift 12 cells: blue → both")}, right: "plan 7c1f, expires 14:41", phrase: "shift 12",
		body: func(_ *scene, w int) [][]draw.Piece {
			s := &story{w: w}
			s.head("What happens")
			for range bodyLines {
				s.fact("1", "record the new routes; no cell loses blue")
			}
			return s.out
		},
		holds: func(s *board.Snapshot) string {
			if s.Rev > 7 {
				return "the routes changed since this plan was made"
			}
			return ""
		},
		approve: func(*App, *dialog) tea.Cmd { approved++; return nil },
	})
	d.screen()
	return d, &approved
}

func (d *driver) afterGrace() { d.clock = d.clock.Add(grace) }

func TestDialogOpensOnCancelAndEnterAloneDoesNothing(t *testing.T) {
	d, approved := asked(t, 80, 24, 4)
	d.afterGrace()
	d.see("> cancel", "Type  shift 12  to approve", "plan 7c1f, expires 14:41")
	d.press("enter", "enter", "space", "enter", "y", "enter")
	d.see("Enter alone does nothing: type shift 12")
	if *approved != 0 {
		t.Fatal("Enter approved")
	}
	d.press("esc")
	d.see("canceled: nothing was done")
}

func TestDialogIsApprovedByItsPhrase(t *testing.T) {
	d, approved := asked(t, 120, 40, 4)
	d.afterGrace()
	d.press("'shift 1'", "enter")
	if *approved != 0 {
		t.Fatal("half a phrase approved")
	}
	d.press("'2'")
	d.see("> approve")
	d.press("'3'")
	d.see("> cancel")
	d.press("backspace", "enter")
	if *approved != 1 || d.app.dialog != nil {
		t.Fatalf("approved %d times", *approved)
	}
	d.press("enter", "enter")
	if *approved != 1 {
		t.Fatal("a key repeat approved again")
	}
}

func TestDialogIgnoresWhatWasTypedAhead(t *testing.T) {
	d, approved := asked(t, 80, 24, 4)
	d.press("'shift 12'", "enter")
	d.clock = d.clock.Add(grace - time.Millisecond)
	d.press("'s'")
	d.gone("> s")
	d.afterGrace()
	d.press("'shift 12'")
	d.send(tea.WindowSizeMsg{Width: 100, Height: 30})
	d.press("enter")
	if *approved != 0 {
		t.Fatal("a key in the grace period after a resize approved")
	}
	d.afterGrace()
	repeat := keyMsg("enter")
	repeat.IsRepeat = true
	d.send(repeat)
	if *approved != 0 {
		t.Fatal("a repeated key approved")
	}
	d.press("enter")
	if *approved != 1 {
		t.Fatal("the phrase did not approve")
	}
}

func TestDialogRefusesPaste(t *testing.T) {
	d, approved := asked(t, 80, 24, 4)
	d.afterGrace()
	d.send(tea.PasteMsg{Content: "shift 12"})
	d.see("pasted text is refused: type it")
	d.press("enter")
	if *approved != 0 {
		t.Fatal("pasted text approved")
	}
}

func TestDialogSwallowsEveryOtherKey(t *testing.T) {
	d, _ := asked(t, 120, 40, 4)
	d.afterGrace()
	was := d.app.focus
	for _, k := range []string{"tab", "ctrl+l", "ctrl+d", "left", "home", "delete", "shift+tab", "f1", "/", ":", "?", "3", "q", "z", "p",
		"!"} {
		d.press(k)
		if d.cmd != nil || d.app.dialog == nil || d.app.pager != nil || d.app.prompt != nil || d.app.focus != was || d.app.zoomed ||
			!d.app.frozen.IsZero() {
			t.Fatalf("%s reached through the dialog", k)
		}
	}
	d.press("ctrl+c")
	if d.app.dialog != nil {
		t.Fatal("ctrl+c does not close the dialog")
	}
	if d.cmd != nil {
		t.Fatal("ctrl+c left the program")
	}
}

func TestSuspendingDropsTheDialog(t *testing.T) {
	d, approved := asked(t, 120, 40, 4)
	d.afterGrace()
	d.press("'shift 12'", "ctrl+z")
	if _, ok := d.obey().(tea.SuspendMsg); !ok || d.app.dialog != nil || *approved != 0 {
		t.Fatalf("suspended %v, the dialog is %v, approved %d times", ok, d.app.dialog, *approved)
	}
}

func TestDialogTurnsStaleByItself(t *testing.T) {
	d, approved := asked(t, 80, 24, 4)
	d.afterGrace()
	d.press("'shift 12'")
	same := trouble(20)
	same.Beat = 8
	d.take(same.Snapshot)
	d.see("> approve")
	changed := trouble(20)
	changed.Beat, changed.Rev = 9, 8
	d.take(changed.Snapshot)
	d.see("STALE: the routes changed since this plan was made", "> close")
	d.press("enter", "'shift 12'", "enter")
	back := trouble(20)
	back.Beat = 10
	d.take(back.Snapshot)
	d.press("enter")
	d.see("STALE")
	if *approved != 0 {
		t.Fatal("a stale plan was approved")
	}
}

func TestDialogCannotActOnASmallScreen(t *testing.T) {
	d, approved := asked(t, 80, 24, 4)
	d.afterGrace()
	d.press("'shift 12'")
	d.send(tea.WindowSizeMsg{Width: 59, Height: 15})
	d.afterGrace()
	d.press("enter", "enter")
	if *approved != 0 {
		t.Fatal("approved on a screen that cannot show the plan")
	}
}

func TestDialogScrollsWhatDoesNotFit(t *testing.T) {
	d, _ := asked(t, 80, 24, 60)
	d.afterGrace()
	d.see("up and down scroll, 4", "Type  shift 12")
	d.press("down", "down", "up")
	d.see("Type  shift 12")
	for _, size := range [][2]int{{80, 16}, {60, 16}, {20, 6}, {3, 3}, {1, 1}, {200, 60}} {
		d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
	}
	golden(t, "dialog-200x60", d.screen())
	d.send(tea.WindowSizeMsg{Width: 80, Height: 24})
	golden(t, "dialog-80x24", d.screen())
	if !strings.Contains(d.row("Type  shift"), "esc cancels") {
		t.Fatal("the way out is not shown")
	}
}

// A terminal that pastes without saying so, or a link that stalled, hands a phrase and its Enter over at once.
func TestABurstNeverApproves(t *testing.T) {
	for _, size := range sizes {
		for name, pasted := range map[string][]string{"at once": {"shift 12\t\t\r"}, "with more": {"shift 12\r\r\r"}, "torn": {"shi", "ft 12\r"},
			"torn before Enter": {"shift 12", "\r"}, "a word, then the rest": {"s", "hift 12", "\t\r"}} {
			d, approved := asked(t, size[0], size[1], 4)
			d.afterGrace()
			for _, part := range pasted {
				d.clock = d.clock.Add(3 * burstGap)
				d.burst(part)
			}
			if *approved != 0 {
				t.Fatalf("%s: approved", name)
			}
			d.see("came in one burst: Enter once more")
			d.clock = d.clock.Add(burstRest)
			d.press("enter")
			if *approved != 1 {
				t.Fatalf("%s: a person's own Enter approved %d times", name, *approved)
			}
		}
		d, approved := asked(t, size[0], size[1], 4)
		d.afterGrace()
		d.press("'shift 12'", "enter")
		if *approved != 1 {
			t.Fatal("what was typed was taken for a burst")
		}
	}
}

// TestABurstOverTwoLinesNeverApproves: what was pasted with the phrase may end in the line below it, and torn there.
func TestABurstOverTwoLinesNeverApproves(t *testing.T) {
	w := able(20).acting(41, record.ActionRunning, nil)
	for _, size := range sizes {
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.press("A")
		d.afterGrace()
		d.clock = d.clock.Add(3 * burstGap)
		d.burst("stop 41\tx")
		d.clock = d.clock.Add(3 * burstGap)
		d.burst("\r")
		d.see("came in one burst: Enter once more")
		d.clock = d.clock.Add(burstRest)
		d.press("enter")
		d.obey()
		if len(d.deeds) != 1 || d.deeds[0].Reason != "x" {
			t.Fatalf("%+v", d.deeds)
		}
	}
}

func TestAReasonIsNoPhrase(t *testing.T) {
	w := able(20).acting(41, record.ActionRunning, nil)
	for _, size := range sizes {
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.press("A")
		d.afterGrace()
		d.press("'stop 4'")
		if d.app.dialog.typed.text() != "stop 4" {
			t.Fatal("the field that confirms does not have the cursor")
		}
		d.press("tab", "'stop 41'", "enter")
		d.see("these words approve, they are no reason")
		d.press("shift+tab", "'1'")
		d.gone("> approve")
		d.press("enter")
		d.see("these words approve, they are no reason")
		if len(d.deeds) != 0 {
			t.Fatal("approved with the phrase as its reason")
		}
		d.press("ctrl+u", "'disk full'", "ctrl+w", "'empty'")
		d.see("> approve", "disk empty")
		d.press("enter")
		d.obey()
		if len(d.deeds) != 1 || d.deeds[0].Reason != "disk empty" {
			t.Fatalf("%+v", d.deeds)
		}
	}
}

// What a plan costs, what cannot be undone and which guards do not hold was on the screen before its phrase is taken.
func TestAPlanWasReadBeforeItIsApproved(t *testing.T) {
	for _, size := range append([][2]int{{60, 16}}, sizes...) {
		w := able(20)
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.press("1", "g", "c")
		phrase := fmt.Sprintf("cancel %d blue", w.Clusters[model.Blue].Open[0].ID)
		d.afterGrace()
		d.press("'" + phrase + "'")
		read := ""
		for range 40 {
			read += strings.Join(strings.Fields(strings.ReplaceAll(d.screen(), "│", " ")), " ")
			if d.app.dialog.unseen == 0 {
				break
			}
			if size[0] >= 80 {
				t.Fatalf("%v: what decides is below the fold:\n%s", size, d.screen())
			}
			d.press("enter")
			d.see("not read yet: down")
			d.press("down")
		}
		for _, want := range []string{"no return from", "What it costs", "it has been running for 8 min", "nothing can be restored from it"} {
			if !strings.Contains(read, want) {
				t.Errorf("%v: %q was not seen:\n%s", size, want, d.screen())
			}
		}
		d.press("enter")
		if d.app.dialog != nil {
			t.Errorf("%v: read, typed and not approved:\n%s", size, d.screen())
		}
	}
	// Whoever jumps to the end has not read what is between.
	d, approved := asked(t, 80, 24, 60)
	d.afterGrace()
	for range 3 {
		d.press("down")
	}
	d.press("'shift 12'", "enter")
	d.see("not read yet: down")
	for range 10 {
		d.press("pgdown")
	}
	d.press("enter")
	if *approved != 1 {
		t.Fatalf("approved %d times", *approved)
	}
}
