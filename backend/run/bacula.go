package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/backend/bacula"
	"switchyard/backend/bacula/push"
	"switchyard/model"
	"switchyard/model/plan"
)

// Bacula is the hand that reaches both clusters with credentials that can act. It is for one runner: not safe for concurrent use.
type Bacula struct {
	Now      func() time.Time
	Names    *model.Names // of jobs, by which the open ones of cells are found
	clusters [2]lever
}

// Lever is how one cluster is reached: its active Director's act Console, and its catalog.
type Lever struct {
	Console bacula.Console // Argv is nil where nothing may act
	Catalog *bacula.Catalog
}

type lever struct {
	Lever
	cluster  model.Cluster
	director *bacula.DirectorReader
}

// NewBacula makes the hand of two clusters.
func NewBacula(of [2]Lever) *Bacula {
	b := &Bacula{Now: model.Now}
	for _, c := range model.Clusters {
		b.clusters[c] = lever{Lever: of[c], cluster: c,
			director: &bacula.DirectorReader{Cluster: c, Console: of[c].Console, JobsEvery: 24 * time.Hour}}
	}
	return b
}

// deed is how the hand carries out one order, and how it sees that it is done.
type deed struct {
	look func(context.Context, *Bacula, plan.Order, plan.Past) (Sight, error)
	do   func(context.Context, *Bacula, plan.Order) error // nil of an order that only looks
}

