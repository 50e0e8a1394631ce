// Package act takes the rights to change a schema away, and gives them back.
package act

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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
	asksOwn = "SELECT CONNECTION_ID()" // sessions are numbered as they begin
)

// A session that was ended goes back what it had begun before it is gone.
const (
	looksMost  = 40
	looksEvery = 250 * time.Millisecond
)

// Freeze takes the rights to change the schema away, as far as they are noted, and ends the sessions from before that. It is done only once
// nobody has a right and none of those sessions is left.
func (s *Schema) Freeze(ctx context.Context, noted []schema.Held) error {
	var told bool
	err := s.Session(ctx, func(conn *sql.Conn) error {
		all, err := s.takes(ctx, conn, noted)
		if err != nil {
			return fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
		for _, text := range all {
			told = true
			if err := tell(ctx, conn, text); err != nil {
				return mysql.FaultOf("taking the right to change it", err)
			}
		}
		return nil
	})
	if err != nil {
		if !told && !errors.Is(err, model.ErrNotDone) {
			err = fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
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
		for _, r := range h.Rights {
			if !slices.ContainsFunc(noted, func(n schema.Held) bool { return n.Grantee == h.Grantee && slices.Contains(n.Rights, r) }) {
				return nil, fmt.Errorf("%s was given %s since it was noted who has what: take it away by hand, or make the plan anew",
					model.Clean(h.Grantee), model.Clean(r))
			}
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
	var mine uint64
	if err := conn.QueryRowContext(ctx, asksOwn).Scan(&mine); err != nil {
		return mysql.FaultOf("asking which session this is", err)
	}
	for n := 0; ; n++ {
		st, err := s.WritersOf(ctx, conn)
		if err != nil {
			return err
		}
		left := st.Left(s.Name, mine, noted)
		switch {
		case len(st.Held)+len(st.Beyond) > 0:
			return errors.New("somebody was given a right to change it meanwhile")
		case len(left) == 0:
			return nil
		case n == looksMost:
			return fmt.Errorf("%s from before it was frozen goes on: %s", model.Plural(len(left), "session"), model.Clean(left[0].User))
		}
		for _, of := range left {
			if err := tell(ctx, conn, fmt.Sprintf(ends, of.ID)); err != nil && mysql.Number(err) != 1094 { // it has ended by itself
				return mysql.FaultOf("ending a session of "+model.Clean(of.User), err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(looksEvery):
		}
	}
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
	return s.Session(ctx, func(conn *sql.Conn) error {
		st, err := s.WritersOf(ctx, conn)
		if err != nil {
			return fmt.Errorf("giving rights back: %w: %w", model.ErrNotDone, err)
		}
		var failed []error
		for _, h := range all {
			if !slices.Contains(st.Accounts, h.Grantee) { // a server may make an account that it grants something
				continue
			}
			who, err := quoted(h.Grantee)
			if err == nil {
				err = tell(ctx, conn, fmt.Sprintf(grants, h, s.Name, who))
			}
			if err != nil {
				failed = append(failed, mysql.FaultOf("giving "+model.Clean(h.Grantee)+" its rights back", err))
			}
		}
		return errors.Join(failed...)
	})
}

// quoted writes a grantee into a statement; a role of MariaDB has no host.
func quoted(grantee string) (string, error) {
	if !schema.Plain(grantee) {
		return "", fmt.Errorf("no statement is made of the name %.40q", model.Clean(grantee))
	}
	return strings.TrimSuffix(grantee, "@''"), nil
}

func tell(ctx context.Context, conn *sql.Conn, text string) error {
	_, err := conn.ExecContext(ctx, text)
	return err
}
