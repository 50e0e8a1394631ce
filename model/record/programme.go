package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// Begun is a new programme: ordered batches, each of which becomes an ordinary plan when it is due and a person approves it. It acts by
// itself on nothing, and holds nothing while it waits.
type Begun struct {
	Programme   string            `json:"programme"` // its random id
	Environment string            `json:"environment"`
	Rehearsal   string            `json:"rehearsal,omitempty"`
	Says        string            `json:"says"`
	Soak        time.Duration     `json:"soak_ns"`  // from the end of a batch until the next is due
	Failures    int               `json:"failures"` // the stop rule: so many attempts that began and did not end as done
	Batches     []json.RawMessage `json:"batches"`  // what each asks for, as plan.Ask
}

// Decided is a person's word about a programme: it stops, or goes on after it was stopped by somebody or by its rule.
type Decided struct {
	Programme string `json:"programme"`
	Goes      bool   `json:"goes,omitempty"`
	Reason    string `json:"reason"`
}

// RecordKind is KindProgramme.
func (Begun) RecordKind() string { return KindProgramme }

// RecordKind is KindDecided.
func (Decided) RecordKind() string { return KindDecided }

// What a programme may be.
const (
	MaxBatches  = 2000
	LongestSoak = 90 * 24 * time.Hour
)

// Programme is one as it was begun, and what people decided since. Its batches' course follows from the actions. It is never changed after
// Fold returned it.
type Programme struct {
	ID       string            `json:"id"`
	Seq      int64             `json:"seq"` // how people name it
	Says     string            `json:"says"`
	By       string            `json:"by"`
	At       time.Time         `json:"at"`
	Soak     time.Duration     `json:"soak_ns"`
	Failures int               `json:"failures"`
	Batches  []string          `json:"batches"` // in words
	Asks     []json.RawMessage `json:"-"`
	Stopped  *ActionBy         `json:"stopped,omitempty"`
	Goes     *ActionBy         `json:"goes,omitempty"`  // the newest word that it goes on
	Since    int64             `json:"since,omitempty"` // what was proposed before that record does not count any more
}

// AskSays tells what an ask is for, from its data, for whoever knows asks: nil where nobody does.
var AskSays func(ask json.RawMessage) (string, error)

func (s *State) beginProgramme(r Record, seq int64) error {
	var b Begun
	if err := r.Into(&b); err != nil {
		return err
	}
	switch {
	case b.Environment != s.Environment || b.Rehearsal != s.Rehearsal:
		return fmt.Errorf("%w: the programme is for %s, this journal is of %s", ErrEnvironment,
			EnvironmentName(model.Clean(b.Environment), model.Clean(b.Rehearsal)), EnvironmentName(s.Environment, s.Rehearsal))
	case b.Programme == "" || model.Clean(b.Programme) != b.Programme || s.Programme(b.Programme) != nil:
		return fmt.Errorf("%w: a programme without an id of its own", ErrIllegal)
	case len(b.Batches) == 0 || len(b.Batches) > MaxBatches || b.Failures < 1 || b.Soak < 0 || b.Soak > LongestSoak:
		return fmt.Errorf("%w: a programme has 1 to %d batches, a soak of %s at most, and stops after 1 failure or more", ErrIllegal,
			MaxBatches, model.Span(LongestSoak))
	}
	p := &Programme{
		ID:       b.Programme,
		Seq:      seq,
		Says:     model.Clean(b.Says),
		By:       r.Actor,
		At:       r.At,
		Soak:     b.Soak,
		Failures: b.Failures,
		Asks:     b.Batches,
	}
	for i, raw := range b.Batches {
		says := fmt.Sprintf("batch %d", i+1)
		if AskSays != nil {
			var err error
			if says, err = AskSays(raw); err != nil {
				return fmt.Errorf("%w: batch %d: %s", ErrIllegal, i+1, model.Clean(err.Error()))
			}
		}
		p.Batches = append(p.Batches, model.Clean(says))
	}
	s.Programmes = append(s.Programmes, p)
	return nil
}

