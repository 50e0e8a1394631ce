package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/config"
	"switchyard/model"
)

// benchName is of 10,000 backups of the synthetic catalogs while their points are measured: of every hundredth job.
const benchName = "backup-bench-region1-regular"

// The rows of the table that have a budget.
const (
	benchPage     = "points: page of 10,000 backups"
	benchPageRows = "points: rows read for it"
)

// benchPoints reads a page of restore points of one name that has 10,000 backups, volumes included, as points does for a cell.
func (l *lab) benchPoints(ctx context.Context, cfg *config.Config, c model.Cluster, put func(name, value string)) (err error) {
	db, _, err := l.adminOf(c.String(), "synth")
	if err != nil {
		return err
	}
	defer db.Close()
	back := func() error {
		return renameJobs(context.WithoutCancel(ctx), db, "UPDATE Job SET Name = SUBSTRING_INDEX(Job, '.', 1) WHERE Name = '"+benchName+"'")
	}
	defer func() { err = errors.Join(err, back()) }()
	if err := renameJobs(ctx, db, "UPDATE Job SET Name = '"+benchName+"' WHERE JobId MOD 100 = 51 AND Type = 'B'"); err != nil {
		return err
	}
	cat, err := catalogOf(cfg, c)
	if err != nil {
		return err
	}
	defer cat.Close()
	if _, err := cat.Clock(ctx); err != nil { // the session is there
		return err
	}
	before, err := l.counters(ctx, c.String())
	if err != nil {
		return err
	}
	began := time.Now()
	rows, _, err := cat.Backups(ctx, benchName, bacula.RestorePage(1))
	if err != nil {
		return err
	}
	ids := make([]uint32, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	if _, err := cat.Volumes(ctx, ids); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := l.counters(ctx, c.String())
	if err != nil {
		return err
	}
	if len(rows) < 200 {
		return fmt.Errorf("a page of %s has %d backups", benchName, len(rows))
	}
	put(benchPage, milliseconds(took))
	put(benchPageRows, strconv.FormatInt(after.rows-before.rows, 10))
	return nil
}

// renameJobs changes the synthetic catalog, which no replica has.
func renameJobs(ctx context.Context, db *sql.DB, statement string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SET SESSION sql_log_bin=0"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, statement)
	return err
}
