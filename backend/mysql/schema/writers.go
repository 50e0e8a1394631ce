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

// Writes are the rights on a schema by which it can be changed.
var Writes = []string{"INSERT", "UPDATE", "DELETE", "DROP", "CREATE", "ALTER", "INDEX", "REFERENCES", "TRIGGER", "EVENT", "CREATE VIEW",
	"CREATE ROUTINE", "ALTER ROUTINE", "EXECUTE", "DELETE HISTORY"}

// harmless are rights by which no table is changed. One that is neither here nor above is taken for one that changes them.
var harmless = []string{"USAGE", "SELECT", "SHOW VIEW", "SHOW DATABASES", "SHOW_ROUTINE", "SHOW CREATE ROUTINE", "PROCESS", "LOCK TABLES",
	"CREATE TEMPORARY TABLES", "REPLICATION CLIENT", "REPLICATION SLAVE", "BINLOG MONITOR", "SLAVE MONITOR", "REPLICA MONITOR", "RELOAD",
	"SHUTDOWN", "CONNECTION_ADMIN", "CONNECTION ADMIN", "GRANT OPTION"}

// locked are the accounts that a server is made with, which nobody can log in by.
var locked = []string{
	"'mysql.session'@'localhost'",
	"'mysql.sys'@'localhost'",
	"'mysql.infoschema'@'localhost'",
	"'mariadb.sys'@'localhost'",
}

// What is asked of rights besides those of look.
const (
	asksColumns = "SELECT GRANTEE, TABLE_NAME, PRIVILEGE_TYPE FROM information_schema.COLUMN_PRIVILEGES WHERE TABLE_SCHEMA = '%s'"
	asksProcs   = "SELECT User, Host, Db, Routine_name FROM mysql.procs_priv"
	asksMapping = "SELECT Role, User FROM mysql.roles_mapping" // of MariaDB
	asksEdges   = "SELECT FROM_USER, TO_USER FROM mysql.role_edges"
)

// Held are the rights of an account by which it can change the schema.
type Held struct {
	Grantee string // as the server names it: 'name'@'host'
	Rights  []string
}

func (h Held) String() string { return strings.Join(h.Rights, ", ") }

// Session is one of others.
type Session struct {
	ID       uint64
	User, DB string
}

// Standing is who may change a schema, and who is there.
type Standing struct {
	Held     []Held
	Beyond   []string // who may change it by what cannot be taken: a pattern, a table, a routine, or a right on everything
	Accounts []string // all there are, as grantees
	Sessions []Session

	members map[string][]string // by role
}

// Left are the sessions from before one that may change the schema by rights that these accounts had: a session keeps its rights on the
// schema that it has chosen, whoever's it is.
func (st *Standing) Left(name string, before uint64, had []Held) (out []Session) {
	users := map[string]bool{}
	var add func(string)
	add = func(user string) {
		if !users[user] {
			users[user] = true
			for _, m := range st.members[user] {
				add(m)
			}
		}
	}
	for _, h := range had {
		add(UserOf(h.Grantee))
	}
	for _, s := range st.Sessions {
		if s.ID < before && (users[s.User] || strings.EqualFold(s.DB, name)) {
			out = append(out, s)
		}
	}
	return out
}

// Writers tells who may change the schema.
func (s *Schema) Writers(ctx context.Context) (st Standing, err error) {
	err = s.Session(ctx, func(conn *sql.Conn) error {
		st, err = s.WritersOf(ctx, conn)
		return err
	})
	return st, err
}

// writers is a look at who may change a schema that goes on.
type writers struct {
	look
	standing
	Standing
}

// WritersOf asks in a session.
func (s *Schema) WritersOf(ctx context.Context, conn *sql.Conn) (st Standing, err error) {
	w := &writers{look: look{Schema: s, ctx: ctx, conn: conn}}
	for _, of := range []func() error{w.globally, w.onSchema, w.onParts, w.through, w.roles, w.there} {
		if err := of(); err != nil {
			return st, mysql.FaultOf("asking who may change "+s.Name, err)
		}
	}
	return w.Standing, nil
}

