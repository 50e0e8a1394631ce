package config

import (
	"fmt"
	"os"

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
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the classes of rds.classes: %w", err)
	case info.Size() > maxClasses || !info.Mode().IsRegular():
		return nil, fmt.Errorf("reading the classes of rds.classes: %s is not a file under %d bytes", model.Clean(path), maxClasses)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the classes of rds.classes: %w", err)
	}
	return model.ParseClasses(path, string(text))
}
