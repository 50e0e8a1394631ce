package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"switchyard/model"
	"switchyard/model/board"
)

// Rerun asks that the backups of several cells are run again, each as its Job resource says.
type Rerun struct {
	Cluster model.Cluster `json:"cluster"`
	Cells   []model.Cell  `json:"cells"` // in the order in which they are started
}

// mostRerun bounds how many backups one plan runs again: the rest is asked for again.
const mostRerun = 100

// RerunOf is what is to be run again of jobs of a cluster that ended badly: each cell once, the promise that breaks first first. What is
// left out is told: what was backed up again since or runs, what its schedule starts within the policy's due_soon, and what backs up no
// cell.
func RerunOf(w World, c model.Cluster, jobs []model.JobKey) (*Rerun, []string, error) {
	r := &Rerun{Cluster: c}
	var left []string
	for _, k := range jobs {
		j := w.Snapshot.Job(k)
		if k.Cluster != c || j == nil {
			left = append(left, k.Job+": it is not known any more")
			continue
		}
		if why := w.noRerun(j); why != "" {
			left = append(left, fmt.Sprintf("%d %s: %s", j.ID, j.Title(), why))
		} else if !slices.Contains(r.Cells, j.Cell) {
			r.Cells = append(r.Cells, j.Cell)
		}
	}
	slices.SortStableFunc(r.Cells, func(a, b model.Cell) int { return w.cell(a).Breaks().Compare(w.cell(b).Breaks()) })
	if n := len(r.Cells) - mostRerun; n > 0 {
		r.Cells = r.Cells[:mostRerun]
		left = append(left, fmt.Sprintf("%d more: ask again when these have ended", n))
	}
	for i := range left {
		left[i] = model.Clean(left[i])
	}
	if len(r.Cells) == 0 {
		return nil, left, fmt.Errorf("running jobs of %s again: there is none to be run: %w", c, model.ErrNone)
	}
	return r, left, nil
}

// noRerun says why a job that ended badly is not run again; empty when it is.
func (w World) noRerun(j *model.Job) string {
	if !j.HasCell || j.Type != model.TypeBackup {
		return "it is no cell's backup"
	}
	v := w.cell(j.Cell)
	if v == nil {
		return "the inventory has no such cell"
	}
	if j.Outcome.Open() || j.Outcome.Good() && !j.Hollow() {
		return "it did not end badly"
	}
	on := &v.On[j.Key.Cluster]
	switch g, due := on.LastGood, on.Due; {
	case on.Open != nil:
		return fmt.Sprintf("JobId %d of its cell is %s", on.Open.ID, on.Open.Status)
	case g != nil && (g.ID > j.ID || g.When().After(j.When())):
		return fmt.Sprintf("JobId %d has backed it up since", g.ID)
	case !due.IsZero() && due.Sub(w.Now) <= w.Policy.DueSoon:
		return "its schedule starts it in " + model.Age(max(0, due.Sub(w.Now)))
	}
	return ""
}

// DiedJobs are those of a cluster that alerts of one cause tell of: they died of a failover, or with their Director.
func DiedJobs(s *board.Snapshot, c model.Cluster) (out []model.JobKey) {
	for i := range s.Alerts {
		if a := &s.Alerts[i]; strings.HasPrefix(a.ID, "rds:failover:") || a.Cluster != nil && *a.Cluster == c {
			out = append(out, OfAlert(a, c)...)
		}
	}
	return out
}

// OfAlert are the jobs of a cluster that an alert tells of.
func OfAlert(a *board.Alert, c model.Cluster) (out []model.JobKey) {
	for _, k := range a.Jobs {
		if k.Cluster == c {
			out = append(out, k)
		}
	}
	if len(out) == 0 && a.Job != nil && a.Job.Cluster == c {
		out = []model.JobKey{*a.Job}
	}
	return out
}

func (r *Rerun) plan(w World, id string) (*Plan, error) {
	if len(r.Cells) == 0 || len(r.Cells) > mostRerun || w.Names == nil {
		return nil, fmt.Errorf("planning to run backups again: want 1 to %d cells that are known", mostRerun)
	}
	p := &Plan{ID: id, Ask: Ask{Rerun: r}}
	p.Verb, p.Says, p.Confirm = r.words()
	begins := []string{"director-answers", "catalog-writes", "director-linked"}
	guards := append(slices.Clone(begins), "reruns-there", "reruns-idle", "reruns-not-due")
	var follow, verify []Step
	for i, cell := range r.Cells {
		v := w.cell(cell)
		if v == nil {
			return nil, fmt.Errorf("planning to run backups again: the inventory has no cell %s: %w", model.Clean(cell.String()), model.ErrNone)
		}
		job := TaggedJob{Cluster: r.Cluster, Job: w.Names.Name(cell), Tag: fmt.Sprintf("%s %d", tagOf(id), i+1), After: w.mark(r.Cluster),
			Leaves: v.On[r.Cluster].Leaves}
		start := Step{Order: Order{StartJob: &StartJob{TaggedJob: job, Alone: true}}, Guards: begins, Limit: w.Policy.StartLimit, Spares: true}
		if i == 0 {
			start.Guards = guards
		}
		p.Steps = append(p.Steps, start)
		follow = append(follow, Step{Order: Order{FollowJob: &job}, Limit: w.Policy.RunLimit, Spares: true})
		verify = append(verify, Step{Order: Order{VerifyJob: &job}, Limit: w.Policy.StartLimit, Spares: true})
	}
	p.Steps = append(append(p.Steps, follow...), verify...)
	p.name()
	p.Costs = []string{"queued at once: " + model.Plural(len(r.Cells), "backup") + "; the Director's own limits let them run",
		"one that cannot be started, or ends badly again, is told, and the others go on"}
	p.Undo = []string{"each can be canceled while it runs; what has ended stays until its retention is over"}
	return w.Finish(p, guards...)
}

