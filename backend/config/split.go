package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"switchyard/model"
)

// Split is how blue's schema is left. The zero value: nothing of it is done.
type Split struct {
	Login    Login    // which sees who uses the schema and freezes it, and nothing else reads it
	Known    []string // accounts that may use the schema, as people account for
	Replicas []string // host:port of those that read blue's binary log
	Archive  Archive
}

// Archive is how the schema is archived, and how the archive is proven.
type Archive struct {
	Dump     []string // prints the schema
	Pack     []string // packs what it reads; nil: it is kept as it is
	Unpack   []string
	Load     []string   // loads what it reads into the server it is compared on
	To       []Place    // two; none: nothing is archived
	Restored Comparison // where it is loaded
}

// Place is a directory of the machine that acts, and the machine or the medium that holds it.
type Place struct {
	Dir, On string
	Plain   bool // it is no mount point: people account for what it lies on
}

// Comparison is a server that an archive is loaded into, and a login that reads it there.
type Comparison struct {
	Address, Database string
	Login             Login
}

// split reads act.split; acts is the account that acts on blue's catalog otherwise.
func (l *loader) split(n *node, acts string) (s Split) {
	const do = "write split: {user: NAME, password: {file: PATH}, known: [ACCOUNT, ...], archive: {...}}"
	f, ok := l.fields(n, "user", "password", "known", "replicas", "archive")
	if !ok {
		return s
	}
	s.Login.User = f.needText("user", "write the name of the MySQL account that leaves blue's schema")
	if v := f.need("password", do); v != nil {
		s.Login.Password = l.secret(v)
	}
	for _, taken := range []string{l.c.Watch.Clusters[model.Blue].Catalog.User, acts} {
		if s.Login.User != "" && s.Login.User == taken {
			l.add(
				f.get("user"),
				"it is an account that something else uses: "+model.Clean(taken),
				"write one of its own: this one takes rights away",
			)
		}
	}
	s.Known = l.texts(f.get("known"), "write the accounts that may use the schema, such as [root, bacula]")
	if v := f.get("replicas"); v != nil {
		const do = `write those that read the server's binary log, such as ["db2.example:3306"]`
		if v.shape != list {
			l.addShape(v, do)
		} else {
			for i := range v.kids {
				s.Replicas = append(s.Replicas, l.address(&v.kids[i]))
			}
		}
	}
	if v := f.get("archive"); v != nil {
		s.Archive = l.archive(v)
	}
	return s
}

func (l *loader) texts(n *node, do string) (out []string) {
	switch {
	case n == nil:
		return nil
	case n.shape != list:
		l.addShape(n, do)
		return nil
	}
	for i := range n.kids {
		if s, ok := l.text(&n.kids[i], do); ok {
			out = append(out, s)
		}
	}
	return out
}

func (l *loader) archive(n *node) (a Archive) {
	f, ok := l.fields(n, "dump", "pack", "unpack", "load", "to", "restored")
	if !ok {
		return a
	}
	for _, v := range []struct {
		key, do string
		need    bool
		to      *[]string
	}{
		{"dump", "write what prints the schema, such as dump: [mysqldump, --defaults-extra-file=/etc/switchyard/dump.cnf, " +
			"--single-transaction, bacula]",
			true, &a.Dump},
		{"pack", "write what packs what it reads, such as pack: [zstd, -q, -c]", false, &a.Pack},
		{"unpack", "write what unpacks what it reads, such as unpack: [zstd, -q, -d, -c]", false, &a.Unpack},
		{"load", "write what loads what it reads, such as load: [mysql, --defaults-extra-file=/etc/switchyard/load.cnf, " +
			"bacula_check]", true, &a.Load},
	} {
		n := f.get(v.key)
		if v.need {
			n = f.need(v.key, v.do)
		}
		if n == nil {
			continue
		}
		*v.to = l.argv(n, v.do)
		if holdsPassword(*v.to) {
			l.addHidden(n, "an argument holds a password, which everybody on the machine can read", "put it into a file: --defaults-extra-file=PATH")
		}
	}
	if (f.get("pack") == nil) != (f.get("unpack") == nil) {
		l.add(n, "pack and unpack belong together", "write both, or neither")
	}
	if n := f.need("to", "write two places, such as to: [{dir: /archive, on: nas1}, {dir: /worm, on: tape1}]"); n != nil {
		a.To = l.places(n)
	}
	if n := f.need("restored", "write restored: {address: HOST:PORT, database: NAME, user: NAME, password: {file: PATH}}"); n != nil {
		a.Restored = l.comparison(n)
	}
	return a
}

