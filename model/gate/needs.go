package gate

import (
	"cmp"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// rateOver is over how many days to come a schedule is asked what it starts.
const rateOver = 28

// starts is how often a schedule starts a full backup and another one, a day.
type starts struct{ fulls, others float64 }

// Needs tells what the migration takes of each Storage of each cluster: what cells that both clusters take write to it a day, what comes
// to green of cells that only blue takes, and what it keeps of cells that its cluster takes no more. How much a cell is follows from its
// newest backups on that cluster, else on the other, and from its schedule.
func Needs(w World) []model.StorageNeed {
	type place struct {
		on      model.Cluster
		storage string
	}
	by, rates := map[place]*model.StorageNeed{}, map[model.Schedule]starts{}
	for i := range w.Snapshot.Cells {
		c := &w.Snapshot.Cells[i]
		p, known := w.Inventory.Find(c.Cell)
		if !known {
			continue
		}
		due, told := rates[p.Schedule]
		if !told {
			due = startsOf(p.Schedule, w.Snapshot.At)
			rates[p.Schedule] = due
		}
		route := c.Route()
		for _, on := range model.Clusters {
			at := place{on, p.Storage}
			n := by[at]
			if n == nil {
				n = &model.StorageNeed{Cluster: on, Storage: p.Storage}
				by[at] = n
			}
			perDay, is := rateOf(c, on, due)
			kept := keptOf(c, on, p.Retention, w.Snapshot.At)
			switch here, there := route[on], route[1-on]; {
			case p.Storage == "": // the inventory names none
				if here != model.Fails || there == model.Holds && (on == model.Green || kept > 0) {
					n.Untold++
				}
			case here == model.Unknown || there == model.Unknown:
				n.Untold++
			case here == model.Holds && there == model.Holds:
				n.Cells, n.Overlap = n.Cells+1, n.Overlap+perDay
				missing(n, is)
			case here == model.Fails && there == model.Holds && on == model.Green:
				n.Coming, n.Comes = n.Coming+1, n.Comes+perDay
				missing(n, is)
			case here == model.Fails && there == model.Holds && kept > 0:
				n.Left, n.Owed = n.Left+1, n.Owed+max(fullOf(c, on), perDay*kept.Hours()/24)
				if until := c.On[on].LastGood.When().Add(p.Retention); until.After(n.OwedUntil) {
					n.OwedUntil = until
				}
				missing(n, is)
			}
		}
	}
	out := []model.StorageNeed{}
	for _, n := range by {
		if n.Cells+n.Coming+n.Left+n.Untold > 0 {
			out = append(out, *n)
		}
	}
	slices.SortFunc(out, func(a, b model.StorageNeed) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Storage, b.Storage))
	})
	return out
}

// missing counts one of which nobody can tell how much it is.
func missing(n *model.StorageNeed, is bool) {
	if !is {
		n.Untold++
	}
}

// startsOf counts what a schedule starts in the days to come. A line without a level starts what is no full one.
func startsOf(s model.Schedule, now time.Time) (of starts) {
	for _, d := range s.Due(now, now.Add(rateOver*day), time.UTC) {
		if d.Level.Whole() {
			of.fulls += 1. / rateOver
		} else {
			of.others += 1. / rateOver
		}
	}
	return of
}

// rateOf is how many bytes a day a cell comes to; false: neither cluster has a full backup of it. Backups that are no full ones are as
// large as the newest; where that is a full one they count for nothing, so that it is the least.
func rateOf(c *board.CellView, on model.Cluster, due starts) (perDay float64, is bool) {
	for _, k := range []model.Cluster{on, 1 - on} {
		if full := c.On[k].LastFull; full != nil {
			perDay = due.fulls * float64(full.Bytes)
			if last := c.On[k].LastGood; last != nil && !last.Level.Whole() {
				perDay += due.others * float64(last.Bytes)
			}
			return perDay, true
		}
	}
	return 0, false
}

func fullOf(c *board.CellView, on model.Cluster) float64 {
	if full := c.On[on].LastFull; full != nil {
		return float64(full.Bytes)
	}
	return 0
}

// keptOf is for how long the newest good backup of a cell on a cluster is still kept; 0: it is not. The older ones go before it, so that
// it is also how many days of backups are left.
func keptOf(c *board.CellView, on model.Cluster, retention time.Duration, now time.Time) time.Duration {
	if good := c.On[on].LastGood; good != nil {
		return max(0, good.When().Add(retention).Sub(now))
	}
	return 0
}
