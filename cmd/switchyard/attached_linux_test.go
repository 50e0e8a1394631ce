package main

import (
	"syscall"
	"testing"

	"switchyard/backend/config"
	"switchyard/backend/rehearsal"
)

// TestSessionsSeeWhoElseIsAttached has people sit down at two worlds of one name, while somebody else makes names up.
func TestSessionsSeeWhoElseIsAttached(t *testing.T) {
	inWhole(t)
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
	me := operator()
	first := sit(t, 120, 40, program(t, "--config", w.ConfigPath()))
	first.never("mallory")
	first.see("COCKPIT", "chain0")
	second := sit(t, 80, 24, program(t, "watch", "--config", w.ConfigPath()))
	second.never("mallory")
	second.see("WATCHING  with " + me)
	elsewhere := sit(t, 120, 40, program(t, "watch", "--config", other.ConfigPath()))
	elsewhere.never("mallory", "WATCHING  with")
	elsewhere.see("WATCHING", "chain0")
	first.see("COCKPIT  with " + me + " (watching)")
	first.intact()
	elsewhere.see("WATCHING  ")
	third := sit(t, 120, 40, program(t, "--config", w.ConfigPath()))
	third.see("COCKPIT  with " + me + " (cockpit, watching)")
	if err := second.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.see("COCKPIT  with " + me + " (cockpit) ")
}
