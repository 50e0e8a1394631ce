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
		text = anotherKey
		for i, way := range []string{rebuild, sameRegion, blueGreen} {
			text += fmt.Sprintf("\n%d. %s\n", i+1, way)
		}
		text = strings.TrimSuffix(text, "\n")
	default:
		return nil
	}
	return strings.Split(fill(text+fmt.Sprintf(looked, id)), "\n")
}

// looked is how a way is verified.
const looked = `

It is done when it is seen: switchyard gates %s looks again, at the instances that rds: of the configuration names.`

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
const rebuild = `By a new instance from a snapshot, as a key cannot become a multi-region one. Never change multi_region of a key that is
   in use: that plans a new key, and the deletion of the one without which the data is lost. What is written after the snapshot is not in
   it: stop green's Director first, and let it use the new instance afterwards.
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

// anotherKey is what the ways to another key have in common. The newer two are in the API since the autumn of 2026 (its SDK v1.130.0 and
// v1.131.0), and copies of the user guide deny them: nothing but a try tells.
const anotherKey = `A copy in another AWS region needs a key of that region, and no multi-region one: this is a matter of policy, such as
one name for the key in both. Whether it is one was decided when the key was made, as was the key of an instance. These lead to another key;
the last two leave the instance as it is until the end, but are new: try each with a copy first, and rehearse it.
`

// sameRegion is a replica beside the instance that has another key, and takes its place.
const sameRegion = `By a replica in the same AWS region with the new key, which is promoted. Nothing of the instance changes until then.
   First a new multi-region key, and its replica, as above. Then the replica; wait until it is available and not behind:
   aws rds create-db-instance-read-replica --region {region} --db-instance-identifier {first}-2 \
     --source-db-instance-identifier {first} --kms-key-id KEY --multi-az --deletion-protection
   Stop green's Director, wait until the replica has all, and promote it. It never replicates again:
   aws rds promote-read-replica --region {region} --db-instance-identifier {first}-2 --backup-retention-period 7
   Terraform (removing replicate_source_db promotes; without a retention it sets 0, which is no backups):
     resource "aws_db_instance" "{first}_2" {
       identifier              = "{first}-2"
       replicate_source_db     = aws_db_instance.{first}.identifier
       kms_key_id              = aws_kms_key.multi.arn
       multi_az                = true
       deletion_protection     = true
       backup_retention_period = 7
     }
   Let the Director use {first}-2, and make the replica in {second} anew from it.`

// blueGreen is RDS's own exchange of an instance, with another key for the new one.
const blueGreen = `By a blue/green deployment of RDS with the new key: about a minute without the catalog, under the same name. The
   instance gets another DbiResourceId, so that plans from before are refused, and points in time before it are lost. A replica in
   another AWS region stands in its way: delete that first, and make it anew afterwards; in between there is none.
   aws rds create-blue-green-deployment --region {region} --blue-green-deployment-name {first}-new-key \
     --source ARN --target-resource-configurations SourceArn=ARN,TargetKmsKeyId=KEY
   When it is available, and its replica is not behind:
   aws rds switchover-blue-green-deployment --region {region} --blue-green-deployment-identifier ID --switchover-timeout 300
   Terraform: blue_green_update of aws_db_instance does not take another key, and a changed kms_key_id plans another, empty instance.
   Before: lifecycle { prevent_destroy = true }. After:
     terraform state rm aws_db_instance.{first}
     terraform import aws_db_instance.{first} {first}
   Write the new kms_key_id, and see that the plan is empty.`
