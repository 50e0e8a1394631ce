package rehearsal

import (
	"encoding/json"
	"fmt"
	"slices"

	"switchyard/model"
)

// routesRule is a rule of the routes document, as an organisation writes it.
type routesRule struct {
	Regular   bool      `json:"take_regular_backups"`
	Immutable bool      `json:"take_immutable_backups"`
	Chains    *[]string `json:"chains,omitempty"` // nil: every one, those that are added later too
}

// Routes is the routes document by which the world's Directors are configured as it begins: plain, and a cluster that has every chain of a
// region does not name them.
func (w *World) Routes() (json.RawMessage, error) {
	takes, all := [2]map[string]*[2][]string{{}, {}}, map[string]int{}
	now := w.clock.Now()
	for _, p := range w.estate.cells {
		if p.Cell.Kind == model.Regular {
			all[p.Cell.Region]++
		}
		for c, t := range w.scenario.takes(w.estate.chains[p.chain].wave, p.Cell.Kind, now) {
			if t.from.IsZero() || !t.to.IsZero() && !t.to.After(now) {
				continue
			}
			if takes[c][p.Cell.Region] == nil {
				takes[c][p.Cell.Region] = &[2][]string{}
			}
			of := takes[c][p.Cell.Region]
			of[p.Cell.Kind] = append(of[p.Cell.Kind], p.Cell.Chain)
		}
	}
	doc := map[string]map[string]routesRule{}
	for _, c := range model.Clusters {
		regions := map[string]routesRule{}
		doc["bacula-"+c.String()] = regions
		for region, of := range takes[c] {
			regular, immutable := of[model.Regular], of[model.Immutable]
			if len(regular) > 0 && len(immutable) > 0 && !slices.Equal(regular, immutable) {
				return nil, fmt.Errorf("the routes of %s: %s takes other chains of %s for regular than for immutable backups",
					w.scenario.Name, c, region)
			}
			r := routesRule{Regular: len(regular) > 0, Immutable: len(immutable) > 0}
			if names := slices.Concat(regular, immutable)[:max(len(regular), len(immutable))]; len(names) < all[region] {
				slices.Sort(names)
				r.Chains = &names
			}
			regions[region] = r
		}
	}
	out, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("writing the routes of %s: %w", w.scenario.Name, err)
	}
	return out, nil
}
