package schema

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Writes are the rights on a schema by which it can be changed.
var Writes = []string{"INSERT", "UPDATE", "DELETE", "DROP", "CREATE", "ALTER", "INDEX", "REFERENCES", "TRIGGER", "EVENT", "CREATE VIEW",
	"CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "DELETE HISTORY"}

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
	err = s.Session(ctx, func(conn *sql.Conn) error {
		st, err = s.WritersOf(ctx, conn)
		return err
	})
	return st, err
}

// WritersOf asks in a session.
func (s *Schema) WritersOf(ctx context.Context, conn *sql.Conn) (st Standing, err error) {
	st.Sessions = map[string][]uint64{}
	seen := false
	err = rows(ctx, conn, asksSchema, 4, func(r []string) {
		seen = true
		right := strings.ToUpper(r[2])
		switch {
		case !slices.Contains(Writes, right) || slices.Contains(s.Own, UserOf(r[0])):
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
			if slices.Contains(Writes, strings.ToUpper(r[2])) && !slices.Contains(s.Own, UserOf(r[0])) {
				st.beyond("%s by a grant on the table %s", r[0], r[1])
			}
		})
	}
	if err == nil {
		err = rows(ctx, conn, asksGlobal, 2, func(r []string) {
			seen = true
			if name := UserOf(r[0]); slices.Contains(Writes[:6], strings.ToUpper(r[1])) && !slices.Contains(s.Own, name) &&
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

const asksGrants = "SHOW GRANTS"

// Lacks are the rights that this login does not have and a freeze needs: to end sessions, and to give and take rights on the schema.
func (s *Schema) Lacks(ctx context.Context) (lacks []string, err error) {
	global, gives := "", false
	err = s.Session(ctx, func(conn *sql.Conn) error {
		return rows(ctx, conn, asksGrants, 1, func(r []string) {
			rights, on, _ := strings.Cut(strings.TrimPrefix(strings.ToUpper(r[0]), "GRANT "), " ON ")
			if strings.HasPrefix(on, "*.*") {
				global += ", " + rights
			}
			gives = gives || strings.Contains(on, "WITH GRANT OPTION") &&
				(strings.HasPrefix(on, "*.*") || strings.HasPrefix(on, "`"+strings.ToUpper(s.Name)+"`.*"))
		})
	})
	if err != nil {
		return nil, mysql.FaultOf("asking for grants", err)
	}
	ends := false
	for _, r := range []string{"SUPER", "CONNECTION_ADMIN", "CONNECTION ADMIN", "ALL PRIVILEGES"} {
		ends = ends || strings.Contains(global+",", r)
	}
	if !ends {
		lacks = append(lacks, "CONNECTION_ADMIN ON *.*")
	}
	if !gives {
		lacks = append(lacks, "GRANT OPTION ON "+s.Name+".*")
	}
	return lacks, nil
}

func (st *Standing) beyond(format string, args ...any) {
	if says := model.Clean(fmt.Sprintf(format, args...)); !slices.Contains(st.Beyond, says) {
		st.Beyond = append(st.Beyond, says)
	}
}
