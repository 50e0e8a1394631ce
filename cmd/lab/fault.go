package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// fault is one way to break the lab, and to mend it again. Healing what is whole is fine.
type fault struct {
	name, says string
	targets    []string
	cause      func(l *lab, ctx context.Context, target string) error
	heal       func(l *lab, ctx context.Context, target string) error
}

var faults = []fault{
	{"director-killed", "kill -9", clusters, kills("-dir"), starts("-dir")},
	{"director-hung", "SIGSTOP: it accepts and never answers", clusters, holds("-dir"), starts("-dir")},
	{"storage-hung", "SIGSTOP", clusters, holds("-sd"), starts("-sd")},
	{"storage-killed", "kill -9", clusters, kills("-sd"), starts("-sd")},
	{"client-stopped", "kill -9", []string{"db1-fd", "db2-fd", "db3-fd", "hung-fd"}, kills(""), starts("")},
	{"client-hung", "SIGSTOP", []string{"db1-fd", "db2-fd", "db3-fd"}, holds(""), starts("")},
	{"catalog-stopped", "the database server is shut down", catalogs, stopServer, startServer},
	{"catalog-killed", "kill -9", catalogs, killServer, startServer},
	{"catalog-hung", "SIGSTOP: connections are taken and never greeted", catalogs, holdServer, startServer},
	{
		"region-gone",
		"kill -9 of the primary's server, and AWS answers for nothing in its AWS region",
		[]string{"green"},
		killServer,
		startServer,
	},
	{"catalog-slow", "every statement of a watcher takes 2 s longer; the Directors' do not", catalogs,
		func(l *lab, _ context.Context, target string) error { return l.setSlow(target, 2*time.Second) },
		func(l *lab, _ context.Context, target string) error { return l.setSlow(target, 0) }},
	{"catalog-denied", "the watcher's password is changed and its sessions are ended", clusters,
		func(l *lab, ctx context.Context, target string) error {
			return l.setWatchPassword(ctx, target, "revoked")
		},
		func(l *lab, ctx context.Context, target string) error {
			return l.setWatchPassword(ctx, target, "watch")
		}},
	{"replica-stopped", "its SQL thread is stopped: the lag is NULL", []string{"replica"},
		replica("STOP REPLICA SQL_THREAD"), replica("START REPLICA")},
	{"replica-late", "it applies everything 30 s late", []string{"replica"},
		replica("STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY=30; START REPLICA SQL_THREAD"),
		replica("STOP REPLICA SQL_THREAD; CHANGE REPLICATION SOURCE TO SOURCE_DELAY=0; START REPLICA")},
	{"replica-channel", "it has a second replication channel, which is stopped", []string{"replica"},
		replica("CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=1, " +
			"SOURCE_USER='nobody', SOURCE_AUTO_POSITION=1 FOR CHANNEL 'reports'"),
		replica("RESET REPLICA ALL FOR CHANNEL 'reports'")},
	{"replica-worker", "it has a database worker_lab already: a worker of its applier ends when the primary makes one", []string{"replica"},
		replica("SET GLOBAL super_read_only=OFF; SET sql_log_bin=0; CREATE DATABASE IF NOT EXISTS worker_lab; " +
			"SET sql_log_bin=1; SET GLOBAL super_read_only=ON"),
		replica("SET GLOBAL super_read_only=OFF; SET sql_log_bin=0; DROP DATABASE IF EXISTS worker_lab; " +
			"SET sql_log_bin=1; SET GLOBAL super_read_only=ON; START REPLICA")},
	{"replica-errant", "somebody writes to it: it has transactions that the primary never had", []string{"replica"},
		replica("SET GLOBAL super_read_only=OFF; CREATE DATABASE IF NOT EXISTS errant_lab; " +
			"DROP DATABASE errant_lab; SET GLOBAL super_read_only=ON"),
		func(l *lab, ctx context.Context, _ string) error { return l.adoptErrant(ctx) }},
}

var catalogs = []string{"blue", "green", "replica"}

func kills(suffix string) func(*lab, context.Context, string) error {
	return func(l *lab, _ context.Context, target string) error { return l.signal(target+suffix, syscall.SIGKILL) }
}

func holds(suffix string) func(*lab, context.Context, string) error {
	return func(l *lab, _ context.Context, target string) error { return l.signal(target+suffix, syscall.SIGSTOP) }
}

func starts(suffix string) func(*lab, context.Context, string) error {
	return func(l *lab, ctx context.Context, target string) error {
		all := l.processes()
		i := slices.IndexFunc(all, func(p process) bool { return p.name == target+suffix })
		return l.start(ctx, all[i])
	}
}

func stopServer(l *lab, ctx context.Context, target string) error {
	s, err := findServer(target)
	return cmp.Or(err, l.stop(ctx, l.serverProcess(s)))
}

func holdServer(l *lab, _ context.Context, target string) error {
	return l.signal("db-"+target, syscall.SIGSTOP)
}

