package gate

import (
	"strings"
	"testing"

	"switchyard/model"
)

// TestWaysOfTheKeys prints the seed's repair in its order, the ways that leave the primary as it is, both as commands and as Terraform, with
// the names of the pair.
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
	seed := []string{"kms create-key --region eu-west-1 --multi-region", "kms replicate-key --region eu-west-1", "--replica-region eu-central-1",
		"create-db-snapshot", "copy-db-snapshot", "bacula-new-key --kms-key-id KEY", "restore-db-instance-from-db-snapshot", "--multi-az",
		"multi_region = true", "aws_kms_replica_key", "aws_db_snapshot_copy", "snapshot_identifier = "}
	second := strings.Join(Ways("key-second-region", pair), "\n")
	in(second, "1. ", "kms create-key --region eu-central-1", "create-db-instance-read-replica --region eu-central-1 --source-region eu-west-1",
		"replicate_source_db", "2. ", "start-db-instance-automated-backups-replication", "aws_db_instance_automated_backups_replication", "3. ")
	_, rest, _ := strings.Cut(second, "3. ")
	in(rest, append(seed, "switchyard gates key-second-region looks again")...)
	in(strings.Join(Ways("key-multi-region", pair), "\n"), append(seed, "switchyard gates key-multi-region looks again")...)
	if all := strings.Join(append(Ways("key-second-region", pair), Ways("key-second-region", model.RDS{})...), ""); strings.ContainsAny(all, "\t\x1b") ||
		strings.Contains(all, "{first}") || strings.Contains(all, "%") {
		t.Errorf("what cannot be copied: %s", all)
	}
	if Ways("covered", pair) != nil {
		t.Error("what to do there stands in the gate itself")
	}
}
