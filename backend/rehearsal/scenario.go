package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"switchyard/model"
)

// Scenario is a place in the migration from which its next action can be taken.
type Scenario struct {
	Name string
	Says string
	// takes tells since when and until when each cluster has had the cells of a chain, by its place in the order of moves;
	// a zero since means it never had them, a zero until that it still does.
	takes func(wave int, kind model.Kind, now time.Time) [2]tenure
	past  [2]time.Duration // how far back each catalog's jobs go
	Gone  string           // the region whose site is gone when a person comes; empty: everything is there
}

// tenure is the span in which a cluster has had a cell.
type tenure struct{ from, to time.Time }

const day = 24 * time.Hour

// Scenarios lists them in the order of the migration.
var Scenarios = []Scenario{
	{Name: "fresh", Says: "everything is on blue; green's Directors, catalog and replica stand ready and empty",
		past: [2]time.Duration{14 * day, 14 * day},
		takes: func(_ int, _ model.Kind, now time.Time) [2]tenure {
			return [2]tenure{{from: long(now)}, {}}
		}},
	{Name: "overlap", Says: "a third of the chains are backed up by both clusters, the first of them proven",
		past: [2]time.Duration{14 * day, 14 * day},
		takes: func(wave int, _ model.Kind, now time.Time) [2]tenure {
			t := [2]tenure{{from: long(now)}, {}}
			switch {
			case wave < 12:
				t[model.Green].from = now.Add(-12*day - 5*time.Hour)
			case wave < 24:
				t[model.Green].from = now.Add(-6*day - 3*time.Hour)
			case wave < 34:
				t[model.Green].from = now.Add(-30 * time.Hour)
			}
			return t
		}},
	{Name: "settling", Says: "most chains are settled on green, some overlap, the most important ones are still blue's",
		past: [2]time.Duration{14 * day, 14 * day},
		takes: func(wave int, _ model.Kind, now time.Time) [2]tenure {
			t := [2]tenure{{from: long(now)}, {from: long(now)}}
			switch {
			case wave < 30:
				t[model.Blue].to = now.Add(-9*day - 2*time.Hour)
			case wave < 60:
				t[model.Blue].to = now.Add(-3*day - 4*time.Hour)
				t[model.Green].from = now.Add(-13 * day)
			case wave < 85:
				t[model.Green].from = now.Add(-8*day - 6*time.Hour)
			default:
				t[model.Green] = tenure{}
			}
			return t
		}},
	{Name: "dr-day", Says: "everything is on green and its replica is ready to take over; blue still owes restores",
		past: [2]time.Duration{14 * day, 14 * day},
		takes: func(wave int, _ model.Kind, now time.Time) [2]tenure {
			days := 0 // the last to move left a full backup on blue that is still kept, whatever day of the week it is
			if wave >= 12 {
				days = 2 + wave/12
			}
			return [2]tenure{{from: long(now), to: now.Add(-time.Duration(days)*day - 3*time.Hour)}, {from: long(now)}}
		}},
	{Name: "split", Says: "blue has been idle for weeks and owes nothing; its schema is ready to be retired",
		past: [2]time.Duration{24 * day, 14 * day},
		takes: func(_ int, _ model.Kind, now time.Time) [2]tenure {
			return [2]tenure{{from: long(now), to: now.Add(-20 * day)}, {from: long(now)}}
		}},
}

// OnPremGone is the night for which all of it is done: no place in the migration, but what may come after dr-day.
var OnPremGone = Scenario{
	Name: "on-prem-gone",
	Says: "the site of region1 is gone with every Director and blue's catalog; the rest is brought back " +
		"from a bundle",
	takes: Scenarios[drDay].takes,
	past:  Scenarios[drDay].past,
	Gone:  "region1",
}

// drDay is the place of dr-day among the scenarios.
const drDay = 3

// long is before everything that a catalog of the rehearsal holds.
func long(now time.Time) time.Time { return now.Add(-90 * day) }

// findScenario gives the scenario of a name; an empty name is overlap.
func findScenario(name string) (Scenario, error) {
	if name == "" {
		name = "overlap"
	}
	if name == OnPremGone.Name {
		return OnPremGone, nil
	}
	i := slices.IndexFunc(Scenarios, func(s Scenario) bool { return s.Name == name })
	if i < 0 {
		names := make([]string, len(Scenarios))
		for i, s := range Scenarios {
			names[i] = s.Name
		}
		return Scenario{}, fmt.Errorf("scenario %q: want one of %s", model.Clean(name), strings.Join(names, ", "))
	}
	return Scenarios[i], nil
}
