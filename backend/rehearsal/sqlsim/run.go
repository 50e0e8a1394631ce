package sqlsim

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"modernc.org/sqlite"

	"switchyard/model"
)

// run answers one statement.
func (s *session) run(st *statement, args []any, binary bool) (*mysql.Result, error) {
	s.in.load.questions.Add(1)
	s.mark(st.query)
	if heard := s.in.cfg.Heard; heard != nil {
		heard(s.user, st.query)
	}
	defer s.mark("")
	err := s.gate(s.limit(st))
	switch {
	case errors.Is(err, errLimit):
		return nil, s.in.overdue()
	case err != nil:
		return nil, err
	}
	if st.params != len(args) {
		return nil, mysql.NewDefaultError(mysql.ER_WRONG_ARGUMENTS, "mysqld_stmt_execute")
	}
	if is, err := s.administer(st); is {
		return nil, err
	}
	if is, err := s.reshape(st); is {
		return nil, err
	}
	switch st.verb() {
	case "":
		return nil, mysql.NewDefaultError(mysql.ER_EMPTY_QUERY)
	case "select", "with", "(", "values":
		if err := s.reads(st); err != nil {
			return nil, err
		}
		s.counted(st)
		s.in.load.selects.Add(1)
		return s.query(st, args, binary)
	case "show":
		return s.show(st, args, binary)
	case "set":
		return nil, s.set(st)
	case "use":
		if len(st.toks) == 2 {
			return nil, s.UseDB(st.toks[1].text)
		}
	case "start", "begin", "commit", "rollback":
		return nil, s.transaction(st)
	case "alter":
		return s.alter(st)
	case "insert", "update", "delete", "replace":
		s.counted(st)
		return s.change(st, args)
	}
	return nil, unknown(st.query)
}

func (s *session) mark(query string) {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	s.stmt, s.since = query, s.in.cfg.Clock.Now()
}

var hinted = model.Pattern(`max_execution_time\(\s*(\d+)\s*\)`)

// limit is the statement's own time limit: a hint, or the session's variable. 0 means none.
func (s *session) limit(st *statement) time.Duration {
	if v := st.verb(); v != "select" && v != "with" {
		return 0
	}
	if m := hinted().FindStringSubmatch(st.hints); m != nil {
		ms, _ := strconv.Atoi(m[1])
		return time.Duration(ms) * time.Millisecond
	}
	if v, ok := s.vars["max_execution_time"]; ok {
		return time.Duration(number(v) * float64(time.Millisecond))
	}
	if v, ok := s.vars["max_statement_time"]; ok {
		return time.Duration(number(v) * float64(time.Second))
	}
	return 0
}

func number(v any) float64 {
	f, _ := strconv.ParseFloat(fmt.Sprint(v), 64)
	return f
}

// overdue is what a statement meets at its time limit.
func (in *Instance) overdue() error {
	if in.cfg.MariaDB {
		return &mysql.MyError{Code: 1969, State: "70100", Message: "Query execution was interrupted (max_statement_time exceeded)"}
	}
	return &mysql.MyError{Code: 3024, State: "HY000", Message: "Query execution was interrupted, maximum statement execution time exceeded"}
}

func (s *session) account() User {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	if s.in.revoked[s.user] {
		return User{Name: s.user}
	}
	return s.in.users[s.user]
}

func (s *session) query(st *statement, args []any, binary bool) (*mysql.Result, error) {
	r, err := s.render(st)
	if err != nil {
		return nil, err
	}
	if r.derived, err = s.in.derive(st, args); err != nil {
		return nil, err
	}
	if there := s.in.withholds(st); there != nil {
		select {
		case <-there:
		case <-s.gone:
			return nil, ErrGone
		}
	}
	for {
		filled, limit := s.in.unfilled(st, args)
		res, err := s.fetch(r, args, binary, st.query)
		if err != nil || filled == nil || len(res.RowDatas) >= limit {
			return res, err
		}
		select {
		case <-filled:
		case <-s.gone:
			return nil, ErrGone
		}
	}
}

// Filling says that a table is being given its past, newest first. Until the returned function is called, a statement that
// walks it downwards and comes up short of its LIMIT waits: the past must look as if it had always been there.
func (in *Instance) Filling(table string) (done func()) { return in.until(in.filling, table) }

