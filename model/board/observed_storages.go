package board

import (
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Unasked are the storages of the inventory of which nobody knows whether a cluster's Director has them and they answer it, as no good
// backup lies there: those that were asked longest ago first.
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
	for name, is := range written {
		was, known := told.Client(name)
		every := p.EvidenceEvery
		if was.Why != "" {
			every = reachedAgain
		}
		if !is && !(known && was.Through == v.Scheduler().Name && s.At.Sub(was.At) < every) {
			ask, asked[name] = append(ask, name), was.At
		}
	}
	slices.SortFunc(ask, func(a, b string) int {
		if n := asked[a].Compare(asked[b]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return ask
}

// WithStorages is the snapshot with what came of asking storages through a cluster's Director.
func (s *Snapshot) WithStorages(c model.Cluster, of []record.ReachedClient) *Snapshot {
	next := *s
	next.stored[c].storages = of
	for _, r := range of { // what is asked after a look is seen after it
		if r.At.After(next.At) {
			next.At = r.At
		}
	}
	return &next
}

// storages are those that this look asked.
func (o *observer) storages(c model.Cluster) {
	of := slices.SortedFunc(slices.Values(o.s.stored[c].storages),
		func(a, b record.ReachedClient) int { return strings.Compare(a.Client, b.Client) })
	if len(of) == 0 {
		return
	}
	p := record.Proof{Of: record.Subject{Cluster: &c}, Claim: record.Proven{Storages: &record.Reached{Of: of}}}
	for _, r := range of {
		if r.At.After(p.At) {
			p.At = r.At
		}
	}
	p.Verdict, p.Why = p.Claim.Storages.Verdict()
	o.saw(p, true)
}
