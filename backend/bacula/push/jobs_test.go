package push

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/plan"
)

// TestMain is also bconsole: it greets, notes what it is told, and answers from a file.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "bconsole" {
		os.Exit(m.Run())
	}
	dir := os.Args[1]
	if dir == "silent" {
		time.Sleep(time.Hour)
	}
	fmt.Print("1000 OK: 103 d Version: 9.6.7 (10 December 2020)\nEnter a period to cancel a command.\n")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		f, _ := os.OpenFile(filepath.Join(dir, "told"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		fmt.Fprintln(f, in.Text())
		fmt.Println(in.Text())
		if slices.Contains(bacula.Farewell, in.Text()) {
			continue
		}
		b, _ := os.ReadFile(filepath.Join(dir, "answer"))
		os.Stdout.Write(b)
	}
	if len(os.Args) > 2 { // it never ends, and tells when it begins not to
		os.WriteFile(filepath.Join(dir, os.Args[2]), nil, 0o600)
		time.Sleep(time.Hour)
	}
}

func console(t *testing.T, answer string) (bacula.Console, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	link := filepath.Join(dir, "bconsole")
	if err := errors.Join(os.Symlink(self, link), os.WriteFile(filepath.Join(dir, "answer"), []byte(answer), 0o600)); err != nil {
		t.Fatal(err)
	}
	return bacula.Console{Argv: []string{link, dir}, Timeout: 20 * time.Second}, dir
}

func told(dir string) string {
	b, _ := os.ReadFile(filepath.Join(dir, "told"))
	return string(b)
}

// start sends what a plan's order sends.
func start(ctx context.Context, con bacula.Console, name, level, tag string) (uint32, error) {
	o := plan.Order{StartJob: &plan.StartJob{TaggedJob: plan.TaggedJob{Job: name, Tag: tag}, Level: level}}
	parts := []string{tag}
	if level != "" {
		parts = append(parts, level)
	}
	return Run(ctx, con, o.Sends(), name, parts...)
}

func cancel(ctx context.Context, con bacula.Console, unique string) error {
	return Cancel(ctx, con, plan.Order{CancelJob: &plan.CancelJob{Job: unique, ID: 59}}.Sends(), unique)
}

// menu is what both generations print for a job they do not have, shortened; the farewell answers it.
const menu = "Job \"backup-x\" not found\nThe defined Job resources are:\n     1: backup-y\n     2: backup-z\nSelect Job resource (1-2): "

func TestRun(t *testing.T) {
	for name, c := range map[string]struct {
		answer  string
		id      uint32
		kind    error
		notDone bool
		says    string
	}{
		"9.6":      {"Using Catalog \"MainCatalog\"\nJob queued. JobId=58\n", 58, nil, false, ""},
		"messages": {"Using Catalog \"MainCatalog\"\nJob queued. JobId=50\nYou have messages.\n", 50, nil, false, ""},
		"no job": {"Automatically selected Catalog: MainCatalog\nUsing Catalog " +
			"\"MainCatalog\"\n" + menu, 0, model.ErrNotDone, true, `Job "backup-x" not found`},
		"level": {"Using Catalog \"MainCatalog\"\nLevel \"Bogus\" not valid.\nJob not " +
			"run.\n", 0, model.ErrNotDone, true, `Level "Bogus" not valid. / Job not run.`},
		"denied":    {"run: is an invalid command.\n", 0, model.ErrNotAllowed, true, `the Director refuses "run"`},
		"duplicate": {"Using Catalog \"MainCatalog\"\nJob 0 failed.\n", 0, model.ErrNotDone, true, "Job 0 failed."},
		"catalog":   {"", 0, model.ErrAnswer, false, "nothing"},
		"quoted":    {"Using Catalog \"x Job queued. JobId=9\"\n", 0, model.ErrAnswer, false, "nothing"},
	} {
		con, dir := console(t, c.answer)
		id, err := start(t.Context(), con, "backup-x", "Full", "switchyard 7c1f")
		if id != c.id || !errors.Is(err, c.kind) || errors.Is(err, model.ErrNotDone) != c.notDone ||
			err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %d, %v", name, id, err)
		}
		if got := told(dir); got != `run job="backup-x" level="Full" comment="switchyard 7c1f" yes`+"\n.\nquit\n" {
			t.Errorf("%s: the Director was told %q", name, got)
		}
	}
	con, dir := console(t, "Job queued. JobId=3\n")
	if _, err := start(
		t.Context(),
		con,
		"backup-x",
		"",
		"tag",
	); err != nil ||
		told(dir) != "run job=\"backup-x\" comment=\"tag\" yes\n.\nquit\n" {
		t.Error(err, told(dir))
	}
	for _, bad := range []string{"x\" yes\n@exec", "@exec", ".sql", "x\ny", "\x1b[2J"} {
		con, dir := console(t, "Job queued. JobId=3\n")
		for _, try := range [][3]string{{bad, "Full", "tag"}, {"x", bad, "tag"}, {"x", "Full", bad}} {
			if _, err := start(t.Context(), con, try[0], try[1], try[2]); !errors.Is(err, model.ErrNotDone) || told(dir) != "" {
				t.Errorf("%q: %v, told %q", try, err, told(dir))
			}
		}
	}
}

