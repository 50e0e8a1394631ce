package board

import (
	"slices"
	"time"

	"switchyard/model"
)

// Cell finds a cell; nil when the inventory has none such.
func (s *Snapshot) Cell(c model.Cell) *CellView {
	i, found := slices.BinarySearchFunc(s.Cells, c, func(v CellView, want model.Cell) int { return v.Cell.Compare(want) })
	if !found {
		return nil
	}
	return &s.Cells[i]
}

// Job finds a job wherever the snapshot holds jobs; nil when it holds it no more.
func (s *Snapshot) Job(key model.JobKey) *model.Job {
	v := s.Clusters[min(key.Cluster, model.Green)]
	if v == nil {
		return nil
	}
	for _, part := range [][]model.Job{v.Open, v.Recent, v.Bad} {
		for i := range part {
			if part[i].Key == key {
				return &part[i]
			}
		}
	}
	for i := range s.Cells {
		on := &s.Cells[i].On[v.Cluster]
		for _, j := range []*model.Job{on.Last, on.LastGood, on.Open} {
			if j != nil && j.Key == key {
				return j
			}
		}
	}
	return nil
}

// Source finds what is known of a source; nil when it is not asked.
func (s *Snapshot) Source(of model.Source) *Sighting {
	if i := slices.IndexFunc(s.Seen, func(o Sighting) bool { return o.Source == of }); i >= 0 {
		return &s.Seen[i]
	}
	return nil
}

// Namesakes tells whether the other cluster has a Director of the name of this one's, so that a greeting does not prove who answers.
func (s *Snapshot) Namesakes(c model.Cluster) bool {
	own, other := s.Clusters[c], s.Clusters[1-c]
	return own != nil && other != nil && len(own.Directors) > 0 &&
		slices.ContainsFunc(other.Directors, func(d model.Director) bool { return d.Name == own.Directors[0].Name })
}

// Scheduler is the Director that schedules as a source, as far as it shows; the zero value when the cluster has none.
func (v *ClusterView) Scheduler() model.Source {
	switch {
	case len(v.Directors) == 0:
		return model.Source{}
	case v.Acting == 0:
		return model.DirectorOf(v.Cluster, v.Directors[0].Name)
	}
	return model.PassiveOf(v.Cluster, v.Directors[v.Acting].Name, v.Directors[0].Name)
}

// Route is the cell's route as it is effective: which active Directors have its job.
func (v *CellView) Route() model.Route {
	return model.Route{v.On[model.Blue].Has, v.On[model.Green].Has}
}

// Breaks is when the cell's promise breaks unless there is a new good backup on either cluster; zero: it has none, or no promise.
func (v *CellView) Breaks() (t time.Time) {
	for i := range v.On {
		if v.On[i].Breaks.After(t) {
			t = v.On[i].Breaks
		}
	}
	return t
}

// FullBreaks is when the cell's promise of a full backup breaks unless there is a new good one on either cluster; zero: it has none, or no
// promise.
func (v *CellView) FullBreaks() time.Time {
	_, best := newestFull(v)
	if best == nil || v.FullPromise <= 0 {
		return time.Time{}
	}
	return best.When().Add(v.FullPromise)
}

// Due is when the next backup of the cell is due on either cluster; zero: never.
func (v *CellView) Due() (t time.Time) {
	for i := range v.On {
		if s := &v.On[i]; s.Has == model.Holds && !s.Due.IsZero() && (t.IsZero() || s.Due.Before(t)) {
			t = s.Due
		}
	}
	return t
}
