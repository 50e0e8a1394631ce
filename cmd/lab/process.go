package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a daemon of the lab: how it is started, and when it is ready.
type process struct {
	name  string
	args  []string // the first is the program's path, as the process sees it
	root  string   // the directory it takes for "/", or ""
	who   owner
	zone  string
	port  int           // what it listens on; 0: no port
	sock  string        // ready when it accepts here; otherwise when it accepts on the port
	grace time.Duration // between asking it to stop and killing it
	stale string        // a pattern of pid files that a killed one leaves and a new one trips over
}

// identity is a process that cannot be mistaken for another that got the same id later.
type identity struct {
	pid   int
	start string // clock ticks from boot to its start
	boot  string
}

// look reads the identity of a living process; a zombie is not alive.
func look(pid int) (identity, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return identity{}, false
	}
	state, start, ok := parseStat(string(stat))
	if !ok || state == "Z" || state == "X" {
		return identity{}, false
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return identity{pid, start, strings.TrimSpace(string(boot))}, err == nil
}

// statFields are the fields of a line of /proc/PID/stat from the third, the state, on; nil when it is cut. The second may hold spaces and
// parentheses.
func statFields(line string) []string {
	f := strings.Fields(line[strings.LastIndexByte(line, ')')+1:])
	if len(f) < 20 {
		return nil
	}
	return f
}

// parseStat takes the state and the start time from a line of /proc/PID/stat. While other threads of a zombie still end, its ports and
// files are in use, and it counts as running.
func parseStat(line string) (state, start string, ok bool) {
	f := statFields(line)
	if f == nil {
		return "", "", false
	}
	if threads, err := strconv.Atoi(f[17]); err == nil && threads > 1 && f[0] == "Z" {
		return "R", f[19], true
	}
	return f[0], f[19], true
}

func (id identity) String() string { return fmt.Sprintf("%d %s %s", id.pid, id.start, id.boot) }

func parseIdentity(text string) (identity, bool) {
	f := strings.Fields(text)
	if len(f) != 3 {
		return identity{}, false
	}
	pid, err := strconv.Atoi(f[0])
	return identity{pid, f[1], f[2]}, err == nil && pid > 1
}

func (l *lab) pidFile(name string) string { return l.path("run", name+".pid") }

// alive is the process that was started under a name, if it still runs.
func (l *lab) alive(name string) (identity, bool) {
	text, err := os.ReadFile(l.pidFile(name))
	if err != nil {
		return identity{}, false
	}
	want, ok := parseIdentity(string(text))
	if !ok {
		return identity{}, false
	}
	is, ok := look(want.pid)
	return is, ok && is == want
}

// stopped tells whether a living process is held by SIGSTOP.
func stopped(id identity) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id.pid))
	state, _, ok := parseStat(string(stat))
	return err == nil && ok && state == "T"
}

// signal sends a signal to the process that was started under a name; it is an error if it does not run.
func (l *lab) signal(name string, sig syscall.Signal) error {
	id, ok := l.alive(name)
	if !ok {
		return fmt.Errorf("signalling %s: it does not run", name)
	}
	if err := syscall.Kill(id.pid, sig); err != nil || sig != syscall.SIGKILL {
		return err
	}
	// Until it is gone it still takes connections, and would count as running to whoever heals it at once.
	for limit := time.Now().Add(5 * time.Second); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		if _, ok := l.alive(name); !ok {
			return nil
		}
	}
	return fmt.Errorf("killing %s: process %d is still there", name, id.pid)
}

// start starts a process unless it runs, lets it go on if it was held, and waits until it is ready.
func (l *lab) start(ctx context.Context, p process) error {
	if id, ok := l.alive(p.name); ok {
		if stopped(id) {
			return syscall.Kill(id.pid, syscall.SIGCONT)
		}
		return nil
	}
	if p.port != 0 {
		if c, err := net.Dial("tcp", loopback(p.port)); err == nil {
			c.Close()
			return fmt.Errorf("starting %s: port %d is taken by something that is not this lab's (try --port-offset)", p.name, p.port)
		}
	}
	if p.stale != "" {
		left, _ := filepath.Glob(p.stale)
		for _, f := range left {
			os.Remove(f)
		}
	}
	log, err := os.OpenFile(l.path("log", p.name+".log"), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	defer log.Close()
	cmd := exec.Command(p.args[0], p.args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = "/", log, log
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LC_ALL=C.UTF-8", "TZ=" + p.zone}
	cmd.SysProcAttr = processAttr(p)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	id, ok := look(cmd.Process.Pid)
	if ok {
		if _, err := write(l.pidFile(p.name), id.String()+"\n", 0o644, me); err != nil {
			return fmt.Errorf("starting %s: %w", p.name, err)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		select {
		case <-ended:
			return fmt.Errorf("starting %s: it ended at once: %s", p.name, l.lastWords(p.name))
		case <-ctx.Done():
			return fmt.Errorf("starting %s: it is not ready: %w", p.name, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
		network, addr := "tcp", loopback(p.port)
		if p.sock != "" {
			network, addr = "unix", p.sock
		}
		if c, err := net.Dial(network, addr); err == nil {
			c.Close()
			return nil
		}
	}
}

// processAttr puts a command where the process lives: in a session, a root directory and a user of its own.
func processAttr(p process) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Chroot: p.root, Credential: &syscall.Credential{Uid: uint32(p.who.uid), Gid: uint32(p.who.gid)}}
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func (l *lab) lastWords(name string) string {
	b, err := os.ReadFile(l.path("log", name+".log"))
	if err != nil || len(b) == 0 {
		return "it said nothing; see the logs below " + l.dir
	}
	return tail(b)
}

// stop asks a process to end, and kills it when its grace is over. One that does not run is fine.
func (l *lab) stop(ctx context.Context, p process) error {
	defer os.Remove(l.pidFile(p.name))
	for _, s := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGTERM, p.grace}, {syscall.SIGKILL, 10 * time.Second}} {
		id, ok := l.alive(p.name)
		if !ok {
			return nil
		}
		// A held process takes no SIGTERM before it goes on.
		if err := errors.Join(syscall.Kill(id.pid, s.sig), syscall.Kill(id.pid, syscall.SIGCONT)); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stopping %s: %w", p.name, err)
		}
		deadline := time.Now().Add(s.wait)
		for time.Now().Before(deadline) {
			if _, ok := l.alive(p.name); !ok {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return fmt.Errorf("stopping %s: it does not end", p.name)
}

func modified(path string) time.Time {
	i, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return i.ModTime()
}
