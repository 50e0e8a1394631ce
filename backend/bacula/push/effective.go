package push

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// idle is why jobs that the Director has are not started by its schedules, by job.
func (s *Seen) idle(w *Wanted, clients, schedules []string, now time.Time, zone *time.Location) map[string]string {
	off := map[string]map[string]bool{"job": set(s.Loaded.Off), "client": set(clients), "schedule": set(schedules)}
	out := map[string]string{}
	for _, job := range slices.Sorted(maps.Keys(w.Jobs)) {
		p := w.Of[job]
		switch {
		case !w.Jobs[job]:
		case off["job"][job]:
			out[job] = "is switched off"
		case off["client"][p.Client]:
			out[job] = "has a client that is switched off"
		case off["schedule"][job]:
			out[job] = "has a schedule that is switched off"
		default:
			if why := undue(w, job, p, now, zone); why != "" {
				out[job] = why
			}
		}
	}
	return out
}

// undue says why no due time falls inside of a cell's promise.
func undue(w *Wanted, job string, p model.Placement, now time.Time, zone *time.Location) string {
	runs := p.Schedule
	if w.Text != "" {
		lines := w.Runs[job]
		if len(lines) == 0 {
			return "is never due"
		}
		var err error
		if runs, err = model.ParseSchedule(lines...); err != nil {
			return "has a schedule that cannot be read"
		}
	}
	next := runs.Next(now, zone)
	switch {
	case next.IsZero():
		return "is never due"
	case p.Promise > 0 && next.Sub(now) > p.Promise:
		return fmt.Sprintf("is not due before %s, beyond its promise of %s", next.UTC().Format("2 Jan 15:04"), model.Span(p.Promise))
	}
	return ""
}

func set(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// Unstarted says why the Director, as it was seen, does not start the jobs that are wanted, and no others, by a file that was pushed to it:
// how their starts give way to those of the other cluster, and all else of which nothing tells when they start, may be older. Empty: it
// does.
func (t *Target) Unstarted(ctx context.Context, s *Seen, w *Wanted) (string, error) {
	if !Pushed(s.Text) {
		return "its file is none that was pushed to it, or somebody changed it", nil
	}
	if differs := s.Unloaded(); differs != "" {
		return "its file is not loaded: " + differs, nil
	}
	if strays := s.strays(w); strays != "" {
		return strays, nil
	}
	return t.idles(ctx, s, w)
}

// Ineffective says why the Director, as it was seen, does not do just what is wanted; empty: it does. The error says that it does not tell.
func (t *Target) Ineffective(ctx context.Context, s *Seen, w *Wanted) (string, error) {
	if lacks := s.Lacks(w); lacks != "" {
		return lacks, nil
	}
	return t.idles(ctx, s, w)
}

// idles says which jobs that the Director has are not started.
func (t *Target) idles(ctx context.Context, s *Seen, w *Wanted) (string, error) {
	if !s.Loaded.OffKnown {
		return "", fmt.Errorf("%s: %w: it does not tell what is switched off: its Console must be allowed show", s.Loaded.Name, model.ErrAnswer)
	}
	clients, schedules, err := t.Reach.SwitchedOff(ctx)
	if err != nil {
		return "", err
	}
	idle := s.idle(w, clients, schedules, t.Now(), t.Zone)
	if len(idle) == 0 {
		return "", nil
	}
	by := map[string][]string{}
	for job, why := range idle {
		by[why] = append(by[why], job)
	}
	var says []string
	for _, why := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[why])
		says = append(says, model.SomeNames(by[why])+" "+why)
	}
	return strings.Join(says, "; "), nil
}
