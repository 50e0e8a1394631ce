package sqlsim

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// Derive gives the rows of a table that belong to some numbers, in the order of its columns: of a table that is too large to be kept, and
// that follows from others.
type Derive func(in *Instance, numbers []int64) ([][]any, error)

// mostDerived is for how many numbers one statement may ask.
const mostDerived = 512

// derived is a derived table as one statement sees it.
type derived struct {
	table *table
	rows  [][]any
}

// derive makes the derived tables that a statement names. It has rows for the numbers that the statement holds, as it is or as arguments,
// such as JobIds; one without any cannot be answered.
func (in *Instance) derive(st *statement, args []any) (out []derived, err error) {
	var names []string
	for i := range st.toks {
		before := st.at(i - 1)
		if before.is(".") { // behind its schema
			before = st.at(i - 3)
		}
		if name := lower(st.toks[i].text); in.cfg.Derived[name] != nil && in.tables[name] != nil && i > 0 && in.atHome(name) &&
			(before.is("from") || before.is("join")) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	var numbers []int64
	take := func(n int64) {
		if n > 0 && !slices.Contains(numbers, n) {
			numbers = append(numbers, n)
		}
	}
	for _, a := range args {
		if n, err := strconv.ParseInt(fmt.Sprint(a), 10, 64); err == nil {
			take(n)
		}
	}
	for i := range st.toks {
		if n, err := strconv.ParseInt(st.toks[i].text, 10, 64); err == nil && len(args) == 0 {
			take(n)
		}
	}
	if len(args) == 0 && whole(st) {
		if numbers, err = in.allJobs(); err != nil {
			return nil, err
		}
	} else if len(args)+len(numbers) == 0 || len(numbers) > mostDerived {
		return nil, mysql.NewError(mysql.ER_PARSE_ERROR, fmt.Sprintf("the rehearsal's %s has rows for the JobIds that a statement names: "+
			"%d at most, and not %d", strings.Join(names, ", "), mostDerived, len(numbers)))
	}
	for _, name := range names {
		rows, err := in.cfg.Derived[name](in, numbers)
		if err != nil {
			return nil, fmt.Errorf("deriving %s: %w", name, err)
		}
		out = append(out, derived{in.tables[name], rows})
	}
	return out, nil
}

// fill makes the table on a connection, before the one of its name that is empty.
func (d derived) fill(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, strings.Replace(d.table.ddl()[0], "CREATE TABLE", "CREATE TEMP TABLE", 1)); err != nil {
		return err
	}
	put, err := conn.PrepareContext(ctx,
		fmt.Sprintf("INSERT INTO temp.`%s` VALUES (?%s)", d.table.name, strings.Repeat(", ?", len(d.table.cols)-1)))
	if err != nil {
		return err
	}
	defer put.Close()
	for _, row := range d.rows {
		if _, err := put.ExecContext(ctx, row...); err != nil {
			return err
		}
	}
	return nil
}

// whole tells whether a statement reads a table from end to end, as an archive does.
func whole(st *statement) bool {
	n := len(st.toks)
	return st.verb() == "select" && st.at(1).is("*") && st.at(2).is("from") && (n == 4 || n == 6 && st.at(4).is("."))
}

// allJobs are the JobIds of a catalog whose derived tables are read whole.
func (in *Instance) allJobs() (ids []int64, err error) {
	rows, err := in.db.QueryContext(in.ctx, "SELECT JobId FROM Job ORDER BY JobId")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
