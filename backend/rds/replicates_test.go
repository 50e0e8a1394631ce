package rds

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

func TestWhatAWSSaysOfReplication(t *testing.T) {
	info := func(kind, word string, normal bool) types.DBInstanceStatusInfo {
		return types.DBInstanceStatusInfo{StatusType: &kind, Status: &word, Normal: aws.Bool(normal)}
	}
	const replication = "read replication"
	for name, c := range map[string]struct {
		infos  []types.DBInstanceStatusInfo
		word   string
		normal bool
	}{
		"a primary":                {nil, "", false},
		"well":                     {[]types.DBInstanceStatusInfo{info(replication, "replicating", true)}, "replicating", true},
		"of something else":        {[]types.DBInstanceStatusInfo{info("upgrade", "replicating", true)}, "", false},
		"normal without a word":    {[]types.DBInstanceStatusInfo{info(replication, "", true)}, "", false},
		"a word that is not known": {[]types.DBInstanceStatusInfo{info(replication, "resyncing", true)}, "resyncing", false},
		"normal and terminated":    {[]types.DBInstanceStatusInfo{info(replication, "terminated", true)}, "terminated", false},
		"it will stop": {[]types.DBInstanceStatusInfo{info(replication, "replication stop point set", true)},
			"replication stop point set", false},
		"not normal": {[]types.DBInstanceStatusInfo{info(replication, "replicating", false)}, "replicating", false},
		"a bad one first": {[]types.DBInstanceStatusInfo{info(replication, "error", false), info(replication, "replicating", true)},
			"error", false},
		"a bad one last": {[]types.DBInstanceStatusInfo{info(replication, "replicating", true), info(replication, "error", false)},
			"error", false},
	} {
		if word, normal, _ := replicates(c.infos); word != c.word || normal != c.normal {
			t.Errorf("%s: %q, %v", name, word, normal)
		}
	}
}
