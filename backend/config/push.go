package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchyard/model"
)

// Push is how the part of a cluster's configuration that follows the routes is written. The zero value: nothing is said of it, and nothing
// can be rendered.
type Push struct {
	None     bool      // somebody else's control plane renders and pushes
	Owner    []string  // with None: asks that one whether it refuses the routes, and ends with 1 when it does; nil: it is not asked
	On       [2]PushOn // the active Director, and the passive one
	File     string    // on the Directors' hosts, which a Director's own configuration includes; empty: nothing is rendered
	Conf     []string  // argument vector that prints a Director's own configuration; nil: it is not looked at
	BDirJSON []string  // of Bacula's bdirjson; {file} in it stands for a whole configuration
	Test     []string  // of bacula-dir -t
	Template string    // a file; empty: the default template
	Bacula   string    // the Directors' version; empty: not known
	FileSet  model.NameTemplate
	Levels   [2]string // by kind; empty: not said
	Address  string    // of Clients, with {client}
	Password string    // file on the Directors' hosts, with {client}
	Port     int       // of Clients; 0: not said
	Jobs     int       // that a Client runs at once; 0: not said
	Data     string    // what a FileSet holds, with {chain}, {region} and {kind}
	Apart    time.Duration
	Hold     Hold // how the Directors' configuration manager is held; without Life it is not

	Catalog, Messages, Pool, Storage, JobDefs string

	l  *loader
	at *node // of the template
}

// Rendered tells whether anything can be rendered.
func (p *Push) Rendered() bool { return p.File != "" }

// PasswordOf is the file on the Directors' hosts that holds a Client's password.
func (p *Push) PasswordOf(client string) string {
	return strings.ReplaceAll(p.Password, "{client}", client)
}

// defaultApart keeps the starts of both clusters on one clone source apart where the configuration does not say how far.
const defaultApart = 3 * time.Hour

const (
	pushHint    = "write push: none where another control plane pushes, or push: with file, catalog, messages, client and data"
	maxTemplate = 1 << 20
)

var (
	placeholder   = model.Pattern(`\{[^{}]*\}?`)
	baculaVersion = model.Pattern(`^[0-9]{1,2}(\.[0-9]{1,2}){0,2}$`)
	baculaLevels  = []string{"Full", "Incremental", "Differential", "VirtualFull"}
)

func (l *loader) push(n *node) (p Push) {
	if n.shape == text && n.text == "none" {
		p.None = true
		return p
	}
	if n.shape != mapping {
		l.addShape(n, pushHint)
		return p
	}
	if n.len() > 0 && n.key(0).text == "owner" {
		if f, ok := l.fields(n, "owner"); ok {
			p.None, p.Owner = true, l.argv(f.get("owner"), "write what asks the other control plane, and ends with 1 when it refuses the routes")
		}
		return p
	}
	f, _ := l.fields(n, "on", "file", "conf", "bdirjson", "test", "template", "bacula", "catalog", "messages", "pool", "storage", "job_defs",
		"client", "data", "file_sets", "levels", "apart", "hold")
	p.l = l
	if n := f.need("file", "write the file on the Directors' hosts, such as /etc/bacula/routed.conf"); n != nil {
		p.File = l.hostFile(n)
	}
	l.pushTools(f, &p)
	if n := f.get("on"); n != nil {
		l.pushOn(n, &p)
	}
	if n := f.get("template"); n != nil {
		p.at, p.Template = n, l.path(n, "write the path of a text/template, relative to this file, or leave it out")
	}
	if n := f.get("bacula"); n != nil {
		p.Bacula = l.matching(f, "bacula", baculaVersion(), `write the Directors' version in quotes, such as "9.6" or "15.0.3"`)
	}
	for _, r := range []struct {
		key, what string
		to        *string
		need      bool
	}{
		{"catalog", "the name of the Directors' Catalog resource", &p.Catalog, true},
		{"messages", "the name of the Messages resource of jobs", &p.Messages, true},
		{"pool", "the name of the Pool where the inventory has none", &p.Pool, false},
		{"storage", "the name of the Storage where the inventory has none", &p.Storage, false},
		{"job_defs", "the name of the JobDefs of jobs", &p.JobDefs, false},
	} {
		n := f.get(r.key)
		if r.need {
			n = f.need(r.key, "write "+r.what)
		}
		if n != nil {
			*r.to, _ = l.name(n, r.what, " ")
		}
	}
	if n := f.need("client", "write client: {password_file: /PATH}"); n != nil {
		l.pushClient(n, &p)
	}
	const data = "write what a FileSet holds, such as /backup/{chain}/{region}/{kind}"
	if n := f.need("data", data); n != nil {
		p.Data = l.pattern(n, data, "chain", "region", "kind")
	}
	if n := f.get("file_sets"); n != nil {
		if s, ok := l.text(n, "write such as fs-{chain}-{region}-{kind}"); ok {
			var err error
			if p.FileSet, err = model.ParseNameTemplate(s); err != nil {
				l.addMistake(n, err)
			}
		}
	}
	if n := f.get("levels"); n != nil {
		if f, ok := l.fields(n, "regular", "immutable"); ok {
			for _, k := range model.Kinds {
				if n := f.get(k.String()); n != nil {
					p.Levels[k] = l.word(n, baculaLevels...)
				}
			}
		}
	}
	if n := f.get("apart"); n != nil {
		p.Apart = l.apartBy(n)
	}
	if n := f.get("hold"); n != nil {
		p.Hold = l.hold(n)
	}
	return p
}

