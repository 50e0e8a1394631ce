package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// schemaFile is the catalog's schema as the package would install it. Bacula's own make_mysql_tables of 9.6.7 loses a table to unquoted
// backticks.
const schemaFile = "/usr/share/dbconfig-common/data/bacula-director-mysql/install/mysql"

// prepareCatalogs makes the catalogs, their users and the replica. It also heals what a fault did to the users.
func (l *lab) prepareCatalogs(ctx context.Context) error {
	for _, c := range []struct {
		server  string
		schema  string
		version int
	}{{"blue", schemaFile, 16}, {"green", filepath.Join(l.root(), schemaFile), 1026}} {
		db, s, err := l.adminOf(c.server, "")
		if err != nil {
			return err
		}
		defer db.Close()
		if s.mysql {
			if err := l.openPrimary(ctx, db); err != nil {
				return fmt.Errorf("opening %s for writes: %w", c.server, err)
			}
		}
		if err := makeSchema(ctx, db, "bacula", c.schema); err != nil {
			return fmt.Errorf("making the catalog of %s: %w", c.server, err)
		}
		var version int
		if err := db.QueryRowContext(ctx, "SELECT VersionId FROM bacula.Version").Scan(&version); err != nil {
			return fmt.Errorf("making the catalog of %s: %w", c.server, err)
		}
		if version != c.version {
			return fmt.Errorf("making the catalog of %s: its version is %d, want %d", c.server, version, c.version)
		}
		if err := l.makeUsers(ctx, s, db); err != nil {
			return fmt.Errorf("making the users of %s: %w", c.server, err)
		}
	}
	return l.makeReplica(ctx)
}

// makeSchema creates a schema from a file of statements, if it has no tables yet. latin1 because the catalog's indexes have prefixes of
// 255 bytes.
func makeSchema(ctx context.Context, db *sql.DB, name, file string) error {
	var tables int
	const counts = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema=?"
	if err := db.QueryRowContext(ctx, counts, name).Scan(&tables); err != nil || tables > 0 {
		return err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "CREATE DATABASE IF NOT EXISTS "+name+" CHARACTER SET latin1; USE "+name+";\n"+string(text))
	return err
}

// watchGrants are what Switchyard's README asks for: SELECT on the catalog, and what tells about replication and connections.
func watchGrants(s server) []string {
	if s.mysql {
		return []string{"SELECT ON bacula.*", "SELECT ON upgraded.*", "SELECT ON synth.*",
			"SELECT ON performance_schema.*", "REPLICATION CLIENT, PROCESS ON *.*"}
	}
	return []string{"SELECT ON bacula.*", "SELECT ON synth.*", "SLAVE MONITOR, PROCESS ON *.*"}
}

// fenceGrants are what the README asks for who makes the account that takes the Director's place.
var fenceGrants = []string{
	"CREATE USER, PROCESS, CONNECTION_ADMIN ON *.*",
	"SELECT ON mysql.user",
	"SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, LOCK TABLES, CREATE TEMPORARY TABLES ON bacula.*",
	"GRANT OPTION ON bacula.*",
}

// accountSQL makes an account, or gives it back its password and lets it in again.
func accountSQL(name, password, require string, grants ...string) string {
	var b strings.Builder
	as := fmt.Sprintf("'%s'@'127.0.0.1'", name)
	fmt.Fprintf(&b, "CREATE USER IF NOT EXISTS %s IDENTIFIED BY '%s'; ALTER USER %s IDENTIFIED BY '%s' %s ACCOUNT UNLOCK;\n",
		as, password, as, password, require)
	for _, g := range grants {
		fmt.Fprintf(&b, "GRANT %s TO %s;\n", g, as)
	}
	return b.String()
}

func (l *lab) makeUsers(ctx context.Context, s server, db *sql.DB) error {
	var b strings.Builder
	user := func(name, secret, require string, grants ...string) error {
		password, err := l.secret(secret)
		if err != nil {
			return err
		}
		b.WriteString(accountSQL(name, password, require, grants...))
		return nil
	}
	require := ""
	if s.mysql {
		require = "REQUIRE SSL"
		if err := user("replication", "replication", require, "REPLICATION SLAVE ON *.*"); err != nil {
			return err
		}
	}
	if err := user("bacula", "catalog-"+s.name, "", "ALL ON bacula.*", "PROCESS ON *.*"); err != nil {
		return err
	}
	if s.mysql {
		if err := errors.Join(user("switchyard_fence", "fence", require, fenceGrants...),
			user("switchyard_numbers", "numbers", require, "ALTER, CREATE, INSERT ON bacula.*")); err != nil {
			return err
		}
	}
	for _, who := range []string{"watch", "act"} {
		if err := user("switchyard_"+who, who, require, watchGrants(s)...); err != nil {
			return err
		}
	}
	_, err := db.ExecContext(ctx, b.String())
	return err
}

// makeUpgraded makes green's second schema: blue's catalog as it is now, upgraded from version 16 to 1026 with the scripts of Bacula 15.
// An upgraded catalog differs from a created one in columns and indexes.
func (l *lab) makeUpgraded(ctx context.Context) error {
	db, _, err := l.adminOf("green", "")
	if err != nil {
		return err
	}
	defer db.Close()
	var version int
	if err := db.QueryRowContext(ctx, "SELECT VersionId FROM upgraded.Version").Scan(&version); err == nil && version == 1026 {
		return nil
	}
	l.say("upgrading a copy of blue's catalog to version 1026, as schema upgraded on green")
	rows, err := exec.CommandContext(ctx, "/usr/bin/mysqldump", "--defaults-file="+l.path("secrets", "blue.cnf"), "--single-transaction",
		"--no-create-info", "--complete-insert", "--hex-blob", "--skip-add-locks", "--skip-disable-keys", "--skip-tz-utc",
		"--ignore-table=bacula.Version", "--ignore-table=bacula.Status", "bacula").Output()
	if err != nil {
		return fmt.Errorf("copying blue's catalog: %w", err)
	}
	if _, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS upgraded"); err != nil {
		return err
	}
	if err := makeSchema(ctx, db, "upgraded", schemaFile); err != nil {
		return fmt.Errorf("making a schema of version 16 on green: %w", err)
	}
	if _, err := db.ExecContext(ctx, "USE upgraded; SET NAMES utf8mb4; SET sql_mode='NO_AUTO_VALUE_ON_ZERO';\n"+string(rows)); err != nil {
		return fmt.Errorf("copying blue's catalog: %w", err)
	}
	// --commands: the script asks with \G, which the client of MySQL 9 refuses otherwise. The client finds its login in HOME.
	cmd := exec.CommandContext(ctx, "/bin/sh", "/usr/share/bacula-director/update_mysql_tables", "--commands")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=" + l.path("green", "bin"), "db_name=upgraded"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: l.root()}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("upgrading: %w: %s", err, tail(out))
	}
	if err := db.QueryRowContext(ctx, "SELECT VersionId FROM upgraded.Version").Scan(&version); err != nil {
		return fmt.Errorf("upgrading: %w: %s", err, tail(out))
	}
	if version != 1026 {
		return fmt.Errorf("upgrading: its version is %d, want 1026: %s", version, tail(out))
	}
	return nil
}
