package rds

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// loginsEvery is how often a server is asked which accounts it has.
const loginsEvery = time.Minute

// logins are the accounts of a server as they were told last.
type logins struct {
	at  time.Time
	all []model.Login
	why string
}

// whoMay tells which accounts the server has, and how each proves itself. Who may not ask is told so, and the look goes on.
func (s *Server) whoMay(ctx context.Context, conn *sql.Conn, out *model.Server, now time.Time) error {
	s.mu.Lock()
	last := s.logins
	s.mu.Unlock()
	if last.at.IsZero() || now.Sub(last.at) >= loginsEvery || now.Before(last.at) {
		last = logins{at: now, all: []model.Login{}}
		err := mysql.Ask(ctx, conn, stLogins.Text, nil, func(rows *sql.Rows) error {
			var l model.Login
			var locked string
			err := rows.Scan(&l.User, &l.Host, &l.Plugin, &locked)
			l.User, l.Host, l.Plugin, l.Locked = model.Literal(l.User), model.Literal(l.Host), model.Clean(l.Plugin), strings.EqualFold(locked, "Y")
			last.all = append(last.all, l)
			return err
		})
		switch {
		case mysql.Number(err) == 1054 || mysql.Denied(err): // MariaDB has no such column
			last.all, last.why = nil, "the account may not read User, Host, plugin and account_locked of mysql.user"
		case err != nil:
			return err
		}
		s.mu.Lock()
		s.logins = last
		s.mu.Unlock()
	}
	out.Logins, out.LoginsWhy = last.all, last.why
	return nil
}

// Directors tells whether an account is one of the Director's.
func (s *Server) Directors(user string) bool {
	return user != "" && (user == s.o.Director || user == s.o.Next)
}

// Cipher is how one session of an account is encrypted.
type Cipher struct {
	User   string
	Cipher string // empty: it is not
}

// sealed are the Director's sessions as they were seen last.
type sealed struct {
	at   time.Time // when that was asked
	seen model.Sealed
}

// seals tells how the sessions of the Director's accounts are encrypted. Who may not ask is told so, and the look goes on; what was seen
// last stays known while there is none.
func (s *Server) seals(ctx context.Context, conn *sql.Conn, out *model.Server, now time.Time) error {
	if s.o.Director == "" {
		out.Sealed.Why = "rds.director_account does not name the Director's account"
		return nil
	}
	s.mu.Lock()
	last := s.sealed
	s.mu.Unlock()
	if last.at.IsZero() || now.Sub(last.at) >= loginsEvery || now.Before(last.at) {
		all, err := s.ciphers(ctx, conn)
		last.at, last.seen.Why, last.seen.Nothing = now, "", true
		is := model.Sealed{At: now}
		for _, c := range all {
			switch {
			case !s.Directors(c.User):
			case c.Cipher != "":
				is.Sealed++
			default:
				is.Plain++
			}
		}
		switch {
		case mysql.Denied(err) || mysql.Number(err) == 1146 || mysql.Number(err) == 1109: // or it has no such table
			last.seen = model.Sealed{Why: "the account may not read performance_schema.threads and status_by_thread"}
		case errors.Is(err, model.ErrAnswer):
			last.seen = model.Sealed{Why: "its Performance Schema is off"}
		case err != nil:
			return err
		case is.Sealed+is.Plain > 0:
			last.seen = is
		}
		s.mu.Lock()
		s.sealed = last
		s.mu.Unlock()
	}
	out.Sealed = last.seen
	return nil
}

// Ciphers tells how each session of the server is encrypted. The error is ErrNotAllowed for an account that may not ask, and ErrAnswer
// where the server does not even tell of the session that asks.
func (s *Server) Ciphers(ctx context.Context) (all []Cipher, err error) {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return nil, mysql.FaultOf("connect to "+s.o.Address, err)
	}
	defer conn.Close()
	if all, err = s.ciphers(ctx, conn); err != nil {
		return nil, mysql.FaultOf(fmt.Sprintf("ask %s for the ciphers of sessions", s.o.Address), err)
	}
	return all, nil
}

func (s *Server) ciphers(ctx context.Context, conn *sql.Conn) (all []Cipher, err error) {
	own := false
	err = mysql.Ask(ctx, conn, stCiphers.Text, nil, func(rows *sql.Rows) error {
		var user, cipher sql.NullString
		err := rows.Scan(&user, &cipher)
		own = own || user.String == s.o.User
		all = append(all, Cipher{model.Literal(user.String), model.Clean(cipher.String)})
		return err
	})
	if err == nil && !own {
		err = &model.Fault{Kind: model.ErrAnswer, Says: "performance_schema tells of no session"}
	}
	return all, err
}
