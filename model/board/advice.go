package board

import (
	"fmt"
	"time"

	"switchyard/model"
)

// underWay is what to do about a cell that has a backup open: not to start another. It is empty when none is.
func (v *CellView) underWay() string {
	for _, c := range model.Clusters {
		j := v.On[c].Open
		if j == nil {
			continue
		}
		switch j.Outcome {
		case model.Running:
			far := ""
			if p := j.Progress; !p.At.IsZero() && p.Percent >= 0 {
				far = fmt.Sprintf(" at %d %%", p.Percent)
			}
			return fmt.Sprintf("wait for job %d on %s: it runs%s", j.ID, c, far)
		case model.Waiting:
			return fmt.Sprintf("see what job %d on %s waits for: it is to back it up", j.ID, c)
		case model.Stuck:
			return fmt.Sprintf("mount or label a volume for job %d on %s: it waits for a person", j.ID, c)
		case model.OK, model.Warned, model.Failed, model.Canceled, model.Lost:
		}
	}
	return ""
}

// before is what to do about a promise that breaks at a moment, by what is open and what its schedules start until then.
func (v *CellView) before(breaks time.Time) string {
	if do := v.underWay(); do != "" {
		return do
	}
	var first time.Time
	for _, s := range v.On {
		if s.Has == model.Holds && !s.Due.IsZero() && s.Due.Before(breaks) && (first.IsZero() || s.Due.Before(first)) {
			first = s.Due
		}
	}
	if first.IsZero() {
		return "run a backup of it: none is scheduled before then"
	}
	return "see that the one due at " + first.UTC().Format("15:04") + " UTC ends well"
}
