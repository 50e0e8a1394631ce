package plan

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// Cancel asks to cancel a job.
type Cancel struct {
	Job model.JobKey `json:"job"`
	ID  uint32       `json:"jobid"`
}

// CancelOf finds the open job that a person means: by JobId, by Bacula's unique Job name, or by the Job resource's name when one of it is
// open.
func CancelOf(s *board.Snapshot, c model.Cluster, text string) (*Cancel, error) {
	v := s.Clusters[c]
	if v == nil {
		return nil, fmt.Errorf("looking for job %q: nothing is known of %s: %w", model.Clean(text), c, model.ErrNone)
	}
	id, err := strconv.ParseUint(text, 10, 32)
	means := func(j model.Job) bool { return err == nil && uint64(j.ID) == id || j.Key.Job == text || j.Name == text }
	var found []model.Job
	for _, j := range v.Open {
		if means(j) {
			found = append(found, j)
		}
	}
	switch len(found) {
	case 1:
		return &Cancel{Job: found[0].Key, ID: found[0].ID}, nil
	case 0:
		if i := slices.IndexFunc(v.Recent, means); i >= 0 {
			j := &v.Recent[i]
			return nil, fmt.Errorf("looking for job %q on %s: JobId %d has ended (%s): %w", model.Clean(text), c, j.ID, j.Outcome, model.ErrNone)
		}
		return nil, fmt.Errorf("looking for job %q on %s: no open job has that JobId or name: %w", model.Clean(text), c, model.ErrNone)
	}
	return nil, fmt.Errorf("looking for job %q on %s: %d open jobs have that name; write a JobId, such as %d",
		model.Clean(text), c, len(found), found[0].ID)
}

func (k *Cancel) plan(w World, id string) (*Plan, error) {
	c := k.Job.Cluster
	if w.Snapshot.Clusters[c] == nil {
		return nil, fmt.Errorf("planning to cancel JobId %d: nothing is known of %s: %w", k.ID, c, model.ErrNone)
	}
	j := w.canceled(k)
	p := &Plan{
		ID: id, Ask: Ask{Cancel: k}, Costs: w.lost(j),
		Undo: []string{"what the job has written is lost: nothing can be restored from it", "the next backup starts anew"},
	}
	p.Verb, p.Says, p.Confirm = k.words()
	if j != nil && j.Type == model.TypeRestore {
		p.Undo = []string{"what the restore has written stays where it is, incomplete", "the next restore starts anew"}
	}
	guards := []string{"director-answers", "catalog-writes", "job-runs", "promise-kept"}
	p.Steps = []Step{
		{Order: Order{CancelJob: &CancelJob{Cluster: c, Job: k.Job.Job, ID: k.ID}}, Guards: guards, Limit: w.Policy.StartLimit, NoReturn: true},
	}
	p.name()
	return w.Finish(p, guards...)
}

func (k *Cancel) words() (verb, says, confirm string) {
	name, _ := model.JobName(k.Job.Job)
	return "cancel", model.Clean(
			fmt.Sprintf("cancel JobId %d (%s) on %s", k.ID, name, k.Job.Cluster),
		), fmt.Sprintf(
			"cancel %d %s",
			k.ID,
			k.Job.Cluster,
		)
}

// canceled is the open job that is to be canceled; nil when it is not known.
func (w World) canceled(k *Cancel) *model.Job {
	if v := w.Snapshot.Clusters[k.Job.Cluster]; v != nil {
		if i := slices.IndexFunc(v.Open, func(o model.Job) bool { return o.Key == k.Job && o.ID == k.ID }); i >= 0 {
			return &v.Open[i]
		}
	}
	return nil
}

// ofCancel judges the job that is to be canceled.
func ofCancel(judge func(World, *Cancel, *model.Job) model.Check) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		if p.Ask.Cancel == nil {
			return model.Check{Bar: model.Block, Value: "no job was to be canceled"}
		}
		return judge(w, p.Ask.Cancel, w.canceled(p.Ask.Cancel))
	}
}

