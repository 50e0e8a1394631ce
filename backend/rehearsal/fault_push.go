package rehearsal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"switchyard/backend/rehearsal/cluster"
)

// pushFaults are what may meet a push: on the way of a file to its place, at the reload, and after it.
var pushFaults = []FaultKind{
	{"reload-refused", "blue|green", "the Directors refuse at a reload whatever their files say, and keep what they had loaded",
		by(onCluster((*cluster.Cluster).SetRefusing))},
	{"reload-slow", "blue|green", "the catalog is slow while a Director loads its files, and only then: a reload takes six seconds",
		by(onCluster((*cluster.Cluster).SetSlowLoads))},
	{"directive-lost", "blue|green", "the Directors read their routed jobs without a directive of theirs: a 9.6 ends at a reload",
		by(onCluster((*cluster.Cluster).SetMaiming))},
	{"passive-restarted", "blue|green", "a configuration manager puts the file of the world's beginning on the passive Director and " +
		"restarts it; it stays so", by(restartPassive)},
	{"passive-gone", "blue|green", "the host of the passive Director is gone: its Director, its files and its service manager never " +
		"answer; when it is back all is as it was", by(passiveGone)},
	{"disk-full", "blue|green", "the disks of the Directors' hosts are full: no file can be written or renamed there", by(fillDisk)},
	{"file-linked", "blue|green", "the Directors' files of routed jobs are symbolic links to others", by(linkFiles)},
}

func restartPassive(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	of := w.clusters[c]
	d := of.Directors()[1-of.Acting()]
	if err := os.WriteFile(d.ConfPath(), []byte(d.Began()), 0o600); err != nil {
		return nil, err
	}
	return nil, d.Restart()
}

func passiveGone(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	of := w.clusters[c]
	d := of.Directors()[1-of.Acting()]
	if err := d.SetAway(true); err != nil {
		return nil, err
	}
	return func() error { return d.SetAway(false) }, nil
}

func fillDisk(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	return onHosts(w.clusters[c], func(d *cluster.Director) error { return os.WriteFile(cluster.FullMark(d.ConfPath()), nil, 0o600) },
		func(d *cluster.Director) error { return os.Remove(cluster.FullMark(d.ConfPath())) })
}

// linked is where a file is that a link stands for.
const linked = "linked-routed.conf"

func linkFiles(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	real := func(d *cluster.Director) string { return filepath.Join(filepath.Dir(d.ConfPath()), linked) }
	return onHosts(w.clusters[c], func(d *cluster.Director) error {
		if err := os.Rename(d.ConfPath(), real(d)); err != nil {
			return err
		}
		return os.Symlink(linked, d.ConfPath())
	}, func(d *cluster.Director) error {
		if info, err := os.Lstat(d.ConfPath()); err != nil || info.Mode()&os.ModeSymlink == 0 {
			return errors.Join(err, os.Remove(real(d))) // somebody has put a file there
		}
		return os.Rename(real(d), d.ConfPath())
	})
}

// onHosts does something on the hosts of both Directors, and undoes it.
func onHosts(of *cluster.Cluster, do, undo func(*cluster.Director) error) (func() error, error) {
	dirs := of.Directors()
	for _, d := range dirs {
		if err := do(d); err != nil {
			return nil, fmt.Errorf("on the host of %s: %w", d.Name(), err)
		}
	}
	return func() error { return errors.Join(undo(dirs[0]), undo(dirs[1])) }, nil
}
