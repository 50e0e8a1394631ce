package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// pairServers are green's primary and its replica.
func pairServers() (primary, replica server, err error) {
	primary, err = findServer("green")
	if err != nil {
		return primary, replica, err
	}
	replica, err = findServer("replica")
	return primary, replica, err
}

// openPrimary lets green's primary take writes again, when somebody had it refuse them through AWS.
func (l *lab) openPrimary(ctx context.Context, db *sql.DB) error {
	var closed bool
	if err := db.QueryRowContext(ctx, "SELECT @@global.read_only").Scan(&closed); err != nil || !closed {
		return err
	}
	_, err := db.ExecContext(ctx, "SET PERSIST super_read_only=OFF; SET PERSIST read_only=OFF")
	return err
}

// made tells whether a server's directory is complete.
func (l *lab) made(s server) bool { return !modified(l.serverDir(s) + "/made").IsZero() }

// makeReplica has the replica follow green's primary, by GTIDs and over TLS, and keeps it from being written. One that is not there, that
// was promoted or that cannot follow any more is copied from the primary.
func (l *lab) makeReplica(ctx context.Context) error {
	primary, replica, err := pairServers()
	if err != nil {
		return err
	}
	if l.made(replica) {
		follows, err := l.follow(ctx, primary, replica)
		if err != nil {
			return fmt.Errorf("looking at the replica: %w", err)
		}
		if follows {
			return nil
		}
	}
	if err := l.seedReplica(ctx, primary, replica); err != nil {
		return fmt.Errorf("making the replica: %w", err)
	}
	return nil
}

// follow starts the replica's replication when it is one of green's primary and can catch up; it tells whether it is.
func (l *lab) follow(ctx context.Context, primary, replica server) (bool, error) {
	db, err := l.admin(replica, "")
	if err != nil {
		return false, err
	}
	defer db.Close()
	var port int
	var state string
	err = db.QueryRowContext(ctx, `SELECT PORT, SERVICE_STATE FROM performance_schema.replication_connection_configuration
		JOIN performance_schema.replication_connection_status USING (CHANNEL_NAME)`).Scan(&port, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var has string
	if err := db.QueryRowContext(ctx, "SELECT @@global.gtid_executed").Scan(&has); err != nil {
		return false, err
	}
	from, err := l.admin(primary, "")
	if err != nil {
		return false, err
	}
	defer from.Close()
	// It has nothing that the primary has not, and the primary still has what it lacks.
	var can bool
	if err := from.QueryRowContext(ctx, "SELECT GTID_SUBSET(?, @@global.gtid_executed) AND GTID_SUBSET(@@global.gtid_purged, ?)", has, has).
		Scan(&can); err != nil ||
		!can {
		return false, err
	}
	statements := "START REPLICA; SET PERSIST super_read_only=ON"
	if port != l.port("db-green") || state != "ON" { // another --port-offset, or it waits for 2 s before it tries again
		statements = fmt.Sprintf("STOP REPLICA; CHANGE REPLICATION SOURCE TO SOURCE_PORT=%d; ", l.port("db-green")) + statements
	}
	_, err = db.ExecContext(ctx, statements)
	return err == nil, err
}

// seedReplica copies the primary while it runs and has the copy follow it: a new server, with a server_uuid of its own.
func (l *lab) seedReplica(ctx context.Context, primary, replica server) error {
	l.say("copying the primary's data to the replica")
	p, dir := l.serverProcess(replica), l.serverDir(replica)
	p.grace = 0 // its data goes with it
	if err := l.stop(ctx, p); err != nil {
		return err
	}
	for _, old := range []string{"made", "data", "copy"} {
		if err := os.RemoveAll(filepath.Join(dir, old)); err != nil {
			return err
		}
	}
	if err := mkdir(dir, 0o700, p.who); err != nil {
		return err
	}
	if err := l.clone(ctx, primary, dir+"/copy"); err != nil {
		return err
	}
	if err := os.Rename(dir+"/copy", dir+"/data"); err != nil {
		return err
	}
	if _, err := write(dir+"/made", "", 0o644, p.who); err != nil {
		return err
	}
	if err := l.startServer(ctx, replica); err != nil {
		return err
	}
	password, err := l.secret("replication")
	if err != nil {
		return err
	}
	db, err := l.admin(replica, "")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(
		ctx,
		fmt.Sprintf(`CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=%d, SOURCE_USER='replication', SOURCE_PASSWORD='%s',
			SOURCE_AUTO_POSITION=1, SOURCE_SSL=1, SOURCE_CONNECT_RETRY=2, SOURCE_RETRY_COUNT=86400;
		START REPLICA; SET PERSIST super_read_only=ON`, l.port("db-green"), password),
	)
	return err
}

// adoptErrant gives the primary empty transactions in place of those that only the replica has, so that both have executed the same again.
func (l *lab) adoptErrant(ctx context.Context) error {
	primary, replica, err := pairServers()
	if err != nil {
		return err
	}
	at, err := l.admin(replica, "")
	if err != nil {
		return err
	}
	defer at.Close()
	from, err := l.admin(primary, "")
	if err != nil {
		return err
	}
	defer from.Close()
	var uuid, has string
	if err := at.QueryRowContext(ctx, "SELECT @@server_uuid, @@global.gtid_executed").Scan(&uuid, &has); err != nil {
		return err
	}
	for n := 1; n <= 1000; n++ {
		gtid := fmt.Sprintf("%s:%d", uuid, n)
		var errant bool
		if err := from.QueryRowContext(ctx, "SELECT GTID_SUBSET(?, ?) AND NOT GTID_SUBSET(?, @@global.gtid_executed)", gtid, has, gtid).
			Scan(&errant); err != nil {
			return err
		}
		if !errant {
			continue
		}
		if _, err := from.ExecContext(ctx, "SET gtid_next='"+gtid+"'; BEGIN; COMMIT; SET gtid_next='AUTOMATIC'"); err != nil {
			return err
		}
	}
	return nil
}

// clone has a server write a copy of its data to a directory that is not there yet.
func (l *lab) clone(ctx context.Context, s server, dir string) error {
	db, err := l.admin(s, "")
	if err != nil {
		return err
	}
	defer db.Close()
	var plugins int
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.plugins WHERE plugin_name='clone'").Scan(&plugins); err != nil {
		return err
	}
	if plugins == 0 {
		if _, err := db.ExecContext(ctx, "INSTALL PLUGIN clone SONAME 'mysql_clone.so'"); err != nil {
			return err
		}
	}
	_, err = db.ExecContext(ctx, "CLONE LOCAL DATA DIRECTORY = '"+dir+"'")
	return err
}
