package rds

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Server looks at one MySQL server over one connection of its own. It remembers the counters of its last look and a quarter
// of an hour of what it saw.
type Server struct {
	hosts *connector
	db    *sql.DB
	o     ServerOptions

	mu      sync.Mutex
	last    counters
	queries recent
	behind  recent
	logins  logins
	sealed  sealed
	dated   dated
}

// counters are what rates are made of.
type counters struct {
	at        time.Time
	queries   uint64
	uptime    time.Duration
	restarted time.Time
}

// NewServer does not connect yet: Look does.
func NewServer(o ServerOptions) *Server {
	if o.Zone == nil {
		o.Zone = time.Local
	}
	k := newConnector(&o)
	db := sql.OpenDB(k)
	db.SetMaxOpenConns(1)
	db.SetConnMaxLifetime(5 * time.Minute) // so that TLS and the account are proven anew now and then
	return &Server{hosts: k, db: db, o: o}
}

// Close ends the connection.
func (s *Server) Close() error { return s.db.Close() }

// Look asks the server everything, in eleven statements at most. What the account may not ask is left out and said where it matters; any
// other failure is the look's failure.
func (s *Server) Look(ctx context.Context) (model.Server, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return model.Server{}, mysql.FaultOf("connect to "+s.o.Address, err)
	}
	defer conn.Close()
	out, err := s.look(ctx, conn)
	if err != nil {
		return model.Server{}, mysql.FaultOf("ask "+s.o.Address, err)
	}
	return out, nil
}

func (s *Server) look(ctx context.Context, conn *sql.Conn) (model.Server, error) {
	var out model.Server
	vars, err := pairs(ctx, conn, stVariables)
	if err != nil {
		return out, err
	}
	out.Version, out.UUID, out.GTIDMode = vars["version"], vars["server_uuid"], vars["gtid_mode"]
	out.ReadOnly = mysql.On(vars["read_only"]) || mysql.On(vars["innodb_read_only"])
	out.MaxConnections, _ = strconv.Atoi(vars["max_connections"])
	for _, name := range model.ParityVariables {
		if v, ok := vars[name]; ok {
			out.Variables = append(out.Variables, model.Parameter{Name: name, Value: v})
		}
	}
	status, err := pairs(ctx, conn, stStatus)
	if err != nil {
		return out, err
	}
	now := model.Now()
	out.Connections, _ = strconv.Atoi(status["Threads_connected"])
	out.Running, _ = strconv.Atoi(status["Threads_running"])
	up, _ := strconv.ParseInt(status["Uptime"], 10, 64)
	out.Uptime = time.Duration(up) * time.Second
	asked, _ := strconv.ParseUint(status["Queries"], 10, 64)
	if err := s.gtids(ctx, conn, &out); err != nil {
		return out, err
	}
	if err := s.accounts(ctx, conn, &out); err != nil {
		return out, err
	}
	if err := s.whoMay(ctx, conn, &out, now); err != nil {
		return out, err
	}
	if err := s.seals(ctx, conn, &out, now); err != nil {
		return out, err
	}
	channels, err := s.replication(ctx, conn)
	if err != nil {
		return out, err
	}
	out.Replication = model.WorstStream(channels)
	if len(channels) > 1 {
		out.Channels = channels
	}
	if s.o.Database != "" {
		if err := s.date(ctx, conn, &out, now); err != nil {
			return out, err
		}
	}
	out.TLS = s.hosts.cipher()
	s.remember(&out, asked, now)
	return out, nil
}

// gtids asks for the GTID set, and for the place in the binary log where that set cannot tell.
func (s *Server) gtids(ctx context.Context, conn *sql.Conn, out *model.Server) error {
	if out.GTIDMode != "" {
		set, err := column(ctx, conn, stGTIDs)
		if err != nil {
			return err
		}
		if out.GTIDs, err = model.ParseGTIDs(strings.Join(set, "")); err != nil {
			return fault(model.ErrAnswer, "%v", err)
		}
	}
	if out.GTIDMode == "ON" && !out.GTIDs.Empty() {
		return nil
	}
	rows, err := maps(ctx, conn, stBinlog)
	if mysql.Number(err) == 1064 {
		rows, err = maps(ctx, conn, stBinlogOld)
	}
	if mysql.Denied(err) || len(rows) == 0 && err == nil {
		return nil
	}
	if err != nil {
		return err
	}
	out.BinlogFile = rows[0].pick("File")
	out.BinlogPos, _ = strconv.ParseUint(rows[0].pick("Position"), 10, 64)
	return nil
}

