// Package gate judges the phases of a migration by the checks at their exits, and finds what needs itself to be restored.
package gate

import (
	"fmt"
	"time"

	"switchyard/model"
	"switchyard/model/record"
)

// Phase is a part of the migration. They overlap; each is left by its own gates.
type Phase uint8

// The phases, by the numbers that people call them.
const (
	Candidate Phase = iota // a fit candidate, designed for failure
	Nodes                  // the new Bacula cluster
	Instances              // the RDS instance behind it
	Parallel               // both clusters side by side, cells shifted
	Regional               // disaster recovery in a second AWS region
	Split                  // the old catalog is retired
	Size                   // the instances are as large as they must be
	phases
)

var phaseWords = [phases]string{
	"a fit candidate", "new Bacula", "RDS", "parallel run and shift", "regional DR", "chain split", "right size",
}

func (p Phase) String() string { return phaseWords[min(p, Size)] }

// Stands is how far a phase is.
type Stands uint8

// Ahead is the zero value.
const (
	Ahead  Stands = iota // nothing of it has begun
	Open                 // begun, and a gate does not let it out
	Passed               // every gate lets it out
)

func (s Stands) String() string { return [...]string{"ahead", "open", "passed"}[min(s, Passed)] }

// MarshalText writes the word.
func (s Stands) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Gate is a check at the exit of a phase. Its ID is unique among all gates.
type Gate struct {
	model.Check
	Phase  Phase          `json:"phase"`
	Source string         `json:"source,omitempty"`        // who told: sources, the journal or a person
	Manual bool           `json:"manual,omitempty"`        // nothing that is asked can tell it: a person vouches for it
	Absent string         `json:"not_available,omitempty"` // why there is nothing to check here; then it stops nobody
	Waived *record.Waiver `json:"waived,omitempty"`        // by whom and why, also when it holds by now
	When   time.Time      `json:"passes_at,omitzero"`      // when it will hold as things go; zero: nobody can tell
	Wait   string         `json:"passes_says,omitempty"`   // that in words, or why there is no moment
	Key    string         `json:"key,omitempty"`           // of the cockpit, on the gate in pane 7: what opens the plan that moves it
	Cells  []model.Cell   `json:"cells,omitempty"`         // that this plan is about, or the first of them
}

// toldCells bounds Gate.Cells.
const toldCells = 20

// Word is how it stands in one word.
func (g *Gate) Word() string {
	switch {
	case g.Absent != "":
		return "not available"
	case g.Verdict != model.Holds && g.Waived != nil:
		return "waived"
	}
	return g.Verdict.String()
}

// Passes tells whether it lets its phase out. A gate that blocks is waived by nobody.
func (g *Gate) Passes() bool {
	return g.Absent != "" || g.Verdict == model.Holds || g.Waived != nil && g.Bar != model.Block
}

// Stops tells whether its phase waits for it.
func (g *Gate) Stops() bool { return !g.Passes() && g.Bar != model.Caution }

// PhaseStands is a phase and how far it is.
type PhaseStands struct {
	Phase  Phase  `json:"phase"`
	Name   string `json:"name"`
	Stands Stands `json:"stands"`
	Begun  string `json:"begun,omitempty"` // by what it has
	Passes int    `json:"gates_passed"`
	Of     int    `json:"gates"`
	Waived int    `json:"waived,omitempty"`
}

// Report is every gate at one moment. It is never changed after Evaluate returned it.
type Report struct {
	At     time.Time     `json:"at"`
	Phases []PhaseStands `json:"phases"` // by Phase
	Gates  []Gate        `json:"gates"`  // by Phase, in the order in which they are told
	Loops  Loops         `json:"loops"`  // what needs itself to be restored
	Undo   string        `json:"undo"`   // what going back would really take now
	// where going back ends, and whether that is behind
	NoReturn string `json:"no_return"`
	Past     bool   `json:"past_no_return"`
}

// Next are the first n gates that stop phases which have begun: those that nobody may waive, then those that are judged by looking, then
// those that wait for somebody's word; by phase within each.
func (r *Report) Next(n int) (out []*Gate) {
	for _, first := range []func(*Gate) bool{
		func(g *Gate) bool { return g.Bar == model.Block },
		func(g *Gate) bool { return g.Bar != model.Block && !g.Manual },
		func(g *Gate) bool { return g.Bar != model.Block && g.Manual },
	} {
		for i := range r.Gates {
			if g := &r.Gates[i]; len(out) < n && r.Phases[g.Phase].Stands == Open && g.Stops() && first(g) {
				out = append(out, g)
			}
		}
	}
	return out
}

// Find is the gate of an ID; nil when there is none such.
func (r *Report) Find(id string) *Gate {
	for i := range r.Gates {
		if r.Gates[i].ID == id {
			return &r.Gates[i]
		}
	}
	return nil
}

// Line says where the migration is, in one line.
func (r *Report) Line() string {
	open, out := 0, ""
	of := map[Stands]string{}
	for _, p := range r.Phases {
		if p.Stands != Open {
			of[p.Stands] += fmt.Sprintf(" %d", p.Phase)
		}
		if p.Stands == Open {
			if open++; out != "" {
				out += ", "
			}
			out += fmt.Sprintf("%d %s %d/%d", p.Phase, p.Name, p.Passes, p.Of)
		}
	}
	switch {
	case open > 0:
		for _, s := range []Stands{Passed, Ahead} {
			if of[s] != "" {
				out += "; " + s.String() + of[s]
			}
		}
		return "open: " + out
	case r.Phases[len(r.Phases)-1].Stands == Passed:
		return "every phase is passed"
	}
	return "nothing has begun"
}
