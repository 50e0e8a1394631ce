package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// scratchServer has a copy of green's catalog while a drill of the recovery wants one, as an instance that was restored from a snapshot
// would: no other server knows of it. It is made when that is asked for, and removed with all that it has.
var scratchServer = server{"scratch", 5, true}

// scratchWords are what is done with it.
var scratchWords = []string{"at", "make", "remove"}

func (l *lab) scratch(ctx context.Context, word string) error {
	switch word {
	case "at":
		l.say("%s", loopback(l.port("db-"+scratchServer.name)))
		return nil
	case "make":
		return l.makeScratch(ctx)
	case "remove":
		return l.removeScratch(ctx)
	}
	return fmt.Errorf("%w: a scratch server takes %s", errNeeds, strings.Join(scratchWords, ", "))
}

// makeScratch begins anew: what is there of it goes. Of green's accounts it has the one that acts, which may read the catalog and nothing
// else.
func (l *lab) makeScratch(ctx context.Context) error {
	if err := l.removeScratch(ctx); err != nil {
		return err
	}
	if err := l.startServer(ctx, scratchServer); err != nil {
		return fmt.Errorf("making a scratch server: %w", err)
	}
	if err := l.copyCatalog(ctx); err != nil {
		return fmt.Errorf("copying green's catalog: %w", err)
	}
	db, err := l.admin(scratchServer, "")
	if err != nil {
		return err
	}
	defer db.Close()
	password, err := l.secret("act")
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, accountSQL("switchyard_act", password, "REQUIRE SSL", "SELECT ON bacula.*")); err != nil {
		return fmt.Errorf("making the account that reads the copy: %w", err)
	}
	return nil
}

// copyCatalog has mysqldump read green's catalog as it is at one moment, while its Director goes on, and the scratch server take it in.
func (l *lab) copyCatalog(ctx context.Context) error {
	password, err := l.secret("root")
	if err != nil {
		return err
	}
	dir := l.serverDir(scratchServer)
	text, err := render("login.cnf", map[string]any{"User": "root", "Password": password, "Socket": dir + "/mysqld.sock", "Port": 0})
	if err != nil {
		return err
	}
	if _, err := write(dir+"/login.cnf", text, 0o600, me); err != nil {
		return err
	}
	in := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: l.root()}
		return cmd
	}
	from := in("/usr/bin/mysqldump", "--defaults-file="+l.path("green", "bin", ".my.cnf"), "--single-transaction", "--set-gtid-purged=OFF",
		"--no-tablespaces", "--hex-blob", "--databases", "bacula")
	to := in("/usr/bin/mysql", "--defaults-file="+dir+"/login.cnf")
	var dumps, loads strings.Builder
	from.Stderr, to.Stderr = &dumps, &loads
	if to.Stdin, err = from.StdoutPipe(); err != nil {
		return err
	}
	if err := to.Start(); err != nil {
		return err
	}
	if err := from.Run(); err != nil {
		return errors.Join(fmt.Errorf("mysqldump: %w: %s", err, tail([]byte(dumps.String()))), to.Wait())
	}
	if err := to.Wait(); err != nil {
		return fmt.Errorf("mysql: %w: %s", err, tail([]byte(loads.String())))
	}
	return nil
}

// removeScratch leaves nothing of it.
func (l *lab) removeScratch(ctx context.Context) error {
	p := l.serverProcess(scratchServer)
	p.grace = 0 // its data goes with it
	if err := l.stop(ctx, p); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(l.serverDir(scratchServer)), os.RemoveAll(l.path("log", p.name+".log"))); err != nil {
		return fmt.Errorf("removing the scratch server: %w", err)
	}
	return nil
}

// scratchProcesses is the scratch server where it runs.
func (l *lab) scratchProcesses() []process {
	p := l.serverProcess(scratchServer)
	if _, runs := l.alive(p.name); !runs {
		return nil
	}
	return []process{p}
}
