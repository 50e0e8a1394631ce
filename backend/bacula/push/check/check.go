// Package check proves a rendered configuration before a Director loads it: by looking at it, and by Bacula's own tools.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// Finding is one thing that is wrong with a configuration.
type Finding struct {
	Line int    `json:"line,omitempty"` // in the rendered text, from 1; absent: of the whole
	Says string `json:"says"`
	Do   string `json:"do"`
	// Unknown: it may be right, and nothing here tells. What a Director's own tools say of it counts.
	Unknown bool `json:"unknown,omitempty"`
}

func (f Finding) String() string {
	at, sure := "", ""
	if f.Line > 0 {
		at = fmt.Sprintf("line %d: ", f.Line)
	}
	if f.Unknown {
		sure = "not known: "
	}
	return at + sure + f.Says + "; " + f.Do
}

// Want is what a configuration must come to.
type Want struct {
	Jobs   map[string]bool                     // the routed jobs by name; false: it must not be scheduled
	Clash  []string                            // clients on which the two clusters' schedules could not be kept apart
	Runs   map[string][]string                 // the Run lines of each; none: it is never due; nil: they are not looked at
	CellOf func(job string) (model.Cell, bool) // nil: not known
	Bacula Version                             // of the Director that will load it
	Other  *Standing                           // what the Director has beside it; nil: not known
}

// Standing is a Director's configuration without its routed part.
type Standing struct {
	Resources []*conf.Resource
	Whole     bool // nothing that it includes was left out
}

// Text checks a text; see File. One that cannot be read is one finding.
func Text(text string, w Want) []Finding {
	f, err := conf.Parse(text, conf.Options{Path: "the rendered configuration"})
	if err != nil {
		var e *conf.Error
		if !asError(err, &e) {
			return []Finding{{Says: err.Error(), Do: "correct the template"}}
		}
		return []Finding{{Line: e.Line, Says: fmt.Sprintf("column %d: %s", e.Column, e.Says), Do: e.Do}}
	}
	return File(f, w)
}

