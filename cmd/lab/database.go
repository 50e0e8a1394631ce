package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/go-sql-driver/mysql"
)

// server is one database server. Blue's catalog and the chains' schemas are on MariaDB, green's catalog and its replica on MySQL.
type server struct {
	name  string
	id    int
	mysql bool
}

var servers = []server{{"sources", 1, false}, {"blue", 2, false}, {"green", 3, true}, {"replica", 4, true}}

func findServer(name string) (server, error) {
	for _, s := range append(slices.Clone(servers), scratchServer) {
		if s.name == name {
			return s, nil
		}
	}
	return server{}, fmt.Errorf("%w: there is no server %q: want sources, blue, green, replica or scratch", errNeeds, name)
}

func (l *lab) serverDir(s server) string {
	if s.mysql {
		return l.path("green", "db-"+s.name)
	}
	return l.path("blue", "db-"+s.name)
}

func (l *lab) serverProcess(s server) process {
	dir := l.serverDir(s)
	p := process{
		name: "db-" + s.name, port: l.port("db-" + s.name), sock: dir + "/mysqld.sock",
		args: []string{"/usr/sbin/mariadbd", "--defaults-file=" + dir + "/my.cnf"}, who: l.hostUser(), zone: "UTC", grace: 15 * time.Second,
	}
	if s.mysql {
		p.args[0], p.root, p.who = "/usr/sbin/mysqld", l.root(), l.rootUser()
		p.grace = 3 * time.Second       // a source waits 10 s for replicas that are gone
		p.stale = dir + "/mysqld.sock*" // it names the process that was killed, which may be a zombie for a while
	}
	return p
}

// startServer makes the server's directory when it is not there, starts it, and gives its administrator a password.
func (l *lab) startServer(ctx context.Context, s server) error {
	dir, p := l.serverDir(s), l.serverProcess(s)
	if err := mkdir(dir, 0o700, p.who); err != nil {
		return fmt.Errorf("making %s: %w", dir, err)
	}
	text := "mariadb.cnf"
	if s.mysql {
		text = "mysql.cnf"
	}
	conf, err := render(text, map[string]any{"Dir": dir, "Port": p.port, "ID": s.id, "TLS": l.path("green", "tls")})
	if err != nil {
		return err
	}
	if _, err := write(dir+"/my.cnf", conf, 0o644, p.who); err != nil {
		return err
	}
	fresh := !l.made(s)
	if fresh {
		if _, runs := l.alive(p.name); runs {
			return fmt.Errorf("making the server %s: a half-made one runs; try down first", s.name)
		}
		if err := l.initServer(ctx, s, p); err != nil {
			return err
		}
	}
	if err := l.start(ctx, p); err != nil {
		return fmt.Errorf("%w (see %s/error.log)", err, dir)
	}
	if !fresh {
		return nil
	}
	if err := l.giveRootPassword(ctx, s); err != nil {
		return err
	}
	_, err = write(dir+"/made", "", 0o644, p.who)
	return err
}

func (l *lab) initServer(ctx context.Context, s server, p process) error {
	l.say("making the database server %s", s.name)
	dir := l.serverDir(s)
	if err := os.RemoveAll(dir + "/data"); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "/usr/bin/mariadb-install-db", "--defaults-file="+dir+"/my.cnf",
		"--auth-root-authentication-method=normal", "--skip-test-db")
	if s.mysql {
		cmd = exec.CommandContext(ctx, p.args[0], p.args[1], "--initialize-insecure")
	}
	cmd.Dir = "/"
	cmd.SysProcAttr = processAttr(p)
	if err := mkdir(dir+"/data", 0o700, p.who); err != nil {
		return err
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		log, _ := os.ReadFile(dir + "/error.log")
		return fmt.Errorf("making the server %s: %w: %s %s", s.name, err, tail(out), tail(log))
	}
	return nil
}

func (l *lab) giveRootPassword(ctx context.Context, s server) error {
	secret, err := l.secret("root")
	if err != nil {
		return err
	}
	db, err := l.connect(s, "", "")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "ALTER USER root@localhost IDENTIFIED BY '"+secret+"'"); err != nil {
		return fmt.Errorf("giving the administrator of %s a password: %w", s.name, err)
	}
	return nil
}

// admin opens a server as its administrator, by its socket.
func (l *lab) admin(s server, schema string) (*sql.DB, error) {
	secret, err := l.secret("root")
	if err != nil {
		return nil, err
	}
	return l.connect(s, secret, schema)
}

// adminOf is admin of the server with that name.
func (l *lab) adminOf(name, schema string) (*sql.DB, server, error) {
	s, err := findServer(name)
	if err != nil {
		return nil, s, err
	}
	db, err := l.admin(s, schema)
	return db, s, err
}

func (l *lab) connect(s server, password, schema string) (*sql.DB, error) {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.DBName = "root", password, schema
	c.Net, c.Addr = "unix", l.serverDir(s)+"/mysqld.sock"
	c.MultiStatements, c.AllowNativePasswords = true, true
	c.MaxAllowedPacket = 64 << 20
	c.Timeout = 5 * time.Second
	conn, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(conn)
	db.SetMaxOpenConns(1)
	return db, nil
}

// printSQL runs statements and prints what the last one answers.
func (l *lab) printSQL(ctx context.Context, name, statement string) error {
	s, err := findServer(name)
	if err != nil {
		return err
	}
	schema := "bacula"
	if s.name == "sources" {
		schema = ""
	}
	db, err := l.admin(s, schema)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, statement)
	if err != nil {
		return fmt.Errorf("asking %s: %w", name, err)
	}
	defer rows.Close()
	for more := true; more; more = rows.NextResultSet() {
		if err := l.printRows(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (l *lab) printRows(rows *sql.Rows) error {
	columns, err := rows.Columns()
	if err != nil || len(columns) == 0 {
		return err
	}
	w := tabwriter.NewWriter(l.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(columns, "\t"))
	values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			text := "NULL"
			if v.Valid {
				text = fmt.Sprintf("%q", v.String)
				text = text[1 : len(text)-1]
			}
			if i > 0 {
				text = "\t" + text
			}
			fmt.Fprint(w, text)
		}
		fmt.Fprintln(w)
	}
	return errors.Join(w.Flush(), rows.Err())
}

// hostUser is the user of blue's daemons and rootUser of green's: the packages' own, which are not root.
func (l *lab) hostUser() owner { return userIn("/", "bacula") }
func (l *lab) rootUser() owner { return userIn(l.root(), "bacula") }

func userIn(root, name string) owner {
	b, _ := os.ReadFile(filepath.Join(root, "etc/passwd"))
	return parsePasswd(string(b), name)
}

// parsePasswd finds a user's ids; the zero owner would be root, so somebody unknown is nobody.
func parsePasswd(text, name string) owner {
	o := owner{65534, 65534}
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) > 3 && f[0] == name {
			var uid, gid int
			if _, err := fmt.Sscanf(f[2]+" "+f[3], "%d %d", &uid, &gid); err == nil {
				o = owner{uid, gid}
			}
		}
	}
	return o
}
