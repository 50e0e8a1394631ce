package rds

import (
	"cmp"
	"context"
	"errors"
	"net"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"switchyard/model"
)

// Describe is what AWS says of one instance now. The first DbiResourceId seen under a name is pinned for the reader's life, unless the
// target brings one: another instance under the same name is told in Recreated. ErrNone: there is no such instance. ErrIdentity: it is not
// in the reader's account.
func (r *Reader) Describe(ctx context.Context, t Target) (model.Description, error) {
	out, err := ask(
		ctx,
		r,
		"rds",
		t.Region,
		"describe "+t.ID,
		func(c *clients) func(context.Context, *rds.DescribeDBInstancesInput, ...func(*rds.Options)) (*rds.DescribeDBInstancesOutput, error) {
			return c.rds.DescribeDBInstances
		},
		&rds.DescribeDBInstancesInput{DBInstanceIdentifier: &t.ID},
	)
	switch {
	case err != nil:
		return model.Description{}, err
	case len(out.DBInstances) != 1:
		return model.Description{}, fault(
			model.ErrAnswer,
			"describe %s in %s: AWS answered with %d instances",
			t.ID,
			t.Region,
			len(out.DBInstances),
		)
	}
	if err := r.belongs(t, aws.ToString(out.DBInstances[0].DBInstanceArn)); err != nil {
		return model.Description{}, err
	}
	d := describe(&out.DBInstances[0])
	d.Recreated = r.pin(t, d.ResourceID)
	d.Address = t.Address
	d.Reached, d.ReachedSays = reached(ctx, net.DefaultResolver.LookupHost, t.Address, d.Endpoint)
	return d, nil
}

// pin returns the pinned DbiResourceId when it is another one.
func (r *Reader) pin(t Target, id string) string {
	if t.ResourceID == "" {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.pinned[t] == "" {
			r.pinned[t] = id
		}
		t.ResourceID = r.pinned[t]
	}
	if t.ResourceID == id {
		return ""
	}
	return t.ResourceID
}

func text(p *string) string { return model.Clean(aws.ToString(p)) }

func describe(in *types.DBInstance) model.Description {
	d := model.Description{
		ARN:         text(in.DBInstanceArn),
		ResourceID:  text(in.DbiResourceId),
		Class:       text(in.DBInstanceClass),
		Status:      text(in.DBInstanceStatus),
		Engine:      text(in.Engine),
		Version:     text(in.EngineVersion),
		Source:      text(in.ReadReplicaSourceDBInstanceIdentifier),
		AZ:          text(in.AvailabilityZone),
		SecondaryAZ: text(in.SecondaryAvailabilityZone),
		MultiAZ:     aws.ToBool(in.MultiAZ),
		Storage: model.Storage{
			Type: text(in.StorageType), GiB: int(aws.ToInt32(in.AllocatedStorage)), MaxGiB: int(aws.ToInt32(in.MaxAllocatedStorage)),
			IOPS: int(aws.ToInt32(in.Iops)), MBps: int(aws.ToInt32(in.StorageThroughput)),
			Operation: text(in.StorageOperationStatus), Percent: int(aws.ToInt32(in.StorageOperationPercentProgress)),
		},
		CA:     text(in.CACertificateIdentifier),
		Window: text(in.PreferredMaintenanceWindow),
		Retention: int(
			aws.ToInt32(in.BackupRetentionPeriod),
		),
		BackupWindow: text(in.PreferredBackupWindow),
		Restorable:   aws.ToTime(in.LatestRestorableTime),
		Protected:    aws.ToBool(in.DeletionProtection),
		IAM:          aws.ToBool(in.IAMDatabaseAuthenticationEnabled),
		Encrypted:    aws.ToBool(in.StorageEncrypted),
		KeyARN:       text(in.KmsKeyId),
		Pending:      pending(in.PendingModifiedValues),
	}
	if in.Endpoint != nil && in.Endpoint.Address != nil {
		d.Endpoint = net.JoinHostPort(text(in.Endpoint.Address), strconv.Itoa(int(aws.ToInt32(in.Endpoint.Port))))
	}
	for _, g := range in.VpcSecurityGroups {
		d.SecurityGroups = append(d.SecurityGroups, text(g.VpcSecurityGroupId))
	}
	slices.Sort(d.SecurityGroups)
	if in.CertificateDetails != nil {
		d.CertUntil = aws.ToTime(in.CertificateDetails.ValidTill)
	}
	if len(in.DBParameterGroups) > 0 {
		d.ParameterGroup, d.ParameterStatus = text(
			in.DBParameterGroups[0].DBParameterGroupName,
		), text(
			in.DBParameterGroups[0].ParameterApplyStatus,
		)
	}
	d.Replication, d.Replicating, d.ReplicaNote = replicates(in.StatusInfos)
	return d
}

