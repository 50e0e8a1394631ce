package rehearsal

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/backend/rehearsal/amazon"
	"switchyard/backend/rehearsal/cluster"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// ErrFault is the kind of every fault that cannot be injected or healed.
var ErrFault = errors.New("fault")

type faultKey struct{ name, target string }

// FaultKind is something that can go wrong in a world.
type FaultKind struct {
	Name   string
	Target string // what it takes: "blue|green", "client", ...; empty: nothing
	Says   string
	does   does
}

// does is what a fault does: one of these.
type does struct {
	director *cluster.DirectorFault // to the Director of a cluster that is active when it is injected
	catalog  *sqlsim.Fault          // to the server of a cluster's catalog
	replica  *sqlsim.ReplicaFault
	also     func(*sum, string) // to several of them at once, by its target; besides inject
	// inject makes it so and returns how to heal it; nil when it heals by itself.
	inject func(w *World, target string) (heal func() error, err error)
}

// Faults lists everything that can go wrong, in the order in which help shows it.
var Faults = slices.Concat([]FaultKind{
	{"director-down", "blue|green", "the active Director is gone: its port refuses, the jobs it ran are lost",
		onDirector(cluster.DirectorFault{Down: true})},
	{"director-hung", "blue|green", "the active Director takes connections and never answers",
		onDirector(cluster.DirectorFault{Hang: true})},
	{"director-slow", "blue|green", "the active Director takes three seconds for each answer",
		onDirector(cluster.DirectorFault{Slow: 3 * time.Second})},
	{"director-password", "blue|green", "the active Director knows no console's password any more",
		onDirector(cluster.DirectorFault{Wrong: true})},
	{"director-masked", "blue|green", "the active Director is stopped and masked: its port refuses, and nobody can start it until it is " +
		"healed", onDirector(cluster.DirectorFault{Masked: true})},
	{"director-failed-over", "blue|green", "the active Director is stopped and masked, and the passive one schedules in its place; healing " +
		"gives the role back", does{director: &cluster.DirectorFault{Masked: true}, inject: failOver}},
	{"director-stopped", "blue|green", "a person stopped the active Director: its port refuses, the jobs it ran are lost; " +
		"healing starts it, unless it is masked", onDirector(cluster.DirectorFault{Stopped: true})},
	{"director-unlinked", "blue|green", "the active Director sits on a dead connection to its catalog: no job starts, and what ends " +
		"stays open there, until it is started again", by(unlink)},
	{"passive-older", "blue|green", "the passive Director is of the release before: it was not upgraded with the active one", by(older)},
	{"catalog-down", "blue|green", "the catalog's server refuses connections", onCatalog(sqlsim.Fault{Refuse: true})},
	{"catalog-hung", "blue|green", "the catalog's server takes connections and never answers", onCatalog(sqlsim.Fault{Hang: true})},
	{"catalog-slow", "blue|green", "the catalog's server takes two seconds for each statement",
		onCatalog(sqlsim.Fault{Latency: 2 * time.Second})},
	{"catalog-revoked", "blue|green", "the watcher's account on the catalog is revoked", by(revoke)},
	{"replication-unfetched", "", "the replica fetches nothing from the primary any more: what is written now never reaches it",
		onReplica(sqlsim.ReplicaFault{StopIO: true})},
	{"replication-stopped", "", "the replica's SQL thread is stopped", onReplica(sqlsim.ReplicaFault{StopSQL: true})},
	{"replication-broken", "", "the replica's SQL thread ended with a duplicate key",
		onReplica(sqlsim.ReplicaFault{Broken: "Could not execute Write_rows event on table bacula.Job; " +
			"Duplicate entry '1' for key 'Job.PRIMARY', Error_code: 1062"})},
	{"replication-lag", "", "the replica applies nothing: its lag grows", onReplica(sqlsim.ReplicaFault{Stall: true})},
	{"az-failover", "", "the primary fails over to its standby: connections drop, running jobs die, it comes back by itself",
		by(azFailover)},
	{"aws-throttled", "AWS region, or nothing", "AWS asks for fewer calls", by(onAWS(amazon.Fault{Trouble: amazon.Throttled}))},
	{"aws-failing", "AWS region, or nothing", "AWS answers with 500", by(onAWS(amazon.Fault{Trouble: amazon.Failing}))},
	{"aws-unreachable", "AWS region, or nothing", "AWS takes calls and never answers",
		by(onAWS(amazon.Fault{Trouble: amazon.Unreachable}))},
	{"aws-denied", "AWS region, or nothing", "IAM denies every call", by(onAWS(amazon.Fault{Trouble: amazon.Denied}))},
	{"aws-expired", "AWS region, or nothing", "the credentials for AWS have run out", by(onAWS(amazon.Fault{Trouble: amazon.Expired}))},
	{"kms-key-disabled", "AWS region", "the KMS key of the AWS region is disabled", by(disableKey)},
	{"client-failing", "client", "every job of the client fails in its script", by(onClient((*cluster.Cluster).SetFailing))},
	{"client-hung", "client", "the client's file daemon does not answer; its jobs make no progress",
		by(onClient((*cluster.Cluster).SetSilent))},
	{"client-stranger", "client", "the client's file daemon does not know green's Director", by(stranger)},
	{"storage-hung", "storage", "the Storage Daemon does not answer; its jobs make no progress",
		does{inject: onStorage((*cluster.Cluster).SetStorageSilent), also: storageHung}},
	{"storage-full", "storage", "the Storage Daemon has no space: its jobs wait for a volume", by(fillStorage)},
	{"reload-ignored", "blue|green", "the Directors ignore reloads: they say nothing and keep what they had loaded",
		by(onCluster((*cluster.Cluster).SetStuck))},
	{"config-reverted", "blue|green", "a configuration manager puts the Directors' old file back 40 s after a push",
		by(onCluster((*cluster.Cluster).SetReverting))},
	{"storage-not-immutable", "storage", "new volumes of the Storage Daemon are not protected",
		by(onStorage((*cluster.Cluster).SetUnprotected))},
}, rdsFaults, siteFaults, pushFaults, restoreFaults, tenantFaults)