func (r *Rerun) words() (verb, says, confirm string) {
	what := model.Plural(len(r.Cells), "backup")
	return "rerun", fmt.Sprintf("run %s again on %s", what, r.Cluster), fmt.Sprintf("rerun %d %s", len(r.Cells), r.Cluster)
}

func init() {
	for id, g := range map[string]guard{
		"reruns-there":   {judge: ofRerun(World.rerunsThere), needs: ofDirector, found: foundEpoch},
		"reruns-idle":    {judge: ofRerun(World.rerunsIdle), needs: ofBoth},
		"reruns-not-due": {judge: ofRerun(World.rerunsNotDue), needs: ofDirector},
	} {
		guards[id] = g
	}
}

func ofRerun(judge func(World, *Rerun) model.Check) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		if p.Ask.Rerun == nil {
			return model.Check{Bar: model.Block, Value: "no backups were to be run again"}
		}
		return judge(w, p.Ask.Rerun)
	}
}

// rerunsThere wants a job of each cell; it is bound to the configuration that the Director has loaded.
func (w World) rerunsThere(r *Rerun) model.Check {
	d, s := w.active(r.Cluster)
	c := model.Check{Says: cmp.Or(d.Name, r.Cluster.String()+"'s Director") + " has their jobs", Bar: model.Block, At: s.At}
	if heard, why := w.heard(s); !heard {
		c.Value = why
		return c
	}
	var lacks, unknown []string
	for _, cell := range r.Cells {
		switch v := w.cell(cell); {
		case v == nil || v.On[r.Cluster].Has == model.Unknown:
			unknown = append(unknown, cell.String())
		case v.On[r.Cluster].Has == model.Fails && !v.On[r.Cluster].Off:
			lacks = append(lacks, cell.String())
		}
	}
	loaded := d.Started
	if d.Reloaded.After(loaded) {
		loaded = d.Reloaded
	}
	switch {
	case len(lacks) > 0:
		c.Verdict, c.Value = model.Fails, "it lacks those of "+firstFew(lacks)
	case len(unknown) > 0:
		c.Value = "not read yet: " + firstFew(unknown)
	default:
		c.Verdict, c.Fact = model.Holds, epochFact(d.Name, loaded)
		c.Value = fmt.Sprintf("all %d, loaded %s", len(r.Cells), loaded.UTC().Format("2 Jan 15:04:05"))
	}
	return c
}

// rerunsIdle asks for a reason where a cell is under way on either cluster: both read one clone source.
func (w World) rerunsIdle(r *Rerun) model.Check {
	c := model.Check{Says: "no job of these cells runs", Bar: model.Override}
	at, why := w.fresh(r.Cluster)
	if c.At = at; at.IsZero() {
		c.Value = why
		return c
	}
	var open []string
	for _, cell := range r.Cells {
		v := w.cell(cell)
		for _, k := range model.Clusters {
			if v != nil && v.On[k].Open != nil {
				open = append(open, fmt.Sprintf("JobId %d on %s", v.On[k].Open.ID, k))
			}
		}
	}
	if len(open) > 0 {
		c.Verdict, c.Value = model.Fails, firstFew(open)
		return c
	}
	c.Verdict, c.Value = model.Holds, "none"
	return c
}

func (w World) rerunsNotDue(r *Rerun) model.Check {
	c := model.Check{Says: "no schedule starts one of them soon", Bar: model.Caution, Limit: "> " + model.Span(w.Policy.DueSoon)}
	_, s := w.active(r.Cluster)
	c.At = s.At
	if heard, why := w.heard(s); !heard {
		c.Value = why
		return c
	}
	var due []string
	for _, cell := range r.Cells {
		if v := w.cell(cell); v != nil && !v.On[r.Cluster].Due.IsZero() && v.On[r.Cluster].Due.Sub(w.Now) <= w.Policy.DueSoon {
			due = append(due, cell.String())
		}
	}
	if len(due) > 0 {
		c.Verdict, c.Value = model.Fails, firstFew(due)
		return c
	}
	c.Verdict, c.Value = model.Holds, "none"
	return c
}

// wayToRerun is past what holds up backups that are run again.
func (w World) wayToRerun(r *Rerun, id string) string {
	_, s := w.active(r.Cluster)
	if way := w.wayToSource(&s); way != "" {
		return way
	}
	switch id {
	case "reruns-there":
		return "ask again: a cell that no Director has a job for is left to the other cluster, or to a push of the routes"
	case "reruns-idle":
		return "ask again when they have ended: what ran again is left out"
	}
	return "ask again: what its schedule starts soon is left out; where the Job allows no duplicates, Bacula cancels the later one"
}
