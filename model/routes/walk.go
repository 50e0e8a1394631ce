package routes

import (
	"strings"

	"switchyard/model"
)

// Walk gives a function that tells Route of one cell after the other. Of cells in order it looks at each name of the document once; of
// others it is right, and no faster. It is not safe for concurrent use.
func (d *Document) Walk() func(model.Cell) model.Route {
	seen := map[place]*visited{}
	here := &visited{}
	return func(c model.Cell) (r model.Route) {
		if p := placeOf(c); !here.is || p != here.at {
			if here.then == nil || here.then.at != p {
				here.then = d.visit(seen, p)
			}
			here = here.then
		}
		for cluster := range here.of {
			r[cluster] = verdict(here.of[cluster].has(c.Chain))
		}
		return r
	}
}

// visited is a place whose names were walked.
type visited struct {
	is   bool // there is such a place
	at   place
	of   [2]cursor // by model.Cluster
	then *visited  // where the walk went from here last: it goes the same way chain after chain
}

func (d *Document) visit(seen map[place]*visited, p place) *visited {
	v := seen[p]
	if v == nil {
		v = &visited{is: true, at: p}
		for _, cluster := range model.Clusters {
			v.of[cluster].of = d.takes[cluster][p.region][p.kind]
		}
		seen[p] = v
	}
	return v
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
