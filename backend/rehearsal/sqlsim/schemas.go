package sqlsim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-mysql-org/go-mysql/mysql"

	"switchyard/model"
)

// elsewhere are the tables of a server's database that are not in it any more, and the schemas there are besides. Its server's mutex guards
// it.
type elsewhere struct {
	in   map[string]string // by lower-case name of a table: the schema that it was renamed into; empty: it was dropped
	made []string          // schemas
	gone bool              // the database itself was dropped
}

// What is said about schemas and whole tables, as the product says it: nothing else is taken.
var (
	makesSchema = model.Pattern("(?i)^CREATE DATABASE `(\\w+)`$")
	endsSchema  = model.Pattern("(?i)^DROP DATABASE `(\\w+)`$")
	movesTables = model.Pattern("(?i)^RENAME TABLE (`\\w+`\\.`\\w+` TO `\\w+`\\.`\\w+`(?:, )?)+$")
	movesOne    = model.Pattern("(?i)`(\\w+)`\\.`(\\w+)` TO `(\\w+)`\\.`(\\w+)`")
	endsTable   = model.Pattern("(?i)^DROP TABLE `(\\w+)`\\.`(\\w+)`$")
)

// where tells which schema a table is in; false: it was dropped. The caller holds mu.
func (in *Instance) where(table string) (schema string, there bool) {
	schema, moved := in.use.elsewhere.in[lower(table)]
	if !moved {
		return in.cfg.Database, true
	}
	return schema, schema != ""
}

// whereIs is where for who does not hold mu.
func (in *Instance) whereIs(table string) (schema string, there bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.where(table)
}

// schemas are those of the server but for its own. The caller holds mu.
func (in *Instance) schemas() []string {
	out := slices.Clone(in.use.elsewhere.made)
	if !in.use.elsewhere.gone {
		out = append(out, in.cfg.Database)
	}
	return out
}

// stored is the name of a table in the data file.
func (in *Instance) stored(schema, table string) string {
	if schema == in.cfg.Database {
		return table
	}
	return schema + "." + table
}

// reshape makes and drops schemas, and moves and drops whole tables; false: the statement is nothing of that kind.
func (s *session) reshape(st *statement) (bool, error) {
	q := strings.TrimSpace(st.query)
	var do func() error
	switch {
	case makesSchema().MatchString(q):
		do = func() error { return s.in.makeSchema(makesSchema().FindStringSubmatch(q)[1]) }
	case endsSchema().MatchString(q):
		do = func() error { return s.in.endSchema(endsSchema().FindStringSubmatch(q)[1]) }
	case movesTables().MatchString(q):
		do = func() error { return s.in.moveTables(movesOne().FindAllStringSubmatch(q, -1)) }
	case endsTable().MatchString(q):
		m := endsTable().FindStringSubmatch(q)
		do = func() error { return s.in.moveTables([][]string{{"", m[1], m[2], "", ""}}) }
	default:
		return false, nil
	}
	switch u := s.account(); {
	case !u.Admin && !(u.Accounts && u.Write):
		return true, mysql.NewDefaultError(mysql.ER_DBACCESS_DENIED_ERROR, s.user, "%", s.in.cfg.Database)
	case !u.Admin && s.in.ReadOnly():
		return true, mysql.NewDefaultError(mysql.ER_OPTION_PREVENTS_STATEMENT, "--read-only")
	case s.readOnly:
		return true, mysql.NewError(1792, "Cannot execute statement in a READ ONLY transaction.")
	}
	return true, do()
}

func (in *Instance) makeSchema(name string) error {
	in.mu.Lock()
	there := slices.Contains(in.schemas(), name)
	in.mu.Unlock()
	if there {
		return mysql.NewDefaultError(mysql.ER_DB_CREATE_EXISTS, name)
	}
	in.reach(func(in *Instance) { in.use.elsewhere.made = append(in.use.elsewhere.made, name) })
	return nil
}

// endSchema drops whatever is in it, as servers do.
func (in *Instance) endSchema(name string) error {
	in.mu.Lock()
	there := slices.Contains(in.schemas(), name)
	var all [][]string
	for _, t := range in.order {
		if at, is := in.where(t); is && at == name {
			all = append(all, []string{"", name, t, "", ""})
		}
	}
	in.mu.Unlock()
	if !there {
		return mysql.NewDefaultError(mysql.ER_DB_DROP_EXISTS, name)
	}
	if err := in.moveTables(all); err != nil {
		return err
	}
	in.reach(func(in *Instance) {
		e := &in.use.elsewhere
		if name == in.cfg.Database {
			e.gone = true
		}
		e.made = slices.DeleteFunc(e.made, func(m string) bool { return m == name })
	})
	return nil
}

// moveTables renames tables, all or none; one whose new schema is empty is dropped.
func (in *Instance) moveTables(all [][]string) error {
	in.mu.Lock()
	for _, m := range all {
		at, there := in.where(m[2])
		var err error
		switch {
		case !there || at != m[1] || in.tables[lower(m[2])] == nil || in.tables[lower(m[2])].name != m[2]:
			err = mysql.NewDefaultError(mysql.ER_NO_SUCH_TABLE, m[1], m[2])
		case m[3] != "" && (!slices.Contains(in.schemas(), m[3]) || m[4] != m[2]):
			err = mysql.NewDefaultError(mysql.ER_BAD_DB_ERROR, m[3])
		}
		if err != nil {
			in.mu.Unlock()
			return err
		}
	}
	in.mu.Unlock()
	err := in.transact(func(tx *Tx) error {
		for _, m := range all {
			text := fmt.Sprintf("DROP TABLE `%s`", in.stored(m[1], m[2]))
			if m[3] != "" {
				text = fmt.Sprintf("ALTER TABLE `%s` RENAME TO `%s`", in.stored(m[1], m[2]), in.stored(m[3], m[2]))
			}
			if _, err := tx.exec(text, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(all) == 0 {
		return err
	}
	in.reach(func(in *Instance) {
		e := &in.use.elsewhere
		if e.in == nil {
			e.in = map[string]string{}
		}
		for _, m := range all {
			if delete(in.use.counts, m[2]); m[3] == in.cfg.Database {
				delete(e.in, lower(m[2]))
			} else {
				e.in[lower(m[2])] = m[3]
			}
		}
	})
	return nil
}

// reads refuses who lost the right to read the database, where a statement names one of its tables.
func (s *session) reads(st *statement) error {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	u := s.in.users[s.user]
	held, set := s.in.use.holds[s.user]
	if !set || held["SELECT"] || u.Sees || u.Admin {
		return nil
	}
	for i := range st.toks {
		if t := s.in.tables[lower(st.toks[i].text)]; t != nil && (st.at(i-1).is("from") || st.at(i-1).is("join")) {
			return mysql.NewDefaultError(mysql.ER_TABLEACCESS_DENIED_ERROR, "SELECT", s.user, "%", t.name)
		}
	}
	return nil
}

// atHome tells whether a table is in the server's own database.
func (in *Instance) atHome(table string) bool {
	at, there := in.whereIs(table)
	return there && at == in.cfg.Database
}

// MakeSchema makes an empty schema, as somebody does who is nobody of this world.
func (in *Instance) MakeSchema(name string) error { return in.makeSchema(name) }

// Schemas are those of the server but for its own.
func (in *Instance) Schemas() ([]string, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.schemas(), in.ctx.Err()
}
