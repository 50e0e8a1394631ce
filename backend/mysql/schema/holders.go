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

// Holders are who may use a schema, as far as a lock can end it.
type Holders struct {
	Lock     []string // accounts that have rights on it, or had, and on nothing else, as grantees
	Open     []string // of them, those that may log in
	Take     []Held   // rights on it of who has others elsewhere: a lock takes these alone
	Beyond   []string // who may use it by what is not taken
	Sessions []Session
	Accounts []string            // all there are
	Has      map[string][]string // rights on it by its name, by grantee
}

// Left are the sessions of who is locked, and those of others that have chosen the schema.
func (h *Holders) Left(name string, before uint64) (out []Session) {
	users := map[string]bool{}
	for _, who := range h.Lock {
		users[UserOf(who)] = true
	}
	for _, s := range h.Sessions {
		if users[s.User] || s.ID < before && strings.EqualFold(s.DB, name) {
			out = append(out, s)
		}
	}
	return out
}

// What is asked of accounts besides the rights of others.
const (
	asksElsewhere = "SELECT GRANTEE, TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLE_PRIVILEGES"
	asksLocked    = "SELECT User, Host, account_locked FROM mysql.user"
	asksLockedOf  = "SELECT User, Host, JSON_VALUE(Priv, '$.account_locked') FROM mysql.global_priv" // of MariaDB
)

// Holders tells who may use the schema; had are accounts that could until it was frozen.
func (s *Schema) Holders(ctx context.Context, had []string) (h Holders, err error) {
	err = s.Session(ctx, func(conn *sql.Conn) error {
		h, err = s.HoldersOf(ctx, conn, had)
		return err
	})
	return h, err
}

// holders is a look at them that goes on.
type holders struct {
	writers
	Holders
	parts     map[string]bool // who has rights on a part of it
	elsewhere map[string]bool // who has a right on anything else, or is a role
	had       []string
}

// HoldersOf asks in a session.
func (s *Schema) HoldersOf(ctx context.Context, conn *sql.Conn, had []string) (Holders, error) {
	h := &holders{
		writers:   writers{look: look{Schema: s, ctx: ctx, conn: conn}},
		Holders:   Holders{Has: map[string][]string{}},
		parts:     map[string]bool{},
		elsewhere: map[string]bool{},
		had:       had,
	}
	for _, of := range []func() error{h.globally, h.rights, h.roles, h.members, h.there, h.sort} {
		if err := of(); err != nil {
			return Holders{}, mysql.FaultOf("asking who may use "+s.Name, err)
		}
	}
	return h.Holders, nil
}

// rights are those on the schema, its parts and everything else.
func (h *holders) rights() error {
	for who, all := range h.global {
		h.elsewhere[who] = slices.ContainsFunc(all, func(r string) bool { return r != "USAGE" })
	}
	err := h.rows(asksSchema, 4, func(r []string) {
		switch right := strings.ToUpper(r[2]); {
		case right == "USAGE":
		case r[1] == h.Name:
			h.Has[r[0]] = append(h.Has[r[0]], right)
		case matches(r[1], h.Name):
			h.elsewhere[r[0]], h.parts[r[0]] = true, true
		default:
			h.elsewhere[r[0]] = true
		}
	})
	if err == nil {
		err = h.rows(asksElsewhere, 3, func(r []string) {
			if strings.EqualFold(r[1], h.Name) {
				h.parts[r[0]] = true
			} else {
				h.elsewhere[r[0]] = true
			}
		})
	}
	if err == nil {
		err = h.rows(fmt.Sprintf(asksColumns, h.Name), 3, func(r []string) { h.parts[r[0]] = true })
	}
	return err
}

// members are roles, whose rights are those of others, and who has a role may use more than its own rights tell.
func (h *holders) members() error {
	for who := range h.Has {
		h.elsewhere[who] = h.elsewhere[who] || strings.HasSuffix(who, "@''")
	}
	for role, members := range h.writers.members {
		for _, who := range h.writers.Accounts {
			if name := UserOf(who); name == role || slices.Contains(members, name) {
				h.elsewhere[who] = true
			}
		}
	}
	return nil
}

// sort decides for each who is locked, and of whom rights are taken. Accounts of one name are locked together: no session tells them apart.
func (h *holders) sort() error {
	all := map[string]bool{}
	for who := range h.Has {
		all[who] = true
	}
	for who := range h.parts {
		all[who] = true
	}
	for _, who := range h.had {
		all[who] = all[who] || slices.Contains(h.writers.Accounts, who)
	}
	open := map[string]bool{}
	asks, yes := asksLocked, "Y"
	if h.mariaDB {
		asks, yes = asksLockedOf, "true"
	}
	err := h.rows(asks, 3, func(r []string) { open["'"+r[0]+"'@'"+r[1]+"'"] = !strings.EqualFold(r[2], yes) && r[2] != "1" })
	if err != nil {
		return err
	}
	shared := func(who string) bool {
		return slices.ContainsFunc(h.writers.Accounts, func(a string) bool {
			return UserOf(a) == UserOf(who) && (!all[a] || h.elsewhere[a] || h.ours(a))
		})
	}
	for who, uses := range all {
		switch {
		case !uses || h.ours(who) || slices.Contains(locked, who):
		case !Plain(who) || strings.HasSuffix(who, "@''") && !h.mariaDB:
			h.Holders.Beyond = append(h.Holders.Beyond, who+", of whose name no statement is made")
		case !h.elsewhere[who] && !shared(who):
			if h.Lock = append(h.Lock, who); open[who] {
				h.Open = append(h.Open, who)
			}
		case h.parts[who] && !slices.Contains(h.Known, UserOf(who)):
			h.Holders.Beyond = append(h.Holders.Beyond, who+" by a pattern, or on a part of it")
		case len(h.Has[who]) > 0:
			slices.Sort(h.Has[who])
			h.Take = append(h.Take, Held{Grantee: who, Rights: h.Has[who]})
		}
	}
	for who, rights := range h.global {
		reads := slices.ContainsFunc(rights, func(r string) bool { return slices.Contains(reads, r) })
		if reads && !h.ours(who) && !slices.Contains(locked, who) && !slices.Contains(h.Known, UserOf(who)) {
			h.Holders.Beyond = append(h.Holders.Beyond, who+" by a grant on everything")
		}
	}
	h.Holders.Sessions, h.Holders.Accounts = h.writers.Sessions, h.writers.Accounts
	for i, b := range h.Holders.Beyond {
		h.Holders.Beyond[i] = model.Clean(b)
	}
	slices.Sort(h.Lock)
	slices.Sort(h.Open)
	slices.Sort(h.Holders.Beyond)
	slices.SortFunc(h.Take, func(a, b Held) int { return strings.Compare(a.Grantee, b.Grantee) })
	return nil
}
