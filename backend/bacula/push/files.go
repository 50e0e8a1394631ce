package push

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/backend/bacula/push/check"
	"switchyard/backend/bacula/push/routed"
	"switchyard/model"
)

// Files are those on a Director's host. An error is ErrNotDone when certainly nothing happened, and ErrNone when there is no such file.
type Files interface {
	Stat(ctx context.Context, path string) (Stat, error)
	Read(ctx context.Context, path string) (string, error)
	// Write makes a file of a text, with the owner, group and mode of like.
	Write(ctx context.Context, path, text string, like Stat) error
	// Rename puts a file in the place of another one, in one step.
	Rename(ctx context.Context, from, to string) error
}

// Stat is what a file is: its type in the words of stat(1), and who may read it.
type Stat struct{ Type, Owner, Group, Mode string }

const regular = "regular file"

func (s Stat) String() string { return fmt.Sprintf("%s:%s with mode %s", s.Owner, s.Group, s.Mode) }

// SHA256 of a text, in hex.
func SHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Local are the files of this host, which are reached without a shell.
type Local struct{}

// Stat does not follow a symbolic link.
func (Local) Stat(_ context.Context, path string) (Stat, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Stat{}, fileError("looking at", path, err)
	}
	s := Stat{Type: "something else", Mode: strconv.FormatUint(uint64(info.Mode().Perm()), 8)}
	switch {
	case info.Mode().IsRegular():
		s.Type = regular
	case info.Mode()&fs.ModeSymlink != 0:
		s.Type = "symbolic link"
	case info.IsDir():
		s.Type = "directory"
	}
	if of, ok := info.Sys().(*syscall.Stat_t); ok {
		s.Owner, s.Group = strconv.Itoa(int(of.Uid)), strconv.Itoa(int(of.Gid))
	}
	return s, nil
}

func (Local) Read(_ context.Context, path string) (string, error) {
	text, err := routed.Read(path)
	if err != nil {
		return "", fileError("reading", path, err)
	}
	return text, nil
}

func (Local) Write(_ context.Context, path, text string, like Stat) (err error) {
	defer func() { err = fileError("writing", path, err) }()
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // what is left there may be a link to anywhere
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = liken(f, like)
	}
	if err == nil {
		err = f.Sync() // a full disk may show only now
	}
	return errors.Join(err, f.Close())
}

// liken gives a new file the owner, group and mode of another one.
func liken(f *os.File, like Stat) error {
	owner, oerr := strconv.Atoi(like.Owner)
	group, gerr := strconv.Atoi(like.Group)
	mode, merr := strconv.ParseUint(like.Mode, 8, 9)
	if err := errors.Join(oerr, gerr, merr); err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil {
		if of, ok := info.Sys().(*syscall.Stat_t); !ok || int(of.Uid) != owner || int(of.Gid) != group {
			if err := f.Chown(owner, group); err != nil {
				return fmt.Errorf("it would belong to another one than the file in whose place it comes (%s): %w", like, err)
			}
		}
	}
	return f.Chmod(fs.FileMode(mode))
}

func (Local) Rename(_ context.Context, from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return fileError("renaming to", to, err)
	}
	d, err := os.Open(filepath.Dir(to))
	if err == nil {
		err = errors.Join(d.Sync(), d.Close())
	}
	if err != nil {
		return fmt.Errorf("renaming to %s: it was renamed, and may not outlive the machine: %w", model.Clean(to), err)
	}
	return nil
}

// fileError is that of a call that failed as a whole.
func fileError(doing, path string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = model.ErrNone
	}
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.Is(err, syscall.ELOOP):
		err = errors.New("it is a symbolic link, and not a regular file")
	case errors.As(err, &at):
		err = at.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("%s %s: %w: %w", doing, model.Clean(path), model.ErrNotDone, err)
}

// Vectors are files that are reached by argument vectors, such as those of ssh, with {path}, {from} and {to} in them.
type Vectors struct {
	StatArgv   []string // prints what stat --format=%F:%U:%G:%a prints, and does not follow a link
	ReadArgv   []string // prints the file
	WriteArgv  []string // makes the file of its standard input, as its Director can read it
	RenameArgv []string
	Dir        string // where they run
	Timeout    time.Duration
}

func (v *Vectors) run(ctx context.Context, argv []string, in string, places ...string) (string, error) {
	filled := make([]string, len(argv))
	for i, a := range argv {
		filled[i] = strings.NewReplacer(places...).Replace(a)
	}
	out, said, exit, err := check.Tool{Argv: filled, Dir: v.Dir, Timeout: v.Timeout}.Run(ctx, in)
	switch {
	case err != nil:
		return "", err
	case exit != 0: // ssh's own is 255: nobody knows what became of the command
		err = fmt.Errorf("running %s: it ended with status %d: %s", model.Clean(argv[0]), exit, said)
		if exit != 255 {
			err = fmt.Errorf("%w: %w", model.ErrNotDone, err)
		}
		return "", err
	}
	return out, nil
}

// Stat asks what the file is.
func (v *Vectors) Stat(ctx context.Context, path string) (Stat, error) {
	doing := "looking at " + model.Clean(path)
	out, err := v.run(ctx, v.StatArgv, "", "{path}", path)
	if err != nil {
		return Stat{}, fmt.Errorf("%s: %w", doing, err)
	}
	f := strings.Split(strings.TrimSuffix(out, "\n"), ":")
	if len(f) != 4 || strings.Contains(out, "::") {
		return Stat{}, fmt.Errorf("%s: %w: want TYPE:OWNER:GROUP:MODE, as of stat --format=%%F:%%U:%%G:%%a", doing, model.ErrAnswer)
	}
	for i := range f {
		f[i] = model.Clean(f[i])
	}
	if f[0] == "regular empty file" {
		f[0] = regular
	}
	return Stat{f[0], f[1], f[2], f[3]}, nil
}

func (v *Vectors) Read(ctx context.Context, path string) (string, error) {
	out, err := v.run(ctx, v.ReadArgv, "", "{path}", path)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", model.Clean(path), err)
	}
	return out, nil
}

func (v *Vectors) Write(ctx context.Context, path, text string, like Stat) error {
	doing := "writing " + model.Clean(path)
	if _, err := v.run(ctx, v.WriteArgv, text, "{path}", path); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	s, err := v.Stat(ctx, path)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", doing, err)
	case s != like:
		return fmt.Errorf("%s: %w: it is a %s of %s, and the file in whose place it comes is a %s of %s: let the vector write make it so",
			doing, model.ErrNotDone, s.Type, s, like.Type, like)
	}
	return nil
}

func (v *Vectors) Rename(ctx context.Context, from, to string) error {
	if _, err := v.run(ctx, v.RenameArgv, "", "{from}", from, "{to}", to); err != nil {
		return fmt.Errorf("renaming to %s: %w", model.Clean(to), err)
	}
	return nil
}
