package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
)

// Held is what a whole configuration comes to, as bdirjson tells it: with the JobDefs applied. It keeps no value but those of jobs.
type Held struct {
	Jobs map[string]bool // by name; false: Enabled = no
}

func readJSON(out []byte) (*Held, error) {
	var all []map[string]json.RawMessage
	if err := json.Unmarshal(out, &all); err != nil {
		return nil, fmt.Errorf("%w: bdirjson printed no list of resources: %s", model.ErrAnswer, model.Clean(err.Error()))
	}
	held := &Held{Jobs: map[string]bool{}}
	director := false
	for _, r := range all {
		for kind, text := range r {
			director = director || kind == "Director"
			if kind != "Job" {
				continue
			}
			var job struct {
				Name    string
				Enabled *bool
			}
			if err := json.Unmarshal(text, &job); err != nil || job.Name == "" {
				return nil, fmt.Errorf("%w: bdirjson printed a Job that cannot be read", model.ErrAnswer)
			}
			held.Jobs[job.Name] = job.Enabled == nil || *job.Enabled
		}
	}
	if !director {
		return nil, fmt.Errorf("%w: bdirjson printed no Director: it did not read a whole configuration", model.ErrAnswer)
	}
	return held, nil
}

func (w *Want) isCell(job string) bool {
	if w.CellOf == nil {
		return false
	}
	_, is := w.CellOf(job)
	return is
}

// Against proves that a Director that loads the configuration has just the jobs that it should have of all cells, and the canary.
func (h *Held) Against(w Want, canary string) []Finding {
	var out []Finding
	add := func(says, do string) { out = append(out, Finding{Says: model.Clean(says), Do: do}) }
	if on, ok := h.Jobs[canary]; !ok {
		add("bdirjson: the canary "+canary+" is not in what the Director would load", "look whether it includes what is pushed")
	} else if on {
		add("bdirjson: the canary "+canary+" would be scheduled", "render it again")
	}
	var missing, changed, strange []string
	for job, scheduled := range w.Jobs {
		switch on, ok := h.Jobs[job]; {
		case !ok:
			missing = append(missing, job)
		case on != scheduled:
			changed = append(changed, job)
		}
	}
	for job := range h.Jobs {
		if _, wanted := w.Jobs[job]; !wanted && job != canary && (model.IsCanary(job) || w.isCell(job)) {
			strange = append(strange, job)
		}
	}
	for _, f := range []struct {
		jobs     []string
		says, do string
	}{
		{missing, "would not be there", "look at what the tool was given"},
		{changed, "would be enabled where they should not be, or not where they should", "look at Enabled in their JobDefs"},
		{strange, "would be there, and the routes do not have them here", "take them out of the Director's own configuration"},
	} {
		if len(f.jobs) == 0 {
			continue
		}
		slices.Sort(f.jobs)
		more := ""
		if n := len(f.jobs); n > mostNamed {
			f.jobs, more = f.jobs[:mostNamed], fmt.Sprintf(" and %d more", n-mostNamed)
		}
		add("bdirjson: jobs "+f.says+": "+strings.Join(f.jobs, ", ")+more, f.do)
	}
	return out
}
