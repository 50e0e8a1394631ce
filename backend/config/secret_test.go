package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/model"
)

// passwordOf loads a configuration whose watch password on blue is written like that.
func passwordOf(t *testing.T, reference string) Secret {
	t.Helper()
	source := strings.Replace(readTestdata(t, "switchyard.yaml"), "{file: secrets/watch}", reference, 1)
	return mustLoad(t, source).Watch.Clusters[model.Blue].Catalog.Password
}

func TestSecret(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, perm fs.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), perm); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, perm); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SWITCHYARD_TEST_SECRET", "hunter2")
	t.Setenv("SWITCHYARD_TEST_EMPTY", "")
	good := file("good", "hunter2\n", 0o600)
	for _, c := range []struct{ reference, want, says string }{
		{"{env: SWITCHYARD_TEST_SECRET}", "hunter2", ""},
		{"{file: " + good + "}", "hunter2", ""},
		{"{file: " + file("dos", "hunter2\r\n", 0o400) + "}", "hunter2", ""},
		{"{command: [cat, " + good + "]}", "hunter2", ""},
		{"{env: SWITCHYARD_TEST_UNSET}", "", "environment variable SWITCHYARD_TEST_UNSET is not set"},
		{"{env: SWITCHYARD_TEST_EMPTY}", "", "SWITCHYARD_TEST_EMPTY is empty"},
		{"{file: " + file("open", "hunter2", 0o644) + "}", "", "open can be read or written by others (mode 0644); chmod 600 "},
		{"{file: " + file("group", "hunter2", 0o660) + "}", "", "group can be read or written by others (mode 0660)"},
		{"{file: " + file("empty", "\n", 0o600) + "}", "", "empty is empty"},
		{"{file: " + file("nul", "hunter2\x00", 0o600) + "}", "", "holds a NUL byte"},
		{"{file: " + file("long", strings.Repeat("hunter2", 10_000), 0o600) + "}", "", "longer than 65536 bytes"},
		{"{file: none}", "", "no such file or directory: " + filepath.Join(testdata(t), "none")},
		{"{file: " + dir + "}", "", "is not a regular file"},
		{"{file: " + pipe + "}", "", "is not a regular file"},
		{"{command: [sh, -c, 'echo hunter2 >&2; exit 1']}", "", "exit status 1; run it by hand"},
		{"{command: [/nonexistent/pass, hunter2]}", "", "running /nonexistent/pass"},
		{"{command: [sh, -c, 'yes hunter2']}", "", "it prints too much"},
	} {
		s := passwordOf(t, c.reference)
		got, err := s.Resolve(t.Context())
		if c.says == "" {
			if got != c.want || err != nil {
				t.Errorf("%s: %q, %v", c.reference, got, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(),
			"watch.blue.catalog.password") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v; want %q", c.reference, err, c.says)
		}
		text, err := json.Marshal(s)
		if told := fmt.Sprintf(
			"%v %+v %#v %s %q %s",
			s,
			s,
			s,
			s,
			s,
			text,
		); err != nil || strings.Contains(told, "hunter2") ||
			strings.Contains(told, "node") {
			t.Errorf("%s prints as %s, %v", c.reference, told, err)
		}
	}
	if _, err := (Secret{}).Resolve(t.Context()); err == nil {
		t.Error("no secret resolves")
	}
}

func TestSafePermissions(t *testing.T) {
	for _, c := range []struct {
		perm  fs.FileMode
		owner uint32
		safe  bool
	}{
		{0o600, 1000, true}, {0o400, 1000, true}, {0o600, 0, true}, {0o640, 0, true}, {0o440, 0, true},
		{0o640, 1000, false}, {0o644, 0, false}, {0o660, 0, false}, {0o604, 1000, false}, {0o650, 0, false}, {0o602, 0, false},
	} {
		if got := safe(c.perm, c.owner); got != c.safe {
			t.Errorf("mode %04o of user %d: safe is %v", c.perm, c.owner, got)
		}
	}
}

func TestOutput(t *testing.T) {
	start := time.Now()
	_, err := output(t.Context(), []string{"sh", "-c", "sleep 600 & sleep 600"}, "", 100, 50*time.Millisecond, true)
	if !errors.Is(err, model.ErrTimeout) || time.Since(start) > 30*time.Second {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := output(ctx, []string{"cat", "/dev/zero"}, "", 100, time.Minute, true); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	_, err = output(
		t.Context(),
		[]string{"sh", "-c", "yes complaint >&2 & sleep 0; printf 'last\\033[31m\\n' >&2; kill $!; wait; exit 1"},
		"",
		100,
		time.Minute,
		true,
	)
	if err == nil || len(err.Error()) > maxComplaint+100 || err.Error() != model.Clean(err.Error()) {
		t.Errorf("a long complaint: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "inv"), []byte("#!/bin/sh\npwd\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	alone := []string{"sh", "-c", "set -- $(ps -o sid= -p $$); test $1 = $$"}
	if _, err := output(t.Context(), alone, dir, 100, time.Minute, true); err != nil {
		t.Errorf("it has the terminal of whoever started it: %v", err)
	}
	if out, err := output(t.Context(), []string{"./inv"}, dir, 4096, time.Minute, true); err != nil || strings.TrimSpace(string(out)) != dir {
		t.Errorf("%q, %v", out, err)
	}
}
