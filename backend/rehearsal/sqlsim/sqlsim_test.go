package sqlsim

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"switchyard/backend/rehearsal/clock"
)

const schema = `
CREATE TABLE Job (
  JobId int unsigned NOT NULL AUTO_INCREMENT,
  Name tinyblob NOT NULL,
  JobStatus binary(1) NOT NULL,
  StartTime datetime DEFAULT NULL,
  JobBytes bigint unsigned DEFAULT '0',
  Rate float DEFAULT '0',
  HasBase tinyint DEFAULT '0',
  PRIMARY KEY (JobId),
  KEY Name (Name(128))
);
CREATE TABLE Version (VersionId int unsigned NOT NULL, PRIMARY KEY (VersionId));
`

var (
	begin   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	serials atomic.Int64
)

func config(t *testing.T) Config {
	return Config{
		Name:     fmt.Sprintf("db%d", serials.Add(1)),
		Version:  "8.0.36",
		Comment:  "MySQL Community Server - GPL",
		UUID:     fmt.Sprintf("00000000-0000-4000-8000-%012d", serials.Load()),
		ServerID: 1,
		Database: "bacula",
		Schema:   schema,
		Users: []User{
			{Name: "watch", Password: "w", Monitor: true},
			{Name: "bacula", Password: "b", Write: true},
			{Name: "root", Password: "r", Admin: true, Monitor: true},
		},
		Dir:   t.TempDir(),
		Clock: clock.New(begin, 0),
	}
}

