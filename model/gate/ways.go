package gate

import (
	"fmt"
	"strings"

	"switchyard/model"
)

// Ways are how to mend what stands behind a gate, in lines to be read, with commands to be adapted; nil where its Do says all. Whoever has
// followed one sees it here by looking again.
func Ways(id string, s model.RDS) []string {
	first, second := "INSTANCE", "eu-central-1"
	region := "eu-west-1"
	if s.Primary != nil {
		first, region = model.Clean(s.Primary.ID), model.Clean(s.Primary.Region)
	}
	if s.Replica != nil {
		second = model.Clean(s.Replica.Region)
	}
	fill := strings.NewReplacer("{first}", first, "{region}", region, "{second}", second).Replace
	text := ""
	switch id {
	case "key-second-region":
		text = secondKey + "\n3. " + rebuild
	case "key-multi-region":
		text = rebuild
	default:
		return nil
	}
	return strings.Split(fill(text+fmt.Sprintf(looked, id)), "\n")
}

// looked is how a way is verified.
const looked = `

It is done when it is seen: switchyard gates %s looks again.`

// secondKey gives the second AWS region a key, and leaves the primary as it is.
const secondKey = `A copy of an encrypted instance in another AWS region is encrypted with a key of that region. Any of these gives it one.

1. A replica with a key of its own there. Nothing of the primary changes, and its key need not be multi-region:
   aws kms create-key --region {second} --description {first}
   aws rds create-db-instance-read-replica --region {second} --source-region {region} \
     --db-instance-identifier {first}-replica --source-db-instance-identifier ARN --kms-key-id KEY
   Terraform:
     resource "aws_kms_key" "second" {
       provider    = aws.second
       description = "{first}"
     }
     resource "aws_db_instance" "replica" {
       provider            = aws.second
       identifier          = "{first}-replica"
       replicate_source_db = aws_db_instance.{first}.arn
       kms_key_id          = aws_kms_key.second.arn
       deletion_protection = true
     }

2. Automated backups copied there, with a key of that region; what is restored of them is not as new as a replica:
   aws rds start-db-instance-automated-backups-replication --region {second} \
     --source-db-instance-arn ARN --kms-key-id KEY
   Terraform:
     resource "aws_db_instance_automated_backups_replication" "second" {
       provider               = aws.second
       source_db_instance_arn = aws_db_instance.{first}.arn
       kms_key_id             = aws_kms_key.second.arn
     }
`

// rebuild is the seed's repair: a key cannot become a multi-region one.
const rebuild = `By a new instance from a snapshot, as a key cannot become a multi-region one. Never change multi_region of a key that is in use: that plans
   a new key, and the deletion of the one without which the data is lost. What is written after the snapshot is not in it: stop green's
   Director first, and let it use the new instance afterwards.
   First a new multi-region key, and its replica:
   aws kms create-key --region {region} --multi-region
   aws kms replicate-key --region {region} --key-id KEY --replica-region {second}
   Then a snapshot of the instance, copied with the new key:
   aws rds create-db-snapshot --region {region} --db-instance-identifier {first} \
     --db-snapshot-identifier {first}-old-key
   aws rds copy-db-snapshot --region {region} --source-db-snapshot-identifier {first}-old-key \
     --target-db-snapshot-identifier {first}-new-key --kms-key-id KEY
   Then a new instance from it, which has one zone, the default groups and no protection unless they are named:
   aws rds restore-db-instance-from-db-snapshot --region {region} --db-snapshot-identifier {first}-new-key \
     --db-instance-identifier {first}-2 --multi-az --deletion-protection \
     --db-parameter-group-name GROUP --vpc-security-group-ids GROUPS --db-subnet-group-name SUBNETS
   Terraform:
     resource "aws_kms_key" "multi" {
       multi_region = true
     }
     resource "aws_kms_replica_key" "second" {
       provider        = aws.second
       primary_key_arn = aws_kms_key.multi.arn
     }
     resource "aws_db_snapshot_copy" "new_key" {
       source_db_snapshot_identifier = aws_db_snapshot.old_key.db_snapshot_arn
       target_db_snapshot_identifier = "{first}-new-key"
       kms_key_id                    = aws_kms_key.multi.arn
     }
     resource "aws_db_instance" "{first}_2" {
       identifier          = "{first}-2"
       snapshot_identifier = aws_db_snapshot_copy.new_key.target_db_snapshot_identifier
       multi_az            = true
       deletion_protection = true
     }`
