package sqlsim

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// virtualTable is made up when a statement names it, and lives in a temporary table for that statement.
type virtualTable struct {
	table *table
	rows  [][]any
}

func newVirtual(name string, cols ...string) *virtualTable {
	return &virtualTable{table: &table{name: name, cols: columns(name, cols...)}}
}

// columns reads "NAME TYPE", where the type is varchar(64) when it is missing; a name with a ! behind it is never NULL.
func columns(table string, specs ...string) []column {
	out := make([]column, len(specs))
	for i, spec := range specs {
		name, ty, ok := strings.Cut(spec, " ")
		if !ok {
			ty = "varchar(64)"
		}
		name, never := strings.CutSuffix(name, "!")
		out[i] = column{table: table, name: name, sql: ty, null: !never}
	}
	return out
}

func (v *virtualTable) add(row ...any) { v.rows = append(v.rows, row) }

func (v *virtualTable) fill(ctx context.Context, conn *sql.Conn) error {
	var b, marks strings.Builder
	fmt.Fprintf(&b, "CREATE TEMP TABLE `%s` (", v.table.name)
	for i, c := range v.table.cols {
		sep := ", "
		if i == 0 {
			sep = ""
		}
		collate := ""
		if affinity(c.sql) == "BLOB" {
			collate = " COLLATE NOCASE" // as information_schema compares
		}
		fmt.Fprintf(&b, "%s`%s` %s%s", sep, c.name, affinity(c.sql), collate)
		marks.WriteString(sep + "?")
	}
	if _, err := conn.ExecContext(ctx, b.String()+")"); err != nil {
		return err
	}
	for _, row := range v.rows {
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("INSERT INTO temp.`%s` VALUES (%s)", v.table.name, marks.String()), row...); err != nil {
			return err
		}
	}
	return nil
}

// ownTables are those of the server's own database alone.
const ownTables = "own tables"

// virtual makes the rows of a system table.
func (s *session) virtual(name, query string) (*virtualTable, error) {
	switch name {
	case "information_schema.columns":
		v := newVirtual(name, "TABLE_SCHEMA!", "TABLE_NAME!", "COLUMN_NAME", "ORDINAL_POSITION int", "COLUMN_DEFAULT", "IS_NULLABLE",
			"DATA_TYPE", "COLUMN_TYPE", "COLUMN_KEY", "EXTRA")
		for _, t := range s.in.order {
			at, there := s.in.whereIs(t)
			if !there {
				continue
			}
			for i, c := range s.in.tables[lower(t)].cols {
				var def any
				if c.hasDef {
					def = c.def
				}
				v.add(at, t, c.name, i+1, def, yesNo(c.null), base(c.sql), c.sql, c.key, c.extra)
			}
		}
		return v, nil
	case "information_schema.statistics":
		v := newVirtual(name, "TABLE_SCHEMA", "TABLE_NAME", "NON_UNIQUE int", "INDEX_NAME", "SEQ_IN_INDEX int", "COLUMN_NAME", "SUB_PART int")
		for _, t := range s.in.order {
			at, there := s.in.whereIs(t)
			if !there {
				continue
			}
			for _, ix := range s.in.tables[lower(t)].indexes {
				for i, c := range ix.cols {
					var part any
					if c.part > 0 {
						part = c.part
					}
					v.add(at, t, 1-int(one(ix.unique)), ix.name, i+1, c.name, part)
				}
			}
		}
		return v, nil
	case "information_schema.tables", ownTables:
		v := newVirtual(
			name,
			"TABLE_SCHEMA",
			"TABLE_NAME",
			"TABLE_TYPE",
			"ENGINE",
			"TABLE_ROWS bigint",
			"DATA_LENGTH bigint",
			"INDEX_LENGTH bigint",
			"AUTO_INCREMENT bigint unsigned",
		)
		for _, t := range s.in.order {
			at, there := s.in.whereIs(t)
			if !there || name == ownTables && at != s.in.cfg.Database {
				continue
			}
			var next any
			if s.in.tables[lower(t)].numbered() != nil && strings.Contains(lower(query), "auto_increment") {
				if n, err := s.in.Number(t); err == nil && n > 1 {
					next = int64(n)
				}
			}
			v.add(at, t, "BASE TABLE", "InnoDB", nil, nil, nil, next)
		}
		return v, nil
	case "information_schema.schemata":
		v := newVirtual(name, "SCHEMA_NAME")
		s.in.mu.Lock()
		all := append([]string{"information_schema", "mysql", "performance_schema", "sys"}, s.in.schemas()...)
		s.in.mu.Unlock()
		for _, d := range all {
			v.add(d)
		}
		return v, nil
	case "information_schema.processlist", "performance_schema.processlist":
		return s.processes(name), nil
	case "mysql.user":
		return s.userTable(name)
	case "performance_schema.threads", "performance_schema.status_by_thread":
		return s.ciphers(name)
	case "performance_schema.replication_applier_status_by_worker":
		if s.in.cfg.MariaDB || !s.account().Monitor { // a right of its own, which who monitors has here
			return nil, mysql.NewError(
				mysql.ER_TABLEACCESS_DENIED_ERROR,
				"SELECT command denied to user '"+s.user+"'@'%' for table 'replication_applier_status_by_worker'",
			)
		}
		return s.workers(name), nil
	case "performance_schema.global_variables", "performance_schema.session_variables", "information_schema.global_variables":
		v := newVirtual(name, "VARIABLE_NAME!", "VARIABLE_VALUE varchar(1024)")
		vars := s.in.globals()
		for _, k := range sortedKeys(vars) {
			v.add(k, shown(vars[k]))
		}
		return v, nil
	case "performance_schema.global_status", "information_schema.global_status":
		v := newVirtual(name, "VARIABLE_NAME!", "VARIABLE_VALUE varchar(1024)")
		for _, st := range s.in.status() {
			v.add(st.name, st.value)
		}
		return v, nil
	}
	if v := s.usageTable(name); v != nil {
		return v, nil
	}
	return nil, unknown(query)
}

