package amazon

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"
)

// stage is one part of a course: what AWS says meanwhile, what is done at its beginning, for how long it lasts at least.
type stage struct {
	status string
	do     func(ctx context.Context) error
	takes  time.Duration      // of AWS's time, as far as it is known from the field
	then   func(in *instance) // at its end, with the lock held
}

// start takes an instance through a course, one at a time; the lock is held.
func (c *Cloud) start(in *instance, stages ...stage) {
	in.busy = true
	c.works.Add(1)
	go func() {
		defer c.works.Done()
		for _, s := range stages {
			c.mu.Lock()
			if s.status != "" {
				in.DBInstanceStatus = ptr(s.status)
			}
			c.mu.Unlock()
			began := c.now()
			var err error
			if s.do != nil {
				err = s.do(c.ctx)
			}
			if !c.wait(c.real(s.takes) - c.now().Sub(began)) {
				return
			}
			c.mu.Lock()
			if err != nil {
				in.DBInstanceStatus, in.busy = ptr("failed"), false
				c.tell(in, "failure", "DB instance put into failed state. "+err.Error())
				c.mu.Unlock()
				return
			}
			if s.then != nil {
				s.then(in)
			}
			c.mu.Unlock()
		}
		c.mu.Lock()
		in.busy = false
		c.mu.Unlock()
	}()
}

// ready finds an instance that takes a modification now; the lock is held.
func (c *Cloud) ready(region string, id *string, what string) (*instance, error) {
	in, err := c.find(region, id)
	if err != nil {
		return nil, err
	}
	if status := *c.seen(in).DBInstanceStatus; in.busy || status != "available" {
		return nil, failure(
			400,
			"InvalidDBInstanceState",
			"Database instance %s is not in available state: it is %s and cannot be %s.",
			*in.DBInstanceIdentifier,
			status,
			what,
		)
	}
	return in, nil
}

func (c *Cloud) promote(_ context.Context, r request, in *rds.PromoteReadReplicaInput) (*rds.PromoteReadReplicaOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := c.ready(r.region, in.DBInstanceIdentifier, "promoted")
	if err != nil {
		return nil, err
	}
	if i.ReadReplicaSourceDBInstanceIdentifier == nil {
		return nil, failure(400, "InvalidDBInstanceState", "DB Instance %s is not a read replica.", *i.DBInstanceIdentifier)
	}
	retention := int32(1)
	if in.BackupRetentionPeriod != nil {
		retention = *in.BackupRetentionPeriod
	}
	if retention < 0 || retention > 35 || retention == 0 && len(i.ReadReplicaDBInstanceIdentifiers) > 0 {
		return nil, failure(
			400,
			"InvalidParameterValue",
			"Invalid backup retention period: %d. Retention period must be between 0 and 35.",
			retention,
		)
	}
	id := *i.DBInstanceIdentifier
	c.start(i,
		stage{status: "available", takes: 4 * time.Second},
		stage{status: "modifying", takes: 45 * time.Second, do: func(ctx context.Context) error {
			c.mu.Lock()
			g, err := c.group(r.region, *i.DBParameterGroups[0].DBParameterGroupName)
			c.mu.Unlock()
			if err != nil || c.o.Backend.Promote == nil {
				return err
			}
			return c.o.Backend.Promote(ctx, id, !isReadOnly(g.values["read_only"], &instance{}))
		}, then: func(i *instance) {
			c.part(i)
			i.BackupRetentionPeriod = &retention
			if in.PreferredBackupWindow != nil {
				i.PreferredBackupWindow = in.PreferredBackupWindow
			}
			i.DBParameterGroups = groupStatus(*i.DBParameterGroups[0].DBParameterGroupName, "in-sync")
		}},
		c.restarting(id, false, 30*time.Second, nil),
		stage{status: "modifying", takes: 10 * time.Second},
		stage{status: "backing-up", takes: 40 * time.Second, then: func(i *instance) { // an event tells of the backup, none of the promotion
			if retention > 0 {
				c.tell(i, "backup", "Finished DB instance backup.")
			}
		}},
		stage{status: "available"},
	)
	d := c.seen(i)
	return &rds.PromoteReadReplicaOutput{DBInstance: &d}, nil
}

// restarting is the stage in which a server goes down and comes back.
func (c *Cloud) restarting(id string, failover bool, takes time.Duration, then func(*instance)) stage {
	return stage{status: "rebooting", takes: takes, do: func(ctx context.Context) error {
		if c.o.Backend.Reboot == nil {
			return nil
		}
		return c.o.Backend.Reboot(ctx, id, failover)
	}, then: func(i *instance) {
		i.DBParameterGroups = groupStatus(*i.DBParameterGroups[0].DBParameterGroupName, "in-sync")
		c.tell(i, "availability", "DB instance restarted")
		if then != nil {
			then(i)
		}
	}}
}

func (c *Cloud) halt(_ context.Context, r request, in *rds.StopDBInstanceInput) (*rds.StopDBInstanceOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := c.ready(r.region, in.DBInstanceIdentifier, "stopped")
	if err != nil {
		return nil, err
	}
	if len(i.ReadReplicaDBInstanceIdentifiers) > 0 || i.ReadReplicaSourceDBInstanceIdentifier != nil {
		return nil, failure(400, "InvalidDBInstanceState", "Cannot stop %s: it is, or has, a read replica.", *i.DBInstanceIdentifier)
	}
	id := *i.DBInstanceIdentifier
	c.start(i, stage{takes: 2 * time.Second}, stage{status: "stopping", takes: 20 * time.Second, do: func(ctx context.Context) error {
		if c.o.Backend.Halt == nil {
			return nil
		}
		return c.o.Backend.Halt(ctx, id)
	}}, stage{status: "stopped"})
	d := c.seen(i)
	return &rds.StopDBInstanceOutput{DBInstance: &d}, nil
}

