package bacula

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
)

func TestRightsAreTriedOneByOneAndHarmlessly(t *testing.T) {
	dir := t.TempDir()
	for _, denied := range []string{"run job=switchyard-may-it-run", ".sql", "delete"} {
		word := strings.Fields(denied)[0]
		if err := os.WriteFile(filepath.Join(dir, denied), []byte(word+": is an invalid command.\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rights, err := fake(t, "each", dir).Rights(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]model.Verdict{}
	for _, r := range rights {
		got[r.Command] = r.Allowed
	}
	want := map[string]model.Verdict{
		"version":  model.Holds,
		".jobs":    model.Holds,
		".clients": model.Holds,
		".status":  model.Holds,
		"show":     model.Holds,
		"time":     model.Holds,
		"run":      model.Fails,
		".sql":     model.Fails,
		"delete":   model.Fails,
		"cancel":   model.Holds,
		"disable":  model.Holds,
		"purge":    model.Holds,
		"prune":    model.Holds,
		"update":   model.Holds,
		"restore":  model.Holds,
		"sqlquery": model.Holds,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for session := range strings.SplitSeq(strings.TrimPrefix(must(os.ReadFile(filepath.Join(dir, "asked"))), "-- session\n"), "-- session\n") {
		if trial, left := strings.CutSuffix(session, farewell); !left || strings.Count(trial, "\n") != 1 {
			t.Errorf("a session that does not leave its question, or of several commands, where a line answers the question before it: %q", session)
		}
		word := strings.Fields(session)[0]
		if strings.Contains(session, "yes") || word == "reload" || word == "messages" {
			t.Errorf("tried for real: %q", session)
		}
	}
}

func TestAHungTrialIsUnknown(t *testing.T) {
	c := fake(t, "greets")
	c.Timeout = 150 * 1e6
	r, err := c.try(context.Background(), "run", "run job=x")
	if err != nil || r.Allowed != model.Unknown || !strings.Contains(r.Says, "no answer") {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestGrantsBeyondWatching(t *testing.T) {
	for _, c := range []struct {
		says string
		line string
		want []string
	}{
		{"MariaDB, a watcher", "GRANT PROCESS, SLAVE MONITOR ON *.* TO `w`@`127.0.0.1` IDENTIFIED BY PASSWORD '*ABCDEF'", nil},
		{"a watcher of one schema", "GRANT SELECT ON `bacula`.* TO `w`@`%`", nil},
		{"columns", "GRANT SELECT (`JobId`, `Name`), UPDATE (`Name`) ON `bacula`.`Job` TO `w`@`%`", []string{"UPDATE ON `bacula`.`Job`"}},
		{"a writer", "GRANT SELECT, INSERT, DELETE ON `bacula`.* TO `w`@`%`", []string{"DELETE ON `bacula`.*", "INSERT ON `bacula`.*"}},
		{"everything", "GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT " +
			"OPTION", []string{"ALL PRIVILEGES ON *.*", "GRANT OPTION ON *.*"}},
		{"a role", "GRANT `app`@`%` TO `w`@`%`", []string{"role `app`@`%`"}},
		{"a proxy", "GRANT PROXY ON ``@`` TO `root`@`localhost`", []string{"PROXY ON ``@``"}},
		{"nothing", "GRANT USAGE ON *.* TO `w`@`%`", nil},
	} {
		got := beyond([]string{c.line})
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.says, d)
		}
		if strings.Contains(strings.Join(got, ""), "ABCDEF") {
			t.Errorf("%s: a password's hash is kept", c.says)
		}
	}
}
