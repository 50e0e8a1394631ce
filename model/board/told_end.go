package board

import (
	"fmt"
	"time"

	"switchyard/model"
)

// stale tells that a row is older than its Director's word of the job's end: it still calls the job open, or the next start of the Director
// set it to an end without a duration.
func (l *Ledger) stale(j *model.Job) bool {
	name, told := l.ends[j.ID]
	return told && name == j.Key.Job && (j.Outcome.Open() || j.Outcome == model.Lost)
}

// Told takes in the end of a job that only its Director tells. What it calls OK is lost: a backup whose end the catalog does not have
// cannot be restored from. It returns the job as it counts from now on, or nil when the catalog does not call it open.
func (l *Ledger) Told(end *model.Job) *model.Job {
	row := l.open[end.ID]
	if row == nil || row.Key.Job != end.Key.Job {
		return nil
	}
	j := *row
	j.Status, j.Outcome, j.End, j.Errors = end.Status, end.Outcome, end.End, max(j.Errors, end.Errors)
	j.Bytes, j.Files = max(j.Bytes, end.Bytes), max(j.Files, end.Files)
	j.Note = fmt.Sprintf("only its Director tells its end; the catalog calls it %s", row.Status)
	if j.Outcome.Good() {
		j.Outcome = model.Lost
		j.Note = fmt.Sprintf("its Director calls it %s, and its end is not in the catalog", end.Status)
	}
	l.apply(&j)
	l.ends[j.ID] = j.Key.Job
	return &j
}

// hear takes in ends that the Director told a while ago and that a fresh catalog still does not have. Until an end was told for that long
// it proves nothing; that the Director reaches its catalog is not known either then.
func (b *Board) hear(s *side, now time.Time) {
	since, fresh := map[string]time.Time{}, b.freshCatalog(s, now)
	late := ""
	runs := make(map[string]bool, len(s.director.Running))
	for i := range s.director.Running {
		runs[s.director.Running[i].Key.Job] = true
	}
	for i := range s.director.Ended {
		end := &s.director.Ended[i]
		name := end.Key.Job
		row := s.ledger.open[end.ID]
		if !fresh || !s.director.Live || row == nil || row.Key.Job != name || runs[name] || end.Outcome.Open() {
			continue
		}
		first, known := s.unheard[name]
		if !known {
			first = now
		}
		// a first look knows how long ago it was
		read := s.catalog.At.Sub(first)
		if !end.End.IsZero() {
			read = max(read, s.catalog.At.Sub(end.End.Add(-s.director.ahead())))
		}
		if max(read, now.Sub(first)) < model.Allow(b.policy.LostAfter) {
			since[name] = first
			if read >= writtenWithin {
				late = fmt.Sprintf("it ended JobId %d at %s UTC, and the catalog does not know yet", end.ID, end.End.UTC().Format("15:04:05"))
			}
			continue
		}
		if j := s.ledger.Told(end); j != nil {
			b.tell(s, j, now)
			s.dirty = true
		}
	}
	s.unheard = since
	was := s.link
	switch why := b.unlinked(s, now); {
	case why != "":
		s.link = link{model.Fails, why}
	case !s.director.Live || s.director.At.IsZero():
		s.link = link{says: "which jobs it runs and ended was not read just now"}
	case !fresh:
		s.link = link{says: "what it writes to its catalog was not read just now"}
	case late != "":
		s.link = link{says: late}
	case !s.alone.IsZero():
		s.link = link{says: "it runs jobs and has no connection to its catalog's server, which is just up"}
	case !s.none.IsZero():
		s.link = link{says: "it ran jobs, and its catalog's server has said since that it has no connection: it is asked again"}
	default:
		s.link = link{model.Holds, "nothing says otherwise"}
	}
	s.dirty = s.dirty || s.link != was
}

// link is whether the active Director reaches its catalog, as far as both together tell, and why.
type link struct {
	is   model.Verdict
	says string
}

// writtenWithin is how long after the end of a job its row may be read as open although all is well: both are read at moments of their own,
// and a Director tells whole seconds.
const writtenWithin = 4 * time.Second

