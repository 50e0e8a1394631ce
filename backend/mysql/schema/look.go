// Package schema sees who uses a schema of a server and who may change it, and reads it whole to compare it with what was archived.
package schema

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Schema is one schema on one server. Its login is used for nothing else, and each look or call is a session of its own.
type Schema struct {
	Login mysql.Login
	Name  string
	Own   []string // accounts that are this program's: what they do is no use
	Known []string // accounts that people account for: that they may use it stops nothing, that they do does
	Now   func() time.Time
}

// ErrName is a schema's name that no statement is made of.
var ErrName = errors.New("it is no name that is put into a statement")

var plainName = model.Pattern(`^[A-Za-z0-9_$]{1,64}$`)

// The closed list of what a look asks. A %s is the name of the schema, in letters, digits, _ and $ alone.
const (
	asksServer      = "SELECT @@hostname, @@version, @@performance_schema"
	asksStatus      = "SHOW GLOBAL STATUS"
	asksInstruments = "SELECT NAME, ENABLED FROM performance_schema.setup_instruments WHERE NAME IN ('wait/io/table/sql/handler', " +
		"'wait/lock/table/sql/handler')"
	asksConsumers = "SELECT NAME, ENABLED FROM performance_schema.setup_consumers WHERE NAME IN ('global_instrumentation', " +
		"'thread_instrumentation')"
	asksObjects = "SELECT OBJECT_SCHEMA, OBJECT_NAME, ENABLED FROM performance_schema.setup_objects WHERE OBJECT_TYPE = 'TABLE'"
	asksActors  = "SELECT HOST, USER, ENABLED FROM performance_schema.setup_actors"
	asksTables  = "SELECT OBJECT_NAME, COUNT_STAR FROM performance_schema.table_io_waits_summary_by_table " +
		"WHERE OBJECT_TYPE = 'TABLE' AND OBJECT_SCHEMA = '%s' ORDER BY OBJECT_NAME"
	asksTableLocks = "SELECT OBJECT_NAME, COUNT_STAR FROM performance_schema.table_lock_waits_summary_by_table " +
		"WHERE OBJECT_TYPE = 'TABLE' AND OBJECT_SCHEMA = '%s' ORDER BY OBJECT_NAME"
	asksThreads    = "SELECT PROCESSLIST_ID, INSTRUMENTED FROM performance_schema.threads WHERE PROCESSLIST_ID IS NOT NULL"
	asksSessions   = "SELECT ID, USER, DB, COMMAND FROM information_schema.PROCESSLIST"
	asksViews      = "SELECT TABLE_SCHEMA, TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS"
	asksRoutines   = "SELECT ROUTINE_SCHEMA, ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES"
	asksEvents     = "SELECT EVENT_SCHEMA, EVENT_NAME, EVENT_DEFINITION FROM information_schema.EVENTS"
	asksTriggers   = "SELECT TRIGGER_SCHEMA, TRIGGER_NAME, ACTION_STATEMENT FROM information_schema.TRIGGERS"
	asksReferences = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE " +
		"WHERE REFERENCED_TABLE_SCHEMA = '%s' AND TABLE_SCHEMA <> '%s'"
	asksFilters = "SHOW GLOBAL VARIABLES LIKE 'replicate%'"
	asksApplier = "SELECT FILTER_NAME, FILTER_RULE FROM performance_schema.replication_applier_global_filters"
)

// dialler opens sessions by a login, one at a time.
type dialler struct{ login mysql.Login }

func (d dialler) Connect(ctx context.Context) (driver.Conn, error) { return d.login.Dial(ctx) }
func (d dialler) Driver() driver.Driver                            { return mysql.Driver() }

// Session lets something be asked in a session of its own.
func (s *Schema) Session(ctx context.Context, do func(*sql.Conn) error) error {
	if !plainName().MatchString(s.Name) {
		return fmt.Errorf("the schema %.40q: %w", model.Clean(s.Name), ErrName)
	}
	db := sql.OpenDB(dialler{s.Login})
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return mysql.FaultOf("connect to "+s.Login.Address+" as "+s.Login.User, err)
	}
	defer conn.Close()
	return do(conn)
}

// look is one that goes on.
type look struct {
	*Schema
	ctx     context.Context
	conn    *sql.Conn
	mariaDB bool
	model.SchemaLook
}

// Look sees who uses the schema. An error means that nobody can tell; that the counters do not tell is none.
func (s *Schema) Look(ctx context.Context) (model.SchemaLook, error) {
	l := &look{Schema: s, ctx: ctx}
	l.Host, l.At = s.Login.Address, s.Now()
	err := s.Session(ctx, func(conn *sql.Conn) error {
		l.conn = conn
		for _, of := range []func() error{l.server, l.counters, l.sessions, l.objects, l.references, l.filters, l.privileges} {
			if err := of(); err != nil {
				return fmt.Errorf("looking at who uses %s on %s: %w", s.Name, s.Login.Address, err)
			}
		}
		return nil
	})
	return l.SchemaLook, err
}

// rows takes the rows of an answer as texts; NULL is an empty one.
func (l *look) rows(text string, columns int, take func([]string)) error {
	return rows(l.ctx, l.conn, text, columns, take)
}

func rows(ctx context.Context, conn *sql.Conn, text string, columns int, take func([]string)) error {
	return mysql.Ask(ctx, conn, text, nil, mysql.Texts(columns, take))
}

