package check

import (
	"errors"
	"fmt"
	"strings"

	"switchyard/backend/bacula/push/conf"
)

// references are the directives that name another resource, by the kind of theirs.
var references = map[string]map[string]string{
	"Job": {
		"client": "Client", "fileset": "FileSet", "schedule": "Schedule", "storage": "Storage", "pool": "Pool", "messages": "Messages",
		"jobdefs": "JobDefs", "nextpool": "Pool", "fullbackuppool": "Pool", "incrementalbackuppool": "Pool", "differentialbackuppool": "Pool",
		"verifyjob": "Job", "jobtoverify": "Job",
	},
	"Client": {"catalog": "Catalog"},
	// What a Run line may override.
	"Run": {
		"pool": "Pool", "fullpool": "Pool", "incrementalpool": "Pool", "differentialpool": "Pool", "nextpool": "Pool", "storage": "Storage",
		"messages": "Messages",
	},
}

func (c *checker) references(r *conf.Resource) {
	for i := range r.Directives {
		d := &r.Directives[i]
		switch to := references[r.Kind][d.Key]; {
		case to != "":
			for _, name := range d.Names() {
				c.refers(d.Line, fmt.Sprintf("%s %q", r.Kind, r.Name), d.Key, to, name)
			}
		case r.Kind == "Schedule" && d.Key == "run":
			c.overrides(r, d)
		}
	}
}

// overrides are KEY=VALUE in a Run line.
func (c *checker) overrides(r *conf.Resource, d *conf.Directive) {
	for i := 1; i+1 < len(d.Values); i++ {
		if v := d.Values[i]; v.Sign && v.Text == "=" {
			key := strings.ToLower(d.Values[i-1].Text)
			if to := references["Run"][key]; to != "" {
				c.refers(d.Line, fmt.Sprintf("Schedule %q", r.Name), key, to, d.Values[i+1].Text)
			}
		}
	}
}

func (c *checker) refers(line int, who, key, to, name string) {
	if c.named[to][name] != nil {
		return
	}
	// Jobs, FileSets and Schedules of cells are rendered; only the others may stand elsewhere.
	if !c.whole() {
		c.unknown(line, fmt.Sprintf("%s: there is no %s %q here", who, to, name))
		return
	}
	says := fmt.Sprintf("%s: there is no %s %q", who, to, name)
	if key == "client" && !c.w.Bacula.survives() {
		says += ": Bacula 9.6 loads that without a word, and ends when the job starts"
	}
	for other := range c.named[to] {
		if strings.EqualFold(other, name) {
			c.add(line, says, fmt.Sprintf("write %s: names are told apart by their case", other))
			return
		}
	}
	c.add(line, says, "name one that is there, or render it")
}

// whole tells that what is not found is not there.
func (c *checker) whole() bool { return c.w.Other != nil && c.w.Other.Whole }

func (c *checker) unknown(line int, says string) {
	c.add(line, says, "have the Director's own configuration looked at, too: push.conf")
	c.found[len(c.found)-1].Unknown = true
}

func asError(err error, to **conf.Error) bool { return errors.As(err, to) }
