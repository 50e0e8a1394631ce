package board

import (
	"fmt"

	"switchyard/model"
)

// byCause makes one alert of those that have one cause: jobs that wait for a volume of one Storage Daemon, jobs that were lost on one
// cluster, cells whose newest backups only warned. It stands where the first of them stood.
func (b *Board) byCause(in []Alert) []Alert {
	alike := map[string][]Alert{}
	for i := range in {
		in[i].cause = b.causeOf(&in[i])
		if in[i].cause != "" {
			alike[in[i].cause] = append(alike[in[i].cause], in[i])
		}
	}
	out := in[:0:0]
	for _, a := range in {
		switch of := alike[a.cause]; {
		case a.cause == "" || len(of) == 1:
			out = append(out, a)
		case of[0].ID == a.ID:
			out = append(out, b.together(of))
		}
	}
	return out
}

func (b *Board) causeOf(a *Alert) string {
	switch {
	case a.cause != "" || a.Job == nil || a.Cluster == nil:
		return a.cause
	case a.rank == rankLost:
		return "lost:" + a.Cluster.String()
	case a.rank == rankStuck:
		if storage := b.storageOf(a); storage != "" {
			return "stuck:" + a.Cluster.String() + ":" + storage
		}
	}
	return ""
}

// storageOf is the Storage Daemon to which the inventory sends the cell of a job; empty when nobody says.
func (b *Board) storageOf(a *Alert) string {
	if a.Cell == nil {
		return ""
	}
	p, _ := b.inv.Find(*a.Cell)
	return p.Storage
}

// together is the alert of several that have one cause.
func (b *Board) together(of []Alert) Alert {
	first := of[0]
	a := Alert{ID: first.cause, Severity: first.Severity, rank: first.rank, Cluster: first.Cluster, Job: first.Job, Since: first.Since}
	var names []string
	for _, x := range of {
		if x.Job != nil {
			a.Jobs = append(a.Jobs, *x.Job)
		}
		if x.Since.After(a.Since) {
			a.Since = x.Since // the newest of them is what a person may not have seen yet
		}
		switch {
		case x.Cell != nil:
			names = append(names, x.Cell.String())
		case x.Job != nil:
			names = append(names, x.Job.Job)
		}
	}
	n, list := len(of), fewNames(names)
	switch first.rank {
	case rankStuck:
		storage := b.storageOf(&first)
		a.Brief = fmt.Sprintf("storage %s has no volume: %d jobs wait", storage, n)
		a.Says = fmt.Sprintf("storage %s has no volume: %d jobs on %s wait for one: %s", storage, n, first.Cluster, list)
		a.Do = "see whether " + storage + " is full, then mount or label a volume: its jobs go on by themselves"
	case rankLost:
		a.Brief = fmt.Sprintf("%d jobs lost on %s%s", n, first.Cluster, b.restarted(*first.Cluster))
		a.Says = a.Brief + ": " + list
		a.Do = "run them again: their rows stay open until the Director restarts"
	default:
		a.Cluster, a.Reach = nil, n
		a.Says = fmt.Sprintf("%d cells whose newest backups ended with warnings: %s", n, list)
		a.Do = "open the cells to read what their logs warn of"
	}
	return a
}

// restarted names the newest start of a cluster's active Director, as in ", whose Director started at 2 Jan 04:12 UTC".
func (b *Board) restarted(c model.Cluster) string {
	d := b.sides[c].director.Directors
	if len(d) == 0 || d[0].Started.IsZero() {
		return ""
	}
	return ", whose Director started at " + d[0].Started.UTC().Format("2 Jan 15:04 UTC")
}
