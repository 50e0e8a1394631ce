package config

import (
	"fmt"

	"switchyard/model"
)

// maxClasses bounds the file of classes, in bytes.
const maxClasses = 1 << 20

// InstanceClasses are what is known of instance classes: of the file that the configuration names, else the program's own.
func (c *Config) InstanceClasses() (*model.Classes, error) {
	if c.RDS == nil || c.RDS.Classes == "" {
		return model.OwnClasses()
	}
	path := c.RDS.Classes
	var kept *Kept
	if c.loader != nil {
		kept = c.loader.kept
	}
	text, err := kept.bounded(path, maxClasses)
	if err != nil {
		return nil, fmt.Errorf("reading the classes of rds.classes: %s: %w", model.Clean(path), err)
	}
	return model.ParseClasses(path, string(text))
}
