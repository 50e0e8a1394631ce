package board

import (
	"slices"
	"time"

	"switchyard/model"
)

// Starts tells whether a Director starts the backups of a cell by itself, and why not. The zero value: nobody
// can tell.
type Starts struct {
	Is  model.Verdict
	Why Idle
}

// Idle is why a Director does not start a cell by itself, or why that is not known; the zero value is that it never told what it has.
type Idle uint8

// What can stand in the way.
const (
	IdleUnheard   Idle = iota // it does not answer, or never told which jobs it has
	IdleUntold                // it has the job, and does not tell what is switched off
	IdleNoJob                 // it has no job for the cell
	IdleOff                   // the job is switched off, by hand or in its file
	IdleClient                // the client is disabled: the job would end at once
	IdleNotDue                // the next due time is too late for the promise, or there is none
	IdleSchedule              // its schedule is disabled
	idleNot                   // nothing: it starts it
	idleNoSuchOne             // there is no such Director
)

var idleWords = [...]string{
	"it does not tell which jobs it has", "it does not tell what is switched off", "it has no job for it", "the job is switched off",
	"the client is disabled", "it is not due within its promise", "its schedule is disabled", "", "",
}

func (i Idle) String() string { return idleWords[min(i, idleNoSuchOne)] }

// There tells whether there is such a Director at all: a cluster may have no passive one.
func (s Starts) There() bool { return s.Why != idleNoSuchOne }

// offKnown tells that what is switched off on the active Director was read.
func (d *DirectorTruth) offKnown() bool { return len(d.Directors) > 0 && d.Directors[0].OffKnown }

// starts judges both Directors of a cluster. A cell is effective on one that has its job, starts it, may reach its client, and starts it
// before its promise breaks; next is when its schedule is due, zero when never.
func (s *side) starts(p model.Placement, next, now time.Time) (out [2]Starts) {
	d := &s.said // whoever schedules now
	due := IdleNotDue
	if !next.IsZero() && (p.Promise <= 0 || next.Sub(now) <= p.Promise) {
		due = idleNot
	}
	judge := func(heard, told, has, off, unscheduled bool, held []string) Starts {
		switch {
		case !heard:
			return Starts{model.Unknown, IdleUnheard}
		case !has:
			return Starts{model.Fails, IdleNoJob}
		case off:
			return Starts{model.Fails, IdleOff}
		case !told:
			return Starts{model.Unknown, IdleUntold}
		case p.Client != "" && slices.Contains(held, p.Client):
			return Starts{model.Fails, IdleClient}
		case unscheduled:
			return Starts{model.Fails, IdleSchedule}
		case due != idleNot:
			return Starts{model.Fails, due}
		}
		return Starts{model.Holds, idleNot}
	}
	out[0] = judge(d.Live && !d.JobsAt.IsZero(), d.offKnown(), s.saidCells[p.Cell], d.Off[p.Cell], d.Unscheduled[p.Cell], d.Held)
	if len(d.Directors) < 2 {
		out[1] = Starts{model.Unknown, idleNoSuchOne}
		return out
	}
	if l := d.Passive; l != nil {
		out[1] = judge(l.Live, l.Told, l.Has[p.Cell], l.Off[p.Cell], l.Unscheduled[p.Cell], l.Held)
	}
	return out
}

// Effective tells whether a cluster takes the cell whichever of its Directors schedules.
func (s *Standing) Effective() model.Verdict {
	is := s.At[0].Is
	switch {
	case !s.At[1].There() || s.At[1].Is == is:
		return is
	case is == model.Fails || s.At[1].Is == model.Fails:
		return model.Fails
	}
	return model.Unknown
}

// Against tells what a cluster does with the cell, to be compared with routes that give it to the cluster or do not: where they do, one
// Director that does not start it is one too few; where they do not, one that starts it is one too many.
func (s *Standing) Against(wanted model.Verdict) model.Verdict {
	if wanted == model.Holds {
		return s.Effective()
	}
	out := s.At[0].Is
	if other := s.At[1]; other.There() && (other.Is == model.Holds || out == model.Fails) {
		out = other.Is
	}
	return out
}

// Adrift is how a Director differs from what the routes say of a cell.
type Adrift uint8

// The zero value: it does not, or nobody can tell.
const (
	NotAdrift Adrift = iota
	Lacks            // the routes give it to the cluster, and this Director does not start it
	TooMany          // the routes do not, and this Director starts it
)

// DriftsOn tells how a Director of a cluster, the active one first, differs from what the routes say, as far as both are known.
func (v *CellView) DriftsOn(c model.Cluster, place int) Adrift {
	switch want, is := v.Desired[c], v.On[c].At[place].Is; {
	case want == model.Holds && is == model.Fails:
		return Lacks
	case want == model.Fails && is == model.Holds:
		return TooMany
	}
	return NotAdrift
}

// Drifts tells whether a cluster does other than the routes say, as far as both are known.
func (v *CellView) Drifts(c model.Cluster) bool {
	return v.DriftsOn(c, 0) != NotAdrift || v.DriftsOn(c, 1) != NotAdrift
}

// IsAdrift tells whether either cluster does.
func (v *CellView) IsAdrift() bool {
	return v.Desired != (model.Route{}) && (v.Drifts(model.Blue) || v.Drifts(model.Green))
}
