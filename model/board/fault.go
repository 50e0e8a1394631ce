package board

import (
	"time"

	"switchyard/model"
)

// only is the cluster that alone may have a job for the cell; nil when both may, or none.
func (v *CellView) only() *model.Cluster {
	var only *model.Cluster
	for _, c := range model.Clusters {
		if v.On[c].Has == model.Fails {
			continue
		}
		if only != nil {
			return nil
		}
		only = &c
	}
	return only
}

// atFault is the cluster that an alert of the cell is of: the one on which what is wrong is wrong; nil when it is both or none.
func (b *Board) atFault(v *CellView, now time.Time) *model.Cluster {
	first := func(wrong func(c model.Cluster, on *Standing) bool) *model.Cluster {
		for _, c := range model.Clusters {
			if wrong(c, &v.On[c]) {
				return &c
			}
		}
		return nil
	}
	switch v.Health {
	case CellBroken:
		return v.only()
	case CellUnknown:
		return first(func(c model.Cluster, on *Standing) bool { return !b.sides[c].fresh && on.Has != model.Fails })
	case CellDiverged:
		if c := first(func(_ model.Cluster, on *Standing) bool {
			return on.LastGood == nil || v.Promise > 0 && now.Sub(on.LastGood.When()) > v.Promise
		}); c != nil {
			return c
		}
		if c := first(func(_ model.Cluster, on *Standing) bool { return on.Streak < 0 }); c != nil {
			return c
		}
		green := model.Green // its size is compared with blue's
		return &green
	case CellWarned:
		return first(func(c model.Cluster, on *Standing) bool { return on.trouble(c, b.policy) != "" })
	case CellOK, CellGap:
	}
	return nil
}
