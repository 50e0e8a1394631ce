package plan

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/routes"
)

// What it costs that a job starts while a Director loads its files, and not to wait until none does.
const (
	reloadMeets = "a job that starts just then may be left out, one of the minute before may start again"
	pressing    = "each Director reloads at once: " + reloadMeets
)

// unquiet tells what a push of a shift may cost, or of several documents at once: nothing where, by the schedules of the cluster's cells,
// the wait for a quiet moment finds one. What a Director starts beside them is in its own files.
func (w World) unquiet(of ...*shifting) []string {
	if len(of) == 0 || w.Routing.Unpushed[of[0].cluster] {
		return nil
	}
	var at []time.Time
	quiet, waits := w.Policy.PushQuiet, w.Policy.PushWaits
	for _, v := range of {
		at = w.nights(v).starts(at, w.Now.Add(-quiet-time.Second), w.Now.Add(waits+quiet))
	}
	slices.SortFunc(at, time.Time.Compare)
	free := w.Now
	for _, start := range at {
		if !start.Before(free.Add(-quiet)) && !start.After(free.Add(quiet)) {
			free = start.Add(quiet + time.Second)
		}
	}
	if free.Sub(w.Now) <= waits {
		return nil
	}
	return []string{fmt.Sprintf("no moment of the next %s has %s before and behind it without a start on %s, and none is waited for longer: "+
		"as a Director reloads, %s", model.Span(waits), model.Span(quiet), of[0].cluster, reloadMeets)}
}

// starts are those of the cluster's cells between two moments, the wave's among them, beside others.
func (n *nights) starts(at []time.Time, from, until time.Time) []time.Time {
	all := make([]int, len(n.wave))
	for i := range all {
		all[i] = i
	}
	n.take(all)
	seen := map[model.Schedule]bool{}
	for i := range n.sources {
		s := n.at(i)
		if len(s.mine) == 0 {
			continue
		}
		n.moves(s)
		for _, m := range s.mine {
			moved := n.give[n.on].Moved(m, s.by[n.on])
			if seen[moved] {
				continue
			}
			seen[moved] = true
			for _, d := range moved.Due(from, until, n.zones[n.on]) {
				at = append(at, d.At)
			}
		}
	}
	return at
}

// unquietBy is unquiet of a cluster whose Directors are pushed what documents come to, one after the other.
func (w World) unquietBy(on model.Cluster, docs ...*routes.Document) []string {
	var of []*shifting
	for _, d := range docs {
		of = append(of, &shifting{cluster: on, next: d, inv: w.Names.Inventory()})
	}
	return w.unquiet(of...)
}
