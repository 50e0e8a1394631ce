package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"switchyard/model"
)

// detached is a process in a session of its own, with its output in a file: the terminal, the link and the login of whoever
// started it can end without it.
type detached struct {
	file string
	done chan struct{} // closed when it has ended
	err  error         // how; valid after done
	pid  int
}

func detach(argv, env []string, input []byte) (*detached, error) {
	f, err := outputFile()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, bytes.NewReader(input), f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Dir = "/"
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", model.Clean(argv[0]), err)
	}
	s := &detached{file: f.Name(), done: make(chan struct{}), pid: cmd.Process.Pid}
	go func() {
		defer close(s.done)
		s.err = cmd.Wait()
	}()
	return s, nil
}

// said is the end of what it printed, in one line.
func (s *detached) said() string {
	b, _ := os.ReadFile(s.file)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return model.Clean(strings.TrimPrefix(lines[len(lines)-1], "switchyard: "))
}

// copyTo prints what it prints until it has ended or enough is closed.
func (s *detached) copyTo(w io.Writer, enough <-chan struct{}) error {
	f, err := os.Open(s.file)
	if err != nil {
		return fmt.Errorf("reading what the runner says: %w", err)
	}
	defer f.Close()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		ended := false
		select {
		case <-s.done:
			ended = true
		case <-enough:
			ended = true
		case <-tick.C:
		}
		if _, err := io.Copy(w, f); err != nil || ended {
			return err
		}
	}
}

const keptOutput = 90 * 24 * time.Hour

// outputFile makes the file of one session; those that are very old go.
func outputFile() (*os.File, error) {
	dir, err := stateDir()
	if err != nil {
		return nil, fmt.Errorf("making a place for what the runner says: %w", err)
	}
	sweep(filepath.Join(dir, "act-*.log"))
	f, err := os.CreateTemp(dir, "act-"+time.Now().UTC().Format("20060102T150405")+"-*.log")
	if err != nil {
		return nil, fmt.Errorf("making a place for what the runner says: %w", err)
	}
	return f, nil
}

// sweep removes files that nobody looks into any more.
func sweep(pattern string) {
	old, _ := filepath.Glob(pattern) // the pattern is ours
	for _, name := range old {
		if st, err := os.Stat(name); err == nil && time.Since(st.ModTime()) > keptOutput {
			_ = os.Remove(name)
		}
	}
}

func stateDir() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if home, err := os.UserHomeDir(); dir == "" && err == nil {
		dir = filepath.Join(home, ".local", "state")
	}
	if !filepath.IsAbs(dir) { // everybody may make a directory there, under this name too
		dir = filepath.Join(os.TempDir(), "switchyard-"+strconv.Itoa(os.Getuid()))
		if err := ownDir(dir); err != nil {
			return "", err
		}
	}
	dir = filepath.Join(dir, "switchyard")
	return dir, ownDir(dir)
}

// sessionVariables belong to the operator's login and end with it; what acts must prove its guards without them.
var sessionVariables = []string{
	"SSH_AUTH_SOCK",
	"SSH_AGENT_PID",
	"SSH_CONNECTION",
	"SSH_CLIENT",
	"SSH_TTY",
	"GPG_AGENT_INFO",
	"GPG_TTY",
	"KRB5CCNAME",
	"DBUS_SESSION_BUS_ADDRESS",
	"XDG_RUNTIME_DIR",
	"XDG_SESSION_ID",
	"DISPLAY",
	"WAYLAND_DISPLAY",
	"XAUTHORITY",
	"TMUX",
	"STY",
	"TERM",
	"VAULT_TOKEN",
	"AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY",
	"AWS_SESSION_TOKEN",
	"AWS_SECURITY_TOKEN",
	"AWS_PROFILE",
	"AWS_DEFAULT_PROFILE",
	"AWS_CREDENTIAL_EXPIRATION",
	"AWS_SSO_ACCOUNT_ID",
	"AWS_VAULT",
}

// withoutSession is an environment without the operator's session.
func withoutSession(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(sessionVariables, name)
	})
}
