package plan

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
	"switchyard/model/record"
)

// way says what lets a plan through that a guard holds up: the key or the command where there is one. It is empty for one that holds.
func (w World) way(p *Plan, c *model.Check) string {
	if c.Verdict == model.Holds {
		return ""
	}
	switch c.ID {
	case GuardFree:
		return w.wayPastOthers(p, c)
	case guardFreeze:
		return w.wayOutOfFreeze(c)
	case guardBatch:
		return w.wayToBatch(p)
	case GuardRoutes:
		return wayToJournal
	case guardKnown:
		return w.wayToRoutes()
	case guardCovers, guardBack:
		return w.wayToCover(p)
	}
	on := p.on()
	switch c.ID {
	case "director-answers", "director-linked":
		return w.wayToDirector(on)
	case "aside-answers":
		for _, of := range p.directors().Must {
			s := w.source(of)
			if way := w.wayToSource(&s); way != "" {
				return way
			}
		}
		return "see :sources for the passive Director"
	case "catalog-writes":
		return w.wayToCatalog(on)
	case "job-runs":
		return w.wayToJob(p.Ask.Cancel)
	case "promise-kept":
		if way := w.wayToHear(on); way != "" {
			return way
		}
		return "let it end, or have another backup of the cell first: its promise rests on this one"
	}
	switch c.ID {
	case "adopt-no-gap":
		return cmp.Or(wayWithout(w), "let whoever changed them there go by notches, without a gap: switchyard routes check tells what differs")
	case "adopt-proven":
		return "let the other cluster back them up first, or say why they may lose one without it"
	}
	if c.ID == guardFirst {
		return wayToFirst
	}
	if r := p.Ask.Recover; r != nil {
		return w.wayToRecover(r, c.ID)
	}
	if p.Ask.Split != nil {
		return w.wayToSplit(c.ID)
	}
	if p.Ask.ChangeClass != nil {
		return wayToSize(c.ID)
	}
	if r := p.Ask.Restoring(); r != nil {
		return w.wayToRestore(r, c.ID)
	}
	if p.Ask.FailDirector != nil || p.Ask.RestartDirector != nil {
		return w.wayToHeir(p, c.ID)
	}
	if r := p.Ask.Rerun; r != nil {
		return w.wayToRerun(r, c.ID)
	}
	if b := p.Ask.Backup; b != nil {
		return w.wayToBackup(b, c.ID)
	}
	if p.Ask.Shift != nil {
		return w.wayToShift(p, c)
	}
	if p.Ask.Failover != nil || p.Ask.Isolate != nil || p.Ask.Rebuild != nil {
		return w.wayToFailover(c)
	}
	return ""
}

const wayToJournal = "let the journal be read: :sources says what it lacks, switchyard doctor proves it; --break-glass DIR acts without it"

// wayPastOthers is past whoever acts on the same.
func (w World) wayPastOthers(p *Plan, c *model.Check) string {
	switch {
	case w.State == nil:
		return wayToJournal
	case c.Bar == model.Override:
		return "ask who else may act on it, and say so as the reason; what both did is merged afterwards"
	}
	var ways []string
	for _, a := range p.Meets(w.State, w.Now) {
		ways = append(ways, w.wayPast(a))
	}
	return strings.Join(ways, "; ")
}

// wayPast is past one action.
func (w World) wayPast(a *record.Action) string {
	switch {
	case a.State == record.ActionWaits:
		return fmt.Sprintf("approve action %d (:approve %d) or stop it (:stop %d); it expires at %s UTC", a.Seq, a.Seq, a.Seq,
			a.Expires.UTC().Format("15:04:05"))
	case a.State == record.ActionApproved, w.Snapshot.Orphaned(a, w.Now):
		return fmt.Sprintf(
			"nobody carries out action %d: :resume %d goes on with it (switchyard act %d), :stop %d ends it",
			a.Seq,
			a.Seq,
			a.Seq,
			a.Seq,
		)
	case a.State == record.ActionRunning:
		return fmt.Sprintf("wait for action %d (:action %d says how far it is), or A on it, :stop %d", a.Seq, a.Seq, a.Seq)
	}
	return fmt.Sprintf(
		"action %d is unfinished: :resume %d goes on with it (switchyard act %d), :acknowledge %d lets it be",
		a.Seq,
		a.Seq,
		a.Seq,
		a.Seq,
	)
}

func (w World) wayOutOfFreeze(c *model.Check) string {
	_, until, _ := w.Policy.Freeze.At(w.Now)
	switch {
	case c.Bar == model.Caution:
		return "none is needed: an emergency is only warned of it"
	case until.IsZero():
		return "mend policy.freeze in the configuration, or give a reason: it cannot be read"
	}
	return fmt.Sprintf("wait until %s UTC, or give a reason", until.UTC().Format("2 Jan 15:04"))
}

// wayToBatch is to what a programme asks for, or to letting it go on.
func (w World) wayToBatch(p *Plan) string {
	b := p.Ask.Batch
	switch {
	case w.State == nil:
		return wayToJournal
	case b == nil:
		return ""
	}
	of := w.State.Programme(b.Programme)
	if of == nil {
		return "see :programmes for those that are in this journal"
	}
	course := w.State.Course(of)
	next, _ := NextBatch(w.State, of)
	switch {
	case course.Halt != "":
		return fmt.Sprintf(":programme-go %d lets it go on, :programme-stop %d ends it", of.Seq, of.Seq)
	case course.Over:
		return fmt.Sprintf("there is nothing more to do of it: :programme %d", of.Seq)
	case course.Open && course.Action.ID != p.ID:
		return w.wayPast(course.Action)
	case !fulfils(next, p.Ask):
		return fmt.Sprintf(":batch %d opens the plan that it asks for", of.Seq)
	}
	return fmt.Sprintf("wait until %s UTC: then :batch %d opens its plan", course.Due.UTC().Format("2 Jan 15:04:05"), of.Seq)
}

