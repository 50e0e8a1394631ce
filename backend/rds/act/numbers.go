package act

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Numberer lets a catalog give nothing a second time, with a login that does nothing else: it raises what the tables number their rows by,
// and makes rows of volumes.
type Numberer struct {
	Login mysql.Login
	Limit time.Duration // of all of it; 30 s when zero
}

// duplicate is the error of a server that has a row of that name already (MySQL and MariaDB: ER_DUP_ENTRY).
const duplicate = 1062

// Raise raises each table's number, and then makes the rows of volumes that are kept. Where none of them is new, and so has a number above
// the others, it makes the row of place; nil: none is needed. A server gives no number that is lower than what a table holds, and takes no
// name of a volume twice, so that all of it may be repeated.
func (n *Numberer) Raise(ctx context.Context, to []model.NextID, keep []model.KeptVolume, place *model.KeptVolume) error {
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
	say := func(statement string) error {
		_, err := conn.(driver.ExecerContext).ExecContext(ctx, statement, nil)
		return err
	}
	for _, t := range to {
		if err := say(Raises(t)); err != nil {
			return mysql.FaultOf("raise the numbers of "+t.Table, err)
		}
	}
	made := false
	insert := func(v model.KeptVolume) error {
		err := say(v.Insert())
		made = made || err == nil
		if mysql.Number(err) == duplicate {
			return nil
		}
		return mysql.FaultOf("make the row of volume "+model.Clean(v.Name), err)
	}
	for _, v := range keep {
		if err := insert(v); err != nil {
			return err
		}
	}
	if made || place == nil {
		return nil
	}
	return insert(*place)
}

// Raises is the statement of one table.
func Raises(t model.NextID) string {
	return fmt.Sprintf("ALTER TABLE %s AUTO_INCREMENT = %d", t.Table, t.Next)
}
