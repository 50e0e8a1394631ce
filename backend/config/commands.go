package config

import (
	"fmt"

	"switchyard/model"
)

const commandHint = "write NAME: [COMMAND, ARGUMENT...] for each"

var commandName = model.Pattern(`^[a-z][a-z0-9-]{0,39}$`)

// commands are argument vectors by name, which plans may order.
func (l *loader) commands(n *node) map[string][]string {
	if n.shape != mapping {
		l.addShape(n, commandHint)
		return nil
	}
	out := map[string][]string{}
	for i := range n.len() {
		k := n.key(i)
		j := firstKey(n, k.text)
		switch {
		case j < i:
			l.add(k, fmt.Sprintf("it is there twice, first in line %d", l.lineColumn(n.key(j).at).line), "keep one")
		case !commandName().MatchString(k.text):
			l.add(k, "it is no name of a command", "write lower case letters, digits and dashes")
		default:
			out[k.text] = l.argv(n.value(i), commandHint)
		}
	}
	return out
}