func yesNo(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (s *session) processes(name string) *virtualTable {
	all := s.account().Monitor
	v := newVirtual(name, "ID! bigint unsigned", "USER!", "HOST!", "DB", "COMMAND", "TIME int", "STATE", "INFO varchar(1024)")
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	now := s.in.cfg.Clock.Now()
	for id := uint32(0); id <= s.in.nextID; id++ {
		o := s.in.sessions[id]
		if o == nil || !all && o.user != s.user {
			continue
		}
		user := o.user
		if user == "" {
			user = "unauthenticated user"
		}
		var db, info any
		command := "Sleep"
		if o.db != "" {
			db = o.db
		}
		if o.stmt != "" {
			info, command = o.stmt, "Query"
		}
		v.add(int64(id), user, o.host, db, command, int64(now.Sub(o.since)/time.Second), "", info)
	}
	if who := s.in.traffic.other; who != "" && all {
		v.add(int64(2e6), who, "10.0.0.12:4000", s.in.cfg.Database, "Sleep", int64(3), "", nil)
	}
	if who := s.in.plainly; who != "" && all {
		v.add(int64(plainID), who, "10.0.0.11:4000", s.in.cfg.Database, "Sleep", int64(3), "", nil)
	}
	for i := range s.in.use.dumps {
		v.add(int64(1e6+i), "repl", "10.0.0.9:4000", nil, "Binlog Dump GTID", int64(9), "", nil)
	}
	return v
}

type statusRow struct{ name, value string }

func (in *Instance) status() []statusRow {
	l := in.Load()
	up := in.cfg.Clock.Now().Sub(in.started)
	n := func(v uint64) string { return fmt.Sprint(v) }
	questions, connects, threads, most := in.foreign()
	return []statusRow{
		{"Aborted_clients", n(l.Aborted)},
		{"Bytes_sent", n(l.BytesSent)},
		{"Com_select", n(l.Selects)},
		{"Connections", n(l.Connections + connects)},
		{"Handler_commit", n(l.Commits)},
		{"Innodb_rows_read", n(l.RowsSent)},
		{"Locked_connects", n(l.Locked)},
		{"Max_used_connections", fmt.Sprint(max(l.Connected+threads, most))},
		{"Queries", n(l.Questions + questions)},
		{"Questions", n(l.Questions + questions)},
		{"Threads_connected", fmt.Sprint(l.Connected + threads)},
		{"Threads_running", "1"},
		{"Uptime", fmt.Sprint(int64(up / time.Second))},
	}
}

// show answers a SHOW statement.
func (s *session) show(st *statement, args []any, binary bool) (*mysql.Result, error) {
	toks := st.toks[1:]
	for len(toks) > 0 && (toks[0].is("global") || toks[0].is("session") || toks[0].is("full")) {
		toks = toks[1:]
	}
	if len(toks) == 0 {
		return nil, unknown(st.query)
	}
	second := token{}
	if len(toks) > 1 {
		second = toks[1]
	}
	switch {
	case toks[0].is("variables"):
		return s.listing(
			"performance_schema.session_variables",
			"VARIABLE_NAME AS Variable_name, VARIABLE_VALUE AS Value",
			"Variable_name",
			toks[1:],
			st,
			args,
			binary,
		)
	case toks[0].is("status"):
		return s.listing(
			"performance_schema.global_status",
			"VARIABLE_NAME AS Variable_name, VARIABLE_VALUE AS Value",
			"Variable_name",
			toks[1:],
			st,
			args,
			binary,
		)
	case toks[0].is("processlist"):
		return s.listing(
			"information_schema.processlist",
			"ID AS Id, USER AS User, HOST AS Host, DB AS db, COMMAND AS Command, TIME AS Time, STATE AS State, INFO AS Info",
			"",
			toks[1:],
			st,
			args,
			binary,
		)
	case toks[0].is("tables"):
		return s.listing(ownTables, "TABLE_NAME AS `Tables_in_"+s.in.cfg.Database+"`", "TABLE_NAME", toks[1:], st, args, binary)
	case toks[0].is("databases"):
		return s.listing("information_schema.schemata", "SCHEMA_NAME AS `Database`", "SCHEMA_NAME", toks[1:], st, args, binary)
	case toks[0].is("grants"):
		return s.in.constant([]column{{name: "Grants for " + s.user + "@%", sql: "varchar(1024)"}}, s.grants(), binary)
	case toks[0].is("warnings") && len(toks) == 1:
		return s.in.constant(columns("", "Level!", "Code! int unsigned", "Message!"), nil, binary)
	case toks[0].is("replica") && second.is("status") && len(toks) == 2, toks[0].is("slave") && second.is("status") && len(toks) == 2:
		return s.replicaStatus(toks[0].is("replica"), st, binary)
	case toks[0].is("binary") && second.is("log") && len(toks) == 3 && toks[2].is("status"), toks[0].is("master") && second.is("status"):
		return s.binlogStatus(toks[0].is("binary"), st, binary)
	}
	return nil, unknown(st.query)
}

func (s *session) listing(virtual, cols, like string, rest []token, st *statement, args []any, binary bool) (*mysql.Result, error) {
	q := "SELECT " + cols + " FROM `" + virtual + "`"
	switch {
	case len(rest) == 0:
	case len(rest) == 2 && rest[0].is("like") && like != "":
		q += " WHERE " + like + " LIKE " + rest[1].raw
	case rest[0].is("where"):
		q = "SELECT * FROM (" + q + ")"
		for _, t := range rest {
			q += " " + t.raw
		}
	default:
		return nil, unknown(st.query)
	}
	return s.fetch(rendering{sql: q, virtual: []string{virtual}}, args, binary, st.query)
}

func (s *session) grants() [][]any {
	u := s.account()
	who := fmt.Sprintf("`%s`@`%%`", s.user)
	global, local, gives := s.in.globally(u), "", ""
	s.in.mu.Lock()
	revoked := s.in.revoked[s.user]
	s.in.mu.Unlock()
	switch {
	case revoked:
	case u.Write || u.Admin:
		local = "ALL PRIVILEGES"
	case u.Alter:
		local = "SELECT, INSERT, CREATE, ALTER"
	default:
		local = "SELECT"
	}
	rows := [][]any{{"GRANT " + strings.Join(global, ", ") + " ON *.* TO " + who}}
	if u.Accounts && !revoked {
		rows = append(rows, []any{"GRANT SELECT ON `mysql`.`user` TO " + who})
		if u.Write {
			gives = " WITH GRANT OPTION"
		}
	}
	if local != "" {
		rows = append(rows, []any{fmt.Sprintf("GRANT %s ON `%s`.* TO %s%s", local, s.in.cfg.Database, who, gives)})
	}
	if gives != "" {
		rows = append(rows, []any{fmt.Sprintf("GRANT ALL PRIVILEGES ON `%s\\_\\_dropped\\_%%`.* TO %s", s.in.cfg.Database, who)})
	}
	return rows
}

// globally are the rights of an account on everything.
func (in *Instance) globally(u User) (all []string) {
	switch {
	case u.Monitor && in.cfg.MariaDB:
		all = append(all, "PROCESS", "SLAVE MONITOR")
	case u.Monitor:
		all = append(all, "PROCESS", "REPLICATION CLIENT")
	}
	if u.Admin {
		all = append(all, "SUPER", "SYSTEM_VARIABLES_ADMIN")
	}
	if u.Accounts {
		all = append(all, "CREATE USER", "CONNECTION_ADMIN")
	}
	if u.Sees {
		all = append(all, "SELECT", "SHOW VIEW", "EVENT", "TRIGGER")
	}
	if len(all) == 0 {
		return []string{"USAGE"}
	}
	return all
}

// constant answers with rows that are at hand.
func (in *Instance) constant(cols []column, rows [][]any, binary bool) (*mysql.Result, error) {
	fields := make([]*mysql.Field, len(cols))
	for i := range cols {
		fields[i] = cols[i].field()
		fields[i].Name = []byte(cols[i].name)
	}
	return in.result(fields, rows, binary)
}
