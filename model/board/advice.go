package board

import (
	"fmt"
	"time"

	"switchyard/model"
)

// doing is what is under way for a cell: its oldest open backup on either cluster, and what that makes of any advice.
type doing struct {
	job    *model.Job
	advice string // not to start another; empty when none is open
}

// underWay are the backups that are open, as the Directors and Storage Daemons tell of them: what the catalog alone calls open may be lost.
func (b *Board) underWay() map[model.Cell]doing {
	out := map[model.Cell]doing{}
	for _, s := range b.sides {
		for i := range s.view.Open {
			j := &s.view.Open[i]
			if !j.HasCell || j.Type != model.TypeBackup {
				continue
			}
			if advice := insteadOfAnother(j); advice != "" && (out[j.Cell].job == nil || out[j.Cell].job.Outcome != model.Running) {
				out[j.Cell] = doing{j, advice}
			}
		}
	}
	return out
}

// backedUp tells whether a backup is open of the cell whose backup a job was.
func (b *Board) backedUp(j *model.Job) bool {
	return j.HasCell && j.Type == model.TypeBackup && b.doing[j.Cell].job != nil
}

// insteadOfAnother is what to do about an open backup rather than to start one more; empty for what is not open.
func insteadOfAnother(j *model.Job) string {
	c := j.Key.Cluster
	switch j.Outcome {
	case model.Running:
		far := ""
		if p := j.Progress; !p.At.IsZero() && p.Percent >= 0 {
			far = fmt.Sprintf(", %d %%", p.Percent)
		}
		return fmt.Sprintf("wait for job %d%s: it runs on %s", j.ID, far, c)
	case model.Waiting:
		return fmt.Sprintf("see why job %d waits: it is to back it up on %s", j.ID, c)
	case model.Stuck:
		return fmt.Sprintf("mount or label a volume: job %d waits for a person on %s", j.ID, c)
	case model.OK, model.Warned, model.Failed, model.Canceled, model.Lost:
	}
	return ""
}

// full is what to do where only a full backup helps: one of another level that is open does not, and is not to be run into.
func (d doing) full() string {
	if d.job == nil || d.job.Level.Whole() {
		return d.advice
	}
	return fmt.Sprintf("run a full one after job %d: that one is %s", d.job.ID, d.job.Level)
}

// hindrances are what has to be so before each cluster can start a job, as in "once blue director answers"; empty: nothing is known to
// hinder it. Who only does not let the watcher in hinders nobody else.
func (b *Board) hindrances() (on [2]string) {
	for _, s := range b.sides {
		c := s.ledger.cluster
		switch {
		case s.view.Linked == model.Fails:
			on[c] = "once bacula-dir on " + c.String() + " is restarted"
		case s.catalog.WhyNoWrites() != "" && s.catalog.TakesWrites() == model.Fails:
			on[c] = "once " + c.String() + " catalog takes writes"
		}
	}
	for i := range b.seen {
		s := &b.seen[i]
		if c := clusterOf(s.Source); c != nil && s.Gates && s.Why != "" && !s.Early && !s.Trouble.Answers() {
			on[*c] = "once " + s.short() + " answers"
		}
	}
	return on
}

// atWork is what to do about a source while AWS is at work on the server behind it, as in a failover, or where its AWS region may be gone;
// empty where nothing says so, or a person has to do something else about it.
func (b *Board) atWork(of model.Source, trouble model.Trouble, now time.Time) string {
	if b.rds == nil || trouble.Answers() {
		return ""
	}
	i := b.rds.Primary
	switch {
	case of == model.CatalogOf(model.Green), of == primaryServer:
	case of.Kind == model.SourceServer:
		i = b.rds.Replica
	default:
		return ""
	}
	if i == nil {
		return ""
	}
	const longer = "; see its events when it lasts longer than 5 minutes"
	for _, f := range failovers(b.rds.Events, now) {
		if f.instance == i.ID && f.kind == model.EventFailoverBegan && now.Sub(f.last.At) < overdue {
			return "wait for AWS: it fails " + i.ID + " over since " + f.last.At.UTC().Format("15:04:05") + " UTC" + longer
		}
	}
	if i == b.rds.Primary && b.regionSilent() {
		return fmt.Sprintf("f fails over, if %s is gone: AWS tells nothing of %s there either, and the replica answers", i.Region, i.ID)
	}
	d := i.AWS.Value
	if class := d.StatusClass(); class != model.StatusChanging && class != model.StatusDown || d.Remedy() != "" || i.AWS.Why != "" {
		return ""
	}
	return "wait for AWS: it calls " + i.ID + " " + d.Status + longer
}

// regionSilent tells whether AWS does not answer for the primary, where the replica does: then it is not the way from here that fails.
func (b *Board) regionSilent() bool {
	gone, there := false, false
	for i := range b.seen {
		s := &b.seen[i]
		gone = gone || s.Source == model.Source{Kind: model.SourceInstance, Name: "primary"} && s.Why != "" && !s.Early && !s.Trouble.Answers()
		there = there || s.Source == model.Source{Kind: model.SourceServer, Name: "replica"} && s.Why == "" && !s.At.IsZero()
	}
	return gone && there
}

// overdue is how old the beginning of a failover may be while AWS still may be at work on it.
const overdue = 10 * time.Minute

