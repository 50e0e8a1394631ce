package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"switchyard/model"
)

// Secret tells where a secret is. It never holds the value, and prints as its reference.
type Secret struct {
	env, file string
	command   []string
	at        *node
	d         *document
	dir       string
	kept      *Kept // not nil: it is read from there alone
}

const (
	maxSecret     = 64 << 10
	secretTimeout = 10 * time.Second
)

// IsZero tells whether there is no secret at all.
func (s Secret) IsZero() bool { return s.env == "" && s.file == "" && len(s.command) == 0 }

// String says where the secret comes from.
func (s Secret) String() string {
	switch {
	case s.env != "":
		return "secret from environment variable " + model.Clean(s.env)
	case s.file != "":
		return "secret from file " + model.Clean(s.file)
	case len(s.command) > 0:
		return "secret from command " + model.Clean(s.command[0])
	}
	return "no secret"
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// MarshalText is String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Resolve reads the secret anew, without the line break at its end. It refuses a file that others can read. The error tells
// the place of the reference and never the value.
func (s Secret) Resolve(ctx context.Context) (string, error) {
	value, says, do := s.read(ctx)
	switch {
	case says != "":
	case value == "":
		says, do = "the "+s.String()+" is empty", "put the secret there"
	case bytes.IndexByte([]byte(value), 0) >= 0:
		says, do = "the "+s.String()+" holds a NUL byte", "put the secret there as text"
	default:
		return value, nil
	}
	if s.d == nil {
		return "", errors.New(says)
	}
	return "", s.d.fail(s.at, says, do)
}

func (s Secret) read(ctx context.Context) (value, says, do string) {
	if s.kept != nil && !s.IsZero() {
		value, there := s.kept.Secrets[s.key()]
		if !there {
			return "", "the " + s.String() + " was not kept", "see what the bundle says that it lacks"
		}
		return value, "", ""
	}
	switch {
	case s.env != "":
		v, ok := os.LookupEnv(s.env)
		if !ok {
			return "", "environment variable " + s.env + " is not set", "set it, or refer to a file or a command"
		}
		return v, "", ""
	case s.file != "":
		return s.readFile()
	case len(s.command) > 0:
		out, err := output(ctx, s.command, s.dir, maxSecret, secretTimeout, false)
		if err != nil {
			return "", err.Error(), "make it print the secret and nothing else"
		}
		return trimmed(out), "", ""
	}
	return "", "there is no secret", "write {file: PATH}, {env: NAME} or {command: [argv, ...]}"
}

func (s Secret) readFile() (value, says, do string) {
	path := s.file
	// Opening a pipe that nobody writes to would wait for ever.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", "reading the secret: " + cause(err) + ": " + model.Clean(path), "create it with mode 0600, readable by the user that runs this"
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "", model.Clean(path) + " is not a regular file", "write the path of a file that holds only the secret"
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && !safe(info.Mode().Perm(), owner.Uid) {
		return "", fmt.Sprintf(
				"%s can be read or written by others (mode %04o)",
				model.Clean(path),
				info.Mode().Perm(),
			), "chmod 600 " + model.Clean(
				path,
			)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return "", "reading the secret: " + cause(err) + ": " + model.Clean(path), "check the file"
	case len(b) > maxSecret:
		return "", fmt.Sprintf("%s is longer than %d bytes", model.Clean(path), maxSecret), "write the path of a file that holds only the secret"
	}
	return trimmed(b), "", ""
}

// safe permissions keep everybody but the owner out; root may also give a group the right to read.
func safe(perm fs.FileMode, owner uint32) bool {
	return perm&0o077 == 0 || owner == 0 && perm&0o037 == 0
}

func trimmed(b []byte) string {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return string(bytes.TrimSuffix(b, []byte("\r")))
}

// cause is an error of the file system without its operation and path.
func cause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

var envName = model.Pattern(`^[A-Za-z_][A-Za-z0-9_]*$`)

// secret reads a reference. Whatever stands in its place may be the secret itself, so nothing of it is told.
func (l *loader) secret(n *node) Secret {
	const do = "write {file: PATH}, {env: NAME} or {command: [argv, ...]}; never the secret itself"
	s := Secret{at: n, d: l.document, dir: l.dir, kept: l.kept}
	if n.shape != mapping || n.len() != 1 {
		l.addHidden(n, "it is not exactly one reference to a secret", do)
		return Secret{}
	}
	v := n.value(0)
	switch n.key(0).text {
	case "env":
		if envName().MatchString(v.text) {
			s.env = v.text
		}
	case "file":
		if s.file = v.text; s.file != "" && !filepath.IsAbs(s.file) {
			s.file = filepath.Join(l.dir, s.file)
		}
	case "command":
		if v.shape == list {
			s.command = l.argv(v, "write an argument vector, such as [pass, show, switchyard/watch]")
			return s
		}
	default:
		l.addHidden(n, "there is no such reference to a secret", do)
		return Secret{}
	}
	if v.shape != text || s.IsZero() {
		l.addHidden(n, "it is not a reference to a secret", do)
		return Secret{}
	}
	return s
}
