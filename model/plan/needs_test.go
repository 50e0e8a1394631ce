package plan

import (
	"testing"

	"switchyard/model"
)

// journalAndClock are the guards that no source is asked for.
var journalAndClock = map[string]bool{GuardFree: true, guardFreeze: true, GuardRoutes: true, guardBatch: true}

func TestEveryGuardNamesItsSources(t *testing.T) {
	for id, g := range guards {
		if got := g.needs == nil; got != journalAndClock[id] {
			t.Errorf("guard %s names no sources: %v", id, got)
		}
	}
}

func TestABackupNeedsNothingOfThePairOnBlue(t *testing.T) {
	for _, c := range model.Clusters {
		p := &Plan{Ask: Ask{Backup: &Backup{Cluster: c}}}
		for id := range guards {
			p.Guards = append(p.Guards, model.Check{ID: id})
		}
		n := p.Needs()
		for _, s := range n.Must {
			if s.OfPair() {
				t.Errorf("a backup on %s waits for %s", c, s)
			}
		}
		if got := len(n.May) > 0; got != (c == model.Green) {
			t.Errorf("a backup on %s may hear of %v", c, n.May)
		}
	}
}

func TestWhatOnlyCautionedAndWasUnknownIsNotAsked(t *testing.T) {
	p := &Plan{Ask: Ask{Backup: &Backup{Cluster: model.Blue}}, Made: t0}
	for _, bar := range []model.Bar{model.Caution, model.Override, model.Block} {
		p.Guards = []model.Check{{ID: "other-idle", Bar: bar}}
		if asked := len(p.Needs().Must) > 0; asked != (bar != model.Caution) {
			t.Errorf("%v: asked %v", bar, asked)
		}
	}
}
