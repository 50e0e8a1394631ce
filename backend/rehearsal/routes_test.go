package rehearsal

import (
	"fmt"
	"slices"
	"testing"

	"switchyard/model"
	"switchyard/model/routes"
)

// TestTheRoutesAreWhatTheDirectorsHave reads each scenario's document as an organisation's, and finds each cell where it says.
func TestTheRoutesAreWhatTheDirectorsHave(t *testing.T) {
	later := map[string]model.Route{ // while chains are settled one by one a plain document names those of both clusters
		"fresh": routes.Blue, "overlap": routes.Blue, "settling": routes.None, "dr-day": routes.Green, "split": routes.Green,
	}
	taken := map[model.Route]int{}
	for _, s := range Scenarios {
		w := world(t, Options{Scenario: s.Name, Chains: 10})
		text, err := w.Routes()
		if err != nil {
			t.Fatal(err)
		}
		doc, err := routes.Parse(s.Name, text, routes.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var jobs [2][]string
		for _, c := range model.Clusters {
			sight, err := director(w, c, 0).Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			jobs[c] = sight.Director.Jobs
		}
		for _, p := range w.estate.cells {
			r := doc.Route(p.Cell)
			taken[r]++
			for _, c := range model.Clusters {
				job := fmt.Sprintf("backup-%s-%s-%s", p.Cell.Chain, p.Cell.Region, p.Cell.Kind)
				if has := slices.Contains(jobs[c], job); has != (r[c] == model.Holds) {
					t.Errorf("%s: %s: %s has its job: %v; the document says %s", s.Name, p.Cell, c, has, r)
				}
			}
		}
		if is := doc.Later("region1", model.Regular); is != later[s.Name] {
			t.Errorf("%s: a chain that is added later is taken by %s, want %s\n%s", s.Name, is, later[s.Name], doc.Text())
		}
	}
	if taken[routes.Blue] == 0 || taken[routes.Both] == 0 || taken[routes.Green] == 0 || taken[routes.None] != 0 {
		t.Errorf("the cells of all scenarios are taken by %v", taken)
	}
}
