package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Distance is how many transactions of the primary the replica has not executed: by GTID where both servers have them, else by
// binary log positions, which only tell whether there are none.
type Distance struct {
	Known   bool      `json:"known"`
	Missing uint64    `json:"missing"`         // transactions
	Errant  GTIDSet   `json:"errant,omitzero"` // transactions that the replica has and the primary never had: somebody wrote there
	Why     string    `json:"why,omitempty"`   // it is not known
	At      time.Time `json:"at,omitzero"`     // of the older of the two readings
}

// MarshalJSON leaves the number out where it is not known.
func (d Distance) MarshalJSON() ([]byte, error) {
	told := struct {
		Known   bool      `json:"known"`
		Missing *uint64   `json:"missing,omitempty"`
		Errant  GTIDSet   `json:"errant,omitzero"`
		Why     string    `json:"why,omitempty"`
		At      time.Time `json:"at,omitzero"`
	}{Known: d.Known, Errant: d.Errant, Why: d.Why, At: d.At}
	if d.Known {
		told.Missing = &d.Missing
	}
	return json.Marshal(told)
}

// Difference is one thing in which the replica is not what the primary is and should be.
type Difference struct {
	What    string `json:"what"`
	Primary string `json:"primary"`
	Replica string `json:"replica"`
}

// Takeover answers for one verb: could the replica become the primary now, and what would be lost.
type Takeover struct {
	Can    Verdict `json:"-"`      // Holds: every check that blocks or asks for a reason holds. Unknown never passes
	Says   string  `json:"says"`   // one line without ages: "no: the replica is backing-up, and 1 more"
	Loss   Loss    `json:"loss"`   // if it were done now
	Checks []Check `json:"checks"` // what stands in the way first

	Against  []Objection `json:"-"` // what Says is made of where it is no yes, the worst first
	OnReason bool        `json:"-"` // it is no yes, and whoever gives a reason can: nothing that is never right stands in its way
}

// Objection is one thing that stands in the way of a takeover, in words.
type Objection struct {
	Of      string // the id of the check that does not hold
	Says    string // "the replica is backing-up"
	Bar     Bar
	Verdict Verdict
}

// rank orders what stands in the way: what is seen to be wrong before what is not known, nobody's to override before what asks for a
// reason.
func (o *Objection) rank() int {
	if o.Verdict == Fails {
		return int(o.Bar)
	}
	return 4 + int(o.Bar)
}

// Object makes the answer one of what stands in the way; without anything it stays.
func (t *Takeover) Object(against []Objection) {
	slices.SortStableFunc(against, func(a, b Objection) int { return a.rank() - b.rank() })
	t.Against = nil
	for _, o := range against { // one silent source leaves many checks unknown and is one reason
		if !slices.ContainsFunc(t.Against, func(had Objection) bool { return had.Says == o.Says }) {
			t.Against = append(t.Against, o)
		}
	}
	if len(t.Against) == 0 {
		return
	}
	first := &t.Against[0]
	t.Can, t.Says = first.Verdict, "no: "
	t.OnReason = t.Can == Fails && !slices.ContainsFunc(against, func(o Objection) bool { return o.Bar == Block })
	switch {
	case t.Can == Unknown:
		t.Says = "not proven: "
	case t.OnReason:
		t.Says = "only with a reason: "
	}
	t.Says += first.Says
	if more := len(t.Against) - 1; more > 0 {
		t.Says += fmt.Sprintf(", and %d more", more)
	}
}

// Loss is what a takeover would lose. A lag of 0 from a replica whose source is gone proves nothing, so it is then counted from the newest
// row.
type Loss struct {
	Known        bool      `json:"known"`
	None         bool      `json:"none"`                   // nothing would be lost
	Transactions uint64    `json:"transactions,omitempty"` // when GTIDs tell; 0 with None false: not counted
	After        time.Time `json:"after,omitzero"`         // what the primary wrote after this moment, at most, is lost
	Jobs         int       `json:"jobs,omitempty"`         // ended after that moment: the catalog would forget them
	Says         string    `json:"says"`                   // "nothing", "what was written after 12:04:31 UTC, 2 ended jobs"
}
