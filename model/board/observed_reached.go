package board

import (
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// What is asked of file daemons by one look, through one Director.
const (
	reachedAtOnce = 16        // so that a look stays short
	reachedAgain  = time.Hour // one that could not be had to work is asked again after this
	silentAtMost  = 3         // a silent one holds a console of its Director for ten minutes, and a Director has twenty
	silentFor     = 15 * time.Minute
)

// Unreached are the clients of which nobody knows whether a cluster's Director can have them work, those that were asked longest ago
// first: of cells of which the cluster has no good backup, or of which its newest try went wrong. Left are those whose silence is not over
// yet. It is empty while the Director or the catalog does not answer, or is not known to be the one that is configured.
func (s *Snapshot) Unreached(
	c model.Cluster,
	inv *model.Inventory,
	st *record.State,
	p model.Policy,
) (ask []string, left map[string]time.Time) {
	v := s.Clusters[c]
	if v == nil || len(v.Directors) == 0 || v.Linked == model.Fails || // it would write, and say that it cannot, in every log
		s.silent(model.CatalogOf(c)) != "" || v.Catalog.Target != model.Holds ||
		s.silent(v.Scheduler()) != "" {
		return nil, nil
	}
	told := st.Reached(c)
	left = map[string]time.Time{}
	worked, bad := map[string]bool{}, map[string]bool{} // by client
	for i := range s.Cells {
		place, there := inv.Find(s.Cells[i].Cell)
		if !there || place.Client == "" {
			continue
		}
		on := &s.Cells[i].On[c]
		worked[place.Client] = worked[place.Client] || on.LastGood != nil
		bad[place.Client] = bad[place.Client] || on.Last != nil && on.Last.Bad()
	}
	asked := map[string]time.Time{}
	for name := range worked {
		was, is := told.Client(name)
		if is && was.Silent && s.At.Sub(was.At) < silentFor {
			left[name] = was.At
		}
		every := p.EvidenceEvery
		if is && was.Why != "" {
			every = reachedAgain
		}
		if worked[name] && !bad[name] || is && was.Through == v.Scheduler().Name && s.At.Sub(was.At) < every {
			continue
		}
		asked[name] = was.At
		ask = append(ask, name)
	}
	if len(left) >= silentAtMost {
		return nil, left
	}
	slices.SortFunc(ask, func(a, b string) int {
		if n := asked[a].Compare(asked[b]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return ask, left
}

// WithReached is the snapshot with what came of asking file daemons through a cluster's Director.
func (s *Snapshot) WithReached(c model.Cluster, of []record.ReachedClient, why string) *Snapshot {
	next := *s
	next.stored[c].reached, next.stored[c].unreached = of, why
	for _, r := range of { // what is asked after a look is seen after it
		if r.At.After(next.At) {
			next.At = r.At
		}
	}
	return &next
}

// ReachedAtOnce are the first of some names: as many as one look asks.
func ReachedAtOnce(names []string) []string { return names[:min(len(names), reachedAtOnce)] }

// reached are the file daemons that this look asked.
func (o *observer) reached(c model.Cluster) {
	o.missed("the file daemons of "+c.String(), o.s.stored[c].unreached)
	of := slices.SortedFunc(
		slices.Values(o.s.stored[c].reached),
		func(a, b record.ReachedClient) int { return strings.Compare(a.Client, b.Client) },
	)
	if len(of) == 0 {
		return
	}
	p := record.Proof{Of: record.Subject{Cluster: &c}, Claim: record.Proven{Reached: &record.Reached{Of: of}}}
	for _, r := range of {
		if r.At.After(p.At) {
			p.At = r.At
		}
	}
	p.Verdict, p.Why = p.Claim.Reached.Verdict()
	o.saw(p, true)
}