func (s *State) decide(r Record, seq int64) error {
	var b Decided
	if err := r.Into(&b); err != nil {
		return err
	}
	i := slices.IndexFunc(s.Programmes, func(p *Programme) bool { return p.ID == b.Programme })
	if i < 0 {
		return fmt.Errorf("%w: there is no programme %.40q", ErrIllegal, b.Programme)
	}
	p := *s.Programmes[i]
	c := s.Course(&p)
	by := &ActionBy{By: r.Actor, At: r.At, Says: model.Clean(b.Reason)}
	switch {
	case by.By == "" || by.Says == "":
		return fmt.Errorf("%w: deciding about programme %d needs a name and a reason", ErrIllegal, p.Seq)
	case c.Over:
		return fmt.Errorf("%w: programme %d is done", ErrIllegal, p.Seq)
	case !b.Goes && p.Stopped != nil:
		return fmt.Errorf("%w: programme %d was stopped already, by %s", ErrIllegal, p.Seq, p.Stopped.By)
	case b.Goes && c.Halt == "":
		return fmt.Errorf("%w: programme %d goes on: nothing has stopped it", ErrIllegal, p.Seq)
	case b.Goes:
		p.Stopped, p.Goes, p.Since = nil, by, seq
	default:
		p.Stopped = by
	}
	s.Programmes[i] = &p
	return nil
}

// Programme finds one by its id; nil when there is none.
func (s *State) Programme(id string) *Programme {
	i := slices.IndexFunc(s.Programmes, func(p *Programme) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return s.Programmes[i]
}

// Course is how far a programme is.
type Course struct {
	Done   int       `json:"done"`             // batches: the first ones
	Over   bool      `json:"over,omitempty"`   // all of them
	Action *Action   `json:"-"`                // the newest attempt at the next batch, or at the last one when it is over; nil: none yet
	Open   bool      `json:"open,omitempty"`   // that attempt has begun and is not over
	Failed int       `json:"failed,omitempty"` // attempts that count for the stop rule
	Halt   string    `json:"halt,omitempty"`   // why no batch is proposed until somebody lets it go on
	Due    time.Time `json:"due,omitzero"`     // when the next batch is, or was
}

// Next is the batch that is next, from 1; 0 when the programme is over.
func (c Course) Next() int {
	if c.Over {
		return 0
	}
	return c.Done + 1
}

// Ready tells whether the next batch may be proposed, and is not.
func (c Course) Ready(now time.Time) bool {
	return !c.Over && c.Halt == "" && !c.Open && !now.Before(c.Due) && (c.Action == nil || !c.Action.Blocks(now))
}

// Course follows a programme through the actions that are its batches. It is pure.
func (s *State) Course(p *Programme) Course {
	c := Course{Due: p.At}
	for _, a := range s.Actions {
		if a.Programme != p.ID || c.Over {
			continue
		}
		switch c.Action, c.Open = a, a.Unfinished(); {
		case a.State == ActionDone:
			c.Done, c.Due = a.Batch, a.LastAt.Add(p.Soak)
			if c.Over = c.Done == len(p.Batches); !c.Over {
				c.Action = nil
			}
		case a.fellShort() && a.Seq > p.Since:
			c.Failed++
		}
	}
	switch {
	case c.Over:
		c.Due = time.Time{}
	case p.Stopped != nil:
		c.Halt = because("stopped by "+p.Stopped.By, p.Stopped.Says)
	case c.Failed >= p.Failures:
		c.Halt = fmt.Sprintf("its stop rule: %d of its attempts did not end as done", c.Failed)
	}
	return c
}

// fellShort tells whether it began and ended other than done.
func (a *Action) fellShort() bool {
	return a.State > ActionRunning && a.State != ActionDone && (a.Begun() || a.State == ActionSuperseded && a.Runner != "")
}

// batch refuses a plan that is not the next batch of its programme. When it is due is its guard's question: no record's time decides.
func (s *State) batch(b *Planned) error {
	if b.Programme == "" && b.Batch == 0 {
		return nil
	}
	p := s.Programme(b.Programme)
	if p == nil && s.Glass != nil { // it began on the shared journal
		return nil
	}
	if p == nil {
		return fmt.Errorf("%w: the plan is a batch of a programme that is not here", ErrIllegal)
	}
	switch c := s.Course(p); {
	case c.Halt != "":
		return fmt.Errorf("%w: programme %d stands: %s", ErrIllegal, p.Seq, c.Halt)
	case c.Open:
		return fmt.Errorf("%w: batch %d of programme %d is action %d already, which is %s", ErrIllegal, c.Next(), p.Seq, c.Action.Seq, c.Action)
	case c.Over || b.Batch != c.Next():
		return fmt.Errorf("%w: batch %d is not the next of programme %d: %d of %d are done", ErrIllegal, b.Batch, p.Seq, c.Done, len(p.Batches))
	}
	return nil
}
