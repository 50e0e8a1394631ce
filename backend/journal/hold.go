package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"switchyard/model/record"
)

// Hold locks a name for as long as this process lives or until release: ErrHeld when another process has it. The kernel lets go
// when its holder dies, so that a free lock proves that no runner of this directory is alive.
func (d *Dir) Hold(ctx context.Context, name string) (release func(), err error) {
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return nil, fmt.Errorf("locking %q: not a name", name)
	}
	file := ".lock." + name
	f, err := call(ctx, d, func() (*os.File, error) { return d.lock(file) })
	if err != nil {
		return nil, fmt.Errorf("locking %s/%s: %w", d.path, file, err)
	}
	return func() {
		_ = d.root.Remove(file)
		f.Close()
	}, nil
}

// Alive tells whether a process holds the lock of a name. A free lock, or none, means that whoever had it is gone.
func (d *Dir) Alive(ctx context.Context, name string) (bool, error) {
	return call(ctx, d, func() (bool, error) {
		f, err := d.root.OpenFile(".lock."+name, os.O_RDONLY, 0)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, cause(err)
		}
		defer f.Close() // with it goes the lock, if it was free
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return true, nil
		}
		return false, err
	})
}

// lookers is how often a lock that is taken is tried: whoever only asks whether its holder lives has it for a moment.
const lookers = 5

func (d *Dir) lock(file string) (*os.File, error) {
	for try := 1; ; try++ {
		// Opening another's file in a sticky directory with O_CREATE is refused by Linux (fs.protected_regular).
		f, err := d.root.OpenFile(file, os.O_RDONLY, 0)
		if errors.Is(err, fs.ErrNotExist) {
			f, err = d.root.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
			if errors.Is(err, fs.ErrExist) {
				continue
			}
		}
		if err != nil {
			return nil, cause(err)
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) && try < lookers {
				time.Sleep(10 * time.Millisecond)
				continue
			}
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, record.ErrHeld
			}
			return nil, err
		}
		mine, err := f.Stat()
		if err == nil {
			// The last holder may have removed the file between opening and locking it.
			if there, err := d.root.Stat(file); err == nil && os.SameFile(mine, there) {
				return f, nil
			}
		}
		f.Close()
		if err != nil {
			return nil, cause(err)
		}
	}
}
