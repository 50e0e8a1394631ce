package config

import (
	"fmt"
	"strings"
)

// PushOn is how one Director's files are reached and proven.
type PushOn struct {
	Set                        bool // the configuration says how this Director is pushed to
	File                       string
	Catalog                    string // the file of its host that has its Catalog resource; empty: only people change that
	Conf, BDirJSON, Test       []string
	Stat, Read, Write, Renames []string // argument vectors, all or none; none: the file is on the machine that acts
	Sums                       []string // tells who watches of the file: prints its SHA-256 over and over; nil: nothing does
}

// Local tells whether the Director's file is on the machine that acts.
func (p *PushOn) Local() bool { return len(p.Read) == 0 }

// At is what is said of the active Director (0) or the passive one (1), and of both where nothing else is said.
func (p *Push) At(place int) PushOn {
	on := p.On[place]
	if on.File == "" {
		on.File = p.File
	}
	for _, of := range []struct{ own, both *[]string }{{&on.Conf, &p.Conf}, {&on.BDirJSON, &p.BDirJSON}, {&on.Test, &p.Test}} {
		if *of.own == nil {
			*of.own = *of.both
		}
	}
	return on
}

// pushOn reads on: with active and passive.
func (l *loader) pushOn(n *node, p *Push) {
	f, ok := l.fields(n, "active", "passive")
	if !ok {
		return
	}
	for place, key := range []string{"active", "passive"} {
		if n := f.get(key); n != nil {
			p.On[place] = l.pushOnOne(n)
		}
	}
}

func (l *loader) pushOnOne(n *node) (on PushOn) {
	const path = "{path}"
	vectors := []struct {
		key, do string
		holds   []string
		to      *[]string
	}{
		{"conf", "write what prints this Director's own configuration, such as [ssh, dir-new, cat, /etc/bacula/bacula-dir.conf]", nil, &on.Conf},
		{"bdirjson", `write such as [bdirjson, -c, "{file}"]`, nil, &on.BDirJSON},
		{"test", `write such as [bacula-dir, -t, -c, "{file}"]`, nil, &on.Test},
		{"stat", `write such as [ssh, dir-new, stat, --format=%F:%U:%G:%a, "{path}"]`, []string{path}, &on.Stat},
		{"read", `write such as [ssh, dir-new, cat, "{path}"]`, []string{path}, &on.Read},
		{"write", `write such as [ssh, dir-new, "umask 027; cat > {path}; sync {path}"]`, []string{path}, &on.Write},
		{"sums", `write such as [ssh, dir-new, "while sha256sum {path}; do sleep 2; done"]`, nil, &on.Sums},
		{"rename", `write such as [ssh, dir-new, mv, --no-target-directory, "{from}", "{to}"]`, []string{"{from}", "{to}"}, &on.Renames},
	}
	keys := []string{"file", "catalog_file"}
	for _, v := range vectors {
		keys = append(keys, v.key)
	}
	f, ok := l.fields(n, keys...)
	if !ok {
		return on
	}
	on.Set = true
	if n := f.get("file"); n != nil {
		on.File = l.hostFile(n)
	}
	if n := f.get("catalog_file"); n != nil {
		on.Catalog = l.hostFile(n)
	}
	reached := 0
	for _, v := range vectors {
		n := f.get(v.key)
		if n == nil {
			continue
		}
		*v.to = l.argv(n, v.do)
		for _, holds := range v.holds {
			if len(*v.to) > 0 && !strings.Contains(strings.Join(*v.to, " "), holds) {
				l.add(n, fmt.Sprintf("it does not say where %s goes", holds), v.do)
			}
		}
		if v.holds != nil {
			reached++
		}
	}
	if reached > 0 && reached < 4 {
		l.add(n, "stat, read, write and rename belong together", "write all four, or none where the file is on the machine that acts")
	}
	return on
}
