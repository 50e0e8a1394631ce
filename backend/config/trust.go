package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"switchyard/model"
)

// Trusted refuses a configuration to act by that somebody else decides: the file itself, the inventory, the certificates, what its argument
// vectors run and the files that they name, and every directory on the way. Looking needs none of it. The error names the file and what
// mends it.
func (c *Config) Trusted() error {
	by, files := "configuration", c.decide
	if c.Origin != nil {
		by, files = "bundle", c.recovering
	}
	for _, f := range files() {
		if err := f.trusted(); err != nil {
			return fmt.Errorf("acting by this %s: %w", by, err)
		}
	}
	return nil
}

// decide are the files that decide what is done. Every argument vector counts, whatever it is for.
func (c *Config) decide() []owned {
	files := []owned{{what: "the configuration", path: c.Path}}
	add := func(what, path string) {
		if path != "" {
			files = append(files, owned{what: what, path: path})
		}
	}
	add("the inventory", c.inventory.file)
	for _, t := range c.loader.trusts {
		add("the certificates", t.CA)
	}
	for i := range c.Clusters {
		add("the template", c.Clusters[i].Push.Template)
	}
	if c.RDS != nil {
		add("the instance classes", c.RDS.Classes)
	}
	for _, v := range c.loader.vectors {
		files = append(files, run(v, c.loader.dir)...)
	}
	return append(files, c.Recover.decide()...)
}

// owned is a file that decides what is done.
type owned struct {
	what, path string
	another    bool // it may be another account's, if that one alone may write it
}

// run is what an argument vector runs here, and the files that it names, those behind an option too; relative paths go from dir. What is
// not there is not looked at: it cannot be run.
func run(argv []string, dir string) (files []owned) {
	for i, arg := range argv {
		paths := []string{arg}
		if i == 0 && !strings.Contains(arg, "/") {
			if found, err := exec.LookPath(arg); err == nil {
				paths[0] = found
			}
		}
		if at := strings.Index(arg, "/"); i > 0 && at > 0 { // -c/FILE, --config=/FILE, NAME=/FILE
			paths = append(paths, arg[at:])
		}
		if _, value, is := strings.Cut(arg, "="); is && i > 0 {
			paths = append(paths, value)
		}
		for _, path := range paths {
			if path == "" || i == 0 && !strings.Contains(path, "/") { // no such command is there
				continue
			}
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				files = append(files, owned{what: "what " + model.Clean(filepath.Base(argv[0])) + " is or reads", path: path})
			}
		}
	}
	return files
}

// trusted looks at the file and at all that leads to it, links too.
func (f owned) trusted() error {
	path, err := filepath.Abs(f.path)
	if err != nil {
		return fmt.Errorf("%s: %w", f.what, err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("%s: %w", f.what, err)
	}
	const links = 40
	for range links {
		if path == self { // it runs already: nothing more can be decided by it
			return nil
		}
		next, err := mine(path, f.another)
		switch {
		case err != nil:
			return fmt.Errorf("%s, %s: %w", f.what, model.Clean(f.path), err)
		case next == "":
			return nil
		}
		path = next
	}
	return fmt.Errorf("%s, %s: too many links", f.what, model.Clean(f.path))
}

// mine walks from the root to a path. Where it meets a link it gives the path to walk instead.
func mine(path string, another bool) (next string, err error) {
	parts := strings.Split(strings.TrimPrefix(filepath.Clean(path), "/"), "/")
	at, shut := "/", false
	for i := 0; ; i++ {
		info, err := os.Lstat(at)
		if err != nil {
			return "", errors.New(cause(err))
		}
		if err := ours(at, info, shut, another); err != nil {
			return "", err
		}
		shut = shut || info.IsDir() && info.Mode().Perm()&0o077 == 0
		if info.Mode()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(at)
			if err != nil {
				return "", errors.New(cause(err))
			}
			if !filepath.IsAbs(to) {
				to = filepath.Join(filepath.Dir(at), to)
			}
			return filepath.Join(append([]string{to}, parts[i:]...)...), nil
		}
		if i == len(parts) {
			return "", nil
		}
		at = filepath.Join(at, parts[i])
	}
}

// ours are root and the user that this runs as. A sticky directory keeps everybody's files apart; a link has no mode; and below a directory
// that nobody else may enter, shut, a mode lets nobody in. Another owner is taken where that is said.
func ours(path string, info fs.FileInfo, shut, another bool) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	mode := info.Mode()
	switch {
	case !ok:
		return fmt.Errorf("%s: its owner cannot be told", model.Clean(path))
	case !another && st.Uid != 0 && int(st.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to user %d, and neither to root nor to user %d who acts: chown it", model.Clean(path), st.Uid, os.Geteuid())
	case mode&fs.ModeSymlink != 0 || mode.IsDir() && mode&fs.ModeSticky != 0, shut:
	case mode.Perm()&0o022 != 0:
		return fmt.Errorf("%s may be written by others (mode %04o): chmod go-w %s", model.Clean(path), mode.Perm(), model.Clean(path))
	}
	return nil
}

// Pins is where root pins accounts to a configuration: a file named like the account, which holds the path. Only a test has another place.
var Pins = "/etc/switchyard/pinned"

// Pinned refuses to act for an account by another configuration than the one that root has pinned it to; without a pin, any is right.
func (c *Config) Pinned(account string) error { return c.pinnedIn(Pins, account) }

func (c *Config) pinnedIn(dir, account string) error {
	if account == "" || account != filepath.Base(account) || strings.HasPrefix(account, ".") {
		return fmt.Errorf("looking for the configuration that account %q is pinned to: it is no name", model.Clean(account))
	}
	file := filepath.Join(dir, account)
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = owned{what: "the pin", path: file}.trusted()
	}
	if err != nil {
		return fmt.Errorf("looking for the configuration that account %s is pinned to: %w", account, err)
	}
	pin := strings.TrimSpace(string(b))
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return fmt.Errorf("looking for the configuration that account %s is pinned to: %w", account, err)
	}
	if path != filepath.Clean(pin) {
		return fmt.Errorf("acting by %s: account %s is pinned to %s by %s", model.Clean(path), account, model.Clean(pin), file)
	}
	return nil
}
