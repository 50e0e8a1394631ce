package amazon

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// page cuts one page out of a list, as Marker and MaxRecords ask; AWS takes 20 to 100.
func page[T any](all []T, marker *string, size *int32) ([]T, *string, error) {
	n := int(cmp.Or(value(size), 100))
	if n < 20 || n > 100 {
		return nil, nil, failure(400, "InvalidParameterValue", "Invalid value %d for MaxRecords. Must be between 20 and 100", n)
	}
	from := 0
	if marker != nil {
		var err error
		if from, err = strconv.Atoi(*marker); err != nil || from < 0 || from > len(all) {
			return nil, nil, failure(400, "InvalidParameterValue", "The marker is not valid.")
		}
	}
	to := min(from+n, len(all))
	if to < len(all) {
		return all[from:to], ptr(strconv.Itoa(to)), nil
	}
	return all[from:to], nil, nil
}

func (c *Cloud) describeInstances(_ context.Context, r request, in *rds.DescribeDBInstancesInput) (*rds.DescribeDBInstancesOutput, error) {
	only := map[string]bool{}
	for _, f := range in.Filters {
		if value(f.Name) != "db-instance-id" {
			return nil, failure(400, "InvalidParameterValue", "Unrecognized filter name: %s", value(f.Name))
		}
		for _, v := range f.Values {
			only[nameOf(v)] = true
		}
	}
	var out []types.DBInstance
	c.mu.Lock()
	if in.DBInstanceIdentifier != nil {
		if _, err := c.find(r.region, in.DBInstanceIdentifier); err != nil {
			c.mu.Unlock()
			return nil, err
		}
		only = map[string]bool{nameOf(*in.DBInstanceIdentifier): true}
	}
	for at, i := range c.instances {
		if at.region == r.region && (len(only) == 0 || only[at.id]) {
			out = append(out, c.seen(i))
		}
	}
	c.mu.Unlock()
	slices.SortFunc(out, func(a, b types.DBInstance) int { return cmp.Compare(*a.DBInstanceIdentifier, *b.DBInstanceIdentifier) })
	for i := range out {
		c.replicationOf(&out[i])
	}
	list, marker, err := page(out, in.Marker, in.MaxRecords)
	return &rds.DescribeDBInstancesOutput{DBInstances: list, Marker: marker}, err
}

// seen is a copy of an instance with what only the clock tells.
func (c *Cloud) seen(in *instance) types.DBInstance {
	d, now := in.DBInstance, c.now()
	if value(d.BackupRetentionPeriod) > 0 {
		d.LatestRestorableTime = ptr(now.Truncate(5 * time.Minute))
		if start, ok := c.backupAt(in, now); ok && *d.DBInstanceStatus == "available" && now.Sub(start) < backupTakes {
			d.DBInstanceStatus = ptr("backing-up")
		}
	}
	if k := c.keys[place{in.region, nameOfKey(value(d.KmsKeyId))}]; k != nil && k.Disabled && *d.DBInstanceStatus == "available" &&
		!k.noticed.IsZero() &&
		now.After(k.noticed) {
		d.DBInstanceStatus = ptr("inaccessible-encryption-credentials")
	}
	return d
}

// replicationOf puts what the servers say into a replica's status; no lock is held.
func (c *Cloud) replicationOf(d *types.DBInstance) {
	if d.ReadReplicaSourceDBInstanceIdentifier == nil || len(d.StatusInfos) == 0 || c.o.Backend.Replication == nil {
		return
	}
	if info, told := c.told(*d.DBInstanceIdentifier); told {
		d.StatusInfos = []types.DBInstanceStatusInfo{info}
		return
	}
	if running, trouble := c.o.Backend.Replication(*d.DBInstanceIdentifier); !running {
		info := types.DBInstanceStatusInfo{StatusType: ptr("read replication"), Normal: ptr(false), Status: ptr("stopped")}
		if trouble != "" {
			info.Status, info.Message = ptr("error"), &trouble
		}
		d.StatusInfos = []types.DBInstanceStatusInfo{info}
	}
}

// told is what SetReplication has AWS say.
func (c *Cloud) told(id string) (types.DBInstanceStatusInfo, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := c.anywhere(id)
	if in == nil || in.replication == "" {
		return types.DBInstanceStatusInfo{}, false
	}
	return types.DBInstanceStatusInfo{
		StatusType: ptr("read replication"),
		Normal:     ptr(in.replication == "replicating"),
		Status:     ptr(in.replication),
	}, true
}

// backupTakes is how long the daily backup shows.
const backupTakes = 3 * time.Minute

// backupAt is the newest start of a daily backup before t.
func (c *Cloud) backupAt(in *instance, t time.Time) (time.Time, bool) {
	from, _, ok := strings.Cut(value(in.PreferredBackupWindow), "-")
	at, err := time.Parse("15:04", from)
	if !ok || err != nil || value(in.BackupRetentionPeriod) == 0 {
		return time.Time{}, false
	}
	start := t.Truncate(24 * time.Hour).Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute + 4*time.Minute)
	if start.After(t) {
		start = start.Add(-24 * time.Hour)
	}
	return start, start.After(value(in.InstanceCreateTime))
}

type event struct {
	region string
	types.Event
}

// tell adds an event of an instance; the lock is held.
func (c *Cloud) tell(in *instance, category, message string) {
	c.events = append(c.events, event{in.region, c.eventOf(in, c.now(), category, message)})
	if oldest := c.now().Add(-eventsKept); len(c.events) > 0 && c.events[0].Date.Before(oldest) {
		c.events = slices.DeleteFunc(c.events, func(e event) bool { return e.Date.Before(oldest) })
	}
}

