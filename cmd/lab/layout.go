package main

import (
	"embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed files
var files embed.FS

// lab is one lab: everything of it lives below dir and listens on 127.0.0.1 only.
type lab struct {
	dir    string // absolute
	offset int    // added to every port
	out    io.Writer
}

// path is a path below the lab's directory. Paths below green and data are the same inside and outside of green's root:
// outside they go through a symbolic link.
func (l *lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

// root is green's root directory: a Debian sid of its own.
func (l *lab) root() string { return l.path("root") }

func (l *lab) say(format string, args ...any) { fmt.Fprintf(l.out, format+"\n", args...) }

// clusters are the two Bacula installations, in the order of the screen.
var clusters = []string{"blue", "green"}

// zones are the local zones of the Directors: they differ on purpose, as the DATETIMEs of a catalog are its Director's wall clock.
var zones = map[string]string{"blue": "Europe/Berlin", "green": "UTC"}

var regions = []string{"region1", "region2"}

// ports are what the lab listens on, below those that outgoing connections take for themselves. The catalogs are watched through a proxy
// that can be slow; everybody else uses the direct ones.
var ports = map[string]int{
	"blue-dir": 19101, "blue-sd": 19103, "green-dir": 29101, "green-sd": 29103,
	"db1-fd": 19102, "db2-fd": 19104, "db3-fd": 29102, "hung-fd": 29109,
	"proxy-blue": 13061, "proxy-green": 23061, "proxy-replica": 23062, "aws": 24566,
	"db-blue": 13161, "db-green": 23161, "db-replica": 23162, "db-scratch": 23163,
}

func (l *lab) port(name string) int {
	p, ok := ports[name]
	if !ok {
		return 0
	}
	return p + l.offset
}

// render fills one of the embedded files.
func render(name string, data any) (string, error) {
	t, err := template.New(name).Option("missingkey=error").ParseFS(files, "files/"+name)
	if err != nil {
		return "", fmt.Errorf("reading the template %s: %w", name, err)
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("filling the template %s: %w", name, err)
	}
	return b.String(), nil
}

// owner is who may read a file of the lab.
type owner struct{ uid, gid int }

// me owns what no daemon of another user needs: root, but for tests.
var me = owner{os.Geteuid(), os.Getegid()}

// write puts a file in place in one step, readable only by its owner and, where perm says so, by others. It reports whether the text
// differs from what was there.
func write(path, text string, perm os.FileMode, o owner) (changed bool, err error) {
	if old, err := os.ReadFile(path); err == nil && string(old) == text {
		return false, nil
	}
	if err := os.WriteFile(path+".new", []byte(text), perm); err != nil {
		return false, err
	}
	if err := os.Chmod(path+".new", perm); err != nil {
		return false, err
	}
	if err := os.Chown(path+".new", o.uid, o.gid); err != nil {
		return false, err
	}
	return true, os.Rename(path+".new", path)
}

// mkdir makes a directory and its parents; the last one belongs to o.
func mkdir(path string, perm os.FileMode, o owner) error {
	if err := os.MkdirAll(path, perm); err != nil {
		return err
	}
	if err := os.Chmod(path, perm); err != nil {
		return err
	}
	return os.Chown(path, o.uid, o.gid)
}
