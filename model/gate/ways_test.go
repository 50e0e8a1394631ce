package gate

import (
	"slices"
	"strings"
	"testing"

	"switchyard/model"
)

// TestWaysOfTheKeys prints the seed's repair in its order, the ways that leave the primary as it is, both as commands and as Terraform,
// with the names of the pair.
func TestWaysOfTheKeys(t *testing.T) {
	t.Parallel()
	in := func(text string, parts ...string) {
		t.Helper()
		for _, p := range parts {
			_, rest, is := strings.Cut(text, p)
			if !is {
				t.Fatalf("%q is not in, or not in its order:\n%s", p, text)
			}
			text = rest
		}
	}
	pair := *pairOf()
	seed := []string{
		"kms create-key --region eu-west-1 --multi-region",
		"kms replicate-key --region eu-west-1",
		"--replica-region eu-central-1",
		"create-db-snapshot",
		"copy-db-snapshot",
		"bacula-new-key --kms-key-id KEY",
		"restore-db-instance-from-db-snapshot",
		"--multi-az",
		"multi_region = true",
		"aws_kms_replica_key",
		"aws_db_snapshot_copy",
		"snapshot_identifier = ",
	}
	second := strings.Join(Ways("key-second-region", pair), "\n")
	in(
		second,
		"1. ",
		"kms create-key --region eu-central-1",
		"create-db-instance-read-replica --region eu-central-1 --source-region eu-west-1",
		"replicate_source_db",
		"2. ",
		"start-db-instance-automated-backups-replication",
		"aws_db_instance_automated_backups_replication",
		"3. ",
	)
	_, rest, _ := strings.Cut(second, "3. ")
	in(rest, append(seed, "switchyard gates key-second-region looks again")...)
	multi := strings.Join(Ways("key-multi-region", pair), "\n")
	in(
		multi,
		append(
			append([]string{"matter of policy", "1. "}, seed...),
			"2. ",
			"create-db-instance-read-replica --region eu-west-1 --db-instance-identifier bacula-2",
			"--source-db-instance-identifier bacula --kms-key-id KEY",
			"promote-read-replica --region eu-west-1 --db-instance-identifier bacula-2 --backup-retention-period",
			"replicate_source_db     = aws_db_instance.bacula.identifier",
			"kms_key_id ",
			"backup_retention_period = 7",
			"3. ",
			"create-blue-green-deployment --region eu-west-1",
			"TargetKmsKeyId=KEY",
			"switchover-blue-green-deployment",
			"prevent_destroy",
			"terraform import aws_db_instance.bacula bacula",
			"switchyard gates key-multi-region looks again",
		)...)
	if strings.Contains(multi, "restore-db-instance-from-db-snapshot --kms-key-id") {
		t.Error("a restore takes no key: it changes in the copy of the snapshot")
	}
	all := strings.Join(
		slices.Concat(Ways("key-second-region", pair), Ways("key-second-region", model.RDS{}), Ways("key-multi-region", pair)),
		"",
	)
	if strings.ContainsAny(all, "\t\x1b") ||
		strings.Contains(all, "{first}") || strings.Contains(all, "%") {
		t.Errorf("what cannot be copied: %s", all)
	}
	if Ways("covered", pair) != nil {
		t.Error("what to do there stands in the gate itself")
	}
}
