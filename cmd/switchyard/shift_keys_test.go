package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
	worldclock "switchyard/backend/rehearsal/clock"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
	"switchyard/model/routes"
)

// wave is a world whose jobs run and of whose chains two thirds are blue's alone, with two people at terminals of different sizes.
type wave struct {
	stage
	inv  *model.Inventory
	both []*terminal
	turn int // of them it is the one that approves next
}

// waveSpeed lets the jobs of a minute end in seconds, and leaves a plan, which expires after ten minutes, one and a half of the machine's
// time to be read by keys.
const waveSpeed = 7

func newWave(t *testing.T) *wave {
	t.Helper()
	dir := t.TempDir()
	w := &wave{stage: stage{crew: crew{t: t}}}
	w.World = ownWorld(t, rehearsal.Options{Chains: 8, Scenario: "overlap", Dir: filepath.Join(dir, "w"),
		Clock: worldclock.New(model.Now(), waveSpeed)})
	w.env = []string{asProgram + "=1", "SWITCHYARD_CONFIG=" + w.ConfigPath(), "XDG_STATE_HOME=" + dir + "/state",
		"XDG_CACHE_HOME=" + dir + "/cache"}
	w.inv = opened(t, w.ConfigPath()).inv
	w.both = []*terminal{sit(t, 120, 40, w.command()), sit(t, 80, 24, w.command())}
	return w
}

// byTurns lets both open a plan and go as far as the phrase, with which the one whose turn it is approves, last. It returns the action when
// it is over.
func (w *wave) byTurns(phrase string, opens func(*terminal)) *record.Action {
	w.t.Helper()
	return w.inTurns(phrase, func(d *terminal) string {
		opens(d)
		return phrase
	})
}

// inTurns does that with a plan whose phrase is known once it is open.
func (w *wave) inTurns(what string, opens func(*terminal) (phrase string)) *record.Action {
	w.t.Helper()
	was := w.action()
	order := []*terminal{w.both[1-w.turn], w.both[w.turn]}
	for i, d := range order {
		d.goes(opens)
		if i == 0 {
			d.press("esc")
			d.gone("to approve")
		} else {
			d.enters()
		}
	}
	w.turn = 1 - w.turn
	var a *record.Action
	w.until(what+" to be over", func() bool {
		a = w.action()
		return a != nil && (was == nil || a.Seq != was.Seq) && a.State > record.ActionRunning
	})
	if a.State != record.ActionDone {
		w.t.Fatal(w.does(0, "actions", fmt.Sprint(a.Seq)))
	}
	return a
}

// mostReasons is more than any plan here asks for.
const mostReasons = 8

// goes opens a plan, reads all of it, gives each reason that is asked for and types the phrase. A plan whose facts change while it is
// looked at is opened again.
func (s *terminal) goes(opens func(*terminal) (phrase string)) {
	s.Helper()
	const why = "tried by hand"
	for stale := true; stale; {
		phrase := opens(s)
		says := "Type  " + phrase + "  to approve"
		comes := func(text string) {
			s.until(text, func(screen string) bool { return strings.Contains(screen, text) || strings.Contains(screen, "STALE") })
			stale = strings.Contains(s.screen(), "STALE")
		}
		if comes(says); !stale {
			s.readsToItsEnd()
			for range mostReasons { // what is too much stands in the line of the phrase
				s.press(why, "enter")
			}
			s.press(slices.Repeat([]string{"backspace"}, mostReasons*len(why))...)
			s.press(phrase)
			comes("> approve")
		}
		if stale {
			s.press("esc")
			s.gone("STALE")
		}
	}
}

