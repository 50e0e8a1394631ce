package sqlsim

import (
	"fmt"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"
)

// statement is a parsed statement; it is rendered to SQLite anew for each execution because NOW() and variables differ.
type statement struct {
	query  string
	toks   []token
	hints  string
	params int
	either bool // there is an OR in it
}

func parse(query string) *statement {
	st := &statement{query: query}
	st.toks, st.hints = split(query)
	for _, t := range st.toks {
		if t.is("?") {
			st.params++
		}
		st.either = st.either || t.is("or")
	}
	return st
}

func (st *statement) verb() string {
	if len(st.toks) == 0 {
		return ""
	}
	return strings.ToLower(st.toks[0].text)
}

// words is the statement in lower case with single spaces, for the statements that are recognised as a whole.
func (st *statement) words() string {
	var b strings.Builder
	for i, t := range st.toks {
		if i > 0 && t.space {
			b.WriteByte(' ')
		}
		if t.kind == word {
			b.WriteString(strings.ToLower(t.text))
		} else {
			b.WriteString(t.raw)
		}
	}
	return b.String()
}

// rendering is a statement in SQLite's words.
type rendering struct {
	sql     string
	virtual []string // the virtual tables it names, such as information_schema.columns
	derived []derived
}

// systemSchemas are the databases whose tables are made up when a statement names them.
var systemSchemas = map[string]bool{"information_schema": true, "performance_schema": true, "sys": true, "mysql": true}

// render puts a statement into SQLite's words for one session.
func (s *session) render(st *statement) (rendering, error) {
	var r rendering
	var b strings.Builder
	depth, top := 0, st.verb() == "select"
	inList := top
	for i := 0; i < len(st.toks); i++ {
		t := st.toks[i]
		if t.space {
			b.WriteByte(' ')
		}
		prev, next := st.at(i-1), st.at(i+1)
		switch {
		case t.is("("):
			depth++
		case t.is(")"):
			depth--
		case depth == 0 && t.is("from"):
			inList = false
		}
		switch t.kind {
		case text:
			b.WriteString(sqliteText(t.text))
			continue
		case sysvar:
			v, err := s.variable(t.text)
			if err != nil {
				return r, err
			}
			b.WriteString(constant(v))
			if inList && depth == 0 && (next.is(",") || next.is("from") || next.raw == "" || next.is("limit")) &&
				(prev.is("select") || prev.is(",")) {
				b.WriteString(" AS `" + t.raw + "`")
			}
			continue
		case quoted, word:
			if schema := strings.ToLower(t.text); next.is(".") && i+2 < len(st.toks) {
				tail := st.toks[i+2]
				if systemSchemas[schema] {
					name := schema + "." + strings.ToLower(tail.text)
					r.virtual = append(r.virtual, name)
					b.WriteString("`" + name + "`")
					i += 2
					continue
				}
				if t.text == s.in.cfg.Database && !prev.is(".") {
					i++
					continue
				}
			}
		}
		if t.kind == word && next.is("(") {
			n, err := s.function(&b, st, i)
			if err != nil {
				return r, err
			}
			if n > 0 {
				i += n - 1
				continue
			}
		}
		switch {
		case t.kind == word && strings.EqualFold(t.text, "_binary"), t.is("straight_join"):
		case t.is("as") && st.closesCast(i):
			ty, n := castType(st.toks[i+1:])
			b.WriteString("AS " + ty)
			i += n
		case t.is("by") && prev.is("order") && st.either && next.kind == word && !numeric(next.text):
			b.WriteString(t.raw + " +") // SQLite would rather read the whole table in order than sort what two ranges give
		case t.is("current_timestamp"):
			b.WriteString("'" + s.now().Format(stamp) + "'")
		case t.is("force"), t.is("use") && i > 0, t.is("ignore"):
			if !next.is("index") {
				return r, unknown(st.query)
			}
			for !t.is(")") && i < len(st.toks) {
				i++
				t = st.at(i)
			}
		default:
			b.WriteString(t.raw)
		}
	}
	r.sql = b.String()
	return r, nil
}

func (st *statement) at(i int) token {
	if i < 0 || i >= len(st.toks) {
		return token{}
	}
	return st.toks[i]
}

const stamp = "2006-01-02 15:04:05"

// function renders the calls that SQLite lacks or that depend on the session. It returns how many tokens it took, 0 for none.
func (s *session) function(b *strings.Builder, st *statement, i int) (int, error) {
	name, empty := strings.ToLower(st.toks[i].text), st.at(i+2).is(")")
	value := ""
	switch name {
	case "now", "sysdate", "localtime", "utc_timestamp", "current_timestamp":
		value = "'" + s.now().Format(stamp) + "'"
	case "unix_timestamp":
		if !empty {
			b.WriteString("mysql_unix_timestamp")
			return 1, nil
		}
		value = fmt.Sprint(s.now().Unix())
	case "version":
		value = sqliteText(s.in.cfg.Version)
	case "connection_id":
		value = fmt.Sprint(s.id)
	case "database", "schema":
		value = constant(s.database())
	case "user", "current_user", "session_user":
		value = sqliteText(s.user + "@%")
	case "from_unixtime", "gtid_subtract", "gtid_subset":
		b.WriteString("mysql_" + name)
		return 1, nil
	case "if":
		b.WriteString("iif")
		return 1, nil
	case "sleep", "benchmark", "get_lock":
		return 0, unknown(st.query)
	default:
		return 0, nil
	}
	if !empty {
		return 0, unknown(st.query)
	}
	b.WriteString(value)
	if prev, next := st.at(i-1), st.at(i+3); prev.is("select") || prev.is(",") {
		if next.raw == "" || next.is(",") || next.is("from") {
			b.WriteString(" AS `" + st.toks[i].raw + "()`")
		}
	}
	return 3, nil
}

// closesCast tells whether the AS at i belongs to a CAST.
func (st *statement) closesCast(i int) bool {
	depth := 0
	for j := i - 1; j > 0; j-- {
		switch {
		case st.toks[j].is(")"):
			depth++
		case st.toks[j].is("(") && depth == 0:
			return st.toks[j-1].is("cast")
		case st.toks[j].is("("):
			depth--
		}
	}
	return false
}

func castType(toks []token) (string, int) {
	n := 0
	for n < len(toks) && !toks[n].is(")") {
		if toks[n].is("(") {
			n += 2
		}
		n++
	}
	switch {
	case toks[0].is("unsigned"), toks[0].is("signed"):
		return "INTEGER", n
	case toks[0].is("double"), toks[0].is("float"), toks[0].is("decimal"):
		return "REAL", n
	}
	return "TEXT", n
}

// constant renders a variable's value: numbers stay numbers.
func constant(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case int64:
		return fmt.Sprint(v)
	case float64:
		return fmt.Sprint(v)
	case string:
		return sqliteText(v)
	}
	panic(fmt.Sprintf("a constant of type %T", v))
}

// unknown refuses a statement that this server was not taught, by name, so that nothing is ever answered by guessing.
func unknown(query string) error {
	return mysql.NewError(mysql.ER_PARSE_ERROR, "the rehearsal's MySQL does not know this statement: "+brief(query))
}

func brief(query string) string {
	q := strings.Join(strings.Fields(query), " ")
	if len(q) > 300 {
		q = q[:300] + "..."
	}
	return q
}
