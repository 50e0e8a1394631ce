package board

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchyard/model"
)

// Unmended are the jobs of a cluster that ended badly and whose matter has not ended well since, by JobId: two rows may share a name. The
// failed backup of a cell that its Director has no job for any more is mended by a newer good one on the other cluster. Cells are those of
// a snapshot.
func (v *ClusterView) Unmended(cells []CellView) map[uint32]bool {
	unmended, seen := map[uint32]bool{}, map[string]bool{}
	for i := range v.Recent {
		if j := &v.Recent[i]; unwell(j) {
			seen[matter(j)] = false
		}
	}
	for i := range v.Recent { // newest first: an older ending of the same job says nothing new
		j := &v.Recent[i]
		over, bad := seen[matter(j)]
		if !bad || over {
			continue // most jobs never end badly: of those nothing is kept
		}
		if unwell(j) && !v.movedOn(j, cells) {
			unmended[j.ID] = true
		}
		seen[matter(j)] = j.Outcome != model.Canceled || j.ByBacula()
	}
	for i := range v.Behind {
		if j := &v.Behind[i]; !v.movedOn(j, cells) {
			unmended[j.ID] = true
		}
	}
	return unmended
}

// unwell tells of a job that ended badly, by its own row or as its history judges it.
func unwell(j *model.Job) bool {
	return j.Bad() || j.Hollow() && (j.Type == model.TypeRestore || j.Type == model.TypeBackup && j.HasCell)
}

// Hollow tells that the newest backup of a cell ended well by its row, and is no good one: it failed as much as one that says so. Of one
// whose end is not known yet that is not known either.
func (s *Standing) Hollow() bool {
	return s.Has != model.Fails && s.Last != nil && s.Last.Hollow()
}

func (v *ClusterView) movedOn(j *model.Job, cells []CellView) bool {
	if !j.HasCell || j.Type != model.TypeBackup {
		return false
	}
	i, ok := slices.BinarySearchFunc(cells, j.Cell, func(c CellView, want model.Cell) int { return c.Cell.Compare(want) })
	if !ok || cells[i].On[v.Cluster].Has != model.Fails {
		return false
	}
	on, best := newestGood(&cells[i])
	return best != nil && on != v.Cluster && best.When().After(j.When())
}

// jobAlerts tell of the jobs that wait for a person, that were lost with their Director, and that ended badly and were not mended since.
func (b *Board) jobAlerts() []Alert {
	var out []Alert
	for _, s := range b.sides {
		v := s.view
		for i := range v.Open {
			switch j := &v.Open[i]; j.Outcome {
			case model.Stuck:
				out = append(out, b.stuckAlert(s, j))
			case model.Lost:
				out = append(out, b.lostAlert(s, j))
			case model.Waiting, model.Running, model.OK, model.Warned, model.Failed, model.Canceled:
			}
		}
		hollow := map[uint32]bool{}
		for _, i := range b.notable().unwell {
			if on := &b.cells[i].On[v.Cluster]; on.Hollow() && !b.wrong(v.Cluster) {
				out, hollow[on.Last.ID] = append(out, b.hollowAlert(on)), true
			}
		}
		unmended := v.Unmended(b.cells)
		for _, part := range [][]model.Job{v.Recent, v.Behind} {
			for i := range part {
				if j := &part[i]; unmended[j.ID] && !hollow[j.ID] {
					out = append(out, b.badAlert(s, j))
				}
			}
		}
	}
	return out
}

// badAlert is of a job that ended badly.
func (b *Board) badAlert(s *side, j *model.Job) Alert {
	if j.Outcome == model.Lost {
		return b.lostAlert(s, j)
	}
	a := jobAlert(j, rankFailed, told(j), b.retry(j))
	if j.Hollow() {
		a.Brief = jobName(j) + " " + j.HollowWord() + ": " + j.HollowSays()
		return a
	}
	a.Brief = fmt.Sprintf("%s %s", jobName(j), strings.ToUpper(j.Outcome.String()))
	if j.Note != "" {
		a.Brief += ": " + model.Curtly(j.Note)
	}
	return a
}