func instance(t *testing.T, cfg Config) *Instance {
	t.Helper()
	in, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

func dial(t *testing.T, in *Instance, user, password, tail string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/bacula?%s", user, password, in.Addr(), tail))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func put(t *testing.T, in *Instance, id int, name, status string) {
	t.Helper()
	err := in.transact(func(tx *Tx) error {
		return tx.Exec(
			"INSERT INTO Job (JobId, Name, JobStatus, StartTime, JobBytes, Rate) VALUES (?,?,?,?,?,?)",
			id,
			name,
			status,
			"2026-11-22 06:06:37",
			1<<40,
			1.5,
		)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func code(t *testing.T, err error) uint16 {
	t.Helper()
	var m *mysql.MySQLError
	if !errors.As(err, &m) {
		t.Fatalf("want an error of MySQL, got %v", err)
	}
	return m.Number
}

func TestTypesInBothProtocols(t *testing.T) {
	in := instance(t, config(t))
	put(t, in, 41, "backup-chain1\n\x00", "T")
	if err := in.Bulk(func(tx *Tx) error { return tx.Exec("INSERT INTO Job (JobId, Name, JobStatus) VALUES (42, 'x', 'f')") }); err != nil {
		t.Fatal(err)
	}
	db := dial(t, in, "watch", "w", "")
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{"SELECT JobId, Name, JobStatus, StartTime, JobBytes, Rate, HasBase FROM Job WHERE JobId >= 41 ORDER BY JobId", nil},
		{"SELECT JobId, Name, JobStatus, StartTime, JobBytes, Rate, HasBase FROM bacula.`Job` WHERE JobId >= ? AND JobStatus IN (?, 'f') " +
			"ORDER BY JobId LIMIT ?", []any{41, "T", 5}},
	} {
		rows, err := db.Query(q.sql, q.args...)
		if err != nil {
			t.Fatal(err)
		}
		types, _ := rows.ColumnTypes()
		var names []string
		for _, ty := range types {
			names = append(names, ty.DatabaseTypeName())
		}
		if got, want := strings.Join(names, " "), "UNSIGNED INT BLOB BINARY DATETIME UNSIGNED BIGINT FLOAT TINYINT"; got != want {
			t.Errorf("types %s, want %s", got, want)
		}
		var n int
		for rows.Next() {
			var id uint32
			var name, status []byte
			var start sql.NullString
			var bytes uint64
			var rate float64
			var hasBase int
			if err := rows.Scan(&id, &name, &status, &start, &bytes, &rate, &hasBase); err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%d %q %q %v %d %v %d", id, name, status, start, bytes, rate, hasBase)
			want := []string{`41 "backup-chain1\n\x00" "T" {2026-11-22 06:06:37 true} 1099511627776 1.5 0`, `42 "x" "f" { false} 0 0 0`}[n]
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			n++
		}
		if rows.Err() != nil || n != 2 {
			t.Errorf("%d rows, %v", n, rows.Err())
		}
	}
}

func TestDialect(t *testing.T) {
	in := instance(t, config(t))
	put(t, in, 1, "it's", "T")
	db := dial(t, in, "watch", "w", "")
	db.SetMaxOpenConns(1)
	uuid := in.UUID()
	for q, want := range map[string]string{
		"SELECT @@version": "8.0.36",
		"SELECT @@global.read_only, @@session.transaction_read_only": "0 0",
		"SELECT @@server_uuid":                            uuid,
		"SELECT @@gtid_executed":                          uuid + ":1",
		"SELECT VERSION(), DATABASE(), CURRENT_USER()":    "8.0.36 bacula watch@%",
		"SELECT UNIX_TIMESTAMP(), NOW(), UTC_TIMESTAMP()": "1795348800 2026-11-22 12:00:00 2026-11-22 12:00:00",
		"SELECT UNIX_TIMESTAMP(StartTime) - UNIX_TIMESTAMP('2026-11-22 06:06:30') FROM " +
			"Job": "7",
		"SELECT CAST(SUM(JobBytes) AS UNSIGNED), COUNT(*) FROM " +
			"Job": "1099511627776 1",
		"SELECT Name FROM Job FORCE INDEX (PRIMARY) WHERE Name = \"it's\" # " +
			"comment": "it's",
		`SELECT Name FROM Job WHERE Name = 'it\'s' AND Name LIKE 'it%'`: "it's",
		"SELECT GTID_SUBTRACT('" + uuid + ":1-9', @@gtid_executed)":     uuid + ":2-9",
		"SELECT GTID_SUBSET(@@gtid_executed, " +
			"'" + uuid + ":1-9')": "1",
		"SELECT VARIABLE_VALUE FROM performance_schema.global_variables WHERE " +
			"variable_name='gtid_mode'": "ON",
		"SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND table_name = 'job' AND column_name IN " +
			"('JobBytes','JobFiles')": "JobBytes",
		"SELECT COLUMN_TYPE FROM information_schema.columns WHERE TABLE_NAME='Job' AND " +
			"COLUMN_NAME='JobId'": "int unsigned",
		"SELECT INDEX_NAME FROM information_schema.statistics WHERE TABLE_NAME='Job' AND SUB_PART = " +
			"128": "Name",
		"SELECT JobId FROM Job WHERE JobId >= 9 OR JobId IN (1, 1) ORDER BY JobId LIMIT " +
			"9": "1",
		"SHOW VARIABLES LIKE " +
			"'server_id'": "server_id 1",
		"SHOW GLOBAL STATUS WHERE Variable_name IN " +
			"('Handler_commit')": "Handler_commit 1",
		"SHOW DATABASES LIKE 'bac%'": "bacula",
		"SHOW TABLES LIKE 'V%'":      "Version",
	} {
		if got := row(t, db, q); got != want {
			t.Errorf("%s\n got %s\nwant %s", q, got, want)
		}
	}
}

// row gives the single row of a query as text.
func row(t *testing.T, db interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}, q string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), q, args...)
	if err != nil {
		t.Errorf("%s: %v", q, err)
		return ""
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	vals, ptrs := make([]sql.NullString, len(cols)), make([]any, len(cols))
	for i := range vals {
		ptrs[i] = &vals[i]
	}
	var all []string
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			t.Fatal(err)
		}
		var row []string
		for _, v := range vals {
			if !v.Valid {
				v.String = "NULL"
			}
			row = append(row, v.String)
		}
		all = append(all, strings.Join(row, " "))
	}
	if err := rows.Err(); err != nil {
		t.Errorf("%s: %v", q, err)
	}
	return strings.Join(all, " / ")
}