// File is a pure function: what is wrong with a rendered configuration, in the order of its lines. None is proof as far as text goes.
func File(f *conf.File, w Want) []Finding {
	c := &checker{f: f, w: w, named: map[string]map[string]*conf.Resource{}}
	c.name()
	for _, r := range f.Resources {
		c.resource(r)
	}
	c.set()
	c.canary()
	for _, client := range w.Clash {
		c.add(0, fmt.Sprintf("client %s: no time of the day keeps this cluster's runs apart from the other's, and both dump it", client),
			"make its schedules leave room, or push.apart smaller")
	}
	slices.SortStableFunc(c.found, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return c.found
}

type checker struct {
	f     *conf.File
	w     Want
	named map[string]map[string]*conf.Resource // by kind, as references are looked up, and name
	found []Finding
}

func (c *checker) add(line int, says, do string) {
	c.found = append(c.found, Finding{Line: line, Says: model.Clean(says), Do: model.Clean(do)})
}

// place is where Bacula looks for a resource: a changer is a Storage.
func place(kind string) string {
	if kind == "Autochanger" {
		return "Storage"
	}
	return kind
}

// name remembers who has which name. Bacula tells names apart by their case, and takes no two of a kind.
func (c *checker) name() {
	all := c.f.Resources
	if c.w.Other != nil {
		all = append(slices.Clone(c.w.Other.Resources), all...)
	}
	own := make(map[*conf.Resource]bool, len(c.f.Resources))
	for _, r := range c.f.Resources {
		own[r] = true
	}
	for _, r := range all {
		at := place(r.Kind)
		if c.named[at] == nil {
			c.named[at] = map[string]*conf.Resource{}
		}
		first := c.named[at][r.Name]
		switch {
		case first != nil && own[r] && own[first]:
			c.add(r.Line, fmt.Sprintf("a second %s %q: the first is in line %d", r.Kind, r.Name, first.Line),
				"render one of them: the Director takes no two")
		case first != nil && own[r]:
			c.add(r.Line, fmt.Sprintf("the Director's own configuration has a %s %q, too", r.Kind, r.Name),
				"take it out there, or give this one another name: the Director takes no two")
		default:
			c.named[at][r.Name] = r
		}
	}
}

func (c *checker) resource(r *conf.Resource) {
	if err := model.CheckName("its name", r.Name, " "); err != nil {
		c.add(r.Line, fmt.Sprintf("%s %q: %v", r.Kind, r.Name, err), "correct the template")
	}
	switch r.Kind {
	case "Job", "Client", "FileSet", "Schedule":
	case "JobDefs":
		return
	default:
		c.add(r.Line, fmt.Sprintf("%s %q is no part of what follows the routes", r.Kind, r.Name), "write it in the Director's own configuration")
		return
	}
	if d, ok := r.Get("enabled"); ok {
		if _, ok := d.YesNo(); !ok {
			c.add(d.Line, fmt.Sprintf("%s %q: Enabled is neither yes nor no", r.Kind, r.Name), "write Enabled = yes or Enabled = no")
		}
	}
	c.files(r.Kind, r.Name, &r.Block)
	c.required(r)
	c.references(r)
}

// files refuses values in files but where they are meant to keep a secret out of sight.
func (c *checker) files(kind, name string, b *conf.Block) {
	for i := range b.Directives {
		d := &b.Directives[i]
		for _, v := range d.Values {
			if v.File && d.Key != "password" && d.Key != "fdpassword" {
				c.add(d.Line, fmt.Sprintf("%s %q: %s is in a file, and cannot be proven", kind, name, d.Key),
					"write it where it stands: only a password belongs in a file")
			}
		}
		if d.Inner != nil {
			c.files(kind, name, d.Inner)
		}
	}
}

// set proves that the jobs are those that are expected, and none is missing.
func (c *checker) set() {
	jobs := 0
	seen := map[string]bool{}
	for _, r := range c.f.Resources {
		if r.Kind != "Job" || model.IsCanary(r.Name) {
			continue
		}
		jobs++
		seen[r.Name] = true
		scheduled, expected := c.w.Jobs[r.Name]
		enabled := true
		if d, _ := c.directive(r, "enabled"); d != nil {
			var ok bool
			if enabled, ok = d.YesNo(); !ok {
				continue // it is told already
			}
		}
		switch {
		case !expected:
			c.add(r.Line, fmt.Sprintf("Job %q is not one of those that this cluster takes", r.Name), "render it only where the routes have it")
		case enabled && !scheduled:
			c.add(r.Line, fmt.Sprintf("Job %q must not be scheduled, and is enabled", r.Name), "render Enabled = no")
		case !enabled && scheduled:
			c.add(r.Line, fmt.Sprintf("Job %q must be scheduled, and is not enabled", r.Name), "render Enabled = yes")
		default:
			c.times(r)
		}
	}
	c.missing(seen)
	switch {
	case len(c.f.Resources) == 0:
		c.add(0, "it holds nothing: loaded, it would take every routed job away without a word", "correct the template")
	case jobs == 0 && len(c.w.Jobs) > 0:
		c.add(0, "it holds no job: loaded, it would take every routed job away without a word", "correct the template")
	}
	if c.w.CellOf == nil {
		return
	}
	c.kinds()
	if c.w.Other == nil {
		return
	}
	for _, r := range c.w.Other.Resources {
		if _, is := c.w.CellOf(r.Name); is && r.Kind == "Job" {
			c.add(0, fmt.Sprintf("the Director's own configuration has the job of a cell, %s: the routes do not move it", r.Name),
				"take it out there")
		}
	}
}

const mostNamed = 10

func (c *checker) missing(seen map[string]bool) {
	var missing []string
	for job := range c.w.Jobs {
		if !seen[job] {
			missing = append(missing, job)
		}
	}
	if len(missing) == 0 {
		return
	}
	slices.Sort(missing)
	says := fmt.Sprintf("%d of %d jobs are missing: ", len(missing), len(c.w.Jobs))
	more := ""
	if len(missing) > mostNamed {
		more = fmt.Sprintf(" and %d more", len(missing)-mostNamed)
		missing = missing[:mostNamed]
	}
	c.add(0, says+strings.Join(missing, ", ")+more, "render a Job for each: they would have no backup here")
}

// canary proves that the last resource is the one by which this very text is known again.
func (c *checker) canary() {
	n := len(c.f.Resources)
	if n == 0 {
		return
	}
	var canaries []*conf.Resource
	for _, r := range c.f.Resources {
		if r.Kind == "Job" && model.IsCanary(r.Name) {
			canaries = append(canaries, r)
		}
	}
	const do = "render it again: the Job that switchyard puts at the end is how one sees what a Director has loaded"
	switch last := c.f.Resources[n-1]; {
	case len(canaries) == 0:
		c.add(0, "the canary is missing", do)
	case len(canaries) > 1:
		c.add(canaries[1].Line, "there is a second canary", do)
	case canaries[0] != last:
		c.add(canaries[0].Line, "the canary is not the last resource", do)
	case last.Name != model.CanaryName(c.f.Text[:last.Offset]):
		c.add(last.Line, "the text above the canary is not the one that it was made of", do)
	default:
		if d, ok := last.Get("enabled"); !ok || !isNo(d) {
			c.add(last.Line, "the canary is enabled: it would run", do)
		}
	}
}

func isNo(d *conf.Directive) bool {
	yes, ok := d.YesNo()
	return ok && !yes
}