// accounts counts connections by account. Who lacks PROCESS sees only its own, which must not look like nobody being there. One that ended
// between the two counts makes that look so, too: then both are taken once more.
func (s *Server) accounts(ctx context.Context, conn *sql.Conn, out *model.Server) error {
	out.Director = -1
	all, seen, err := counted(ctx, conn)
	if err != nil {
		return err
	}
	own := func() bool { return len(all) == 1 && all[0].User == s.o.User && out.Connections > seen }
	if own() {
		status, err := pairs(ctx, conn, stStatus)
		if err != nil {
			return err
		}
		out.Connections, _ = strconv.Atoi(status["Threads_connected"])
		if all, seen, err = counted(ctx, conn); err != nil {
			return err
		}
	}
	if own() {
		return nil
	}
	out.Accounts = all
	if s.o.Director != "" {
		out.Director = 0
		for _, a := range all {
			if a.User == s.o.Director || a.User == s.o.Next {
				out.Director += a.Connections
			}
		}
	}
	return nil
}

// counted are the accounts that have connections, and how many of those are seen at all, the server's own threads apart.
func counted(ctx context.Context, conn *sql.Conn) (all []model.Account, seen int, err error) {
	all = []model.Account{}
	err = mysql.Ask(ctx, conn, stAccounts.Text, nil, func(rows *sql.Rows) error {
		var user sql.NullString
		var n int
		if err := rows.Scan(&user, &n); err != nil {
			return err
		}
		if user.String == "system user" || user.String == "event_scheduler" { // the server's own threads
			return nil
		}
		seen += n
		if user.String == "unauthenticated user" { // one that is about to log in
			return nil
		}
		all = append(all, model.Account{User: model.Literal(user.String), Connections: n})
		return nil
	})
	return all, seen, err
}

// dated is the newest row of a server while its GTID set was one.
type dated struct {
	at     time.Time
	uuid   string
	set    model.GTIDSet
	newest time.Time
}

// datedFor is how long a newest row is believed while the GTID set says that nothing was written. A row that is due in a moment becomes the
// newest without being written.
const datedFor = 15 * time.Second

// date tells the newest row. A server whose GTID set is what it was has written none since it was asked; without GTIDs it is asked each
// time.
func (s *Server) date(ctx context.Context, conn *sql.Conn, out *model.Server, now time.Time) (err error) {
	s.mu.Lock()
	last := s.dated
	s.mu.Unlock()
	tells := out.GTIDMode == "ON" && !out.GTIDs.Empty()
	if age := now.Sub(last.at); tells && last.uuid == out.UUID && last.set.Equal(out.GTIDs) && age >= 0 && age < datedFor {
		out.Newest = last.newest
		return nil
	}
	if out.Newest, err = s.newest(ctx, conn, now); err != nil {
		return err
	}
	s.mu.Lock()
	s.dated = dated{at: now, uuid: out.UUID, set: out.GTIDs, newest: out.Newest}
	s.mu.Unlock()
	return nil
}

// newest is the Director's clock on the newest row that Bacula wrote. Jobs that were started for later are due in the future and tell
// nothing.
func (s *Server) newest(ctx context.Context, conn *sql.Conn, now time.Time) (time.Time, error) {
	var newest time.Time
	take := func(t time.Time) {
		if t.After(newest) && t.Before(now.Add(time.Minute)) {
			newest = t
		}
	}
	jobs, err := column(ctx, conn, stNewestJob)
	if err == nil {
		for _, j := range jobs {
			if n, err := strconv.ParseInt(j, 10, 64); err == nil {
				take(time.Unix(n, 0))
			}
		}
		jobs, err = column(ctx, conn, stNewestLog)
	}
	for _, l := range jobs {
		if t, err := time.ParseInLocation(time.DateTime, l, s.o.Zone); err == nil {
			take(t)
		}
	}
	if n := mysql.Number(err); mysql.Denied(err) || n == 1146 || n == 1049 { // no such table: there is no catalog here yet
		return newest, nil
	}
	return newest, err
}

