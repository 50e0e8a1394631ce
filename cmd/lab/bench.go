package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/backend/mysql"
	"switchyard/model"
)

// benchJobs is the size of catalog that the budgets are written for.
const benchJobs = 1_000_000

// benchQuiet is for how long a watcher's ticks are counted.
const benchQuiet = 30 * time.Second

// bench measures what watching a catalog of a million jobs costs its server, by what the server counts of the bench's own sessions, beside
// what a person's query and bconsole's list cost.
func (l *lab) bench(ctx context.Context, program string) (err error) {
	if err := l.status(); err != nil {
		return err
	}
	if err := l.seeded(ctx); err != nil {
		return err
	}
	file, undo, err := l.benchAccount(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, undo()) }()
	cfg, err := config.Load(file)
	if err != nil {
		return err
	}
	l.say("%-34s %12s %12s %12s", fmt.Sprintf("catalog of %d jobs", benchJobs), "blue", "green", "budget")
	rows := map[string][2]string{}
	var order []string
	put := func(name string, c model.Cluster, value string) {
		r, known := rows[name]
		if !known {
			order = append(order, name)
		}
		r[c] = value
		rows[name] = r
	}
	for _, c := range model.Clusters {
		if err := l.benchReading(ctx, cfg, c, func(name, value string) { put(name, c, value) }); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	if err := l.benchWatching(ctx, program, file, put); err != nil {
		return err
	}
	for _, c := range model.Clusters {
		if err := l.benchPoints(ctx, cfg, c, func(name, value string) { put(name, c, value) }); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	for _, c := range model.Clusters {
		if err := l.benchOthers(ctx, c, func(name, value string) { put(name, c, value) }); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	budget := map[string]string{
		"statements per second, quiet": "1",
		"rows read per quiet tick":     "100",
		benchPage:                      "300 ms",
		benchPageRows:                  "5000",
	}
	for _, name := range order {
		l.say("%-34s %12s %12s %12s", name, rows[name][model.Blue], rows[name][model.Green], budget[name])
	}
	return nil
}

// seeded makes the synthetic catalogs unless they are there and of today.
func (l *lab) seeded(ctx context.Context) error {
	for _, name := range clusters {
		db, _, err := l.adminOf(name, "synth")
		if err != nil {
			return err
		}
		var jobs, newest int64
		err = db.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(MAX(JobTDate), 0) FROM Job").Scan(&jobs, &newest)
		_ = db.Close()
		if err != nil || jobs < benchJobs || time.Since(time.Unix(newest, 0)) > 20*time.Hour {
			return l.seedJobs(ctx, benchJobs)
		}
	}
	return nil
}

// benchReading times the first data and the whole window on a connection of the watcher's own kind.
func (l *lab) benchReading(ctx context.Context, cfg *config.Config, c model.Cluster, put func(name, value string)) error {
	cat, err := catalogOf(cfg, c)
	if err != nil {
		return err
	}
	defer cat.Close()
	began, rows, first := time.Now(), 0, time.Duration(0)
	err = cat.Walk(ctx, time.Now().Add(-cfg.Policy.Window), 400_000, func(r []bacula.Row) error {
		if rows == 0 {
			first = time.Since(began)
		}
		rows += len(r)
		return nil
	})
	if err != nil {
		return err
	}
	put("first data (2,000 jobs)", milliseconds(first))
	put(fmt.Sprintf("window of %s", model.Span(cfg.Policy.Window)), milliseconds(time.Since(began)))
	put("jobs in the window", strconv.Itoa(rows))
	return nil
}

// catalogOf reads a cluster's catalog with the watcher's login.
func catalogOf(cfg *config.Config, c model.Cluster) (*bacula.Catalog, error) {
	at, login := &cfg.Clusters[c], &cfg.Watch.Clusters[c].Catalog
	conf := bacula.CatalogConfig{Hosts: at.Catalog.Hosts, Database: at.Catalog.Database,
		User: login.User, Password: login.Password.Resolve, Zone: at.Zone}
	if !at.Catalog.TLS.Off {
		pem, err := os.ReadFile(at.Catalog.TLS.CA)
		if err != nil {
			return nil, err
		}
		conf.TLS = &mysql.TLS{CA: pem, ServerName: at.Catalog.TLS.ServerName}
	}
	return bacula.NewCatalog(c, conf), nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + " ms" }

// benchWatching lets the program watch both catalogs and counts what their servers did for it.
func (l *lab) benchWatching(ctx context.Context, program, file string, put func(string, model.Cluster, string)) error {
	cmd := exec.CommandContext(ctx, program, "status", "--follow", "--config", file)
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if err := pause(ctx, 10*time.Second); err != nil { // the window is read
		return err
	}
	began := time.Now()
	var before, after [2]counters
	for i, name := range clusters {
		var err error
		if before[i], err = l.counters(ctx, name); err != nil {
			return err
		}
	}
	if err := pause(ctx, benchQuiet); err != nil {
		return err
	}
	for i, name := range clusters {
		var err error
		if after[i], err = l.counters(ctx, name); err != nil {
			return err
		}
	}
	if err := putRates(before, after, time.Since(began), put); err != nil {
		return err
	}
	rss, err := rssOf(cmd.Process.Pid)
	if err != nil {
		return err
	}
	put("memory of the watcher (RSS)", model.Blue, rss)
	put("memory of the watcher (RSS)", model.Green, "same")
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func rssOf(pid int) (string, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")))
			return fmt.Sprintf("%d MB", n/1024), err
		}
	}
	return "", errors.New("the watcher ended")
}

// benchOthers times a plain query and, on blue, bconsole's own list, by a Director of their own on the same rows.
func (l *lab) benchOthers(ctx context.Context, c model.Cluster, put func(name, value string)) error {
	db, _, err := l.adminOf(c.String(), "synth")
	if err != nil {
		return err
	}
	defer db.Close()
	var took time.Duration
	read, err := rowsOf(ctx, db, func() error {
		began := time.Now()
		rows, err := db.QueryContext(ctx, "SELECT Name, MAX(JobTDate) FROM Job WHERE Type = 'B' AND JobStatus IN ('T', 'W') GROUP BY Name")
		if err != nil {
			return err
		}
		for rows.Next() {
		}
		took = time.Since(began)
		return errors.Join(rows.Err(), rows.Close())
	})
	if err != nil {
		return err
	}
	put("plain: latest good per name", milliseconds(took))
	put("plain: rows read", strconv.FormatInt(read, 10))
	if c == model.Green {
		put("bconsole: list jobs", "-")
		return nil
	}
	listed, err := l.listJobs(ctx)
	if err != nil {
		return err
	}
	put("bconsole: list jobs", milliseconds(listed))
	return nil
}

// listJobs times bconsole's "list jobs" through a second Director on the synthetic catalog.
func (l *lab) listJobs(ctx context.Context) (time.Duration, error) {
	const shift = 7
	home := l.path("blue", "blue-dir")
	port := strconv.Itoa(l.port("blue-dir"))
	other := strconv.Itoa(l.port("blue-dir") + shift)
	work, err := os.MkdirTemp(l.path("run"), "list-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	for from, to := range map[string]string{
		filepath.Join(home, "bacula-dir.conf"): "dir.conf", l.path("blue", "root.conf"): "console.conf"} {
		text, err := os.ReadFile(from)
		if err != nil {
			return 0, err
		}
		changed := strings.NewReplacer(`dbname = "bacula"`, `dbname = "synth"`, "= "+port, "= "+other, home, work).Replace(string(text))
		if err := os.WriteFile(filepath.Join(work, to), []byte(changed), 0o600); err != nil {
			return 0, err
		}
	}
	db, _, err := l.adminOf("blue", "synth")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "GRANT ALL ON synth.* TO 'bacula'@'127.0.0.1'"); err != nil {
		if _, err := db.ExecContext(ctx, "GRANT ALL ON synth.* TO 'bacula'@'localhost'"); err != nil {
			return 0, fmt.Errorf("granting the Director its catalog: %w", err)
		}
	}
	dir := exec.CommandContext(ctx, "/usr/sbin/bacula-dir", "-f", "-c", filepath.Join(work, "dir.conf"))
	if err := dir.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = dir.Process.Kill()
		_ = dir.Wait()
	}()
	for deadline := time.Now().Add(time.Minute); ; {
		began := time.Now()
		cmd := exec.CommandContext(ctx, "/usr/sbin/bconsole", "-n", "-c", filepath.Join(work, "console.conf"))
		cmd.Stdin = strings.NewReader("list jobs\n")
		out, err := cmd.Output()
		if err == nil && strings.Count(string(out), "\n") > benchJobs {
			return time.Since(began), nil
		}
		if time.Now().After(deadline) {
			return 0, fmt.Errorf("list jobs does not list a million jobs: %.300s", out)
		}
		if err := pause(ctx, time.Second); err != nil {
			return 0, err
		}
	}
}
