package bacula

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLogTextIsSplitAndHarmless(t *testing.T) {
	at := time.Unix(1795327600, 0)
	got := logLines(at, "d JobId 1: \x1b[31mred\x1b[0m\n  Job:  x\r\n\n\u202eabc\n\x00")
	if d := cmp.Diff([]LogLine{{at, "d JobId 1: red"}, {at, "  Job:  x"}, {at, "abc"}}, got); d != "" {
		t.Error(d)
	}
}

func TestReasonOfAFailure(t *testing.T) {
	summary := "blue-dir JobId 8: Error: Bacula blue-dir 9.6.7 (10Dec20):\n  Termination:  *** Backup Error ***"
	for _, c := range []struct {
		says, want string
		texts      []string
	}{
		{"the error right before the fatal one is its cause",
			`Error: Runscript: ClientBeforeJob returned non-zero status=1. ERR=Child exited with code 1`,
			[]string{"blue-dir JobId 8: No prior Full backup Job record found.", "db1-fd JobId 8: Error: Runscript: ClientBeforeJob returned " +
				"non-zero status=1. ERR=Child exited with code 1",
				"blue-dir JobId 8: Fatal error: Bad response to RunBeforeNow command: wanted 2000 OK RunBeforeNow\n, got 2905 Bad RunBeforeNow " +
					"command.",
				`blue-dir JobId 8: Fatal error: Client "db1-fd" RunScript failed.`, summary}},
		{"an early error is not the cause of a later fatal one", "Fatal error: Network error",
			[]string{"fd JobId 8: Error: cannot stat /x", "fd JobId 8: something goes on", "d JobId 8: Fatal error: Network error", summary}},
		{"without a fatal one, the first " +
			"error", "Error: cannot stat /x", []string{"fd JobId 8: Error: cannot stat /x", "fd JobId 8: Error: cannot stat /y", summary}},
		{"a warning is better than nothing", "Warning: slow", []string{"fd JobId 8: Warning: slow", "blue-dir JobId 8: Warning: Bacula " +
			"blue-dir 9.6.7 (10Dec20):"}},
		{"a limit is what canceled it, whatever was wrong before",
			"Fatal error: Max wait time exceeded. Job canceled. (before: Please mount read Volume)", []string{"sd JobId 8: Please mount read Volume",
				"d JobId 8: Fatal error: Max wait time exceeded. Job canceled."}},
		{"and the error right before it", "Fatal error: Max run time exceeded. Job canceled. (before: Error: Network blip)",
			[]string{"sd JobId 8: Error: Network blip", "d JobId 8: Fatal error: Max run time exceeded. Job canceled.", summary}},
		{"and what was fatal before", "Fatal error: Job canceled because max run sched time exceeded. (before: Fatal error: Network error)",
			[]string{"d JobId 8: Fatal error: Network error", "d JobId 8: Fatal error: Job canceled because max run sched time exceeded."}},
		{"text of a file name is no error", "", []string{"Fatal error: not from a daemon", "  Fatal error: indented"}},
		{"no reason", "", []string{"d JobId 8: Start Backup JobId 8", summary}},
	} {
		var lines []LogLine
		for _, text := range c.texts {
			lines = append(lines, logLines(time.Time{}, text+"\n\x00")...)
		}
		if got := reason(lines); got != c.want {
			t.Errorf("%s: %q", c.says, got)
		}
	}
}
