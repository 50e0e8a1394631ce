package main

import (
	"strings"
	"testing"
)

// A Director that is masked is not started by its service, and what is no Director has none.
func TestServicesAreMasked(t *testing.T) {
	l := testLab(t)
	if err := mkdir(l.path("run"), 0o700, me); err != nil {
		t.Fatal(err)
	}
	tells := func(word string) (string, error) {
		said := &strings.Builder{}
		l.out = said
		err := l.service(t.Context(), "green-dir", word)
		return said.String(), err
	}
	if _, err := tells("mask"); err != nil {
		t.Fatal(err)
	}
	if said, err := tells("state"); err != nil || said != "LoadState=loaded\nActiveState=inactive\nUnitFileState=masked\n" {
		t.Errorf("masked it is %q (%v)", said, err)
	}
	if _, err := tells("start"); err == nil || !strings.Contains(err.Error(), "it is masked") {
		t.Errorf("it was started: %v", err)
	}
	if err := l.unmaskAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if said, err := tells("state"); err != nil || !strings.Contains(said, "UnitFileState=enabled") {
		t.Errorf("unmasked it is %q (%v)", said, err)
	}
	if err := l.service(t.Context(), "db1-fd", "stop"); err == nil {
		t.Error("a File Daemon has a service")
	}
}
