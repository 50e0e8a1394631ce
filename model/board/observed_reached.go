package board

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// What is asked of file daemons by one look, through one Director.
const (
	reachedAtOnce = 16               // so that a look stays short
	reachedAgain  = 15 * time.Minute // one that could not be had to work is asked again after this: until then it holds its cells up
	silentAtMost  = 3                // a silent one holds a console of its Director for ten minutes, and a Director has twenty
	silentFor     = 15 * time.Minute
)

// Unreached are the clients of which nobody knows whether a cluster's Director can have them work, those that were asked longest ago first:
// of cells of which the cluster has no good backup that still tells, or of which its newest try went wrong. Left are those whose silence is
// not over yet. It is empty while the Director or the catalog does not answer, or is not known to be the one that is configured.
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
		worked[place.Client] = worked[place.Client] || on.LastGood != nil && s.At.Sub(on.LastGood.When()) <= p.EvidenceLife
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
	byAge(ask, asked)
	return ask, left
}

// byAge sorts names by when they were asked, those first that wait longest.
func byAge(names []string, asked map[string]time.Time) {
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(asked[a].Compare(asked[b]), strings.Compare(a, b)) })
}

// WithReached is the snapshot with what came of asking file daemons through a cluster's Director.
func (s *Snapshot) WithReached(c model.Cluster, of []record.ReachedClient, why string) *Snapshot {
	next := *s
	next.stored[c].reached, next.stored[c].unreached = of, why
	return &next
}

// lastAsked is when the last was asked, or at.
func lastAsked(at time.Time, of []record.ReachedClient) time.Time {
	for _, r := range of {
		at = model.Later(at, r.At)
	}
	return at
}

// ReachedAtOnce are the first of some names: as many as one look asks.
func ReachedAtOnce(names []string) []string { return names[:min(len(names), reachedAtOnce)] }

// reached are the file daemons that this look asked.
func (o *observer) reached(c model.Cluster) {
	o.missed("the file daemons of "+c.String(), o.s.stored[c].unreached)
	o.asked(c, o.s.stored[c].reached, func(r *record.Reached) record.Proven { return record.Proven{Reached: r} })
}

// asked claims what came of asking some through a cluster's Director.
func (o *observer) asked(c model.Cluster, of []record.ReachedClient, claim func(*record.Reached) record.Proven) {
	if len(of) == 0 {
		return
	}
	r := &record.Reached{Of: slices.SortedFunc(slices.Values(of),
		func(a, b record.ReachedClient) int { return strings.Compare(a.Client, b.Client) })}
	p := record.Proof{Of: record.Subject{Cluster: &c}, Claim: claim(r), At: lastAsked(time.Time{}, of)}
	p.Verdict, p.Why = r.Verdict()
	o.saw(p, true)
}
