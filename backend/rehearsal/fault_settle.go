package rehearsal

import (
	"cmp"
	"errors"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/daemon"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// sum is everything that is wrong with the Directors, the catalogs and the replica together: several faults may meet at one.
type sum struct {
	directors [2][2]cluster.DirectorFault // by cluster and place
	catalogs  [2]sqlsim.Fault
	replica   sqlsim.ReplicaFault
	standby   sqlsim.Fault            // the replica's server
	storages  map[string]daemon.Fault // by name
	gone      map[string]bool         // regions of which every Storage Daemon is down
}

func (s *sum) add(d does, c model.Cluster, place int) {
	if f := d.director; f != nil {
		worse(&s.directors[c][place], *f)
	}
	if f := d.catalog; f != nil {
		at := &s.catalogs[c]
		at.Refuse, at.Hang, at.Latency = at.Refuse || f.Refuse, at.Hang || f.Hang, max(at.Latency, f.Latency)
	}
	if f := d.replica; f != nil {
		at := &s.replica
		at.StopIO, at.StopSQL, at.Stall = at.StopIO || f.StopIO, at.StopSQL || f.StopSQL, at.Stall || f.Stall
		at.Broken = cmp.Or(at.Broken, f.Broken)
		at.Worker, at.Other, at.Second = cmp.Or(at.Worker, f.Worker), cmp.Or(at.Other, f.Other), cmp.Or(at.Second, f.Second)
		at.Unread, at.Gone = at.Unread || f.Unread, at.Gone || f.Gone
	}
}

// settle lets the world be as broken as the injected faults say. The caller holds mu.
func (w *World) settle() error {
	now := sum{storages: map[string]daemon.Fault{}, gone: map[string]bool{}}
	for key := range w.faults {
		f, err := findFault(key.name)
		if err != nil {
			return err
		}
		c, _ := w.clusterOf(key.target) // only those that have one look at it
		now.add(f.does, c, w.hit[key])
		if f.does.also != nil {
			f.does.also(&now, key.target)
		}
	}
	var errs []error
	for _, c := range model.Clusters {
		for place, d := range w.clusters[c].Directors() {
			if now.directors[c][place] != w.broken.directors[c][place] {
				errs = append(errs, d.Set(now.directors[c][place]))
			}
		}
		if now.catalogs[c] != w.broken.catalogs[c] {
			w.catalog(c).Set(now.catalogs[c])
		}
	}
	if now.standby != w.broken.standby {
		w.replica.Set(now.standby)
	}
	if now.replica != w.broken.replica {
		w.replica.SetReplication(now.replica)
		if now.replica.Stall { // a lag is seen only where something waits to be applied
			w.primary.Heartbeat()
		}
	}
	for name, d := range w.storages {
		f := now.storages[name]
		f.Down = f.Down || now.gone[w.estate.regionOf(name)]
		errs = append(errs, d.Set(f))
	}
	w.broken = now
	return errors.Join(errs...)
}
