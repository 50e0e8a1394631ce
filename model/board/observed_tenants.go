package board

import (
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// WithTenants is the snapshot with who lives on the server of blue's catalog, as an account was told that is shown more than a watcher is.
func (s *Snapshot) WithTenants(t model.Reading[*model.Tenants]) *Snapshot {
	next := *s
	if v := s.Clusters[model.Blue]; v != nil {
		blue := *v
		blue.Catalog.Tenants = t
		next.Clusters[model.Blue] = &blue
	}
	if t.At.After(next.At) { // what is asked after a look is seen after it
		next.At = t.At
	}
	return &next
}

// housed is who lives on the server of blue's catalog, where somebody was shown all of it.
func (o *observer) housed() {
	v := o.s.Clusters[model.Blue]
	if v == nil || o.s.silent(model.CatalogOf(model.Blue)) != "" || o.st.Rung("drop", "") != nil ||
		o.missed("who lives on the server of blue's catalog", v.Catalog.Tenants.Why) || !v.Catalog.Tenants.Seen() ||
		len(v.Catalog.Tenants.Value.Lacks) > 0 {
		return
	}
	blue, t := model.Blue, *v.Catalog.Tenants.Value
	t.Sessions = slices.Clone(t.Sessions)
	for i := range t.Sessions { // how many there are at a moment is no news
		t.Sessions[i].Sessions = 1
	}
	p := record.Proof{Of: record.Subject{Cluster: &blue}, Claim: record.Proven{Housed: &record.Housed{Tenants: t}},
		Verdict: model.Holds, At: v.Catalog.Tenants.At}
	o.saw(p, !alike(o.st.Proof(&p), &p))
}

// traffic is what that server has counted, once an hour.
func (o *observer) traffic() {
	v := o.s.Clusters[model.Blue]
	if v == nil || o.s.silent(model.CatalogOf(model.Blue)) != "" || !v.Catalog.Figures.Seen() {
		return
	}
	blue := model.Blue
	f := *v.Catalog.Figures.Value
	f.At, f.Started = f.At.UTC().Truncate(time.Millisecond), f.Started.UTC().Truncate(time.Second)
	p := record.Proof{Of: record.Subject{Cluster: &blue}, Claim: record.Proven{Traffic: &record.Traffic{Looks: []model.Figures{f}}},
		Verdict: model.Holds, At: f.At}
	old := o.st.Proof(&p)
	o.saw(p, old == nil || !old.Claim.Traffic.Has(&f))
}
