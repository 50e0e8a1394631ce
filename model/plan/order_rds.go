package plan

import (
	"fmt"

	"switchyard/model"
	"switchyard/model/record"
)

// Amazon are the instances of RDS, as AWS and their servers tell of them.
const Amazon System = "Amazon RDS"

// OnInstance is one RDS instance. It is looked at under its name and its DbiResourceId: another one under the same name is not it.
type OnInstance struct {
	ID         string `json:"id"`         // DBInstanceIdentifier
	Region     string `json:"aws_region"` // where it is asked for
	ResourceID string `json:"resource_id"`
}

// TouchInstance names an RDS instance as something that actions touch.
func TouchInstance(id string) string { return record.Touch("rds", id) }

func (i *OnInstance) touches() record.Touches { return record.TouchesOf(TouchInstance(i.ID)) }

func (i *OnInstance) failOver() (name, done string) {
	return model.Clean("fail " + i.ID + " over to its standby"),
		model.Clean("AWS tells the failover's end, its server is up anew, and two reads agree that " + i.ID + " is available")
}

func (i *OnInstance) sendsFailOver() string {
	return fmt.Sprintf("rds:RebootDBInstance DBInstanceIdentifier=%s ForceFailover=true, once, in %s", i.ID, i.Region)
}
