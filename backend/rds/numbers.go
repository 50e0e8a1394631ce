package rds

import (
	"context"
	"database/sql"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// MySQL tells next numbers from a cache that may be a day old, unless the session wants none.
var (
	stUncached = Statement{"numbers uncached", "SET SESSION information_schema_stats_expiry = 0"}
	stNumbers  = Statement{"next numbers", "SELECT TABLE_NAME, AUTO_INCREMENT FROM information_schema.TABLES " +
		"WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME"}
)

// Numbers are what the tables of the server's catalog number their next rows by. Tables that it has not are left out; one that never had a
// row begins with 1.
func (s *Server) Numbers(ctx context.Context) ([]model.NextID, error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, mysql.FaultOf("connect to "+s.o.Address, err)
	}
	defer conn.Close()
	err = mysql.Ask(ctx, conn, stUncached.Text, nil, func(*sql.Rows) error { return nil })
	var out []model.NextID
	if err == nil {
		err = mysql.Ask(ctx, conn, stNumbers.Text, nil, func(rows *sql.Rows) error {
			var name string
			var next sql.NullInt64
			err := rows.Scan(&name, &next)
			if err == nil && model.IsNumbered(name) {
				out = append(out, model.NextID{Table: name, Next: uint64(max(1, next.Int64))})
			}
			return err
		})
	}
	switch {
	case err != nil:
		return nil, mysql.FaultOf("ask "+s.o.Address+" for its next numbers", err)
	case len(out) == 0:
		return nil, fault(model.ErrAnswer, "there is no catalog on %s", s.o.Address)
	}
	return out, nil
}
