package ui

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"switchyard/model"
	"switchyard/model/board"
)

// TestTheAlertLineTellsCauseAndAdvice holds that neither is cut away at any size that is complete.
func TestTheAlertLineTellsCauseAndAdvice(t *testing.T) {
	for _, x := range []struct {
		alert board.Alert
		says  [2]string
	}{
		{board.Alert{Source: model.DirectorOf(model.Green, "dir-new"), Brief: "green director: connection refused",
			Says: "green director dir-new does not answer: connection refused (director dir-new.backup.example.com:9101)",
			Do:   "see whether bacula-dir runs and takes this Console: while it is down or hangs, no backup of green starts"},
			[2]string{"green director: connection refused", "see whether bacula-dir runs"}},
		{board.Alert{Brief: "RDS replica: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/watcher/session is not authorized to " +
			"perform: rds:DescribeDBInstances",
			Says: "RDS replica does not allow it: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/watcher/session is not authorized " +
				"(describe bacula-replica in eu-central-1)",
			Do: "grant the watcher that right: nothing says that it is down, but until it does, taking over is not proven"},
			[2]string{"RDS replica: AccessDenied", "grant the watcher"}},
	} {
		for _, size := range sizes {
			w := calm(8)
			x.alert.Severity = model.Fail
			w.Alerts = []board.Alert{x.alert, {ID: "other", Says: "another"}}
			lines := strings.Split(watch(t, size[0], size[1], w.Snapshot).screen(), "\n")
			line := lines[size[1]-2]
			cause := x.says[0]
			if size[0] >= 200 {
				cause = cause[strings.Index(cause, ": ")+2:] // all of it is told there, in more words
			}
			if !strings.Contains(line, cause) || !strings.Contains(line, x.says[1]) {
				t.Errorf("%v: %q", size, line)
			}
		}
	}
}

// TestTheAlertLineHasRoomForBoth however many alerts there are: what to do first stands there whole where it takes no more than it may, and
// of the cause what is left to it, at every size that is complete. What may be left out comes last.
func TestTheAlertLineHasRoomForBoth(t *testing.T) {
	d := watch(t, 80, 24, calm(8).Snapshot)
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z]{1,13}`)
		sentence := func(most int, name string) string {
			says := strings.Join(rapid.SliceOfN(word, 1, 12).Draw(t, name), " ")
			return strings.TrimSpace(says[:min(len(says), most)])
		}
		act := sentence(board.ActRoom, "act")
		cause := sentence(80-3-10-len(". ")-len(act), "cause") // a glyph, and how many there are
		a := board.Alert{Severity: model.Fail, Says: cause + ": " + strings.Repeat("all of it at length ", 12), Do: act + ": because of that",
			Brief: cause + "; " + sentence(200, "rest")}
		w := calm(8)
		w.Alerts = make([]board.Alert, rapid.IntRange(1, 999).Draw(t, "alerts"))
		w.Alerts[0] = a
		sc := d.app.live()
		sc.snap = w.Snapshot
		for _, size := range sizes {
			line := strings.TrimSpace(ansi.Strip(alertLine(sc, size[0], "")))
			if !strings.HasPrefix(line, "✗ "+cause) || !strings.Contains(line, ". "+act) {
				t.Fatalf("%v: %q of %q, %q", size, line, cause, act)
			}
		}
	})
}
