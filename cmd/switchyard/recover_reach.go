package main

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strings"
	"sync"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// points are those of all cells: of the catalogs that can be read, and of the bundle's cards for those that cannot. What a catalog that is
// left should know and does not is of the cards, too.
func (r *recovery) points(ctx context.Context) (points []model.SurvivingPoint, unread []model.Unread, err error) {
	unread = []model.Unread{}
	if r.cards {
		for _, c := range model.Clusters {
			unread = append(unread, model.Unread{Cluster: c, Why: "it was not asked, by --cards"})
		}
	} else if points, unread, err = r.read(ctx); err != nil {
		return nil, nil, err
	}
	var inPlace, beyond []model.SurvivingPoint
	for _, name := range r.Names(bundleCards) {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		var card model.Card
		if err := r.JSON(name, &card); err != nil {
			return nil, nil, err
		}
		for i := range card.Points {
			p := model.SurvivingPoint{RestorePoint: card.Points[i].Point, Card: true}
			if slices.ContainsFunc(unread, func(u model.Unread) bool { return u.Cluster == p.Key.Cluster }) {
				inPlace = append(inPlace, p)
			} else {
				beyond = append(beyond, p)
			}
		}
	}
	model.Placed(points, beyond)
	return slices.Concat(points, inPlace, model.Beyond(points, beyond)), unread, nil
}

// read asks both catalogs, some chains at a time.
func (r *recovery) read(ctx context.Context) (points []model.SurvivingPoint, unread []model.Unread, err error) {
	f, stop := r.site.asked(ctx)
	defer stop()
	unread = []model.Unread{}
	cells := r.site.inv.Cells
	ask := model.RestoreAsk{Clusters: slices.Clone(model.Clusters[:])}
	for chunk := range slices.Chunk(cells, chainsAtOnce*4) {
		ask.Cells = ask.Cells[:0]
		for _, c := range chunk {
			ask.Cells = append(ask.Cells, model.AskedCell{Cell: c.Cell, Promise: c.Promise})
		}
		l, err := f.RestoreList(ctx, ask)
		if err != nil {
			return nil, nil, err
		}
		for _, p := range l.Points {
			points = append(points, model.SurvivingPoint{RestorePoint: p})
		}
		for _, u := range l.Unread { // it is asked no more: a silent one would be waited for again and again
			unread = append(unread, u)
			ask.Clusters = slices.DeleteFunc(ask.Clusters, func(c model.Cluster) bool { return c == u.Cluster })
		}
		if len(ask.Clusters) == 0 {
			break
		}
	}
	return slices.DeleteFunc(points, func(p model.SurvivingPoint) bool {
		return slices.ContainsFunc(unread, func(u model.Unread) bool { return u.Cluster == p.Key.Cluster })
	}), unread, nil
}

// knocksAtOnce is how many Storage Daemons are greeted together.
const knocksAtOnce = 32

type storageKey struct {
	of   model.Cluster
	name string
}

// reach greets every Storage Daemon on which a point lies, and all others of the Directors' configurations.
func (r *recovery) reach(ctx context.Context, points []model.SurvivingPoint) ([]model.Reached, func(model.Cluster, string) model.Reached) {
	bells := r.doorbells()
	known := map[storageKey]model.Reached{}
	for i := range points {
		for _, n := range points[i].Storages() {
			k := storageKey{points[i].Key.Cluster, n}
			if _, there := bells[k]; !there {
				known[k] = model.Reached{Cluster: k.of, Storage: n, Why: "nobody tells where it is: the bundle has no Storage resource of that name"}
			}
		}
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	turns := make(chan struct{}, knocksAtOnce)
	for k, bell := range bells {
		turns <- struct{}{}
		wg.Go(func() {
			defer func() { <-turns }()
			got := bell.Knock(ctx)
			mu.Lock()
			defer mu.Unlock()
			known[k] = model.Reached{Cluster: k.of, Storage: k.name, Address: bell.Address, Answers: model.Answer(got.Answers),
				Lets: model.Answer(got.Knows), Why: got.Why}
		})
	}
	wg.Wait()
	all := make([]model.Reached, 0, len(known))
	for _, s := range known {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b model.Reached) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), strings.Compare(a.Storage, b.Storage))
	})
	return all, func(c model.Cluster, name string) model.Reached {
		if s, there := known[storageKey{c, name}]; there {
			return s
		}
		return model.Reached{Cluster: c, Storage: name}
	}
}

// doorbells are how each Storage Daemon is greeted, as the configuration of a Director of its cluster in the bundle says.
func (r *recovery) doorbells() map[storageKey]*bacula.Doorbell {
	out := map[storageKey]*bacula.Doorbell{}
	for _, c := range model.Clusters {
		for _, name := range r.Names("directors/" + c.String()) {
			folder, own := strings.CutSuffix(name, bundleOwn)
			if !own || strings.Contains(name, "/"+bundleFiles+"/") {
				continue
			}
			file, err := r.configuration(name, folder)
			if err != nil {
				continue // the cards' addresses are left
			}
			director := ""
			for _, res := range file.Resources {
				if res.Kind == "Director" && director == "" {
					director = res.Name
				}
			}
			for _, res := range file.Resources {
				k := storageKey{c, res.Name}
				address := directive(res, "address")
				if res.Kind != "Storage" && res.Kind != "Autochanger" || address == "" || out[k] != nil {
					continue
				}
				out[k] = &bacula.Doorbell{
					Director: director,
					Address:  net.JoinHostPort(address, cmp.Or(directive(res, "sdport"), directive(res, "port"), "9103")),
					Password: directive(res, "password"),
					Timeout:  r.site.cfg.Policy.Answer,
				}
			}
		}
	}
	r.byCards(out)
	return out
}

// configuration is that of a Director in a folder of the bundle, with what it includes. Where that was not kept, what is left of it.
func (r *recovery) configuration(name, folder string) (*conf.File, error) {
	text := string(r.Contents[name])
	file, err := conf.Parse(text, conf.Options{Path: name, Open: func(path string) (string, error) {
		if kept, there := r.Contents[folder+bundleFiles+path]; there {
			return string(kept), nil
		}
		return "", nil // such as the jobs of cells, which are rendered
	}})
	if err != nil { // a password without its file
		return conf.Parse(text, conf.Options{Path: name, Leave: true})
	}
	return file, nil
}

// byCards adds the Storage Daemons that only a card knows: whether they let a Director in is not known.
func (r *recovery) byCards(out map[storageKey]*bacula.Doorbell) {
	for _, name := range r.Names(bundleCards) {
		var card model.Card
		if !strings.HasSuffix(name, ".json") || r.JSON(name, &card) != nil {
			continue
		}
		for i := range card.Points {
			p := &card.Points[i]
			for _, s := range p.Storages {
				k := storageKey{p.Point.Key.Cluster, s.Name}
				if out[k] == nil && s.Address != "" {
					out[k] = &bacula.Doorbell{
						Director: r.site.cfg.Clusters[k.of].Active.Name,
						Address:  net.JoinHostPort(s.Address, cmp.Or(s.Port, "9103")),
						Timeout:  r.site.cfg.Policy.Answer,
					}
				}
			}
		}
	}
}

// directive is the first word of a directive; empty: it has none, or it stands in a file that is not here.
func directive(r *conf.Resource, key string) string {
	d, ok := r.Get(key)
	if !ok || len(d.Values) == 0 || d.Values[0].File {
		return ""
	}
	return d.Values[0].Text
}
