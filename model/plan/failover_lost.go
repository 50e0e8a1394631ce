package plan

import (
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

func init() {
	g := guard{judge: func(w World, _ *Plan, _ Past) model.Check { return w.numbersKnown() }, needs: ofReplica}
	guards[guardNumbers], failoverGuards[guardNumbers] = g, g
}

const guardNumbers = "ids-known" // what is known of the numbers given last: it asks for a reason, and forbids nothing

const (
	lostMargin = 10 * time.Minute // clocks differ, and what ended a little before may not have been written whole
	lostUnsaid = 24 * time.Hour   // what is looked for where nobody knows since when it is lost
	lostMost   = 500              // jobs of one plan
	numbersAge = 7 * 24 * time.Hour
)

// tail are the ended jobs of a cluster that evidence tells, and when its numbers were read.
func (w World) tail(c model.Cluster) (jobs []record.TailJob, n *record.Numbered) {
	if w.State == nil {
		return nil, nil
	}
	for _, p := range w.State.Evidence {
		if t := p.Claim.Tail; t != nil && p.Of.Cluster != nil && *p.Of.Cluster == c {
			jobs, n = t.Jobs, t.Numbered
		}
	}
	return jobs, n
}

// Kept are ended jobs, by model.Cluster, the newest last.
type Kept [2][]record.TailJob

// Tails are the jobs of several lists, each once, the newest last and no more than a tail holds. What one list alone knows of volumes
// counts.
func Tails(lists ...[]record.TailJob) []record.TailJob {
	most := 0
	for _, list := range lists {
		most += len(list)
	}
	jobs, known := make([]record.TailJob, 0, most), make(map[string]int, most)
	for _, list := range lists {
		for _, j := range list {
			at, there := known[j.Job]
			switch {
			case j.Job == "":
			case !there:
				known[j.Job] = len(jobs)
				jobs = append(jobs, j)
			case len(jobs[at].Volumes) < len(j.Volumes):
				jobs[at].Volumes = j.Volumes
			}
		}
	}
	slices.SortStableFunc(jobs, func(a, b record.TailJob) int { return a.End.Compare(b.End) })
	return jobs[max(0, len(jobs)-record.TailJobs):]
}

// ended are the ended jobs of green that the evidence, this session or one before it knows and that count, each once, the newest last.
// What the evidence knows too counts by the evidence. Takeovers are judged every few seconds, and few jobs count.
func (w World) ended(counts func(time.Time, model.Status) bool) []record.TailJob {
	evidence, _ := w.tail(model.Green)
	that := func(all []record.TailJob) (out []record.TailJob) {
		for i := range all {
			if j := &all[i]; counts(j.End, j.Status) {
				out = append(out, *j)
			}
		}
		return out
	}
	seen := that(w.Kept[model.Green])
	recent, n := w.view(model.Green).Recent, 0
	is := func(j *model.Job) bool { return hasEnded(j) && counts(j.End, j.Status) }
	for i := range recent {
		if is(&recent[i]) {
			n++
		}
	}
	seen = slices.Grow(seen, n)
	for i := range recent {
		if is(&recent[i]) {
			seen = append(seen, record.TailOf(&recent[i]))
		}
	}
	proven := that(evidence)
	if len(seen) > 0 && len(proven) < len(evidence) {
		other := make(map[string]bool, len(seen))
		for i := range seen {
			other[seen[i].Job] = false
		}
		for i := range evidence {
			if _, is := other[evidence[i].Job]; is {
				other[evidence[i].Job] = !counts(evidence[i].End, evidence[i].Status)
			}
		}
		seen = slices.DeleteFunc(seen, func(j record.TailJob) bool { return other[j.Job] })
	}
	return Tails(proven, seen)
}

func hasEnded(j *model.Job) bool { return !j.End.IsZero() && !j.Status.Outcome().Open() }

// lost are the ended jobs that an emergency may lose: all that is known to have ended since shortly before the newest row of the replica.
func (t *takeover) lost() *Lost {
	if t.loses != nil {
		return t.loses
	}
	from := t.lostAfter.Add(-lostMargin)
	if t.lostAfter.IsZero() {
		from = t.Now.Add(-lostUnsaid)
	}
	l := &Lost{OnInstance: t.pair.To, After: t.lostAfter}
	l.Jobs = t.World.ended(func(end time.Time, s model.Status) bool { return !end.Before(from) && s.Known() })
	if n := len(l.Jobs) - lostMost; n > 0 {
		l.Jobs, l.More = l.Jobs[n:], n
	}
	t.loses = l
	return l
}

// gone are those that ended after the moment from which on everything is lost.
func (l *Lost) gone() (jobs []record.TailJob) {
	if l.After.IsZero() {
		return l.Jobs
	}
	for _, j := range l.Jobs {
		if j.End.After(l.After) {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// lastNumbers are the next numbers of green's catalog as they were read last: by evidence, and of jobs by what this session has seen.
func (w World) lastNumbers() (n record.Numbered, known bool) {
	evidence, of := w.tail(model.Green)
	if of != nil {
		n = record.Numbered{At: of.At, Next: slices.Clone(of.Next)}
	}
	highest := w.mark(model.Green).ID
	for i := range evidence {
		highest = max(highest, evidence[i].ID)
	}
	i := slices.IndexFunc(n.Next, func(t model.NextID) bool { return t.Table == "Job" })
	switch {
	case highest == 0:
	case i < 0:
		n.Next = append([]model.NextID{{Table: "Job", Next: uint64(highest) + 1}}, n.Next...)
	default:
		n.Next[i].Next = max(n.Next[i].Next, uint64(highest)+1)
	}
	has := func(table string) bool {
		return slices.ContainsFunc(n.Next, func(t model.NextID) bool { return t.Table == table })
	}
	return n, has("Job") && has("Media")
}

// numbers are the step by which nothing is numbered, and no volume named, as something that is lost was.
func (t *takeover) numbers() Step {
	n, _ := t.lastNumbers()
	o := &Numbers{OnInstance: t.pair.To, Above: []model.NextID{}, Volumes: t.writtenTo()}
	for _, next := range n.Next {
		o.Above = append(o.Above, next.Above(t.Now.Sub(n.At), !n.At.IsZero()))
	}
	s := Step{Order: Order{NumbersByHand: o}, Limit: handTakes}
	if t.Routing.Numbers {
		s = Step{Order: Order{Numbers: o}, Limit: sessionLimit}
	}
	return s
}

// reconcile are the steps of an emergency before anybody writes to the promoted catalog: what is lost is told, nothing is numbered as it
// was, and volumes that hold what the catalog does not know are not written to any more.
func (t *takeover) reconcile() []Step {
	if t.to != FailoverEmergency {
		return nil
	}
	return []Step{{Order: Order{Lost: t.lost()}, Limit: sessionLimit, Spares: true}, t.numbers()}
}

// used is the step by which volumes that were written to are not written to any more, before any job is: those that are known now, and
// those that are found then. What the promoted catalog did not know has a row by then to which nothing is written.
func (t *takeover) used() []Step {
	if t.to != FailoverEmergency {
		return nil
	}
	u := &ReadOnly{OnInstance: t.pair.To, Director: t.names[0], Volumes: t.writtenTo()}
	if t.Routing.Marks[OnDirector{Cluster: model.Green, Director: u.Director}] {
		return []Step{{Order: Order{ReadOnly: u}, Limit: sessionLimit}}
	}
	return []Step{{Order: Order{ReadOnlyByHand: u}, Limit: handTakes}}
}

// writtenTo are the volumes of what an emergency may lose, and of what ran, as far as they are known.
func (t *takeover) writtenTo() []string {
	names := []string{}
	add := func(v string) {
		if v = model.Clean(v); v != "" && !slices.Contains(names, v) {
			names = append(names, v)
		}
	}
	for _, j := range t.lost().gone() {
		for _, v := range j.Volumes {
			add(v)
		}
	}
	open := t.view(model.Green).Open
	for i := range open {
		add(open[i].Progress.Volume)
	}
	return names
}

// numbersKnown asks for a reason where nobody knows which numbers were given last: then the margin is a guess, and a generous one.
func (w World) numbersKnown() model.Check {
	c := model.Check{Says: "it is known which JobIds and MediaIds were given last", Bar: model.Override, Limit: "<= " + model.Span(numbersAge)}
	n, known := w.lastNumbers()
	switch {
	case !known:
		c.Value = "switchyard observe has recorded none"
		if len(n.Next) > 0 {
			c.Value = fmt.Sprintf("JobIds are, up to %d; of volumes nothing was recorded", n.Next[0].Next-1)
		}
		return c
	case w.Now.Sub(n.At) > numbersAge:
		c.Verdict, c.At = model.Fails, n.At
	default:
		c.Verdict, c.At = model.Holds, n.At
	}
	c.Value = "as read " + n.At.UTC().Format("2 Jan 15:04:05") + " UTC"
	for _, t := range n.Next {
		if t.Table == "Job" || t.Table == "Media" {
			c.Value += fmt.Sprintf(", %s up to %d", t.Table, t.Next-1)
		}
	}
	return c
}
