package routes

import (
	"slices"
	"strings"
)

// chains are the chains that a cluster takes of a region and kind: those of names or, with later, every one but those of names, whatever
// is added later. Names are sorted and there once; they are never changed in place.
type chains struct {
	later bool
	names []string
}

func (c chains) has(chain string) bool {
	_, found := slices.BinarySearch(c.names, chain)
	return found != c.later
}

func (c chains) empty() bool { return !c.later && len(c.names) == 0 }

func (c chains) equal(o chains) bool { return c.later == o.later && slices.Equal(c.names, o.names) }

// with are the chains and those of names besides.
func (c chains) with(names []string) chains { return c.union(chains{names: names}) }

// without are the chains less those of names.
func (c chains) without(names []string) chains {
	if c.later {
		return chains{later: true, names: merged(c.names, names, true, true, true)}
	}
	return chains{names: merged(c.names, names, true, false, false)}
}

func (c chains) union(o chains) chains {
	switch {
	case c.later && o.later:
		return chains{later: true, names: merged(c.names, o.names, false, true, false)}
	case c.later:
		return chains{later: true, names: merged(c.names, o.names, true, false, false)}
	case o.later:
		return o.union(c)
	}
	return chains{names: merged(c.names, o.names, true, true, true)}
}

// merged walks two sorted lists at once and keeps what is in the first only, in both, in the second only.
func merged(a, b []string, first, both, second bool) []string {
	out := make([]string, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = strings.Compare(a[0], b[0])
		}
		var name string
		keep := both
		switch {
		case order < 0:
			name, a, keep = a[0], a[1:], first
		case order > 0:
			name, b, keep = b[0], b[1:], second
		default:
			name, a, b = a[0], a[1:], b[1:]
		}
		if keep {
			out = append(out, name)
		}
	}
	return slices.Clip(out)
}