func (l *look) server() error {
	counts := false
	err := l.rows(asksServer, 3, func(r []string) {
		l.Server, l.mariaDB = model.Clean(r[0]), strings.Contains(strings.ToLower(r[1]), "mariadb")
		counts = r[2] == "1" || strings.EqualFold(r[2], "ON")
	})
	if err != nil {
		return mysql.FaultOf("asking who the server is", err)
	}
	if !counts {
		l.Blind = "its Performance Schema is off, so that nothing counts who reads a table"
		l.Remedy = "write performance_schema = ON into its my.cnf and restart it; or have its general log read by somebody for as long"
	}
	lost := []string{}
	refused := []string{"locked_connects"}
	if l.mariaDB {
		refused = []string{"access_denied_errors", "aborted_connects"} // the first knows nothing of logins by a locked account
	}
	err = l.rows(asksStatus, 2, func(r []string) {
		name, n := strings.ToLower(r[0]), uint64(0)
		n, _ = strconv.ParseUint(r[1], 10, 63)
		switch {
		case name == "uptime":
			l.Started = l.Now().Add(-time.Duration(n) * time.Second)
		case n > 0 && slices.Contains([]string{"performance_schema_table_handles_lost", "performance_schema_table_instances_lost",
			"performance_schema_thread_instances_lost", "performance_schema_users_lost"}, name):
			lost = append(lost, fmt.Sprintf("%s is %d", name, n))
		case slices.Contains(refused, name):
			if l.Denied == nil {
				l.Denied = new(uint64)
			}
			*l.Denied += n
		}
	})
	switch {
	case err != nil:
		return mysql.FaultOf("asking for its status", err)
	case l.Started.IsZero():
		return errors.New("it does not say how long it has been up")
	case len(lost) > 0 && l.Blind == "":
		l.Blind = "its Performance Schema had no room for all: " + strings.Join(lost, ", ")
		l.Remedy = "raise performance_schema_max_table_handles, _table_instances and _thread_instances, and restart it"
	}
	return nil
}

func yes(s string) bool { return strings.EqualFold(s, "YES") }

// counters reads how often each table was used, where that is counted at all.
func (l *look) counters() error {
	if l.Blind != "" {
		return nil
	}
	on := map[string]bool{}
	err := errors.Join(
		l.rows(asksInstruments, 2, func(r []string) { on[r[0]] = yes(r[1]) }),
		l.rows(asksConsumers, 2, func(r []string) { on[r[0]] = yes(r[1]) }),
	)
	if err != nil {
		return mysql.FaultOf("asking what its Performance Schema counts", err)
	}
	wants := [][2]string{{"wait/io/table/sql/handler", "setup_instruments"}, {"global_instrumentation", "setup_consumers"},
		{"thread_instrumentation", "setup_consumers"}}
	if !l.mariaDB { // a SELECT COUNT(*) reads no row there, as far as the first one counts: the lock that it takes is all that is seen of it
		wants = append(wants, [2]string{"wait/lock/table/sql/handler", "setup_instruments"})
	}
	for _, of := range wants {
		if !on[of[0]] && l.Blind == "" {
			l.Blind = of[0] + " is off"
			l.Remedy = fmt.Sprintf("UPDATE performance_schema.%s SET ENABLED = 'YES' WHERE NAME = '%s', and in its my.cnf", of[1], of[0])
		}
	}
	err = l.rows(asksObjects, 3, func(r []string) {
		if !yes(r[2]) && (r[0] == "%" || strings.EqualFold(r[0], l.Name)) {
			l.Blind = "its Performance Schema does not count tables of " + model.Clean(r[0]+"."+r[1])
			l.Remedy = "DELETE that row of performance_schema.setup_objects"
		}
	})
	if err == nil {
		err = l.actors()
	}
	if err == nil {
		err = l.rows(fmt.Sprintf(asksTables, l.Name), 2, func(r []string) {
			n, _ := strconv.ParseUint(r[1], 10, 64)
			l.Tables = append(l.Tables, model.TableUse{Table: model.Clean(r[0]), Count: n})
		})
	}
	if err == nil && !l.mariaDB {
		err = l.rows(fmt.Sprintf(asksTableLocks, l.Name), 2, func(r []string) {
			n, _ := strconv.ParseUint(r[1], 10, 64)
			name := model.Clean(r[0])
			if i := slices.IndexFunc(l.Tables, func(t model.TableUse) bool { return t.Table == name }); i >= 0 {
				l.Tables[i].Count += n
			} else {
				l.Tables = append(l.Tables, model.TableUse{Table: name, Count: n})
			}
		})
	}
	if err != nil {
		return mysql.FaultOf("asking how often its tables were used", err)
	}
	return nil
}

// actors wants nobody but this program's accounts not to be counted, and those not to be.
func (l *look) actors() error {
	all, off := false, map[string]bool{}
	err := l.rows(asksActors, 3, func(r []string) {
		switch {
		case yes(r[2]) && r[0] == "%" && r[1] == "%":
			all = true
		case !yes(r[2]):
			off[r[1]] = true
		}
	})
	if err != nil {
		return err
	}
	var counted []string
	for _, own := range l.Own {
		if !off[own] {
			counted = append(counted, own)
		}
		delete(off, own)
	}
	for name := range off {
		l.Blind = fmt.Sprintf("what %s does is not counted", model.Clean(name))
		l.Remedy = "DELETE that row of performance_schema.setup_actors, and end the sessions of that account"
	}
	switch {
	case !all:
		l.Blind, l.Remedy = "not every account is counted", "INSERT INTO performance_schema.setup_actors VALUES ('%', '%', '%', 'YES', 'YES')"
	case len(counted) > 0:
		l.Blind = "what this program's own accounts read is counted with the rest: " + model.Few(counted, 4)
		l.Remedy = fmt.Sprintf(
			"INSERT INTO performance_schema.setup_actors VALUES ('%%', '%s', '%%', 'NO', 'NO') for each, and end their sessions "+
				"once: only new ones are left out",
			model.Clean(counted[0]),
		)
	}
	return nil
}