// replicates is what AWS says of a replica's replication. Of several words for it the first that is not the good one counts: a status that
// only says Normal while its word is another (a stop point that is set, stopped) is none that a takeover can rely on.
func replicates(infos []types.DBInstanceStatusInfo) (word string, normal bool, note string) {
	for _, s := range infos {
		if aws.ToString(s.StatusType) != "read replication" {
			continue
		}
		word, note = text(s.Status), text(s.Message)
		if normal = aws.ToBool(s.Normal) && word == "replicating"; !normal {
			return word, false, note
		}
	}
	return word, normal, note
}

// pending lists whatever AWS accepted and has not applied, also fields that this program does not know. A password is never shown.
func pending(p *types.PendingModifiedValues) []model.Change {
	out := []model.Change{}
	if p == nil {
		return out
	}
	v := reflect.ValueOf(*p)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || v.Field(i).IsZero() {
			continue
		}
		to := v.Field(i)
		if to.Kind() == reflect.Pointer {
			to = to.Elem()
		}
		c := model.Change{What: f.Name}
		switch to.Kind() {
		case reflect.String, reflect.Bool, reflect.Int32:
			if f.Name != "MasterUserPassword" {
				c.To = model.Clean(valueText(to))
			}
		}
		out = append(out, c)
	}
	return out
}

func valueText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return map[bool]string{true: "on", false: "off"}[v.Bool()]
	case reflect.Int32:
		return strconv.FormatInt(v.Int(), 10)
	}
	return v.String()
}

// Key tells whether the key of an instance's storage can be used now; arn is the Description's.
func (r *Reader) Key(ctx context.Context, region, arn string) (model.Key, error) {
	out, err := ask(
		ctx,
		r,
		"kms",
		region,
		"describe the key",
		func(c *clients) func(context.Context, *kms.DescribeKeyInput, ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
			return c.kms.DescribeKey
		},
		&kms.DescribeKeyInput{KeyId: &arn},
	)
	switch {
	case errors.Is(err, model.ErrNone): // it is the key that is gone, not the instance
		return model.Key{ARN: model.Clean(arn), State: "absent", Why: "KMS knows no such key"}, nil
	case err != nil:
		return model.Key{}, err
	case out.KeyMetadata == nil:
		return model.Key{}, fault(model.ErrAnswer, "describe the key in %s: AWS answered without it", region)
	}
	m := out.KeyMetadata
	k := model.Key{
		ARN:         text(m.Arn),
		State:       model.Clean(string(m.KeyState)),
		MultiRegion: aws.ToBool(m.MultiRegion),
		Deletes:     aws.ToTime(m.DeletionDate),
	}
	switch {
	case m.DeletionDate != nil || m.KeyState == kmstypes.KeyStatePendingDeletion:
		k.Why = "scheduled for deletion"
	case !m.Enabled || m.KeyState != kmstypes.KeyStateEnabled:
		k.Why = strings.ToLower(cmp.Or(k.State, "not enabled"))
	case m.KeySpec != kmstypes.KeySpecSymmetricDefault || m.KeyUsage != kmstypes.KeyUsageTypeEncryptDecrypt:
		k.Why = "not a key for encrypting storage"
	default:
		k.Usable = true
	}
	return k, nil
}

