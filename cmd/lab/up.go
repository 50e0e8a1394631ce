package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// up brings the lab to where it should be, whatever is there already, and undoes every fault.
func (l *lab) up(ctx context.Context) error {
	began := time.Now()
	if err := checkHost(); err != nil {
		return err
	}
	for _, dir := range []string{"run", "log", "bin", "blue"} {
		if err := os.MkdirAll(l.path(dir), 0o755); err != nil {
			return fmt.Errorf("making %s: %w", l.dir, err)
		}
	}
	if err := mkdir(l.path("secrets"), 0o700, me); err != nil {
		return err
	}
	last := began
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"packages of blue", l.installHost},
		{"root of green", l.makeRoot},
		{"directories", l.makePlaces},
		{"database servers", l.startServers},
		{"catalogs", l.prepareCatalogs},
		{"content", l.makeContent},
		{"daemons", l.startDaemons},
		{"faults", l.healAll},
		{"services", l.unmaskAll},
		{"scratch server", l.removeScratch},
		{"journal", l.beginJournal},
		{"configuration", l.writeConfig},
		{"first jobs", l.firstJobs},
		{"upgraded catalog", l.makeUpgraded},
	} {
		if err := step.do(ctx); err != nil {
			return err
		}
		now := time.Now()
		if now.Sub(last) > 500*time.Millisecond {
			l.say("%-18s %5.1f s", step.name, now.Sub(last).Seconds())
		}
		last = now
	}
	l.say("up in %.1f s", time.Since(began).Seconds())
	return l.farewell()
}

// makePlaces makes what green's root and the outside share, the certificates, and a copy of this program for its own daemons.
func (l *lab) makePlaces(ctx context.Context) error {
	for _, shared := range []string{"green", "data"} {
		if err := os.MkdirAll(filepath.Join(l.root(), l.path(shared)), 0o755); err != nil {
			return err
		}
		if err := os.Symlink(filepath.Join("root", l.path(shared)), l.path(shared)); err != nil && !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("sharing %s with green's root: %w", shared, err)
		}
	}
	// Not shared: Bacula restores below no symbolic link. What db3-fd restores is below the same path inside the root.
	for _, dir := range []string{l.path("restored"), filepath.Join(l.root(), l.path("restored"))} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	changed, err := l.makeCertificates(l.rootUser())
	if err != nil {
		return err
	}
	for _, s := range servers { // it reads them when it starts
		if changed && s.mysql {
			if err := l.stop(ctx, l.serverProcess(s)); err != nil {
				return err
			}
		}
	}
	if err := l.copySelf(); err != nil {
		return fmt.Errorf("copying this program: %w", err)
	}
	return l.writeVersions()
}

func (l *lab) copySelf() error {
	self, err := os.Executable()
	if err != nil || self == l.path("bin", "lab") {
		return err
	}
	from, err := os.Open(self)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(l.path("bin", "lab.new"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Close()); err != nil {
		return err
	}
	return os.Rename(l.path("bin", "lab.new"), l.path("bin", "lab"))
}

// together runs things at the same time and joins their errors.
func together[T any](things []T, do func(T) error) error {
	errs := make([]error, len(things))
	var wg sync.WaitGroup
	for i, t := range things {
		wg.Go(func() { errs[i] = do(t) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// startServers starts the database servers, but for a replica that is not made: that is a copy of its primary, which comes first.
func (l *lab) startServers(ctx context.Context) error {
	// AWS acts on the servers, and remembers what was asked of it: it begins anew with the other daemons.
	if err := l.stop(ctx, l.awsProcess()); err != nil {
		return err
	}
	if err := together(servers, func(s server) error {
		if s.name == "replica" && !l.made(s) {
			return nil
		}
		return l.startServer(ctx, s)
	}); err != nil {
		return err
	}
	return l.writeLogins()
}

// writeLogins writes the files that mysqldump and the upgrade log in with.
func (l *lab) writeLogins() error {
	password, err := l.secret("root")
	if err != nil {
		return err
	}
	for name, path := range map[string]string{"blue": l.path("secrets", "blue.cnf"), "green": l.path("green", "bin", ".my.cnf")} {
		s, err := findServer(name)
		if err != nil {
			return err
		}
		text, err := render(
			"login.cnf",
			map[string]any{"User": "root", "Password": password, "Socket": l.serverDir(s) + "/mysqld.sock", "Port": 0},
		)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if _, err := write(path, text, 0o600, me); err != nil {
			return err
		}
	}
	return nil
}

// startDaemons starts everything that is not a database server. A daemon whose configuration changed is started again, a Director reads it
// again.
func (l *lab) startDaemons(ctx context.Context) error {
	changed, err := l.configure()
	if err != nil {
		return err
	}
	var before, directors []process
	for _, p := range append(l.helpers(), l.daemons()...) {
		if strings.HasSuffix(p.name, "-dir") {
			directors = append(directors, p)
		} else {
			before = append(before, p)
		}
	}
	start := func(p process) error { return l.start(ctx, p) }
	if err := together(before, func(p process) error {
		if changed[p.name] {
			if err := l.stop(ctx, p); err != nil {
				return err
			}
		}
		return start(p)
	}); err != nil {
		return err
	}
	return together(directors, func(p process) error {
		_, runs := l.alive(p.name)
		if err := start(p); err != nil || !runs || !changed[p.name] {
			return err
		}
		_, err := l.console(ctx, strings.TrimSuffix(p.name, "-dir"), "reload")
		return err
	})
}

// down stops what runs, those first that use the others.
func (l *lab) down(ctx context.Context, purge bool) error {
	began := time.Now()
	var directors, others, databases []process
	for _, p := range l.processes() {
		switch {
		case strings.HasSuffix(p.name, "-dir"):
			directors = append(directors, p)
		case strings.HasPrefix(p.name, "db-"):
			databases = append(databases, p)
		default:
			others = append(others, p)
		}
	}
	for _, group := range [][]process{directors, others, databases} {
		if err := together(group, func(p process) error { return l.stop(ctx, p) }); err != nil {
			return err
		}
	}
	l.say("down in %.1f s", time.Since(began).Seconds())
	if !purge {
		return nil
	}
	if _, err := os.Stat(l.path("versions.txt")); err != nil {
		return fmt.Errorf("purging: %s does not look like a lab: %w", l.dir, err)
	}
	return os.RemoveAll(l.dir)
}

// processes are all of the lab's, in the order in which they start; a scratch server where it runs.
func (l *lab) processes() []process {
	var ps []process
	for _, s := range servers {
		ps = append(ps, l.serverProcess(s))
	}
	return slices.Concat(ps, l.scratchProcesses(), l.helpers(), l.daemons())
}

func (l *lab) status() error {
	w := tabwriter.NewWriter(l.out, 0, 8, 2, ' ', 0)
	down := 0
	for _, p := range l.processes() {
		id, ok := l.alive(p.name)
		state := "runs"
		switch {
		case !ok:
			state = "DOWN"
			down++
		case stopped(id):
			state = "HELD"
		}
		port := "-"
		if p.port != 0 {
			port = loopback(p.port)
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", p.name, state, id.pid, port)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if down > 0 {
		return fmt.Errorf("%d of the lab's processes do not run; lab up starts them", down)
	}
	return nil
}
