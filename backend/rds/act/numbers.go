package act

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Numberer raises what the tables of a catalog number their rows by, with a login that does nothing else.
type Numberer struct {
	Login mysql.Login
	Limit time.Duration // of all of it; 30 s when zero
}

// Raise raises each table's number. A server gives none that is lower than what a table holds, so that it may be repeated.
func (n *Numberer) Raise(ctx context.Context, to []model.NextID) error {
	limit := n.Limit
	if limit == 0 {
		limit = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, t := range to {
		if !model.IsNumbered(t.Table) {
			return fmt.Errorf("raising numbers: %w: %s is no table that Bacula numbers", model.ErrNotDone, model.Clean(t.Table))
		}
	}
	conn, err := n.Login.Dial(ctx)
	if err != nil {
		return fmt.Errorf("raising numbers: %w: %w", model.ErrNotDone, mysql.FaultOf("connect to "+n.Login.Address, err))
	}
	defer conn.Close()
	for _, t := range to {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, Raises(t), nil); err != nil {
			return mysql.FaultOf("raise the numbers of "+t.Table, err)
		}
	}
	return nil
}

// Raises is the statement of one table.
func Raises(t model.NextID) string {
	return fmt.Sprintf("ALTER TABLE %s AUTO_INCREMENT = %d", t.Table, t.Next)
}
