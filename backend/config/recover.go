package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"switchyard/model"
)

// Recover is the Director that comes up where nothing else is left, and where what it restores goes. The zero value: nobody has said.
type Recover struct {
	Director Director // green's; no Name: none is meant
	Service  Service
	On       PushOn   // how its own files are reached; not set: only people do
	Watch    []string // argument vectors of its Consoles
	Act      []string
	Client   string // to which the chains are restored, as the Director calls it; empty: to be said then
	AtOnce   int    // restores that run together
	Drill    Drill  // what a drill brings up

	vectors [][]string // every argument vector of it, of which a relative path goes from dir
	dir     string
}

// How many restores run together where nothing is said, and at most.
const (
	recoverAtOnce = 6
	mostAtOnce    = 100
)

// recoverKeys are those of the section recover.
var recoverKeys = []string{"director", "on", "consoles", "client", "at_once", "drill"}

// recover reads the section of that name.
func (l *loader) recover(n *node) (r Recover) {
	r.AtOnce, r.dir = recoverAtOnce, l.dir
	before := len(l.vectors)
	defer func() { r.vectors, l.vectors = slices.Clone(l.vectors[before:]), l.vectors[:before] }()
	f, ok := l.fields(n, recoverKeys...)
	if !ok {
		return r
	}
	const do = `write director: with the name and the address of the Director that comes up`
	if n := f.need("director", do); n != nil {
		r.Director, r.Service = l.director(n)
	}
	if n := f.get("on"); n != nil {
		r.On = l.pushOnOne(n)
	}
	if n := f.need("consoles", "write consoles: {watch: [bconsole, -n, -c, FILE], act: [bconsole, -n, -c, FILE]}"); n != nil {
		if f, ok := l.fields(n, "watch", "act"); ok {
			const do = "write an argument vector, such as [bconsole, -n, -c, /etc/switchyard/recover.conf]"
			if n := f.need("watch", do); n != nil {
				r.Watch = l.argv(n, do)
			}
			if n := f.need("act", do); n != nil {
				r.Act = l.argv(n, do)
			}
		}
	}
	if n := f.get("client"); n != nil {
		r.Client, _ = l.name(n, "a client's name", " ")
	}
	if n := f.get("drill"); n != nil {
		r.Drill = l.drill(n)
	}
	if n := f.get("at_once"); n != nil {
		if _, err := fmt.Sscanf(n.text, "%d", &r.AtOnce); err != nil || r.AtOnce < 1 || r.AtOnce > mostAtOnce {
			l.add(n, "it is no number of restores that run at once", fmt.Sprintf("write 1 to %d", mostAtOnce))
		}
	}
	return r
}

// Origin says that a configuration was kept in a bundle, for who recovers with it.
type Origin struct {
	Bundle, Identity, Director string        // their files; the last may be empty
	Made                       time.Time     // when the bundle was
	Drill                      bool          // everything is there, and stays as it is
	Old                        [2][]Director // the Directors from before, by cluster
	Journal                    Journal       // where it was before
}

// recovering are the files that decide what a recovery does: all that is run stands in one of them, or is named there. What else the
// configuration names was on machines that are gone; in a drill everything is there, and counts.
func (c *Config) recovering() []owned {
	o := c.Origin
	var files []owned
	for _, f := range []owned{
		{what: "the bundle", path: o.Bundle}, {what: "the private key", path: o.Identity}, {what: "who comes up", path: o.Director},
	} {
		if f.path != "" {
			files = append(files, f)
		}
	}
	files = append(files, c.Recover.decide()...)
	if o.Drill {
		for _, v := range c.loader.vectors {
			files = append(files, run(v, c.loader.dir)...)
		}
	}
	return files
}

// decide are the files that decide what is done about the Director that comes up. They may be that Director's own account's: it decides
// about nothing else.
func (r *Recover) decide() (files []owned) {
	for _, v := range r.vectors {
		for _, f := range run(v, r.dir) {
			f.another = true
			files = append(files, f)
		}
	}
	return files
}

// LoadRecover reads a file that holds what the section recover would, written on the night.
func LoadRecover(path string) (r Recover, err error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return r, fmt.Errorf("reading who comes up: %w", err)
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return r, fmt.Errorf("reading who comes up: %w", err)
	}
	l := &loader{document: parse(path, source, false, false), dir: dir}
	if len(l.faults) == 0 {
		r = l.recover(&l.root)
	}
	return r, l.err()
}

// Recovering lets the configuration be of what is left: the Director that comes up is green's active one, and the one before it is watched
// as its passive one, so that it is seen should it come back. The journal lies beside the bundle, but for one in a bucket. No launcher is
// left.
func (c *Config) Recovering(o Origin) {
	c.Origin, c.Path, c.Launcher, c.Operator = &o, o.Bundle, nil, OperatorUID
	o.Journal = c.Journal
	if o.Drill {
		return
	}
	if c.Journal.Dir != "" {
		c.Journal.Dir, c.Journal.BreakGlass = o.Bundle+".journal", ""
	}
	r, watched := &c.Recover, -1 // the place of the one before, that is watched
	for _, k := range model.Clusters {
		for place, d := range []Director{c.Clusters[k].Active, c.Clusters[k].Passive} {
			if d.Name != "" && model.Place(d.Address) != model.Place(r.Director.Address) {
				if o.Old[k] = append(o.Old[k], d); k == model.Green && watched < 0 {
					watched = place
				}
			}
		}
	}
	if r.AtOnce == 0 {
		r.AtOnce = recoverAtOnce
	}
	if r.Director.Name == "" {
		return
	}
	g := &c.Clusters[model.Green]
	before, service, push := Director{}, Service{}, PushOn{}
	if watched >= 0 {
		before, service, push = o.Old[model.Green][0], g.Services[watched], g.Push.At(watched)
	}
	g.Active, g.Passive, g.Services = r.Director, before, [2]Service{r.Service, service}
	on := r.On
	if !on.Set {
		on = PushOn{File: g.Push.File}
	}
	g.Push.On = [2]PushOn{on, push}
	for _, side := range []struct {
		of   *Access
		with []string
	}{{&c.Watch, r.Watch}, {&c.Act, r.Act}} {
		a := &side.of.Clusters[model.Green]
		var argv []string
		if watched >= 0 {
			argv = [2][]string{a.Active, a.Passive}[watched]
		}
		a.Active, a.Passive = side.with, argv
		a.Push = [2][]string{}
	}
}
