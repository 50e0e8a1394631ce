package rehearsal

import (
	"fmt"
	"strings"
	"time"

	"switchyard/backend/rehearsal/amazon"
	"switchyard/backend/rehearsal/sqlsim"
	"switchyard/model"
)

// rdsFaults are what can go wrong with the RDS pair besides AWS's own API.
var rdsFaults = []FaultKind{
	{
		"replication-worker",
		"",
		"a worker of the replica's applier ended: only performance_schema tells why",
		onReplica(
			sqlsim.ReplicaFault{
				Worker: "Could not execute Write_rows event on table bacula.File; Duplicate entry '7' for key 'File.PRIMARY', Error_code: 1062",
			},
		),
	},
	{
		"replication-channel",
		"",
		"the replica has a second replication channel, which is stopped",
		onReplica(sqlsim.ReplicaFault{Second: sqlsim.Stream{Name: "reports", Stopped: true}}),
	},
	{
		"replication-channel-late",
		"",
		"the replica has a second replication channel, which is an hour behind",
		onReplica(sqlsim.ReplicaFault{Second: sqlsim.Stream{Name: "reports", Behind: time.Hour}}),
	},
	{"replication-unread", "", "the replica tells its lag in words that are no number", onReplica(sqlsim.ReplicaFault{Unread: true})},
	{
		"replication-gone",
		"",
		"somebody reset the replica: it replicates from nobody, and AWS has not noticed",
		onReplica(sqlsim.ReplicaFault{Gone: true}),
	},
	{
		"replication-elsewhere",
		"",
		"the replica replicates from another server than the primary",
		onReplica(sqlsim.ReplicaFault{Other: "00000000-0000-0000-0000-0000000000e1"}),
	},
	{"replication-forbidden", "", "the watcher's account on the replica may not ask how replication stands", by(forbid)},
	{"replication-errant", "", "somebody wrote three transactions to the replica", by(errant)},
	{"replication-status", "AWS's word", "AWS calls the replica's replication so, such as terminated or error", by(callReplication)},
	{"replica-writable", "", "the replica takes writes", by(writable)},
	{"replica-promoted", "", "AWS calls the replica a primary of its own", by(unsourced)},
	{"instance-missing", "instance", "AWS says that there is no such instance", by(hide)},
	{"instance-status", "instance=status", "AWS says that status of the instance, such as bacula=storage-full", by(status)},
	{"instance-storage", "instance=percent", "so little of the instance's storage is free, such as bacula=4", by(storage)},
	{"instance-certificate", "instance=days", "the instance's server certificate ends so soon, such as bacula=20", by(certificate)},
	{"instance-set", "instance=setting", "AWS says that the instance is set so: " + strings.Join(amazon.Settings(), ", "), by(setTo)},
	{"kms-key-single", "AWS region", "the KMS key of the AWS region is no multi-region one", by(singleKey)},
	{"failover-refused", "", "somebody asks for a failover of the primary, and AWS does not attempt it", by(refused)},
}

func untargeted(target string) error {
	if target != "" {
		return fmt.Errorf("%q: it takes no target", model.Clean(target))
	}
	return nil
}

func forbid(w *World, target string) (func() error, error) {
	if err := untargeted(target); err != nil {
		return nil, err
	}
	w.replica.SetMonitor(watchUser, false)
	return func() error { w.replica.SetMonitor(watchUser, true); return nil }, nil
}

func errant(w *World, target string) (func() error, error) {
	if err := untargeted(target); err != nil {
		return nil, err
	}
	w.replica.Errant(3)
	return func() error { w.replica.Errant(0); return nil }, nil
}

func callReplication(w *World, target string) (func() error, error) {
	if target == "" {
		return nil, fmt.Errorf("say which status, such as terminated")
	}
	w.aws.cloud.SetReplication(ReplicaRegion, ReplicaID, target)
	return func() error { w.aws.cloud.SetReplication(ReplicaRegion, ReplicaID, ""); return nil }, nil
}