// passwords are options that hold one, however much of the name is left out; clients are the programs of which -p holds one, too.
var (
	passwords = model.Pattern(`^(--(loose[-_])?pass[a-z_-]*=|MYSQL_PWD=)`)
	clients   = model.Pattern(`^(mysql|mariadb)[a-z-]*$`)
)

func holdsPassword(argv []string) bool {
	client := false
	for _, arg := range argv {
		if passwords().MatchString(arg) || client && strings.HasPrefix(arg, "-p") && len(arg) > 2 {
			return true
		}
		client = client || clients().MatchString(filepath.Base(arg))
	}
	return false
}

// places are two that no single loss takes, and neither is the server that is left.
func (l *loader) places(n *node) (out []Place) {
	const do = "write two places on two machines or media, such as [{dir: /archive, on: nas1}, {dir: /worm, on: tape1}]"
	if n.shape != list || len(n.kids) != 2 {
		l.add(n, "an archive lies in two places", do)
		return nil
	}
	for i := range n.kids {
		f, ok := l.fields(&n.kids[i], "dir", "on", "plain")
		if !ok {
			return nil
		}
		var p Place
		if v := f.need("dir", do); v != nil {
			p.Dir, _ = l.text(v, do)
			if p.Dir != "" && !filepath.IsAbs(p.Dir) {
				l.add(v, "it is no whole path", "write an absolute path")
			}
		}
		if v := f.get("plain"); v != nil {
			if p.Plain = v.shape == boolean && v.text == "true"; !p.Plain {
				l.addShape(v, "write plain: true for a directory that nothing is mounted on")
			}
		}
		if v := f.need("on", "write the machine or the medium that holds the directory"); v != nil {
			p.On, _ = l.text(v, do)
		}
		for _, h := range l.c.Clusters[model.Blue].Catalog.Hosts {
			if host, _, _ := strings.Cut(h, ":"); p.On != "" && strings.EqualFold(host, p.On) {
				l.add(&n.kids[i], "it is on the server whose schema is dropped: "+model.Clean(p.On), "write a place that outlives it")
			}
		}
		out = append(out, p)
	}
	if out[0].On != "" && strings.EqualFold(out[0].On, out[1].On) ||
		out[0].Dir != "" && filepath.Clean(out[0].Dir) == filepath.Clean(out[1].Dir) {
		l.add(n, "both places are the same one", do)
	}
	return out
}

func (l *loader) comparison(n *node) (c Comparison) {
	f, ok := l.fields(n, "address", "database", "user", "password")
	if !ok {
		return c
	}
	if v := f.need("address", "write host:port of a server that the archive is loaded into"); v != nil {
		c.Address = l.address(v)
		if slices.Contains(l.c.Clusters[model.Blue].Catalog.Hosts, c.Address) {
			l.add(v, "it is the server whose schema is archived", "write another server: what is loaded there proves the archive")
		}
		for _, other := range l.c.Clusters[model.Green].Catalog.Hosts {
			if c.Address == other {
				l.add(v, "it is green's catalog: "+model.Clean(other), "write a server that nothing lives on")
			}
		}
	}
	c.Database = f.needText("database", "write the database that it is loaded into")
	c.Login.User = f.needText("user", "write the name of an account that reads it there")
	if v := f.need("password", fmt.Sprintf("write password: {file: PATH} of %s", c.Login.User)); v != nil {
		c.Login.Password = l.secret(v)
	}
	return c
}
