package board

import (
	"fmt"
	"hash/fnv"
	"time"

	"switchyard/model"
)

// byCause makes one alert of those that have one cause: jobs that wait for a volume of one Storage Daemon, that were lost on one cluster or
// failed of the same, cells whose newest backups only warned. It stands where the first of them stood.
func (b *Board) byCause(in []Alert) []Alert {
	alike := map[string][]Alert{}
	for i := range in {
		if a := &in[i]; a.rank == rankFailed && a.about.Note != "" && !a.about.Outcome.Good() {
			note := fnv.New64a()
			note.Write([]byte(a.about.Note))
			a.cause = fmt.Sprintf("failed:%s:%x", a.Cluster, note.Sum64())
		}
		if in[i].cause != "" {
			alike[in[i].cause] = append(alike[in[i].cause], in[i])
		}
	}
	out := in[:0:0]
	for _, a := range in {
		switch of := alike[a.cause]; {
		case a.cause == "" || len(of) == 1:
			out = append(out, a)
		case of[0].ID == a.ID:
			out = append(out, b.together(of))
		}
	}
	return out
}

// storageOf is the Storage Daemon that a job writes to, as its Director or else the inventory says; empty when nobody does.
func (b *Board) storageOf(j *model.Job) string {
	if j.Storage != "" || !j.HasCell {
		return j.Storage
	}
	p, _ := b.inv.Find(j.Cell)
	return p.Storage
}

// together is the alert of several that have one cause.
func (b *Board) together(of []Alert) Alert {
	first := of[0]
	a := Alert{ID: first.cause, Severity: first.Severity, rank: first.rank, Cluster: first.Cluster, Job: first.Job, Since: first.Since}
	var names []string
	for _, x := range of {
		if x.Job != nil {
			a.Jobs = append(a.Jobs, *x.Job)
		}
		if x.Since.After(a.Since) {
			a.Since = x.Since // the newest of them is what a person may not have seen yet
		}
		switch {
		case x.Cell != nil:
			names = append(names, x.Cell.String())
		case x.Job != nil:
			names = append(names, x.about.Title())
		}
	}
	n, list := len(of), fewNames(names)
	switch first.rank {
	case rankStuck:
		storage := b.storageOf(first.about)
		a.Brief = fmt.Sprintf("%s %s %s; %d jobs wait", first.Cluster, storage, wants(first.about), n)
		a.Says = fmt.Sprintf("storage %s %s: %d jobs on %s wait for it: %s", storage, wants(first.about), n, first.Cluster, list)
		a.Do = "mount or label a volume, or make room where it is full: its jobs go on by themselves"
	case rankLost:
		a.Brief = fmt.Sprintf("%d jobs lost on %s", n, first.Cluster)
		a.Says = a.Brief
		if at := b.restarted(of); !at.IsZero() {
			a.Since = at
			a.Brief = fmt.Sprintf("%d jobs lost, %s Director started %s", n, first.Cluster, at.UTC().Format("2 Jan 15:04"))
			a.Says += ", whose Director started at " + at.UTC().Format("2 Jan 15:04") + " UTC"
		} else if b.sides[*first.Cluster].unseen(first.about) {
			a.Says += restartedSince
		}
		a.Says += ": " + list
		a.Do = b.runLost(of)
	case rankFailed:
		a.Brief = fmt.Sprintf("%d jobs FAILED on %s: %s", n, first.Cluster, model.Curtly(first.about.Note))
		a.Says = fmt.Sprintf("%d jobs FAILED on %s: %s: %s", n, first.Cluster, model.Plainly(first.about.Note), list)
		const read = "read their logs"
		switch again := b.again(of); {
		case again == n:
			a.Do = "wait for their open backups; the logs tell why these failed"
		case again > 0:
			a.Do = fmt.Sprintf("%s; when the cause is gone, run the other %d of %d again", read, n-again, n)
		default:
			a.Do = read + "; run them again when the cause is gone"
		}
	default:
		a.Cluster, a.Reach = nil, n
		for _, x := range of {
			a.Cells = append(a.Cells, *x.Cell)
		}
		a.Says = fmt.Sprintf("%d cells whose newest backups ended with warnings: %s", n, list)
		a.Brief = fmt.Sprintf("the newest backups of %d cells warned", n)
		a.Do = "read their logs: open it to see what they warn of"
	}
	return a
}

// restarted is the newest start of a Director that ended lost jobs; zero where none of them says so.
func (b *Board) restarted(of []Alert) (at time.Time) {
	for i := range of {
		if fell := b.sides[*of[i].Cluster].fell(of[i].about); fell.After(at) {
			at = fell
		}
	}
	return at
}

// again counts the jobs of alerts whose cells are backed up again already.
func (b *Board) again(of []Alert) (n int) {
	for i := range of {
		if b.backedUp(of[i].about) {
			n++
		}
	}
	return n
}

// runLost is what to do about jobs that were lost together: nothing is run again that is run already, or while nothing can be, and whether
// a restore is still wanted only a person knows.
func (b *Board) runLost(of []Alert) string {
	open, backups := false, 0
	for i := range of {
		open = open || isOpen(of[i].about)
		if j := of[i].about; j.HasCell && j.Type == model.TypeBackup {
			backups++
		}
	}
	then := "nothing can be restored from them"
	if open {
		then = "their rows stay open until bacula-dir is started"
	}
	if rest := len(of) - backups; rest > 0 {
		then += "; see whether what else was lost (" + plural(uint64(rest), "job") + ") is still wanted"
	}
	run := "run them again (R)"
	switch again := b.again(of); {
	case backups == 0:
		return "see which are still wanted: " + then
	case again == backups:
		return "wait for their open backups: each cell has one; " + then
	case again > 0:
		run = fmt.Sprintf("run the other %d of %d again (R)", backups-again, backups)
	case backups < len(of):
		run = fmt.Sprintf("run %s again (R)", plural(uint64(backups), "backup"))
	}
	return b.onceFree(*of[0].Cluster, run) + ": " + then
}

// isOpen tells of a lost job that its row is not ended.
func isOpen(j *model.Job) bool { return j.End.IsZero() && j.Status.Outcome().Open() }
