package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/plan"
)

// longCause is as long as guards write one.
const longCause = "the replica has 3 transactions that the primary has not, written by something other than replication between 09:12 " +
	"and 09:40, and which rows they changed is not known to anybody who was asked"

// doubtful is a plan with n guards that want a reason each.
func doubtful(n int) *plan.Plan {
	p := &plan.Plan{ID: "7c1f0", Says: "fail green over to its replica", Confirm: "fail over green", Approvals: 1,
		Expires: noon.Add(15 * time.Minute), Costs: []string{"what was not replicated yet"}, Undo: []string{"nothing brings it back"}}
	for i := range n {
		p.Guards = append(p.Guards, model.Check{ID: fmt.Sprintf("doubt-%d", i+1), Says: fmt.Sprintf("doubt %d is cleared", i+1),
			Value: longCause, Bar: model.Override, Verdict: model.Fails})
	}
	return p
}

// bodyRows is how many lines of the dialog stand above what it asks, which begins with a blank one and the count of its guards.
func bodyRows(t *testing.T, screen string) int {
	t.Helper()
	_, s, _ := strings.Cut(screen, "┌─fail over green")
	s, _, ok := strings.Cut(s, " Guards  0 hold")
	if !ok {
		t.Fatalf("the guards are not counted:\n%s", screen)
	}
	return strings.Count(s, "\n") - 2
}

// TestEveryReasonIsAskedOnAnyScreen: where the questions are taller than the screen, the line that has the keys, the phrase and the choice
// are seen all the same, and some of what they are about.
func TestEveryReasonIsAskedOnAnyScreen(t *testing.T) {
	for _, size := range slices.Concat(sizes, [][2]int{{60, 16}}) {
		for _, n := range []int{3, 6} {
			d := session(t, cockpit, Options{Theme: "dark"}, size[0], size[1], able(20).Snapshot)
			var got []string
			box := d.app.planDialog(doubtful(n), func(_ *App, x *dialog) tea.Cmd {
				for _, f := range x.asks {
					got = append(got, f.name+" "+f.line.text())
				}
				return nil
			})
			box.holds = nil
			d.app.ask(box)
			d.afterGrace()
			// asked sees that the line with the keys stands below its question and has the cursor.
			asked := func(question, typed string) {
				t.Helper()
				screen := d.screen()
				lines := strings.Split(screen, "\n")
				c := d.app.View().Cursor
				if c == nil || c.Y >= len(lines) || !strings.Contains(lines[c.Y], "│ > "+typed) {
					t.Fatalf("%v, %d guards: the cursor %+v is not on the line with the keys:\n%s", size, n, c, screen)
				}
				above := strings.Join(lines[max(0, c.Y-6):c.Y], "\n")
				if !strings.Contains(above, question) || !strings.Contains(screen, "Type  fail over green  to approve") ||
					!strings.Contains(screen, " cancel ") || bodyRows(t, screen) < bodyLeast {
					t.Fatalf("%v, %d guards: %q is not asked, or the way out, or what it is about, is not seen:\n%s", size, n, question, screen)
				}
			}
			for i := range n {
				question := fmt.Sprintf("doubt %d is cleared (", i+1)
				if size[1] <= 24 {
					question = fmt.Sprintf("Why override doubt-%d: doubt %d is", i+1, i+1)
				}
				asked(question, "")
				d.press(fmt.Sprintf("'seen %d'", i+1))
				asked(question, fmt.Sprintf("seen %d", i+1))
				d.press("enter")
			}
			asked("Type  fail over green", "")
			d.press("'fail over green'")
			d.press("shift+tab")
			asked("doubt", fmt.Sprintf("seen %d", n))
			d.press("tab")
			var read strings.Builder
			for range 100 {
				read.WriteString(strings.Join(strings.Fields(strings.ReplaceAll(d.screen(), "│", " ")), " "))
				if box.unseen == 0 {
					break
				}
				d.press("pgdown")
			}
			if !strings.Contains(read.String(), "nothing brings it back") {
				t.Fatalf("%v, %d guards: the body was not seen to its end:\n%s", size, n, d.screen())
			}
			d.see("> approve")
			d.press("enter")
			if len(got) != n || got[n-1] != fmt.Sprintf("doubt-%d seen %d", n, n) {
				t.Fatalf("%v, %d guards: approved with %q", size, n, got)
			}
		}
	}
}

// TestWhatAPlanCostsIsReadBelowTheFold: where guards that do not hold push it down, its heading alone on the screen is not it.
func TestWhatAPlanCostsIsReadBelowTheFold(t *testing.T) {
	const n = 3
	d := session(t, cockpit, Options{Theme: "dark"}, 80, 24, able(20).Snapshot)
	approved := 0
	box := d.app.planDialog(doubtful(n), func(*App, *dialog) tea.Cmd { approved++; return nil })
	box.holds = nil
	d.app.ask(box)
	d.afterGrace()
	for i := range n {
		d.press(fmt.Sprintf("'seen %d'", i+1), "enter")
	}
	d.press("'fail over green'")
	for _, want := range []string{"What it costs", "- what was not replicated yet", "Undo", "- nothing brings it back"} {
		for !strings.Contains(d.screen(), want) {
			d.press("enter")
			d.see("not read yet: down, " + plural(box.unseen, "line"))
			if approved > 0 || d.app.dialog == nil {
				t.Fatalf("approved before %q was seen", want)
			}
			d.press("down")
		}
	}
	d.see("> approve")
	d.press("enter")
	if approved != 1 {
		t.Fatalf("read to its end and approved %d times:\n%s", approved, d.screen())
	}
}

// TestWhyAPlanIsRefusedIsReadOnAnyScreen: a cause that is taller than the screen leaves the way out there, and is read in the body.
func TestWhyAPlanIsRefusedIsReadOnAnyScreen(t *testing.T) {
	long := strings.Repeat(longCause+"; ", 4) + "at-last"
	for _, size := range slices.Concat(sizes, [][2]int{{60, 16}}) {
		for name, set := range map[string]func(*dialog){
			"STALE": func(x *dialog) { x.holds = func(*board.Snapshot) string { return long } },
			"BLOCKED": func(x *dialog) {
				x.holds, x.wall, x.way = nil, longCause, strings.Repeat(longCause+"; ", 3)+"at-last"
			},
		} {
			d := session(t, cockpit, Options{Theme: "dark"}, size[0], size[1], able(20).Snapshot)
			box := d.app.planDialog(doubtful(3), nil)
			set(box)
			d.app.ask(box)
			d.afterGrace()
			for range 40 {
				d.see("✗ "+name+": the replica has", "> close ")
				if strings.Contains(d.screen(), "at-last") {
					break
				}
				d.press("down")
			}
			d.see("at-last", "> close ")
		}
	}
}
