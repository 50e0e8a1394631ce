package gate

import (
	"fmt"

	"switchyard/model"
)

// Ways are how to mend what stands behind a gate, in lines to be read, with commands to be adapted; nil where its Do says all. Whoever has
// followed one sees it here by looking again.
func Ways(id string, s model.RDS) []string {
	first, second := "INSTANCE", "eu-central-1"
	if s.Primary != nil {
		first = s.Primary.ID
	}
	region := "eu-west-1"
	if s.Primary != nil {
		region = s.Primary.Region
	}
	if s.Replica != nil {
		second = s.Replica.Region
	}
	switch id {
	case "key-second-region":
		return append([]string{
			"A copy of an encrypted instance in another AWS region is encrypted with a key of that region. Any of these gives it one.",
			"",
			"1. A replica with a key of its own there. Nothing of the primary changes, and its key need not be multi-region:",
			fmt.Sprintf("   aws kms create-key --region %s --description %s", second, first),
			fmt.Sprintf("   aws rds create-db-instance-read-replica --region %s --source-region %s \\", second, region),
			fmt.Sprintf("     --db-instance-identifier %s-replica --source-db-instance-identifier ARN --kms-key-id KEY", first),
			"   Terraform: aws_kms_key with provider " + second + ", aws_db_instance with replicate_source_db = ARN and kms_key_id = that key",
			"",
			"2. Automated backups copied there, with a key of that region:",
			"   aws rds start-db-instance-automated-backups-replication --region " + second + " \\",
			"     --source-db-instance-arn ARN --kms-key-id KEY",
			"   Terraform: aws_db_instance_automated_backups_replication",
			"",
		}, rebuild(first, region, second)...)
	case "key-multi-region":
		return rebuild(first, region, second)
	}
	return nil
}

// rebuild is the seed's repair: a key cannot become a multi-region one.
func rebuild(first, region, second string) []string {
	return []string{
		"By a new instance from a snapshot, as a key cannot become a multi-region one. What is written after the snapshot is not in it:",
		"stop green's Director first, and let it use the new instance afterwards.",
		fmt.Sprintf("   aws kms create-key --region %s --multi-region", region),
		fmt.Sprintf("   aws kms replicate-key --region %s --key-id KEY --replica-region %s", region, second),
		fmt.Sprintf("   aws rds create-db-snapshot --region %s --db-instance-identifier %s \\", region, first),
		fmt.Sprintf("     --db-snapshot-identifier %s-old-key", first),
		fmt.Sprintf("   aws rds copy-db-snapshot --region %s --source-db-snapshot-identifier %s-old-key \\", region, first),
		fmt.Sprintf("     --target-db-snapshot-identifier %s-new-key --kms-key-id KEY", first),
		fmt.Sprintf("   aws rds restore-db-instance-from-db-snapshot --region %s --db-snapshot-identifier %s-new-key \\", region, first),
		fmt.Sprintf("     --db-instance-identifier %s-2 --multi-az --deletion-protection", first),
		"   Terraform: aws_kms_key with multi_region = true, aws_kms_replica_key, aws_db_snapshot_copy with kms_key_id,",
		"   aws_db_instance with snapshot_identifier",
	}
}
