package rehearsal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"switchyard/model"
)

// ErrInUse refuses a directory that another world lives in, or that holds what no world has left there.
var ErrInUse = errors.New("the directory is in use")

const (
	placeName   = ".rehearsal" // held by the living world, left by a dead one
	writtenHere = "# Written by switchyard rehearse"
)

// occupy makes a directory ours for as long as this process lives. What a dead world left in it may be replaced.
func occupy(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := ours(dir); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, placeName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		who := make([]byte, 20)
		n, _ := f.Read(who)
		_ = f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
		}
		return nil, fmt.Errorf("%w: a rehearsal runs in %s (process %s): attach to it, end it, or name another directory", ErrInUse, dir,
			model.Clean(strings.TrimSpace(string(who[:n]))))
	}
	if err := errors.Join(f.Truncate(0), os.Chmod(dir, 0o700)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if _, err := fmt.Fprintf(f, "%d\n", os.Getpid()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// ours refuses a directory that holds anything but what a world has left.
func ours(dir string) error {
	all, err := os.ReadDir(dir)
	if err != nil || len(all) == 0 {
		return err
	}
	conf, err := os.ReadFile(filepath.Join(dir, "switchyard.yaml"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, left := os.Lstat(filepath.Join(dir, placeName))
	// not a copy that became somebody's own
	written := bytes.HasPrefix(conf, []byte(writtenHere)) && bytes.Contains(conf, []byte("\nenvironment: rehearsal\n"))
	if err == nil && written && left == nil || err != nil && left == nil {
		return nil
	}
	return fmt.Errorf(
		"%w: %s holds files that are no rehearsal's, %s among them: name an empty directory, or one that is not there",
		ErrInUse,
		dir,
		model.Clean(all[0].Name()),
	)
}