// unlinked says why the active Director is held to have lost its catalog while everything answers; empty while nothing says so. Bacula 15
// goes on with a dead connection for as long as any job or console holds it: no job of it starts any more, and none ends in the catalog.
func (b *Board) unlinked(s *side, now time.Time) string {
	if !s.director.Live || len(s.director.Directors) == 0 {
		return ""
	}
	d := s.director.scheduler()
	if host, runs, alone := b.alone(s, now); alone {
		return fmt.Sprintf("it runs %s and has no connection to %s", plural(uint64(runs), "job"), host)
	}
	l := s.ledger
	if len(l.ends) == 0 || !b.freshCatalog(s, now) {
		return ""
	}
	for _, j := range l.recent {
		if _, told := l.ends[j.ID]; !told || !j.End.After(d.Started) {
			continue
		}
		if !l.wroteAfter(j.End) {
			return fmt.Sprintf("it ended JobId %d at %s UTC (%s), and the catalog does not know", j.ID, j.End.UTC().Format("15:04:05"), j.Status)
		}
	}
	return ""
}

// wroteAfter tells whether a Director wrote to the catalog after a moment: a job that began or ended since.
func (l *Ledger) wroteAfter(at time.Time) bool {
	after := func(j *model.Job) bool { return j.Start.After(at) || j.Sched.After(at) }
	for _, j := range l.recent {
		if _, told := l.ends[j.ID]; after(j) || !told && j.End.After(at) {
			return true
		}
	}
	for _, j := range l.open {
		if after(j) {
			return true
		}
	}
	return false
}

// alone tells that the Director runs jobs and that its account has no connection to any writable server of its catalog. Whoever may not see
// the connections of others knows nothing, which is no alarm; nor is it one before the Director runs them after the server was asked. A job
// that asks a dead connection for a volume waits for one.
func (b *Board) alone(s *side, now time.Time) (host string, runs int, alone bool) {
	for i := range s.director.Running {
		if j := &s.director.Running[i]; (j.Outcome == model.Running || j.Outcome == model.Stuck) && !j.Start.IsZero() &&
			now.Sub(j.Start) > model.Allow(b.policy.LostAfter) {
			runs++
		}
	}
	writable, young, none := 0, false, time.Time{}
	if b.rds != nil && s.ledger.cluster == model.Green {
		for _, i := range []*model.Instance{b.rds.Primary, b.rds.Replica} {
			switch {
			case i == nil || !i.Server.Seen():
			case i.Server.Why != "" || now.Sub(i.Server.At) > model.Allow(max(3*b.policy.ServerEvery, 10*time.Second)):
			case i.Server.Value.ReadOnly:
			case i.Server.Value.Director != 0:
				s.alone, s.none = time.Time{}, time.Time{}
				return "", 0, false
			default:
				writable, host, none = writable+1, i.ID, i.Server.At
				young = young || i.Server.Value.Uptime < serverYoung
			}
		}
	}
	if runs == 0 || writable == 0 {
		s.alone, s.none = time.Time{}, time.Time{}
		return "", 0, false
	}
	if s.none.IsZero() {
		s.none = none
	}
	if s.director.At.Before(s.none) { // the job may have ended before the server was asked
		return "", 0, false
	}
	if s.alone.IsZero() {
		s.alone = now
	}
	return host, runs, !young || now.Sub(s.alone) >= model.Allow(b.policy.LostAfter)
}

// serverYoung is how old a server is to whom who works with it has surely connected again.
const serverYoung = 5 * time.Minute

// unlinkedAlert is about a Director that has lost its catalog without a word.
func unlinkedAlert(v *ClusterView) (Alert, bool) {
	if v.Linked != model.Fails || len(v.Directors) == 0 {
		return Alert{}, false
	}
	c := v.Cluster
	return Alert{
		ID:       "unlinked:" + c.String(),
		Severity: model.Fail,
		rank:     rankSource,
		Cluster:  &c,
		Source:   v.Scheduler(),
		Says:     v.Directors[v.Acting].Name + " has lost its catalog: " + v.LinkSays,
		Brief:    v.Directors[v.Acting].Name + " has lost its catalog; " + v.LinkSays,
		Do: "restart bacula-dir on " + c.String() + " (:restart " + c.String() + "): until then no backup starts (\"Job 0 failed.\"), and " +
			"what it runs ends in error anyway",
	}, true
}

func (b *Board) freshCatalog(s *side, now time.Time) bool {
	catalog := model.CatalogOf(s.ledger.cluster)
	for i := range b.seen {
		if b.seen[i].Source == catalog {
			return s.walked && b.seen[i].Freshness(now) == Live && !b.wrong(s.ledger.cluster)
		}
	}
	return false
}
