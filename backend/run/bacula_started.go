package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"switchyard/backend/bacula"
	"switchyard/model"
	"switchyard/model/plan"
	"switchyard/model/record"
)

// started is sure that nothing was started only when the Director answers: a hung one may have a command in its hands. A job's row is
// there before its Director says that it is queued, so that the catalog is read again after the Director has answered.
func (l *lever) started(ctx context.Context, j plan.TaggedJob, called time.Duration) (Sight, error) {
	t, there, err := l.find(ctx, j)
	why := "nothing was sent"
	if err == nil && !there {
		var sight bacula.DirectorSight
		if sight, err = l.director.Read(ctx); err == nil && called > 0 {
			why, err = l.onItsWay(ctx, sight, called)
		}
		if err == nil {
			t, there, err = l.find(ctx, j)
		}
	}
	switch {
	case err != nil:
		return Sight{}, err
	case there:
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("JobId %d, %s", t.ID, t.Job),
			Found: []record.Found{{Job: &record.FoundJob{Cluster: l.cluster, Job: t.Job, ID: t.ID, Tag: j.Tag}}}}, nil
	}
	says := fmt.Sprintf("no job after JobId %d has the comment %s", j.After.ID, j.Tag)
	if called > 0 && why != "" {
		says += ", but " + why
	}
	return Sight{Verdict: model.Fails, Says: says, Absent: called > 0 && why == ""}, nil
}

// onItsWay says why a command that was sent may still be obeyed; empty when it cannot: the Director writes to the catalog that is read
// here, and holds no console that may be the one it was sent by.
func (l *lever) onItsWay(ctx context.Context, sight bacula.DirectorSight, called time.Duration) (why string, err error) {
	if why, err = l.foreign(ctx, sight); err != nil || why != "" {
		return why, err
	}
	ages, err := l.Console.Consoles(ctx)
	if err != nil {
		return "", err
	}
	for _, age := range ages {
		if age <= called+consoleClock {
			return "the Director holds a console that may still give the command", nil
		}
	}
	return "", nil
}

// foreign says why the Director may write to another catalog than is read: the newest job that it knows is not there. Empty: it is, or the
// Director knows none.
func (l *lever) foreign(ctx context.Context, sight bacula.DirectorSight) (why string, err error) {
	var newest model.Job
	for _, jobs := range [][]model.Job{sight.Running, sight.Ended} {
		for i := range jobs {
			if jobs[i].ID > newest.ID {
				newest = jobs[i]
			}
		}
	}
	if newest.ID == 0 {
		return "", nil
	}
	switch _, err := l.Catalog.Job(ctx, newest.ID, newest.Key.Job); {
	case errors.Is(err, model.ErrNone):
		return fmt.Sprintf("the Director knows JobId %d, which is not in the catalog", newest.ID), nil
	case err != nil:
		return "", err
	}
	return "", nil
}

// find looks for the job that carries a tag.
func (l *lever) find(ctx context.Context, j plan.TaggedJob) (bacula.Tag, bool, error) {
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
	switch {
	case err != nil:
	case first && j.After.ID > 0:
		err = fmt.Errorf("%s's catalog has no JobId %d any more: it has lost jobs", l.cluster, j.After.ID)
	case len(found) > 1:
		err = fmt.Errorf(
			"%w: %d have the comment %s on %s, the first are JobId %d (%s) and JobId %d (%s)",
			errTwice,
			len(found),
			j.Tag,
			l.cluster,
			found[0].ID,
			found[0].Job,
			found[1].ID,
			found[1].Job,
		)
	}
	if err != nil || len(found) == 0 {
		return bacula.Tag{}, false, err
	}
	return found[0], true, nil
}
