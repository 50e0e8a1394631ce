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

// ended are the ended jobs of green that this session or the evidence knows, each once, the newest last.
func (w World) ended() []record.TailJob {
	evidence, _ := w.tail(model.Green)
	jobs := slices.Clone(evidence)
	known := map[string]bool{}
	for i := range jobs {
		known[jobs[i].Job] = true
	}
	var more []record.TailJob
	recent := w.view(model.Green).Recent
	for i := range recent {
		if j := &recent[i]; !j.End.IsZero() && !j.Status.Outcome().Open() {
			more = append(more, record.TailOf(j))
		}
	}
	for _, j := range more {
		if j.Job != "" && !known[j.Job] {
			known[j.Job] = true
			jobs = append(jobs, j)
		}
	}
	slices.SortStableFunc(jobs, func(a, b record.TailJob) int { return a.End.Compare(b.End) })
	return jobs
}

// lost are the ended jobs that an emergency may lose: all that is known to have ended since shortly before the newest row of the replica.
func (t *takeover) lost() *Lost {
	from := t.lostAfter.Add(-lostMargin)
	if t.lostAfter.IsZero() {
		from = t.Now.Add(-lostUnsaid)
	}
	l := &Lost{OnInstance: t.pair.To, After: t.lostAfter, Jobs: []record.TailJob{}}
	for _, j := range t.World.ended() {
		if !j.End.Before(from) && j.Status.Known() {
			l.Jobs = append(l.Jobs, j)
		}
	}
	if n := len(l.Jobs) - lostMost; n > 0 {
		l.Jobs, l.More = l.Jobs[n:], n
	}
	return l
}

// gone are those that ended after the moment from which on everything is lost.
func (l *Lost) gone() (jobs []record.TailJob) {
	for _, j := range l.Jobs {
		if l.After.IsZero() || j.End.After(l.After) {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// lastNumbers are the next numbers of green's catalog as they were read last: by evidence, and of jobs by what this session has seen.
func (w World) lastNumbers() (n record.Numbered, known bool) {
	if _, of := w.tail(model.Green); of != nil {
		n = record.Numbered{At: of.At, Next: slices.Clone(of.Next)}
	}
	highest := w.mark(model.Green).ID
	jobs := w.ended()
	for i := range jobs {
		highest = max(highest, jobs[i].ID)
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

// numbers are the step by which nothing is numbered as something that is lost was.
func (t *takeover) numbers() Step {
	n, _ := t.lastNumbers()
	o := &Numbers{OnInstance: t.pair.To, Above: []model.NextID{}}
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

// used is the step by which volumes that were written to are not written to any more, before any job is. What the promoted catalog does not
// know, nothing writes to.
func (t *takeover) used() []Step {
	names := t.writtenTo()
	if t.to != FailoverEmergency || len(names) == 0 {
		return nil
	}
	return []Step{{Order: Order{UsedByHand: &Used{OnInstance: t.pair.To, Director: t.names[0], Volumes: names}}, Limit: handTakes}}
}

// writtenTo are the volumes of what an emergency may lose, and of what ran, as far as they are known.
func (t *takeover) writtenTo() (names []string) {
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
