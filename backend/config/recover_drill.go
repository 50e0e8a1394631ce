package config

import (
	"fmt"

	"switchyard/model"
)

// Drill is what a drill of the recovery brings up: a Director of its own on a copy of green's catalog. The zero value: nobody has said, and
// a drill goes by the Director that is there.
type Drill struct {
	Director Director
	Service  Service
	Console  []string // argument vector of its Console that restores
	Catalog  Catalog  // the copy, on one host; it is read with the login that acts on green's
	Conf     []string // prints its whole configuration
	Make     Told     // the copy, and the configuration in its place
	Remove   Told     // all of it
}

// Told is a command, and the one that looks whether it was done: it ends 0 when it is, 1 when it is surely not.
type Told struct{ Run, Look []string }

// The names of a drill's commands, as plans have them.
const (
	DrillMake    = "recover.drill.make"
	DrillMade    = "recover.drill.make.look"
	DrillRemove  = "recover.drill.remove"
	DrillRemoved = "recover.drill.remove.look"
)

// Commands are its argument vectors by name.
func (d *Drill) Commands() map[string][]string {
	if d.Director.Name == "" {
		return nil
	}
	return map[string][]string{DrillMake: d.Make.Run, DrillMade: d.Make.Look, DrillRemove: d.Remove.Run, DrillRemoved: d.Remove.Look}
}

// drill reads the section of that name below recover.
func (l *loader) drill(n *node) (d Drill) {
	f, ok := l.fields(n, "director", "console", "catalog", "conf", "make", "remove")
	if !ok {
		return d
	}
	if n := f.need("director", "write director: with the name, the address and the service of the Director that a drill starts"); n != nil {
		d.Director, d.Service = l.director(n)
		if len(d.Service.Start) == 0 || len(d.Service.Stop) == 0 {
			l.addMissing(n, "service", "write service: with vectors that start and stop it: a drill takes down what it brings up")
		}
		l.drillApart(n, d.Director)
	}
	if n := f.need("console", "write an argument vector, such as [bconsole, -n, -c, /etc/switchyard/drill.conf]"); n != nil {
		d.Console = l.argv(n, "write an argument vector, such as [bconsole, -n, -c, /etc/switchyard/drill.conf]")
	}
	if n := f.need("catalog", "write catalog: {hosts: [HOST:PORT], database: NAME}: the copy"); n != nil {
		if d.Catalog = l.catalog(n); len(d.Catalog.Hosts) > 1 {
			l.add(n, "the copy is on one host", "write the one where the copy is made")
		}
		l.copyApart(n, &d.Catalog)
	}
	const conf = "write what prints its whole configuration, such as [ssh, scratch, cat, /etc/bacula-drill/bacula-dir.conf]"
	if n := f.need("conf", conf); n != nil {
		d.Conf = l.argv(n, conf)
	}
	for key, to := range map[string]*Told{"make": &d.Make, "remove": &d.Remove} {
		do := fmt.Sprintf("write %s: {run: [COMMAND, ...], look: [COMMAND, ...]}; look ends 0 when it is done, and 1 when it is surely not", key)
		if n := f.need(key, do); n != nil {
			*to = l.told(n, do)
		}
	}
	return d
}

func (l *loader) told(n *node, do string) (t Told) {
	f, ok := l.fields(n, "run", "look")
	if !ok {
		return t
	}
	if n := f.need("run", do); n != nil {
		t.Run = l.argv(n, do)
	}
	if n := f.need("look", do); n != nil {
		t.Look = l.argv(n, do)
	}
	return t
}

// drillApart refuses a Director that is in use.
func (l *loader) drillApart(n *node, d Director) {
	if d.Address == "" {
		return
	}
	for _, c := range model.Clusters {
		for i, is := range l.c.Clusters[c].directors() {
			if is.Address != "" && model.Place(is.Address) == model.Place(d.Address) {
				l.add(n, "it is the address of "+c.String()+"'s "+roles[i]+" Director", "write where the drill's own Director listens")
			}
		}
	}
}

// copyApart refuses a catalog that is in use, and what is beside one.
func (l *loader) copyApart(n *node, at *Catalog) {
	for _, c := range model.Clusters {
		is := &l.c.Clusters[c].Catalog
		for _, h := range at.Hosts {
			for _, used := range is.Hosts {
				switch {
				case h == "" || used == "" || model.Place(h) != model.Place(used):
				case at.Database == is.Database:
					l.add(n, "it is "+c.String()+"'s catalog itself", "write where the copy of it is made")
				default:
					l.add(n, "it is on the server of "+c.String()+"'s catalog", "write a server that nothing else uses")
				}
			}
		}
	}
}