func (c *Cloud) eventOf(in *instance, at time.Time, category, message string) types.Event {
	return types.Event{
		Date: ptr(at.Truncate(time.Millisecond)), EventCategories: []string{category}, Message: &message,
		SourceArn: in.DBInstanceArn, SourceIdentifier: in.DBInstanceIdentifier, SourceType: types.SourceTypeDbInstance,
	}
}

// eventsKept is AWS's: 14 days.
const eventsKept = 14 * 24 * time.Hour

func (c *Cloud) describeEvents(_ context.Context, r request, in *rds.DescribeEventsInput) (*rds.DescribeEventsOutput, error) {
	now := c.now()
	from, to := now.Add(-time.Hour), now
	switch {
	case in.StartTime != nil:
		from = *in.StartTime
	case in.Duration != nil:
		from = now.Add(-time.Duration(*in.Duration) * time.Minute)
	}
	if in.EndTime != nil {
		to = *in.EndTime
	}
	if from.Before(now.Add(-eventsKept - time.Minute)) {
		return nil, failure(400, "InvalidParameterCombination", "The specified start time is more than 14 days ago.")
	}
	if in.SourceIdentifier != nil && in.SourceType == "" {
		return nil, failure(400, "InvalidParameterCombination", "A source type must be specified when a source identifier is.")
	}
	var out []types.Event
	c.mu.Lock()
	for at, i := range c.instances {
		if at.region != r.region {
			continue
		}
		for start, ok := c.backupAt(i, to); ok && !start.Add(backupTakes).Before(from); start, ok = c.backupAt(i, start.Add(-time.Second)) {
			for at, says := range map[time.Time]string{start: "Backing up DB instance.", start.Add(backupTakes): "Finished DB instance backup."} {
				if !at.Before(from) && !at.After(to) {
					out = append(out, c.eventOf(i, at, "backup", says))
				}
			}
		}
	}
	for _, e := range c.events {
		if e.region == r.region && !e.Date.Before(from) && !e.Date.After(to) {
			out = append(out, e.Event)
		}
	}
	c.mu.Unlock()
	out = slices.DeleteFunc(out, func(e types.Event) bool {
		return in.SourceIdentifier != nil && *e.SourceIdentifier != *in.SourceIdentifier ||
			len(in.EventCategories) > 0 && !slices.Contains(in.EventCategories, e.EventCategories[0])
	})
	slices.SortStableFunc(out, func(a, b types.Event) int { return a.Date.Compare(*b.Date) })
	list, marker, err := page(out, in.Marker, in.MaxRecords)
	return &rds.DescribeEventsOutput{Events: list, Marker: marker}, err
}

func (c *Cloud) describeMaintenance(
	_ context.Context,
	r request,
	in *rds.DescribePendingMaintenanceActionsInput,
) (*rds.DescribePendingMaintenanceActionsOutput, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []types.ResourcePendingMaintenanceActions
	for at, i := range c.instances {
		asked := in.ResourceIdentifier == nil || nameOf(*in.ResourceIdentifier) == at.id
		if at.region == r.region && asked && len(i.maintenance) > 0 {
			out = append(
				out,
				types.ResourcePendingMaintenanceActions{
					ResourceIdentifier:              i.DBInstanceArn,
					PendingMaintenanceActionDetails: slices.Clone(i.maintenance),
				},
			)
		}
	}
	slices.SortFunc(out, func(a, b types.ResourcePendingMaintenanceActions) int {
		return cmp.Compare(*a.ResourceIdentifier, *b.ResourceIdentifier)
	})
	list, marker, err := page(out, in.Marker, in.MaxRecords)
	return &rds.DescribePendingMaintenanceActionsOutput{PendingMaintenanceActions: list, Marker: marker}, err
}

func (c *Cloud) describeCertificates(
	_ context.Context,
	r request,
	in *rds.DescribeCertificatesInput,
) (*rds.DescribeCertificatesOutput, error) {
	var out []types.Certificate
	for _, ca := range []struct {
		id   string
		till time.Time
	}{
		{"rds-ca-ecc384-g1", time.Date(2121, 5, 25, 22, 0, 0, 0, time.UTC)},
		{"rds-ca-rsa2048-g1", time.Date(2061, 5, 25, 22, 0, 0, 0, time.UTC)},
		{"rds-ca-rsa4096-g1", time.Date(2121, 5, 25, 22, 0, 0, 0, time.UTC)},
	} {
		if in.CertificateIdentifier == nil || *in.CertificateIdentifier == ca.id {
			out = append(out, types.Certificate{
				CertificateArn: ptr("arn:aws:rds:" + r.region + "::cert:" + ca.id), CertificateIdentifier: ptr(ca.id), CertificateType: ptr("CA"),
				CustomerOverride: ptr(false), ValidFrom: ptr(time.Date(2021, 5, 25, 22, 0, 0, 0, time.UTC)), ValidTill: ptr(ca.till),
			})
		}
	}
	if len(out) == 0 {
		return nil, failure(404, "CertificateNotFound", "The specified certificate could not be found.")
	}
	return &rds.DescribeCertificatesOutput{Certificates: out, DefaultCertificateForNewLaunches: ptr("rds-ca-rsa2048-g1")}, nil
}

func (c *Cloud) callerIdentity(_ context.Context, r request, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{Account: ptr(Account), Arn: ptr(arnOf(r.key)), UserId: ptr("AROAEXAMPLE:" + r.key)}, nil
}
