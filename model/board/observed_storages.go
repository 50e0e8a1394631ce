package board

import (
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Unasked are the storages of the inventory of which nobody knows whether a cluster's Director has them and they answer it: those of which
// nobody knows that, as no good backup lies there, and then, of green, the others too, as a dead one is to be seen before a night is lost;
// those that were asked longest ago first.
func (s *Snapshot) Unasked(c model.Cluster, inv *model.Inventory, st *record.State, p model.Policy) (ask []string) {
	v := s.Clusters[c]
	if v == nil || len(v.Directors) == 0 || s.silent(model.CatalogOf(c)) != "" || v.Catalog.Target != model.Holds ||
		s.silent(v.Scheduler()) != "" {
		return nil
	}
	written := map[string]bool{}
	for i := range s.Cells {
		if place, there := inv.Find(s.Cells[i].Cell); there && place.Storage != "" {
			written[place.Storage] = written[place.Storage] || s.Cells[i].On[c].LastGood != nil
		}
	}
	told, asked := st.Storages(c), map[string]time.Time{}
	var more []string
	for name, is := range written {
		was, known := told.Client(name)
		every := p.EvidenceEvery
		if was.Why != "" {
			every = reachedAgain
		}
		if known && was.Through == v.Scheduler().Name && s.At.Sub(was.At) < every {
			continue
		}
		switch asked[name] = was.At; {
		case !is:
			ask = append(ask, name)
		case c == model.Green:
			more = append(more, name)
		}
	}
	byAge(ask, asked)
	byAge(more, asked)
	return append(ask, more...)
}

// WithStorages is the snapshot with what came of asking storages through a cluster's Director.
func (s *Snapshot) WithStorages(c model.Cluster, of []record.ReachedClient) *Snapshot {
	next := *s
	next.stored[c].storages = of
	return &next
}

// storages are those that this look asked.
func (o *observer) storages(c model.Cluster) {
	o.asked(c, o.s.stored[c].storages, func(r *record.Reached) record.Proven { return record.Proven{Storages: r} })
}