// jobRuns is bound to the job itself: JobIds are issued again after a failover.
func (w World) jobRuns(k *Cancel, j *model.Job) model.Check {
	g := model.Check{ID: "job-runs", Says: fmt.Sprintf("%s holds JobId %d", k.Job.Cluster, k.ID), Bar: model.Block, Fact: k.Job.Job}
	at, why := w.fresh(k.Job.Cluster)
	if _, s := w.active(k.Job.Cluster); at.IsZero() && j != nil { // its Director alone can tell that it is there
		if heard, _ := w.heard(s); heard {
			at = s.At
		}
	}
	switch {
	case at.IsZero():
		g.Value = why
	case j == nil:
		g.Verdict, g.At, g.Value = model.Fails, at, "it does not: the job has ended, or never was"
	case j.Outcome == model.Lost:
		g.Verdict, g.At, g.Value = model.Fails, at, "the catalog calls it "+j.Status.String()+", the Director does not know it"
	default:
		g.Verdict, g.At, g.Value = model.Holds, at, fmt.Sprintf("%s: %s", k.Job.Job, j.Status)
	}
	return g
}

// promiseKept holds when the cell has a good backup that lasts until it is next due.
func (w World) promiseKept(k *Cancel, j *model.Job) model.Check {
	g := model.Check{ID: "promise-kept", Says: "its cell keeps its promise without it", Bar: model.Override}
	if j != nil && !j.HasCell {
		g.Verdict, g.At, g.Value = model.Holds, w.Now, "it is no cell's backup"
		return g
	}
	at, why := w.fresh(k.Job.Cluster)
	if at.IsZero() || j == nil {
		g.Value = why
		if j == nil {
			g.Value = "the job is not known"
		}
		return g
	}
	v := w.cell(j.Cell)
	if v == nil {
		g.Value = "its cell is not known"
		return g
	}
	g.At = at
	g.Verdict, g.Value = w.keeps(v.Promise, v.Breaks(), v.Due())
	if g.Verdict == model.Holds && v.FullPromise > 0 && j.Level.Whole() { // it is the full one that is asked for
		g.Verdict, g.Value = w.keeps(v.FullPromise, v.FullBreaks(), v.Due())
		g.Value = "of a full one: " + g.Value
	}
	return g
}

// keeps tells whether a promise lasts until the next backup is due, without the one that runs.
func (w World) keeps(promise time.Duration, breaks, due time.Time) (model.Verdict, string) {
	switch {
	case promise <= 0:
		return model.Holds, "it has none"
	case breaks.IsZero():
		return model.Fails, "it has no good backup"
	case !breaks.After(w.Now):
		return model.Fails, "it has been broken for " + model.Age(w.Now.Sub(breaks))
	case due.IsZero() || !breaks.After(due):
		return model.Fails, "it breaks in " + model.Age(breaks.Sub(w.Now)) + ", before the next backup is due"
	}
	return model.Holds, "it breaks in " + model.Age(breaks.Sub(w.Now))
}

// waitsForClient is Bacula's JS_WaitFD.
const waitsForClient model.Status = 'F'

// lost says what is given up. It moves while a plan is looked at, so that no plan is bound to it.
func (w World) lost(j *model.Job) []string {
	switch {
	case j == nil:
		return nil
	case j.Outcome == model.Waiting:
		says := []string{"it has written nothing yet: " + j.Status.String()}
		if j.Status == waitsForClient {
			says = append(says, fmt.Sprintf("where its client hangs, the Director may need ten minutes to end it (9.6 does); "+
				"the action looks for %s, is unknown then, and can be resumed", model.Span(w.Policy.StartLimit)))
		}
		return says
	}
	says := "it is " + j.Status.String()
	if !j.Start.IsZero() {
		says = "it has been " + j.Status.String() + " for " + model.Age(w.Now.Sub(j.Start))
	}
	if j.Bytes > 0 {
		says += ", " + model.Size(j.Bytes) + " so far"
	}
	return []string{says}
}
