package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnlyWhatFailedIsTriedAgain: by .ci/again, which lets a landing go on where a second try passes. What broke off took the tests behind
// it with it, and a race is one however often it is not met. What is printed is that of Go 1.26.
func TestOnlyWhatFailedIsTriedAgain(t *testing.T) {
	for _, tool := range []string{"bash", "awk"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	const failed = "--- FAIL: TestA (0.00s)\n    a_test.go:3: busy\n"
	const again = "test -count=1 -parallel 6 -run ^(TestA)$ try/a\n"
	for name, c := range map[string]struct {
		printed, second, asked string
		passes                 bool
	}{
		"it passes":   {failed + "FAIL\nFAIL\ttry/a\t0.003s\nFAIL\n", "ok  \ttry/a\t0.002s", again, true},
		"an older Go": {failed + "FAIL\nexit status 1\nFAIL\ttry/a\t0.003s\nFAIL\n", "ok  \ttry/a\t0.002s", again, true},
		"it fails":    {failed + "FAIL\nFAIL\ttry/a\t0.003s\nFAIL\n", "FAIL", again, false},
		"no test of that name is run": {failed + "FAIL\nFAIL\ttry/a\t0.003s\nFAIL\n",
			"ok  \ttry/a\t0.002s [no tests to run]", again, false},
		"beside one that passes": {"ok  \ttry/b\t1s\n" + failed + "--- FAIL: TestB (1.00s)\nFAIL\nFAIL\ttry/a\t0.003s\nok  \ttry/c\t1s\nFAIL\n",
			"ok  \ttry/a\t0.002s", strings.Replace(again, "TestA", "TestA|TestB", 1), true},
		"behind what it printed": {failed + "    --- FAIL: TestA/sub (0.00s)\nhalf a line--- FAIL: TestB (1.00s)\n" +
			"FAIL\nFAIL\ttry/a\t0.003s\nFAIL\n",
			"ok  \ttry/a\t0.002s", strings.Replace(again, "TestA", "TestA|TestB", 1), true},
		"a panic": {"--- FAIL: TestA (0.00s)\npanic: boom [recovered, repanicked]\n\n" +
			"goroutine 18 [running]:\nFAIL\ttry/a\t0.008s\nFAIL\n", "ok", "", false},
		"a panic behind it": {failed + "panic: in the back\n\ngoroutine 20 [running]:\nFAIL\ttry/a\t0.004s\nFAIL\n", "ok", "", false},
		"the time is over": {failed + "panic: test timed out after 2s\n\trunning tests:\n\t\tTestEnds (2s)\n" +
			"FAIL\ttry/a\t2.006s\nFAIL\n", "ok", "", false},
		"it is killed": {failed + "*** Test killed with quit: ran too long (21m0s).\nFAIL\ttry/a\t1260s\nFAIL\n", "ok", "", false},
		"the runtime ends it": {failed + "fatal error: concurrent map writes\n\ngoroutine 20 [running]:\n" +
			"FAIL\ttry/a\t0.006s\nFAIL\n", "ok", "", false},
		"it exits":             {failed + "FAIL\ttry/a\t0.002s\nFAIL\n", "ok", "", false},
		"its end finds a leak": {failed + "FAIL\nleaked goroutine\nFAIL\ttry/a\t0.002s\nFAIL\n", "ok", "", false},
		"that alone":           {"PASS\nleaked goroutine\nFAIL\ttry/a\t0.002s\nFAIL\n", "ok", "", false},
		"it is not built": {"# try/a [try/a.test]\na/a_test.go:3:30: undefined: nothing\n" +
			"FAIL\ttry/a [build failed]\nFAIL\n", "ok", "", false},
		"a race": {"==================\nWARNING: DATA RACE\n==================\n--- FAIL: TestA (0.00s)\n" +
			"    testing.go:1712: race detected during execution of test\nFAIL\nFAIL\ttry/a\t0.012s\nFAIL\n", "ok", "", false},
		"one package of two": {failed + "FAIL\nFAIL\ttry/a\t0.003s\n" +
			"--- FAIL: TestB (0.00s)\npanic: boom\nFAIL\ttry/b\t0.003s\nFAIL\n", "ok", "", false},
		"nothing was tested": {"# try/a\nvet: a/a.go:3:30: undefined: nothing\n", "ok", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			printed, asked, tool := filepath.Join(dir, "printed"), filepath.Join(dir, "asked"), filepath.Join(dir, "go")
			script := "echo \"$@\" >>" + asked + "\necho '" + c.second + "'\ntest '" + c.second + "' != FAIL\n"
			if err := os.WriteFile(printed, []byte(c.printed), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(tool, []byte(script), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "bash", "../../.ci/again", printed, "-parallel", "6")
			cmd.Env = append(os.Environ(), "GO=sh "+tool)
			said, err := cmd.CombinedOutput()
			got, _ := os.ReadFile(asked)
			if (err == nil) != c.passes || string(got) != c.asked {
				t.Errorf("%v; asked for %q; it says: %s", err, got, said)
			}
		})
	}
}
