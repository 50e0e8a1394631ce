package rehearsal

import (
	"fmt"
	"time"

	"switchyard/backend/rehearsal/cluster"
	"switchyard/model"
)

// restoreFaults stand in the way of restores.
var restoreFaults = []FaultKind{
	{"volume-corrupt", "volume", "a block of the volume is not what was written: a restore ends there, with what came before",
		by(spoil(cluster.Corrupt))},
	{"volume-missing", "volume", "the volume's file is gone: a restore waits for somebody to mount it", by(spoil(cluster.Missing))},
	{"volume-error", "volume", "the volume's status is Error in the catalog; what is on it can still be read", by(markVolume)},
	{"tree-slow", "blue|green", "the Directors take 70 s to build the tree of a restore; its job is queued after 40, whoever waits",
		does{inject: ofCluster, also: treeSlow}},
	{"client-full", "client", "the client's disk is full: what is restored onto it ends short", by(onAnyClient((*cluster.Cluster).SetBrim))},
	{"client-gone", "client", "the client's file daemon is gone: its jobs end, backups and restores alike",
		by(onAnyClient((*cluster.Cluster).SetGone))},
}

func spoil(with cluster.Spoil) func(*World, string) (func() error, error) {
	return func(w *World, volume string) (func() error, error) {
		c, err := w.holds(volume)
		if err != nil {
			return nil, err
		}
		if was := c.Spoiled(volume); was != cluster.Sound {
			return nil, fmt.Errorf("volume %s is corrupt or missing already", model.Clean(volume))
		}
		c.Spoil(volume, with)
		return func() error { c.Spoil(volume, cluster.Sound); return nil }, nil
	}
}

func markVolume(w *World, volume string) (func() error, error) {
	c, err := w.holds(volume)
	if err != nil {
		return nil, err
	}
	was, err := c.MarkVolume(volume, "Error", "")
	if err != nil {
		return nil, err
	}
	return func() error { _, err := c.MarkVolume(volume, was, "Error"); return err }, nil
}

// holds is the cluster whose catalog has a volume.
func (w *World) holds(volume string) (*cluster.Cluster, error) {
	for _, c := range w.clusters {
		if c.HasVolume(volume) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("there is no volume %q", model.Clean(volume))
}

func treeSlow(s *sum, target string) {
	var c model.Cluster
	if c.UnmarshalText([]byte(target)) != nil {
		return
	}
	s.both(c, cluster.DirectorFault{Tree: 70 * time.Second})
}

// onAnyClient sets a client that a Director knows, also one that nothing is backed up of, on both clusters.
func onAnyClient(set func(*cluster.Cluster, string, bool)) func(*World, string) (func() error, error) {
	return func(w *World, client string) (func() error, error) {
		known := false
		for _, c := range w.clusters {
			known = known || c.HasClient(client)
		}
		if !known {
			return nil, fmt.Errorf("there is no client %q", model.Clean(client))
		}
		for _, c := range w.clusters {
			set(c, client, true)
		}
		return func() error {
			for _, c := range w.clusters {
				set(c, client, false)
			}
			return nil
		}, nil
	}
}
