package journal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"switchyard/model"
)

// small mounts a file system of 64 KiB, or skips.
func small(t *testing.T) (*Dir, string) {
	t.Helper()
	mount := t.TempDir()
	if err := syscall.Mount("journal-test", mount, "tmpfs", 0, "size=64k,mode=0700"); err != nil {
		t.Skipf("a small file system needs the right to mount one: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(mount, syscall.MNT_DETACH) })
	d, err := MakeDir(filepath.Join(mount, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, mount
}

func TestFullDisk(t *testing.T) {
	d, mount := small(t)
	j := begun(t, d)
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = j.Append(t.Context(), "ann", nextSlot)
	}
	n--
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), d.file(int64(n)+2)+": no space left on device") {
		t.Fatalf("after %d: %v", n, err)
	}
	slots(t, d, n)
	if names, _ := filepath.Glob(filepath.Join(d.path, ".*")); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	if err := syscall.Mount("journal-test", mount, "tmpfs", syscall.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	appended(t, j, 3)
	slots(t, d, n+3)
	free := filepath.Join(mount, "filler")
	if err := os.WriteFile(free, bytes.Repeat([]byte("x"), 2<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	if _, err := j.Append(t.Context(), "ann", nextSlot); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	slots(t, d, n+3)
}

func TestReadOnlyDisk(t *testing.T) {
	d, mount := small(t)
	j := begun(t, d)
	if err := syscall.Mount("journal-test", mount, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(
		t.Context(),
		"ann",
		nextSlot,
	); !errors.Is(err, syscall.EROFS) ||
		!strings.Contains(err.Error(), d.file(2)+": read-only file system") {
		t.Errorf("%v", err)
	}
	slots(t, d, 0)
}

// TestNoPermission lets one thread act as nobody.
func TestNoPermission(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("acting as another user needs root")
	}
	s, _, _ := newDirectory(t)
	d := s.(*Dir)
	begun(t, d)
	chmod(t, d.path, dirMode&^0o020|0o005)
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with its goroutine.
		if err := errors.Join(syscall.Setfsgid(65534), syscall.Setfsuid(65534)); err != nil {
			t.Error(err)
		}
		if err := d.create(2, []byte("x")); !errors.Is(err, syscall.EACCES) {
			t.Errorf("creating: %v", err)
		}
		if _, err := d.read(1); !errors.Is(err, syscall.EACCES) || errors.Is(err, model.ErrNone) {
			t.Errorf("reading: %v", err)
		}
	}()
	<-done
}
