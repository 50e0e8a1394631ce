package check

import (
	"fmt"
	"slices"
	"strings"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// times proves that a job starts when it should: one that is there and enabled and starts never, or at another time, is as good as none.
func (c *checker) times(r *conf.Resource) {
	if c.w.Runs == nil {
		return
	}
	want := c.w.Runs[r.Name]
	d, unsure := c.directive(r, "schedule")
	var got []string
	line := r.Line
	if d != nil && len(d.Names()) > 0 {
		line = d.Line
		s := c.named["Schedule"][d.Names()[0]]
		if s == nil {
			return // a reference that leads nowhere is told as such
		}
		got = runs(s)
	}
	switch asked := asRead(want); {
	case slices.Equal(got, asked):
	case d == nil && unsure:
		c.unknown(r.Line, fmt.Sprintf("Job %q has no Schedule of its own, and its JobDefs is not known", r.Name))
	case len(got) == 0:
		c.add(line, fmt.Sprintf("Job %q would never start: it has no Schedule", r.Name), "render one with Run = "+strings.Join(want, ", Run = "))
	default:
		c.add(line, fmt.Sprintf("Job %q would start at other times than it should: %s", r.Name, strings.Join(got, "; ")),
			"render its Schedule with Run = "+strings.Join(want, ", Run = "))
	}
}

// runs are the Run lines of a Schedule as Bacula reads them: words with one blank between them.
func runs(s *conf.Resource) (out []string) {
	for i := range s.Directives {
		if d := &s.Directives[i]; d.Key == "run" {
			var words []string
			for _, v := range d.Values {
				words = append(words, v.Text)
			}
			out = append(out, strings.Join(words, " "))
		}
	}
	return out
}

// asRead are Run lines as they would be read in a Schedule.
func asRead(lines []string) []string {
	if len(lines) == 0 {
		return nil
	}
	f, err := conf.Parse("Schedule {\nName = x\nRun = "+strings.Join(lines, "\nRun = ")+"\n}", conf.Options{})
	if err != nil {
		return lines
	}
	return runs(f.Resources[0])
}

// kinds proves that no FileSet is of two kinds: a restore by client and FileSet would take the one for the other.
func (c *checker) kinds() {
	of := map[string]model.Cell{}
	for _, r := range c.f.Resources {
		cell, is := c.w.CellOf(r.Name)
		d, _ := c.directive(r, "fileset")
		if !is || r.Kind != "Job" || d == nil || len(d.Names()) == 0 {
			continue
		}
		name := d.Names()[0]
		if first, taken := of[name]; taken && first.Kind != cell.Kind {
			c.add(d.Line, fmt.Sprintf("FileSet %q is of %s and of %s: a restore would take the one for the other", name, first, cell),
				"render one for each kind")
			continue
		}
		of[name] = cell
	}
}
