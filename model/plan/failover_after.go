package plan

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"switchyard/model"
	"switchyard/model/board"
)

// What follows a failover: words of plans as those of the failovers themselves.
const (
	FailoverQuarantine FailoverTo = "quarantine" // the old primary, which takes writes again
	FailoverRebuild    FailoverTo = "rebuild"    // a replica in the other AWS region
)

// FailoversNow are the failovers, and of what follows one that which there is something to do for.
func FailoversNow(s *board.Snapshot) []FailoverTo {
	out := Failovers
	if r := s.RDS; r != nil && r.TwoWriters != "" {
		out = append(out[:len(out):len(out)], FailoverQuarantine)
	}
	if _, err := RebuildOf(s, ""); err == nil {
		out = append(out[:len(out):len(out)], FailoverRebuild)
	}
	return out
}

// FailoverAsk is what a word asks for.
func FailoverAsk(s *board.Snapshot, to FailoverTo) (Ask, error) {
	switch to {
	case FailoverQuarantine:
		i, err := IsolateOf(s)
		return Ask{Isolate: i}, err
	case FailoverRebuild:
		r, err := RebuildOf(s, "")
		return Ask{Rebuild: r}, err
	}
	return Ask{Failover: FailoverOf(s, to)}, nil
}

// Isolate asks that the instance which was given up takes no writes any more.
type Isolate struct {
	Of string `json:"of"`
}

// IsolateOf is what is meant: of the two that take writes the one that green's Director does not use.
func IsolateOf(s *board.Snapshot) (*Isolate, error) {
	w := World{Snapshot: s}
	old, _, why := w.old()
	if old == nil {
		return nil, fmt.Errorf("quarantining: %s: %w", why, model.ErrNone)
	}
	return &Isolate{Of: old.ID}, nil
}

// old is the instance of the pair that was given up, and the one that is in force: by where green's Director has its catalog, and where
// that does not tell, by AWS's word of the replica. Why says that nobody can tell.
func (w World) old() (old, inForce *model.Instance, why string) {
	r := w.Snapshot.RDS
	if r == nil || r.Primary == nil || r.Replica == nil {
		return nil, nil, "no pair is watched"
	}
	d, _ := w.active(model.Green)
	at := usesAt(d.Uses)
	is := func(i *model.Instance) bool {
		return at != "" && (at == i.AWS.Value.Endpoint || at == i.AWS.Value.Address)
	}
	switch {
	case is(r.Primary) && !is(r.Replica):
		return r.Replica, r.Primary, ""
	case is(r.Replica) && !is(r.Primary), at == "" && r.Replica.AWS.Seen() && !r.Replica.AWS.Value.IsReplica():
		return r.Primary, r.Replica, ""
	case at == "" && r.Replica.AWS.Seen():
		return r.Replica, r.Primary, ""
	}
	return nil, nil, "nobody can tell which of the two is in force: green's Director uses " + cmp.Or(at, "what it does not say")
}

func (i *Isolate) words() (verb, says, confirm string) {
	return board.FailoverVerb, model.Clean(fmt.Sprintf("let %s take no writes any more: another server is in force", i.Of)),
		model.Clean("quarantine " + i.Of)
}

func (i *Isolate) plan(w World, id string) (*Plan, error) {
	old, inForce, why := w.old()
	if old == nil || old.ID != i.Of {
		return nil, fmt.Errorf("planning a quarantine: %s: %w", cmp.Or(why, model.Clean(i.Of)+" is not the one that was given up"), model.ErrNone)
	}
	on := onInstance(old)
	if on.ResourceID == "" {
		return nil, fmt.Errorf("planning a quarantine: AWS has not told which instance %s is: %w", old.ID, model.ErrNone)
	}
	p := &Plan{ID: id, Ask: Ask{Isolate: i}, Emergency: true}
	p.Verb, p.Says, p.Confirm = i.words()
	guards := []string{"old-target", "old-other", "old-sessions"}
	if s, is := w.account(*on, false); is {
		p.Steps = append(p.Steps, s)
	}
	if group := old.AWS.Value.ParameterGroup; group == "" || strings.HasPrefix(group, "default.") {
		p.Steps = append(p.Steps, Step{Order: Order{Halt: on}, Limit: settleLimit})
		p.Costs = append(
			p.Costs,
			"its parameter group is AWS's own and cannot be changed, so that it is stopped; AWS starts it again after seven days",
		)
		p.Undo = append(p.Undo, "aws rds start-db-instance starts it, and it takes writes again")
	} else {
		p.Steps = append(p.Steps, Step{Order: Order{Quarantine: &Quarantine{OnInstance: *on, Group: group}}, Limit: sessionLimit})
		p.Costs = append(p.Costs, "every instance with the parameter group "+group+" takes no writes any more")
		p.Undo = append(p.Undo, "read_only = {TrueIfReplica} in "+group+" lets it take writes again; nobody should")
	}
	for i := range p.Steps {
		p.Steps[i].Guards = guards
	}
	p.nameLeft()
	p.Costs = append(
		p.Costs,
		fmt.Sprintf("what was written to %s since it was given up is in no other server: look through it before %s is deleted",
			old.ID, old.ID),
		"whoever still uses it is refused; "+inForce.ID+" is not touched",
	)
	return w.Finish(p, guards...)
}

// Rebuild asks for a new replica of the instance that takes writes, in the AWS region of the other one of the pair.
type Rebuild struct {
	Of string `json:"of"` // the instance that takes writes
	ID string `json:"id"` // of the replica
}

