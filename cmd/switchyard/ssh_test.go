package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchyard/model/record"
)

// link is an sshd on loopback and how a client reaches it.
type link struct{ client []string }

// sshd starts one with keys of its own.
func sshd(t *testing.T) *link {
	t.Helper()
	server := "/usr/sbin/sshd"
	for _, need := range []string{server, "ssh", "ssh-keygen"} {
		if _, err := exec.LookPath(need); err != nil {
			t.Skipf("NOT TESTED: links through a real sshd; %v (Debian: openssh-server, openssh-client)", err)
		}
	}
	dir := t.TempDir()
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for _, k := range []string{"host", "user"} {
		run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, k))
	}
	if os.Getuid() == 0 { // where it parts its privileges
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	conf := fmt.Sprintf(
		"Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\nPidFile none\nStrictModes no\nUsePAM "+
			"no\nPermitRootLogin yes\nPasswordAuthentication no\nPrintMotd no\n",
		port,
		dir,
		dir,
	)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	d := exec.CommandContext(t.Context(), server, "-D", "-e", "-f", filepath.Join(dir, "conf"))
	log := &strings.Builder{}
	d.Stderr = log
	if err := d.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Process.Kill(); _ = d.Wait() })
	addr := fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			_ = c.Close()
			break
		}
		if time.Now().After(end) {
			t.Fatalf("sshd does not listen: %v", err)
		}
	}
	return &link{
		[]string{"ssh", "-tt", "-F", "none", "-i", filepath.Join(dir, "user"), "-p", fmt.Sprint(port), "-o", "StrictHostKeyChecking=no",
			"-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "127.0.0.1"},
	}
}

// through runs the program of a stage at the other end of the link.
func (l *link) through(s *stage, cols, rows int, args ...string) *terminal {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	words := append([]string{"env", "LANG=C.UTF-8"}, s.env...)
	words = append(append(words, self), args...)
	for i, w := range words {
		words[i] = "'" + w + "'"
	}
	cmd := exec.CommandContext(s.t.Context(), l.client[0], append(l.client[1:], strings.Join(words, " "))...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color")
	d := sit(s.t, cols, rows, cmd)
	d.see("1 BLUE", "live", "16 cells", "21/21")
	return d
}

// sessions are the processes of the program on a stage that show a screen or are about to.
func (s *stage) sessions() (pids []string) {
	s.t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range all {
		env, err := os.ReadFile(e)
		if err != nil || !strings.Contains(string(env), "SWITCHYARD_CONFIG="+s.ConfigPath()) || strings.Contains(string(env), sessionMark) {
			continue // it may have ended meanwhile
		}
		pids = append(pids, filepath.Base(filepath.Dir(e)))
	}
	return pids
}

// TestThroughSSH looks at the same screen at the end of a link, at three sizes of one terminal.
func TestThroughSSH(t *testing.T) {
	t.Parallel()
	l := sshd(t)
	s := newStage(t, 1, "")
	d := l.through(s, 80, 24, "watch")
	for _, size := range [][2]int{{120, 40}, {200, 60}, {80, 24}} {
		d.resize(size[0], size[1])
		d.drawn()
		d.see("WATCHING", "1 BLUE", "2 GREEN", "4 RDS")
		d.intact()
	}
	d.press("q")
	if code := d.ended(); code != exitFine {
		t.Errorf("it ended with %d", code)
	}
	s.until("no session is left", func() bool { return len(s.sessions()) == 0 })
}

// TestTheLinkDrops kills the ssh client under a cockpit whose action runs: nothing of the session stays, and the action ends.
func TestTheLinkDrops(t *testing.T) {
	t.Parallel()
	l := sshd(t)
	s := newStage(t, 60, "")
	d := l.through(s, 120, 40)
	d.press(":", "cell chain001 region1 regular", "enter")
	d.see("CELL chain001 region1 regular")
	d.press(":", "backup blue", "enter")
	d.takesKeys("enter")
	d.approves("backup chain001 blue")
	d.see("ACTION 2", "follow it to its end")
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-d.done
	s.until("no session is left", func() bool { return len(s.sessions()) == 0 })
	s.until("the action ends all the same", func() bool { return s.action().State == record.ActionDone })
	back := l.through(s, 80, 24)
	back.see("✓ ACTION 2")
	s.jobs(1)
	s.does(0, "journal", "--verify")
}
