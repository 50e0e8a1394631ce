package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"switchyard/backend/bacula"
	"switchyard/backend/mysql"
	"switchyard/backend/rds"
)

// sqlServer is one server of the contract: MariaDB, MySQL or its replica, real or not. Its schema holds rowsOf.
type sqlServer struct {
	of      string
	addr    string
	schema  string
	ca      []byte // nil: no TLS
	watcher login
	writer  login      // may change the schema's tables
	mysql   bool       // not MariaDB
	other   bool       // its schema holds other rows
	endless string     // a statement that takes longer than 50 ms
	slow    func(bool) // makes the server slow enough for it; nil: it is
}

type login struct{ user, password string }

var berlinZone = must(time.LoadLocation("Europe/Berlin"))

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func word(w string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return w, nil }
}

// catalog reads the schema; change says what is wrong on purpose.
func (s *sqlServer) catalog(t *testing.T, change func(*bacula.CatalogConfig)) *bacula.Catalog {
	c := bacula.CatalogConfig{
		Hosts:    []string{s.addr},
		User:     s.watcher.user,
		Password: word(s.watcher.password),
		Database: s.schema,
		Zone:     berlinZone,
	}
	if s.ca != nil {
		c.TLS = &mysql.TLS{CA: s.ca, ServerName: "localhost"}
	}
	if change != nil {
		change(&c)
	}
	cat := bacula.NewCatalog(0, c)
	t.Cleanup(func() { _ = cat.Close() })
	return cat
}

// open is an account without a reader around it, with a driver configured as the readers do it.
func (s *sqlServer) open(t *testing.T, as login) *sql.Conn {
	t.Helper()
	c := driver.NewConfig()
	c.Net, c.Addr, c.User, c.Passwd, c.DBName = "tcp", s.addr, as.user, as.password, s.schema
	c.InterpolateParams, c.Logger = true, &driver.NopLogger{}
	if s.ca != nil {
		c.TLSConfig = "skip-verify"
	}
	k, err := driver.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(k)
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", s.of, err)
	}
	t.Cleanup(func() { _, _ = conn.Close(), db.Close() })
	return conn
}

// How much of a statement's answer is the same on every machine.
type sameness int

const (
	exactly   sameness = iota // every value
	inForm                    // what values look like
	inColumns                 // names and types
	byMeaning                 // nothing: what is told is each server's own, and read by its meaning
	byName                    // rows are names and values: which names, in which order, and what their values look like
)

// asked says with what arguments each statement of the lists is run, and what must be the same. A statement that is not here fails.
var asked = map[string]struct {
	args []any
	same sameness
}{
	"catalog server":               {nil, inForm},
	"catalog session, MySQL":       {},
	"catalog session, MariaDB":     {},
	"catalog proof, MySQL":         {nil, inForm},
	"catalog proof, MariaDB":       {nil, inForm},
	"catalog version":              {},
	"catalog columns":              {},
	"catalog clock":                {nil, inForm},
	"catalog clients":              {args: []any{int64(1)}},
	"catalog walk":                 {args: []any{int64(41)}},
	"catalog walk, first step":     {args: []any{int64(41)}},
	"catalog tick, up to 8 open":   {args: places(9, 40, 1, 3, 99)},
	"catalog tick, up to 64 open":  {args: places(65, 99, 12, 2)},
	"catalog tick, up to 512 open": {args: places(513, 41, 10, 11)},
	"catalog comments":             {args: []any{int64(2)}},
	"catalog job":                  {args: []any{int64(13)}},
	"catalog log":                  {args: []any{int64(5)}},
	"catalog why":                  {args: []any{int64(3)}},
	"catalog whys":                 {args: places(8, 3, 5, 1)},
	"catalog protected":            {args: places(64, 1, 3, 5, 99)},
	"catalog stored":               {args: places(512, 1, 3, 5, 6, 99)},
	"catalog newest":               {args: []any{int64(41)}},
	"catalog backups":              {args: []any{"backup-a", int64(2), int64(41)}},
	"catalog volumes":              {args: places(64, 1, 3, 5, 99)},
	"catalog volume statuses":      {args: texts(16, "v1")},
	"catalog highest volume":       {},
	"catalog newest volumes":       {args: []any{int64(2)}},
	"catalog space":                {args: []any{int64(1)}},
	"catalog extents":              {args: append(places(64, 1, 3, 5, 99), int64(0))},
	"catalog retentions":           {args: places(8, 1, 2, 3, 7, 200, 999)},
	"catalog files":                {args: places(300, 1, 2, 3)},
	"catalog files, names apart":   {args: places(300, 1, 2, 3)},
	"catalog file sets":            {args: places(64, 1, 2, 99)},
	"catalog grants":               {nil, inForm},

	"catalog tenants, server":               {nil, byMeaning},
	"catalog tenants, rights of one's own":  {nil, byMeaning},
	"catalog tenants, schemas":              {nil, byMeaning},
	"catalog tenants, sessions":             {nil, byMeaning},
	"catalog tenants, views":                {nil, byMeaning},
	"catalog tenants, routines":             {nil, byMeaning},
	"catalog tenants, events":               {nil, byMeaning},
	"catalog tenants, triggers":             {nil, byMeaning},
	"catalog tenants, rights on everything": {nil, byMeaning},
	"catalog tenants, rights on the schema": {nil, byMeaning},
	"catalog tenants, rights on a table":    {nil, byMeaning},
	"catalog figures, limit":                {nil, byMeaning},
	"catalog figures, counters":             {nil, byMeaning},
	"rds read only":                         {},
	"rds read only proof, MySQL":            {},
	"rds read only proof, MariaDB":          {},
	"rds time limit, MySQL":                 {},
	"rds time limit, MariaDB":               {},
	"rds version":                           {nil, inForm},
	"rds variables":                         {nil, byName},
	"rds status":                            {nil, byName},
	"rds GTIDs":                             {nil, inForm},
	"rds accounts":                          {nil, inForm},
	"rds replica status":                    {nil, inForm},
	"rds binary log status":                 {nil, inForm},
	"rds binary log status, before 8.4": {
		nil, inForm},
	"rds applier workers":  {nil, inForm},
	"rds newest job":       {},
	"rds newest log":       {},
	"rds numbers uncached": {},
	"rds logins":           {nil, inForm},
	"rds ciphers of sessions": {
		nil, inColumns}, // which sessions there are is not the server's matter
	"rds next numbers": {nil, inColumns},
}

