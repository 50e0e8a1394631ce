package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// Backup asks for a backup of a cell now.
type Backup struct {
	Cell    model.Cell    `json:"cell"`
	Cluster model.Cluster `json:"cluster"`
	Level   string        `json:"level,omitempty"` // Full, Incremental or Differential; empty: what the Job resource says
}

// Levels are what a backup by hand may ask for, in Bacula's words.
var Levels = []string{"Full", "Incremental", "Differential"}

// TouchCell names a cell on a cluster as something that actions touch.
func TouchCell(c model.Cluster, cell model.Cell) string {
	return record.Touch(c.String(), "cell", cell.Chain, cell.Region, cell.Kind.String())
}

// TouchJob names a job as something that actions touch.
func TouchJob(k model.JobKey) string { return record.Touch(k.Cluster.String(), "job", k.Job) }

func (b *Backup) plan(w World, id string) (*Plan, error) {
	if b.Level != "" && !slices.Contains(Levels, b.Level) {
		return nil, fmt.Errorf("planning a backup: level %q: want Full, Incremental or Differential", model.Clean(b.Level))
	}
	v := w.cell(b.Cell)
	if v == nil || w.Snapshot.Clusters[b.Cluster] == nil {
		return nil, fmt.Errorf("planning a backup: the inventory has no cell %s: %w", model.Clean(b.Cell.String()), model.ErrNone)
	}
	job := TaggedJob{Cluster: b.Cluster, Job: w.Names.Name(b.Cell), Tag: tagOf(id), After: w.mark(b.Cluster), Leaves: v.On[b.Cluster].Leaves}
	verify := job
	verify.Asked = b.Level
	p := &Plan{ID: id, Ask: Ask{Backup: b}}
	p.Verb, p.Says, p.Confirm = b.words()
	guards := []string{"director-answers", "catalog-writes", "director-linked", "job-there", "not-running", "other-idle", "not-due-soon"}
	p.Steps = []Step{
		{Order: Order{StartJob: &StartJob{TaggedJob: job, Level: b.Level}}, Guards: guards, Limit: w.Policy.StartLimit},
		{Order: Order{FollowJob: &job}, Limit: w.Policy.RunLimit},
		{Order: Order{VerifyJob: &verify}, Limit: w.Policy.StartLimit},
	}
	p.name()
	p.Costs = backupCosts(v, b.Cluster)
	p.Undo = []string{"it can be canceled while it runs; what it has written then is lost, and nothing else changes",
		"once it has ended it stays until its retention is over"}
	return w.Finish(p, guards...)
}

func (b *Backup) words() (verb, says, confirm string) {
	level := b.Level
	if level != "" {
		level += " "
	}
	return "backup", model.Clean(fmt.Sprintf("run a %sbackup of %s on %s now", level, b.Cell, b.Cluster)),
		model.Clean(fmt.Sprintf("backup %s %s", b.Cell.Chain, b.Cluster))
}

// ofBackup judges the cell that a backup was asked of.
func ofBackup(judge func(World, model.Cluster, *board.CellView) model.Check) func(World, *Plan, Past) model.Check {
	return func(w World, p *Plan, _ Past) model.Check {
		b := p.Ask.Backup
		if b == nil {
			return model.Check{Bar: model.Block, Value: "no backup was asked for"}
		}
		v := w.cell(b.Cell)
		if v == nil {
			return model.Check{Bar: model.Block, Value: "the inventory has no cell " + model.Clean(b.Cell.String())}
		}
		return judge(w, b.Cluster, v)
	}
}

// tagOf is the Comment that a plan's job carries.
func tagOf(id string) string { return "switchyard " + id }

func backupCosts(v *board.CellView, c model.Cluster) []string {
	g := v.On[c].LastGood
	if g == nil {
		return []string{"this cell has no good backup on " + c.String() + ": the Director makes it a full one, of unknown size"}
	}
	return []string{fmt.Sprintf("the last good one (%s) took %s and wrote %s", g.Level, model.Age(g.Took()), model.Size(g.Bytes))}
}

// jobThere is bound to the configuration that the Director has loaded.
func (w World) jobThere(c model.Cluster, v *board.CellView) model.Check {
	d, s := w.active(c)
	g := model.Check{
		ID:   "job-there",
		Says: fmt.Sprintf("%s has its job", cmp.Or(d.Name, c.String()+"'s Director")),
		Bar:  model.Block,
		At:   s.At,
	}
	loaded := d.Started
	if d.Reloaded.After(loaded) {
		loaded = d.Reloaded
	}
	heard, why := w.heard(s)
	switch has := v.On[c].Has; {
	case !heard:
		g.Value = why
	case has == model.Unknown:
		g.Value = "its jobs were not read yet"
	case has == model.Fails && !v.On[c].Off:
		g.Verdict, g.Value = model.Fails, "it has no job "+w.Names.Name(v.Cell)
	case has == model.Fails && v.On[c].Off:
		g.Verdict, g.Value = model.Holds, "switched off: it runs by hand alone"
		g.Fact = fmt.Sprintf("%s %d", d.Name, loaded.Unix())
	default:
		g.Verdict, g.Value = model.Holds, "loaded "+loaded.UTC().Format("2 Jan 15:04:05")
		g.Fact = epochFact(d.Name, loaded)
	}
	return g
}

// epochFact is which configuration a Director has loaded.
func epochFact(director string, loaded time.Time) string {
	return fmt.Sprintf("%s %d", director, loaded.Unix())
}

// notRunning is an override: Bacula itself cancels a duplicate where the Job says so, and elsewhere two run at once.
func (w World) notRunning(c model.Cluster, v *board.CellView) model.Check {
	return w.idle(model.Check{ID: "not-running", Says: "no job of this cell runs on " + c.String(), Bar: model.Override}, c, v)
}

// otherIdle warns that both clusters would read the same clone source at once.
func (w World) otherIdle(c model.Cluster, v *board.CellView) model.Check {
	other := model.Clusters[1-c]
	return w.idle(model.Check{ID: "other-idle", Says: "no job of this cell runs on " + other.String(), Bar: model.Caution}, other, v)
}

func (w World) idle(g model.Check, c model.Cluster, v *board.CellView) model.Check {
	at, why := w.fresh(c)
	j := v.On[c].Open
	switch {
	case at.IsZero():
		g.Value = why
	case j != nil:
		g.Verdict, g.At, g.Fact = model.Fails, at, j.Key.Job
		g.Value = fmt.Sprintf("JobId %d: %s", j.ID, j.Status)
	default:
		g.Verdict, g.At, g.Value = model.Holds, at, "none"
	}
	return g
}

// notDueSoon warns that the schedule is about to start the same job.
func (w World) notDueSoon(c model.Cluster, v *board.CellView) model.Check {
	limit := w.Policy.DueSoon
	g := model.Check{ID: "not-due-soon", Says: "its schedule does not start it soon", Bar: model.Caution, Limit: "> " + model.Span(limit)}
	_, s := w.active(c)
	heard, why := w.heard(s)
	due := v.On[c].Due
	switch {
	case !heard:
		g.Value = why
	case v.On[c].Has == model.Unknown:
		g.Value = "its jobs were not read yet"
	case due.IsZero():
		g.Verdict, g.At, g.Value = model.Holds, s.At, "never due"
	default:
		g.Verdict, g.At, g.Value = model.Holds, s.At, "due in "+model.Age(due.Sub(w.Now))
		if due.Sub(w.Now) <= limit {
			g.Verdict, g.Fact = model.Fails, due.UTC().Format(time.RFC3339)
		}
	}
	return g
}
