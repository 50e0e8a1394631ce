package config

import (
	"fmt"
	"slices"

	"switchyard/model"
)

// Service is how a Director's process is ended, started, masked and unmasked, by argument vectors; without a vector people do it. The zero
// value: only people do.
type Service struct {
	State                     []string // prints ActiveState=, UnitFileState= and LoadState=, as systemctl show does
	Stop, Start, Mask, Unmask []string
}

// service reads directors.active.service and directors.passive.service.
func (l *loader) service(n *node) (s Service) {
	f, ok := l.fields(n, "state", "stop", "start", "mask", "unmask")
	if !ok {
		return s
	}
	const show = "write such as [ssh, dir1, systemctl, show, --property=ActiveState, --property=UnitFileState, --property=LoadState, " +
		"bacula-dir]"
	if n := f.need("state", show); n != nil {
		s.State = l.argv(n, show)
	}
	for _, v := range []struct {
		key string
		to  *[]string
	}{{"stop", &s.Stop}, {"start", &s.Start}, {"mask", &s.Mask}, {"unmask", &s.Unmask}} {
		if n := f.get(v.key); n != nil {
			*v.to = l.argv(n, fmt.Sprintf("write such as [ssh, dir1, sudo, systemctl, %s, bacula-dir]", v.key))
		}
	}
	return s
}

// servicesApart refuses one vector for two Directors: the wrong one would be stopped.
func (l *loader) servicesApart() {
	type vector struct {
		argv []string
		path []string
	}
	var seen []vector
	for _, c := range model.Clusters {
		of := &l.c.Clusters[c]
		for place, which := range []string{"active", "passive"} {
			if of.Active.Name != "" && of.Active.Name == of.Passive.Name && of.Services[place].State != nil {
				l.addTwice([]string{"clusters", c.String(), "directors", which, "service"},
					"both Directors of "+c.String()+" are called "+of.Active.Name+": nothing they say would tell which of them was stopped or started",
					"give each its own Name in bacula-dir.conf and write it here, or leave service out and let people do it")
			}
			s := &l.c.Clusters[c].Services[place]
			for _, v := range []struct {
				key  string
				argv []string
			}{{"state", s.State}, {"stop", s.Stop}, {"start", s.Start}, {"mask", s.Mask}, {"unmask", s.Unmask}} {
				path := []string{"clusters", c.String(), "directors", which, "service", v.key}
				if len(v.argv) == 0 {
					continue
				}
				if i := slices.IndexFunc(seen, func(o vector) bool { return slices.Equal(o.argv, v.argv) }); i >= 0 {
					o := seen[i].path
					l.addTwice(path, fmt.Sprintf("it is the vector of %s.%s.%s, too", o[1], o[3], o[5]), "write one that reaches this Director, for this")
				}
				seen = append(seen, vector{v.argv, path})
			}
		}
	}
}
