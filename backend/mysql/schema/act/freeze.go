// Package act takes the rights to change a schema away, and gives them back.
package act

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
	"switchyard/model"
)

// Schema is one schema on one server, which may be frozen.
type Schema struct{ schema.Schema }

// The closed list of what a freeze tells a server. The rights are of writes, the schema's name is plain, and accounts are quoted.
const (
	revokes = "REVOKE %s ON `%s`.* FROM %s"
	grants  = "GRANT %s ON `%s`.* TO %s"
	ends    = "KILL %d"
)

// Freeze takes the rights to change the schema away, and ends the sessions of who had them: those keep what they had when they began.
func (s *Schema) Freeze(ctx context.Context) error {
	return s.Session(ctx, func(conn *sql.Conn) error {
		st, err := s.WritersOf(ctx, conn)
		if err != nil {
			return fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
		for _, h := range st.Held {
			if err := tell(ctx, conn, fmt.Sprintf(revokes, h, s.Name, quoted(h.Grantee))); err != nil {
				return mysql.FaultOf("taking the right to change it from "+h.Grantee, err)
			}
		}
		for _, h := range st.Held {
			for _, id := range st.Sessions[schema.UserOf(h.Grantee)] {
				if err := tell(ctx, conn, fmt.Sprintf(ends, id)); err != nil && mysql.Number(err) != 1094 { // it has ended by itself
					return mysql.FaultOf("ending a session of "+h.Grantee, err)
				}
			}
		}
		return nil
	})
}

// Thaw gives rights back that a freeze took. A right that is none of those is given to nobody.
func (s *Schema) Thaw(ctx context.Context, all []schema.Held) error {
	for _, h := range all {
		for _, r := range h.Rights {
			if !slices.Contains(schema.Writes, r) {
				return fmt.Errorf("giving rights back: %w: %.40q is no right that a freeze takes", model.ErrNotDone, model.Clean(r))
			}
		}
	}
	return s.Session(ctx, func(conn *sql.Conn) error {
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
	_, err := conn.ExecContext(ctx, text)
	return err
}
