package export

import (
	"cmp"
	"slices"

	"switchyard/model"
)

var (
	mSpaceAge = named("space_age_seconds", "How old it is what is told of a cluster's volumes and storages. Absent: they were not read.",
		"cluster")
	mVolumes  = named("space_volumes", "Volumes by VolStatus.", "cluster", "storage", "pool", "status")
	mHeld     = named("space_bytes", "What the volumes of a pool hold.", "cluster", "storage", "pool")
	mOwed     = named("space_owed_bytes", "What of that may not be recycled yet.", "cluster", "storage", "pool")
	mReusable = named("space_reusable_bytes", "What of that is written anew before another volume is made.", "cluster", "storage", "pool")
	mWritten  = named("space_written_bytes_per_second", "What was written to a pool in the last week.", "cluster", "storage", "pool")
	mBad      = named("space_volumes_bad", "Volumes that are in error, or had errors.", "cluster", "storage", "pool")
	mOverdue  = named("space_volumes_overdue", "Volumes that may be recycled for more than a day and are not.", "cluster", "storage", "pool")
	mRoom     = named("space_free_bytes", "What is free on a storage. Absent: nobody tells.", "cluster", "storage")
	mPoolsOut = named("space_pools_left_out", "Pools on storages that have no series of their own, as there are too many.")
	mOverlap  = named(
		"space_overlap_bytes_per_second",
		"What cells that both clusters take write to a storage, by their newest backups and schedules.",
		"cluster",
		"storage",
	)
	mComes = named(
		"space_coming_bytes_per_second",
		"What will be written to a storage besides, of cells that only the other cluster takes yet.",
		"cluster",
		"storage",
	)
	mKept = named("space_left_bytes", "What a storage holds of cells that its cluster takes no more.", "cluster", "storage")
	mAll  = named(
		"space_left_all_seconds",
		"Until a storage is full once it takes all that still comes to it. Absent: as without it.",
		"cluster",
		"storage",
	)
	mLeft = named("space_left_seconds", "Until a storage is full at this rate. Absent: nobody can tell, or not for 400 days.", "cluster",
		"storage")
)

// mostPools bounds what a catalog can make of series.
const mostPools = 1000

func (o *out) space(s *model.Space) {
	if s == nil {
		return
	}
	const aDay = 24 * 3600
	for _, c := range model.Clusters {
		if !slices.ContainsFunc(s.Unread, func(u model.Unread) bool { return u.Cluster == c }) {
			o.age(mSpaceAge, s.At, c.String())
		}
	}
	pools := slices.Clone(s.Pools)
	if len(pools) > mostPools {
		slices.SortStableFunc(pools, func(a, b model.PoolSpace) int { return cmp.Compare(b.Bytes, a.Bytes) })
	}
	o.tell(mPoolsOut, float64(max(0, len(pools)-mostPools)))
	for i := range pools[:min(len(pools), mostPools)] {
		p := &pools[i]
		labels := func() []string { return []string{p.Cluster.String(), p.Storage, p.Pool} }
		for status, n := range p.Statuses {
			o.tell(mVolumes, float64(n), append(labels(), status)...)
		}
		for m, v := range map[*metric]float64{mHeld: float64(p.Bytes), mOwed: float64(p.Owed), mReusable: float64(p.Reusable),
			mWritten: p.PerDay / aDay, mBad: float64(p.Bad), mOverdue: float64(p.Overdue)} {
			o.tell(m, v, labels()...)
		}
	}
	for i := range s.Storage[:min(len(s.Storage), mostPools)] {
		t := &s.Storage[i]
		if t.Free != nil {
			o.tell(mRoom, float64(*t.Free), t.Cluster.String(), t.Storage)
		}
		if t.Days != nil {
			o.tell(mLeft, *t.Days*aDay, t.Cluster.String(), t.Storage)
		}
		if t.All != nil {
			o.tell(mAll, *t.All*aDay, t.Cluster.String(), t.Storage)
		}
	}
	for i := range s.Needs[:min(len(s.Needs), mostPools)] {
		n := &s.Needs[i]
		for m, v := range map[*metric]float64{mOverlap: n.Overlap / aDay, mComes: n.Comes / aDay, mKept: n.Owed} {
			o.tell(m, v, n.Cluster.String(), n.Storage)
		}
	}
}
