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

// What a lock tells a server. Accounts are quoted.
const (
	locks   = "ALTER USER %s ACCOUNT LOCK"
	unlocks = "ALTER USER %s ACCOUNT UNLOCK"
)

// Lock keeps accounts out that have rights on the schema alone, takes the rights on it of those that have others elsewhere, as far as both
// are noted, and ends their sessions. It is done only once none is left. Had are accounts that could use it until it was frozen.
func (s *Schema) Lock(ctx context.Context, had, accounts []string, rights []schema.Held) error {
	if err := s.telling(ctx, "locking its accounts", func(conn *sql.Conn) ([]string, error) {
		return s.lockWith(ctx, conn, had, accounts, rights)
	}); err != nil {
		return err
	}
	return s.Session(ctx, func(conn *sql.Conn) error { return s.out(ctx, conn, had) }) // it begins after the last account was locked
}

// lockWith are the statements of a lock; an error tells why there is none.
func (s *Schema) lockWith(ctx context.Context, conn *sql.Conn, had, accounts []string, rights []schema.Held) (all []string, err error) {
	if err := s.leads(ctx, conn); err != nil {
		return nil, err
	}
	lacks, err := s.LacksOf(ctx, conn)
	if err == nil && !s.May(ctx, conn, "*", "CREATE USER") {
		lacks = append(lacks, "CREATE USER ON *.*")
	}
	if err != nil {
		return nil, err
	}
	h, err := s.HoldersOf(ctx, conn, had)
	switch {
	case err != nil:
		return nil, err
	case len(lacks) > 0:
		return nil, fmt.Errorf("this login lacks %s", strings.Join(lacks, ", "))
	case len(h.Beyond) > 0:
		return nil, fmt.Errorf("take this away by hand, or account for it in act.split.known: %s", model.Few(h.Beyond, 4))
	}
	for _, who := range h.Open {
		if !slices.Contains(accounts, who) {
			return nil, fmt.Errorf("%s came since it was noted who is to be locked: make the plan anew", model.Clean(who))
		}
		name, err := quoted(who)
		if err != nil {
			return nil, err
		}
		all = append(all, fmt.Sprintf(locks, name))
	}
	for _, t := range h.Take {
		if err := asNoted(t, rights); err != nil {
			return nil, err
		}
		name, err := quoted(t.Grantee)
		if err != nil {
			return nil, err
		}
		all = append(all, fmt.Sprintf(revokes, t, s.Name, name))
	}
	return all, nil
}

// out ends the sessions of who is locked, and those from before its own that have chosen the schema, until none is left.
func (s *Schema) out(ctx context.Context, conn *sql.Conn, had []string) error {
	return evicts(ctx, conn, "of who is locked out", func(mine uint64) ([]schema.Session, error) {
		h, err := s.HoldersOf(ctx, conn, had)
		if err == nil && len(h.Open)+len(h.Take)+len(h.Beyond) > 0 {
			err = errors.New("somebody was let in meanwhile")
		}
		if err != nil {
			return nil, err
		}
		return h.Left(s.Name, mine), nil
	})
}

// Unlock lets accounts in again that a lock keeps out, and gives back what it took, to each account that is still there.
func (s *Schema) Unlock(ctx context.Context, accounts []string, rights []schema.Held) error {
	for _, h := range rights {
		for _, r := range h.Rights {
			if !plainRight(r) {
				return fmt.Errorf("giving rights back: %w: %.40q is no right on a schema", model.ErrNotDone, model.Clean(r))
			}
		}
	}
	return s.givesBack(ctx, accounts, rights)
}

// plainRight tells a right on a schema from one on more: these are the ones that reach beyond it.
func plainRight(r string) bool {
	return slices.Contains(schema.Writes, r) || slices.Contains(schema.OnOne, r)
}
