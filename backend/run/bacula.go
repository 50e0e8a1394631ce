package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push"
	"switchyard/model"
	"switchyard/model/plan"
)

// Bacula is the hand that reaches both clusters with credentials that can act. It is for one runner: not safe for concurrent use.
type Bacula struct{ clusters [2]lever }

// Lever is how one cluster is reached: its active Director's act Console, and its catalog.
type Lever struct {
	Console bacula.Console // Argv is nil where nothing may act
	Catalog *bacula.Catalog
}

type lever struct {
	Lever
	cluster  model.Cluster
	director *bacula.DirectorReader
	found    map[string]bacula.Tag // by tag: a job that was seen once stays where it is
}

// NewBacula makes the hand of two clusters.
func NewBacula(of [2]Lever) *Bacula {
	b := &Bacula{}
	for _, c := range model.Clusters {
		b.clusters[c] = lever{Lever: of[c], cluster: c, found: map[string]bacula.Tag{},
			director: &bacula.DirectorReader{Cluster: c, Console: of[c].Console, JobsEvery: 24 * time.Hour}}
	}
	return b
}

// deed is how the hand carries out one order, and how it sees that it is done.
type deed struct {
	look func(context.Context, *Bacula, plan.Order) (Sight, error)
	do   func(context.Context, *Bacula, plan.Order) error // nil of an order that only looks
}

// deeds are what the hand does, by the orders' names in their table.
var deeds = map[string]deed{
	"start_job": {
		look: func(ctx context.Context, b *Bacula, o plan.Order) (Sight, error) {
			return b.clusters[o.StartJob.Cluster].started(ctx, o.StartJob.TaggedJob)
		},
		do: func(ctx context.Context, b *Bacula, o plan.Order) error {
			_, err := push.Run(ctx, b.clusters[o.StartJob.Cluster].Console, o.Sends(), o.StartJob.Job, startParts(o.StartJob)...)
			return err
		},
	},
	"follow_job": {look: func(ctx context.Context, b *Bacula, o plan.Order) (Sight, error) {
		return b.clusters[o.FollowJob.Cluster].ended(ctx, *o.FollowJob)
	}},
	"verify_job": {look: func(ctx context.Context, b *Bacula, o plan.Order) (Sight, error) {
		return b.clusters[o.VerifyJob.Cluster].verified(ctx, *o.VerifyJob)
	}},
	"cancel_job": {
		look: func(ctx context.Context, b *Bacula, o plan.Order) (Sight, error) {
			return b.clusters[o.CancelJob.Cluster].canceled(ctx, *o.CancelJob)
		},
		do: func(ctx context.Context, b *Bacula, o plan.Order) error {
			return push.Cancel(ctx, b.clusters[o.CancelJob.Cluster].Console, o.Sends(), o.CancelJob.Job)
		},
	},
}

func deedOf(o plan.Order) (deed, error) {
	row, err := o.Row()
	if err != nil {
		return deed{}, err
	}
	d, known := deeds[row.Name]
	if !known {
		return deed{}, fmt.Errorf("to %s is nothing that is asked of Bacula", row.Does)
	}
	return d, nil
}

// startParts are the names in the line that starts a job, besides the job's.
func startParts(s *plan.StartJob) []string {
	if s.Level == "" {
		return []string{s.Tag}
	}
	return []string{s.Tag, s.Level}
}

// Do starts or cancels a job.
func (b *Bacula) Do(ctx context.Context, o plan.Order) error {
	d, err := deedOf(o)
	if err == nil && d.do == nil {
		err = errors.New("its order only looks")
	}
	if err != nil {
		return fmt.Errorf("doing a step: %w: %w", model.ErrNotDone, err)
	}
	return d.do(ctx, b, o)
}

// Look reads the catalog, and where that is not enough the Director.
func (b *Bacula) Look(ctx context.Context, o plan.Order) (Sight, error) {
	d, err := deedOf(o)
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	return d.look(ctx, b, o)
}

// started is sure that nothing was started only when the Director answers: a hung one may have a command in its hands. A job's row is
// there before its Director says that it is queued.
func (l *lever) started(ctx context.Context, j plan.TaggedJob) (Sight, error) {
	t, there, err := l.find(ctx, j)
	if err == nil && !there {
		if _, err = l.director.Read(ctx); err == nil {
			t, there, err = l.find(ctx, j)
		}
	}
	switch {
	case err != nil:
		return Sight{}, err
	case there:
		return Sight{model.Holds, fmt.Sprintf("JobId %d, %s", t.ID, t.Job)}, nil
	}
	return Sight{model.Fails, fmt.Sprintf("no job after JobId %d has the comment %s", j.After.ID, j.Tag)}, nil
}