func TestRefusals(t *testing.T) {
	in := instance(t, config(t))
	db, writer, root := dial(t, in, "watch", "w", ""), dial(t, in, "bacula", "b", ""), dial(t, in, "root", "r", "")
	for _, c := range []struct {
		db   *sql.DB
		sql  string
		want uint16
	}{
		{db, "SELECT JSON_TABLE(1)", 1064},
		{db, "CREATE TABLE x (a int)", 1064},
		{db, "SELECT SLEEP(1)", 1064},
		{db, "SELECT * FROM Jobs", 1146},
		{db, "SELECT Nope FROM Job", 1054},
		{db, "SELECT @@nope", 1193},
		{db, "SET SESSION nope = 1", 1193},
		{db, "SET GLOBAL read_only = 0", 1227},
		{db, "DELETE FROM Job", 1142},
		{db, "DELETE FROM Log WHERE 1 = 0", 1142},
		{db, "DELETE FROM mysql.user WHERE 1 = 0", 1142},
		{writer, "DELETE FROM mysql.user WHERE 1 = 0", 1142},
		{db, "USE other", 1044},
	} {
		_, err := c.db.Exec(c.sql)
		if got := code(t, err); got != c.want {
			t.Errorf("%s: %v, want %d", c.sql, err, c.want)
		}
		if c.want == 1064 && !strings.Contains(err.Error(), c.sql) {
			t.Errorf("%q does not name the statement", err)
		}
	}
	if _, err := db.Exec(
		"DELETE FROM Log WHERE 1 = 0",
	); err == nil ||
		!strings.Contains(err.Error(), "DELETE command denied to user 'watch'@'127.0.0.1' for table 'Log'") {
		t.Errorf("%v", err)
	}
	if _, err := writer.Exec("INSERT INTO Job (JobId, Name, JobStatus) VALUES (?, ?, 'T')", 7, "n"); err != nil {
		t.Fatal(err)
	}
	if _, err := root.Exec("SET GLOBAL read_only = ON"); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Exec("UPDATE Job SET JobStatus='f'"); code(t, err) != 1290 {
		t.Errorf("read only: %v", err)
	}
	conn, err := writer.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in.SetReadOnly(false)
	if _, err := conn.ExecContext(t.Context(), "SET SESSION TRANSACTION READ ONLY"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "DELETE FROM Job"); code(t, err) != 1792 {
		t.Errorf("read-only session: %v", err)
	}
	if got := row(t, conn, "SELECT @@transaction_read_only"); got != "1" {
		t.Errorf("the session says %s of itself", got)
	}
}

func TestWalksWaitForThePast(t *testing.T) {
	in := instance(t, config(t))
	done := in.Filling("Job")
	put(t, in, 8, "new", "T")
	db := dial(t, in, "watch", "w", "")
	const walk = "SELECT JobId FROM Job WHERE JobId <= 99 ORDER BY JobId DESC LIMIT "
	if got := row(t, db, walk+"1"); got != "8" {
		t.Errorf("what is there: %s", got)
	}
	if got := row(t, db, "SELECT COUNT(*) FROM Job"); got != "1" {
		t.Errorf("another statement: %s", got)
	}
	got := make(chan string)
	go func() { got <- row(t, db, walk+"2") }()
	put(t, in, 7, "old", "T")
	done()
	if s := <-got; s != "8 / 7" {
		t.Errorf("the walk found %s", s)
	}
}

// TestWhatIsWithheldIsWaitedFor: a statement that reads the table waits, whatever it asks, and no other.
func TestWhatIsWithheldIsWaitedFor(t *testing.T) {
	in := instance(t, config(t))
	done := in.Withhold("Version")
	put(t, in, 8, "new", "T")
	db := dial(t, in, "watch", "w", "")
	if got := row(t, db, "SELECT COUNT(*) FROM Job"); got != "1" {
		t.Errorf("another table: %s", got)
	}
	released := make(chan struct{})
	got := make(chan string)
	go func() {
		s := row(t, db, "SELECT JobId, EXISTS (SELECT 1 FROM Version v WHERE v.VersionId = 1) FROM Job")
		select {
		case <-released:
		default:
			s += ", which was not waited for"
		}
		got <- s
	}()
	if s := row(t, dial(t, in, "watch", "w", ""), "SELECT JobId FROM Job"); s != "8" {
		t.Errorf("beside it: %s", s)
	}
	close(released)
	done()
	if s := <-got; !strings.HasPrefix(s, "8") || strings.Contains(s, "not waited for") {
		t.Errorf("it found %s", s)
	}
}

// TestRangesAreFoundByKey guards the one place where SQLite would rather read everything.
func TestRangesAreFoundByKey(t *testing.T) {
	in := instance(t, config(t))
	s := &session{in: in, vars: map[string]any{}}
	for _, q := range []string{
		"SELECT JobId FROM Job WHERE JobId >= 5 OR JobId IN (1, 2, 3) ORDER BY JobId LIMIT 2000",
		"SELECT JobId FROM Job WHERE JobId <= 5 ORDER BY JobId DESC LIMIT 2000",
	} {
		r, err := s.render(parse(q))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := in.db.Query("EXPLAIN QUERY PLAN " + r.sql)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var a, b, c int
			var says string
			if err := rows.Scan(&a, &b, &c, &says); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(says, "SCAN") {
				t.Errorf("%s: %s", r.sql, says)
			}
		}
		rows.Close()
	}
}