// hollowAlert is of a newest backup that only looks like a good one.
func (b *Board) hollowAlert(on *Standing) Alert {
	j := on.Last
	a := jobAlert(j, rankFailed, told(j), b.retry(j))
	a.Brief = jobName(j) + " no good: " + j.HollowSays()
	return a
}

func jobAlert(j *model.Job, rank int, says, do string) Alert {
	c := j.Key.Cluster
	a := Alert{
		ID:       "job:" + c.String() + ":" + j.Key.Job,
		Severity: model.Fail,
		rank:     rank,
		Cluster:  &c,
		Job:      &j.Key,
		about:    j,
		Since:    j.When(),
		Says:     says,
		Do:       do,
	}
	if j.HasCell && j.Type == model.TypeBackup {
		cell := j.Cell
		a.Cell = &cell
	}
	return a
}

// told is a job in one line, its cluster in front: behind it would be taken for a part of the reason.
func told(j *model.Job) string { return j.Key.Cluster.String() + " " + j.Line() }

// jobName is what a narrow line calls a job: its cell, or its number where it has none.
func jobName(j *model.Job) string {
	if j.HasCell && j.Type == model.TypeBackup {
		return j.Cell.String()
	}
	return fmt.Sprintf("job %d", j.ID)
}

// retry is what to do about a job that ended badly, by what is open for its cell and when that is due.
func (b *Board) retry(j *model.Job) string {
	read, tells := "read its log", "; its log tells why this one failed"
	if j.Hollow() && j.Doubt != model.Empty { // Bacula calls it a success, and its log does
		read, tells = "see who changed its row", ""
		if j.Doubt == model.NoVolume {
			read = "see its volumes"
		}
	}
	if !j.HasCell || j.Type != model.TypeBackup {
		return read + "; run it again when the cause is gone"
	}
	if do := b.doing[j.Cell].advice; do != "" {
		return do + tells
	}
	if i, ok := b.inv.Index(j.Cell); ok && i < len(b.cells) {
		v := &b.cells[i]
		if due, hinders := b.due(v); !due.IsZero() && hinders == "" && due.Before(v.Breaks()) {
			return read + "; its schedule tries again at " + due.UTC().Format("15:04") + " UTC, before its promise breaks"
		}
	}
	return read + "; run it again when the cause is gone"
}

// stuckAlert names the Storage Daemon that a job waits for.
func (b *Board) stuckAlert(s *side, j *model.Job) Alert {
	a := jobAlert(j, rankStuck, told(j), "mount or label a volume, or cancel it: it waits for a person")
	a.Since = s.told[j.Key.Job].since // since it is so, not since it was started
	a.Brief = jobName(j) + " STUCK on " + j.Key.Cluster.String()
	storage := b.storageOf(j)
	if storage == "" {
		return a
	}
	a.cause = "stuck:" + j.Key.Cluster.String() + ":" + storage
	a.Says = fmt.Sprintf("storage %s %s: %s", storage, wants(j), told(j))
	a.Brief = fmt.Sprintf("%s %s %s; job %d waits", j.Key.Cluster, storage, wants(j), j.ID)
	a.Do = "mount or label a volume, or make room where it is full: it goes on by itself"
	return a
}

// wants is what a Storage Daemon lacks, by the status of a job that waits for it.
func wants(j *model.Job) string {
	switch j.Status {
	case 'm':
		return "has no volume"
	case 'M':
		return "has no volume mounted"
	}
	return "is blocked"
}

