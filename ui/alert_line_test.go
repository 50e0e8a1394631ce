package ui

import (
	"strings"
	"testing"

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
			Do:   "see whether bacula-dir runs on its host and takes this Console: while it is down or hangs, no backup of green starts"},
			[2]string{"green director: connection refused", "see whether bacula-dir runs"}},
		{board.Alert{Brief: "RDS replica: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/watcher/session is not authorized to " +
			"perform: rds:DescribeDBInstances",
			Says: "RDS replica does not allow it: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/watcher/session is not authorized " +
				"(describe bacula-replica in eu-central-1)",
			Do: "grant the watcher the right that it lacks: nothing says that it is down, but until it does, taking over is not proven"},
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
