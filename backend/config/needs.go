package config

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// needs reads what needs what to be brought back: a list for each thing, of which an entry that is a list itself wants one of its own.
func (l *loader) needs(n *node) {
	const do = `write such as needs: {"catalog blue": [chain dbadb], "director dir-new": [[host a, host b], dns]}`
	if n.shape != mapping || n.len() == 0 {
		l.addShape(n, do)
		return
	}
	for i := range n.len() {
		k, all := n.key(i), n.value(i)
		if j := firstKey(n, k.text); j < i {
			l.add(k, fmt.Sprintf("it is there twice, first in line %d", l.lineColumn(n.key(j).at).line), "write all that it needs in one place")
			continue
		}
		of, err := model.ParseNode(k.text)
		switch {
		case err != nil:
			l.add(k, err.Error(), do)
			continue
		case all.shape != list || len(all.kids) == 0:
			l.addShape(all, do)
			continue
		}
		for i := range all.kids {
			one := &all.kids[i]
			any := []node{*one}
			if one.shape == list {
				any = one.kids
			}
			need := model.Need{Of: of}
			for i := range any {
				at := one
				if one.shape == list {
					at = &one.kids[i]
				}
				if m, ok := l.thing(at, do); ok {
					need.Any = append(need.Any, m)
				}
			}
			if len(any) == 0 {
				l.addShape(one, do)
			}
			l.c.Needs = append(l.c.Needs, need)
		}
	}
}

func (l *loader) thing(n *node, do string) (model.Node, bool) {
	s, ok := l.text(n, do)
	if !ok {
		return model.Node{}, false
	}
	m, err := model.ParseNode(s)
	if err != nil {
		l.add(n, err.Error(), do)
		return model.Node{}, false
	}
	return m, true
}

// notOffered reads the gates that are not available here, each with why.
func (l *loader) notOffered(n *node) {
	do := `write such as not_offered: {backups-replicated: "eu-west-1 has no such partner"}; of ` + strings.Join(model.OfferedGates, ", ")
	if n.shape != mapping || n.len() == 0 {
		l.addShape(n, do)
		return
	}
	l.c.NotOffered = map[string]string{}
	for i := range n.len() {
		k := n.key(i)
		why, ok := l.text(n.value(i), do)
		switch {
		case !ok:
		case !slices.Contains(model.OfferedGates, k.text):
			l.add(k, fmt.Sprintf("%.40q is no gate that may be not available", model.Clean(k.text)), do)
		case strings.TrimSpace(why) == "" || why != model.Clean(why):
			l.add(n.value(i), "it does not say why, in plain text", do)
		case l.c.NotOffered[k.text] != "":
			l.add(k, "it is there twice", do)
		default:
			l.c.NotOffered[k.text] = why
		}
	}
}
