package routes

import (
	"strings"

	"switchyard/model"
)

// Walk gives a function that tells Route of one cell after the other. Of cells in order it looks at each name of the document once; of
// others it is right, and no faster. It is not safe for concurrent use.
func (d *Document) Walk() func(model.Cell) model.Route {
	seen := map[place]*[2]cursor{}
	var at place
	var here *[2]cursor
	return func(c model.Cell) (r model.Route) {
		if p := placeOf(c); here == nil || p != at {
			if at, here = p, seen[p]; here == nil {
				here = &[2]cursor{}
				for _, cluster := range model.Clusters {
					here[cluster].of = d.takes[cluster][c.Region][c.Kind]
				}
				seen[p] = here
			}
		}
		for cluster := range here {
			r[cluster] = verdict(here[cluster].has(c.Chain))
		}
		return r
	}
}

// cursor is how far the names of a rule were walked.
type cursor struct {
	of   chains
	next int // the first name that is not before the last one asked for
}

func (c *cursor) has(chain string) bool {
	if c.next > 0 && c.of.names[c.next-1] >= chain {
		return c.of.has(chain)
	}
	for c.next < len(c.of.names) {
		switch order := strings.Compare(c.of.names[c.next], chain); {
		case order == 0:
			return !c.of.later
		case order > 0:
			return c.of.later
		}
		c.next++
	}
	return c.of.later
}
