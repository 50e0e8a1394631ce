package record

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"switchyard/model"
)

// State is what the records of a journal add up to. It is never changed after Fold returned it.
type State struct {
	Environment string          `json:"environment"`
	Rehearsal   string          `json:"rehearsal,omitempty"` // the scenario's name; empty in a real environment
	Journal     string          `json:"journal"`             // the genesis' id
	Glass       *Glass          `json:"break_glass,omitempty"`
	Closed      bool            `json:"closed,omitempty"` // a break-glass journal whose records are all in the shared one
	Head        Head            `json:"head"`
	RoutesSeq   int64           `json:"routes_seq"` // the record that the routes document is from; 0: none yet
	Routes      json.RawMessage `json:"routes,omitempty"`
	RoutesPast  []RoutesAt      `json:"-"`       // oldest first, the newest too: RoutesKept and the one that was in force then
	Actions     []*Action       `json:"actions"` // as proposed, oldest first
	Acks        []Ack           `json:"acknowledged_alerts,omitempty"`
	Programmes  []*Programme    `json:"programmes,omitempty"` // as begun, oldest first
	Origins     []Origin        `json:"origins,omitempty"`
	Evidence    []*Proved       `json:"evidence,omitempty"`     // the newest of each claim about each thing, ordered by both
	Proven      int             `json:"evidence_count"`         // how many that are
	Waivers     []Waiver        `json:"waived_gates,omitempty"` // as decided, oldest first
}

// Head is the last record of a journal.
type Head struct {
	Seq  int64     `json:"seq"` // 0: the journal is empty
	Hash string    `json:"hash,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

// MarshalJSON writes the actions as a list, also when there are none.
func (s State) MarshalJSON() ([]byte, error) {
	type plain State
	if s.Actions == nil {
		s.Actions = []*Action{}
	}
	return json.Marshal(plain(s))
}

// Fold adds records to a state; nil is the empty journal's. It is pure. When a record cannot follow, the error is a *Bad and the
// state is what the records before it add up to.
func Fold(s *State, rs ...Record) (*State, error) {
	next := &State{}
	if s != nil {
		*next = *s
		next.Actions = slices.Clone(s.Actions)
		next.Origins = slices.Clone(s.Origins)
		next.Programmes = slices.Clone(s.Programmes)
	}
	for _, r := range rs {
		if err := next.add(r); err != nil {
			return next, &Bad{Seq: next.Head.Seq + 1, Err: err}
		}
	}
	return next, nil
}

// add leaves the state as it was when it returns an error.
func (s *State) add(r Record) error {
	switch {
	case !isHash(r.Hash):
		return fmt.Errorf("%w: it was never sealed", ErrChain)
	case r.Seq != s.Head.Seq+1:
		return fmt.Errorf("%w: it says that it is record %d", ErrChain, r.Seq)
	case r.Prev != s.Head.Hash:
		return fmt.Errorf("%w: it follows another record %d", ErrChain, s.Head.Seq)
	case s.Closed:
		return fmt.Errorf("%w: this break-glass journal is closed", ErrIllegal)
	case (r.Kind == KindGenesis) != (s.Head.Seq == 0):
		return fmt.Errorf("%w: record 1 is the genesis, and only that", ErrIllegal)
	}
	if err := s.apply(r); err != nil {
		return err
	}
	s.Head = Head{Seq: r.Seq, Hash: r.Hash, At: r.At}
	return nil
}

func (s *State) apply(r Record) error {
	switch r.Kind {
	case KindGenesis:
		return s.begin(r)
	case KindMerged:
		return s.merge(r)
	case KindClosed:
		if s.Glass == nil {
			return fmt.Errorf("%w: only a break-glass journal is ever closed", ErrIllegal)
		}
		s.Closed = true
		return nil
	case KindRoutes:
		return s.route(r, r.Seq)
	case KindNote:
		s.remark(r)
		return nil
	case KindEvidence:
		return s.prove(r, r.Seq)
	case KindPhase:
		s.waive(r, r.Seq)
		return nil
	}
	return s.effect(r, r.Seq)
}

// effect applies a record about a programme or an action; seq is its number in the journal that is being folded.
func (s *State) effect(r Record, seq int64) error {
	switch r.Kind {
	case KindProgramme:
		return s.beginProgramme(r, seq)
	case KindDecided:
		return s.decide(r, seq)
	}
	return s.act(r, seq)
}

func (s *State) begin(r Record) error {
	var g Genesis
	if err := r.Into(&g); err != nil {
		return err
	}
	if g.Environment == "" || model.Clean(g.Environment) != g.Environment || model.Clean(g.Rehearsal) != g.Rehearsal {
		return fmt.Errorf("%w: the genesis names no environment", ErrIllegal)
	}
	s.Environment, s.Rehearsal, s.Journal, s.Glass = g.Environment, g.Rehearsal, r.ID, g.Glass
	if len(g.Routes) > 0 {
		s.inForce(g.Routes, r.Seq, r.At)
	}
	return s.carry(g.Glass)
}

func (s *State) route(r Record, seq int64) error {
	var b Routed
	if err := r.Into(&b); err != nil {
		return err
	}
	if len(b.Document) == 0 || b.Document[0] != '{' {
		return fmt.Errorf("%w: a routes record without a document", ErrIllegal)
	}
	s.inForce(b.Document, seq, r.At)
	return nil
}

// EnvironmentName names an environment so that a rehearsal is never taken for the real one.
func EnvironmentName(environment, rehearsal string) string {
	if rehearsal != "" {
		return fmt.Sprintf("%q (REHEARSAL %s)", environment, rehearsal)
	}
	return fmt.Sprintf("%q (real)", environment)
}

// Action finds an action by its plan's id; nil when there is none.
func (s *State) Action(id string) *Action {
	if i := s.find(id); i >= 0 {
		return s.Actions[i]
	}
	return nil
}

// find looks from the end: records are about recent actions.
func (s *State) find(id string) int {
	for i := len(s.Actions) - 1; i >= 0; i-- {
		if s.Actions[i].ID == id {
			return i
		}
	}
	return -1
}

// Blocking lists the actions that are not over at that moment and touch any of that, oldest first.
func (s *State) Blocking(now time.Time, touches Touches) []*Action {
	var out []*Action
	for _, a := range s.Actions {
		if a.Blocks(now) && a.Touches.Meets(touches) {
			out = append(out, a)
		}
	}
	return out
}
