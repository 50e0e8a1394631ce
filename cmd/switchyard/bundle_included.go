package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"

	"switchyard/backend/bacula/push"
	"switchyard/backend/bacula/push/check"
	"switchyard/backend/bacula/push/conf"
	"switchyard/backend/config"
	"switchyard/model"
)

// filesOf are those of a Director's host.
func filesOf(cfg *config.Config, on *config.PushOn) push.Files {
	if on.Local() {
		return push.Local{}
	}
	return &push.Vectors{StatArgv: on.Stat, ReadArgv: on.Read, Dir: filepath.Dir(cfg.Path), Timeout: check.QuickLimit}
}

// includes are the files that a Director's own configuration includes or names.
type includes struct {
	folder  string // in the bundle
	cluster model.Cluster
	called  string
	on      config.PushOn
	push    *config.Push
}

// mostIncluded bounds the files of one Director, and mostNested how deep they include each other.
const (
	mostIncluded = 1000
	mostNested   = 16
)

// included keeps the files without which a Director of this configuration would not come up elsewhere. What is rendered from the routes,
// and the passwords of Clients, are kept by themselves.
func (b *bundling) included(ctx context.Context, of *includes, text string) {
	rendered := map[string]bool{of.on.File: true}
	for _, cell := range b.site.inv.Cells {
		rendered[of.push.PasswordOf(cell.Client)] = true
	}
	kept, bad, why := map[string]bool{}, []string{}, ""
	lacks := func(name string, err error) {
		if bad = append(bad, name); why == "" {
			why = err.Error()
		}
	}
	var walk func(text, in string, deep int)
	walk = func(text, in string, deep int) {
		whole, named, err := namedFiles(text, in)
		if err != nil {
			lacks(in, err)
			return
		}
		for i, name := range append(whole, named...) {
			if rendered[name] || kept[name] {
				continue
			}
			if len(kept) >= mostIncluded || deep >= mostNested {
				lacks(name, fmt.Errorf("it includes more than %d files, or deeper than %d", mostIncluded, mostNested))
				return
			}
			kept[name] = true
			text, err := b.readIncluded(ctx, of, name)
			if err != nil {
				lacks(name, err)
				continue
			}
			b.Put(of.folder+name, []byte(text))
			if i < len(whole) {
				walk(text, name, deep+1)
			}
		}
	}
	walk(text, "the Director's own configuration", 0)
	if len(bad) > 0 {
		b.miss("%d files that the configuration of %s's Director %s includes were not read, such as %s: %s", len(bad), of.cluster, of.called,
			bad[0], why)
	}
}

func (b *bundling) readIncluded(ctx context.Context, of *includes, name string) (string, error) {
	switch {
	case !path.IsAbs(name) || path.Clean(name) != name: // nor may it lead out of where it is unpacked
		return "", errors.New("it is no plain path from the root")
	case !of.on.Set:
		return "", errors.New("nothing says how its Directors' files are read: write push.on")
	}
	return filesOf(b.site.cfg, &of.on).Read(ctx, name)
}

// tlsFiles are the directives, in lower case and without blanks, whose value is a file that a Director reads when it starts.
var tlsFiles = map[string]bool{"dbsslkey": true, "dbsslcert": true, "dbsslca": true, "tlskey": true, "tlscertificate": true,
	"tlscacertificatefile": true, "tlsdhfile": true}

// namedFiles are those that a configuration includes as a whole, and those that only hold a value or a certificate.
func namedFiles(text, in string) (whole, named []string, err error) {
	f, err := conf.Parse(text, conf.Options{Path: in, Leave: true})
	if err != nil {
		return nil, nil, err
	}
	var walk func(*conf.Block)
	walk = func(b *conf.Block) {
		for i := range b.Directives {
			d := &b.Directives[i]
			for _, v := range d.Values {
				if v.File || tlsFiles[d.Key] && !v.Sign && v.Text != "" {
					named = append(named, v.Text)
				}
			}
			if d.Inner != nil {
				walk(d.Inner)
			}
		}
	}
	for _, r := range f.Resources {
		walk(&r.Block)
	}
	return f.Left, named, nil
}
