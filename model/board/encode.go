package board

import (
	"encoding/json"

	"switchyard/model"
)

// What was not read is left out of the JSON, and a list without members is a list: neither zeros nor null are facts.

// listed is a list that is never null.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// MarshalJSON leaves out the cluster of a source that is of none.
func (s Sighting) MarshalJSON() ([]byte, error) {
	type plain Sighting
	told := struct {
		plain
		Cluster *model.Cluster `json:"cluster,omitempty"`
		Took    int64          `json:"took_ns,omitempty"`
	}{plain: plain(s), Cluster: clusterOf(s.Source), Took: int64(s.Took)}
	return json.Marshal(told)
}

// MarshalJSON writes whether the cell is routed to the cluster as an answer, and leaves out the counts of a catalog that was not read.
func (s Standing) MarshalJSON() ([]byte, error) {
	type plain Standing
	type answered struct {
		Has model.Answer `json:"routed"`
		plain
	}
	told := answered{model.Answer(s.Has), plain(s)}
	if s.Read {
		return json.Marshal(told)
	}
	return json.Marshal(struct {
		answered
		Streak    int `json:"streak,omitempty"`
		Missed    int `json:"missed_7d,omitempty"`
		MissedDay int `json:"missed_24h,omitempty"`
	}{answered: told})
}

// MarshalJSON names the two clusters of a cell, and what the routes say where that is known.
func (v CellView) MarshalJSON() ([]byte, error) {
	type plain CellView
	return json.Marshal(struct {
		plain
		Desired string   `json:"desired,omitempty"`
		Blue    Standing `json:"blue"`
		Green   Standing `json:"green"`
	}{plain(v), v.DesiredWord(), v.On[model.Blue], v.On[model.Green]})
}

// DesiredWord is the route that the routes document gives the cell, or empty when it is not known.
func (v *CellView) DesiredWord() string {
	if v.Desired == (model.Route{}) {
		return ""
	}
	return v.Desired.String()
}

// MarshalJSON leaves out how the last job ended where only a Director names the job and nobody saw one.
func (s Stray) MarshalJSON() ([]byte, error) {
	type plain Stray
	if s.Jobs > 0 {
		return json.Marshal(plain(s))
	}
	return json.Marshal(struct {
		Name string `json:"name"`
		Jobs int    `json:"jobs"`
	}{Name: s.Name})
}

// MarshalJSON writes the parts of the tallies as a list, also when there are none.
func (t Tallies) MarshalJSON() ([]byte, error) {
	type plain Tallies
	t.By = listed(t.By)
	return json.Marshal(plain(t))
}
