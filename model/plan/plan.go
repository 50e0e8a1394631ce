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
	ID          string         `json:"id"`
	Environment string         `json:"environment"`
	Rehearsal   string         `json:"rehearsal,omitempty"`
	Ask         Ask            `json:"ask"`
	Verb        string         `json:"verb"`
	Says        string         `json:"says"`
	Confirm     string         `json:"confirm"`          // what a person types to approve it
	Touches     record.Touches `json:"touches,omitzero"` // an unfinished action blocks others on the same
	Steps       []Step         `json:"steps"`
	Known       *Known         `json:"known,omitempty"` // what decided which steps there are, where another process may not know it
	Costs       []string       `json:"costs"`
	Undo        []string       `json:"undo"`   // what cannot be undone, and what undoing would really give
	Guards      []model.Check  `json:"guards"` // as they were when it was made
	Supersedes  []Other        `json:"supersedes,omitempty"`
	Emergency   bool           `json:"emergency,omitempty"` // its maker says so: the policy's emergency_approvals are enough
	Approvals   int            `json:"approvals"`
	Ordinary    int            `json:"ordinary,omitempty"` // approvals that an emergency would need if it were none
	Ticket      bool           `json:"ticket,omitempty"`   // an approval must name one
	Routes      int64          `json:"routes"`             // the record the routes are from
	Facts       string         `json:"facts"`              // hash of the routes' record and of the guards' verdicts and identities
	Made        time.Time      `json:"made"`
	Expires     time.Time      `json:"expires"`
}

// Step is one call and how it is seen to be done.
type Step struct {
	Name     string        `json:"name"`
	Order    Order         `json:"order"`
	Guards   []string      `json:"guards,omitempty"` // ids of Plan.Guards that must hold right before it
	Done     string        `json:"done"`             // what is looked for
	Limit    time.Duration `json:"limit_ns"`         // after that it is unknown
	NoReturn bool          `json:"no_return,omitempty"`
	Spares   bool          `json:"spares,omitempty"`  // when it goes wrong that is told, and the plan goes on
	Changes  []Change      `json:"changes,omitempty"` // guards that it changes itself
	Back     *Step         `json:"back,omitempty"`    // how it is undone when a later step is seen not done, or a person asks for it
}

// Shows are lines about a step beside its name.
func (s *Step) Shows() []string {
	lines := s.Order.Shows()
	if s.Spares {
		lines = append(lines, "if it goes wrong that is told, and the plan goes on")
	}
	if s.Back != nil {
		lines = append(lines, "if a later step fails: "+model.Clean(s.Back.Name))
	}
	return lines
}

// Ask is what a person asked for; exactly one is set. The plan of an ask is a function of the world.
type Ask struct {
	Backup  *Backup  `json:"backup,omitempty"`
	Cancel  *Cancel  `json:"cancel,omitempty"`
	Shift   *Shift   `json:"shift,omitempty"`
	Later   *Later   `json:"later,omitempty"`
	Restore *Restore `json:"restore,omitempty"`
	Test    *Test    `json:"test,omitempty"` // of a restore
	Push    *Push    `json:"push,omitempty"`
	Adopt   *Adopt   `json:"adopt,omitempty"`

	Failover *Failover `json:"failover,omitempty"`

	Isolate *Isolate `json:"isolate,omitempty"`
	Rebuild *Rebuild `json:"rebuild,omitempty"`

	FailDirector    *FailDirector    `json:"fail_director,omitempty"`
	RestartDirector *RestartDirector `json:"restart_director,omitempty"`
	Rerun           *Rerun           `json:"rerun,omitempty"`
	Recover         *Recover         `json:"recover,omitempty"`
	Split           *Split           `json:"split,omitempty"`
	ChangeClass     *ChangeClass     `json:"change_class,omitempty"`

	Batch *Batch `json:"batch,omitempty"` // beside the one: as a batch of a programme
}

// makers make the plans of all that is asked for.
func (a Ask) makers() (of []func(World, string) (*Plan, error)) {
	if a.Backup != nil {
		of = append(of, a.Backup.plan)
	}
	if a.Cancel != nil {
		of = append(of, a.Cancel.plan)
	}
	if a.Shift != nil {
		of = append(of, a.Shift.plan)
	}
	if a.Later != nil {
		of = append(of, a.Later.plan)
	}
	if a.Adopt != nil {
		of = append(of, a.Adopt.plan)
	}
	if a.Restore != nil {
		of = append(of, a.Restore.plan)
	}
	if a.Test != nil {
		of = append(of, a.Test.plan)
	}
	if a.Push != nil {
		of = append(of, a.Push.plan)
	}
	if a.Failover != nil {
		of = append(of, a.Failover.plan)
	}
	if a.Isolate != nil {
		of = append(of, a.Isolate.plan)
	}
	if a.Rebuild != nil {
		of = append(of, a.Rebuild.plan)
	}
	if a.FailDirector != nil {
		of = append(of, a.FailDirector.plan)
	}
	if a.RestartDirector != nil {
		of = append(of, a.RestartDirector.plan)
	}
	if a.Rerun != nil {
		of = append(of, a.Rerun.plan)
	}
	if a.Recover != nil {
		of = append(of, a.Recover.plan)
	}
	if a.Split != nil {
		of = append(of, a.Split.plan)
	}
	if a.ChangeClass != nil {
		of = append(of, a.ChangeClass.plan)
	}
	return of
}

