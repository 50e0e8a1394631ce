package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/mysql"
	"switchyard/backend/rds"
	"switchyard/model"
)

// tellCatalog has the catalog's reader read everything of the schema.
func tellCatalog(t *testing.T, s *sqlServer, a *account) {
	t.Helper()
	ctx, cat := t.Context(), s.catalog(t, nil)
	probe, err := cat.Probe(ctx)
	a.say(fmt.Sprintf("version %d, missing %v, read only %v, %s", probe.Version, probe.Missing, probe.ReadOnly, kindOf(err)), "Probe")
	var rows []bacula.Row
	err = cat.Walk(ctx, time.Time{}, 1e6, func(r []bacula.Row) error { rows = append(rows, r...); return nil })
	tellRows(a, "Walk", rows, err)
	rows, err = cat.Tick(ctx, 42, []uint32{3, 8, 41, 42, 99})
	tellRows(a, "Tick", rows, err)
	row, err := cat.Job(ctx, 40, "copy.2024-11-22_13.00.00_12")
	tellRows(a, "Job", []bacula.Row{row}, err)
	_, err = cat.Job(ctx, 40, "copy.2024-11-22_13.00.00_99")
	a.say(kindOf(err), "Job of another name")
	_, err = cat.Job(ctx, 20, "")
	a.say(kindOf(err), "Job of no row")
	n := 0
	err = cat.Comments(ctx, 2, func(tag bacula.Tag) error {
		n++
		a.say(fmt.Sprintf("%d %q %s", tag.ID, tag.Job, shown(tag.Comment)), "Comments", fmt.Sprint(n))
		return nil
	})
	a.say(kindOf(err), "Comments")
	for _, id := range []uint32{1, 2, 3, 4, 5, 42} {
		lines, err := cat.Log(ctx, id)
		a.say(fmt.Sprint(len(lines), " lines, ", kindOf(err)), fmt.Sprint("Log of ", id))
		for i, l := range lines {
			a.say(moment(l.At)+" "+shown(l.Text), fmt.Sprint("Log of ", id), fmt.Sprint("line ", i+1))
		}
		why, err := cat.Why(ctx, id)
		a.say(shown(why)+" "+kindOf(err), fmt.Sprint("Why of ", id))
	}
	protected, err := cat.Protected(ctx, []uint32{1, 3, 5, 99})
	a.say(fmt.Sprint(protected, " ", kindOf(err), " ", errors.Is(err, bacula.ErrNoProtection)), "Protected")
	stored, err := cat.Stored(ctx, []uint32{1, 3, 5, 6, 99})
	a.say(fmt.Sprint(stored, " ", kindOf(err), " ", errors.Is(err, bacula.ErrNoVolumes)), "Stored")
	beyond, err := cat.Grants(ctx)
	a.say(fmt.Sprint(beyond, " ", kindOf(err)), "Grants")
	a.say(cat.Skew().String(), "Skew")
}

func tellRows(a *account, of string, rows []bacula.Row, err error) {
	a.say(fmt.Sprintf("%d rows, %s", len(rows), kindOf(err)), of)
	for i := range rows {
		r := &rows[i]
		a.say(
			fmt.Sprintf(
				"%q %q %s %q %v of client %d %q; due %s start %s end %s real %s tdate %s; %d files %d bytes %d errors after %d; skew %v; %v",
				r.Job,
				r.Name,
				string(rune(r.Type)),
				rune(r.Level),
				r.Status,
				r.ClientID,
				r.Client,
				moment(r.Sched),
				moment(r.Start),
				moment(r.End),
				moment(r.RealEnd),
				moment(r.TDate),
				r.Files,
				r.Bytes,
				r.Errors,
				r.PriorID,
				r.Skew,
				r.Outcome(),
			),
			of,
			fmt.Sprint(r.ID),
		)
	}
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateTime)
}

