package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchyard/model"
)

func TestRoutes(t *testing.T) {
	base := readTestdata(t, "switchyard.yaml")
	c := mustLoad(t, base)
	if diff := cmp.Diff(Routes{Extensions: true, Get: []string{"curl", "-sf", "https://control.example/routes"}}, c.Routes); diff != "" {
		t.Error(diff)
	}
	with := func(routes string) *Config {
		return mustLoad(t, strings.Replace(base, "routes: {extensions: yes, get: [curl, -sf, https://control.example/routes]}", routes, 1))
	}
	if c := with(""); c.Routes.Extensions || c.Routes.Get != nil {
		t.Errorf("what was not said is %+v", c.Routes)
	}
	for command, want := range map[string]string{
		`echo, "{}"`:                             "",
		`"true"`:                                 "printed nothing; run it by hand",
		`sh, -c, "echo no such key >&2; exit 3"`: "running sh: exit status 3: no such key",
		`no-such-program-anywhere`:               "no-such-program-anywhere",
	} {
		title, text, err := with("routes: {get: [" + command + "]}").FetchRoutes(t.Context())
		switch {
		case want == "" && (err != nil || title != "output of echo" || string(text) != "{}\n"):
			t.Errorf("%s: %q %q %v", command, title, text, err)
		case want != "" && (err == nil || !strings.HasPrefix(err.Error(), "fetching the routes: ") || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", command, err, want)
		}
	}
	if _, _, err := with("").FetchRoutes(t.Context()); !errors.Is(err, model.ErrNone) {
		t.Error(err)
	}
}

// TestPuttingRoutes tells the command both documents, and tells a refusal apart from what nobody can tell.
func TestPuttingRoutes(t *testing.T) {
	base := readTestdata(t, "switchyard.yaml")
	with := func(put string) *Config {
		return mustLoad(t, strings.Replace(base, "routes: {extensions: yes, get: [curl, -sf, https://control.example/routes]}",
			"routes: {get: [echo], put: ["+put+"]}", 1))
	}
	for put, notDone := range map[string]bool{
		`sh, -c, 'test "$(cat)" = "{\"is\":{\"b\":2},\"was\":{\"a\":1}}"'`: false,
		`sh, -c, "exit 1"`:         true,
		`no-such-program-anywhere`: true,
	} {
		err := with(put).PutRoutes(t.Context(), []byte(`{"a":1}`), []byte(`{"b":2}`))
		if (err != nil) != notDone || errors.Is(err, model.ErrNotDone) != notDone {
			t.Errorf("%s: %v", put, err)
		}
	}
	if err := with(`sh, -c, "exit 3"`).PutRoutes(t.Context(), []byte(`{}`), []byte(`{}`)); err == nil || errors.Is(err, model.ErrNotDone) {
		t.Errorf("nobody can tell, and it says that nothing happened: %v", err)
	}
	if err := mustLoad(t, base).PutRoutes(t.Context(), []byte(`{}`), []byte(`{}`)); !errors.Is(err, model.ErrNotDone) {
		t.Errorf("without a command: %v", err)
	}
}
