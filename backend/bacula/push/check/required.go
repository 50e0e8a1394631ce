package check

import (
	"fmt"
	"strconv"
	"strings"

	"switchyard/backend/bacula/push/conf"
)

// Version is a Bacula release; the zero value is not known, and is taken for the most demanding.
type Version struct{ Major, Minor int }

// ParseVersion reads the beginning of what a Director says of itself, such as "9.6.7 (10 December 2020)"; false when it is no version.
func ParseVersion(text string) (Version, bool) {
	major, rest, _ := strings.Cut(text, ".")
	minor, _, _ := strings.Cut(rest, ".")
	minor, _, _ = strings.Cut(minor, " ")
	a, err := strconv.Atoi(major)
	b, berr := strconv.Atoi(minor)
	if rest == "" {
		b, berr = 0, nil
	}
	return Version{a, b}, err == nil && berr == nil && a > 0 && a < 100 && b >= 0 && b < 100
}

// survives tells that a Director refuses to load a Job that lacks something and goes on. Measured: 9.6.7 ends, 15.0.3 refuses. The releases
// between were not tried.
func (v Version) survives() bool { return v.Major >= 15 }

func (v Version) consequence() string {
	if v.survives() {
		return "the Director will refuse it"
	}
	return "a Director of Bacula 9.6 ends when it loads this, with all that it runs"
}

// needed are the directives without which Bacula takes no such resource, as its tables of 9.6.7 and 15.0.3 have them (dird_conf.c), by
// what they are called there and then by how a person writes them.
var needed = map[string][][2]string{
	"Job":    {{"type", "Type"}, {"messages", "Messages"}, {"pool", "Pool"}, {"client", "Client"}, {"fileset", "FileSet"}},
	"Client": {{"address", "Address"}, {"password", "Password"}, {"catalog", "Catalog"}},
}

// aliases are older names of directives.
var aliases = map[string]string{"address": "fdaddress", "password": "fdpassword"}

func (c *checker) required(r *conf.Resource) {
	for _, n := range needed[r.Kind] {
		d, unsure := c.directive(r, n[0])
		switch {
		case d != nil && len(d.Values) > 0 && (d.Values[0].Text != "" || d.Values[0].File):
		case unsure:
			c.unknown(r.Line, fmt.Sprintf("%s %q has no %s of its own, and its JobDefs is not known", r.Kind, r.Name, n[1]))
		default:
			c.add(r.Line, fmt.Sprintf("%s %q has no %s: %s", r.Kind, r.Name, n[1], c.w.Bacula.consequence()), "write "+n[1]+" in it")
		}
	}
	switch r.Kind {
	case "Job":
		c.storage(r)
	case "FileSet":
		if _, ok := r.Get("include"); !ok {
			c.add(r.Line, fmt.Sprintf("FileSet %q includes nothing: its backups would be empty", r.Name), "write Include { ... } in it")
		}
	case "Schedule":
		if _, ok := r.Get("run"); !ok {
			c.add(r.Line, fmt.Sprintf("Schedule %q has no Run: nothing would ever start", r.Name), "write Run = ... in it")
		}
	}
}

// storage is demanded of a Job or its Pool (measured on both versions, of an Admin job too).
func (c *checker) storage(r *conf.Resource) {
	if d, _ := c.directive(r, "storage"); d != nil {
		return
	}
	d, _ := c.directive(r, "pool")
	if d == nil || len(d.Names()) == 0 {
		return // it is told already
	}
	pool := c.named["Pool"][d.Names()[0]]
	switch {
	case pool == nil && c.whole():
	case pool == nil:
		c.unknown(r.Line, fmt.Sprintf("Job %q has no Storage, and its Pool is not known", r.Name))
	default:
		if _, ok := pool.Get("storage"); !ok {
			c.add(r.Line, fmt.Sprintf("neither Job %q nor its Pool %q has a Storage: %s", r.Name, pool.Name, c.w.Bacula.consequence()),
				"write Storage in the Job")
		}
	}
}

// directive is a directive of a resource or, of a Job, of its JobDefs. Unsure: there is none, and the JobDefs is not known.
func (c *checker) directive(r *conf.Resource, key string) (d *conf.Directive, unsure bool) {
	for range 8 { // JobDefs may have JobDefs
		if d, ok := r.Get(key); ok {
			return d, false
		}
		if d, ok := r.Get(aliases[key]); ok {
			return d, false
		}
		of, ok := r.Get("jobdefs")
		if !ok || r.Kind != "Job" && r.Kind != "JobDefs" || len(of.Names()) == 0 {
			return nil, false
		}
		defs := c.named["JobDefs"][of.Names()[0]]
		if defs == nil {
			return nil, !c.whole()
		}
		r = defs
	}
	return nil, false
}
