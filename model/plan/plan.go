// Package plan decides: it makes the plans of actions from snapshots, and checks them again before each of their steps.
package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Plan is what an action will do. It is pure data, made by Ask.Plan, shown, approved, and carried out once.
type Plan struct {
	ID          string        `json:"id"`
	Environment string        `json:"environment"`
	Rehearsal   string        `json:"rehearsal,omitempty"`
	Ask         Ask           `json:"ask"`
	Verb        string        `json:"verb"`
	Says        string        `json:"says"`
	Confirm     string        `json:"confirm"` // what a person types to approve it
	Touches     []string      `json:"touches"` // an unfinished action blocks others on the same
	Steps       []Step        `json:"steps"`
	Costs       []string      `json:"costs"`
	Undo        []string      `json:"undo"`   // what cannot be undone, and what undoing would really give
	Guards      []model.Check `json:"guards"` // as they were when it was made
	Approvals   int           `json:"approvals"`
	Ticket      bool          `json:"ticket,omitempty"` // an approval must name one
	Routes      int64         `json:"routes"`           // the record the routes are from
	Facts       string        `json:"facts"`            // hash of the routes' record and of the guards' verdicts and identities
	Made        time.Time     `json:"made"`
	Expires     time.Time     `json:"expires"`
}

// Step is one call and how it is seen to be done.
type Step struct {
	Name     string        `json:"name"`
	Order    Order         `json:"order"`
	Guards   []string      `json:"guards,omitempty"` // ids of Plan.Guards that must hold right before it
	Done     string        `json:"done"`             // what is looked for
	Limit    time.Duration `json:"limit_ns"`         // after that it is unknown
	NoReturn bool          `json:"no_return,omitempty"`
}

// Ask is what a person asked for; exactly one is set. The plan of an ask is a function of the world.
type Ask struct {
	Backup *Backup `json:"backup,omitempty"`
	Cancel *Cancel `json:"cancel,omitempty"`
}

// Order is what a step does; exactly one is set.
type Order struct {
	StartJob  *StartJob  `json:"start_job,omitempty"`
	FollowJob *TaggedJob `json:"follow_job,omitempty"` // looks until the job has ended
	VerifyJob *TaggedJob `json:"verify_job,omitempty"` // looks at what it left
	CancelJob *CancelJob `json:"cancel_job,omitempty"`
}

// Looks tells whether the order changes nothing: its step is only waited for, and seen failed when it fails.
func (o Order) Looks() bool { return o.FollowJob != nil || o.VerifyJob != nil }

// TaggedJob names a job before it exists: the one that carries a tag as its Comment.
type TaggedJob struct {
	Cluster model.Cluster `json:"cluster"`
	Job     string        `json:"job"` // the Job resource
	Tag     string        `json:"tag"`
	After   Mark          `json:"after"`
	Leaves  string        `json:"leaves,omitempty"` // letters of the levels below full at which the cell's backups leave something: one that does not is no good one
}

// Mark is a job that was in a catalog when the plan was made: what the plan starts has a greater JobId. When the mark's
// row is another job's, a failover has lost rows and JobIds were issued again. The zero value is an empty catalog's.
type Mark struct {
	ID  uint32 `json:"jobid"`
	Job string `json:"job"`
}

// StartJob starts a job that carries a tag.
type StartJob struct {
	TaggedJob
	Level string `json:"level,omitempty"` // Full, Incremental or Differential; empty: what the Job resource says
}

// CancelJob cancels a job by its unique name.
type CancelJob struct {
	Cluster model.Cluster `json:"cluster"`
	Job     string        `json:"job"`
	ID      uint32        `json:"jobid"`
}

// Plan makes the plan in a world. The id is random, and unique for ever.
func (a Ask) Plan(w World, id string) (*Plan, error) {
	switch {
	case a.Backup != nil && a.Cancel == nil:
		return a.Backup.plan(w, id)
	case a.Cancel != nil && a.Backup == nil:
		return a.Cancel.plan(w, id)
	}
	return nil, errors.New("making a plan: want one thing asked for")
}

// finish fills in what every plan has.
func (w World) finish(p *Plan) *Plan {
	p.Environment, p.Rehearsal = w.Snapshot.Environment, w.Snapshot.Rehearsal
	p.Guards = append([]model.Check{w.journalFree(p)}, append(p.Guards, w.noFreeze())...)
	p.Approvals, p.Ticket = max(1, w.Policy.Approvals), w.Policy.Ticket
	if slices.ContainsFunc(p.Guards, NeedsReason) {
		p.Approvals = max(p.Approvals, w.Policy.OverrideApprovals)
	}
	for i := range p.Steps {
		if len(p.Steps[i].Guards) > 0 {
			p.Steps[i].Guards = append([]string{guardFree}, append(p.Steps[i].Guards, guardFreeze)...)
		}
	}
	if w.State != nil {
		p.Routes = w.State.RoutesSeq
	}
	p.Facts = p.facts()
	p.Made, p.Expires = w.Now, w.Now.Add(w.Policy.PlanLife)
	return p
}

// facts is what the plan is bound to: never a measured value, never an age.
func (p *Plan) facts() string {
	h := sha256.New()
	fmt.Fprintf(h, "routes %d\n", p.Routes)
	for _, c := range p.Guards {
		fmt.Fprintf(h, "%q %v %v %q\n", c.ID, c.Bar, c.Verdict, c.Fact)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// NeedsReason tells whether a guard lets through only what has a typed reason.
func NeedsReason(c model.Check) bool { return c.Bar == model.Override && c.Verdict != model.Holds }

// Blocks tells whether a guard lets nothing through, whatever anybody says.
func Blocks(c model.Check) bool { return c.Bar == model.Block && c.Verdict != model.Holds }

// Blocked gives the first guard that nobody can override; nil when there is none.
func (p *Plan) Blocked() *model.Check {
	if i := slices.IndexFunc(p.Guards, Blocks); i >= 0 {
		return &p.Guards[i]
	}
	return nil
}

// Guard finds a guard by its id; nil when there is none.
func (p *Plan) Guard(id string) *model.Check {
	if i := slices.IndexFunc(p.Guards, func(c model.Check) bool { return c.ID == id }); i >= 0 {
		return &p.Guards[i]
	}
	return nil
}

// Decode reads a plan as it was written with JSON. What this program does not know in it is an error: a newer one wrote it.
func Decode(b []byte) (*Plan, error) {
	var p Plan
	if err := Strictly(b, &p); err != nil {
		return nil, fmt.Errorf("reading a plan: %w", err)
	}
	if p.ID == "" || p.ID != model.Clean(p.ID) || len(p.Steps) == 0 {
		return nil, errors.New("reading a plan: it has no id or no steps")
	}
	return &p, nil
}

// Strictly reads one JSON document and refuses what v has no place for.
func Strictly(b []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return errors.New(model.Clean(err.Error()))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return nil
}

// Record is the plan as the journal keeps it.
func (p *Plan) Record() (record.Planned, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return record.Planned{}, fmt.Errorf("encoding plan %s: %w", p.ID, err)
	}
	b := record.Planned{Action: p.ID, Environment: p.Environment, Rehearsal: p.Rehearsal, Verb: p.Verb, Says: p.Says,
		Touches: p.Touches, Approvals: p.Approvals, Expires: p.Expires, Plan: raw}
	for _, s := range p.Steps {
		b.Steps = append(b.Steps, s.Name)
	}
	return b, nil
}
