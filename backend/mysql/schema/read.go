package schema

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Content is how many rows a table holds, and a sum of them by which two tables can be told apart, wherever each of them is: it is made of
// the rows as they are read, in whatever order, and not by the server.
type Content struct {
	Table string
	Rows  uint64
	Sum   string // in hex
}

const (
	asksBase = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '%s' AND TABLE_TYPE = 'BASE TABLE' ORDER BY TABLE_NAME"
	setsZone = "SET time_zone = '+00:00'"
	readsAll = "SELECT * FROM `%s`.`%s`"
)

// Contents reads every table of the schema.
func (s *Schema) Contents(ctx context.Context) (out []Content, err error) {
	err = s.Session(ctx, func(conn *sql.Conn) error {
		var tables []string
		if err := rows(ctx, conn, fmt.Sprintf(asksBase, s.Name), 1, func(r []string) { tables = append(tables, r[0]) }); err != nil {
			return mysql.FaultOf("asking which tables "+s.Name+" has", err)
		}
		if _, err := conn.ExecContext(ctx, setsZone); err != nil {
			return mysql.FaultOf("setting the time zone", err)
		}
		for _, t := range tables {
			c, err := s.content(ctx, conn, t)
			if err != nil {
				return mysql.FaultOf("reading "+model.Clean(t), err)
			}
			out = append(out, c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s on %s: %w", model.Clean(s.Name), s.Login.Address, err)
	}
	return out, nil
}

func (s *Schema) content(ctx context.Context, conn *sql.Conn, table string) (c Content, err error) {
	c.Table = table
	all, err := conn.QueryContext(ctx, fmt.Sprintf(readsAll, s.Name, strings.ReplaceAll(table, "`", "``")))
	if err != nil {
		return c, err
	}
	defer all.Close()
	names, err := all.Columns()
	if err != nil {
		return c, err
	}
	var sum [sha256.Size / 8]uint64
	held, to := make([]sql.RawBytes, len(names)), make([]any, len(names))
	for i := range held {
		to[i] = &held[i]
	}
	for all.Next() {
		if err := all.Scan(to...); err != nil {
			return c, err
		}
		c.Rows++
		add(&sum, held)
	}
	add(&sum, of(names))
	whole := make([]byte, 0, sha256.Size)
	for _, n := range sum {
		whole = binary.BigEndian.AppendUint64(whole, n)
	}
	c.Sum = hex.EncodeToString(whole)
	return c, all.Err()
}

func of(names []string) (out []sql.RawBytes) {
	for _, n := range names {
		out = append(out, sql.RawBytes(n))
	}
	return out
}

// add adds a row to a sum: a value that is NULL is none that is empty.
func add(sum *[sha256.Size / 8]uint64, row []sql.RawBytes) {
	h := sha256.New()
	for _, v := range row {
		n := int64(len(v))
		if v == nil {
			n = -1
		}
		_ = binary.Write(h, binary.BigEndian, n)
		h.Write(v)
	}
	one := h.Sum(nil)
	for i := range sum {
		sum[i] += binary.BigEndian.Uint64(one[8*i:])
	}
}

// What tells a server from another one, whatever it is reached by. Servers of MariaDB have no UUID.
const (
	asksWhich = "SELECT @@hostname, @@port"
	asksUUID  = "SHOW GLOBAL VARIABLES LIKE 'server_uuid'"
)

// Another fails unless the other one's server is surely not this one's.
func (s *Schema) Another(ctx context.Context, other *Schema) error {
	a, err := s.which(ctx)
	if err != nil {
		return err
	}
	b, err := other.which(ctx)
	switch {
	case err != nil:
		return err
	case a.host == "" || b.host == "" || a.port == "" || b.port == "":
		return fmt.Errorf("nobody can tell whether %s and %s are one server", s.Login.Address, other.Login.Address)
	case a.host == b.host && a.port == b.port, a.uuid != "" && a.uuid == b.uuid:
		return fmt.Errorf("%s and %s are one server: %s, port %s", s.Login.Address, other.Login.Address, model.Clean(a.host), model.Clean(a.port))
	}
	return nil
}

type which struct{ host, port, uuid string }

func (s *Schema) which(ctx context.Context) (w which, err error) {
	err = s.Session(ctx, func(conn *sql.Conn) error {
		if err := rows(ctx, conn, asksWhich, 2, func(r []string) { w.host, w.port = strings.ToLower(r[0]), r[1] }); err != nil {
			return mysql.FaultOf("asking which server it is", err)
		}
		if err := rows(ctx, conn, asksUUID, 2, func(r []string) { w.uuid = strings.ToLower(r[1]) }); err != nil {
			return mysql.FaultOf("asking for its UUID", err)
		}
		return nil
	})
	return w, err
}
