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

// A session that was ended goes back what it had begun before it is gone.
const (
	looksMost  = 40
	looksEvery = 250 * time.Millisecond
)

// telling tells a server, one after the other, the statements that are made of what it says in the same session. The error is ErrNotDone
// when nothing was told.
func (s *Schema) telling(ctx context.Context, doing string, makes func(*sql.Conn) ([]string, error)) error {
	told := false
	err := s.Session(ctx, func(conn *sql.Conn) error {
		all, err := makes(conn)
		if err != nil {
			return err
		}
		for _, text := range all {
			told = true
			if err := tell(ctx, conn, text); err != nil {
				return mysql.FaultOf(doing, err)
			}
		}
		return nil
	})
	if err != nil && !told && !errors.Is(err, model.ErrNotDone) {
		err = fmt.Errorf("%w: %w", model.ErrNotDone, err)
	}
	return err
}

// asNoted refuses rights that an account was given since it was noted who has what.
func asNoted(now schema.Held, noted []schema.Held) error {
	for _, r := range now.Rights {
		if !slices.ContainsFunc(noted, func(n schema.Held) bool { return n.Grantee == now.Grantee && slices.Contains(n.Rights, r) }) {
			return fmt.Errorf("%s was given %s since it was noted who has what: take it away by hand, or make the plan anew",
				model.Clean(now.Grantee), model.Clean(r))
		}
	}
	return nil
}

// evicts ends sessions until none is left of those that began before its own, by their numbers. Whose they are is for the error.
func evicts(ctx context.Context, conn *sql.Conn, whose string, left func(mine uint64) ([]schema.Session, error)) error {
	var mine uint64
	if err := conn.QueryRowContext(ctx, asksOwn).Scan(&mine); err != nil {
		return mysql.FaultOf("asking which session this is", err)
	}
	for n := 0; ; n++ {
		all, err := left(mine)
		switch {
		case err != nil:
			return err
		case len(all) == 0:
			return nil
		case n == looksMost:
			return fmt.Errorf("%s %s goes on: %s", model.Plural(len(all), "session"), whose, model.Clean(all[0].User))
		}
		for _, of := range all {
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

// givesBack lets accounts in that are locked, and gives rights to who had them. Who is gone, be it an account or a role, is left out, as a
// server may make an account that it grants something; what one of them refuses keeps nothing from the others.
func (s *Schema) givesBack(ctx context.Context, accounts []string, rights []schema.Held) error {
	return s.Session(ctx, func(conn *sql.Conn) error {
		st, err := s.WritersOf(ctx, conn)
		if err != nil {
			return fmt.Errorf("giving back what was taken: %w: %w", model.ErrNotDone, err)
		}
		var failed []error
		give := func(who, format string, args ...any) {
			if !slices.Contains(st.Accounts, who) {
				return
			}
			name, err := quoted(who)
			if err == nil {
				err = tell(ctx, conn, fmt.Sprintf(format, append(args, name)...))
			}
			if err != nil {
				failed = append(failed, mysql.FaultOf("giving "+model.Clean(who)+" back what was taken", err))
			}
		}
		for _, who := range accounts {
			give(who, unlocks)
		}
		for _, h := range rights {
			give(h.Grantee, grants, h, s.Name)
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