// wayToSource is to an answer of a source; empty while it answers.
func (w World) wayToSource(s *board.Sighting) string {
	heard, _ := w.heard(*s)
	switch {
	case s.Wrong:
		return "correct the configuration, or what stands under that address: :sources says what it is, switchyard doctor proves it"
	case heard:
		return ""
	case s.Tried.IsZero() && s.At.IsZero() && (s.Why == "" || s.Early):
		return "a moment: it is being asked, and esc and the same key make the plan anew"
	case s.Tried.IsZero() && s.At.IsZero():
		return "see :sources and the configuration: nobody asks it"
	}
	return s.Remedy()
}

func (w World) wayToDirector(c model.Cluster) string {
	_, s := w.active(c)
	v := w.view(c)
	if way := w.wayToSource(&s); way != "" {
		return way
	}
	switch {
	case v.Both:
		return fmt.Sprintf("stop and mask the wrong one: switchyard failover director %s --to the other", c)
	case v.Acting != 0:
		return fmt.Sprintf("write %s as %s's active Director of the configuration and open it again; or start %s and stop %s",
			v.Directors[v.Acting].Name, c, v.Directors[0].Name, v.Directors[v.Acting].Name)
	case v.Linked != model.Fails && w.Snapshot.Namesakes(c) && v.Catalog.Target != model.Holds:
		return "let the Console ask show catalogs, by an address that is no loopback one: it proves which of the two answers; " +
			"see switchyard doctor"
	}
	if w.view(c).Linked == model.Unknown {
		const moment = "a moment: whether the catalog hears of what its Director ends is being looked at; esc and the same key make the plan anew"
		return cmp.Or(w.wayToHear(c), moment)
	}
	return fmt.Sprintf("restart bacula-dir on %s (:restart %s), then ask again: until then it takes the command and starts nothing", c, c)
}

func (w World) wayToCatalog(c model.Cluster) string {
	s, v := w.catalog(c), w.view(c)
	heard, _ := w.heard(s)
	switch {
	case c == model.Green && !s.Wrong && w.Snapshot.RDS != nil && w.Snapshot.RDS.TwoWriters != "":
		return "see page 4: until one of the two takes no writes, nobody knows which of them its Director writes to"
	case s.Wrong || !heard:
		return w.wayToSource(&s)
	case v.Catalog.Target == model.Fails:
		return "correct the configuration, or the catalog that its Director is given: switchyard doctor shows both"
	case v.Catalog.ReadOnly:
		return "see whether its writer runs: until one takes writes, nothing of " + c.String() + " starts"
	}
	return "see which catalog its Director is given (switchyard doctor), and say so as the reason"
}

// wayToHear is to an answer of a cluster's Director and catalog; empty while both answer.
func (w World) wayToHear(c model.Cluster) string {
	_, d := w.active(c)
	if way := w.wayToSource(&d); way != "" {
		return way
	}
	s := w.catalog(c)
	return w.wayToSource(&s)
}

func (w World) wayToJob(k *Cancel) string {
	if k == nil {
		return ""
	}
	if way := w.wayToHear(k.Job.Cluster); way != "" {
		return way
	}
	if j := w.canceled(k); j != nil {
		return "nothing of it runs: its row is ended when bacula-dir is started again"
	}
	return fmt.Sprintf("nothing is left to cancel: :job %s %d says how it ended", k.Job.Cluster, k.ID)
}

// wayToBackup is past what holds up a backup of its cell.
func (w World) wayToBackup(b *Backup, id string) string {
	v, on, other := w.cell(b.Cell), b.Cluster, model.Clusters[1-b.Cluster]
	if v == nil {
		return "see the inventory: it names the cells that there are"
	}
	switch id {
	case "not-running":
		return w.wayPastJob(on, v)
	case "other-idle":
		return w.wayPastJob(other, v)
	}
	_, d := w.active(on)
	if way := w.wayToSource(&d); way != "" {
		return way
	}
	switch {
	case v.On[on].Has == model.Unknown:
		return "a moment: its jobs are being read, and esc and the same key make the plan anew"
	case id == "not-due-soon":
		return "wait for it, or go on: where the Job allows no duplicates, Bacula cancels the later one"
	case v.On[other].Has == model.Holds || v.On[other].Off:
		return fmt.Sprintf("back it up on %s, which has its job: :backup %s (--on %s)", other, other, other)
	}
	return "add its job to " + on.String() + "'s Director and reload it: no Director has one"
}

// wayPastJob is past the job of a cell that is open.
func (w World) wayPastJob(c model.Cluster, v *board.CellView) string {
	if way := w.wayToHear(c); way != "" {
		return way
	}
	j := v.On[c].Open
	if j == nil {
		return ""
	}
	if live := w.Snapshot.Job(j.Key); live != nil { // it is looked at more often than the cell is judged
		j = live
	}
	far := ""
	if p := j.Progress; j.Outcome == model.Running && !p.At.IsZero() && p.Percent >= 0 {
		far = fmt.Sprintf(", %d %%", p.Percent)
		if p.Left >= 0 {
			far += ", " + model.Age(p.Left.Round(time.Second)) + " left"
		}
	}
	return fmt.Sprintf("wait for JobId %d%s, or cancel it: c on it (switchyard cancel %d --on %s)", j.ID, far, j.ID, c)
}