// What is done about a cell that owes a backup, or a full one.
const (
	backUp     = "back it up"
	backUpFull = "run a full backup"
)

// run is to run a backup of a cell, where that can be done if not everywhere, or what has to be so first: "back it up on green now",
// "see to blue first: back it up once blue director answers".
func (b *Board) run(v *CellView, do, now string) string {
	var held, free []model.Cluster
	for _, c := range model.Clusters {
		switch {
		case v.On[c].Has == model.Fails:
		case b.hinders[c] == "":
			free = append(free, c)
		default:
			held = append(held, c)
		}
	}
	switch {
	case len(held) == 0:
		return do + now
	case len(free) == 0:
		return b.onceFree(held[0], do)
	}
	return do + " on " + free[0].String() + now
}

// onceFree is what to do on a cluster, which is to be seen to first where something hinders it.
func (b *Board) onceFree(c model.Cluster, do string) string {
	if hinders := b.hinders[c]; hinders != "" {
		return "see to " + c.String() + " first: " + do + " " + hinders
	}
	return do
}

// before tells whether a backup runs that ends before a moment, as far as anybody can tell.
func (d doing) before(at, now time.Time) bool {
	if d.job == nil || d.job.Outcome != model.Running {
		return false
	}
	p := &d.job.Progress
	return p.At.IsZero() || p.Left < 0 || now.Add(p.Left).Before(at)
}

// before is what to do about a promise that breaks at a moment, by what its schedules start until then.
func (b *Board) before(v *CellView, breaks time.Time) string {
	due, hinders := b.due(v)
	if due.IsZero() || !due.Before(breaks) {
		return b.run(v, backUp, "") + ": none is scheduled before then"
	}
	return watchThe("one", due.UTC().Format("15:04"), hinders, "it must end well")
}

// watchThe is to watch what is due, or what has to be so before it can start: "watch the one due 02:10 UTC: it must end well".
func watchThe(what, at, hinders, must string) string {
	if hinders != "" {
		return "see to its cluster first: the " + what + " due at " + at + " UTC starts only " + hinders +
			", until then nothing saves its promise"
	}
	return "watch the " + what + " due " + at + " UTC: " + must
}

// fullBefore is before where only a full backup helps.
func (b *Board) fullBefore(v *CellView, breaks, now time.Time) string {
	p, _ := b.inv.Find(v.Cell)
	var first model.Due
	hinders := ""
	for _, c := range model.Clusters {
		if v.On[c].Has != model.Holds {
			continue
		}
		for _, due := range b.schedule(c, p).Due(now, breaks, b.sides[c].zone) {
			if (due.Level == 0 || due.Level.Whole()) && sooner(due.At, b.hinders[c], first.At, hinders) {
				first, hinders = due, b.hinders[c]
			}
		}
	}
	switch at := first.At.UTC().Format("15:04"); {
	case first.At.IsZero():
		return b.run(v, backUpFull, "") + ": none is scheduled before then"
	case first.Level == 0:
		return watchThe("one", at, hinders, "it must be a full one and end well")
	default:
		return watchThe("Full", at, hinders, "it must end well")
	}
}

// due is when a schedule starts the cell next, and what hinders that: on a cluster that nothing hinders, else on one that something does;
// zero: none does.
func (b *Board) due(v *CellView) (first time.Time, hinders string) {
	for _, c := range model.Clusters {
		s := &v.On[c]
		if s.Has == model.Holds && !s.Due.IsZero() && sooner(s.Due, b.hinders[c], first, hinders) {
			first, hinders = s.Due, b.hinders[c]
		}
	}
	return first, hinders
}

// sooner tells which of two moments to go by: what is hindered counts only where nothing else does.
func sooner(at time.Time, hinders string, than time.Time, hindered string) bool {
	switch {
	case than.IsZero():
		return true
	case (hinders == "") != (hindered == ""):
		return hinders == ""
	}
	return at.Before(than)
}

// owes is what to do about a promise that is broken while no backup is open.
func (b *Board) owes(v *CellView, best *model.Job, now time.Time) string {
	run := b.run(v, backUp, " now")
	switch {
	case v.owesFull(best, now):
		return b.run(v, backUpFull, " now") + ": others are there, and no full one that is young enough"
	case best == nil && !v.triedAfter(time.Time{}):
		return run + ", and see why none was ever tried: open the cell"
	case best != nil && !v.triedAfter(best.When()):
		return run + ", and see why none was tried since: open the cell"
	}
	return run + "; its newest try tells why: open the cell"
}

// owesFull tells that of a cell's promises only that of a full backup can be the broken one.
func (v *CellView) owesFull(best *model.Job, now time.Time) bool {
	return best != nil && (v.Promise <= 0 || now.Sub(best.When()) <= v.Promise)
}

// brokenBrief is how a broken promise is told in few words.
func (v *CellView) brokenBrief(now time.Time) string {
	_, best := newestGood(v)
	switch {
	case best == nil:
		return "no good backup"
	case v.owesFull(best, now):
		if _, full := newestFull(v); full != nil {
			return "last full " + model.Age(now.Sub(full.When()))
		}
		return "no good full one"
	}
	return "last good " + model.Age(now.Sub(best.When()))
}
