package amazon

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// modifiable are the fields of ModifyDBInstance that the cloud knows, and how long they take when they are applied; a field that
// is not here is refused.
var modifiable = map[string]struct {
	waits bool // for the maintenance window, unless ApplyImmediately
	takes time.Duration
	down  bool // the server restarts
}{
	"DBInstanceClass":                 {true, 6 * time.Minute, true},
	"MultiAZ":                         {true, 8 * time.Minute, false},
	"AllocatedStorage":                {true, 4 * time.Minute, false},
	"Iops":                            {true, 4 * time.Minute, false},
	"StorageThroughput":               {true, 4 * time.Minute, false},
	"BackupRetentionPeriod":           {true, 20 * time.Second, false},
	"CACertificateIdentifier":         {true, time.Minute, true},
	"DeletionProtection":              {false, 2 * time.Second, false},
	"EnableIAMDatabaseAuthentication": {false, 20 * time.Second, false},
	"PreferredBackupWindow":           {false, 2 * time.Second, false},
	"PreferredMaintenanceWindow":      {false, 2 * time.Second, false},
	"DBParameterGroupName":            {false, 30 * time.Second, false},
	"MaxAllocatedStorage":             {false, 2 * time.Second, false},
}

// changes are the fields that a request sets.
func changes(in *rds.ModifyDBInstanceInput) (map[string]reflect.Value, error) {
	out := map[string]reflect.Value{}
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || v.Field(i).IsZero() || f.Name == "DBInstanceIdentifier" || f.Name == "ApplyImmediately" {
			continue
		}
		if _, ok := modifiable[f.Name]; !ok {
			return nil, failure(400, "InvalidParameterValue", "The rehearsal cannot modify %s.", f.Name)
		}
		out[f.Name] = v.Field(i)
	}
	return out, nil
}

func (c *Cloud) modify(_ context.Context, r request, in *rds.ModifyDBInstanceInput) (*rds.ModifyDBInstanceOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, err := c.ready(r.region, in.DBInstanceIdentifier, "modified")
	if err != nil {
		return nil, err
	}
	asked, err := changes(in)
	if err != nil {
		return nil, err
	}
	if in.DBParameterGroupName != nil {
		if _, err := c.group(r.region, *in.DBParameterGroupName); err != nil {
			return nil, err
		}
	}
	if value(in.ApplyImmediately) && i.PendingModifiedValues != nil { // what waited is applied with it
		waits := reflect.ValueOf(i.PendingModifiedValues).Elem()
		for name := range modifiable {
			if f := waits.FieldByName(name); f.IsValid() && !f.IsZero() && !asked[name].IsValid() {
				asked[name] = f
			}
		}
	}
	now := map[string]reflect.Value{}
	pending := types.PendingModifiedValues{}
	if i.PendingModifiedValues != nil {
		pending = *i.PendingModifiedValues
	}
	var takes time.Duration
	down := false
	for name, v := range asked {
		m := modifiable[name]
		if m.waits {
			reflect.ValueOf(&pending).Elem().FieldByName(name).Set(v)
			if !value(in.ApplyImmediately) {
				continue
			}
		}
		now[name], takes, down = v, max(takes, m.takes), down || m.down
	}
	if !reflect.ValueOf(pending).IsZero() {
		i.PendingModifiedValues = &pending
	}
	if len(now) > 0 {
		c.apply(i, now, takes, down)
	}
	d := c.seen(i)
	return &rds.ModifyDBInstanceOutput{DBInstance: &d}, nil
}

// apply carries out what was asked for now; the lock is held.
func (c *Cloud) apply(i *instance, now map[string]reflect.Value, takes time.Duration, down bool) {
	done := func(i *instance) {
		left := types.PendingModifiedValues{}
		if i.PendingModifiedValues != nil {
			left = *i.PendingModifiedValues
		}
		for name, v := range now {
			switch name {
			case "DBParameterGroupName":
				i.DBParameterGroups = groupStatus(v.Elem().String(), "pending-reboot")
			case "EnableIAMDatabaseAuthentication":
				i.IAMDatabaseAuthenticationEnabled = ptr(v.Elem().Bool())
			case "MultiAZ":
				i.MultiAZ, i.SecondaryAvailabilityZone = ptr(v.Elem().Bool()), nil
				if *i.MultiAZ {
					i.SecondaryAvailabilityZone = ptr(i.region + "c")
				}
				c.tell(i, "configuration change", "Finished applying modification to convert to a Multi-AZ DB instance.")
			default:
				reflect.ValueOf(&i.DBInstance).Elem().FieldByName(name).Set(v)
				c.tell(i, "configuration change", fmt.Sprintf("Finished applying modification to %s.", name))
			}
			if f := reflect.ValueOf(&left).Elem().FieldByName(name); f.IsValid() {
				f.SetZero()
			}
		}
		i.PendingModifiedValues = &left
		if reflect.ValueOf(left).IsZero() {
			i.PendingModifiedValues = nil
		}
	}
	// AWS goes on saying available for some seconds after it took the request.
	stages := []stage{{takes: 3 * time.Second}, {status: "modifying", takes: takes, then: done}}
	if down {
		stages = append(stages, c.restarting(*i.DBInstanceIdentifier, value(i.MultiAZ), 60*time.Second, nil))
	}
	c.start(i, append(stages, stage{status: "available"})...)
}