// pushTools reads the argument vectors, of which those that judge a configuration need the one that prints it.
func (l *loader) pushTools(f fields, p *Push) {
	for _, t := range []struct {
		key, do string
		to      *[]string
	}{
		{"conf", "write what prints a Director's own configuration, such as [cat, /etc/bacula/bacula-dir.conf]", &p.Conf},
		{"bdirjson", `write such as [bdirjson, -c, "{file}"]`, &p.BDirJSON},
		{"test", `write such as [bacula-dir, -t, -c, "{file}"]`, &p.Test},
	} {
		n := f.get(t.key)
		if n == nil {
			continue
		}
		*t.to = l.argv(n, t.do)
		if p.Conf == nil && f.get("conf") == nil {
			l.addMissing(f.n, "conf", "write what prints a Director's own configuration: "+t.key+" judges it whole")
			return
		}
	}
}

func (l *loader) pushClient(n *node, p *Push) {
	f, ok := l.fields(n, "address", "port", "password_file", "jobs")
	if !ok {
		return
	}
	if n := f.get("address"); n != nil {
		p.Address = l.pattern(n, "write such as {client}.example", "client")
	}
	const do = "write the file on the Directors' hosts that holds its password in double quotes, such as /etc/bacula/clients/{client}"
	if n := f.need("password_file", do); n != nil {
		if p.Password = l.pattern(n, do, "client"); p.Password != "" && p.Password[0] != '/' {
			l.add(n, "it is no whole path", do)
		}
	}
	for key, to := range map[string]*int{"port": &p.Port, "jobs": &p.Jobs} {
		most := 65535
		if key == "jobs" {
			most = 100
		}
		if n := f.get(key); n != nil {
			v, err := strconv.Atoi(n.text)
			if n.shape != number || err != nil || v < 1 || v > most {
				l.add(n, "it is not a number that fits", fmt.Sprintf("write 1 to %d", most))
			}
			*to = v
		}
	}
}

// hostFile is a path on a Director's host.
func (l *loader) hostFile(n *node) string {
	s := l.pattern(n, "write a whole path on the Directors' hosts, such as /etc/bacula/routed.conf")
	if s != "" && (s[0] != '/' || strings.ContainsAny(s, " ,;#=")) {
		l.add(n, "it is no whole path that a configuration can include", "write such as /etc/bacula/routed.conf")
	}
	return s
}

// pattern takes n for a text with some placeholders, that can stand in quotes in a Director's configuration.
func (l *loader) pattern(n *node, do string, known ...string) string {
	s, ok := l.text(n, do)
	if !ok {
		return ""
	}
	for _, p := range placeholder().FindAllString(s, -1) {
		if !strings.HasSuffix(p, "}") || !contains(known, strings.Trim(p, "{}")) {
			l.add(n, fmt.Sprintf("%s has no meaning here", p), do)
			return ""
		}
	}
	if bare := placeholder().ReplaceAllString(s, ""); strings.ContainsAny(bare, "\"\\\t{}|<@") {
		l.add(n, "it has a quote, a backslash, a tab, a brace, |, < or @", do)
		return ""
	}
	return s
}

// apartBy reads how far the starts of both clusters on one clone source are kept apart.
func (l *loader) apartBy(n *node) time.Duration {
	const do = "write such as 3h: from 15m to 12h"
	s, ok := l.text(n, do)
	if !ok {
		return 0
	}
	d, err := model.ParseSpan(s)
	if err != nil || d < 15*time.Minute || d > 12*time.Hour {
		l.add(n, fmt.Sprintf("%q is not a duration of 15 minutes to 12 hours", s), do)
		return 0
	}
	return d
}

// pushesApart lets one of the clusters give way: the one that says so, else green. Each has a configuration of its own.
func (l *loader) pushesApart() {
	blue, green := &l.c.Clusters[model.Blue].Push, &l.c.Clusters[model.Green].Push
	switch {
	case blue.Apart > 0 && green.Apart > 0:
		l.addTwice([]string{"clusters", "green", "push", "apart"}, "blue gives way to green already",
			"write apart for one of them: where both move, they meet again")
	case blue.Apart == 0 && green.Apart == 0 && green.Rendered():
		green.Apart = defaultApart
	}
	if len(green.Conf) > 0 && slices.Equal(blue.Conf, green.Conf) {
		l.addTwice([]string{"clusters", "green", "push", "conf"}, "it is the command that prints blue's configuration, too",
			"write the one that prints green's: one is never proven by the other's")
	}
}

// ReadTemplate reads the template's file; empty when there is none.
func (p *Push) ReadTemplate() (string, error) {
	if p.Template == "" {
		return "", nil
	}
	const do = "write the path of a text/template, relative to this file, or leave it out"
	source, err := p.l.kept.bounded(p.Template, maxTemplate)
	switch {
	case err != nil:
		return "", p.l.fail(p.at, cause(err)+": "+model.Clean(p.Template), do)
	case strings.TrimSpace(string(source)) == "":
		return "", p.l.fail(p.at, "it is empty: "+model.Clean(p.Template), do)
	}
	return string(source), nil
}
