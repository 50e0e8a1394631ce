package bacula

import (
	"fmt"
	"slices"

	"switchyard/model"
)

// flawsKept bounds the rows that are remembered as not readable.
const flawsKept = 100

// flaw is one row of Job that cannot be read whole.
type flaw struct {
	id   string // its JobId, as it is written
	says string
}

// noteFlaw remembers a row that cannot be read whole, or that one that could not be read can be.
func (c *Catalog) noteFlaw(r *Row, rawID []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Flaw == "" && len(c.flaws) == 0 { // as in most catalogs
		return
	}
	id := model.Clean(string(rawID))
	i := slices.IndexFunc(c.flaws, func(f flaw) bool { return f.id == id })
	switch {
	case r.Flaw == "" && i >= 0:
		c.flaws = slices.Delete(c.flaws, i, i+1)
	case r.Flaw != "" && i >= 0:
		c.flaws[i].says = r.Flaw
	case r.Flaw != "" && len(c.flaws) < flawsKept:
		c.flaws = append(c.flaws, flaw{id, r.Flaw})
	}
}

// Flaws are the rows of Job that were met and cannot be read whole, at most a hundred of them: "JobId 17: JobFiles: ...".
func (c *Catalog) Flaws() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, f := range c.flaws {
		out = append(out, fmt.Sprintf("JobId %s: %s", f.id, f.says))
	}
	return out
}
