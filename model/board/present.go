package board

import (
	"cmp"
	"strconv"

	"switchyard/model"
	"switchyard/model/record"
)

// Present tells what an identity is that evidence is bound to, as far as this look knows it.
func (s *Snapshot) Present(b record.Bound) (is string, known bool) {
	if is, known = s.boundTo(b); known {
		return is, known
	}
	switch {
	case b.Kind == record.BoundInstance && s.RDS != nil:
		return s.resource(b)
	case b.Kind == record.BoundCommand && b.Cell != nil && s.verify != nil:
		if v := s.Cell(*b.Cell); v != nil {
			return s.verify(v.Format), true
		}
	case b.Kind == record.BoundJob && b.Cluster != nil && s.silent(model.CatalogOf(*b.Cluster)) == "":
		return s.jobNamed(*b.Cluster, b.Of)
	case b.Kind == record.BoundFormat && b.Cell != nil:
		if v := s.Cell(*b.Cell); v != nil {
			return string(v.Format), true
		}
	case b.Kind == record.BoundStorage && b.Cluster != nil && b.Cell != nil && s.silent(model.CatalogOf(*b.Cluster)) == "":
		if v := s.Cell(*b.Cell); v != nil {
			if j := v.On[*b.Cluster].LastGood; j != nil && j.Storage != "" {
				return j.Storage, true
			}
		}
	}
	return "", false
}

func (s *Snapshot) resource(b record.Bound) (string, bool) {
	for role, in := range map[string]*model.Instance{thePrimary: s.RDS.Primary, theReplica: s.RDS.Replica} {
		if in == nil || in.ID != b.Of || in.Region != b.Region {
			continue
		}
		if !in.Missing.IsZero() {
			return "", true
		}
		if s.silent(model.Source{Kind: model.SourceInstance, Name: role}) == "" && in.AWS.Why == "" && in.AWS.Value.ResourceID != "" {
			return in.AWS.Value.ResourceID, true
		}
	}
	return "", false
}

// jobNamed is the unique name of a JobId, where the look holds that job.
func (s *Snapshot) jobNamed(c model.Cluster, id string) (string, bool) {
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil {
		return "", false
	}
	if b := s.bound[c]; b != nil {
		if name, told := b.jobs[uint32(n)]; told {
			return name, true
		}
	}
	v := s.Clusters[c]
	if v == nil {
		return "", false
	}
	is := func(j *model.Job) bool { return j != nil && j.ID == uint32(n) }
	for _, part := range [][]model.Job{v.Open, v.Recent, v.Bad} {
		for i := range part {
			if is(&part[i]) {
				return part[i].Key.Job, true
			}
		}
	}
	for i := range s.Cells {
		on := &s.Cells[i].On[c]
		for _, j := range []*model.Job{on.Last, on.LastGood, on.LastFull} {
			if is(j) {
				return j.Key.Job, true
			}
		}
	}
	return "", false
}

// silent is why a source tells nothing now; empty when it does.
func (s *Snapshot) silent(of model.Source) string {
	switch v := s.Source(of); {
	case v == nil:
		return of.String() + " is not asked"
	case v.Freshness(s.At) != Live || v.Why != "":
		return of.String() + ": " + cmp.Or(v.Why, "it does not answer")
	}
	return ""
}
