package ui

import (
	"strings"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// TestWhyADirectorSaysNothing is on the alert line before it is known, with what tells: a Director holds back for seconds that a password
// is wrong.
func TestWhyADirectorSaysNothing(t *testing.T) {
	s := board.Sighting{Source: model.DirectorOf(model.Blue, "dir-old"), Gates: true, Early: true, Mute: true,
		Why: "hung, slow, or wrong password; no greeting yet after 1.4 s"}
	for _, size := range sizes {
		w := calm(8)
		w.Alerts = []board.Alert{{ID: "source:blue director dir-old", Severity: model.Warn, Source: s.Source,
			Says: "blue director dir-old: " + s.Why, Brief: "blue director: " + s.Why, Do: s.Remedy()}, {ID: "other", Says: "another"}}
		lines := strings.Split(watch(t, size[0], size[1], w.Snapshot).screen(), "\n")
		if line := lines[size[1]-2]; !strings.Contains(line, "hung, slow, or wrong password") || !strings.Contains(line, "see bacula-dir's log") {
			t.Errorf("%v: %q", size, line)
		}
	}
}

// TestAPaneWithoutDataSaysWhy with the cause first: whose catalog it is, the pane says itself.
func TestAPaneWithoutDataSaysWhy(t *testing.T) {
	for _, size := range sizes {
		w := calm(8)
		w.Seen = append([]board.Sighting{}, w.Seen...)
		for i := range w.Seen {
			if s := &w.Seen[i]; s.Source == model.CatalogOf(model.Green) {
				s.At, s.Why = time.Time{}, "catalog bacula.abc.eu-west-1.rds.amazonaws.com:3306: walk catalog: no answer in time"
			}
		}
		if row := watch(t, size[0], size[1], w.Snapshot).row("2 GREEN"); !strings.Contains(row, "never: no answer in t") {
			t.Errorf("%v: %q", size, row)
		}
	}
}

// TestAJobsRowBeginsWithTheReason and not with the word for how bad it is, or the line of Bacula's source.
func TestAJobsRowBeginsWithTheReason(t *testing.T) {
	for _, size := range sizes {
		w := trouble(20)
		v := *w.Clusters[model.Blue]
		v.Recent = append([]model.Job{}, v.Recent...)
		for i := range v.Recent {
			if v.Recent[i].ID == 18244 {
				v.Recent[i].Note = "Fatal error: bsock.c:520 Network error with FD during Backup: ERR=Connection reset by peer"
			}
		}
		w.Clusters[model.Blue] = &v
		if row := watch(t, size[0], size[1], w.Snapshot).row("✗ FAILED"); !strings.Contains(row, "✗ FAILED Net") {
			t.Errorf("%v: %q", size, row)
		}
	}
}

// TestRowsAreOrderedByAColumnsName at every size, which the title tells; what is no column is answered with those there are.
func TestRowsAreOrderedByAColumnsName(t *testing.T) {
	for _, size := range sizes {
		d := watch(t, size[0], size[1], trouble(20).Snapshot)
		d.press("2", ":", "'sort size'", "enter")
		d.see("by size ▲")
		d.press(":", "'sort size'", "enter")
		d.press("3", "z", ":", "'sort breaks'", "enter")
		d.see("by breaks ▲")
		d.press(":", "'sort nonsense'", "enter")
		d.see("sort by one of: urgency chain", " breaks")
		d.press("z", "5", ":", "'sort size'", "enter")
		d.see("sort by one of: time")
	}
}

// TestABlockedPlanNamesItsWayOut at every size, without a key being pressed in it.
func TestABlockedPlanNamesItsWayOut(t *testing.T) {
	for _, size := range sizes {
		w := able(20).old(model.Blue, time.Minute, "connection refused")
		d := levered(t, model.DefaultPolicy(), size[0], size[1], w.Snapshot)
		d.chooseCell("chain011 region1 regular")
		d.press("b")
		d.see("BLOCKED: it is not known that blue's Director answers: connection refused", "→ see whether bacula-dir runs", "> close")
	}
}

// TestGraphsHaveTheirScaleOnTheScreen: the largest value of each, at every size at which it is drawn.
func TestGraphsHaveTheirScaleOnTheScreen(t *testing.T) {
	for _, size := range sizes {
		drawn := 0
		d := watch(t, size[0], size[1], paired().Snapshot)
		for _, line := range strings.Split(d.screen(), "\n") {
			if !strings.ContainsAny(line, "▁▂▃▄▅▆▇█") {
				continue
			}
			if drawn++; !strings.Contains(line, "≤") {
				t.Errorf("%v: a graph without a scale: %q", size, line)
			}
		}
		if drawn == 0 {
			t.Errorf("%v: no graph is drawn", size)
		}
	}
}

// TestAnAnswerKeepsItsReason where a place in it is longer than the line.
func TestAnAnswerKeepsItsReason(t *testing.T) {
	d := watch(t, 80, 24, calm(8).Snapshot)
	d.app.say("the journal does not answer: reading it in /var/lib/switchyard/journal/of/the/other/host/records: no such file or directory")
	d.app.dirty = true
	if row := d.row("the journal does not"); !strings.Contains(row, "no such file") {
		t.Errorf("%q", row)
	}
}

// TestAnAlertThatIsCutIsToldInFewWords in its pane, as in the alert line: its cause is seen.
func TestAnAlertThatIsCutIsToldInFewWords(t *testing.T) {
	w := calm(20)
	for i := range 4 {
		w.Alerts = append(w.Alerts, board.Alert{ID: "source:" + string(rune('a'+i)), Severity: model.Warn,
			Says:  "green catalog does not answer: no answer in time (catalog 10.0.0.1:3306: read catalog)",
			Brief: "green catalog: no answer in time", Do: "see whether its server runs"})
	}
	for _, line := range watch(t, 80, 24, w.Snapshot).app.panes[paneAlerts].draw(&scene{snap: w.Snapshot, sum: summarize(w.Cells), now: noon,
		minute: noon, st: watch(t, 80, 24, w.Snapshot).app.style}, 36, 4, false) {
		if !strings.Contains(line, "no answer in time") {
			t.Errorf("%q", line)
		}
	}
}