func (w *writers) globally() (err error) {
	if err := w.rows(asksServer, 3, func(r []string) { w.mariaDB = strings.Contains(strings.ToLower(r[1]), "mariadb") }); err != nil {
		return err
	}
	if w.standing, err = everybody(w.ctx, w.conn); err != nil {
		return err
	}
	if lacks := w.blind(); len(lacks) > 0 {
		return fmt.Errorf("this login is not shown what others have: GRANT %s ON *.* TO it", strings.Join(lacks, ", "))
	}
	for who, rights := range w.global {
		free := !slices.ContainsFunc(rights, func(r string) bool { return !slices.Contains(harmless, r) })
		if !free && !w.ours(who) && !slices.Contains(locked, who) && !slices.Contains(w.Known, UserOf(who)) {
			w.beyond("%s by a grant on everything", who)
		}
	}
	slices.Sort(w.Beyond)
	return w.rows(asksAccounts, 2, func(r []string) { w.Accounts = append(w.Accounts, "'"+r[0]+"'@'"+r[1]+"'") })
}

// ours tells whether an account is this program's. One that only has its name is not, and no session tells the two apart.
func (w *writers) ours(who string) bool {
	if name := UserOf(who); name == UserOf(w.self) && who != w.self {
		w.beyond("%s, which has the name of this login and is another account", who)
	}
	return slices.Contains(w.Own, UserOf(who))
}

// Plain tells whether a grantee's name and host are such that a statement is made of them.
func Plain(grantee string) bool {
	name, host := UserOf(grantee), grantee[max(strings.LastIndex(grantee, "'@'"), 0):]
	host = strings.TrimSuffix(strings.TrimPrefix(host, "'@'"), "'")
	return grantee == "'"+name+"'@'"+host+"'" && name != "" && model.Clean(grantee) == grantee &&
		!strings.ContainsAny(name+host, "'\\`\"\n\r\t")
}

func (w *writers) onSchema() error {
	return w.rows(asksSchema, 4, func(r []string) {
		right := strings.ToUpper(r[2])
		switch {
		case slices.Contains(harmless, right) || !matches(r[1], w.Name) || w.ours(r[0]):
		case r[1] != w.Name || !slices.Contains(Writes, right):
			w.beyond("%s by a grant of %s on %s", r[0], right, r[1])
		case !Plain(r[0]) || strings.HasSuffix(r[0], "@''") && !w.mariaDB: // of no host: there it is a role
			w.beyond("%s, of whose name no statement is made", r[0])
		default:
			i := slices.IndexFunc(w.Held, func(h Held) bool { return h.Grantee == r[0] })
			if i < 0 {
				w.Held, i = append(w.Held, Held{Grantee: r[0]}), len(w.Held)
			}
			w.Held[i].Rights = append(w.Held[i].Rights, right)
		}
	})
}

// onParts are rights on tables, columns and routines of it.
func (w *writers) onParts() error {
	for _, of := range []struct{ what, asks string }{{"the table", asksTable}, {"a column of", asksColumns}} {
		err := w.rows(fmt.Sprintf(of.asks, w.Name), 3, func(r []string) {
			if !slices.Contains(harmless, strings.ToUpper(r[2])) && !w.ours(r[0]) {
				w.beyond("%s by a grant on %s %s", r[0], of.what, r[1])
			}
		})
		if err != nil {
			return err
		}
	}
	return w.rows(asksProcs, 4, func(r []string) {
		if who := "'" + r[0] + "'@'" + r[1] + "'"; strings.EqualFold(r[2], w.Name) && !w.ours(who) {
			w.beyond("%s by a grant on the routine %s", who, r[3])
		}
	})
}

// through are objects elsewhere that change it with the rights of who made them.
func (w *writers) through() error {
	if err := w.objects(); err != nil {
		return err
	}
	for _, says := range append(w.Uses, w.Could...) {
		w.beyond("%s", says)
	}
	return nil
}