// deeds are what the hand does, by the orders' names in their table.
var deeds = map[string]deed{
	"start_job": {
		look: func(ctx context.Context, b *Bacula, o plan.Order, past plan.Past) (Sight, error) {
			return b.clusters[o.StartJob.Cluster].started(ctx, o.StartJob.TaggedJob, b.since(past))
		},
		do: func(ctx context.Context, b *Bacula, o plan.Order) error {
			if err := b.clusters[o.StartJob.Cluster].alone(ctx, o.StartJob); err != nil {
				return fmt.Errorf("starting %s: %w: %w", o.StartJob.Job, model.ErrNotDone, err)
			}
			_, err := push.Run(ctx, b.clusters[o.StartJob.Cluster].Console, o.Sends(), o.StartJob.Job, startParts(o.StartJob)...)
			return err
		},
	},
	"follow_job": {look: func(ctx context.Context, b *Bacula, o plan.Order, past plan.Past) (Sight, error) {
		return b.clusters[o.FollowJob.Cluster].ended(ctx, *o.FollowJob, past)
	}},
	"verify_job": {look: func(ctx context.Context, b *Bacula, o plan.Order, past plan.Past) (Sight, error) {
		return b.clusters[o.VerifyJob.Cluster].verified(ctx, *o.VerifyJob, past)
	}},
	"drained": {look: func(ctx context.Context, b *Bacula, o plan.Order, _ plan.Past) (Sight, error) {
		return b.drained(ctx, o.Drained)
	}},
	"cancel_job": {
		look: func(ctx context.Context, b *Bacula, o plan.Order, _ plan.Past) (Sight, error) {
			return b.clusters[o.CancelJob.Cluster].canceled(ctx, *o.CancelJob)
		},
		do: func(ctx context.Context, b *Bacula, o plan.Order) error {
			return push.Cancel(ctx, b.clusters[o.CancelJob.Cluster].Console, o.Sends(), o.CancelJob.Job)
		},
	},
	"start_restore":  restoreDeed,
	"verify_restore": verifyDeed,
	"end_restore":    endDeed,
	"greet": {look: func(ctx context.Context, b *Bacula, o plan.Order, _ plan.Past) (Sight, error) {
		return b.clusters[o.Greet.Cluster].greeted(ctx, o.Greet)
	}},
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

// greeted wants a Storage Daemon to tell, through its Director, what runs on it.
func (l *lever) greeted(ctx context.Context, g *plan.Greet) (Sight, error) {
	reader := &bacula.StorageReader{Console: l.Console}
	jobs, met := reader.Running(ctx, []string{g.Storage})
	if err := met[g.Storage]; err != nil {
		return Sight{}, err
	}
	return Sight{
		Verdict: model.Holds,
		Says:    model.Clean(fmt.Sprintf("%s answers %s: %d jobs are on it", g.Storage, g.Director, len(jobs))),
	}, nil
}

// alone refuses a job that is not to be started beside another one of its name.
func (l *lever) alone(ctx context.Context, s *plan.StartJob) error {
	if !s.Alone {
		return nil
	}
	sight, err := l.director.Read(ctx)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(sight.Running, func(j model.Job) bool { return j.Name == s.Job }); i >= 0 {
		return fmt.Errorf("JobId %d of it is there already", sight.Running[i].ID)
	}
	return nil
}

// startParts are the names in the line that starts a job, besides the job's.
func startParts(s *plan.StartJob) []string {
	if s.Level == "" {
		return []string{s.Tag}
	}
	return []string{s.Tag, s.Level}
}

// Do starts or cancels a job.
func (b *Bacula) Do(ctx context.Context, o plan.Order, past plan.Past) error {
	if s := o.StartRestore; s != nil {
		if o.StartRestore = s.Found(past); len(o.StartRestore.JobIDs) == 0 {
			return fmt.Errorf("doing a step: %w: nobody noted which backup carries the comment %s", model.ErrNotDone, s.Of)
		}
	}
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
func (b *Bacula) Look(ctx context.Context, o plan.Order, past plan.Past) (Sight, error) {
	d, err := deedOf(o)
	if err == nil {
		err = b.onPromoted(ctx, past)
	}
	if err != nil {
		return Sight{}, fmt.Errorf("looking at a step: %w", err)
	}
	return d.look(ctx, b, o, past)
}

// promotedUUID is the name under which a step finds who the server is that it promoted.
const promotedUUID = "server_uuid"

// onPromoted lets green's catalog be read on the server that the action has promoted, and nowhere else: a session that is still on the one
// before would show what nobody writes to any more.
func (b *Bacula) onPromoted(ctx context.Context, past plan.Past) error {
	uuid := ""
	for _, f := range past.Found {
		if f.Setting != nil && f.Setting.Name == promotedUUID {
			uuid = f.Setting.Value
		}
	}
	catalog := b.clusters[model.Green].Catalog
	is := func() bool { _, _, id := catalog.Host(); return strings.HasPrefix(id, uuid+" ") }
	if uuid == "" || is() {
		return nil
	}
	catalog.Anew()
	if _, err := catalog.Clock(ctx); err != nil {
		return err
	}
	if host, _, id := catalog.Host(); !is() {
		return fmt.Errorf("green's catalog is read on %s (%s), and not on the promoted server %s", host, id, uuid)
	}
	return nil
}

// since is how long a call may have been on its way; 0: none was.
func (b *Bacula) since(past plan.Past) time.Duration {
	if past.Intended.IsZero() {
		return 0
	}
	return max(time.Nanosecond, elapsed(past.Intended, b.Now()))
}

// consoleClock is how much a Director's words about its consoles may be wrong: they are in whole minutes of its local time, whose summer
// ends.
const consoleClock = time.Hour + 2*time.Minute

// errTwice is a tag that more than one job carries: which of them counts, only a person can say.
var errTwice = errors.New("more than one job carries one comment")

// row is the job's, which the step that started it has found, and else is found by its tag.
func (l *lever) row(ctx context.Context, j plan.TaggedJob, past plan.Past) (bacula.Row, error) {
	for _, f := range past.Found {
		if f.Job != nil && f.Job.Cluster == l.cluster && f.Job.Tag == j.Tag {
			return l.Catalog.Job(ctx, f.Job.ID, f.Job.Job)
		}
	}
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
func (l *lever) ended(ctx context.Context, j plan.TaggedJob, past plan.Past) (Sight, error) {
	r, err := l.row(ctx, j, past)
	if err != nil {
		return Sight{}, err
	}
	o := r.Outcome()
	switch {
	case o.Open():
		return Sight{Says: fmt.Sprintf("JobId %d: %s", r.ID, r.Status)}, nil
	case o.Good():
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("JobId %d ended %s", r.ID, o)}, nil
	}
	says := fmt.Sprintf("JobId %d ended %s", r.ID, o)
	if why, err := l.Catalog.Why(ctx, r.ID); err == nil && why != "" {
		says += ": " + why
	}
	return Sight{Verdict: model.Fails, Says: causeFirst(&r, says)}, nil
}

// Canceled is what canceling the job of an order that follows one touches, when the catalog calls that job canceled; else empty.
func (b *Bacula) Canceled(ctx context.Context, o plan.Order, past plan.Past) string {
	if o.FollowJob == nil {
		return ""
	}
	l := &b.clusters[o.FollowJob.Cluster]
	r, err := l.row(ctx, *o.FollowJob, past)
	if err != nil || r.Outcome() != model.Canceled {
		return ""
	}
	return plan.TouchJob(model.JobKey{Cluster: l.cluster, Job: r.Job})
}

// verified wants what a restore needs: a good backup, as it is judged everywhere.
func (l *lever) verified(ctx context.Context, j plan.TaggedJob, past plan.Past) (Sight, error) {
	r, err := l.row(ctx, j, past)
	if err != nil {
		return Sight{}, err
	}
	if _, _, err := l.find(ctx, j); errors.Is(err, errTwice) {
		return Sight{}, err
	}
	ahead, err := l.Catalog.Clock(ctx)
	if err != nil {
		return Sight{}, err
	}
	says := fmt.Sprintf("JobId %d %s: %s, %d files, %s, %d errors", r.ID, r.Level, r.Outcome(), r.Files, model.Size(r.Bytes), r.Errors)
	row := r.ToJob(l.cluster)
	on, err := l.Catalog.Stored(ctx, []uint32{r.ID})
	if err != nil {
		return Sight{}, err
	}
	row.Stored = on[r.ID]
	doubt := model.Judge(row.Claim(), model.Bench{Now: model.Now().Add(ahead), Leaves: strings.ContainsRune(j.Leaves, rune(r.Level))})
	if doubt != model.NoDoubt {
		return Sight{Verdict: model.Fails, Says: says + ": " + doubt.String()}, nil
	}
	switch asked := model.LevelCalled(j.Asked); {
	case j.Asked != "" && !r.Level.Serves(asked):
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("%s: it ran as %s, and %s was asked for", says, r.Level, j.Asked)}, nil
	case j.Asked != "" && r.Level != asked:
		says += fmt.Sprintf(" (%s was asked for: Bacula made it more)", j.Asked)
	}
	return Sight{Verdict: model.Holds, Says: says}, nil
}

// canceled holds when the catalog says that the job has ended, however: nothing ends it twice.
func (l *lever) canceled(ctx context.Context, j plan.CancelJob) (Sight, error) {
	r, err := l.Catalog.Job(ctx, j.ID, j.Job)
	if err == nil && !r.Outcome().Open() {
		return Sight{Verdict: model.Holds, Says: fmt.Sprintf("JobId %d ended %s", r.ID, r.Outcome())}, nil
	}
	sight, derr := l.director.Read(ctx)
	switch {
	case derr != nil:
		return Sight{}, errors.Join(err, derr)
	case slices.ContainsFunc(sight.Running, func(r model.Job) bool { return r.Key.Job == j.Job }):
		return Sight{Verdict: model.Fails, Says: fmt.Sprintf("the Director still runs JobId %d", j.ID)}, nil
	case err != nil:
		return Sight{}, fmt.Errorf("the Director does not run JobId %d any more; how it ended is not known: %w", j.ID, err)
	}
	return Sight{Says: fmt.Sprintf("the Director does not run JobId %d any more, the catalog calls it %s", j.ID, r.Status)}, nil
}
