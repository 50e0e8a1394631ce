package rehearsal

import (
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"

	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
)

// archiveDirs are the two places of an archive of blue's schema, in the world's directory.
var archiveDirs = [2]string{"archive-nas", "archive-tape"}

// scratchServer is where an archive of blue's schema is restored, in a scenario that may come so far; else there is none.
func (w *World) scratchServer() (err error) {
	if w.scenario.Name != "split" {
		return nil
	}
	w.scratch, err = sqlsim.New(
		sqlsim.Config{Name: "scratch", Version: "8.0.36", ServerID: 31, Database: "bacula_check", Schema: cluster.Schema16,
			UUID: "3e11fa47-71ca-11e1-9e33-c80aa9429563", Dir: w.dataDir(), Clock: w.clock,
			Users: []sqlsim.User{{Name: splitUser, Password: w.accounts.split().Password, Write: true}}},
	)
	return err
}

// Scratch is the server where an archive of blue's schema is restored; nil where there is none.
func (w *World) Scratch() *sqlsim.Instance { return w.scratch }

// splitConfig is act.split.
func (w *World) splitConfig(p func(string, ...any)) {
	p("  split:")
	p("    user: %s", splitUser)
	p("    password: {file: secrets/split}")
	p("    known: [bacula, admin, %s, %s]", fenceUser, numbersUser)
	if w.scratch == nil {
		return
	}
	tool := func(name, secret, database string) string {
		return fmt.Sprintf("[%q, %q, %s]", filepath.Join(w.o.Dir, "bin", name),
			"--defaults-extra-file="+filepath.Join(w.o.Dir, "secrets", secret), database)
	}
	p("    archive:")
	p("      dump: %s", tool(cluster.Dumps[0], "split-dump.cnf", "bacula"))
	p("      load: %s", tool(cluster.Dumps[1], "split-load.cnf", "bacula_check"))
	p(
		"      to: [{dir: %q, on: nas, plain: true}, {dir: %q, on: tape, plain: true}]",
		filepath.Join(w.o.Dir, archiveDirs[0]),
		filepath.Join(w.o.Dir, archiveDirs[1]),
	)
	p("      restored: {address: %q, database: bacula_check, user: %s, password: {file: secrets/split}}", w.scratch.Addr(), splitUser)
}

// splitFiles are those that the archive's commands log in by.
func (w *World) splitFiles(files map[string]string) error {
	files["secrets/split"] = w.accounts.split().Password + "\n"
	if w.scratch == nil {
		return nil
	}
	for _, d := range archiveDirs {
		if err := os.MkdirAll(filepath.Join(w.o.Dir, d), 0o700); err != nil {
			return fmt.Errorf("making the places of archives: %w", err)
		}
	}
	client := func(in *sqlsim.Instance) string {
		host, port, _ := net.SplitHostPort(in.Addr())
		return fmt.Sprintf("[client]\nhost=%s\nport=%s\nuser=%s\npassword=%s\n", host, port, splitUser, w.accounts.split().Password)
	}
	maps.Copy(files, map[string]string{"secrets/split-dump.cnf": client(w.blue), "secrets/split-load.cnf": client(w.scratch)})
	return nil
}
