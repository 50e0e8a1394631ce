package bacula

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"switchyard/model"
)

// TestWhatAClientSaysOfItself is taken in both forms; what a Director says of itself is no client's version.
func TestWhatAClientSaysOfItself(t *testing.T) {
	const greets = "1000 OK: 10002 green-dir Version: 15.0.3 (25 March 2025)\nEnter a period to cancel a command.\n"
	for said, want := range map[string]string{
		greets + "header:\nname=db1-fd\nversion=9.6.7 (10 December 2020)\nuname=x\n":                        "9.6.7 (10 December 2020)",
		greets + "\nheader:\n\nname=db1-fd\nversion=15.0.3 (25 March 2025)\n\nerror=0\nerrmsg=\n":           "15.0.3 (25 March 2025)",
		greets + "Connecting to Client db1-fd at x:9102\n\ndb1-fd Version: 9.6.7 (10 December 2020)  x86\n": "9.6.7 (10 December 2020)",
	} {
		if got, err := readClientVersion(said); err != nil || got != want {
			t.Errorf("%q: %q, %v", said, got, err)
		}
	}
	for said, kind := range map[string]error{
		greets: model.ErrUnreachable,
		greets + "Failed to connect to Client db1-fd.\n====\n": model.ErrUnreachable,
		".status: is an invalid command.\n":                    model.ErrNotAllowed,
		"header:\n\nerror=1\nerrmsg=no such client\n":          model.ErrAnswer,
	} {
		got, err := readClientVersion(said)
		if got != "" || !errors.Is(err, kind) {
			t.Errorf("%q: %q, %v", said, got, err)
		}
	}
}

// TestASilentClientIsTheClients, and a hung Director is nobody's: of that nothing is told.
func TestASilentClientIsTheClients(t *testing.T) {
	t.Parallel()
	r := &ClientReader{Console: fake(t, "greets", filepath.Join(t.TempDir(), "pid"))}
	r.Console.Timeout = 3 * time.Second
	said, err := r.Reach(t.Context(), "db2-fd")
	if err != nil || !said.Silent || said.Why == "" || r.Rests("db2-fd") == nil || r.Rests("db1-fd") != nil {
		t.Errorf("%+v, %v", said, err)
	}
	r = &ClientReader{Console: fake(t, "hangs", filepath.Join(t.TempDir(), "pid"))}
	r.Console.Timeout = 300 * time.Millisecond
	if said, err = r.Reach(t.Context(), "db2-fd"); !errors.Is(err, model.ErrTimeout) || said != (ClientSaid{}) {
		t.Errorf("%+v, %v", said, err)
	}
	r = &ClientReader{}
	for _, name := range []string{"a", "b", "c"} {
		r.WasSilent(name, time.Now())
	}
	if r.Rests("d") == nil {
		t.Error("with three that are silent another one would be asked")
	}
}
