package config

import "switchyard/model"

// Restores is where restores are put.
type Restores struct {
	Below string // the directory of every client in which each restore gets one of its own
}

// restoresBelow is used where the configuration says nothing.
const restoresBelow = "/srv/switchyard-restores"

func (l *loader) restores(n *node) {
	f, ok := l.fields(n, "below")
	if !ok {
		return
	}
	const do = "write an absolute path, such as below: " + restoresBelow
	if n := f.get("below"); n != nil {
		dir, ok := l.text(n, do)
		if !ok {
			return
		}
		if err := model.CheckDirectory(dir); err != nil {
			l.add(n, err.Error(), do)
			return
		}
		l.c.Restores.Below = dir
	}
}
