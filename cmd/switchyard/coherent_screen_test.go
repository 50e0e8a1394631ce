package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"switchyard/backend/rehearsal"
	"switchyard/model"
	"switchyard/model/board"
)

// TestEveryScenarioIsCoherent looks at each place of the migration at each size: what is published adds up and follows what was before, and
// so do the numbers of one screen between its header and its panes.
func TestEveryScenarioIsCoherent(t *testing.T) {
	t.Parallel()
	for _, scenario := range rehearsal.Scenarios {
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			w := ownWorld(t, rehearsal.Options{Scenario: scenario.Name, Chains: 12})
			ctx, cancel := context.WithCancel(t.Context())
			site := watched(t, w)
			f, stop := site.follow(ctx)
			published := make(chan int)
			go func() {
				n := 0
				defer func() { published <- n }()
				for last := (*board.Snapshot)(nil); ; n++ {
					beat := uint64(0)
					if last != nil {
						beat = last.Beat
					}
					next, err := f.Next(ctx, beat)
					if err != nil {
						return
					}
					for _, wrong := range incoherent(last, next, site.inv) {
						t.Error(wrong)
					}
					last = next
				}
			}()
			for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 60}} {
				d := attach(t, w, size[0], size[1], "watch")
				d.never("panic", "%!")
				d.live()
				first := clockOf(d.screen())
				for frames := 0; frames < 4; frames++ {
					screen := d.screen()
					for _, wrong := range addsUp(screen) {
						t.Errorf("%dx%d: %s\n%s", size[0], size[1], wrong, screen)
					}
					if wrong := brokenFrame(screen); wrong != "" { // it has been told what its terminal can do long since
						t.Errorf("%dx%d: %s\n%s", size[0], size[1], wrong, screen)
					}
					d.until("another second", func(s string) bool { return clockOf(s) != clockOf(screen) })
				}
				if last := clockOf(d.screen()); last <= first && first < "23:59" {
					t.Errorf("the clock went from %s to %s", first, last)
				}
				d.press("q")
				d.ended()
			}
			cancel()
			if n := <-published; n < 10 {
				t.Errorf("%d snapshots were looked at", n)
			}
			stop()
		})
	}
}

var (
	screenClock  = regexp.MustCompile(`(\d\d:\d\d:\d\d) UTC`)
	headerCells  = regexp.MustCompile(`(?m)^ (\d+) cells[^:]*: (.*?)  `)
	headerOn     = regexp.MustCompile(` (?:blue|b) (\d+) both (\d+) (?:green|g) (\d+)(?: none (\d+))?`)
	matrixRow    = regexp.MustCompile(`│ (?:region\d (?:regular|immutable)|r\d (?:reg|imm)) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) `)
	cellsTitle   = regexp.MustCompile(`┌─3 ROUTES ([\d,]+), (\d+) gaps?`)
	alertsTitle  = regexp.MustCompile(`┌─6 ALERTS ((?: +\d+ (?:FAIL|warn|info))+)`)
	alertsInLine = regexp.MustCompile(`  1 of (\d+), ! opens`)
	paneTotals   = regexp.MustCompile(`│ run (\d+) wait (\d+) `)
	numbers      = regexp.MustCompile(`\d+`)
)

func clockOf(screen string) string {
	if m := screenClock.FindStringSubmatch(screen); m != nil {
		return m[1]
	}
	return ""
}

// addsUp says where the numbers of one screen contradict each other. What a size does not show is not looked at.
func addsUp(screen string) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	n := func(s string) (v int) {
		_, _ = fmt.Sscan(strings.ReplaceAll(s, ",", ""), &v)
		return v
	}
	header := headerCells.FindStringSubmatch(screen)
	if header == nil {
		say("no line tells of the cells")
		return wrong
	}
	cells, byHealth := n(header[1]), 0
	for _, v := range numbers.FindAllString(header[2], -1) {
		byHealth += n(v)
	}
	if byHealth != cells {
		say("the header tells of %d cells, and by health of %d", cells, byHealth)
	}
	if m := cellsTitle.FindStringSubmatch(screen); m != nil && n(m[1]) != cells {
		say("the header tells of %d cells, and the pane of %s", cells, m[1])
	}
	on := headerOn.FindStringSubmatch(screen)
	if on != nil && n(on[1])+n(on[2])+n(on[3])+n(on[4]) != cells {
		say("the header tells of %d cells, and by cluster of %s", cells, on[0])
	}
	var sums [6]int
	rows := matrixRow.FindAllStringSubmatch(screen, -1)
	for _, r := range rows {
		for i := range sums {
			sums[i] += n(r[i+1])
		}
	}
	if len(rows) == 4 {
		if sum := sums[0] + sums[1] + sums[2] + sums[3]; sum != cells {
			say("the header tells of %d cells, and the regions of %d", cells, sum)
		}
		if on != nil && (sums[0] != n(on[1]) || sums[1] != n(on[2]) || sums[2] != n(on[3])) {
			say("the header tells of %s, and the regions of %v", on[0], sums)
		}
	}
	if title, line := alertsTitle.FindStringSubmatch(screen), alertsInLine.FindStringSubmatch(screen); title != nil && line != nil {
		sum := 0
		for _, v := range numbers.FindAllString(title[1], -1) {
			sum += n(v)
		}
		if sum != n(line[1]) {
			say("%d alerts in the pane, and %s in the line", sum, line[1])
		}
	}
	for i, pane := range []string{"1 BLUE", "2 GREEN"} {
		text := paneOf(screen, pane)
		totals, running := paneTotals.FindStringSubmatch(text), 0
		for row := range strings.SplitSeq(text, "\n") {
			if runningRow.MatchString(row) {
				running++
			}
		}
		if totals != nil && running > n(totals[1]) {
			say("%v: %d rows run, and it tells of %s", model.Clusters[i], running, totals[1])
		}
	}
	return wrong
}

// runningRow is a job's row with its percentage and its time left.
var runningRow = regexp.MustCompile(` (full|incr|diff) +(\d+|\?) +(-|\S+ ?(s|min|h|m)) `)

// TestAddsUpSeesWhatDoesNot is the proof that the test above can fail.
func TestAddsUpSeesWhatDoesNot(t *testing.T) {
	good := " 48 cells: 1 ! diverged 47 ok   blue 28 both 20 green 0   next\n┌─3 ROUTES 48, 0 gaps ─┐┌─6 ALERTS  1 warn  2 info ─┐\n" +
		"│ region1 regular        7     5      0     0    0    0  │\n│ region1 immutable      7     5      0     0    0    0  │\n" +
		"│ region2 regular        7     5      0     0    0    0  │\n│ region2 immutable      7     5      0     0    0    0  │\n ! x  1 of 3, " +
		"! opens \n"
	if wrong := addsUp(good); wrong != nil {
		t.Errorf("%q", wrong)
	}
	for _, change := range [][2]string{{"47 ok", "46 ok"}, {"ROUTES 48", "ROUTES 47"}, {"blue 28", "blue 27"}, {"regular        7",
		"regular        6"}, {"1 of 3", "1 of 2"}} {
		if addsUp(strings.Replace(good, change[0], change[1], 1)) == nil {
			t.Errorf("%q instead of %q is not seen", change[1], change[0])
		}
	}
}
