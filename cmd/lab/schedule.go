package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
)

var scheduleOfJob = regexp.MustCompile(`(?m)^  Schedule = .*\n`)

// unschedule keeps the Directors from starting jobs by themselves, also when they are started again, until the next "lab up". It reports
// whether one would have.
func (l *lab) unschedule(ctx context.Context) (changed bool, err error) {
	for _, c := range clusters {
		path := l.path(c, c+"-dir", "bacula-dir.conf")
		text, err := os.ReadFile(path)
		if err != nil {
			return changed, fmt.Errorf("reading the configuration of %s: %w", c, err)
		}
		differs, err := write(path, scheduleOfJob.ReplaceAllString(string(text), ""), 0o600, l.user(c))
		if err != nil {
			return changed, fmt.Errorf("writing the configuration of %s: %w", c, err)
		}
		if !differs {
			continue
		}
		changed = true
		if out, err := l.console(ctx, c, "reload"); err != nil {
			return changed, fmt.Errorf("reloading %s: %w: %s", c, err, out)
		}
	}
	return changed, nil
}