// RebuildOf is what is meant, with a name where none is given: that of the instance which stood there, or one like it where AWS still has
// it. The error is ErrNone where a replica is there.
func RebuildOf(s *board.Snapshot, name string) (*Rebuild, error) {
	w := World{Snapshot: s}
	_, of := w.writing()
	other := w.other(of)
	switch {
	case of == nil || other == nil:
		return nil, fmt.Errorf("rebuilding the replica: no pair is watched: %w", model.ErrNone)
	case !of.AWS.Seen() || of.AWS.Value.IsReplica():
		return nil, fmt.Errorf("rebuilding the replica: AWS has not told that %s is a primary of its own: %w", of.ID, model.ErrNone)
	case other.AWS.Seen() && other.AWS.Value.IsReplica() && other.Missing.IsZero():
		return nil, fmt.Errorf("rebuilding the replica: %s is a replica: %w", other.ID, model.ErrNone)
	case !other.AWS.Seen() && other.Missing.IsZero() && of == s.RDS.Primary:
		return nil, fmt.Errorf("rebuilding the replica: AWS has not told how %s is: %w", other.ID, model.ErrNone)
	}
	if name == "" {
		if name = other.ID; other.Missing.IsZero() {
			name += "-2"
		}
	}
	return &Rebuild{Of: of.ID, ID: model.Clean(name)}, nil
}

// other is the other instance of the pair; nil when there is none.
func (w World) other(of *model.Instance) *model.Instance {
	r := w.Snapshot.RDS
	switch {
	case r == nil || of == nil:
		return nil
	case of == r.Primary:
		return r.Replica
	}
	return r.Primary
}

const (
	rebuildWait = 24 * time.Hour // a snapshot is copied to another AWS region: hours for a big one
	createLimit = 10 * time.Minute
)

func (r *Rebuild) words() (verb, says, confirm string) {
	return board.FailoverVerb, model.Clean(fmt.Sprintf("create %s, a replica of %s in the other AWS region", r.ID, r.Of)),
		model.Clean("create " + r.ID)
}

func (r *Rebuild) plan(w World, id string) (*Plan, error) {
	again, err := RebuildOf(w.Snapshot, r.ID)
	if err != nil || again.Of != r.Of {
		return nil, fmt.Errorf("planning a rebuild: %w", cmp.Or(err, fmt.Errorf("%s does not take writes: %w", model.Clean(r.Of), model.ErrNone)))
	}
	name, of := w.writing()
	like := w.like(of, w.other(of))
	if err := like.fits(w, of, w.other(of)); err != nil {
		return nil, fmt.Errorf("planning a rebuild: %w", err)
	}
	c := r.replica(of, w.other(of).Region, like)
	p := &Plan{ID: id, Ask: Ask{Rebuild: r}, Known: &Known{Replica: like, Writer: name}}
	p.Verb, p.Says, p.Confirm = r.words()
	guards := []string{"rebuild-source", "rebuild-name", "rebuild-key", "rebuild-like"}
	from := *onInstance(of)
	p.Steps = []Step{
		byHand(fmt.Sprintf("freeze the pipeline of the code that describes %s and %s, until it has been told of %s", r.Of, w.other(of).ID, r.ID),
			TouchInstance(r.ID)),
		{Order: Order{Settled: &from}, Limit: settleLimit},
		{Order: Order{CreateReplica: c}, Guards: guards, Limit: createLimit},
		{Order: Order{Replicates: &c.Made}, Limit: rebuildWait},
	}
	p.Steps[0].Guards = guards
	p.nameLeft()
	p.Costs = []string{
		fmt.Sprintf("%s is modifying while AWS takes its snapshot: minutes in which it works, and takes no other change", r.Of),
		"a second instance is paid for from now on; copying to another AWS region takes hours for a big catalog",
		"there is no replica until it is done: the checks of a takeover stay as they are, by the instances that rds in the configuration names",
		fmt.Sprintf("then write rds: primary: {id: %s, aws_region: %s}, replica: {id: %s, aws_region: %s}, with their addresses", r.Of, of.Region,
			r.ID, c.Region),
	}
	p.Costs = append(p.Costs, c.terraform(w.other(of))...)
	p.Undo = []string{r.ID + " can be deleted like any replica; nothing else is changed"}
	return w.Finish(p, guards...)
}

// replica is the one that is made, as it was known how it is to be.
func (r *Rebuild) replica(of *model.Instance, region string, k *KnownReplica) *CreateReplica {
	return &CreateReplica{Made: Made{ID: r.ID, Region: region, Source: *onInstance(of)}, SourceARN: of.AWS.Value.ARN, Class: k.Class,
		Group: k.Group, Key: k.Key, MultiAZ: k.MultiAZ, Protected: k.Protected, IAM: k.IAM, SecurityGroups: k.SecurityGroups}
}

// terraform is what the code that describes the instances must be told.
func (c *CreateReplica) terraform(was *model.Instance) []string {
	name := strings.ReplaceAll(c.ID, "-", "_")
	return []string{
		fmt.Sprintf("code that describes it: write resource \"aws_db_instance\" \"%s\" { identifier = \"%s\", replicate_source_db = \"%s\", "+
			"instance_class = \"%s\", kms_key_id = \"%s\", parameter_group_name = \"%s\", multi_az = %v, deletion_protection = %v }, then "+
			"terraform import aws_db_instance.%s %s, and see that its plan is empty",
			name, c.ID, c.SourceARN, c.Class, c.Key, c.Group, c.MultiAZ, c.Protected, name, c.ID),
		fmt.Sprintf(
			"of %s, remove replicate_source_db and write its backup_retention_period; terraform state rm that of %s, before it is deleted",
			c.Source.ID,
			was.ID,
		),
	}
}