// Fault injects a fault by its name. It returns ErrFault when there is none of that name or target, or it is there already.
func (w *World) Fault(name, target string) error {
	f, err := findFault(name)
	if err != nil {
		return err
	}
	if target == "" && f.Target != "" && !strings.HasSuffix(f.Target, "or nothing") {
		return fmt.Errorf("%w %s: say of what, behind its name: %s", ErrFault, name, f.Target)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	key := faultKey{name, target}
	if w.faults[key] != nil {
		return fmt.Errorf("%w %s %s: it is injected already", ErrFault, name, model.Clean(target))
	}
	hit := w.hits(target)
	heal, err := f.does.start(w, target)
	if err != nil {
		return fmt.Errorf("%w %s: %w", ErrFault, name, err)
	}
	if heal != nil {
		w.faults[key] = heal
		if f.does.director != nil {
			w.hit[key] = hit
		}
	}
	return w.settle()
}

// hits is the place of the Director that a fault would hit: the one that is active now.
func (w *World) hits(target string) int {
	c, err := w.clusterOf(target)
	if err != nil {
		return 0
	}
	return w.clusters[c].Acting()
}

// Heal takes a fault away again. With an empty target it heals the fault of that name on every target.
func (w *World) Heal(name, target string) error {
	if _, err := findFault(name); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	healed := false
	for key, heal := range w.faults {
		if key.name == name && (target == "" || key.target == target) {
			healed = true
			if err := w.mayHeal(key); err != nil {
				errs = append(errs, err)
				continue
			}
			errs = append(errs, heal())
			delete(w.faults, key)
			delete(w.hit, key)
		}
	}
	if !healed {
		return fmt.Errorf("%w %s %s: it is not injected", ErrFault, name, model.Clean(target))
	}
	return errors.Join(append(errs, w.settle())...)
}

// mayHeal refuses to start a Director that something else has masked.
func (w *World) mayHeal(key faultKey) error {
	if key.name != "director-stopped" {
		return nil
	}
	for other, place := range w.hit {
		f, err := findFault(other.name)
		if err == nil && f.does.director.Masked && other.target == key.target && place == w.hit[key] {
			return fmt.Errorf("%w %s %s: %w (%s)", ErrFault, key.name, key.target, cluster.ErrMasked, other.name)
		}
	}
	return nil
}

// start checks the target and injects what settle does not.
func (d does) start(w *World, target string) (heal func() error, err error) {
	nothing := func() error { return nil }
	switch {
	case d.inject != nil:
		return d.inject(w, target)
	case d.replica != nil && target != "":
		return nil, fmt.Errorf("%q: it takes no target", model.Clean(target))
	case d.replica != nil:
		return nothing, nil
	}
	_, err = w.clusterOf(target)
	return nothing, err
}

// Injected lists the faults that are there now, as "name target", sorted.
func (w *World) Injected() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]string, 0, len(w.faults))
	for key := range w.faults {
		out = append(out, strings.TrimSpace(key.name+" "+key.target))
	}
	slices.Sort(out)
	return out
}

func findFault(name string) (FaultKind, error) {
	i := slices.IndexFunc(Faults, func(f FaultKind) bool { return f.Name == name })
	if i < 0 {
		return FaultKind{}, fmt.Errorf("%w %q: there is none of that name", ErrFault, model.Clean(name))
	}
	return Faults[i], nil
}

func (w *World) clusterOf(target string) (model.Cluster, error) {
	var c model.Cluster
	return c, c.UnmarshalText([]byte(target))
}