// Withhold says that a table lacks rows of what others hold already. Until the returned function is called, a statement that reads it
// waits.
func (in *Instance) Withhold(table string) (done func()) { return in.until(in.withheld, table) }

func (in *Instance) until(of map[string]<-chan struct{}, table string) (done func()) {
	there := make(chan struct{})
	in.mu.Lock()
	defer in.mu.Unlock()
	of[lower(table)] = there
	return func() {
		in.mu.Lock()
		defer in.mu.Unlock()
		close(there)
		delete(of, lower(table))
	}
}

// withholds gives what a statement has to wait for before it is run; nil when it need not.
func (in *Instance) withholds(st *statement) <-chan struct{} {
	in.mu.Lock()
	defer in.mu.Unlock()
	for i := range st.toks {
		if len(in.withheld) == 0 {
			return nil
		}
		if there, ok := in.withheld[lower(st.toks[i].text)]; ok && (st.at(i-1).is("from") || st.at(i-1).is("join")) {
			return there
		}
	}
	return nil
}

// unfilled gives what a downward walk has to wait for when it finds fewer rows than its limit; nil when it need not.
func (in *Instance) unfilled(st *statement, args []any) (filled <-chan struct{}, limit int) {
	n := len(st.toks)
	if n < 4 || !st.at(n-2).is("limit") || !st.at(n-3).is("desc") {
		return nil, 0
	}
	last := st.at(n - 1).text
	if last == "?" && len(args) > 0 {
		last = fmt.Sprint(args[len(args)-1])
	}
	limit, _ = strconv.Atoi(last)
	in.mu.Lock()
	defer in.mu.Unlock()
	for i := range st.toks {
		if st.toks[i].is("from") {
			if f, ok := in.filling[lower(st.at(i+1).text)]; ok {
				return f, limit
			}
		}
	}
	return nil, 0
}

