package cluster

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// FullMark is the file whose presence tells that the disk is full on which a Director's file is.
func FullMark(confPath string) string { return filepath.Join(filepath.Dir(confPath), ".disk-full") }

// AwayMark is the file whose presence tells that the host of a Director's file cannot be reached.
func AwayMark(confPath string) string { return filepath.Join(filepath.Dir(confPath), ".away") }

// Host is what this program does under the name on-host: what a configuration has done on a Director's host, such as by ssh. Its words are
// stat PATH, read PATH, write PATH, rename FROM TO and unit WORD SOCKET; a file that is written is made of its standard input.
func Host(args []string, in io.Reader, out io.Writer) (status int) {
	if err := onHost(args, in, out); err != nil {
		fmt.Fprintln(os.Stderr, "on-host:", err)
		return 1
	}
	return 0
}

// passwordFiles are what the world's Directors have for each Client, one file each. Nobody needs them there, so none is on this machine.
const passwordFiles = "/etc/bacula/clients/"

var errAway = errors.New("connect to host: connection timed out")

var errWords = errors.New("want stat PATH, read PATH, write PATH, rename FROM TO or unit WORD SOCKET")

func onHost(args []string, in io.Reader, out io.Writer) error {
	if len(args) < 2 || (len(args) != 2) != (len(args) == 3 && (args[0] == "rename" || args[0] == "unit")) {
		return errWords
	}
	if args[0] == "unit" {
		return onUnit(args[1], args[2], out)
	}
	path := args[1]
	if _, err := os.Stat(AwayMark(path)); err == nil {
		return errAway
	}
	_, full := os.Stat(FullMark(path))
	switch args[0] {
	case "stat":
		return stat(path, out)
	case "read":
		f, err := os.Open(path)
		if client, of := strings.CutPrefix(path, passwordFiles); of && errors.Is(err, fs.ErrNotExist) {
			_, err = fmt.Fprintf(out, "%q\n", "password-of-"+client)
			return err
		}
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(out, f)
		return err
	case "write":
		text, err := io.ReadAll(in)
		if err != nil {
			return err
		}
		if full == nil {
			return errors.Join(os.WriteFile(path, text[:len(text)/2], 0o600), syscall.ENOSPC)
		}
		return os.WriteFile(path, text, 0o600)
	case "rename":
		if full == nil {
			return syscall.ENOSPC
		}
		return os.Rename(path, args[2])
	}
	return errWords
}

// stat prints what stat --format=%F:%U:%G:%a does, with numbers for names.
func stat(path string, out io.Writer) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	what := "regular file"
	switch {
	case info.Mode()&os.ModeSymlink != 0:
		what = "symbolic link"
	case !info.Mode().IsRegular():
		what = "something else"
	}
	var owner, group uint32
	if of, ok := info.Sys().(*syscall.Stat_t); ok {
		owner, group = of.Uid, of.Gid
	}
	_, err = fmt.Fprintf(out, "%s:%d:%d:%o\n", what, owner, group, info.Mode().Perm())
	return err
}
