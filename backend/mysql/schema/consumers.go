package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/mysql"
	"switchyard/model"
)

func (l *look) use(format string, args ...any) {
	l.Uses = append(l.Uses, model.Clean(fmt.Sprintf(format, args...)))
}

// sessions are those that have chosen the schema, and those of replicas, which others may read it through.
func (l *look) sessions() error {
	mine := map[string]bool{}
	err := l.rows(asksSessions, 4, func(r []string) {
		switch {
		case slices.Contains(l.Own, r[1]):
			mine[r[0]] = true
		case strings.HasPrefix(strings.ToLower(r[3]), "binlog dump"):
			l.Replicas++
		case strings.EqualFold(r[2], l.Name):
			l.use("%s has a session in it", r[1])
		}
	})
	if err != nil {
		return mysql.FaultOf("asking for its sessions", err)
	}
	if l.Blind != "" {
		return nil
	}
	counted, hidden := 0, 0
	err = l.rows(asksThreads, 2, func(r []string) {
		switch {
		case mine[r[0]] && yes(r[1]):
			counted++
		case !mine[r[0]] && !yes(r[1]):
			hidden++
		}
	})
	switch {
	case err != nil:
		return mysql.FaultOf("asking whose threads are counted", err)
	case hidden > 0:
		l.Blind = fmt.Sprintf("what %s of others read is not counted", model.Plural(hidden, "session"))
		l.Remedy = "UPDATE performance_schema.threads SET INSTRUMENTED = 'YES' WHERE PROCESSLIST_ID IS NOT NULL, but for those of this program"
	case counted > 0:
		l.Blind = fmt.Sprintf("what %s of this program's own read is counted with the rest", model.Plural(counted, "session"))
		l.Remedy = "end them once: only sessions that begin after the row in performance_schema.setup_actors are left out"
	}
	return nil
}

// objects are views, routines, events and triggers of other schemas that name it, and events of its own: they run by themselves.
func (l *look) objects() error {
	for _, of := range []struct{ what, asks string }{
		{"view", asksViews}, {"routine", asksRoutines}, {"event", asksEvents}, {"trigger", asksTriggers},
	} {
		err := l.rows(of.asks, 3, func(r []string) {
			own := strings.EqualFold(r[0], l.Name)
			switch {
			case slices.Contains([]string{"sys", "mysql", "information_schema", "performance_schema"}, strings.ToLower(r[0])):
			case own && of.what == "event":
				l.use("the event %s.%s is in it", r[0], r[1])
			case own:
			case r[2] == "":
				l.Could = append(l.Could, model.Clean(fmt.Sprintf("what the %s %s.%s reads cannot be seen", of.what, r[0], r[1])))
			case model.NamesSchema(r[2], l.Name):
				l.use("the %s %s.%s names it", of.what, r[0], r[1])
			}
		})
		if err != nil {
			return mysql.FaultOf("asking for every "+of.what, err)
		}
	}
	return nil
}

func (l *look) references() error {
	err := l.rows(fmt.Sprintf(asksReferences, l.Name, l.Name), 2, func(r []string) {
		l.use("the table %s.%s refers to it", r[0], r[1])
	})
	if err != nil {
		return mysql.FaultOf("asking for references to it", err)
	}
	return nil
}

// filters are those of replication that name it.
func (l *look) filters() error {
	take := func(r []string) {
		if model.NamesSchema(r[1], l.Name) {
			l.use("the replication filter %s names it", r[0])
		}
	}
	err := l.rows(asksFilters, 2, take)
	if err == nil && !l.mariaDB {
		err = l.rows(asksApplier, 2, take)
	}
	if err != nil {
		return mysql.FaultOf("asking for replication filters", err)
	}
	return nil
}

// What is asked of rights. The first three tell whose name stands for how much.
const (
	asksGlobal = "SELECT GRANTEE, PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES"
	asksSchema = "SELECT GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES"
	asksTable  = "SELECT GRANTEE, TABLE_NAME, PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES WHERE TABLE_SCHEMA = '%s'"
)

// reads are rights on all schemas by which an account may use any of them.
var reads = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "LOCK TABLES", "EXECUTE", "TRIGGER", "DROP", "ALTER"}

// privileges finds the accounts that may use the schema and that nobody accounts for.
func (l *look) privileges() error {
	st, err := everybody(l.ctx, l.conn)
	if err != nil {
		return err
	}
	if lacks := st.blind(); len(lacks) > 0 {
		l.Blind = "without " + strings.Join(lacks, ", ") + " on everything it is not shown what all others have and do"
		l.Remedy = fmt.Sprintf("GRANT %s ON *.* TO %s", strings.Join(mysql.Sees, ", "), model.Clean(l.Login.User))
	}
	all := map[string]bool{}
	for who, rights := range st.global {
		all[who] = slices.ContainsFunc(rights, func(r string) bool { return slices.Contains(reads, r) })
	}
	err = errors.Join(l.rows(asksSchema, 4, func(r []string) {
		if matches(r[1], l.Name) {
			all[r[0]] = true
		}
	}), l.rows(fmt.Sprintf(asksTable, l.Name), 3, func(r []string) { all[r[0]] = true }))
	if err != nil {
		return mysql.FaultOf("asking who may use it", err)
	}
	for grantee, may := range all {
		if name := UserOf(grantee); may && !slices.Contains(l.Own, name) && !slices.Contains(l.Known, name) {
			l.Could = append(l.Could, model.Clean(grantee+" may use it"))
		}
	}
	slices.Sort(l.Could)
	return nil
}

// UserOf is the name in 'name'@'host'.
func UserOf(grantee string) string {
	return strings.TrimPrefix(grantee[:max(strings.LastIndex(grantee, "'@'"), 0)], "'")
}

// matches tells whether the schema of a grant, which may be a pattern, is or matches a name.
func matches(pattern, name string) bool {
	p, n := strings.ToLower(pattern), strings.ToLower(name)
	return like(p, n)
}

func like(p, n string) bool {
	switch {
	case p == "":
		return n == ""
	case p[0] == '%':
		return like(p[1:], n) || n != "" && like(p, n[1:])
	case n == "":
		return false
	case p[0] == '\\' && len(p) > 1:
		return p[1] == n[0] && like(p[2:], n[1:])
	case p[0] == '_' || p[0] == n[0]:
		return like(p[1:], n[1:])
	}
	return false
}
