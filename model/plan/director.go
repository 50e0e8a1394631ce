package plan

import (
	"fmt"
	"slices"

	"switchyard/model"
	"switchyard/model/board"
)

// FailDirector asks that another Director of a cluster schedules in place of the one that does, on the same catalog.
type FailDirector struct {
	Cluster model.Cluster `json:"cluster"`
	To      string        `json:"to"` // as the configuration names it
	// Away: the host of the one that schedules cannot be reached. A person fences it and says so: nothing here can stop or mask it.
	Away bool `json:"away,omitempty"`
}

// RestartDirector asks that the Director which schedules is ended and started again: what mends one that has lost its catalog.
type RestartDirector struct {
	Cluster  model.Cluster `json:"cluster"`
	Director string        `json:"director"`
	// Now: what it runs is given up; else it is waited for.
	Now bool `json:"now,omitempty"`
}

// FailDirectorOf is what is meant for a cluster: the Director that is named, else the one that does not schedule.
func FailDirectorOf(s *board.Snapshot, c model.Cluster, to string, away bool) (*FailDirector, error) {
	w := World{Snapshot: s}
	names, err := w.directors(c)
	if err == nil && to == "" && len(names) == 2 {
		to = names[1-w.view(c).Acting]
	}
	switch {
	case err != nil:
	case len(names) < 2:
		err = fmt.Errorf("%s has one Director only: %w", c, model.ErrNone)
	case w.view(c).Directors[0].Name == w.view(c).Directors[1].Name:
		err = fmt.Errorf("both Directors of %s have one name, and nothing of theirs can be told apart", c)
	case !slices.Contains(names, to):
		err = fmt.Errorf("%s has no Director %s: %w", c, model.Clean(to), model.ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("failing the Director over: %w", err)
	}
	return &FailDirector{Cluster: c, To: to, Away: away}, nil
}

// RestartDirectorOf is what is meant for a cluster: the Director that schedules.
func RestartDirectorOf(s *board.Snapshot, c model.Cluster, now bool) (*RestartDirector, error) {
	w := World{Snapshot: s}
	if _, err := w.directors(c); err != nil {
		return nil, fmt.Errorf("restarting the Director: %w", err)
	}
	return &RestartDirector{Cluster: c, Director: w.called(c, w.view(c).Acting), Now: now}, nil
}

// from is the Director that is to schedule no more.
func (f *FailDirector) from(w World) string {
	for place := range w.view(f.Cluster).Directors {
		if name := w.called(f.Cluster, place); name != f.To {
			return name
		}
	}
	return ""
}

// place is that of a Director of a cluster; -1 when there is none.
func (w World) place(c model.Cluster, name string) int {
	for place := range w.view(c).Directors {
		if w.called(c, place) == name {
			return place
		}
	}
	return -1
}

func (f *FailDirector) plan(w World, id string) (*Plan, error) {
	if _, err := FailDirectorOf(w.Snapshot, f.Cluster, f.To, f.Away); err != nil {
		return nil, err
	}
	c, from := f.Cluster, f.from(w)
	guards := []string{"heir-schedules-not", "heir-answers", "heir-catalog", "heir-has", "catalog-writes", "old-idle"}
	p := &Plan{ID: id, Ask: Ask{FailDirector: f}, Emergency: f.Away}
	p.Verb, p.Says, p.Confirm = f.words()
	if f.Away {
		p.Steps = append(p.Steps, Step{Order: Order{Attest: &Attest{Text: model.Clean(fmt.Sprintf(
			"%s is off or cut off from the catalog, and cannot come back by itself", from))}}, Limit: handTakes})
	} else {
		p.Steps = append(p.Steps, w.ServeBack(c, from, Stop), w.ServeBack(c, from, Mask))
	}
	p.Steps = append(p.Steps, w.takesOver(c, f.To, from, f.Away)...)
	p.Steps[0].Guards = guards
	p.name()
	p.Costs = append(w.runsOn(c, from),
		fmt.Sprintf("what is due meanwhile is queued by nobody: %s starts what is due after its own start", f.To))
	p.Undo = []string{fmt.Sprintf("the same the other way: switchyard failover director %s --to %s", c, from),
		"who acts and who watches go by the configuration: write " + f.To + " there as the active one"}
	return w.Finish(p, guards...)
}

// takesOver are the steps that make a Director the one that schedules. Where nothing tells its service anything, a person starts it, and
// says so: that it answers would prove nothing of one that ran idle.
func (w World) takesOver(c model.Cluster, to, from string, away bool) []Step {
	start := w.ServeBack(c, to, Start)
	s := start.Order.Service
	if s == nil {
		by := &Service{Cluster: c, Director: to, Do: Start, Alone: from}
		return []Step{{Order: Order{ByHand: &ByHand{Text: by.text() + ", so that it schedules", Touches: by.touches()}}, Limit: handTakes}}
	}
	if !away {
		s.Alone = from
	}
	return []Step{w.ServeBack(c, to, Unmask), w.Serve(c, to, Stop), start}
}

func (f *FailDirector) words() (verb, says, confirm string) {
	says = fmt.Sprintf("let %s schedule for %s in place of its other Director", f.To, f.Cluster)
	if f.Away {
		says += ", which cannot be reached"
	}
	return "failover", model.Clean(says), model.Clean(fmt.Sprintf("fail over %s to %s", f.Cluster, f.To))
}

func (r *RestartDirector) plan(w World, id string) (*Plan, error) {
	c := r.Cluster
	if w.place(c, r.Director) < 0 {
		return nil, fmt.Errorf("planning a restart: %s has no Director %s: %w", c, model.Clean(r.Director), model.ErrNone)
	}
	p := &Plan{ID: id, Ask: Ask{RestartDirector: r}}
	p.Verb, p.Says, p.Confirm = r.words()
	guards := []string{"catalog-writes"}
	if r.Now {
		guards = append(guards, "old-idle")
	} else {
		p.Steps = append(p.Steps, Step{Order: Order{Idle: &OnDirector{Cluster: c, Director: r.Director}}, Limit: drainTakes})
	}
	stop, start := w.ServeBack(c, r.Director, Stop), w.Serve(c, r.Director, Start)
	stop.Guards = guards
	p.Steps = append(p.Steps, stop, start)
	p.name()
	if p.Costs = w.runsOn(c, r.Director); !r.Now {
		p.Costs = append(p.Costs, "it goes on to start what is due while it is waited for; where nothing may be waited for: --now")
	}
	p.Costs = append(p.Costs, "its start ends the rows of jobs that nobody runs, as lost")
	p.Undo = []string{"nothing brings back what it ran; jobs that died can be run again: switchyard rerun"}
	return w.Finish(p, guards...)
}

func (r *RestartDirector) words() (verb, says, confirm string) {
	says = fmt.Sprintf("restart %s's Director %s", r.Cluster, r.Director)
	if r.Now {
		says += " with what it runs"
	}
	return "restart", model.Clean(says), model.Clean(fmt.Sprintf("restart %s", r.Director))
}

// runsOn says what is given up when a Director ends: what is known of the one that schedules, as it was last heard.
func (w World) runsOn(c model.Cluster, name string) (says []string) {
	if w.place(c, name) != w.view(c).Acting {
		return nil
	}
	open := w.openJobs(c)
	if len(open) == 0 {
		return []string{"no job of it is known to run or wait"}
	}
	return []string{fmt.Sprintf("what runs dies with it, %s: %s", model.Plural(len(open), "job"), firstFew(open))}
}

// openJobs are the jobs of a cluster that run or wait, as JobId and name.
func (w World) openJobs(c model.Cluster) (out []string) {
	open := w.view(c).Open
	for i := range open {
		if open[i].Outcome.Open() {
			out = append(out, fmt.Sprintf("JobId %d %s", open[i].ID, open[i].Name))
		}
	}
	return out
}

// firstFew names the first three.
func firstFew(of []string) string {
	const few = 3
	says := ""
	for i, s := range of[:min(few, len(of))] {
		if i > 0 {
			says += ", "
		}
		says += s
	}
	if n := len(of) - few; n > 0 {
		says += fmt.Sprintf(" and %d more", n)
	}
	return model.Clean(says)
}
