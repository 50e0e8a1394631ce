package sqlsim

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"

	"switchyard/model"
)

// numbersTable keeps what an AUTO_INCREMENT was raised to; information_schema.TABLES tells it.
const numbersTable = "CREATE TABLE numbers (t TEXT PRIMARY KEY, n INTEGER NOT NULL)"

// Next is, in SQLite's words, the number that a table's AUTO_INCREMENT column is given next.
func Next(table, column string) string {
	return fmt.Sprintf("(SELECT MAX(COALESCE((SELECT n FROM numbers WHERE t = '%s'), 1), COALESCE((SELECT MAX(%s) FROM %s), 0) + 1))",
		lower(table), column, table)
}

// numbered is the AUTO_INCREMENT column of a table; nil when it has none.
func (t *table) numbered() *column {
	for i := range t.cols {
		if t.cols[i].extra != "" {
			return &t.cols[i]
		}
	}
	return nil
}

// insertsOne is an INSERT of one row, in SQLite's words: its table, its columns and the rest.
var insertsOne = model.Pattern("(?is)^\\s*INSERT INTO `?(\\w+)`? \\(([^)]*)\\) VALUES \\((.*)$")

// givenNumbers lets a row that is inserted without a number have the next of its table, which SQLite would not know.
func (in *Instance) givenNumbers(sql string) string {
	m := insertsOne().FindStringSubmatch(sql)
	if m == nil || in.tables[lower(m[1])] == nil || strings.Contains(m[3], "), (") {
		return sql
	}
	t := in.tables[lower(m[1])]
	key := t.numbered()
	if key == nil {
		return sql
	}
	for _, c := range strings.Split(m[2], ",") {
		if strings.EqualFold(strings.Trim(c, " `"), key.name) {
			return sql
		}
	}
	return fmt.Sprintf("INSERT INTO `%s` (`%s`, %s) VALUES (%s, %s", t.name, key.name, m[2], Next(t.name, key.name), m[3])
}

// Number is the number that a table of the instance gives next, whatever is wrong with the server.
func (in *Instance) Number(table string) (n uint64, err error) {
	t := in.tables[lower(table)]
	if t == nil || t.numbered() == nil {
		return 0, fmt.Errorf("%s gives no numbers", table)
	}
	err = in.Read("SELECT " + Next(t.name, t.numbered().name)).Scan(&n)
	return n, err
}

// alter answers ALTER TABLE t AUTO_INCREMENT = n, by those who may: as InnoDB does, never below what the table has.
func (s *session) alter(st *statement) (*mysql.Result, error) {
	name, by := st.at(2).text, 3
	schema := ""
	if st.at(3).is(".") {
		schema, name, by = lower(st.at(2).text), st.at(4).text, 5
	}
	u, t := s.account(), s.in.tables[lower(name)]
	n, err := strconv.ParseUint(st.at(by+2).text, 10, 63)
	switch {
	case !st.at(1).is("table") || !st.at(by).is("auto_increment") || !st.at(by+1).is("=") || err != nil || len(st.toks) != by+3:
		return nil, unknown(st.query)
	case !u.Admin && s.in.ReadOnly():
		return nil, mysql.NewDefaultError(mysql.ER_OPTION_PREVENTS_STATEMENT, "--read-only")
	case !u.Alter && !u.Write && !u.Admin, schema != "" && schema != s.in.cfg.Database:
		return nil, s.denied("alter", schema, name)
	case s.readOnly:
		return nil, mysql.NewError(1792, "Cannot execute statement in a READ ONLY transaction.")
	case t == nil || t.numbered() == nil:
		return nil, mysql.NewDefaultError(mysql.ER_NO_SUCH_TABLE, s.in.cfg.Database, name)
	}
	key := t.numbered().name
	err = s.in.transact(func(tx *Tx) error {
		const raise = "INSERT OR REPLACE INTO numbers (t, n) SELECT ?, MAX(?, COALESCE((SELECT MAX(%s) FROM %s), 0) + 1)"
		return tx.Exec(fmt.Sprintf(raise, key, t.name), lower(t.name), int64(n))
	})
	return mysql.NewResultReserveResultset(0), err
}
