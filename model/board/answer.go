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

// MarshalJSON writes whether the cell is routed to the cluster as an answer.
func (s Standing) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Has model.Answer `json:"routed"`
		plainStanding
	}{model.Answer(s.Has), plainStanding(s)})
}
