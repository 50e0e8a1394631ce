package rds

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"

	"switchyard/backend/mysql"
	"switchyard/model"
)

// Accounts reads how the accounts of one server stand, by the login that may make and lock them, and what that one may do.
type Accounts struct {
	Login    mysql.Login // no User: only people make accounts
	Database string      // of the catalog
}

// Standing is how the accounts of a server stand.
type Standing struct {
	Logins   []model.Login
	Sessions map[string][]uint64 // ids of the sessions of each account
}

// What such a session is asked, beside the accounts.
const (
	asksSessions = "SELECT ID, USER FROM information_schema.PROCESSLIST"
	asksGrants   = "SHOW GRANTS"
)

// dialler opens sessions by a login, one at a time.
type dialler struct{ login mysql.Login }

func (d dialler) Connect(ctx context.Context) (driver.Conn, error) { return d.login.Dial(ctx) }
func (d dialler) Driver() driver.Driver                            { return mysql.Driver() }

// Session lets something be asked in a session of its own.
func (a *Accounts) Session(ctx context.Context, do func(*sql.Conn) error) error {
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
	err = a.Session(ctx, func(conn *sql.Conn) error {
		s, err = StandingOf(ctx, conn)
		return err
	})
	return s, err
}

// StandingOf asks in a session how the accounts stand.
func StandingOf(ctx context.Context, conn *sql.Conn) (s Standing, err error) {
	s.Sessions = map[string][]uint64{}
	err = mysql.Ask(ctx, conn, stLogins.Text, nil, func(rows *sql.Rows) error {
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
	err = mysql.Ask(ctx, conn, asksSessions, nil, func(rows *sql.Rows) error {
		var id uint64
		var user sql.NullString
		err := rows.Scan(&id, &user)
		s.Sessions[user.String] = append(s.Sessions[user.String], id)
		return err
	})
	return s, mysql.FaultOf("reading the sessions", err)
}

// Grants are what the server says that the login may do, one a line, without any password.
func (a *Accounts) Grants(ctx context.Context) (all []string, err error) {
	err = a.Session(ctx, func(conn *sql.Conn) error {
		return mysql.Ask(ctx, conn, asksGrants, nil, func(rows *sql.Rows) error {
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
