package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"switchyard/model"
)

// aside keeps the terminal to the screen: what this process, its libraries or their loggers write to standard error meanwhile goes to a
// file of the session. Back undoes it, and tells where the file is when there is something in it; after a crash it shows that. It does
// nothing where standard error is no terminal.
func aside(stderr io.Writer) (back func(left error), err error) {
	tty := int(os.Stderr.Fd())
	if !term.IsTerminal(uintptr(tty)) {
		return func(error) {}, nil
	}
	f, err := sessionFile()
	if err != nil {
		return nil, err
	}
	kept, err := duplicate(tty)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("setting standard error aside: %w", err), f.Close())
	}
	// A crash that nothing recovers ends the screen with it: its words belong to the person too.
	if err := errors.Join(debug.SetCrashOutput(kept, debug.CrashOptions{}), replace(int(f.Fd()), tty)); err != nil {
		return nil, errors.Join(fmt.Errorf("setting standard error aside: %w", err), kept.Close(), f.Close())
	}
	return func(left error) {
		_ = replace(int(kept.Fd()), tty)
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
		_, _ = kept.Close(), f.Close()
		said, _ := os.ReadFile(f.Name())
		switch {
		case len(said) == 0:
			_ = os.Remove(f.Name())
		case errors.Is(left, errStalled): // it takes no word
		case left != nil:
			_, _ = io.WriteString(stderr, plainLines(said))
		default:
			_, _ = fmt.Fprintf(stderr, "switchyard: %d lines went to %s meanwhile\n", bytes.Count(said, []byte("\n")), f.Name())
		}
	}, nil
}

// plainLines is what was said with nothing in it that a terminal obeys: libraries quote what servers answered.
func plainLines(said []byte) string {
	var out strings.Builder
	for line := range strings.Lines(string(said)) {
		out.WriteString(model.Clean(strings.TrimRight(line, "\r\n")) + "\n")
	}
	return out.String()
}

// duplicate is another descriptor of the same file, for this process alone.
func duplicate(fd int) (*os.File, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	n, err := syscall.Dup(fd)
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(n)
	return os.NewFile(uintptr(n), "standard error"), nil
}

// sessionFile makes the file of one screen; those that are very old go.
func sessionFile() (*os.File, error) {
	dir, err := stateDir()
	if err != nil {
		return nil, fmt.Errorf("making a place for what libraries say: %w", err)
	}
	sweep(filepath.Join(dir, "screen-*.log"))
	f, err := os.CreateTemp(dir, "screen-"+time.Now().UTC().Format("20060102T150405")+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("making a place for what libraries say: %w", err)
	}
	return f, nil
}
