package push

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"switchyard/backend/bacula/push/conf"
	"switchyard/model"
)

// coming is a job that a Director starts by itself.
type coming struct {
	at  time.Time
	job string
}

// around is how long before and behind a moment no job starts.
type around struct{ before, behind time.Duration }

func (a around) String() string {
	if a.before == a.behind {
		return model.Span(a.before) + " before and behind it"
	}
	return model.Span(a.before) + " before and " + model.Span(a.behind) + " behind it"
}

// reloadTakes is more than a Director takes to load its files (15.0.3: 0.2 s on the lab), unless it does not reach its catalog. What is due
// meanwhile is left out only where it would be more than 59 s late (src/dird/scheduler.c of both versions).
const reloadTakes = 5 * time.Second

// least is what every reload has free of starts. What began less than a minute before it may be started again, which Allow Duplicate Jobs =
// no ends while the first one runs.
var least = around{time.Second, reloadTakes}

// quietFrom finds the first moment, from now on, that no start is nearer to than quiet before or behind it, and the start that stands in
// the way of now; a zero moment: there is none until then. A reload may start twice what was due less than a minute ago, and may skip
// what is due while it lasts.
func quietFrom(by []timed, now, until time.Time, quiet around, zone *time.Location) (free time.Time, blocks coming) {
	for at := now; at.Equal(now) || !at.After(until); {
		next := nearest(by, at, quiet, zone)
		if next.job == "" {
			return at, blocks
		}
		if blocks.job == "" {
			blocks = next
		}
		at = next.at.Add(quiet.before + time.Second)
	}
	return time.Time{}, blocks
}

// nearest is the last start within quiet of a moment; without a job there is none.
func nearest(by []timed, at time.Time, quiet around, zone *time.Location) (last coming) {
	for _, t := range by {
		if due := t.runs.Due(at.Add(-quiet.before), at.Add(quiet.behind), zone); len(due) > 0 && due[len(due)-1].At.After(last.at) {
			last = coming{due[len(due)-1].At, t.job}
		}
	}
	return last
}

// timed is a job and when it is due.
type timed struct {
	job  string
	runs model.Schedule
}

// timesIn are those of the jobs that texts of a Director's configuration have together and start by themselves. With an error they are
// those that can be read.
func timesIn(texts ...string) (out []timed, unread error) {
	schedules, users := map[string]*conf.Resource{}, map[string]string{}
	for _, text := range texts {
		f, err := conf.Parse(text, conf.Options{Path: "the Director's configuration", Leave: true})
		if err != nil {
			return nil, err
		}
		for _, r := range f.Resources {
			switch r.Kind {
			case "Schedule":
				schedules[r.Name] = r
			case "Job", "JobDefs":
				on := true
				if d, ok := r.Get("enabled"); ok && r.Kind == "Job" { // a Job may switch on what its JobDefs switches off
					on, _ = d.YesNo()
				}
				if d, ok := r.Get("schedule"); ok && on && len(d.Names()) > 0 {
					users[d.Names()[0]] = r.Name
				}
			}
		}
	}
	for name, job := range users {
		s := schedules[name]
		if s == nil {
			continue // it is of a file that was left out, or dangles and never starts
		}
		lines := runLines(s)
		if len(lines) == 0 {
			continue
		}
		runs, err := model.ParseSchedule(lines...)
		if err != nil {
			unread = errors.Join(unread, fmt.Errorf("schedule %s of the Director's configuration: %w", model.Clean(name), err))
			continue
		}
		out = append(out, timed{job, runs})
	}
	return out, unread
}

// runLines are the Run directives of a Schedule.
func runLines(s *conf.Resource) (out []string) {
	for i := range s.Directives {
		if d := &s.Directives[i]; d.Key == "run" {
			var words []string
			for _, v := range d.Values {
				words = append(words, v.Text)
			}
			out = append(out, strings.ReplaceAll(strings.Join(words, " "), " = ", "="))
		}
	}
	return out
}