// remember turns counters into rates, notices restarts, and adds to what was seen.
func (s *Server) remember(out *model.Server, queries uint64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.last
	s.last = counters{at: now, queries: queries, uptime: out.Uptime, restarted: last.restarted}
	out.QPS = -1
	passed := now.Sub(last.at)
	switch {
	case last.at.IsZero():
	case out.Uptime+2*time.Second < last.uptime+passed: // it is younger than it should be
		s.last.restarted = now.Add(-out.Uptime)
	case queries >= last.queries && passed >= 100*time.Millisecond:
		out.QPS = float64(queries-last.queries) / passed.Seconds()
		s.queries.add(now, out.QPS, mean)
	}
	out.Restarted = s.last.restarted
	if out.Replication != nil {
		if behind, ok := out.Replication.Lag.Behind(); ok {
			s.behind.add(now, behind.Seconds(), worst)
		}
	}
	out.Queries, out.Behind = s.queries.series(), s.behind.series()
}

// row is one row by column name.
type row map[string]sql.NullString

// pick is the value of the first of the columns that is there; engines and versions name them differently.
func (r row) pick(names ...string) string {
	for _, n := range names {
		if v, ok := r[n]; ok {
			return model.Clean(v.String)
		}
	}
	return ""
}

// has tells whether one of the columns is there.
func (r row) has(names ...string) bool {
	return slices.ContainsFunc(names, func(n string) bool { _, ok := r[n]; return ok })
}

// null tells whether all columns of these names that are there are NULL.
func (r row) null(names ...string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return r[n].Valid })
}

func maps(ctx context.Context, conn *sql.Conn, st Statement) ([]row, error) {
	var out []row
	err := mysql.Ask(ctx, conn, st.Text, nil, func(rows *sql.Rows) error {
		names, err := rows.Columns()
		if err != nil {
			return err
		}
		values, into := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r := row{}
		for i, n := range names {
			r[n] = values[i]
		}
		out = append(out, r)
		return nil
	})
	return out, err
}

// pairs reads a statement that answers with names and values.
func pairs(ctx context.Context, conn *sql.Conn, st Statement) (map[string]string, error) {
	out := map[string]string{}
	err := mysql.Ask(ctx, conn, st.Text, nil, func(rows *sql.Rows) error {
		var name, value sql.NullString
		if err := rows.Scan(&name, &value); err != nil {
			return err
		}
		out[model.Clean(name.String)] = model.Clean(value.String)
		return nil
	})
	return out, err
}

func column(ctx context.Context, conn *sql.Conn, st Statement) ([]string, error) {
	var out []string
	err := mysql.Ask(ctx, conn, st.Text, nil, func(rows *sql.Rows) error {
		var v sql.NullString
		err := rows.Scan(&v)
		out = append(out, v.String)
		return err
	})
	return out, err
}

// recent is a quarter of an hour of one figure, in steps of 10 s.
type recent struct {
	points model.Series
	taken  int // looks in the newest point
}

const (
	recentStep = 10 * time.Second
	recentKept = 90
)

func mean(old, v float64, n int) float64  { return old + (v-old)/float64(n) }
func worst(old, v float64, _ int) float64 { return max(old, v) }

func (r *recent) add(at time.Time, v float64, merge func(old, v float64, n int) float64) {
	step := at.Truncate(recentStep)
	if p, ok := r.points.Last(); ok && p.At.Equal(step) {
		r.taken++
		r.points[len(r.points)-1].Value = merge(p.Value, v, r.taken)
		return
	}
	r.taken = 1
	r.points = append(r.points, model.Point{At: step, Value: v})
	oldest := step.Add(-recentKept * recentStep)
	r.points = slices.DeleteFunc(r.points, func(p model.Point) bool { return !p.At.After(oldest) })
}

func (r *recent) series() model.Series { return slices.Clone(r.points) }
