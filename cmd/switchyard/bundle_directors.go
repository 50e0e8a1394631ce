package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"switchyard/backend/bacula/push/check"
	"switchyard/backend/config"
	"switchyard/model"
)

// ofDirectors are the configurations of all Directors, with what the routes come to and the passwords of their Clients.
func (b *bundling) ofDirectors(ctx context.Context, takes func(model.Cell) model.Route) {
	cfg := b.site.cfg
	b.directors = []string{}
	for _, c := range model.Clusters {
		p := &cfg.Clusters[c].Push
		if !p.Rendered() {
			if len(cfg.Bundle.Also) == 0 {
				b.miss("%s's Directors are configured by another control plane: name under bundle.also what prints their configuration", c)
			}
			continue
		}
		out, err := rendered(cfg, b.site.inv, b.site.names, c, takes, false)
		if err != nil {
			b.miss("what the routes come to on %s could not be rendered: %v", c, err)
			continue
		}
		has := false
		for place, at := range []config.Director{cfg.Clusters[c].Active, cfg.Clusters[c].Passive} {
			if at.Name == "" {
				continue
			}
			called := at.Name
			if place > 0 {
				called = model.PassiveOf(c, at.Name, cfg.Clusters[c].Active.Name).Name
			}
			if b.ofDirector(ctx, c, called, p.At(place), p) {
				folder := "directors/" + c.String() + "/" + called + "/"
				b.Put(folder+bundleRouted, []byte(out.Text))
				b.directors, has = append(b.directors, c.String()+" "+called), true
			}
		}
		if !has {
			b.miss("no Director of %s gives its configuration", c)
		}
		b.logins(ctx, c)
	}
}

func (b *bundling) ofDirector(ctx context.Context, c model.Cluster, called string, on config.PushOn, p *config.Push) bool {
	if on.Conf == nil {
		b.miss("nothing prints the configuration of %s's Director %s: write push.conf", c, called)
		return false
	}
	tools := *p
	tools.Conf = on.Conf
	text, err := pushTools(b.site.cfg, &tools).Conf.Print(ctx)
	if err != nil {
		b.miss("the configuration of %s's Director %s was not read: %v", c, called, err)
		return false
	}
	folder := "directors/" + c.String() + "/" + called + "/"
	b.Put(folder+bundleOwn, []byte(text))
	b.included(ctx, &includes{folder: folder + bundleFiles, cluster: c, called: called, on: on, push: p}, text)
	return true
}

const (
	loginsAtOnce = 8
	loginsLimit  = 5 * time.Minute // for those of one Director
)

// logins are the files with the passwords of a cluster's Clients, as its active Director has them, else its passive one.
func (b *bundling) logins(ctx context.Context, c model.Cluster) {
	cfg := b.site.cfg
	p := &cfg.Clusters[c].Push
	clients := map[string]bool{}
	for _, cell := range b.site.inv.Cells {
		clients[p.PasswordOf(cell.Client)] = true
	}
	ctx, cancel := context.WithTimeout(ctx, loginsLimit)
	defer cancel()
	got, bad := map[string]string{}, map[string]error{}
	for place := range 2 {
		on := p.At(place)
		if !on.Set {
			continue
		}
		files := filesOf(cfg, &on)
		var mu sync.Mutex
		var wg sync.WaitGroup
		turns := make(chan struct{}, loginsAtOnce)
		for path := range clients {
			if _, there := got[path]; there {
				continue
			}
			turns <- struct{}{}
			wg.Go(func() {
				defer func() { <-turns }()
				text, err := files.Read(ctx, path)
				mu.Lock()
				defer mu.Unlock()
				if bad[path] = err; err == nil {
					got[path] = text
				}
			})
		}
		wg.Wait()
		if len(got) == len(clients) {
			break
		}
	}
	b.missedLogins(c, clients, got, bad)
	if err := b.PutJSON("directors/"+c.String()+"/"+bundleLogins, got); err != nil {
		b.miss("the passwords of %s's Clients: %v", c, err)
	}
}

func (b *bundling) missedLogins(c model.Cluster, clients map[string]bool, got map[string]string, bad map[string]error) {
	var lacking []string
	for path := range clients {
		if _, there := got[path]; !there {
			lacking = append(lacking, path)
		}
	}
	if len(lacking) == 0 {
		return
	}
	slices.Sort(lacking)
	why := "nothing says how its Directors' files are read: write push.on"
	if err := bad[lacking[0]]; err != nil {
		why = err.Error()
	}
	b.miss("%d of %d passwords of %s's Clients were not read, such as %s: %s", len(lacking), len(clients), c, lacking[0], why)
}

// also is what the configuration names besides.
func (b *bundling) also(ctx context.Context) {
	for name, argv := range b.site.cfg.Bundle.Also {
		tool := check.Tool{Argv: argv, Dir: filepath.Dir(b.site.cfg.Path), Timeout: check.QuickLimit}
		text, err := tool.Print(ctx)
		if err != nil {
			b.miss("bundle.also.%s: %v", name, err)
			continue
		}
		b.Put(fmt.Sprintf("%s/%s", bundleAlso, name), []byte(text))
	}
}
