//go:build lab

package run_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"switchyard/backend/mysql"
	"switchyard/backend/mysql/schema"
)

// real is a server of Debian's or of the lab's root, with a data directory of its own.
type real struct {
	t       *testing.T
	mariaDB bool
	root    string // where the programs of MySQL 9 are; empty: here
	dir     string // of data and socket, as the programs see it
	port    int
	db      *sql.DB // as root
}

// freePort is one below those that the kernel gives to clients: a server takes a while to take it.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 21700 + rand.IntN(1000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// program is one of the server's own.
func (r *real) program(argv ...string) []string {
	if r.root != "" {
		return append([]string{"chroot", r.root}, argv...)
	}
	return argv
}

func serveReal(t *testing.T, root, name string, id int, more ...string) *real {
	t.Helper()
	r := &real{t: t, mariaDB: root == "", root: root, dir: "/data-" + name, port: freePort(t)}
	if root == "" {
		r.dir = filepath.Join(t.TempDir(), name)
	}
	if err := os.MkdirAll(filepath.Join(root, r.dir), 0o755); err != nil {
		t.Fatal(err)
	}
	data := r.dir + "/data"
	makes := r.program(
		"mariadb-install-db",
		"--no-defaults",
		"--user=root",
		"--auth-root-authentication-method=normal",
		"--skip-test-db",
		"--datadir="+data,
	)
	server := "mariadbd"
	if !r.mariaDB {
		makes, server = r.program("mysqld", "--no-defaults", "--user=root", "--initialize-insecure", "--datadir="+data), "mysqld"
		more = append(more, "--mysqlx=OFF", "--secure-file-priv=NULL")
	}
	if out, err := exec.Command(makes[0], makes[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v: %s", makes, err, out)
	}
	argv := append(r.program(server, "--no-defaults", "--user=root", "--datadir="+data, "--socket="+r.dir+"/s", "--bind-address=127.0.0.1",
		fmt.Sprintf("--port=%d", r.port), fmt.Sprintf("--server-id=%d", id), "--log-bin=bin", "--performance-schema=ON", "--event-scheduler=ON",
		"--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0", "--pid-file="+r.dir+"/pid"), more...)
	cmd := exec.Command(argv[0], argv[1:]...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended; _ = log.Close() })
	if r.db, err = sql.Open("mysql", fmt.Sprintf("root@unix(%s/s)/", filepath.Join(root, r.dir))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.db.Close() })
	r.until("it answers: "+log.Name(), func() bool {
		select {
		case <-ended:
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("%v ended: %s", argv, said[max(0, len(said)-2000):])
		default:
		}
		return r.db.Ping() == nil
	})
	return r
}

func (r *real) until(what string, is func() bool) {
	r.t.Helper()
	for end := time.Now().Add(150 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("not within 150 s: %s", what)
		}
	}
}

func (r *real) addr() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }

func (r *real) tell(statements ...string) {
	r.t.Helper()
	for _, s := range statements {
		if _, err := r.db.Exec(s); err != nil {
			r.t.Fatalf("%s: %v", s, err)
		}
	}
}

func (r *real) number(query string) (n int) {
	r.t.Helper()
	if err := r.db.QueryRow(query).Scan(&n); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// as lets an account say something in a session of its own.
func (r *real) as(user, statement string) error {
	db, err := sql.Open("mysql", fmt.Sprintf("%s:pw@tcp(%s)/?allowNativePasswords=true", user, r.addr()))
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.Query(statement)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

const splitUser = "switchyard_split"

// accounts makes these, and the one that leaves the schema, with what the README asks for.
func (r *real) accounts(users ...string) {
	admin, monitor := "CONNECTION_ADMIN", "REPLICATION CLIENT"
	if r.mariaDB {
		admin, monitor = "CONNECTION ADMIN", "SLAVE MONITOR"
	}
	for _, u := range append(users, splitUser) {
		r.tell("CREATE USER " + u + "@'%' IDENTIFIED BY 'pw'")
	}
	r.tell("GRANT PROCESS, CREATE USER, "+admin+", "+monitor+", SELECT, SHOW VIEW, EVENT, TRIGGER ON *.* TO "+splitUser+"@'%'",
		"GRANT ALL ON bacula.* TO "+splitUser+"@'%' WITH GRANT OPTION", "GRANT ALL ON `bacula\\_\\_dropped\\_%`.* TO "+splitUser+"@'%'")
}

func (r *real) counts() {
	r.tell("INSERT INTO performance_schema.setup_actors VALUES ('%', '" + splitUser + "', '%', 'NO', 'NO')")
}

func (r *real) schema(name string) *schema.Schema {
	return &schema.Schema{
		Login: mysql.Login{Address: r.addr(), User: splitUser, Password: func(context.Context) (string, error) { return "pw", nil }},
		Name:  name,
		Own:   []string{splitUser},
		Known: []string{"root", "mysql", "repl", "bacula", "grafana", "batch"},
		Now:   time.Now,
	}
}

// clientFile is what the client's programs log in by.
func (r *real) clientFile() string {
	path := "/client-" + filepath.Base(r.dir) + ".cnf"
	if r.root == "" {
		path = filepath.Join(r.dir, "client.cnf")
	}
	text := fmt.Sprintf("[client]\nuser=root\nsocket=%s/s\nprotocol=SOCKET\n", r.dir)
	if err := os.WriteFile(filepath.Join(r.root, path), []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return path
}