// groupParameters are those of a parameter group that a promoted replica will live by.
var groupParameters = []string{
	"binlog_format", "enforce_gtid_consistency", "gtid-mode", "innodb_buffer_pool_size", "log_bin_trust_function_creators",
	"max_allowed_packet", "max_connections", "read_only", "require_secure_transport", "sql_mode", "time_zone",
}

// Group reads what matters of a parameter group, and all that somebody set in it; name is the Description's.
func (r *Reader) Group(ctx context.Context, region, name string) (g model.ParameterGroup, err error) {
	g.Name = name
	matters := []types.Filter{{Name: aws.String("parameter-name"), Values: groupParameters}}
	if g.Values, err = r.parameters(ctx, region, &rds.DescribeDBParametersInput{DBParameterGroupName: &name, Filters: matters}); err != nil {
		return model.ParameterGroup{}, err
	}
	g.Values = slices.DeleteFunc(g.Values, func(p model.Parameter) bool { return !slices.Contains(groupParameters, p.Name) })
	byOwner := &rds.DescribeDBParametersInput{DBParameterGroupName: &name, Source: aws.String("user")}
	if g.Set, err = r.parameters(ctx, region, byOwner); err != nil {
		return model.ParameterGroup{}, err
	}
	return g, nil
}

// parameters reads all pages of those that have a value, and sorts them by name.
func (r *Reader) parameters(ctx context.Context, region string, in *rds.DescribeDBParametersInput) ([]model.Parameter, error) {
	all := []model.Parameter{}
	for {
		out, err := ask(
			ctx,
			r,
			"rds",
			region,
			"read parameter group "+*in.DBParameterGroupName,
			func(c *clients) func(context.Context, *rds.DescribeDBParametersInput, ...func(*rds.Options)) (*rds.DescribeDBParametersOutput, error) {
				return c.rds.DescribeDBParameters
			},
			in,
		)
		if err != nil {
			return nil, err
		}
		for _, p := range out.Parameters {
			if p.ParameterValue != nil {
				all = append(all, model.Parameter{Name: text(p.ParameterName), Value: text(p.ParameterValue)})
			}
		}
		if in.Marker = out.Marker; aws.ToString(in.Marker) == "" {
			slices.SortFunc(all, func(a, b model.Parameter) int { return cmp.Compare(a.Name, b.Name) })
			return all, nil
		}
	}
}

// Upkeep lists the pending maintenance actions of an instance. AWS lists those of all instances of the AWS region, a page at a time.
func (r *Reader) Upkeep(ctx context.Context, t Target) ([]model.Maintenance, error) {
	actions := []model.Maintenance{}
	in := &rds.DescribePendingMaintenanceActionsInput{}
	for {
		out, err := ask(
			ctx,
			r,
			"rds",
			t.Region,
			"read pending maintenance",
			func(c *clients) func(context.Context, *rds.DescribePendingMaintenanceActionsInput, ...func(*rds.Options)) (
				*rds.DescribePendingMaintenanceActionsOutput, error) {
				return c.rds.DescribePendingMaintenanceActions
			},
			in,
		)
		if err != nil {
			return nil, err
		}
		for _, res := range out.PendingMaintenanceActions {
			if arn := strings.ToLower(aws.ToString(res.ResourceIdentifier)); strings.HasSuffix(arn, ":db:"+strings.ToLower(t.ID)) {
				actions = append(actions, maintenance(res.PendingMaintenanceActionDetails)...)
			}
		}
		if in.Marker = out.Marker; aws.ToString(in.Marker) == "" {
			return actions, nil
		}
	}
}

func maintenance(pending []types.PendingMaintenanceAction) (out []model.Maintenance) {
	for _, a := range pending {
		m := model.Maintenance{
			Action: text(a.Action),
			Says:   text(a.Description),
			Forced: aws.ToTime(a.ForcedApplyDate),
			OptIn:  text(a.OptInStatus),
		}
		for _, at := range []*time.Time{a.CurrentApplyDate, a.AutoAppliedAfterDate, a.ForcedApplyDate} {
			if m.At.IsZero() {
				m.At = aws.ToTime(at)
			}
		}
		out = append(out, m)
	}
	return out
}