// lostAlert names the start of its Director that a job was lost with.
func (b *Board) lostAlert(s *side, j *model.Job) Alert {
	c := j.Key.Cluster
	run := "run it again"
	if j.HasCell && j.Type == model.TypeBackup {
		run += " (R)"
	}
	do := b.onceFree(c, run)
	if isOpen(j) {
		do += ": its row stays open until bacula-dir is started"
	} else {
		do += ": nothing can be restored from it"
	}
	if b.backedUp(j) {
		do = b.doing[j.Cell].advice + "; the lost one is gone"
	}
	a := jobAlert(j, rankLost, "", do)
	a.cause = "lost:" + c.String()
	a.Says = told(j)
	a.Brief = jobName(j) + " lost on " + c.String()
	if at := s.fell(j); !at.IsZero() {
		a.cause = "lost:" + c.String() + ":" + strconv.FormatInt(at.Unix(), 10) // those of another start died of that one
		a.Since = at
		a.Brief = jobName(j) + " lost, " + c.String() + " Director started " + at.UTC().Format("15:04") + " UTC"
		if clock := at.UTC().Format("15:04:05"); !strings.Contains(a.Says, clock) {
			a.Says += ", whose Director started at " + at.UTC().Format("2 Jan 15:04") + " UTC"
		}
		return a
	}
	if since := s.told[j.Key.Job].since; !since.IsZero() {
		a.Since = since
	}
	if s.unseen(j) {
		a.Brief = jobName(j) + " lost: " + c.String() + " Director restarted"
		if !strings.Contains(a.Says, "started again") {
			a.Says += restartedSince
		}
	}
	return a
}

// toldBy are the jobs of which alerts tell.
func toldBy(alerts []Alert) map[model.JobKey]bool {
	tells := map[model.JobKey]bool{}
	for i := range alerts {
		for _, j := range alerts[i].Jobs {
			tells[j] = true
		}
	}
	return tells
}

// oneOf makes one alert of a cell's own and that of its newest try, which ended badly: they have one cause. A promise that is broken tells
// of the try already, and one that breaks soon is told with it; else the try tells of the cell. Those that were lost with their Director
// are told together, whatever became of their cells. What others tell of already, as a failover of the jobs that died of it, is left out.
func (b *Board) oneOf(cells, jobs []Alert, told map[model.JobKey]bool) []Alert {
	at := map[model.Cell]*Alert{}
	for i := range cells {
		if cells[i].Cell != nil {
			at[*cells[i].Cell] = &cells[i]
		}
	}
	out := jobs[:0:0]
	over := map[*Alert]bool{}
	for _, a := range jobs {
		of, ended := (*Alert)(nil), a.rank == rankFailed || a.rank == rankLost
		if a.Cell != nil && ended {
			of = at[*a.Cell]
		}
		switch {
		case of == nil && ended && told[*a.Job]:
			continue
		case of == nil:
		case of.rank == rankDoubt && told[*a.Job]:
			over[of] = true
			continue
		case of.rank == rankDoubt:
			over[of] = true
			if says, diverged := strings.CutPrefix(of.Says, a.Cell.String()+": "); diverged && strings.HasPrefix(of.ID, CellDiverged.String()) {
				a.Says += "; " + says
			}
		case a.rank == rankLost && !told[*a.Job]:
		case of.rank == rankBreaks:
			of.tried(&a)
			continue
		default:
			of.Job, of.about = cmp.Or(of.Job, a.Job), cmp.Or(of.about, a.about)
			continue
		}
		out = append(out, a)
	}
	still := cells[:0:0]
	for i := range cells {
		if !over[&cells[i]] {
			still = append(still, cells[i])
		}
	}
	return append(still, out...)
}

// tried adds a try that ended badly to the alert of a promise that breaks soon.
func (a *Alert) tried(try *Alert) {
	a.Severity, a.Job, a.about = model.Fail, cmp.Or(a.Job, try.Job), cmp.Or(a.about, try.about)
	if try.Since.After(a.Since) {
		a.Since = try.Since
	}
	a.Says += "; its " + badTry(try.about, *try.Cluster)
	_, breaks, _ := strings.Cut(a.Brief, ": ")
	a.Brief = try.Brief + "; " + breaks
}