// routes are those of the journal now.
func (w *wave) routes() *routes.Document {
	w.t.Helper()
	cfg, err := config.Load(w.ConfigPath())
	if err != nil {
		w.t.Fatal(err)
	}
	j, err := readJournal(w.t.Context(), cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	defer j.Close()
	doc, err := plan.RoutesOf(j.State())
	if err != nil {
		w.t.Fatal(err)
	}
	return doc
}

// started fails unless each Director of the clusters that a cell is given to starts it, and no other one does.
func (w *wave) started(cells []model.Cell, to model.Route) {
	w.t.Helper()
	doc := w.routes()
	for _, cell := range cells {
		if got := doc.Route(cell); got != to {
			w.t.Errorf("%s is %s's, want %s", cell, got, to)
		}
		for _, c := range model.Clusters {
			for _, d := range w.Cluster(c).Directors() {
				if d.Starts(cell) != (to[c] == model.Holds) {
					w.t.Errorf("%s starts %s: %v", d.Name(), cell, d.Starts(cell))
				}
			}
		}
	}
}

// marked is what the foot of the routes says of cells that both have.
var marked = regexp.MustCompile(`\d+ marked +s asks: \d+ cells both`)

// comesTo is how many cells a plan or its refusal is of.
var comesTo = regexp.MustCompile(`shift (?:of )?(\d+) cells to green`)

var othersToShift = regexp.MustCompile(`plans the shift of (\d+)\s+other`)

// TestAWaveThereAndBackByKeys goes with twelve of blue's cells to both, once green has proven them with those that it could back up to
// green, and back: each time both terminals show all of it, and one of them approves.
func TestAWaveThereAndBackByKeys(t *testing.T) {
	t.Parallel()
	w := newWave(t)
	before := w.routes()
	for _, d := range w.both {
		d.see("1 BLUE", "live", "32 cells", "21/21")
		d.press("3", "z", ":", "mark 12 blue", "enter")
		d.see("3 ROUTES", "12 marked", "s: 12 cells blue → both")
		d.hopes(", 12 drift") // the routes count, and no Director has them yet
	}
	w.byTurns("shift 12 cells to both", func(d *terminal) { d.press("s") })
	var moved []model.Cell
	after := w.routes()
	for i := range w.inv.Cells {
		if c := w.inv.Cells[i].Cell; before.Route(c) != after.Route(c) {
			moved = append(moved, c)
		}
	}
	if len(moved) != 12 {
		t.Fatalf("%d cells moved: %v", len(moved), moved)
	}
	w.started(moved, routes.Both)
	for _, d := range w.both {
		d.saw(", 12 drift")
		d.press("esc", "esc", "3")
		d.see("12 marked", "s asks: 12 cells both → green")
		d.until("no drift", func(screen string) bool { return !strings.Contains(paneOf(screen, "3 ROUTES"), "drift") })
	}

	stranger := moved[0]
	p, _ := w.inv.Find(stranger)
	if err := w.Fault("client-stranger", p.Client); err != nil {
		t.Fatal(err)
	}
	if err := w.Move(t.Context(), 9*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	const distrusts, newestTry = ": its file daemon does not trust green", "→ mend what its newest try says"
	left := ""
	asked := func(d *terminal) string { // leaves out who has no proof; what happened in nine days is read by and by
		for began := time.Now(); ; {
			d.press("s")
			d.see("shift green from both")
			d.press("green from both", "enter")
			d.until("a plan", func(screen string) bool { return comesTo.MatchString(screen) })
			was := d.screen()
			if !strings.Contains(was, "REFUSED") {
				left = comesTo.FindStringSubmatch(was)[1]
				return fmt.Sprintf("shift %s cells to green", left)
			}
			d.see("→ ")
			was = d.screen()
			others := othersToShift.FindStringSubmatch(was)
			if others != nil && (comesTo.FindStringSubmatch(was)[1] != "12" || containsAll(was, []string{distrusts, newestTry, stranger.String()})) {
				d.press("-")
				d.until("the others' plan", func(screen string) bool {
					to := comesTo.FindStringSubmatch(screen)
					return to != nil && to[1] == others[1] && !strings.Contains(screen, "REFUSED")
				})
				left = others[1]
				return fmt.Sprintf("shift %s cells to green", left)
			}
			if time.Since(began) > patience {
				t.Fatalf("what is refused, and why:\n%s", was)
			}
			d.press("esc")
			d.until("another look", func(screen string) bool {
				return !strings.Contains(screen, "REFUSED") && clockOf(screen) != clockOf(was)
			})
		}
	}
	settled := w.inTurns("the shift to green", asked)
	var green []model.Cell
	after = w.routes()
	for _, c := range moved {
		if after.Route(c) == routes.Green {
			green = append(green, c)
		}
	}
	if fmt.Sprint(len(green)) != left || slices.Contains(green, stranger) {
		t.Fatalf("%d cells are green's: %v", len(green), green)
	}
	w.started(green, routes.Green)
	w.byTurns(fmt.Sprintf("shift %s cells to both", left), func(d *terminal) {
		d.press(":", fmt.Sprint("action ", settled.Seq), "enter")
		d.see(fmt.Sprint("ACTION ", settled.Seq), "✓ done")
		d.press("u")
	})
	w.started(moved, routes.Both)
	for _, d := range w.both {
		d.press("esc", "esc", "3")
		d.until("what is marked, and goes to green or blue", func(screen string) bool { return marked.MatchString(screen) }) // each what it left
	}
}
