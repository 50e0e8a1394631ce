package cluster

import (
	"bufio"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Dumps are the names under which this program does what mysqldump and mysql do, as far as an archive needs it.
var Dumps = []string{"schema-dump", "schema-load"}

// Dump is what this program does under one of them: --defaults-extra-file=FILE DATABASE prints every table, or carries out what it reads.
func Dump(name string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if err := dump(name, args, stdin, stdout); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 2
	}
	return 0
}

func dump(name string, args []string, stdin io.Reader, stdout io.Writer) error {
	file, database := "", ""
	for _, a := range args {
		if f, is := strings.CutPrefix(a, "--defaults-extra-file="); is {
			file = f
		} else if !strings.HasPrefix(a, "-") {
			database = a
		}
	}
	db, err := clientOf(file, database)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	if name == Dumps[1] {
		return loads(conn, stdin)
	}
	out := bufio.NewWriter(stdout)
	if err := prints(conn, out); err != nil {
		return err
	}
	fmt.Fprintln(out, "-- Dump completed")
	return out.Flush()
}

func clientOf(file, database string) (*sql.DB, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	of := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		of[key] = value
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.Passwd, cfg.DBName = "tcp", of["host"]+":"+cmp.Or(
		of["port"],
		"3306",
	), of["user"], of["password"], database
	c, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// prints writes a statement a line, and no line within one.
func prints(conn *sql.Conn, out io.Writer) error {
	ctx := context.Background()
	names, err := conn.QueryContext(ctx, "SHOW TABLES")
	if err != nil {
		return err
	}
	var tables []string
	for names.Next() {
		var t string
		if err := names.Scan(&t); err != nil {
			return err
		}
		tables = append(tables, t)
	}
	if err := errors.Join(names.Err(), names.Close()); err != nil {
		return err
	}
	for _, t := range tables {
		fmt.Fprintf(out, "DELETE FROM `%s`;\n", t)
		if err := printsTable(ctx, conn, out, t); err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
	}
	return nil
}

func printsTable(ctx context.Context, conn *sql.Conn, out io.Writer, table string) error {
	rows, err := conn.QueryContext(ctx, "SELECT * FROM `"+table+"`")
	if err != nil {
		return err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return err
	}
	held, to := make([]sql.RawBytes, len(types)), make([]any, len(types))
	for i := range held {
		to[i] = &held[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
		values := make([]string, len(held))
		for i, v := range held {
			switch kind := types[i].DatabaseTypeName(); {
			case v == nil:
				values[i] = "NULL"
			case strings.Contains(kind, "INT") || kind == "DOUBLE" || kind == "FLOAT":
				values[i] = string(v)
			default:
				values[i] = "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(string(v)) + "'"
			}
		}
		if _, err := fmt.Fprintf(out, "INSERT INTO `%s` VALUES (%s);\n", table, strings.Join(values, ", ")); err != nil {
			return err
		}
	}
	return rows.Err()
}

func loads(conn *sql.Conn, in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if text := strings.TrimSuffix(strings.TrimSpace(line), ";"); text != "" && !strings.HasPrefix(text, "--") {
			if _, err := conn.ExecContext(context.Background(), text); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
