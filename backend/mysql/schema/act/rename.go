package act

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
	"switchyard/model"
)

// What a rename and a drop tell a server. Schemas' names are plain, and tables' are quoted.
const (
	waitsShort = "SET SESSION lock_wait_timeout = 5" // seconds, of a lock on a table: less than the driver waits for an answer
	makes      = "CREATE DATABASE `%s`"
	moves      = "RENAME TABLE %s"
	move       = "`%s`.%s TO `%s`.%s"
	drops      = "DROP TABLE `%s`.%s"
	unmakes    = "DROP DATABASE `%s`"
)

// ErrHolding is a schema that is there and holds what nobody renamed into it.
var ErrHolding = errors.New("the schema that would hold them is there already")

// Rename moves the tables of the schema into one that holds them, which it makes: these, all of them, and no other, in one statement.
func (s *Schema) Rename(ctx context.Context, holding string, tables []string) error {
	return s.moves(ctx, holding, tables, false)
}

// RenameBack moves them back, and drops the schema that held them once it is empty.
func (s *Schema) RenameBack(ctx context.Context, holding string, tables []string) error {
	return s.moves(ctx, holding, tables, true)
}

func (s *Schema) moves(ctx context.Context, holding string, tables []string, back bool) error {
	return s.alter(ctx, holding, func(conn *sql.Conn, p *schema.Pair) error {
		from, to, left := s.Name, holding, p.Tables
		if back {
			from, to, left = to, from, p.Held
		} else if err := s.leads(ctx, conn); err != nil {
			return err
		}
		switch why := p.Differs(tables); {
		case len(tables) == 0:
			return fmt.Errorf("%w: no table is known that was archived and compared", model.ErrNotDone)
		case why != "":
			return fmt.Errorf("%w: %s", model.ErrNotDone, why)
		case !p.There:
			return fmt.Errorf("%w: there is no schema %s", model.ErrNotDone, s.Name)
		}
		if !back && !p.HoldingThere {
			if err := tell(ctx, conn, fmt.Sprintf(makes, holding)); err != nil {
				return mysql.FaultOf("making "+holding, err)
			}
		}
		var all []string
		for _, t := range left {
			q := quotedTable(t)
			all = append(all, fmt.Sprintf(move, from, q, to, q))
		}
		if len(all) > 0 {
			if err := tell(ctx, conn, fmt.Sprintf(moves, strings.Join(all, ", "))); err != nil {
				return mysql.FaultOf("renaming its tables", err)
			}
		}
		if back && p.HoldingThere {
			return s.unmake(ctx, conn, holding, holding)
		}
		return nil
	})
}

// Drop drops one table out of the schema that holds it, while nobody uses either schema again.
func (s *Schema) Drop(ctx context.Context, holding, table string) error {
	return s.alter(ctx, holding, func(conn *sql.Conn, p *schema.Pair) error {
		switch {
		case slices.Contains(p.Tables, table):
			return fmt.Errorf("%w: %s is in %s, and only what is held in %s is dropped", model.ErrNotDone, model.Clean(table), s.Name, holding)
		case !slices.Contains(p.Held, table):
			return nil
		case len(p.Tables)+len(p.Others) > 0:
			return fmt.Errorf("%w: %s is used again: %s", model.ErrNotDone, s.Name, model.Few(append(p.Tables, p.Others...), 4))
		}
		if err := errors.Join(s.leads(ctx, conn), s.unused(ctx, conn, holding)); err != nil {
			return err
		}
		if err := tell(ctx, conn, fmt.Sprintf(drops, holding, quotedTable(table))); err != nil {
			return mysql.FaultOf("dropping "+model.Clean(table), err)
		}
		return nil
	})
}

// unused fails while somebody uses the schema or the one that holds its tables: a rename is followed by whoever wants them.
func (s *Schema) unused(ctx context.Context, conn *sql.Conn, holding string) error {
	held := s.Schema
	held.Name = holding
	for _, of := range []*schema.Schema{&s.Schema, &held} {
		uses, err := of.UsedBy(ctx, conn)
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", model.ErrNotDone, err)
		case len(uses) > 0:
			return fmt.Errorf("%w: %s is used: %s", model.ErrNotDone, of.Name, model.Few(uses, 4))
		}
	}
	return nil
}

// leads fails on a replica, whose source would go on with what is dropped there.
func (s *Schema) leads(ctx context.Context, conn *sql.Conn) error {
	why, err := s.Replica(ctx, conn)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", model.ErrNotDone, err)
	case why != "":
		return fmt.Errorf("%w: %s", model.ErrNotDone, why)
	}
	return nil
}

// DropEmpty drops both schemas, each only while nothing is in it.
func (s *Schema) DropEmpty(ctx context.Context, holding string) error {
	return s.alter(ctx, holding, func(conn *sql.Conn, p *schema.Pair) error {
		var failed []error
		if p.HoldingThere {
			failed = append(failed, s.unmake(ctx, conn, holding, holding))
		}
		if p.There {
			failed = append(failed, s.unmake(ctx, conn, holding, s.Name))
		}
		return errors.Join(failed...)
	})
}

// unmake looks right before it drops a schema: a server drops it with whatever is in it.
func (s *Schema) unmake(ctx context.Context, conn *sql.Conn, holding, which string) error {
	p, err := s.PairOf(ctx, conn, holding)
	if err != nil {
		return err
	}
	tables := p.Held
	if which == s.Name {
		tables = p.Tables
	}
	if len(tables)+len(p.Others) > 0 {
		return fmt.Errorf("%s is not empty: %s", which, model.Few(append(tables, p.Others...), 4))
	}
	if err := tell(ctx, conn, fmt.Sprintf(unmakes, which)); err != nil {
		return mysql.FaultOf("dropping the empty schema "+which, err)
	}
	return nil
}

// alter lets something be told in a session that waits for no lock for long. A server's own error means that the statement did nothing.
func (s *Schema) alter(ctx context.Context, holding string, do func(*sql.Conn, *schema.Pair) error) error {
	told := false
	err := s.Session(ctx, func(conn *sql.Conn) error {
		lacks := []string{}
		for _, of := range []string{s.Name, holding} {
			if !s.May(ctx, conn, of, "ALTER", "CREATE", "DROP", "INSERT") {
				lacks = append(lacks, "ALL ON "+of+".*")
			}
		}
		if len(lacks) > 0 {
			return fmt.Errorf("%w: this login lacks %s", model.ErrNotDone, strings.Join(lacks, ", "))
		}
		p, err := s.PairOf(ctx, conn, holding)
		if err == nil {
			err = tell(ctx, conn, waitsShort)
		}
		if err != nil {
			return err
		}
		told = true
		return do(conn, &p)
	})
	if err != nil && (!told || mysql.Number(err) != 0) && !errors.Is(err, model.ErrNotDone) {
		err = fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	return err
}

// quotedTable writes a table's name, whatever is in it, into a statement.
func quotedTable(t string) string { return "`" + strings.ReplaceAll(t, "`", "``") + "`" }
