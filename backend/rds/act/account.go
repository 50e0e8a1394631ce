package act

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	driversql "github.com/go-sql-driver/mysql"

	"switchyard/backend/mysql"
	"switchyard/backend/rds"
	"switchyard/model"
)

// Accounts makes and locks accounts of one server. Its login is used for nothing else, and each look or call is a session of its own.
type Accounts struct {
	rds.Accounts
	Next func(context.Context) (string, error) // the password of the account that is made; nil: none is known
}

// The closed list of what such a session is told beside what rds.Accounts asks. A %s is a text of this program, quoted for the server.
const (
	createsUser = "CREATE USER IF NOT EXISTS %s IDENTIFIED WITH %s BY %s REQUIRE SSL"
	setsUser    = "ALTER USER %s IDENTIFIED WITH %s BY %s REQUIRE SSL ACCOUNT UNLOCK"
	grantsUser  = "GRANT " + model.DirectorRights + " ON %s.* TO %s"
	locksUser   = "ALTER USER %s ACCOUNT LOCK"
	endsSession = "KILL %d"
)

// Fence makes an account, where one is named, and locks another: it makes the account with the plugin of the one that it locks, so that
// whatever library logs in today does so tomorrow, and ends the sessions of the locked one. Done twice it comes to the same. No error tells
// what a statement was.
func (a *Accounts) Fence(ctx context.Context, makes, from, locks string) error {
	word := ""
	if makes != "" {
		if a.Next == nil {
			return fmt.Errorf("%w: the password of %s is not known", model.ErrNotDone, makes)
		}
		var err error
		if word, err = a.Next(ctx); err != nil {
			return fmt.Errorf("%w: the password of %s: %w", model.ErrNotDone, makes, err)
		}
		if strings.ContainsFunc(word, func(r rune) bool { return r == '\\' || r < ' ' }) {
			return fmt.Errorf(
				"%w: the password of %s holds a backslash or a control character, which servers read in two ways",
				model.ErrNotDone,
				makes,
			)
		}
	}
	return a.Session(ctx, func(conn *sql.Conn) error {
		s, err := rds.StandingOf(ctx, conn)
		if err != nil {
			return fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
		was := model.LoginsOf(s.Logins, locks)
		if len(was) == 0 {
			return fmt.Errorf("%w: there is no account %s", model.ErrNotDone, model.Clean(locks))
		}
		var told []string
		if makes != "" {
			who, plugin := account(makes, from), quote(was[0].Plugin)
			told = append(told, fmt.Sprintf(createsUser, who, plugin, quote(word)), fmt.Sprintf(setsUser, who, plugin, quote(word)),
				fmt.Sprintf(grantsUser, "`"+strings.ReplaceAll(a.Database, "`", "``")+"`", who))
		}
		for _, l := range was {
			told = append(told, fmt.Sprintf(locksUser, account(l.User, l.Host)))
		}
		for i, text := range told {
			if _, err := conn.ExecContext(ctx, text); err != nil {
				return fmt.Errorf("statement %d of %d: %w", i+1, len(told), silent(err))
			}
		}
		for _, id := range s.Sessions[locks] {
			if _, err := conn.ExecContext(ctx, fmt.Sprintf(endsSession, id)); err != nil && mysql.Number(err) != 1094 { // it has ended by itself
				return fmt.Errorf("ending a session of %s: %w", locks, silent(err))
			}
		}
		return nil
	})
}

// silent is a server's error without its words: they echo the statement, in which there may be a password.
func silent(err error) error {
	var said *driversql.MySQLError
	if errors.As(err, &said) {
		return fmt.Errorf("the server refuses it: error %d", said.Number)
	}
	return mysql.FaultOf("telling the server", err)
}

func account(user, host string) string {
	if host == "" {
		host = "%"
	}
	return quote(user) + "@" + quote(host)
}

// quote writes a text without backslashes as the server reads it back, whatever its sql_mode.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// Admits logs in as the account that was made, inside TLS: nothing else proves that its secret is the one that the server has.
func (a *Accounts) Admits(ctx context.Context, user string) error {
	login := a.Login
	login.User, login.Password, login.Token, login.Database = user, a.Next, false, a.Database
	conn, err := login.Dial(ctx)
	if err != nil {
		return mysql.FaultOf("connect to "+login.Address+" as "+user, err)
	}
	return conn.Close()
}
