package plan

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// Failover asks that green's catalog is served by another server.
type Failover struct {
	To FailoverTo `json:"to"`
	Of string     `json:"of"` // the instance that fails over to its standby, or that is promoted
}

// FailoverOf asks for a failover of the pair as it is known now.
func FailoverOf(s *board.Snapshot, to FailoverTo) *Failover {
	w := World{Snapshot: s}
	f := &Failover{To: to}
	switch r := s.RDS; {
	case to == FailoverAZ:
		f.Of = w.writer().ID
	case r != nil && r.Replica != nil:
		f.Of = r.Replica.ID
	}
	return f
}

// FailoverTo is where to.
type FailoverTo string

// The failovers.
const (
	FailoverAZ         FailoverTo = "az"         // the same instance, by its standby
	FailoverSwitchover FailoverTo = "switchover" // the replica, with both up and nothing lost
	FailoverEmergency  FailoverTo = "emergency"  // the replica, because the primary's AWS region is gone
)

// Failovers are all of them, the smallest first.
var Failovers = []FailoverTo{FailoverAZ, FailoverSwitchover, FailoverEmergency}

// FailoverCalled reads the word of one.
func FailoverCalled(word string) (FailoverTo, error) {
	if to := FailoverTo(word); slices.Contains(Failovers, to) || to == FailoverQuarantine || to == FailoverRebuild {
		return to, nil
	}
	return "", fmt.Errorf("there is no failover called %q", model.Clean(word))
}

// Says is what it does, in words.
func (t FailoverTo) Says() string {
	switch t {
	case FailoverAZ:
		return "fail the primary over to its standby in the same AWS region"
	case FailoverSwitchover:
		return "switch over to the replica in the other AWS region, with both up and nothing lost"
	case FailoverEmergency:
		return "promote the replica because the primary's AWS region is gone"
	case FailoverQuarantine:
		return "let the server that was given up take no writes any more"
	case FailoverRebuild:
		return "create a replica of the server that is in force, in the other AWS region"
	}
	return "fail over in a way that this program does not know"
}

func (f *Failover) words() (verb, says, confirm string) {
	confirm = "fail over " + f.Of
	if f.To != FailoverAZ {
		confirm = "promote " + f.Of
	}
	return board.FailoverVerb, f.To.Says(), model.Clean(confirm)
}

func (f *Failover) plan(w World, id string) (*Plan, error) {
	r := w.Snapshot.RDS
	switch {
	case r == nil || r.Primary == nil:
		return nil, fmt.Errorf("planning a failover: no RDS instance is watched: %w", model.ErrNone)
	case f.Of == "" || f.Of != FailoverOf(w.Snapshot, f.To).Of:
		return nil, fmt.Errorf("planning a failover: %s: %w", cmp.Or(noReplica(r), "it is not for "+model.Clean(f.Of)+" any more"), model.ErrNone)
	case f.To == FailoverAZ:
		return f.az(w, id)
	case f.To == FailoverSwitchover || f.To == FailoverEmergency:
		return f.takeover(w, id)
	}
	return nil, fmt.Errorf("planning a failover: %s", f.To.Says())
}

func noReplica(r *model.RDS) string {
	if r.Replica == nil {
		return errNoReplica.Error()
	}
	return ""
}

// failoverLimit is how long AWS may take for a failover, and to tell its end.
const failoverLimit = 20 * time.Minute

// az fails the instance that takes writes over to its standby: after a takeover that is not the one that is configured as the primary.
func (f *Failover) az(w World, id string) (*Plan, error) {
	name, instance := w.writing()
	at := onInstance(instance)
	p := &Plan{ID: id, Ask: Ask{Failover: f}, Known: &Known{Writer: name}}
	p.Verb, p.Says, p.Confirm = f.words()
	guards := []string{"rds-identity", "rds-available", "rds-multi-az", "rds-lately", "rds-jobs"}
	p.Steps = []Step{{Order: Order{FailOver: at}, Guards: guards, Limit: failoverLimit, NoReturn: true}}
	p.name()
	p.Costs = []string{"its server is away for one to two minutes, longer after a big transaction: every session is cut",
		"jobs that run then lose their catalog and die, but for those of a Director whose client reconnects"}
	if names := w.jobsOpen(); len(names) > 0 {
		p.Costs = append(p.Costs, "open now: "+model.Plural(len(names), "job")+": "+firstFew(names))
	}
	p.Undo = []string{"nothing is lost, and there is nothing to undo; AWS takes no other failover while it rebuilds the standby"}
	return w.Finish(p, guards...)
}

// writer is the instance of the pair that AWS calls no replica, the configured primary before the other.
func (w World) writer() *OnInstance {
	_, at := w.writing()
	return onInstance(at)
}

// writing is the instance that takes writes, by AWS's word, and its name as a source. Where AWS tells of none, it is the configured
// primary; where it calls both a primary, the one that green's Director uses.
func (w World) writing() (name string, at *model.Instance) {
	r := w.Snapshot.RDS
	if r == nil {
		return "primary", nil
	}
	if i := r.Replica; i != nil && i.AWS.Seen() && !i.AWS.Value.IsReplica() && r.Primary != nil &&
		(r.Primary.AWS.Value.IsReplica() || !r.Primary.AWS.Seen() || !r.Primary.Missing.IsZero()) {
		return "replica", i
	} else if i != nil && i.AWS.Seen() && !i.AWS.Value.IsReplica() && i.Missing.IsZero() {
		if _, inForce, _ := w.old(); inForce == i {
			return "replica", i
		}
	}
	return "primary", r.Primary
}

func onInstance(i *model.Instance) *OnInstance {
	if i == nil {
		return &OnInstance{}
	}
	return &OnInstance{ID: i.ID, Region: i.Region, ResourceID: i.AWS.Value.ResourceID}
}

// jobsOpen are the jobs of green that have not ended, by number and name.
func (w World) jobsOpen() (names []string) {
	open := w.view(model.Green).Open
	for i := range open {
		if j := &open[i]; j.Outcome.Open() {
			names = append(names, fmt.Sprintf("%d %s", j.ID, j.Title()))
		}
	}
	return names
}
