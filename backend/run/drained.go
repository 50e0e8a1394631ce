package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/plan"
)

// openFor is how far back a catalog is read for jobs that are open in it: no backup runs or waits longer.
const openFor = 3 * 24 * time.Hour

// openRows bounds how many rows of a catalog are looked at. Where there are more, nobody knows what is open beyond.
const openRows = 1_000_000

// drained waits for the jobs of some cells. The Director lists all that it has not ended, those too that wait for a time (when=); what it
// does not know and its catalog calls open is another Director's, or lost: either is seen to before cells are taken away.
func (b *Bacula) drained(ctx context.Context, d *plan.Drained) (Sight, error) {
	if b.Names == nil {
		return Sight{}, errors.New("looking for open jobs: it is not known which jobs are whose")
	}
	cells, err := plan.CellsOf(d.Cells)
	if err != nil {
		return Sight{}, err
	}
	jobs := make(map[string]bool, len(cells))
	for _, c := range cells {
		jobs[b.Names.Name(c)] = true
	}
	counts := func(name string, backs bool) bool { return d.All || jobs[name] && backs }
	l := &b.clusters[d.Cluster]
	sight, err := l.director.Read(ctx)
	if err != nil {
		return Sight{}, err
	}
	var open []string
	for i := range sight.Running {
		if j := &sight.Running[i]; counts(j.Name, true) {
			open = append(open, fmt.Sprintf("JobId %d %s: %s", j.ID, j.Name, j.Status))
		}
	}
	if len(open) > 0 {
		return waitsFor(open, "the Director still has"), nil
	}
	if other, err := l.foreign(ctx, sight); err != nil || other != "" {
		return Sight{Says: other}, err
	}
	read := 0
	err = l.Catalog.Walk(ctx, model.Now().Add(-openFor), openRows, func(rows []bacula.Row) error {
		read += len(rows)
		for i := range rows {
			if r := &rows[i]; counts(r.Name, r.Type == model.TypeBackup) && r.Outcome().Open() {
				open = append(open, fmt.Sprintf("JobId %d %s: %s", r.ID, r.Name, r.Status))
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return Sight{}, err
	case read >= openRows:
		return Sight{}, fmt.Errorf("looking for open jobs: the catalog has more than %d jobs of the last %s", openRows, model.Span(openFor))
	case len(open) > 0:
		return waitsFor(open, "the Director does not know, and the catalog calls open,"), nil
	}
	if d.All {
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("no job runs or waits on %s", d.Cluster)}, nil
	}
	return Sight{Verdict: model.Holds, Says: fmt.Sprintf("no job of %d cells runs or waits on %s", len(cells), d.Cluster)}, nil
}

// waitsFor is not yet: such a job ends by itself, or somebody sees to it.
func waitsFor(open []string, who string) Sight {
	const most = 3
	says := strings.Join(open[:min(most, len(open))], ", ")
	if n := len(open) - most; n > 0 {
		says += fmt.Sprintf(" and %d more", n)
	}
	return Sight{Verdict: model.Fails, Says: model.Clean(who + " " + says)}
}
