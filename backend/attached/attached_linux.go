package attached

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// hold binds a socket that nobody can connect to: it does not listen. No child of this process has it.
func hold(name string) (release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("making a socket: %w", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: name}); err != nil {
		_ = syscall.Close(fd)
		return nil, fmt.Errorf("taking the name of this session: %w", err)
	}
	return func() { _ = syscall.Close(fd) }, nil
}

func table() (io.ReadCloser, error) { return os.Open("/proc/self/net/unix") }