// fetch runs a rendered SELECT.
func (s *session) fetch(r rendering, args []any, binary bool, query string) (*mysql.Result, error) {
	ctx := s.in.ctx
	conn, err := s.in.db.Conn(ctx)
	if err != nil {
		return nil, ErrGone
	}
	defer conn.Close()
	made := map[string]*virtualTable{}
	for _, name := range r.virtual {
		if made[name] != nil {
			continue
		}
		v, err := s.virtual(name, query)
		if err != nil {
			return nil, err
		}
		made[name] = v
		if err := v.fill(ctx, conn); err != nil {
			return nil, fmt.Errorf("filling %s: %w", name, err)
		}
		defer conn.ExecContext(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS temp.`"+name+"`")
	}
	for _, d := range r.derived {
		defer conn.ExecContext(context.WithoutCancel(ctx), "DROP TABLE IF EXISTS temp.`"+d.table.name+"`")
		if err := d.fill(ctx, conn); err != nil {
			return nil, fmt.Errorf("filling %s: %w", d.table.name, err)
		}
	}
	fields, err := s.in.describe(conn, r.sql, made)
	if err != nil {
		return nil, s.refusal(err, query)
	}
	rows, err := conn.QueryContext(ctx, r.sql, args...)
	if err != nil {
		return nil, s.refusal(err, query)
	}
	defer rows.Close()
	return s.in.encode(rows, fields, binary)
}

// describe tells the columns of a SELECT, as MySQL types where they are columns of a table and nil where they are expressions.
func (in *Instance) describe(conn *sql.Conn, query string, made map[string]*virtualTable) ([]*mysql.Field, error) {
	var info []sqlite.ColumnInfo
	err := conn.Raw(func(c any) error {
		var err error
		info, err = c.(interface {
			ColumnInfo(string) ([]sqlite.ColumnInfo, error)
		}).ColumnInfo(query)
		return err
	})
	if err != nil {
		return nil, err
	}
	fields := make([]*mysql.Field, len(info))
	for i, c := range info {
		var col *column
		if t := in.tables[lower(c.TableName)]; t != nil {
			col = t.column(c.OriginName)
		} else if v := made[c.TableName]; v != nil {
			col = v.table.column(c.OriginName)
		}
		if col != nil {
			fields[i] = col.field()
			fields[i].Schema = []byte(in.cfg.Database)
		} else {
			fields[i] = &mysql.Field{Type: mysql.MYSQL_TYPE_NULL, Charset: binaryCharset}
		}
		fields[i].Name = []byte(c.Name)
	}
	return fields, nil
}

// refusal puts SQLite's complaint into MySQL's code where there is one for it.
func (s *session) refusal(err error, query string) error {
	msg := err.Error()
	after := func(sep string) (string, bool) {
		_, tail, ok := strings.Cut(msg, sep)
		tail, _, _ = strings.Cut(tail, " (")
		return tail, ok
	}
	if name, ok := after("no such table: "); ok {
		return mysql.NewDefaultError(mysql.ER_NO_SUCH_TABLE, s.in.cfg.Database, strings.TrimPrefix(name, "main."))
	}
	if name, ok := after("no such column: "); ok {
		return mysql.NewDefaultError(mysql.ER_BAD_FIELD_ERROR, name, "field list")
	}
	if name, ok := after("UNIQUE constraint failed: "); ok {
		return mysql.NewDefaultError(mysql.ER_DUP_ENTRY, "?", name)
	}
	if errors.Is(err, context.Canceled) || s.in.ctx.Err() != nil {
		return ErrGone
	}
	return mysql.NewError(mysql.ER_PARSE_ERROR, fmt.Sprintf("the rehearsal's MySQL does not know this statement (%v): %s", err, brief(query)))
}

// transaction takes what begins and ends one. A reader's transactions change nothing here; a writer's do not exist yet.
func (s *session) transaction(st *statement) error {
	switch w := st.words(); {
	case st.verb() == "commit", st.verb() == "rollback", strings.HasSuffix(w, "read only"),
		strings.HasSuffix(w, "with consistent snapshot"):
		return nil
	}
	if s.readOnly {
		return nil
	}
	return unknown(st.query)
}

// target is the table that a change is asked for, and its schema where that is named.
func (st *statement) target() (schema, table string) {
	i := 1
	for i < len(st.toks) && (st.at(i).is("from") || st.at(i).is("into")) {
		i++
	}
	if st.at(i + 1).is(".") {
		return lower(st.at(i).text), st.at(i + 2).text
	}
	return "", st.at(i).text
}

// denied is what an account meets that may not change a table.
func (s *session) denied(verb, schema, table string) error {
	host, _, _ := net.SplitHostPort(s.host)
	if s.in.cfg.MariaDB {
		says := fmt.Sprintf(
			"%s command denied to user '%s'@'%s' for table `%s`.`%s`",
			strings.ToUpper(verb),
			s.user,
			host,
			cmp.Or(schema, s.in.cfg.Database),
			table,
		)
		return mysql.NewError(mysql.ER_TABLEACCESS_DENIED_ERROR, says)
	}
	return mysql.NewDefaultError(mysql.ER_TABLEACCESS_DENIED_ERROR, strings.ToUpper(verb), s.user, host, table)
}

func (s *session) change(st *statement, args []any) (*mysql.Result, error) {
	u := s.account()
	schema, table := st.target()
	switch { // in the order in which MySQL looks
	case !u.Admin && s.in.ReadOnly():
		return nil, mysql.NewDefaultError(mysql.ER_OPTION_PREVENTS_STATEMENT, "--read-only")
	case !u.Write && !u.Admin && !(u.Alter && st.verb() == "insert"), systemSchemas[schema]: // nobody's privileges reach beyond the database
		return nil, s.denied(st.verb(), schema, table)
	case s.readOnly:
		return nil, mysql.NewError(1792, "Cannot execute statement in a READ ONLY transaction.")
	}
	r, err := s.render(st)
	if err != nil {
		return nil, err
	}
	if len(r.virtual) > 0 {
		return nil, unknown(st.query)
	}
	r.sql = s.in.givenNumbers(r.sql)
	var res *mysql.Result
	err = s.in.transact(func(tx *Tx) error {
		done, err := tx.exec(r.sql, args)
		if err != nil {
			return s.refusal(err, st.query)
		}
		n, _ := done.RowsAffected()
		id, _ := done.LastInsertId()
		res = mysql.NewResultReserveResultset(0)
		res.AffectedRows, res.InsertId = uint64(n), uint64(id)
		return nil
	})
	return res, err
}
