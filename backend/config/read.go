package config

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"switchyard/model"
)

// fields are the values of a mapping whose keys are known.
type fields struct {
	d     *document
	n     *node
	known []string
}

// fields takes n for a mapping with at most the given keys; whatever else it is is a fault. ok is false when there is
// nothing to look into.
func (d *document) fields(n *node, keys ...string) (f fields, ok bool) {
	if n.shape != mapping {
		d.addShape(n, "write a mapping with "+strings.Join(keys, ", "))
		return fields{d, n, keys}, false
	}
	for i := range n.len() {
		k := n.key(i)
		if j := firstKey(n, k.text); j < i {
			d.add(k, fmt.Sprintf("it is there twice, first in line %d", d.lineColumn(n.key(j).at).line), "keep one")
			continue
		}
		if !contains(keys, k.text) {
			do := "write one of " + strings.Join(keys, ", ")
			if best := model.Meant(k.text, keys); best != "" {
				do = "did you mean " + best + "?"
			}
			d.add(k, "there is no such key here", do)
		}
	}
	return fields{d, n, keys}, true
}

func firstKey(n *node, key string) int {
	for i := range n.len() {
		if n.key(i).text == key {
			return i
		}
	}
	return -1
}

func contains(keys []string, key string) bool {
	for _, k := range keys {
		if k == key {
			return true
		}
	}
	return false
}

// get gives the value of a key, or nil.
func (f fields) get(key string) *node {
	if i := firstKey(f.n, key); i >= 0 {
		return f.n.value(i)
	}
	return nil
}

// need gives the value of a key whose absence is a fault, unless it is there misspelt: then that is the fault.
func (f fields) need(key, do string) *node {
	if n := f.get(key); n != nil {
		return n
	}
	for i := range f.n.len() {
		if k := f.n.key(i).text; !contains(f.known, k) && model.Meant(k, f.known) == key {
			return nil
		}
	}
	f.d.addMissing(f.n, key, do)
	return nil
}

func (d *document) addShape(n *node, do string) {
	says := "it is " + n.shape.String()
	if (n.shape == text || n.shape == list || n.shape == mapping) && n.text == "" && len(n.kids) == 0 {
		says = "it is empty"
	}
	d.add(n, says, do)
}

// text takes n for a text that is not empty.
func (d *document) text(n *node, do string) (string, bool) {
	switch {
	case n.shape == number || n.shape == boolean:
		d.add(n, "it is "+n.shape.String(), fmt.Sprintf("put it in quotes: %q", n.text))
		return "", false
	case n.shape != text || n.text == "":
		d.addShape(n, do)
		return "", false
	case n.text != model.Clean(n.text):
		d.add(n, "it has line breaks, spaces at its end, or characters that do not show", do)
		return "", false
	}
	return n.text, true
}

// textOf reads an optional text.
func (f fields) textOf(key, do string) string {
	n := f.get(key)
	if n == nil {
		return ""
	}
	s, _ := f.d.text(n, do)
	return s
}

// needText reads a text that must be there.
func (f fields) needText(key, do string) string {
	n := f.need(key, do)
	if n == nil {
		return ""
	}
	s, _ := f.d.text(n, do)
	return s
}

// word takes n for one of a few words, whatever YAML makes of them: off is false to some.
func (d *document) word(n *node, words ...string) string {
	if n.shape == text || n.shape == boolean {
		for _, w := range words {
			if n.text == w || n.shape == boolean && n.text == "false" && w == "off" {
				return w
			}
		}
	}
	do := "write " + strings.Join(words, " or ")
	if n.shape == text {
		d.add(n, fmt.Sprintf("%q is not known", model.Clean(n.text)), do)
	} else {
		d.addShape(n, do)
	}
	return ""
}

// argv takes n for an argument vector.
func (d *document) argv(n *node, do string) []string {
	if n.shape != list || len(n.kids) == 0 {
		if n.shape == text {
			d.add(n, "it is one text: nothing splits it, no shell reads it", do)
		} else {
			d.addShape(n, do)
		}
		return nil
	}
	var argv []string
	for i := range n.kids {
		k := &n.kids[i]
		if k.shape != text && k.shape != number && k.shape != boolean || i == 0 && strings.TrimSpace(k.text) == "" {
			d.addShape(k, do)
			return nil
		}
		argv = append(argv, k.text)
	}
	d.vectors = append(d.vectors, argv)
	return argv
}

// address takes n for host:port.
func (d *document) address(n *node) string {
	const do = `write host:port, such as "db1.example:3306"`
	s, ok := d.text(n, do)
	if !ok {
		return ""
	}
	host, port, err := net.SplitHostPort(s)
	p, perr := strconv.ParseUint(port, 10, 16)
	switch {
	case strings.Contains(s, "@"):
		d.addHidden(n, "a user or a password does not belong here", do+"; credentials go under watch and act")
	case err != nil || host == "" || strings.ContainsAny(host, " /"):
		d.add(n, "it is not an address with a port", do)
	case perr != nil || p == 0:
		d.add(n, "its port is not a number from 1 to 65535", do)
	default:
		return s
	}
	return ""
}

// name takes n for a name of a Bacula resource.
func (d *document) name(n *node, what, more string) (string, bool) {
	s, ok := d.text(n, "write "+what)
	if !ok {
		return "", false
	}
	if err := model.CheckName(what, s, more); err != nil {
		d.addMistake(n, err)
		return "", false
	}
	return s, true
}