func (c *Cloud) reboot(_ context.Context, r request, in *rds.RebootDBInstanceInput) (*rds.RebootDBInstanceOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := c.ready(r.region, in.DBInstanceIdentifier, "rebooted")
	if err != nil {
		return nil, err
	}
	id := *i.DBInstanceIdentifier
	switch force := value(in.ForceFailover); {
	case force && !value(i.MultiAZ):
		return nil, failure(
			400,
			"InvalidParameterCombination",
			"Failover can't be forced because the DB instance %s is not configured for Multi-AZ.",
			id,
		)
	case force && c.now().Sub(i.failedOver) < c.real(10*time.Minute):
		c.start(i, c.restarting(id, false, 20*time.Second, func(i *instance) {
			c.tell(i, "failover", "Abandoning user requested failover since a failover recently occurred on the database instance.")
		}), stage{status: "available"})
	case force:
		c.failOver(i)
	default:
		c.tell(i, "availability", "DB instance shutdown")
		c.start(i, c.restarting(id, false, 30*time.Second, nil), stage{status: "available"})
	}
	d := c.seen(i)
	return &rds.RebootDBInstanceOutput{DBInstance: &d}, nil
}

// FailOver is an AZ failover that nobody asked for; false when the instance is not Multi-AZ or not there.
func (c *Cloud) FailOver(region, id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := c.find(region, &id)
	if err != nil || i.busy || !value(i.MultiAZ) {
		return false
	}
	c.failOver(i)
	return true
}

// failOver takes an instance to its standby; the API keeps telling the old AZ for a while, as AWS's does.
func (c *Cloud) failOver(i *instance) {
	id := *i.DBInstanceIdentifier
	c.tell(i, "failover", "Multi-AZ instance failover started.")
	i.failedOver = c.now()
	c.start(i,
		c.restarting(id, true, 65*time.Second, func(i *instance) {
			c.tell(i, "failover", "Multi-AZ instance failover completed.")
			c.tell(i, "recovery", "Recovery of standby DB instance has started.")
		}),
		stage{status: "available", takes: 3 * time.Minute, then: func(i *instance) {
			i.AvailabilityZone, i.SecondaryAvailabilityZone = i.SecondaryAvailabilityZone, i.AvailabilityZone
			c.tell(i, "recovery", "Recovery of standby DB instance completed.")
		}},
	)
}

// Recreate puts another instance under the same name, as deleting and restoring would; it returns its DbiResourceId.
func (c *Cloud) Recreate(region, id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := c.find(region, &id)
	if err != nil {
		return ""
	}
	i.DbiResourceId = ptr(resourceID(region, id, c.now()))
	i.InstanceCreateTime = ptr(c.now())
	return *i.DbiResourceId
}

// SetStatus makes AWS say any status of an instance, "storage-full" for one, until it is set again.
func (c *Cloud) SetStatus(region, id, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i, err := c.find(region, &id); err == nil {
		i.DBInstanceStatus = &status
	}
}

// Tell adds an event to an instance.
func (c *Cloud) Tell(region, id, category, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i, err := c.find(region, &id); err == nil {
		c.tell(i, category, message)
	}
}

// at changes an instance, hidden or not.
func (c *Cloud) at(region, id string, change func(*instance)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.instances[place{region, id}]; i != nil {
		change(i)
	}
}

// Hide makes AWS say that there is no such instance, as when somebody deleted it.
func (c *Cloud) Hide(region, id string, hidden bool) {
	c.at(region, id, func(i *instance) { i.hidden = hidden })
}

// SetReplication makes AWS say any status of a replica's replication, "terminated" for one; empty: what its server does.
func (c *Cloud) SetReplication(region, id, status string) {
	c.at(region, id, func(i *instance) { i.replication = status })
}

// SetSource makes AWS say that an instance replicates from another one, by its ARN; empty: from nobody. It returns what AWS said before.
func (c *Cloud) SetSource(region, id, source string) (was string) {
	c.at(region, id, func(i *instance) {
		was = value(i.ReadReplicaSourceDBInstanceIdentifier)
		i.ReadReplicaSourceDBInstanceIdentifier = nil
		if source != "" {
			i.ReadReplicaSourceDBInstanceIdentifier = &source
		}
	})
	return was
}

// SetClass makes an instance one of another class, as somebody does who owns it, and tells of that as AWS does.
func (c *Cloud) SetClass(region, id, class string) {
	c.at(region, id, func(i *instance) {
		i.DBInstanceClass = &class
		c.tell(i, "configuration change", "Finished applying modification to DB instance class")
	})
}

// SetCertificate changes when an instance's server certificate ends, by AWS's word. It returns what AWS said before.
func (c *Cloud) SetCertificate(region, id string, until time.Time) (was time.Time) {
	c.at(region, id, func(i *instance) {
		if i.CertificateDetails == nil {
			return
		}
		details := *i.CertificateDetails
		was = value(details.ValidTill)
		details.ValidTill = &until
		i.CertificateDetails = &details
	})
	return was
}

// Status is what AWS says of an instance now; empty when there is none.
func (c *Cloud) Status(region, id string) (status string) {
	c.at(region, id, func(i *instance) { status = *c.seen(i).DBInstanceStatus })
	return status
}
