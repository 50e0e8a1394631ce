package config

import "switchyard/model"

// Bundle is where the recovery bundle is kept and who can read it.
type Bundle struct {
	File       string              // empty: it is said on the command line
	Recipients []string            // public keys of age
	Also       map[string][]string // by name: argument vectors of which each prints something that belongs into it
}

// publicKey is how age writes one, also of its newer kinds. Whether it is one, age itself says when it is used.
var publicKey = model.Pattern(`^age1[0-9a-z]{20,}$`)

func (l *loader) bundle(n *node) {
	f, ok := l.fields(n, "file", "recipients", "also")
	if !ok {
		return
	}
	if n := f.get("file"); n != nil {
		l.c.Bundle.File = l.path(n, "write the file that switchyard bundle writes, away from all that it is to bring back")
	}
	if n := f.get("also"); n != nil {
		l.c.Bundle.Also = l.commands(n)
	}
	const do = "write the public keys of those who may read it, as age-keygen prints them, such as [age1...]; the private ones stay off " +
		"this host"
	n = f.need("recipients", do)
	switch {
	case n == nil:
		return
	case n.shape != list || len(n.kids) == 0:
		l.addShape(n, do)
		return
	}
	for i := range n.kids {
		k := &n.kids[i]
		key := k.text
		if k.shape != text || !publicKey().MatchString(key) {
			l.addHidden(k, "it is no public key of age", do) // it may be the private one
			continue
		}
		if contains(l.c.Bundle.Recipients, key) {
			l.add(k, "it is there already", "write each key once")
		}
		l.c.Bundle.Recipients = append(l.c.Bundle.Recipients, key)
	}
}
