// Package act takes the rights to change a schema away, and gives them back.
package act

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	asksOwn = "SELECT CONNECTION_ID()" // sessions are numbered as they begin
)

// Freeze takes the rights to change the schema away, as far as they are noted, and ends the sessions from before that. It is done only once
// nobody has a right and none of those sessions is left.
func (s *Schema) Freeze(ctx context.Context, noted []schema.Held) error {
	if err := s.telling(ctx, "taking the right to change it", func(conn *sql.Conn) ([]string, error) {
		return s.takes(ctx, conn, noted)
	}); err != nil {
		return err
	}
	return s.Session(ctx, func(conn *sql.Conn) error { return s.alone(ctx, conn, noted) }) // it begins after the last right was taken
}

// takes are the statements of a freeze; an error tells why there is none.
func (s *Schema) takes(ctx context.Context, conn *sql.Conn, noted []schema.Held) (all []string, err error) {
	if err := s.leads(ctx, conn); err != nil {
		return nil, err
	}
	lacks, err := s.LacksOf(ctx, conn)
	if err != nil {
		return nil, err
	}
	st, err := s.WritersOf(ctx, conn)
	switch {
	case err != nil:
		return nil, err
	case len(lacks) > 0:
		return nil, fmt.Errorf("this login lacks %s", strings.Join(lacks, ", "))
	case len(st.Beyond) > 0:
		return nil, fmt.Errorf(
			"take this away by hand (of a grant on everything: or account for it in act.split.known): %s",
			model.Few(st.Beyond, 4),
		)
	}
	for _, h := range st.Held {
		if err := asNoted(h, noted); err != nil {
			return nil, err
		}
		who, err := quoted(h.Grantee)
		if err != nil {
			return nil, err
		}
		all = append(all, fmt.Sprintf(revokes, h, s.Name, who))
	}
	return all, nil
}

// alone ends sessions that began before its own, until none is left that could have kept a right.
func (s *Schema) alone(ctx context.Context, conn *sql.Conn, noted []schema.Held) error {
	return evicts(ctx, conn, "from before it was frozen", func(mine uint64) ([]schema.Session, error) {
		st, err := s.WritersOf(ctx, conn)
		if err == nil && len(st.Held)+len(st.Beyond) > 0 {
			err = errors.New("somebody was given a right to change it meanwhile")
		}
		if err != nil {
			return nil, err
		}
		return st.Left(s.Name, mine, noted), nil
	})
}

// Thaw gives rights back that a freeze took, to each account that is still there. A right that is none of those is given to nobody.
func (s *Schema) Thaw(ctx context.Context, all []schema.Held) error {
	for _, h := range all {
		for _, r := range h.Rights {
			if !slices.Contains(schema.Writes, r) {
				return fmt.Errorf("giving rights back: %w: %.40q is no right that a freeze takes", model.ErrNotDone, model.Clean(r))
			}
		}
	}
	return s.givesBack(ctx, nil, all)
}
