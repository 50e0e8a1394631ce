package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// A scratch server is no part of the lab while nobody has made one, and nothing of it stays.
func TestAScratchServerIsThereOnlyWhenItIsMade(t *testing.T) {
	l := testLab(t)
	said := &strings.Builder{}
	l.out = said
	if err := l.scratch(t.Context(), "at"); err != nil || said.String() != "127.0.0.1:23170\n" {
		t.Errorf("it listens on %q (%v)", said, err)
	}
	if s, err := findServer("scratch"); err != nil || s != scratchServer || slices.Contains(servers, s) {
		t.Errorf("%+v is made by up (%v)", s, err)
	}
	there := func() bool {
		return slices.ContainsFunc(l.processes(), func(p process) bool { return p.name == "db-scratch" })
	}
	if there() {
		t.Error("the lab misses it where nobody made it")
	}
	dir := l.serverDir(scratchServer)
	for _, path := range []string{dir, l.path("run"), l.path("log")} {
		if err := mkdir(path, 0o700, me); err != nil {
			t.Fatal(err)
		}
	}
	id, ok := look(os.Getpid())
	if !ok {
		t.Fatal("this process is not there")
	}
	if _, err := write(l.pidFile("db-scratch"), id.String()+"\n", 0o644, me); err != nil {
		t.Fatal(err)
	}
	if !there() {
		t.Error("down would leave one that runs")
	}
	if err := os.Remove(l.pidFile("db-scratch")); err != nil {
		t.Fatal(err)
	}
	if err := l.scratch(t.Context(), "remove"); err != nil || !modified(dir).IsZero() {
		t.Errorf("it is left (%v)", err)
	}
	if err := l.scratch(t.Context(), "mend"); err == nil {
		t.Error("it takes any word")
	}
}
