package model

import "time"

// Takeover answers for one verb: could the replica become the primary now, and what would be lost.
type Takeover struct {
	Can    Verdict `json:"can"`    // Holds: every check that blocks or asks for a reason holds. Unknown never passes
	Says   string  `json:"says"`   // one line without ages: "no: the replica's parameters differ (2)"
	Loss   Loss    `json:"loss"`   // if it were done now
	Checks []Check `json:"checks"` // what stands in the way first
}

// Loss is what a takeover would lose. A lag of 0 from a replica whose source is gone proves nothing, so it is then counted from the newest row.
type Loss struct {
	Known        bool      `json:"known"`
	None         bool      `json:"none"`           // nothing would be lost
	Transactions uint64    `json:"transactions"`   // when GTIDs tell; 0 with None false: not counted
	After        time.Time `json:"after,omitzero"` // what the primary wrote after this moment is lost
	Jobs         int       `json:"jobs"`           // ended after that moment: the catalog would forget them
	Says         string    `json:"says"`
}
