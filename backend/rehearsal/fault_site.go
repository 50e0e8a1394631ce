package rehearsal

import (
	"fmt"
	"time"

	"switchyard/backend/rehearsal/amazon"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/daemon"
	"switchyard/model"
)

// siteFaults take a whole place away, until it is back, or let every console of it wait.
var siteFaults = []FaultKind{
	{"region-gone", "AWS region", "the AWS region is gone: its API and the RDS server there never answer, and nothing is replicated from it",
		does{inject: goneRegion, also: regionGone}},
	{"onprem-gone", "", "the on-premises site is gone: blue's Directors with the jobs they ran, and blue's catalog, which never answers",
		does{inject: noTarget, also: onpremGone}},
	{"site-gone", "region", "a site is gone: both clusters' Directors, blue's catalog, and the Storage Daemons of the region; " +
		"dir-new2 stands for the Director that comes up elsewhere",
		does{inject: ofRegion, also: siteGone}},
	{"console-slow", "blue|green", "the Directors take four seconds to greet a console, and answer it at once then",
		does{inject: ofCluster, also: consoleSlow}},
}

func worse(at *cluster.DirectorFault, f cluster.DirectorFault) {
	at.Down, at.Hang, at.Wrong = at.Down || f.Down, at.Hang || f.Hang, at.Wrong || f.Wrong
	at.Stopped, at.Masked = at.Stopped || f.Stopped, at.Masked || f.Masked
	at.Slow, at.Greets, at.Tree = max(at.Slow, f.Slow), max(at.Greets, f.Greets), max(at.Tree, f.Tree)
}

// both hits both Directors of a cluster.
func (s *sum) both(c model.Cluster, f cluster.DirectorFault) {
	for place := range s.directors[c] {
		worse(&s.directors[c][place], f)
	}
}

func nothing() error { return nil }

func goneRegion(w *World, region string) (func() error, error) {
	if region == "" {
		return nil, fmt.Errorf("which AWS region: %s or %s", PrimaryRegion, ReplicaRegion)
	}
	return onAWS(amazon.Fault{Trouble: amazon.Unreachable})(w, region)
}

func regionGone(s *sum, region string) {
	s.replica.StopIO = true
	if region == PrimaryRegion {
		s.catalogs[model.Green].Hang = true
	} else {
		s.standby.Hang = true
	}
}

func noTarget(_ *World, target string) (func() error, error) {
	if target != "" {
		return nil, fmt.Errorf("%q: it takes no target", model.Clean(target))
	}
	return nothing, nil
}

func onpremGone(s *sum, _ string) {
	s.both(model.Blue, cluster.DirectorFault{Down: true})
	s.catalogs[model.Blue].Hang = true
}

func ofRegion(w *World, target string) (func() error, error) {
	for _, p := range w.estate.cells {
		if p.Cell.Region == target {
			return nothing, nil
		}
	}
	return nil, fmt.Errorf("there is no region %q", model.Clean(target))
}

func siteGone(s *sum, region string) {
	onpremGone(s, "")
	worse(&s.directors[model.Green][0], cluster.DirectorFault{Down: true})
	worse(&s.directors[model.Green][1], cluster.DirectorFault{Stopped: true}) // it stands for the one that comes up elsewhere
	s.gone[region] = true
}

func storageHung(s *sum, storage string) { s.storages[storage] = daemon.Fault{Hang: true} }

func ofCluster(w *World, target string) (func() error, error) {
	_, err := w.clusterOf(target)
	return nothing, err
}

func consoleSlow(s *sum, target string) {
	var c model.Cluster
	if c.UnmarshalText([]byte(target)) != nil {
		return
	}
	s.both(c, cluster.DirectorFault{Greets: 4 * time.Second})
}