func (c *Cloud) createReplica(
	_ context.Context,
	r request,
	in *rds.CreateDBInstanceReadReplicaInput,
) (*rds.CreateDBInstanceReadReplicaOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, sourceID := value(in.DBInstanceIdentifier), nameOf(value(in.SourceDBInstanceIdentifier))
	if c.anywhere(id) != nil {
		return nil, failure(400, "DBInstanceAlreadyExists", "DB instance already exists")
	}
	source := c.anywhere(sourceID)
	switch {
	case source == nil:
		return nil, failure(404, "DBInstanceNotFound", "DBInstance %s not found.", sourceID)
	case source.region != r.region && value(in.SourceDBInstanceIdentifier) != *source.DBInstanceArn:
		return nil, failure(400, "InvalidParameterValue", "The source of a cross-Region replica must be given as an ARN.")
	case value(source.BackupRetentionPeriod) == 0:
		return nil, failure(
			400,
			"InvalidDBInstanceState",
			"Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance to set the backup "+
				"retention period to a non-zero value.",
		)
	case source.busy || *c.seen(source).DBInstanceStatus != "available":
		return nil, failure(400, "InvalidDBInstanceState", "Instance %s is not in available state.", sourceID)
	case source.region != r.region && value(in.KmsKeyId) == "":
		return nil, failure(400, "InvalidParameterValue", "KmsKeyId is required: an encrypted instance is copied to another Region.")
	}
	if in.KmsKeyId != nil {
		if k := c.keys[place{r.region, nameOfKey(*in.KmsKeyId)}]; k == nil || k.Disabled || !k.Deletes.IsZero() {
			return nil, failure(
				400,
				"KMSKeyNotAccessibleFault",
				"The specified KMS key [%s] does not exist, is not enabled or you do not have permissions to access it.",
				*in.KmsKeyId,
			)
		}
	}
	i := c.build(Instance{
		ID:             id,
		Region:         r.region,
		Class:          value(cmp.Or(in.DBInstanceClass, source.DBInstanceClass)),
		Version:        *source.EngineVersion,
		SingleAZ:       !value(in.MultiAZ),
		StorageGiB:     int(*source.AllocatedStorage),
		NoBackups:      true,
		Unprotected:    !value(in.DeletionProtection),
		KeyID:          nameOfKey(value(in.KmsKeyId)),
		ParameterGroup: cmp.Or(value(in.DBParameterGroupName), "default.mysql8.4"),
	}, 0)
	i.DBInstanceStatus, i.IAMDatabaseAuthenticationEnabled = ptr("creating"), ptr(value(in.EnableIAMDatabaseAuthentication))
	i.DbiResourceId = ptr(resourceID(r.region, id, c.now()))
	c.instances[place{r.region, id}] = i
	c.join(id, r.region, sourceID)
	c.start(source, stage{status: "modifying", takes: 3 * time.Minute}, stage{status: "available"})
	var endpoint *types.Endpoint
	c.start(i, stage{status: "creating", takes: 20 * time.Minute, do: func(ctx context.Context) error {
		if c.o.Backend.Replicate == nil {
			return nil
		}
		host, port, err := c.o.Backend.Replicate(ctx, id, sourceID)
		endpoint = &types.Endpoint{Address: &host, Port: ptr(int32(port)), HostedZoneId: ptr("Z29XKXDKYMONMX")}
		return err
	}, then: func(i *instance) {
		i.Endpoint = endpoint
		c.tell(i, "creation", "DB instance created")
		c.tell(i, "read replica", "Replication for the Read Replica resumed")
	}}, stage{status: "available"})
	d := c.seen(i)
	return &rds.CreateDBInstanceReadReplicaOutput{DBInstance: &d}, nil
}
