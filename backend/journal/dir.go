package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Dir is a store in one directory: one file per record, created by link(2), which fails when the name is there.
type Dir struct {
	path string
	root *os.Root
	self *os.File // the directory, to be synced
	host string
	gate chan struct{} // one call at a time, so that a hung file system holds one thread and not one per call

	mu     sync.Mutex
	swept  bool
	failed error // a sync that failed is never tried again: the kernel may have dropped what it could not write
}

// Files and directory are readable by the team; sticky and setgid let it share them without deleting each other's.
const (
	fileMode = 0o640
	dirMode  = 0o770 | fs.ModeSetgid | fs.ModeSticky
)

// MakeDir is OpenDir, and makes the directory when it is not there.
func MakeDir(path string) (*Dir, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("making the journal: %w", err)
	}
	err := os.Mkdir(path, 0o700)
	if err == nil {
		err = os.Chmod(path, dirMode)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the journal: %w", err)
	}
	return OpenDir(path)
}

// OpenDir opens a journal's directory; it refuses one that anybody may write to.
func OpenDir(path string) (*Dir, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("opening the journal: %w", err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("opening the journal %s: %w", path, cause(err))
	}
	self, err := root.Open(".")
	if err != nil {
		root.Close()
		return nil, fmt.Errorf("opening the journal %s: %w", path, cause(err))
	}
	d := &Dir{path: path, root: root, self: self, gate: make(chan struct{}, 1)}
	d.host, _ = os.Hostname()
	if st, err := self.Stat(); err != nil || st.Mode()&0o002 != 0 {
		d.Close()
		if err == nil {
			err = fmt.Errorf("its mode is %v: anybody could write to it (chmod 3770)", st.Mode())
		}
		return nil, fmt.Errorf("opening the journal %s: %w", path, err)
	}
	return d, nil
}

// Close gives the directory back.
func (d *Dir) Close() error { return errors.Join(d.self.Close(), d.root.Close()) }

func (d *Dir) String() string { return DirName(d.path).String() }

// DirName is what the store in a directory is called, also while it cannot be opened.
type DirName string

func (n DirName) String() string { return "directory " + string(n) }

func fileName(seq int64) string { return fmt.Sprintf("%012d.json", seq) }

func (d *Dir) file(seq int64) string { return filepath.Join(d.path, fileName(seq)) }

// Create links a synced temporary file to the record's name and syncs the directory.
func (d *Dir) Create(ctx context.Context, seq int64, b []byte) error {
	_, err := call(ctx, d, func() (struct{}, error) { return struct{}{}, d.create(seq, b) })
	switch {
	case err == nil, errors.Is(err, record.ErrTaken):
		return err
	case errors.Is(err, model.ErrTimeout):
		return fmt.Errorf("writing %s: %w: %w", d.file(seq), record.ErrUnsure, err)
	}
	return fmt.Errorf("writing %s: %w", d.file(seq), err)
}

// Read returns a record's bytes, at most a few more than a record may have.
func (d *Dir) Read(ctx context.Context, seq int64) ([]byte, error) {
	b, err := call(ctx, d, func() ([]byte, error) { return d.read(seq) })
	if err != nil && !errors.Is(err, model.ErrNone) {
		return nil, fmt.Errorf("reading %s: %w", d.file(seq), err)
	}
	return b, err
}

// Last returns the highest number from a given one on that is used.
func (d *Dir) Last(ctx context.Context, from int64) (int64, error) {
	last, err := call(ctx, d, func() (int64, error) { return d.last(from) })
	if err != nil {
		return 0, fmt.Errorf("listing %s: %w", d.path, err)
	}
	return last, nil
}

