package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
)

// firstJobs runs every job once in a new catalog, the ones that take long first, and some a second time so that there are incremental ones.
// It waits for all but those that hang or crawl.
func (l *lab) firstJobs(ctx context.Context) error {
	return together(clusters, func(cluster string) error {
		done := l.path(cluster, "first-jobs")
		if !modified(done).IsZero() {
			return nil
		}
		first, second := firstRounds(cluster)
		// What an interrupted one started is not started again.
		first, err := l.neverRan(ctx, cluster, first)
		if err != nil {
			return err
		}
		for _, round := range [][]string{first, second} {
			if err := l.runAll(ctx, cluster, round); err != nil {
				return fmt.Errorf("running the first jobs on %s: %w", cluster, err)
			}
		}
		_, err = write(done, "", 0o644, me)
		return err
	})
}

func (l *lab) neverRan(ctx context.Context, cluster string, names []string) ([]string, error) {
	var never []string
	for _, name := range names {
		n, err := l.countJobs(ctx, cluster, "SELECT COUNT(*) FROM Job WHERE Name='"+name+"'")
		if err != nil {
			return nil, err
		}
		if n == 0 {
			never = append(never, name)
		}
	}
	return never, nil
}

func (l *lab) runAll(ctx context.Context, cluster string, names []string) error {
	lines := make([]string, len(names))
	for i, name := range names {
		lines[i] = "run job=" + name + " yes"
	}
	out, err := l.console(ctx, cluster, lines...)
	if err != nil {
		return err
	}
	if queued := strings.Count(out, "Job queued. JobId="); queued != len(names) {
		return fmt.Errorf("%d of %d were queued: %s", queued, len(names), tail([]byte(out)))
	}
	return l.waitJobs(ctx, cluster)
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
	// Housekeeping comes last: on green it protects the volumes of the vaults that are full.
	return append(long, append(first, "BackupCatalog")...), append(second, "admin-housekeeping")
}

// unfinished counts the jobs that are not over and are not slow by intention.
func unfinished() string {
	var slow []string
	for _, c := range cells() {
		if c.Trouble == hangs || c.Trouble == crawls {
			slow = append(slow, "'"+c.Name()+"'")
		}
	}
	return "SELECT COUNT(*) FROM Job WHERE JobStatus NOT IN ('T','W','E','e','f','A','D','I') " +
		"AND Name NOT IN (" + strings.Join(slow, ",") + ")"
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
	db, _, err := l.adminOf(cluster, "bacula")
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
	text, err := render("farewell.txt", map[string]any{"Dir": l.dir, "Lab": "./lab" + l.flags(),
		"AWS": l.awsURL(), "Replica": pair[1].id, "Region": pair[1].region})
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
