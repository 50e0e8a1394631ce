package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// room weighs the storages against the end that was drawn: one that is full, with what still comes to it, before the last cell is settled
// stops the backups by which cells are settled.
func (out *Finish) room(s *model.Space) {
	if out.Why != "" {
		return
	}
	if s == nil {
		out.Room = "not weighed: how full the storages are was not read"
		return
	}
	var first *model.StorageSpace
	soonest, blind := 0., []string(nil)
	for _, u := range s.Unread {
		blind = append(blind, fmt.Sprintf("%s's catalog was not read: %s", u.Cluster, u.Why))
	}
	untold := map[string][]string{} // by why
	for i := range s.Storage {
		t := &s.Storage[i]
		if t.Free == nil {
			untold[t.Says] = append(untold[t.Says], t.Cluster.String()+" "+t.Storage)
		}
		if days, is := t.Soonest(); is && (first == nil || days < soonest) {
			first, soonest = t, days
		}
	}
	for i := range s.Needs {
		n := &s.Needs[i]
		on := orNoName(n.Cluster.String(), n.Storage)
		switch read := !slices.ContainsFunc(s.Unread, func(u model.Unread) bool { return u.Cluster == n.Cluster }); {
		case n.Untold > 0:
			why := "how much is written there is not known of all cells"
			untold[why] = append(untold[why], on)
		case read && n.Cells+n.Coming > 0 && !s.Has(n.Cluster, n.Storage):
			const why = "no volume of it is in the catalog, and nobody tells its room"
			untold[why] = append(untold[why], on)
		}
	}
	for _, why := range sorted(untold) {
		blind = append(blind, fmt.Sprintf("%s: %s", model.Few(untold[why], 3), why))
	}
	if first != nil {
		out.fills(s, first, soonest)
	}
	switch {
	case out.Room != "":
	case len(blind) > 0:
		out.Room = "not weighed of all: " + strings.Join(blind, "; ")
	case len(s.Storage) == 0:
		out.Room = "not weighed: there are no storages"
	default:
		out.Room = fmt.Sprintf("enough on %s until the last cell is settled, with what still comes to them", plural(len(s.Storage), "storage"))
	}
}

// fills says what a storage that is full so soon does to the end.
func (out *Finish) fills(s *model.Space, t *model.StorageSpace, days float64) {
	full := out.At.Add(time.Duration(days * float64(day)))
	if !full.Before(out.Settled90) {
		return
	}
	says := fmt.Sprintf("%s %s is full in %.0f days", t.Cluster, t.Storage, days)
	perDay := t.PerDay
	if n := s.Need(t.Cluster, t.Storage); n != nil {
		if n.Comes > 0 && t.All != nil {
			says += " with what comes to it"
			perDay += n.Comes
		}
		if n.Overlap > 0 {
			says += fmt.Sprintf(" (the overlap is %s of the %s a day)", model.Size(n.Overlap), model.Size(perDay))
		}
	}
	lacks := fmt.Sprintf("%s more room on it", model.Size(perDay*out.Settled90.Sub(full).Hours()/24))
	out.Room = says
	if full.Before(out.Settled50) {
		settled := out.Settled50
		*out = Finish{At: out.At, Left: out.Left, PerDay: out.PerDay, Room: says, Why: fmt.Sprintf(
			"%s, and the last cell would be settled in %.0f: nothing is then; it takes %s, or a shorter retention", says,
			settled.Sub(out.At).Hours()/24, lacks)}
		return
	}
	out.Binds = "storage: " + says + ", which may be before the last cell is settled"
	out.Buys = lacks + ", or a shorter retention"
}

func orNoName(cluster, storage string) string {
	if storage == "" {
		return cluster + " (cells without a storage)"
	}
	return cluster + " " + storage
}

func sorted[V any](of map[string]V) []string {
	keys := make([]string, 0, len(of))
	for k := range of {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
