package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"switchyard/model"
)

// benchUser is an account of the bench's own: the servers count what it does apart from what Directors and other watchers do meanwhile.
const benchUser = "switchyard_bench"

// counters are what a server counted of the bench's account: statements, the SELECTs among them, and the rows that they examined.
type counters struct{ statements, selects, rows int64 }

// What a server counted of the account. MySQL keeps it in performance_schema. MariaDB's is off unless the server is started with it, which
// costs, so there it is userstat's: it counts a statement when it ends, no SHOW, and no rows of temporary tables.
const (
	countMySQL = `SELECT COALESCE(SUM(COUNT_STAR), 0), COALESCE(SUM(IF(EVENT_NAME = 'statement/sql/select', COUNT_STAR, 0)), 0),
		COALESCE(SUM(SUM_ROWS_EXAMINED), 0) FROM performance_schema.events_statements_summary_by_account_by_event_name
		WHERE USER = '` + benchUser + `' AND EVENT_NAME LIKE 'statement/sql/%'`
	countMariaDB = `SELECT COALESCE(SUM(SELECT_COMMANDS + UPDATE_COMMANDS + OTHER_COMMANDS), 0), COALESCE(SUM(SELECT_COMMANDS), 0),
		COALESCE(SUM(ROWS_READ), 0) FROM information_schema.USER_STATISTICS WHERE USER = '` + benchUser + `'`
)

func (l *lab) counters(ctx context.Context, cluster string) (c counters, err error) {
	db, s, err := l.adminOf(cluster, "")
	if err != nil {
		return c, err
	}
	defer db.Close()
	text := countMariaDB
	if s.mysql {
		text = countMySQL
	}
	if err := db.QueryRowContext(ctx, text).Scan(&c.statements, &c.selects, &c.rows); err != nil {
		return c, fmt.Errorf("asking %s what %s did: %w", cluster, benchUser, err)
	}
	return c, nil
}

// rates are the statements of a second and the rows of a SELECT between two readings. A server that counted no SELECT, or went back,
// measured nothing.
func rates(before, after counters, passed time.Duration) (perSecond, perSelect float64, err error) {
	statements, selects, rows := after.statements-before.statements, after.selects-before.selects, after.rows-before.rows
	if selects <= 0 || statements < selects || rows < 0 {
		return 0, 0, fmt.Errorf("the server counted %d statements, %d SELECTs and %d rows of %s in %v",
			statements, selects, rows, benchUser, passed)
	}
	return float64(statements) / passed.Seconds(), float64(rows) / float64(selects), nil
}

// benchAccount makes the account, has its servers count it, and writes a configuration that watches the synthetic catalogs with it. The
// returned function takes it all back.
func (l *lab) benchAccount(ctx context.Context) (file string, undo func() error, err error) {
	var undone []func(context.Context) error
	undo = func() (err error) {
		for _, f := range undone {
			err = errors.Join(err, f(context.WithoutCancel(ctx)))
		}
		return err
	}
	for _, name := range clusters {
		drop, err := l.benchLogin(ctx, name)
		if drop != nil { // what is half made is dropped too
			undone = append(undone, drop)
		}
		if err != nil {
			return "", nil, errors.Join(fmt.Errorf("making %s on %s: %w", benchUser, name, err), undo())
		}
	}
	text, err := os.ReadFile(l.path("switchyard-synth.yaml"))
	if err != nil {
		return "", nil, errors.Join(err, undo())
	}
	file = l.path("switchyard-bench.yaml")
	if _, err := write(file, strings.ReplaceAll(string(text), "user: switchyard_watch", "user: "+benchUser), 0o644, me); err != nil {
		return "", nil, errors.Join(err, undo())
	}
	undone = append(undone, func(context.Context) error { return os.Remove(file) })
	return file, undo, nil
}

// benchLogin makes the account on one server, with the watcher's password and rights.
func (l *lab) benchLogin(ctx context.Context, name string) (drop func(context.Context) error, err error) {
	s, err := findServer(name)
	if err != nil {
		return nil, err
	}
	password, err := l.secret("watch")
	if err != nil {
		return nil, err
	}
	db, err := l.admin(s, "")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	undo := "DROP USER IF EXISTS '" + benchUser + "'@'127.0.0.1'"
	do := accountSQL(benchUser, password, "", watchGrants(s)...) + "SET GLOBAL userstat=1"
	if s.mysql {
		const local = "SET sql_log_bin=0; " // the replica does not get it
		undo, do = local+undo, local+accountSQL(benchUser, password, "REQUIRE SSL", watchGrants(s)...)
	} else {
		counting := 0
		if err := db.QueryRowContext(ctx, "SELECT @@global.userstat").Scan(&counting); err != nil {
			return nil, err
		}
		undo += fmt.Sprintf("; SET GLOBAL userstat=%d", counting)
	}
	drop = func(ctx context.Context) error {
		db, err := l.admin(s, "")
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.ExecContext(ctx, undo)
		return err
	}
	_, err = db.ExecContext(ctx, do)
	return drop, err
}

// sessionRows are the rows that a session has read through the storage engines, by what it is told of itself. One connection of db at most.
func sessionRows(ctx context.Context, db *sql.DB) (n int64, err error) {
	rows, err := db.QueryContext(ctx, "SHOW SESSION STATUS LIKE 'Handler_read%'")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var of int64
		if err := rows.Scan(&name, &of); err != nil {
			return 0, err
		}
		n += of
	}
	return n, rows.Err()
}

// rowsOf are the rows that do reads in the one session of db, without those of asking.
func rowsOf(ctx context.Context, db *sql.DB, do func() error) (int64, error) {
	var told [3]int64
	for i := range told {
		if i == 2 {
			if err := do(); err != nil {
				return 0, err
			}
		}
		var err error
		if told[i], err = sessionRows(ctx, db); err != nil {
			return 0, err
		}
	}
	asking := told[1] - told[0]
	return told[2] - told[1] - asking, nil
}

// putRates tells what watching cost each server between two readings.
func putRates(before, after [2]counters, passed time.Duration, put func(string, model.Cluster, string)) error {
	for _, c := range model.Clusters {
		perSecond, perTick, err := rates(before[c], after[c], passed)
		if err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
		put("statements per second, quiet", c, fmt.Sprintf("%.2f", perSecond))
		put("rows read per quiet tick", c, fmt.Sprintf("%.0f", perTick))
	}
	return nil
}