func (d *Dir) last(from int64) (last int64, err error) {
	dir, err := d.root.Open(".")
	if err != nil {
		return 0, cause(err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	for _, name := range names {
		if n, ok := number(name); ok && n >= from {
			last = max(last, n)
		}
	}
	return last, cause(err)
}

func number(name string) (int64, bool) {
	digits, ok := strings.CutSuffix(name, ".json")
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, ok && err == nil && fileName(n) == name
}

// call gives up waiting, not trying, when ctx ends: a call into a hung network file system cannot be taken back. That is ErrTimeout.
func call[T any](ctx context.Context, d *Dir, f func() (T, error)) (T, error) {
	var zero T
	select {
	case d.gate <- struct{}{}:
	case <-ctx.Done():
		return zero, fmt.Errorf("an earlier call has not come back: %w", ctx.Err())
	}
	if err := ctx.Err(); err != nil {
		<-d.gate
		return zero, err
	}
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		v, err := f()
		<-d.gate
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		return zero, fmt.Errorf("%w: %w", model.ErrTimeout, ctx.Err())
	}
}

func (d *Dir) create(seq int64, b []byte) error {
	if err := d.ready(); err != nil {
		return err
	}
	tmp := fmt.Sprintf(".tmp.%d.%s.%s", os.Getpid(), NewID(), d.host)
	if err := d.write(tmp, b); err != nil {
		_ = d.root.Remove(tmp)
		return cause(err)
	}
	err := cause(d.root.Link(tmp, fileName(seq)))
	_ = d.root.Remove(tmp)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Also when the name is taken: its owner may have died before its sync, and the next record must not outlive it.
	if serr := d.self.Sync(); serr != nil {
		d.mu.Lock()
		d.failed = fmt.Errorf("%w: syncing the directory: %w", record.ErrNotDurable, cause(serr))
		d.mu.Unlock()
		return d.failed
	}
	if err != nil {
		return record.ErrTaken
	}
	return nil
}

func (d *Dir) write(name string, b []byte) error {
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(fileMode) // whatever the umask says
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// ready refuses a directory that cannot keep its promise, and sweeps it once.
func (d *Dir) ready() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed != nil || d.swept {
		return d.failed
	}
	st, err := d.self.Stat()
	if err != nil {
		return cause(err)
	}
	if st.Mode()&0o020 != 0 && st.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("the directory's mode is %v: its group could delete each other's records (chmod 3770)", st.Mode())
	}
	d.sweep()
	d.swept = true
	return nil
}

// Temporary files live for milliseconds. Taking one from a living owner only makes its Create fail.
const (
	staleTmp = time.Hour
	deadTmp  = 24 * time.Hour // whoever owns it
)

func (d *Dir) sweep() {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return
	}
	for _, e := range entries {
		part := strings.SplitN(e.Name(), ".", 5)
		if len(part) != 5 || part[0] != "" || part[1] != "tmp" {
			continue
		}
		st, err := e.Info()
		if err != nil {
			continue
		}
		pid, _ := strconv.Atoi(part[2])
		age := time.Since(st.ModTime())
		if age > deadTmp || age > staleTmp && (part[4] != d.host || !alive(pid)) {
			_ = d.root.Remove(e.Name()) // in a sticky directory only its owner may
		}
	}
}

func alive(pid int) bool {
	return pid > 0 && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

func (d *Dir) read(seq int64) ([]byte, error) {
	f, err := d.root.OpenFile(fileName(seq), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, d.none()
	}
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return nil, errors.Join(err, errors.New("it is not a regular file"))
	}
	b, err := io.ReadAll(io.LimitReader(f, readLimit))
	return b, cause(err)
}

// readLimit lets a record that is too large be told as such.
const readLimit = record.MaxLargeBytes + 1

// none is ErrNone only while the directory is still the one that was opened: an unmounted journal must not look like a new one.
func (d *Dir) none() error {
	there, err := os.Stat(d.path)
	if err != nil {
		return cause(err)
	}
	if mine, err := d.self.Stat(); err != nil || !os.SameFile(there, mine) {
		return errors.Join(err, errors.New("the directory was replaced by another one"))
	}
	return model.ErrNone
}

// cause is the system's own word for what went wrong, without the name of a temporary file.
func cause(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}
