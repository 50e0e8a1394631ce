package act

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	driversql "github.com/go-sql-driver/mysql"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Accounts makes and locks accounts of one server. Its login is used for nothing else, and each look or call is a session of its own.
type Accounts struct {
	Login    mysql.Login                           // of who may; no User: only people do
	Database string                                // of the catalog
	Next     func(context.Context) (string, error) // the password of the account that is made; nil: none is known
}

// Standing is how the accounts of a server stand.
type Standing struct {
	Logins   []model.Login
	Sessions map[string][]uint64 // ids of the sessions of each account
}

// The closed list of what such a session is told. A %s is a text of this program, quoted for the server.
const (
	readsLogins   = "SELECT User, Host, plugin, account_locked FROM mysql.user"
	readsSessions = "SELECT ID, USER FROM information_schema.PROCESSLIST"
	createsUser   = "CREATE USER IF NOT EXISTS %s IDENTIFIED WITH %s BY %s REQUIRE SSL"
	setsUser      = "ALTER USER %s IDENTIFIED WITH %s BY %s REQUIRE SSL ACCOUNT UNLOCK"
	grantsUser    = "GRANT " + model.DirectorRights + " ON %s.* TO %s"
	locksUser     = "ALTER USER %s ACCOUNT LOCK"
	endsSession   = "KILL %d"
	readsGrants   = "SHOW GRANTS"
)

// dialler opens sessions by a login, one at a time.
type dialler struct{ login mysql.Login }

func (d dialler) Connect(ctx context.Context) (driver.Conn, error) { return d.login.Dial(ctx) }
func (d dialler) Driver() driver.Driver                            { return mysql.Driver() }

func (a *Accounts) with(ctx context.Context, do func(*sql.Conn) error) error {
	db := sql.OpenDB(dialler{a.Login})
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return mysql.FaultOf("connect to "+a.Login.Address+" as "+a.Login.User, err)
	}
	defer conn.Close()
	return do(conn)
}

// Look asks how the accounts stand.
func (a *Accounts) Look(ctx context.Context) (s Standing, err error) {
	err = a.with(ctx, func(conn *sql.Conn) error {
		s, err = standing(ctx, conn)
		return err
	})
	return s, err
}

func standing(ctx context.Context, conn *sql.Conn) (s Standing, err error) {
	s.Sessions = map[string][]uint64{}
	err = mysql.Ask(ctx, conn, readsLogins, nil, func(rows *sql.Rows) error {
		var l model.Login
		var locked string
		err := rows.Scan(&l.User, &l.Host, &l.Plugin, &locked)
		l.Locked = strings.EqualFold(locked, "Y")
		s.Logins = append(s.Logins, l)
		return err
	})
	if err != nil {
		return s, mysql.FaultOf("reading mysql.user", err)
	}
	err = mysql.Ask(ctx, conn, readsSessions, nil, func(rows *sql.Rows) error {
		var id uint64
		var user sql.NullString
		err := rows.Scan(&id, &user)
		s.Sessions[user.String] = append(s.Sessions[user.String], id)
		return err
	})
	return s, mysql.FaultOf("reading the sessions", err)
}

// Fence makes an account, where one is named, and locks another: it makes the account with the plugin of the one that it locks, so that whatever library logs in today does so
// tomorrow, and ends the sessions of the locked one. Done twice it comes to the same. No error tells what a statement was.
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
			return fmt.Errorf("%w: the password of %s holds a backslash or a control character, which servers read in two ways", model.ErrNotDone, makes)
		}
	}
	return a.with(ctx, func(conn *sql.Conn) error {
		s, err := standing(ctx, conn)
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

// Grants are what the server says that the login may do, one a line, without any password.
func (a *Accounts) Grants(ctx context.Context) (all []string, err error) {
	err = a.with(ctx, func(conn *sql.Conn) error {
		return mysql.Ask(ctx, conn, readsGrants, nil, func(rows *sql.Rows) error {
			var line string
			err := rows.Scan(&line)
			line, _, _ = strings.Cut(line, " IDENTIFIED BY ")
			all = append(all, model.Clean(line))
			return err
		})
	})
	return all, mysql.FaultOf("asking "+a.Login.Address+" for grants", err)
}

// Lacks are the rights that the grants of a login do not have and a fence needs: those on every database, and the Director's on the
// catalog's with the right to give them away.
func (a *Accounts) Lacks(grants []string) (lacks []string) {
	global, local, gives := "", "", false
	for _, g := range grants {
		rights, on, _ := strings.Cut(strings.TrimPrefix(g, "GRANT "), " ON ")
		switch {
		case strings.HasPrefix(on, "*.*"):
			global += ", " + rights
			if strings.Contains(rights, "ALL PRIVILEGES") || strings.Contains(on, "WITH GRANT OPTION") {
				local, gives = local+", "+rights, gives || strings.Contains(on, "WITH GRANT OPTION")
			}
		case strings.HasPrefix(on, "`"+a.Database+"`.*"):
			local, gives = local+", "+rights, gives || strings.Contains(on, "WITH GRANT OPTION")
		}
	}
	has := func(in, right string) bool {
		for _, r := range strings.Split(in, ",") {
			if r = strings.TrimSpace(r); r == right || r == "ALL PRIVILEGES" {
				return true
			}
		}
		return false
	}
	for _, right := range []string{"CREATE USER", "PROCESS", "CONNECTION_ADMIN"} {
		if !has(global, right) && (right != "CONNECTION_ADMIN" || !has(global, "SUPER")) {
			lacks = append(lacks, right+" ON *.*")
		}
	}
	for _, right := range strings.Split(model.DirectorRights, ", ") {
		if !has(local, right) {
			lacks = append(lacks, right+" ON "+a.Database+".*")
		}
	}
	if !gives {
		lacks = append(lacks, "GRANT OPTION ON "+a.Database+".*")
	}
	return lacks
}