func (w *writers) roles() error {
	asks := asksEdges
	if w.mariaDB {
		asks = asksMapping
	}
	w.members = map[string][]string{}
	return w.rows(asks, 2, func(r []string) { w.members[r[0]] = append(w.members[r[0]], r[1]) })
}

func (w *writers) there() error {
	return w.rows(asksSessions, 4, func(r []string) {
		var id uint64
		_, err := fmt.Sscan(r[0], &id)
		if err == nil && !slices.Contains(w.Own, r[1]) && !slices.Contains([]string{"system user", "event_scheduler"}, r[1]) {
			w.Sessions = append(w.Sessions, Session{id, r[1], r[2]})
		}
	})
}

const asksGrants = "SHOW GRANTS"

// LacksOf are the rights that this login does not have and a freeze needs: to see and end sessions, and to give and take rights on the
// schema.
func (s *Schema) LacksOf(ctx context.Context, conn *sql.Conn) (lacks []string, err error) {
	var global []string
	gives := false
	err = rows(ctx, conn, asksGrants, 1, func(r []string) {
		rights, on, _ := strings.Cut(strings.TrimPrefix(strings.ToUpper(r[0]), "GRANT "), " ON ")
		if strings.HasPrefix(on, "*.*") {
			global = append(global, strings.Split(rights, ", ")...)
		}
		gives = gives || strings.Contains(on, "WITH GRANT OPTION") &&
			(strings.HasPrefix(on, "*.*") || strings.HasPrefix(on, "`"+strings.ToUpper(s.Name)+"`.*"))
	})
	if err != nil {
		return nil, mysql.FaultOf("asking for grants", err)
	}
	any := func(of ...string) bool {
		return slices.ContainsFunc(append(of, "ALL PRIVILEGES"), func(r string) bool { return slices.Contains(global, r) })
	}
	if !any("PROCESS") {
		lacks = append(lacks, "PROCESS ON *.*")
	}
	if !any("SUPER", "CONNECTION_ADMIN", "CONNECTION ADMIN") {
		lacks = append(lacks, "CONNECTION_ADMIN ON *.*")
	}
	if !gives {
		lacks = append(lacks, "GRANT OPTION ON "+s.Name+".*")
	}
	return lacks, nil
}

// Lacks are all rights that the rungs need and that this login does not have, those on a schema that would hold the tables among them. It
// asks in a session of its own.
func (s *Schema) Lacks(ctx context.Context, holding string) (lacks []string, err error) {
	err = s.Session(ctx, func(conn *sql.Conn) error {
		lacks, err = s.LacksOf(ctx, conn)
		if !s.May(ctx, conn, "*", "CREATE USER") {
			lacks = append(lacks, "CREATE USER ON *.*")
		}
		if !s.May(ctx, conn, holding, "ALTER", "CREATE", "DROP", "INSERT") {
			lacks = append(lacks, "ALL ON "+holding+".*")
		}
		return err
	})
	return lacks, err
}

// UsedBy says who uses the schema by what stands there beside its tables, or is there: sessions that have chosen it, and views, routines,
// events, triggers and references of others. Who may change it by a right is no part of that.
func (s *Schema) UsedBy(ctx context.Context, conn *sql.Conn) ([]string, error) {
	w := &writers{look: look{Schema: s, ctx: ctx, conn: conn}}
	for _, of := range []func() error{w.objects, w.references, w.there} {
		if err := of(); err != nil {
			return nil, mysql.FaultOf("asking who uses "+s.Name, err)
		}
	}
	out := append(w.Uses, w.Could...)
	for _, of := range w.Sessions {
		if strings.EqualFold(of.DB, s.Name) {
			out = append(out, model.Clean(fmt.Sprintf("%s has a session in %s", of.User, s.Name)))
		}
	}
	return out, nil
}

func (st *Standing) beyond(format string, args ...any) {
	if says := model.Clean(fmt.Sprintf(format, args...)); !slices.Contains(st.Beyond, says) {
		st.Beyond = append(st.Beyond, says)
	}
}
