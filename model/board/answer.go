package board

import (
	"encoding/json"

	"switchyard/model"
)

type (
	plainCell     CellView
	plainStanding Standing
)

// MarshalJSON names the two clusters of a cell.
func (v CellView) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainCell
		Blue  Standing `json:"blue"`
		Green Standing `json:"green"`
	}{plainCell(v), v.On[model.Blue], v.On[model.Green]})
}

// MarshalJSON writes whether the cell is routed to the cluster as an answer, and leaves out the counts of a catalog that was not read.
func (s Standing) MarshalJSON() ([]byte, error) {
	type told struct {
		Has model.Answer `json:"routed"`
		plainStanding
	}
	all := told{model.Answer(s.Has), plainStanding(s)}
	if s.Read {
		return json.Marshal(all)
	}
	return json.Marshal(struct {
		told
		Streak    int `json:"streak,omitempty"`
		Missed    int `json:"missed_7d,omitempty"`
		MissedDay int `json:"missed_24h,omitempty"`
	}{told: all})
}
