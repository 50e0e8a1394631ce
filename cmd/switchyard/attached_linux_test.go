package main

import (
	"os/exec"
	"syscall"
	"testing"

	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
)

// TestSessionsSeeWhoElseIsAttached has people sit down at two worlds of one name, while somebody else makes names up.
func TestSessionsSeeWhoElseIsAttached(t *testing.T) {
	t.Parallel()
	w, other := ownWorld(t, rehearsal.Options{Chains: 4, Idle: true}), ownWorld(t, rehearsal.Options{Chains: 4, Idle: true})
	cfg, err := config.Load(w.ConfigPath())
	if err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{"/cockpit/\x1b[2Jmallory/7", "/root/mallory/7", "/cockpit/mallory"} {
		fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Close(fd) })
		if err := syscall.Bind(fd, &syscall.SockaddrUnix{Name: "@switchyard/" + cfg.Identity() + made}); err != nil {
			t.Fatal(err)
		}
	}
	as := func(name string, cmd *exec.Cmd) *exec.Cmd {
		cmd.Env = append(cmd.Env, "SUDO_USER="+name)
		return cmd
	}
	alice := sit(t, 120, 40, as("alice", program(t, "--config", w.ConfigPath())))
	alice.never("mallory", "zoe", "with alice", "alice (")
	alice.see("COCKPIT", "chain0")
	bob := sit(t, 80, 24, as("bob", program(t, "watch", "--config", w.ConfigPath())))
	bob.never("mallory", "zoe")
	bob.see("WATCHING  with alice")
	zoe := sit(t, 120, 40, as("zoe", program(t, "watch", "--config", other.ConfigPath())))
	zoe.never("mallory", "alice", "bob")
	zoe.see("WATCHING", "chain0")
	alice.see("COCKPIT  with bob (watching)")
	intact(t, alice.screen())
	zoe.see("WATCHING  ")
	carl := sit(t, 120, 40, as("carl", program(t, "--config", w.ConfigPath())))
	carl.see("COCKPIT  with alice (cockpit), bob (watching)")
	if err := bob.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	alice.see("COCKPIT  with carl (cockpit) ")
}
