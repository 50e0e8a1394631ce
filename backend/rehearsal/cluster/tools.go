package cluster

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"switchyard/model"
)

// CheckFile is what bacula-dir -t and bdirjson find in a configuration file: nothing, or what Bacula says of it. They do not tell the two
// generations apart, as both find what dangles. What is wrong with the catalog is not found here.
func CheckFile(path string) error {
	_, err := readConfig(path, os.ReadFile)
	if err != nil {
		return fmt.Errorf("bdirjson: ERROR TERMINATION at parse_conf.c:615\nConfig error: %w", err)
	}
	return nil
}

// JSONOf writes a configuration as bdirjson prints it, as far as it is read of it: its Director and its jobs, with their JobDefs.
func JSONOf(path string, out io.Writer) error {
	if err := CheckFile(path); err != nil {
		return err
	}
	conf, err := readConfig(path, os.ReadFile)
	if err != nil {
		return err
	}
	type named struct {
		Name    string
		Enabled *bool `json:",omitempty"`
	}
	var all []map[string]named
	for _, name := range conf.of["director"] {
		all = append(all, map[string]named{"Director": {Name: name}})
	}
	for _, name := range conf.of["job"] {
		on := !conf.all["job"][name].no("enabled")
		all = append(all, map[string]named{"Job": {Name: name, Enabled: &on}})
	}
	return json.NewEncoder(out).Encode(all)
}

// opensCatalog logs in to the catalog of a configuration, as bacula-dir -t does: where the password is in a file, as a rehearsal's
// Directors begin with one that opens nothing.
func opensCatalog(path string) error {
	conf, err := readConfig(path, os.ReadFile)
	if err != nil {
		return err
	}
	user, password := conf.login()
	names := conf.of["catalog"]
	if len(names) == 0 || !strings.HasPrefix(conf.all["catalog"][names[0]].get("dbpassword"), "@") {
		return nil
	}
	o := mysql.NewConfig()
	o.Net, o.Addr, o.User, o.Passwd, o.DBName = "tcp", catalogAt(conf.all["catalog"][names[0]]), user, password, "bacula"
	o.TLSConfig, o.Timeout, o.ReadTimeout, o.Logger = "skip-verify", openLimit, openLimit, &mysql.NopLogger{}
	db, err := sql.Open("mysql", o.FormatDSN())
	if err == nil {
		defer db.Close()
		err = db.Ping()
	}
	if err != nil {
		return fmt.Errorf("bacula-dir: dird.c:1190 Could not open Catalog %q, database \"bacula\": %w", names[0], err)
	}
	return nil
}

// openLimit bounds that, by the machine's clock.
const openLimit = 5 * time.Second

// ErrTool is a call of one of the tools that they do not know.
var ErrTool = errors.New("want -c FILE")

// Tool is what this program does under the names bdirjson and bacula-dir. What is wrong is told on standard output, as Bacula's do.
func Tool(name string, args []string, out io.Writer) (status int) {
	path, tests := "", name == "bdirjson"
	for i, a := range args {
		tests = tests || a == "-t"
		if a == "-c" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	err := ErrTool
	switch {
	case path == "" || !tests: // nobody starts a Director by it
	case name == "bdirjson":
		err = JSONOf(path, out)
	default:
		if err = CheckFile(path); err == nil {
			err = opensCatalog(path)
		}
	}
	if err != nil {
		fmt.Fprintf(out, "%s: %s\n", model.Clean(name), err)
		return 1
	}
	return 0
}