func onDirector(f cluster.DirectorFault) does                   { return does{director: &f} }
func onCatalog(f sqlsim.Fault) does                             { return does{catalog: &f} }
func onReplica(f sqlsim.ReplicaFault) does                      { return does{replica: &f} }
func by(inject func(*World, string) (func() error, error)) does { return does{inject: inject} }

func (w *World) catalog(c model.Cluster) *sqlsim.Instance {
	if c == model.Blue {
		return w.blue
	}
	return w.primary
}

func revoke(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	in := w.catalog(c)
	in.Revoke(watchUser, true)
	return func() error { in.Revoke(watchUser, false); return nil }, nil
}

func unlink(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	d := w.clusters[c].Active()
	w.clusters[c].Unlink()
	return func() error {
		if !d.Running() { // it is linked again when it is started
			return nil
		}
		return d.Restart()
	}, nil
}

// older lets the passive Director be of another version than the active one.
func older(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	d := w.clusters[c].Directors()[1-w.clusters[c].Acting()]
	if err := d.SetOlder(true); err != nil {
		return nil, err
	}
	return func() error { return d.SetOlder(false) }, nil
}

// failOver gives the role of the active Director to the passive one, until it is healed.
func failOver(w *World, target string) (func() error, error) {
	c, err := w.clusterOf(target)
	if err != nil {
		return nil, err
	}
	of := w.clusters[c]
	from := of.Acting()
	of.Act(1 - from)
	return func() error { of.Act(from); return nil }, nil
}

func azFailover(w *World, target string) (func() error, error) {
	if target != "" {
		return nil, fmt.Errorf("%q: it takes no target", model.Clean(target))
	}
	if !w.aws.cloud.FailOver(PrimaryRegion, PrimaryID) {
		return nil, errors.New("the primary is busy with something else")
	}
	return nil, nil // it heals by itself
}

func onAWS(f amazon.Fault) func(*World, string) (func() error, error) {
	return func(w *World, region string) (func() error, error) {
		if region != "" && region != PrimaryRegion && region != ReplicaRegion {
			return nil, fmt.Errorf("there is nothing in the AWS region %q", model.Clean(region))
		}
		f.Region = region
		heal := w.aws.cloud.Break(f)
		return func() error { heal(); return nil }, nil
	}
}

func disableKey(w *World, region string) (func() error, error) {
	if region != PrimaryRegion && region != ReplicaRegion {
		return nil, fmt.Errorf("there is no key in the AWS region %q", model.Clean(region))
	}
	w.aws.cloud.DisableKey(region, keyID, true)
	return func() error { w.aws.cloud.DisableKey(region, keyID, false); return nil }, nil
}

func onClient(set func(*cluster.Cluster, string, bool)) func(*World, string) (func() error, error) {
	return onBoth("client", func(c cellPlan) string { return c.Client }, set)
}

// fillStorage leaves no room on a Storage Daemon, which is what is told of it then.
func fillStorage(w *World, target string) (func() error, error) {
	heal, err := onStorage((*cluster.Cluster).SetFull)(w, target)
	if err != nil {
		return nil, err
	}
	if w.full == nil {
		w.full = map[string]bool{}
	}
	w.full[target] = true
	return func() error {
		delete(w.full, target)
		return errors.Join(heal(), w.tellRoom())
	}, w.tellRoom()
}

func onStorage(set func(*cluster.Cluster, string, bool)) func(*World, string) (func() error, error) {
	return onBoth("storage", func(c cellPlan) string { return c.Storage }, set)
}

// onBoth sets what has a name among the cells, on both clusters.
func onBoth(what string, of func(cellPlan) string, set func(*cluster.Cluster, string, bool)) func(*World, string) (func() error, error) {
	return func(w *World, target string) (func() error, error) {
		if !slices.ContainsFunc(w.estate.cells, func(c cellPlan) bool { return of(c) == target }) {
			return nil, fmt.Errorf("there is no %s %q", what, model.Clean(target))
		}
		for _, c := range w.clusters {
			set(c, target, true)
		}
		return func() error {
			for _, c := range w.clusters {
				set(c, target, false)
			}
			return nil
		}, nil
	}
}

func stranger(w *World, target string) (func() error, error) {
	if !slices.ContainsFunc(w.estate.cells, func(c cellPlan) bool { return c.Client == target }) {
		return nil, fmt.Errorf("there is no client %q", model.Clean(target))
	}
	green := w.clusters[model.Green]
	green.SetStranger(target, true)
	return func() error { green.SetStranger(target, false); return nil }, nil
}

func onCluster(set func(*cluster.Cluster, bool)) func(*World, string) (func() error, error) {
	return func(w *World, target string) (func() error, error) {
		c, err := w.clusterOf(target)
		if err != nil {
			return nil, err
		}
		set(w.clusters[c], true)
		return func() error { set(w.clusters[c], false); return nil }, nil
	}
}
