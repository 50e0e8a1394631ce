package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
)

// firstJobs runs every job once in a catalog that has none, the ones that take long first, and some a second time so that there are incremental ones.
// It waits for all but those that hang or crawl.
func (l *lab) firstJobs(ctx context.Context) error {
	return together(clusters, func(cluster string) error {
		n, err := l.countJobs(ctx, cluster, "SELECT COUNT(*) FROM Job")
		if err != nil || n > 0 {
			return err
		}
		first, second := firstRounds(cluster)
		for _, round := range [][]string{first, second} {
			lines := make([]string, len(round))
			for i, name := range round {
				lines[i] = "run job=" + name + " yes"
			}
			out, err := l.console(ctx, cluster, lines...)
			if err != nil {
				return err
			}
			if queued := strings.Count(out, "Job queued. JobId="); queued != len(round) {
				return fmt.Errorf("running the first jobs on %s: %d of %d were queued: %s", cluster, queued, len(round), tail([]byte(out)))
			}
			if err := l.waitJobs(ctx, cluster); err != nil {
				return err
			}
		}
		return nil
	})
}

// firstRounds are the jobs that a cluster runs at first, and those that it then runs again.
func firstRounds(cluster string) (first, second []string) {
	var long []string
	for _, c := range cellsOn(cluster) {
		switch c.Trouble {
		case waiting:
		case hangs, crawls:
			long = append(long, c.Name())
		default:
			first = append(first, c.Name())
			if c.Trouble == fine && c.Kind == model.Regular && c.Region == regions[0] {
				second = append(second, c.Name())
			}
		}
	}
	return append(long, append(first, "BackupCatalog", "admin-housekeeping")...), second
}

// unfinished counts the jobs that are not over and are not slow by intention.
func unfinished() string {
	var slow []string
	for _, c := range cells() {
		if c.Trouble == hangs || c.Trouble == crawls {
			slow = append(slow, "'"+c.Name()+"'")
		}
	}
	return "SELECT COUNT(*) FROM Job WHERE JobStatus NOT IN ('T','W','E','e','f','A','D','I') AND Name NOT IN (" + strings.Join(slow, ",") + ")"
}

func (l *lab) waitJobs(ctx context.Context, cluster string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		n, err := l.countJobs(ctx, cluster, unfinished())
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the first jobs of %s: %d are not over: %w", cluster, n, ctx.Err())
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (l *lab) countJobs(ctx context.Context, cluster, statement string) (n int, err error) {
	s, err := findServer(cluster)
	if err != nil {
		return 0, err
	}
	db, err := l.admin(s, "bacula")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if err := db.QueryRowContext(ctx, statement).Scan(&n); err != nil {
		return 0, fmt.Errorf("looking at the jobs of %s: %w", cluster, err)
	}
	return n, nil
}

func (l *lab) farewell() error {
	text, err := render("farewell.txt", map[string]any{"Dir": l.dir, "Lab": "./lab" + l.flags()})
	if err != nil {
		return err
	}
	fmt.Fprint(l.out, text)
	return nil
}

// flags are what must be said again to reach this lab.
func (l *lab) flags() string {
	var f string
	if l.dir != "/var/tmp/switchyard-lab" {
		f += " --dir " + l.dir
	}
	if l.offset != 0 {
		f += fmt.Sprintf(" --port-offset %d", l.offset)
	}
	return f
}