// TestNothingHasNoName is an order that lacks a name: a Director would ask which is meant, and take the next line for an answer.
func TestNothingHasNoName(t *testing.T) {
	con, dir := console(t, "Job queued. JobId=3\n")
	for name, err := range map[string]error{
		"job":    second(start(t.Context(), con, "", "Full", "tag")),
		"tag":    second(start(t.Context(), con, "backup-x", "Full", "")),
		"cancel": cancel(t.Context(), con, ""),
	} {
		if !errors.Is(err, model.ErrNotDone) || !strings.Contains(err.Error(), "it is empty") || told(dir) != "" {
			t.Errorf("%s: %v, told %q", name, err, told(dir))
		}
	}
}

func second(_ uint32, err error) error { return err }

func TestCancel(t *testing.T) {
	const unique = "backup-x.2026-11-23_02.34.56_11"
	for name, c := range map[string]struct {
		answer  string
		kind    error
		notDone bool
	}{
		"9.6": {"2001 Job \"" + unique + "\" marked to be canceled.\n3000 JobId=59 " +
			"Job=\"" + unique + "\" marked to be canceled.\n", nil, false},
		"15": {"2001 Job \"" + unique + "\" marked to be canceled.\n3904 " +
			"Job " + unique + " not found.\nJobId 51, Job " + unique + " marked to be canceled.\n", nil, false},
		"ended":   {"Warning Job " + unique + " is not running.\n", model.ErrNone, true},
		"none":    {"No Jobs running.\n", model.ErrNone, true},
		"another": {"3000 JobId=59 Job=\"backup-y.2026-11-23_02.34.56_11\" marked to be canceled.\n", model.ErrAnswer, false},
		"denied":  {"cancel: is an invalid command.\n", model.ErrNotAllowed, true},
		"nothing": {"", model.ErrAnswer, false},
	} {
		con, dir := console(t, c.answer)
		if err := cancel(t.Context(), con, unique); !errors.Is(err, c.kind) || errors.Is(err, model.ErrNotDone) != c.notDone {
			t.Errorf("%s: %v", name, err)
		}
		if got := told(dir); got != "cancel ujobid="+unique+"\n.\nquit\n" {
			t.Errorf("%s: the Director was told %q", name, got)
		}
	}
}

// TestWhatWasSaidCounts is a session that hangs after the answer, and one that hangs before it.
func TestWhatWasSaidCounts(t *testing.T) {
	con, dir := console(t, "Job queued. JobId=58\n")
	con.Argv = append(con.Argv, "hangs")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(filepath.Join(dir, "hangs")); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	if id, err := start(ctx, con, "backup-x", "", "tag"); id != 58 || err != nil {
		t.Errorf("hung after its answer: %d, %v", id, err)
	}
	con.Argv[1], con.Timeout = "silent", 300*time.Millisecond
	if _, err := start(t.Context(), con, "backup-x", "", "tag"); !errors.Is(err, model.ErrNotDone) || !errors.Is(err, model.ErrTimeout) {
		t.Errorf("hung before its greeting: %v", err)
	}
}