func killServer(l *lab, _ context.Context, target string) error {
	return l.signal("db-"+target, syscall.SIGKILL)
}

func startServer(l *lab, ctx context.Context, target string) error {
	s, err := findServer(target)
	return cmp.Or(err, l.startServer(ctx, s))
}

func replica(statements string) func(*lab, context.Context, string) error {
	return func(l *lab, ctx context.Context, _ string) error {
		db, _, err := l.adminOf("replica", "")
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.ExecContext(ctx, statements)
		return err
	}
}

// setSlow makes a proxy hold each statement back, or lets it go.
func (l *lab) setSlow(server string, d time.Duration) error {
	if d == 0 {
		if err := os.Remove(l.slowFile(server)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	_, err := write(l.slowFile(server), d.String(), 0o644, me)
	return err
}

// setWatchPassword gives the watcher of a cluster's catalog the password of another secret. A changed one ends its sessions, on the
// replica too.
func (l *lab) setWatchPassword(ctx context.Context, cluster, secret string) error {
	password, err := l.secret(secret)
	if err != nil {
		return err
	}
	on := []string{cluster}
	if cluster == "green" {
		on = append(on, "replica")
	}
	for i, name := range on {
		db, s, err := l.adminOf(name, "")
		if err != nil {
			return err
		}
		defer db.Close()
		if i == 0 {
			if _, err := db.ExecContext(ctx, "ALTER USER 'switchyard_watch'@'127.0.0.1' IDENTIFIED BY '"+password+"'"); err != nil {
				return fmt.Errorf("changing the watcher's password on %s: %w", name, err)
			}
		}
		if secret == "watch" {
			continue
		}
		if err := endSessions(ctx, s, db); err != nil {
			return fmt.Errorf("ending the watcher's sessions on %s: %w", name, err)
		}
	}
	return nil
}

func endSessions(ctx context.Context, s server, db *sql.DB) error {
	list := "information_schema.processlist"
	if s.mysql {
		list = "performance_schema.processlist"
	}
	rows, err := db.QueryContext(ctx, "SELECT ID FROM "+list+" WHERE USER='switchyard_watch'")
	if err != nil {
		return err
	}
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return errors.Join(err, rows.Close())
		}
		ids = append(ids, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, id := range ids {
		// It may have ended by itself.
		if _, err := db.ExecContext(ctx, fmt.Sprintf("KILL %d", id)); err != nil && ctx.Err() != nil {
			return err
		}
	}
	return nil
}

func (l *lab) faultFile(name, target string) string { return l.path("run", "fault-"+name+"-"+target) }

// printFaults lists what can be broken, and what is.
func (l *lab) printFaults() error {
	w := tabwriter.NewWriter(l.out, 0, 8, 2, ' ', 0)
	for _, f := range faults {
		var targets []string
		for _, t := range f.targets {
			if !modified(l.faultFile(f.name, t)).IsZero() {
				t += "(ON)"
			}
			targets = append(targets, t)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", f.name, strings.Join(targets, "|"), f.says)
	}
	return w.Flush()
}

// fault causes a fault, or heals it. What is caused is noted, so that it can be healed by whoever comes later.
func (l *lab) fault(ctx context.Context, name, target string, heal bool) error {
	i := slices.IndexFunc(faults, func(f fault) bool { return f.name == name })
	if i < 0 {
		return fmt.Errorf("%w: there is no fault %q: lab fault lists them", errNeeds, name)
	}
	f := faults[i]
	if !slices.Contains(f.targets, target) {
		return fmt.Errorf("%w: the fault %s has no target %q: want one of %s", errNeeds, name, target, strings.Join(f.targets, ", "))
	}
	if heal {
		if err := f.heal(l, ctx, target); err != nil {
			return fmt.Errorf("healing %s of %s: %w", name, target, err)
		}
		return os.RemoveAll(l.faultFile(name, target))
	}
	if _, err := write(l.faultFile(name, target), "", 0o644, me); err != nil {
		return err
	}
	if err := f.cause(l, ctx, target); err != nil {
		return fmt.Errorf("causing %s of %s: %w", name, target, err)
	}
	return nil
}

// healAll heals every fault that is noted. Database servers come first: the others need them.
func (l *lab) healAll(ctx context.Context) error {
	order := slices.Clone(faults)
	slices.SortStableFunc(order, func(a, b fault) int { return cmp.Compare(rank(a), rank(b)) })
	var errs []error
	for _, f := range order {
		for _, t := range f.targets {
			if path := l.faultFile(f.name, t); !modified(path).IsZero() {
				l.say("healing %s", strings.TrimPrefix(filepath.Base(path), "fault-"))
				errs = append(errs, l.fault(ctx, f.name, t, true))
			}
		}
	}
	return errors.Join(errs...)
}

func rank(f fault) int {
	if slices.Contains([]string{"catalog-stopped", "catalog-killed", "catalog-hung", "region-gone"}, f.name) {
		return 0
	}
	return 1
}