// places fills a statement's places as the readers do: the first argument again where there is nothing to ask for.
func places(n int, args ...int64) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = args[0]
		if i < len(args) {
			out[i] = args[i]
		}
	}
	return out
}

// texts are places for one text.
func texts(n int, text string) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = text
	}
	return out
}

// statement is one of either list.
type statement struct {
	name, text string
	args       int
}

func statements() []statement {
	var out []statement
	for _, st := range bacula.Statements {
		out = append(out, statement{"catalog " + st.Name, st.Text, st.Args})
	}
	for _, st := range rds.Statements {
		out = append(out, statement{"rds " + st.Name, st.Text, 0})
	}
	return out
}

// tellStatements runs both lists to their ends on one connection.
func tellStatements(t *testing.T, s *sqlServer, a *account) {
	t.Helper()
	conn := s.open(t, s.watcher)
	known := 0
	for _, st := range statements() {
		how, ok := asked[st.name]
		if !ok || len(how.args) != st.args {
			t.Errorf("%q is on the list, and the contract does not run it with %d arguments", st.name, st.args)
			continue
		}
		known++
		if how.same == exactly && s.other {
			how.same = inColumns
		}
		tellAnswer(t, conn, a, st, how.args, how.same)
	}
	if known != len(asked) {
		t.Errorf("the contract runs %d statements, of which %d are on the lists", len(asked), known)
	}
}

func tellAnswer(t *testing.T, conn *sql.Conn, a *account, st statement, args []any, same sameness) {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), st.text, args...)
	if err != nil {
		a.say(number(err), st.name, "error")
		return
	}
	defer rows.Close()
	if same == byMeaning {
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			a.say(number(err), st.name, "error after rows")
		}
		return
	}
	columns, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	if len(columns) == 0 {
		a.say("nothing", st.name, "answer")
	}
	for i, c := range columns {
		null, _ := c.Nullable()
		name, _, _ := strings.Cut(c.Name(), " for ") // SHOW GRANTS names the account
		a.say(
			fmt.Sprintf("%s %s%s", name, c.DatabaseTypeName(), map[bool]string{true: "", false: " NOT NULL"}[null]),
			st.name,
			fmt.Sprint("column ", i+1),
		)
	}
	values, into := make([]sql.RawBytes, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	n, names := 0, []string{}
	for ; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			t.Fatalf("%s: %s: %v", a.of, st.name, err)
		}
		tellRow(a, st.name, n, columns, values, same)
		names = append(names, string(values[0]))
	}
	if err := rows.Err(); err != nil {
		a.say(number(err), st.name, "error after rows")
	}
	switch {
	case same == exactly && len(columns) > 0:
		a.say(fmt.Sprint(n), st.name, "rows")
	case same == byName:
		a.say(strings.Join(names, " "), st.name, "names")
	}
}

func tellRow(a *account, name string, n int, columns []*sql.ColumnType, values []sql.RawBytes, same sameness) {
	switch {
	case same == byName:
		a.say(form(string(values[1])), name, string(values[0]))
	case same == exactly:
		out := make([]string, len(values))
		for i, v := range values {
			if out[i] = "NULL"; v != nil {
				out[i] = shown(string(v))
			}
		}
		a.say(strings.Join(out, " "), name, fmt.Sprint("row ", n+1))
	case same == inForm && n == 0: // the rows are alike
		for i, v := range values {
			says := "NULL"
			if v != nil {
				says = form(string(v))
			}
			c, _, _ := strings.Cut(columns[i].Name(), " for ")
			a.say(says, name, "value of "+c)
		}
	}
}

// number is the error's number, by which the readers know it.
func number(err error) string {
	if n := mysql.Number(err); n != 0 {
		return fmt.Sprint("error ", n)
	}
	return err.Error()
}
