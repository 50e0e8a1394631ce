package schema

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// What is asked of schemas, by plain names.
const (
	asksThere  = "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME IN ('%s', '%s')"
	asksInside = "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('%s', '%s') ORDER " +
		"BY TABLE_NAME"
	asksReplica = "SHOW REPLICA STATUS"
	asksClosed  = "SELECT @@global.read_only"
	asksSlaves  = "SHOW ALL SLAVES STATUS" // of MariaDB
)

// Pair is a schema and the one that holds its tables, as they stand.
type Pair struct {
	There, HoldingThere bool
	Tables, Held        []string
	Others              []string // what neither a rename moves nor a drop of tables takes
}

// Pair looks at both.
func (s *Schema) Pair(ctx context.Context, holding string) (p Pair, err error) {
	err = s.Session(ctx, func(conn *sql.Conn) error {
		p, err = s.PairOf(ctx, conn, holding)
		return err
	})
	return p, err
}

// PairOf looks in a session.
func (s *Schema) PairOf(ctx context.Context, conn *sql.Conn, holding string) (p Pair, err error) {
	if !plainName().MatchString(holding) {
		return p, fmt.Errorf("the schema %.40q: %w", model.Clean(holding), ErrName)
	}
	err = rows(ctx, conn, fmt.Sprintf(asksThere, s.Name, holding), 1, func(r []string) {
		p.There, p.HoldingThere = p.There || r[0] == s.Name, p.HoldingThere || r[0] == holding
	})
	if err == nil {
		err = rows(ctx, conn, fmt.Sprintf(asksInside, s.Name, holding), 3, func(r []string) {
			switch base := strings.EqualFold(r[2], "BASE TABLE"); {
			case base && r[0] == s.Name:
				p.Tables = append(p.Tables, r[1])
			case base && r[0] == holding:
				p.Held = append(p.Held, r[1])
			default:
				p.Others = append(p.Others, model.Clean(fmt.Sprintf("the %s %s.%s", strings.ToLower(r[2]), r[0], r[1])))
			}
		})
	}
	for _, of := range []struct{ what, asks string }{{"routine", asksRoutines}, {"event", asksEvents}, {"trigger", asksTriggers}} {
		if err == nil {
			err = rows(ctx, conn, of.asks, 3, func(r []string) {
				if r[0] == s.Name || r[0] == holding {
					p.Others = append(p.Others, model.Clean(fmt.Sprintf("the %s %s.%s", of.what, r[0], r[1])))
				}
			})
		}
	}
	if err != nil {
		return p, mysql.FaultOf(fmt.Sprintf("asking what %s and %s hold", s.Name, holding), err)
	}
	return p, nil
}

// Differs says why both together do not hold exactly these tables, each once; empty: they do.
func (p *Pair) Differs(tables []string) string {
	var lacks []string
	for _, t := range tables {
		if n := b2i(slices.Contains(p.Tables, t)) + b2i(slices.Contains(p.Held, t)); n != 1 {
			lacks = append(lacks, fmt.Sprintf("the table %s is there %d times", t, n))
		}
	}
	for _, t := range append(slices.Clone(p.Tables), p.Held...) {
		if !slices.Contains(tables, t) {
			lacks = append(lacks, "the table "+t+" was not archived and compared")
		}
	}
	return model.Few(append(lacks, p.Others...), 4)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Lag is how far the server is behind those that it replicates from: the worst of its channels. Replicates is false where it does from
// nobody.
func (s *Schema) Lag(ctx context.Context) (lag model.Lag, replicates bool, err error) {
	err = s.Session(ctx, func(conn *sql.Conn) error {
		lag, replicates, err = s.lagOf(ctx, conn)
		return err
	})
	if err != nil {
		return lag, false, mysql.FaultOf("asking "+s.Login.Address+" how far it is behind", err)
	}
	return lag, replicates, nil
}

func (s *Schema) lagOf(ctx context.Context, conn *sql.Conn) (lag model.Lag, replicates bool, err error) {
	l := &look{Schema: s, ctx: ctx, conn: conn}
	asks := asksReplica
	if err := l.rows(asksServer, 3, func(r []string) { l.mariaDB = strings.Contains(strings.ToLower(r[1]), "mariadb") }); err != nil {
		return lag, false, err
	}
	if l.mariaDB {
		asks = asksSlaves
	}
	err = mysql.Ask(ctx, conn, asks, nil, func(r *sql.Rows) error {
		of, err := channel(r)
		if worse := !replicates || lag.State() == model.LagKnown && (of.State() != model.LagKnown || behind(of) > behind(lag)); worse {
			lag = of
		}
		replicates = true
		return err
	})
	return lag, replicates, err
}

// Replica says that the server is another one's replica, which takes no writes but this login's: whatever is changed there is changed there
// alone, and its source goes on. Empty: it is none.
func (s *Schema) Replica(ctx context.Context, conn *sql.Conn) (string, error) {
	closed := false
	err := rows(ctx, conn, asksClosed, 1, func(r []string) { closed = r[0] != "0" && !strings.EqualFold(r[0], "OFF") })
	if err != nil || !closed { // two servers that replicate from each other are no replicas
		return "", mysql.FaultOf("asking whether it is read-only", err)
	}
	switch _, replicates, err := s.lagOf(ctx, conn); {
	case err != nil:
		return "", mysql.FaultOf("asking whether it replicates from another one", err)
	case replicates:
		return s.Login.Address + " replicates from another one and is read-only: its source is what is left", nil
	}
	return "", nil
}

func behind(l model.Lag) time.Duration {
	d, _ := l.Behind()
	return d
}

// channel reads a row, in MySQL's words or MariaDB's.
func channel(r *sql.Rows) (model.Lag, error) {
	names, err := r.Columns()
	if err != nil {
		return model.Lag{}, err
	}
	held, to, is := make([]sql.NullString, len(names)), make([]any, len(names)), map[string]string{}
	for i := range held {
		to[i] = &held[i]
	}
	if err := r.Scan(to...); err != nil {
		return model.Lag{}, err
	}
	for i, name := range names {
		name = strings.NewReplacer("Replica_", "", "Slave_", "", "_Source", "", "_Master", "").Replace(name)
		is[name] = held[i].String
	}
	n, err := strconv.ParseUint(is["Seconds_Behind"], 10, 31)
	switch {
	case is["IO_Running"] != "Yes" || is["SQL_Running"] != "Yes":
		return model.BrokenLag(fmt.Sprintf("its threads stand: IO %s, SQL %s", is["IO_Running"], is["SQL_Running"])), nil
	case err != nil:
		return model.UnknownLag("it does not tell it"), nil
	}
	return model.KnownLag(time.Duration(n) * time.Second), nil
}
