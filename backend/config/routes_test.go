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
