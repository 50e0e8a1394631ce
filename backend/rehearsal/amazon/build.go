package amazon

import (
	"cmp"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// build fills in what AWS would say of an instance.
func (c *Cloud) build(s Instance, age time.Duration) *instance {
	class, gib := cmp.Or(s.Class, "db.r7g.2xlarge"), cmp.Or(s.StorageGiB, 400)
	iops, mbps := 12000, 500
	if gib < 400 { // gp3 below 400 GiB cannot be given more
		iops, mbps = 3000, 125
	}
	retention := cmp.Or(s.Retention, 7)
	if s.NoBackups {
		retention = 0
	}
	certUntil := s.CertUntil
	if certUntil.IsZero() {
		certUntil = c.now().Add(290 * 24 * time.Hour)
	}
	groupName := cmp.Or(s.ParameterGroup, c.firstGroup(s.Region))
	d := types.DBInstance{
		DBInstanceIdentifier:   &s.ID,
		DBInstanceArn:          ptr(arn("rds", s.Region, "db:"+s.ID)),
		DbiResourceId:          ptr(resourceID(s.Region, s.ID)),
		DBInstanceClass:        &class,
		DBInstanceStatus:       ptr("available"),
		Engine:                 ptr("mysql"),
		EngineVersion:          ptr(cmp.Or(s.Version, "8.4.11")),
		EngineLifecycleSupport: ptr("open-source-rds-extended-support-disabled"),
		LicenseModel:           ptr("general-public-license"),
		DBName:                 ptr("bacula"),
		MasterUsername:         ptr("admin"),
		DbInstancePort:         ptr(int32(0)),
		NetworkType:            ptr("IPV4"),
		AvailabilityZone:       ptr(s.Region + "b"),
		MultiAZ:                ptr(!s.SingleAZ),
		AllocatedStorage:       ptr(int32(gib)),
		MaxAllocatedStorage:    ptr(int32(2 * gib)),
		StorageType:            ptr("gp3"),
		Iops:                   ptr(int32(iops)),
		StorageThroughput:      ptr(int32(mbps)),
		StorageEncrypted:       ptr(true),
		DedicatedLogVolume:     ptr(false),
		BackupRetentionPeriod: ptr(
			int32(retention),
		),
		PreferredBackupWindow:            ptr(cmp.Or(s.BackupWindow, "03:00-03:30")),
		BackupTarget:                     ptr("region"),
		PreferredMaintenanceWindow:       ptr("sun:04:00-sun:04:30"),
		AutoMinorVersionUpgrade:          ptr(false),
		CopyTagsToSnapshot:               ptr(true),
		DeletionProtection:               ptr(!s.Unprotected),
		IAMDatabaseAuthenticationEnabled: ptr(true),
		PubliclyAccessible:               ptr(false),
		CACertificateIdentifier: ptr(
			"rds-ca-rsa2048-g1",
		),
		CertificateDetails:     &types.CertificateDetails{CAIdentifier: ptr("rds-ca-rsa2048-g1"), ValidTill: &certUntil},
		DBParameterGroups:      []types.DBParameterGroupStatus{{DBParameterGroupName: &groupName, ParameterApplyStatus: ptr("in-sync")}},
		OptionGroupMemberships: []types.OptionGroupMembership{{OptionGroupName: ptr("default:mysql-8-4"), Status: ptr("in-sync")}},
		VpcSecurityGroups: []types.VpcSecurityGroupMembership{
			{VpcSecurityGroupId: ptr("sg-0" + resourceID(s.Region)[3:12]), Status: ptr("active")},
		},
		DBSubnetGroup: &types.DBSubnetGroup{
			DBSubnetGroupName: ptr("bacula-" + s.Region),
			SubnetGroupStatus: ptr("Complete"),
			VpcId:             ptr("vpc-0" + resourceID(s.Region, "vpc")[3:12]),
		},
		InstanceCreateTime: ptr(
			c.now().Add(-age),
		),
		MonitoringInterval:         ptr(int32(0)),
		PerformanceInsightsEnabled: ptr(false),
		DatabaseInsightsMode:       types.DatabaseInsightsModeStandard,
	}
	if !s.SingleAZ {
		d.SecondaryAvailabilityZone = ptr(s.Region + "a")
	}
	if s.Host != "" {
		d.Endpoint = &types.Endpoint{Address: &s.Host, Port: ptr(int32(s.Port)), HostedZoneId: ptr("Z29XKXDKYMONMX")}
	}
	if k := cmp.Or(s.KeyID, c.firstKey(s.Region)); k != "" {
		d.KmsKeyId = ptr(arn("kms", s.Region, "key/"+k))
	}
	in := &instance{DBInstance: d, region: s.Region, maintenance: s.Maintenance}
	if s.BackupWindow == "" {
		in.PreferredBackupWindow = nil
	}
	return in
}

// join makes one instance the replica of another.
func (c *Cloud) join(id, region, source string) {
	replica, primary := c.instances[place{region, id}], c.anywhere(source)
	if replica == nil || primary == nil {
		return
	}
	name := source
	if primary.region != region {
		name = *primary.DBInstanceArn
	}
	replica.ReadReplicaSourceDBInstanceIdentifier = &name
	replica.StatusInfos = []types.DBInstanceStatusInfo{{StatusType: ptr("read replication"), Normal: ptr(true), Status: ptr("replicating")}}
	child := id
	if primary.region != region {
		child = *replica.DBInstanceArn
	}
	primary.ReadReplicaDBInstanceIdentifiers = append(primary.ReadReplicaDBInstanceIdentifiers, child)
}

// part undoes join, from the replica's side.
func (c *Cloud) part(replica *instance) {
	primary := c.anywhere(nameOf(value(replica.ReadReplicaSourceDBInstanceIdentifier)))
	replica.ReadReplicaSourceDBInstanceIdentifier, replica.StatusInfos = nil, nil
	if primary == nil {
		return
	}
	kept := primary.ReadReplicaDBInstanceIdentifiers[:0:0]
	for _, r := range primary.ReadReplicaDBInstanceIdentifiers {
		if nameOf(r) != *replica.DBInstanceIdentifier {
			kept = append(kept, r)
		}
	}
	primary.ReadReplicaDBInstanceIdentifiers = kept
}
