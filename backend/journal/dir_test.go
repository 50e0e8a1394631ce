package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

func newDirectory(t *testing.T) (Store, string, func(int64, []byte)) {
	return directoryIn(t, t.TempDir())
}

// scratch is a directory in memory where there is one: the tests that try everything would wait for the disk most of the time.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "journal-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func directoryIn(t *testing.T, parent string) (Store, string, func(int64, []byte)) {
	path := filepath.Join(parent, "journal")
	d, err := MakeDir(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, "dir " + path, func(seq int64, raw []byte) {
		t.Helper()
		_ = os.Remove(d.file(seq))
		if raw == nil {
			return
		}
		if err := os.WriteFile(d.file(seq), raw, 0o640); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDirectoryIsSharedByATeam(t *testing.T) {
	s, _, _ := newDirectory(t)
	d := s.(*Dir)
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	begun(t, d)
	for path, want := range map[string]fs.FileMode{
		d.path:    fs.ModeDir | fs.ModeSetgid | fs.ModeSticky | 0o770,
		d.file(1): 0o640,
	} {
		if st, err := os.Stat(path); err != nil || st.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", path, st.Mode(), err, want)
		}
	}
	names, err := filepath.Glob(filepath.Join(d.path, ".*"))
	if err != nil || len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestDirectoryRefusesLooseModes(t *testing.T) {
	path := t.TempDir()
	chmod(t, path, 0o777|fs.ModeSticky)
	if _, err := OpenDir(path); err == nil || !strings.Contains(err.Error(), "anybody could write to it") {
		t.Errorf("writable by all: %v", err)
	}
	chmod(t, path, 0o770)
	d, err := OpenDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := Begin(
		t.Context(),
		d,
		prod,
		"ann",
		nil,
	); err == nil ||
		!strings.Contains(err.Error(), "delete each other's records (chmod 3770)") {
		t.Errorf("without sticky: %v", err)
	}
	if _, err := OpenDir(filepath.Join(path, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func chmod(t *testing.T, path string, mode fs.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestDirectoryThatWentAwayIsNotEmpty(t *testing.T) {
	s, _, _ := newDirectory(t)
	d := s.(*Dir)
	j := begun(t, d)
	if err := os.Rename(d.path, d.path+".old"); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Refresh(t.Context()); err == nil || errors.Is(err, model.ErrNone) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
	if err := os.Mkdir(d.path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "replaced by another one") {
		t.Errorf("replaced: %v", err)
	}
}

func TestDirectoryHoldsOnlyFiles(t *testing.T) {
	s, _, _ := newDirectory(t)
	d := s.(*Dir)
	for name, make := range map[string]func(string) error{
		"directory": func(p string) error { return os.Mkdir(p, 0o700) },
		"symlink":   func(p string) error { return os.Symlink("/etc/passwd", p) },
		"fifo":      func(p string) error { return syscall.Mkfifo(p, 0o600) },
	} {
		if err := make(d.file(7)); err != nil {
			t.Fatal(err)
		}
		if b, err := d.Read(t.Context(), 7); err == nil || errors.Is(err, model.ErrNone) || !strings.Contains(err.Error(), "000000000007.json") {
			t.Errorf("%s: %q, %v", name, b, err)
		}
		if err := os.Remove(d.file(7)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSweepTakesOnlyWhatIsDead(t *testing.T) {
	s, spec, _ := newDirectory(t)
	d := s.(*Dir)
	p := start(t, "hold", spec, "x", 0)
	dead := p.cmd.Process.Pid
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	name := func(pid int, host string) string {
		return filepath.Join(d.path, strings.Join([]string{"", "tmp", strconv.Itoa(pid), NewID(), host}, "."))
	}
	hour := 61 * time.Minute
	for _, c := range []struct {
		file string
		age  time.Duration
		stay bool
	}{
		{name(dead, d.host), hour, false},
		{name(dead, d.host), time.Minute, true},
		{name(os.Getpid(), d.host), hour, true},
		{name(os.Getpid(), d.host), 25 * time.Hour, false},
		{name(os.Getpid(), "other.example.org"), hour, false},
		{name(dead, "other.example.org"), time.Minute, true},
		{filepath.Join(d.path, ".tmp"), 25 * time.Hour, true},
		{filepath.Join(d.path, "README"), 25 * time.Hour, true},
	} {
		if err := os.WriteFile(c.file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(-c.age)
		if err := os.Chtimes(c.file, then, then); err != nil {
			t.Fatal(err)
		}
		d.sweep()
		if _, err := os.Stat(c.file); (err == nil) != c.stay {
			t.Errorf("%s, %v old: stays %v, want %v", filepath.Base(c.file), c.age, err == nil, c.stay)
		}
	}
}

func TestHoldEndsWithItsProcess(t *testing.T) {
	s, spec, _ := newDirectory(t)
	j := begun(t, s)
	p := start(t, "hold", spec, "action-1", 0)
	if got := p.lines(1); len(got) != 1 {
		t.Fatalf("%v %s", got, &p.err)
	}
	if _, err := j.Hold(t.Context(), "action-1"); !errors.Is(err, record.ErrHeld) {
		t.Fatalf("held twice: %v", err)
	}
	release, err := j.Hold(t.Context(), "action-2")
	if err != nil {
		t.Fatal(err)
	}
	release()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
	if release, err = j.Hold(t.Context(), "action-1"); err != nil {
		t.Fatalf("after its holder died: %v", err)
	}
	if _, err := j.Hold(t.Context(), "action-1"); !errors.Is(err, record.ErrHeld) {
		t.Fatalf("held twice: %v", err)
	}
	release()
	if names, _ := filepath.Glob(filepath.Join(s.(*Dir).path, ".lock*")); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	if _, err := j.Hold(t.Context(), "../x"); err == nil {
		t.Error("a name that is a path was locked")
	}
}

// TestAHungFileSystemHoldsOneCall stands in for a network file system whose server is gone.
func TestAHungFileSystemHoldsOneCall(t *testing.T) {
	s, _, _ := newDirectory(t)
	d := s.(*Dir)
	begun(t, d)
	server := make(chan struct{})
	hung := func() (int, error) { <-server; return 1, nil }
	ctx, cancel := context.WithCancel(t.Context())
	entered := make(chan struct{})
	go func() { <-entered; cancel() }()
	_, err := call(ctx, d, func() (int, error) { close(entered); return hung() })
	if !errors.Is(err, model.ErrTimeout) || !errors.Is(err, context.Canceled) {
		t.Errorf("the call that hangs: %v", err)
	}
	soon, done := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer done()
	if err := d.Create(
		soon,
		2,
		[]byte("x"),
	); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, record.ErrUnsure) ||
		!strings.Contains(err.Error(), "an earlier call has not come back") {
		t.Errorf("the call behind it: %v", err)
	}
	close(server)
	if _, err := d.Read(t.Context(), 1); err != nil {
		t.Errorf("after the server came back: %v", err)
	}
	if _, err := d.Read(t.Context(), 2); !errors.Is(err, model.ErrNone) {
		t.Errorf("what was never started was done: %v", err)
	}
}
