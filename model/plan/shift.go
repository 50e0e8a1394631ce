package plan

import "switchyard/model"

// Shift asks to move cells by one notch: to model.Both from one cluster, or from both to blue or green.
type Shift struct {
	Cells []model.Cell `json:"cells"`
	To    model.Route  `json:"to"`
}
