package record

import (
	"fmt"
	"time"

	"switchyard/model"
)

// FoundLease is that a step had a cluster's configuration manager held, or let it go.
type FoundLease struct {
	Cluster model.Cluster `json:"cluster"`
	Name    string        `json:"name"`
	Until   time.Time     `json:"until,omitzero"`  // it ends by itself then
	Ended   bool          `json:"ended,omitempty"` // it was seen not to be held by that name any more; then without Until
}

func (l *FoundLease) String() string {
	if l.Ended {
		return fmt.Sprintf("%s's configuration manager is not held by %s", l.Cluster, l.Name)
	}
	return fmt.Sprintf("%s holds %s's configuration manager until %s", l.Name, l.Cluster, l.Until.UTC().Format(time.DateTime))
}

// Leases are those that an action has taken and was not seen to give back, by cluster.
func (a *Action) Leases() (open []FoundLease) {
	var of [2]*FoundLease
	for i := range a.Found {
		if l := a.Found[i].Lease; l != nil && int(l.Cluster) < len(of) {
			if of[l.Cluster] = l; l.Ended {
				of[l.Cluster] = nil
			}
		}
	}
	for _, l := range of {
		if l != nil {
			open = append(open, *l)
		}
	}
	return open
}
