package plan

import (
	"fmt"
	"strings"

	"switchyard/model"
	"switchyard/model/record"
)

// Made is a replica that is created, or was, by its name alone: what AWS calls it else is known only then.
type Made struct {
	ID     string     `json:"id"`
	Region string     `json:"aws_region"`
	Source OnInstance `json:"source"`
}

// CreateReplica creates a replica of an instance in another AWS region.
type CreateReplica struct {
	Made
	SourceARN      string   `json:"source_arn"`
	Class          string   `json:"class"`
	Group          string   `json:"parameter_group,omitempty"` // empty: AWS's own
	Key            string   `json:"key_arn"`                   // of its own AWS region
	MultiAZ        bool     `json:"multi_az"`
	Protected      bool     `json:"deletion_protection"`
	IAM            bool     `json:"iam_login"`
	SecurityGroups []string `json:"security_groups,omitempty"`
}

func (c *CreateReplica) words() (name, done string) {
	return model.Clean(fmt.Sprintf("create %s, a replica of %s, in %s", c.ID, c.Source.ID, c.Region)),
		model.Clean(fmt.Sprintf("AWS knows %s in %s as a replica of %s", c.ID, c.Region, c.Source.ID))
}

func (c *CreateReplica) sends() string {
	says := fmt.Sprintf(
		"rds:CreateDBInstanceReadReplica DBInstanceIdentifier=%s SourceDBInstanceIdentifier=%s DBInstanceClass=%s KmsKeyId=%s "+
			"MultiAZ=%v DeletionProtection=%v EnableIAMDatabaseAuthentication=%v",
		c.ID,
		c.SourceARN,
		c.Class,
		c.Key,
		c.MultiAZ,
		c.Protected,
		c.IAM,
	)
	if c.Group != "" {
		says += " DBParameterGroupName=" + c.Group
	}
	if len(c.SecurityGroups) > 0 {
		says += " VpcSecurityGroupIds=" + strings.Join(c.SecurityGroups, ",")
	}
	return model.Clean(says + ", once, in " + c.Region)
}

func (m *Made) touches() record.Touches {
	return record.Union(record.TouchesOf(TouchInstance(m.ID)), m.Source.touches())
}

func (m *Made) replicates() (name, done string) {
	return model.Clean(fmt.Sprintf("wait until %s replicates", m.ID)),
		model.Clean(
			fmt.Sprintf("AWS calls %s available and its replication normal, and its server keeps up with %s, in two looks", m.ID, m.Source.ID),
		)
}

func (i *OnInstance) halt() (name, done string) {
	return model.Clean("stop " + i.ID), model.Clean("AWS calls " + i.ID + " stopped")
}

// rebuildOrders are the rows of the orders that follow a failover.
var rebuildOrders = []Row{
	{
		Name: "create_replica", Does: "create a replica in another AWS region", Reaches: Amazon, Once: true,
		is:      func(o *Order) bool { return o.CreateReplica != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.CreateReplica.touches() },
		sends:   func(o *Order) string { return o.CreateReplica.sends() },
	},
	{
		Name: "replicates", Does: "wait until a new replica replicates", Reaches: Amazon, Looks: true, Waits: true,
		is:    func(o *Order) bool { return o.Replicates != nil },
		keeps: keepsNothing,
	},
	{
		Name: "halt", Does: "stop an instance", Reaches: Amazon, Once: true,
		is:      func(o *Order) bool { return o.Halt != nil },
		keeps:   keepsNothing,
		touches: func(_ World, o *Order) record.Touches { return o.Halt.touches() },
		sends: func(o *Order) string {
			return model.Clean(fmt.Sprintf("rds:StopDBInstance DBInstanceIdentifier=%s, once, in %s", o.Halt.ID, o.Halt.Region))
		},
	},
}

func init() { orders = append(orders, rebuildOrders...) }

// rebuildWords are the words of these orders; false when it is none of them.
func (o Order) rebuildWords() (name, done string, is bool) {
	switch {
	case o.CreateReplica != nil:
		name, done = o.CreateReplica.words()
	case o.Replicates != nil:
		name, done = o.Replicates.replicates()
	case o.Halt != nil:
		name, done = o.Halt.halt()
	default:
		return "", "", false
	}
	return name, done, true
}