// find looks for the job that carries a tag.
func (l *lever) find(ctx context.Context, j plan.TaggedJob) (bacula.Tag, bool, error) {
	if t, known := l.found[j.Tag]; known {
		return t, true, nil
	}
	first := true
	var found []bacula.Tag
	err := l.Catalog.Comments(ctx, j.After.ID, func(t bacula.Tag) error {
		if first && j.After.ID > 0 && (t.ID != j.After.ID || t.Job != j.After.Job) {
			return fmt.Errorf("JobId %d is not the job it was when the plan was made: the catalog has lost jobs and its JobIds are issued again",
				j.After.ID)
		}
		first = false
		if t.Comment == j.Tag {
			found = append(found, t)
		}
		return nil
	})
	if err == nil && first && j.After.ID > 0 {
		err = fmt.Errorf("%s's catalog has no JobId %d any more: it has lost jobs", l.cluster, j.After.ID)
	}
	if err != nil || len(found) == 0 {
		return bacula.Tag{}, false, err
	}
	l.found[j.Tag] = found[0]
	return found[0], true, nil
}

func (l *lever) row(ctx context.Context, j plan.TaggedJob) (bacula.Row, error) {
	t, there, err := l.find(ctx, j)
	if err != nil {
		return bacula.Row{}, err
	}
	if !there {
		return bacula.Row{}, fmt.Errorf("no job has the comment %s any more: %w", j.Tag, model.ErrNone)
	}
	return l.Catalog.Job(ctx, t.ID, t.Job)
}

// ended waits for the end, and fails when it is not a good one.
func (l *lever) ended(ctx context.Context, j plan.TaggedJob) (Sight, error) {
	r, err := l.row(ctx, j)
	if err != nil {
		return Sight{}, err
	}
	o := r.Outcome()
	switch {
	case o.Open():
		return Sight{Says: fmt.Sprintf("JobId %d: %s", r.ID, r.Status)}, nil
	case o.Good():
		return Sight{model.Holds, fmt.Sprintf("JobId %d ended %s", r.ID, o)}, nil
	}
	says := fmt.Sprintf("JobId %d ended %s", r.ID, o)
	if why, err := l.Catalog.Why(ctx, r.ID); err == nil && why != "" {
		says += ": " + why
	}
	return Sight{model.Fails, says}, nil
}

// Canceled is what canceling the job of an order that follows one touches, when the catalog calls that job canceled; else empty.
func (b *Bacula) Canceled(ctx context.Context, o plan.Order) string {
	if o.FollowJob == nil {
		return ""
	}
	l := &b.clusters[o.FollowJob.Cluster]
	r, err := l.row(ctx, *o.FollowJob)
	if err != nil || r.Outcome() != model.Canceled {
		return ""
	}
	return plan.TouchJob(model.JobKey{Cluster: l.cluster, Job: l.found[o.FollowJob.Tag].Job})
}

// verified wants what a restore needs: an end that counts, and files in a full backup.
func (l *lever) verified(ctx context.Context, j plan.TaggedJob) (Sight, error) {
	r, err := l.row(ctx, j)
	if err != nil {
		return Sight{}, err
	}
	says := fmt.Sprintf("JobId %d %s: %s, %d files, %s, %d errors", r.ID, r.Level, r.Outcome(), r.Files, model.Size(r.Bytes), r.Errors)
	if !r.Outcome().Good() || r.Level == 'F' && (r.Files == 0 || r.Bytes == 0) {
		return Sight{model.Fails, says}, nil
	}
	return Sight{model.Holds, says}, nil
}

// canceled holds when the catalog says that the job has ended, however: nothing ends it twice.
func (l *lever) canceled(ctx context.Context, j plan.CancelJob) (Sight, error) {
	r, err := l.Catalog.Job(ctx, j.ID, j.Job)
	if err == nil && !r.Outcome().Open() {
		return Sight{model.Holds, fmt.Sprintf("JobId %d ended %s", r.ID, r.Outcome())}, nil
	}
	sight, derr := l.director.Read(ctx)
	switch {
	case derr != nil:
		return Sight{}, errors.Join(err, derr)
	case slices.ContainsFunc(sight.Running, func(r model.Job) bool { return r.Key.Job == j.Job }):
		return Sight{model.Fails, fmt.Sprintf("the Director still runs JobId %d", j.ID)}, nil
	case err != nil:
		return Sight{}, fmt.Errorf("the Director does not run JobId %d any more; how it ended is not known: %w", j.ID, err)
	}
	return Sight{Says: fmt.Sprintf("the Director does not run JobId %d any more, the catalog calls it %s", j.ID, r.Status)}, nil
}
