package amazon

import (
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/rds/types"
)

// settings are what an instance may be set to that nobody wants, by name.
var settings = map[string]func(*instance){
	"single-az":   func(i *instance) { i.MultiAZ, i.SecondaryAvailabilityZone = ptr(false), nil },
	"unencrypted": func(i *instance) { i.StorageEncrypted, i.KmsKeyId = ptr(false), nil },
	"unprotected": func(i *instance) { i.DeletionProtection = ptr(false) },
	"retention-1": func(i *instance) { i.BackupRetentionPeriod = ptr(int32(1)) },
	"pending-reboot": func(i *instance) {
		i.DBParameterGroups = groupStatus(*i.DBParameterGroups[0].DBParameterGroupName, "pending-reboot")
	},
	"pending-change": func(i *instance) {
		i.PendingModifiedValues = &types.PendingModifiedValues{AllocatedStorage: ptr(int32(500))}
	},
}

// Settings are the names that Set knows, sorted.
func Settings() []string {
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Set makes AWS say that an instance is set so, and returns what takes it back.
func (c *Cloud) Set(region, id, name string) (undo func(), err error) {
	do := settings[name]
	if do == nil {
		return nil, fmt.Errorf("no instance can be set to %q: want one of %v", name, Settings())
	}
	var was instance
	c.at(region, id, func(i *instance) { was = *i; do(i) })
	return func() {
		c.at(region, id, func(i *instance) {
			switch name {
			case "single-az":
				i.MultiAZ, i.SecondaryAvailabilityZone = was.MultiAZ, was.SecondaryAvailabilityZone
			case "unencrypted":
				i.StorageEncrypted, i.KmsKeyId = was.StorageEncrypted, was.KmsKeyId
			case "unprotected":
				i.DeletionProtection = was.DeletionProtection
			case "retention-1":
				i.BackupRetentionPeriod = was.BackupRetentionPeriod
			case "pending-reboot":
				i.DBParameterGroups = was.DBParameterGroups
			case "pending-change":
				i.PendingModifiedValues = was.PendingModifiedValues
			}
		})
	}, nil
}

// SetMultiRegion makes KMS say whether a key is a multi-Region one. It returns what it said before.
func (c *Cloud) SetMultiRegion(region, id string, is bool) (was bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.keys[place{region, id}]; k != nil {
		was, k.MultiRegion = k.MultiRegion, is
	}
	return was
}