// tellServer has the reader of an RDS instance's server look at it.
func tellServer(t *testing.T, s *sqlServer, a *account) {
	t.Helper()
	o := s.options()
	server := rds.NewServer(o)
	t.Cleanup(func() { _ = server.Close() })
	_ = s.open(t, s.writer) // the Director's only connection
	first, err := server.Look(t.Context())
	a.say(kindOf(err), "Look")
	look := first
	again := time.NewTicker(120 * time.Millisecond) // it makes no rate of looks that are closer
	defer again.Stop()
	for range 50 {
		if look.QPS >= 0 {
			break
		}
		<-again.C
		if look, err = server.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, v := range look.Variables {
		names = append(names, v.Name)
	}
	mine := slices.ContainsFunc(look.Accounts, func(c model.Account) bool { return c.User == s.watcher.user && c.Connections > 0 })
	cipher, _, _ := strings.Cut(look.TLS, " TLS_")
	for _, f := range []fact{
		{"version", form(look.Version)}, {"UUID", form(look.UUID)}, {"read only", fmt.Sprint(look.ReadOnly)}, {"GTID mode", look.GTIDMode},
		{"has executed", fmt.Sprint(!look.GTIDs.Empty())},
		{"binary log", fmt.Sprint(look.BinlogFile != "", look.BinlogPos > 0)}, {"all connections", fmt.Sprint(look.Connections >= 2)},
		{"most connections", fmt.Sprint(look.MaxConnections > 0)},
		{"Director's connections", fmt.Sprint(look.Director)}, {"running", fmt.Sprint(look.Running > 0)}, {"my own account", fmt.Sprint(mine)},
		{"queries a second", fmt.Sprint(first.QPS < 0, look.QPS > 0)}, {"up", fmt.Sprint(look.Uptime > 0)}, {"newest row", moment(look.Newest)},
		{"cipher", cipher},
		{"variables", strings.Join(names, " ")},
	} {
		a.say(f.says, "Look", f.key)
	}
	if r := look.Replication; r != nil {
		host, port, err := net.SplitHostPort(r.Source)
		behind, known := r.Lag.Behind()
		a.say(
			fmt.Sprintf(
				"%s %s, lag known %v and small %v, delay %v, errors %q %q, source %s %s %v, UUID %s",
				r.IO,
				r.SQL,
				known,
				behind < time.Minute,
				r.Delay,
				r.IOError,
				r.SQLError,
				host,
				form(port),
				err,
				form(r.SourceUUID),
			),
			"Look",
			"replication",
		)
		a.say(
			fmt.Sprintf(
				"retrieved %v, executed to %v %v, read to %v %v, channel %q",
				!r.Retrieved.Empty(),
				r.File != "",
				r.Pos > 0,
				r.ReadFile != "",
				r.ReadPos > 0,
				r.Channel,
			),
			"Look",
			"replication's place",
		)
	}
}

func (s *sqlServer) options() rds.ServerOptions {
	o := rds.ServerOptions{
		Address:  s.addr,
		User:     s.watcher.user,
		Password: word(s.watcher.password),
		Database: s.schema,
		Director: s.writer.user,
		Zone:     berlinZone,
	}
	if s.ca != nil {
		o.TLS = &mysql.TLS{CA: s.ca, ServerName: "localhost"}
	}
	return o
}

// tellLogins is what either reader makes of a login that fails.
func tellLogins(t *testing.T, s *sqlServer, a *account) {
	t.Helper()
	for _, c := range []struct {
		says    string
		catalog func(*bacula.CatalogConfig)
		server  func(*rds.ServerOptions)
	}{
		{"wrong password", func(c *bacula.CatalogConfig) { c.Password = word("no") }, func(o *rds.ServerOptions) { o.Password = word("no") }},
		{"no password", func(c *bacula.CatalogConfig) { c.Password = nil }, func(o *rds.ServerOptions) { o.Password = nil }},
		{"unknown account", func(c *bacula.CatalogConfig) { c.User = "nobody" }, func(o *rds.ServerOptions) { o.User = "nobody" }},
		{"a schema that is not there", func(c *bacula.CatalogConfig) { c.Database = "nowhere" },
			func(o *rds.ServerOptions) { o.Database = "nowhere" }},
		{"without TLS", func(c *bacula.CatalogConfig) { c.TLS = nil }, func(o *rds.ServerOptions) { o.TLS = nil }},
		{"with TLS", func(c *bacula.CatalogConfig) { c.TLS = &mysql.TLS{CA: s.ca, ServerName: "localhost"} }, func(o *rds.ServerOptions) {
			if o.TLS == nil {
				o.TLS = &mysql.TLS{}
			}
		}},
		{"another authority", func(c *bacula.CatalogConfig) {
			if s.ca != nil {
				c.TLS = &mysql.TLS{ServerName: "localhost"}
			}
		}, func(o *rds.ServerOptions) {
			if s.ca != nil {
				o.TLS = &mysql.TLS{ServerName: "localhost"}
			}
		}},
		{"nobody listens", func(c *bacula.CatalogConfig) { c.Hosts = []string{deaf(t)} }, func(o *rds.ServerOptions) { o.Address = deaf(t) }},
	} {
		_, err := s.catalog(t, c.catalog).Probe(t.Context())
		a.say(kindOf(err)+code(err), "login", c.says, "catalog")
		o := s.options()
		c.server(&o)
		server := rds.NewServer(o)
		_, err = server.Look(t.Context())
		_ = server.Close()
		a.say(kindOf(err)+code(err), "login", c.says, "server")
	}
}

// code is the number that a reader's words end with.
func code(err error) string {
	if err == nil {
		return ""
	}
	_, n, found := strings.Cut(err.Error(), "(error ")
	if !found {
		return ""
	}
	return ", error " + strings.TrimSuffix(n, ")")
}

// deaf is an address where nobody listens.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// tellRefusals is what statements meet that may not be, on a session of their own.
func tellRefusals(t *testing.T, s *sqlServer, a *account) {
	t.Helper()
	const write = "INSERT INTO Client (ClientId, Name, Uname) VALUES (9999, 'x', 'x')"
	limit := "SET SESSION max_execution_time = 50"
	if !s.mysql {
		limit = "SET SESSION max_statement_time = 0.05"
	}
	for _, c := range []struct {
		says       string
		as         login
		statements []string
	}{
		{"unknown column", s.watcher, []string{"SELECT Absent FROM Job"}},
		{"unknown column of a condition", s.watcher, []string{"SELECT JobId FROM Job WHERE Absent = 1"}},
		{"unknown table", s.watcher, []string{"SELECT JobId FROM Absent"}},
		{"unknown variable", s.watcher, []string{"SELECT @@global.absent"}},
		{"no statement", s.watcher, []string{"SELEC 1"}},
		{"empty statement", s.watcher, []string{""}},
		{"watcher writes", s.watcher, []string{write}},
		{"watcher writes in a read-only session", s.watcher, []string{"SET SESSION TRANSACTION READ ONLY", write}},
		{"watcher sets a global variable", s.watcher, []string{"SET GLOBAL read_only = OFF"}},
		{"writer writes in a read-only session", s.writer, []string{"SET SESSION TRANSACTION READ ONLY", write}},
		{"writer writes", s.writer, []string{write}},
		{"writer deletes", s.writer, []string{"DELETE FROM Client WHERE ClientId = 9999"}},
		{"replica status by the old words", s.watcher, []string{"SHOW SLAVE STATUS"}},
		{"overdue", s.watcher, []string{limit, s.endless}},
	} {
		conn := s.open(t, c.as)
		if s.slow != nil {
			s.slow(c.says == "overdue")
		}
		says := "no error"
		for i, st := range c.statements {
			if _, err := conn.ExecContext(t.Context(), st); err != nil {
				says = fmt.Sprintf("%s by statement %d", number(err), i+1)
				break
			}
		}
		a.say(says, "refused", c.says)
	}
}

// filled waits until the last row has arrived; a replica is a little late.
func (s *sqlServer) filled(t *testing.T) {
	t.Helper()
	cat, again := s.catalog(t, nil), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for range 500 {
		if lines, err := cat.Log(t.Context(), 2); err == nil && len(lines) > 0 {
			return
		}
		<-again.C
	}
	t.Fatalf("%s: the rows never came", s.of)
}

// told is the whole account of a server.
func (s *sqlServer) told(t *testing.T) *account {
	t.Helper()
	a := &account{of: s.of}
	s.filled(t)
	tellStatements(t, s, a)
	tellCatalog(t, s, a)
	tellServer(t, s, a)
	tellLogins(t, s, a)
	tellRefusals(t, s, a)
	return a
}
