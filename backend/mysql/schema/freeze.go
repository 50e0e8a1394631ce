package schema

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// writes are the rights on a schema by which it can be changed.
var writes = []string{"INSERT", "UPDATE", "DELETE", "DROP", "CREATE", "ALTER", "INDEX", "REFERENCES", "TRIGGER", "EVENT", "CREATE VIEW",
	"CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "DELETE HISTORY"}

// The closed list of what a freeze tells a server. The rights are of writes, the schema's name is plain, and accounts are quoted.
const (
	revokes = "REVOKE %s ON `%s`.* FROM %s"
	grants  = "GRANT %s ON `%s`.* TO %s"
	ends    = "KILL %d"
)

// Held are the rights of an account by which it can change the schema.
type Held struct {
	Grantee string // as the server names it: 'name'@'host'
	Rights  []string
}

func (h Held) String() string { return strings.Join(h.Rights, ", ") }

// Standing is who may change a schema, and who is there.
type Standing struct {
	Held     []Held
	Beyond   []string            // accounts that may change it by what is not given on the schema alone: a pattern, a table, or on everything
	Sessions map[string][]uint64 // by account, of those that are not ours
}

// Writers tells who may change the schema.
func (s *Schema) Writers(ctx context.Context) (st Standing, err error) {
	err = s.session(ctx, func(conn *sql.Conn) error {
		st, err = s.writers(ctx, conn)
		return err
	})
	return st, err
}

func (s *Schema) writers(ctx context.Context, conn *sql.Conn) (st Standing, err error) {
	st.Sessions = map[string][]uint64{}
	seen := false
	err = rows(ctx, conn, asksSchema, 4, func(r []string) {
		seen = true
		right := strings.ToUpper(r[2])
		switch {
		case !slices.Contains(writes, right) || slices.Contains(s.Own, userOf(r[0])):
		case r[1] == s.Name:
			i := slices.IndexFunc(st.Held, func(h Held) bool { return h.Grantee == r[0] })
			if i < 0 {
				st.Held, i = append(st.Held, Held{Grantee: r[0]}), len(st.Held)
			}
			st.Held[i].Rights = append(st.Held[i].Rights, right)
		case matches(r[1], s.Name):
			st.beyond("%s by a grant on %s", r[0], r[1])
		}
	})
	if err == nil {
		err = rows(ctx, conn, fmt.Sprintf(asksTable, s.Name), 3, func(r []string) {
			if slices.Contains(writes, strings.ToUpper(r[2])) && !slices.Contains(s.Own, userOf(r[0])) {
				st.beyond("%s by a grant on the table %s", r[0], r[1])
			}
		})
	}
	if err == nil {
		err = rows(ctx, conn, asksGlobal, 2, func(r []string) {
			seen = true
			if name := userOf(r[0]); slices.Contains(writes[:6], strings.ToUpper(r[1])) && !slices.Contains(s.Own, name) &&
				!slices.Contains(s.Known, name) {
				st.beyond("%s by a grant on everything", r[0])
			}
		})
	}
	if err == nil {
		err = rows(ctx, conn, asksSessions, 4, func(r []string) {
			var id uint64
			if _, err := fmt.Sscan(r[0], &id); err == nil && !slices.Contains(s.Own, r[1]) {
				st.Sessions[r[1]] = append(st.Sessions[r[1]], id)
			}
		})
	}
	switch {
	case err != nil:
		return st, mysql.FaultOf("asking who may change "+s.Name, err)
	case !seen:
		return st, fmt.Errorf("asking who may change %s: it shows nobody's rights: let this login read them (GRANT SELECT ON mysql.*)", s.Name)
	}
	return st, nil
}

func (st *Standing) beyond(format string, args ...any) {
	if says := model.Clean(fmt.Sprintf(format, args...)); !slices.Contains(st.Beyond, says) {
		st.Beyond = append(st.Beyond, says)
	}
}

// Freeze takes the rights to change the schema away, and ends the sessions of who had them: those keep what they had when they began.
func (s *Schema) Freeze(ctx context.Context) error {
	return s.session(ctx, func(conn *sql.Conn) error {
		st, err := s.writers(ctx, conn)
		if err != nil {
			return fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
		for _, h := range st.Held {
			if err := tell(ctx, conn, fmt.Sprintf(revokes, h, s.Name, quoted(h.Grantee))); err != nil {
				return mysql.FaultOf("taking the right to change it from "+h.Grantee, err)
			}
		}
		for _, h := range st.Held {
			for _, id := range st.Sessions[userOf(h.Grantee)] {
				if err := tell(ctx, conn, fmt.Sprintf(ends, id)); err != nil && mysql.Number(err) != 1094 { // it has ended by itself
					return mysql.FaultOf("ending a session of "+h.Grantee, err)
				}
			}
		}
		return nil
	})
}

// Thaw gives rights back that a freeze took. A right that is none of those is given to nobody.
func (s *Schema) Thaw(ctx context.Context, all []Held) error {
	for _, h := range all {
		for _, r := range h.Rights {
			if !slices.Contains(writes, r) {
				return fmt.Errorf("giving rights back: %w: %.40q is no right that a freeze takes", model.ErrNotDone, model.Clean(r))
			}
		}
	}
	return s.session(ctx, func(conn *sql.Conn) error {
		for _, h := range all {
			if err := tell(ctx, conn, fmt.Sprintf(grants, h, s.Name, quoted(h.Grantee))); err != nil {
				return mysql.FaultOf("giving "+h.Grantee+" its rights back", err)
			}
		}
		return nil
	})
}

// quoted writes 'name'@'host' anew: a server gives it without doubling the quotes in it.
func quoted(grantee string) string {
	name, host, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(grantee, "'"), "'"), "'@'")
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	return quote(name) + "@" + quote(host)
}

func tell(ctx context.Context, conn *sql.Conn, text string) error {
	return conn.Raw(func(c any) error { return execute(ctx, c, text) })
}

func execute(ctx context.Context, conn any, text string) error {
	_, err := conn.(driver.ExecerContext).ExecContext(ctx, text, nil)
	return err
}
