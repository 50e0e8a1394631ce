package run_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/backend/run"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// TestWhatVerifiesARestore runs commands of every kind: what each comes to is a verdict or a clear word that it is none, and nothing of it
// is left running.
func TestWhatVerifiesARestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pids := filepath.Join(dir, "pids")
	for name, c := range map[string]struct {
		script  string
		verdict model.Verdict
		why     string
		tables  uint64
		limit   time.Duration
	}{
		"passes": {script: `test "$1" = /srv/tests/x && echo fine`, verdict: model.Holds},
		"loads":  {script: `echo loading; echo '{"tables": 3, "rows": 1000}'`, verdict: model.Holds, tables: 3},
		"fails": {script: `echo one; echo 'table orders has another checksum'; exit 1`, verdict: model.Fails,
			why: "table orders has another checksum"},
		"fails silently":  {script: `exit 1`, verdict: model.Fails, why: "not what was backed up"},
		"breaks":          {script: `echo 'no server'; exit 7`, why: "status 7, which is no verdict: no server"},
		"hangs":           {script: `sleep 1000`, why: "did not end in its time", limit: 300 * time.Millisecond},
		"ignores the end": {script: `trap '' TERM; while :; do sleep 1000; done`, why: "did not end in its time", limit: 300 * time.Millisecond},
		"floods":          {script: `yes`, why: "printed more than"},
		"leaves children": {script: `sleep 1000 >/dev/null 2>&1 & echo $! >>` + pids + `; exit 0`, verdict: model.Holds},
		"leaves a grandchild": {script: `setsid sh -c 'echo $$ >` + pids + `.grand; exec sleep 1000' >/dev/null 2>&1 &
			until test -s ` + pids + `.grand; do :; done; cat ` + pids + `.grand >>` + pids, verdict: model.Holds},
		"hands its output on": {script: `sleep 1000 & echo $! >>` + pids + `; exit 0`, verdict: model.Holds},
		"floods its errors":   {script: `trap '' TERM; yes >&2`, why: "printed more than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			text := "#!/bin/sh\necho $$ >>" + pids + "\n" + c.script + "\n"
			if err := os.WriteFile(file, []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
			call := plan.Call{Name: "verify files", Argv: []string{"sh", file, "{where}"}}
			h := &run.Local{Commands: map[string][]string{call.Name: call.Argv}, Now: time.Now}
			o := plan.Order{CheckRestored: &plan.CheckRestored{Run: &call, Client: "scratch-fd", Where: "/srv/tests/x"}}
			past := plan.Past{Action: "7c1f", Step: 5, Found: []record.Found{{Restored: &record.FoundRestored{Files: 1}}}}
			if s, err := h.Look(t.Context(), o, past); err != nil || s.Verdict != model.Fails || !s.Absent {
				t.Fatalf("before: %+v, %v", s, err)
			}
			limit := c.limit
			if limit == 0 {
				limit = time.Minute
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			if err := h.Do(ctx, o, past); err != nil {
				t.Fatal(err)
			}
			s, err := h.Look(t.Context(), o, past)
			if err != nil || s.Verdict != model.Holds || len(s.Found) != 1 || s.Found[0].Tested == nil {
				t.Fatalf("%+v, %v", s, err)
			}
			f := s.Found[0].Tested
			if f.Verdict != c.verdict || !strings.Contains(f.Why, c.why) || (f.Why == "") != (c.verdict == model.Holds) || f.Tables != c.tables {
				t.Errorf("%+v", f)
			}
		})
	}
	t.Cleanup(func() {
		b, _ := os.ReadFile(pids)
		for _, word := range strings.Fields(string(b)) {
			pid, _ := strconv.Atoi(word)
			if err := syscall.Kill(pid, 0); err == nil && !zombie(pid) {
				t.Errorf("process %d is left", pid)
			}
		}
	})
}

func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(b), ") Z ")
}

// TestWhatRemovesARestore wants the command's 0, and another argument vector than the configured one is refused.
func TestWhatRemovesARestore(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "client")
	if err := os.MkdirAll(filepath.Join(dir, "srv", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	call := plan.Call{Name: "remove scratch", Argv: []string{"rm", "-rf", dir + "{where}"}}
	h := &run.Local{Commands: map[string][]string{call.Name: call.Argv}, Now: time.Now}
	past := plan.Past{Action: "7c1f", Step: 7}
	o := plan.Order{RemoveRestored: &plan.RemoveRestored{Run: call, Client: "scratch-fd", Where: "/srv/x"}}
	other := plan.Order{RemoveRestored: &plan.RemoveRestored{Run: plan.Call{Name: call.Name, Argv: []string{"rm", "-rf", "/"}}}}
	if err := h.Do(t.Context(), other, past); err == nil || !strings.Contains(err.Error(), "no command") {
		t.Errorf("another argument vector: %v", err)
	}
	if s, err := h.Look(t.Context(), o, past); err != nil || s.Verdict != model.Fails {
		t.Errorf("before: %+v, %v", s, err)
	}
	if err := h.Do(t.Context(), o, past); err != nil {
		t.Fatal(err)
	}
	if s, err := h.Look(t.Context(), o, past); err != nil || s.Verdict != model.Holds {
		t.Errorf("after: %+v, %v", s, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "srv", "x")); !os.IsNotExist(err) {
		t.Errorf("it is there: %v", err)
	}
}
