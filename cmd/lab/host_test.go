package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestMirror(t *testing.T) {
	const stanza = `Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`
	for _, c := range []struct {
		name  string
		texts map[string]string
		want  string
	}{
		{"stanzas", map[string]string{"/etc/apt/sources.list": "# empty\n", "/etc/apt/sources.list.d/debian.sources": stanza},
			"http://mirror.example/debian"},
		{"lines", map[string]string{"/etc/apt/sources.list": "deb http://security.example/ bookworm-security main\ndeb " +
			"http://one.example/debian bookworm main contrib\n"}, "http://one.example/debian"},
		{"options", map[string]string{"/etc/apt/sources.list": "deb [ arch=amd64 signed-by=/x.gpg ] http://two.example/debian bookworm " +
			"main\n"}, "http://two.example/debian"},
		{"another vendor's", map[string]string{"/etc/apt/sources.list.d/x.list": "deb https://x.example/apt bookworm stable\n"}, ""},
		{"sources only", map[string]string{"/etc/apt/sources.list": "deb-src http://one.example/debian bookworm main\n"}, ""},
		{"disabled", map[string]string{"/etc/apt/sources.list.d/a.sources": "Enabled: no\n" + stanza}, ""},
	} {
		got, err := mirror(c.texts, "bookworm")
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
		if err != nil && !errors.Is(err, errNeeds) {
			t.Errorf("%s: %v is not of the kind that says what the machine lacks", c.name, err)
		}
	}
}

func TestCacheName(t *testing.T) {
	name := cacheName(map[string]string{"bacula-director": "15.0.3-5", "mysql-server-core": "1:9.7.4-2"})
	if !strings.HasPrefix(name, "green-"+recipe()+"-") || !strings.Contains(name, "15.0.3-5") || !strings.Contains(name, "1%9.7.4-2") {
		t.Errorf("the cached root is called %s", name)
	}
	args := mmdebstrapArgs("/x", "http://one.example", []string{`Acquire::http::Proxy "http://p"`})
	if !slices.Contains(args, `--aptopt=Acquire::http::Proxy "http://p"`) ||
		!strings.Contains(args[len(args)-1], "http://one.example sid main") {
		t.Errorf("mmdebstrap is called with %q", args)
	}
}

func TestParsePasswd(t *testing.T) {
	const text = "root:x:0:0:root:/root:/bin/bash\nbacula:x:101:102:Bacula:/var/lib/bacula:/usr/sbin/nologin\n"
	if got := parsePasswd(text, "bacula"); got != (owner{101, 102}) {
		t.Errorf("bacula is %v", got)
	}
	if got := parsePasswd(text, "baculax"); got != (owner{65534, 65534}) {
		t.Errorf("somebody unknown is %v, want nobody", got)
	}
}