func writable(w *World, target string) (func() error, error) {
	if err := untargeted(target); err != nil {
		return nil, err
	}
	w.replica.SetReadOnly(false)
	return func() error { w.replica.SetReadOnly(true); return nil }, nil
}

func unsourced(w *World, target string) (func() error, error) {
	if err := untargeted(target); err != nil {
		return nil, err
	}
	was := w.aws.cloud.SetSource(ReplicaRegion, ReplicaID, "")
	return func() error { w.aws.cloud.SetSource(ReplicaRegion, ReplicaID, was); return nil }, nil
}

func regionOf(id string) (string, error) {
	switch id {
	case PrimaryID:
		return PrimaryRegion, nil
	case ReplicaID:
		return ReplicaRegion, nil
	}
	return "", fmt.Errorf("there is no instance %q", model.Clean(id))
}

func hide(w *World, id string) (func() error, error) {
	region, err := regionOf(id)
	if err != nil {
		return nil, err
	}
	w.aws.cloud.Hide(region, id, true)
	return func() error { w.aws.cloud.Hide(region, id, false); return nil }, nil
}

// about reads "instance=value".
func about(target string) (region, id, value string, err error) {
	id, value, _ = strings.Cut(target, "=")
	if region, err = regionOf(id); err == nil && value == "" {
		err = fmt.Errorf("%q: write instance=value", model.Clean(target))
	}
	return region, id, value, err
}

func status(w *World, target string) (func() error, error) {
	region, id, word, err := about(target)
	if err != nil {
		return nil, err
	}
	w.aws.cloud.SetStatus(region, id, word)
	return func() error { w.aws.cloud.SetStatus(region, id, "available"); return nil }, nil
}

func storage(w *World, target string) (func() error, error) {
	_, id, text, err := about(target)
	if err != nil {
		return nil, err
	}
	var percent float64
	if _, err := fmt.Sscanf(text, "%g", &percent); err != nil || percent < 0 || percent > 100 {
		return nil, fmt.Errorf("%q is not a percentage", model.Clean(text))
	}
	w.squeezed.Store(id, percent)
	w.aws.cloud.Forget(id)
	return func() error { w.squeezed.Delete(id); w.aws.cloud.Forget(id); return nil }, nil
}

func certificate(w *World, target string) (func() error, error) {
	region, id, text, err := about(target)
	if err != nil {
		return nil, err
	}
	var days float64
	if _, err := fmt.Sscanf(text, "%g", &days); err != nil {
		return nil, fmt.Errorf("%q is not a number of days", model.Clean(text))
	}
	was := w.aws.cloud.SetCertificate(region, id, w.clock.Now().Add(time.Duration(days*24*float64(time.Hour))))
	return func() error { w.aws.cloud.SetCertificate(region, id, was); return nil }, nil
}

func refused(w *World, target string) (func() error, error) {
	if err := untargeted(target); err != nil {
		return nil, err
	}
	w.aws.cloud.Tell(
		PrimaryRegion,
		PrimaryID,
		"failover",
		"Abandoning user requested failover since a failover recently occurred on the database instance.",
	)
	return nil, nil // what was told stays told
}

func setTo(w *World, target string) (func() error, error) {
	region, id, name, err := about(target)
	if err != nil {
		return nil, err
	}
	undo, err := w.aws.cloud.Set(region, id, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", model.Clean(target), err)
	}
	return func() error { undo(); return nil }, nil
}

func singleKey(w *World, region string) (func() error, error) {
	if region != PrimaryRegion && region != ReplicaRegion {
		return nil, fmt.Errorf("there is no key in the AWS region %q", model.Clean(region))
	}
	was := w.aws.cloud.SetMultiRegion(region, keyID, false)
	return func() error { w.aws.cloud.SetMultiRegion(region, keyID, was); return nil }, nil
}