// Restoring is the restore that is asked for, by itself or to be tested; nil when none is.
func (a Ask) Restoring() *Restore {
	if a.Test != nil {
		return &a.Test.Restore
	}
	return a.Restore
}

// cluster is the one that is asked to act.
func (a Ask) cluster() (c model.Cluster) {
	switch {
	case a.Backup != nil:
		c = a.Backup.Cluster
	case a.Cancel != nil:
		c = a.Cancel.Job.Cluster
	case a.Restoring() != nil:
		c = a.Restoring().Point.Cluster
	case a.Push != nil:
		c = a.Push.Cluster
	case a.Failover != nil, a.Isolate != nil, a.Rebuild != nil, a.Recover != nil, a.ChangeClass != nil:
		c = model.Green
	case a.FailDirector != nil:
		c = a.FailDirector.Cluster
	case a.RestartDirector != nil:
		c = a.RestartDirector.Cluster
	case a.Rerun != nil:
		c = a.Rerun.Cluster
	}
	return c
}

// Plan makes the plan in a world. The id is random, and unique for ever.
func (a Ask) Plan(w World, id string) (*Plan, error) {
	w.batch = a.Batch
	if w.memo == nil {
		w.memo = &memo{}
	}
	if w.Makes != nil {
		return w.Makes(w, a, id)
	}
	of := a.makers()
	if len(of) != 1 {
		return nil, fmt.Errorf("making a plan: want one thing asked for, not %d", len(of))
	}
	return of[0](w, id)
}

// Finish fills in what every plan has, and judges its own guards and those of every plan.
func (w World) Finish(p *Plan, ids ...string) (*Plan, error) {
	if p.Ask.Batch = w.batch; w.batch != nil {
		ids = append([]string{guardBatch}, ids...)
	}
	p.holds(w)
	p.putsBack()
	rows, err := p.Rows()
	if err == nil {
		p.Touches, err = w.touches(p)
	}
	if err != nil {
		return nil, fmt.Errorf("planning a %s: %w", p.Verb, err)
	}
	for i, r := range rows {
		if s := &p.Steps[i]; !r.Looks {
			s.Guards = append([]string{GuardFree}, append(s.Guards, guardFreeze)...)
			if s.Back != nil {
				s.Back.Guards = append([]string{GuardFree}, s.Back.Guards...)
			}
		}
	}
	p.bind(w, append(append([]string{GuardFree}, ids...), guardFreeze))
	p.Facts = p.facts()
	p.Made, p.Expires = w.Now, w.Now.Add(w.Policy.PlanLife)
	return p, nil
}

// bind judges the guards, and takes over what the world and its policy ask for.
func (p *Plan) bind(w World, ids []string) {
	p.Environment, p.Rehearsal, p.Routes = w.Snapshot.Environment, w.Snapshot.Rehearsal, 0
	if w.State != nil {
		p.Routes = w.State.RoutesSeq
	}
	p.Guards = p.judged(w, ids, Past{})
	p.people(w.Policy)
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

func (p *Plan) guardIDs() (ids []string) {
	for i := range p.Guards {
		ids = append(ids, p.Guards[i].ID)
	}
	return ids
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
	if _, err := p.Rows(); err != nil {
		return nil, fmt.Errorf("reading a plan: %w", err)
	}
	if err := p.whole(); err != nil {
		return nil, fmt.Errorf("reading a plan: %w", err)
	}
	return &p, nil
}

// Of is the plan as the journal keeps it.
func Of(b record.Planned) (*Plan, error) {
	p, err := Decode(b.Plan)
	if err != nil {
		return p, err
	}
	p.Touches = b.Touches // they are written once, beside it
	programme, batch := p.Ask.of()
	if b.Programme != programme || b.Batch != batch || b.Emergency != p.Emergency ||
		b.Ordinary != p.Ordinary || !slices.Equal(b.Supersedes, p.others()) {
		return nil, errors.New("reading a plan: what stands beside it in the journal is of another one")
	}
	return p, nil
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
	whole := *p
	whole.Touches, whole.Steps = record.Touches{}, p.briefly()
	raw, err := json.Marshal(&whole)
	if err != nil {
		return record.Planned{}, fmt.Errorf("encoding plan %s: %w", p.ID, err)
	}
	b := record.Planned{
		Action:      p.ID,
		Environment: p.Environment,
		Rehearsal:   p.Rehearsal,
		Verb:        p.Verb,
		Says:        p.Says,
		Touches:     p.Touches,
		Approvals:   p.Approvals,
		Supersedes:  p.others(),
		Emergency:   p.Emergency,
		Ordinary:    p.Ordinary,
		Expires:     p.Expires,
		Plan:        raw,
	}
	b.Programme, b.Batch = p.Ask.of()
	for _, s := range p.Steps {
		b.Steps = append(b.Steps, s.Name)
	}
	return b, nil
}
