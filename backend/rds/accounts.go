package rds

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"regexp"
	"slices"
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
	r := rightsOf(grants, a.Database)
	for _, right := range []string{"CREATE USER", "PROCESS", "CONNECTION_ADMIN"} {
		if !hasRight(r.global, right) && (right != "CONNECTION_ADMIN" || !hasRight(r.global, "SUPER")) {
			lacks = append(lacks, right+" ON *.*")
		}
	}
	lacks = append(lacks, r.lacks(strings.Split(model.DirectorRights, ", "))...)
	if !r.gives || hasRight(r.taken, "GRANT OPTION") {
		lacks = append(lacks, "GRANT OPTION ON "+a.Database+".*")
	}
	return lacks
}

// LacksNumbers are the rights on a catalog's tables that the grants of a login do not have, and that ALTER TABLE ... AUTO_INCREMENT asks
// for (MySQL's manual: ALTER, CREATE and INSERT). INSERT is what the rows of lost volumes take, too.
func LacksNumbers(grants []string, database string) []string {
	return rightsOf(grants, database).lacks([]string{"ALTER", "CREATE", "INSERT"})
}

// rights are what the lines of SHOW GRANTS give.
type rights struct {
	database      string
	global, local []string // on everything, and on the database, in whatever way
	taken         []string // and taken from it on the database
	gives         bool     // the local ones may be given away
}

func rightsOf(grants []string, database string) rights {
	r := rights{database: database}
	for _, g := range grants {
		taken, away := strings.CutPrefix(g, "REVOKE ")
		words, on, _ := strings.Cut(strings.TrimPrefix(taken, "GRANT "), " ON ")
		var list []string
		for _, w := range strings.Split(words, ",") {
			list = append(list, strings.TrimSpace(w))
		}
		gives := strings.Contains(on, "WITH GRANT OPTION")
		switch {
		case away && onDatabase(on, database): // of what it has on everything, where partial_revokes is on
			r.taken = append(r.taken, list...)
		case away:
		case strings.HasPrefix(on, "*.*"): // holds on the database, too
			r.global, r.local, r.gives = append(r.global, list...), append(r.local, list...), r.gives || gives
		case onDatabase(on, database):
			r.local, r.gives = append(r.local, list...), r.gives || gives
		}
	}
	return r
}

// onDatabase tells whether a grant is on all of a database, whose name it may give as a pattern of LIKE.
func onDatabase(on, database string) bool {
	name, rest, _ := strings.Cut(strings.TrimPrefix(on, "`"), "`")
	if !strings.HasPrefix(on, "`") || !strings.HasPrefix(rest, ".*") {
		return false
	}
	var re strings.Builder
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '\\' && i+1 < len(name):
			i++
			re.WriteString(regexp.QuoteMeta(name[i : i+1]))
		case c == '_':
			re.WriteByte('.')
		case c == '%':
			re.WriteString(".*")
		default:
			re.WriteString(regexp.QuoteMeta(name[i : i+1]))
		}
	}
	is, err := regexp.MatchString("^(?s:"+re.String()+")$", database)
	return err == nil && is
}

func (r rights) lacks(want []string) (lacks []string) {
	for _, right := range want {
		if !hasRight(r.local, right) || hasRight(r.taken, right) {
			lacks = append(lacks, right+" ON "+r.database+".*")
		}
	}
	return lacks
}

func hasRight(in []string, right string) bool {
	return slices.Contains(in, right) || slices.Contains(in, "ALL PRIVILEGES")
}
